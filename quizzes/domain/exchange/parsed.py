"""What a reader of a foreign file gives back, question by question, and what a writer does; the bounds of both."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation

from msgspec import structs

from quizzes.domain import pictures
from quizzes.domain.errors import Refusal
from quizzes.domain.exchange.extras import Extras, sources_of
from quizzes.domain.exchange.texts import looks_garbled
from quizzes.domain.items import KEYLESS, OPTION_IDS, Item, Option, number, plain_number
from quizzes.domain.pictures import NoPicture, Picture

#: Bounds of a file. A bank of a thousand questions with rationales takes 3 MB.
MOST_BYTES, MOST_LINES, MOST_QUESTIONS, LONGEST_TEXT = 10_000_000, 200_000, 2_000, 10_000
#: Signs that open a link or a tag: a text of nothing else would keep the renderer of markdown busy for minutes.
MOST_BRACKETS = 300
#: How many options the exam wants of a single choice, and how many it takes to publish one (see quality.shape).
FULL_CHOICE, LEAST_CHOICE = 4, 3
#: What counts as the whole mark, in percent: some systems round.
FULL_MARK = 99.9


class Unreadable(Refusal):
    """A file that cannot be taken at all. `line` is 0 where no line is to blame."""

    status = 422
    code = "unreadable"

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(f"Line {line}: {message}" if line else message)
        self.line = line


class Skip(Exception):
    """A question that is right as it stands, but of a kind that this app does not have."""


class Broken(Exception):
    """A question with a fault that its author has to mend."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Note:
    """What is other here than in the file, or what to look at, and the line it is about."""

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A question between two systems. Names that a foreign file does not give are empty, its difficulty 0; `labels` are its tags and categories.

    `pictures` are those that came with the file, or that go into it; a text may mention others.
    """

    item: Item
    slug: str = ""
    family: str = ""
    labels: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()

    @property
    def mentioned(self) -> list[str]:
        """The addresses of all pictures that its texts show."""
        return list(dict.fromkeys(address for text in texts_of(self.item) for address in pictures.addresses(text)))

    def reworded(self, change: Callable[[str], str]) -> Draft:
        """The same with each of its texts changed."""
        item = self.item
        options = tuple(
            structs.replace(option, text=change(option.text), why=change(option.why), match=change(option.match)) for option in item.options
        )
        item = structs.replace(item, stem=change(item.stem), options=options, targets_extra=tuple(map(change, item.targets_extra)))
        return replace(self, item=item)


def texts_of(item: Item) -> Iterable[str]:
    """All that a question says in markdown."""
    return (item.stem, *(text for option in item.options for text in (option.text, option.why, option.match)), *item.targets_extra)


@dataclass(frozen=True, slots=True)
class Parsed:
    """One question of a file. Without a draft it is left out: because it is broken, or because we have no such type."""

    line: int
    title: str
    draft: Draft | None = None
    notes: tuple[Note, ...] = ()
    is_broken: bool = False
    #: The file inside a package.
    place: str = ""

    @property
    def outcome(self) -> str:
        """kept, changed, skipped or broken."""
        if self.draft is None:
            return "broken" if self.is_broken else "skipped"
        return "changed" if self.notes else "kept"


@dataclass(frozen=True, slots=True)
class Written:
    """A file, and what it could not take along: name of the question and a sentence. `left_out` are the names of those that are not in it."""

    data: bytes
    notes: tuple[tuple[str, str], ...] = ()
    left_out: tuple[str, ...] = ()


@dataclass(slots=True)
class RoughOption:
    text: str
    why: str = ""
    key: bool = False
    match: str = ""


@dataclass
class Rough:
    """A question while it is being read."""

    line: int
    title: str = ""
    place: str = ""
    type: str = "single"
    stem: str = ""
    options: list[RoughOption] = field(default_factory=list)
    #: Feedback that belongs to no option.
    general: str = ""
    labels: list[str] = field(default_factory=list)
    targets_extra: list[str] = field(default_factory=list)
    unit: str = ""
    tolerance: str = "0"
    extras: Extras = field(default_factory=Extras)
    notes: list[Note] = field(default_factory=list)
    #: The bytes of a file by what a text calls it; None where it is not there.
    fetch: Callable[[str], bytes | None] = lambda source: None
    pictures: dict[str, Picture] = field(default_factory=dict)
    #: What its texts call the pictures that they show.
    asked: list[str] = field(default_factory=list)

    def picture(self, source: str) -> str:
        """Our address for a picture that a text shows; empty, with a note, where it cannot be kept. Nothing is fetched from elsewhere."""
        if pictures.ADDRESS.fullmatch(source):
            return source
        called = "A picture in the text" if source.startswith("data:") else f"The picture {source.rpartition('/')[2][-60:] or source[:60]}"
        if source.lower().startswith(("http://", "https://", "//")):
            self.say(f"{called} lies on another site and is left out: nothing is fetched. Its words stay.")
            return ""
        self.asked.append(source.partition("?")[0][-300:])
        data = _inside(source) if source.startswith("data:") else self.fetch(source)
        if data is None:
            self.say(f"{called} is not in the file and is left out. Its words stay.")
            return ""
        try:
            found = pictures.look_at(data)
        except NoPicture as reason:
            self.say(f"{called} is left out: {reason}. Its words stay.")
            return ""
        if len(self.pictures) >= pictures.MOST_OF_ONE and found.address not in self.pictures:
            self.say(f"Of more than {pictures.MOST_OF_ONE} pictures the rest is left out.")
            return ""
        return self.pictures.setdefault(found.address, found).address

    def say(self, message: str, line: int = 0) -> None:
        note = Note(line or self.line, message)
        if note not in self.notes:
            self.notes.append(note)

    def take_general(self, text: str) -> None:
        """Feedback on the whole question: our own list of sources, or words that need a place."""
        sources = sources_of(text)
        if not sources:
            self.general = text
        elif not self.extras.sources:
            self.extras = structs.replace(self.extras, sources=sources)

    def weigh(self, weights: Sequence[float], *, single: bool) -> None:
        """Marks the keys by what each option gives, in percent of the mark."""
        full = sum(weight >= FULL_MARK for weight in weights)
        if single and full > 1:
            raise Skip(f"{full} options are right, and any one of them is enough: there is no such type here. It is skipped.")
        alone = full == 1 and all(weight <= 0 or weight >= FULL_MARK for weight in weights)
        self.type = "single" if single or alone else "multiple"
        for option, weight in zip(self.options, weights, strict=True):
            option.key = weight >= FULL_MARK if self.type == "single" else weight > 0
        if self.extras.type in ("single", "multiple"):
            self.type = self.extras.type
        elif self.type == "multiple":
            self.say("The weights are left out: an answer is right when all keys and nothing else are chosen.")
        if self.type == "single" and any(0 < weight < FULL_MARK for weight in weights):
            self.say("An answer that gave part of the mark counts as wrong here.")

    def drop_near_key(self) -> None:
        """Takes out wrong results of a number that would count as right."""
        key, margin = next((decimal(o.text) for o in self.options if o.key), None), decimal(self.tolerance)
        for option in [o for o in self.options if not o.key]:
            value = decimal(option.text)
            if key is not None and value is not None and abs(value - key) <= (margin or 0):
                self.options.remove(option)
                self.say(f"{option.text} is left out as a wrong result: it is as good as the key.")

    def parsed(self, fill: Callable[[Rough], None]) -> Parsed:
        """The question as `fill` read it, or why it is left out."""
        try:
            fill(self)
            draft = self._draft()
        except Skip as skip:
            return self._left_out(str(skip), is_broken=False)
        except Broken as broken:
            return self._left_out(str(broken), is_broken=True, line=broken.line)
        return Parsed(self.line, self._shown_title(), draft, tuple(self.notes), place=self.place)

    def _left_out(self, message: str, *, is_broken: bool, line: int = 0) -> Parsed:
        return Parsed(self.line, self._shown_title(), None, (Note(line or self.line, message),), is_broken, self.place)

    def _shown_title(self) -> str:
        words = " ".join((self.extras.slug or self.title or self.stem).split())
        return words if len(words) <= 80 else f"{words[:79]}…"

    def _draft(self) -> Draft:
        self._place_general()
        self._check()
        known = self.extras
        whys = known.whys if len(known.whys) == len(self.options) else ()
        options = tuple(
            Option(id=OPTION_IDS[n], text=o.text, why=o.why or (whys[n] if whys else ""), key=o.key, match=o.match)
            for n, o in enumerate(self.options)
        )
        item = Item(
            type=self.type,  # type: ignore[arg-type]
            stem=self.stem, options=options, objective=known.objective, topic="", domain=known.domain, level=known.level,
            difficulty=known.difficulty, lesson=known.lesson, facts=known.facts, sources=known.sources,
            targets_extra=tuple(self.targets_extra), unit=self.unit or known.unit, tolerance=self.tolerance,
        )  # fmt: skip
        draft = Draft(item, known.slug, known.family, tuple(dict.fromkeys(label for label in self.labels if label)))
        for address in draft.mentioned:
            self._take_beside(address)
        shown = tuple(self.pictures[address] for address in draft.mentioned if address in self.pictures)
        if any(f"![]({picture.address})" in text for picture in shown for text in texts_of(item)):
            self.say("A picture has no words beside it (alt). Write what it shows before the question is published.")
        return replace(draft, pictures=shown)

    def _take_beside(self, address: str) -> None:
        """A picture of a text that rides beside the question and whose file came along."""
        if address not in self.pictures and (data := self.fetch(address.rpartition("/")[2])) is not None:
            try:
                found = pictures.look_at(data)
            except NoPicture:
                return
            if found.address == address:
                self.pictures[address] = found

    def _place_general(self) -> None:
        if not self.general:
            return
        home = next((option for option in self.options if option.key), self.options[0] if self.options else None)
        if home is not None:
            home.why = f"{home.why}\n\n{self.general}".strip()
            where = "the key" if home.key else "the first option"
            self.say(f"The general feedback stands in the rationale of {where} now: there is no other place for it.")

    def _check(self) -> None:
        if not self.stem.strip():
            raise Broken("The question has no text. Write what is asked.")
        if not self.options:
            raise Broken("The question has no options. Write them, and mark the right one.")
        if len(self.options) > len(OPTION_IDS):
            raise Skip(
                f"The question has {len(self.options)} options, and at most {len(OPTION_IDS)} can be held. Cut it, then import it again."
            )
        if any(not option.text.strip() for option in self.options):
            raise Broken("An option has no text. Write it, or take the option out.")
        texts = [self.stem, *(text for option in self.options for text in (option.text, option.why, option.match)), *self.targets_extra]
        if max(map(len, texts)) > LONGEST_TEXT:
            raise Broken(f"A text has more than {LONGEST_TEXT:,} characters. Cut it.")
        if len(self.targets_extra) > len(OPTION_IDS):
            raise Skip(f"More than {len(OPTION_IDS)} partners fit nothing. Cut them, then import it again.")
        if any(text.count(sign) > MOST_BRACKETS for text in texts for sign in "[<"):
            raise Broken(f"A text has more than {MOST_BRACKETS} brackets. Cut it.")
        if any(map(looks_garbled, texts)):
            self.say("Some signs look garbled, as if the file had once been read in a wrong encoding. Check the text.")
        keys = sum(option.key for option in self.options)
        if self.type not in KEYLESS and not keys:
            raise Broken("No option is marked as right. Mark the key.")
        if self.type in ("single", "numeric") and keys > 1:
            raise Broken(f"{keys} options are marked as right, and this type has one key.")
        if self.type == "matching" and any(not option.match for option in self.options):
            raise Broken("A pair has no right side. Write what belongs to it.")
        if self.type == "single" and len(self.options) < FULL_CHOICE:
            count = len(self.options)
            more = f" and needs {LEAST_CHOICE - count} more before it can be published"
            then = ", which is enough to publish it" if count >= LEAST_CHOICE else more
            self.say(f"Single choice has {FULL_CHOICE} options in the exam; this has {count}{then}.")
        if self.type == "multiple" and keys == 1:
            self.say("Several may be chosen, but one is right: read as single choice.")
            self.type = "single"


def _inside(source: str) -> bytes | None:
    """The bytes of a data: address."""
    try:
        return base64.b64decode("".join(source.partition(",")[2].split()), validate=True)
    except (binascii.Error, ValueError):
        return None


def category_labels(path: str) -> list[str]:
    """The last names of a category of Moodle, which stands as a path."""
    names = [name.strip() for name in path.split("/")]
    return [name for name in names if name and name.lower() not in ("$course$", "$system$", "$cat1$", "$module$", "top")][-3:]


def decimal(text: str) -> Decimal | None:
    """A number as other systems write it (1e-3, +4, .5), or None. Bounded, so that no power of ten fills the memory."""
    text = text.strip()
    if not text or len(text) > 40:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() and (not value or -30 <= value.adjusted() <= 30) else None


def plain(text: str) -> str | None:
    """A number as our items hold it: as it was written where that is plain already. None where it is none."""
    value = decimal(text)
    if value is None:
        return None
    text = text.strip()
    return text if number(text) is not None and not text.startswith("+") else plain_number(value)


def middle(bottom: Decimal, top: Decimal) -> tuple[str, str]:
    """A range as value and tolerance."""
    return plain_number((bottom + top) / 2), plain_number((top - bottom) / 2)
