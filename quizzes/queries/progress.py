"""The progress page: topics, exams, own judgement, reports."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Avg, Count, Q, Value

from quizzes.domain.attempt import Mode
from quizzes.domain.charts import BarChart, Chart, Series, bar_chart, line_chart
from quizzes.domain.exam import SCALE_PASS
from quizzes.domain.markdown import opening
from quizzes.domain.memory import date_of, day_number
from quizzes.models import Attempt, LabPrediction, Lesson, MendedResult, Report, Response, User
from quizzes.models.mendings import is_dropped, is_right
from quizzes.queries.attempts import ExamLine, exam_line
from quizzes.queries.load import short
from quizzes.queries.standing import TopicHeat, standing

#: How many exams and sessions the page looks back.
EXAMS, SESSIONS = 30, 12
#: Where predictions in the lab stand among what was said of confidence.
LAB = "lab"


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
class ExamRow:
    """A finished exam with the seconds that a question took on average, and those that its time allows (None without a limit)."""

    line: ExamLine
    spent_s: float | None
    allowed_s: float | None


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
    question: int
    opening: str  # the first words of its stem
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
    topics: list[TopicHeat]
    lessons: int
    lessons_read: int
    exams: list[ExamRow] = field(default_factory=list)
    scores: Chart | None = None
    times: Chart | None = None
    sessions: list[SessionLine] = field(default_factory=list)
    confidence: list[ConfidenceLine] = field(default_factory=list)
    judgement: BarChart | None = None
    reports: list[ReportLine] = field(default_factory=list)
    mended: list[MendedLine] = field(default_factory=list)
    answers: int = 0
    right: int = 0
    predictions: int = 0
    predictions_right: int = 0
    cards: int = 0
    due: int = 0


def progress_page(learner: User | None, *, now: datetime) -> ProgressPage:
    """Everything a learner did, in about nine statements."""
    stands, places = standing(learner, now=now), Lesson.objects.all().places(learner.pk if learner else 0)
    read = sum(place.is_finished for place in places)
    if learner is None:
        return ProgressPage(stands.topics, len(places), read)
    said = _said(learner)
    lines = [ConfidenceLine(label, *said.get(key, (0, 0))) for key, label in (("sure", "Sure"), ("unsure", "Not sure"), ("guess", "Guess"))]
    lab = said.pop(LAB, (0, 0))
    exams = _exams(learner)
    return ProgressPage(
        stands.topics, len(places), read, exams, _scores(exams), _times(exams), _sessions(learner), lines, _judgement(lines),
        [_report_line(report) for report in Report.objects.filter(learner=learner).select_related("version")[:20]],
        _mended_lines(learner), sum(n for n, _ in said.values()), sum(right for _, right in said.values()), *lab, stands.cards, stands.planned(learner.daily_reviews),
    )  # fmt: skip


def _report_line(report: Report) -> ReportLine:
    return ReportLine(
        report.version.question_id,
        opening(report.version.item.stem),
        report.get_kind_display(),
        report.text,
        report.get_state_display(),
        report.reply,
        report.created_at,
    )


def _said(learner: User) -> dict[str, tuple[int, int]]:
    """Answers and how many of them were right, by what was said of confidence; predictions in the lab under a key of their own."""
    given = Response.objects.filter(learner=learner).order_by().values_list("confidence")
    given = given.annotate(n=Count("pk", filter=~is_dropped()), right=Count("pk", filter=is_right()))
    foretold = LabPrediction.objects.filter(learner=learner).order_by().values_list(Value(LAB))
    foretold = foretold.annotate(n=Count("pk"), hits=Count("pk", filter=Q(right=True)))
    rows: Any = given.union(foretold, all=True)
    return {key: (n, right) for key, n, right in rows}


def _sessions(learner: User) -> list[SessionLine]:
    rows = (
        Attempt.objects.of(learner).exclude(mode__in=[Mode.EXAM, Mode.CHECK])
        .annotate(
            answered=Count("slots__responses", filter=~is_dropped("slots__responses__")),
            hits=Count("slots__responses", filter=is_right("slots__responses__")),
        )
        .filter(answered__gt=0).order_by("-started_at")[:SESSIONS]
    )  # fmt: skip
    return [SessionLine(a.pk, str(a.plan.get("title", "")), a.mode, a.started_at, a.answered, a.hits, a.is_finished) for a in rows]


# -- exams -----------------------------------------------------------------------------------------------------------


def _exams(learner: User) -> list[ExamRow]:
    """Finished exams, the latest first, with their pace."""
    done = Attempt.objects.of(learner).exams().filter(submitted_at__isnull=False)
    rows = []
    for row in done.annotate(mean=Avg("slots__responses__spent_ms"), questions=Count("slots")).order_by("-started_at", "-pk")[:EXAMS]:
        allowed = (row.deadline_at - row.started_at).total_seconds() / row.questions if row.deadline_at and row.questions else None
        rows.append(ExamRow(exam_line(row), row.mean / 1000 if row.mean else None, allowed))
    return rows


def _days(rows: list[ExamRow]) -> list[float]:
    """Places of exams on the axis of days, the oldest first; two on one day stand side by side."""
    return [day_number(row.line.started_at) + row.line.started_at.hour / 24 for row in reversed(rows)]


def _ticks(days: list[float]) -> list[float]:
    """The first day and the last, which never stand too close to be read."""
    return [days[0], days[-1]] if days[-1] - days[0] >= 1 else [days[0]]


def _scores(rows: list[ExamRow]) -> Chart | None:
    """The scores over the days; a single exam makes no line, and one whose every question was dropped has no score."""
    scored = [(row, row.line.scaled) for row in rows if row.line.scaled is not None]
    if len(scored) < 2:
        return None
    days = _days([row for row, _ in scored])
    scores = [float(scaled) for _, scaled in reversed(scored)]
    return line_chart(
        title="Scores of your practice exams", description=f"From {scores[0]:.0f} to {scores[-1]:.0f}; a pass is {SCALE_PASS}. The table has every one.",
        series=[
            Series("your score", tuple(zip(days, scores, strict=True))),
            Series(f"pass, {SCALE_PASS}", ((days[0], SCALE_PASS), (days[-1], SCALE_PASS))),
        ],
        x_label="", y_label="score", x_text=lambda x: short(date_of(int(x))), y_text=lambda y: f"{y:.0f}", x_ticks=_ticks(days),
    )  # fmt: skip


def _times(rows: list[ExamRow]) -> Chart | None:
    """Seconds for a question on average, exam by exam, against those that its time allows."""
    rows = [row for row in rows if row.spent_s is not None]
    if len(rows) < 2:
        return None
    days = _days(rows)
    placed = list(zip(days, reversed(rows), strict=True))
    allowed = tuple((day, row.allowed_s) for day, row in placed if row.allowed_s is not None)
    series = [Series("you took", tuple((day, row.spent_s or 0.0) for day, row in placed))]
    return line_chart(
        title="Seconds for a question in your practice exams", series=[*series, Series("the exam allows", allowed)] if allowed else series,
        description=f"From {rows[-1].spent_s:.0f} to {rows[0].spent_s:.0f} seconds on average. The table has every exam.",
        x_label="", y_label="seconds", x_text=lambda x: short(date_of(int(x))), y_text=lambda y: f"{y:.0f}", x_ticks=_ticks(days),
    )  # fmt: skip


def _judgement(lines: list[ConfidenceLine]) -> BarChart | None:
    if not any(line.answers for line in lines):
        return None
    said = ", ".join(f"{line.label.lower()} {line.share:.0%}" for line in lines if line.share is not None)
    return bar_chart(
        title="How often you were right, by what you said", description=f"{said}. The table has the numbers.",
        values=[(line.label, line.share or 0.0) for line in lines], x_label="you said", y_label="right", y_text=lambda y: f"{y:.0%}",
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
