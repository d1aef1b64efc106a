"""Distributions that several rules ask: beta and F, in plain Python."""

from __future__ import annotations

from math import exp, lgamma, log

#: Terms of the continued fraction at most. It needs about the root of the larger parameter near the middle of the distribution (DLMF 8.17(v));
#: Feldt's interval of 10,000 people on 65 questions asks for parameters of 320,000.
TERMS = 4000


def beta_quantile(q: float, a: float, b: float, *, within: float = 1e-6) -> float:
    """The value below which a Beta(a, b) lies with probability q; by bisection, to `within`."""
    low, high = 0.0, 1.0
    while high - low > within:
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
    for i in range(TERMS):
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


def f_quantile(q: float, d1: float, d2: float) -> float:
    """The value below which an F with d1 and d2 degrees of freedom lies with probability q (0 < q < 1).

    Source: DLMF 8.17(vi) and the definition of F as a ratio: d1 F / (d1 F + d2) is Beta(d1/2, d2/2).
    """
    x = beta_quantile(q, d1 / 2, d2 / 2, within=1e-13)
    return d2 * x / (d1 * (1 - x)) if x < 1 else float("inf")
