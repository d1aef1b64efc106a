"""Content files other than lessons: objectives, facts, glossary, blueprints, questions. Text in, typed values and problems out."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec

from quizzes.domain.errors import Problem
from quizzes.domain.items import OPTION_IDS, Item, Option, Source
from quizzes.domain.lesson import toml_line

T = TypeVar("T")

LEVELS = ("remember", "understand", "apply", "analyse")


class Domain(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    key: str
    title: str
    weight: int


class Objective(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    key: str
    title: str


class Topic(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    slug: str
    title: str
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
    id: str
    topic: str
    level: str
    statement: str
    sources: tuple[FactSource, ...]
    checked: Any = None


class Facts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    fact: tuple[Fact, ...]


class Term(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    term: str
    definition: str
    aliases: tuple[str, ...] = ()
    lesson: str = ""
    facts: tuple[str, ...] = ()


class Glossary(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    term: tuple[Term, ...]


class BlueprintFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    slug: str
    title: str
    summary: str
    minutes: int
    pilots: int
    cut: float
    counts: dict[str, int]


class Blueprints(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    blueprint: tuple[BlueprintFile, ...]


class OptionFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    text: str
    why: str
    key: bool = False


class QuestionFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    slug: str
    family: str
    type: str
    stem: str
    objective: str
    domain: str
    level: str
    difficulty: int
    lesson: str
    facts: tuple[str, ...]
    options: tuple[OptionFile, ...]
    sources: tuple[Source, ...]

    def item(self, topic: str) -> Item:
        return Item(
            type=self.type,  # type: ignore[arg-type]
            stem=self.stem.strip(),
            options=tuple(
                Option(id=OPTION_IDS[n], text=option.text.strip(), why=option.why.strip(), key=option.key)
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
        )


def read(kind: type[T], *, path: str, text: str) -> tuple[T | None, list[Problem]]:
    """A whole file as one typed value."""
    try:
        return msgspec.convert(tomllib.loads(text), type=kind), []
    except tomllib.TOMLDecodeError as fault:
        return None, [Problem(path, toml_line(fault), f"this is not TOML: {fault}")]
    except msgspec.ValidationError as fault:
        return None, [Problem(path, _line_of(text, str(fault)), f"a value does not fit: {fault}")]


def read_questions(*, path: str, text: str) -> tuple[list[tuple[int, QuestionFile]], list[Problem]]:
    """The questions of a file with the line of each; a broken one is left out and named."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        return [], [Problem(path, toml_line(fault), f"this is not TOML: {fault}")]
    lines = list(header_lines(text, "question"))
    good: list[tuple[int, QuestionFile]] = []
    problems = [Problem(path, 1, f"{name!r} is not known here. A question file holds [[question]] tables") for name in tables if name != "question"]
    for line, table in zip(lines, tables.get("question", []), strict=False):
        try:
            good.append((line, msgspec.convert(table, type=QuestionFile)))
        except msgspec.ValidationError as fault:
            problems.append(Problem(path, line, f"the question {table.get('slug', '?')!r} does not fit: {fault}"))
    return good, problems


def header_lines(text: str, name: str) -> Iterator[int]:
    """The line of each [[name]] header, counted from 1. tomllib gives no places."""
    for number, line in enumerate(text.splitlines(), start=1):
        if re.match(rf"^\s*\[\[\s*{name}\s*\]\]", line):
            yield number


def _line_of(text: str, fault: str) -> int:
    found = re.search(r"\$\.(\w+)\[(\d+)\]", fault)
    if not found:
        return 1
    lines = list(header_lines(text, found[1]))
    return lines[int(found[2])] if int(found[2]) < len(lines) else 1
