"""Memory: what an answer means for it, the package's own vectors, and the day a card comes up."""

from datetime import UTC, date, datetime, timedelta

import fsrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.domain.memory import (
    ALGORITHMS,
    EPOCH,
    Goal,
    Memory,
    Rating,
    counts,
    curve,
    daily_needed,
    date_of,
    day_number,
    due_day,
    forecast,
    interval_days,
    is_rapid,
    learn,
    rate,
    retrievability,
    spread,
)

AGAIN, HARD, GOOD = Rating.AGAIN, Rating.HARD, Rating.GOOD


# -- what an answer means --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param({"right": False, "confidence": "sure"}, AGAIN, id="wrong is forgotten, however sure"),
        pytest.param({"right": True, "confidence": "sure"}, GOOD, id="right and sure"),
        pytest.param({"right": True, "confidence": "unsure"}, HARD, id="right and not sure"),
        pytest.param({"right": True, "confidence": "guess"}, AGAIN, id="a lucky guess is asked again soon"),
        pytest.param({"right": True, "confidence": ""}, GOOD, id="nothing said counts as sure"),
        pytest.param({"right": True, "confidence": "", "after_miss": True}, HARD, id="after a miss it counts as not sure"),
        pytest.param({"right": True, "confidence": "sure", "after_miss": True}, GOOD, id="but a word is a word"),
        pytest.param({"right": True, "confidence": "", "flagged": True}, HARD, id="flagged in an exam: not sure"),
        pytest.param({"right": True, "confidence": "sure", "rapid": True}, AGAIN, id="too fast to have been read"),
    ],
)
def test_the_rating_of_an_answer(answer, expected):
    assert rate(**answer) is expected


@pytest.mark.parametrize(
    ("spent_ms", "words", "expected"),
    [
        pytest.param(2_999, 10, True, id="below three seconds nothing is read"),
        pytest.param(3_000, 10, False, id="three seconds do for a short one"),
        pytest.param(5_000, 150, True, id="150 words take longer than five seconds"),
        pytest.param(6_000, 150, False, id="six are possible for who knows it"),
        pytest.param(0, 150, False, id="no time told says nothing"),
    ],
)
def test_an_answer_that_came_too_fast(spent_ms, words, expected):
    assert is_rapid(spent_ms=spent_ms, words=words) is expected


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        pytest.param({"mode": "practice", "repeat": False, "seen": True}, True, id="practice"),
        pytest.param({"mode": "practice", "repeat": True, "seen": True}, False, id="the second showing in a session"),
        pytest.param({"mode": "practice", "repeat": False, "seen": False}, True, id="answered by a direct post"),
        pytest.param({"mode": "exam", "repeat": False, "seen": True}, True, id="an exam"),
        pytest.param({"mode": "exam", "repeat": False, "seen": False}, False, id="a place of an exam that was never opened"),
    ],
)
def test_what_says_something_about_memory(place, expected):
    assert counts(**place) is expected


# -- the package -----------------------------------------------------------------------------------------------------


def run(ratings, gaps, **values):
    memory, day = None, 19_000
    for rating, gap in zip(ratings, gaps, strict=True):
        day += gap
        memory = learn(memory, rating, day=day, **values)
    return memory


def test_the_memory_state_of_the_package():
    """py-fsrs 6.3.2, tests/test_basic.py, memory state after Again and five Goods over 0, 0, 1, 3, 8 and 21 days (FSRS-6 defaults)."""
    memory = run([AGAIN, GOOD, GOOD, GOOD, GOOD, GOOD], [0, 0, 1, 3, 8, 21])
    assert (round(memory.stability, 5), round(memory.difficulty, 5)) == (53.62690, 6.35749)
    again = learn(memory, GOOD, day=memory.day)
    assert (round(again.stability, 4), round(again.difficulty, 4)) == (53.6269, 6.3464)


