"""Practice, review, checks, replays: feedback at once, each answer once, and everything goes on where it stopped."""

from datetime import timedelta

import pytest

from quizzes.domain.attempt import OTHERS_BEFORE_REPEAT, Mode
from quizzes.domain.errors import AlreadyAnswered, AttemptClosed, InvalidAnswer, NothingToAsk
from quizzes.models import Attempt, Question, Response, Seen, Slot
from quizzes.queries.attempts import next_place
from quizzes.queries.lessons import check_view
from quizzes.services import attempts
from tests.factories import T0, make_attempt, make_bank, make_item, make_learner, make_lesson, make_question, make_slot, make_version

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


def practise(learner, *, topics=(), kind="all", size=10, now=T0, seed=1, **values) -> Attempt:
    return attempts.start_practice(learner=learner, topics=list(topics), kind=kind, size=size, now=now, seed=seed, **values)


def answer(attempt: Attempt, position: int = 1, *, right: bool = True, letters: str | None = None, confidence="", now=T0, spent_ms=0):
    """The right answer of this place, or a wrong one; letters say it outright."""
    slot = attempt.slots.select_related("version").get(position=position)
    key = slot.version.item.key
    chosen = key if right else [o for o in slot.option_order if o not in key][: slot.pick]
    given = list(letters) if letters is not None else ["ABCDEFGH"[slot.option_order.index(o)] for o in chosen]
    return attempts.submit_response(
        learner=attempt.learner, attempt=attempt.pk, position=position, letters=given, confidence=confidence, spent_ms=spent_ms, now=now
    )


def asked(attempt: Attempt) -> set[int]:
    return set(attempt.slots.values_list("version__question_id", flat=True))


def see(learner, question: Question, *, fraction=1.0, confidence="", days=1):
    at = T0 - timedelta(days=days)
    return Seen.objects.create(
        learner=learner,
        question=question,
        first_at=at,
        first_fraction=fraction,
        last_at=at,
        last_fraction=fraction,
        last_confidence=confidence,
    )


# -- starting --------------------------------------------------------------------------------------------------------


def test_a_session_asks_as_many_as_were_wished_for():
    make_bank(12)
    session = practise(make_learner(), size=5)
    slots = list(session.slots.all())
    assert [slot.position for slot in slots] == [1, 2, 3, 4, 5]
    assert {(slot.selection, slot.is_scored, slot.repeat_of) for slot in slots} == {("self_chosen", True, None)}
    assert (session.mode, session.deadline_at, session.plan["kind"]) == (Mode.PRACTICE, None, "all")


def test_fewer_where_there_are_no_more():
    make_bank(3)
    assert practise(make_learner(), size=10).slots.count() == 3


def test_topics_limit_the_choice():
    make_bank(4)
    [other] = make_bank(1, topic="security", objective="security-permissions")
    assert asked(practise(make_learner(), topics=["security"])) == {other.pk}


@pytest.mark.parametrize(
    ("kind", "expected"), [("all", {0, 1, 2, 3}), ("unseen", {0}), ("missed", {2})], ids=["all", "not seen yet", "missed the last time"]
)
def test_what_was_seen_or_missed_limits_the_choice(kind, expected):
    learner, bank = make_learner(), make_bank(4)
    see(learner, bank[1])
    see(learner, bank[2], fraction=0.0)
    see(learner, bank[3], confidence="guess")
    see(make_learner(), bank[0], fraction=0.0)
    assert asked(practise(learner, kind=kind)) == {bank[n].pk for n in expected}


@pytest.mark.parametrize("state", ["draft", "retired"])
def test_only_published_questions_are_asked(state):
    make_question(state=state)
    published = make_question()
    assert asked(practise(make_learner())) == {published.pk}


@pytest.mark.parametrize(
    ("kind", "topics", "sentence"),
    [
        ("all", ["security"], "no question on these topics yet"),
        ("missed", [], "You have no missed questions here"),
        ("unseen", [], "You have seen every question"),
    ],
)
def test_nothing_to_ask_says_what_to_do(kind, topics, sentence):
    learner = make_learner()
    see(learner, make_question())
    with pytest.raises(NothingToAsk, match=sentence):
        practise(learner, kind=kind, topics=topics)
    assert Attempt.objects.count() == 0


