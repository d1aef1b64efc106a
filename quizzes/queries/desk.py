"""The reads of the authors' desk: its first page, previews, the history of a question, a report, the plan of an exam."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Count, Exists, F, Max, Min, Q
from django.utils import timezone

from quizzes.domain.attempt import option_order
from quizzes.domain.differences import Difference, differences
from quizzes.domain.generators import FAMILIES
from quizzes.domain.items import Item, from_dict
from quizzes.domain.pictures import without
from quizzes.domain.statistics import Kind
from quizzes.domain.statistics.flags import MOODLE
from quizzes.domain.tables import Cell, Column, Row, Table, cell, moment
from quizzes.models import Blueprint, Card, Fact, ItemStatistics, Objective, Question, QuestionVersion, Report, Slot, Tag, Topic
from quizzes.queries.items import QuestionView, lesson_titles, question_view

# -- the list of questions -------------------------------------------------------------------------------------------


def filled_columns() -> dict[str, bool]:
    """Which columns of the list have something in any row of the bank, of those that a young bank leaves empty: one statement."""
    figures = ItemStatistics.objects.filter(version=F("version__question__current"))
    flags = Q()
    for kind in set(Kind) - MOODLE:
        flags |= Q(flags__contains=f"{kind}=")
    asked = {
        "reports": Report.objects.filter(state=Report.State.OPEN),
        "facility": figures.filter(facility__isnull=False),
        "discrimination": figures.filter(discrimination__isnull=False),
        "flags": figures.filter(flags),
        "tagged": Tag.objects.all(),
        "edited": Question.objects.filter(edited_here=True),
        "forgotten_by": Card.objects.leeches(),
    }
    found = Question.objects.order_by("pk").values(**{f"has_{name}": Exists(rows) for name, rows in asked.items()}).first() or {}
    return {name: bool(found.get(f"has_{name}")) for name in asked}


# -- the first page --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TopicCount:
    """How the bank stands in one topic."""

    slug: str
    title: str
    published: int
    drafts: int


@dataclass(frozen=True, slots=True)
class DraftLine:
    """A question that learners do not see yet."""

    pk: int
    slug: str
    words: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class IndexPage:
    """What waits, and how the bank stands. `forgotten` names the questions that most learners forget; `forgotten_count` counts all of them."""

    open_reports: int
    oldest_report: datetime | None
    topics: list[TopicCount]
    drafts: list[DraftLine]
    retired: int
    edited_here: int

    @property
    def published(self) -> int:
        return sum(topic.published for topic in self.topics)

    @property
    def draft_count(self) -> int:
        return sum(topic.drafts for topic in self.topics)


def open_reports() -> int:
    return Report.objects.filter(state=Report.State.OPEN).count()


def index_page() -> IndexPage:
    """Three statements, whatever the size of the bank."""
    reports = Report.objects.filter(state=Report.State.OPEN).aggregate(count=Count("pk"), oldest=Min("created_at"))
    topics = list(
        Topic.objects.order_by("position")
        .annotate(
            published=Count("questions", filter=Q(questions__state=Question.State.PUBLISHED)),
            drafts=Count("questions", filter=Q(questions__state=Question.State.DRAFT)),
            retired=Count("questions", filter=Q(questions__state=Question.State.RETIRED)),
            edited=Count("questions", filter=Q(questions__edited_here=True)),
        )
        .values_list("slug", "title", "published", "drafts", "retired", "edited")
    )
    drafts = Question.objects.filter(state=Question.State.DRAFT).order_by("-changed_at").values_list("pk", "slug", "stem", "changed_at")
    return IndexPage(
        open_reports=reports["count"],
        oldest_report=reports["oldest"],
        topics=[TopicCount(*row[:4]) for row in topics],
        drafts=[DraftLine(pk, slug, excerpt(without(stem, lambda address: True), 12), at) for pk, slug, stem, at in drafts[:6]],
        retired=sum(row[4] for row in topics),
        edited_here=sum(row[5] for row in topics),
    )


def excerpt(text: str, words: int = 14) -> str:
    """The first words of a text in markdown, for a line in a list."""
    found = text.replace("`", "").split()
    return " ".join(found) if len(found) <= words else f"{' '.join(found[:words]).rstrip(' .,;:!?…–-')}…"


# -- a question ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Preview:
    """A question as learners meet it: before they answer, and with everything revealed."""

    before: QuestionView
    after: QuestionView
    topic: str
    level: str
    keys: int


def preview(item: Item) -> Preview:
    """The learners' own parts for a wording, finished or not."""
    order = option_order(len(item.options), random.Random(1), pick=item.pick)  # noqa: S311 (any order that is not the right one)
    if item.type != "ordering":
        order = [option.id for option in item.options]
    topic = Topic.objects.filter(objectives=item.objective).values_list("title", flat=True).first()
    return Preview(
        before=question_view(item, order=order),
        after=question_view(item, order=order, reveal=True, lessons=lesson_titles()),
        topic=topic or "",
        level=item.level,
        keys=len(item.key),
    )


