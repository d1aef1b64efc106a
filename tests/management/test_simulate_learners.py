"""manage.py simulate_learners, in small: learners go through the app, and nothing of the operator's is touched."""

from __future__ import annotations

import json

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connections, transaction

from quizzes.models import Attempt, Prediction, Question, User
from quizzes.services import simulation
from quizzes.services.simulation import Outcome, plan_of, run_cohort
from tests import kept
from tests.factories import make_bank, make_blueprint, make_learner


@pytest.mark.parametrize(
    ("answers", "steps"),
    [
        (10, ["taster"]),
        (20, ["check"]),
        (65, ["full"]),
        (200, ["full", "check", "full", "check", "check", "taster"]),
    ],
)
def test_how_answers_are_gathered(answers, steps):
    assert plan_of(answers) == steps


@pytest.mark.django_db
def test_a_tiny_cohort_goes_through_the_app_and_leaves_nothing_behind(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    def migrate(*args, **options):
        """Django's own, in the spare database, on tables that the run has kept."""
        kept.fill(connections["default"].connection or connections["default"].cursor().connection)
        call_command(*args, **options)

    monkeypatch.setattr(simulation, "call_command", migrate)
    mine = make_learner()
    cache.set("kept", 1)
    call_command("simulate_learners", "--learners", "2", "--answers", "10,20", "--seed", "3", "--json")
    found = json.loads(capsys.readouterr().out)
    assert found["last_exam_by_answers"]["20"]["judged"] == 1
    assert found["all"]["judged"] >= 1, "the random part of reviews gives evidence too"
    assert found["last_exam_by_answers"]["10"] is None, "ten answers give no number"
    assert (found["exams_begun_without_a_number"], found["numbers_on_fewer_than_20_answers"]) == (2, 0)
    assert 0.5 < found["recall_on_the_due_day"]["learners"] < 1
    assert list(User.objects.all()) == [mine]
    assert not Attempt.objects.exists()
    assert not Prediction.objects.exists()
    assert not Question.objects.exists()
    assert cache.get("kept") == 1


def run(seed: int) -> Outcome:
    """A cohort of two in the bank at hand, and back to before it."""
    with transaction.atomic():
        found = run_cohort(learners=2, answers=[10, 20], seed=seed)
        transaction.set_rollback(True)
    return found


@pytest.mark.django_db
def test_the_same_seed_gives_the_same_learners():
    make_bank(60)
    make_blueprint(25, slug="full")
    make_blueprint(10, slug="taster")
    first = run(3)
    cache.clear()
    assert first.judged
    assert first == run(3)
    cache.clear()
    assert first != run(4)


@pytest.mark.parametrize("wrong", [["--learners", "0"], ["--answers", "5"], ["--answers", "many"], ["--cohorts", "-1"]])
def test_what_cannot_be_is_refused(wrong):
    with pytest.raises(CommandError, match=r"least 10|numbers like|whole number"):
        call_command("simulate_learners", "--seed", "1", *(wrong if wrong[0] == "--learners" else ["--learners", "2", *wrong]))
