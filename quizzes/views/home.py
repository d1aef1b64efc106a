"""Today, progress, and a question looked up again."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from quizzes.forms.attempts import ReportForm
from quizzes.queries.home import today_page
from quizzes.queries.memory import memory_page
from quizzes.queries.progress import progress_page
from quizzes.queries.reports import seen_page, version_met
from quizzes.services.reports import file_report
from quizzes.views import limits
from quizzes.views.parts import learner_of


@login_not_required
@require_safe
def today(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    return render(request, "quizzes/home/today.html", {"page": today_page(learner_of(request), now=now), "today": timezone.localdate(now)})


@login_not_required
@require_safe
def progress(request: HttpRequest) -> HttpResponse:
    return render(request, "quizzes/progress/progress.html", {"page": progress_page(learner_of(request), now=timezone.now())})


@login_not_required
@require_safe
def memory(request: HttpRequest) -> HttpResponse:
    return render(request, "quizzes/progress/memory.html", {"page": memory_page(learner_of(request), now=timezone.now())})


@require_safe
def question(request: HttpRequest, pk: int) -> HttpResponse:
    """A question that this learner has answered, with its key and rationales."""
    page = seen_page(pk, request.user)  # type: ignore[arg-type]
    if page is None:
        raise Http404
    return render(request, "quizzes/reports/question.html", {"page": page})


@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """Tell the authors that something is wrong with a question."""
    version = version_met(pk, learner_of(request))
    if version is None:
        raise Http404
    form = ReportForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        limits.require(request, "report")
        file_report(learner=request.user, version=version, now=timezone.now(), **form.cleaned_data)  # type: ignore[arg-type]
        messages.success(request, "Thank you. An author will look at it, and you will read the reply on this page.")
        return redirect("progress")
    context = {"form": form, "stem": version.item.stem}
    return render(request, "quizzes/reports/new.html", context, status=422 if form.is_bound else 200)
