"""The verbs of readiness: log what is predicted when evidence arrives, and judge what was predicted when an exam is over."""

from __future__ import annotations

import dataclasses
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db.models import Count, F, FloatField, Max, Sum
from django.db.models.functions import Cast, Coalesce

from quizzes.domain.attempt import Mode
from quizzes.domain.exam import DEFAULT_CUT
from quizzes.domain.memory import day_number
from quizzes.domain.readiness import (
    ALGORITHM,
    COUNTING,
    ENOUGH_TO_JUDGE,
    Answer,
    Drift,
    Judgements,
    Prior,
    Target,
    cohort_prior,
    domain_counts,
    drift,
    forecast,
    forecast_of_beta,
    missing,
    needed_right,
    posterior,
    weigh,
)
from quizzes.models import Attempt, Blueprint, Prediction, Question, Response, User
from quizzes.models.mendings import effective_fraction, is_dropped, is_right

#: The cohort's figures are read once in an hour.
FIGURES_S = 3600
#: What was judged longer ago says nothing of today's drift.
DRIFT_DAYS = 365
#: Questions of the form that is predicted while there is no exam to take.
DEFAULT_ITEMS = 50
#: Learners that give the prior its shape: those with the newest answers that count. More would hardly move it.
SHAPING = 1_000
#: Up to so many of them a learner's own answers are taken out of their prior: counted there as well, they would count twice. Among more,
#: one learner hardly shows.
FEW = 100


@dataclass(frozen=True, slots=True)
class Figures:
    """What every prediction of an hour shares: the cohort's prior, the form that is predicted, and how earlier predictions held."""

    at: datetime
    cohort: dict[int, tuple[int, int]]  # by learner: answers that count, and how many of them were right
    prior: Prior
    target: Target
    drift: Drift

    def prior_of(self, learner: User) -> Prior:
        """What is known of this learner before their own answers."""
        if learner.pk not in self.cohort or len(self.cohort) > FEW:
            return self.prior
        return cohort_prior(Counter(pair for pk, pair in self.cohort.items() if pk != learner.pk))


# -- when evidence arrives -------------------------------------------------------------------------------------------


def take_in(*, attempt: Attempt) -> Prediction | None:
    """What a finished sitting means for readiness. Belongs into the transaction that finishes it.

    An exam first judges what was predicted before it began. Then the next exam is predicted, if there is enough evidence.
    """
    if attempt.mode == Mode.EXAM:
        _judge(attempt)
    assert attempt.submitted_at is not None
    return predict(learner=attempt.learner, attempt=attempt, now=attempt.submitted_at)


def predict(*, learner: User, attempt: Attempt | None, now: datetime) -> Prediction | None:
    """Log what the next exam would give this learner; None below 20 answers that count.

    An attempt that was closed long after its end does not lie before newer evidence: the prediction is of its newest answer.
    """
    rows = list(evidence_of(learner))
    if missing(len(rows)):
        return None
    now = max(now, *(at for _, _, at in rows))
    moments = list(Response.objects.filter(learner=learner).order_by("responded_at").values_list("responded_at", flat=True))
    found = [Answer(domain, mark >= 1, day_number(at), len(moments) - bisect_right(moments, at)) for domain, mark, at in rows]
    figures = figures_at(now)
    evidence = weigh(found, shares=figures.target.shares, today=day_number(now))
    prior = figures.prior_of(learner)
    likely, moved = posterior(evidence, prior), figures.drift.after(evidence.practised)
    said = forecast(likely, moved=moved, items=figures.target.items, needed=figures.target.needed)
    share, strength = said.expected / said.items, Prior(likely).strength
    return Prediction.objects.create(
        learner=learner, attempt=attempt, made_at=now, algorithm=ALGORITHM, answers=evidence.answers, right=evidence.right,
        effective=evidence.effective, prior_mean=prior.mean, prior_strength=prior.strength, drift=moved,
        practised=evidence.practised, likely=[round(weight, 7) for weight in likely], a=share * strength, b=(1 - share) * strength,
        items=said.items, needed=said.needed, cut=figures.target.cut, low80=said.low80, high80=said.high80, low90=said.low90,
        high90=said.high90, expected=said.expected, chance=said.chance,
        domains=[dataclasses.asdict(count) for count in domain_counts(found, prior=prior)],
    )  # fmt: skip


def evidence_of(learner: User) -> list[tuple[str, float, datetime]]:
    """Every answer of this learner that counts: domain, effective fraction, moment. One statement."""
    rows = Response.objects.filter(learner=learner, is_new=True, selection__in=COUNTING).annotate(mark=effective_fraction())
    return list(rows.exclude(mark=None).order_by().values_list("question__domain_id", "mark", "responded_at"))


