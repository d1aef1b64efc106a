"""How sure a figure is: the intervals of item analysis. Two-sided; None where there is too little to say anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import atanh, ceil, floor, sqrt, tanh

from quizzes.domain.distributions import f_quantile

#: The normal quantile of a two-sided 90 % interval: flags are judged at 90 % (learning.md 3.2).
Z90 = 1.6448536269514722


@dataclass(frozen=True, slots=True)
class Interval:
    low: float
    high: float

    def times(self, factor: float) -> Interval:
        """The same interval in other units; `factor` is not negative."""
        return Interval(self.low * factor, self.high * factor)


def wilson(share: float, n: int) -> Interval | None:
    """Of a share of n (Wilson 1927, JASA 22:209). For marks between 0 and 1 it is cautious: they vary less than right and wrong."""
    if n < 1:
        return None
    share = min(max(share, 0.0), 1.0)
    z2 = Z90 * Z90
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z90 / (1 + z2 / n) * sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return Interval(max(0.0, middle - half), min(1.0, middle + half))


def fisher(r: float | None, n: int) -> Interval | None:
    """Of a correlation of n pairs, by Fisher's z (1921): atanh(r) is nearly normal with standard error 1/sqrt(n - 3)."""
    if r is None or n < 4:
        return None
    if abs(r) >= 1:
        return Interval(r, r)
    half = Z90 / sqrt(n - 3)
    return Interval(tanh(atanh(r) - half), tanh(atanh(r) + half))


def difference(first: float, n_first: int, second: float, n_second: int) -> Interval | None:
    """Of the difference of two independent shares: Newcombe's hybrid of Wilson's (1998, Stat Med 17:873, method 10)."""
    one, other = wilson(first, n_first), wilson(second, n_second)
    if one is None or other is None:
        return None
    gap = first - second
    below = sqrt((first - one.low) ** 2 + (other.high - second) ** 2)
    above = sqrt((one.high - first) ** 2 + (second - other.low) ** 2)
    return Interval(max(-1.0, gap - below), min(1.0, gap + above))


def rivals(first: int, second: int, n: int) -> Interval | None:
    """Of the difference of the shares of two options among the same n people, who chose one of them at most (normal, multinomial)."""
    if n < 2:
        return None
    p, q = first / n, second / n
    half = Z90 * sqrt(max(0.0, p + q - (p - q) ** 2) / n)
    return Interval(max(-1.0, p - q - half), min(1.0, p - q + half))


def feldt(alpha: float | None, n: int, k: int, *, level: float = 0.95) -> Interval | None:
    """Of coefficient alpha of n people on k items (Feldt 1965, Psychometrika 30:357): 1 - (1 - alpha) F with n - 1, (n - 1)(k - 1) degrees."""
    if alpha is None or n < 2 or k < 2:
        return None
    d1, d2, tail = n - 1, (n - 1) * (k - 1), (1 - level) / 2
    return Interval(1 - (1 - alpha) * f_quantile(1 - tail, d1, d2), 1 - (1 - alpha) * f_quantile(tail, d1, d2))


def of_median(ordered: Sequence[float]) -> Interval | None:
    """Of the median, by order statistics: the ranks n/2 ± z sqrt(n)/2 (Conover 1999, Practical Nonparametric Statistics, 3.2)."""
    n = len(ordered)
    if n < 6:
        return None
    half = Z90 * sqrt(n) / 2
    return Interval(ordered[max(0, floor(n / 2 - half) - 1)], ordered[min(n - 1, ceil(n / 2 + half))])
