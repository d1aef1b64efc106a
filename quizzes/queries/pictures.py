"""Where a picture is shown."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q, TextField
from django.db.models.functions import Cast

from quizzes.models import Question, QuestionVersion


@dataclass(frozen=True, slots=True)
class Use:
    """A question that shows a picture, and whether its working copy, a version, or both do."""

    slug: str
    url: str
    where: str


def uses(digest: str) -> list[Use]:
    """The questions that show a picture, by name."""
    mark = f"/media/{digest}"
    drafts = Q(stem__contains=mark) | Q(draft_options__text__contains=mark) | Q(draft_options__why__contains=mark)
    writing = dict(Question.objects.filter(drafts).values_list("pk", "slug"))
    told = QuestionVersion.objects.annotate(said=Cast("body", TextField())).filter(said__contains=mark)
    frozen = dict(told.values_list("question_id", "question__slug"))
    found = []
    for pk, slug in sorted({**writing, **frozen}.items(), key=lambda row: row[1]):
        where = "working copy and versions" if pk in writing and pk in frozen else "working copy" if pk in writing else "earlier version"
        found.append(Use(slug, f"/admin/quizzes/question/{pk}/change/", where))
    return found
