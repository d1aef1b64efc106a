"""Runs of statistics: how far one is, the next portion, and what earlier ones came to."""

from __future__ import annotations

from time import monotonic
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from quizzes.admin.site import DeskAdmin, desk
from quizzes.models import StatisticsRun
from quizzes.services import statistics_runs as runs
from quizzes.views.parts import wants_part

#: Pages that the button for a run stands on, by what is sent along with it.
PAGES = {"question": "question_change", "exam": "blueprint_statistics"}


def way_back(sent: Any) -> str:
    """The page that somebody came from to compute."""
    for name, page in PAGES.items():
        if str(sent.get(name, "")).isdecimal():
            return reverse(f"admin:quizzes_{page}", args=[sent[name]])
    return reverse("admin:quizzes_question_changelist")


def tell(desk_admin: Any, request: HttpRequest, run: StatisticsRun) -> None:
    """What a run that is over came to, as a message."""
    if run.done:
        told = f"Computed the figures of {run.versions} versions from {run.done} exams."
        desk_admin.message_user(request, told, messages.SUCCESS)
    else:
        told = "Nobody has finished an exam yet, so there is nothing to compute. Figures come with the first ones."
        desk_admin.message_user(request, told, messages.INFO)


@admin.register(StatisticsRun, site=desk)
class StatisticsRunAdmin(DeskAdmin):
    """Whoever may change questions may have their figures computed."""

    intro = "Each run reads the first finished exam of every learner and keeps the figures of the day. “Compute now”, under the figures of a question or an exam, begins one. Only runs that were started at the desk are listed, not those of the command."
    list_display = ("started_at", "state", "started_by", "done", "of", "versions", "finished_at")
    list_filter = ("state",)
    list_select_related = ("started_by",)
    empty_value_display = "–"

    def _may(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("quizzes.change_question"))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._may(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A run is started where figures are looked at."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """How far it is. Each POST works off a portion; the page sends one after the other, and the button does without script."""
        if not self._may(request):
            raise PermissionDenied
        run = get_object_or_404(StatisticsRun.objects.select_related("started_by"), pk=object_id if object_id.isdecimal() else 0)
        back = {name: request.GET[name] for name in PAGES if request.GET.get(name, "").isdecimal()}
        if request.method == "POST":
            if "_stop" in request.POST:
                runs.stop_run(run=run, now=timezone.now())
                self.message_user(request, "The run is stopped. The figures from before are still there.", messages.INFO)
                return redirect(way_back(back))
            run = runs.go_on(run=run, now=timezone.now(), clock=monotonic)
            if not wants_part(request):
                return redirect(f"{request.path}?{urlencode(back)}")
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request), "opts": self.opts, "title": "Computing figures" if run.is_running else "Figures computed" if run.state == "done" else "Run",
            "run": run, "share": round(100 * min(1, run.done / run.of)) if run.of else 100, "back": way_back(back), "query": urlencode(back),
        }  # fmt: skip
        name = "_run.html" if wants_part(request) else "run.html"
        return TemplateResponse(request, f"admin/quizzes/statisticsrun/{name}", context)
