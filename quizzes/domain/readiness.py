"""How ready a learner is: what the next form would give, as a range with its evidence. Beta-binomial prediction in plain Python.

Only answers to questions that chance chose, met for the first time, say something about the next form (learning.md 2.3).
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, lgamma

from quizzes.domain.exam import allocate, is_pass, scaled_score
from quizzes.domain.mastery import beta_quantile

#: How a question came to a learner, where its first answer counts: drawn by a plan, not chosen for or by the learner.
COUNTING = ("random_blueprint", "exam")
#: Below this many answers that count no number is said (learning.md 0, decision 5).
ENOUGH_ANSWERS = 20
#: Questions of a calibration check: as many as a first number needs.
CHECK_LENGTH = 20
#: Rate until a cohort has one, and how many answers it weighs against the cohort's.
DEFAULT_RATE, DEFAULT_WEIGHT = 0.65, 40
#: Strength of the prior in answers until 20 learners give one, and the bounds of what they may give (learning.md 2.3).
DEFAULT_STRENGTH, ENOUGH_LEARNERS, STRENGTH_BOUNDS = 10.0, 20, (4.0, 60.0)
#: An answer counts half after this many days: people learn and forget, and old answers say less of today (docs/decisions/0020).
HALF_LIFE_DAYS = 21.0
#: How alike two answers of one day are beyond the learner's share: a good or a bad day moves all of them (docs/decisions/0020).
SAME_DAY = 0.01
#: By how much learners do better in their next exam than their answers said (share of right answers), until exams have told; how many judged
#: predictions that weighs, and how far exams may move it. Learners study in between, and taking a test again helps by itself: a quarter of a
#: standard deviation (Hausknecht et al. 2007, J Appl Psychol 92:373), of which this is less than half.
DEFAULT_DRIFT, DRIFT_WEIGHT, MOST_DRIFT = 0.015, 20, 0.05
#: No answer weighs more than this many times its share, however few its domain has.
HEAVIEST = 2.0
#: An exam judges predictions if at least so many of its questions counted and were new to the learner.
ENOUGH_TO_JUDGE = 10
#: The way of all this, kept with every prediction.
ALGORITHM = "beta-binomial-1"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer that counts; `day` is a number, days since 1970-01-01."""

    domain: str
    right: bool
    day: int = 0


@dataclass(frozen=True, slots=True)
class CohortSums:
    """What the cohort's answers that count add up to, over learners with n answers, r of them right."""

    learners: int = 0
    answers: int = 0
    right: int = 0
    squares: float = 0.0  # the sum of n²
    spread: float = 0.0  # the sum of r² / n


@dataclass(frozen=True, slots=True)
class Prior:
    """What is known before a learner's own answers: a share, worth so many answers."""

    mean: float = DEFAULT_RATE
    strength: float = DEFAULT_STRENGTH


@dataclass(frozen=True, slots=True)
class Target:
    """The form that is predicted: so many questions that count, so many right for a pass, and each domain's share of them."""

    items: int
    cut: float
    shares: Mapping[str, float]

    @property
    def needed(self) -> int:
        return needed_right(self.items, cut=self.cut)


