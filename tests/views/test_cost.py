"""Every page costs the same number of statements, with the history of one learner and with three times that; as a visitor and signed in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from quizzes.models import Blueprint, Lesson, User
from tests.factories import History, make_bank, make_history, make_learner, make_slots

pytestmark = pytest.mark.django_db

MOST = 12

#: The addresses of pages that anybody may see, and of those that are a learner's own.
OPEN: dict[str, Callable[[History], str]] = {
    "today": lambda history: "/",
    "progress": lambda history: "/progress/",
    "plan": lambda history: "/plan/",
    "memory": lambda history: "/progress/memory/",
    "lessons": lambda history: "/lessons/",
    "lesson": lambda history: history.lesson.get_absolute_url(),
    "glossary": lambda history: "/glossary/",
    "search": lambda history: "/search/?q=a",
}
OWN: dict[str, Callable[[History], str]] = {
    "question": lambda history: f"/questions/{history.seen.version.question_id}/",
    "report": lambda history: f"/versions/{history.seen.version_id}/reports/",
    "practice": lambda history: "/practice/",
    "review": lambda history: "/review/",
    "exams": lambda history: "/exams/",
    "exam": lambda history: f"/exams/{history.blueprint.slug}/",
    "slot": lambda history: f"/attempts/{history.practice.pk}/slots/2/",
    "answered": lambda history: f"/attempts/{history.session.pk}/slots/1/",
    "exam-slot": lambda history: f"/attempts/{history.exam.pk}/slots/1/",
    "attempt-review": lambda history: f"/attempts/{history.exam.pk}/review/",
    "result": lambda history: f"/attempts/{history.result.pk}/result/",
    "session": lambda history: f"/attempts/{history.session.pk}/result/",
}
LOOKS = [("visitor", name) for name in OPEN] + [("learner", name) for name in (*OPEN, *OWN)]

Cost = Callable[[str, str], int]


def browser_of(who: str, learner: User) -> Client:
    client = Client()
    if who == "learner":
        client.force_login(learner, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture(scope="module")
def costs(kept_for_all: Callable[[], AbstractContextManager[None]]) -> Iterator[tuple[dict[tuple[str, str], int], Cost]]:
    """What each page cost while there were few rows, and what one costs now that there are many."""
    with kept_for_all():
        learner = make_learner()
        history = make_history(learner, now=timezone.now())
        addresses = {name: address(history) for name, address in (OPEN | OWN).items()}

        def cost(who: str, name: str) -> int:
            client = browser_of(who, learner)
            client.get(addresses[name])  # What the first look remembers costs statements: a place, and how the learner stands.
            with CaptureQueriesContext(connection) as asked:
                response = client.get(addresses[name])
            assert response.status_code == 200, (who, name)
            return len(asked)

        few = {(who, name): cost(who, name) for who, name in LOOKS}
        grow(learner, history)
        yield few, cost


def grow(learner: User, history: History) -> None:
    """More of everything that a page could be tempted to ask for one by one."""
    for days in (0, 0, 1):
        make_history(learner, now=timezone.now() - timedelta(days=days))
    for attempt in (history.practice, history.exam):
        make_slots(attempt, make_bank(8), first=10)
    for question in make_bank(8):
        history.lesson.sections.create(
            position=question.pk + 100, anchor=f"more-{question.pk}", title="More", text="",
            blocks=[{"kind": "check", "question": question.slug}],
        )  # fmt: skip
    Lesson.objects.update(minutes=9)
    Blueprint.objects.exclude(pk=history.blueprint.pk).update(is_open=True)


@pytest.mark.parametrize(("who", "name"), LOOKS, ids=lambda value: value)
def test_a_page_costs_the_same_with_few_rows_and_with_many(costs: tuple[dict[tuple[str, str], int], Cost], who: str, name: str):
    few, cost = costs
    assert few[who, name] <= MOST
    assert cost(who, name) == few[who, name]
