"""How warm a topic is: a beta posterior over first answers, and the state that it allows to claim."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from quizzes.domain.distributions import beta_quantile

#: Below this many first answers nothing is claimed (learning.md 2.2).
ENOUGH_ANSWERS = 8
#: Strength of the prior in answers (learning.md 2.2, m).
PRIOR_STRENGTH = 8.0

State = Literal["cold", "warm", "hot"]


@dataclass(frozen=True, slots=True)
class Temperature:
    """One topic: `mean`, `low`, `high` are shares 0 to 1 (80 % interval), None while it is cold."""

    state: State
    answers: int
    mean: float | None = None
    low: float | None = None
    high: float | None = None


def temperature(*, right: int, answers: int, prior: float, cut: float) -> Temperature:
    """The temperature of a topic from first answers. Source: learning.md 2.2."""
    if answers < ENOUGH_ANSWERS:
        return Temperature("cold", answers)
    a = PRIOR_STRENGTH * prior + right
    b = PRIOR_STRENGTH * (1 - prior) + answers - right
    low, high = beta_quantile(0.10, a, b), beta_quantile(0.90, a, b)
    return Temperature("hot" if low >= cut else "warm", answers, a / (a + b), low, high)
