"""The verbs between a draft and learners: ask for a review, approve, send back, comment; what becomes of a pilot; several questions at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.text import slugify

from quizzes.domain.errors import Refusal
from quizzes.domain.workflow import Review, Step, refusal
from quizzes.models import BulkChange, BulkRow, Comment, ItemStatistics, Objective, Question, Tag, User
from quizzes.services import bank

#: So many questions are changed at once at most; each is written on its own, and somebody waits.
MOST_AT_ONCE = 500
#: Characters of a comment.
LONGEST = 2000


# -- review ----------------------------------------------------------------------------------------------------------


def why_not(*, question: Question, step: Step, by: User) -> str:
    """Why this person may not take the step now, in a sentence; nothing where they may."""
    return refusal(step, question.standing(bank.checksum_of(bank.draft_item(question))), by=by.pk)


def _held(question: Question, step: Step, by: User) -> tuple[Question, str]:
    """The question, locked, and the checksum of its working copy. Raises Refusal where this person may not take the step."""
    held = Question.objects.select_for_update().get(pk=question.pk)
    if why := why_not(question=held, step=step, by=by):
        raise Refusal(why)
    return held, bank.checksum_of(bank.draft_item(held))


def _said(question: Question, by: User, kind: str, text: str, now: datetime) -> Comment:
    text = text.replace("\0", "").replace("\r\n", "\n")
    if len(text) > LONGEST:
        raise Refusal(f"The comment has {len(text):,} characters and {LONGEST:,} fit. Nothing was done; go back and shorten it.")
    return Comment.objects.create(question=question, person=by, kind=kind, text=text.strip(), at=now)


def comment(*, question: Question, by: User, text: str, now: datetime) -> Comment:
    """Say something about a question. Raises Refusal for nothing."""
    if not text.strip():
        raise Refusal("The comment is empty, so nothing was kept. Write a sentence first.")
    return _said(question, by, Comment.Kind.COMMENT, text, now)


@transaction.atomic
def ask_for_review(*, question: Question, by: User, text: str = "", now: datetime) -> None:
    """Put the working copy before another instructor. What learners see stays as it is."""
    held, _ = _held(question, Step.ASK, by)
    held.review, held.asked_by, held.asked_at, held.reviewed_by, held.approved_checksum = Review.ASKED, by, now, None, ""
    held.save(update_fields=["review", "asked_by", "asked_at", "reviewed_by", "approved_checksum"])
    _said(held, by, Comment.Kind.ASKED, text, now)


@transaction.atomic
def withdraw(*, question: Question, by: User, text: str = "", now: datetime) -> None:
    """Take one's own question back from review."""
    held, _ = _held(question, Step.WITHDRAW, by)
    held.review = Review.NONE
    held.save(update_fields=["review"])
    _said(held, by, Comment.Kind.WITHDRAWN, text, now)


@transaction.atomic
def approve(*, question: Question, by: User, seen: str, text: str = "", now: datetime) -> None:
    """Approve the working copy, word for word. `seen` is the checksum of what the reviewer had before them."""
    held, wording = _held(question, Step.APPROVE, by)
    if seen != wording:
        raise Refusal(
            "The wording was changed while you read it, so nothing is approved. It is still in review: reload the page and read it again."
        )
    held.review, held.reviewed_by, held.approved_checksum = Review.APPROVED, by, wording
    held.save(update_fields=["review", "reviewed_by", "approved_checksum"])
    _said(held, by, Comment.Kind.APPROVED, text, now)


@transaction.atomic
def send_back(*, question: Question, by: User, text: str, now: datetime) -> None:
    """Give the working copy back to who wrote it, with what is to mend. Raises Refusal without a comment."""
    held, _ = _held(question, Step.SEND_BACK, by)
    if not text.strip():
        raise Refusal("Say in the comment what is to mend, then send it back. It is still in review.")
    held.review, held.reviewed_by, held.approved_checksum = Review.RETURNED, by, ""
    held.save(update_fields=["review", "reviewed_by", "approved_checksum"])
    _said(held, by, Comment.Kind.RETURNED, text, now)


