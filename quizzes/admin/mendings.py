"""Mending a key: a wizard of three steps, and the list of what was mended, with the way back."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone

from quizzes.admin.site import DeskAdmin, desk
from quizzes.domain.mending import InvalidMending, in_words
from quizzes.domain.tables import Value, csv_lines
from quizzes.forms.bank import problems
from quizzes.forms.mendings import MendingForm, ReasonForm
from quizzes.models import KeyMending, Question, Report
from quizzes.queries import mendings as queries
from quizzes.queries.desk import excerpt
from quizzes.services import mendings
from quizzes.services.accounts import note_export
from quizzes.services.reports import close_report
from quizzes.views import limits


class StateFilter(admin.SimpleListFilter):
    """What holds, and what was taken back."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("in-force", "In force"), ("undone", "Taken back")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[KeyMending]) -> QuerySet[KeyMending]:
        cases = {"in-force": True, "undone": False}
        return queryset.filter(undone_at__isnull=cases[str(self.value())]) if self.value() in cases else queryset


@admin.register(KeyMending, site=desk)
class KeyMendingAdmin(DeskAdmin):
    """What was mended, by whom and why. Nothing here is edited; the latest of a question can be taken back."""

    intro = "Keys that turned out wrong after people had answered. Open the question, or a learner’s report, to mend another."
    list_display = ("question", "kind", "why", "changed", "made_by", "made_at", "state")
    list_filter = (StateFilter, "kind")
    list_select_related = ("question", "made_by")
    search_fields = ("question__slug", "reason")
    search_help_text = "Looks in names of questions and in reasons."

    @admin.display(description="reason", ordering="reason")
    def why(self, mending: KeyMending) -> str:
        return excerpt(mending.reason)

    @admin.display(description="marks changed", ordering="figures__changed")
    def changed(self, mending: KeyMending) -> int:
        return int(mending.figures.get("changed", 0))

    @admin.display(description="state", ordering="undone_at")
    def state(self, mending: KeyMending) -> str:
        return "in force" if mending.is_in_force else "taken back"

    # -- who may what ------------------------------------------------------------------------------------------------

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("quizzes.publish_question")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("quizzes.publish_question")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    # -- one mending -------------------------------------------------------------------------------------------------

    def get_urls(self) -> list[Any]:
        wizard = path("of/<int:pk>/", self.admin_site.admin_view(self.wizard), name="quizzes_keymending_wizard")
        return [wizard, *super().get_urls()]

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        self._check(request)
        if object_id is None:  # one is made from its question
            raise PermissionDenied
        if not object_id.isdecimal():
            raise Http404
        mending = get_object_or_404(KeyMending.objects.select_related("question__current", "made_by", "undone_by"), pk=object_id)
        if request.method != "POST":
            return self._page(
                request,
                "mending.html",
                {"title": f"Mended: {mending.question.slug}", "mending": mending, "page": queries.mending_page(mending)},
            )
        if "_undo" in request.POST:
            self._undo(request, mending)
        elif "_correct" in request.POST:
            return self._correct(request, mending)
        elif "_retire" in request.POST:
            return redirect("admin:quizzes_question_retirement", mending.question_id)
        return redirect("admin:quizzes_keymending_change", mending.pk)

    def _undo(self, request: HttpRequest, mending: KeyMending) -> None:
        if mendings.undo_mending(mending=mending, by=request.user, now=timezone.now()):  # type: ignore[arg-type]
            self._log(request, mending.question, f"Took back: {mending.get_kind_display()}.")
            self.message_user(request, "Taken back. Every mark and result is what it was before; learners read it on their result page.")
        else:
            self.message_user(request, "This was taken back already. Nothing more was done.", messages.INFO)

    def _correct(self, request: HttpRequest, mending: KeyMending) -> HttpResponse:
        """To the working copy, made ready for the version that comes next."""
        ready = mendings.prepare_correction(
            mending=mending,
            by=request.user,  # type: ignore[arg-type]
            now=timezone.now(),
            seed=secrets.randbits(62),
        )
        if ready:
            self.message_user(request, "The working copy is ready. Bring stem and rationales in line with the key, then publish it.")
        else:
            self.message_user(
                request, "The working copy had changes of its own and was left as it is. Mend it here, then publish it.", messages.WARNING
            )
        return redirect("admin:quizzes_question_change", mending.question_id)

    # -- the wizard --------------------------------------------------------------------------------------------------

    def wizard(self, request: HttpRequest, pk: int) -> HttpResponse | StreamingHttpResponse:
        """Step 1 asks what is to hold; step 2 shows what that would change; step 3, a POST, applies it. Each step is a plain form."""
        self._check(request)
        question = get_object_or_404(Question.objects.select_related("current"), pk=pk)
        sent = request.POST if request.method == "POST" else request.GET
        page = queries.wizard_page(question, of=sent.get("of", ""))
        if page is None:
            raise Http404
        form = self._form(sent, page, bound=request.method == "POST" or "look" in sent)
        report = self._report(sent, question)
        context: dict[str, Any] = {
            "title": f"Mend the key of {question.slug}", "original": question, "page": page, "form": form, "report": report,
        }  # fmt: skip
        found = self._plan(form, question)
        if found and found.holds_already and request.method != "POST":  # a second press finds out in the service, and is told
            form.add_error("kind", "That holds already for these versions, so there is nothing to apply.")
            found = None
        if found is None:
            context["problems"] = problems(form, [])
            return self._page(request, "wizard.html", context, status=422 if form.is_bound else 200)
        if request.method != "POST" and "csv" in sent:
            limits.require(request, "export")
            note_export(what=f"dry run on question {question.slug}", by=request.user, rows=None)  # type: ignore[arg-type]
            return _csv(mendings.changing(found), name=question.slug)
        reason = ReasonForm(request.POST if request.method == "POST" else None, initial={"latest": found.latest})
        if reason.is_valid():
            return self._apply(request, question, form, reason, report)
        context |= {"found": found, "reason": reason, "effect": mendings.dry_run(found), "known": _known(sent)}
        context["what"] = in_words(found.versions[0].item, found.mending)
        context["problems"] = problems(reason, [])
        return self._page(request, "dry_run.html", context, status=422 if reason.is_bound else 200)

    def _form(self, sent: QueryDict, page: queries.WizardPage, *, bound: bool) -> MendingForm:
        versions = [(version.pk, _version_label(version)) for version in page.versions]
        answers = [(answer.value, f"{answer.label} ({answer.given} gave it)", answer.is_right) for answer in page.answers]
        known: dict[str, Any] = {"versions": sent.getlist("versions") or [page.of.pk], "accept": sent.getlist("accept")}
        known |= {name: sent.get(name, "") for name in ("kind", "change", "number")}
        return MendingForm(
            sent if bound else None, initial=known, versions=versions, answers=answers, asks_number=page.question.type == "numeric"
        )

    def _plan(self, form: MendingForm, question: Question) -> mendings.Plan | None:
        """What was said as a plan; None where the form has something to mend, which it then says."""
        if not form.is_valid():
            return None
        data = form.cleaned_data
        try:
            found = mendings.plan(question=question, versions=data["versions"], kind=data["kind"], answers=form.answers)
        except InvalidMending as refused:
            form.add_error(data["kind"] if data["kind"] in form.fields else "versions", str(refused))
            return None
        return found

    def _apply(
        self, request: HttpRequest, question: Question, form: MendingForm, reason: ReasonForm, report: Report | None
    ) -> HttpResponse:
        data, by, now = form.cleaned_data, request.user, timezone.now()
        mending, done = mendings.apply_mending(
            question=question, versions=data["versions"], kind=data["kind"], answers=form.answers, by=by, now=now, **reason.cleaned_data  # type: ignore[arg-type]
        )  # fmt: skip
        if not done:
            self.message_user(request, "This was applied already. Nothing was done twice.", messages.INFO)
        else:
            self._log(request, question, f"Mended the key: {mending.get_kind_display()}.")
            told = "Applied. Learners concerned read it on their result page."
            if report is not None and report.state == Report.State.OPEN:
                close_report(report=report, state=Report.State.MENDED, reply=mending.reason, by=by, now=now)  # type: ignore[arg-type]
                told += " The report is closed, with your reason as the answer."
            self.message_user(request, told, messages.SUCCESS)
        return redirect("admin:quizzes_keymending_change", mending.pk)

    def _report(self, sent: QueryDict, question: Question) -> Report | None:
        """The learner's report from which the wizard was opened."""
        number = sent.get("report", "")
        return Report.objects.filter(pk=number, version__question=question).first() if number.isdecimal() and len(number) < 19 else None

    # -- shared ------------------------------------------------------------------------------------------------------

    def _check(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def _log(self, request: HttpRequest, question: Question, what: str) -> None:
        self.log_change(request, question, what)

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
        request.current_app = self.admin_site.name
        context = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return TemplateResponse(request, f"admin/quizzes/keymending/{template}", context, status=status)


def _version_label(version: queries.VersionChoice) -> str:
    shown = ", which learners see" if version.is_current else ""
    mended = ", mended before" if version.is_mended else ""
    return f"Version {version.number}{shown}: {version.answers} answer{'s' if version.answers != 1 else ''}{mended}"


def _csv(lines: Iterable[mendings.Line], *, name: str) -> StreamingHttpResponse:
    """Every result that would change, as a file that is written while it is sent."""
    head = [
        "learner",
        "exam",
        "sat on",
        "right before",
        "scored before",
        "score before",
        "right after",
        "scored after",
        "score after",
        "moves",
    ]

    def row(line: mendings.Line) -> list[Value]:
        scores = [value for score in (line.before, line.after) for value in (score.right, score.scored, score.scaled)]
        return [line.learner, line.title, line.started_at.date(), *scores, line.moved]

    response = StreamingHttpResponse(csv_lines(head, map(row, lines)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}-dry-run.csv"'
    return response


def _known(sent: QueryDict) -> QueryDict:
    """What the first step said: it is filled in with it again, and the last step carries it along."""
    known = sent.copy()
    for name in ("look", "reason", "latest", "csrfmiddlewaretoken"):
        known.pop(name, None)
    return known
