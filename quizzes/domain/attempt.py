"""The rules of a sitting: what each mode does, the clock, and which place comes next."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from quizzes.domain.errors import AttemptClosed, LateAnswer
from quizzes.domain.items import OPTION_IDS

#: Seconds after the deadline in which a write that was under way is still taken and graded.
GRACE_S = 5

#: A missed question comes back in its session after this many others (learning.md 6, rule 9).
OTHERS_BEFORE_REPEAT = 5

#: No single visit to a question counts for more than this: the person has left the desk.
LONGEST_VISIT_MS = 15 * 60 * 1000


class Mode(StrEnum):
    PRACTICE = "practice"
    CHECK = "check"
    REVIEW = "review"
    READINESS = "readiness"
    EXAM = "exam"


class Confidence(StrEnum):
    """What the learner says before the reveal."""

    SURE = "sure"
    UNSURE = "unsure"
    GUESS = "guess"


@dataclass(frozen=True, slots=True)
class ModeRules:
    """What one mode does. A new behaviour is a column here, never an `if` elsewhere."""

    timed: bool
    feedback: Literal["at once", "at the end"]
    asks_confidence: bool
    saves_drafts: bool
    repeats_missed: bool
    selection: Literal["self_chosen", "targeted", "review", "random_blueprint", "exam"]

    @property
    def may_flag(self) -> bool:
        return self.saves_drafts


MODES: dict[str, ModeRules] = {
    Mode.PRACTICE: ModeRules(False, "at once", True, False, True, "self_chosen"),
    Mode.CHECK: ModeRules(False, "at once", True, False, False, "targeted"),
    Mode.REVIEW: ModeRules(False, "at once", True, False, True, "review"),
    Mode.READINESS: ModeRules(False, "at once", True, False, False, "random_blueprint"),
    Mode.EXAM: ModeRules(True, "at the end", False, True, False, "exam"),
}


def may_see_key(*, mode: str, answered: bool, finished: bool) -> bool:
    """Whether the key, the rationales and the grade of a place may leave the server."""
    return answered if MODES[mode].feedback == "at once" else finished


@dataclass(frozen=True, slots=True)
class Clock:
    """The time of one attempt. All moments are aware; `deadline_at` is None where there is no limit."""

    deadline_at: datetime | None
    submitted_at: datetime | None

    @property
    def closes_at(self) -> datetime | None:
        """The moment from which no write is taken: the deadline and its grace."""
        return None if self.deadline_at is None else self.deadline_at + timedelta(seconds=GRACE_S)

    def has_expired(self, now: datetime) -> bool:
        """True when time is up and nobody has handed in: the attempt must be closed before anything else."""
        return self.submitted_at is None and self.closes_at is not None and now > self.closes_at

    def is_open(self, now: datetime) -> bool:
        return self.submitted_at is None and not self.has_expired(now)

    def remaining_s(self, now: datetime) -> float | None:
        """Seconds that are left, never below 0; None where there is no limit."""
        if self.deadline_at is None:
            return None
        return max(0.0, (self.deadline_at - now).total_seconds())

    def require_open(self, now: datetime) -> None:
        """The one rule of every write path. Raises LateAnswer after the deadline and its grace, AttemptClosed after handing in."""
        if self.closes_at is not None and now > self.closes_at:
            raise LateAnswer(
                f"Time was up at {self.deadline_at:%H:%M:%S} UTC. Everything saved before then counts. "
                "An answer that comes later is kept as late and is not graded."
            )
        if self.submitted_at is not None:
            raise AttemptClosed(
                f"This attempt was handed in at {self.submitted_at:%H:%M:%S} UTC. Everything saved before then counts. "
                "Open the result to see it."
            )

    def finish_time(self, now: datetime) -> datetime:
        """When an attempt that is closed now ended: never later than its deadline."""
        return now if self.deadline_at is None else min(now, self.deadline_at)


def deadline(
    *, started_at: datetime, minutes: int, factor: float = 1, extra_minutes: int = 0, untimed: bool = False,
    closes_at: datetime | None = None,
) -> datetime | None:  # fmt: skip
    """When time is up for a learner with this accommodation; None for untimed practice of the same form.

    An exam with a window ends with the window (`closes_at`) where that comes before the exam's own minutes are over. What an
    accommodation adds to those minutes is added then too, so that it is worth as much to who starts late.
    """
    if untimed:
        return None
    usual = started_at + timedelta(minutes=minutes)
    more = timedelta(minutes=minutes * (factor - 1) + extra_minutes)
    return (usual if closes_at is None else min(usual, closes_at)) + more


def option_order(count: int, rng: random.Random, *, pick: int = 1) -> list[str]:
    """The ids of `count` options in a fresh order.

    Where an answer takes all of them (`pick`: ordering and matching), they never lie as they were written: that may be the key.
    """
    written = list(OPTION_IDS[:count])
    order = written.copy()
    rng.shuffle(order)
    while order == written and pick == count > 1:
        rng.shuffle(order)
    return order


@dataclass(frozen=True, slots=True)
class Place:
    """What the order of a session needs to know of a slot. `answered` counts the responses given before this one's turn."""

    position: int
    answered_as: int | None  # 0 for the first answer of the session, 1 for the second, …; None while open
    repeat_of: int | None = None


def next_position(places: Sequence[Place]) -> int | None:
    """The place to show next; None at the end.

    A repeated miss comes once five other places were answered after its first showing, or when nothing else is left.
    """
    given = sum(place.answered_as is not None for place in places)
    answered_as = {place.position: place.answered_as for place in places}
    waiting = [place for place in places if place.answered_as is None]
    repeats = [place for place in waiting if place.repeat_of is not None]
    for place in repeats:
        first = answered_as[place.repeat_of]  # type: ignore[index]
        if first is not None and given - first - 1 >= OTHERS_BEFORE_REPEAT:
            return place.position
    fresh = [place for place in waiting if place.repeat_of is None]
    return min((place.position for place in fresh or repeats), default=None)


def visit_ms(claimed: int | None) -> int:
    """Milliseconds that a visit may count: what the page says, within reason."""
    return min(max(claimed or 0, 0), LONGEST_VISIT_MS)
