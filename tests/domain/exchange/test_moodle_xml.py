"""Moodle XML, type by type."""

from __future__ import annotations

import pytest

from quizzes.domain.exchange import Draft, Parsed, Unreadable, read, write
from tests.domain.exchange.reading import one, options, said
from tests.factories import T0, make_item


def question(kind: str, inner: str, stem: str = "<p>What <b>now</b>?</p>") -> str:
    text = f"<name><text>Q</text></name><questiontext format='html'><text><![CDATA[{stem}]]></text></questiontext>{inner}"
    return f"<?xml version='1.0'?>\n<quiz>\n<question type='{kind}'>{text}</question></quiz>"


def answer(fraction: str, text: str, more: str = "", form: str = "html") -> str:
    return f"<answer fraction='{fraction}' format='{form}'><text><![CDATA[{text}]]></text>{more}</answer>"


FOUR = answer("100", "<p>a</p>") + answer("0", "b") + answer("0", "c") + answer("0", "d")
SINGLE = f"<single>true</single>{FOUR}"


def test_single_choice_with_its_feedback():
    why = "<feedback format='html'><text>&lt;p&gt;Yes, &lt;i&gt;so&lt;/i&gt;&lt;/p&gt;</text></feedback>"
    parsed = one("moodle_xml", question("multichoice", SINGLE.replace("</text></answer>", f"</text>{why}</answer>", 1)))
    assert parsed.draft is not None
    assert parsed.draft.item.stem == "What **now**?"
    assert options(parsed) == [("a", True), ("b", False), ("c", False), ("d", False)]
    assert parsed.draft.item.options[0].why == "Yes, *so*"
    assert (parsed.outcome, parsed.line) == ("kept", 3)


@pytest.mark.parametrize(
    ("kind", "inner", "expected"),
    [
        pytest.param("multichoice", "<single>false</single>" + answer("50", "a") + answer("50", "b") + answer("-50", "c"), [("a", True), ("b", True), ("c", False)], id="several"),
        pytest.param("truefalse", answer("0", "true") + answer("100", "false"), [("True", False), ("False", True)], id="true or false"),
        pytest.param("numerical", answer("100", "2.5e1", "<tolerance>0.1</tolerance>") + answer("0", "30"), [("25", True), ("30", False)], id="number"),
        pytest.param("ordering", answer("2", "b") + answer("1", "a") + answer("3", "c"), [("a", False), ("b", False), ("c", False)], id="ordering"),
        pytest.param("multichoice", "<single>true</single>" + answer("100", "a *b*", form="plain_text") + answer("0", "`c`", form="markdown"), [("a \\*b\\*", True), ("`c`", False)], id="forms"),
    ],
)  # fmt: skip
def test_types(kind: str, inner: str, expected: list[tuple[str, bool]]):
    assert options(one("moodle_xml", question(kind, inner))) == expected


def test_matching_and_units():
    pairs = "".join(
        f"<subquestion format='html'><text>{a}</text><answer><text>{b}</text></answer></subquestion>"
        for a, b in [("x", "1"), ("y", "2"), ("", "3")]
    )
    matching = one("moodle_xml", question("matching", pairs)).draft
    assert matching is not None
    assert [(option.text, option.match) for option in matching.item.options] == [("x", "1"), ("y", "2")]
    assert matching.item.targets_extra == ("3",)
    units = "<units><unit><multiplier>1</multiplier><unit_name>ms</unit_name></unit><unit><multiplier>1000</multiplier><unit_name>s</unit_name></unit></units>"
    number = one("moodle_xml", question("numerical", answer("100", "7") + units))
    assert number.draft is not None
    assert number.draft.item.unit == "ms"
    assert "answers in s" in said(number)


@pytest.mark.parametrize(
    ("inner", "words"),
    [
        pytest.param("<hidden>1</hidden>", "hidden", id="hidden"),
        pytest.param("<generalfeedback format='html'><text>Read it</text></generalfeedback>", "general feedback", id="general feedback"),
        pytest.param("<hint format='html'><text>Look</text></hint>", "Hints", id="hints"),
        pytest.param("<correctfeedback format='html'><text>Bravo</text></correctfeedback>", "as a whole", id="combined feedback"),
        pytest.param("<file name='a.png' encoding='base64'>aGk=</file>", "no text shows as a picture are left out: a.png", id="files"),
    ],
)
def test_what_has_no_place_here_is_told(inner: str, words: str):
    assert words in said(one("moodle_xml", question("multichoice", SINGLE + inner)))


def test_tags_and_idnumber_come_back_without_our_comment():
    written = write("moodle_xml", [Draft(make_item(level="analyse"), "a-b", "fam")], now=T0).data.decode()
    parsed = one("moodle_xml", "\n".join(line for line in written.split("\n") if "<!-- besa" not in line))
    assert parsed.draft is not None
    item = parsed.draft.item
    assert (parsed.draft.slug, parsed.draft.family, item.level, item.difficulty) == ("a-b", "fam", "analyse", 2)
    assert item.sources


@pytest.mark.parametrize("kind", ["essay", "shortanswer", "multianswer", "description", "calculated", "ddwtos", "madeup"])
def test_types_that_we_do_not_have_are_skipped(kind: str):
    parsed = one("moodle_xml", question(kind, ""))
    assert parsed.outcome == "skipped"
    assert "skipped" in said(parsed)


def test_categories_are_labels():
    text = question("multichoice", SINGLE).replace(
        "<quiz>", "<quiz><question type='category'><category><text>$course$/top/invocation-async</text></category></question>"
    )
    found: list[Parsed] = read("moodle_xml", text.encode())
    assert [parsed.draft.labels for parsed in found if parsed.draft] == [("invocation-async",)]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("<quiz><question>", id="not well-formed"),
        pytest.param("<html/>", id="something else"),
        pytest.param("<quiz/>", id="empty"),
    ],
)
def test_other_files_are_refused(text: str):
    with pytest.raises(Unreadable):
        read("moodle_xml", text.encode())
