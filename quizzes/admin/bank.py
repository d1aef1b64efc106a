"""Questions and the plans of exams."""

from __future__ import annotations

import csv
import secrets
from collections.abc import Iterator
from time import monotonic
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Case, Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join

from quizzes.admin.site import DeskAdmin, desk
from quizzes.admin.statistics import PAGES, tell, way_back
from quizzes.admin.tables import table_page
from quizzes.admin.workflow import AttentionFilter, TagFilter, WorkflowAdmin
from quizzes.domain import quality
from quizzes.domain.differences import differences
from quizzes.domain.errors import NotReady
from quizzes.domain.exchange import FORMATS, Written
from quizzes.domain.items import Item, from_dict
from quizzes.domain.pictures import without
from quizzes.domain.quality import Finding
from quizzes.domain.statistics.report import score_table, table
from quizzes.forms.bank import (
    BlueprintForm,
    OptionForm,
    OptionFormSet,
    QuestionForm,
    SourceForm,
    SourceFormSet,
    finding_label,
    problems,
    typed_item,
)
from quizzes.forms.exchange import ExportForm
from quizzes.models import Blueprint, Card, DraftOption, DraftSource, Question, Report, Tag
from quizzes.models.sources import outdated_questions
from quizzes.queries import desk as queries
from quizzes.queries import exchange as exchange_queries
from quizzes.queries import statistics as figures
from quizzes.queries.sources import changed_since
from quizzes.queries.workflow import bulk_lines
from quizzes.services import bank, drafts, exchange, workflow
from quizzes.services import statistics_runs as runs

#: How many rows for options a question's form has at least, and at most: a multiple response has up to six.
OPTION_ROWS, MOST_OPTIONS = 6, 8


class RowsInline(admin.StackedInline):
    """Rows of a question's form; ours are plain and need no script."""

    @property
    def media(self) -> forms.Media:
        return forms.Media()


class OptionInline(RowsInline):
    model = DraftOption
    form = OptionForm
    formset = OptionFormSet
    fields = ["text", "key", "match", "why"]
    template = "admin/quizzes/question/options.html"
    max_num = MOST_OPTIONS

    def get_extra(self, request: HttpRequest, obj: Question | None = None, **kwargs: Any) -> int:
        return OPTION_ROWS if obj is None else max(1, OPTION_ROWS - obj.draft_options.count())


class SourceInline(RowsInline):
    model = DraftSource
    form = SourceForm
    formset = SourceFormSet
    fields = ["title", "url", "checked"]
    template = "admin/quizzes/question/sources.html"

    def get_extra(self, request: HttpRequest, obj: Question | None = None, **kwargs: Any) -> int:
        return 3 if obj is None else 2


class EditedFilter(admin.SimpleListFilter):
    """Where a question comes from, and whether it is still as shipped."""

    title = "origin"
    parameter_name = "origin"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("edited", "Shipped, edited here"), ("shipped", "As shipped"), ("own", "Written here"), ("computed", "Computed")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Question]) -> QuerySet[Question]:
        cases = {
            "edited": Q(edited_here=True),
            "shipped": Q(edited_here=False, shipped_body__isnull=False),
            "own": Q(shipped_body__isnull=True, generator=""),
            "computed": ~Q(generator=""),
        }
        return queryset.filter(cases.get(self.value() or "", Q()))


class FlagFilter(admin.SimpleListFilter):
    """Questions whose figures say something against them."""

    title = "figures"
    parameter_name = "flag"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(kind.value, label) for kind, label in figures.LABELS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Question]) -> QuerySet[Question]:
        known = [kind.value for kind in figures.LABELS]
        return figures.flagged(queryset, str(self.value())) if self.value() in known else queryset


class LookFilter(admin.SimpleListFilter):
    """Questions that rest on a page which changed after they were checked."""

    title = "source"
    parameter_name = "look"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("again", "Changed since it was checked")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Question]) -> QuerySet[Question]:
        return queryset.filter(pk__in=outdated_questions().values("pk")) if self.value() == "again" else queryset


class ForgottenFilter(admin.SimpleListFilter):
    """Questions that a learner forgot five times or more."""

    title = "memory"
    parameter_name = "forgotten"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("often", "Often forgotten")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Question]) -> QuerySet[Question]:
        return queryset.filter(pk__in=Card.objects.leeches().values("question")) if self.value() == "often" else queryset


