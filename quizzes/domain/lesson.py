"""Lessons: from a file's text to sections of blocks, with every fault named by its line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any
from xml.etree import ElementTree

import msgspec

from quizzes.domain import markdown
from quizzes.domain.errors import Problem
from quizzes.domain.items import Source
from quizzes.domain.places import line_with, toml_line, value_line

_HEADING = re.compile(r"^## (?P<title>.+?)(?:\s+\{#(?P<anchor>[a-z0-9-]+)\})?\s*$")
_DIRECTIVE = re.compile(r"^::: (?P<name>[a-z]+)(?: +(?P<argument>.+?))?\s*$")
_FILE_NAME = re.compile(r"^(?P<number>\d\d)-(?P<slug>[a-z0-9-]{1,50})\.md$")
#: What the columns of the tables can hold.
_LONGEST_ANCHOR, _LONGEST_HEADING = 50, 200

#: The labs that a lesson can hold, with their addresses.
LABS = {"invocation": "/labs/invocation/", "pricing": "/labs/pricing/", "workflows": "/labs/pricing/workflows/"}

#: What a figure may be made of (docs/writing-content.md).
SVG_TAGS = {"svg", "title", "desc", "g", "rect", "circle", "ellipse", "line", "path", "polyline", "polygon", "text", "tspan"}
SVG_ATTRIBUTES = {
    "viewBox", "role", "class", "x", "y", "x1", "x2", "y1", "y2", "dx", "dy", "cx", "cy", "r", "rx", "ry", "d", "points",
    "width", "height", "transform", "text-anchor", "dominant-baseline", "id", "aria-labelledby", "aria-label", "aria-hidden", "xmlns",
}  # fmt: skip
_SVG = "{http://www.w3.org/2000/svg}"


class LessonSource(Source, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A source with an address that can be opened."""

    url: Annotated[str, msgspec.Meta(pattern="^https://", max_length=500)]


