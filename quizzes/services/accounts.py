"""The verbs of accounts: guests, signing up, one's name and address, the export of one's data, leaving; and who may teach."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Literal

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import LogEntry
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Prefetch, Q

from quizzes.domain.attempt import MODES, Mode, may_see_key
from quizzes.domain.errors import Refusal
from quizzes.domain.exam import PILOT
from quizzes.domain.items import show_answer, to_letters
from quizzes.domain.memory import date_of
from quizzes.models import (
    Attempt,
    AuditEntry,
    BulkChange,
    Card,
    ImportRun,
    KeyMending,
    Learner,
    Prediction,
    Question,
    QuestionVersion,
    Report,
    Response,
    Slot,
    SourcePage,
    User,
)
from quizzes.services import audit
from quizzes.services.audit import Action

INSTRUCTORS = "Instructors"

#: What the group may do, and nothing else.
INSTRUCTOR_PERMISSIONS = (
    *(f"{verb}_{model}" for model in ("question", "draftoption", "draftsource", "blueprint", "cohort") for verb in ("add", "change", "view", "delete")),
    "publish_question", "view_questionversion", "view_report", "change_report", "view_learner", "change_learner",
    "view_sourcepage", "change_sourcepage", "view_prediction",
)  # fmt: skip

#: How the name of every guest begins; nobody else's may.
GUEST_PREFIX = "guest-"

#: How long a guest stays who has done nothing.
EMPTY_GUEST_KEPT = timedelta(days=1)


class Taken(Refusal):
    """Somebody has this name or address already. `field` says which."""

    code = "taken"

    def __init__(self, field: Literal["username", "email"]) -> None:
        super().__init__(
            {
                "username": "This username is taken. Choose another one, or sign in if it is yours.",
                "email": "There is an account with this e-mail address already. Sign in to it, or use another address.",
            }[field]
        )
        self.field = field


# -- coming ----------------------------------------------------------------------------------------------------------


def make_guest() -> User:
    """A learner without an account; everything they do is kept under it until they sign up."""
    guest = User(username=f"{GUEST_PREFIX}{secrets.token_hex(8)}", is_guest=True)
    guest.set_unusable_password()
    guest.save()
    return guest


def sign_up(*, guest: User | None, username: str, email: str, password: str) -> User:
    """Make an account from a username or an e-mail address, or both. A guest becomes it in place and keeps everything.

    Without a username one is made from the address. Raises Taken; then nothing was changed.
    """
    hashed = make_password(password)  # slow on purpose: not while the database is held
    for name in [username] if username else _names_from(email):
        try:
            with transaction.atomic():
                return _claim(guest, username=name, email=email, hashed=hashed)
        except (IntegrityError, Taken) as problem:
            if isinstance(problem, Taken) and problem.field == "email":
                raise
            if email and _is_taken("email", email, by_other_than=None):
                raise Taken("email") from problem
    raise Taken("username")


def _claim(guest: User | None, *, username: str, email: str, hashed: str) -> User:
    user = User()
    if guest is not None:
        # A second press of the button finds no guest any more, and then that the name is taken.
        user = User.objects.select_for_update().filter(pk=guest.pk, is_guest=True).first() or user
    _set_names(user, username=username, email=email)
    user.password, user.is_guest = hashed, False
    user.save()
    return user


def change_names(*, user: User, username: str, email: str) -> None:
    """Give an account another username or e-mail address; an empty address takes it away. Raises Taken."""
    try:
        with transaction.atomic():
            _set_names(user, username=username, email=email)
            user.save(update_fields=["username", "email"])
            # allauth signs in by these rows too: an address that was given up must not open the account.
            EmailAddress.objects.filter(user=user).exclude(email=email.lower()).delete()
    except (IntegrityError, Taken) as problem:
        user.refresh_from_db(fields=["username", "email"])
        raise problem if isinstance(problem, Taken) else Taken("username") from problem


def _set_names(user: User, *, username: str, email: str) -> None:
    username, email = User.normalize_username(username), email.lower()
    if _is_taken("username", username, by_other_than=user):
        raise Taken("username")
    if email and _is_taken("email", email, by_other_than=user):
        raise Taken("email")
    user.username, user.email = username, email


def _is_taken(field: Literal["username", "email"], value: str, *, by_other_than: User | None) -> bool:
    others = User.objects.filter(**{f"{field}__iexact": value})
    return (others.exclude(pk=by_other_than.pk) if by_other_than and by_other_than.pk else others).exists()


def _names_from(email: str) -> Iterator[str]:
    """Usernames for somebody who gave only an address: what stands before the @, then with a number, then one that is surely free."""
    local = unicodedata.normalize("NFKD", email.partition("@")[0]).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9._-]", "", local)[:30].strip("._-")
    if not base or base.startswith(GUEST_PREFIX):
        base = "learner"
    yield base
    for number in range(2, 6):
        yield f"{base}{number}"
    yield f"{base}-{secrets.token_hex(4)}"


@transaction.atomic
def remove_empty_guests(*, now: datetime, batch: int = 500) -> int:
    """Remove guests of yesterday and before who left nothing behind: no row anywhere, no goal. At most so many; returns how many.

    Whoever did anything keeps it: a guest comes back by the cookie of their browser for as long as that lives.
    """
    plain = User()
    rows = User.objects.filter(
        is_guest=True, date_joined__lt=now - EMPTY_GUEST_KEPT, exam_on=None, retention=plain.retention, daily_reviews=plain.daily_reviews,
        time_factor=plain.time_factor, extra_minutes=plain.extra_minutes, untimed=plain.untimed,
    )  # fmt: skip
    for relation in User._meta.related_objects:
        of_person = relation.related_model._base_manager.filter(**{relation.field.name: OuterRef("pk")})
        rows = rows.exclude(Exists(of_person))
    gone = list(rows.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True)[:batch])
    if gone:
        User.objects.filter(pk__in=gone).delete()
        audit.record(Action.REMOVAL, f"{len(gone)} guests who did nothing", by=None)
    return len(gone)


# -- proving who one is ----------------------------------------------------------------------------------------------


def end_sessions(*, user: User) -> None:
    """Sign a person out in every browser; the session at hand goes on if its view takes the new hash in."""
    User.objects.filter(pk=user.pk).update(session_round=F("session_round") + 1)
    user.refresh_from_db(fields=["session_round"])


def note_second_factor(*, user: User, what: str) -> None:
    """Keep in the audit log that somebody changed what stands behind their password: what they did, never a secret."""
    audit.record(Action.SECOND_FACTOR, what, by=user, subject=user)


@transaction.atomic
def remove_second_factor(*, user: User, by: User | None = None) -> int:
    """Take a person's app, codes and passkeys away, for somebody who lost them all. They are signed out everywhere. Returns how many there were."""
    removed, _ = Authenticator.objects.filter(user=user).delete()
    if removed:
        end_sessions(user=user)
        audit.record(Action.SECOND_FACTOR, "second factor", by=by, subject=user, before={"parts": removed}, after={"parts": 0})
    return removed


