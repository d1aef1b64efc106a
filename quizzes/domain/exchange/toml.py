"""Our own question files, as `content/` holds them (docs/writing-content.md)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import tomli_w

from quizzes.domain import content
from quizzes.domain.exchange import extras
from quizzes.domain.exchange.extras import Extras
from quizzes.domain.exchange.markup import from_markdown
from quizzes.domain.exchange.parsed import MOST_QUESTIONS, Broken, Draft, Note, Parsed, Rough, RoughOption, Skip, Unreadable, Written, plain
from quizzes.domain.exchange.texts import decode, tidy
from quizzes.domain.items import TYPES
from quizzes.domain.places import header_lines, toml_line, value_line

#: More than any key or nesting of ours, and less than makes the parser slow or deep.
_HEAVY = re.compile(r"(?:[\w\"'-]{1,50} ?\. ?){40}|(?:[\[{][^\[\]{}\"'\n]{0,20}){40}|\d{400}")
MOST_BYTES, MOST_TABLES = 4_000_000, 30_000


def read(data: bytes) -> Iterator[Parsed]:
    """The questions of one of our files. Raises Unreadable where it is no TOML, and WrongEncoding."""
    text = decode(data)
    if len(data) > MOST_BYTES:
        raise Unreadable(f"The file has more than {MOST_BYTES // 1_000_000} MB. Split it.")
    if heavy := next((n for n, line in enumerate(text.split("\n"), start=1) if len(line) > 80 and _HEAVY.search(line[:2000])), 0):
        raise Unreadable("This line nests more than a question file does.", heavy)
    if text.count("[[") > MOST_TABLES:
        raise Unreadable("The file holds more tables than questions of ours have. Split it.")
    lines = [*header_lines(text, "question")]
    if len(lines) > MOST_QUESTIONS:
        raise Unreadable(f"The file holds {len(lines):,} questions, and at most {MOST_QUESTIONS:,} are taken at once. Split it.")
    rows, all_lines = _rows(text), text.split("\n")
    if len(lines) != len(rows):
        raise Unreadable("Write [[question]] on a line of its own before each question.")
    ends = [*lines[1:], text.count("\n") + 2]
    for line, end, row in zip(lines, ends, rows, strict=True):
        yield _question(line, row, "\n".join(all_lines[line - 1 : end - 1]))


def _rows(text: str) -> list[Any]:
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise Unreadable(f"This is not TOML: {fault}.", toml_line(fault, text)) from None
    except (RecursionError, ValueError):
        raise Unreadable("The file nests more than a question file does, or holds a number without end.") from None
    if unknown := next((name for name in tables if name != "question"), ""):
        raise Unreadable(f"“{unknown[:40]}” is not known here. A question file holds [[question]] tables.")
    rows = tables.get("question", [])
    if not isinstance(rows, list):
        raise Unreadable("This is one table or value. Write [[question]] before each question.")
    return rows


def _question(line: int, row: Any, text: str) -> Parsed:
    try:
        question = msgspec.convert(row, type=content.QuestionFile)
    except msgspec.ValidationError as fault:
        name = str(row.get("slug", ""))[:80] if isinstance(row, dict) else ""
        at = line + value_line(text, str(fault)) - 1
        return Parsed(line, name, None, (Note(at, f"A value does not fit: {fault}."),), is_broken=True)
    return Rough(line, title=question.slug).parsed(lambda rough: _fill(rough, question))


def _fill(rough: Rough, question: content.QuestionFile) -> None:
    if question.type not in TYPES:
        raise Skip(f"There is no type “{question.type[:30]}” here. Write one of {', '.join(TYPES)}.")

    def said(text: str) -> str:
        return from_markdown(tidy(text), rough.say, rough.picture).strip()

    rough.type, rough.stem = question.type, said(question.stem)
    rough.options = [RoughOption(said(o.text), said(o.why), o.key, said(o.match)) for o in question.options]
    rough.targets_extra = [said(target) for target in question.targets_extra]
    if question.type == "numeric":
        margin = plain(question.tolerance)
        if margin is None or margin.startswith("-") or any(plain(option.text) is None for option in rough.options):
            raise Broken("A number or the tolerance is not a plain number. Write digits and a decimal point.")
        rough.tolerance = margin
    known = Extras(
        slug=question.slug, family=question.family, objective=question.objective, domain=question.domain, level=question.level,
        difficulty=question.difficulty, lesson=question.lesson, facts=question.facts, sources=question.sources, unit=question.unit,
    )  # fmt: skip
    if extras.read(known.json) is None:
        raise Broken(
            "level, difficulty, domain, objective, facts or sources do not fit. manage.py check_content says how they are written."
        )
    rough.extras = known


def write(drafts: Sequence[Draft]) -> Written:
    """A question file. What a draft does not say yet stands empty, for its author to fill."""
    return Written(tomli_w.dumps({"question": [_table(draft) for draft in drafts]}, multiline_strings=True).encode())


def _table(draft: Draft) -> dict[str, Any]:
    item = draft.item
    table: dict[str, Any] = {
        "slug": draft.slug, "family": draft.family, "type": item.type, "stem": item.stem, "objective": item.objective, "domain": item.domain,
        "level": item.level, "difficulty": item.difficulty, "lesson": item.lesson, "facts": list(item.facts),
    }  # fmt: skip
    if item.targets_extra:
        table["targets_extra"] = list(item.targets_extra)
    if item.type == "numeric":
        table |= {"unit": item.unit, "tolerance": item.tolerance}
    table["options"] = [
        {"text": o.text, "why": o.why, **({"key": True} if o.key else {}), **({"match": o.match} if o.match else {})} for o in item.options
    ]
    table["sources"] = [{"title": s.title, "url": s.url, "checked": s.checked} for s in item.sources]
    return table
