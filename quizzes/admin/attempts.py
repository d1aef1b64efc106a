"""Sittings, to look at while helping a learner. Answers are a record: nothing here can be changed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from quizzes.admin.site import ReadOnlyAdmin, desk
from quizzes.models import Attempt, Slot


class SlotInline(admin.TabularInline):
    """The places of a sitting, with what was saved and what became of it."""

    model = Slot
    template = "admin/quizzes/attempt/slots.html"
    fields = ("position", "question", "flagged", "saved", "revision", "saved_at", "late", "spent_ms")
    readonly_fields = fields
    extra = 0
    can_delete = False

    @property
    def media(self) -> forms.Media:
        return forms.Media()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Slot]:
        rows: QuerySet[Slot] = super().get_queryset(request)
        return rows.select_related("version__question").annotate(late_count=Count("late_answers")).order_by("position")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(getattr(request.user, "is_superuser", False))

    @admin.display(description="question")
    def question(self, slot: Slot) -> str:
        return f"{slot.version.question.slug}, version {slot.version.number}"

    @admin.display(description="saved answer")
    def saved(self, slot: Slot) -> str:
        return ", ".join(slot.draft) or "none"

    @admin.display(description="late answers")
    def late(self, slot: Any) -> int:
        count: int = slot.late_count
        return count


@admin.register(Attempt, site=desk)
class AttemptAdmin(ReadOnlyAdmin):
    intro = "Every sitting, the latest first. Answers are a record: nothing here can be changed."
    list_display = ("title", "learner", "mode", "started_at", "deadline_at", "submitted_at", "finish_reason", "scaled")
    list_filter = ("mode", "finish_reason", "blueprint")
    list_select_related = ("learner",)
    search_fields = ("learner__username", "learner__email")
    search_help_text = "Looks in usernames and e-mail addresses of learners."
    inlines = [SlotInline]
    ordering = ("-started_at", "-pk")
    fields = (
        "learner", "mode", "blueprint", "replay_of", "plan", "started_at", "deadline_at", "submitted_at", "finish_reason",
        "right", "scored", "scaled",
    )  # fmt: skip

    @admin.display(description="sitting", ordering="plan__title")
    def title(self, attempt: Attempt) -> str:
        return str(attempt)