def out_of_exams(item: Item) -> str:
    """Why exams will not ask a wording, in a sentence; nothing where they will."""
    if not item.is_choice:
        return "It stays out of exams: they ask single choice and multiple response alone. Learners meet it in practice and in lessons."
    new = sorted(Fact.too_new().intersection(item.facts)) if item.facts else []
    if new:
        return f"It stays out of exams while the fact {new[0]} is new. Learners meet it in practice and in lessons."
    return ""


@dataclass(frozen=True, slots=True)
class VersionLine:
    """A published wording in the list of all."""

    number: int
    published_at: datetime
    by: str
    reviewed_by: str
    note: str
    shown: int
    current: bool


@dataclass(frozen=True, slots=True)
class Side:
    """Something that can be compared: a version, the working copy, the shipped file."""

    key: str
    title: str


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """The wordings of a question, and how two of them differ."""

    versions: list[VersionLine]
    sides: list[Side]
    old: Side | None
    new: Side | None
    differences: list[Difference]


def history_page(question: Question, *, draft: Item, old: str = "", new: str = "") -> HistoryPage:
    """The versions of a question, the latest first, and the differences of two sides.

    Without a choice the last two versions are compared; a single one with the working copy.
    """
    rows = list(
        QuestionVersion.objects.filter(question=question)
        .select_related("published_by", "reviewed_by")
        .annotate(shown=Count("slots"))
        .order_by("-number")
    )
    versions = [
        VersionLine(
            row.number,
            row.published_at,
            row.published_by.display_name if row.published_by else "",
            row.reviewed_by.display_name if row.reviewed_by else "",
            row.note,
            row.shown,
            row.pk == question.current_id,
        )
        for row in rows
    ]
    items = {str(row.number): row.item for row in rows}
    sides = [Side(str(row.number), f"Version {row.number}") for row in rows]
    items["draft"], sides = draft, [Side("draft", "The working copy"), *sides]
    if question.shipped_body is not None:
        items["shipped"] = from_dict(question.shipped_body)
        sides.append(Side("shipped", "The shipped file"))
    by_key = {side.key: side for side in sides}
    numbers = [str(row.number) for row in rows]
    first, second = (numbers[1], numbers[0]) if len(numbers) > 1 else (numbers[0], "draft") if numbers else ("", "")
    before, after = by_key.get(old or first), by_key.get(new or second)
    found = differences(items[before.key], items[after.key]) if before and after else []
    return HistoryPage(versions, sides, before, after, found)


def versions_table(question: Question, versions: list[VersionLine]) -> Table:
    """The versions as a table that sorts, filters and goes out."""
    columns = (
        Column("version", "Version"),
        Column("at", "Published"),
        Column("by", "By"),
        Column("reviewed", "Reviewed by"),
        Column("note", "What changed"),
        Column("shown", "Shown", True),
        Column("state", "State"),
    )
    now = "what learners see" if question.state == Question.State.PUBLISHED else "the latest that counted"
    rows = tuple(
        Row(
            (
                Cell(f"Version {line.number}", line.number, f"/admin/quizzes/question/{question.pk}/versions/{line.number}/"),
                moment(timezone.localtime(line.published_at)),
                cell(line.by or None),
                cell(line.reviewed_by or None),
                cell(line.note or None),
                cell(line.shown),
                cell(now if line.current else "earlier"),
            ),
            f"{line.number} {line.by} {line.note}",
            "current" if line.current else "earlier",
        )
        for line in versions
    )
    return Table("Versions", columns, rows, (("current", "Current"), ("earlier", "Earlier")))  # fmt: skip


