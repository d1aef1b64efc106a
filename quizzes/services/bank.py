"""The verbs of the authors' desk: save a draft, publish, retire, restore, go back to what was shipped; plans of exams."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.text import slugify

from quizzes.domain import items, quality
from quizzes.domain.errors import NotReady
from quizzes.domain.exam import fits_exams
from quizzes.domain.items import OPTION_IDS, Item, Option, Source
from quizzes.domain.workflow import Review, Step, refusal, second_eyes
from quizzes.models import (
    Blueprint,
    Comment,
    DraftOption,
    DraftSource,
    Fact,
    Objective,
    Question,
    QuestionVersion,
    SearchEntry,
    SourcePage,
    User,
)
from quizzes.services import audit
from quizzes.services.audit import Action


def draft_item(question: Question) -> Item:
    """The working copy as an item, good or not: what publishing would freeze."""
    return Item(
        type=question.type,  # type: ignore[arg-type]
        stem=question.stem.strip(),
        options=tuple(
            Option(id=OPTION_IDS[n], text=option.text.strip(), why=option.why.strip(), key=option.key, match=option.match.strip())
            for n, option in enumerate(question.draft_options.all()[: len(OPTION_IDS)])
        ),
        objective=question.objective_id,
        topic=question.topic_id,
        domain=question.domain_id,
        level=question.level,
        difficulty=question.difficulty,
        lesson=question.lesson,
        facts=tuple(question.facts),
        sources=tuple(Source(title=s.title, url=s.url, checked=s.checked) for s in question.draft_sources.all()),
        targets_extra=tuple(question.targets_extra),
        unit=question.unit,
        tolerance=question.tolerance,
    )


def checksum_of(item: Item) -> str:
    """What a wording is known by: the same for the same words, key, sources and classification."""
    return hashlib.sha256(json.dumps(items.as_dict(item), sort_keys=True).encode()).hexdigest()


def review(question: Question, item: Item | None = None) -> list[quality.Finding]:
    """All that speaks against publishing the working copy, near-duplicates among other questions included.

    `item` stands in for the working copy where it is not saved yet.
    """
    item = item or draft_item(question)
    found = quality.findings(item)
    others = Question.objects.exclude(pk=question.pk).exclude(family=question.family).exclude(state=Question.State.RETIRED)
    stems = dict(others.values_list("slug", "stem"))
    found += _given_away(question, item)
    for slug, cosine in quality.near_duplicates(item.stem, stems)[:3]:
        found.append(
            quality.Finding(
                "L16", "warning", "stem", f"The stem is nearly that of “{slug}” ({cosine:.0%} alike). Change it, or give both one family."
            )
        )
    return found


def _given_away(question: Question, item: Item) -> list[quality.Finding]:
    """Whether the stem of another published question states a key of this one, or this stem one of theirs."""
    name = question.slug or "this question"
    others = QuestionVersion.objects.filter(current_of__state=Question.State.PUBLISHED).exclude(question=question.pk)
    rows = others.exclude(question__family=question.family).values_list("question__slug", "question__family", "body")
    bank = [(name, question.family, item), *((slug, family, items.from_dict(body)) for slug, family, body in rows)]
    found = []
    for slug, finding in quality.leaks(bank):
        if slug == name:
            found.append(finding)
        elif f"“{name}”" in finding.message:
            found.append(
                quality.Finding("L16", "warning", "stem", f"The stem states the key of “{slug}”. Change one, or give both one family.")
            )
    return found


def entries() -> list[quality.Entry]:
    """The published questions as the linter takes them."""
    rows = Question.objects.published().order_by("topic__position", "slug")
    found = rows.values_list("slug", "family", "current__body", "in_exams")
    return [quality.Entry(slug, family, items.from_dict(body), in_exams) for slug, family, body, in_exams in found]


@transaction.atomic
def save_draft(
    *, question: Question, options: Sequence[Option], sources: Sequence[Source], by: User | None, now: datetime, seed: int
) -> Question:
    """Keep the working copy as it stands, complete or not. Learners see nothing of it until it is published.

    Whoever changes a word is its writer from then on, and an approval of other words is gone. The topic follows from the objective. A new question without a name gets one from its stem, and is its own family
    without one. Changing the working copy of a shipped question makes it ours: a sync leaves it alone. Raises NotReady for a generated one.
    """
    if question.is_generated:
        raise NotReady(f"“{question.slug}” is computed: its wordings come from the app and cannot be written here. You can retire it.")
    known = Question.objects.select_for_update().filter(pk=question.pk).first()
    before = checksum_of(draft_item(known)) if known else ""
    for name in WORKFLOW if known else ():
        setattr(question, name, getattr(known, name))  # Somebody may have reviewed it since the form was read.
    if known and known.current_id:
        question.is_pilot = known.is_pilot
    question.topic_id = question.objective.topic_id
    question.changed_at = now
    if question._state.adding:
        question.author, question.created_at = by, now
        question.draw_key = random.Random(seed).random()  # noqa: S311 (spreads draws, guards nothing)
    question.slug = question.slug or _free_slug(question)
    question.family = question.family or question.slug
    question.save()
    _write_rows(question, options, sources)
    question.edited_here = is_edited(question)
    if checksum_of(draft_item(question)) != before:
        question.written_by = by
        _end_approval(question, by=by, now=now)
    question.save(update_fields=["edited_here", "written_by", "review"])
    return question


#: What the workflow alone writes; saving a form leaves it as it stands.
WORKFLOW = ("review", "written_by_id", "asked_by_id", "asked_at", "reviewed_by_id", "approved_checksum", "pilot_kept_at")


def _end_approval(question: Question, *, by: User | None, now: datetime) -> None:
    """Say that an approval was of another wording; the caller writes the row."""
    if question.review == Review.APPROVED:
        question.review = Review.NONE
        Comment.objects.create(question=question, person=by, kind=Comment.Kind.CHANGED, at=now)


@transaction.atomic
def move_question(*, question: Question, objective: Objective, by: User | None, now: datetime) -> None:
    """Put the working copy under another objective; the topic follows. Versions that were published keep the one they were asked under."""
    held = Question.objects.select_for_update().get(pk=question.pk)
    held.objective, held.topic_id, held.changed_at = objective, objective.topic_id, now
    held.edited_here = is_edited(held)
    _end_approval(held, by=by, now=now)  # Who moves it has not read it: its writer stays who wrote it.
    held.save(update_fields=["objective", "topic", "changed_at", "edited_here", "review"])


def _free_slug(question: Question) -> str:
    base = slugify(" ".join(question.stem.split()[:8]))[:80].strip("-") or "draft"
    taken = set(Question.objects.filter(slug__startswith=base).exclude(pk=question.pk).values_list("slug", flat=True))
    names = (base, *(f"{base}-{n}" for n in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)


def _write_rows(question: Question, options: Sequence[Option], sources: Sequence[Source]) -> None:
    question.draft_options.all().delete()
    question.draft_sources.all().delete()
    DraftOption.objects.bulk_create(
        DraftOption(question=question, position=n, text=option.text, key=option.key, match=option.match, why=option.why)
        for n, option in enumerate(options)
    )
    DraftSource.objects.bulk_create(
        DraftSource(question=question, title=source.title, url=source.url, checked=source.checked) for source in sources
    )
    SourcePage.objects.remember((source.url, source.title) for source in sources)


def is_edited(question: Question) -> bool:
    """Whether a shipped question is other here than in its file: retired, or worded differently in its draft or for learners."""
    if not question.is_shipped:
        return False
    if question.state == Question.State.RETIRED or items.as_dict(draft_item(question)) != question.shipped_body:
        return True
    return question.current is not None and question.current.body != question.shipped_body


def differs_from_published(question: Question, item: Item) -> bool:
    """Whether a wording says something else than what learners see."""
    if question.current is None:
        return False
    return items.as_dict(item) != question.current.body


def missing_review(*, question: Question, by: User | None, required: bool | None = None) -> str:
    """Why the working copy needs a second pair of eyes before this person may publish it, in a sentence; nothing where it does not.

    What learners see already needs none. `required` stands in for the setting REVIEW_REQUIRED.
    """
    item = draft_item(question)
    if question.current is not None and question.current.body == items.as_dict(item):
        return ""
    required = settings.REVIEW_REQUIRED if required is None else required
    return refusal(Step.PUBLISH, question.standing(checksum_of(item)), by=by.pk if by else None, required=required)


@transaction.atomic
def publish_version(*, question: Question, by: User | None, now: datetime, note: str = "", required: bool | None = None) -> QuestionVersion:
    """Freeze the working copy as the next version and show it from now on.

    Where nothing changed since the current version, that one stays. Attempts keep the version they were started with.
    `required` is whether a second pair of eyes is needed, and the setting REVIEW_REQUIRED unless said otherwise.
    Raises NotReady while a rule of error level speaks against it, or where that second pair of eyes is missing.
    """
    question = Question.objects.select_for_update().get(pk=question.pk)
    if question.is_generated:
        raise NotReady(f"“{question.slug}” is computed: its wordings come from the app, and nobody publishes them here. You can retire it.")
    item = draft_item(question)
    former = question.current
    faults = quality.errors(item)
    if faults:
        raise NotReady(" ".join(fault.message for fault in faults))
    body, checksum = items.as_dict(item), checksum_of(item)
    version, standing = question.current, question.standing(checksum)
    if why := missing_review(question=question, by=by, required=required):
        raise NotReady(why)
    if version is None or version.body != body:
        latest = question.versions.order_by("-number").values_list("number", flat=True).first() or 0
        version = QuestionVersion.objects.create(
            question=question, number=latest + 1, body=body, checksum=checksum, published_at=now, published_by=by, note=note,
            reviewed_by_id=second_eyes(standing),
        )  # fmt: skip
    question.current = version
    question.state = Question.State.PUBLISHED
    question.pick, question.option_count = item.pick, len(item.options)
    question.in_exams = fits_exams(item, new_facts=Fact.too_new())
    question.edited_here = is_edited(question)
    question.changed_at = now
    question.review, question.approved_checksum = Review.NONE, ""
    question.save(
        update_fields=["current", "state", "pick", "option_count", "in_exams", "edited_here", "changed_at", "review", "approved_checksum"]
    )
    SearchEntry.objects.refresh_question(question)
    if former is None or former.pk != version.pk:
        audit.record(
            Action.PUBLISH, f"question {question.slug}", by=by,
            before={"version": former.number, "key": _key_of(former.item)} if former else {}, after={"version": version.number, "key": _key_of(item)},
        )  # fmt: skip
    return version


def _key_of(item: Item) -> list[str]:
    return [str(part) for part in item.key]


@transaction.atomic
def retire_question(*, question: Question, now: datetime) -> None:
    """Ask it no more. Attempts that hold it go on and keep it."""
    Question.objects.filter(pk=question.pk).update(state=Question.State.RETIRED, changed_at=now, edited_here=question.is_shipped)


@transaction.atomic
def restore_question(*, question: Question, now: datetime) -> None:
    """Ask a retired question again, as its current version says; without one it is a draft."""
    question = Question.objects.select_for_update().get(pk=question.pk)
    question.state = Question.State.PUBLISHED if question.current_id else Question.State.DRAFT
    question.edited_here, question.changed_at = is_edited(question), now
    question.save(update_fields=["state", "edited_here", "changed_at"])


@transaction.atomic
def return_to_shipped(*, question: Question, by: User | None, now: datetime) -> QuestionVersion:
    """Give up the edit of a shipped question: the working copy and a new version say what the file says."""
    question = Question.objects.select_for_update().get(pk=question.pk)
    if question.shipped_body is None:
        raise NotReady("This question did not come with the app, so there is nothing to go back to.")
    item = items.from_dict(question.shipped_body)
    question.type, question.stem, question.objective_id, question.topic_id = item.type, item.stem, item.objective, item.topic
    question.domain_id, question.level, question.difficulty = item.domain, item.level, item.difficulty
    question.lesson, question.facts = item.lesson, list(item.facts)
    question.targets_extra, question.unit, question.tolerance = list(item.targets_extra), item.unit, item.tolerance
    question.save()
    _write_rows(question, item.options, item.sources)
    # Nobody here wrote it: the wording came with the app and was reviewed there.
    return publish_version(question=question, by=by, now=now, note="back to the shipped wording", required=False)


def save_blueprint(*, blueprint: Blueprint) -> Blueprint:
    """Keep the plan of an exam. It is the instructors' from now on: a sync of the shipped files leaves it alone.

    Sittings that run keep the plan they were started with.
    """
    blueprint.edited_here = True
    blueprint.save()
    return blueprint
