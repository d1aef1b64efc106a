"""manage.py rebuild_search: what was changed by hand is found again."""

from io import StringIO

import pytest
from django.core.management import call_command

from quizzes.models import SearchEntry, Term
from quizzes.queries.lessons import search_page
from tests.factories import make_lesson, make_question, make_term

pytestmark = pytest.mark.django_db


def test_it_says_how_many_places_can_be_found_however_often_it_runs():
    make_lesson(sections=2), make_term(), make_question()
    Term.objects.update(definition="A zebra.")
    for _ in range(2):
        out = StringIO()
        call_command("rebuild_search", stdout=out)
        assert out.getvalue().startswith("4 places can be found")
        assert SearchEntry.objects.count() == 4
        assert len(search_page("zebra", None).terms) == 1
