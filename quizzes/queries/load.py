"""The reviews of the days to come: counts by due day, and the chart of them with its table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count

from quizzes.domain.charts import BarChart, bar_chart
from quizzes.domain.memory import date_of, spread
from quizzes.models import Card, User

#: The forecast looks this many days ahead.
AHEAD = 28


@dataclass(frozen=True, slots=True)
class LoadWeek:
    """Seven days of the forecast, for the table beside the chart."""

    first: date
    last: date
    reviews: int
    most: int


@dataclass(frozen=True, slots=True)
class Load:
    """Four weeks of reviews at so many a day."""

    chart: BarChart
    weeks: list[LoadWeek]
    total: int


def due_counts(learner: User) -> dict[int, int]:
    """Cards that are still asked by the day on which they are due: one statement."""
    return dict(Card.objects.of(learner).asked().order_by().values_list("due_day").annotate(n=Count("pk")))


def load_forecast(due: Mapping[int, int], *, today: int, daily: int, done: int) -> Load | None:
    """The load of the next four weeks; None where nothing comes up in them."""
    days = spread(due, today=today, daily=daily, days=AHEAD, done=done)
    if not any(days):
        return None
    weeks = [_week(days[n : n + 7], today + n) for n in range(0, AHEAD, 7)]
    chart = bar_chart(
        title="Reviews of the next four weeks", x_label="first day of each week", y_label="reviews a day", every=7, y_text=lambda y: f"{y:g}",
        description=f"{sum(days)} reviews in all, {max(days)} on the fullest day. The table beside it says it week by week.",
        values=[(short(date_of(today + n)), float(count)) for n, count in enumerate(days)],
    )  # fmt: skip
    return Load(chart, weeks, sum(days))


def _week(days: Sequence[int], first: int) -> LoadWeek:
    return LoadWeek(date_of(first), date_of(first + len(days) - 1), sum(days), max(days))


def short(day: date) -> str:
    """A day under a chart: 3 Nov."""
    return f"{day.day} {day:%b}"
