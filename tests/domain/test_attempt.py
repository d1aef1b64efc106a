"""The clock to the microsecond, answers and letters, and which place comes next."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.domain.attempt import (
    GRACE_S,
    LONGEST_VISIT_MS,
    MODES,
    OTHERS_BEFORE_REPEAT,
    Clock,
    Mode,
    Place,
    deadline,
    may_see_key,
    next_position,
    option_order,
    visit_ms,
)
from quizzes.domain.errors import AttemptClosed, InvalidAnswer, LateAnswer
from quizzes.domain.items import LETTERS, check_answer, from_letters, to_letters

T0 = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
END = T0 + timedelta(minutes=30)
TICK = timedelta(microseconds=1)
GRACE = timedelta(seconds=GRACE_S)


# -- modes -----------------------------------------------------------------------------------------------------------


def test_every_mode_has_its_rules():
    assert set(MODES) == set(Mode)


@pytest.mark.parametrize(
    ("mode", "answered", "finished", "may"),
    [
        *[(mode, False, finished, False) for mode in ("practice", "check", "review") for finished in (False, True)],
        *[(mode, True, finished, True) for mode in ("practice", "check", "review") for finished in (False, True)],
        ("exam", False, False, False),
        ("exam", True, False, False),
        ("exam", False, True, True),
        ("exam", True, True, True),
    ],
)
def test_when_the_key_may_leave_the_server(mode, answered, finished, may):
    assert may_see_key(mode=mode, answered=answered, finished=finished) is may


# -- the clock -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "is_open", "remaining_s", "refusal"),
    [
        pytest.param(T0, True, 1800.0, None, id="at the start"),
        pytest.param(END - TICK, True, 1e-6, None, id="a microsecond before the deadline"),
        pytest.param(END, True, 0.0, None, id="at the deadline"),
        pytest.param(END + TICK, True, 0.0, None, id="a microsecond into the grace"),
        pytest.param(END + GRACE - TICK, True, 0.0, None, id="a microsecond before the grace ends"),
        pytest.param(END + GRACE, True, 0.0, None, id="the last moment of the grace"),
        pytest.param(END + GRACE + TICK, False, 0.0, LateAnswer, id="a microsecond after the grace"),
        pytest.param(END + timedelta(days=1), False, 0.0, LateAnswer, id="the day after"),
    ],
)
def test_a_running_exam(now, is_open, remaining_s, refusal):
    clock = Clock(END, None)
    assert clock.is_open(now) is is_open
    assert clock.has_expired(now) is not is_open
    assert clock.remaining_s(now) == pytest.approx(remaining_s)
    if refusal is None:
        clock.require_open(now)
    else:
        with pytest.raises(refusal, match="Time was up at 09:30:00 UTC"):
            clock.require_open(now)


@pytest.mark.parametrize(
    ("deadline_at", "now", "refusal"),
    [
        pytest.param(END, T0 + timedelta(minutes=20, microseconds=1), AttemptClosed, id="before the deadline: it was handed in"),
        pytest.param(END, END + GRACE, AttemptClosed, id="within the grace: it was handed in"),
        pytest.param(END, END + GRACE + TICK, LateAnswer, id="after the grace: it is late as well"),
        pytest.param(None, END + timedelta(days=9), AttemptClosed, id="without a limit it is never late"),
    ],
)
def test_an_attempt_that_was_handed_in(deadline_at, now, refusal):
    clock = Clock(deadline_at, T0 + timedelta(minutes=20))
    assert not clock.is_open(now)
    assert not clock.has_expired(now)
    with pytest.raises(refusal) as refused:
        clock.require_open(now)
    assert type(refused.value) is refusal


def test_no_limit_is_no_hurry():
    clock = Clock(None, None)
    far = T0 + timedelta(days=400)
    assert clock.is_open(far)
    assert clock.closes_at is None
    assert clock.remaining_s(far) is None
    clock.require_open(far)
    assert clock.finish_time(far) == far


@pytest.mark.parametrize(
    ("now", "ended"),
    [(T0, T0), (END - TICK, END - TICK), (END, END), (END + TICK, END), (END + GRACE, END), (END + timedelta(days=3), END)],
)
def test_no_attempt_ends_after_its_deadline(now, ended):
    assert Clock(END, None).finish_time(now) == ended


@pytest.mark.parametrize(
    ("values", "minutes"),
    [
        pytest.param({}, 130, id="the usual time"),
        pytest.param({"factor": 1.25}, 162.5, id="a quarter more"),
        pytest.param({"factor": 1.5}, 195, id="half as much again"),
        pytest.param({"factor": 2}, 260, id="twice the time"),
        pytest.param({"extra_minutes": 30}, 160, id="thirty minutes more"),
        pytest.param({"factor": 1.5, "extra_minutes": 30}, 225, id="both: the factor does not stretch the minutes given"),
        pytest.param({"untimed": True}, None, id="untimed"),
        pytest.param({"untimed": True, "factor": 2, "extra_minutes": 30}, None, id="untimed before all else"),
    ],
)
def test_the_deadline_of_each_accommodation(values, minutes):
    expected = None if minutes is None else T0 + timedelta(minutes=minutes)
    assert deadline(started_at=T0, minutes=130, **values) == expected


# -- answers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "pick", "complete", "expected"),
    [
        (["b"], 1, True, ["b"]),
        (["c", "a"], 2, True, ["a", "c"]),
        (["a", "a"], 1, True, ["a"]),
        ([], 1, False, []),
        (["c"], 2, False, ["c"]),
        (("d",), 1, False, ["d"]),
    ],
)
def test_an_answer_is_sorted_with_each_option_once(answer, pick, complete, expected):
    assert check_answer(answer, order="dcba", pick=pick, complete=complete) == expected


@pytest.mark.parametrize(
    ("answer", "pick", "complete", "sentence"),
    [
        (["e"], 1, True, "does not belong to this question"),
        (["a", "z"], 2, False, "does not belong to this question"),
        (["a", "b"], 1, False, "Choose one option."),
        (["a", "b", "c"], 2, True, "Choose 2 options; you chose 3."),
        ([], 1, True, "Choose at least one option."),
        ([], 2, True, "Choose 2 options."),
        (["a"], 2, True, "Choose 2 options; you chose 1."),
    ],
)
def test_an_answer_that_cannot_be_taken(answer, pick, complete, sentence):
    with pytest.raises(InvalidAnswer, match=sentence):
        check_answer(answer, order="abcd", pick=pick, complete=complete)


def test_letters_follow_the_order_of_the_place():
    assert from_letters(["A"], ["c", "a", "d", "b"]) == ["c"]
    assert to_letters(["b", "c"], ["c", "a", "d", "b"]) == ["A", "D"]


@pytest.mark.parametrize("letter", ["E", "a", "", "AB", "Z", "1", "Å", " A"])
def test_a_letter_that_is_not_shown_is_refused(letter):
    with pytest.raises(InvalidAnswer):
        from_letters([letter], ["a", "b", "c", "d"])


@given(st.integers(2, len(LETTERS)), st.integers(), st.data())
def test_letters_and_back(count, seed, data):
    order = option_order(count, random.Random(seed))
    ids = sorted(data.draw(st.sets(st.sampled_from(order))))
    assert from_letters(to_letters(ids, order), order) == ids


@given(st.integers(2, len(LETTERS)), st.integers())
def test_an_order_holds_each_option_once_and_follows_the_seed(count, seed):
    order = option_order(count, random.Random(seed))
    assert sorted(order) == list("abcdefgh"[:count])
    assert order == option_order(count, random.Random(seed))


@given(st.integers(3, 6), st.integers())
def test_what_is_answered_whole_never_lies_as_it_was_written(count, seed):
    order = option_order(count, random.Random(seed), pick=count)
    assert sorted(order) == list("abcdef"[:count])
    assert order != sorted(order)


def test_every_other_order_of_three_steps_comes():
    seen = {"".join(option_order(3, random.Random(seed), pick=3)) for seed in range(200)}
    assert seen == {"acb", "bac", "bca", "cab", "cba"}


# -- which place comes next ------------------------------------------------------------------------------------------


def session(*fresh: int | None, repeats: dict[int, tuple[int, int | None]] | None = None) -> list[Place]:
    """Places 1, 2, … with the turn at which each was answered; then repeats: position to (of, turn)."""
    places = [Place(n, turn) for n, turn in enumerate(fresh, start=1)]
    return places + [Place(position, turn, of) for position, (of, turn) in (repeats or {}).items()]


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        pytest.param(session(), None, id="nothing to do"),
        pytest.param(session(None, None), 1, id="from the first on"),
        pytest.param(session(0, None, None), 2, id="in order"),
        pytest.param(session(None, 0, None), 1, id="a place left out comes first"),
        pytest.param(session(0, 1), None, id="all answered"),
        pytest.param(session(0, *[None] * 9, repeats={11: (1, None)}), 2, id="a miss waits"),
        pytest.param(session(0, 1, 2, 3, 4, *[None] * 5, repeats={11: (1, None)}), 6, id="after four others it still waits"),
        pytest.param(session(0, 1, 2, 3, 4, 5, *[None] * 4, repeats={11: (1, None)}), 11, id="after five others it comes back"),
        pytest.param(session(0, 1, 2, 3, 4, 5, *[None] * 4, repeats={11: (1, 6)}), 7, id="and comes back once"),
        pytest.param(session(0, 1, 2, repeats={4: (1, None)}), 4, id="a short session: when nothing else is left"),
        pytest.param(session(0, repeats={2: (1, None)}), 2, id="the only question, at once"),
        pytest.param(session(0, 1, 2, repeats={4: (2, None), 5: (1, None)}), 4, id="two wait and nothing else is left: by place"),
        pytest.param(session(0, 1, 2, 3, 4, 5, 6, None, repeats={9: (2, None), 10: (1, None)}), 9, id="two are due: by place"),
        pytest.param(session(6, 5, 4, 3, 2, 1, 0, None, repeats={9: (2, None)}), 8, id="turns count, not places"),
        pytest.param(session(0, 1, None, repeats={4: (1, 2), 5: (2, None)}), 3, id="repeats count as others, too few here"),
    ],
)
def test_the_next_place(places, expected):
    assert next_position(places) == expected


@given(st.integers(1, 14), st.sets(st.integers(1, 14)))
def test_a_whole_session(size, missed):
    """Played to its end: every question once, every miss twice, five others between where there were enough."""
    places = {n: Place(n, None) for n in range(1, size + 1)}
    shown: list[int] = []
    while (position := next_position(list(places.values()))) is not None:
        place = places[position]
        places[position] = Place(position, len(shown), place.repeat_of)
        shown.append(position)
        if place.repeat_of is None and position in missed:
            places[len(places) + 1] = Place(len(places) + 1, None, position)
    assert len(shown) == len(set(shown)) == size + len(missed & set(range(1, size + 1)))
    fresh_ended = max(shown.index(n) for n in range(1, size + 1))
    for place in places.values():
        if place.repeat_of is not None and shown.index(place.position) < fresh_ended:
            assert shown.index(place.position) - shown.index(place.repeat_of) - 1 >= OTHERS_BEFORE_REPEAT


# -- time on a question ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claimed", "counted"),
    [
        (None, 0),
        (0, 0),
        (-5, 0),
        (1, 1),
        (LONGEST_VISIT_MS, LONGEST_VISIT_MS),
        (LONGEST_VISIT_MS + 1, LONGEST_VISIT_MS),
        (10**15, LONGEST_VISIT_MS),
    ],
)
def test_a_visit_counts_within_reason(claimed, counted):
    assert visit_ms(claimed) == counted


@pytest.mark.parametrize(
    ("starts", "accommodation", "expected"),
    [
        pytest.param(0, {}, 40, id="early enough: all of its minutes"),
        pytest.param(90, {}, 120, id="late: as long as the window is open"),
        pytest.param(80, {}, 120, id="just in time"),
        pytest.param(0, {"factor": 1.5}, 60, id="early, with half as much again"),
        pytest.param(90, {"factor": 1.5}, 140, id="late: what the factor adds comes after the window"),
        pytest.param(90, {"extra_minutes": 30}, 150, id="late, with 30 minutes more"),
        pytest.param(90, {"factor": 2, "extra_minutes": 30}, 190, id="late, with both"),
        pytest.param(119, {"untimed": True}, None, id="no clock at all"),
    ],
)
def test_time_is_up_with_the_window_unless_somebody_has_more_time(starts, accommodation, expected):
    """An exam of 40 minutes in a window of two hours."""
    minute = timedelta(minutes=1)
    until = deadline(started_at=T0 + starts * minute, minutes=40, closes_at=T0 + 120 * minute, **accommodation)
    assert until == (None if expected is None else T0 + expected * minute)
