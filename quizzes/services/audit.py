"""The one way into the audit log. Called by the verbs, in their transaction: what is undone leaves no entry, what is done leaves one."""

from __future__ import annotations

from typing import Any

from structlog.contextvars import get_contextvars

from quizzes.models import AuditEntry, User

Action = AuditEntry.Action


def record(
    action: AuditEntry.Action, target: str, *, by: User | None, subject: User | None = None,
    before: dict[str, Any] | None = None, after: dict[str, Any] | None = None,
) -> AuditEntry:  # fmt: skip
    """Keep that `by` did this (None: a command or the app itself), and to whom; the moment is the database's.

    Names, addresses and texts of people do not belong in `target`, `before` and `after`: an entry outlives the account that it is about.
    """
    return AuditEntry.objects.create(
        action=action, target=target[:200], actor=by.pk if by else None, subject=subject.pk if subject else None, before=before or {},
        after=after or {}, request_id=str(get_contextvars().get("request_id", ""))[:64],
    )  # fmt: skip