# -- teaching --------------------------------------------------------------------------------------------------------


@transaction.atomic
def instructors() -> Group:
    """The group "Instructors" with exactly its permissions."""
    group, _ = Group.objects.get_or_create(name=INSTRUCTORS)
    group.permissions.set(Permission.objects.filter(content_type__app_label="quizzes", codename__in=INSTRUCTOR_PERMISSIONS))
    return group


@transaction.atomic
def make_instructor(*, user: User, by: User | None = None) -> None:
    """Let a person into the admin as an instructor. Raises Refusal for a guest."""
    if user.is_guest:
        raise Refusal("A guest cannot be an instructor. Ask them to sign up first, then use the name they signed up with.")
    before = rights_of(user)
    user.is_staff = True
    user.save(update_fields=["is_staff"])
    user.groups.add(instructors())
    note_rights(user=user, before=before, by=by)


def note_password(*, user: User, by: User | None) -> None:
    """Keep in the audit log that somebody set another one's password."""
    audit.record(Action.PASSWORD, "password", by=by, subject=user)


def rights_of(user: User) -> dict[str, Any]:
    """What a person may do here, as the audit log keeps it."""
    return {
        "is_active": user.is_active,
        "is_staff": user.is_staff,
        "is_superuser": user.is_superuser,
        "groups": sorted(user.groups.values_list("name", flat=True)),
    }


