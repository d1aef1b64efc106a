"""Sums over counted values: means, variances, correlations, quantiles. A variance of equal values is exactly 0, never a rounding error."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from math import floor, sqrt

#: Totals are sums of fractions; beyond this many decimals they differ by rounding alone.
DECIMALS = 9
#: How far apart two totals are at least that count as different.
NEARLY = 1e-9

Counts = Mapping[float, int]


def counted(pairs: Iterable[tuple[float, int]]) -> dict[float, int]:
    """Values with how often each came, in ascending order."""
    found: dict[float, int] = defaultdict(int)
    for value, count in pairs:
        found[value] += count
    return dict(sorted(found.items()))


def size(counts: Counts) -> int:
    return sum(counts.values())


def mean(counts: Counts) -> float | None:
    n = size(counts)
    return sum(value * count for value, count in counts.items()) / n if n else None


def power_sum(counts: Counts, power: int) -> float:
    """The sum of the differences to the mean to this power."""
    middle = mean(counts)
    if middle is None or len(counts) == 1:
        return 0.0
    return sum(count * (value - middle) ** power for value, count in counts.items())


def variance(counts: Counts) -> float | None:
    """With n - 1; None below two values."""
    n = size(counts)
    return power_sum(counts, 2) / (n - 1) if n > 1 else None


def root(value: float | None) -> float | None:
    return None if value is None else sqrt(max(0.0, value))


def skewness(counts: Counts) -> float | None:
    """k3 / k2^1.5 with k-statistics, as Moodle has it (quiz_statistics\\calculator)."""
    n = size(counts)
    k2 = variance(counts)
    if n < 3 or not k2:
        return None
    return finite(n * power_sum(counts, 3) / ((n - 1) * (n - 2)), k2**1.5)


def kurtosis(counts: Counts) -> float | None:
    """k4 / k2² with k-statistics; 0 for a normal distribution."""
    n = size(counts)
    k2 = variance(counts)
    if n < 4 or not k2:
        return None
    m2, m4 = power_sum(counts, 2) / n, power_sum(counts, 4) / n
    k4 = n * n * ((n + 1) * m4 - 3 * (n - 1) * m2 * m2) / ((n - 1) * (n - 2) * (n - 3))
    return finite(k4, k2 * k2)


def finite(value: float, by: float) -> float | None:
    """A quotient; None where the divisor vanishes."""
    return value / by if by else None


def quantile(counts: Counts, q: float) -> float | None:
    """Of values in ascending order: R's type 7, the straight line between the two nearest ranks."""
    n = size(counts)
    if not n:
        return None
    at = (n - 1) * q
    low = _at_rank(counts, floor(at))
    high = _at_rank(counts, min(n - 1, floor(at) + 1))
    return low + (at - floor(at)) * (high - low)


def _at_rank(counts: Counts, rank: int) -> float:
    for (value, _), reached in zip(counts.items(), accumulate(counts.values()), strict=True):
        if reached > rank:
            return value
    raise IndexError(f"there is no rank {rank}")


def median_of(ordered: Sequence[float]) -> float | None:
    n = len(ordered)
    return (ordered[(n - 1) // 2] + ordered[n // 2]) / 2 if n else None


def covariance(triples: Sequence[tuple[float, float, int]]) -> float | None:
    """Of two values and how often they came together, with n - 1."""
    n = one = other = 0.0
    for x, y, count in triples:
        n += count
        one += x * count
        other += y * count
    if n < 2:
        return None
    one, other = one / n, other / n
    return sum([count * (x - one) * (y - other) for x, y, count in triples]) / (n - 1)


def correlation(covariance: float | None, one: float | None, other: float | None) -> float | None:
    """From a covariance and two variances; None where one is 0 or unknown. Rounding never leads beyond ±1."""
    if covariance is None or not one or not other:
        return None
    return max(-1.0, min(1.0, covariance / (sqrt(one) * sqrt(other))))


def greatest_covariance(one: Counts, other: Counts) -> float | None:
    """What the covariance would be if the two stood in the same order: both sorted ascending and paired (Moodle's cov_max)."""
    n = size(one)
    if n < 2 or n != size(other):
        return None
    middle, other_middle = mean(one) or 0.0, mean(other) or 0.0
    found, rest = 0.0, 0
    others = iter(other.items())
    value = 0.0
    for x, count in one.items():
        while count:
            if not rest:
                value, rest = next(others)
            step = min(count, rest)
            found += step * (x - middle) * (value - other_middle)
            count, rest = count - step, rest - step
    return found / (n - 1)
