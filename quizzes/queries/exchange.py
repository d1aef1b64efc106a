"""The reads of import and export: which questions go out, and what a kept file has become."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import QuerySet

from quizzes.models import ImportedQuestion, ImportRun, Question, Topic


@dataclass(frozen=True, slots=True)
class ImportedLine:
    """A question that came with a file."""

    slug: str
    url: str
    line: int
    place: str
    state: str
    #: Whether it is a draft still, as it came.
    is_untouched: bool


def to_export(*, pks: Collection[int] | None = None, topic: str = "") -> QuerySet[Question]:
    """Questions with all that a file takes: those chosen, or all that are not retired. Three statements, whatever their number."""
    rows = Question.objects.prefetch_related("draft_options", "draft_sources").order_by("topic__position", "slug")
    rows = rows.filter(pk__in=pks) if pks is not None else rows.exclude(state=Question.State.RETIRED)
    return rows.filter(topic=topic) if topic else rows


def topics() -> list[str]:
    return list(Topic.objects.order_by("position").values_list("slug", flat=True))


def imported_lines(run: ImportRun) -> list[ImportedLine]:
    """What was taken from a file, in its order."""
    rows = ImportedQuestion.objects.filter(run=run).select_related("question").defer("question__shipped_body")
    return [
        ImportedLine(
            row.question.slug, f"/admin/quizzes/question/{row.question_id}/change/", row.line, row.place, row.question.state,
            row.question.is_as_imported,
        )
        for row in rows
    ]  # fmt: skip
