"""The audit log: read by superusers, changed by nobody."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone

from quizzes.admin.site import ReadOnlyAdmin, desk
from quizzes.domain.tables import Column, Row, Table, as_csv, cell
from quizzes.models import AuditEntry
from quizzes.services.accounts import note_export
from quizzes.views import limits

#: What goes out at once; a narrower filter gives the rest.
MOST_ROWS = 50_000
TITLES = ("at", "done by", "what", "to", "concerns", "before", "after", "request id")


def person(number: int | None, name: str | None) -> str:
    """Who an entry is about: a name while there is an account, a number after it is gone."""
    if number is None:
        return "–"
    return name or f"person {number} (removed)"


@admin.register(AuditEntry, site=desk)
class AuditAdmin(ReadOnlyAdmin):
    intro = "Who did what that somebody may have to answer for, the latest first. Nothing here can be changed, not even in the database."
    list_display = ("at", "who", "action", "target", "whom", "change")
    list_filter = ("action", ("at", admin.DateFieldListFilter))
    search_fields = ("target", "request_id", "=actor", "=subject")
    search_help_text = "Looks in things, ids of requests, and numbers of accounts."
    fields = ("at", "who", "action", "target", "whom", "before", "after", "request_id")
    readonly_fields = fields
    change_list_template = "admin/quizzes/auditentry/change_list.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEntry]:
        rows: Any = super().get_queryset(request)
        found: QuerySet[AuditEntry] = rows.with_names()
        return found

    @admin.display(description="done by", ordering="actor")
    def who(self, entry: Any) -> str:
        return "a command" if entry.actor is None else person(entry.actor, entry.actor_name)

    @admin.display(description="concerns", ordering="subject")
    def whom(self, entry: Any) -> str:
        return person(entry.subject, entry.subject_name)

    @admin.display(description="before → after")
    def change(self, entry: AuditEntry) -> str:
        return " → ".join(json.dumps(part, ensure_ascii=False)[:200] for part in (entry.before, entry.after) if part)

    def get_urls(self) -> list[Any]:
        return [path("csv/", self.admin_site.admin_view(self.csv_view), name="quizzes_auditentry_csv"), *super().get_urls()]

    def csv_view(self, request: HttpRequest) -> HttpResponse:
        """The entries that the filters of the list leave, as CSV. Taking them out is an entry too."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        limits.require(request, "export")
        rows = self.get_changelist_instance(request).get_queryset(request)[:MOST_ROWS]
        lines = [self._line(entry) for entry in rows]
        table = Table(
            "Audit log", tuple(Column(title, title) for title in TITLES), tuple(Row(tuple(map(cell, line)), "", "") for line in lines)
        )
        note_export(what="audit log", by=request.user, rows=len(table.rows))  # type: ignore[arg-type]
        headers = {"Content-Disposition": f'attachment; filename="audit-log-{timezone.localdate()}.csv"'}
        return HttpResponse(as_csv(table), content_type="text/csv; charset=utf-8", headers=headers)

    def _line(self, entry: AuditEntry) -> tuple[str, ...]:
        return (
            f"{entry.at:%Y-%m-%d %H:%M:%S} UTC", self.who(entry), entry.get_action_display(), entry.target, self.whom(entry),
            json.dumps(entry.before), json.dumps(entry.after), entry.request_id,
        )  # fmt: skip
