"""CSV with one row for each question, as spreadsheets write it: `,`, `;` and tab are recognised by the header.

Columns: type, stem, option_1 … option_8, key (letters of the right options, A for option_1), why_1 … why_8, match_1 … match_8, targets_extra,
unit, tolerance, slug, family, objective, domain, level, difficulty, lesson, facts, sources. Several values in a cell stand on lines of their
own; a source is `title | address | day`. Only stem, option_1, option_2 and key are needed.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence

import msgspec

from quizzes.domain.exchange import extras
from quizzes.domain.exchange.extras import Extras
from quizzes.domain.exchange.markup import from_markdown
from quizzes.domain.exchange.parsed import Broken, Draft, Parsed, Rough, RoughOption, Skip, Unreadable, Written, plain
from quizzes.domain.exchange.texts import decode, tidy
from quizzes.domain.items import KEYLESS, LETTERS, OPTION_IDS, TYPES

LONGEST_HEADER = 5_000
_EACH = range(1, len(OPTION_IDS) + 1)
_ABOUT = ("slug", "family", "objective", "domain", "level", "difficulty", "lesson", "facts", "sources")
HEADER = [
    "type", "stem", *(f"option_{n}" for n in _EACH), "key", *(f"why_{n}" for n in _EACH), *(f"match_{n}" for n in _EACH),
    "targets_extra", "unit", "tolerance", *_ABOUT,
]  # fmt: skip
#: What a spreadsheet would take for a formula, and a mark before it that it takes for text.
_FORMULA = re.compile(r"'*[=+\-@\t]")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


def read(data: bytes) -> Iterator[Parsed]:
    """The questions of a CSV file. Raises Unreadable without a header that is ours, and WrongEncoding."""
    text = decode(data)
    if text.startswith("sep=") and "\n" in text:
        text = "\n" + text.partition("\n")[2]
    head = next((line for line in text.split("\n") if line.strip()), "")
    if len(head) > LONGEST_HEADER:
        raise Unreadable("The first line is too long for a header. It names the columns: stem, option_1, option_2, key and so on.", 1)
    separator = max(",;\t", key=lambda sign: len(_columns(head.split(sign))))
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    columns: dict[str, int] = {}
    unknown: list[str] = []
    while True:
        line = rows.line_num + 1
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as fault:
            raise Unreadable(f"This is not CSV: {fault}. Put texts with quotes, separators or line ends in double quotes.", line) from None
        if not any(cell.strip() for cell in row):
            continue
        if not columns:
            columns = _header(row, line)
            unknown = [name for name in map(_name, row) if name and name not in HEADER]
            continue
        rough = Rough(line)
        if unknown:
            rough.say(f"Columns that are not known here are left out: {', '.join(unknown)[:200]}.", 1)
            unknown = []
        cells = {name: _cell(row[n]) for name, n in columns.items() if n < len(row)}
        yield rough.parsed(lambda rough, cells=cells: _fill(rough, cells))  # type: ignore[misc]


def _name(cell: str) -> str:
    return re.sub(r"[\s-]+", "_", tidy(cell).lower())


def _columns(cells: Sequence[str]) -> dict[str, int]:
    return {name: n for n, cell in enumerate(cells) if (name := _name(cell.strip().strip('"'))) in HEADER}


def _header(row: list[str], line: int) -> dict[str, int]:
    columns = _columns(row)
    missing = [name for name in ("stem", "option_1") if name not in columns]
    if missing:
        raise Unreadable(
            f"The header has no column {' and no column '.join(missing)}. The first line names the columns: stem, option_1, option_2, key and so on.",
            line,
        )
    return columns


def _cell(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def _fill(rough: Rough, cells: dict[str, str]) -> None:
    def said(name: str) -> str:
        return from_markdown(tidy(cells.get(name, "")), rough.say, rough.picture).strip()

    rough.type = said("type").lower() or "single"
    if rough.type not in TYPES:
        raise Skip(f"There is no type “{rough.type[:30]}” here. Write one of {', '.join(TYPES)}.")
    rough.stem = said("stem")
    for n in _EACH:
        if text := said(f"option_{n}"):
            rough.options.append(RoughOption(text, said(f"why_{n}"), match=said(f"match_{n}")))
        elif any(said(f"option_{more}") for more in _EACH if more > n):
            raise Broken(f"option_{n} is empty, and a later one is not. Leave no gap between options.")
        elif said(f"why_{n}") or said(f"match_{n}"):
            rough.say(f"why_{n} or match_{n} belongs to no option and is left out.")
    _mark(rough, said("key"))
    rough.targets_extra = [line.strip() for line in said("targets_extra").split("\n") if line.strip()]
    if rough.type == "numeric":
        _numbers(rough, said("tolerance") or "0")
    rough.extras = _about(rough, {name: tidy(cells.get(name, "")) for name in (*_ABOUT, "unit")})


def _mark(rough: Rough, key: str) -> None:
    letters = LETTERS[: len(rough.options)]
    for letter in re.split(r"[\s,;]+", key.upper()):
        place = letters.find(letter) if len(letter) == 1 else -1
        if letter.isdecimal() and letter.isascii() and len(letter) == 1:
            place = int(letter) - 1 if int(letter) <= len(letters) else -1
        if letter and place < 0:
            raise Broken(f"The key names “{letter[:20]}”, which is no option. Write letters, A for option_1.")
        if letter and rough.type in KEYLESS:
            rough.say("The key is left out: this type has none.")
        elif letter:
            rough.options[place].key = True


def _numbers(rough: Rough, tolerance: str) -> None:
    margin = plain(tolerance)
    if margin is None or margin.startswith("-"):
        raise Broken(f"The tolerance “{tolerance[:20]}” is not a number. Write how far off an answer may be, for example 0.01.")
    rough.tolerance = margin
    for option in rough.options:
        value = plain(option.text)
        if value is None:
            raise Broken(f"“{option.text[:20]}” is not a number. Write digits and a decimal point.")
        option.text = value


def _about(rough: Rough, cells: dict[str, str]) -> Extras:
    """What the row says beside words and key; each cell that does not fit is told and left out."""
    values: dict[str, object] = {name: text for name, text in cells.items() if text and name not in ("facts", "sources")}
    if (hard := cells["difficulty"]) and hard.isdecimal():
        values["difficulty"] = int(hard)
    values["facts"] = [line.strip() for line in cells["facts"].split("\n") if line.strip()]
    values["sources"] = [_source(line) for line in cells["sources"].split("\n") if line.strip()]
    kept: dict[str, object] = {}
    for name, value in values.items():
        try:
            fits = extras.checked(msgspec.convert({name: value}, Extras))
        except msgspec.ValidationError:
            fits = None
        if fits is None:
            rough.say(f"The column {name} says “{str(cells[name])[:40]}”, which does not fit; it is left out.")
        else:
            kept[name] = value
    return msgspec.convert(kept, Extras)


def _source(line: str) -> dict[str, str]:
    title, url, day = [part.strip() for part in [*line.rsplit(" | ", 2), "", ""][:3]]
    return {"title": title, "url": url, "checked": day}


# -- writing ---------------------------------------------------------------------------------------------------------


def write(drafts: Sequence[Draft]) -> Written:
    """A CSV file with commas, in UTF-8 with its mark, as spreadsheets want it."""
    out = io.StringIO(newline="")
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow(HEADER)
    for draft in drafts:
        values = _values(draft)
        rows.writerow([_safe(values.get(name, "")) for name in HEADER])
    return Written(out.getvalue().encode("utf-8-sig"))


def _values(draft: Draft) -> dict[str, str]:
    item = draft.item
    values = {"type": item.type, "stem": item.stem, "targets_extra": "\n".join(item.targets_extra), "unit": item.unit}
    for n, option in enumerate(item.options, start=1):
        values |= {f"option_{n}": option.text, f"why_{n}": option.why, f"match_{n}": option.match}
    return values | {
        "key": " ".join(LETTERS[n] for n, option in enumerate(item.options) if option.key),
        "tolerance": item.tolerance if item.type == "numeric" else "",
        "slug": draft.slug, "family": draft.family, "objective": item.objective, "domain": item.domain, "level": item.level,
        "difficulty": str(item.difficulty or ""), "lesson": item.lesson, "facts": "\n".join(item.facts),
        "sources": "\n".join(f"{source.title} | {source.url} | {source.checked}" for source in item.sources),
    }  # fmt: skip


def _safe(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell) else cell
