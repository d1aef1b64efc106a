"""One item: stem, options, key, rationales and sources; and how an answer is graded."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Annotated, Any, Literal

import msgspec

#: The ids of options, by the order in which they were written.
OPTION_IDS = "abcdefgh"

#: What a person gives: ids of the chosen options, sorted. Empty means not answered.
Answer = list[str]


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Where a statement comes from, and the day it was last checked there."""

    title: Annotated[str, msgspec.Meta(max_length=200)]
    url: Annotated[str, msgspec.Meta(max_length=500)]
    checked: date


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to pick: its text, whether it is a key, and why it is right or wrong."""

    id: str
    text: str
    why: str
    key: bool = False


class Grade(msgspec.Struct, frozen=True):
    """`fraction` is 0 or 1, all or nothing, as the exam marks; `share` is plus/minus partial credit, 0 to 1."""

    fraction: float
    share: float

    @property
    def right(self) -> bool:
        return self.fraction >= 1


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """The gradable content of a question version."""

    type: Literal["single", "multiple"]
    stem: str
    options: tuple[Option, ...]
    objective: str
    topic: str
    domain: str
    level: str
    difficulty: int
    lesson: str = ""
    facts: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()

    @property
    def key(self) -> Answer:
        """The ids of the right options."""
        return sorted(option.id for option in self.options if option.key)

    @property
    def pick(self) -> int:
        """How many options a full answer has."""
        return 1 if self.type == "single" else len(self.key)

    def option(self, option_id: str) -> Option:
        return next(option for option in self.options if option.id == option_id)

    def in_order(self, order: Collection[str]) -> list[Option]:
        """The options in the order of a slot."""
        by_id = {option.id: option for option in self.options}
        return [by_id[option_id] for option_id in order]

    def grade(self, answer: Collection[str]) -> Grade:
        """Grade an answer.

        The mark is all or nothing, without a penalty for guessing, as in the exam. `share` is right minus wrong over
        the number of keys, not below 0 (docs/decisions/0006; Betts et al. 2022 on plus/minus scoring).
        """
        key, given = set(self.key), set(answer)
        hits, misses = len(given & key), len(given - key)
        share = max(0.0, (hits - misses) / len(key)) if key else 0.0
        return Grade(fraction=1.0 if key and given == key else 0.0, share=share)


def from_dict(body: dict[str, Any]) -> Item:
    """The item of a version's body. Raises msgspec.ValidationError where the body is not one."""
    return msgspec.convert(body, type=Item)


def as_dict(item: Item) -> dict[str, Any]:
    """The body of a version: plain values as JSON gives them back, so that a body can be compared with a stored one."""
    body: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(item))
    return body
