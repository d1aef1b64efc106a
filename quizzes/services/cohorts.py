"""The verbs of classes: open one, hand out a code, join, leave, close, assign an exam."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from quizzes.domain.cohort import CODES, CONSENT_VERSION, code_of, read_code
from quizzes.domain.errors import Refusal
from quizzes.models import Assignment, Cohort, Membership, User
from quizzes.services import attempts, audit
from quizzes.services.audit import Action


class ClassClosed(Refusal):
    """A class that is over or closed: it can be read, and nothing in it changes."""

    code = "class-closed"


class CannotJoin(Refusal):
    """No class has this code, or not one that this person can join."""

    status = 422
    code = "cannot-join"


class NoClass(CannotJoin):
    """No class has this code: a slip, or a guess."""


# -- teaching --------------------------------------------------------------------------------------------------------


@transaction.atomic
def open_cohort(*, cohort: Cohort, instructors: Iterable[User]) -> Cohort:
    """Save a new class with those who teach it, under a code of its own."""
    _give_code(cohort)
    cohort.instructors.set(instructors)
    return cohort


@transaction.atomic
def renew_code(*, cohort: Cohort, now: datetime) -> str:
    """Give a class another code; the old one opens nothing from this moment on. Raises ClassClosed."""
    _require_open(cohort, now)
    _give_code(cohort)
    return cohort.shown_code


def _give_code(cohort: Cohort) -> None:
    while True:
        cohort.code = code_of(secrets.randbelow(CODES))
        try:
            with transaction.atomic():
                cohort.save(update_fields=["code"] if cohort.pk else None)
            return
        except IntegrityError:
            if not Cohort.objects.filter(code=cohort.code).exists():
                raise


def close_cohort(*, cohort: Cohort, now: datetime) -> None:
    """Close a class: nobody joins, no exam starts, and nothing later is shown. Closing it twice changes nothing."""
    Cohort.objects.filter(pk=cohort.pk, closed_at=None).update(closed_at=now)


def reopen_cohort(*, cohort: Cohort, now: datetime) -> None:
    """Take the closing back. Raises ClassClosed after the last day."""
    if cohort.is_over(now):
        raise ClassClosed(
            "The last day of this class has passed, so it stays closed. Open a new class; learners join it with its own code."
        )
    Cohort.objects.filter(pk=cohort.pk).update(closed_at=None)


@transaction.atomic
def remove_member(*, membership: Membership, now: datetime) -> None:
    """Take a learner out of a class, as if they had left. They can come back with the code. Raises ClassClosed."""
    _require_open(membership.cohort, now)
    _end_stay(membership.learner, membership.cohort, now=now)


@transaction.atomic
def assign_exam(*, assignment: Assignment, now: datetime, by: User | None = None) -> int:
    """Keep what was decided about an assigned exam; what runs under it gets its end by the new window. Returns how many do.

    Raises ClassClosed.
    """
    _require_open(assignment.cohort, now)
    former = Assignment.objects.filter(pk=assignment.pk).first() if assignment.pk else None
    assignment.save()
    moved = attempts.move_deadlines(assignment=assignment, now=now)
    before, after = _window(former), _window(assignment)
    if before != after:
        audit.record(Action.CLASS_TIME, _named(assignment), by=by, before=before, after={**after, "running_exams_moved": moved})
    return moved


def _window(assignment: Assignment | None) -> dict[str, Any]:
    if assignment is None:
        return {}
    return {
        "opens_at": assignment.opens_at.isoformat(), "closes_at": assignment.closes_at.isoformat(), "attempts_allowed": assignment.attempts_allowed,
    }  # fmt: skip


def _named(assignment: Assignment) -> str:
    return f"exam {assignment.blueprint.slug} of class {assignment.cohort_id}"


@transaction.atomic
def withdraw_exam(*, assignment: Assignment, now: datetime, by: User | None = None) -> None:
    """Take an assigned exam back that nobody has begun. Raises ClassClosed, and Refusal where somebody has."""
    _require_open(assignment.cohort, now)
    if assignment.attempts.exists():
        raise Refusal("Somebody has begun this exam, so it stays, with its results. To end it, move the end of its window to now.")
    audit.record(Action.CLASS_TIME, _named(assignment), by=by, before=_window(assignment))
    assignment.delete()


def _require_open(cohort: Cohort, now: datetime) -> None:
    if not cohort.is_open(now):
        raise ClassClosed("This class is over or closed. It can be read and exported; nothing in it was changed.")


# -- learning --------------------------------------------------------------------------------------------------------


def find_class(*, learner: User, typed: str, now: datetime) -> Cohort:
    """The class that a code opens for this learner. Raises NoClass for a code that opens nothing, CannotJoin where it must not."""
    code = read_code(typed)
    cohort = Cohort.objects.filter(code=code).first() if code else None
    if cohort is None:
        raise NoClass("No class has this code. Check it letter by letter; it may have been renewed, so ask your instructor for the latest.")
    if not cohort.is_open(now):
        raise CannotJoin(f"“{cohort.title}” is over or closed, so nobody can join it. Ask your instructor for the code of another class.")
    if learner.is_guest:
        raise CannotJoin("Sign up first: in a class your instructors need to know who you are. Everything you did as a guest comes along.")
    if cohort.instructors.filter(pk=learner.pk).exists():
        raise CannotJoin(f"You teach “{cohort.title}”. Its learners join with this code.")
    return cohort


@transaction.atomic
def join_class(*, learner: User, typed: str, consent: int, now: datetime) -> Membership:
    """Make a learner a member of the class with this code; `consent` is the number of the words that they agreed to.

    Joining twice changes nothing. Raises CannotJoin, and Refusal where the words have changed meanwhile.
    """
    cohort = find_class(learner=learner, typed=typed, now=now)
    if consent != CONSENT_VERSION:
        raise Refusal("What instructors see has changed since this page was drawn. Reload it, read it again, then join.")
    try:
        with transaction.atomic():
            return Membership.objects.create(
                learner=learner, cohort=cohort, joined_at=now, consent_version=consent, consented_at=now
            )  # fmt: skip
    except IntegrityError:
        return Membership.objects.current().get(learner=learner, cohort=cohort)


def leave_class(*, learner: User, cohort: Cohort, now: datetime) -> None:
    """End a learner's stay, at any time. From then on instructors see nothing of them, nor of what was before."""
    _end_stay(learner, cohort, now=now)


def _end_stay(learner: User, cohort: Cohort, *, now: datetime) -> None:
    Membership.objects.current().filter(learner=learner, cohort=cohort).update(left_at=now)