def test_a_bank_larger_than_the_pool_is_met_all_around(monkeypatch):
    """A session chooses among a window of the bank; windows begin anywhere and close the circle."""
    bank = make_bank(8)
    monkeypatch.setattr(attempts, "POOL", 3)
    met = set().union(*(asked(practise(make_learner(), size=3, seed=seed)) for seed in range(40)))
    assert met == {question.pk for question in bank}


# -- answering -------------------------------------------------------------------------------------------------------


def test_a_right_answer_is_graded_and_remembered():
    make_bank(2)
    session = practise(make_learner())
    response = answer(session, confidence="sure", spent_ms=2500, now=T0 + MINUTE)
    assert (response.fraction, response.share, response.confidence, response.spent_ms) == (1.0, 1.0, "sure", 2500)
    assert (response.selection, response.responded_at, response.number) == ("self_chosen", T0 + MINUTE, 1)
    seen = Seen.objects.get()
    assert (seen.first_fraction, seen.last_confidence, seen.times) == (1.0, "sure", 1)


def test_a_part_of_a_multiple_answer_earns_its_share_and_no_mark():
    session = make_attempt(mode="practice", slots=1, item={"type": "multiple"})
    response = answer(session, letters="AB")
    assert (response.answer, response.fraction, response.share) == (["a", "b"], 0.0, 0.0)


@pytest.mark.parametrize(
    ("letters", "sentence"), [("", "Choose at least one"), ("AB", "Choose one option"), ("F", "does not belong"), ("a", "does not belong")]
)
def test_an_answer_that_cannot_be_leaves_no_trace(letters, sentence):
    session = make_attempt(mode="practice", slots=1)
    with pytest.raises(InvalidAnswer, match=sentence):
        answer(session, letters=letters)
    assert (Response.objects.count(), Seen.objects.count()) == (0, 0)


def test_too_few_of_several_is_told():
    session = make_attempt(mode="practice", slots=1, item={"type": "multiple"})
    with pytest.raises(InvalidAnswer, match="Choose 2 options; you chose 1"):
        answer(session, letters="A")


def test_the_same_answer_twice_is_one_response():
    session = make_attempt(mode="practice", slots=2)
    first = answer(session, confidence="sure", now=T0)
    again = answer(session, confidence="guess", now=T0 + MINUTE)
    assert again == first
    assert (Response.objects.get().confidence, Seen.objects.get().times) == ("sure", 1)


def test_another_answer_is_refused_and_the_first_stands():
    session = make_attempt(mode="practice", slots=2)
    answer(session, right=False)
    with pytest.raises(AlreadyAnswered, match="Your first answer stands"):
        answer(session, right=True)
    assert Response.objects.get().fraction == 0.0
    assert session.slots.count() == 3


def test_the_last_answer_sent_twice_has_its_response_although_the_session_is_over():
    session = make_attempt(mode="practice", slots=1)
    first = answer(session)
    assert answer(session, now=T0 + MINUTE) == first
    session.refresh_from_db()
    assert session.submitted_at == T0


def test_after_a_session_was_ended_nothing_is_taken():
    session = make_attempt(mode="practice", slots=2)
    attempts.hand_in(learner=session.learner, attempt=session.pk, now=T0)
    with pytest.raises(AttemptClosed):
        answer(session, 2)
    assert Response.objects.count() == 0


# -- the repeat ------------------------------------------------------------------------------------------------------


def test_a_miss_comes_back_once_in_an_order_of_its_own():
    session = make_attempt(mode="practice", slots=2)
    answer(session, 1, right=False)
    repeat = session.slots.get(position=3)
    assert (repeat.repeat_of, repeat.selection, repeat.version) == (1, "targeted", session.slots.get(position=1).version)
    assert sorted(repeat.option_order) == ["a", "b", "c", "d"]
    answer(session, 2)
    answer(session, 3, right=False)
    assert session.slots.count() == 3
    session.refresh_from_db()
    assert session.finish_reason == "completed"


