"""What learners report, as a queue: open first, the longest waiting first."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.db.models import BooleanField, Case, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from quizzes.admin.site import DeskAdmin, desk
from quizzes.forms.bank import ReplyForm
from quizzes.models import Report
from quizzes.queries import desk as queries
from quizzes.services.reports import close_report


@admin.register(Report, site=desk)
class ReportAdmin(DeskAdmin):
    """Read a learner's note beside the question as they saw it, answer, and close it."""

    form = ReplyForm
    intro = "What learners say about questions: open ones first, the longest waiting on top. Your answer appears on the learner’s progress page."
    list_display = ("note", "kind", "question", "waits", "state")
    list_filter = ("state", "kind")
    list_select_related = ("version__question", "learner")
    search_fields = ("version__question__slug", "text")
    search_help_text = "Looks in notes and in names of questions."
    change_form_template = "admin/quizzes/report/change_form.html"
    fieldsets = ((None, {"fields": ("state", "reply")}),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Report]:
        is_open = Case(When(state=Report.State.OPEN, then=Value(True)), default=Value(False), output_field=BooleanField())
        return Report.objects.annotate(is_open=is_open).order_by(*self.get_ordering(request))

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        return ["-is_open", "-closed_at", "created_at"]

    @admin.display(description="note", ordering="text")
    def note(self, report: Report) -> str:
        return queries.excerpt(report.text)

    @admin.display(description="question", ordering="version__question__slug")
    def question(self, report: Report) -> str:
        return report.version.question.slug

    @admin.display(description="waits", ordering="created_at")
    def waits(self, report: Report) -> str:
        """Days that an open report waits, or took."""
        took: timedelta = (report.closed_at or timezone.now()) - report.created_at
        return "today" if took.days < 1 else f"{took.days} day{'s' if took.days > 1 else ''}"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What a learner said stays with them; it goes when they leave."""
        return False

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> HttpResponse:
        report = context["original"]
        context |= {"title": "A learner’s report", "subtitle": None, "page": queries.report_page(report)}
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Report, form: Any, change: bool) -> None:
        close_report(report=obj, state=obj.state, reply=obj.reply, by=request.user, now=timezone.now())  # type: ignore[arg-type]

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> str:  # type: ignore[override]
        return "Answered it."

    def response_change(self, request: HttpRequest, obj: Report) -> HttpResponse:
        """On to the next one that waits."""
        following = Report.objects.filter(state=Report.State.OPEN).order_by("created_at").first()
        if "_next" in request.POST and following:
            self.message_user(request, "Answered and closed. This is the next one that waits.", messages.SUCCESS)
            return redirect("admin:quizzes_report_change", following.pk)
        self.message_user(request, "Answered and closed. The learner reads it on their progress page.", messages.SUCCESS)
        return redirect("admin:quizzes_report_changelist")
