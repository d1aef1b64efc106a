"""How ready a learner is: what the next form would give, as a range with its evidence. A mixture of beta-binomials in plain Python.

Only answers to questions that chance chose, met for the first time, say something about the next form (learning.md 2.3).
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import exp, lgamma, log

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
#: Strength of the default prior in answers (learning.md 2.3), and how many learners that prior weighs against those of the cohort.
DEFAULT_STRENGTH, DEFAULT_LEARNERS = 10.0, 5.0
#: The shares of right answers between which a learner may lie: a distribution over them says what is known (docs/decisions/0020).
GRID = tuple((k + 0.5) / 40 for k in range(40))
#: Rounds in which the cohort's distribution is fitted; after them it hardly moves any more.
ROUNDS = 12
#: An answer counts half after this many days: people learn and forget, and old answers say less of today (docs/decisions/0020).
HALF_LIFE_DAYS = 21.0
#: How alike two answers of one day are beyond the learner's share: a good or a bad day moves all of them (docs/decisions/0020).
SAME_DAY = 0.005
#: By how much learners do better in their next exam than their answers said (share of right answers): at once, since taking a test again helps by
#: itself, a quarter of a standard deviation (Hausknecht et al. 2007, J Appl Psychol 92:373), of which this is about half; and for every 100 answers
#: that they have given since, since practice teaches. So it is until exams have told; how many judged predictions that weighs (one exam lies
#: some 9 points off its prediction, one cohort's drift some 1 point off another's: (9 / 1) squared), and how far exams may move a share.
DEFAULT_DRIFT, DEFAULT_LEARNING, DRIFT_WEIGHT, MOST_DRIFT = 0.014, 0.01, 80, 0.08
#: No answer weighs more than this many times its share, however few its domain has.
HEAVIEST = 2.0
#: An exam judges predictions if at least so many of its questions counted and were new to the learner.
ENOUGH_TO_JUDGE = 10
#: The way of all this, kept with every prediction.
ALGORITHM = "shares-2"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer that counts; `day` is a number, days since 1970-01-01; `since`, how many answers of any kind the learner has given after it."""

    domain: str
    right: bool
    day: int = 0
    since: int = 0


@dataclass(frozen=True, slots=True)
class Prior:
    """What is known before a learner's own answers: how likely each share of GRID is. The likelihoods sum to 1."""

    likely: tuple[float, ...]

    @property
    def mean(self) -> float:
        return sum(share * weight for share, weight in zip(GRID, self.likely, strict=True))

    @property
    def strength(self) -> float:
        """How many answers it is worth: those of the beta distribution with its mean and variance."""
        mean = self.mean
        variance = sum((share - mean) ** 2 * weight for share, weight in zip(GRID, self.likely, strict=True))
        return mean * (1 - mean) / (variance + 1 / (12 * len(GRID) ** 2)) - 1


@dataclass(frozen=True, slots=True)
class Judgements:
    """How earlier predictions held, summed up: `residual` is actual less unmoved share, `practised` answers given since the evidence."""

    judged: int = 0
    residual: float = 0.0
    practised: float = 0.0
    squares: float = 0.0  # of practised
    products: float = 0.0  # residual × practised


@dataclass(frozen=True, slots=True)
class Drift:
    """By how much a share is moved: `base`, and `per_hundred` answers given since."""

    base: float = DEFAULT_DRIFT
    per_hundred: float = DEFAULT_LEARNING

    def after(self, practised: float) -> float:
        return max(-MOST_DRIFT, min(MOST_DRIFT, self.base + self.per_hundred * practised / 100))


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
    """What the answers weigh. `effective` is how many equal answers would say as much (Kish), `share` the weighted share of right ones,
    `practised` the weighted mean of how many answers were given since.
    """

    answers: int
    right: int
    effective: float
    share: float
    practised: float = 0.0


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


def cohort_prior(learners: Mapping[tuple[int, int], int]) -> Prior:
    """The prior that a cohort gives: `learners` counts those with so many answers that count, so many of them right.

    It begins as a beta distribution: its mean the cohort's rate, in which the default rate weighs 40 answers, so that the first learner is not
    measured by themselves alone. Then the cohort gives it its shape: the distribution of shares that makes its answers most likely, in which
    the beta distribution stands for five learners more. Cohorts have tails, of beginners above all, that no beta distribution follows.
    Source: learning.md 2.3; Laird 1978, JASA 73:805 (the distribution, by expectation and maximisation).
    """
    answers, right = (sum(row[n] * count for row, count in learners.items()) for n in (0, 1))
    rate = (right + DEFAULT_RATE * DEFAULT_WEIGHT) / (answers + DEFAULT_WEIGHT)
    begin = _beta_shape(rate * DEFAULT_STRENGTH, (1 - rate) * DEFAULT_STRENGTH)
    total = sum(learners.values()) + DEFAULT_LEARNERS
    found, likelihoods = begin, [(_likelihood(n, r), count) for (n, r), count in learners.items()]
    for _ in range(ROUNDS if learners else 0):
        sums = [DEFAULT_LEARNERS * weight for weight in begin]
        for likelihood, count in likelihoods:
            joint = [weight * chance for weight, chance in zip(found, likelihood, strict=True)]
            factor = count / sum(joint)
            sums = [so_far + factor * weight for so_far, weight in zip(sums, joint, strict=True)]
        found = [weight / total for weight in sums]
    return Prior(tuple(found))


