"""GIFT, case by case after Moodle's description of the format."""

from __future__ import annotations

import pytest

from quizzes.domain.exchange import Draft, read, write
from tests.domain.exchange.reading import one, options, said
from tests.factories import T0, make_item

FOUR = "{=right ~b ~c ~d}"


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        pytest.param("Q?{=right ~b ~c ~d}", "single", [("right", True), ("b", False), ("c", False), ("d", False)], id="single choice"),
        pytest.param("Q?{~%50%a ~%50%b ~%-50%c ~%-50%d}", "multiple", [("a", True), ("b", True), ("c", False), ("d", False)], id="weights"),
        pytest.param("Q?{~%100%a ~b ~c ~d}", "single", [("a", True), ("b", False), ("c", False), ("d", False)], id="one weight of 100"),
        pytest.param("Q?{TRUE}", "single", [("True", True), ("False", False)], id="true"),
        pytest.param("Q?{F}", "single", [("True", False), ("False", True)], id="false"),
        pytest.param("Q?{#3:0.5}", "numeric", [("3", True)], id="number with tolerance"),
        pytest.param("Q?{#2.5..3.5}", "numeric", [("3", True)], id="range"),
        pytest.param("Q?{#1e3}", "numeric", [("1000", True)], id="a power of ten"),
        pytest.param("Q?{#=3:0 =%0%4:0#no}", "numeric", [("3", True), ("4", False)], id="number with a wrong result"),
        pytest.param(r"Q?{=a \= b \~ \{x\} \# ~c\: d ~e ~f}", "single", [("a = b ~ {x} #", True), ("c: d", False), ("e", False), ("f", False)], id="escapes"),
        pytest.param("Q?{\n  =right\n  ~b\n  ~c\n  ~d\n}", "single", [("right", True), ("b", False), ("c", False), ("d", False)], id="on lines"),
        pytest.param("Q?{=[html]<b>a</b> ~b ~c ~d}", "single", [("**a**", True), ("b", False), ("c", False), ("d", False)], id="a form of its own"),
        pytest.param("Q?{=List<String> ~2*3*4 ~c ~d}", "single", [("List&lt;String>", True), ("2\\*3\\*4", False), ("c", False), ("d", False)], id="signs stay signs"),
    ],
)  # fmt: skip
def test_answers(text: str, kind: str, expected: list[tuple[str, bool]]):
    parsed = one("gift", text)
    assert options(parsed) == expected
    assert parsed.draft is not None
    assert parsed.draft.item.type == kind


@pytest.mark.parametrize(
    ("text", "stem"),
    [
        pytest.param(f"::Title::Why?{FOUR}", "Why?", id="title"),
        pytest.param("It is {=right ~b ~c ~d} here.", "It is _____ here.", id="missing word"),
        pytest.param(f"[html]<p>One</p><p>two <code>x</code></p>{FOUR}", "One\n\ntwo `x`", id="html"),
        pytest.param(f"[markdown]A `b < c` *d*{FOUR}", "A `b < c` *d*", id="markdown"),
        pytest.param(f"[plain]a *b*{FOUR}", "a \\*b\\*", id="plain"),
        pytest.param(f"[markdown]one\\n\\ntwo{FOUR}", "one\n\ntwo", id="line ends that are written"),
        pytest.param(f"goes\non{FOUR}", "goes on", id="line ends of the file"),
        pytest.param(f"// a note\r\nWindows{FOUR}\r\n", "Windows", id="Windows line ends and a comment"),
        pytest.param(f"\ufeffMarked{FOUR}", "Marked", id="byte order mark"),
    ],
)
def test_stems(text: str, stem: str):
    parsed = one("gift", text)
    assert parsed.draft is not None
    assert parsed.draft.item.stem == stem


def test_matching_keeps_its_pairs_and_the_partner_that_fits_nothing():
    parsed = one("gift", "Match.{=Canada -> Ottawa =Italy->Rome =Japan -> Tokyo = -> Paris}")
    assert parsed.draft is not None
    item = parsed.draft.item
    assert [(option.text, option.match) for option in item.options] == [("Canada", "Ottawa"), ("Italy", "Rome"), ("Japan", "Tokyo")]
    assert item.targets_extra == ("Paris",)


def test_feedback_becomes_rationales():
    parsed = one("gift", "Q?{=a#yes ~b#no ~c ~d ####In general}")
    assert parsed.draft is not None
    assert [option.why for option in parsed.draft.item.options] == ["yes\n\nIn general", "no", "", ""]
    assert "general feedback" in said(parsed)
    false = one("gift", "Q?{FALSE#you said true#well seen}")
    assert false.draft is not None
    assert [option.why for option in false.draft.item.options] == ["you said true", "well seen"]
    assert "this has 2 and needs 1 more before it can be published." in said(false)
    assert "this has 3, which is enough to publish it." in said(one("gift", "Q?{=a ~b ~c}"))
    assert "Single choice" not in said(one("gift", "Q?{=a ~b ~c ~d}"))


def test_categories_and_tags_are_labels():
    parsed = one("gift", f"$CATEGORY: $course$/top/invocation-async\n\n// [id:x] [tags:sqs,sns]\nQ?{FOUR}")
    assert parsed.draft is not None
    assert parsed.draft.labels == ("invocation-async", "sqs", "sns")


@pytest.mark.parametrize(
    ("text", "outcome", "line", "words"),
    [
        pytest.param("\n\nQ?{}", "skipped", 3, "essay", id="essay"),
        pytest.param("Q?{=word =other}", "skipped", 1, "short answer", id="short answer"),
        pytest.param("Only words.", "skipped", 1, "description", id="description"),
        pytest.param("Q?{=a =b ~c}", "skipped", 1, "any one of them", id="two right ones"),
        pytest.param("Q?{=a\n~b\n\n~c}", "broken", 1, "braces", id="an empty line inside"),
        pytest.param("Q?{=a ~b", "broken", 1, "braces", id="no closing brace"),
        pytest.param("Q?{#\n=six}", "broken", 1, "not a number", id="not a number"),
        pytest.param("Q?{#3,5}", "broken", 1, "decimal point", id="a decimal comma"),
        pytest.param("Q?{~a ~b ~c ~d}", "broken", 1, "Mark the key", id="no key"),
        pytest.param("Q?{=a ~b ~ ~d}", "broken", 1, "no text", id="an empty option"),
        pytest.param("::t::{=a ~b ~c ~d}", "broken", 1, "no text", id="no stem"),
        pytest.param("Q?{=a " + "~b " * 9 + "}", "skipped", 1, "10 options", id="too many options"),
    ],
)
def test_what_is_left_out_says_why_and_where(text: str, outcome: str, line: int, words: str):
    parsed = read("gift", text.encode())[0]
    assert (parsed.outcome, parsed.line) == (outcome, line)
    assert words in said(parsed)


def test_a_title_and_a_key_survive_other_systems():
    written = write("gift", [Draft(make_item(stem="A = {b} ~ c: #d"), "a-b", "a")], now=T0).data.decode()
    stripped = "\n".join(line for line in written.split("\n") if not line.startswith("//"))
    parsed = one("gift", stripped)
    assert parsed.title == "a-b"
    assert parsed.draft is not None
    assert parsed.draft.item.stem == "A = {b} ~ c: #d"
    assert parsed.draft.item.sources


def test_ordering_is_left_out_and_told():
    written = write("gift", [Draft(make_item(type="ordering"), "steps", "steps")], now=T0)
    assert written.left_out == ("steps",)
    assert "ordering" in written.notes[0][1]