class Meta(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The front matter of a lesson."""

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    short: Annotated[str, msgspec.Meta(min_length=1, max_length=32)]
    summary: str
    topic: str
    objectives: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    minutes: Annotated[int, msgspec.Meta(ge=1, le=600)]
    checked: date
    facts: tuple[str, ...] = ()
    sources: Annotated[tuple[LessonSource, ...], msgspec.Meta(min_length=1)]


class TermCard(msgspec.Struct, frozen=True, kw_only=True):
    """A term of the glossary as a lesson shows it. `lesson` is the place that explains it: slug#anchor, slug or nothing."""

    slug: str
    term: str
    html: str
    lesson: str = ""

    @property
    def url(self) -> str:
        """Where it is explained in full."""
        slug, _, anchor = self.lesson.partition("#")
        return f"/lessons/{slug}/{'#' + anchor if anchor else ''}" if slug else ""


class Block(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A piece of a section: `kind` is html, note, figure, check, terms or lab. A lab has its name and its setting, as an address has it."""

    kind: str
    html: str = ""
    title: str = ""
    svg: str = ""
    question: str = ""
    terms: tuple[TermCard, ...] = ()
    lab: str = ""
    setting: str = ""


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """A heading and what stands below it. The opening before the first heading has an empty title."""

    anchor: str
    title: str
    blocks: tuple[Block, ...]

    @property
    def text(self) -> str:
        return " ".join(f"{block.title} {markdown.plain(block.html)}".strip() for block in self.blocks if block.html)

    @property
    def checks(self) -> list[str]:
        return [block.question for block in self.blocks if block.kind == "check"]


class Lesson(msgspec.Struct, frozen=True, kw_only=True):
    number: int
    slug: str
    meta: Meta
    sections: tuple[Section, ...]


def parse(*, name: str, text: str, figures: Mapping[str, str]) -> tuple[Lesson | None, list[Problem]]:
    """The lesson of a file called `name`, and what is wrong with it; None where it cannot be read at all.

    `figures` maps file names to the text of their SVGs.
    """
    path = f"lessons/{name}"
    found = _FILE_NAME.match(name)
    if not found:
        return None, [Problem(path, 1, "call the file NN-slug.md, for example 04-asynchronous-invocation.md")]
    head, body, body_line, problems = _split(path, text)
    meta = _meta(path, head, problems) if head is not None else None
    if meta is None:
        return None, problems
    sections = _sections(path, body, body_line, figures, problems)
    anchors = [section.anchor for section in sections]
    if "notes" not in anchors:
        problems.append(Problem(path, body_line, "the last section is missing. Write ## What the original notes said {#notes}"))
    elif anchors[-1] != "notes":
        problems.append(Problem(path, line_with(text, "{#notes}"), "the section #notes is not the last. Move it to the end"))
    lesson = Lesson(number=int(found["number"]), slug=found["slug"], meta=meta, sections=tuple(sections))
    return lesson, problems


def _split(path: str, text: str) -> tuple[str | None, str, int, list[Problem]]:
    lines = text.splitlines()
    if not lines or lines[0].strip() != "+++" or "+++" not in (line.strip() for line in lines[1:]):
        return None, "", 1, [Problem(path, 1, "the front matter is missing. Put TOML between two lines that hold +++ alone")]
    end = next(n for n, line in enumerate(lines[1:], start=1) if line.strip() == "+++")
    return "\n".join(lines[1:end]), "\n".join(lines[end + 1 :]), end + 2, []


def _meta(path: str, head: str, problems: list[Problem]) -> Meta | None:
    try:
        return msgspec.convert(tomllib.loads(head), type=Meta)
    except tomllib.TOMLDecodeError as fault:
        problems.append(Problem(path, toml_line(fault, head) + 1, f"the front matter is not TOML: {fault}"))
    except msgspec.ValidationError as fault:
        problems.append(Problem(path, value_line(head, str(fault)) + 1, f"the front matter does not fit: {fault}"))
    return None


def _sections(path: str, body: str, first_line: int, figures: Mapping[str, str], problems: list[Problem]) -> list[Section]:
    sections: list[Section] = []
    anchor, title, blocks = "", "", []  # type: str, str, list[Block]
    prose: list[str] = []
    lines = body.splitlines()
    fenced = False
    index = 0

    def flush() -> None:
        if text := "\n".join(prose).strip():
            blocks.append(Block(kind="html", html=markdown.block(text)))
        prose.clear()

    while index < len(lines):
        line = lines[index]
        fenced ^= line.lstrip().startswith("```")
        heading, directive = _HEADING.match(line), _DIRECTIVE.match(line)
        if not fenced and heading:
            flush()
            sections.append(Section(anchor=anchor, title=title, blocks=tuple(blocks)))
            anchor, title, blocks = heading["anchor"] or "", heading["title"], []
            if fault := _heading_fault(anchor, title, sections):
                problems.append(Problem(path, first_line + index, fault))
        elif not fenced and directive:
            flush()
            opened = index
            inner: list[str] = []
            index += 1
            while index < len(lines) and lines[index].strip() != ":::":
                inner.append(lines[index])
                index += 1
            if index == len(lines):
                problems.append(
                    Problem(path, first_line + opened, "this directive is never closed. End it with a line that holds ::: alone")
                )
            block = _block(path, first_line + opened, directive["name"], directive["argument"] or "", "\n".join(inner), figures, problems)
            if block:
                blocks.append(block)
        else:
            if not fenced and line.startswith(":::"):
                problems.append(
                    Problem(path, first_line + index, "::: stands alone here. Open a directive with ::: note, ::: figure or ::: check")
                )
            prose.append(line)
        index += 1
    flush()
    sections.append(Section(anchor=anchor, title=title, blocks=tuple(blocks)))
    return [section for section in sections if section.title or section.blocks]


def _heading_fault(anchor: str, title: str, above: Sequence[Section]) -> str:
    if not anchor:
        return f"the section {title!r} has no anchor. End the line with {{#some-anchor}}"
    if anchor in (section.anchor for section in above):
        return f"the anchor #{anchor} stands twice. Give each section its own"
    if len(anchor) > _LONGEST_ANCHOR or len(title) > _LONGEST_HEADING:
        return f"this heading is too long. Keep the anchor within {_LONGEST_ANCHOR} characters and the title within {_LONGEST_HEADING}"
    return ""


def _block(path: str, line: int, name: str, argument: str, inner: str, figures: Mapping[str, str], problems: list[Problem]) -> Block | None:
    if name == "note":
        return Block(kind="note", title=argument or "Note", html=markdown.block(inner))
    if name == "check":
        if not argument:
            problems.append(Problem(path, line, "this check names no question. Write ::: check some-question-slug"))
            return None
        return Block(kind="check", question=argument)
    if name == "figure":
        if argument not in figures:
            problems.append(Problem(path, line, f"there is no file figures/{argument}. Name one of content/week-09/figures/"))
            return None
        return Block(kind="figure", svg=figure(figures[argument]), html=markdown.inline(inner.strip()))
    if name == "lab":
        lab, _, setting = argument.partition(" ")
        if lab not in LABS:
            problems.append(Problem(path, line, f"there is no lab {lab!r}. Name one of: {', '.join(LABS)}"))
            return None
        return Block(kind="lab", lab=lab, setting=setting.strip(), html=markdown.inline(inner.strip()))
    problems.append(Problem(path, line, f"there is no directive {name!r}. Use figure, note, check or lab"))
    return None


def figure(svg: str) -> str:
    """The markup of a figure for the page: from its root element on, ready to scale."""
    return svg[svg.index("<svg") :].strip() if "<svg" in svg else ""


def check_figure(*, name: str, svg: str) -> list[Problem]:
    """What a figure has that it must not have, or lacks."""
    path = f"figures/{name}"
    try:
        root = ElementTree.fromstring(svg)  # noqa: S314 (a file of the repository, no entity leaves a fault here)
    except ElementTree.ParseError as fault:
        return [Problem(path, fault.position[0], f"this is not well-formed XML: {fault}")]
    problems: list[Problem] = []
    if not root.get("viewBox", "").startswith("0 0 400 "):
        problems.append(Problem(path, 1, 'the drawing must be 400 wide. Write viewBox="0 0 400 HEIGHT"'))
    if root.get("width") or root.get("height"):
        problems.append(Problem(path, 1, "the root has a width or height of its own. Leave them out"))
    if root.get("role") != "img":
        problems.append(Problem(path, 1, 'the root needs role="img"'))
    if not (root.findtext(f"{_SVG}title") or "").strip():
        problems.append(Problem(path, 1, "a <title> as first child is missing: say what the picture shows"))
    for element in root.iter():
        tag = str(element.tag).removeprefix(_SVG)
        if tag not in SVG_TAGS:
            problems.append(Problem(path, line_with(svg, f"<{tag}"), f"<{tag}> is not allowed in a figure. Use shapes and text"))
        for attribute in element.attrib:
            if attribute not in SVG_ATTRIBUTES:
                problems.append(
                    Problem(
                        path,
                        line_with(svg, f"{attribute}="),
                        f"the attribute {attribute} of <{tag}> is not allowed. Colours come from classes",
                    )
                )
    return problems


def as_dict(sections: tuple[Section, ...]) -> list[dict[str, Any]]:
    """Sections as plain values, for a JSON column."""
    plain: list[dict[str, Any]] = msgspec.to_builtins(sections)
    return plain


def from_dict(sections: list[dict[str, Any]]) -> tuple[Section, ...]:
    return msgspec.convert(sections, type=tuple[Section, ...])
