"""Classes at the desk: open one, hand out its code, assign exams, see how its members get on. Everybody sees only what they teach."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import Case, Count, Q, QuerySet, Value, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone

from quizzes.admin.site import DeskAdmin, desk
from quizzes.admin.tables import table_page
from quizzes.domain.tables import Table
from quizzes.forms.bank import problems
from quizzes.forms.cohorts import AssignmentForm, CohortForm
from quizzes.models import Assignment, Cohort, Membership
from quizzes.queries import cohorts as queries
from quizzes.services import attempts
from quizzes.services import cohorts as services


class ClassList(ChangeList):
    """A class opens at its members, not at its form."""

    def url_for_result(self, result: Any) -> str:
        return reverse("admin:quizzes_cohort_members", args=[result.pk])


class StageFilter(admin.SimpleListFilter):
    """Classes that go on, and those that are only to be read."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "Open"), ("closed", "Closed"), ("over", "Over")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Cohort]) -> QuerySet[Cohort]:
        today = timezone.localdate()
        cases = {
            "open": Q(ends_on__gte=today, closed_at=None), "closed": Q(ends_on__gte=today, closed_at__isnull=False), "over": Q(ends_on__lt=today),
        }  # fmt: skip
        return queryset.filter(cases.get(self.value() or "", Q()))


