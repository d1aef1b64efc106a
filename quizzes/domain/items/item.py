"""One item: stem, options, key, rationales and sources; and how an answer is graded."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Annotated, Any, Literal

import msgspec

from quizzes.domain.items.kinds import CHOICES, KINDS, targets

#: The ids of options, by the order in which they were written.
OPTION_IDS = "abcdefgh"

#: What a person gives, by the type of the item (domain/items/kinds.py). Empty means not answered.
Answer = list[str]


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Where a statement comes from, and the day it was last checked there."""

    title: Annotated[str, msgspec.Meta(max_length=200)]
    url: Annotated[str, msgspec.Meta(max_length=500)]
    checked: date


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to pick: its text, whether it is a key, and why it is right or wrong.

    In an ordering item options stand in the right order and none is a key; in a matching item `match` is the target that belongs to the
    option; in a numeric item the key's text is the number, and the others are typical wrong results.
    """

    id: str
    text: str
    why: str
    key: bool = False
    match: str = ""


class Grade(msgspec.Struct, frozen=True):
    """`fraction` is 0 or 1, all or nothing, as the exam marks; `share` is how much of the answer holds, 0 to 1."""

    fraction: float
    share: float

    @property
    def right(self) -> bool:
        return self.fraction >= 1


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """The gradable content of a question version.

    `targets_extra` are targets of a matching item that fit nothing; `unit` and `tolerance` (a distance, in decimals) belong to a numeric one.
    """

    type: Literal["single", "multiple", "ordering", "matching", "numeric"]
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
    targets_extra: tuple[str, ...] = ()
    unit: str = ""
    tolerance: str = "0"

    @property
    def key(self) -> Answer:
        """The right answer."""
        return KINDS[self.type].key(self)

    @property
    def pick(self) -> int:
        """How many parts a full answer has: options chosen, steps placed, pairs matched, or one number."""
        return KINDS[self.type].pick(self)

    @property
    def is_choice(self) -> bool:
        """Whether it is of a type that exams ask."""
        return self.type in CHOICES

    @property
    def targets(self) -> list[str]:
        """What the options of a matching item can be matched with, in the order of the page."""
        return targets(self) if self.type == "matching" else []

    @property
    def words(self) -> int:
        """How many words there are to read before answering."""
        return sum(len(text.split()) for text in (self.stem, *(option.text for option in self.options)))

    def option(self, option_id: str) -> Option:
        return next(option for option in self.options if option.id == option_id)

    def in_order(self, order: Collection[str]) -> list[Option]:
        """The options in the order of a slot."""
        by_id = {option.id: option for option in self.options}
        return [by_id[option_id] for option_id in order]

    def grade(self, answer: Collection[str]) -> Grade:
        """Grade an answer. The mark is all or nothing, without a penalty for guessing, as in the exam."""
        kind = KINDS[self.type]
        return Grade(fraction=1.0 if kind.is_right(self, answer) else 0.0, share=kind.share(self, answer))


def from_dict(body: dict[str, Any]) -> Item:
    """The item of a version's body. Raises msgspec.ValidationError where the body is not one."""
    return msgspec.convert(body, type=Item)


#: What only some types have, with the value that says nothing: left out of a body, so that those of other types stay as they are.
_RARE: dict[str, Any] = {"targets_extra": [], "unit": "", "tolerance": "0"}


def as_dict(item: Item) -> dict[str, Any]:
    """The body of a version: plain values as JSON gives them back, so that a body can be compared with a stored one."""
    body: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(item))
    for option in body.get("options", ()):
        if not option["match"]:
            del option["match"]
    return {name: value for name, value in body.items() if name not in _RARE or value != _RARE[name]}
