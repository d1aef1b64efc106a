"""The pages that questions and lessons rest on: say that one changed, and see what wants another look."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.html import format_html

from quizzes.admin.site import DeskAdmin, desk
from quizzes.forms.sources import SourcePageForm
from quizzes.models import SourcePage
from quizzes.queries import sources as queries
from quizzes.services.sources import mark_source


class ChangedFilter(admin.SimpleListFilter):
    """Pages that were marked as changed."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("changed", "Changed"), ("same", "As it was read")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[SourcePage]) -> QuerySet[SourcePage]:
        cases = {"changed": False, "same": True}
        return queryset.filter(changed_on__isnull=cases[str(self.value())]) if self.value() in cases else queryset


@admin.register(SourcePage, site=desk)
class SourcePageAdmin(DeskAdmin):
    """Every page that is cited. Marking one as changed flags what was checked before."""

    form = SourcePageForm
    intro = "The pages that questions and lessons rest on. Mark one as changed, and everything that was checked against it before wants another look."
    list_display = ("title", "questions", "lessons", "changed_on", "note", "address")
    ordering = ("title",)
    empty_value_display = ""
    list_filter = (ChangedFilter,)
    search_fields = ("title", "url", "note")
    search_help_text = "Looks in titles, addresses and notes."
    actions = ("changed_today", "as_it_was")
    change_form_template = "admin/quizzes/sourcepage/change_form.html"
    fieldsets = ((None, {"fields": ("changed_on", "note")}),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[SourcePage]:
        return queries.with_citations(super().get_queryset(request))

    @admin.display(description="address", ordering="url")
    def address(self, page: SourcePage) -> str:
        return format_html('<a href="{}" rel="noopener">{}</a>', page.url, page.url.removeprefix("https://"))

    @admin.display(description="questions", ordering="questions")
    def questions(self, page: Any) -> int:
        return int(page.questions)

    @admin.display(description="lessons", ordering="lessons")
    def lessons(self, page: Any) -> int:
        return int(page.lessons)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Pages come with what cites them."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> HttpResponse:
        page = context["original"]
        context |= {"title": page.title, "subtitle": None, "use": queries.source_use(page)}
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: SourcePage, form: Any, change: bool) -> None:
        mark_source(page=obj, changed_on=obj.changed_on, note=obj.note, by=request.user, now=timezone.now())  # type: ignore[arg-type]

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> str:  # type: ignore[override]
        changed_on = form.cleaned_data["changed_on"]
        return f"Marked as changed on {changed_on}." if changed_on else "Took the mark back."

    def response_change(self, request: HttpRequest, obj: SourcePage) -> HttpResponse:
        self.message_user(request, _told(obj), messages.SUCCESS)
        return redirect(
            "admin:quizzes_sourcepage_change" if obj.changed_on else "admin:quizzes_sourcepage_changelist",
            *([obj.pk] if obj.changed_on else []),
        )

    @admin.action(description="Changed today: look again at what rests on them", permissions=["change"])
    def changed_today(self, request: HttpRequest, pages: QuerySet[SourcePage]) -> None:
        self._mark(request, pages, changed=True)

    @admin.action(description="As they were: take the mark back", permissions=["change"])
    def as_it_was(self, request: HttpRequest, pages: QuerySet[SourcePage]) -> None:
        self._mark(request, pages, changed=False)

    def _mark(self, request: HttpRequest, pages: QuerySet[SourcePage], *, changed: bool) -> None:
        now, by = timezone.now(), request.user
        day = timezone.localdate() if changed else None
        for page in pages:
            mark_source(page=page, changed_on=day, note=page.note, by=by, now=now)  # type: ignore[arg-type]
            self.log_change(request, page, "Marked as changed." if changed else "Took the mark back.")
        self.message_user(request, f"{'Marked as changed' if changed else 'Took the mark back'}: {len(pages)}.", messages.SUCCESS)


def _told(page: SourcePage) -> str:
    if page.changed_on is None:
        return "The mark is taken back. Nothing that rests on this page wants another look because of it."
    waits = queries.source_use(page).outdated
    return f"Marked as changed. {waits} question{'s' if waits != 1 else ''} or lesson{'s' if waits != 1 else ''} that cite it want another look."
