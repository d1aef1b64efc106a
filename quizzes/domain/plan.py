"""What to do next, and the weeks up to the exam: rules over how a learner stands, without words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from quizzes.domain.memory import DAYS_KEPT_FREE

#: A calibration check is due when no random first answer was given for this long (learning.md 2.3), and before that many were given at all.
CHECK_DAYS, CHECK_ANSWERS = 14, 20
#: Practice exams come closer together when the day is near.
EXAM_DAYS, NEAR_EXAM_DAYS = 21, 7
#: In the last days before the exam nothing new is begun, and no long exam is sat in the very last ones.
LAST_WEEK, NO_EXAM_DAYS = 7, 3
#: A plan shows no more weeks than these; who has more time looks again.
MOST_WEEKS = 16

Next = Literal[
    "exam running", "begin", "exam passed", "exam today", "rest", "review", "read on", "read", "check", "exam", "practise", "hot"
]


@dataclass(frozen=True, slots=True)
class Situation:
    """How a learner stands today. `days_left` is to the exam, None without one; ages are in days, None where there was none."""

    exam_running: bool
    is_new: bool
    days_left: int | None
    due: int
    reading: Literal["", "begun", "new"]
    topics: int
    cold: int
    warm: int
    evidence: int
    evidence_age: int | None
    exam_age: int | None


def next_step(now: Situation) -> Next:
    """The one thing to do next: what cannot wait, then what fades, then what is not known, then what is not measured."""
    left = now.days_left
    if now.exam_running:
        return "exam running"
    if now.is_new and now.reading:
        return "begin"
    if left is not None and left < 0:
        return "exam passed"
    if left == 0:
        return "exam today"
    if now.due:
        return "review"
    if left is not None and left <= DAYS_KEPT_FREE:
        return "rest"
    if left is not None and left <= LAST_WEEK:
        return _last_week(now)
    mostly_cold = 2 * now.cold > now.topics or not now.topics
    if now.reading == "begun":
        return "read on"
    if now.reading and mostly_cold:
        return "read"
    if not mostly_cold and needs_check(now.evidence, now.evidence_age):
        return "check"
    if not mostly_cold and _wants_exam(now):
        return "exam"
    return "practise" if now.cold or now.warm else "hot"


def needs_check(evidence: int, age: int | None) -> bool:
    """Whether the prediction rests on too few random first answers, or on old ones."""
    return evidence < CHECK_ANSWERS or age is None or age >= CHECK_DAYS


def _last_week(now: Situation) -> Next:
    """No new topics: measure once more under time, while there is time to mend; then what is weakest."""
    assert now.days_left is not None
    if now.days_left >= NO_EXAM_DAYS and (now.exam_age is None or now.exam_age >= NO_EXAM_DAYS):
        return "exam"
    return "practise" if now.warm or now.cold else "rest"


def _wants_exam(now: Situation) -> bool:
    if now.exam_age is None:
        return True
    near = now.days_left is not None and now.days_left <= EXAM_DAYS
    return now.exam_age >= (NEAR_EXAM_DAYS if near else EXAM_DAYS)


# -- the weeks -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days of a plan, or the rest before the exam. `last` is its last day; `reviews` counts cards that come up in it."""

    first: date
    last: date
    reviews: int
    lessons: tuple[str, ...]
    topics: tuple[str, ...]
    check: bool
    exam: Literal["", "short", "full"]


def study_plan(
    *, today: date, exam_on: date, reviews: Sequence[int], lessons: Sequence[str], topics: Sequence[str], check_due: bool,
) -> list[Week]:  # fmt: skip
    """The weeks from today up to the day before the exam, at most 16 of them; none when it is today or over.

    `reviews` counts by day. Lessons and topics that are left are dealt out evenly, none in the last week where there is an earlier one.
    A full exam is sat in each of the last two weeks, not in the very last days; in the weeks before, a short exam and a calibration check
    take turns, the check first where it is due.
    """
    days = (exam_on - today).days
    starts = range(0, days, 7)[:MOST_WEEKS]
    count = len(starts)
    learning = max(1, count - 1)
    weeks = []
    for n, start in enumerate(starts):
        end = min(start + 7, days)
        to_go = count - n if count * 7 >= days else MOST_WEEKS
        fresh = n < learning
        exam, check = _measure(n, to_go, room=days - start, check_due=check_due)
        weeks.append(
            Week(
                today + timedelta(start), today + timedelta(end - 1), sum(reviews[start:end]),
                _dealt(lessons, n, learning) if fresh else (), _dealt(topics, n, learning) if fresh else (), check, exam,
            )
        )  # fmt: skip
    return weeks


def _measure(n: int, to_go: int, *, room: int, check_due: bool) -> tuple[Literal["", "short", "full"], bool]:
    """What is measured in week `n`: an exam, and whether there is a calibration check. `to_go` weeks are left with this one."""
    if to_go <= 2:
        return ("full" if room > NO_EXAM_DAYS else ""), n == 0 and check_due and room > NO_EXAM_DAYS
    check = (n % 2 == 0) == check_due
    return ("" if check else "short"), check


def _dealt(things: Sequence[str], n: int, weeks: int) -> tuple[str, ...]:
    """The share of week `n` when things are dealt out evenly over so many weeks, in their order."""
    return tuple(things[n * len(things) // weeks : (n + 1) * len(things) // weeks])