@dataclass(frozen=True, slots=True)
class ComputedPage:
    """A generated question: what it drills, its variants (number, the stem's first words, how often shown, whether it is asked), and one of them."""

    title: str
    drill_url: str
    preview: Preview | None
    variants: list[tuple[int, str, int, bool]]

    @property
    def asked(self) -> int:
        return sum(asked for *_, asked in self.variants)


def computed_page(question: Question) -> ComputedPage:
    rows = QuestionVersion.objects.filter(question=question).annotate(shown=Count("slots")).order_by("number")
    asked = {version for version, _ in question.stock}
    title = next((family.title for family in FAMILIES if family.slug == question.generator), question.slug)
    known = any(family.slug == question.generator for family in FAMILIES)
    return ComputedPage(
        title,
        f"/labs/drills/{question.generator}/" if known else "",
        preview(question.current.item) if question.current else None,
        [(row.number, excerpt(without(row.item.stem, lambda address: True), 24), row.shown, row.pk in asked) for row in rows],
    )


@dataclass(frozen=True, slots=True)
class Change:
    """Something that was done to a question at the desk."""

    at: datetime
    by: str
    what: str


def changes_of(question: Question, *, limit: int = 50) -> list[Change]:
    """What was done to a question at the desk, the latest first."""
    entries = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(Question), object_id=str(question.pk))
    return [
        Change(entry.action_time, entry.user.display_name, entry.get_change_message()) for entry in entries.select_related("user")[:limit]
    ]


def facts_of(topic: str) -> list[tuple[str, str]]:
    """The facts that questions of a topic may cite: id and statement."""
    rows = Fact.objects.filter(topic=topic).order_by("pk").values_list("pk", "statement", "level")
    return [
        (pk, f"{statement} (New: what rests on it stays out of exams.)" if level == "new" else statement) for pk, statement, level in rows
    ]


# -- reports ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReportPage:
    """A learner's note with the question as this learner saw it."""

    question: QuestionView
    slug: str
    question_pk: int
    version: int
    version_number: int
    is_current: bool
    answered: bool
    mode: str
    others: int


def report_page(report: Report) -> ReportPage:
    """The question of a report in the learner's own order, as they answered it last."""
    version = report.version
    slot = (
        Slot.objects.filter(version=version, attempt__learner_id=report.learner_id)
        .select_related("attempt")
        .prefetch_related("responses")
        .annotate(given_at=Max("responses__responded_at"))
        .order_by(F("given_at").desc(nulls_last=True), "-pk")
        .first()
    )
    response = slot.responses.all().first() if slot else None
    order = slot.option_order if slot else [option.id for option in version.item.options]
    others = Report.objects.filter(version__question_id=version.question_id, state=Report.State.OPEN).exclude(pk=report.pk).count()
    return ReportPage(
        question=question_view(
            version.item,
            order=order,
            chosen=response.answer if response else [],
            response=response,
            reveal=True,
            lessons=lesson_titles(),
        ),
        slug=version.question.slug,
        question_pk=version.question_id,
        version=version.pk,
        version_number=version.number,
        is_current=version.question.current_id == version.pk,
        answered=response is not None,
        mode=slot.attempt.mode if slot else "",
        others=others,
    )


# -- plans of exams --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ObjectiveCount:
    """What the bank holds for an objective and exams may count, pilots left out. Two of one family never meet in an exam, so families are what counts."""

    key: str
    title: str
    published: int
    families: int


@dataclass(frozen=True, slots=True)
class ObjectiveGroup:
    """The objectives of one topic."""

    title: str
    objectives: list[ObjectiveCount]


def objective_groups() -> list[ObjectiveGroup]:
    """Every objective by topic, with what can be asked about it: one statement."""
    published = Q(questions__state=Question.State.PUBLISHED, questions__in_exams=True, questions__is_pilot=False)
    rows = (
        Objective.objects.order_by("topic__position", "position")
        .annotate(
            topic_title=F("topic__title"),
            published=Count("questions", filter=published),
            families=Count("questions__family", filter=published, distinct=True),
        )
        .values_list("topic_title", "key", "title", "published", "families")
    )
    groups: dict[str, list[ObjectiveCount]] = {}
    for topic, key, title, asked, families in rows:
        groups.setdefault(topic, []).append(ObjectiveCount(key, title, asked, families))
    return [ObjectiveGroup(title, objectives) for title, objectives in groups.items()]


def times_sat(blueprint: Blueprint) -> int:
    return blueprint.attempts.count()
