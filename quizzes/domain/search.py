"""How matches are ordered, and the words shown around them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

#: Characters shown on each side of the first match.
AROUND = 90


@dataclass(frozen=True, slots=True)
class Hit:
    """A place that matches. `parts` is the excerpt, cut so that every second piece is a match."""

    title: str
    url: str
    parts: tuple[str, ...]
    weight: float


def rank(words: Sequence[str], entries: Iterable[tuple[str, str, str]]) -> list[Hit]:
    """Entries (title, address, text) by weight: a word in the title counts five times, whole words count double."""
    hits = [Hit(title, url, excerpt(words, text), _weight(words, title, text)) for title, url, text in entries]
    return sorted(hits, key=lambda hit: -hit.weight)


def _weight(words: Sequence[str], title: str, text: str) -> float:
    total = 0.0
    for word in words:
        for body, worth in ((title.lower(), 5.0), (text.lower(), 1.0)):
            whole = len(re.findall(rf"\b{re.escape(word)}\b", body))
            total += worth * min(3, body.count(word) + whole)
    return total


def excerpt(words: Sequence[str], text: str) -> tuple[str, ...]:
    """The text around the first match, split at the matches: plain, match, plain, …"""
    lower = text.lower()
    first = min((lower.find(word) for word in words if word in lower), default=0)
    start, end = max(0, first - AROUND), first + AROUND * 2
    if start:  # No half words at the ends.
        start = text.find(" ", start, first) + 1 or start
    if end < len(text) and (space := text.rfind(" ", first + max(map(len, words), default=0), end)) > 0:
        end = space
    piece = ("… " if start else "") + text[start:end].strip() + (" …" if end < len(text) else "")
    pattern = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    return tuple(re.split(f"({pattern})", piece, flags=re.I))
