"""A key is mended while others press too, answer or hand in: real threads, on SQLite as on PostgreSQL."""

from datetime import timedelta

import pytest

from quizzes.models import Attempt, Card, KeyMending, MendedResult, Regrade, Response, Seen
from quizzes.services import attempts, mendings, reviews
from tests.factories import T0, letters_for, make_attempt, make_learner, make_question, make_slot
from tests.services.test_attempts_races import at_once
from tests.services.test_mendings import mend, running_exam, sit, world

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_instructors_at_once_mend_it_once():
    question = make_question()
    attempt = sit(question, "c", others="b")
    said = at_once(*[lambda: mend(question, "change", "c", latest=0) for _ in range(3)])
    assert sorted(done for _, done in said) == [False, False, True]
    assert len({mending.pk for mending, _ in said}) == 1
    attempt.refresh_from_db()
    assert (attempt.right, attempt.scored) == (2, 2)
    assert (KeyMending.objects.count(), MendedResult.objects.count(), Regrade.objects.count()) == (1, 1, 1)


def test_two_who_undo_at_once_undo_it_once():
    question = make_question()
    sit(question, "c", others="b")
    before = world()
    mending, _ = mend(question, "change", "c")
    done = at_once(*[lambda: mendings.undo_mending(mending=mending, by=None, now=T0) for _ in range(2)])
    assert sorted(done) == [False, True]
    assert world() == before


@pytest.mark.parametrize("verb", ["applied", "taken back"])
def test_whoever_answers_or_hands_in_meanwhile_is_marked_by_what_holds_in_the_end(verb: str):
    question = make_question()
    exams = [running_exam(question, "c", learner=make_learner()) for _ in range(3)]
    learner = make_learner()
    session = make_attempt(learner=learner, mode="practice", slots=0)
    slot = make_slot(attempt=session, question=question)
    mending = mend(question, "accept", "a", "c", now=T0)[0] if verb == "taken back" else None

    def change():
        if mending:
            return mendings.undo_mending(mending=mending, by=None, now=T0)
        return mend(question, "accept", "a", "c", now=T0)

    def answer():
        letters = letters_for(slot, right=False)
        return attempts.submit_response(
            learner=learner, attempt=session.pk, position=1, letters=letters, confidence="sure", spent_ms=0, now=T0
        )  # fmt: skip

    hands = [lambda e=exam: attempts.hand_in(learner=e.learner, attempt=e.pk, now=T0 + timedelta(minutes=5)) for exam in exams]
    outcomes = at_once(*hands[:2], change, answer, *hands[2:])
    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []

    right = 0 if mending else 1
    assert set(Attempt.objects.exams().values_list("right", "scored")) == {(1 + right, 2)}
    assert set(Seen.objects.filter(question=question).values_list("last_fraction", flat=True)) == {right}
    assert Response.objects.filter(question=question).count() == 4
    assert Regrade.objects.count() == 4 * right
    assert set(Card.objects.filter(question=question).values_list("rating", flat=True)) == {3 if right else 1}
    before = world()
    list(reviews.rebuild(by=reviews.algorithm()))
    assert world() == before
