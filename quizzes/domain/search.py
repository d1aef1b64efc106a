"""What a reader looks for, how text is cut into words, how matches are ordered, and the words shown around them.

Both databases index the words that are cut here and are asked with words that were cut here, so that they find the same places;
the order is worked out here too.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

#: Characters shown on each side of the first match.
AROUND = 90
#: Words of a query that are looked for; what comes after them is left out.
MOST_WORDS = 8
#: A longer run of letters is no word; it is indexed by its beginning.
LONGEST = 60
#: What a word weighs in a title, and in a text.
TITLE, BODY = 5.0, 1.0

# Words with a hyphen, dot or the like inside, such as dead-letter, X-Ray, lambda:InvokeFunction and 10,240.
_COMPOUND = re.compile(r"[^\W_]+(?:[-_.,:/’'][^\W_]+)*")
_PART = re.compile(r"[^\W_]+")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_ASKED = re.compile(r'(-?)(?:"([^"]*)"?|(\S+))')
_COMMON = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "by",
        "can",
        "do",
        "does",
        "for",
        "from",
        "how",
        "in",
        "into",
        "is",
        "it",
        "its",
        "of",
        "on",
        "or",
        "that",
        "the",
        "to",
        "was",
        "what",
        "when",
        "which",
        "with",
    ]
)


# -- words -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text with its place in it: as typed, in small letters without accents; and without the ending of a plural."""

    start: int
    end: int
    raw: str
    stem: str


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a text. `others` are further forms: compounds written as one word, and plurals as they stand."""

    line: tuple[Word, ...]
    others: tuple[Word, ...]

    def indexed(self) -> str:
        """One line for an index and for `rank`: the words in their order, a mark, then the other forms."""
        others = dict.fromkeys([word.raw for word in self.others] + [w.raw for w in self.line if w.raw != w.stem])
        return " ".join([*(word.stem for word in self.line), *([_MARK, *others] if others else [])])


#: Parts the words of a text from their other forms, so that no phrase runs across. Nobody can type it.
_MARK = "\N{PILCROW SIGN}"


def words_of(text: str) -> Words:
    """Cut a text into words: at everything that is no letter or digit, and where a capital begins a new word, as in GetFunction."""
    line: list[Word] = []
    others: list[Word] = []
    for compound in _COMPOUND.finditer(text):
        parts = [
            (part.start() + start, part.start() + end) for part in _PART.finditer(text, *compound.span()) for start, end in _humps(part[0])
        ]
        cut = [word for start, end in parts if (word := _word(text, start, end))]
        line += cut
        if len(cut) > 1:
            whole = "".join(word.raw for word in cut)[:LONGEST]
            others.append(Word(*compound.span(), whole, _stem(whole)))
    return Words(tuple(line), tuple(others))


def _humps(text: str) -> list[tuple[int, int]]:
    cuts = [0, *(found.start() for found in _HUMP.finditer(text)), len(text)]
    return list(itertools.pairwise(cuts))


def _word(text: str, start: int, end: int) -> Word | None:
    plain = unicodedata.normalize("NFKD", text[start:end].casefold())
    raw = "".join(letter for letter in plain if letter.isalnum())[:LONGEST]
    return Word(start, end, raw, _stem(raw)) if raw else None


def _stem(word: str) -> str:
    """Without the ending of an English plural, so that queue finds queues and retry finds retries."""
    if len(word) < 4 or not word.isascii() or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y" if len(word) > 4 else word[:-1]
    if word.endswith(("sses", "tches", "shes", "xes", "zzes")):
        return word[:-2]
    return word[:-1]


# -- what is asked ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wanted:
    """Words that stand together in this order. Of an unfinished last one (`begun`) its beginning is enough."""

    stems: tuple[str, ...]
    raws: tuple[str, ...]
    begun: bool = False
    without: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """Any of the groups, and of a group everything."""

    groups: tuple[tuple[Wanted, ...], ...]

    def __bool__(self) -> bool:
        return bool(self.groups)

    @property
    def wanted(self) -> tuple[Wanted, ...]:
        """What a hit may show, each once."""
        return tuple(dict.fromkeys(wanted for group in self.groups for wanted in group if not wanted.without))


def read_query(text: str) -> Query:
    """Words that all have to be there; "quoted words" together; -word must not; `or` between alternatives; the last word may be unfinished.

    Nothing that is typed is an error. Common little words are left out unless there are no others.
    """
    groups: list[list[Wanted]] = [[]]
    left = MOST_WORDS
    found = list(_ASKED.finditer(text.replace("\0", " ")))
    for n, (minus, quoted, plain) in enumerate(match.groups() for match in found):
        if plain and plain.casefold() == "or" and groups[-1] and n + 1 < len(found):
            groups.append([])
            continue
        cut = words_of(quoted if plain is None else plain).line[:left]
        if not cut:
            continue
        left -= len(cut)
        last = n + 1 == len(found)
        begun = last and plain is not None and not minus and len(cut[-1].raw) > 1
        groups[-1].append(Wanted(tuple(w.stem for w in cut), tuple(w.raw for w in cut), begun, bool(minus)))
        if not left:
            break
    return Query(tuple(kept for group in groups if (kept := _without_common(group))))


def _without_common(group: list[Wanted]) -> tuple[Wanted, ...]:
    """A group says at least one thing that is looked for."""
    rare = [wanted for wanted in group if wanted.without or len(wanted.stems) > 1 or wanted.raws[0] not in _COMMON]
    kept = rare if any(not wanted.without for wanted in rare) else group
    return tuple(kept) if any(not wanted.without for wanted in kept) else ()


def for_sqlite(query: Query) -> str:
    """The query in the language of FTS5. Words hold letters and digits alone, so nothing in them means anything to it."""

    def one(wanted: Wanted) -> str:
        phrase = f'"{" ".join(wanted.stems)}"'
        return f'({phrase} OR "{" ".join((*wanted.stems[:-1], wanted.raws[-1]))}" *)' if wanted.begun else phrase

    return _in_words(query, one, also="AND", without="NOT ", either="OR")


def for_postgres(query: Query) -> str:
    """The query as a tsquery literal."""

    def phrase(words: Sequence[str]) -> str:
        return "(" + " <-> ".join(f"'{word}'" for word in words) + ")"

    def one(wanted: Wanted) -> str:
        if not wanted.begun:
            return phrase(wanted.stems)
        begun = phrase((*wanted.stems[:-1], wanted.raws[-1]))
        return f"({phrase(wanted.stems)} | {begun[:-1]}:*))"

    return _in_words(query, one, also="&", without="& !", either="|")


def _in_words(query: Query, one: Callable[[Wanted], str], *, also: str, without: str, either: str) -> str:
    def all_of(group: Sequence[Wanted]) -> str:
        here, away = [one(w) for w in group if not w.without], [one(w) for w in group if w.without]
        return f"({f' {also} '.join(here)})" + "".join(f" {without}{w}" for w in away)

    return f" {either} ".join(f"({all_of(group)})" for group in query.groups)


def vector(title: str, body: str) -> str:
    """Indexed words of a title and a text as a tsvector literal: every word with its places, those of the title heavier."""
    places: dict[str, list[str]] = {}
    at = 0
    for text, weight in ((title, "A"), (body, "")):
        for word in text.split():
            at += 1
            if word != _MARK and at < 16_000:
                places.setdefault(word, []).append(f"{at}{weight}")
        at += 10  # no phrase runs across
    return " ".join(f"'{word}':{','.join(found[:200])}" for word, found in places.items())


# -- order and excerpt -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Entry:
    """A place that the database found: what is shown of it, and its words as they were indexed."""

    title: str
    url: str
    text: str
    title_words: str
    body_words: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A place that matches. `parts` is the excerpt, cut so that every second piece is a match."""

    title: str
    url: str
    parts: tuple[str, ...]
    weight: float


