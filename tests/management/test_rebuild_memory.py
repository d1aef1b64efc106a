"""manage.py rebuild_memory."""

import json

import pytest
from django.core.management import CommandError, call_command

from quizzes.models import Card
from tests.factories import answer_slot, make_attempt

pytestmark = pytest.mark.django_db


@pytest.fixture
def answered():
    session = make_attempt(mode="practice", slots=3)
    for slot in session.slots.all():
        answer_slot(slot)
    Card.objects.all().delete()


def test_what_was_lost_is_there_again(answered, capsys):
    call_command("rebuild_memory")
    assert "3 answers of 1 learners replayed with fsrs-6" in capsys.readouterr().out
    assert Card.objects.count() == 3


def test_figures_for_machines(answered, capsys):
    call_command("rebuild_memory", "--json", "--algorithm", "fsrs-5")
    told = json.loads(capsys.readouterr().out)
    assert {name: told[name] for name in ("algorithm", "learners", "answers")} == {"algorithm": "fsrs-5", "learners": 1, "answers": 3}


def test_another_algorithm_says_how_to_stay_with_it(answered, capsys):
    call_command("rebuild_memory", "--algorithm", "fsrs-5")
    assert "MEMORY_ALGORITHM=fsrs-5" in capsys.readouterr().out


def test_an_unknown_algorithm_is_refused():
    with pytest.raises(CommandError, match="invalid choice"):
        call_command("rebuild_memory", "--algorithm", "sm-2")
