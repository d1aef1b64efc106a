"""A question as pages show it: one dataclass for every type, holding only what the page may show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import connections

from quizzes.domain.items import LETTERS, Grade, Item, Option, near
from quizzes.domain.items import number as decimals
from quizzes.domain.markdown import inline, plain
from quizzes.domain.mending import in_words
from quizzes.models import Lesson, Response
from quizzes.models.mendings import Held


@dataclass(frozen=True, slots=True)
class OptionView:
    """An option as a page shows it. `why` and `is_key` are None while the mode hides them.

    A step to be ordered and a thing to be matched have `choices` (what a page sends, what it says) while they are asked. Once revealed,
    `belongs` is the right place or partner and `given` what the learner chose; `is_key` then says that both are the same.
    """

    letter: str
    text: str
    chosen: bool = False
    struck: bool = False
    is_key: bool | None = None
    why: str | None = None
    choices: list[tuple[str, int | str]] = field(default_factory=list)
    belongs: int | str = ""
    given: int | str = ""

    @property
    def state(self) -> str:
        """key, miss or nothing, for a page that shows the verdict."""
        if self.is_key is None:
            return ""
        return "key" if self.is_key else ("miss" if self.chosen else "")


@dataclass(frozen=True, slots=True)
class SourceView:
    title: str
    url: str
    checked: date


@dataclass(frozen=True, slots=True)
class MendingNote:
    """What was mended in the key of this wording, why and when."""

    what: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Feedback:
    """What may be said once an answer is given. `forgotten` says how often, where that calls for reading again; otherwise 0.

    `mended` is empty where the key stands as it was asked; `counts` is False where it was dropped.
    """

    right: bool
    answered: bool
    share: float
    confidence: str
    sources: list[SourceView]
    lesson_url: str
    lesson_title: str
    comes_back: bool = False
    forgotten: int = 0
    mended: list[MendingNote] = field(default_factory=list)
    counts: bool = True


@dataclass(frozen=True, slots=True)
class QuestionView:
    """A question in the order of its place: the part that practice, exam, result and preview include.

    `number` is what was typed as an answer to a numeric one, once it is revealed; `tolerance` says how far off it may be, empty where it must be exact.
    """

    type: str
    stem: str
    pick: int
    options: list[OptionView]
    feedback: Feedback | None = None
    unit: str = ""
    number: str = ""
    tolerance: str = ""


def question_view(
    item: Item, *, order: Iterable[str], chosen: Iterable[str] = (), struck: Iterable[str] = (),
    response: Response | None = None, reveal: bool = False, lessons: dict[str, str] | None = None, comes_back: bool = False,
    forgotten: int = 0, held: Held | None = None,
) -> QuestionView:  # fmt: skip
    """The part for one item; key, rationales and sources only when `reveal` says so.

    `held` says what holds of this version where its key was mended: key and verdict are then those that hold.
    """
    chosen = list(chosen)
    grade = Grade(response.fraction, response.share) if response else None
    mended: list[MendingNote] = []
    if reveal and held:
        grade = held.ruling.mark(response.answer) if response else None
        mended = [MendingNote(in_words(item, row.rule), row.reason, row.made_at) for row in held.mendings]
        item = held.ruling.shown
    lettered = [(LETTERS[n], option) for n, option in enumerate(item.in_order(list(order)))]
    if item.is_choice:
        options = _choices(lettered, chosen, set(struck), reveal)
    else:
        options = (_REVEALED if reveal else _ASKED)[item.type](item, lettered, chosen)
    feedback = None
    if reveal:
        lesson_url, lesson_title = lesson_link(item.lesson, lessons or {})
        feedback = Feedback(
            right=bool(grade and grade.right), answered=bool(chosen), share=grade.share if grade else 0.0,
            confidence=response.confidence if response else "",
            sources=[SourceView(s.title, s.url, s.checked) for s in item.sources],
            lesson_url=lesson_url, lesson_title=lesson_title, comes_back=comes_back, forgotten=forgotten, mended=mended,
            counts=held is None or held.ruling.counts,
        )  # fmt: skip
    number = chosen[0] if reveal and chosen and item.type == "numeric" else ""
    return QuestionView(
        item.type,
        item.stem,
        item.pick,
        options,
        feedback,
        item.unit,
        number,
        item.tolerance if item.type == "numeric" and decimals(item.tolerance) else "",
    )


Lettered = Sequence[tuple[str, Option]]


def _choices(lettered: Lettered, chosen: list[str], struck: set[str], reveal: bool) -> list[OptionView]:
    return [
        OptionView(
            letter, option.text, option.id in chosen, option.id in struck, option.key if reveal else None, option.why if reveal else None
        )
        for letter, option in lettered
    ]


def _steps_asked(item: Item, lettered: Lettered, chosen: list[str]) -> list[OptionView]:
    places = range(1, len(lettered) + 1)
    return [OptionView(letter, option.text, choices=[(f"{letter}:{place}", place) for place in places]) for letter, option in lettered]


def _steps_revealed(item: Item, lettered: Lettered, chosen: list[str]) -> list[OptionView]:
    """In the right order."""
    letters = {option.id: letter for letter, option in lettered}
    given = {option_id: place for place, option_id in enumerate(chosen, start=1)}
    return [
        OptionView(
            letters[option.id], option.text, option.id in given, is_key=given.get(option.id) == place, why=option.why,
            belongs=place, given=given.get(option.id, ""),
        )
        for place, option in enumerate(item.options, start=1)
        if option.id in letters
    ]  # fmt: skip


def _pairs_asked(item: Item, lettered: Lettered, chosen: list[str]) -> list[OptionView]:
    targets = [plain(inline(target)) for target in item.targets]
    return [
        OptionView(letter, option.text, choices=[(f"{letter}:{n}", target) for n, target in enumerate(targets, start=1)])
        for letter, option in lettered
    ]


def _pairs_revealed(item: Item, lettered: Lettered, chosen: list[str]) -> list[OptionView]:
    names = {str(n): target for n, target in enumerate(item.targets, start=1)}
    given = {option_id: names.get(target, "") for option_id, _, target in (pair.partition(":") for pair in chosen)}
    return [
        OptionView(
            letter, option.text, option.id in given, is_key=given.get(option.id) == option.match, why=option.why,
            belongs=option.match, given=given.get(option.id, ""),
        )
        for letter, option in lettered
    ]  # fmt: skip


def _numbers_asked(item: Item, lettered: Lettered, chosen: list[str]) -> list[OptionView]:
    """None: the key and the typical slips are numbers that a learner is to find."""
    return []


def _numbers_revealed(item: Item, lettered: Lettered, chosen: list[str]) -> list[OptionView]:
    """What the learner got first, then the key, then other results that people get."""
    typed = chosen[0] if chosen else ""
    right = any(option.key and near(item, typed, option.text) for _, option in lettered)
    views = [
        OptionView(letter, option.text, option.key if right else near(item, typed, option.text), is_key=option.key, why=option.why)
        for letter, option in lettered
    ]
    return sorted(views, key=lambda view: (not view.chosen, not view.is_key))


_ASKED = {"ordering": _steps_asked, "matching": _pairs_asked, "numeric": _numbers_asked}
_REVEALED = {"ordering": _steps_revealed, "matching": _pairs_revealed, "numeric": _numbers_revealed}


def lesson_link(place: str, titles: Mapping[str, str]) -> tuple[str, str]:
    """Address and title of a lesson's section (slug#anchor); an empty address where none is named."""
    slug, _, anchor = place.partition("#")
    return f"/lessons/{slug}/{'#' + anchor if anchor else ''}" if slug else "", titles.get(slug, "the lesson")


def lesson_titles(place: str | None = None) -> dict[str, str]:
    """Short titles by slug, of all lessons or of that of one place (slug#anchor; no statement where none is named).

    Every revealed question reads this: as SQL it costs a fifth of a composed query.
    """
    if place == "":
        return {}
    where, values = ("", []) if place is None else (" WHERE slug = %s", [place.partition("#")[0]])
    with connections[Lesson.objects.db].cursor() as cursor:
        cursor.execute(f"SELECT slug, short FROM quizzes_lesson{where}", values)  # noqa: S608 (our own words)
        return dict(cursor.fetchall())
