"""How steps, pairs and numbers are built; and which rules of choices leave them alone."""

from __future__ import annotations

import msgspec
import pytest

from quizzes.domain.items import Item
from quizzes.domain.quality import errors, findings
from tests.factories import make_item


def told(item: Item) -> list[tuple[str, str]]:
    return [(found.rule, found.field) for found in errors(item)]


@pytest.mark.parametrize(
    "item",
    [
        make_item(type="ordering"),
        make_item(type="ordering", texts=["It is queued", "It is tried", "It is kept"]),
        make_item(type="matching"),
        make_item(type="matching", targets_extra=()),
        make_item(type="matching", targets_extra=("A log", "A bus", "A topic of its own")),
        make_item(type="numeric"),
        make_item(type="numeric", unit="", tolerance="0", texts=["180", "120"]),
        make_item(type="numeric", texts=["-1.5", "1.5", "15", "0.15", "150"]),
        make_item(type="numeric", texts=["8", "9", "16777216"]),  # a key that is much shorter gives nothing away: none is shown
    ],
    ids=lambda item: f"{item.type} of {len(item.options)}",
)
def test_a_good_one_is_left_alone(item):
    assert findings(item) == []


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (make_item(type="ordering", texts=["It is queued", "It is tried"]), ("L10", "options")),
        (make_item(type="ordering", texts=[f"Step {n} of seven" for n in range(7)]), ("L10", "options")),
        (make_item(type="ordering", texts=["It is queued", "It is tried", "it is queued."]), ("L10", "option-2")),
        (make_item(type="matching", texts=["A queue", "A topic"]), ("L10", "options")),
        (make_item(type="matching", matches=("SQS", "", "SNS", "SNS")), ("partner", "option-1")),
        (make_item(type="matching", matches=("SQS",) * 4), ("key", "options")),
        (make_item(type="matching", targets_extra=("The caller",)), ("L10", "targets_extra")),
        (make_item(type="matching", targets_extra=("a", "b", "c", "d")), ("L10", "targets_extra")),
        (make_item(type="numeric", texts=["180"]), ("L10", "options")),
        (make_item(type="numeric", texts=["1", "2", "3", "4", "5", "6"]), ("L10", "options")),
        (make_item(type="numeric", texts=["three", "2"]), ("L10", "option-0")),
        (make_item(type="numeric", texts=["3", "1,250"]), ("L10", "option-1")),
        (make_item(type="numeric", texts=["3", "1e3"]), ("L10", "option-1")),
        (make_item(type="numeric", tolerance="0", texts=["1.5", "1.50"]), ("L10", "option-1")),
        (make_item(type="numeric", tolerance="1", texts=["3", "4"]), ("L10", "option-1")),
        (make_item(type="numeric", tolerance="0", texts=["3", "4", "4.0"]), ("L10", "option-2")),
        (make_item(type="numeric", tolerance="some"), ("L10", "tolerance")),
        (make_item(type="numeric", tolerance="-1"), ("L10", "tolerance")),
    ],
)
def test_a_flaw_is_found_at_its_field(item, expected):
    assert expected in told(item)


@pytest.mark.parametrize("type", ["ordering", "matching"])
def test_what_has_no_key_may_mark_none(type):
    item = make_item(type=type)
    options = tuple(msgspec.structs.replace(option, key=True) for option in item.options)
    assert told(make_item(type=type, options=options)) == [("key", f"option-{n}") for n in range(4)]


@pytest.mark.parametrize("keys", ["", "ab"])
def test_a_number_has_one_key(keys):
    item = make_item(type="numeric")
    options = tuple(msgspec.structs.replace(option, key=option.id in keys) for option in item.options)
    assert ("key", "options") in told(make_item(type="numeric", options=options))
