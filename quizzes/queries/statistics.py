"""What the desk shows of statistics: a cell in the list of questions, the panel of a question, the page of an exam."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, OrderBy, OuterRef, Q, QuerySet, Subquery

from quizzes.domain.charts import Chart, Series, line_chart
from quizzes.domain.items import Item
from quizzes.domain.statistics import Flag, Interval, ItemFigures, Kind, ScoreFigures, Verdict, ebel, evidence, flags_of, verdicts
from quizzes.domain.statistics.flags import ENOUGH_TO_SHOW, MOODLE
from quizzes.domain.statistics.report import item_from_dict, scores_from_dict
from quizzes.models import Blueprint, ExamStatistics, ItemStatistics, Question

#: What the flags are called at the desk.
LABELS = {
    Kind.MISKEY: "Check the key",
    Kind.WEAK: "Weak",
    Kind.MARGINAL: "Marginal",
    Kind.POOR_TAILS: "Upper hardly above lower",
    Kind.TOO_HARD: "Too hard",
    Kind.TOO_EASY: "Too easy",
    Kind.DEAD_OPTIONS: "Dead options",
    Kind.SLOW: "Slow",
    Kind.DUBIOUS: "Moodle: dubious",
    Kind.NEEDS_CHECKING: "Moodle: needs checking",
}

#: How alpha was found, in words.
ALPHA_BY = {
    "items": "Everyone had the same questions.",
    "pairs": "From the pairs of questions that people had both of.",
    "drawn": "Everyone had other questions, so how hard they were counts as error.",
}


# -- the list of questions -------------------------------------------------------------------------------------------


class FiguresLast(F):
    """A column to sort by where a row without a figure comes last, whichever way it is sorted and whichever the database."""

    def asc(self, **kwargs: Any) -> OrderBy:
        return super().asc(nulls_last=True)

    def desc(self, **kwargs: Any) -> OrderBy:
        return super().desc(nulls_last=True)


@dataclass(frozen=True, slots=True)
class ListFigures:
    """What a line of the list shows of a question's current version; nothing below 20 answers. `grey` below 60."""

    n: int
    facility: float | None
    discrimination: float | None
    flags: list[tuple[str, str]]  # label and state, ours alone
    grey: bool


def with_figures(questions: QuerySet[Question]) -> QuerySet[Question]:
    """The questions with the latest figures of their current version, to sort and filter by: no statement of its own."""
    latest = ItemStatistics.objects.filter(version=OuterRef("current")).order_by("-computed_on")
    return questions.annotate(
        figures_n=Subquery(latest.values("n")[:1]),
        facility=Subquery(latest.values("facility")[:1]),
        discrimination=Subquery(latest.values("discrimination")[:1]),
        flag_words=Subquery(latest.values("flags")[:1]),
    )


def flagged(questions: QuerySet[Any], kind: str) -> QuerySet[Any]:
    """Those of `with_figures` that have this flag."""
    return questions.filter(Q(flag_words__contains=f"{kind}="))


def list_figures(question: Any) -> ListFigures:
    """The figures of a question of `with_figures`."""
    n = question.figures_n or 0
    words = [word.partition("=") for word in (question.flag_words or "").split()]
    known = [(Kind(kind), state) for kind, _, state in words if kind in list(Kind)]
    ours = [(LABELS[kind], state) for kind, state in known if kind not in MOODLE]
    return ListFigures(n, question.facility, question.discrimination, ours, evidence(n) != "enough")


# -- a question ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FigureLine:
    """A figure in words: its name, its value, its 90 % interval, what to make of it."""

    label: str
    value: str
    interval: str
    meaning: str


@dataclass(frozen=True, slots=True)
class FlagLine:
    label: str
    state: str
    why: str
    advice: str


@dataclass(frozen=True, slots=True)
class OptionLine:
    """An option with what drew people to it; `role` is key, or what became of a distractor."""

    letter: str
    text: str
    role: str
    n: int
    share: str
    interval: str
    thirds: list[str]
    mean_total: str
    r: str