def test_the_way_through_a_session_with_a_miss():
    make_bank(8)
    session = practise(make_learner(), size=8)
    shown = []
    while (position := next_place(session)) is not None:
        shown.append(position)
        answer(session, position, right=position != 1, now=T0 + len(shown) * MINUTE)
    assert shown == [1, 2, 3, 4, 5, 6, 9, 7, 8]
    assert shown.index(9) - 1 == OTHERS_BEFORE_REPEAT
    session.refresh_from_db()
    assert (session.finish_reason, session.submitted_at) == ("completed", T0 + 9 * MINUTE)


def test_a_session_that_is_left_alone_goes_on_where_it_stopped():
    make_bank(5)
    session = practise(make_learner(), size=5)
    answer(session, 1)
    answer(session, 2)
    assert next_place(Attempt.objects.get(pk=session.pk)) == 3
    session.refresh_from_db()
    assert not session.is_finished


@pytest.mark.parametrize(("answered", "reason"), [(2, "completed"), (1, "handed in"), (0, "handed in")])
def test_a_session_ended_early_does_not_claim_to_be_complete(answered, reason):
    session = make_attempt(mode="practice", slots=2)
    for position in range(1, answered + 1):
        answer(session, position)
    done = attempts.hand_in(learner=session.learner, attempt=session.pk, now=T0 + MINUTE)
    assert done.attempt.finish_reason == reason
    assert Response.objects.count() == answered


# -- review ----------------------------------------------------------------------------------------------------------


def review(learner, now=T0, size=10) -> Attempt:
    return attempts.start_review(learner=learner, size=size, now=now, seed=1)


def test_a_review_asks_what_was_missed_or_guessed():
    learner, bank = make_learner(), make_bank(5)
    see(learner, bank[0])
    see(learner, bank[1], fraction=0.0)
    see(learner, bank[2], confidence="guess")
    see(learner, bank[3], confidence="unsure")
    session = review(learner)
    assert asked(session) == {bank[1].pk, bank[2].pk}
    assert {slot.selection for slot in session.slots.all()} == {"review"}


def test_a_review_takes_misses_before_guesses_and_the_oldest_first():
    learner, bank = make_learner(), make_bank(4)
    for question, fraction, days in zip(bank, (0.0, 0.0, 1.0, 0.0), (1, 9, 30, 5), strict=True):
        see(learner, question, fraction=fraction, confidence="guess", days=days)
    assert asked(review(learner, size=2)) == {bank[1].pk, bank[3].pk}


def test_an_open_review_goes_on():
    learner = make_learner()
    see(learner, make_question(), fraction=0.0)
    first = review(learner)
    assert review(learner, now=T0 + MINUTE) == first
    answer(first)
    with pytest.raises(NothingToAsk, match="Nothing waits for review"):
        review(learner, now=T0 + 2 * MINUTE)


def test_a_miss_in_review_waits_again():
    learner = make_learner()
    see(learner, make_question(), fraction=0.0)
    session = review(learner)
    answer(session, 1, right=False)
    answer(session, 2, right=False)
    assert review(learner, now=T0 + MINUTE) != session


# -- checks ----------------------------------------------------------------------------------------------------------


def check(learner, lesson, question, now=T0) -> Attempt:
    return attempts.start_check(learner=learner, lesson=lesson, question=question, now=now, seed=question.check_seed)


def test_a_check_is_one_question_and_goes_on():
    learner, lesson, question = make_learner(), make_lesson(), make_question()
    first = check(learner, lesson, question)
    assert (first.mode, first.lesson, asked(first)) == (Mode.CHECK, lesson, {question.pk})
    assert check(learner, lesson, question, now=T0 + MINUTE) == first
    answer(first)
    first.refresh_from_db()
    assert first.finish_reason == "completed"
    assert first.slots.get().selection == "targeted"


def test_a_missed_check_does_not_come_back_by_itself():
    lesson, question = make_lesson(), make_question()
    first = check(make_learner(), lesson, question)
    answer(first, right=False)
    assert first.slots.count() == 1


