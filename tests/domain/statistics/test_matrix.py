"""Reading a matrix: what is taken, and where and how a bad file is told."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quizzes.domain.statistics import BadMatrix, read_matrix


def read(text: str):
    names, rows = read_matrix(text.splitlines(keepends=True))
    return names, list(rows)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a,b\n1,0\n0.5,\n", id="commas"),
        pytest.param("a;b\n1;0\n0.5;\n", id="semicolons"),
        pytest.param("a\tb\n1\t0\n.5\t\n", id="tabs"),
        pytest.param("\ufeffa,b\r\n1,0\r\n0.5,\r\n", id="a byte order mark, and lines of Windows"),
        pytest.param('\n"a", b \n\n 1 ,0.0\n5e-1,""\n\n', id="spaces, quotes, blank lines"),
    ],
)
def test_what_is_taken(text):
    assert read(text) == (["a", "b"], [[1, 0], [0.5, None]])


def test_names_may_hold_what_they_like():
    assert read('"one, two",3\n1,1\n')[0] == ["one, two", "3"]


def test_names_alone_are_a_matrix_without_attempts():
    assert read("a,b\n") == (["a", "b"], [])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("", "The file is empty.", id="empty"),
        pytest.param("\n \n", "The file is empty.", id="blank"),
        pytest.param(",,\n1,1,1\n", "The file is empty.", id="no names"),
        pytest.param("a,,c\n", "Line 1, column 2: the item has no name.", id="an item without a name"),
        pytest.param("0,1,1\n1,1,1\n", "Line 1, column 3: “1” is the name of column 2 already.", id="marks in the first row"),
        pytest.param("a,b\n1,0\n1\n", "Line 3, column 2: the row has 1 cell, and the first row names 2 items.", id="too few cells"),
        pytest.param("a,b\n1,0,1\n", "Line 2, column 3: the row has 3 cells, and the first row names 2 items.", id="too many cells"),
        pytest.param("a,b\n1,0\n1,yes\n", "Line 3, column 2 (b): “yes” is not a number. Write a fraction from 0 to 1", id="a word"),
        pytest.param("a;b\n1;0,5\n", "Line 2, column 2 (b): “0,5” is not a number.", id="a decimal comma"),
        pytest.param("a,b\n2,0\n", "Line 2, column 1 (a): 2 is not between 0 and 1.", id="points"),
        pytest.param("a,b\n1,-0.1\n", "Line 2, column 2 (b): -0.1 is not between 0 and 1.", id="below nothing"),
        pytest.param("a,b\n1,nan\n", "Line 2, column 2 (b): “nan” is not a number.", id="not a number"),
        pytest.param("a,b\n1,inf\n", "Line 2, column 2 (b): inf is not between 0 and 1.", id="infinity"),
        pytest.param("a,b\n1,1_0\n", "Line 2, column 2 (b): “1_0” is not a number.", id="an underscore"),
        pytest.param("a,b\n1,50%\n", "Line 2, column 2 (b): “50%” is not a number.", id="per cent"),
        pytest.param('a,b\n1,"0\n', "Line 2: the row cannot be read", id="a quotation mark left open"),
        pytest.param("a,b\n1,\x00\n", "Line 2", id="a null byte"),
        pytest.param("a,b\n1," + "9" * 200_000 + "\n", "Line 2: the row cannot be read", id="a cell without an end"),
        pytest.param(",".join(map(str, range(2001))) + "\n", "Line 1 names 2001 items", id="another kind of file"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text, told):
    with pytest.raises(BadMatrix) as refused:
        read(text)
    assert told in str(refused.value)
    assert str(refused.value).endswith(".")
    assert len(str(refused.value)) < 300


@settings(max_examples=80)
@given(st.text(alphabet=st.sampled_from('ab,;\t\n\r"01.5 \x00é'), max_size=60))
def test_no_text_breaks_the_reader(text):
    try:
        names, rows = read(text)
    except BadMatrix as refused:
        assert str(refused)  # noqa: PT017 (either a matrix or a sentence)
        return
    assert all(len(row) == len(names) for row in rows)
    assert all(cell is None or 0 <= cell <= 1 for row in rows for cell in row)
