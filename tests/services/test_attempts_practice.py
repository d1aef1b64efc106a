"""Practice, review, checks, replays: feedback at once, each answer once, and everything goes on where it stopped."""

from collections import Counter
from datetime import timedelta

import pytest

from quizzes.domain.attempt import OTHERS_BEFORE_REPEAT, Mode
from quizzes.domain.errors import AlreadyAnswered, AttemptClosed, InvalidAnswer, NothingToAsk
from quizzes.domain.memory import day_number
from quizzes.models import Attempt, Card, Question, Response, Seen, Slot
from quizzes.queries.attempts import next_place
from quizzes.queries.lessons import check_view
from quizzes.services import attempts
from tests.factories import (
    T0,
    make_attempt,
    make_bank,
    make_blueprint,
    make_guest,
    make_item,
    make_learner,
    make_lesson,
    make_question,
    make_slot,
    make_topic,
    make_version,
)

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


def practised(learner, question: Question, *, right=True, now=T0):
    attempt = make_attempt(learner=learner, mode="practice", slots=0, started_at=now)
    make_slot(attempt=attempt, question=question)
    return answer(attempt, right=right, now=now)


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

DAY = timedelta(days=1)


def review(learner, now=T0, size=10) -> Attempt:
    return attempts.start_review(learner=learner, size=size, now=now, seed=1)


def remember(learner, question, *, stability=2.0, days=3, due=1) -> Card:
    """A card that was answered some days ago, and has been due for `due` days."""
    today = day_number(T0)
    return Card.objects.create(
        learner=learner, family=question.family, topic=question.topic, question=question, stability=stability, difficulty=5.0,
        day=today - days, due_day=today - due, reps=2, lapses=0, rating=3, last_at=T0 - timedelta(days=days),
    )  # fmt: skip


def in_order(session, selection=None) -> list[int]:
    slots = session.slots.order_by("position")
    return list((slots.filter(selection=selection) if selection else slots).values_list("version__question_id", flat=True))


def test_a_review_takes_the_weakest_memory_first():
    learner, bank = make_learner(), make_bank(4)
    for question, stability, days in zip(bank, (9.0, 1.0, 30.0, 4.0), (10, 10, 10, 10), strict=True):
        remember(learner, question, stability=stability, days=days)
    assert in_order(review(learner, size=4), "review") == [bank[1].pk, bank[3].pk, bank[0].pk, bank[2].pk]


def test_what_is_not_due_yet_stays_away():
    learner, [due, later] = make_learner(), make_bank(2)
    remember(learner, due, due=0)
    remember(learner, later, due=-1)
    see(learner, later)
    assert in_order(review(learner), "review") == [due.pk]


def test_of_a_family_the_question_that_was_not_seen_for_longest_is_asked():
    learner = make_learner()
    old, new, never = (make_question(family="retries") for _ in range(3))
    remember(learner, new)
    see(learner, old, days=9)
    see(learner, new, days=2)
    assert in_order(review(learner), "review") == [never.pk]
    Question.objects.filter(pk=never.pk).update(state="retired")
    Attempt.objects.all().delete()
    assert in_order(review(learner), "review") == [old.pk]


def test_a_quarter_comes_at_random_from_the_plan_of_the_exam():
    learner, bank = make_learner(), make_bank(60)
    make_blueprint(20)
    for question in bank[:30]:
        remember(learner, question)
        see(learner, question)
    session = review(learner, size=25)
    kinds = Counter(session.slots.values_list("selection", flat=True))
    assert kinds == {"review": 19, "random_blueprint": 6}
    assert set(in_order(session, "random_blueprint")) <= {question.pk for question in bank[30:]}, "what was never met comes first"
    assert in_order(session)[:19] == in_order(session, "review"), "what is due stands first"


def test_new_questions_of_the_weakest_topics_fill_the_rest():
    learner = make_learner()
    make_topic("invocation-sync", "Synchronous invocation")
    strong = make_bank(10, objective="sync-behaviour", topic="invocation-sync")
    weak = make_bank(10)
    for question in strong[:4]:
        practised(learner, question, now=T0 - DAY)
    for question in weak[:4]:
        practised(learner, question, now=T0 - DAY, right=False)
    Card.objects.update(due_day=day_number(T0) + 9)
    session = review(learner, size=6)
    assert set(session.slots.values_list("selection", flat=True)) == {"targeted"}
    assert set(in_order(session)) == {question.pk for question in weak[4:]}


def test_siblings_of_what_was_answered_today_are_buried():
    learner, [other] = make_learner(), make_bank(1)
    one, _ = (make_question(family="retries") for _ in range(2))
    practised(learner, one)
    assert in_order(review(learner)) == [other.pk]


def test_no_family_is_asked_twice_in_a_review():
    learner = make_learner()
    make_blueprint(4)
    for n in range(12):
        remember_or_not = make_question(family=f"family-of-{n % 4}")
        if n == 0:
            remember(learner, remember_or_not)
    session = review(learner, size=10)
    families = list(session.slots.values_list("version__question__family", flat=True))
    assert sorted(families) == ["family-of-0", "family-of-1", "family-of-2", "family-of-3"]


def test_a_review_has_25_questions_at_most():
    learner = make_learner()
    make_blueprint(20)
    for question in make_bank(60)[:40]:
        remember(learner, question)
    assert review(learner, size=25).slots.count() == 25


def test_an_open_review_goes_on():
    learner = make_learner()
    remember(learner, make_question())
    first = review(learner)
    assert review(learner, now=T0 + MINUTE) == first
    answer(first)
    with pytest.raises(NothingToAsk, match="no question to review"):
        review(learner, now=T0 + 2 * MINUTE)


def test_a_miss_in_review_is_due_tomorrow():
    learner = make_learner()
    remember(learner, make_question())
    session = review(learner)
    answer(session, 1, right=False)
    answer(session, 2, right=False)
    card = Card.objects.get()
    assert (card.due_day, card.lapses, card.reps) == (day_number(T0) + 1, 1, 3), "the second showing changes nothing"


def test_a_guests_open_review_ends_where_the_account_has_its_own():
    guest, account = make_guest(), make_learner()
    for person in (guest, account):
        remember(person, make_question())
    theirs, mine = review(guest), review(account)
    attempts.adopt_guest(guest=guest, account=account, now=T0 + MINUTE)
    theirs.refresh_from_db()
    assert (theirs.learner, theirs.finish_reason) == (account, "handed in")
    assert review(account, now=T0 + MINUTE) == mine


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
