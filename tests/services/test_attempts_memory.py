"""What is kept of a learner's answers is what their responses say: it can be thrown away and made again."""

from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quizzes.models import Attempt, Response, Seen, Slot, User
from quizzes.services import attempts
from tests.factories import T0, make_attempt, make_bank, make_guest, make_learner, make_question, make_slot

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)

Row = tuple[object, ...]


def rebuilt(learner: User) -> dict[int, Row]:
    """Seen, computed from the responses alone. A question of an exam that was never opened was not seen."""
    rows: dict[int, list[Response]] = {}
    for response in Response.objects.filter(learner=learner).select_related("slot").order_by("responded_at", "pk"):
        if response.answer or response.slot.seen_at:
            rows.setdefault(response.question_id, []).append(response)
    return {
        question: (found[0].responded_at, found[0].fraction, found[-1].responded_at, found[-1].fraction, found[-1].confidence, len(found))
        for question, found in rows.items()
    }


def kept(learner: User) -> dict[int, Row]:
    return {
        row.question_id: (row.first_at, row.first_fraction, row.last_at, row.last_fraction, row.last_confidence, row.times)
        for row in Seen.objects.filter(learner=learner)
    }


def respond(slot: Slot, *, right: bool, now, confidence="") -> None:
    attempts.submit_response(
        learner=slot.attempt.learner, attempt=slot.attempt_id, position=slot.position, letters=["B" if right else "A"],
        confidence=confidence, spent_ms=0, now=now,
    )  # fmt: skip


def practise(learner, question, *, right, now, confidence="") -> None:
    respond(
        make_slot(attempt=make_attempt(learner=learner, mode="practice", slots=0), question=question),
        right=right,
        now=now,
        confidence=confidence,
    )


def sit(learner, questions, *, right, started_at) -> Attempt:
    """An exam of thirty minutes with these questions; the last one is never opened."""
    exam = make_attempt(learner=learner, slots=0, started_at=started_at)
    for position, question in enumerate(questions, start=1):
        make_slot(attempt=exam, position=position, question=question)
    for position, is_right in enumerate(right, start=1):
        attempts.save_draft(
            learner=learner,
            attempt=exam.pk,
            position=position,
            letters=["B" if is_right else "C"],
            revision=0,
            save_id="the-save",
            now=started_at,
        )
    return exam


def test_the_first_and_the_last_answer_are_kept():
    learner, question = make_learner(), make_question()
    for days, right, confidence in ((0, False, "sure"), (1, True, "guess"), (2, True, "unsure")):
        practise(learner, question, right=right, confidence=confidence, now=T0 + days * DAY)
    assert kept(learner) == rebuilt(learner) == {question.pk: (T0, 0.0, T0 + 2 * DAY, 1.0, "unsure", 3)}


def test_an_exam_that_is_closed_long_after_its_end_does_not_count_as_the_last_answer():
    """Its answers were given before those of the practice in between, whoever closes it and when."""
    learner, question = make_learner(), make_question()
    sit(learner, [question], right=[False], started_at=T0)
    practise(learner, question, right=True, confidence="sure", now=T0 + DAY)
    attempts.close_expired(now=T0 + 2 * DAY)
    assert kept(learner) == rebuilt(learner) == {question.pk: (T0 + 30 * MINUTE, 0.0, T0 + DAY, 1.0, "sure", 2)}


def test_a_miss_put_right_in_its_session_counts_both_times():
    learner = make_learner()
    session = make_attempt(learner=learner, mode="practice", slots=1)
    respond(session.slots.get(), right=False, now=T0)
    repeat = session.slots.select_related("attempt__learner").get(position=2)
    attempts.submit_response(
        learner=learner,
        attempt=session.pk,
        position=2,
        letters=["ABCD"[repeat.option_order.index("b")]],
        confidence="sure",
        spent_ms=0,
        now=T0 + MINUTE,
    )
    assert kept(learner) == rebuilt(learner)
    assert [row[1:] for row in kept(learner).values()] == [(0.0, T0 + MINUTE, 1.0, "sure", 2)]


def test_people_do_not_share_what_they_saw():
    one, other, question = make_learner(), make_learner(), make_question()
    practise(one, question, right=True, now=T0)
    practise(other, question, right=False, now=T0)
    assert [row[1] for row in (*kept(one).values(), *kept(other).values())] == [1.0, 0.0]


def test_what_a_guest_saw_is_joined_to_what_the_account_saw():
    guest, account = make_guest(), make_learner()
    both, guests, accounts = make_bank(3)
    practise(account, both, right=False, now=T0)
    practise(guest, both, right=True, confidence="guess", now=T0 + DAY)
    practise(account, both, right=True, confidence="sure", now=T0 + 2 * DAY)
    practise(guest, guests, right=False, now=T0)
    practise(account, accounts, right=True, now=T0)
    attempts.adopt_guest(guest=guest, account=account, now=T0 + 3 * DAY)
    assert kept(account) == rebuilt(account)
    assert len(kept(account)) == 3
    assert not User.objects.filter(pk=guest.pk).exists()


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["practise", "exam", "close", "guest", "sign in"]), st.integers(0, 2), st.booleans(),
        st.sampled_from(["", "sure", "unsure", "guess"]),
    ), max_size=12,
)  # fmt: skip


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(EVENTS)
def test_whatever_happens_what_is_kept_is_what_the_responses_say(events):
    with transaction.atomic():
        learner, guest, bank = make_learner(), make_guest(), make_bank(3)
        for hours, (event, which, right, confidence) in enumerate(events):
            now = T0 + timedelta(hours=hours)
            if event == "practise":
                practise(learner, bank[which], right=right, confidence=confidence, now=now)
            elif event == "guest":
                practise(guest, bank[which], right=right, confidence=confidence, now=now)
            elif event == "exam":
                sit(learner, bank, right=[right, not right][: which + 1], started_at=now)
            elif event == "close":
                attempts.close_expired(now=now)
            else:
                attempts.adopt_guest(guest=guest, account=learner, now=now)
                guest = make_guest()
        attempts.close_expired(now=T0 + 9 * DAY)
        assert kept(learner) == rebuilt(learner)
        assert kept(guest) == rebuilt(guest)
        transaction.set_rollback(True)