def _judge(exam: Attempt) -> None:
    """Hold what was predicted before this exam against its questions that counted and were new.

    A question met before tells of memory, and one that was never opened tells of the clock: neither was predicted.
    """
    waiting = list(Prediction.objects.select_for_update().filter(learner=exam.learner_id, judged_at=None, made_at__lte=exam.started_at))
    if not waiting:
        return
    marks = Response.objects.filter(slot__attempt=exam, slot__is_scored=True, is_new=True).aggregate(
        items=Count("pk", filter=~is_dropped()), right=Count("pk", filter=is_right())
    )
    if marks["items"] < ENOUGH_TO_JUDGE:
        return
    needed = needed_right(marks["items"], cut=exam.plan["cut"])
    for row in waiting:
        form = {"items": marks["items"], "needed": needed}
        said = forecast(row.likely, moved=row.drift, **form) if row.likely else forecast_of_beta(row.a, row.b, **form)
        row.judged_at, row.judged_by, row.actual_right, row.actual_items = exam.submitted_at, exam, marks["right"], marks["items"]
        row.judged_needed, row.judged_expected, row.judged_chance = needed, said.expected, said.chance
        row.judged_low80, row.judged_high80, row.judged_low90, row.judged_high90 = said.low80, said.high80, said.low90, said.high90
    fields = [
        "judged_at", "judged_by", "actual_right", "actual_items", "judged_needed", "judged_expected", "judged_chance", "judged_low80",
        "judged_high80", "judged_low90", "judged_high90",
    ]  # fmt: skip
    Prediction.objects.bulk_update(waiting, fields, batch_size=40)


# -- what all predictions share --------------------------------------------------------------------------------------


def figures_at(now: datetime) -> Figures:
    """The figures, at most an hour old. They move slowly, and reading them costs a look at all answers that count.

    Newer ones serve as well where an exam is closed long after its end, or closing many would read them anew for each.
    """
    figures: Figures | None = cache.get("readiness-figures")
    if figures is None or now - figures.at >= timedelta(seconds=FIGURES_S):
        cohort = _cohort()
        figures = Figures(now, cohort, cohort_prior(Counter(cohort.values())), _target(), _drift(now))
        cache.set("readiness-figures", figures, FIGURES_S)
    return figures


def _cohort() -> dict[int, tuple[int, int]]:
    """By learner: answers that count, and how many of them were right. One statement over those who answered last."""
    each = (
        Response.objects.filter(~is_dropped(), is_new=True, selection__in=COUNTING).order_by().values("learner")
        .annotate(n=Count("pk"), r=Count("pk", filter=is_right()), last=Max("pk"))
    )  # fmt: skip
    return {learner: (n, r) for learner, n, r in each.order_by("-last").values_list("learner", "n", "r")[:SHAPING]}


def _target() -> Target:
    """The longest exam that learners can take, and each domain's share of it."""
    plan = longest_exam()
    if plan is None:
        return Target(DEFAULT_ITEMS, DEFAULT_CUT, {})
    stock = Question.objects.published().filter(in_exams=True, objective__in=list(plan.counts))
    by_objective: dict[str, dict[str, int]] = {}
    for objective, domain, count in stock.order_by().values_list("objective", "domain").annotate(n=Count("pk")):
        by_objective.setdefault(objective, {})[domain] = count
    shares: Counter[str] = Counter()
    for objective, wanted in plan.counts.items():
        domains = by_objective.get(objective, {})
        for domain, count in domains.items():
            shares[domain] += wanted * count / sum(domains.values())
    whole = sum(shares.values())
    return Target(plan.length - plan.pilots, plan.cut, {domain: share / whole for domain, share in shares.items()})


def longest_exam() -> Blueprint | None:
    """The plan that stands for "the exam": the open one with the most questions."""
    plans = [plan for plan in Blueprint.objects.filter(is_open=True) if plan.length > plan.pilots]
    return max(plans, key=lambda plan: plan.length, default=None)


def _drift(now: datetime) -> Drift:
    judged = Prediction.objects.judged().filter(judged_at__gte=now - timedelta(days=DRIFT_DAYS))
    actual = Cast("actual_right", FloatField()) / Cast("actual_items", FloatField())
    rows = judged.annotate(
        off=actual - F("expected") / Cast("items", FloatField()) + F("drift"), since=Coalesce("practised", 0.0, output_field=FloatField())
    )
    sums = rows.aggregate(
        n=Count("pk"),
        residual=Sum("off"),
        practised=Sum("since"),
        squares=Sum(F("since") * F("since")),
        products=Sum(F("off") * F("since")),
    )
    return drift(Judgements(sums["n"], *(sums[name] or 0.0 for name in ("residual", "practised", "squares", "products"))))