@dataclass(frozen=True, slots=True)
class VersionFigures:
    """One wording in the list of all."""

    number: int
    n: int
    facility: str
    discrimination: str
    computed_at: datetime


@dataclass(frozen=True, slots=True)
class ItemPanel:
    """All that is known of one wording. Below 20 answers only `n` is told."""

    number: int
    is_current: bool
    computed_at: datetime
    n: int
    evidence: str
    flags: list[FlagLine]
    lines: list[FigureLine]
    options: list[OptionLine]
    chart: Chart | None
    versions: list[VersionFigures]


def item_panel(question: Question) -> ItemPanel | None:
    """The figures of the current version, or of the latest that has any; None where nothing was computed. One statement."""
    latest = ItemStatistics.objects.filter(version=OuterRef("version")).order_by("-computed_on").values("pk")[:1]
    rows = list(
        ItemStatistics.objects.filter(version__question=question, pk=Subquery(latest))
        .select_related("version")
        .order_by("-version__number")
    )
    if not rows:
        return None
    row = next((row for row in rows if row.version_id == question.current_id), rows[0])
    figures = item_from_dict(row.figures)
    shown = row.n >= ENOUGH_TO_SHOW
    versions = [
        VersionFigures(
            r.version.number, r.n, _share(r.facility), _number(r.discrimination), r.computed_at,
        )
        for r in rows
    ]  # fmt: skip
    return ItemPanel(
        number=row.version.number,
        is_current=row.version_id == question.current_id,
        computed_at=row.computed_at,
        n=row.n,
        evidence=evidence(row.n),
        flags=[_flag_line(flag) for flag in flags_of(figures)],
        lines=_item_lines(figures) if shown else [],
        options=_option_lines(figures, row.version.item) if shown else [],
        chart=_option_chart(figures) if shown else None,
        versions=versions if len(versions) > 1 else [],
    )


def _flag_line(flag: Flag) -> FlagLine:
    return FlagLine(LABELS[flag.kind], flag.state, flag.why, flag.advice)


def _item_lines(item: ItemFigures) -> list[FigureLine]:
    guess = "" if item.random_guess is None else f" Guessing gives {_share(item.random_guess)}."
    tails = f"By Ebel {ebel(item.upper_lower)}; " if item.upper_lower is not None else "From 40 answers on; "
    plan = f"The exam plans {item.planned_s:.0f} s." if item.planned_s else ""
    return [
        FigureLine("Facility", _share(item.facility), _range(item.facility_interval, _share), f"How many are right.{guess}"),
        FigureLine("Standard deviation", _number(item.sd), "", "How far marks lie apart."),
        FigureLine(
            "Discrimination", _number(item.discrimination), _range(item.discrimination_interval, _number),
            "Correlation with the rest of the exam: .30 and more is good, below .10 weak.",
        ),
        FigureLine(
            "Upper less lower 27 %", _number(item.upper_lower), _range(item.upper_lower_interval, _number),
            f"{tails}{item.upper_n} and {item.lower_n} people.",
        ),
        FigureLine("Discrimination index (Moodle)", _percent(item.discrimination_index), "", "100 times the discrimination."),
        FigureLine(
            "Discriminative efficiency (Moodle)", _percent(item.discriminative_efficiency), _range(item.efficiency_interval, _percent),
            "What the discrimination is of what it could be at this facility.",
        ),
        FigureLine("Effective weight (Moodle)", _percent(item.effective_weight), "", "Its part in what tells people from each other."),
        FigureLine("Alpha with it", _number(item.alpha), "", "Of the exams that asked it."),
        FigureLine("Alpha without it", _number(item.alpha_if_deleted), "", "Higher than with it: the exam would be better off without."),
        FigureLine("Median time", _seconds(item.median_time_s), _range(item.time_interval, _seconds), plan),
        FigureLine("Mean share that holds", _share(item.partial), "", "With partial credit, for information; exams mark all or nothing."),
    ]  # fmt: skip