# -- pilots ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def set_pilot(*, question: Question, is_pilot: bool) -> None:
    """Make a published question a pilot, or let it count from now on. Exams that run keep what they were started with. Raises Refusal."""
    held = Question.objects.select_for_update().get(pk=question.pk)
    if held.is_generated:
        raise Refusal("This question is computed and has no wording of its own to try out. Retire it if it should not be asked.")
    if held.state == Question.State.RETIRED:
        raise Refusal("This question is retired, so exams do not draw it at all. Restore it first.")
    if held.is_pilot == is_pilot:
        raise Refusal(f"This question is {'a pilot' if is_pilot else 'no pilot'} already. Nothing was changed.")
    held.is_pilot, held.pilot_kept_at = is_pilot, 0
    held.save(update_fields=["is_pilot", "pilot_kept_at"])


@transaction.atomic
def keep_pilot(*, question: Question) -> int:
    """Leave it a pilot for now; the desk proposes it again when more have answered. Returns how many have so far."""
    held = Question.objects.select_for_update().get(pk=question.pk)
    if not held.is_pilot:
        raise Refusal("This question is no pilot any more. Nothing was changed.")
    latest = ItemStatistics.objects.filter(version=held.current_id).order_by("-computed_on").values_list("n", flat=True).first()
    held.pilot_kept_at = latest or 0
    held.save(update_fields=["pilot_kept_at"])
    return held.pilot_kept_at


# -- several at once -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Planned:
    """What a bulk change would do to one question: from what to what; or why nothing. `more` says what else follows."""

    question: Question
    before: str
    after: str
    why_not: str = ""
    more: str = ""


def plan(*, kind: str, value: str, questions: Iterable[Question]) -> list[Planned]:
    """What would change, question by question; nothing does yet. Raises Refusal for too many, or a value that cannot be."""
    rows = list(questions)
    require_few(len(rows))
    if kind in (BulkChange.Kind.TAG, BulkChange.Kind.UNTAG):
        return _plan_tag(rows, tag_name(value), adds=kind == BulkChange.Kind.TAG)
    if kind == BulkChange.Kind.MOVE:
        return _plan_move(rows, value)
    return [_plan_state(question, retires=kind == BulkChange.Kind.RETIRE) for question in rows]


def require_few(count: int) -> None:
    """Raises Refusal for more than are changed at once."""
    if count > MOST_AT_ONCE:
        raise Refusal(
            f"{count:,} questions are too many at once. Nothing was changed; choose up to {MOST_AT_ONCE}, with a filter for instance."
        )


def tag_name(text: str) -> str:
    """A tag as it is kept: small letters, figures and hyphens, at most 40. Raises Refusal where nothing is left."""
    name = slugify(text)[:40].strip("-")
    if not name:
        raise Refusal("A tag needs at least one letter or figure, such as retries-2027. Nothing was changed.")
    return name


def _plan_tag(rows: Sequence[Question], name: str, *, adds: bool) -> list[Planned]:
    has = set(Tag.objects.filter(name=name, question__in=[row.pk for row in rows]).values_list("question_id", flat=True))
    no = "It has this tag already." if adds else "It does not have this tag."
    return [
        Planned(row, "" if adds else name, name if adds else "", "" if (row.pk in has) != adds else no)
        for row in rows
    ]  # fmt: skip


def _plan_move(rows: Sequence[Question], key: str) -> list[Planned]:
    if not Objective.objects.filter(pk=key).exists():
        raise Refusal("There is no such objective any more. Nothing was changed; choose another.")
    return [Planned(row, row.objective_id, key, _stays(row, key), "" if _stays(row, key) else _follows(row)) for row in rows]


def _stays(question: Question, objective: str) -> str:
    """Why a question cannot move there; nothing where it can."""
    if question.is_generated:
        return "It is computed: its objective comes with the app, and the next sync would move it back."
    return "It stands there already." if question.objective_id == objective else ""


