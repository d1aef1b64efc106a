"""A matrix of marks: the first row names the items, every other row is an attempt, an empty cell was not administered."""

from __future__ import annotations

import csv
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from quizzes.domain.statistics.figures import ItemFigures, ScoreFigures
from quizzes.domain.statistics.tally import Asked, Cell, Pairs, Tally

#: What may stand between cells. A file is read with the one that its first row has most of.
DELIMITERS = ",;\t"
#: More items than any test has; a file with more is another kind of file.
MOST_ITEMS = 2_000


class BadMatrix(Exception):
    """A file that is no matrix of fractions; the message says where and what to write instead."""


@dataclass(frozen=True, slots=True)
class MatrixFigures:
    """The figures of a matrix, and its columns: marks, not-a-number where a cell was empty."""

    scores: ScoreFigures
    items: list[ItemFigures]
    columns: list[array[float]]


def read_matrix(lines: Iterable[str]) -> tuple[list[str], Iterator[list[float | None]]]:
    """The names of the items, and the attempts one by one.

    Raises BadMatrix for the first row at once, for the others when they are reached.
    """
    source = iter(lines)
    first = next((line for line in source if line.strip()), "")
    delimiter = max(DELIMITERS, key=lambda mark: (first.count(mark), mark == ","))
    reader = csv.reader(_with(first.removeprefix("\ufeff"), source), delimiter=delimiter, strict=True)
    try:
        names = [name.strip() for name in next(reader, [])]
    except csv.Error as fault:
        raise BadMatrix(f"Line 1: {_csv_fault(fault)}") from None
    _check_names(names)
    return names, _attempts(reader, names)


def _with(first: str, rest: Iterator[str]) -> Iterator[str]:
    if first:
        yield first
    yield from rest


def _check_names(names: list[str]) -> None:
    if not any(names):
        raise BadMatrix("The file is empty. Write the names of the items in the first row and one row for each attempt below it.")
    if len(names) > MOST_ITEMS:
        raise BadMatrix(
            f"Line 1 names {len(names)} items; a matrix has {MOST_ITEMS} at most. Write one column for each item and one row for each attempt."
        )
    known: dict[str, int] = {}
    for column, name in enumerate(names, start=1):
        if not name:
            raise BadMatrix(f"Line 1, column {column}: the item has no name. Write one in the first row, or take the column out.")
        if name in known:
            raise BadMatrix(
                f"Line 1, column {column}: “{_short(name)}” is the name of column {known[name]} already. "
                "Give every item a name of its own; the first row holds names, not marks."
            )
        known[name] = column


def _attempts(reader: Iterator[list[str]], names: list[str]) -> Iterator[list[float | None]]:
    known: dict[str, float | None] = {"": None}  # a matrix has few different cells
    width = len(names)
    line = 1
    while True:
        try:
            row = next(reader, None)
        except csv.Error as fault:
            raise BadMatrix(f"Line {reader.line_num}: {_csv_fault(fault)}") from None  # type: ignore[attr-defined]
        if row is None:
            return
        line = reader.line_num  # type: ignore[attr-defined]
        if not any(map(str.strip, row)):
            continue
        if len(row) != width:
            raise BadMatrix(
                f"Line {line}, column {min(len(row), width) + 1}: the row has {len(row)} cell{'s' if len(row) != 1 else ''}, and the first row names "
                f"{width} item{'s' if width != 1 else ''}. Write one cell for each item; leave it empty where the item was not administered."
            )
        try:
            yield [known[text] for text in row]
        except KeyError:
            for column, text in enumerate(row):
                known[text] = _fraction(text, line=line, column=column + 1, name=names[column])
            yield [known[text] for text in row]


def _fraction(text: str, *, line: int, column: int, name: str) -> float | None:
    plain = text.strip()
    if not plain:
        return None
    where = f"Line {line}, column {column} ({_short(name)})"
    instead = "Write a fraction from 0 to 1, such as 0.5, or leave the cell empty where the item was not administered."
    try:
        value = float(plain) if plain.isascii() and "_" not in plain else None
    except ValueError:
        value = None
    if value is None or value != value:
        raise BadMatrix(f"{where}: “{_short(plain)}” is not a number. {instead}")
    if not 0 <= value <= 1:
        raise BadMatrix(f"{where}: {_short(plain)} is not between 0 and 1. {instead}")
    return value


def _csv_fault(fault: csv.Error) -> str:
    return f"the row cannot be read ({fault}). Write plain cells with commas between them, and close every quotation mark."


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= 40 else f"{plain[:37]}…"


def analyse(names: Sequence[str], rows: Iterable[Sequence[float | None]], *, maxima: Sequence[float] | None = None) -> MatrixFigures:
    """The figures of a matrix of marks; `maxima` are the greatest marks, 1 where nothing is said."""
    most = list(maxima) if maxima is not None else [1.0] * len(names)
    tally = Tally(full=sum(most))
    items = [tally.item(Asked(name, most=top)) for name, top in zip(names, most, strict=True)]
    columns = [array("d") for _ in names]
    empty = float("nan")
    has_gaps = False
    for row in rows:
        cells: list[Cell] = [(item, mark, True, (), 0, 0.0) for item, mark in zip(items, row, strict=True) if mark is not None]
        has_gaps = has_gaps or len(cells) < len(items)
        if cells:
            tally.add(cells)
        for column, mark in zip(columns, row, strict=True):
            column.append(empty if mark is None else mark)
    pairs = Pairs(columns) if has_gaps else None
    return MatrixFigures(tally.scores(pairs), tally.items(pairs), columns)
