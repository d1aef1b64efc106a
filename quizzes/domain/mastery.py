"""How warm a topic is: a beta posterior over first answers, and the state that it allows to claim."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, lgamma, log
from typing import Literal

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


def beta_quantile(q: float, a: float, b: float) -> float:
    """The value below which a Beta(a, b) lies with probability q; by bisection, to 1e-6."""
    low, high = 0.0, 1.0
    while high - low > 1e-6:
        middle = (low + high) / 2
        if beta_cdf(middle, a, b) < q:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def beta_cdf(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function, by Lentz's continued fraction (DLMF 8.17.22)."""
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    if x > (a + 1) / (a + b + 2):
        return 1.0 - beta_cdf(1 - x, b, a)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log(1 - x)) / a
    tiny = 1e-300
    f, c, d = 1.0, 1.0, 0.0
    for i in range(400):
        m = i // 2
        if i == 0:
            numerator = 1.0
        elif i % 2 == 0:
            numerator = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        else:
            numerator = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d = 1 / (1 + numerator * d or tiny)
        c = 1 + numerator / c or tiny
        f *= c * d
        if i and abs(1 - c * d) < 1e-12:
            break
    return front * (f - 1.0)
