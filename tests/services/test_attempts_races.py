"""Two at the same moment: real threads with connections of their own, on SQLite as on PostgreSQL."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Event, Thread
from typing import Any

import pytest
from django.db import connection, transaction

from quizzes.domain.cohort import CONSENT_VERSION
from quizzes.domain.errors import AlreadyAnswered, AttemptClosed
from quizzes.models import Attempt, Card, Membership, Response, Review, Seen, Slot
from quizzes.services import attempts, cohorts, reviews
from quizzes.services.attempts import AttemptsUsedUp, NotYours, StaleSave, Waiting
from tests.factories import (
    T0,
    make_assignment,
    make_attempt,
    make_bank,
    make_blueprint,
    make_cohort,
    make_guest,
    make_learner,
    make_member,
    make_question,
    make_slot,
)

pytestmark = pytest.mark.django_db(transaction=True)

MINUTE = timedelta(minutes=1)
#: How long a thread may take before the test fails, in seconds.
PATIENCE_S = 30


def in_thread(call: Callable[[], Any], outcome: list[Any]) -> Thread:
    def run() -> None:
        try:
            outcome.append(call())
        except Exception as problem:
            outcome.append(problem)
        finally:
            connection.close()

    thread = Thread(target=run, daemon=True)
    thread.start()
    return thread


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """What each call gave or raised; all of them set off together."""
    barrier = Barrier(len(calls))
    outcomes: list[list[Any]] = [[] for _ in calls]

    def start(call: Callable[[], Any]) -> Callable[[], Any]:
        def run() -> Any:
            barrier.wait(PATIENCE_S)
            return call()

        return run

    threads = [in_thread(start(call), outcome) for call, outcome in zip(calls, outcomes, strict=True)]
    for thread in threads:
        thread.join(PATIENCE_S)
    return [outcome[0] if outcome else TimeoutError("a thread hangs") for outcome in outcomes]


def save(exam: Attempt, position: int, letters: str, revision: int, save_id: str):
    return attempts.save_draft(
        learner=exam.learner, attempt=exam.pk, position=position, letters=list(letters), revision=revision, save_id=save_id, now=T0
    )


def test_whoever_starts_second_gets_the_exam_of_the_first():
    """The second looks before the first has committed, and meets the constraint."""
    make_bank(6)
    learner, blueprint = make_learner(), make_blueprint(5)
    has_looked, outcome = Event(), []

    def second() -> Attempt:
        def look(execute, sql, params, many, context):
            found = execute(sql, params, many, context)
            has_looked.set()
            return found

        with connection.execute_wrapper(look):
            return attempts.start_exam(learner=learner, blueprint=blueprint, now=T0, seed=2)

    with transaction.atomic():
        first = attempts.start_exam(learner=learner, blueprint=blueprint, now=T0, seed=1)
        thread = in_thread(second, outcome)
        assert has_looked.wait(PATIENCE_S)
    thread.join(PATIENCE_S)
    assert outcome == [first]
    assert Attempt.objects.get() == first
    assert Slot.objects.count() == 5


def test_many_presses_of_start_are_one_exam():
    make_bank(6)
    learner, blueprint = make_learner(), make_blueprint(5)
    found = at_once(*[lambda seed=seed: attempts.start_exam(learner=learner, blueprint=blueprint, now=T0, seed=seed) for seed in range(4)])
    assert set(found) == {Attempt.objects.get()}
    assert Slot.objects.count() == 5


@pytest.mark.parametrize("turn", range(3))
def test_two_tabs_get_no_attempt_more_than_the_class_allows(turn):
    """Each starts, hands in what it got, and starts again: of the two attempts allowed two are made, whoever is first."""
    make_bank(6)
    cohort = make_cohort()
    learner, assignment = make_member(cohort).learner, make_assignment(cohort, make_blueprint(3), attempts_allowed=2)

    def tab() -> None:
        for seed in range(4):
            exam = attempts.start_exam(learner=learner, blueprint=assignment.blueprint, assignment=assignment, now=T0, seed=seed)
            attempts.hand_in(learner=learner, attempt=exam.pk, now=T0)

    found = at_once(tab, tab, tab)
    assert [type(outcome) for outcome in found] == [AttemptsUsedUp] * 3, found
    assert Attempt.objects.filter(assignment=assignment).count() == Attempt.objects.count() == 2


def test_a_tab_that_looks_before_the_last_attempt_is_kept_waits_for_it():
    """The first has begun and handed in, and not committed yet: the second must not count before it can see that."""
    make_bank(6)
    cohort = make_cohort()
    learner, assignment = make_member(cohort).learner, make_assignment(cohort, make_blueprint(3))
    has_counted, outcome = Event(), []

    def start(seed: int) -> Attempt:
        return attempts.start_exam(learner=learner, blueprint=assignment.blueprint, assignment=assignment, now=T0, seed=seed)

    def second() -> Attempt:
        def look(execute, sql, params, many, context):
            found = execute(sql, params, many, context)
            if "COUNT(" in sql:
                has_counted.set()
            return found

        with connection.execute_wrapper(look):
            return start(2)

    with transaction.atomic():
        attempts.hand_in(learner=learner, attempt=start(1).pk, now=T0)
        thread = in_thread(second, outcome)
        assert not has_counted.wait(0.5)
    thread.join(PATIENCE_S)
    assert [type(found) for found in outcome] == [AttemptsUsedUp]
    assert has_counted.is_set()
    assert Attempt.objects.count() == 1


def test_many_presses_of_start_on_the_last_attempt_are_one_exam():
    make_bank(6)
    cohort = make_cohort()
    learner, assignment = make_member(cohort).learner, make_assignment(cohort, make_blueprint(3))
    found = at_once(*[
        lambda seed=seed: attempts.start_exam(learner=learner, blueprint=assignment.blueprint, assignment=assignment, now=T0, seed=seed)
        for seed in range(4)
    ])  # fmt: skip
    assert set(found) == {Attempt.objects.get()}


def test_joining_twice_at_once_is_one_membership():
    cohort, learner = make_cohort(), make_learner()
    join = lambda: cohorts.join_class(learner=learner, typed=cohort.code, consent=CONSENT_VERSION, now=T0)  # noqa: E731
    assert at_once(join, join, join) == [Membership.objects.get()] * 3


@pytest.mark.parametrize("turn", range(3))
def test_of_two_tabs_one_is_first(turn):
    exam = make_attempt(slots=1)
    found = at_once(*[lambda letter=letter: save(exam, 1, letter, 0, f"tab-{letter}") for letter in "ABC"])
    refused = [outcome for outcome in found if isinstance(outcome, StaleSave)]
    [receipt] = [outcome for outcome in found if not isinstance(outcome, Exception)]
    assert len(refused) == 2
    assert all(stale.theirs == receipt.answer for stale in refused)
    slot = Slot.objects.get()
    assert (slot.revision, slot.draft) == (1, [receipt.answer[0].lower()])


def test_a_save_sent_twice_at_once_counts_once():
    exam = make_attempt(slots=1)
    one, other = at_once(*[lambda: save(exam, 1, "B", 0, "same-id")] * 2)
    assert one == other
    assert Slot.objects.get().revision == 1


@pytest.mark.parametrize("turn", range(3))
def test_handing_in_while_another_tab_saves(turn):
    """What was acknowledged is graded and nothing else, and nobody waits for ever."""
    exam = make_attempt(slots=4)

    def type_on() -> dict[int, str]:
        kept: dict[int, str] = {}
        for revision in range(200):
            for position in (1, 2, 3, 4):
                letter = "ABCD"[(revision + position) % 4]
                try:
                    save(exam, position, letter, revision, f"s-{position}-{revision}")
                except AttemptClosed:
                    return kept
                kept[position] = letter.lower()
        return kept

    def hand_in():
        while not Slot.objects.filter(attempt=exam, position=4, revision__gte=1).exists():
            pass
        return attempts.hand_in(learner=exam.learner, attempt=exam.pk, now=T0 + MINUTE)

    kept, done = at_once(type_on, hand_in)
    assert not isinstance(done, Exception), done
    assert not isinstance(kept, Exception), kept
    graded = {r.slot.position: "".join(r.answer) for r in Response.objects.select_related("slot")}
    assert graded == kept


def test_handing_in_from_two_tabs_at_once_is_one_result():
    exam = make_attempt(slots=3)
    found = at_once(*[
        lambda n=n: attempts.hand_in(
            learner=exam.learner, attempt=exam.pk, now=T0 + n * MINUTE, waiting=[Waiting(n, ["B"], 0, f"waiting-{n}")]
        )
        for n in (1, 2)
    ])  # fmt: skip
    assert not any(isinstance(done, Exception) for done in found), found
    assert {(done.attempt.submitted_at, done.attempt.right) for done in found} == {(found[0].attempt.submitted_at, found[0].attempt.right)}
    assert Response.objects.count() == 3
    graded = {r.slot.position for r in Response.objects.select_related("slot") if r.fraction == 1}
    assert graded == {position for done in found for position in done.taken}


def test_many_who_close_an_expired_exam_close_it_once():
    exams = [make_attempt(slots=2) for _ in range(3)]
    at_once(
        *[lambda: attempts.close_expired(now=T0 + 40 * MINUTE)] * 3,
        lambda: attempts.close_if_expired(attempt=exams[0], now=T0 + 50 * MINUTE),
    )
    assert Response.objects.count() == 6
    assert {exam.submitted_at for exam in Attempt.objects.all()} == {T0 + 30 * MINUTE}


def answer(slot: Slot, letter: str = "B", now=T0):
    return attempts.submit_response(
        learner=slot.attempt.learner,
        attempt=slot.attempt_id,
        position=slot.position,
        letters=[letter],
        confidence="sure",
        spent_ms=0,
        now=now,
    )


def test_of_two_answers_to_one_practice_question_the_first_stands():
    slot = make_slot(attempt=make_attempt(mode="practice", slots=0))
    found = at_once(lambda: answer(slot, "A"), lambda: answer(slot, "C"))
    assert sorted(type(outcome) for outcome in found if isinstance(outcome, Exception)) == [AlreadyAnswered]
    assert Response.objects.count() == 1


@pytest.mark.parametrize("turn", range(3))
def test_one_question_answered_in_two_sessions_at_once_is_remembered_once(turn):
    learner, question = make_learner(), make_question()
    slots = [make_slot(attempt=make_attempt(learner=learner, mode="practice", slots=0), question=question) for _ in range(3)]
    found = at_once(*[lambda slot=slot: answer(slot) for slot in slots])
    assert not any(isinstance(outcome, Exception) for outcome in found), found
    assert Seen.objects.get().times == 3


@pytest.mark.parametrize("turn", range(3))
def test_signing_in_while_the_guest_still_answers_in_another_tab(turn):
    """Every verdict that was shown goes along; what comes too late is refused, not lost without a word."""
    guest, account = make_guest(), make_learner()
    session = make_attempt(learner=guest, mode="practice", slots=12)

    def type_on() -> int:
        for position in range(1, 13):
            try:
                attempts.submit_response(
                    learner=guest, attempt=session.pk, position=position, letters=["B"], confidence="", spent_ms=0, now=T0
                )
            except NotYours:
                return position - 1
        return 12

    def sign_in():
        while not Response.objects.exists():
            pass
        return attempts.adopt_guest(guest=guest, account=account, now=T0)

    shown, adoption = at_once(type_on, sign_in)
    assert isinstance(adoption, attempts.Adoption), adoption
    assert isinstance(shown, int), shown
    assert account.responses.count() == account.seen.count() == shown


def test_the_last_two_questions_answered_at_once_complete_the_session():
    session = make_attempt(mode="practice", slots=2)
    slots = list(session.slots.select_related("attempt__learner"))
    at_once(*[lambda slot=slot: answer(slot) for slot in slots])
    session.refresh_from_db()
    assert session.finish_reason == "completed"


@pytest.mark.parametrize("turn", range(2))
def test_siblings_answered_at_once_are_both_remembered(turn):
    learner = make_learner()
    sittings = []
    for _ in range(3):
        sitting = make_attempt(learner=learner, mode="practice", slots=0)
        make_slot(attempt=sitting, question=make_question(family="retries"))
        sittings.append(sitting)

    def answer(sitting: Attempt, second: int):
        return attempts.submit_response(
            learner=learner,
            attempt=sitting.pk,
            position=1,
            letters=["B"],
            confidence="sure",
            spent_ms=0,
            now=T0 + timedelta(seconds=second),
        )

    found = at_once(*[lambda n=n, sitting=sitting: answer(sitting, n) for n, sitting in enumerate(sittings)])
    assert [type(outcome) for outcome in found] == [Response] * 3
    card = Card.objects.get()
    assert (card.reps, list(Review.objects.order_by("number").values_list("number", flat=True))) == (3, [1, 2, 3])
    before = (card.stability, card.difficulty, card.due_day)
    reviews.replay(learner=learner)
    again = Card.objects.get()
    assert (again.stability, again.difficulty, again.due_day) == before


def test_many_presses_of_review_are_one_review():
    make_bank(6)
    learner = make_learner()
    found = at_once(*[lambda seed=seed: attempts.start_review(learner=learner, size=10, now=T0, seed=seed) for seed in range(4)])
    assert set(found) == {Attempt.objects.get()}
    assert Slot.objects.count() == 6
