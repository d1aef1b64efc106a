"""What a result says about the next one: beta-binomial prediction in plain Python."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, lgamma

#: Prior until a cohort of 20 learners gives one: mean and strength in answers (learning.md 2.3).
PRIOR_MEAN, PRIOR_STRENGTH = 0.65, 10.0


@dataclass(frozen=True, slots=True)
class Range:
    """Bounds of an interval and the chance to reach the cut."""

    low: int
    high: int
    chance: float


def beta_binomial(k: int, n: int, a: float, b: float) -> float:
    """P(k right of n) when the chance itself is Beta(a, b)."""
    return exp(
        lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
        + lgamma(k + a) + lgamma(n - k + b) - lgamma(n + a + b)
        + lgamma(a + b) - lgamma(a) - lgamma(b)
    )  # fmt: skip


def predict_right(right: int, scored: int, *, items: int, needed: int, mean: float = PRIOR_MEAN, strength: float = PRIOR_STRENGTH) -> Range:
    """How many of `items` another form would give: an 80 % interval (its 10 and 90 % quantiles), and P(at least `needed`).

    `right` of `scored` answers were right. Source: learning.md 2.3; Keats and Lord's beta-binomial test model.
    """
    a = right + strength * mean
    b = scored - right + strength * (1 - mean)
    weights = [beta_binomial(k, items, a, b) for k in range(items + 1)]
    return Range(low=_quantile(weights, 0.10), high=_quantile(weights, 0.90), chance=min(1.0, sum(weights[needed:])))


def _quantile(weights: list[float], q: float) -> int:
    total = 0.0
    for k, weight in enumerate(weights):
        total += weight
        if total >= q:
            return k
    return len(weights) - 1
