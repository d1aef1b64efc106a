"""Tables: their order, their filters, and CSV that no spreadsheet takes for a program."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.domain.tables import BOM, Cell, Column, Row, Table, arrange, as_csv, cell, ordered_both_ways, plain_cell, sorted_as


def table(*rows: tuple[str, int | None, str]) -> Table:
    columns = (Column("name", "Name"), Column("asked", "Asked", is_number=True))
    lines = tuple(Row((cell(name), cell(asked)), name, state) for name, asked, state in rows)
    return Table("People", columns, lines, (("in", "In"), ("out", "Out")))


PEOPLE = table(("Zoë", 9, "in"), ("anna", 10, "out"), ("Ben", None, "in"), ("Carl", 9, "out"))


def names(found: Table) -> list[str]:
    return [row.cells[0].text for row in found.rows]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, ["Zoë", "anna", "Ben", "Carl"]),
        ({"sort": "name"}, ["anna", "Ben", "Carl", "Zoë"]),
        ({"sort": "-name"}, ["Zoë", "Carl", "Ben", "anna"]),
        ({"sort": "asked"}, ["Zoë", "Carl", "anna", "Ben"]),
        ({"sort": "-asked"}, ["anna", "Zoë", "Carl", "Ben"]),
        ({"sort": "nothing"}, ["Zoë", "anna", "Ben", "Carl"]),
        ({"words": " AN "}, ["anna"]),
        ({"words": "n", "state": "out"}, ["anna"]),
        ({"state": "in", "sort": "name"}, ["Ben", "Zoë"]),
        ({"state": "nowhere"}, ["Zoë", "anna", "Ben", "Carl"]),
        ({"words": "nobody"}, []),
    ],
    ids=str,
)
def test_rows_come_in_the_order_and_the_choice_that_are_asked_for(asked, expected):
    assert names(arrange(PEOPLE, **asked)) == expected


def test_what_is_not_known_comes_last_whichever_way():
    assert names(arrange(PEOPLE, sort="asked"))[-1] == names(arrange(PEOPLE, sort="-asked"))[-1] == "Ben"


def test_pressing_a_heading_twice_turns_the_order_round():
    assert ordered_both_ways("name", current="") == "name"
    assert ordered_both_ways("name", current="name") == "-name"
    assert ordered_both_ways("name", current="-name") == "name"
    assert sorted_as(PEOPLE.columns, sort="-asked") == {"name": "", "asked": "descending"}


@pytest.mark.parametrize(
    "evil",
    [
        '=HYPERLINK("https://evil.example","Anna")',
        "+49 1",
        "-2+3",
        "@SUM(A1)",
        "\t=1+1",
        "\r=1",
        "\n=1",
        "  =1+1",
        "＝1+1",
        "－1",
        "＋1",
        "＠a",
        "\u00a0=1",
    ],
)
def test_a_name_that_would_be_a_formula_is_only_a_name(evil):
    assert plain_cell(evil) == f"'{evil}"


@pytest.mark.parametrize("kind", ["Anna", "O’Neil-Smith", "a=b", "5 %", "", "ü", "'quoted'"])
def test_other_words_stay_as_they_are(kind):
    assert plain_cell(kind) == kind


def test_numbers_and_moments_go_out_as_such():
    assert (plain_cell(7), plain_cell(0.714), plain_cell(None), plain_cell(datetime(2026, 11, 23, 9, 5, tzinfo=UTC))) == (
        7,
        0.714,
        "",
        "2026-11-23 09:05",
    )


def test_a_file_begins_with_the_mark_that_spreadsheets_know():
    file = as_csv(table(("Zoë; \"Ann\", 'x'", 3, "in")))
    assert file.startswith(BOM)
    assert file == BOM + 'Name,Asked\r\n"Zoë; ""Ann"", \'x\'",3\r\n'


def test_a_cell_goes_out_by_its_value_not_by_what_the_page_says():
    share = Table("T", (Column("share", "Share"),), (Row((Cell("80 % of 15", 0.8),), "", ""),))
    assert as_csv(share).endswith("0.8\r\n")


@given(st.lists(st.text(st.characters(exclude_characters="\x00", exclude_categories=("Cs",)), max_size=30), min_size=1, max_size=5))
def test_whatever_people_are_called_every_cell_comes_back_and_none_is_a_formula(people):
    rows = list(csv.reader(io.StringIO(as_csv(table(*((name, 1, "in") for name in people))).removeprefix(BOM), newline="")))[1:]
    assert [row[0].removeprefix("'") if plain_cell(name) != name else row[0] for row, name in zip(rows, people, strict=True)] == people
    assert not any(row[0].lstrip(" \u00a0")[:1] in tuple("=+-@\t\r\n") for row in rows if row[0].strip(" \u00a0"))
