"""How well predictions held: coverage of their ranges, the error of their chances, their bias. And how well learners judge themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import pi, sqrt

#: Below this many judged predictions nothing is claimed.
ENOUGH_JUDGED = 20
#: Chances are compared with what came in this many bins of equal width (learning.md 2.4).
BINS = 10
#: What a learner's word is worth as a probability; a guess is worth one of the options (learning.md 6, rule 12).
STATED = {"sure": 0.9, "unsure": 0.6}


@dataclass(frozen=True, slots=True)
class Judged:
    """A prediction for the exam that judged it: ranges in right answers of `items`, and what came."""

    low80: int
    high80: int
    low90: int
    high90: int
    expected: float
    chance: float
    items: int
    right: int
    passed: bool


@dataclass(frozen=True, slots=True)
class Bin:
    """Predictions with a chance in one tenth: the mean chance, and the share that passed."""

    low: float
    high: float
    n: int
    chance: float
    passed: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Measures over judged predictions. `bias` is predicted less actual, in questions of 50; shares are 0 to 1.

    `by_chance` is the calibration error that a perfect forecaster would show with as many predictions: below it nothing can be seen.
    """

    n: int
    covered80: float
    covered90: float
    calibration_error: float
    by_chance: float
    brier: float
    bias: float
    bins: tuple[Bin, ...]


def calibration(judged: Sequence[Judged]) -> Calibration | None:
    """The measures of learning.md 2.4 over these predictions; None where there is none."""
    n = len(judged)
    if not n:
        return None
    bins = reliability([(row.chance, row.passed) for row in judged])
    return Calibration(
        n=n,
        covered80=sum(row.low80 <= row.right <= row.high80 for row in judged) / n,
        covered90=sum(row.low90 <= row.right <= row.high90 for row in judged) / n,
        calibration_error=sum(bin.n * abs(bin.chance - bin.passed) for bin in bins) / n,
        by_chance=sum(sqrt(2 / pi * bin.n * bin.chance * (1 - bin.chance)) for bin in bins) / n,
        brier=sum((row.chance - row.passed) ** 2 for row in judged) / n,
        bias=sum(50 * (row.expected - row.right) / row.items for row in judged) / n,
        bins=bins,
    )


def reliability(outcomes: Iterable[tuple[float, bool]]) -> tuple[Bin, ...]:
    """Chances in ten bins of equal width against what came; empty bins are left out."""
    found: dict[int, list[tuple[float, bool]]] = {}
    for chance, came in outcomes:
        found.setdefault(min(BINS - 1, int(chance * BINS)), []).append((chance, came))
    return tuple(
        Bin(k / BINS, (k + 1) / BINS, len(rows), sum(chance for chance, _ in rows) / len(rows), sum(came for _, came in rows) / len(rows))
        for k, rows in sorted(found.items())
    )


def own_brier(counts: Mapping[str, tuple[int, int]], *, guess: float) -> float | None:
    """The mean squared distance between what a learner said and what came, 0 (best) to 1; None without a word.

    `counts` holds answers and right ones by stated confidence; `guess` is the mean chance of a guess, 1 / k.
    """
    total = sum(answers for answers, _ in counts.values())
    if not total:
        return None
    lost = 0.0
    for word, (answers, right) in counts.items():
        stated = STATED.get(word, guess)
        lost += right * (1 - stated) ** 2 + (answers - right) * stated**2
    return lost / total
