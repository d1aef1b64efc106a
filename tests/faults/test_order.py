"""Saves are repeated, delayed and reordered on their way: the stored answer is that of the last receipt, and it is graded once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from quizzes.models import Attempt, LateAnswer, Response, User
from quizzes.services import attempts
from tests.factories import T0, make_attempt

pytestmark = [pytest.mark.faults, pytest.mark.django_db]

#: What two pages of the same exam write into one question, each change based on what that page knew: (page, letter).
CHANGES = st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("ABCD")), min_size=1, max_size=6)


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[tuple[str, str]], list[int]]:
    """Changes, and the order in which they come through: each at least once, some again, none where it was sent."""
    changes = draw(CHANGES)
    numbers = list(range(len(changes)))
    again = draw(st.lists(st.sampled_from(numbers), max_size=6))
    return changes, draw(st.permutations(numbers + again))


class RolledBack(Exception):
    """The rows of one case go again."""


@pytest.mark.parametrize("over_http", [False, True], ids=["services", "HTTP"])
def test_whatever_the_order_the_last_receipt_holds(over_http: bool, client: Client) -> None:
    exam = make_attempt(started_at=T0, minutes=60 * 24 * 365 * 50, slots=1)
    client.force_login(exam.learner, backend="allauth.account.auth_backends.AuthenticationBackend")

    @settings(max_examples=12 if over_http else 40)
    @given(deliveries())
    def deliver(case: tuple[list[tuple[str, str]], list[int]]) -> None:
        try:
            with transaction.atomic():
                _deliver(exam, case, client if over_http else None)
                raise RolledBack
        except RolledBack:
            pass

    deliver()


def _deliver(exam: Attempt, case: tuple[list[tuple[str, str]], list[int]], client: Client | None) -> None:
    changes, order = case
    receipts: dict[int, tuple[int, str]] = {}  # by change: revision and letter
    made: set[int] = set()  # changes that made a revision of their own
    known = {"a": 0, "b": 0}  # the revision that each page goes by when it first sends a change
    based_on: dict[int, int] = {}
    for number in order:
        page, letter = changes[number]
        based_on.setdefault(number, known[page])
        before = max((revision for revision, _ in receipts.values()), default=0)
        told = _save(exam, client, letter, based_on[number], f"change-number-{number}")
        if told is None:  # another page was first; nothing was taken
            assert number not in made, "what was taken once is acknowledged again, in the same words"
            continue
        if number in made:
            assert receipts[number] == told
        elif told[0] > before:
            made.add(number)
        else:  # the other page had chosen the same: that is as good as saved, and no revision of its own
            assert told == (before, letter)
        receipts[number] = told
        known[page] = max(known[page], told[0])
    assert sorted(receipts[number][0] for number in made) == list(range(1, len(made) + 1)), "each change counts once"
    slot = exam.slots.get()
    assert slot.revision == max((revision for revision, _ in receipts.values()), default=0)
    held = {letter for revision, letter in receipts.values() if revision == slot.revision}
    assert [slot.draft] == [[letter.lower()] for letter in held]
    for now in (T0 + timedelta(hours=1), T0 + timedelta(hours=2)):  # handed in twice
        attempts.hand_in(learner=exam.learner, attempt=exam.pk, now=now)
    assert [(r.answer, r.fraction) for r in Response.objects.filter(slot=slot)] == [(slot.draft, float(slot.draft == ["b"]))]
    # What comes after that is kept, and changes nothing.
    before = LateAnswer.objects.count()
    assert _save(exam, client, "D", slot.revision, "much-too-late", late=True) is None
    assert LateAnswer.objects.count() == before + 1
    assert Response.objects.get(slot=slot).answer == slot.draft


def _save(exam: Attempt, client: Client | None, letter: str, revision: int, save_id: str, *, late: bool = False) -> tuple[int, str] | None:
    """Revision and letter of the receipt; None where it was refused."""
    if client is None:
        learner: User = exam.learner
        try:
            receipt = attempts.save_draft(
                learner=learner, attempt=exam.pk, position=1, letters=[letter], revision=revision, save_id=save_id,
                now=T0 + timedelta(hours=3 if late else 0, minutes=1),
            )  # fmt: skip
        except (attempts.StaleSave, attempts.AttemptClosed):
            return None
        return receipt.revision, receipt.answer[0]
    answer = client.post(
        f"/attempts/{exam.pk}/slots/1/draft/", {"answer": letter, "revision": revision, "save_id": save_id},
        headers={"accept": "application/json"},
    )  # fmt: skip
    if answer.status_code == 409:
        return None
    assert answer.status_code == 200, answer.text
    return answer.json()["revision"], answer.json()["answer"][0]
