"""Rasch difficulties by marginal maximum likelihood. Needs numpy (the extra `stats`); nothing else in the rules imports this module."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: Gauss-Hermite nodes. 21 are off by .005 on a spread test, 41 are not (learning.md 3.1).
NODES = 61
#: Newton's steps at most; ten are usual.
STEPS = 100
#: The gradient per person at which the maximum is reached.
FLAT = 1e-9
#: Fit is told from this many answers on; below, it swings without reason (learning.md 3.1).
ENOUGH_FOR_FIT = 100
#: Difficulties are good to half a logit from about this many people on (Linacre, rasch.org/rmt/rmt74m.htm).
ENOUGH_PEOPLE = 100
#: Infit and outfit between these are routine (Wright & Linacre 1994, rasch.org/rmt/rmt83b.htm).
FIT_LOW, FIT_HIGH = 0.7, 1.3
#: A common slope below this says that the answers do not hang together: difficulties would run away.
LEAST_SLOPE = 0.05
#: A common slope above this says that every answer follows from the total: the slope grows without end, and distances mean nothing.
MOST_SLOPE = 10.0

Array = NDArray[np.float64]


class CannotFit(Exception):
    """These answers have no Rasch difficulties; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Difficulty:
    """An item on the scale of ability (mean 0, SD 1), harder is higher; None where everyone or nobody was right, or too few for the fit."""

    name: str
    n: int
    difficulty: float | None
    standard_error: float | None
    infit: float | None
    outfit: float | None


@dataclass(frozen=True, slots=True)
class Rasch:
    """P(right) = 1 / (1 + exp(-slope (ability - difficulty))), ability normal with mean 0 and SD 1."""

    n: int
    slope: float
    slope_error: float | None
    log_likelihood: float
    items: list[Difficulty]


@dataclass(frozen=True, slots=True)
class _Groups:
    """People with the same items and the same number right are alike to the model: that number is sufficient for ability."""

    mask: Array  # groups x items: 1 where the item was administered
    score: Array
    count: Array
    right: Array  # groups x items: how many were right
    totals: Array  # of each item: how many were right
    administered: list[NDArray[np.intp]]  # of each group: the places of its items


@dataclass(frozen=True, slots=True)
class _Point:
    """The likelihood at one set of parameters, with its gradient, its second derivatives and what each group's ability may be."""

    value: float
    gradient: Array
    hessian: Array
    posterior: Array  # groups x nodes
    chance: Array  # items x nodes


def fit(names: list[str], marks: Array) -> Rasch:
    """The difficulties of the items of a matrix: one row per person, 1 right, 0 wrong, not-a-number not administered.

    Newton's method on the exact marginal likelihood of Bock & Aitkin (1981, Psychometrika 46:443) with one slope for all items
    (Thissen 1982, Psychometrika 47:175). Standard errors from the observed information, of difficulties by the delta method.
    Raises CannotFit.
    """
    seen = ~np.isnan(marks)
    if not np.isin(marks[seen], (0.0, 1.0)).all():
        raise CannotFit("Rasch needs marks that are 0 or 1, and some here are in between. Leave --rasch away, or mark all or nothing.")
    answered = seen.sum(axis=0)
    share = np.divide(np.where(seen, marks, 0.0).sum(axis=0), answered, out=np.zeros(len(names)), where=answered > 0)
    told = (share > 0) & (share < 1)
    if told.sum() < 2:
        raise CannotFit("Rasch needs two items at least that some answered right and some wrong. Gather more answers first.")
    groups = _group(marks[:, told])
    parameters, point = _climb(groups, share[told])
    slope, easiness = abs(parameters[-1]), parameters[:-1]
    if slope < LEAST_SLOPE:
        raise CannotFit(
            "The answers do not hang together: who is right on one item is not right on others more often. There is nothing to scale."
        )
    if slope > MOST_SLOPE:
        raise CannotFit(
            "The answers stand in a perfect order: whoever is right on an item is right on every easier one. There is nothing to scale."
        )
    covariance = _inverse(-point.hessian)
    errors = None if covariance is None else _errors(covariance, easiness, slope)
    infit, outfit = _fit_figures(groups, point)
    items, place = [], 0
    for n, name in enumerate(names):
        if not told[n]:
            items.append(Difficulty(name, int(answered[n]), None, None, None, None))
            continue
        fits = answered[n] >= ENOUGH_FOR_FIT
        items.append(
            Difficulty(
                name, int(answered[n]), float(-easiness[place] / slope), None if errors is None else float(errors[place]),
                float(infit[place]) if fits else None, float(outfit[place]) if fits else None,
            )
        )  # fmt: skip
        place += 1
    slope_error = None if covariance is None else float(np.sqrt(covariance[-1, -1]))
    return Rasch(int(groups.count.sum()), float(slope), slope_error, point.value, items)