def note_rights(*, user: User, before: dict[str, Any], by: User | None) -> bool:
    """Keep in the audit log that a person's rights changed, if they did."""
    after = rights_of(user)
    if after == before:
        return False
    audit.record(Action.RIGHTS, "account", by=by, subject=user, before=before, after=after)
    return True


# -- taking along ----------------------------------------------------------------------------------------------------


@transaction.atomic
def take_out_own(*, user: User, now: datetime) -> dict[str, Any]:
    """The export of one's own data, kept in the audit log."""
    found = export_data(user=user, now=now)
    audit.record(Action.OWN_EXPORT, "own data", by=user, subject=user)
    return found


def note_export(*, what: str, by: User, rows: int | None) -> None:
    """Keep in the audit log that data of learners was taken out: what, by whom, how many rows; None where they are counted by nobody."""
    audit.record(Action.EXPORT, what, by=by, after={} if rows is None else {"rows": rows})


def export_data(*, user: User, now: datetime) -> dict[str, Any]:
    """Everything kept about a person, as plain values for a JSON file. Moments are ISO 8601 in UTC.

    Answers are letters as the person saw them, with the place or the partner chosen for each where that was asked, or the number typed. Of a sitting that is not finished it tells only what its own pages tell: an
    option's id would give away its author's order, and a question's short name may name the key.
    """
    attempts = Attempt.objects.of(user).select_related("blueprint", "lesson", "assignment__cohort")
    # The version comes by a join: fetched by their ids, more than a thousand of them are too many for SQLite.
    slots = Prefetch("slots", Slot.objects.select_related("version"))
    responses = Prefetch("slots__responses", Response.objects.select_related("regrade__mending"))
    attempts = attempts.prefetch_related(slots, "slots__late_answers", responses, "mended_results__mending__versions")
    return {
        "exported_at": now.isoformat(),
        "account": {
            "username": user.username, "email": user.email, "first_name": user.first_name, "last_name": user.last_name,
            "is_guest": user.is_guest, "is_active": user.is_active, "is_staff": user.is_staff, "is_superuser": user.is_superuser,
            "groups": [group.name for group in user.groups.all()],
            "permissions": [permission.codename for permission in user.user_permissions.all()],
            "joined_at": user.date_joined.isoformat(), "last_signed_in_at": _iso(user.last_login),
            "exam_time": {"factor": user.time_factor, "extra_minutes": user.extra_minutes, "untimed": user.untimed},
            "second_factor": [
                {"kind": a.get_type_display(), "name": str(a), "added_at": _iso(a.created_at), "last_used_at": _iso(a.last_used_at)}
                for a in Authenticator.objects.filter(user=user).order_by("pk")
            ],
            "addresses": [
                {"email": a.email, "verified": a.verified, "primary": a.primary} for a in EmailAddress.objects.filter(user=user)
            ],
        },
        "lessons": [
            {"lesson": p.lesson.slug, "section": p.anchor, "visited_at": _iso(p.visited_at), "finished_at": _iso(p.finished_at)}
            for p in user.lesson_progress.select_related("lesson")
        ],
        "attempts": [_attempt_data(attempt) for attempt in attempts],
        "questions_seen": [
            {
                "question": s.question_id, "first_at": _iso(s.first_at), "first_fraction": s.first_fraction, "last_at": _iso(s.last_at),
                "last_fraction": s.last_fraction, "last_confidence": s.last_confidence, "times": s.times,
            }
            for s in user.seen.all()
        ],
        "reports": [
            {
                "question": r.version.question_id, "version": r.version.number, "kind": r.kind, "text": r.text, "state": r.state,
                "reply": r.reply, "created_at": _iso(r.created_at), "closed_at": _iso(r.closed_at),
            }
            for r in user.reports.select_related("version")
        ],
        "lab_predictions": [
            {"model": p.model, "case": p.case, "predicted": p.predicted, "outcome": p.outcome, "right": p.right, "made_at": _iso(p.made_at)}
            for p in user.lab_predictions.all()
        ],
        "memory": {
            "exam_on": str(user.exam_on or ""), "target": user.retention, "reviews_a_day": user.daily_reviews,
            "cards": [_card_data(card) for card in user.cards.prefetch_related("reviews").order_by("pk")],
        },
        "readiness": [_prediction_data(prediction) for prediction in user.predictions.order_by("made_at", "pk")],
        "classes": [
            {
                "class": m.cohort.title, "joined_at": _iso(m.joined_at), "left_at": _iso(m.left_at),
                "agreed_to_words": m.consent_version, "agreed_at": _iso(m.consented_at),
            }
            for m in user.memberships.select_related("cohort")
        ],
        "teaching": _teaching_data(user),
        "audit_log": [_audit_data(entry, user) for entry in AuditEntry.objects.about(user).order_by("pk")],
    }  # fmt: skip


