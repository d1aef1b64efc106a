"""Content files other than lessons: objectives, facts, glossary, blueprints, questions. Text in, typed values and problems out."""

from __future__ import annotations

import tomllib
from datetime import date
from itertools import repeat
from typing import Annotated, Literal, TypeVar

import msgspec

from quizzes.domain.errors import Problem
from quizzes.domain.items import OPTION_IDS, Item, Option, Source
from quizzes.domain.places import header_lines, toml_line, value_line

T = TypeVar("T")

LEVELS = ("remember", "understand", "apply", "analyse")

# What the columns of the tables can hold.
Slug = Annotated[str, msgspec.Meta(pattern="^[a-z0-9]+(-[a-z0-9]+)*$", max_length=50)]
LongSlug = Annotated[str, msgspec.Meta(pattern="^[a-z0-9]+(-[a-z0-9]+)*$", max_length=100)]
Title = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
LongTitle = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Place = Annotated[str, msgspec.Meta(max_length=150)]


class Domain(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    key: Slug
    title: Title
    weight: Annotated[int, msgspec.Meta(ge=0, le=100)]


class Objective(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    key: Slug
    title: LongTitle


class Topic(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    slug: Slug
    title: Title
    objectives: tuple[Objective, ...]


class Objectives(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The map of the subject: `domain` of the exam, `topic` with its objectives."""

    domain: tuple[Domain, ...]
    topic: tuple[Topic, ...]

    @property
    def topic_of(self) -> dict[str, str]:
        """Objective key to topic slug."""
        return {objective.key: topic.slug for topic in self.topic for objective in topic.objectives}


class FactSource(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    title: str
    url: str = ""


class Fact(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: LongSlug
    topic: Slug
    level: Literal["core", "deeper", "new"]
    statement: str
    sources: tuple[FactSource, ...]
    checked: date | None = None


class Facts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    fact: tuple[Fact, ...]


class Term(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    term: Annotated[str, msgspec.Meta(min_length=1, max_length=50)]
    definition: str
    aliases: tuple[str, ...] = ()
    lesson: Place = ""
    facts: tuple[str, ...] = ()


class Glossary(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    term: tuple[Term, ...]


class BlueprintFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    slug: Slug
    title: Title
    summary: str
    minutes: Annotated[int, msgspec.Meta(ge=1, le=600)]
    pilots: Annotated[int, msgspec.Meta(ge=0)]
    cut: Annotated[float, msgspec.Meta(ge=0.3, le=0.95)]
    counts: dict[str, Annotated[int, msgspec.Meta(ge=1)]]


class Blueprints(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    blueprint: tuple[BlueprintFile, ...]


class OptionFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    text: str
    why: str
    key: bool = False
    match: str = ""


class QuestionFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    slug: LongSlug
    family: LongSlug
    type: str
    stem: str
    objective: str
    domain: str
    level: str
    difficulty: int
    lesson: Place
    facts: tuple[str, ...]
    options: tuple[OptionFile, ...]
    sources: tuple[Source, ...]
    targets_extra: tuple[str, ...] = ()
    unit: Annotated[str, msgspec.Meta(max_length=40)] = ""
    tolerance: Annotated[str, msgspec.Meta(max_length=30)] = "0"

    def item(self, topic: str) -> Item:
        return Item(
            type=self.type,  # type: ignore[arg-type]
            stem=self.stem.strip(),
            options=tuple(
                Option(id=OPTION_IDS[n], text=option.text.strip(), why=option.why.strip(), key=option.key, match=option.match.strip())
                for n, option in enumerate(self.options[: len(OPTION_IDS)])
            ),
            objective=self.objective,
            topic=topic,
            domain=self.domain,
            level=self.level,
            difficulty=self.difficulty,
            lesson=self.lesson,
            facts=self.facts,
            sources=self.sources,
            targets_extra=tuple(target.strip() for target in self.targets_extra),
            unit=self.unit.strip(),
            tolerance=self.tolerance.strip(),
        )


def read(kind: type[T], *, path: str, text: str) -> tuple[T | None, list[Problem]]:
    """A whole file as one typed value."""
    try:
        return msgspec.convert(tomllib.loads(text), type=kind), []
    except tomllib.TOMLDecodeError as fault:
        return None, [Problem(path, toml_line(fault, text), f"this is not TOML: {fault}")]
    except msgspec.ValidationError as fault:
        return None, [Problem(path, value_line(text, str(fault)), f"a value does not fit: {fault}")]


def read_questions(*, path: str, text: str) -> tuple[list[tuple[int, QuestionFile]], list[Problem]]:
    """The questions of a file with the line of each; a broken one is left out and named."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        return [], [Problem(path, toml_line(fault, text), f"this is not TOML: {fault}")]
    problems = [
        Problem(path, 1, f"{name!r} is not known here. A question file holds [[question]] tables") for name in tables if name != "question"
    ]
    found = tables.get("question", [])
    if not isinstance(found, list):
        return [], [
            *problems,
            Problem(path, value_line(text, "at `$.question`"), "this is one table or value. Write [[question]] before each question"),
        ]
    good: list[tuple[int, QuestionFile]] = []
    for line, table in zip([*header_lines(text, "question")] or repeat(1), found, strict=False):
        try:
            good.append((line, msgspec.convert(table, type=QuestionFile)))
        except msgspec.ValidationError as fault:
            name = table.get("slug", "?") if isinstance(table, dict) else table
            problems.append(Problem(path, value_line(text, str(fault), start=line), f"the question {name!r} does not fit: {fault}"))
    return good, problems
