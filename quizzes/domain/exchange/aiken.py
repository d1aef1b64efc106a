"""Aiken: one line of question, lettered options, one line with the answer (Moodle Docs, "Aiken format", read 2026-11-26).

The format is strict. What people write beside it is read where it can mean one thing only, and told with its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from quizzes.domain import pictures
from quizzes.domain.exchange import markup
from quizzes.domain.exchange.parsed import LONGEST_TEXT, Broken, Draft, Note, Parsed, Rough, RoughOption, Written
from quizzes.domain.exchange.texts import decode

_OPTION = re.compile(r"^\s*([A-Za-z])\s?([.):])(?:\s+(.*)|)$")
_STRICT_OPTION = re.compile(r"^[A-Z][.)] \S")
_ANSWER = re.compile(r"^\s*(?:answers?|correct)\s*[:=]\s*(.*?)\s*$", re.I)
#: How many deviations of one question are told, and how many of its options are read before it is left out.
MOST_NOTES = 30
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass
class _Block:
    line: int
    stem: str = ""
    options: list[tuple[str, str]] = field(default_factory=list)
    answer: str | None = None
    answer_line: int = 0
    notes: list[Note] = field(default_factory=list)

    def say(self, note: Note) -> None:
        if len(self.notes) < MOST_NOTES:
            self.notes.append(note)


def read(data: bytes) -> Iterator[Parsed]:
    """The questions of an Aiken file. Raises WrongEncoding."""
    for block in _blocks(decode(data)):
        yield Rough(block.line, notes=block.notes).parsed(lambda rough, block=block: _fill(rough, block))  # type: ignore[misc]


def _blocks(text: str) -> Iterator[_Block]:
    block: _Block | None = None
    gap = False
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            gap = True
            continue
        answer, option = _ANSWER.match(line), _OPTION.match(line)
        if answer and block:
            block.answer, block.answer_line = answer[1], number
            if not re.match(r"^ANSWER: [A-Z]\s*$", line):
                block.say(Note(number, "Aiken writes the answer as ANSWER: B, in capitals; this was read all the same."))
            yield block
            block, gap = None, False
            continue
        if gap and block and block.options and not option:
            yield block  # a new question begins, and the one before has no answer
            block = None
        if block is None:
            block = _Block(number)
        _add(block, line, option, number, gap=gap and bool(block.stem))
        gap = False
    if block:
        yield block


def _joined(text: str, more: str) -> str:
    """Two lines as one; what is too long for any text of ours grows no further."""
    return f"{text} {more.strip()}" if len(text) < 3 * LONGEST_TEXT else text


def _add(block: _Block, line: str, option: re.Match[str] | None, number: int, *, gap: bool) -> None:
    expected = _LETTERS[len(block.options)] if len(block.options) < len(_LETTERS) else ""
    if gap:
        block.say(Note(number, "Aiken has no empty line inside a question; this one was passed over."))
    if option and block.stem and (option[1].upper() == expected or block.options):
        if not _STRICT_OPTION.match(line):
            block.say(Note(number, "Aiken writes options as “A. text” or “A) text”; this was read all the same."))
        elif option[1] != expected:
            block.say(Note(number, f"The options are not lettered in order: {option[1]} stands where {expected} belongs."))
        if len(block.options) < MOST_NOTES:
            block.options.append((option[1].upper(), (option[3] or "").strip()))
    elif block.options:
        letter, text = block.options[-1]
        block.options[-1] = (letter, _joined(text, line))
        block.say(Note(number, f"Option {letter} goes on over a second line, which Aiken does not know; both were joined."))
    else:
        if block.stem:
            block.say(Note(number, "The question goes on over a second line, which Aiken does not know; both were joined."))
        block.stem = _joined(block.stem, line).strip()


def _fill(rough: Rough, block: _Block) -> None:
    rough.stem = markup.read(block.stem, "plain", rough.say)
    if block.answer is None:
        what = "no options and no line ANSWER" if not block.options else "no line ANSWER"
        raise Broken(f"The question has {what}. Write the options as “A. text”, and after the last one ANSWER: and its letter.", block.line)
    letters = [letter for letter, _ in block.options]
    given = [letter for letter in re.split(r"[\s,;&+]+|\band\b", block.answer.strip(" .").upper()) if letter and letter != "AND"]
    wrong = [letter for letter in given if letter not in letters]
    if not given or wrong:
        raise Broken(
            f"The answer names {wrong[0][:20] if wrong else 'nothing'}, which is no option. Write one of {', '.join(letters) or 'the options’ letters'}.",
            block.answer_line,
        )
    if len(set(letters)) < len(letters):
        raise Broken("Two options have the same letter. Letter them A, B, C and so on.", block.line)
    if len(given) > 1:
        rough.type = "multiple"
        rough.say("Aiken knows one answer; with several it was read as a multiple response.", block.answer_line)
    rough.options = [RoughOption(markup.read(text, "plain", rough.say, inline=True), key=letter in given) for letter, text in block.options]


# -- writing ---------------------------------------------------------------------------------------------------------


def write(drafts: Sequence[Draft]) -> Written:
    """An Aiken file: single choice alone, in plain words, without rationales."""
    lines, notes, left = [], [], []
    for draft in drafts:
        if draft.item.type != "single" or not draft.item.key:
            left.append(draft.slug)
            notes.append((draft.slug, "Aiken holds single choice with a key alone; it is left out."))
            continue
        letters = dict(zip((option.id for option in draft.item.options), _LETTERS, strict=False))
        lines.append(_line(draft.item.stem, inline=False))
        lines += [f"{letters[option.id]}. {_line(option.text, inline=True)}" for option in draft.item.options]
        lines += [f"ANSWER: {letters[draft.item.key[0]]}", ""]
        notes.append(
            (draft.slug, "Aiken keeps stem, options and key. Rationales, sources, level and marks such as code are not in the file.")
        )
    return Written("\n".join(lines).encode(), tuple(notes), tuple(left))


def _line(text: str, *, inline: bool) -> str:
    """The words alone, on one line; what would read as an option or as the answer gets a blank sign before it."""
    words = markup.words_of(markup.to_xhtml(pictures.without(text, lambda address: True), inline=inline))
    return f"“{words}”" if not inline and (_ANSWER.match(words) or _OPTION.match(words)) else words
