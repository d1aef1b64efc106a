"""The page of the plan: the goal, what to do week by week up to the exam, and whether the days suffice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from quizzes.domain.memory import RETENTION, daily_needed, date_of, day_number, spread
from quizzes.domain.plan import MOST_WEEKS, needs_check, study_plan
from quizzes.models import Blueprint, Lesson, User
from quizzes.queries.load import Load, due_counts, load_forecast
from quizzes.queries.standing import Standing, standing


@dataclass(frozen=True, slots=True)
class Thing:
    """Something to do in a week, with the page where it is done."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class WeekPlan:
    first: date
    last: date
    reviews: int
    fresh: list[Thing]
    measured: list[Thing]


@dataclass(frozen=True, slots=True)
class Shortfall:
    """Cards that will not come up before the exam at this pace, and the pace that would do."""

    daily: int
    left: int
    needed: int


@dataclass(frozen=True, slots=True)
class PlanPage:
    """`days_left` is None without a day of an exam, and below 0 when it is over. `weeks` ends where a plan would be guesswork."""

    today: date
    exam_on: date | None
    days_left: int | None
    retention: float
    daily: int
    due: int
    cards: int
    weeks: list[WeekPlan]
    cut_short: bool
    shortfall: Shortfall | None
    load: Load | None


def plan_page(learner: User | None, *, now: datetime) -> PlanPage:
    """About six statements, however many cards there are."""
    today = day_number(now)
    if learner is None:
        return PlanPage(date_of(today), None, None, RETENTION, default_daily(), 0, 0, [], False, None, None)
    stands, due = standing(learner, now=now), due_counts(learner)
    left = day_number(learner.exam_on) - today if learner.exam_on else None
    weeks = _weeks(learner, stands, due, today=today) if left is not None and left > 0 else []
    shortfall = _shortfall(due, today=today, days=left, daily=learner.daily_reviews, done=stands.done_today) if left and left > 0 else None
    return PlanPage(
        date_of(today), learner.exam_on, left, learner.retention, learner.daily_reviews, stands.planned(learner.daily_reviews), stands.cards,
        weeks, left is not None and left > 7 * MOST_WEEKS, shortfall,
        load_forecast(due, today=today, daily=learner.daily_reviews, done=stands.done_today),
    )  # fmt: skip


def default_daily() -> int:
    """Reviews a day of somebody who chose nothing yet."""
    return int(User._meta.get_field("daily_reviews").default)


def _shortfall(due: dict[int, int], *, today: int, days: int, daily: int, done: int) -> Shortfall | None:
    total = sum(count for day, count in due.items() if day < today + days)
    left = total - sum(spread(due, today=today, daily=daily, days=days, done=done))
    return Shortfall(daily, left, daily_needed(due, today=today, days=days, done=done)) if left else None


def _weeks(learner: User, stands: Standing, due: dict[int, int], *, today: int) -> list[WeekPlan]:
    assert learner.exam_on is not None
    places = [place for place in Lesson.objects.all().places(learner.pk) if not place.is_finished]
    lessons = {place.slug: Thing(f"Read “{place.short}”", f"/lessons/{place.slug}/") for place in places}
    weak = [topic for topic in stands.topics if topic.heat.state in ("cold", "warm")]
    topics = {topic.slug: Thing(f"Practise {topic.title}", f"/practice/?topic={topic.slug}") for topic in weak}
    exams = _exams()
    age = None if stands.evidence_at is None else today - day_number(stands.evidence_at)
    days = min(day_number(learner.exam_on) - today, 7 * MOST_WEEKS)
    weeks = study_plan(
        today=date_of(today), exam_on=learner.exam_on, lessons=list(lessons), topics=list(topics), check_due=needs_check(stands.evidence, age),
        reviews=spread(due, today=today, daily=learner.daily_reviews, days=days, done=stands.done_today),
    )  # fmt: skip
    return [
        WeekPlan(
            week.first, week.last, week.reviews, [lessons[slug] for slug in week.lessons] + [topics[slug] for slug in week.topics],
            [Thing("Calibration check, 20 questions", "/readiness/")] * week.check + ([exams[week.exam]] if week.exam in exams else []),
        )
        for week in weeks
    ]  # fmt: skip


def _exams() -> dict[str, Thing]:
    """The longest exam that is open, and the longest of at most half its length."""
    plans = sorted(Blueprint.objects.filter(is_open=True), key=lambda plan: -plan.length)
    if not plans:
        return {}
    full = plans[0]
    shorter = next((plan for plan in plans if 2 * plan.length <= full.length), full)
    return {name: Thing(f"{plan.title}, {plan.minutes} min", f"/exams/{plan.slug}/") for name, plan in (("full", full), ("short", shorter))}