def _group(marks: Array) -> _Groups:
    seen = ~np.isnan(marks)
    marks, seen = marks[seen.any(axis=1)], seen[seen.any(axis=1)]
    filled = np.where(seen, marks, 0.0)
    score = filled.sum(axis=1)
    kinds = np.column_stack([np.packbits(seen, axis=1), score.astype(np.int64)])
    _, first, place, count = np.unique(kinds, axis=0, return_index=True, return_inverse=True, return_counts=True)
    right = np.zeros((len(count), marks.shape[1]))
    np.add.at(right, place.ravel(), filled)
    mask = seen[first]
    administered = [np.flatnonzero(row) for row in mask]
    return _Groups(mask.astype(float), score[first], count.astype(float), right, filled.sum(axis=0), administered)


def _climb(groups: _Groups, share: Array) -> tuple[Array, _Point]:
    """Newton's method; where a step leads down, or the surface is not a hill there, the step is drawn towards the gradient."""
    at = np.append(np.log(share / (1 - share)), 1.0)
    point = _point(groups, at)
    damping = 0.0
    for _ in range(STEPS):
        if np.abs(point.gradient).max() <= FLAT * groups.count.sum():
            break
        surface = -point.hessian + damping * np.eye(len(at))
        step = np.linalg.lstsq(surface, point.gradient, rcond=None)[0]
        there = _point(groups, at + step)
        if there.value >= point.value:
            at, point, damping = at + step, there, damping / 10 if damping > 1e-6 else 0.0
        else:
            damping = max(damping * 10, 1e-3 * float(np.abs(np.diag(point.hessian)).max()))
            if damping > 1e12:
                break
    return at, point


def _point(groups: _Groups, at: Array) -> _Point:
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    easiness, slope = at[:-1], at[-1]
    eta = easiness[:, None] + slope * nodes[None, :]
    chance = np.exp(-np.logaddexp(0, -eta))
    mask, count = groups.mask, groups.count
    log = slope * groups.score[:, None] * nodes - mask @ np.logaddexp(0, eta) + np.log(weights / weights.sum())
    top = log.max(axis=1, keepdims=True)
    likelihood = np.exp(log - top)
    whole = likelihood.sum(axis=1, keepdims=True)
    posterior = likelihood / whole
    value = float(groups.totals @ easiness + count @ (np.log(whole) + top).ravel())

    expected = mask @ chance  # groups x nodes: how many right a person of that ability gets
    by_slope = nodes * (groups.score[:, None] - expected)
    weighted = posterior * count[:, None]
    people = mask.T @ weighted  # items x nodes
    gradient = np.append(groups.totals - (people * chance).sum(axis=1), (weighted * by_slope).sum())

    k = len(easiness)
    hessian = np.zeros((k + 1, k + 1))
    spread = people * chance * (1 - chance)
    hessian[:k, :k] = -np.diag(spread.sum(axis=1))
    hessian[:k, k] = -(spread @ nodes)
    hessian[k, k] = -float((spread * nodes**2).sum())
    # The variance, over what a group's ability may be, of the derivatives of its likelihood; group by group, as most have few of many items.
    for group, here in enumerate(groups.administered):
        own = chance[here]
        hessian[np.ix_(here, here)] += (own * weighted[group]) @ own.T
    hessian[:k, k] -= (chance * (mask.T @ (weighted * by_slope))).sum(axis=1)
    hessian[k, k] += float((weighted * by_slope**2).sum())
    mean_easy = -mask * (posterior @ chance.T)
    mean_slope = (posterior * by_slope).sum(axis=1)
    hessian[:k, :k] -= (mean_easy * count[:, None]).T @ mean_easy
    hessian[:k, k] -= mean_easy.T @ (count * mean_slope)
    hessian[k, k] -= float(count @ mean_slope**2)
    hessian[k, :k] = hessian[:k, k]
    return _Point(value, gradient, hessian, posterior, chance)


def _inverse(information: Array) -> Array | None:
    """The covariance of the parameters; None where the likelihood is flat in some direction."""
    try:
        found = np.linalg.inv(information).astype(np.float64)
    except np.linalg.LinAlgError:
        return None
    return found if np.isfinite(found).all() and (np.diag(found) > 0).all() else None


def _errors(covariance: Array, easiness: Array, slope: float) -> Array:
    """Standard errors of difficulty = -easiness / slope, by the delta method."""
    by_easiness, by_slope = -1 / slope, easiness / slope**2
    own, shared, of_slope = np.diag(covariance)[:-1], covariance[:-1, -1], covariance[-1, -1]
    found: Array = np.sqrt(np.maximum(0.0, by_easiness**2 * own + 2 * by_easiness * by_slope * shared + by_slope**2 * of_slope))
    return found


def _fit_figures(groups: _Groups, point: _Point) -> tuple[Array, Array]:
    """Infit and outfit mean squares, integrated over what each person's ability may be, so that 1 is expected.

    Source: Adams & Wu 2007, The Mixed-Coefficients Multinomial Logit Model, in Multivariate and Mixture Distribution Rasch Models.
    """
    p, q = point.chance, 1 - point.chance
    right = groups.right.T @ point.posterior
    people = groups.mask.T @ (point.posterior * groups.count[:, None])
    wrong = people - right
    infit = (right * q**2 + wrong * p**2).sum(axis=1) / (people * p * q).sum(axis=1)
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        outfit = np.nansum(right * q / p + wrong * p / q, axis=1) / people.sum(axis=1)
    return infit, outfit
