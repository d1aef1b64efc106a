"""How warm a topic is: a beta posterior over first answers, and the state that it allows to claim."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from quizzes.domain.distributions import beta_quantile

#: Below this many first answers nothing is claimed (learning.md 2.2).
ENOUGH_ANSWERS = 8
#: Strength of the prior in answers (learning.md 2.2, m).
PRIOR_STRENGTH = 8.0
#: First answers of this many days count, where there are enough of them; what is older tells of somebody who knew less (learning.md 2.2).
RECENT_DAYS = 60
#: A hot topic cools when the mean chance to recall its cards falls below this (learning.md 2.2).
COOLING_BELOW = 0.80
#: The share of right answers that is assumed where there is none yet, and the answers that it weighs.
TYPICAL_RATE, TYPICAL_WEIGHT = 0.65, 8.0

#: Most topics stand as they did at the last look; their bounds are worked out once.
_quantile = lru_cache(maxsize=4096)(beta_quantile)

State = Literal["cold", "warm", "hot", "cooling"]


@dataclass(frozen=True, slots=True)
class Firsts:
    """First answers of a topic: how many, and how many were right; those of the last days, and all."""

    recent: int
    recent_right: int
    answers: int
    right: int

    @property
    def counted(self) -> tuple[int, int]:
        """Right and answers that tell how it stands: the recent ones where there are enough of them, otherwise all."""
        return (self.recent_right, self.recent) if self.recent >= ENOUGH_ANSWERS else (self.right, self.answers)


@dataclass(frozen=True, slots=True)
class Temperature:
    """One topic: `mean`, `low`, `high` are shares 0 to 1 (80 % interval), None while it is cold."""

    state: State
    answers: int
    mean: float | None = None
    low: float | None = None
    high: float | None = None


def temperature(*, right: int, answers: int, prior: float, cut: float, recall: float | None = None) -> Temperature:
    """The temperature of a topic from first answers, and from the mean chance to recall its cards (None without a card).

    Source: learning.md 2.2.
    """
    if answers < ENOUGH_ANSWERS:
        return Temperature("cold", answers)
    a = PRIOR_STRENGTH * prior + right
    b = PRIOR_STRENGTH * (1 - prior) + answers - right
    low, high = _quantile(0.10, a, b), _quantile(0.90, a, b)
    state: State = "warm"
    if low >= cut:
        state = "cooling" if recall is not None and recall < COOLING_BELOW else "hot"
    return Temperature(state, answers, a / (a + b), low, high)


def rate(*, right: int, answers: int) -> float:
    """A share of right answers, drawn towards a typical one while there are few."""
    return (right + TYPICAL_RATE * TYPICAL_WEIGHT) / (answers + TYPICAL_WEIGHT)
