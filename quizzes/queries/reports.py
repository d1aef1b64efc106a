"""The read of a question that a learner has seen, alone on a page: from search, and to report it."""

from __future__ import annotations

from dataclasses import dataclass

from quizzes.domain.attempt import may_see_key
from quizzes.models import KeyMending, QuestionVersion, Response, Slot, User
from quizzes.queries.items import QuestionView, lesson_titles, question_view


@dataclass(frozen=True, slots=True)
class SeenPage:
    """A question as the learner saw it the last time it was open to them."""

    question: QuestionView
    topic: str
    version: int
    answered_on: str


def seen_page(question: int, learner: User) -> SeenPage | None:
    """The last wording of a question that this learner was shown with its key; None where there is none."""
    responses = Response.objects.filter(learner=learner, question_id=question).select_related(
        "slot__attempt", "slot__version", "question__topic"
    )
    for response in responses.order_by("-responded_at")[:5]:
        slot = response.slot
        if may_see_key(mode=slot.attempt.mode, answered=True, finished=slot.attempt.is_finished):
            held = KeyMending.objects.held([slot.version])
            view = question_view(
                slot.version.item, order=slot.option_order, chosen=response.answer, response=response, reveal=True, lessons=lesson_titles(),
                held=held.get(slot.version_id),
            )  # fmt: skip
            return SeenPage(view, response.question.topic.title, slot.version_id, f"{response.responded_at:%Y-%m-%d}")
    return None


def version_met(pk: int, learner: User | None) -> QuestionVersion | None:
    """A version that stands in one of this learner's attempts; nobody else may report on it."""
    if learner is None:
        return None
    return QuestionVersion.objects.filter(pk=pk, pk__in=Slot.objects.of(learner).values("version_id")).first()
