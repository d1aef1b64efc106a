"""Import: upload a file, read the report, choose, take as drafts. Export lies with the questions (admin/bank.py)."""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from quizzes.admin.site import DeskAdmin, desk
from quizzes.domain.errors import Refusal
from quizzes.domain.exchange import FORMATS
from quizzes.forms.bank import problems
from quizzes.forms.exchange import ChosenForm, ImportForm
from quizzes.models import ImportRun
from quizzes.queries import exchange as queries
from quizzes.services import exchange
from quizzes.services.exchange import Homes, Planned
from quizzes.views import limits

#: Questions on one page of a report.
PER_PAGE = 100
#: What became of a question, in the words of the report.
STATES = {"new": "new", "here": "here already", "twice": "twice in this file", "skipped": "left out", "broken": "to mend"}


@admin.register(ImportRun, site=desk)
class ImportRunAdmin(DeskAdmin):
    """The files that questions came from. Whoever may write questions may import them."""

    intro = "Questions of other systems come in as drafts: nothing reaches a learner before it is published."
    list_display = ("file_name", "format", "taken", "by", "created_at")
    list_select_related = ("by",)
    empty_value_display = "–"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ImportRun]:
        rows: QuerySet[ImportRun] = super().get_queryset(request)
        return rows.defer("data").annotate(count=Count("questions"))

    @admin.display(description="questions taken", ordering="count")
    def taken(self, run: Any) -> int:
        return int(run.count)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("quizzes.add_question")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("quizzes.add_question")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("quizzes.add_question")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("quizzes.add_question")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The origin of a question stays as long as the question."""
        return False

    # -- upload ------------------------------------------------------------------------------------------------------

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = ImportForm(request.POST or None, request.FILES or None, initial=self._homes())
        if request.method == "POST" and form.is_valid():
            said = form.cleaned_data
            limits.require(request, "import")
            try:
                run = exchange.start_import(
                    data=said["file"].read(), format=said["format"], file_name=said["file"].name or "file",
                    homes=Homes(said["objective"].pk, said["domain"].pk), by=request.user, now=timezone.now(),  # type: ignore[arg-type]
                )  # fmt: skip
                return redirect("admin:quizzes_importrun_change", run.pk)
            except Refusal as refusal:
                form.add_error("file", str(refusal))
        context = {"title": "Import questions", "form": form, "problems": problems(form) if form.is_bound else []}
        return self._page(request, "upload.html", context, status=422 if form.is_bound else 200)

    def _homes(self) -> dict[str, str]:
        """The first objective and domain; a bank without any is told so when something is sent."""
        try:
            homes = exchange.first_homes()
        except Refusal:
            return {}
        return {"objective": homes.objective, "domain": homes.domain}

    # -- the report --------------------------------------------------------------------------------------------------

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_change_permission(request):
            raise PermissionDenied
        run = get_object_or_404(ImportRun.objects.select_related("by", "objective", "domain"), pk=object_id if object_id.isdecimal() else 0)
        if run.data is None:
            return self._page(request, "taken.html", {"title": run.file_name, "run": run, "lines": queries.imported_lines(run)})
        if run.by_id != request.user.pk:
            raise PermissionDenied
        planned = exchange.plan(data=bytes(run.data), format=run.format, homes=Homes(run.objective_id, run.domain_id))
        page = Paginator(planned, PER_PAGE).get_page(request.GET.get("p"))
        if request.method != "POST":
            return self._report(request, run, planned, page)
        everything = "_all" in request.POST
        form = ChosenForm(request.POST, numbers=[one.number for one in planned if one.is_new])
        if not everything and not form.is_valid():
            return self._report(request, run, planned, page, form)
        done = exchange.import_chosen(
            run=run, numbers=None if everything else set(form.cleaned_data["chosen"]), by=request.user, now=timezone.now(), seed=secrets.randbits(62)  # type: ignore[arg-type]
        )  # fmt: skip
        self.log_change(request, run, f"Imported {len(done)}.")
        what = "1 question is" if len(done) == 1 else f"{len(done)} questions are"
        self.message_user(request, f"{what} here as drafts now. Learners see nothing of them until you publish.", messages.SUCCESS)
        return redirect(f"{request.path}?p={page.number}")

    def _report(
        self, request: HttpRequest, run: ImportRun, planned: list[Planned], page: Any, form: ChosenForm | None = None
    ) -> HttpResponse:
        counts = [(words, count) for state, words in STATES.items() if (count := sum(one.state == state for one in planned))]
        context = {
            "title": f"Report on {run.file_name}", "run": run, "format": FORMATS[run.format].title, "page": page, "counts": counts,
            "rows": [(one, STATES[one.state]) for one in page], "new": sum(one.is_new for one in planned),
            "new_here": sum(one.is_new for one in page), "problems": problems(form) if form else [],
        }  # fmt: skip
        return self._page(request, "report.html", context, status=422 if form else 200)

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
        request.current_app = self.admin_site.name
        context = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return TemplateResponse(request, f"admin/quizzes/importrun/{template}", context, status=status)
