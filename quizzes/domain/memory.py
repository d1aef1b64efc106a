"""Memory: how well a family of questions is remembered, and the day on which it should be asked again.

FSRS-6 by its authors' package holds the formulas (learning.md 1; py-fsrs 6.3.2). Here stands what an answer means for it, and how a due day
fits the learner's goal. Days are numbers: days since 1970-01-01 by UTC, so that an answer of last night counts as yesterday's.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import IntEnum
from zlib import crc32

import fsrs

from quizzes.domain.attempt import Confidence, Mode

#: What we schedule for: the chance to recall a card on the day it comes up (learning.md 0, decision 1).
RETENTION = 0.90
#: In the last days before an exam the target is higher, and no review comes later than two days before it (learning.md 1.2).
LAST_DAYS, LAST_RETENTION, DAYS_KEPT_FREE = 14, 0.93, 2
#: The choices a learner has. Below .80 most of the gain is lost, above .95 the load doubles.
RETENTIONS = (0.80, 0.85, 0.90, 0.93, 0.95)
#: Reviews a day that a learner may set; what waits beyond that is spread over the days to come.
DAILY_LOADS = (10, 20, 40, 80)
#: No card waits longer than a year: who comes back after that starts the topic anew.
LONGEST_INTERVAL = 365
#: A card forgotten this often is a leech: reading again helps more than another try (learning.md 1.3).
LEECH_LAPSES = 5
#: An answer faster than this was not read (learning.md 1.3); the share of reading time stands in for a tenth of the item's median (docs/decisions/0017).
RAPID_MS, RAPID_SHARE, WORDS_PER_MINUTE = 3_000, 0.15, 240
#: How far a due day may be moved so that cards learnt together do not come back together: the share of the interval, from three days on.
SPREAD = 0.08

EPOCH = date(1970, 1, 1)


class Rating(IntEnum):
    """What an answer says about the memory behind it. "Easy" is never given: nothing in an answer proves it."""

    AGAIN = 1
    HARD = 2
    GOOD = 3


#: Weights by the name of the algorithm that cards and reviews carry. `fsrs-5` is FSRS-5's default set in the frame of FSRS-6 (w19 = 0, decay .5).
ALGORITHMS: Mapping[str, tuple[float, ...]] = {
    "fsrs-6": tuple(fsrs.scheduler.DEFAULT_PARAMETERS),
    "fsrs-5": (
        0.40255, 1.18385, 3.173, 15.69105, 7.1949, 0.5345, 1.4604, 0.0046, 1.54575, 0.1192, 1.01925,
        1.9395, 0.11, 0.29605, 2.2698, 0.2315, 2.9898, 0.51655, 0.6621, 0.0, 0.5,
    ),
}  # fmt: skip
DEFAULT_ALGORITHM = "fsrs-6"

# Learning steps and fuzz are off: a miss comes back once in its session, and the spread of due days is ours (learning.md 1.2).
_SCHEDULERS = {
    name: fsrs.Scheduler(weights, RETENTION, learning_steps=(), relearning_steps=(), enable_fuzzing=False)
    for name, weights in ALGORITHMS.items()
}


@dataclass(frozen=True, slots=True)
class Memory:
    """The memory of one family. `stability` is in days (to a recall of 90 %), `difficulty` 1 to 10; `day` is that of the last answer."""

    stability: float
    difficulty: float
    day: int
    reps: int
    lapses: int
    rating: int


@dataclass(frozen=True, slots=True)
class Goal:
    """What a learner wants: the retention, and the day of the exam if there is one."""

    retention: float = RETENTION
    exam_on: date | None = None


# -- what an answer means --------------------------------------------------------------------------------------------


def day_number(moment: datetime | date) -> int:
    """Days since 1970-01-01, by UTC for a moment."""
    if isinstance(moment, datetime):
        moment = moment.astimezone(UTC).date()
    return (moment - EPOCH).days


def date_of(day: int) -> date:
    return EPOCH + timedelta(days=day)


def counts(*, mode: str, repeat: bool, seen: bool) -> bool:
    """Whether an answer says something about memory: not the second showing in a session, and no place of an exam that was never opened."""
    return not repeat and (seen or mode != Mode.EXAM)


def is_rapid(*, spent_ms: int, words: int) -> bool:
    """Whether an answer came too fast to have been read. 0 ms means that no time was told, and says nothing."""
    reading_ms = words / WORDS_PER_MINUTE * 60_000
    return 0 < spent_ms < max(RAPID_MS, RAPID_SHARE * reading_ms)


def rate(*, right: bool, confidence: str, rapid: bool = False, flagged: bool = False, after_miss: bool = False) -> Rating:
    """The rating of an answer (learning.md 0, decision 2).

    Without a word on confidence, a right answer counts as sure, but as not sure after a miss and in an exam where the place was flagged.
    """
    if not right or rapid or confidence == Confidence.GUESS:
        return Rating.AGAIN
    unsaid = Confidence.UNSURE if after_miss or flagged else Confidence.SURE
    return Rating.GOOD if (confidence or unsaid) == Confidence.SURE else Rating.HARD


def learn(before: Memory | None, rating: Rating, *, day: int, algorithm: str = DEFAULT_ALGORITHM) -> Memory:
    """The memory after an answer on this day; `before` is None for the first. Source: FSRS-6 by py-fsrs, without steps and fuzz."""
    card = fsrs.Card(card_id=1, due=_moment(day), last_review=_moment(before.day) if before else None)
    if before:
        card.state, card.step, card.stability, card.difficulty = fsrs.State.Review, None, before.stability, before.difficulty
    after, _ = _SCHEDULERS[algorithm].review_card(card, fsrs.Rating(rating), _moment(day))
    assert after.stability is not None
    assert after.difficulty is not None
    forgot = before is not None and rating == Rating.AGAIN
    reps, lapses = (before.reps, before.lapses) if before else (0, 0)
    return Memory(after.stability, after.difficulty, day, reps + 1, lapses + forgot, int(rating))


def _moment(day: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)


# -- when it is due --------------------------------------------------------------------------------------------------


def curve(algorithm: str = DEFAULT_ALGORITHM) -> tuple[float, float]:
    """Factor and exponent of the forgetting curve: R = (1 + factor × days / stability) ** exponent."""
    decay = -ALGORITHMS[algorithm][20]
    return 0.9 ** (1 / decay) - 1, decay


def retrievability(stability: float, days: float, *, algorithm: str = DEFAULT_ALGORITHM) -> float:
    """The chance to recall a card `days` after its last answer, 0 to 1."""
    factor, decay = curve(algorithm)
    return float((1 + factor * max(0.0, days) / stability) ** decay)


def interval_days(stability: float, *, retention: float, algorithm: str = DEFAULT_ALGORITHM) -> int:
    """Whole days until the chance to recall falls to `retention`, at least 1."""
    factor, decay = curve(algorithm)
    return min(LONGEST_INTERVAL, max(1, round(stability / factor * (retention ** (1 / decay) - 1))))


def due_day(memory: Memory, goal: Goal, *, family: str, algorithm: str = DEFAULT_ALGORITHM) -> int:
    """The day on which a card should come up.

    It follows from the memory and today's goal alone, so that a new goal moves every card and a replay of history gives the same days.
    A card learnt with others is moved by up to 8 % of its interval, by its name, so that not all come back on one day.
    """
    retention, longest = goal.retention, LONGEST_INTERVAL
    if goal.exam_on is not None:
        left = day_number(goal.exam_on) - memory.day
        if left > 0:
            longest = max(1, left - DAYS_KEPT_FREE)
            retention = max(retention, LAST_RETENTION) if left <= LAST_DAYS else retention
    days = interval_days(memory.stability, retention=retention, algorithm=algorithm)
    if days >= 3:
        reach = max(1, round(days * SPREAD))
        days += crc32(f"{family}/{memory.day}".encode()) % (2 * reach + 1) - reach
    return memory.day + min(days, longest)


def spread(due: Mapping[int, int], *, today: int, daily: int, days: int, done: int = 0) -> list[int]:
    """How many reviews each day brings, from today on, when no more than `daily` are done a day; `due` counts cards by due day.

    What is overdue waits its turn instead of falling on one day. What comes after the last day is left out. `done` of today's are behind
    the learner already.
    """
    waiting = sum(count for day, count in due.items() if day < today)
    plan = []
    for day in range(today, today + days):
        waiting += due.get(day, 0)
        room = daily if day > today else max(0, daily - done)
        plan.append(min(waiting, room))
        waiting -= plan[-1]
    return plan


def daily_needed(due: Mapping[int, int], *, today: int, days: int, done: int = 0) -> int:
    """The fewest reviews a day with which every card that is due within these days comes up in them."""
    total = sum(count for day, count in due.items() if day < today + days)
    daily = range(total + done + 1)
    return bisect_left(daily, total, key=lambda n: sum(spread(due, today=today, daily=n, days=days, done=done)))


def forecast(memories: Iterable[tuple[float, int]], *, today: int, days: int, algorithm: str = DEFAULT_ALGORITHM) -> list[float]:
    """The mean chance to recall a card on each of the days to come if nothing is reviewed, from (stability, day of the last answer)."""
    alike = Counter((round(stability, 2), today - day) for stability, day in memories)
    total = sum(alike.values())
    if not total:
        return []
    return [
        sum(count * retrievability(stability, past + ahead, algorithm=algorithm) for (stability, past), count in alike.items()) / total
        for ahead in range(days)
    ]