@admin.register(Question, site=desk)
class QuestionAdmin(WorkflowAdmin):
    """Write, check, preview, publish and retire questions."""

    form = QuestionForm
    inlines = [OptionInline, SourceInline]
    intro = "What learners see is the published version of a question. Its working copy is yours to change until you publish it."
    list_display = (
        "slug", "short_stem", "topic", "stage", "reports", "facility", "discrimination", "flags", "kind", "level", "difficulty", "version", "tagged", "edited",
        "forgotten_by",
    )  # fmt: skip
    list_filter = (
        "topic",
        "type",
        "state",
        "review",
        "is_pilot",
        "in_exams",
        "level",
        "domain",
        TagFilter,
        AttentionFilter,
        EditedFilter,
        LookFilter,
        FlagFilter,
        ForgottenFilter,
    )
    list_select_related = ("topic",)
    csv_values = {"facility": lambda row: row.facility, "discrimination": lambda row: row.discrimination}
    search_fields = ("slug", "stem", "draft_options__text")
    search_help_text = "Looks in names, stems and options."
    actions = ("publish_selected", *WorkflowAdmin.workflow_actions, "export_selected")
    ordering = ("topic__position", "slug")
    change_form_template = "admin/quizzes/question/change_form.html"
    change_list_template = "admin/quizzes/question/change_list.html"
    fieldsets = (
        ("Question", {"fields": ("type", "stem", "unit", "tolerance", "targets_extra")}),
        ("Classification", {"fields": ("objective", "domain", "level", "difficulty")}),
        ("Lesson and facts", {"fields": ("lesson", "facts")}),
        ("Identity", {"fields": ("slug", "family", "tag_words")}),
        (None, {"fields": ("is_pilot", "note", "publish_anyway", "opened_at"), "classes": ("publishing",)}),
    )

    # -- the list ----------------------------------------------------------------------------------------------------

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """The columns without those that would stay empty in this bank: one statement, however often Django asks."""
        if not hasattr(request, "columns"):
            empty = {name for name, filled in queries.filled_columns().items() if not filled}
            request.columns = tuple(name for name in self.list_display if name not in empty)  # type: ignore[attr-defined]
        columns: tuple[str, ...] = request.columns  # type: ignore[attr-defined]
        return columns

    def get_queryset(self, request: HttpRequest) -> QuerySet[Question]:
        waiting = Report.objects.filter(version__question=OuterRef("pk"), state=Report.State.OPEN).order_by()
        counted = waiting.values("version__question").annotate(count=Count("pk")).values("count")
        rows: QuerySet[Question] = figures.with_figures(super().get_queryset(request))
        leeches = Card.objects.leeches().filter(question=OuterRef("pk")).order_by().values("question")
        forgotten = leeches.annotate(count=Count("pk")).values("count")
        return rows.prefetch_related("tags").annotate(
            first_tag=Subquery(Tag.objects.filter(question=OuterRef("pk")).order_by("name").values("name")[:1]),
            version_number=F("current__number"),
            waiting=Coalesce(Subquery(counted), 0),
            learners=Coalesce(Subquery(forgotten), 0),
        )

    @admin.display(description="stem", ordering="stem")
    def short_stem(self, question: Question) -> str:
        return queries.excerpt(without(question.stem, lambda address: True)) or "(no stem yet)"

    @admin.display(description="state", ordering="state")
    def stage(self, question: Question) -> str:
        return f"{question.stage}, pilot" if question.is_pilot and question.state == Question.State.PUBLISHED else question.stage

    @admin.display(description="tags", ordering=figures.FiguresLast("first_tag"), empty_value="")
    def tagged(self, question: Question) -> str:
        return ", ".join(tag.name for tag in question.tags.all())

    @admin.display(description="type", ordering="type")
    def kind(self, question: Question) -> str:
        return question.type

    @admin.display(description="version", ordering="version_number", empty_value="none yet")
    def version(self, question: Any) -> int | None:
        number: int | None = question.version_number
        return number

    @admin.display(description="edited here", ordering="edited_here", empty_value="")
    def edited(self, question: Question) -> str:
        return "edited" if question.edited_here else ""

    @admin.display(description="open reports", ordering="waiting", empty_value="")
    def reports(self, question: Any) -> str:
        if not question.waiting:
            return ""
        address = reverse("admin:quizzes_report_changelist")
        return format_html('<a href="{}?q={}&amp;state__exact=open">{}</a>', address, question.slug, question.waiting)

    @admin.display(description="often forgotten by", ordering="learners", empty_value="")
    def forgotten_by(self, question: Any) -> str:
        return f"{question.learners} learner{'s' if question.learners > 1 else ''}" if question.learners else ""

    @admin.display(description="facility", ordering=figures.FiguresLast("facility"), empty_value="")
    def facility(self, question: Question) -> str:
        found = figures.list_figures(question)
        return "" if found.facility is None else _figure(f"{found.facility:.0%}".replace("%", "\N{NO-BREAK SPACE}%"), found)

    @admin.display(description="discrimination", ordering=figures.FiguresLast("discrimination"), empty_value="")
    def discrimination(self, question: Question) -> str:
        found = figures.list_figures(question)
        return "" if found.discrimination is None else _figure(f"{found.discrimination:.2f}".replace("-", "−"), found)

    @admin.display(description="figures say", ordering=figures.FiguresLast("flag_words"), empty_value="")
    def flags(self, question: Question) -> str:
        found = figures.list_figures(question).flags
        return format_html_join(", ", "{} ({})", ((label, state) for label, state in found))

    # -- who may what ------------------------------------------------------------------------------------------------

    def has_change_permission(self, request: HttpRequest, obj: Question | None = None) -> bool:
        """What the app computes is looked at, retired and restored, but not written."""
        return super().has_change_permission(request, obj) and not (obj and obj.is_generated)

    def has_delete_permission(self, request: HttpRequest, obj: Question | None = None) -> bool:
        """What was ever published stays: attempts and the history rest on it. Retire it instead."""
        return super().has_delete_permission(request, obj) and (obj is None or not obj.versions.exists())

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        told = "You can bring it back for 30 days, under Deleted drafts; its comments go for good."
        return super().delete_view(request, object_id, {"way_back": told, **(extra_context or {})})

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Nobody was ever asked it, so only its own words go."""
        return [f"{question}: its words, options and sources" for question in objs], {"drafts": len(objs)}, set(), []

    def delete_model(self, request: HttpRequest, obj: Question) -> None:
        request.discarded = drafts.discard_draft(question=obj, by=request.user, now=timezone.now())  # type: ignore[attr-defined, arg-type]

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: int) -> HttpResponse:
        address = reverse("admin:quizzes_discardeddraft_change", args=[request.discarded.pk])  # type: ignore[attr-defined]
        told = format_html('“{}” is deleted. <a href="{}">Look at it, or bring it back</a>', obj_display, address)
        self.message_user(request, told, messages.SUCCESS)
        return redirect("admin:quizzes_question_changelist")

    def get_readonly_fields(self, request: HttpRequest, obj: Question | None = None) -> tuple[str, ...]:
        """The files know a shipped question by its name and family."""
        return ("slug", "family") if obj and obj.is_shipped else ()

    # -- the form ----------------------------------------------------------------------------------------------------

    def get_urls(self) -> list[Any]:
        def page(address: str, view: Any, name: str) -> Any:
            return path(address, self.admin_site.admin_view(view), name=f"quizzes_question_{name}")

        return [
            page("preview/", self.typed_preview, "typed_preview"),
            page("statistics/", self.compute_statistics, "statistics"),
            page("export/", self.export, "export"),
            page("<int:pk>/preview/", self.preview, "preview"),
            page("<int:pk>/versions/<int:number>/", self.version_page, "version"),
            page("<int:pk>/shipped/", self.shipped, "shipped"),
            *self.workflow_urls(page),
            *super().get_urls(),
        ]

    def get_form(self, request: HttpRequest, obj: Question | None = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.findings = getattr(request, "findings", ())
        return form

    def get_formsets_with_inlines(self, request: HttpRequest, obj: Question | None = None) -> Iterator[Any]:
        for formset, inline in super().get_formsets_with_inlines(request, obj):
            formset.findings = getattr(request, "findings", ())
            yield formset, inline

    def _typed(self, request: HttpRequest, obj: Question | None) -> tuple[QuestionForm, OptionFormSet, SourceFormSet]:
        """What was sent, as forms, before anything is checked or saved."""
        form = self.get_form(request, obj, change=obj is not None)(request.POST, instance=obj)
        options, sources = self._create_formsets(request, form.instance, change=obj is not None)[0]  # type: ignore[attr-defined]
        return form, options, sources

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        obj = self.get_object(request, object_id) if object_id else None
        if obj is not None and obj.is_generated:
            return self._computed(request, obj)
        if request.method == "POST":
            if MOVES.intersection(request.POST) and not self.has_publish_permission(request):
                raise PermissionDenied
            if "_publish" in request.POST:
                request.findings = self._findings(request, obj)  # type: ignore[attr-defined]
        return super().changeform_view(request, object_id, form_url, extra_context)

    def _computed(self, request: HttpRequest, obj: Question) -> HttpResponse:
        """What the app computes: a look at it, and whether it is asked."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            if not self.has_publish_permission(request):
                raise PermissionDenied
            if "_retire" in request.POST:
                return redirect("admin:quizzes_question_retirement", obj.pk)
            if "_restore" in request.POST:
                bank.restore_question(question=obj, now=timezone.now())
                self._tell(request, obj, "Restored.", "Learners meet it again.")
            return redirect("admin:quizzes_question_change", obj.pk)
        context = {
            "title": obj.slug,
            "original": obj,
            "page": queries.computed_page(obj),
            "may_publish": self.has_publish_permission(request),
        }
        return self._page(request, "computed.html", context)

    def _findings(self, request: HttpRequest, obj: Question | None) -> list[Finding]:
        """What speaks against publishing what was typed."""
        form, options, sources = self._typed(request, obj)
        family = form["family"].value() if "family" in form.fields else (obj.family if obj else "")
        return bank.review(Question(pk=obj.pk if obj else None, family=family or "-"), typed_item(form, options, sources))

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> HttpResponse:
        """The form, with the question as learners would meet it beside it."""
        form: QuestionForm = context["adminform"].form
        options, sources = (inline.formset for inline in context["inline_admin_formsets"])
        obj: Question | None = context["original"]
        item = typed_item(form, options, sources)
        context |= {
            "title": obj.slug if obj else "Write a question",
            "subtitle": None,
            "may_publish": self.has_publish_permission(request),
            "warnings": form.warnings,
            "what": "Not published, and not saved yet." if "_publish" in request.POST else "",
            **self._preview_context(item),
        }
        if obj:
            shipped = obj.shipped_body if obj.edited_here else None
            context |= {
                "unpublished": bank.differs_from_published(obj, item),
                "facts": queries.facts_of(obj.topic_id),
                "changed_sources": changed_since(obj),
                "panel": figures.item_panel(obj),
                "from_shipped": differences(from_dict(shipped), item) if shipped else [],
                **(self.review_context(request, obj) if request.method == "GET" else {}),
            }
        return super().render_change_form(request, context, *args, **kwargs)

    def _preview_context(self, item: Item) -> dict[str, Any]:
        found = quality.findings(item)
        said = [(f.level, finding_label(f), f.message) for f in found]
        return {"preview": queries.preview(item), "findings": said, "out_of_exams": queries.out_of_exams(item)}

    # -- saving ------------------------------------------------------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: Question, form: Any, change: bool) -> None:
        """Saved with its rows, in save_related."""

    def save_related(self, request: HttpRequest, form: QuestionForm, formsets: Any, change: bool) -> None:
        options, sources = formsets
        bank.save_draft(
            question=form.instance,
            options=options.options,
            sources=sources.sources,
            by=request.user,  # type: ignore[arg-type]
            now=timezone.now(),
            seed=secrets.randbits(62),
        )
        workflow.set_tags(question=form.instance, names=form.cleaned_data["tag_words"])
        request.note = form.cleaned_data["note"]  # type: ignore[attr-defined]

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> str:  # type: ignore[override]
        return "Wrote it." if add else "Changed the working copy."

    def response_add(self, request: HttpRequest, obj: Question, post_url_continue: str | None = None) -> HttpResponse:
        return self._after_saving(request, obj)

    def response_change(self, request: HttpRequest, obj: Question) -> HttpResponse:
        return self._after_saving(request, obj)

    def _after_saving(self, request: HttpRequest, obj: Question) -> HttpResponse:
        page = "change"
        if "_publish" in request.POST:
            if not self.publish_refused(request, obj):
                self._publish(request, obj)
        elif "_ask" in request.POST:
            self.saved_to_ask(request, obj)
        elif "_retire" in request.POST:
            page = "retirement"
        elif "_restore" in request.POST:
            bank.restore_question(question=obj, now=timezone.now())
            seen = "Learners meet it again as last published." if obj.current_id else "It is a draft again."
            self._tell(request, obj, "Restored.", seen)
        else:
            seen = f"Learners still see version {obj.current.number}" if obj.current else "Learners see nothing of it"
            self.message_user(request, f"Saved. {seen} until you publish.", messages.SUCCESS)
            page = "preview" if "_preview" in request.POST else "change"
        return redirect(reverse(f"admin:quizzes_question_{page}", args=[obj.pk]))

    def _publish(self, request: HttpRequest, obj: Question) -> None:
        before, state = obj.current_id, obj.state
        version = bank.publish_version(question=obj, by=request.user, now=timezone.now(), note=request.note)  # type: ignore[arg-type, attr-defined]
        if version.pk == before and state == Question.State.PUBLISHED:
            self.message_user(request, f"Nothing changed since version {version.number}, so it stays.", messages.INFO)
        else:
            out = "" if version.question.in_exams else " It stays out of exams."
            self._tell(
                request, obj, f"Published version {version.number}.", f"Attempts that run keep the wording they were started with.{out}"
            )

    # -- preview, history, the shipped wording -----------------------------------------------------------------------

    def typed_preview(self, request: HttpRequest) -> HttpResponse:
        """The preview of what is being typed; nothing is saved."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return redirect("admin:quizzes_question_changelist")
        context = self._preview_context(typed_item(*self._typed(request, None)))
        template = "_preview.html" if request.headers.get("HX-Request") else "preview.html"
        return self._page(request, template, {"title": "Preview", **context})

    def preview(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The working copy as learners would meet it."""
        question = self._question(request, pk)
        item = bank.draft_item(question)
        context = {"title": "Preview", "original": question, "unpublished": bank.differs_from_published(question, item)}
        return self._page(request, "preview.html", {**context, **self._preview_context(item)})

    def version_page(self, request: HttpRequest, pk: int, number: int) -> HttpResponse:
        """A published wording, frozen."""
        question = self._question(request, pk)
        if not request.user.has_perm("quizzes.view_questionversion"):
            raise PermissionDenied
        version = get_object_or_404(question.versions.select_related("published_by", "reviewed_by"), number=number)
        context = {"title": f"Version {number}", "original": question, "version": version, "preview": queries.preview(version.item)}
        return self._page(request, "preview.html", context)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Every wording that was published, and the differences of any two."""
        if not object_id.isdecimal():
            return redirect("admin:quizzes_question_changelist")
        question = self._question(request, int(object_id))
        page = queries.history_page(
            question, draft=bank.draft_item(question), old=request.GET.get("old", ""), new=request.GET.get("new", "")
        )
        found = table_page(request, queries.versions_table(question, page.versions), file=question.slug, of=f"of {question.slug}")
        if isinstance(found, HttpResponse):
            return found
        context = {**found, "title": f"History of {question.slug}", "original": question, "page": page, "log": queries.changes_of(question)}
        return self._page(request, "history.html", {**context, "bulk": bulk_lines(question)})

    def shipped(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Go back to the shipped wording; asks first."""
        question = self._question(request, pk)
        if not self.has_change_permission(request, question) or not self.has_publish_permission(request):
            raise PermissionDenied
        if question.shipped_body is None:
            raise NotReady("This question did not come with the app, so there is nothing to go back to. Nothing was changed.")
        if request.method == "POST":
            version, kept = drafts.give_up_edit(question=question, by=request.user, now=timezone.now())  # type: ignore[arg-type]
            told = f"Learners see it as version {version.number}."
            if kept is not None:
                told += f" What was not published is kept for {drafts.KEPT.days} days under Deleted drafts, as {kept.slug}."
            self._tell(request, question, "Went back to the shipped wording.", told)
            return redirect("admin:quizzes_question_change", pk)
        draft = bank.draft_item(question)
        context = {
            "title": "Go back to the shipped wording", "original": question, "kept_days": drafts.KEPT.days,
            "unpublished": bank.differs_from_published(question, draft), "differences": differences(draft, from_dict(question.shipped_body)),
        }  # fmt: skip
        return self._page(request, "shipped.html", context)

    # -- statistics --------------------------------------------------------------------------------------------------

    def compute_statistics(self, request: HttpRequest) -> HttpResponse:
        """Compute the figures of everything and keep them; then back to where the button was."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return redirect("admin:quizzes_question_changelist")
        run = runs.start_run(by=request.user, now=timezone.now())  # type: ignore[arg-type]
        run = runs.go_on(run=run, now=timezone.now(), clock=monotonic)
        back = {name: request.POST[name] for name in PAGES if request.POST.get(name, "").isdecimal()}
        if run.is_running:
            return redirect(f"{reverse('admin:quizzes_statisticsrun_change', args=[run.pk])}?{urlencode(back)}")
        tell(self, request, run)
        return redirect(way_back(back))

    # -- actions on several ------------------------------------------------------------------------------------------

    @admin.action(description="Publish", permissions=["publish"])
    def publish_selected(self, request: HttpRequest, questions: QuerySet[Question]) -> HttpResponse | None:
        """Publish what passes every check; the others are listed with what is missing."""
        done, refused = 0, []
        for question in questions.select_related("topic"):
            if question.is_generated:
                refused.append((question, [("error", "Computed", "Its wordings come from the app; they are published with it.")]))
                continue
            found = bank.review(question)
            if found:
                refused.append((question, [(f.level, finding_label(f), f.message) for f in found]))
                continue
            if why := bank.missing_review(question=question, by=request.user):  # type: ignore[arg-type]
                refused.append((question, [("error", "Review", why)]))
                continue
            version = bank.publish_version(question=question, by=request.user, now=timezone.now())  # type: ignore[arg-type]
            self.log_change(request, question, f"Published version {version.number}.")
            done += 1
        if not refused:
            self.message_user(request, f"Published: {done}.", messages.SUCCESS)
            return None
        return self._page(request, "refused.html", {"title": "Some were not published", "done": done, "refused": refused})

    # -- export ------------------------------------------------------------------------------------------------------

    @admin.action(description="Export", permissions=["view"])
    def export_selected(self, request: HttpRequest, questions: QuerySet[Question]) -> HttpResponse:
        return self._export_page(request, sorted(questions.values_list("pk", flat=True)), ExportForm())

    def export(self, request: HttpRequest) -> HttpResponse:
        """The file in the chosen format; where something cannot be taken along, that is said first."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        pks = sorted({int(pk) for pk in request.POST.get("ids", "").split(",") if pk.isascii() and pk.isdecimal() and len(pk) < 10})
        if request.method != "POST" or not pks:
            return redirect("admin:quizzes_question_changelist")
        form = ExportForm({"format": request.POST.get("_download") or request.POST.get("format", "")})
        if not form.is_valid():
            return self._export_page(request, pks, form, status=422)
        name, now = form.cleaned_data["format"], timezone.now()
        written = exchange.export(questions=exchange_queries.to_export(pks=pks), format=name, now=now)
        if (written.notes and "_download" not in request.POST) or len(written.left_out) == len(pks):
            return self._export_page(request, pks, form, written=written)
        kind = FORMATS[name]
        response = HttpResponse(written.data, content_type=kind.media_type)
        response["Content-Disposition"] = f'attachment; filename="questions-{now:%Y-%m-%d}.{kind.ending}"'
        return response

    def _export_page(
        self, request: HttpRequest, pks: list[int], form: ExportForm, *, written: Written | None = None, status: int = 200
    ) -> HttpResponse:
        context = {
            "title": "Export questions", "count": len(pks), "ids": ",".join(map(str, pks)), "form": form, "written": written,
            "may_download": written is not None and len(written.left_out) < len(pks), "chosen": dict(form.fields["format"].choices).get(form["format"].value(), ""),  # type: ignore[attr-defined]
            "problems": problems(form) if form.is_bound and not form.is_valid() else [],
        }  # fmt: skip
        response = self._page(request, "export.html", context)
        response.status_code = status
        return response