@dataclass(frozen=True, slots=True)
class DomainCount:
    """Right of answered in one domain, and the range (80 %) in which the share may lie."""

    domain: str
    right: int
    answers: int
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the answers weigh. `effective` is how many equal answers would say as much (Kish), `share` the weighted share of right ones."""

    answers: int
    right: int
    effective: float
    share: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """Right answers of a form with `items`: ranges of 80 and 90 %, the expected number, and the chance of at least `needed`."""

    items: int
    needed: int
    low80: int
    high80: int
    low90: int
    high90: int
    expected: float
    chance: float


def missing(answers: int) -> int:
    """How many more answers that count a first number needs."""
    return max(0, ENOUGH_ANSWERS - answers)


def needed_right(items: int, *, cut: float) -> int:
    """The fewest right answers that pass a form of so many questions."""
    return next(k for k in range(items + 1) if is_pass(k, items, cut=cut))


def sample(counts: Mapping[str, int], *, topics: Mapping[str, str], size: int, rng: random.Random) -> dict[str, int]:
    """How many questions of each objective a small form has that stands for a long one with these `counts`.

    Each topic gets its share (largest remainder, ties by lot); which of its objectives are asked is drawn in proportion to the counts, so that
    none is left out for ever.
    """
    of_topic: dict[str, list[str]] = defaultdict(list)
    for objective, count in counts.items():
        of_topic[topics[objective]] += [objective] * count
    order = list(of_topic)
    rng.shuffle(order)
    places = allocate({topic: len(of_topic[topic]) for topic in order}, min(size, sum(counts.values())))
    return dict(Counter(objective for topic, k in places.items() for objective in rng.sample(of_topic[topic], k)))


def cohort_prior(sums: CohortSums) -> Prior:
    """The prior that a cohort gives.

    The mean is its rate, in which the default rate weighs 40 answers, so that the first learner is not measured by themselves alone. The
    strength follows from how far learners lie apart beyond what chance explains: with rho the correlation of two answers of one learner,
    M = 1 / rho - 1. Source: learning.md 2.3; Kleinman 1973, JASA 68:46, weights n.
    """
    mean = (sums.right + DEFAULT_RATE * DEFAULT_WEIGHT) / (sums.answers + DEFAULT_WEIGHT)
    if sums.learners < ENOUGH_LEARNERS:
        return Prior(mean, DEFAULT_STRENGTH)
    rate = sums.right / sums.answers
    least, most = STRENGTH_BOUNDS
    room = sums.answers - sums.squares / sums.answers - (sums.learners - 1)
    if not 0 < rate < 1 or room <= 0:
        return Prior(mean, DEFAULT_STRENGTH)
    between = (sums.spread - sums.right * rate) / (rate * (1 - rate))
    rho = (between - (sums.learners - 1)) / room
    return Prior(mean, most if rho <= 0 else min(most, max(least, 1 / rho - 1)))


def weigh(answers: Sequence[Answer], *, shares: Mapping[str, float], today: int) -> Evidence:
    """What these answers say of a form with these shares of domains.

    Each answer weighs 2 ** (-age / half-life), times its domain's share of the form over its share of the answers (post-stratification, at
    most twice): without it, a learner who met their strong domain more often would be promised too much. Unequal weights say less than as
    many equal ones, and so do answers of one day, which resemble each other (correlation rho). How many independent, equal answers would say
    as much is the effective size 1 / ((1 - rho) sum w² + rho sum over days of (sum w)²) with weights that sum to 1, and the range is as wide as
    that number makes it. Source: Kish 1965, Survey Sampling, 5.4 (clusters) and 11.7 (weights).
    """
    if not answers:
        return Evidence(0, 0, 0.0, 0.0)
    aged = [0.5 ** (max(0, today - answer.day) / HALF_LIFE_DAYS) for answer in answers]
    by_domain: dict[str, float] = defaultdict(float)
    for answer, weight in zip(answers, aged, strict=True):
        by_domain[answer.domain] += weight
    total = sum(aged)
    factor = {
        domain: min(HEAVIEST, max(1 / HEAVIEST, shares.get(domain, 0.0) * total / weight)) if shares else 1.0
        for domain, weight in by_domain.items()
    }
    raw = [factor[answer.domain] * weight for answer, weight in zip(answers, aged, strict=True)]
    whole = sum(raw)
    weights = [weight / whole for weight in raw]
    by_day: dict[int, float] = defaultdict(float)
    for answer, weight in zip(answers, weights, strict=True):
        by_day[answer.day] += weight
    spread = (1 - SAME_DAY) * sum(weight**2 for weight in weights) + SAME_DAY * sum(weight**2 for weight in by_day.values())
    share = sum(weight for answer, weight in zip(answers, weights, strict=True) if answer.right)
    return Evidence(len(answers), sum(answer.right for answer in answers), 1 / spread, min(1.0, share))


def drift(*, judged: int, residual: float) -> float:
    """How far a share is moved, from how earlier predictions held: `residual` is the mean of actual less unmoved share over `judged` of them."""
    moved = (judged * residual + DRIFT_WEIGHT * DEFAULT_DRIFT) / (judged + DRIFT_WEIGHT)
    return max(-MOST_DRIFT, min(MOST_DRIFT, moved))


def posterior(evidence: Evidence, prior: Prior, *, moved: float = 0.0) -> tuple[float, float]:
    """The beta distribution (a, b) of the learner's share in the next exam: prior and evidence added up, the mean `moved` by the drift."""
    strength = evidence.effective + prior.strength
    mean = (evidence.effective * evidence.share + prior.strength * prior.mean) / strength
    mean = min(0.99, max(0.01, mean + moved))
    return mean * strength, (1 - mean) * strength


def forecast(a: float, b: float, *, items: int, needed: int) -> Forecast:
    """What a form of `items` questions gives a learner whose share is Beta(a, b).

    Its 10 and 90 % quantiles, its 5 and 95 % quantiles, and P(at least `needed`). Source: learning.md 2.3; Keats and Lord's beta-binomial model.
    """
    weights = [beta_binomial(k, items, a, b) for k in range(items + 1)]
    low90, low80, high80, high90 = (_quantile(weights, q) for q in (0.05, 0.10, 0.90, 0.95))
    return Forecast(items, needed, low80, high80, low90, high90, items * a / (a + b), min(1.0, sum(weights[needed:])))


def domain_counts(answers: Iterable[Answer], *, prior: Prior) -> list[DomainCount]:
    """By domain: right of answered, with the 80 % range of the share. Never a verdict: a domain has few answers, and the exam knows none."""
    marks: dict[str, list[bool]] = defaultdict(list)
    for answer in answers:
        marks[answer.domain].append(answer.right)
    found = []
    for domain, given in sorted(marks.items()):
        a = sum(given) + prior.strength * prior.mean
        b = len(given) - sum(given) + prior.strength * (1 - prior.mean)
        found.append(DomainCount(domain, sum(given), len(given), beta_quantile(0.10, a, b), beta_quantile(0.90, a, b)))
    return found


def scaled_range(low: int, high: int, items: int, *, cut: float) -> tuple[int, int]:
    """A range of right answers on the practice scale."""
    return scaled_score(low, items, cut=cut), scaled_score(high, items, cut=cut)


def beta_binomial(k: int, n: int, a: float, b: float) -> float:
    """P(k right of n) when the chance itself is Beta(a, b)."""
    return exp(
        lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
        + lgamma(k + a) + lgamma(n - k + b) - lgamma(n + a + b)
        + lgamma(a + b) - lgamma(a) - lgamma(b)
    )  # fmt: skip


def _quantile(weights: list[float], q: float) -> int:
    total = 0.0
    for k, weight in enumerate(weights):
        total += weight
        if total >= q:
            return k
    return len(weights) - 1
