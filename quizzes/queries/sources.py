"""The reads around sources: who cites a page, and what wants another look since it changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, OuterRef, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Cast, Coalesce, Concat

from quizzes.models import DraftSource, Lesson, Question, SourcePage
from quizzes.models.sources import outdated_questions, outdated_sources


@dataclass(frozen=True, slots=True)
class Citation:
    """A question or a lesson that names a page, and the day it was last held against it."""

    title: str
    url: str
    checked: date
    outdated: bool


@dataclass(frozen=True, slots=True)
class SourceUse:
    """Who rests on a page, what wants another look first."""

    questions: list[Citation]
    lessons: list[Citation]

    @property
    def outdated(self) -> int:
        return sum(found.outdated for found in (*self.questions, *self.lessons))


@dataclass(frozen=True, slots=True)
class LookAgain:
    """How much wants another look, for the first page of the desk."""

    pages: int
    questions: int
    lessons: int

    @property
    def waits(self) -> bool:
        return bool(self.questions or self.lessons)


def source_use(page: SourcePage) -> SourceUse:
    """Two statements."""
    since = page.changed_on

    def cited(title: str, url: str, checked: date) -> Citation:
        return Citation(title, url, checked, since is not None and checked < since)

    rows = DraftSource.objects.filter(url=page.url).exclude(question__state=Question.State.RETIRED).order_by("question__slug")
    questions = [
        cited(slug, f"/admin/quizzes/question/{pk}/change/", checked)
        for pk, slug, checked in rows.values_list("question_id", "question__slug", "checked")
    ]
    lessons = [cited(short, f"/lessons/{slug}/", checked) for slug, short, url, checked in _lesson_sources() if url == page.url]
    return SourceUse(sorted(questions, key=lambda found: not found.outdated), sorted(lessons, key=lambda found: not found.outdated))


def with_citations(pages: QuerySet[SourcePage]) -> QuerySet[SourcePage]:
    """Pages with the number of questions and of lessons that cite them, as `questions` and `lessons`."""
    asked = DraftSource.objects.filter(url=OuterRef("url")).exclude(question__state=Question.State.RETIRED).order_by()
    quoted = Concat(Value('"'), OuterRef("url"), Value('"'))
    taught = Lesson.objects.annotate(cited=Cast("sources", TextField())).filter(cited__contains=quoted).order_by()
    return pages.annotate(
        questions=Coalesce(Subquery(asked.values("url").annotate(count=Count("question", distinct=True)).values("count")), 0),
        lessons=Coalesce(Subquery(taught.annotate(one=Value(1)).values("one").annotate(count=Count("pk")).values("count")), 0),
    )


def changed_since(question: Question) -> list[SourcePage]:
    """The pages that a working copy cites and that changed after it was checked."""
    urls = outdated_sources().filter(question=question).values("url")
    return list(SourcePage.objects.filter(url__in=urls))


def look_again(*, questions: int | None = None) -> LookAgain:
    """Three statements; two where the page knows already how many questions there are."""
    changed = dict(SourcePage.objects.changed().values_list("url", "changed_on"))
    lessons = {slug for slug, _, url, checked in _lesson_sources() if url in changed and checked < changed[url]}  # type: ignore[operator]
    if questions is None:
        questions = outdated_questions().count() if changed else 0
    return LookAgain(len(changed), questions, len(lessons))


def _lesson_sources() -> list[tuple[str, str, str, date]]:
    rows = Lesson.objects.order_by("number").values_list("slug", "short", "sources")
    return [(slug, short, source["url"], date.fromisoformat(source["checked"])) for slug, short, sources in rows for source in sources]
