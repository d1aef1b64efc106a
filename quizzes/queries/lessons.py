"""The reads of lessons, glossary and search."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from quizzes.domain import lesson as lessons
from quizzes.domain.attempt import Mode, option_order
from quizzes.domain.items import Item
from quizzes.domain.lesson import Block, TermCard
from quizzes.domain.search import Hit, rank, read_query
from quizzes.models import KeyMending, Lesson, LessonProgress, LessonSection, Question, Response, SearchEntry, Term, User
from quizzes.queries.items import QuestionView, lesson_titles, question_view
from quizzes.queries.labs import LabCard, lab_card


@dataclass(frozen=True, slots=True)
class LessonLine:
    """A lesson in a list, with the learner's place in it."""

    number: int
    slug: str
    title: str
    short: str
    summary: str
    minutes: int
    url: str
    sections: int
    reached: int
    finished: bool
    anchor: str
    current: bool = False

    @property
    def started(self) -> bool:
        return self.reached > 0 or self.finished

    @property
    def state(self) -> str:
        return "read" if self.finished else ("begun" if self.started else "new")

    @property
    def minutes_left(self) -> int:
        return max(1, round(self.minutes * (1 - self.reached / self.sections))) if self.sections else self.minutes


@dataclass(frozen=True, slots=True)
class CheckView:
    """A check inside a lesson: the question, and the answer given to it, if there is one."""

    pk: int
    url: str
    question: QuestionView
    version: int
    answered: bool


@dataclass(frozen=True, slots=True)
class BlockView:
    kind: str
    html: str = ""
    title: str = ""
    svg: str = ""
    check: CheckView | None = None
    terms: tuple[TermCard, ...] = ()
    lab: LabCard | None = None


@dataclass(frozen=True, slots=True)
class SectionView:
    """A section with the number of questions that practise it."""

    anchor: str
    title: str
    blocks: list[BlockView]
    questions: int = 0


@dataclass(frozen=True, slots=True)
class LessonPage:
    number: int
    slug: str
    title: str
    summary: str
    minutes: int
    checked: date
    topic: str
    topic_title: str
    objectives: list[str]
    sections: list[SectionView]
    sources: list[dict[str, Any]]
    lessons: list[LessonLine]
    previous: LessonLine | None
    next: LessonLine | None
    finished: bool
    reached: str

    @property
    def headings(self) -> list[SectionView]:
        return [section for section in self.sections if section.title]


def lesson_lines(learner: User | None, *, current: str = "") -> list[LessonLine]:
    """Every lesson in order, with progress: two or three statements."""
    progress = (
        {row[0]: row[1:] for row in LessonProgress.objects.filter(learner=learner).values_list("lesson_id", "anchor", "finished_at")}
        if learner else {}
    )  # fmt: skip
    places: dict[tuple[int, str], int] = {}
    if progress:
        titled = (
            LessonSection.objects.filter(lesson_id__in=progress).exclude(anchor="").values_list("lesson_id", "anchor").order_by("position")
        )
        counts: dict[int, int] = {}
        for lesson_id, anchor in titled:
            counts[lesson_id] = counts.get(lesson_id, 0) + 1
            places[lesson_id, anchor] = counts[lesson_id]
    rows = (
        Lesson.objects.annotate(titled=Count("sections", filter=~Q(sections__anchor="")))
        .order_by("number")
        .values_list("pk", "number", "slug", "title", "short", "summary", "minutes", "titled")
    )
    lines = []
    for pk, number, slug, title, short, summary, minutes, titled_count in rows:
        anchor, finished_at = progress.get(pk, ("", None))
        lines.append(
            LessonLine(
                number, slug, title, short, summary, minutes, f"/lessons/{slug}/", titled_count,
                titled_count if finished_at else places.get((pk, anchor), 0), finished_at is not None, anchor, slug == current,
            )
        )  # fmt: skip
    return lines


def lesson_page(row: Lesson, learner: User | None, *, typed: dict[int, list[str]] | None = None) -> LessonPage:
    """A lesson with its checks as this learner left them: a constant number of statements."""
    stored = list(row.sections.values_list("anchor", "title", "blocks"))
    blocks = [lessons.from_dict([{"anchor": a, "title": t, "blocks": b}])[0] for a, t, b in stored]
    checks = _checks(row, [slug for section in blocks for slug in section.checks], learner)
    places = [f"{row.slug}#{section.anchor}" for section in blocks if section.anchor]
    asked = dict(Question.objects.published().filter(lesson__in=places).order_by().values_list("lesson").annotate(count=Count("pk")))
    lines = lesson_lines(learner, current=row.slug)
    at = next(n for n, line in enumerate(lines) if line.current)
    return LessonPage(
        number=row.number, slug=row.slug, title=row.title, summary=row.summary, minutes=row.minutes, checked=row.checked,
        topic=row.topic_id, topic_title=row.topic.title, objectives=[o.title for o in row.objectives.all()],
        sections=[SectionView(s.anchor, s.title, [_block(block, checks) for block in s.blocks], asked.get(f"{row.slug}#{s.anchor}", 0)) for s in blocks],
        sources=row.sources, lessons=lines, previous=lines[at - 1] if at else None,
        next=lines[at + 1] if at + 1 < len(lines) else None, finished=lines[at].finished, reached=lines[at].anchor,
    )  # fmt: skip


