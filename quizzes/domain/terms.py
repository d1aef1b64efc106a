"""Terms of the glossary, marked where they first appear in a lesson, with their definition at hand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape

import msgspec

from quizzes.domain.lesson import Block, Lesson, Section, TermCard

#: Text inside these stays as it is: what is a link or code already, and what is no running text.
_CLOSED = ("a", "button", "code", "h3", "h4", "pre", "th")
_PIECES = re.compile(r"""(<(?:[^<>"']|"[^"]*"|'[^']*')*>)""")
_TAG = re.compile(r"<(/?)([a-z0-9]+)")


@dataclass(frozen=True, slots=True)
class Entry:
    """A term as lessons show it. `words` are all the ways in which a text may name it."""

    card: TermCard
    words: tuple[str, ...]


def entry(*, slug: str, term: str, aliases: Iterable[str], html: str, lesson: str) -> Entry:
    """A term with the names by which a text is searched for it.

    Of the aliases only those that can mean nothing else: several words, or an abbreviation. "Queue" alone would be found everywhere.
    """
    names = (term, *(alias for alias in aliases if " " in alias or _is_abbreviation(alias)))
    return Entry(TermCard(slug=slug, term=term, html=html, lesson=lesson), names)


def _is_abbreviation(word: str) -> bool:
    return any(sign.isupper() for sign in word[1:])


def mark(lesson: Lesson, entries: Iterable[Entry]) -> Lesson:
    """The lesson with each term marked where it first appears; the section then ends with the cards of its terms.

    A term is not marked in the section that explains it: there it would interrupt its own definition.
    """
    open_ones = {name: found for found in entries for name in found.words}
    if not open_ones:
        return lesson
    pattern = _pattern(open_ones)
    by_name = {name.lower(): found for name, found in open_ones.items()}
    told: set[str] = set()
    sections = []
    for section in lesson.sections:
        here = {found.card.slug for found in open_ones.values() if found.card.lesson == f"{lesson.slug}#{section.anchor}"}
        told |= here
        sections.append(_section(section, pattern, by_name, told))
    return msgspec.structs.replace(lesson, sections=tuple(sections))


def _pattern(names: Iterable[str]) -> re.Pattern[str]:
    """Any of the names as a word of its own, the longest first. Abbreviations keep their case; a plural counts."""
    ways = [
        (re.escape(name) if _is_abbreviation(name) else f"(?i:{re.escape(name)})")
        for name in sorted(names, key=lambda name: (-len(name), name))
    ]
    return re.compile(rf"(?<![\w/.-])({'|'.join(ways)})(?:s|es)?(?![\w-])")


def _section(section: Section, pattern: re.Pattern[str], by_name: dict[str, Entry], told: set[str]) -> Section:
    cards: list[TermCard] = []
    blocks = []
    for block in section.blocks:
        if block.kind in ("html", "note"):
            html = "".join(_marked(block.html, pattern, by_name, told, cards))
            blocks.append(msgspec.structs.replace(block, html=html))
        else:
            blocks.append(block)
    if cards:
        blocks.append(Block(kind="terms", terms=tuple(cards)))
    return msgspec.structs.replace(section, blocks=tuple(blocks))


def _marked(html: str, pattern: re.Pattern[str], by_name: dict[str, Entry], told: set[str], cards: list[TermCard]) -> Iterator[str]:
    """The pieces of some safe HTML, terms in its running text made into buttons."""
    closed = 0

    def button(found: re.Match[str]) -> str:
        card = by_name[found[1].lower()].card
        if card.slug in told:
            return found[0]
        told.add(card.slug)
        cards.append(card)
        return f'<button type="button" class="term" popovertarget="term-{escape(card.slug)}">{found[0]}</button>'

    for piece in _PIECES.split(html):
        if tag := _TAG.match(piece):
            if tag[2] in _CLOSED:
                closed += -1 if tag[1] else 1
            yield piece
        else:
            yield piece if closed else pattern.sub(button, piece)
