"""The page before a review: what is due, and what the session will hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Min, Q

from quizzes.domain.attempt import Mode
from quizzes.domain.memory import date_of, day_number, spread
from quizzes.domain.selection import portions
from quizzes.models import Attempt, Card, User

#: A review has this many questions at most, and the short one this many.
FULL, SHORT = 25, 10
#: The page looks this many days ahead.
AHEAD = 7


@dataclass(frozen=True, slots=True)
class ReviewStart:
    """`due` cards wait; `planned` of them are meant for today, the rest spread over the days to come."""

    due: int
    planned: int
    done_today: int
    cards: int
    next_on: date | None
    days: list[tuple[date, int]]
    open_attempt: int | None
    open_left: int
    size: int

    @property
    def later(self) -> int:
        """Due, and left for the days to come."""
        return self.due - self.planned

    @property
    def asked(self) -> int:
        """How many due questions the suggested session holds."""
        return portions(size=self.size, due=self.due, weak=self.size, random=self.size).due


def review_start(learner: User | None, *, now: datetime) -> ReviewStart:
    """Three statements, however many cards there are."""
    today = day_number(now)
    if learner is None:
        return ReviewStart(0, 0, 0, 0, None, [], None, 0, SHORT)
    counts = dict(Card.objects.of(learner).asked().order_by().values_list("due_day").annotate(n=Count("pk")))
    figures = Card.objects.of(learner).aggregate(
        n=Count("pk"), done=Count("pk", filter=Q(day=today, reps__gt=1)), next=Min("due_day", filter=Q(due_day__gt=today))
    )
    running = (
        Attempt.objects.of(learner).filter(mode=Mode.REVIEW).unfinished()
        .annotate(left=Count("slots", filter=Q(slots__responses__isnull=True))).first()
    )  # fmt: skip
    due = sum(count for day, count in counts.items() if day <= today)
    plan = spread(counts, today=today, daily=learner.daily_reviews, days=AHEAD, done=figures["done"])
    size = FULL if due >= SHORT else SHORT
    return ReviewStart(
        due, plan[0], figures["done"], figures["n"], date_of(figures["next"]) if figures["next"] else None,
        [(date_of(today + n), count) for n, count in enumerate(plan)], running.pk if running else None, running.left if running else 0, size,
    )  # fmt: skip
