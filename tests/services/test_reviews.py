"""The verbs of memory: answers of every mode feed it, history rebuilds it, a goal moves it."""

import random
from datetime import timedelta

import pytest

from quizzes.domain.memory import day_number
from quizzes.models import Card, Response, Review
from quizzes.services import attempts, reviews
from tests.factories import (
    T0,
    answer_slot,
    letters_for,
    make_attempt,
    make_bank,
    make_blueprint,
    make_guest,
    make_learner,
    make_question,
    make_slot,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def answer(learner, question, *, right=True, confidence="sure", at=T0, mode="practice", spent_ms=42_000):
    attempt = make_attempt(learner=learner, mode=mode, slots=0, started_at=at)
    slot = make_slot(attempt=attempt, question=question)
    return attempts.submit_response(
        learner=learner, attempt=attempt.pk, position=1, letters=letters_for(slot, right=right), confidence=confidence,
        spent_ms=spent_ms, now=at,
    )  # fmt: skip


def sit_exam(learner, questions, *, at, wrong=(), seen=None, flagged=()):
    """An exam on these questions, handed in at that moment."""
    attempt = make_attempt(learner=learner, slots=0, started_at=at - timedelta(minutes=20), blueprint=make_blueprint())
    for position, question in enumerate(questions, start=1):
        slot = make_slot(attempt=attempt, position=position, question=question)
        if seen is not None and position not in seen:
            continue
        attempts.save_draft(
            learner=learner, attempt=attempt.pk, position=position, letters=letters_for(slot, right=position not in wrong),
            revision=0, save_id=f"save-{slot.pk}", now=at - timedelta(minutes=5),
        )  # fmt: skip
        if position in flagged:
            attempts.mark_slot(learner=learner, attempt=attempt.pk, position=position, flagged=True, now=at)
    attempts.hand_in(learner=learner, attempt=attempt.pk, now=at)
    return attempt


def state(learner):
    """Everything about a learner's memory but the numbers of its rows."""
    cards = Card.objects.of(learner).order_by("family")
    log = Review.objects.filter(card__learner=learner).order_by("card__family", "number")
    skip = {"id", "card"}
    return [[{f.name: f.value_from_object(row) for f in row._meta.fields if f.name not in skip} for row in rows] for rows in (cards, log)]


@pytest.mark.parametrize("mode", ["practice", "check", "review"])
def test_an_answer_makes_a_card_and_an_entry_of_the_log(mode):
    learner, question = make_learner(), make_question()
    response = answer(learner, question, mode=mode)
    card = Card.objects.get()
    assert (card.learner, card.family, card.topic_id, card.question, card.reps) == (
        learner,
        question.family,
        question.topic_id,
        question,
        1,
    )
    assert (card.day, card.due_day, card.last_at) == (day_number(T0), day_number(T0) + 2, T0)
    review = Review.objects.get()
    assert (review.response, review.number, review.rating, review.stability_before) == (response, 1, 3, None)
    assert review.stability == card.stability


def test_a_second_answer_goes_on_from_the_first():
    learner, question = make_learner(), make_question()
    answer(learner, question)
    first = Card.objects.get()
    answer(learner, question, right=False, at=T0 + 3 * DAY)
    card, review = Card.objects.get(), Review.objects.get(number=2)
    assert (card.pk, card.reps, card.lapses, card.due_day) == (first.pk, 2, 1, day_number(T0) + 4)
    assert (review.stability_before, review.difficulty_before) == (first.stability, first.difficulty)


def test_siblings_share_a_card():
    learner = make_learner()
    for n in range(2):
        answer(learner, make_question(family="retries"), at=T0 + n * DAY)
    assert Card.objects.get().reps == 2


def test_a_guess_comes_back_tomorrow_and_the_statistics_call_it_right():
    response = answer(make_learner(), make_question(), confidence="guess")
    assert (response.fraction, Card.objects.get().rating) == (1.0, 1)


def test_an_answer_too_fast_to_have_been_read_is_taken_for_a_guess():
    answer(make_learner(), make_question(), spent_ms=1_500)
    assert Card.objects.get().rating == 1


def test_the_second_showing_in_a_session_says_nothing():
    learner = make_learner()
    session = make_attempt(learner=learner, mode="practice", slots=1)
    answer_slot(session.slots.get(), right=False)
    answer_slot(session.slots.get(repeat_of=1), now=T0 + timedelta(minutes=3))
    assert (Card.objects.get().reps, Review.objects.count(), Response.objects.count()) == (1, 1, 2)


def test_an_exam_feeds_memory_when_it_is_handed_in():
    learner, questions = make_learner(), make_bank(4)
    sit_exam(learner, questions, at=T0, wrong={1}, seen={1, 2, 3}, flagged={3})
    ratings = {card.question_id: card.rating for card in Card.objects.of(learner)}
    assert ratings == {questions[0].pk: 1, questions[1].pk: 3, questions[2].pk: 2}, (
        "missed, known, flagged; the unopened one is no evidence"
    )
    assert Review.objects.count() == 3


def test_an_exam_closed_late_takes_its_place_in_history():
    learner, question = make_learner(), make_question()
    exam = make_attempt(learner=learner, slots=0, started_at=T0)
    slot = make_slot(attempt=exam, question=question)
    attempts.save_draft(
        learner=learner,
        attempt=exam.pk,
        position=1,
        letters=letters_for(slot),
        revision=0,
        save_id="in-time",
        now=T0 + timedelta(minutes=1),
    )
    answer(learner, question, right=False, at=T0 + 5 * DAY)
    attempts.close_expired(now=T0 + 9 * DAY)
    log = list(Review.objects.order_by("number").values_list("rating", "day"))
    assert log == [(3, day_number(T0)), (1, day_number(T0) + 5)]
    before = state(learner)
    reviews.replay(learner=learner)
    assert state(learner) == before


def test_a_replay_gives_the_same_memory_to_the_last_bit():
    learner, rng, at = make_learner(), random.Random(4), T0
    questions = [*make_bank(6), make_question(family="retries"), make_question(family="retries")]
    for _ in range(40):
        at += timedelta(hours=rng.choice((1, 7, 30, 90)))
        question = rng.choice(questions)
        answer(learner, question, right=rng.random() < 0.7, confidence=rng.choice(("sure", "unsure", "guess", "")), at=at,
               mode=rng.choice(("practice", "check")), spent_ms=rng.choice((0, 900, 40_000)))  # fmt: skip
    sit_exam(learner, questions[:5], at=at + DAY, wrong={2, 4}, flagged={5})
    before = state(learner)
    assert reviews.replay(learner=learner) == 45
    assert state(learner) == before


def test_another_algorithm_rebuilds_all_and_the_next_answer_returns_to_the_one_in_use(settings):
    learner, question = make_learner(), make_question()
    answer(learner, question)
    answer(learner, question, at=T0 + 3 * DAY)
    before = state(learner)
    assert [(person, count) for person, count in reviews.rebuild(by="fsrs-5")] == [(learner, 2)]
    assert state(learner) != before
    assert {card.algorithm for card in Card.objects.all()} == {"fsrs-5"}
    answer(learner, question, at=T0 + 20 * DAY)
    assert {row.algorithm for row in Review.objects.all()} == {"fsrs-6"}
    again = state(learner)
    list(reviews.rebuild(by="fsrs-6"))
    assert state(learner) == again


def test_an_unknown_algorithm_is_named():
    with pytest.raises(ValueError, match="there are fsrs-6, fsrs-5"):
        next(reviews.rebuild(by="sm-2"))


def test_a_goal_moves_every_card_and_no_memory():
    learner = make_learner()
    for n, question in enumerate(make_bank(3)):
        for day in (0, 2, 9, 30):
            answer(learner, question, at=T0 + day * DAY + n * timedelta(minutes=1))
    before = {card.family: (card.stability, card.due_day) for card in Card.objects.all()}
    exam_on = (T0 + 40 * DAY).date()
    assert reviews.set_goal(learner=learner, exam_on=exam_on, retention=0.9, daily_reviews=20) == 3
    after = {card.family: (card.stability, card.due_day) for card in Card.objects.all()}
    assert {name: s for name, (s, _) in before.items()} == {name: s for name, (s, _) in after.items()}
    assert all(due <= day_number(exam_on) - 2 for _, due in after.values())
    at_goal = state(learner)
    reviews.replay(learner=learner)
    assert state(learner)[0] == at_goal[0]
    reviews.set_goal(learner=learner, exam_on=None, retention=0.9, daily_reviews=20)
    assert {card.family: (card.stability, card.due_day) for card in Card.objects.all()} == before


def test_a_guests_memory_comes_along_as_one_history():
    guest, account = make_guest(), make_learner()
    shared, mine, theirs = make_bank(3)
    answer(account, shared, at=T0)
    answer(account, mine, at=T0)
    answer(guest, shared, right=False, at=T0 + 2 * DAY)
    answer(guest, theirs, at=T0 + 2 * DAY)
    guest.exam_on = (T0 + 60 * DAY).date()
    guest.save()
    attempts.adopt_guest(guest=guest, account=account, now=T0 + 3 * DAY)
    assert {card.family: card.reps for card in Card.objects.of(account)} == {shared.family: 2, mine.family: 1, theirs.family: 1}
    assert account.exam_on == guest.exam_on
    firsts = Response.objects.filter(learner=account, is_new=True)
    assert {(r.question_id, r.responded_at) for r in firsts} == {(shared.pk, T0), (mine.pk, T0), (theirs.pk, T0 + 2 * DAY)}
    before = state(account)
    reviews.replay(learner=account)
    assert state(account) == before


def test_only_the_first_answer_to_a_question_is_new():
    learner, question = make_learner(), make_question()
    assert [answer(learner, question, at=T0 + n * DAY).is_new for n in range(3)] == [True, False, False]
    assert answer(make_learner(), question).is_new


def test_answers_from_before_there_was_memory_are_taken_in_once():
    learner = make_learner()
    answer(learner, make_question())
    before = state(learner)
    assert reviews.rebuild_if_missing() == 0, "nothing is missing"
    Card.objects.all().delete()
    assert reviews.rebuild_if_missing() == 1
    assert state(learner) == before


def test_the_packages_own_vector_holds_through_practice():
    """py-fsrs 6.3.2, tests/test_basic.py: Again and five Goods over 0, 0, 1, 3, 8 and 21 days leave a stability of 53.62691 days and a difficulty of 6.35749."""
    learner, question, at = make_learner(), make_question(), T0
    for n, (right, days) in enumerate(zip([False, *[True] * 5], (0, 0, 1, 3, 8, 21), strict=True)):
        at += timedelta(days=days)
        answer(learner, question, right=right, at=at + timedelta(minutes=n))
    card = Card.objects.get()
    assert (round(card.stability, 5), round(card.difficulty, 5), card.reps) == (53.62690, 6.35749, 6)
    assert list(Review.objects.order_by("number").values_list("rating", flat=True)) == [1, 3, 3, 3, 3, 3]
