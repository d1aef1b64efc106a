"""CSV as spreadsheets write it, and our own TOML."""

from __future__ import annotations

import pytest

from quizzes.domain.exchange import Draft, Unreadable, read, write
from tests.domain.exchange.reading import one, options, said
from tests.factories import T0, make_item

HEAD = "stem,option_1,option_2,option_3,option_4,key"


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_separators_are_recognised(sign: str):
    parsed = one("csv", f"{HEAD}\nWhat?,a,b,c,d,B\n".replace(",", sign))
    assert options(parsed) == [("a", False), ("b", True), ("c", False), ("d", False)]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        pytest.param('"Two\nlines",a,b,c,d,A', "Two\nlines", id="line end in quotes"),
        pytest.param("\"Say \"\"so\"\"\",a,b,c,d,A", 'Say "so"', id="quotes in quotes"),
        pytest.param("'=1+1,a,b,c,d,A", "=1+1", id="a text that looks like a formula"),
    ],
)  # fmt: skip
def test_cells(row: str, expected: str):
    parsed = one("csv", f"{HEAD}\n{row}\n")
    assert parsed.draft is not None
    assert parsed.draft.item.stem == expected


@pytest.mark.parametrize(
    ("row", "outcome", "words"),
    [
        pytest.param("Q,a,b,c,d,", "broken", "Mark the key", id="no key"),
        pytest.param("Q,a,b,c,d,Z", "broken", "“Z”", id="a key that is none"),
        pytest.param("Q,a,,c,d,A", "broken", "no gap", id="a gap"),
        pytest.param("Q,a,b,c,d,A B", "broken", "2 options", id="two keys"),
    ],
)
def test_rows_that_do_not_fit(row: str, outcome: str, words: str):
    parsed = one("csv", f"{HEAD}\n\n{row}\n")
    assert (parsed.outcome, parsed.line) == (outcome, 3)
    assert words in said(parsed)


def test_columns_that_do_not_fit_are_told_and_left_out():
    parsed = one("csv", f"{HEAD},colour,level,difficulty,sources\nQ,a,b,c,d,A,red,hard,9,Guide | javascript:x | 2026-01-01\n")
    assert parsed.draft is not None
    for name in ("colour", "level", "difficulty", "sources"):
        assert name in said(parsed)
    assert parsed.draft.item.sources == ()


def test_a_spreadsheet_takes_no_cell_for_a_formula():
    written = write("csv", [Draft(make_item(stem="=HYPERLINK(1)"), "a", "a")], now=T0).data.decode("utf-8-sig")
    assert "'=HYPERLINK(1)" in written


@pytest.mark.parametrize("text", ["a,b\n1,2\n", f'{HEAD}\n"open,a,b\n', "x" * 20_000])
def test_what_is_no_table_of_ours_is_refused(text: str):
    with pytest.raises(Unreadable):
        read("csv", text.encode())


def test_a_broken_value_of_toml_names_its_line():
    text = write("toml", [Draft(make_item(), "a", "a"), Draft(make_item(), "b", "b")], now=T0).data.decode()
    lines = text.replace('slug = "b"', 'slug = "B b"').split("\n")
    found = read("toml", "\n".join(lines).encode())
    assert [parsed.outcome for parsed in found] == ["kept", "broken"]
    assert lines[found[1].notes[0].line - 1] == 'slug = "B b"'


@pytest.mark.parametrize(
    "text", ["[[question]\n", "question = 1\n", "[[other]]\na = 1\n", "a = " + "[" * 5000, "a." * 3000 + "b = 1", "a = " + "9" * 6000]
)
def test_toml_that_is_no_question_file_is_refused(text: str):
    with pytest.raises(Unreadable):
        read("toml", text.encode())
