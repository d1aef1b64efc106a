"""What changed between two wordings of a question, word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from quizzes.domain.items import KEYLESS, Item, Option

#: Two options at least this alike (ratio of matching words) are one option that was changed, wherever they stand.
SAME_OPTION = 0.4

#: A word or a sign with the blanks after it: a blank alone is no ground on which two texts could meet.
_TOKEN = re.compile(r"\w+\s*|[^\w\s]\s*|\s+")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words that stayed, went, or came."""

    kind: Literal["same", "gone", "new"]
    text: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One part of a question that differs, told in pieces."""

    label: str
    pieces: tuple[Piece, ...]


def text_pieces(old: str, new: str) -> tuple[Piece, ...]:
    """Both texts as one, cut where they part. Joining what is not "new" gives the old one, what is not "gone" the new one."""
    before, after = _TOKEN.findall(old), _TOKEN.findall(new)
    pieces: list[Piece] = []
    for verb, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if verb == "equal":
            pieces.append(Piece("same", "".join(before[a:b])))
            continue
        if b > a:
            pieces.append(Piece("gone", "".join(before[a:b])))
        if d > c:
            pieces.append(Piece("new", "".join(after[c:d])))
    return tuple(pieces)


def differences(old: Item, new: Item) -> list[Difference]:
    """Every part in which two wordings differ: stem, options, key, rationales, sources, then how it is classified."""
    found = [*_text("Type", old.type, new.type), *_text("Stem", old.stem, new.stem)]
    found += _options(old, new)
    found += [
        Difference("Partner that fits nothing", (Piece("gone", text),)) for text in old.targets_extra if text not in new.targets_extra
    ]
    found += [Difference("Partner that fits nothing", (Piece("new", text),)) for text in new.targets_extra if text not in old.targets_extra]
    found += [*_swap("Unit", old.unit, new.unit), *_swap("Tolerance", old.tolerance, new.tolerance)]
    found += _sources(old, new)
    for label, name in (
        ("Objective", "objective"),
        ("Exam domain", "domain"),
        ("Level", "level"),
        ("Difficulty", "difficulty"),
        ("Lesson section", "lesson"),
    ):
        found += _swap(label, str(getattr(old, name)), str(getattr(new, name)))
    found += [Difference("Facts", (Piece("gone", fact),)) for fact in old.facts if fact not in new.facts]
    found += [Difference("Facts", (Piece("new", fact),)) for fact in new.facts if fact not in old.facts]
    return found


def _text(label: str, old: str, new: str) -> Iterator[Difference]:
    if old != new:
        yield Difference(label, text_pieces(old, new))


def _swap(label: str, old: str, new: str) -> Iterator[Difference]:
    """A value that is replaced as a whole."""
    if old != new:
        yield Difference(label, tuple(Piece(kind, text) for kind, text in (("gone", old), ("new", new)) if text))  # type: ignore[arg-type]


def _options(old_item: Item, new_item: Item) -> list[Difference]:
    old, new = old_item.options, new_item.options
    marks_keys = new_item.type not in KEYLESS or old_item.type not in KEYLESS
    was = _partners(old, new)
    found: list[Difference] = []
    for n, option in enumerate(new):
        label = f"Option {n + 1}"
        before = was.get(n)
        if before is None:
            found.append(Difference(label, (Piece("new", option.text),)))
            if marks_keys:
                found.append(Difference(f"{label}, key", (Piece("new", _key(option)),)))
            found += _swap(f"{label}, partner", "", option.match)
            found += _swap(f"{label}, rationale", "", option.why)
            continue
        found += _text(label, old[before].text, option.text)
        found += _swap(f"{label}, key", _key(old[before]), _key(option))
        found += _text(f"{label}, partner", old[before].match, option.match)
        found += _text(f"{label}, rationale", old[before].why, option.why)
    for n, option in enumerate(old):
        if n not in was.values():
            said = f" ({_key(option)})" if marks_keys else ""
            found.append(Difference(f"Option that stood at place {n + 1}{said}", (Piece("gone", option.text),)))
    order = [was[n] for n in sorted(was)]
    found += _swap("Order of the options", _places(sorted(order)), _places(order))
    return found


def _places(order: Sequence[int]) -> str:
    return ", ".join(str(n + 1) for n in order)


def _partners(old: Sequence[Option], new: Sequence[Option]) -> dict[int, int]:
    """Which old option became which new one: index of the new one to index of the old one, the most alike first."""
    ratios = []
    for n, after in enumerate(new):
        words = _TOKEN.findall(after.text)
        for m, before in enumerate(old):
            ratio = SequenceMatcher(None, _TOKEN.findall(before.text), words, autojunk=False).ratio()
            ratios.append((ratio, before.why == after.why, n == m, n, m))
    found: dict[int, int] = {}
    for ratio, same_why, same_place, n, m in sorted(ratios, key=lambda row: (-row[0], not row[1], not row[2])):
        alike = ratio >= SAME_OPTION or (same_why and same_place)
        if alike and n not in found and m not in found.values():
            found[n] = m
    return found


def _key(option: Option) -> str:
    return "key" if option.key else "not the key"


def _sources(old: Item, new: Item) -> list[Difference]:
    before = {source.url: f"{source.title}, {source.url}, read on {source.checked}" for source in old.sources}
    after = {source.url: f"{source.title}, {source.url}, read on {source.checked}" for source in new.sources}
    found: list[Difference] = []
    for url in dict.fromkeys([*before, *after]):
        was, now = before.get(url, ""), after.get(url, "")
        if was and now:
            found += _text("Source", was, now)
        else:
            found += _swap("Source", was, now)
    return found
