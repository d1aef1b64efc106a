"""How an item of each type is built: how many options, how many keys, what they must be."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from quizzes.domain.items import Item, near, number
from quizzes.domain.quality.finding import Finding

SELECT = re.compile(r"select (two|three|four)", re.I)
_NUMBERS = {2: "TWO", 3: "THREE", 4: "FOUR"}


def _choice_shape(item: Item) -> Iterable[Finding]:
    keys, count = len(item.key), len(item.options)
    if not keys:
        yield Finding("key", "error", "options", "No option is marked as key. Mark the right one.")
    if item.type == "single":
        if keys > 1:
            yield Finding(
                "key",
                "error",
                "options",
                f"{keys} options are marked as key, but single choice has one. Unmark the others, or make it a multiple response.",
            )
        if SELECT.search(item.stem):
            yield Finding(
                "L14",
                "error",
                "stem",
                "The stem asks to select several, but single choice has one key. Take that out, or make it a multiple response.",
            )
        if not 3 <= count <= 5:
            yield Finding("L10", "error", "options", f"Single choice has 3 to 5 options, 4 in the exam; this has {count}.")
    else:
        if keys == 1:
            yield Finding(
                "key", "error", "options", "A multiple response has two or more keys; this has one. Mark another, or make it single choice."
            )
        if keys and keys == count:
            yield Finding("key", "error", "options", "Every option is marked as key. Write some that are wrong.")
        if not 5 <= count <= 6:
            yield Finding("L10", "error", "options", f"A multiple response has 5 or 6 options; this has {count}.")
        said = SELECT.search(item.stem)
        if keys > 1 and (not said or said[1].upper() != _NUMBERS.get(keys)):
            yield Finding("L14", "error", "stem", f"End the stem with (Select {_NUMBERS.get(keys, keys)}.), as many as there are keys.")


def _no_keys(item: Item) -> Iterable[Finding]:
    for n, option in enumerate(item.options):
        if option.key:
            yield Finding("key", "error", f"option-{n}", "This type has no key: take the mark off.")


def _ordering_shape(item: Item) -> Iterable[Finding]:
    yield from _no_keys(item)
    if not 3 <= len(item.options) <= 6:
        yield Finding("L10", "error", "options", f"An ordering has 3 to 6 steps, in their right order; this has {len(item.options)}.")


def _matching_shape(item: Item) -> Iterable[Finding]:
    yield from _no_keys(item)
    if not 3 <= len(item.options) <= 6:
        yield Finding("L10", "error", "options", f"A matching has 3 to 6 options; this has {len(item.options)}.")
    for n, option in enumerate(item.options):
        if not option.match:
            yield Finding("partner", "error", f"option-{n}", "Nothing is matched with this option. Write what belongs to it.")
    if len({option.match for option in item.options}) < 2:
        yield Finding(
            "key", "error", "options", "All options have the same partner, so there is nothing to tell apart. Give them two at least."
        )
    if len(item.targets_extra) > 3:
        yield Finding("L10", "error", "targets_extra", f"At most 3 partners may fit nothing; this has {len(item.targets_extra)}.")
    spare = {option.match for option in item.options}.intersection(item.targets_extra)
    if spare:
        yield Finding(
            "L10", "error", "targets_extra", f"“{min(spare)}” is a partner and stands among those that fit nothing. Take it out there."
        )


def _numeric_shape(item: Item) -> Iterable[Finding]:
    keys = [option for option in item.options if option.key]
    if len(keys) != 1:
        yield Finding("key", "error", "options", f"A numeric question has one key, the right number; this has {len(keys)}.")
    if not 2 <= len(item.options) <= 5:
        yield Finding("L10", "error", "options", "Beside the key name 1 to 4 wrong results that people get, each with what went wrong.")
    if number(item.tolerance) is None or item.tolerance.startswith("-"):
        yield Finding(
            "L10", "error", "tolerance", "The tolerance is not a number. Write how far off an answer may be, for example 0.01 or 0."
        )
    for n, option in enumerate(item.options):
        if number(option.text) is None:
            yield Finding("L10", "error", f"option-{n}", "This is not a plain number. Write digits and a decimal point, for example 0.25.")
        elif len(keys) == 1 and not option.key and near(item, option.text, keys[0].text):
            yield Finding("L10", "error", f"option-{n}", "This wrong result would count as right. Change it, or lower the tolerance.")
        elif any(number(option.text) == number(other.text) for other in item.options[:n] if not other.key):
            yield Finding("L10", "error", f"option-{n}", "This number stands here already. Change one of them.")


SHAPES: dict[str, Callable[[Item], Iterable[Finding]]] = {
    "single": _choice_shape,
    "multiple": _choice_shape,
    "ordering": _ordering_shape,
    "matching": _matching_shape,
    "numeric": _numeric_shape,
}
