"""What other formats have no place for, as JSON that rides in a comment or a file beside: export and import again loses nothing.

`texts` holds our own wording of texts that a format words in its own way (HTML for markdown), by what they look like there.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import date
from typing import Annotated

import msgspec

from quizzes.domain.content import LEVELS
from quizzes.domain.exchange.texts import tidy
from quizzes.domain.items import TYPES, Item, Option, Source

_Slug = Annotated[str, msgspec.Meta(pattern="^([a-z0-9]+(-[a-z0-9]+)*)?$", max_length=100)]
_Key = Annotated[str, msgspec.Meta(max_length=50)]
_Text = Annotated[str, msgspec.Meta(max_length=10_000)]
_Few = msgspec.Meta(max_length=30)


class Extras(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything of a question that is not its words and its key. Empty where a file says nothing."""

    slug: _Slug = ""
    family: _Slug = ""
    type: str = ""
    objective: _Key = ""
    domain: _Key = ""
    level: str = ""
    difficulty: Annotated[int, msgspec.Meta(ge=0, le=3)] = 0
    lesson: Annotated[str, msgspec.Meta(max_length=150)] = ""
    facts: Annotated[tuple[Annotated[str, msgspec.Meta(max_length=100)], ...], _Few] = ()
    sources: Annotated[tuple[Source, ...], _Few] = ()
    unit: Annotated[str, msgspec.Meta(max_length=40)] = ""
    whys: Annotated[tuple[_Text, ...], _Few] = ()
    #: Wrong results of a numeric question, where a format has no place for them.
    wrong: Annotated[tuple[Option, ...], _Few] = ()
    texts: Annotated[dict[str, _Text], msgspec.Meta(max_length=60)] = {}

    @property
    def json(self) -> str:
        """On one line."""
        return msgspec.json.encode(self).decode()

    def wording(self, form: str, read: str) -> str:
        """Our own wording of a text that a file gives as `form`; what was read of it where we know none."""
        return self.texts.get(digest(form)) or read


def digest(form: str) -> str:
    """The name of a text by its words: blanks and line ends of a file do not count."""
    return hashlib.sha256(" ".join(form.split()).encode("utf-8", "replace")).hexdigest()[:16]


def keep(texts: dict[str, str], form: str, original: str) -> None:
    """Notes our wording of what a file words as `form`. Where two texts look alike there, neither is noted."""
    name = digest(form)
    texts[name] = original if texts.get(name, original) == original else ""


def of_item(item: Item, *, slug: str, family: str, texts: dict[str, str], whys: bool = False, wrong: bool = False) -> Extras:
    """What to write beside a question; `whys` and `wrong` where the format has no place for rationales, or for wrong results."""
    return Extras(
        slug=slug, family=family, type=item.type, objective=item.objective, domain=item.domain, level=item.level, difficulty=item.difficulty,
        lesson=item.lesson, facts=item.facts, sources=item.sources, unit=item.unit,
        whys=tuple(tidy(option.why) for option in item.options) if whys and not wrong else (),
        wrong=tuple(option for option in item.options if not option.key) if wrong else (),
        texts={name: tidy(text) for name, text in texts.items()},
    )  # fmt: skip


_TOLD = "Sources:"
_SOURCE = re.compile(r"- \[(.{1,200})\]\((\S{1,500})\), read (\d{4}-\d\d-\d\d)")


def told(sources: Sequence[Source]) -> str:
    """Sources as a list for people, in markdown."""
    return "\n".join([_TOLD, "", *(f"- [{source.title}]({source.url}), read {source.checked}" for source in sources)])


def sources_of(text: str) -> tuple[Source, ...]:
    """The reverse of `told`; empty for any other text."""
    head, *lines = [line.strip() for line in text.split("\n") if line.strip()] or [""]
    rows = [_SOURCE.fullmatch(line) for line in lines]
    if head != _TOLD or not all(rows):
        return ()
    try:
        found = tuple(Source(title=row[1], url=row[2], checked=date.fromisoformat(row[3])) for row in rows if row)
    except ValueError:
        return ()
    return found if checked(Extras(sources=found)) else ()


def read(text: str) -> Extras | None:
    """What `json` wrote, or None where it is something else or was changed beyond reading."""
    try:
        found = msgspec.json.decode(text, type=Extras)
    except (msgspec.DecodeError, msgspec.ValidationError, RecursionError, UnicodeError):
        return None
    return checked(found)


def checked(found: Extras) -> Extras | None:
    """The same, if its names are ones that we know and its addresses lead to pages."""
    fits = (found.type or TYPES[0]) in TYPES and (found.level or LEVELS[0]) in LEVELS
    links = all(source.url.startswith(("https://", "http://")) for source in found.sources)
    said = [found.lesson, found.unit, *found.facts, *found.whys, *found.texts.values(), *(o.text + o.why for o in found.wrong)]
    said += [source.title + source.url for source in found.sources]
    return found if fits and links and all(tidy(text) == text for text in said) else None