def _audit_data(entry: AuditEntry, user: User) -> dict[str, Any]:
    """An entry about a person or by them. What was done to somebody else is told without who that is, and without what it said of them."""
    others = entry.subject is not None and entry.subject != user.pk
    return {
        "at": _iso(entry.at), "what": entry.get_action_display(), "to": entry.target, "by_you": entry.actor == user.pk, "about_you": entry.subject == user.pk,
        "before": {} if others else entry.before, "after": {} if others else entry.after,
    }  # fmt: skip


def _attempt_data(attempt: Attempt) -> dict[str, Any]:
    return {
        "id": attempt.pk, "mode": attempt.mode, "exam": attempt.blueprint.slug if attempt.blueprint else None,
        "lesson": attempt.lesson.slug if attempt.lesson else None, "again_of": attempt.replay_of_id,
        "for_class": attempt.assignment.cohort.title if attempt.assignment else None,
        "plan": {key: value for key, value in attempt.plan.items() if key != "question"},
        "started_at": _iso(attempt.started_at), "deadline_at": _iso(attempt.deadline_at), "submitted_at": _iso(attempt.submitted_at),
        "finish_reason": attempt.finish_reason, "right": attempt.right, "scored": attempt.scored, "scaled": attempt.scaled,
        "seed": attempt.seed if attempt.is_finished else None,
        "mended": [
            {
                "at": _iso(result.mending.made_at), "what": result.mending.what(result.mending.versions.all()[0]),
                "reason": result.mending.reason, "undone_at": _iso(result.mending.undone_at),
                "before": {"right": result.right_before, "scored": result.scored_before, "scaled": result.scaled_before},
                "after": {"right": result.right_after, "scored": result.scored_after, "scaled": result.scaled_after},
            }
            for result in attempt.mended_results.all()
        ],
        "questions": [_slot_data(slot, attempt) for slot in attempt.slots.all() if attempt.is_finished or slot.seen_at],
    }  # fmt: skip