def _block(block: Block, checks: dict[str, CheckView]) -> BlockView:
    return BlockView(
        block.kind,
        block.html,
        block.title,
        block.svg,
        checks.get(block.question),
        block.terms,
        lab_card(block) if block.kind == "lab" else None,
    )


def checks_of(row: Lesson) -> QuerySet[Question]:
    """The published questions that this lesson asks as it goes."""
    stored = row.sections.values_list("anchor", "title", "blocks")
    sections = lessons.from_dict([{"anchor": a, "title": t, "blocks": b} for a, t, b in stored])
    slugs = [slug for section in sections for slug in section.checks]
    return Question.objects.published().filter(slug__in=slugs).select_related("current")


def check_view(row: Lesson, question: Question, learner: User | None) -> CheckView | None:
    """One check of a lesson, for the part that htmx swaps."""
    return _checks(row, [question.slug], learner).get(question.slug)


def _checks(row: Lesson, slugs: list[str], learner: User | None) -> dict[str, CheckView]:
    if not slugs:
        return {}
    questions = list(Question.objects.published().filter(slug__in=slugs).select_related("current"))
    given: dict[int, Any] = {}
    if learner:
        in_force = KeyMending.objects.filter(undone_at=None, versions=OuterRef("slot__version"))
        answers = (
            Response.objects.filter(learner=learner, question__in=questions, slot__attempt__mode=Mode.CHECK, slot__attempt__lesson=row)
            .select_related("slot", "slot__version")
            .annotate(is_mended=Exists(in_force))
        )
        given = {answer.question_id: answer for answer in answers.order_by("responded_at")}
    titles, held = lesson_titles(), KeyMending.objects.held(answer.slot.version for answer in given.values() if answer.is_mended)
    views = {}
    for question in questions:
        assert question.current is not None
        response: Response | None = given.get(question.pk)
        version = response.slot.version if response else question.current
        order = response.slot.option_order if response else steady_order(version.item, question.check_seed)
        view = question_view(
            version.item, order=order, chosen=response.answer if response else (), response=response,
            reveal=response is not None, lessons=titles, held=held.get(version.pk),
        )  # fmt: skip
        views[question.slug] = CheckView(question.pk, f"/lessons/{row.slug}/checks/{question.pk}/", view, version.pk, response is not None)
    return views


def steady_order(item: Item, seed: int) -> list[str]:
    """The order that `start_check` will give this item: the same at every reading, and telling nothing of the key."""
    return option_order(len(item.options), random.Random(seed), pick=item.pick)  # noqa: S311


# -- glossary and search ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TermView:
    slug: str
    term: str
    aliases: list[str]
    html: str
    lesson_url: str
    lesson_title: str


def glossary() -> list[TermView]:
    titles = lesson_titles()
    return [_term(term, titles) for term in Term.objects.all()]


def _term(term: Term, titles: dict[str, str]) -> TermView:
    slug, _, anchor = term.lesson.partition("#")
    url = f"/lessons/{slug}/{'#' + anchor if anchor else ''}" if slug else ""
    return TermView(term.slug, term.term, term.aliases, term.html, url, titles.get(slug, ""))


@dataclass(frozen=True, slots=True)
class SearchPage:
    query: str
    sections: list[Hit]
    terms: list[Hit]
    questions: list[Hit]
    may_have_seen: bool
    #: So many of a kind are shown at most.
    limit: int

    @property
    def is_cut(self) -> bool:
        return max(len(self.sections), len(self.terms), len(self.questions)) == self.limit

    @property
    def found(self) -> int:
        return len(self.sections) + len(self.terms) + len(self.questions)


def search_page(asked: str, learner: User | None, *, limit: int = 20) -> SearchPage:
    """What matches in lessons, glossary and the questions that this learner has seen: a statement for each."""
    query, index = read_query(asked), SearchEntry.objects.all()
    return SearchPage(
        asked,
        rank(query, index.sections(query), limit=limit),
        rank(query, index.terms(query), limit=limit),
        rank(query, index.questions(query, learner.pk) if learner else [], limit=limit),
        learner is not None,
        limit,
    )
