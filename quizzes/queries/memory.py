"""How a learner's memory stands: what fades, what comes up, what is weakest, what was forgotten again and again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef

from quizzes.domain import items
from quizzes.domain.charts import Chart, Series, line_chart
from quizzes.domain.memory import date_of, day_number, forecast, retrievability
from quizzes.models import Card, Response, User
from quizzes.queries.attempts import opening
from quizzes.queries.items import lesson_link, lesson_titles
from quizzes.queries.load import Load, due_counts, load_forecast, short
from quizzes.queries.standing import TopicHeat, standing

#: The forecast of fading looks this many days ahead; the table has a row for each week.
FADING_DAYS = 28
#: How many of the weakest cards, and of the leeches, the page lists.
WEAKEST, LEECHES = 10, 20


@dataclass(frozen=True, slots=True)
class CardLine:
    """A card in a list, with the question that was asked last; its address is empty where the learner cannot look at it again."""

    opening: str
    url: str
    topic: str
    recall: float
    lapses: int
    lesson_url: str
    lesson_title: str


@dataclass(frozen=True, slots=True)
class Fading:
    """The mean chance to recall if nothing is reviewed: the line, and (day, share) for the table."""

    chart: Chart
    rows: list[tuple[Any, float]]


@dataclass(frozen=True, slots=True)
class MemoryPage:
    cards: int
    due: int
    recall: float | None
    topics: list[TopicHeat]
    fading: Fading | None
    load: Load | None
    weakest: list[CardLine]
    leeches: list[CardLine]


def memory_page(learner: User | None, *, now: datetime) -> MemoryPage:
    """About eight statements, however many cards there are."""
    stands = standing(learner, now=now)
    if learner is None or not stands.cards:
        return MemoryPage(0, 0, None, [], None, None, [], [])
    today, titles = day_number(now), lesson_titles()
    topics = sorted((topic for topic in stands.topics if topic.cards), key=lambda topic: topic.recall or 0)
    rows = list(Card.objects.of(learner).asked().order_by().values_list("pk", "stability", "day"))
    weakest = [pk for pk, stability, day in sorted(rows, key=lambda row: (row[2] - today) / row[1])[:WEAKEST]]
    return MemoryPage(
        stands.cards, stands.planned(learner.daily_reviews), sum(topic.cards * (topic.recall or 0) for topic in topics) / stands.cards, topics,
        _fading([(stability, day) for _, stability, day in rows], today=today),
        load_forecast(due_counts(learner), today=today, daily=learner.daily_reviews, done=stands.done_today),
        sorted(_lines(_with_question(learner).filter(pk__in=weakest), today=today, titles=titles), key=lambda line: line.recall),
        _lines(_with_question(learner).leeches().asked().order_by("-lapses", "pk")[:LEECHES], today=today, titles=titles),
    )  # fmt: skip


def _with_question(learner: User) -> Any:
    """Cards with the wording of their question, and whether this learner answered it: a prediction in the lab makes a card too."""
    answered = Response.objects.filter(learner=learner, question=OuterRef("question"))
    return Card.objects.of(learner).select_related("question__current", "topic").annotate(answered=Exists(answered))


def _lines(cards: Iterable[Any], *, today: int, titles: dict[str, str]) -> list[CardLine]:
    lines = []
    for card in cards:
        item = items.from_dict(card.question.current.body)
        url, title = lesson_link(item.lesson, titles)
        recall = retrievability(card.stability, today - card.day, algorithm=card.algorithm)
        lines.append(
            CardLine(
                opening(item.stem),
                f"/questions/{card.question_id}/" if card.answered else "",
                card.topic.title,
                recall,
                card.lapses,
                url,
                title,
            )
        )
    return lines


def _fading(memories: list[tuple[float, int]], *, today: int) -> Fading:
    shares = forecast(memories, today=today, days=FADING_DAYS + 1, algorithm=settings.MEMORY_ALGORITHM)
    chart = line_chart(
        title="What you would recall if nothing was reviewed", x_label="", y_label="mean chance to recall",
        description=f"{shares[0]:.0%} today, {shares[-1]:.0%} in four weeks. The table beside it has every week.",
        series=[Series("chance to recall", tuple((float(n), share) for n, share in enumerate(shares) if n % 7 == 0))],
        x_text=lambda n: "today" if n == 0 else short(date_of(today + round(n))), y_text=lambda y: f"{y:.0%}", x_ticks=range(0, FADING_DAYS + 1, 7),
    )  # fmt: skip
    return Fading(chart, [(date_of(today + n), shares[n]) for n in range(0, FADING_DAYS + 1, 7)])
