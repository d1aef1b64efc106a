"""Lessons, their checks, glossary and search."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from quizzes.domain.errors import StaleAnswer
from quizzes.forms.attempts import CONFIDENCE, AnswerForm
from quizzes.forms.lessons import PlaceForm, SearchForm
from quizzes.models import Lesson
from quizzes.queries import lessons as queries
from quizzes.queries import offline
from quizzes.services import attempts
from quizzes.services import lessons as services
from quizzes.views import limits
from quizzes.views.parts import ensure_learner, for_learner, learner_of, page_or_part


@login_not_required
@require_safe
def lesson_list(request: HttpRequest) -> HttpResponse:
    lines = queries.lesson_lines(learner_of(request))
    shelf = offline.shelf(len(lines)) if lines and settings.OFFLINE_READING else None
    return render(request, "quizzes/lessons/list.html", {"lessons": lines, "shelf": shelf})


@login_not_required
@require_safe
def lesson(request: HttpRequest, slug: str) -> HttpResponse:
    row = get_object_or_404(Lesson.objects.select_related("topic"), slug=slug)
    learner = learner_of(request)
    page = queries.lesson_page(row, learner)
    return render(request, "quizzes/lessons/lesson.html", {"page": page, "confidence": CONFIDENCE, "keeps_place": learner is not None})


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """One question inside a lesson. Only the lesson's own checks are asked here: this page shows a key at once."""
    row = get_object_or_404(Lesson.objects.select_related("topic"), slug=slug)
    question = queries.checks_of(row).filter(pk=pk).first()
    if question is None or question.current is None:
        raise Http404
    if request.method != "POST":
        return redirect(f"{row.get_absolute_url()}#check-{pk}")
    form = AnswerForm(request.POST, item=question.current.item)
    status = 422
    if form.is_valid():
        if request.POST.get("version") != str(question.current_id):
            raise StaleAnswer("An author changed this question since the page was drawn. Reload the page and answer the new wording.")
        now, learner = timezone.now(), ensure_learner(request)
        attempt = attempts.start_check(learner=learner, lesson=row, question=question, now=now, seed=question.check_seed)
        attempts.submit_response(
            learner=learner, attempt=attempt.pk, position=1, letters=form.cleaned_data["answer"],
            confidence=form.cleaned_data["confidence"], spent_ms=form.cleaned_data["spent_ms"], now=now,
        )  # fmt: skip
        if not request.htmx:  # type: ignore[attr-defined]
            return redirect(f"{row.get_absolute_url()}#check-{pk}")
        status = 200
    context = {
        "check": queries.check_view(row, question, learner_of(request)), "form": form, "confidence": CONFIDENCE,
        "typed": request.POST.getlist("answer"), "typed_confidence": request.POST.get("confidence", ""), "lesson": row,
    }  # fmt: skip
    return page_or_part(request, "quizzes/lessons/check.html", context, status=status)


@login_not_required
@require_POST
def place(request: HttpRequest, slug: str) -> HttpResponse:
    """Where a learner reads; a visitor who has not begun anything is not counted."""
    row = get_object_or_404(Lesson, slug=slug)
    learner, form = learner_of(request), PlaceForm(request.POST)
    if learner and form.is_valid():
        services.keep_place(learner=learner, lesson=row, anchor=form.cleaned_data["anchor"], now=timezone.now())
    return HttpResponse(status=204)


@login_not_required
@require_POST
def reading(request: HttpRequest, slug: str) -> HttpResponse:
    """Mark a lesson as read, or take the mark back."""
    row = get_object_or_404(Lesson, slug=slug)
    finished = request.POST.get("finished") == "1"
    for_learner(request, services.finish_lesson, lesson=row, finished=finished, now=timezone.now())
    return redirect(f"{row.get_absolute_url()}#read")


@login_not_required
@require_safe
def glossary(request: HttpRequest) -> HttpResponse:
    return render(request, "quizzes/lessons/glossary.html", {"terms": queries.glossary()})


@login_not_required
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    form = SearchForm(request.GET)
    query = form.cleaned_data["q"] if form.is_valid() else ""
    if query:
        limits.require(request, "search")
    page = queries.search_page(query, learner_of(request))
    return page_or_part(request, "quizzes/lessons/search.html", {"page": page, "form": form}, status=422 if form.errors else 200)