def test_every_step_is_the_packages_own():
    """The same answers through py-fsrs itself, with its own cards, give the same numbers to the last bit."""
    scheduler = fsrs.Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False)
    card, moment = fsrs.Card(card_id=1), datetime(2026, 1, 1, tzinfo=UTC)
    memory = None
    for rating, gap in zip([3, 2, 1, 3, 3, 1, 1, 2, 3], [0, 1, 5, 0, 2, 30, 1, 0, 9], strict=True):
        moment += timedelta(days=gap)
        card, _ = scheduler.review_card(card, fsrs.Rating(rating), moment)
        memory = learn(memory, Rating(rating), day=day_number(moment))
        assert (memory.stability, memory.difficulty) == (card.stability, card.difficulty)
        assert interval_days(memory.stability, retention=0.9) == (card.due - card.last_review).days
        later = moment + timedelta(days=12)
        assert retrievability(memory.stability, 12) == pytest.approx(scheduler.get_card_retrievability(card, later))


@pytest.mark.parametrize(
    ("rating", "days"),
    [pytest.param(AGAIN, 1, id="again"), pytest.param(HARD, 1, id="hard"), pytest.param(GOOD, 2, id="good")],
)
def test_first_intervals(rating, days):
    """First intervals without steps at a target of .90: 1, 1 and 2 days (py-fsrs 6.3.2, read 2026-11-23)."""
    assert interval_days(learn(None, rating, day=100).stability, retention=0.90) == days


@pytest.mark.parametrize(("name", "decay"), [("fsrs-6", 0.1542), ("fsrs-5", 0.5)])
def test_recall_is_ninety_percent_when_the_stability_is_over(name, decay):
    assert curve(name)[1] == -decay
    assert retrievability(12.5, 12.5, algorithm=name) == pytest.approx(0.9)
    assert retrievability(12.5, 0, algorithm=name) == 1.0


def test_another_algorithm_remembers_otherwise():
    one, other = (run([GOOD, GOOD, AGAIN, GOOD], [0, 3, 9, 1], algorithm=name) for name in ALGORITHMS)
    assert one != other


def test_lapses_count_what_was_forgotten_not_what_was_new():
    memory = run([AGAIN, AGAIN, GOOD, AGAIN, HARD], [0, 1, 1, 2, 1])
    assert (memory.reps, memory.lapses, memory.rating) == (5, 2, HARD)


# -- days ------------------------------------------------------------------------------------------------------------


def test_days_are_counted_by_utc():
    assert day_number(datetime(2026, 11, 23, 23, 59, tzinfo=UTC)) == day_number(date(2026, 11, 23))
    assert date_of(day_number(date(2026, 11, 23))) == date(2026, 11, 23)
    assert day_number(EPOCH) == 0


def at(stability: float, *, day: int = 1_000) -> Memory:
    return Memory(stability, 5.0, day, 3, 0, 3)


@pytest.mark.parametrize("family", ["async-retries", "sqs-visibility", "x"])
def test_a_due_day_is_moved_a_little_by_the_name_of_the_family(family):
    days = interval_days(50, retention=0.9)
    due = due_day(at(50), Goal(), family=family)
    assert abs(due - 1_000 - days) <= round(days * 0.08)
    assert due == due_day(at(50), Goal(), family=family)


def test_cards_learnt_together_do_not_come_back_together():
    days = {due_day(at(50), Goal(), family=f"family-{n}") for n in range(40)}
    assert len(days) == 9


def test_short_intervals_are_kept_to_the_day():
    assert {due_day(at(1.9), Goal(), family=f"family-{n}") for n in range(20)} == {1_002}


@pytest.mark.parametrize(
    ("left", "latest"),
    [pytest.param(40, 38, id="forty days before"), pytest.param(5, 3, id="five days before"), pytest.param(2, 1, id="two days before")],
)
def test_reviews_come_before_the_exam(left, latest):
    goal = Goal(exam_on=date_of(1_000 + left))
    dues = {due_day(at(400), goal, family=f"family-{n}") - 1_000 for n in range(30)}
    assert max(dues) == latest


