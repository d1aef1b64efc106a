"""How matches are ordered, and the words around them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.domain.search import AROUND, excerpt, rank


def titles(words, entries):
    return [hit.title for hit in rank(words, [(title, f"/{title}/", text) for title, text in entries])]


def test_a_word_in_the_title_weighs_more():
    assert titles(["queue"], [("Other", "a queue queue queue"), ("The queue", "nothing")]) == ["The queue", "Other"]


def test_a_whole_word_weighs_more_than_a_part():
    assert titles(["sync"], [("One", "async async"), ("Two", "sync here, once more: sync")]) == ["Two", "One"]


def test_a_word_repeated_without_end_does_not_win_for_ever():
    text = "retry " * 500
    hits = rank(["retry"], [("A", "/a/", text), ("Retry", "/b/", "")])
    assert [hit.title for hit in hits] == ["Retry", "A"]


def test_equals_keep_their_order():
    assert titles(["x"], [("B", "x"), ("A", "x"), ("C", "x")]) == ["B", "A", "C"]


@pytest.mark.parametrize(
    ("words", "text", "expected"),
    [
        pytest.param(["queue"], "A queue waits.", ("A ", "queue", " waits."), id="every second piece is a match"),
        pytest.param(["queue"], "Queue and QUEUE", ("", "Queue", " and ", "QUEUE", ""), id="whatever the case"),
        pytest.param(["dead", "dead-letter"], "a dead-letter queue", ("a ", "dead-letter", " queue"), id="the longest word wins"),
        pytest.param(["a.b"], "axb a.b", ("axb ", "a.b", ""), id="no pattern of the reader's own"),
        pytest.param(["(", "["], "f(x) [y]", ("f", "(", "x) ", "[", "y]"), id="brackets are letters"),
        pytest.param(["nowhere"], "Some text", ("Some text",), id="a match in the title alone"),
        pytest.param(["x"], "", ("",), id="no text"),
    ],
)
def test_the_excerpt(words, text, expected):
    assert excerpt(words, text) == expected


def test_a_long_text_is_cut_around_the_first_match():
    pieces = excerpt(["needle"], "hay " * 200 + "needle" + " hay" * 200)
    assert pieces[1] == "needle"
    assert pieces[0].startswith("… ")
    assert pieces[-1].endswith(" …")
    assert AROUND <= len("".join(pieces)) <= 3 * AROUND + 4


def test_no_word_is_cut_in_half_at_either_end():
    pieces = excerpt(["needle"], "haystack " * 60 + "needle" + " haystack" * 60)
    assert set("".join(pieces).split()) == {"…", "haystack", "needle"}
    assert excerpt(["needle"], "x" * 300 + "needle" + "y" * 300)[1] == "needle"  # one endless word is cut all the same


@given(st.text(min_size=1).filter(str.strip), st.text())
def test_nothing_that_is_typed_breaks_it(word, text):
    pieces = excerpt([word.lower()], text)
    assert len(pieces) % 2 == 1
