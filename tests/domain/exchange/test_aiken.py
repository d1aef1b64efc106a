"""Aiken: the strict form, what people write beside it, and what cannot be read."""

from __future__ import annotations

import pytest

from quizzes.domain.exchange import Draft, read, write
from tests.domain.exchange.reading import one, options, said
from tests.factories import T0, make_item

GOOD = "What?\nA. one\nB. two\nC) three\nD) four\nANSWER: B\n"


def test_the_strict_form_comes_in_as_it_is():
    parsed = one("aiken", GOOD)
    assert parsed.outcome == "kept"
    assert options(parsed) == [("one", False), ("two", True), ("three", False), ("four", False)]


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        pytest.param("A. one", "a. one", 2, "Aiken writes options", id="small letter"),
        pytest.param("ANSWER: B", "Answer: b", 6, "in capitals", id="small answer"),
        pytest.param("What?", "What\nnow?", 2, "second line", id="question on two lines"),
        pytest.param("B. two", "B. two\nand more", 4, "second line", id="option on two lines"),
        pytest.param("A. one", "\nA. one", 3, "empty line", id="empty line inside"),
        pytest.param("D) four", "E) four", 5, "in order", id="letters out of order"),
        pytest.param("ANSWER: B", "ANSWER: A, B", 6, "multiple response", id="two answers"),
    ],
)
def test_usual_deviations_are_read_and_told(old: str, new: str, line: int, words: str):
    parsed = one("aiken", GOOD.replace(old, new))
    assert parsed.outcome == "changed"
    assert any(note.line == line and words in note.message for note in parsed.notes), parsed.notes


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        pytest.param(GOOD.replace("ANSWER: B", ""), 1, "no line ANSWER", id="no answer"),
        pytest.param(GOOD.replace("ANSWER: B", "ANSWER: F"), 6, "no option", id="an answer that is none"),
        pytest.param(GOOD.replace("ANSWER: B", "ANSWER:"), 6, "names nothing", id="an empty answer"),
        pytest.param("Just words.\n", 1, "no options", id="words alone"),
    ],
)
def test_broken_questions_name_the_line(text: str, line: int, words: str):
    parsed = one("aiken", text)
    assert parsed.outcome == "broken"
    assert parsed.notes[0].line == line
    assert words in said(parsed)


def test_a_question_without_answer_does_not_swallow_the_next():
    found = read("aiken", (GOOD.replace("ANSWER: B\n", "\n") + GOOD).encode())
    assert [parsed.outcome for parsed in found] == ["broken", "kept"]


def test_what_it_can_hold_comes_back():
    item = make_item(stem="What keeps `a < b`\n\nfor long?")
    written = write("aiken", [Draft(item, "one", "one"), Draft(make_item(type="numeric"), "two", "two")], now=T0)
    assert written.left_out == ("two",)
    parsed = one("aiken", written.data)
    assert parsed.draft is not None
    assert parsed.draft.item.stem == "What keeps a < b for long?"
    assert options(parsed) == [(option.text, option.key) for option in item.options]
