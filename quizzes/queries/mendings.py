"""The reads of the wizard that mends a key, and of what was mended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count

from quizzes.domain.items import LETTERS, OPTION_IDS, Item
from quizzes.domain.markdown import inline, plain
from quizzes.domain.mending import ChangedResult, Fixed, possible_answers, ruling
from quizzes.models import KeyMending, MendedResult, Question, QuestionVersion, Response
from quizzes.models.mendings import Held
from quizzes.queries.items import QuestionView, question_view

#: Answers that a page offers of a type whose answers cannot all be listed: those given most often.
MOST_GIVEN = 30
#: Results that the page of a mending lists.
LISTED = 200


@dataclass(frozen=True, slots=True)
class VersionChoice:
    """A published wording that can be mended."""

    pk: int
    number: int
    answers: int
    is_current: bool
    is_mended: bool


@dataclass(frozen=True, slots=True)
class AnswerChoice:
    """An answer that can be made right: as a form sends it, in letters of the author's order, and how often it was given."""

    value: str
    label: str
    given: int
    is_right: bool


@dataclass(frozen=True, slots=True)
class MendingLine:
    """A mending in a list."""

    pk: int
    what: str
    reason: str
    by: str
    at: datetime
    undone_at: datetime | None


@dataclass(frozen=True, slots=True)
class WizardPage:
    """What can be mended of a question: its wordings, and the answers to one of them, `of`."""

    of: QuestionVersion
    versions: list[VersionChoice]
    answers: list[AnswerChoice]
    question: QuestionView
    mendings: list[MendingLine]

    @property
    def others(self) -> list[VersionChoice]:
        """Wordings whose answers are not shown."""
        return [version for version in self.versions if version.pk != self.of.pk]


def wizard_page(question: Question, *, of: str = "") -> WizardPage | None:
    """The wizard's first page. `of` is the number of the wording whose answers are offered; without one, the current. None without any."""
    rows = list(question.versions.order_by("-number"))
    version = next((row for row in rows if str(row.number) == of), None) or next(
        (row for row in rows if row.pk == question.current_id), None
    )
    if version is None:
        return None
    asked = dict(Response.objects.filter(question=question).order_by().values_list("slot__version").annotate(n=Count("pk")))
    mendings = list(question.mendings.select_related("made_by").prefetch_related("versions").order_by("pk"))
    mended = {wording.pk for row in mendings if row.is_in_force for wording in row.versions.all()}
    choices = [VersionChoice(row.pk, row.number, asked.get(row.pk, 0), row.pk == question.current_id, row.pk in mended) for row in rows]
    said = [row for row in mendings if row.is_in_force and version in row.versions.all()]
    held = Held(ruling(version.item, [row.rule for row in said]), said)
    shown = question_view(version.item, order=[option.id for option in version.item.options], reveal=True, held=held)
    return WizardPage(
        version, [choice for choice in choices if choice.answers or choice.is_current or choice.pk == version.pk],
        _answers(version, held.ruling.accepted), shown, [_line(row) for row in reversed(mendings)],
    )  # fmt: skip


def _line(row: KeyMending) -> MendingLine:
    by = row.made_by.display_name if row.made_by else ""
    return MendingLine(row.pk, row.what(row.versions.all()[0]), row.reason, by, row.made_at, row.undone_at)


def _answers(version: QuestionVersion, accepted: tuple[Fixed, ...]) -> list[AnswerChoice]:
    counted = Response.objects.filter(slot__version=version).order_by().values_list("answer").annotate(n=Count("pk")).order_by("-n")
    item = version.item
    given: dict[Fixed, int] = {tuple(answer): n for answer, n in counted if answer}
    offered = possible_answers(item) or list(dict.fromkeys([*accepted, *list(given)[:MOST_GIVEN]]))
    return [AnswerChoice(",".join(answer), label(item, answer), given.get(answer, 0), answer in accepted) for answer in offered]


def label(item: Item, answer: Fixed) -> str:
    """An answer in the letters of the author's order, with its text where that is short."""
    letter = dict(zip(OPTION_IDS, LETTERS, strict=True))
    if item.type == "numeric":
        return f"{answer[0]} {item.unit}".strip()
    if item.type == "single":
        return f"{letter[answer[0]]} · {plain(inline(item.option(answer[0]).text))}"
    if item.type == "matching":
        targets = item.targets
        pairs = (pair.split(":") for pair in answer)
        return "; ".join(f"{letter[option_id]} with {plain(inline(targets[int(n) - 1]))}" for option_id, n in pairs)
    return (", ".join if item.type == "ordering" else " and ".join)([letter[option_id] for option_id in answer])


# -- what was mended -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ResultLine(ChangedResult):
    """A result that changed, with the learner by the name that pages call them."""

    learner: str
    title: str
    started_at: datetime


@dataclass(frozen=True, slots=True)
class MendingPage:
    """A mending with what it did. `is_asked` says that learners still meet a wording that it mends."""

    what: str
    versions: list[int]
    figures: dict[str, Any]
    lines: list[ResultLine]
    later: int | None
    is_asked: bool
    can_correct: bool

    @property
    def results(self) -> int:
        return sum(self.figures.get("moves", {}).values())


def mending_page(mending: KeyMending) -> MendingPage:
    """Five statements, however much it did."""
    versions = list(mending.versions.order_by("number"))
    rows = MendedResult.objects.filter(mending=mending, scored_before__isnull=False).select_related("attempt__learner")
    lines = [
        ResultLine(
            row.attempt.learner.display_name, str(row.attempt.plan.get("title", "")), row.attempt.started_at, before=row.before, after=row.after
        )
        for row in rows[:LISTED] if row.before
    ]  # fmt: skip
    question = mending.question
    later = question.mendings.in_force().filter(pk__gt=mending.pk).values_list("pk", flat=True).last()
    asked = {pk for pk, _ in question.stock} or {question.current_id}
    is_asked = mending.is_in_force and question.state == Question.State.PUBLISHED and any(version.pk in asked for version in versions)
    return MendingPage(
        mending.what(versions[0]), [version.number for version in versions], mending.figures, lines, later, is_asked,
        is_asked and not question.is_generated,
    )  # fmt: skip