def _figure(text: str, found: figures.ListFigures) -> str:
    """A figure with how many answers it rests on; grey where they are few."""
    return format_html(
        '<span class="figure{}">{} <span class="small soft">of {}</span></span>', " soft" if found.grey else "", text, found.n
    )


#: The buttons that change what learners see.
MOVES = {"_publish", "_retire", "_restore"}


@admin.register(Blueprint, site=desk)
class BlueprintAdmin(DeskAdmin):
    """The plans of exams: how long, how many of what."""

    form = BlueprintForm
    intro = "What learners can sit. Sittings that run keep the plan they were started with."
    list_display = ("title", "questions", "minutes", "pilots", "is_open", "edited", "figures")
    list_filter = ("is_open", "edited_here")
    csv_values = {"figures": None}
    change_form_template = "admin/quizzes/blueprint/change_form.html"
    fieldsets = (
        ("Plan", {"fields": ("title", "slug", "summary", "is_open")}),
        ("Rules", {"fields": ("minutes", "pilots", "cut")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Blueprint]:
        """With how long each is, to sort by: there are few, and their counts are JSON."""
        rows: QuerySet[Blueprint] = super().get_queryset(request)
        lengths = [When(pk=plan.pk, then=Value(plan.length)) for plan in Blueprint.objects.only("counts")]
        return rows.annotate(how_long=Case(*lengths, default=Value(0), output_field=IntegerField()))

    @admin.display(description="questions", ordering="how_long")
    def questions(self, blueprint: Blueprint) -> int:
        return blueprint.length

    @admin.display(description="edited here", ordering="edited_here", empty_value="")
    def edited(self, blueprint: Blueprint) -> str:
        return "edited" if blueprint.edited_here and blueprint.shipped_checksum else ""

    @admin.display(description="figures")
    def figures(self, blueprint: Blueprint) -> str:
        address = reverse("admin:quizzes_blueprint_statistics", args=[blueprint.pk])
        return format_html('<a href="{}">Figures<span class="visually-hidden"> of {}</span></a>', address, blueprint.title)

    def get_urls(self) -> list[Any]:
        views = (("", self.statistics_page, "statistics"), ("csv/", self.statistics_csv, "statistics_csv"))
        return [
            *(
                path(f"<int:pk>/statistics/{end}", self.admin_site.admin_view(view), name=f"quizzes_blueprint_{name}")
                for end, view, name in views
            ),
            *super().get_urls(),
        ]

    def _blueprint(self, request: HttpRequest, pk: int) -> Blueprint:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        return get_object_or_404(Blueprint, pk=pk)

    def statistics_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """How the exam as a whole performs, and its questions in it."""
        blueprint = self._blueprint(request, pk)
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request), "opts": self.opts, "title": f"Figures of {blueprint.title}", "original": blueprint,
            "page": figures.exam_page(blueprint, sort=request.GET.get("sort", "")),
            "may_compute": request.user.has_perm("quizzes.change_question"),
        }  # fmt: skip
        return TemplateResponse(request, "admin/quizzes/blueprint/statistics.html", context)

    def statistics_csv(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The same figures as a file: of the questions, or with ?of=exam of the whole."""
        blueprint = self._blueprint(request, pk)
        found = figures.exam_figures(blueprint)
        if found is None:
            raise NotReady("Nothing was computed for this exam yet. Press “Compute now” on the page of its figures first.")
        scores, items = found
        part = "exam" if request.GET.get("of") == "exam" else "questions"
        response = HttpResponse(content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{blueprint.slug}-{part}.csv"'
        csv.writer(response).writerows(score_table(scores) if part == "exam" else table(items))
        return response

    def get_readonly_fields(self, request: HttpRequest, obj: Blueprint | None = None) -> tuple[str, ...]:
        """Links and files know an exam by its name."""
        return ("slug",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Blueprint | None = None) -> bool:
        """What was sat or is assigned to a class stays: results rest on it. Offer it no more instead. A shipped one would come back with the next sync."""
        may = super().has_delete_permission(request, obj)
        return may and (obj is None or not (obj.shipped_checksum or obj.attempts.exists() or obj.assignments.exists()))

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> HttpResponse:
        form: BlueprintForm = context["adminform"].form
        fields, obj = form.count_fields(), context["original"]
        context["groups"] = [
            (group.title, [(objective, fields[objective.key]) for objective in group.objectives if objective.key in fields])
            for group in queries.objective_groups()
        ]
        context |= {
            "total": form.total,
            "sat": queries.times_sat(obj) if obj else 0,
            "title": obj.title if obj else "Plan an exam",
            "subtitle": None,
        }
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Blueprint, form: Any, change: bool) -> None:
        bank.save_blueprint(blueprint=obj)
        families = {objective.key: objective.families for group in queries.objective_groups() for objective in group.objectives}
        short = [key for key, count in obj.counts.items() if families.get(key, 0) < count]
        if short:
            self.message_user(
                request,
                f"Too few questions for: {', '.join(short)}. Until there are more, the exam fills up from its other objectives.",
                messages.WARNING,
            )
