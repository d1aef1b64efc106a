"""Questions to and from other systems: bytes in, questions with notes out, and back.

One module for each format. No reader trusts its file: everything is bounded, and a fault is a sentence with its line.
docs/exchange.md says what each format holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from quizzes.domain import pictures
from quizzes.domain.exchange import aiken, anki, csv, gift, moodle_xml, qti, qti_written, toml
from quizzes.domain.exchange.parsed import MOST_BYTES, MOST_LINES, MOST_QUESTIONS, Draft, Note, Parsed, Unreadable, Written
from quizzes.domain.exchange.texts import WrongEncoding

__all__ = ["FORMATS", "MOST_BYTES", "Draft", "Format", "Note", "Parsed", "Unreadable", "Written", "WrongEncoding", "read", "write"]

Writer = Callable[[Sequence[Draft], datetime], Written]


@dataclass(frozen=True, slots=True)
class Format:
    """A file format: what it is called, how its files end, and what it does. A format without a reader is for export alone."""

    title: str
    ending: str
    media_type: str
    reader: Callable[[bytes], Iterable[Parsed]] | None
    writer: Writer
    #: Whether a file of it holds pictures; where not, it mentions their addresses alone.
    holds_pictures: bool = False
    #: Whether a file of it can say that any one of several options, or of several numbers, is right.
    holds_several: bool = False


#: The formats by the names that commands and addresses use.
FORMATS: dict[str, Format] = {
    "gift": Format("GIFT", "gift.txt", "text/plain", gift.read, lambda drafts, now: gift.write(drafts), holds_several=True),
    "moodle_xml": Format("Moodle XML", "xml", "application/xml", moodle_xml.read, lambda drafts, now: moodle_xml.write(drafts), True, True),
    "aiken": Format("Aiken", "aiken.txt", "text/plain", aiken.read, lambda drafts, now: aiken.write(drafts)),
    "qti": Format("QTI 2.1 package", "zip", "application/zip", qti.read, lambda drafts, now: qti_written.write(drafts), True),
    "qti3": Format(
        "QTI 3.0 package", "zip", "application/zip", qti.read, lambda drafts, now: qti_written.write(drafts, version="3.0"), True
    ),
    "csv": Format("CSV", "csv", "text/csv", csv.read, lambda drafts, now: csv.write(drafts)),
    "toml": Format("TOML, our own question files", "toml", "application/toml", toml.read, lambda drafts, now: toml.write(drafts)),
    "anki": Format("Anki package", "apkg", "application/apkg", None, lambda drafts, now: anki.write(drafts, now=now), True, True),
}


def read(name: str, data: bytes) -> list[Parsed]:
    """The questions of a file. Raises Unreadable and WrongEncoding, each with a sentence for the person."""
    if not data.strip():
        raise Unreadable("The file is empty.")
    if len(data) > MOST_BYTES:
        raise Unreadable(f"The file has more than {MOST_BYTES // 1_000_000} MB. Split it, and import the parts.")
    if data.count(b"\n") > MOST_LINES:
        raise Unreadable(f"The file has more than {MOST_LINES:,} lines. Split it, and import the parts.")
    reader = FORMATS[name].reader
    if reader is None:
        raise Unreadable(f"{FORMATS[name].title} is for export alone.")
    found: list[Parsed] = []
    for parsed in reader(data):
        found.append(parsed)
        if len(found) > MOST_QUESTIONS:
            raise Unreadable(f"The file holds more than {MOST_QUESTIONS:,} questions. Split it, and import the parts.")
    if not found:
        raise Unreadable(f"There is no question in the file. Is it {FORMATS[name].title}?")
    return found


def write(name: str, drafts: Sequence[Draft], *, now: datetime) -> Written:
    """The file with these questions. Pictures that it does not hold are told as lost."""
    format = FORMATS[name]
    sound = [_sound(draft) for draft in drafts]
    written = format.writer(sound, now)
    return replace(written, notes=(*written.notes, *_lost(name, format, drafts, set(written.left_out))))


def _sound(draft: Draft) -> Draft:
    """The question with the words alone of pictures that are not there any more."""
    known = {picture.address for picture in draft.pictures}
    if not (gone := {address for address in draft.mentioned if address not in known}):
        return draft
    return draft.reworded(lambda text: pictures.without(text, lambda address: address in gone))


def _lost(name: str, format: Format, drafts: Sequence[Draft], left_out: set[str]) -> Iterator[tuple[str, str]]:
    for draft in drafts:
        gone = len(set(draft.mentioned) - {picture.address for picture in draft.pictures})
        if gone:
            yield draft.slug, f"{_pictures(gone)} not here any more; the words beside it stand in the file."
        if draft.pictures and not format.holds_pictures and draft.slug not in left_out:
            rest = "their words stay" if name == "aiken" else "the file names their addresses, which lead to them in this app alone"
            yield draft.slug, f"{_pictures(len(draft.pictures))} lost: {format.title} holds none; {rest}."


def _pictures(count: int) -> str:
    return "1 picture is" if count == 1 else f"{count} pictures are"
