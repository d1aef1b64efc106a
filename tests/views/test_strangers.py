"""Whose it is: what one learner did is not there for another, by any address and any method."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from quizzes.models import Attempt, LateAnswer, Response, Slot, User
from tests.factories import History, make_guest, make_history, make_learner

pytestmark = pytest.mark.django_db

SignIn = Callable[..., User]

OF_AN_ATTEMPT = ["attempt", "clock", "attempt-review", "submission", "result", "misses", "replays"]


@pytest.fixture(scope="module")
def mine(kept_for_all: Callable[[], AbstractContextManager[None]]) -> Iterator[History]:
    """What a learner did; nobody here may change it, so it is made once for all who try."""
    with kept_for_all():
        yield make_history(make_learner(), now=timezone.now())


def what_there_is() -> tuple[Any, ...]:
    return (
        Response.objects.count(),
        Attempt.objects.count(),
        LateAnswer.objects.count(),
        list(Slot.objects.order_by("pk").values_list("revision", "flagged")),
    )


@pytest.mark.parametrize("name", [*OF_AN_ATTEMPT, "slot", "draft"])
@pytest.mark.parametrize("method", ["get", "post", "head"])
@pytest.mark.parametrize("who", ["another learner", "a guest"])
def test_somebody_elses_attempt_is_not_there(client: Client, sign_in: SignIn, mine: History, name: str, method: str, who: str):
    sign_in(client, make_guest() if who == "a guest" else None)
    before = what_there_is()
    for attempt in (mine.exam, mine.result, mine.practice, mine.session):
        args = [attempt.pk, 1] if name in ("slot", "draft") else [attempt.pk]
        save = {"answer": ["A"], "revision": 0, "save_id": "a-save-of-its-own", "flagged": "1", "waiting": "[]"}
        response = getattr(client, method)(reverse(name, args=args), save)
        wrong_method = (name in ("submission", "misses", "replays", "draft")) == (method != "post") and name != "slot"
        assert response.status_code == (405 if wrong_method else 404)
        assert what_there_is() == before
