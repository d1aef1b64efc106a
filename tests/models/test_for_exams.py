"""Which questions exams may draw, in a database that is older than the column."""

from importlib import import_module

import pytest
from django.apps import apps

from quizzes.models import Fact, Question
from tests.factories import make_item, make_question

pytestmark = pytest.mark.django_db


def test_a_database_that_is_there_already_is_marked_by_its_current_versions():
    Fact.objects.create(id="async-new", topic="invocation-async", level="new", statement="Something of last month.")
    fits = [make_question(), make_question(item=make_item(type="multiple"))]
    make_question(item=make_item(facts=("async-new",)))
    make_question(item=make_item(type="ordering"))
    make_question(state="draft")
    Question.objects.update(in_exams=False)
    import_module("quizzes.migrations.0005_practice_types").mark_for_exams(apps, None)
    assert set(Question.objects.filter(in_exams=True)) == set(fits)


def test_marking_follows_the_version_that_is_asked_and_not_the_working_copy():
    question = make_question()
    Question.objects.filter(pk=question.pk).update(type="numeric")
    Question.objects.all().mark_for_exams()
    assert Question.objects.get().in_exams
