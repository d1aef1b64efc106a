"""A family of generated questions: a rule of AWS, parameters drawn by a seed, and wrong answers that people reach in a known way.

The key comes from the functions of `domain.serverless`, which the labs call too, so they cannot disagree. The same seed always gives the same
variant; a variant that was shown is frozen like every wording, so later prices change nothing in it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from quizzes.domain.items import OPTION_IDS, Item, Option, Source

#: Plain values that a variant is built from; they can be stored as JSON.
Params = Mapping[str, Any]

#: How many variants of a family are kept to be asked; a learner meets another one each time, and the first again after that many.
STOCK = 60

#: How often parameters are drawn anew where two answers would be the same, before the family is at fault.
TRIES = 200


@dataclass(frozen=True, slots=True)
class Wrong:
    """A wrong answer: its value, the misconception that leads to it, and why it is wrong here."""

    value: Any
    misconception: str
    why: str


@dataclass(frozen=True, slots=True)
class Built:
    """What parameters make: the stem, the right value with its worked solution, and the wrong values, the commonest misconception first."""

    stem: str
    right: Any
    solution: str
    wrong: tuple[Wrong, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Family:
    """One family. `draw` gives sensible parameters, `build` makes the variant; `show` writes a value as an option has it."""

    slug: str
    title: str
    type: Literal["single", "numeric"]
    topic: str
    objective: str
    domain: str
    level: str
    difficulty: int
    lesson: str
    facts: tuple[str, ...]
    sources: tuple[tuple[str, str], ...]
    checked: date
    draw: Callable[[random.Random], Params]
    build: Callable[[Params], Built]
    show: Callable[[Any], str] = str
    unit: str = ""
    tolerance: str = "0"


def variant(family: Family, seed: int) -> tuple[Params, Item]:
    """The variant of a seed: its parameters and the item.

    Single choice has four options with different texts; numeric has the key and the typical wrong results. Parameters under which two
    answers meet are drawn anew. Raises ValueError where a family finds none in many tries.
    """
    rng = random.Random(f"{family.slug}/{seed}")  # noqa: S311 (a draw that can be repeated, no secret)
    for _ in range(TRIES):
        params = family.draw(rng)
        built = family.build(params)
        wrong = _distinct(family, built)
        if len(wrong) >= (3 if family.type == "single" else 1):
            return params, _item(family, built, wrong[: 3 if family.type == "single" else 4], rng)
    raise ValueError(f"the family {family.slug} finds no parameters with different answers")


def variants(family: Family, size: int) -> list[tuple[int, Params, Item]]:
    """`size` variants that differ in what they ask or offer, each with the seed it came from. Raises ValueError where a family has too few."""
    found: list[tuple[int, Params, Item]] = []
    met: set[tuple[str, frozenset[str]]] = set()
    for seed in range(1, 5 * size + 1):
        params, item = variant(family, seed)
        asked = (item.stem, frozenset(option.text for option in item.options))
        if asked not in met:
            met.add(asked)
            found.append((seed, params, item))
        if len(found) == size:
            return found
    raise ValueError(f"the family {family.slug} has {len(found)} variants where {size} are wanted")


def _distinct(family: Family, built: Built) -> list[Wrong]:
    """Wrong answers that read otherwise than the key and than each other."""
    seen = {family.show(built.right)}
    found = []
    for wrong in built.wrong:
        text = family.show(wrong.value)
        if text not in seen:
            seen.add(text)
            found.append(wrong)
    return found


def _item(family: Family, built: Built, wrong: list[Wrong], rng: random.Random) -> Item:
    rows = [(family.show(built.right), built.solution, True), *((family.show(one.value), one.why, False) for one in wrong)]
    values = [built.right, *(one.value for one in wrong)]
    if family.type == "single":
        if all(isinstance(value, int | float | Decimal) for value in values):
            rows = [row for _, row in sorted(zip(values, rows, strict=True), key=lambda pair: pair[0])]
        else:
            rng.shuffle(rows)
    return Item(
        type=family.type,
        stem=built.stem,
        options=tuple(Option(id=OPTION_IDS[n], text=text, why=why, key=key) for n, (text, why, key) in enumerate(rows)),
        objective=family.objective, topic=family.topic, domain=family.domain, level=family.level, difficulty=family.difficulty,
        lesson=family.lesson, facts=family.facts,
        sources=tuple(Source(title=title, url=url, checked=family.checked) for title, url in family.sources),
        unit=family.unit if family.type == "numeric" else "", tolerance=family.tolerance if family.type == "numeric" else "0",
    )  # fmt: skip