def _slot_data(slot: Slot, attempt: Attempt) -> dict[str, Any]:
    def letters(answer: list[str]) -> list[str]:
        return show_answer(slot.version.item.type, answer, slot.option_order)

    responses = list(slot.responses.all())
    shown = may_see_key(mode=attempt.mode, answered=bool(responses), finished=attempt.is_finished)
    return {
        "position": slot.position, "question": slot.version.question_id, "version": slot.version.number, "stem": slot.version.item.stem,
        "counted": slot.is_scored if attempt.is_finished else None, "repeat_of": slot.repeat_of, "chosen_by": _chosen_by(slot.selection),
        "seen_at": _iso(slot.seen_at), "flagged": slot.flagged, "struck_out": to_letters(slot.struck, slot.option_order),
        "answer": letters(slot.draft), "first_answer": None if slot.first_draft is None else letters(slot.first_draft),
        "revision": slot.revision, "saved_at": _iso(slot.saved_at), "spent_ms": slot.spent_ms,
        "saves": [
            {"id": save, "revision": revision, "saved_at": at, "answer": letters(answer)}
            for save, (revision, at, answer) in slot.save_ids.items()
        ],
        "late": [
            {"id": late.save_id, "answer": letters(late.answer), "arrived_at": _iso(late.arrived_at)} for late in slot.late_answers.all()
        ],
        "responses": [
            {
                "number": r.number, "answer": letters(r.answer), "fraction": r.fraction, "share": r.share, "confidence": r.confidence,
                "spent_ms": r.spent_ms, "chosen_by": _chosen_by(r.selection), "first_time": r.is_new, "responded_at": _iso(r.responded_at),
                **_mark_data(r, slot),
            }
            for r in responses
            if shown
        ],
    }  # fmt: skip


def _chosen_by(selection: str) -> str:
    """How a question came; a pilot is not marked as one."""
    return MODES[Mode.EXAM].selection if selection == PILOT else selection


def _mark_data(response: Response, slot: Slot) -> dict[str, Any]:
    """The mark that holds, null where the question was dropped; and where it is not the one that was given, what was mended and why."""
    regrade = getattr(response, "regrade", None)
    if regrade is None:
        return {"mark": response.fraction, "mended": None}
    mending = regrade.mending
    note = {"at": _iso(mending.made_at), "what": mending.what(slot.version), "reason": mending.reason}
    return {"mark": regrade.fraction, "mended": note}


def _card_data(card: Card) -> dict[str, Any]:
    """A card under its number: the name of a family may give a key away."""
    return {
        "question": card.question_id, "topic": card.topic_id, "algorithm": card.algorithm, "stability": card.stability,
        "difficulty": card.difficulty, "last_on": str(date_of(card.day)), "due_on": str(card.due_on), "answers": card.reps,
        "forgotten": card.lapses,
        "reviews": [
            {
                "number": r.number, "rating": r.rating, "algorithm": r.algorithm, "on": str(date_of(r.day)), "due_on": str(date_of(r.due_day)),
                "stability_before": r.stability_before, "stability": r.stability, "difficulty_before": r.difficulty_before,
                "difficulty": r.difficulty,
            }
            for r in card.reviews.all()
        ],
    }  # fmt: skip


def _prediction_data(row: Prediction) -> dict[str, Any]:
    """A prediction with what it rested on, and what became of it."""
    said = {
        "after_attempt": row.attempt_id, "made_at": _iso(row.made_at), "algorithm": row.algorithm, "answers": row.answers, "right": row.right,
        "effective_answers": row.effective, "prior_mean": row.prior_mean, "prior_strength": row.prior_strength, "drift": row.drift,
        "posterior": [row.a, row.b], "practised_since": row.practised, "likely_shares": row.likely, "questions": row.items, "needed": row.needed, "cut": row.cut, "range_80": [row.low80, row.high80],
        "range_90": [row.low90, row.high90], "expected": row.expected, "chance": row.chance, "domains": row.domains,
    }  # fmt: skip
    if row.judged_at is None:
        return {**said, "judged": None}
    judged = {
        "at": _iso(row.judged_at), "by_attempt": row.judged_by_id, "right": row.actual_right, "questions": row.actual_items,
        "needed": row.judged_needed, "range_80": [row.judged_low80, row.judged_high80], "range_90": [row.judged_low90, row.judged_high90],
        "expected": row.judged_expected, "chance": row.judged_chance,
    }  # fmt: skip
    return {**said, "judged": judged}


