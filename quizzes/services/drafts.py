"""The verbs of deleted drafts: delete one, give up an edit for the shipped wording, bring one back, take an import back."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from quizzes.domain import items
from quizzes.domain.errors import Refusal
from quizzes.models import DiscardedDraft, Domain, ImportedQuestion, ImportRun, Objective, Question, QuestionVersion, User
from quizzes.services import bank, workflow

#: How long a deleted draft can be brought back.
KEPT = timedelta(days=30)


class NotADraft(Refusal):
    """Something rests on it, so it is not deleted."""

    code = "not-a-draft"


@transaction.atomic
def discard_draft(*, question: Question, by: User | None, now: datetime) -> DiscardedDraft:
    """Delete a draft that was never published; it can be brought back for a while, without its comments. Raises NotADraft for any other."""
    held = Question.objects.select_for_update().get(pk=question.pk)
    if held.versions.exists():
        raise NotADraft("This question was published, so attempts and the history rest on it. Nothing was deleted; retire it instead.")
    origin = ImportedQuestion.objects.filter(question=held).values("run_id", "line", "place", "checksum").first()
    kept = _keep(held, slug=held.slug, origin=dict(origin or {}), by=by, now=now)
    held.delete()
    return kept


@transaction.atomic
def give_up_edit(*, question: Question, by: User | None, now: datetime) -> tuple[QuestionVersion, DiscardedDraft | None]:
    """Back to the shipped wording, as `bank.return_to_shipped` does it. What was never published is kept like a deleted draft, under a name
    of its own; None where the working copy said what learners saw, which stays in the history."""
    held = Question.objects.select_for_update(of=("self",)).select_related("current").get(pk=question.pk)
    kept = None
    if held.shipped_body is not None and bank.differs_from_published(held, bank.draft_item(held)):
        kept = _keep(held, slug=f"{held.slug[:88]}-unpublished", origin={}, by=by, now=now)
    return bank.return_to_shipped(question=held, by=by, now=now), kept


def _keep(question: Question, *, slug: str, origin: dict[str, Any], by: User | None, now: datetime) -> DiscardedDraft:
    DiscardedDraft.objects.filter(discarded_at__lt=now - KEPT).delete()
    return DiscardedDraft.objects.create(
        slug=slug, stem=question.stem, family=question.family, body=items.as_dict(bank.draft_item(question)),
        tags=list(question.tags.values_list("name", flat=True)), is_pilot=question.is_pilot, author_id=question.author_id, origin=origin,
        discarded_by=by, discarded_at=now,
    )  # fmt: skip


@transaction.atomic
def bring_back(*, draft: DiscardedDraft, by: User | None, now: datetime, seed: int) -> Question:
    """The draft as it was, under its name or, where another question has that by now, one with a number behind it.

    Raises Refusal where it was brought back already, or where its objective or domain is gone.
    """
    held = DiscardedDraft.objects.select_for_update().filter(pk=draft.pk).first()
    if held is None:
        raise Refusal("This draft was brought back already. You find it among the questions.")
    item = items.from_dict(held.body)
    if not Objective.objects.filter(pk=item.objective).exists() or not Domain.objects.filter(pk=item.domain).exists():
        raise Refusal("The objective or the exam domain of this draft is not there any more, so it was not brought back. It is kept here.")
    rng = random.Random(seed)  # noqa: S311 (spreads draws, guards nothing)
    question = Question(
        slug=_free(held.slug), family=held.family, type=item.type, stem=item.stem, objective_id=item.objective,
        topic_id=Objective.objects.values_list("topic_id", flat=True).get(pk=item.objective), domain_id=item.domain, level=item.level,
        difficulty=item.difficulty, lesson=item.lesson, facts=list(item.facts), targets_extra=list(item.targets_extra), unit=item.unit,
        tolerance=item.tolerance, is_pilot=held.is_pilot, draw_key=rng.random(), author_id=held.author_id, written_by=by, created_at=now,
        changed_at=now,
    )  # fmt: skip
    question.save()
    bank.write_rows(question, item.options, item.sources)
    workflow.set_tags(question=question, names=held.tags)
    if held.origin and ImportRun.objects.filter(pk=held.origin["run_id"]).exists():
        ImportedQuestion.objects.create(question=question, **held.origin)
    held.delete()
    return question


def _free(slug: str) -> str:
    taken = set(Question.objects.filter(slug__startswith=slug[:90]).values_list("slug", flat=True))
    return next(name for name in (slug, *(f"{slug[:90]}-{n}" for n in range(2, len(taken) + 3))) if name not in taken)


def undo_import(*, run: ImportRun, by: User | None, now: datetime) -> tuple[list[str], list[str]]:
    """Delete the drafts that an import made and nobody touched since; the names of those, and of those that stay. They can be brought back."""
    gone, left = [], []
    for row in ImportedQuestion.objects.filter(run=run).select_related("question"):
        if row.question.is_as_imported:
            discard_draft(question=row.question, by=by, now=now)
            gone.append(row.question.slug)
        else:
            left.append(row.question.slug)
    return gone, left
