"""The desk itself: who may enter, what stands in its bar, and what all its pages share."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from quizzes.forms.bank import problems
from quizzes.models import Blueprint, Cohort, Learner, Question, Report, SourcePage, User
from quizzes.queries import desk as queries
from quizzes.queries.accounts import has_second_factor
from quizzes.queries.sources import look_again
from quizzes.queries.workflow import matters
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


class DeskAdmin(admin.ModelAdmin):
    """What all pages of the desk share: no jQuery, a refused form answers 422, nothing is deleted in bulk."""

    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    #: Said under the heading of the list.
    intro = ""

    @property
    def media(self) -> forms.Media:
        return forms.Media(js=["admin/js/actions.js"])

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

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
        return super().changelist_view(request, {"title": title, "intro": self.intro, **(extra_context or {})})


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