def _beta_shape(a: float, b: float) -> list[float]:
    logs = [(a - 1) * log(share) + (b - 1) * log(1 - share) for share in GRID]
    return _normal([exp(value - max(logs)) for value in logs])


@lru_cache(maxsize=4096)
def _likelihood(answers: float, right: float) -> tuple[float, ...]:
    """How likely so many right answers are under each share of GRID, up to a factor."""
    logs = [right * log(share) + (answers - right) * log(1 - share) for share in GRID]
    most = max(logs)
    return tuple(exp(value - most) for value in logs)


def _normal(weights: Sequence[float]) -> list[float]:
    whole = sum(weights)
    return [weight / whole for weight in weights]


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
    practised = sum(weight * answer.since for answer, weight in zip(answers, weights, strict=True))
    return Evidence(len(answers), sum(answer.right for answer in answers), 1 / spread, min(1.0, share), practised)


def drift(judged: Judgements) -> Drift:
    """How far shares are moved, from how earlier predictions held: a line through their residuals over what was practised since.

    The defaults stand for 80 judged predictions more, practised by 100 answers up and down (ridge regression: Hoerl and Kennard 1970,
    Technometrics 12:55).
    """
    n, squares = judged.judged + DRIFT_WEIGHT, judged.squares / 100**2 + DRIFT_WEIGHT
    practised, products = judged.practised / 100, judged.products / 100
    off = judged.residual - judged.judged * DEFAULT_DRIFT - practised * DEFAULT_LEARNING
    off_products = products - practised * DEFAULT_DRIFT - judged.squares / 100**2 * DEFAULT_LEARNING
    room = n * squares - practised**2
    return Drift(
        DEFAULT_DRIFT + (squares * off - practised * off_products) / room, DEFAULT_LEARNING + (n * off_products - practised * off) / room
    )


def posterior(evidence: Evidence, prior: Prior) -> tuple[float, ...]:
    """How likely each share of GRID is, prior and evidence taken together."""
    likelihood = _likelihood(evidence.effective, evidence.effective * evidence.share)
    return tuple(_normal([weight * chance for weight, chance in zip(prior.likely, likelihood, strict=True)]))


def forecast(likely: Sequence[float], *, moved: float, items: int, needed: int) -> Forecast:
    """What a form of `items` questions gives a learner whose share is spread like `likely` over GRID, each share `moved` by the drift.

    Its 10 and 90 % quantiles, its 5 and 95 % quantiles, and P(at least `needed`). The exam is one day as well, a good or a bad one: with
    rho the correlation of answers of one day, the share of that day is a beta distribution with the strength 1 / rho - 1 around the learner's.
    Source: learning.md 2.3; Keats and Lord's beta-binomial model, mixed over shares.
    """
    weights = [0.0] * (items + 1)
    for share, weight in zip(GRID, likely, strict=True):
        if weight > _NOTHING:
            weights = [sum_ + weight * chance for sum_, chance in zip(weights, _day(items, share + round(moved, 3)), strict=True)]
    return _forecast(_normal(weights), needed=needed)


#: A share less likely than this changes no figure that is shown.
_NOTHING = 1e-6


@lru_cache(maxsize=1024)
def _day(items: int, share: float) -> tuple[float, ...]:
    """How likely 0 to `items` right answers are on a day around this share; nobody is promised everything or nothing."""
    share, strength = min(0.99, max(0.01, share)), 1 / SAME_DAY - 1
    return tuple(beta_binomial(k, items, share * strength, (1 - share) * strength) for k in range(items + 1))


def forecast_of_beta(a: float, b: float, *, items: int, needed: int) -> Forecast:
    """The same for a share that is Beta(a, b): how predictions were made under the algorithm beta-binomial-1, and are judged."""
    return _forecast([beta_binomial(k, items, a, b) for k in range(items + 1)], needed=needed)


def _forecast(weights: Sequence[float], *, needed: int) -> Forecast:
    low90, low80, high80, high90 = (_quantile(weights, q) for q in (0.05, 0.10, 0.90, 0.95))
    expected = sum(k * weight for k, weight in enumerate(weights))
    return Forecast(len(weights) - 1, needed, low80, high80, low90, high90, expected, min(1.0, sum(weights[needed:])))


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


def _quantile(weights: Sequence[float], q: float) -> int:
    total = 0.0
    for k, weight in enumerate(weights):
        total += weight
        if total >= q:
            return k
    return len(weights) - 1