def _follows(question: Question) -> str:
    """What else a move does."""
    said = []
    if question.is_shipped and not question.edited_here:
        said.append("It came with the app and counts as edited here from then on, so updates of the app leave it alone.")
    if question.state == Question.State.PUBLISHED:
        said.append("It is drawn and practised there at once; results of sittings tell the old topic until a new version is published.")
    if question.review == Review.APPROVED:
        said.append("Its approval no longer holds.")
    return " ".join(said)


def _plan_state(question: Question, *, retires: bool) -> Planned:
    step = Step.RETIRE if retires else Step.RESTORE
    shown = Question.State.PUBLISHED if question.current_id else Question.State.DRAFT
    after = Question.State.RETIRED if retires else shown
    return Planned(question, str(question.state), str(after), refusal(step, question.standing(""), by=None))


@transaction.atomic
def change_several(*, kind: str, value: str, questions: Iterable[Question], by: User, now: datetime) -> BulkChange:
    """Do what `plan` says, and remember it so that it can be undone. Raises Refusal where nothing would change."""
    planned = plan(kind=kind, value=value, questions=questions)
    chosen = [row for row in planned if not row.why_not]
    if not chosen:
        raise Refusal("None of these questions would change, so nothing was done.")
    if kind in (BulkChange.Kind.TAG, BulkChange.Kind.UNTAG):
        value = tag_name(value)
    change = BulkChange.objects.create(kind=kind, value=value, by=by, at=now)
    for row in chosen:
        _put(row.question, kind=kind, before=row.before, after=row.after, by=by, now=now)
    BulkRow.objects.bulk_create(BulkRow(change=change, question=row.question, before=row.before, after=row.after) for row in chosen)
    return change


@transaction.atomic
def undo(*, change: BulkChange, by: User, now: datetime) -> tuple[list[Question], list[Question]]:
    """Take a bulk change back: the questions that are as before, and those that somebody changed since and are left as they are.

    Raises Refusal the second time.
    """
    held = BulkChange.objects.select_for_update().get(pk=change.pk)
    if held.undone_at is not None:
        raise Refusal("This was undone already. Nothing was changed.")
    done: list[Question] = []
    left: list[Question] = []
    for row in held.rows.select_related("question__objective"):
        if _now(row.question, held.kind, row) == row.after:
            _put(row.question, kind=held.kind, before=row.after, after=row.before, by=by, now=now)
            done.append(row.question)
        else:
            left.append(row.question)
    held.undone_by, held.undone_at = by, now
    held.save(update_fields=["undone_by", "undone_at"])
    return done, left


def _now(question: Question, kind: str, row: BulkRow) -> str:
    """What stands now where the change wrote."""
    if kind == BulkChange.Kind.MOVE:
        return question.objective_id
    if kind in (BulkChange.Kind.TAG, BulkChange.Kind.UNTAG):
        name = row.after or row.before
        return name if question.tags.filter(name=name).exists() else ""
    return question.state


def _put(question: Question, *, kind: str, before: str, after: str, by: User, now: datetime) -> None:
    """Write one row of a change, forwards or back."""
    if kind == BulkChange.Kind.MOVE:
        bank.move_question(question=question, objective=Objective.objects.get(pk=after), by=by, now=now)
    elif kind in (BulkChange.Kind.TAG, BulkChange.Kind.UNTAG):
        if after:
            Tag.objects.get_or_create(question=question, name=after)
        else:
            question.tags.filter(name=before).delete()
    elif after == Question.State.RETIRED:
        bank.retire_question(question=question, now=now)
    else:
        bank.restore_question(question=question, now=now)


@transaction.atomic
def set_tags(*, question: Question, names: Iterable[str]) -> None:
    """Exactly these tags."""
    wanted = {tag_name(name) for name in names}
    question.tags.exclude(name__in=wanted).delete()
    Tag.objects.bulk_create((Tag(question=question, name=name) for name in sorted(wanted)), ignore_conflicts=True)
