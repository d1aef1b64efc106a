"""The workflow of questions at the desk: review, pilots, what needs attention, and several questions at once."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html

from quizzes.admin.site import DeskAdmin
from quizzes.admin.tables import table_page
from quizzes.domain.errors import Refusal
from quizzes.domain.workflow import Step
from quizzes.forms.bank import objective_choices
from quizzes.models import BulkChange, Objective, Question
from quizzes.queries import desk as desk_queries
from quizzes.queries import workflow as queries
from quizzes.services import bank, workflow

Kind = BulkChange.Kind


class AttentionFilter(admin.SimpleListFilter):
    """Questions that need attention, by the reason."""

    title = "attention"
    parameter_name = "attention"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(kind, watch.title) for kind, watch in queries.WATCHES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Question]) -> QuerySet[Question]:
        kind = self.value() or ""
        if kind not in queries.WATCHES:
            return queryset
        return queryset.filter(queries.needing(kind, user=request.user, now=timezone.now()))  # type: ignore[arg-type]


class TagFilter(admin.SimpleListFilter):
    """Questions with a tag."""

    title = "tag"
    parameter_name = "tag"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, name) for name in queries.tag_names()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Question]) -> QuerySet[Question]:
        return queryset.filter(tags__name=self.value()) if self.value() else queryset


class WorkflowAdmin(DeskAdmin):
    """What the admin of questions does around review, pilots and several at once."""

    workflow_actions = ("tag_selected", "untag_selected", "move_selected", "retire_selected", "restore_selected")

    def workflow_urls(self, page: Any) -> list[Any]:
        return [
            page("attention/", self.attention, "attention"),
            page("bulk/", self.bulk_list, "bulk_list"),
            path("bulk/<int:number>/", self.admin_site.admin_view(self.bulk_page), name="quizzes_question_bulk"),
            page("<int:pk>/review/", self.review_step, "review"),
            page("<int:pk>/pilot/", self.pilot_step, "pilot"),
            page("<int:pk>/retirement/", self.retirement, "retirement"),
        ]

    def has_publish_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("quizzes.publish_question")

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        request.current_app = self.admin_site.name
        context = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return TemplateResponse(request, f"admin/quizzes/question/{template}", context)

    def _question(self, request: HttpRequest, pk: int) -> Question:
        """A question that this person may see. 404 where there is none, 403 where they may not."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        return get_object_or_404(Question.objects.select_related("current", "topic"), pk=pk)

    def _tell(self, request: HttpRequest, obj: Question, done: str, more: str) -> None:
        self.log_change(request, obj, done)
        self.message_user(request, f"{done} {more}", messages.SUCCESS)

    # -- attention ---------------------------------------------------------------------------------------------------

    def attention(self, request: HttpRequest) -> HttpResponse:
        """Everything that needs attention: how many, why, and where."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        sort, only = request.GET.get("sort", ""), request.GET.get("of", "")
        found = queries.matters(user=request.user, now=timezone.now())  # type: ignore[arg-type]
        shown = [matter for matter in found if matter.count and (matter.mine or only != "mine")]
        context = {
            "title": "What needs attention", "matters": queries.in_order(shown, sort), "of": only, "sort": sort,
            "columns": [
                (title, key, f"-{key}" if sort == key else key, {key: "ascending", f"-{key}": "descending"}.get(sort, ""))
                for title, key in (("What", "title"), ("How many", "count"))
            ],
        }  # fmt: skip
        return self._page(request, "attention.html", context)

    # -- review ------------------------------------------------------------------------------------------------------

    def review_context(self, request: HttpRequest, question: Question) -> dict[str, Any]:
        """What the page of a question shows of its way to learners."""
        standing = question.standing(bank.checksum_of(bank.draft_item(question)))
        panel = queries.review_panel(question, standing, user=request.user, required=settings.REVIEW_REQUIRED)  # type: ignore[arg-type]
        return {"review": panel, "may_write": self.has_change_permission(request, question)}

    def review_step(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Comment, ask, take back, send back, approve; then back to the question."""
        question = self._question(request, pk)
        step = request.POST.get("step", "")
        if request.method == "POST":
            judges = step in ("approve", "send_back")
            if not (self.has_publish_permission(request) if judges else self.has_change_permission(request, question)):
                raise PermissionDenied
            try:
                self._review(request, question, step)
            except Refusal as refusal:
                return self._step_refused(request, question, refusal)
        return redirect(f"{reverse('admin:quizzes_question_change', args=[pk])}#review")

    def _step_refused(self, request: HttpRequest, question: Question, refusal: Refusal) -> HttpResponse:
        """The same buttons with the comment as it was typed and the reason beside it, and what the working copy says by now."""
        question.refresh_from_db()
        item = bank.draft_item(question)
        context = {
            "title": f"Not done: {question.slug}", "original": question, "refused": str(refusal), "typed": request.POST.get("text", ""),
            "may_publish": self.has_publish_permission(request), "preview": desk_queries.preview(item), **self.review_context(request, question),
        }  # fmt: skip
        response = self._page(request, "step_refused.html", context)
        response.status_code = refusal.status
        return response

    def _review(self, request: HttpRequest, question: Question, step: str) -> None:
        given: dict[str, Any] = {"question": question, "by": request.user, "text": request.POST.get("text", ""), "now": timezone.now()}
        if step == "ask":
            self.ask_for_review(request, question, given["text"])
        elif step == "withdraw":
            workflow.withdraw(**given)
            self._tell(request, question, "Taken back from review.", "It is yours to change until you ask again.")
        elif step == "send_back":
            workflow.send_back(**given)
            self._tell(request, question, "Sent back.", "Whoever wrote it finds it on the first page of the desk, with your comment.")
        elif step == "approve":
            workflow.approve(**given, seen=request.POST.get("wording", ""))
            self._tell(request, question, "Approved.", "The approval holds for exactly this wording. Publish shows it to learners.")
        else:
            workflow.comment(**given)
            self.message_user(request, "Your comment is kept.", messages.SUCCESS)

    def ask_for_review(self, request: HttpRequest, question: Question, text: str = "") -> None:
        workflow.ask_for_review(question=question, by=request.user, text=text, now=timezone.now())  # type: ignore[arg-type]
        seen = "what learners see stays as it is until then" if question.current_id else "learners see nothing of it until then"
        self._tell(request, question, "Asked for a review.", f"Other instructors find it on the first page of the desk; {seen}.")

    def saved_to_ask(self, request: HttpRequest, question: Question) -> None:
        """The same right after saving: where it cannot be, what was typed stays saved."""
        if why := workflow.why_not(question=question, step=Step.ASK, by=request.user):  # type: ignore[arg-type]
            self.message_user(request, f"Saved. {why}", messages.WARNING)
        else:
            self.ask_for_review(request, question)

    def publish_refused(self, request: HttpRequest, question: Question) -> bool:
        """Whether a second pair of eyes is missing; the person is then told, and what they typed is saved."""
        if why := bank.missing_review(question=question, by=request.user):  # type: ignore[arg-type]
            self.message_user(request, why, messages.WARNING)
        return bool(why)

    # -- pilots ------------------------------------------------------------------------------------------------------

    def pilot_step(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Promote a pilot, keep it, retire it; or make a question one."""
        question = self._question(request, pk)
        if request.method == "POST":
            if not self.has_publish_permission(request):
                raise PermissionDenied
            step = request.POST.get("step", "")
            if step == "promote":
                workflow.set_pilot(question=question, is_pilot=False)
                self._tell(request, question, "Promoted: it is no pilot any more.", "Exams that start from now on count it.")
            elif step == "keep":
                n = workflow.keep_pilot(question=question)
                self._tell(request, question, f"Kept as a pilot at {n} answers.", "The desk proposes it again when 60 more have answered.")
            elif step == "retire":
                return redirect("admin:quizzes_question_retirement", pk)
            elif step == "pilot":
                workflow.set_pilot(question=question, is_pilot=True)
                self._tell(
                    request, question, "Made a pilot.", "Exams draw it for places that do not count; sittings that run keep it as it was."
                )
        return redirect(f"{reverse('admin:quizzes_question_change', args=[pk])}#review")

    # -- retiring ----------------------------------------------------------------------------------------------------

    def retirement(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask a question no more; asks first, and says how it comes back."""
        question = self._question(request, pk)
        if not self.has_publish_permission(request):
            raise PermissionDenied
        if question.state == Question.State.RETIRED:
            self.message_user(request, "It is retired already. Restore brings it back.", messages.INFO)
            return redirect("admin:quizzes_question_change", pk)
        if request.method == "POST":
            bank.retire_question(question=question, now=timezone.now())
            self._tell(request, question, "Retired.", "It is asked no more; attempts that hold it keep it. Restore brings it back.")
            return redirect("admin:quizzes_question_change", pk)
        context = {"title": f"Retire {question.slug}?", "original": question, "running": queries.running_with(question)}
        return self._page(request, "retirement.html", context)

    # -- several at once ---------------------------------------------------------------------------------------------

    @admin.action(description="Tag …", permissions=["change"])
    def tag_selected(self, request: HttpRequest, questions: QuerySet[Question]) -> HttpResponse:
        return self._several(request, questions, Kind.TAG)

    @admin.action(description="Take a tag off …", permissions=["change"])
    def untag_selected(self, request: HttpRequest, questions: QuerySet[Question]) -> HttpResponse:
        return self._several(request, questions, Kind.UNTAG)

    @admin.action(description="Move to another objective …", permissions=["change"])
    def move_selected(self, request: HttpRequest, questions: QuerySet[Question]) -> HttpResponse:
        return self._several(request, questions, Kind.MOVE)

    @admin.action(description="Retire …", permissions=["publish"])
    def retire_selected(self, request: HttpRequest, questions: QuerySet[Question]) -> HttpResponse:
        return self._several(request, questions, Kind.RETIRE)

    @admin.action(description="Restore …", permissions=["publish"])
    def restore_selected(self, request: HttpRequest, questions: QuerySet[Question]) -> HttpResponse:
        return self._several(request, questions, Kind.RESTORE)

    def _several(self, request: HttpRequest, questions: QuerySet[Question], kind: BulkChange.Kind) -> HttpResponse:
        """Ask what and how, list what would change, then do it."""
        value = request.POST.get("value", "").strip()
        workflow.require_few(questions.count())
        rows = list(questions.select_related("objective"))
        needs_value = kind in (Kind.TAG, Kind.UNTAG, Kind.MOVE)
        if "confirmed" in request.POST and (value or not needs_value):
            return self._change_several(request, kind, value, rows)
        planned = workflow.plan(kind=kind, value=value, questions=rows) if value or not needs_value else []
        context = {
            "title": f"{kind.label}: {len(rows)} question{'s' if len(rows) != 1 else ''}", "kind": kind, "value": value,
            "action": request.POST.get("action", ""), "rows": rows, "needs_value": needs_value, "planned": planned,
            "changing": [row for row in planned if not row.why_not], "staying": [row for row in planned if row.why_not],
            "objectives": objective_choices() if kind == Kind.MOVE and not value else [],
            "tags": queries.tag_names() if kind in (Kind.TAG, Kind.UNTAG) and not value else [],
            "names": dict(Objective.objects.values_list("pk", "title")) if kind == Kind.MOVE and value else {},
        }  # fmt: skip
        return self._page(request, "several.html", context)

    def _change_several(self, request: HttpRequest, kind: BulkChange.Kind, value: str, rows: list[Question]) -> HttpResponse:
        change = workflow.change_several(kind=kind, value=value, questions=rows, by=request.user, now=timezone.now())  # type: ignore[arg-type]
        done = [row.question for row in change.rows.select_related("question")]
        for question in done:
            self.log_change(request, question, f"{change} (with {len(done) - 1} other{'s' if len(done) != 2 else ''}).")
        told = '{}: {} question{}. <a href="{}">See what changed, or undo it</a>'
        address = reverse("admin:quizzes_question_bulk", args=[change.pk])
        self.message_user(request, format_html(told, change, len(done), "s" if len(done) != 1 else "", address), messages.SUCCESS)
        return redirect(request.get_full_path())

    def bulk_list(self, request: HttpRequest) -> HttpResponse:
        """What was done to several questions at once, the latest first."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        found = table_page(request, queries.bulk_table())
        return (
            found
            if isinstance(found, HttpResponse)
            else self._page(request, "bulk_list.html", {"title": "Done to several at once", **found})
        )

    def bulk_page(self, request: HttpRequest, number: int) -> HttpResponse:
        """One of these, question by question; and the button that undoes it."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        change = get_object_or_404(BulkChange, pk=number)
        needs_publish = change.kind in (Kind.RETIRE, Kind.RESTORE)
        may_undo = self.has_publish_permission(request) if needs_publish else self.has_change_permission(request)
        if request.method == "POST":
            if not may_undo:
                raise PermissionDenied
            self._undo(request, change)
            return redirect("admin:quizzes_question_bulk", number)
        context = {"title": str(change), "page": queries.bulk_page(change), "may_undo": may_undo}
        return self._page(request, "bulk.html", context)

    def _undo(self, request: HttpRequest, change: BulkChange) -> None:
        done, left = workflow.undo(change=change, by=request.user, now=timezone.now())  # type: ignore[arg-type]
        for question in done:
            self.log_change(request, question, f"Undid: {change}.")
        told = f"Undone for {len(done)} question{'s' if len(done) != 1 else ''}."
        if left:
            told += f" Somebody changed {', '.join(question.slug for question in left)} since, so that stays as it is."
        self.message_user(request, told, messages.WARNING if left else messages.SUCCESS)
