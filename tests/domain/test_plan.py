"""What to do next, and the weeks up to the exam."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.domain.plan import MOST_WEEKS, Situation, needs_check, next_step, study_plan

#: In the middle of learning: nothing is due, all is measured, one topic is weak.
CALM = Situation(
    exam_running=False,
    is_new=False,
    days_left=None,
    due=0,
    reading="new",
    topics=16,
    cold=0,
    warm=1,
    evidence=60,
    evidence_age=3,
    exam_age=5,
)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        pytest.param({"exam_running": True, "due": 9, "is_new": True}, "exam running", id="a running exam waits for nobody"),
        pytest.param({"is_new": True, "cold": 16}, "begin", id="who is new reads"),
        pytest.param({"is_new": True, "reading": "", "cold": 16}, "practise", id="who is new where there is nothing to read"),
        pytest.param({"due": 1}, "review", id="what is due comes first"),
        pytest.param({"due": 1, "evidence": 0}, "review", id="before a check"),
        pytest.param({"reading": "begun"}, "read on", id="a lesson that was begun"),
        pytest.param({"cold": 9}, "read", id="most topics are cold"),
        pytest.param({"cold": 9, "reading": "", "warm": 0}, "practise", id="all is read, most is cold"),
        pytest.param({"cold": 8}, "practise", id="half of them are not most"),
        pytest.param({"evidence": 19}, "check", id="too little evidence"),
        pytest.param({"evidence_age": 14}, "check", id="old evidence"),
        pytest.param({"evidence_age": 13}, "practise", id="evidence that is not old yet"),
        pytest.param({"evidence": 0, "evidence_age": None}, "check", id="no evidence"),
        pytest.param({"exam_age": None}, "exam", id="never under time"),
        pytest.param({"exam_age": 20}, "practise", id="an exam three weeks ago is not due yet"),
        pytest.param({"exam_age": 21}, "exam", id="an exam long ago"),
        pytest.param({"exam_age": 7, "days_left": 20}, "exam", id="closer together when the day is near"),
        pytest.param({"exam_age": 7, "days_left": 60}, "practise", id="and not when it is far"),
        pytest.param({"warm": 0}, "hot", id="nothing is weak"),
        pytest.param({"days_left": -1, "due": 9}, "exam passed", id="the day is over"),
        pytest.param({"days_left": 0, "due": 9}, "exam today", id="the day has come"),
        pytest.param({"days_left": 1, "due": 9}, "review", id="a review may be due the day before"),
        pytest.param({"days_left": 1}, "rest", id="the day before"),
        pytest.param({"days_left": 2, "reading": "begun", "evidence": 0}, "rest", id="nothing new two days before"),
        pytest.param({"days_left": 5, "reading": "begun"}, "exam", id="in the last week an exam, if there is time to mend"),
        pytest.param({"days_left": 5, "exam_age": 2}, "practise", id="not two exams in three days"),
        pytest.param({"days_left": 5, "exam_age": 2, "warm": 0}, "rest", id="nothing is weak in the last week"),
        pytest.param({"days_left": 5, "exam_running": True}, "exam running", id="a running exam in the last week"),
    ],
)
def test_the_one_thing_to_do_next(changed, expected):
    assert next_step(replace(CALM, **changed)) == expected


@pytest.mark.parametrize(
    ("evidence", "age", "expected"), [(20, 0, False), (20, 13, False), (19, 0, True), (20, 14, True), (20, None, True)]
)
def test_a_check_is_needed_where_evidence_is_thin_or_old(evidence, age, expected):
    assert needs_check(evidence, age) is expected


TODAY = date(2026, 11, 23)
LESSONS, TOPICS = [f"lesson-{n}" for n in range(9)], [f"topic-{n}" for n in range(4)]


def plan(days, *, lessons=LESSONS, topics=TOPICS, check_due=True, reviews=None):
    return study_plan(
        today=TODAY, exam_on=TODAY + timedelta(days), reviews=[1] * days if reviews is None else reviews, lessons=lessons, topics=topics,
        check_due=check_due,
    )  # fmt: skip


@given(st.integers(1, 400), st.integers(0, 20), st.integers(0, 16), st.booleans())
def test_every_plan_keeps_its_promises(days, lessons, topics, check_due):
    weeks = plan(days, lessons=LESSONS[:lessons], topics=TOPICS[:topics], check_due=check_due)
    assert weeks[0].first == TODAY
    assert all(before.last + timedelta(1) == after.first for before, after in pairwise(weeks))
    assert all(week.first <= week.last < TODAY + timedelta(days) for week in weeks)
    assert len(weeks) <= MOST_WEEKS
    assert weeks[-1].last == TODAY + timedelta(days - 1) or len(weeks) == MOST_WEEKS
    assert [slug for week in weeks for slug in week.lessons] == LESSONS[:lessons]
    assert [slug for week in weeks for slug in week.topics] == TOPICS[:topics]
    assert sum(week.reviews for week in weeks) == min(days, 7 * MOST_WEEKS)
    gaps = [n for n, week in enumerate(weeks) if week.check or week.exam]
    assert all(after - before <= 2 for before, after in pairwise(gaps))


def test_nothing_new_in_the_last_week_where_there_is_an_earlier_one():
    weeks = plan(24)
    assert [len(week.lessons) + len(week.topics) for week in weeks] == [4, 4, 5, 0]
    assert plan(5)[0].lessons == tuple(LESSONS)


def test_full_exams_stand_in_the_last_two_weeks_and_checks_take_turns_with_short_ones_before():
    weeks = plan(42)
    assert [(week.check, week.exam) for week in weeks] == [
        (True, ""), (False, "short"), (True, ""), (False, "short"), (False, "full"), (False, "full"),
    ]  # fmt: skip
    assert [(week.check, week.exam) for week in plan(42, check_due=False)[:2]] == [(False, "short"), (True, "")]


def test_no_long_exam_in_the_very_last_days():
    assert [week.exam for week in plan(3)] == [""]
    assert [week.exam for week in plan(4)] == ["full"]
    assert [week.exam for week in plan(16)] == ["", "full", ""]


@pytest.mark.parametrize("days", [0, -3])
def test_on_the_day_and_after_it_there_is_nothing_to_plan(days):
    assert study_plan(today=TODAY, exam_on=TODAY + timedelta(days), reviews=[], lessons=LESSONS, topics=TOPICS, check_due=True) == []