def test_an_exam_that_is_over_plans_nothing():
    assert due_day(at(20), Goal(exam_on=date_of(990)), family="x") == due_day(at(20), Goal(), family="x")


def test_the_last_fortnight_asks_for_more():
    near, far = (due_day(at(12), Goal(exam_on=date_of(1_000 + left)), family="x") for left in (14, 60))
    assert near < far
    assert due_day(at(12), Goal(0.95, date_of(1_014)), family="x") < near


@pytest.mark.parametrize("retention", [0.80, 0.85, 0.90, 0.93, 0.95])
def test_the_interval_of_any_target_is_the_packages(retention):
    scheduler = fsrs.Scheduler(desired_retention=retention, learning_steps=(), relearning_steps=(), enable_fuzzing=False)
    card, _ = scheduler.review_card(fsrs.Card(card_id=1), fsrs.Rating.Easy, datetime(2026, 1, 1, tzinfo=UTC))
    assert interval_days(card.stability, retention=retention) == (card.due - card.last_review).days


@pytest.mark.parametrize(
    ("due", "expected"),
    [
        pytest.param({}, [0, 0, 0, 0], id="nothing"),
        pytest.param({100: 3, 102: 2}, [3, 0, 2, 0], id="as they come"),
        pytest.param({80: 25, 102: 2}, [10, 10, 7, 0], id="after holidays: ten a day, not a heap"),
        pytest.param({80: 30, 100: 15}, [10, 10, 10, 10], id="more than fits"),
        pytest.param({109: 4}, [0, 0, 0, 0], id="later"),
    ],
)
def test_reviews_are_spread_over_days(due, expected):
    assert spread(due, today=100, daily=10, days=4) == expected


@pytest.mark.parametrize(
    ("done", "expected"),
    [(0, [10, 10, 5]), (4, [6, 10, 9]), (10, [0, 10, 10]), (15, [0, 10, 10])],
    ids=["nothing yet", "some", "the whole day", "more than planned"],
)
def test_what_was_reviewed_today_leaves_less_for_today_alone(done, expected):
    assert spread({90: 25}, today=100, daily=10, days=3, done=done) == expected


@pytest.mark.parametrize(
    ("due", "days", "done", "expected"),
    [
        pytest.param({}, 5, 0, 0, id="nothing is due"),
        pytest.param({90: 50}, 5, 0, 10, id="all at once, spread evenly"),
        pytest.param({104: 50}, 5, 0, 50, id="all on the last day"),
        pytest.param({100: 10, 104: 30}, 5, 0, 30, id="a heap at the end"),
        pytest.param({90: 51}, 5, 0, 11, id="a rest needs one more a day"),
        pytest.param({90: 50, 105: 900}, 5, 0, 10, id="what comes later does not press"),
        pytest.param({90: 40}, 1, 10, 50, id="what was done today counts towards the day"),
    ],
)
def test_the_fewest_reviews_a_day_that_leave_nothing(due, days, done, expected):
    assert daily_needed(due, today=100, days=days, done=done) == expected


@given(st.dictionaries(st.integers(90, 120), st.integers(1, 60), max_size=12), st.integers(1, 25), st.integers(0, 30), st.integers(1, 80))
def test_so_many_a_day_do_and_one_less_does_not(due, days, done, daily):
    total = sum(count for day, count in due.items() if day < 100 + days)
    need = daily_needed(due, today=100, days=days, done=done)
    assert sum(spread(due, today=100, daily=need, days=days, done=done)) == total
    assert need == 0 or sum(spread(due, today=100, daily=need - 1, days=days, done=done)) < total
    assert sum(spread(due, today=100, daily=daily, days=days, done=done)) <= total


def test_what_fades_if_nothing_is_reviewed():
    memories = [(5.0, 100), (5.0, 100), (40.0, 90)]
    curve_of = forecast(memories, today=100, days=30)
    assert curve_of[0] == pytest.approx((2 + retrievability(40, 10)) / 3)
    assert curve_of == sorted(curve_of, reverse=True)
    assert forecast([], today=100, days=30) == []
