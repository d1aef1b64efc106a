"""What a person sees of the options who knows nothing of the subject: ten cues, and how far each one leads.

A bank is free of giveaways when no cue, and no weighing of all of them, finds the key more often than chance (learning.md 5, 6.3).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import exp, log, sqrt

from quizzes.domain.items import Item
from quizzes.domain.quality.text import HEDGE, absolutes, shown, terms

#: The cues that the blind guesser weighs, in the order of their columns.
CUES = (
    "length", "is longest", "is shortest", "stem overlap", "convergence", "absolutes", "hedges", "digits", "punctuation", "position",
)  # fmt: skip
_PUNCTUATION = set(",;:()–—-/")


@dataclass(frozen=True, slots=True)
class Look:
    """One single-choice item as a blind guesser sees it: a row of cues for each option, and the place of the key."""

    name: str
    cluster: str
    cues: tuple[tuple[float, ...], ...]
    key: int

    @property
    def chance(self) -> float:
        return 1 / len(self.cues)


def look(name: str, cluster: str, item: Item) -> Look:
    """`cluster` is what must not be torn apart in cross-validation: a family and its near-duplicates."""
    said = [shown(option) for option in item.options]
    meant = [terms(text) for text in said]
    asked = terms(item.stem)
    lengths = [len(text) for text in said]
    rows = []
    for n, text in enumerate(said):
        rows.append(
            (
                float(lengths[n]),
                _share(lengths, n, max),
                _share(lengths, n, min),
                float(len(meant[n] & asked)),
                float(sum(len(meant[n] & other) for m, other in enumerate(meant) if m != n)),
                float(absolutes(text)),
                float(len(HEDGE.findall(text))),
                float(sum(sign.isdigit() for sign in text)),
                float(sum(sign in _PUNCTUATION for sign in text)),
                float(n),
            )
        )
    key = next(n for n, option in enumerate(item.options) if option.key)
    return Look(name, cluster, tuple(rows), key)


def _share(values: Sequence[int], n: int, pick: Callable[[Sequence[int]], int]) -> float:
    """1 for the one that is picked, a share for each of several, 0 for the rest."""
    best = pick(values)
    return 1 / values.count(best) if values[n] == best else 0.0


def picked(looks: Sequence[Look], cue: str, *, most: bool = True) -> float:
    """How often the key is the option with the most (or the least) of one cue; ties count in shares."""
    column = CUES.index(cue)
    hits = 0.0
    for one in looks:
        values = [row[column] if most else -row[column] for row in one.cues]
        best = max(values)
        if values[one.key] == best:
            hits += 1 / values.count(best)
    return hits / len(looks)


# -- the blind guesser -----------------------------------------------------------------------------------------------

#: Ridge of the conditional logit, and folds of its cross-validation (learning.md 5, 6.3).
RIDGE, FOLDS = 1.0, 10
_STEPS, _CLOSE_ENOUGH = 25, 1e-6

Row = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Guess:
    """What the guesser, trained on the other folds, thought of an item: the chance it gave the key, its credit, and the cue that led it most.

    `key_value` and `other_values` are what the key and the other options have of that cue, as counted.
    """

    name: str
    chance_of_key: float
    credit: float
    cue: str
    key_value: float
    other_values: tuple[float, ...]


def guesses(looks: Sequence[Look]) -> list[Guess]:
    """Each item guessed by weights learnt from the items of other clusters: cross-validated, deterministic.

    The model is a conditional logit (McFadden 1974) on cues in z-scores within the item, with a ridge penalty.
    """
    rows = [_scores(one.cues) for one in looks]
    fold_of = _folds(looks)
    found: dict[int, Guess] = {}
    near = _fit(rows, [one.key for one in looks], start=(0.0,) * len(CUES))  # near every fold's maximum, which has but one
    for fold in range(FOLDS):
        train = [n for n in range(len(looks)) if fold_of[n] != fold]
        test = [n for n in range(len(looks)) if fold_of[n] == fold]
        if test:
            weights = _fit([rows[n] for n in train], [looks[n].key for n in train], start=near)
            found |= {n: _guess(looks[n], rows[n], weights) for n in test}
    return [found[n] for n in sorted(found)]


def _guess(one: Look, rows: Sequence[Row], weights: Row) -> Guess:
    chances = _chances(rows, weights)
    best = max(chances)
    credit = 1 / sum(chance >= best - 1e-12 for chance in chances) if chances[one.key] >= best - 1e-12 else 0.0
    pull = [weight * value for weight, value in zip(weights, rows[one.key], strict=True)]
    cue = pull.index(max(pull))
    others = tuple(row[cue] for n, row in enumerate(one.cues) if n != one.key)
    return Guess(one.name, chances[one.key], credit, CUES[cue], one.cues[one.key][cue], others)


def _folds(looks: Sequence[Look]) -> list[int]:
    """Clusters dealt out by their names, the largest first, each to the fold that has the fewest items."""
    members: dict[str, list[int]] = {}
    for n, one in enumerate(looks):
        members.setdefault(one.cluster, []).append(n)
    sizes = [0] * FOLDS
    fold_of = [0] * len(looks)
    for cluster in sorted(members, key=lambda name: (-len(members[name]), name)):
        fold = sizes.index(min(sizes))
        sizes[fold] += len(members[cluster])
        for n in members[cluster]:
            fold_of[n] = fold
    return fold_of


@lru_cache(maxsize=8192)
def _scores(cues: tuple[Row, ...]) -> tuple[Row, ...]:
    """Cues as z-scores within the item; a cue that is the same for all options says nothing: 0."""
    columns = []
    for values in zip(*cues, strict=True):
        mean = sum(values) / len(values)
        spread = sqrt(sum((value - mean) ** 2 for value in values) / len(values))
        columns.append([(value - mean) / spread if spread > 1e-9 else 0.0 for value in values])
    return tuple(zip(*columns, strict=True))


def _chances(rows: Sequence[Row], weights: Row) -> list[float]:
    pulls = [sum(weight * value for weight, value in zip(weights, row, strict=True)) for row in rows]
    top = max(pulls)
    odds = [exp(pull - top) for pull in pulls]
    total = sum(odds)
    return [odd / total for odd in odds]


def _fit(items: Sequence[Sequence[Row]], keys: Sequence[int], *, start: Row) -> Row:
    """Weights that make the keys most likely, less half the ridge times their squares: Newton's method, which meets one maximum only."""
    size = len(CUES)
    weights = start
    before = _penalised(items, keys, weights)
    for _ in range(_STEPS):
        slope = [-RIDGE * weight for weight in weights]
        bend = [[RIDGE if a == b else 0.0 for b in range(size)] for a in range(size)]
        for rows, key in zip(items, keys, strict=True):
            chances = _chances(rows, weights)
            mean = [sum(chance * row[a] for chance, row in zip(chances, rows, strict=True)) for a in range(size)]
            for a in range(size):
                slope[a] += rows[key][a] - mean[a]
            for chance, row in zip(chances, rows, strict=True):
                off = [row[a] - mean[a] for a in range(size)]
                for a in range(size):
                    weighed, line = chance * off[a], bend[a]
                    for b in range(a + 1):
                        line[b] += weighed * off[b]
        step = _solve(bend, slope)
        scale = 1.0
        while scale > 1e-4:
            moved = tuple(weight + scale * change for weight, change in zip(weights, step, strict=True))
            after = _penalised(items, keys, moved)
            if after >= before - 1e-12:
                break
            scale /= 2
        gain, weights, before = after - before, moved, after
        if abs(gain) < _CLOSE_ENOUGH:
            break
    return weights


def _penalised(items: Sequence[Sequence[Row]], keys: Sequence[int], weights: Row) -> float:
    likely = sum(log(_chances(rows, weights)[key]) for rows, key in zip(items, keys, strict=True))
    return likely - RIDGE / 2 * sum(weight * weight for weight in weights)


def _solve(lower: Sequence[Sequence[float]], right: Sequence[float]) -> list[float]:
    """The solution of a symmetric, positive definite system given by its lower half: Cholesky's method."""
    size = len(right)
    root = [[0.0] * size for _ in range(size)]
    for a in range(size):
        for b in range(a + 1):
            rest = lower[a][b] - sum(root[a][c] * root[b][c] for c in range(b))
            root[a][b] = sqrt(rest) if a == b else rest / root[b][b]
    half = [0.0] * size
    for a in range(size):
        half[a] = (right[a] - sum(root[a][c] * half[c] for c in range(a))) / root[a][a]
    found = [0.0] * size
    for a in reversed(range(size)):
        found[a] = (half[a] - sum(root[c][a] * found[c] for c in range(a + 1, size))) / root[a][a]
    return found
