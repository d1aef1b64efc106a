"""What the script of the exam page relies on."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from quizzes.models import Attempt, User
from tests.factories import make_attempt

pytestmark = pytest.mark.django_db


@pytest.fixture
def exam(client: Client, sign_in: Callable[..., User]) -> Attempt:
    return make_attempt(learner=sign_in(client), started_at=timezone.now())


def test_a_question_that_is_fetched_ahead_has_not_been_seen(client: Client, exam: Attempt) -> None:
    slot = exam.slots.get(position=2)
    ahead = client.get(slot.get_absolute_url(), headers={"hx-request": "true", "purpose": "prefetch"})
    assert ahead.status_code == 200
    slot.refresh_from_db()
    assert slot.seen_at is None
    client.get(slot.get_absolute_url(), headers={"hx-request": "true"})
    slot.refresh_from_db()
    assert slot.seen_at is not None


def test_the_last_strike_can_be_taken_back(client: Client, exam: Attempt) -> None:
    slot = exam.slots.get(position=1)
    for struck, left in ((["A", "C"], ["a", "c"]), ([""], [])):
        answer = client.post(f"{slot.get_absolute_url()}draft/", {"struck": struck, "spent_ms": 0}, headers={"accept": "application/json"})
        assert answer.json()["status"] == "saved"
        slot.refresh_from_db()
        assert slot.struck == left


def test_a_script_that_hands_in_is_told_where_the_result_is(client: Client, exam: Attempt) -> None:
    done = client.post(f"/attempts/{exam.pk}/submission/", {"waiting": ""}, headers={"accept": "application/json"})
    assert done.json() == {"status": "closed", "result": f"/attempts/{exam.pk}/result/", "taken": [], "stale": []}


def test_page_and_part_carry_the_deadline_and_no_second_heading(client: Client, exam: Attempt) -> None:
    assert exam.deadline_at is not None
    for url in (exam.slots.get(position=1).get_absolute_url(), f"/attempts/{exam.pk}/review/"):
        page = client.get(url)
        part = client.get(url, headers={"hx-request": "true"})
        assert exam.deadline_at.isoformat() in page.text
        assert (page.text.count("<h1"), part.text.count("<h1")) == (1, 1)
        assert "<html" not in part.text
