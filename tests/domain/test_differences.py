"""What changed between two wordings, told word by word."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.domain.differences import Difference, differences, text_pieces
from quizzes.domain.items import Item, Option, Source

SOURCE = Source(title="Guide", url="https://docs.aws.amazon.com/", checked=date(2026, 11, 23))
ITEM = Item(
    type="single", stem="Who retries an event?",
    options=(
        Option(id="a", text="The caller of the function", why="Nobody waits."),
        Option(id="b", text="The service itself, twice", why="Two retries.", key=True),
        Option(id="c", text="Nobody at all", why="There are retries."),
    ),
    objective="async-behaviour", topic="invocation-async", domain="resilient", level="apply", difficulty=2, facts=("two-retries",), sources=(SOURCE,),
)  # fmt: skip


def told(found: list[Difference]) -> dict[str, str]:
    """Label to a line in which [-what went-] and {+what came+} are marked."""
    marks = {"same": "{}", "gone": "[-{}-]", "new": "{{+{}+}}"}
    return {part.label: "".join(marks[piece.kind].format(piece.text) for piece in part.pieces) for part in found}


def but(item: Item = ITEM, **values: object) -> Item:
    return msgspec.structs.replace(item, **values)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param("a b c", "a x c", [("same", "a "), ("gone", "b "), ("new", "x "), ("same", "c")], id="one word"),
        pytest.param(
            "for an hour.",
            "for two days.",
            [("same", "for "), ("gone", "an hour"), ("new", "two days"), ("same", ".")],
            id="a run of words",
        ),
        pytest.param("", "new", [("new", "new")], id="from nothing"),
        pytest.param("same", "same", [("same", "same")], id="nothing"),
    ],
)
def test_texts_are_cut_where_they_part(old: str, new: str, expected: list[tuple[str, str]]):
    assert [(piece.kind, piece.text) for piece in text_pieces(old, new)] == expected


@given(st.text(alphabet="ab .\n", max_size=40), st.text(alphabet="ab .\n", max_size=40))
def test_both_texts_can_be_read_from_the_pieces(old: str, new: str):
    pieces = text_pieces(old, new)
    assert "".join(piece.text for piece in pieces if piece.kind != "new") == old
    assert "".join(piece.text for piece in pieces if piece.kind != "gone") == new


def test_the_same_wording_has_no_differences():
    assert differences(ITEM, but()) == []


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        pytest.param(but(stem="Who retries an order?"), {"Stem": "Who retries an [-event-]{+order+}?"}, id="stem"),
        pytest.param(but(type="multiple"), {"Type": "[-single-]{+multiple+}"}, id="type"),
        pytest.param(but(objective="async-design"), {"Objective": "[-async-behaviour-]{+async-design+}"}, id="a value goes as a whole"),
        pytest.param(but(lesson="retries#twice"), {"Lesson section": "{+retries#twice+}"}, id="a value that was empty"),
        pytest.param(but(facts=("three-tries",)), {"Facts": "{+three-tries+}"}, id="facts"),
        pytest.param(but(sources=()), {"Source": "[-Guide, https://docs.aws.amazon.com/, read on 2026-11-23-]"}, id="a source that went"),
        pytest.param(
            but(sources=(msgspec.structs.replace(SOURCE, checked=date(2026, 12, 1)),)),
            {"Source": "Guide, https://docs.aws.amazon.com/, read on 2026-[-11-]{+12+}-[-23-]{+01+}"},
            id="a source read again",
        ),
    ],
)
def test_each_part_is_told(new: Item, expected: dict[str, str]):
    assert told(differences(ITEM, new)) == expected


def test_options_are_followed_wherever_they_stand():
    a, b, c = ITEM.options
    new = but(options=(c, msgspec.structs.replace(b, text="The service itself, three times", key=False), a))
    assert told(differences(ITEM, new)) == {
        "Option 2": "The service itself, [-twice-]{+three times+}",
        "Option 2, key": "[-key-]{+not the key+}",
        "Order of the options": "[-1, 2, 3-]{+3, 2, 1+}",
    }


def test_an_option_that_came_and_one_that_went():
    a, b, _ = ITEM.options
    new = but(options=(a, b, Option(id="c", text="A queue with messages", why="It holds them.")))
    assert told(differences(ITEM, new)) == {
        "Option 3": "{+A queue with messages+}",
        "Option 3, key": "{+not the key+}",
        "Option 3, rationale": "{+It holds them.+}",
        "Option that stood at place 3 (not the key)": "[-Nobody at all-]",
    }


STEPS = but(type="ordering", options=tuple(msgspec.structs.replace(option, key=False) for option in ITEM.options))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(
            STEPS, but(STEPS, options=STEPS.options[1:] + STEPS.options[:1]), {"Order of the options": "[-1, 2, 3-]{+2, 3, 1+}"}, id="steps"
        ),
        pytest.param(STEPS, but(STEPS, options=STEPS.options[:2]), {"Option that stood at place 3": "[-Nobody at all-]"}, id="a step went"),
        pytest.param(
            but(STEPS, type="matching"),
            but(STEPS, type="matching", options=(msgspec.structs.replace(STEPS.options[0], match="SQS"), *STEPS.options[1:])),
            {"Option 1, partner": "{+SQS+}"},
            id="a partner",
        ),
        pytest.param(
            but(STEPS, type="matching", targets_extra=("SNS",)), but(STEPS, type="matching", targets_extra=("a log",)),
            {"Partner that fits nothing": "{+a log+}"}, id="a partner that fits nothing",
        ),
        pytest.param(
            but(type="numeric", unit="s"), but(type="numeric", unit="ms", tolerance="0.5"),
            {"Unit": "[-s-]{+ms+}", "Tolerance": "[-0-]{+0.5+}"}, id="a number",
        ),
    ],
)  # fmt: skip
def test_what_only_some_types_have_is_told(old: Item, new: Item, expected: dict[str, str]):
    assert told(differences(old, new)) == expected