def _option_lines(figures: ItemFigures, item: Item) -> list[OptionLine]:
    texts = {option.id: option.text for option in item.options}
    roles = {True: "draws people", False: "does no work", None: "not assessable"}
    return [
        OptionLine(
            letter=option.option.upper(), text=texts.get(option.option, ""), role="key" if option.key else roles[option.functional],
            n=option.n, share=_share(option.share), interval=_range(option.share_interval, _share),
            thirds=[_share(third) for third in (option.lower, option.middle, option.upper)], mean_total=_share(option.mean_total),
            r=_number(option.r),
        )
        for option in figures.options
    ]  # fmt: skip


def _option_chart(figures: ItemFigures) -> Chart | None:
    """The share of each option over the thirds; None where a third is empty."""
    series = []
    for option in figures.options:
        shares = (option.lower, option.middle, option.upper)
        known = tuple((float(n), share) for n, share in enumerate(shares) if share is not None)
        if len(known) > 1:
            series.append(Series(f"{option.option.upper()}{' (key)' if option.key else ''}", known))
    if not series:
        return None
    names = ("lower", "middle", "upper")
    return line_chart(
        title="Who chose what", description="The share of each option in the lower, middle and upper third by total; the table says the same.",
        series=series, x_label="third of people, by their total", y_label="", x_text=lambda x: names[round(x)], y_text=_share, x_ticks=(0.0, 1.0, 2.0),
    )  # fmt: skip


# -- an exam ---------------------------------------------------------------------------------------------------------

