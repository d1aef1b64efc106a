"""Tables that sort, filter and go out as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from typing import Any

#: What makes a spreadsheet take a cell for a formula when it stands first (OWASP, "CSV Injection", read 2026-11-26), with the wide forms
#: that some programs read as the same.
FORMULA = "=+-@\t\r\n＝＋－＠"
#: Tells a spreadsheet that the file is UTF-8.
BOM = "\ufeff"

Value = str | int | float | datetime | date | None


@dataclass(frozen=True, slots=True)
class Column:
    """`key` is what an address calls it."""

    key: str
    title: str
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a cell, and the value by which it sorts and which goes out; None sorts last in both directions."""

    text: str
    value: Value = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """`words` is what a filter by name looks in; the first cell heads the row."""

    cells: tuple[Cell, ...]
    words: str
    state: str


@dataclass(frozen=True, slots=True)
class Table:
    """Some rows under their columns. `states` are what one can filter by: value and label."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    states: tuple[tuple[str, str], ...] = ()


def cell(value: Value, *, url: str = "") -> Cell:
    """A cell that says its value as it is; a dash where there is none."""
    return Cell("–" if value is None else str(value), value, url)


def moment(local: datetime | None) -> Cell:
    """A moment of the site's clock, which the caller has asked."""
    return Cell("–", None) if local is None else Cell(f"{local.day} {local:%b %Y, %H:%M}", local)


def arrange(table: Table, *, sort: str = "", words: str = "", state: str = "") -> Table:
    """The rows with these words in their name and in this state, by the column `sort` (with a minus before it: the other way round).

    An unknown column or state is as none; rows that are equal keep their order.
    """
    rows = list(table.rows)
    if words := words.strip().casefold():
        rows = [row for row in rows if words in row.words.casefold()]
    if state in dict(table.states):
        rows = [row for row in rows if row.state == state]
    places = {column.key: n for n, column in enumerate(table.columns)}
    at = places.get(sort.removeprefix("-"))
    if at is not None:
        known = [row for row in rows if row.cells[at].value is not None]
        known.sort(key=lambda row: _order(row.cells[at].value), reverse=sort.startswith("-"))
        rows = known + [row for row in rows if row.cells[at].value is None]
    return Table(table.title, table.columns, tuple(rows), table.states)


def _order(value: Value) -> Any:
    return value.casefold() if isinstance(value, str) else value


def as_csv(table: Table) -> str:
    """The table as CSV for spreadsheets: UTF-8 with its mark, numbers as numbers, moments as "2026-11-23 09:00", no cell a formula."""
    return "".join(csv_lines([column.title for column in table.columns], ([cell.value for cell in row.cells] for row in table.rows)))


def csv_lines(titles: Sequence[str], rows: Iterable[Sequence[Value]]) -> Iterator[str]:
    """The same line by line, for files of any length."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\r\n")
    mark = BOM
    for row in chain([titles], rows):
        writer.writerow([plain_cell(value) for value in row])
        yield mark + file.getvalue()
        file.seek(0)
        file.truncate()
        mark = ""


def plain_cell(value: Value) -> str | int | float:
    """A value as a spreadsheet may read it without taking it for a formula: text that begins like one gets an apostrophe before it."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, str):
        begins = value.lstrip(" \u00a0")[:1]
        return f"'{value}" if begins and begins in FORMULA else value
    return value


def ordered_both_ways(key: str, *, current: str) -> str:
    """What the heading of a column asks for when it is pressed: this column, and the other way round when it leads already."""
    return f"-{key}" if current == key else key


def sorted_as(columns: Sequence[Column], *, sort: str) -> dict[str, str]:
    """What `aria-sort` says of each column: ascending or descending for the one that leads, nothing for the others."""
    key = sort.removeprefix("-")
    return {column.key: ("descending" if sort.startswith("-") else "ascending") if column.key == key else "" for column in columns}
