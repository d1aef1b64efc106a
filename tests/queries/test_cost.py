"""Every page costs the same number of statements, for one row and for many."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from quizzes.models import Lesson, Slot
from quizzes.queries import accounts, attempts, bank, desk, due, home, lessons, memory, plan, progress, readiness, reports
from tests.queries.world import NOW, World, make_world

pytestmark = pytest.mark.django_db


def slot(world: World, which: str, position: int = 1) -> Slot:
    return Slot.objects.of(world.learner).get(attempt=getattr(world, which), position=position)


#: A read, with all that its view has at hand when it calls it.
READS: dict[str, Callable[[World], tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]]] = {
    "slot of a running exam": lambda w: (attempts.slot_page, (slot(w, "running"),), {"now": NOW}),
    "slot of a finished exam": lambda w: (attempts.slot_page, (slot(w, "exam"),), {"now": NOW}),
    "open slot of a practice": lambda w: (
        attempts.slot_page,
        (slot(w, "practice", w.practice.slots.filter(responses=None)[0].position),),
        {"now": NOW},
    ),
    "answered slot of a practice": lambda w: (attempts.slot_page, (slot(w, "practice"),), {"now": NOW}),
    "where an exam goes on": lambda w: (attempts.next_place, (w.running,), {}),
    "where a practice goes on": lambda w: (attempts.next_place, (w.practice,), {}),
    "review of an exam": lambda w: (attempts.review_page, (w.running,), {"now": NOW}),
    "result of an exam": lambda w: (attempts.result_page, (w.exam,), {}),
    "cards of exams": lambda w: (attempts.exam_cards, (w.learner,), {"now": NOW}),
    "page before an exam": lambda w: (attempts.exam_page, (w.blueprint, w.learner), {"now": NOW}),
    "finished exams": lambda w: (attempts.exam_lines, (w.learner,), {}),
    "topics": lambda w: (bank.topic_lines, (w.learner,), {}),
    "topics for a visitor": lambda w: (bank.topic_lines, (None,), {}),
    "practice": lambda w: (bank.practice_page, (w.learner,), {}),
    "review": lambda w: (due.review_start, (w.learner,), {"now": NOW}),
    "plan": lambda w: (plan.plan_page, (w.learner,), {"now": NOW}),
    "memory": lambda w: (memory.memory_page, (w.learner,), {"now": NOW}),
    "first page of the desk": lambda w: (desk.index_page, (), {}),
    "today": lambda w: (home.today_page, (w.learner,), {"now": NOW}),
    "today for a visitor": lambda w: (home.today_page, (None,), {"now": NOW}),
    "lessons": lambda w: (lessons.lesson_lines, (w.learner,), {}),
    "lesson": lambda w: (lessons.lesson_page, (Lesson.objects.select_related("topic").get(pk=w.lesson.pk), w.learner), {}),
    "lesson for a visitor": lambda w: (lessons.lesson_page, (Lesson.objects.select_related("topic").get(pk=w.lesson.pk), None), {}),
    "glossary": lambda w: (lessons.glossary, (), {}),
    "search": lambda w: (lessons.search_page, ("queue", w.learner), {}),
    "progress": lambda w: (progress.progress_page, (w.learner,), {"now": NOW}),
    "a question seen": lambda w: (reports.seen_page, (w.bank[0].pk, w.learner), {}),
    "a version met": lambda w: (reports.version_met, (w.bank[0].current_id, w.learner), {}),
    "readiness": lambda w: (readiness.readiness_page, (w.learner,), {}),
    "readiness in a line": lambda w: (readiness.readiness_line, (w.learner,), {}),
    "how well predictions hold": lambda w: (readiness.hold_page, (), {}),
    "account": lambda w: (accounts.account_page, (w.learner,), {}),
}


def cost_of_all(world: World) -> dict[str, int]:
    costs = {}
    for name, prepare in READS.items():
        read, args, values = prepare(world)
        cache.clear()
        with CaptureQueriesContext(connection) as captured:
            assert read(*args, **values) is not None
        costs[name] = len(captured)
    return costs


def test_a_page_costs_the_same_with_one_row_and_with_many():
    one, many = cost_of_all(make_world(1)), cost_of_all(make_world(4))
    assert many == one
    assert {name: cost for name, cost in one.items() if cost > 12} == {}