#: What the items of an exam can be sorted by: the name in the address, and the heading.
SORTS = {
    "flags": "Flags", "name": "Question", "n": "Asked", "facility": "Facility", "discrimination": "Discrimination",
    "discriminative_efficiency": "Efficiency %", "effective_weight": "Weight %", "alpha_if_deleted": "Alpha without",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ExamItemLine:
    """An item in one exam; figures are dashes below 20 answers."""

    question: int
    name: str
    n: int
    facility: str
    discrimination: str
    efficiency: str
    weight: str
    alpha_without: str
    flags: list[FlagLine]
    grey: bool


@dataclass(frozen=True, slots=True)
class Column:
    """A heading that sorts: the next press turns the order over."""

    title: str
    sort: str
    order: str  # ascending, descending, or nothing


@dataclass(frozen=True, slots=True)
class ExamPage:
    """The test level of an exam. Below 20 people only `n` is told."""

    computed_at: datetime
    n: int
    evidence: str
    lines: list[FigureLine]
    verdicts: list[Verdict]
    columns: list[Column]
    items: list[ExamItemLine]


def exam_figures(blueprint: Blueprint) -> tuple[ScoreFigures, list[ItemFigures]] | None:
    """The latest figures of an exam and of its items, to export; None where nothing was computed. One statement."""
    row = ExamStatistics.objects.filter(blueprint=blueprint).order_by("-computed_on").first()
    if row is None:
        return None
    return scores_from_dict(row.figures["scores"]), [item_from_dict(item) for item in row.figures["items"]]


def exam_page(blueprint: Blueprint, *, sort: str = "") -> ExamPage | None:
    """The page of an exam, its items sorted by `sort` (a name of SORTS, with - before it the other way round); one statement."""
    row = ExamStatistics.objects.filter(blueprint=blueprint).order_by("-computed_on").first()
    if row is None:
        return None
    scores = scores_from_dict(row.figures["scores"])
    name = sort.removeprefix("-") if sort.removeprefix("-") in SORTS else "flags"
    descending = sort.startswith("-")
    items = [(item["question"], item_from_dict(item)) for item in row.figures["items"]]
    with_value = [(question, item) for question, item in items if _sort_value(item, name) is not None]
    ordered = sorted(with_value, key=lambda entry: _sort_value(entry[1], name), reverse=descending)
    ordered += [entry for entry in items if _sort_value(entry[1], name) is None]
    shown = row.n >= ENOUGH_TO_SHOW
    return ExamPage(
        computed_at=row.computed_at, n=row.n, evidence=evidence(row.n), lines=list(_score_lines(scores)) if shown else [],
        verdicts=verdicts(scores),
        columns=[_column(key, title, name=name, descending=descending) for key, title in SORTS.items()],
        items=[_exam_item(question, item) for question, item in ordered],
    )  # fmt: skip


def _sort_value(item: ItemFigures, name: str) -> Any:
    """What an item is sorted by: flags worst first, figures only where they are shown."""
    if name == "name":
        return item.name
    if name == "n":
        return item.n
    if item.n < ENOUGH_TO_SHOW:
        return None
    if name == "flags":
        ours = [flag for flag in flags_of(item) if flag.kind not in MOODLE]
        kinds = list(Kind)
        return [(flag.state != "confirmed", kinds.index(flag.kind)) for flag in ours] or [(True, len(kinds))]
    return getattr(item, name)


def _column(key: str, title: str, *, name: str, descending: bool) -> Column:
    if key != name:
        return Column(title, key, "")
    return Column(title, key if descending else f"-{key}", "descending" if descending else "ascending")


def _exam_item(question: int, item: ItemFigures) -> ExamItemLine:
    shown = item.n >= ENOUGH_TO_SHOW
    figures = (
        _share(item.facility), _number(item.discrimination), _percent(item.discriminative_efficiency), _percent(item.effective_weight),
        _number(item.alpha_if_deleted),
    )  # fmt: skip
    flags = [_flag_line(flag) for flag in flags_of(item) if flag.kind not in MOODLE]
    return ExamItemLine(question, item.name, item.n, *(figures if shown else ("–",) * 5), flags, evidence(item.n) != "enough")


def _score_lines(scores: ScoreFigures) -> Iterator[FigureLine]:
    yield FigureLine("People", str(scores.n), "", "Each with the first exam that they finished.")
    yield FigureLine("Questions", str(scores.items), "", f"Of which {scores.most:g} count in a sitting.")
    yield FigureLine("Mean", _number(scores.mean), "", f"Marks of {scores.most:g}.")
    yield FigureLine("Median", _number(scores.median), "", "")
    yield FigureLine("Standard deviation", _number(scores.sd), "", "How far totals lie apart.")
    yield FigureLine("Skewness", _number(scores.skewness), "", "Below 0: a long tail of low totals.")
    yield FigureLine("Kurtosis", _number(scores.kurtosis), "", "0 for a bell curve; above it, more totals far out.")
    interval = _range(scores.alpha_interval, _number)
    yield FigureLine("Alpha", _number(scores.alpha), f"{interval} (95 %)" if interval else "", ALPHA_BY[scores.alpha_by])
    yield FigureLine("Standard error of measurement", _number(scores.sem), "", "Marks that a total may be off by chance.")
    yield FigureLine("Internal consistency (Moodle)", _percent(scores.cic), "", "100 times alpha.")
    yield FigureLine("Error ratio (Moodle)", _percent(scores.error_ratio), "", "How much of the spread is chance.")
    yield FigureLine("Standard error (Moodle)", _number(scores.standard_error), "", "Error ratio times standard deviation.")


# -- in words --------------------------------------------------------------------------------------------------------


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}".replace("-", "−")


def _share(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.0f}\N{NO-BREAK SPACE}%"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}\N{NO-BREAK SPACE}%".replace("-", "−")


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f}\N{NO-BREAK SPACE}s"


def _range(interval: Interval | None, word: Any) -> str:
    return "" if interval is None else f"{word(interval.low)} to {word(interval.high)}"
