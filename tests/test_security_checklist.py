"""docs/security.md: every requirement of levels 1 and 2 once, and every test that it names exists."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
PAGE = (TESTS.parent / "docs/security.md").read_text()

#: The requirements of ASVS 5.0.0 of levels 1 and 2, by section.
SECTIONS = {
    "V1.1": "1-2", "V1.2": "1-9", "V1.3": "1-11", "V1.4": "1-3", "V1.5": "1-2",
    "V2.1": "1-3", "V2.2": "1-3", "V2.3": "1-4", "V2.4": "1",
    "V3.2": "1-2", "V3.3": "1-4", "V3.4": "1-6", "V3.5": "1-5", "V3.7": "1-2",
    "V4.1": "1-3", "V4.2": "1", "V4.3": "1-2", "V4.4": "1-4",
    "V5.1": "1", "V5.2": "1-3", "V5.3": "1-2", "V5.4": "1-3",
    "V6.1": "1-3", "V6.2": "1-12", "V6.3": "1-4", "V6.4": "1-4", "V6.5": "1-5", "V6.6": "1-3", "V6.8": "1-4",
    "V7.1": "1-3", "V7.2": "1-4", "V7.3": "1-2", "V7.4": "1-5", "V7.5": "1-2", "V7.6": "1-2",
    "V8.1": "1-2", "V8.2": "1-3", "V8.3": "1", "V8.4": "1", "V9.1": "1-3", "V9.2": "1-4",
    "V10.1": "1-2", "V10.2": "1-2", "V10.3": "1-4", "V10.4": "1-11", "V10.5": "1-5", "V10.6": "1-2", "V10.7": "1-3",
    "V11.1": "1-2", "V11.2": "1-3", "V11.3": "1-3", "V11.4": "1-4", "V11.5": "1", "V11.6": "1",
    "V12.1": "1-3", "V12.2": "1-2", "V12.3": "1-4", "V13.1": "1", "V13.2": "1-5", "V13.3": "1-2", "V13.4": "1-5",
    "V14.1": "1-2", "V14.2": "1-4", "V14.3": "1-3", "V15.1": "1-3", "V15.2": "1-3", "V15.3": "1-7",
    "V16.1": "1", "V16.2": "1-5", "V16.3": "1-4", "V16.4": "1-3", "V16.5": "1-3", "V17.1": "1", "V17.2": "1-4", "V17.3": "1-2",
}  # fmt: skip
ROWS = re.findall(r"^\| (V[\d., V]+) \| (.+?) \| (.*?) \| (.+) \|$", PAGE, re.M)


def asked() -> list[str]:
    numbers = []
    for section, places in SECTIONS.items():
        first, _, last = places.partition("-")
        numbers += [f"{section}.{n}" for n in range(int(first), int(last or first) + 1)]
    return numbers


@cache
def names_in(path: Path) -> set[str]:
    return {node.name for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)}


def test_every_requirement_of_levels_1_and_2_has_its_line_once():
    listed = [number for numbers, *_ in ROWS for number in numbers.split(", ")]
    assert len(asked()) == 253  # 70 of level 1, 183 of level 2
    assert sorted(listed) == sorted(asked())


def test_every_line_says_how_it_stands():
    for numbers, asks, state, shown in ROWS:
        assert state in {"holds", "partly", "site", "no such thing"}, numbers
        assert len(asks) < 120, numbers
        assert shown.strip(), numbers


def test_what_holds_is_shown_by_a_test_or_a_page():
    for numbers, _, state, shown in ROWS:
        if state == "holds":
            assert re.search(r"`[\w/]*test_\w+\.py|\]\(", shown), numbers


@pytest.mark.parametrize("named", sorted(set(re.findall(r"`(?:tests/)?((?:\w+/)*test_\w+\.py(?:::\w+)?)`", PAGE))))
def test_every_test_that_is_named_exists(named: str):
    file, _, name = named.partition("::")
    path = TESTS / file
    assert path.is_file()
    assert not name or name in names_in(path)


def test_what_does_not_hold_is_said_in_front():
    in_short = re.search(r"What does not hold, in short: (.*)", PAGE)[1]  # type: ignore[index]
    partly = {number.removeprefix("V") for numbers, _, state, _ in ROWS if state == "partly" for number in numbers.split(", ")}
    assert set(re.findall(r"\d+\.\d+\.\d+", in_short)) <= partly
