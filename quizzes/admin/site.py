"""The desk itself: who may enter, what stands in its bar, and what all its pages share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import update_wrapper
from html import unescape
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.templatetags.admin_list import result_headers
from django.contrib.admin.utils import label_for_field, lookup_field
from django.contrib.admin.views.main import ALL_VAR, PAGE_VAR
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import strip_tags
from django.utils.safestring import SafeString
from django.utils.text import capfirst, slugify
from django.views.decorators.cache import never_cache

from quizzes.domain.tables import Value, csv_lines
from quizzes.forms.bank import problems
from quizzes.models import Blueprint, Cohort, Learner, Question, Report, SourcePage, User
from quizzes.queries import desk as queries
from quizzes.queries.accounts import has_second_factor
from quizzes.queries.sources import look_again
from quizzes.queries.workflow import matters
from quizzes.services.accounts import note_export
from quizzes.views import limits
from quizzes.views.accounts import admin_entrance


class Desk(admin.AdminSite):
    """The site of all authors' pages."""

    site_title = "Authors’ desk"
    site_header = "Authors’ desk"
    index_title = "Authors’ desk"
    enable_nav_sidebar = False

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """A learner is told at once that this is not for them; visitors and guests are asked to sign in."""
        inner: Callable[..., HttpResponse] = super().admin_view(view, cacheable)

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.user.is_authenticated and not self.has_permission(request):
                return admin_entrance(request)
            if settings.ADMIN_REQUIRES_2FA and self.has_permission(request) and not has_second_factor(request.user):  # type: ignore[arg-type]
                return render(request, "quizzes/accounts/second_factor_needed.html", status=403)
            return inner(request, *args, **kwargs)

        return update_wrapper(guarded, inner)

    @method_decorator(never_cache)
    @login_not_required
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """There is one place to sign in: the learners' own."""
        return redirect("admin:index") if self.has_permission(request) else admin_entrance(request)

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return redirect("account_change_password")

    def password_change_done(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return redirect("account")

    def app_index(self, request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None) -> Any:
        """The first page lists everything; a page for each app would say the same."""
        return redirect("admin:index")

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().each_context(request), "places": self._places(request), "log_entries": ()}

    def _places(self, request: HttpRequest) -> list[dict[str, Any]]:
        """The links of the bar: only what this person may open."""
        places = []
        known = getattr(request, "open_reports", None)  # the first page has counted them
        for model, title in PLACES.items():
            if model in self._registry and self._registry[model].has_module_permission(request):
                path = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
                count = (queries.open_reports() if known is None else known) if model is Report else 0
                places.append({"title": title, "path": path, "count": count, "current": request.path.startswith(path)})
        return places

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        may = {verb: request.user.has_perm(f"quizzes.{verb}") for verb in ("view_question", "add_question", "view_report")}
        others = [
            {
                "title": model_admin.opts.verbose_name_plural,
                "path": reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"),
            }
            for model, model_admin in self._registry.items()
            if model not in PLACES and model_admin.has_module_permission(request)
        ]
        page = queries.index_page() if may["view_question"] else None
        request.open_reports = page.open_reports if page else None  # type: ignore[attr-defined]
        waiting = matters(user=request.user, now=timezone.now()) if page else []  # type: ignore[arg-type]
        known = next((matter.count for matter in waiting if matter.kind == "sources"), None)
        again = look_again(questions=known) if request.user.has_perm("quizzes.view_sourcepage") else None
        return super().index(
            request,
            {
                **(extra_context or {}),
                "page": page,
                "again": again,
                "may": may,
                "others": others,
                "matters": [matter for matter in waiting if matter.count],
                "now": timezone.now(),
            },
        )


#: What stands in the bar, in this order.
PLACES: dict[Any, str] = {
    Question: "Questions", Report: "Reports", SourcePage: "Sources", Blueprint: "Exams", Cohort: "Classes", Learner: "Learners", User: "People",
}  # fmt: skip

desk = Desk(name="admin")


def _cell(value: Any) -> Value:
    """What a column shows as a value of a file."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return timezone.localtime(value)
    if isinstance(value, SafeString):
        return unescape(strip_tags(value)).replace("\N{NO-BREAK SPACE}", " ")
    return value if value is None or isinstance(value, str | int | float) or hasattr(value, "isoformat") else str(value)


class DeskAdmin(admin.ModelAdmin):
    """What all pages of the desk share: no jQuery, a refused form answers 422, nothing is deleted in bulk."""

    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    #: Said under the heading of the list.
    intro = ""
    #: Columns that say in a file something else than on the page: the value behind a figure in words. None leaves a column out.
    csv_values: dict[str, Callable[[Any], Value] | None] = {}

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_rows"
        return [path("rows.csv", self.admin_site.admin_view(self.rows_csv), name=name), *super().get_urls()]

    def rows_csv(self, request: HttpRequest) -> HttpResponseBase:
        """The rows of the list as CSV: those that the address filters, in the order it asks for, all pages of them.

        The order is counted by the columns that the list shows; the file has every column, also one that is empty now.
        """
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        asked = request.GET.copy()
        for name in (PAGE_VAR, ALL_VAR):
            asked.pop(name, None)
        request.GET = asked  # type: ignore[assignment]
        try:
            shown = self.get_changelist_instance(request)
        except IncorrectLookupParameters:
            return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        limits.require(request, "export")
        note_export(what=f"list of {self.opts.verbose_name_plural}", by=request.user, rows=None)  # type: ignore[arg-type]
        columns = [name for name in self.list_display if self.csv_values.get(str(name), _cell) is not None]
        titles = [capfirst(str(label_for_field(name, self.model, model_admin=self))) for name in columns]
        rows = ([self._csv_cell(row, str(name)) for name in columns] for row in shown.queryset.iterator(chunk_size=2_000))
        name = slugify(f"{self.opts.verbose_name_plural} {timezone.localdate()}")
        headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
        return StreamingHttpResponse(csv_lines(titles, rows), content_type="text/csv; charset=utf-8", headers=headers)

    def _csv_cell(self, row: Any, name: str) -> Value:
        if (own := self.csv_values.get(name)) is not None:
            return own(row)
        field, _, value = lookup_field(name, row, self)
        if field is not None and getattr(field, "choices", None):
            value = getattr(row, f"get_{name}_display")()
        return _cell(value)

    @property
    def media(self) -> forms.Media:
        return forms.Media(js=["admin/js/actions.js"])

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def get_action_choices(self, request: HttpRequest, default_choices: Any = (("", "Choose an action"),)) -> list[tuple[str, str]]:
        return super().get_action_choices(request, list(default_choices))

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> HttpResponse:
        form, formsets = context["adminform"].form, [inline.formset for inline in context["inline_admin_formsets"]]
        refused = request.method == "POST"
        context["problems"] = problems(form, formsets) if refused else []
        response: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        if refused:
            response.status_code = 422
        return response

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        title = str(self.opts.verbose_name_plural).capitalize()
        response = super().changelist_view(request, {"title": title, "intro": self.intro, **(extra_context or {})})
        context = getattr(response, "context_data", None) or {}
        if shown := context.get("cl"):
            context["sorts"] = [
                (
                    header["text"],
                    header["url_toggle" if header["sorted"] else "url_primary"],
                    header["sorted"] and header["ascending"],
                    header["sorted"],
                )
                for header in result_headers(shown)
                if header["sortable"]
            ]
        return response


class ReadOnlyAdmin(DeskAdmin):
    """Something to look at while helping a learner. Superusers alone; nothing can be changed."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(getattr(request.user, "is_superuser", False))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(getattr(request.user, "is_superuser", False))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