def test_the_letters_of_a_check_mean_what_its_page_showed():
    """The page is drawn before there is an attempt; both must come to the same order."""
    learner, lesson = make_learner(), make_lesson()
    orders = set()
    for _ in range(6):
        question = make_question(item=make_item())
        page = check_view(lesson, question, None)
        item = question.current.item
        slot = check(learner, lesson, question).slots.get()
        assert [option.text for option in page.question.options] == [item.option(o).text for o in slot.option_order]
        orders.add(tuple(slot.option_order))
    assert len(orders) > 1


def test_a_check_of_a_new_wording_is_a_new_check():
    learner, lesson, question = make_learner(), make_lesson(), make_question()
    first = check(learner, lesson, question)
    answer(first)
    make_version(question=question, item=make_item(), number=2)
    assert check(learner, lesson, question) != first


@pytest.mark.parametrize("state", ["draft", "retired"])
def test_a_check_that_is_not_in_use_any_more(state):
    with pytest.raises(NothingToAsk, match="not in use any more"):
        check(make_learner(), make_lesson(), make_question(state=state))


# -- after an attempt ------------------------------------------------------------------------------------------------


def finished_exam(*, wrong: int, right: int) -> Attempt:
    exam = make_attempt(slots=wrong + right)
    for position in range(1, right + 1):
        attempts.save_draft(
            learner=exam.learner, attempt=exam.pk, position=position, letters=["B"], revision=0, save_id=f"save-{position}", now=T0
        )
    return attempts.hand_in(learner=exam.learner, attempt=exam.pk, now=T0 + MINUTE).attempt


def misses(attempt: Attempt, now=T0 + 2 * MINUTE) -> Attempt:
    return attempts.practise_misses(attempt=attempt, learner=attempt.learner, now=now, seed=1)


def test_the_misses_become_a_session():
    exam = finished_exam(wrong=3, right=2)
    session = misses(exam)
    assert session.mode == Mode.PRACTICE
    assert asked(session) == set(exam.slots.filter(position__gt=2).values_list("version__question_id", flat=True))


def test_at_most_a_full_session_of_misses():
    assert misses(finished_exam(wrong=27, right=0)).slots.count() == attempts.LARGEST


def test_without_misses_there_is_nothing_to_practise():
    with pytest.raises(NothingToAsk, match="went wrong"):
        misses(finished_exam(wrong=0, right=1))


def test_a_miss_that_was_put_right_in_the_session_is_practised_once():
    session = make_attempt(mode="practice", slots=1)
    answer(session, 1, right=False)
    answer(session, 2)
    assert misses(session).slots.count() == 1


def test_a_replay_is_the_same_form_without_a_clock():
    exam = finished_exam(wrong=2, right=1)
    Slot.objects.filter(attempt=exam, position=1).update(option_order=["d", "b", "a", "c"], flagged=True)
    replay = attempts.replay_exam(attempt=exam, now=T0 + MINUTE)
    same = ("position", "version", "option_order", "pick")
    assert list(replay.slots.values_list(*same)) == list(exam.slots.values_list(*same))
    assert (replay.mode, replay.deadline_at, replay.replay_of, replay.learner) == (Mode.PRACTICE, None, exam, exam.learner)
    assert all((slot.draft, slot.flagged, slot.selection) == ([], False, "targeted") for slot in replay.slots.all())
    assert answer(replay, 1).selection == "targeted"


def test_an_open_replay_goes_on_and_a_finished_one_makes_room():
    exam = finished_exam(wrong=1, right=0)
    first = attempts.replay_exam(attempt=exam, now=T0 + MINUTE)
    assert attempts.replay_exam(attempt=exam, now=T0 + 2 * MINUTE) == first
    answer(first)
    assert attempts.replay_exam(attempt=exam, now=T0 + 3 * MINUTE) != first


def test_a_replay_of_a_retired_question_keeps_its_wording():
    exam = finished_exam(wrong=1, right=0)
    Question.objects.update(state="retired")
    replay = attempts.replay_exam(attempt=exam, now=T0 + MINUTE)
    assert answer(replay).fraction == 1.0


def test_a_place_of_another_session_is_not_answered_by_mistake():
    one, other = make_attempt(mode="practice", slots=0), make_attempt(mode="practice", slots=0)
    question = make_question()
    make_slot(attempt=one, question=question)
    make_slot(attempt=other, question=question)
    answer(one)
    assert other.slots.get().responses.count() == 0
