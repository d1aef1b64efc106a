"""The verbs of accounts: guests, the export of one's data, and leaving."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db import transaction

from quizzes.models import Attempt, Report, Response, User

INSTRUCTORS = "Instructors"

#: What the group may do, and nothing else.
INSTRUCTOR_PERMISSIONS = (
    *(f"{verb}_{model}" for model in ("question", "draftoption", "draftsource") for verb in ("add", "change", "view")),
    "delete_draftoption", "delete_draftsource", "publish_question", "view_questionversion",
    "view_report", "change_report", "view_blueprint", "add_blueprint", "change_blueprint",
)  # fmt: skip


def make_guest() -> User:
    """A learner without an account; everything they do is kept under it until they sign up."""
    guest = User(username=f"guest-{secrets.token_hex(8)}", is_guest=True)
    guest.set_unusable_password()
    guest.save()
    return guest


def instructors() -> Group:
    """The group "Instructors" with exactly its permissions."""
    group, _ = Group.objects.get_or_create(name=INSTRUCTORS)
    group.permissions.set(Permission.objects.filter(content_type__app_label="quizzes", codename__in=INSTRUCTOR_PERMISSIONS))
    return group


@transaction.atomic
def make_instructor(*, user: User) -> None:
    """Let a person into the admin as an instructor."""
    user.is_staff = True
    user.save(update_fields=["is_staff"])
    user.groups.add(instructors())


def export_data(*, user: User, now: datetime) -> dict[str, Any]:
    """Everything kept about a person, as plain values for a JSON file. Moments are ISO 8601 in UTC."""
    attempts = Attempt.objects.of(user).prefetch_related("slots__late_answers")
    return {
        "exported_at": now.isoformat(),
        "account": {
            "username": user.username, "email": user.email, "first_name": user.first_name, "last_name": user.last_name,
            "is_guest": user.is_guest, "joined_at": user.date_joined.isoformat(),
            "last_signed_in_at": _iso(user.last_login),
            "exam_time": {"factor": user.time_factor, "extra_minutes": user.extra_minutes, "untimed": user.untimed},
        },
        "lessons": [
            {"lesson": p.lesson.slug, "section": p.anchor, "visited_at": _iso(p.visited_at), "finished_at": _iso(p.finished_at)}
            for p in user.lesson_progress.select_related("lesson")
        ],
        "attempts": [
            {
                "id": a.pk, "mode": a.mode, "plan": a.plan, "started_at": _iso(a.started_at), "deadline_at": _iso(a.deadline_at),
                "submitted_at": _iso(a.submitted_at), "finish_reason": a.finish_reason, "right": a.right, "scored": a.scored,
                "scaled": a.scaled,
                "questions": [
                    {
                        "position": s.position, "version": s.version_id, "option_order": s.option_order, "flagged": s.flagged,
                        "struck": s.struck, "draft": s.draft, "saved_at": _iso(s.saved_at), "spent_ms": s.spent_ms,
                        "late": [{"answer": late.answer, "arrived_at": _iso(late.arrived_at)} for late in s.late_answers.all()],
                    }
                    for s in a.slots.all()
                ],
            }
            for a in attempts
        ],
        "responses": [
            {
                "question": r.question.slug, "attempt": r.slot.attempt_id, "position": r.slot.position, "answer": r.answer,
                "fraction": r.fraction, "confidence": r.confidence, "spent_ms": r.spent_ms, "selection": r.selection,
                "responded_at": _iso(r.responded_at),
            }
            for r in Response.objects.filter(learner=user).select_related("question", "slot", "slot__attempt")
            if r.slot.attempt.submitted_at or r.slot.attempt.mode != "exam"
        ],
        "reports": [
            {"kind": r.kind, "text": r.text, "state": r.state, "reply": r.reply, "created_at": _iso(r.created_at)}
            for r in Report.objects.filter(learner=user)
        ],
    }  # fmt: skip


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


@transaction.atomic
def delete_account(*, user: User) -> None:
    """Remove a person and everything they did. Questions they wrote stay, without their name."""
    user.delete()
