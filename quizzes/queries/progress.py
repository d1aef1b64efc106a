"""The progress page: topics, exams, own judgement, reports."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q

from quizzes.domain.attempt import Mode
from quizzes.models import Attempt, MendedResult, Report, Response, User
from quizzes.models.mendings import is_dropped, is_right
from quizzes.queries.attempts import ExamLine, exam_lines
from quizzes.queries.bank import TopicLine, topic_lines
from quizzes.queries.lessons import LessonLine, lesson_lines


@dataclass(frozen=True, slots=True)
class ConfidenceLine:
    """How often the learner was right when they said so."""

    label: str
    answers: int
    right: int

    @property
    def share(self) -> float | None:
        return self.right / self.answers if self.answers else None


@dataclass(frozen=True, slots=True)
class SessionLine:
    attempt: int
    title: str
    mode: str
    started_at: datetime
    answered: int
    right: int
    finished: bool


@dataclass(frozen=True, slots=True)
class ReportLine:
    kind: str
    text: str
    state: str
    reply: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class MendedLine:
    """A result that a mended key changed. `undone_at` where the mending was taken back, and the result with it."""

    attempt: int
    title: str
    sat_at: datetime
    mended_at: datetime
    before: int | None
    after: int | None
    undone_at: datetime | None


@dataclass(frozen=True, slots=True)
class ProgressPage:
    topics: list[TopicLine]
    exams: list[ExamLine]
    sessions: list[SessionLine]
    confidence: list[ConfidenceLine]
    lessons: list[LessonLine]
    reports: list[ReportLine]
    mended: list[MendedLine]
    answers: int
    right: int
    predictions: int = 0
    predictions_right: int = 0

    @property
    def lessons_read(self) -> int:
        return sum(line.finished for line in self.lessons)


def progress_page(learner: User | None) -> ProgressPage:
    """Everything a learner did, in about eight statements."""
    topics = topic_lines(learner)
    if learner is None:
        return ProgressPage(topics, [], [], [], lesson_lines(None), [], [], 0, 0)
    by_confidence: dict[str, Any] = {
        row["confidence"]: row
        for row in Response.objects.filter(learner=learner).values("confidence").order_by("confidence")
        .annotate(n=Count("pk", filter=~is_dropped()), right=Count("pk", filter=is_right()))
    }  # fmt: skip
    lines = [
        ConfidenceLine(label, by_confidence.get(key, {}).get("n", 0), by_confidence.get(key, {}).get("right", 0))
        for key, label in (("sure", "Sure"), ("unsure", "Not sure"), ("guess", "Guess"))
    ]
    sessions = (
        Attempt.objects.of(learner).filter(mode__in=[Mode.PRACTICE, Mode.REVIEW])
        .annotate(
            answered=Count("slots__responses", filter=~is_dropped("slots__responses__")),
            hits=Count("slots__responses", filter=is_right("slots__responses__")),
        )
        .filter(answered__gt=0).order_by("-started_at")[:12]
    )  # fmt: skip
    lab = learner.lab_predictions.aggregate(n=Count("pk"), right=Count("pk", filter=Q(right=True)))
    return ProgressPage(
        topics, exam_lines(learner, limit=30),
        [SessionLine(a.pk, str(a.plan.get("title", "")), a.mode, a.started_at, a.answered, a.hits, a.is_finished) for a in sessions],
        lines, lesson_lines(learner),
        [ReportLine(r.get_kind_display(), r.text, r.get_state_display(), r.reply, r.created_at) for r in Report.objects.filter(learner=learner)[:20]],
        _mended_lines(learner),
        sum(row["n"] for row in by_confidence.values()), sum(row["right"] for row in by_confidence.values()),
        lab["n"], lab["right"],
    )  # fmt: skip


def _mended_lines(learner: User) -> list[MendedLine]:
    """The latest results that learners had read already when a mended key changed them."""
    rows = MendedResult.objects.filter(attempt__learner=learner, scored_before__isnull=False).select_related("attempt", "mending")
    return [
        MendedLine(
            row.attempt_id, str(row.attempt.plan.get("title", "")), row.attempt.started_at, row.mending.made_at,
            row.scaled_before, row.scaled_after, row.mending.undone_at,
        )
        for row in rows.order_by("-pk")[:10]
    ]  # fmt: skip