def rank(query: Query, entries: Iterable[Entry], *, limit: int = 20) -> list[Hit]:
    """The best places first: a word in the title counts five times, whole words count double; equals keep their order."""
    patterns = [(_pattern(wanted, whole=False), _pattern(wanted, whole=True)) for wanted in query.wanted]
    weighed = sorted(((_weight(patterns, entry), entry) for entry in entries), key=lambda pair: -pair[0])
    return [Hit(entry.title, entry.url, excerpt(query, entry.text), weight) for weight, entry in weighed[:limit]]


def _pattern(wanted: Wanted, *, whole: bool) -> re.Pattern[str]:
    stems = " ".join(wanted.stems)
    if whole or not wanted.begun:
        return re.compile(rf"(?<!\S){stems}(?!\S)")
    return re.compile(rf"(?<!\S){' '.join((*wanted.stems[:-1], wanted.raws[-1]))}")


def _weight(patterns: Sequence[tuple[re.Pattern[str], re.Pattern[str]]], entry: Entry) -> float:
    total = 0.0
    for begun, whole in patterns:
        for words, worth in ((entry.title_words, TITLE), (entry.body_words, BODY)):
            total += worth * min(3, len(begun.findall(words)) + len(whole.findall(words)))
    return total


def excerpt(query: Query, text: str) -> tuple[str, ...]:
    """The text around the first match, split at the matches: plain, match, plain, …"""
    spans = _matches(query, words_of(text))
    first = spans[0][0] if spans else 0
    start, end = max(0, first - AROUND), first + AROUND * 2
    if start:  # No half words at the ends.
        start = text.find(" ", start, first) + 1 or start
    if end < len(text) and (space := text.rfind(" ", spans[0][1] if spans else 0, end)) > 0:
        end = space
    parts, at = ["… " if start else ""], start
    for left, right in spans:
        if left >= at and right <= end:
            parts[-1] += text[at:left]
            parts += [text[left:right], ""]
            at = right
    parts[-1] += text[at:end] + (" …" if end < len(text) else "")
    return tuple(parts)


def _matches(query: Query, words: Words) -> list[tuple[int, int]]:
    """The places of what is looked for, from left to right and never two on top of each other."""
    found: list[tuple[int, int]] = []
    for wanted in query.wanted:
        long = len(wanted.stems)
        for n in range(len(words.line) - long + 1):
            run = words.line[n : n + long]
            if all(word.stem == stem for word, stem in zip(run[:-1], wanted.stems, strict=False)) and _fits(run[-1], wanted):
                found.append((run[0].start, run[-1].end))
        if long == 1:
            found += [(word.start, word.end) for word in words.others if _fits(word, wanted)]
    apart: list[tuple[int, int]] = []
    for start, end in sorted(found, key=lambda span: (span[0], -span[1])):
        if not apart or start >= apart[-1][1]:
            apart.append((start, end))
    return apart


def _fits(word: Word, wanted: Wanted) -> bool:
    return word.stem == wanted.stems[-1] or (
        wanted.begun and (word.raw.startswith(wanted.raws[-1]) or word.stem.startswith(wanted.raws[-1]))
    )