@admin.register(Cohort, site=desk)
class CohortAdmin(DeskAdmin):
    form = CohortForm
    intro = "Your classes. Learners join with a code, and agree to what you will see of them."
    list_display = ("title", "members", "starts_on", "ends_on", "stage")
    list_filter = (StageFilter,)
    search_fields = ("title",)
    search_help_text = "Looks in names of classes."
    fieldsets = ((None, {"fields": ("title", "starts_on", "ends_on", "instructors")}),)
    change_form_template = "admin/quizzes/cohort/change_form.html"

    # -- who sees what -----------------------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Cohort]:
        rows: Any = super().get_queryset(request)
        over = Q(ends_on__lt=timezone.localdate())
        stages = Case(When(over, then=Value("over")), When(closed_at__isnull=False, then=Value("closed")), default=Value("open"))
        found: QuerySet[Cohort] = queries.count_members(rows.taught_by(request.user)).annotate(stands=stages)
        return found

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Cohort:
        """A class of somebody else is not there."""
        found: Cohort | None = super().get_object(request, object_id, from_field)
        if found is None:
            raise Http404
        return found

    def has_change_permission(self, request: HttpRequest, obj: Cohort | None = None) -> bool:
        """After its last day, and while it is closed, a class is only read."""
        return super().has_change_permission(request, obj) and (obj is None or obj.is_open(timezone.now()))

    def has_delete_permission(self, request: HttpRequest, obj: Cohort | None = None) -> bool:
        """Only a class that nobody ever joined: every other one is closed instead, which can be taken back."""
        return super().has_delete_permission(request, obj) and (obj is None or not obj.memberships.exists())

    # -- the list and the form ---------------------------------------------------------------------------------------

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ClassList

    @admin.display(description="members", ordering="members")
    def members(self, cohort: Any) -> int:
        return int(cohort.members)

    @admin.display(description="state", ordering="stands")
    def stage(self, cohort: Cohort) -> str:
        now = timezone.now()
        return "over" if cohort.is_over(now) else ("closed" if cohort.closed_at else "open")

    def get_form(self, request: HttpRequest, obj: Cohort | None = None, change: bool = False, **kwargs: Any) -> Any:
        return type("CohortForm", (super().get_form(request, obj, change, **kwargs),), {"by": request.user})

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"starts_on": timezone.localdate(), "instructors": [request.user.pk]}

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> HttpResponse:
        cohort = context["original"]
        if cohort:
            context |= {"head": queries.class_head(cohort, now=timezone.now()), "tab": "change"}
        context |= {"title": cohort.title if cohort else "Open a class", "subtitle": None, "show_save_and_continue": False}
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Cohort, form: Any, change: bool) -> None:
        if change:
            obj.save(update_fields=["title", "starts_on", "ends_on"])  # the code may have been renewed meanwhile
        else:
            services.open_cohort(cohort=obj, instructors=form.cleaned_data["instructors"])

    def response_add(self, request: HttpRequest, obj: Cohort, post_url_continue: str | None = None) -> HttpResponse:
        self.message_user(request, f"The class is open. Learners join it under Classes with the code {obj.shown_code}.", messages.SUCCESS)
        return redirect("admin:quizzes_cohort_members", obj.pk)

    def response_change(self, request: HttpRequest, obj: Cohort) -> HttpResponse:
        self.message_user(request, "Saved.", messages.SUCCESS)
        return redirect("admin:quizzes_cohort_members", obj.pk)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Nobody ever joined it, so only its own words and the exams planned for it go."""
        return [f"{cohort}, its join code, and the exams assigned to it" for cohort in objs], {"classes": len(objs)}, set(), []

    # -- the pages of a class ----------------------------------------------------------------------------------------

    def get_urls(self) -> list[Any]:
        pages: list[tuple[str, str, Callable[..., HttpResponse]]] = [
            ("members/", "members", self.members_page),
            ("members/<int:member>/", "member", self.member_page),
            ("members/<int:member>/lessons/", "member_lessons", self.member_lessons_page),
            ("members/<int:member>/removal/", "removal", self.removal),
            ("progress/", "progress", self.progress_page),
            ("lessons/", "lessons", self.lessons_page),
            ("exams/", "exams", self.exams_page),
            ("exams/add/", "exam_add", self.exam_form),
            ("exams/<int:exam>/", "exam", self.exam_page),
            ("exams/<int:exam>/change/", "exam_change", self.exam_form),
            ("exams/<int:exam>/delete/", "exam_delete", self.exam_removal),
            ("code/", "code", self.code),
            ("closing/", "closing", self.closing),
        ]
        wrap = self.admin_site.admin_view
        own = [path(f"<int:pk>/{address}", wrap(view), name=f"quizzes_cohort_{name}") for address, name, view in pages]
        return [*own, *super().get_urls()]

    def _page(self, request: HttpRequest, template: str, cohort: Cohort, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request), "opts": self.opts, "original": cohort,
            "head": queries.class_head(cohort, now=timezone.now()), **context,
        }  # fmt: skip
        return TemplateResponse(request, f"admin/quizzes/cohort/{template}", context, status=status)

    def _cohort(self, request: HttpRequest, pk: int, *, changes: bool = False) -> Cohort:
        """A class that this person teaches. 404 where there is none, 403 for who may see none, ClassClosed where it is only to be read."""
        allowed = self.has_change_permission(request) if changes else self.has_view_or_change_permission(request)
        if not allowed:
            raise PermissionDenied
        cohort: Cohort = get_object_or_404(Cohort.objects.taught_by(request.user), pk=pk)
        if changes and not cohort.is_open(timezone.now()):
            raise services.ClassClosed("This class is over or closed. It can be read and exported; nothing in it was changed.")
        return cohort

    def _table(self, request: HttpRequest, cohort: Cohort, table: Table, context: dict[str, Any]) -> HttpResponse:
        """A table as a page, or as CSV: the rows that the address asks for, in the order it asks for."""
        found = table_page(request, table, file=f"{cohort.title} {context.get('file', '')}", of=f"of class {cohort.pk}")
        if isinstance(found, HttpResponse):
            return found
        return self._page(request, "table.html", cohort, {**found, "title": cohort.title, **context})

    def members_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Who is in the class, who has not started, and what each did."""
        cohort = self._cohort(request, pk)
        table = queries.members_table(cohort)
        idle = sum(row.state == "new" for row in table.rows)
        empty = "Nobody has joined yet. Give your learners the code; they type it under Classes."
        return self._table(request, cohort, table, {"tab": "members", "idle": idle, "empty": empty})

    def progress_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        cohort = self._cohort(request, pk)
        return self._table(request, cohort, queries.progress_table(cohort), {"tab": "progress", "empty": "There are no topics yet."})

    def lessons_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        cohort = self._cohort(request, pk)
        return self._table(request, cohort, queries.lessons_table(cohort), {"tab": "lessons", "empty": "There are no lessons yet."})

    # -- one member --------------------------------------------------------------------------------------------------

    def _member(self, cohort: Cohort, member: int) -> Membership:
        return get_object_or_404(Membership.objects.current().select_related("learner", "cohort"), cohort=cohort, pk=member)

    def _member_context(self, stay: Membership, page: str) -> dict[str, Any]:
        learner = stay.learner
        return {
            "tab": "members", "member": stay, "member_page": page, "name": learner.display_name, "file": learner.username,
            "may_get_time": not (learner.is_staff or learner.is_superuser), "empty": "There is nothing to list yet.",
        }  # fmt: skip

    def member_page(self, request: HttpRequest, pk: int, member: int) -> HttpResponse:
        """One member's progress by topic."""
        cohort = self._cohort(request, pk)
        stay = self._member(cohort, member)
        return self._table(request, cohort, queries.progress_table(cohort, member=stay), self._member_context(stay, "topics"))

    def member_lessons_page(self, request: HttpRequest, pk: int, member: int) -> HttpResponse:
        cohort = self._cohort(request, pk)
        stay = self._member(cohort, member)
        return self._table(request, cohort, queries.lessons_table(cohort, member=stay), self._member_context(stay, "lessons"))

    def removal(self, request: HttpRequest, pk: int, member: int) -> HttpResponse:
        """Take somebody out of the class; asks first."""
        cohort = self._cohort(request, pk, changes=True)
        stay = self._member(cohort, member)
        if request.method == "POST":
            services.remove_member(membership=stay, now=timezone.now())
            self.log_change(request, cohort, "Took a member out.")
            self.message_user(
                request, f"{stay.learner.display_name} is out of the class. With the code they can join again.", messages.SUCCESS
            )
            return redirect("admin:quizzes_cohort_members", pk)
        return self._page(request, "removal.html", cohort, {"title": f"Take {stay.learner.display_name} out?", "member": stay})

    # -- exams -------------------------------------------------------------------------------------------------------

    def exams_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        cohort = self._cohort(request, pk)
        table = queries.exams_table(cohort, now=timezone.now())
        empty = "No exam is assigned yet. Assign one: learners see it on the page of the class and under Exams."
        return self._table(request, cohort, table, {"tab": "exams", "empty": empty})

    def _exam(self, cohort: Cohort, exam: int) -> Any:
        """An exam of this class, with whether anybody has `begun` it."""
        rows = Assignment.objects.select_related("cohort", "blueprint").annotate(begun=Count("attempts"))
        return get_object_or_404(rows, cohort=cohort, pk=exam)

    def exam_page(self, request: HttpRequest, pk: int, exam: int) -> HttpResponse:
        """The results of an assigned exam; what ran out of time is closed first."""
        cohort, now = self._cohort(request, pk), timezone.now()
        assignment = self._exam(cohort, exam)
        attempts.close_expired(assignment=assignment, now=now)
        context = {
            "tab": "exams", "assignment": assignment, "name": assignment.blueprint.title, "file": assignment.blueprint.slug,
            "stage": queries.STAGES[assignment.window.stage(now)], "begun": assignment.begun, "empty": "Nobody is in this class.",
        }  # fmt: skip
        return self._table(request, cohort, queries.results_table(assignment, now=now), context)

    def exam_form(self, request: HttpRequest, pk: int, exam: int | None = None) -> HttpResponse:
        """Assign an exam, or change its window."""
        cohort = self._cohort(request, pk, changes=True)
        assignment = self._exam(cohort, exam) if exam else Assignment(cohort=cohort)
        form = AssignmentForm(request.POST if request.method == "POST" else None, instance=assignment)
        if form.is_valid():
            moved = services.assign_exam(assignment=form.instance, now=timezone.now(), by=request.user)  # type: ignore[arg-type]
            self.log_change(request, cohort, "Changed an assigned exam." if exam else "Assigned an exam.")
            more = f" {moved} running exam{'s have' if moved > 1 else ' has'} a new end." if moved else ""
            self.message_user(request, f"{'Saved' if exam else 'Assigned'}.{more}", messages.SUCCESS)
            return redirect("admin:quizzes_cohort_exam", pk, form.instance.pk)
        title = f"Change the window of {assignment.blueprint.title}" if exam else "Assign an exam"
        context = {"title": title, "tab": "exams", "form": form, "problems": problems(form, []) if form.is_bound else [], "exam": exam}
        return self._page(request, "exam_form.html", cohort, context, status=422 if form.is_bound else 200)

    def exam_removal(self, request: HttpRequest, pk: int, exam: int) -> HttpResponse:
        """Take an assigned exam back before anybody has begun it; asks first."""
        cohort = self._cohort(request, pk, changes=True)
        assignment = self._exam(cohort, exam)
        if request.method == "POST":
            services.withdraw_exam(assignment=assignment, now=timezone.now(), by=request.user)  # type: ignore[arg-type]
            self.log_change(request, cohort, "Took an assigned exam back.")
            self.message_user(request, f"“{assignment.blueprint.title}” is assigned no more. You can assign it again.", messages.SUCCESS)
            return redirect("admin:quizzes_cohort_exams", pk)
        context = {"title": f"Take “{assignment.blueprint.title}” back?", "assignment": assignment, "begun": assignment.begun}
        return self._page(request, "exam_removal.html", cohort, context)

    # -- the class itself --------------------------------------------------------------------------------------------

    def code(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Renew the join code; asks first."""
        cohort = self._cohort(request, pk, changes=True)
        if request.method == "POST":
            old, new = cohort.shown_code, services.renew_code(cohort=cohort, now=timezone.now())
            self.log_change(request, cohort, "Renewed the join code.")
            self.message_user(
                request, f"The code is {new} now; {old} opens nothing any more. Who is in the class stays in it.", messages.SUCCESS
            )
            return redirect("admin:quizzes_cohort_members", pk)
        return self._page(request, "code.html", cohort, {"title": "Renew the join code?"})

    def closing(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Close a class, or open it again; asks first."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        cohort, now = self._cohort(request, pk), timezone.now()
        if request.method == "POST":
            if cohort.closed_at:
                services.reopen_cohort(cohort=cohort, now=now)
                done = "The class is open again."
            else:
                services.close_cohort(cohort=cohort, now=now)
                done = "The class is closed. You can open it again until its last day."
            self.log_change(request, cohort, done)
            self.message_user(request, done, messages.SUCCESS)
            return redirect("admin:quizzes_cohort_members", pk)
        return self._page(
            request, "closing.html", cohort, {"title": f"Open “{cohort.title}” again?" if cohort.closed_at else f"Close “{cohort.title}”?"}
        )