def _teaching_data(user: User) -> dict[str, Any]:
    return {
        "questions_written": list(user.questions.values_list("slug", flat=True)),
        "versions_published": [
            {"question": version.question.slug, "version": version.number, "published_at": _iso(version.published_at)}
            for version in QuestionVersion.objects.filter(published_by=user).select_related("question")
        ],
        "versions_reviewed": [
            {"question": slug, "version": number}
            for slug, number in QuestionVersion.objects.filter(reviewed_by=user).values_list("question__slug", "number")
        ],
        "drafts": [
            {"question": slug, "changed_last": wrote == user.pk, "asked_for_review": asked == user.pk, "reviewed": looked == user.pk}
            for slug, wrote, asked, looked in Question.objects.filter(
                Q(written_by=user) | Q(asked_by=user) | Q(reviewed_by=user)
            ).values_list("slug", "written_by", "asked_by", "reviewed_by")
        ],
        "comments": [
            {"question": comment.question.slug, "step": comment.kind, "text": comment.text, "at": _iso(comment.at)}
            for comment in user.question_comments.select_related("question")
        ],
        "done_to_several": [
            {"what": str(change), "at": _iso(change.at), "undone_at": _iso(change.undone_at)}
            for change in BulkChange.objects.filter(Q(by=user) | Q(undone_by=user))
        ],
        "reports_answered": [
            {"id": report.pk, "state": report.state, "reply": report.reply, "closed_at": _iso(report.closed_at)}
            for report in Report.objects.filter(closed_by=user)
        ],
        "files_imported": [
            {"file": run.file_name, "format": run.format, "checksum": run.checksum, "at": run.created_at.isoformat()}
            for run in ImportRun.objects.filter(by=user).defer("data")
        ],
        "sources_marked": [
            {
                "title": page.title,
                "url": page.url,
                "changed_on": str(page.changed_on or ""),
                "note": page.note,
                "marked_at": _iso(page.marked_at),
            }
            for page in SourcePage.objects.filter(marked_by=user)
        ],
        "keys_mended": [
            {
                "question": mending.question.slug,
                "kind": mending.kind,
                "reason": mending.reason,
                "made_at": _iso(mending.made_at),
                "by_you": mending.made_by_id == user.pk,
                "undone_at": _iso(mending.undone_at),
                "undone_by_you": mending.undone_by_id == user.pk,
            }
            for mending in KeyMending.objects.filter(Q(made_by=user) | Q(undone_by=user)).select_related("question")
        ],
        "classes": [
            {"class": cohort.title, "first_day": str(cohort.starts_on), "last_day": str(cohort.ends_on)} for cohort in user.cohorts.all()
        ],
        "admin_log": [
            {"at": _iso(entry.action_time), "object": entry.object_repr, "change": entry.get_change_message()}
            for entry in LogEntry.objects.filter(user=user)
        ],
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


# -- leaving ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def delete_account(*, user: User, by: User | None = None) -> None:
    """Remove a person and everything they did. Questions they wrote stay, without their name.

    `by` is who does it for them; None for oneself. The audit log keeps that a number was removed.
    """
    audit.record(Action.REMOVAL, "account of a guest" if user.is_guest else "account", by=by or user, subject=user)
    # What the admin noted about this person carries their name too, as an account and as a learner who was given time.
    kinds = ContentType.objects.get_for_models(User, Learner, for_concrete_models=False).values()
    LogEntry.objects.filter(content_type__in=kinds, object_id=str(user.pk)).delete()
    user.delete()
