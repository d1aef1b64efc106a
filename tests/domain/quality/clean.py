"""Questions without a flaw (tests/fixtures/clean_items.toml), and the small changes that flaws are made of."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from quizzes.domain.items import OPTION_IDS, Item, Option, Source

SOURCE = Source(title="Guide", url="https://docs.aws.amazon.com/", checked=date(2026, 11, 24))
WHY = "It says why this holds or does not hold here."


def make(
    stem: str, options: Sequence[str], *, kind: str = "single", partners: Sequence[str] = (), whys: Sequence[str] = (),
    sources: Sequence[Source] = (SOURCE,), level: str = "apply", topic: str = "storage",
) -> Item:  # fmt: skip
    """An item whose keys start with "*"."""
    return Item(
        type=kind, stem=stem,
        options=tuple(
            Option(
                id=OPTION_IDS[n], text=text.removeprefix("*"), key=text.startswith("*"), why=whys[n] if whys else WHY,
                match=partners[n] if partners else "",
            )
            for n, text in enumerate(options)
        ),
        objective="storage-classes", topic=topic, domain="resilient", level=level, difficulty=2, sources=tuple(sources),
    )  # fmt: skip


@cache
def clean_items() -> tuple[Item, ...]:
    path = Path(__file__).parents[2] / "fixtures" / "clean_items.toml"
    return tuple(
        make(found["stem"], found["options"], kind=found.get("kind", "single"), partners=found.get("partners", ()))
        for found in tomllib.loads(path.read_text("utf-8"))["item"]
    )


@dataclass
class Draft:
    """A clean item taken apart, so that one thing in it can be spoilt."""

    stem: str
    key: str
    rest: list[str]
    kind: str = "single"

    @classmethod
    def of(cls, item: Item) -> Draft:
        keys = [option.text for option in item.options if option.key]
        return cls(item.stem, keys[0], [option.text for option in item.options if not option.key])

    @property
    def scenario(self) -> str:
        """The stem without its question."""
        return ". ".join(self.stem.split(". ")[:-1]) + "."

    def item(self, place: int = 1, **values: object) -> Item:
        options = list(self.rest)
        options.insert(place % (len(options) + 1), f"*{self.key}")
        return make(self.stem, options, kind=self.kind, **values)  # type: ignore[arg-type]
