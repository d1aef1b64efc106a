"""manage.py item_statistics: what answers say about items and tests, from the database or from a matrix file."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from quizzes.domain.statistics import BadMatrix, ItemFigures, ScoreFigures, analyse, ebel, flags_of, read_matrix, verdicts
from quizzes.domain.statistics.flags import ENOUGH_TO_SHOW, ENOUGH_TO_TRUST
from quizzes.domain.statistics.report import item_as_dict, scores_as_dict
from quizzes.services import statistics

#: How wide the bar is that shows how far the reading is.
BAR = 30
#: A bar is drawn anew after so many attempts of a file.
EVERY = 500

BY = {
    "items": "",
    "pairs": " (of the pairs of items there are: some cells are empty)",
    "drawn": " (everyone had other items, so how hard they were is part of the error)",
}


class Command(BaseCommand):
    help = (
        "Item and test statistics: of the first finished exam of every learner, or of a matrix file (first row item names, "
        "one row per attempt, fractions 0 to 1, an empty cell where an item was not administered). docs/statistics.md defines every figure."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--csv", metavar="FILE", help="a matrix file instead of the database")
        parser.add_argument("--json", action="store_true", help="print JSON")
        parser.add_argument("--rasch", action="store_true", help="also Rasch difficulties; needs the extra “stats” (numpy)")
        parser.add_argument(
            "--store", action="store_true", help="keep the figures of the database as today's snapshot for the authors’ desk"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["csv"] is not None and options["store"]:
            raise CommandError(
                "The figures of a file are not kept. Leave --store away, or leave --csv away to compute those of the database."
            )
        rasch = self._rasch() if options["rasch"] else None
        told = self._of_file(options["csv"], rasch) if options["csv"] is not None else self._of_database(rasch, store=options["store"])
        if options["json"]:
            self.stdout.write(json.dumps(told.as_json(), indent=2, ensure_ascii=False))
        else:
            for line in told.as_text():
                self.stdout.write(line)

    def _rasch(self) -> Any:
        try:
            return import_module("quizzes.domain.statistics.rasch")
        except ModuleNotFoundError:
            raise CommandError(
                "Rasch difficulties need numpy, which is not installed. Install the extra: pip install 'besa-serverless[stats]', or numpy itself."
            ) from None

    # -- a file ------------------------------------------------------------------------------------------------------

    def _of_file(self, name: str, rasch: Any) -> Told:
        path = Path(name)
        bar = self._progress()
        try:
            size = path.stat().st_size
            with path.open(encoding="utf-8", newline="") as lines:
                names, rows = read_matrix(lines)
                found = analyse(names, _watched(rows, bar, size=size))
        except BadMatrix as fault:
            raise CommandError(f"{name}: {fault}") from None
        except UnicodeDecodeError:
            raise CommandError(f"{name}: the file is not UTF-8 text. Save it as “CSV UTF-8”, then try again.") from None
        except OSError as fault:
            raise CommandError(f"{name} cannot be read ({fault.strerror}). Give the path of a CSV file.") from None
        finally:
            bar.close()
        fit = self._fit(rasch, names, lambda np: np.column_stack([np.array(column) for column in found.columns])) if rasch else None
        return Told("matrix", found.scores.n, [("", found.scores)], found.items, fit)

    # -- the database ------------------------------------------------------------------------------------------------

    def _of_database(self, rasch: Any, *, store: bool) -> Told:
        bar = self._progress()
        try:
            computed = statistics.compute(bar.show)
        finally:
            bar.close()
        if store:
            statistics.store(computed, now=timezone.now())
        items = [entry.figures for entry in computed.versions]
        fit = None
        if rasch:
            places = {entry.version: n for n, entry in enumerate(computed.versions)}
            fit = self._fit(rasch, [item.name for item in items], lambda np: _marks(np, computed.attempts, places))
        tests = [(exam.blueprint.slug, exam.scores) for exam in computed.exams]
        places_of = {entry.figures.name: entry for entry in computed.versions}
        return Told("database", computed.attempts, tests, items, fit, places_of)

    def _fit(self, rasch: Any, names: list[str], marks: Callable[[Any], Any]) -> Any:
        try:
            return rasch.fit(names, marks(rasch.np))
        except rasch.CannotFit as fault:
            raise CommandError(str(fault)) from None

    def _progress(self) -> Progress:
        return Progress(self.stderr if sys.stderr.isatty() else None)


class Progress:
    """A bar on a terminal; nothing where the output goes elsewhere."""

    def __init__(self, out: Any) -> None:
        self.out = out
        self.shown = ""

    def show(self, done: int, whole: int) -> None:
        if self.out and whole:
            full = BAR * done // whole
            self.shown = f"[{'#' * full}{'.' * (BAR - full)}] {done:,} of {whole:,}"
            self.out.write(f"\r{self.shown}", ending="")
            self.out.flush()

    def close(self) -> None:
        if self.shown:
            self.out.write(f"\r{' ' * len(self.shown)}\r", ending="")
            self.shown = ""


def _watched(rows: Iterator[list[float | None]], bar: Progress, *, size: int) -> Iterator[list[float | None]]:
    """The rows as they are, with the bar moved now and then; how many there will be is judged by what rows take in the file."""
    for n, row in enumerate(rows, start=1):
        if n % EVERY == 0:
            bar.show(min(n, whole := max(n, size // (2 * len(row)))), whole)
        yield row


def _marks(np: Any, attempts: int, places: dict[int, int]) -> Any:
    """The marks of every sitting, read once more: not-a-number where a version was not on the form."""
    marks = np.full((attempts, len(places)), np.nan)
    for n, sitting in enumerate(statistics.sittings()):
        for version, _, fraction, *_ in sitting.answers:
            marks[n, places[version]] = fraction
    return marks


class Told:
    """What was computed, as JSON or as lines of text."""

    def __init__(
        self, source: str, attempts: int, tests: Sequence[tuple[str, ScoreFigures]], items: Sequence[ItemFigures], rasch: Any,
        versions: dict[str, statistics.VersionFigures] | None = None,
    ) -> None:  # fmt: skip
        self.source, self.attempts, self.tests, self.items, self.rasch = source, attempts, tests, items, rasch
        self.versions = versions or {}

    def as_json(self) -> dict[str, Any]:
        found: dict[str, Any] = {"source": self.source, "attempts": self.attempts}
        if self.source == "matrix":
            found["test"] = scores_as_dict(self.tests[0][1])
        else:
            found["exams"] = [{"exam": name, **scores_as_dict(scores)} for name, scores in self.tests]
        found["items"] = [{**self._place(item.name), **item_as_dict(item)} for item in self.items]
        if self.rasch:
            found["rasch"] = {
                "n": self.rasch.n, "slope": self.rasch.slope, "slope_standard_error": self.rasch.slope_error,
                "log_likelihood": self.rasch.log_likelihood,
                "items": [{name: getattr(item, name) for name in item.__slots__} for item in self.rasch.items],
            }  # fmt: skip
        return found

    def _place(self, name: str) -> dict[str, Any]:
        entry = self.versions.get(name)
        return {"question": entry.slug, "version": entry.number} if entry else {}

    def as_text(self) -> Iterator[str]:
        if not self.attempts:
            what = "The file has no attempt yet: write one row for each." if self.source == "matrix" else "Nobody has finished an exam yet."
            yield f"{what} There is nothing to compute."
            return
        for name, scores in self.tests:
            yield from _test_lines(name, scores)
            yield ""
        yield from _item_lines(self.items)
        if self.rasch:
            yield ""
            yield from _rasch_lines(self.rasch)


def _number(value: float | None, digits: int = 2) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _test_lines(name: str, scores: ScoreFigures) -> Iterator[str]:
    alpha = f"Alpha {_number(scores.alpha)}"
    if scores.alpha_interval:
        alpha += f", 95 % {scores.alpha_interval.low:.2f} to {scores.alpha_interval.high:.2f}"
    title = f"Exam {name}: " if name else ""
    yield f"{title}{scores.n} attempts, {scores.items} items, {scores.most:g} marks"
    yield (
        f"Mean {_number(scores.mean)}, median {_number(scores.median)}, SD {_number(scores.sd)}, "
        f"skewness {_number(scores.skewness)}, kurtosis {_number(scores.kurtosis)}"
    )
    yield f"{alpha}{BY[scores.alpha_by]}; SEM {_number(scores.sem)} marks"
    yield f"Moodle: CIC {_number(scores.cic)} %, error ratio {_number(scores.error_ratio)} %, standard error {_number(scores.standard_error)}"
    for verdict in verdicts(scores):
        yield f"{verdict.why}{f' ({verdict.state})' if verdict.state else ''}"


def _item_lines(items: Sequence[ItemFigures]) -> Iterator[str]:
    """A table; p facility, r corrected discrimination, D of the 27 % tails, then Moodle's figures, then alpha without the item."""
    width = min(40, max([len(item.name) for item in items] + [4]))
    yield f"{'item':{width}}  {'n':>6}  {'p':>5}  {'SD':>5}  {'r':>6}  {'D':>6}  {'DI %':>6}  {'DE %':>6}  {'EW %':>6}  {'alpha-':>6}  flags"
    for item in items:
        cells = (
            item.facility, item.sd, item.discrimination, item.upper_lower, item.discrimination_index, item.discriminative_efficiency,
            item.effective_weight, item.alpha_if_deleted,
        )  # fmt: skip
        widths, digits = (5, 5, 6, 6, 6, 6, 6, 6), (2, 2, 2, 2, 1, 1, 1, 2)
        shown = "  ".join(f"{_number(cell, places):>{room}}" for cell, room, places in zip(cells, widths, digits, strict=True))
        words = ", ".join(f"{flag.kind.value} ({flag.state})" for flag in flags_of(item))
        if item.upper_lower is not None:
            words += f"{' · ' if words else ''}D {ebel(item.upper_lower)}"
        yield f"{item.name[:width]:{width}}  {item.n:>6}  {shown}  {words}".rstrip()
    if any(item.n < ENOUGH_TO_SHOW for item in items):
        yield f"Below {ENOUGH_TO_SHOW} answers a figure says nothing and nothing is flagged; below {ENOUGH_TO_TRUST} take it with care."


def _rasch_lines(found: Any) -> Iterator[str]:
    yield f"Rasch, {found.n} people: common slope {found.slope:.3f} (standard error {_number(found.slope_error, 3)}), log likelihood {found.log_likelihood:.2f}"
    width = min(40, max([len(item.name) for item in found.items] + [4]))
    yield f"{'item':{width}}  {'n':>6}  {'difficulty':>10}  {'error':>6}  {'infit':>6}  {'outfit':>6}"
    for item in found.items:
        cells = (_number(item.difficulty), _number(item.standard_error), _number(item.infit), _number(item.outfit))
        shown = "  ".join(f"{cell:>{room}}" for cell, room in zip(cells, (10, 6, 6, 6), strict=True))
        yield f"{item.name[:width]:{width}}  {item.n:>6}  {shown}"
