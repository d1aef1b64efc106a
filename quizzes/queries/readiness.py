"""The reads of readiness: the line for other pages, the page that explains the number, and how well predictions hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connections
from django.db.models import Avg, Count, F, Q, Value
from django.utils import timezone

from quizzes.domain.attempt import Mode
from quizzes.domain.calibration import ENOUGH_JUDGED, Calibration, calibration, own_brier
from quizzes.domain.charts import Band, Chart, Series, line_chart
from quizzes.domain.exam import SCALE_PASS, scaled_score
from quizzes.domain.readiness import CHECK_LENGTH, COUNTING, ENOUGH_ANSWERS, missing, scaled_range
from quizzes.models import Attempt, Domain, Prediction, Response, User
from quizzes.models.mendings import is_dropped, is_right
from quizzes.queries.attempts import ExamLine, exam_lines

#: Predictions and exams on a chart, the newest.
SHOWN = 20
#: Judged predictions that the instructors' page reads, the newest.
READ = 10_000


# -- the line --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReadinessLine:
    """Readiness in a line. Without enough answers there is no number: `missing` says how many more fresh answers it takes."""

    enough: bool
    missing: int
    low: int | None = None
    high: int | None = None
    chance: float | None = None
    answers: int = 0


def readiness_line(learner: User | None, *, found: int = 0) -> ReadinessLine:
    """The latest prediction on the practice scale, or how much is missing for one, given that so many answers that count were `found`.

    One statement; none for a visitor.
    """
    if learner is None:
        return ReadinessLine(enough=False, missing=ENOUGH_ANSWERS)
    with connections[Prediction.objects.db].cursor() as cursor:
        cursor.execute(_LATEST, [learner.pk])
        latest = cursor.fetchone()
    if latest is None:
        return ReadinessLine(enough=False, missing=missing(found), answers=found)
    low, high, items, cut, chance, answers = latest
    return ReadinessLine(True, 0, *scaled_range(low, high, items, cut=cut), chance, answers)


#: The Today page reads this each time: as SQL it costs a fifth of a composed query.
_LATEST = """SELECT low80, high80, items, cut, chance, answers FROM quizzes_prediction
    WHERE learner_id = %s ORDER BY made_at DESC, id DESC LIMIT 1"""


# -- the page --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DomainLine:
    """Right of answered in a domain; `low` and `high` bound the share (80 %)."""

    title: str
    right: int
    answers: int
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Said:
    """A prediction as it was said: scores on the practice scale, right answers of `items`."""

    made_at: datetime
    answers: int
    low: int
    high: int
    expected: int
    chance: float
    low_right: int
    high_right: int
    items: int
    actual: int | None  # what the next exam gave, on the practice scale; None before it


@dataclass(frozen=True, slots=True)
class Left:
    """Answers that do not count, and why."""

    what: str
    why: str
    answers: int


@dataclass(frozen=True, slots=True)
class OwnLine:
    """How often the learner was right when they said so; `stated` is what their word is taken for."""

    label: str
    answers: int
    right: int
    stated: float

    @property
    def share(self) -> float | None:
        return self.right / self.answers if self.answers else None


@dataclass(frozen=True, slots=True)
class ReadinessPage:
    """Everything behind the number. `latest` is None below 20 answers that count, and then nothing else of it is said."""

    latest: Said | None
    missing: int
    own: list[OwnLine]
    answers: int = 0
    right: int = 0
    effective: float = 0.0
    prior_mean: float = 0.0
    prior_strength: float = 0.0
    drift: float = 0.0
    domains: list[DomainLine] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    history: list[Said] = field(default_factory=list)
    history_chart: Chart | None = None
    exams: list[ExamLine] = field(default_factory=list)
    exams_chart: Chart | None = None
    brier: float | None = None
    open_check: int | None = None
    check_length: int = CHECK_LENGTH


_WHY = {
    "repeat": ("Questions you had met before", "A second answer shows memory of the question, not readiness for a new one."),
    "self_chosen": ("Practice", "You chose the topics yourself, so they are not a fair sample of an exam."),
    "targeted": ("Checks in lessons and misses that came back", "They were asked because of what you had just read or missed."),
    "review": ("Review", "What is due was chosen because you may have forgotten it."),
    "dropped": ("Dropped questions", "They turned out wrong after they were asked, and count for nobody."),
}


def readiness_page(learner: User | None) -> ReadinessPage:
    """The page of readiness: six statements at most, whatever the history."""
    if learner is None:
        return ReadinessPage(None, ENOUGH_ANSWERS, _own({}, 0.25))
    rows = list(Prediction.objects.of(learner)[:SHOWN])
    counts = _counts(learner)
    answers = sum(n for (selection, new), n in counts.items() if new and selection in COUNTING)
    exams = exam_lines(learner, limit=SHOWN)
    open_check = Attempt.objects.of(learner).filter(mode=Mode.READINESS).unfinished().values_list("pk", flat=True).first()
    words, guess = _words(learner)
    history = [_said(row) for row in rows]
    row = rows[0] if rows else None
    return ReadinessPage(
        latest=history[0] if history else None, missing=missing(answers), answers=row.answers if row else answers,
        right=row.right if row else 0, effective=row.effective if row else 0.0, prior_mean=row.prior_mean if row else 0.0,
        prior_strength=row.prior_strength if row else 0.0, drift=row.drift if row else 0.0, domains=_domains(row) if row else [],
        left=_left(counts), history=history, history_chart=_history_chart(history), exams=exams, exams_chart=_exams_chart(exams),
        own=_own(words, guess), brier=own_brier(words, guess=guess), open_check=open_check,
    )  # fmt: skip


def _said(row: Prediction) -> Said:
    low, high = scaled_range(row.low80, row.high80, row.items, cut=row.cut)
    actual = None
    if row.actual_items:
        actual = scaled_score(row.actual_right or 0, row.actual_items, cut=row.cut)
    expected = scaled_score(row.expected, row.items, cut=row.cut)
    return Said(row.made_at, row.answers, low, high, expected, row.chance, row.low80, row.high80, row.items, actual)


def _domains(row: Prediction) -> list[DomainLine]:
    found = {line["domain"]: line for line in row.domains}
    return [
        DomainLine(title, found[key]["right"], found[key]["answers"], found[key]["low"], found[key]["high"])
        for key, title in Domain.objects.values_list("key", "title")
        if key in found
    ]


def _counts(learner: User) -> dict[tuple[str, bool], int]:
    """Answers by how their question was chosen and whether it was new; those to dropped questions are chosen as "dropped"."""
    rows = Response.objects.filter(learner=learner).order_by().values_list("selection", "is_new")
    counts: dict[tuple[str, bool], int] = {}
    for selection, new, n, dropped in rows.annotate(n=Count("pk", filter=~is_dropped()), dropped=Count("pk", filter=is_dropped())):
        counts[selection, new] = n
        counts["dropped", True] = counts.get(("dropped", True), 0) + dropped
    return counts


def _left(counts: dict[tuple[str, bool], int]) -> list[Left]:
    sums: dict[str, int] = {}
    for (selection, new), n in counts.items():
        if not (new and selection in COUNTING):
            reason = selection if new else "repeat"
            sums[reason] = sums.get(reason, 0) + n
    return [Left(*_WHY[reason], sums[reason]) for reason in _WHY if sums.get(reason)]


def _words(learner: User) -> tuple[dict[str, tuple[int, int]], float]:
    """Answers and right ones by stated confidence, and the mean chance of a guess."""
    rows = (
        Response.objects.filter(learner=learner).exclude(confidence="").order_by().values_list("confidence")
        .annotate(n=Count("pk", filter=~is_dropped()), right=Count("pk", filter=is_right()),
                  luck=Avg(Value(1.0) / F("question__option_count"), filter=Q(question__option_count__gt=1)))
    )  # fmt: skip
    found = {word: (n, right, luck) for word, n, right, luck in rows}
    guess = found.get("guess", (0, 0, None))[2]
    return {word: (n, right) for word, (n, right, _) in found.items()}, guess or 0.25


def _own(words: dict[str, tuple[int, int]], guess: float) -> list[OwnLine]:
    stated = (("sure", "Sure", 0.9), ("unsure", "Not sure", 0.6), ("guess", "Guess", guess))
    return [OwnLine(label, *words.get(key, (0, 0)), share) for key, label, share in stated]


# -- charts ----------------------------------------------------------------------------------------------------------


def _history_chart(history: Sequence[Said]) -> Chart | None:
    """Readiness over time with its band; None before there are two predictions."""
    if len(history) < 2:
        return None
    rows = list(reversed(history))
    start = rows[0].made_at
    days = [(row.made_at - start).total_seconds() / 86_400 for row in rows]
    return line_chart(
        title="Readiness over time",
        description=f"From {rows[0].low} to {rows[0].high} at first to {rows[-1].low} to {rows[-1].high} now; a pass is {SCALE_PASS}. The table has every value.",
        series=[Series("expected score", tuple((x, float(row.expected)) for x, row in zip(days, rows, strict=True)))],
        bands=[Band("80 % range", tuple((x, float(row.low), float(row.high)) for x, row in zip(days, rows, strict=True)))],
        levels=[(float(SCALE_PASS), "pass")], x_label="", y_label="score", x_text=lambda x: _date(start, x), y_text=lambda y: f"{y:.0f}",
        x_ticks=_ends(days),
    )  # fmt: skip


def _exams_chart(exams: Sequence[ExamLine]) -> Chart | None:
    """Results over exams; None before there are two. Where every question was dropped there is no score to show."""
    scores = [float(row.scaled) for row in reversed(exams) if row.scaled is not None]
    if len(scores) < 2:
        return None
    return line_chart(
        title="Results over exams",
        description=f"{scores[0]:.0f} in the first of these {len(scores)} exams, {scores[-1]:.0f} in the last; a pass is {SCALE_PASS}. The table has every value.",
        series=[Series("practice score", tuple((float(n), score) for n, score in enumerate(scores, start=1)))],
        levels=[(float(SCALE_PASS), "pass")], x_label="exam", y_label="score", x_text=lambda x: f"{x:.0f}", y_text=lambda y: f"{y:.0f}",
        x_ticks=_ends([float(n) for n in range(1, len(scores) + 1)]),
    )  # fmt: skip


def _ends(places: Sequence[float]) -> list[float]:
    """The first and the last place, once if they are one."""
    return [places[0]] if places[-1] <= places[0] else [places[0], places[-1]]


def _date(start: datetime, days: float) -> str:
    moment = timezone.localtime(start + timedelta(days=days))
    return f"{moment.day} {moment:%b}"


# -- how well predictions hold ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HoldPage:
    """How well predictions hold. `found` is None below 20 judged ones: then nothing is claimed."""

    judged: int
    waiting: int
    missing: int
    found: Calibration | None
    chart: Chart | None


def hold_page() -> HoldPage:
    """Two statements."""
    rows = [row.outcome for row in Prediction.objects.judged().order_by("-judged_at", "-pk").defer("domains")[:READ]]
    waiting = Prediction.objects.filter(judged_at=None).count()
    if len(rows) < ENOUGH_JUDGED:
        return HoldPage(len(rows), waiting, ENOUGH_JUDGED - len(rows), None, None)
    found = calibration(rows)
    assert found is not None
    return HoldPage(len(rows), waiting, 0, found, _reliability_chart(found))


def _reliability_chart(found: Calibration) -> Chart:
    return line_chart(
        title="Stated chance to pass against what came",
        description="Each point is a tenth of the scale with predictions in it; on the dashed line, chances are true. The table has every value.",
        series=[
            Series("passed", tuple((bin.chance, bin.passed) for bin in found.bins)),
            Series("as it should be", ((0.0, 0.0), (1.0, 1.0))),
        ],
        x_label="stated chance", y_label="share that passed", x_text=lambda x: f"{x:.0%}", y_text=lambda y: f"{y:.0%}",
        x_ticks=[0.0, 0.25, 0.5, 0.75, 1.0],
    )  # fmt: skip


#: The columns of the export, and the fields behind them. Who was predicted stays out.
EXPORTED = {
    "made_at": "made_at", "judged_at": "judged_at", "algorithm": "algorithm", "answers": "answers", "effective": "effective",
    "prior_mean": "prior_mean", "prior_strength": "prior_strength", "drift": "drift", "items": "actual_items", "needed": "judged_needed",
    "low80": "judged_low80", "high80": "judged_high80", "low90": "judged_low90", "high90": "judged_high90",
    "expected": "judged_expected", "chance": "judged_chance", "right": "actual_right",
}  # fmt: skip


def hold_rows() -> Iterator[list[Any]]:
    """The judged predictions as rows of a table, the head first, without names."""
    yield list(EXPORTED)
    for row in Prediction.objects.judged().order_by("judged_at", "pk").values_list(*EXPORTED.values()).iterator(chunk_size=1000):
        yield [value.isoformat() if isinstance(value, datetime) else value for value in row]
