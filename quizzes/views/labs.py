"""The labs: pages to play with. All of a setting stands in the address."""

from __future__ import annotations

import secrets

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from quizzes.forms.attempts import AnswerForm
from quizzes.forms.labs import FunctionForm, WorkflowForm
from quizzes.queries import labs as queries
from quizzes.views.parts import page_or_part


@login_not_required
@require_safe
def labs(request: HttpRequest) -> HttpResponse:
    return render(request, "quizzes/labs/list.html")


@login_not_required
@require_safe
def pricing(request: HttpRequest) -> HttpResponse:
    """What a function costs in a month."""
    form = FunctionForm(request.GET)
    page = queries.function_page(form.cleaned_data) if form.is_valid() else None
    return page_or_part(request, "quizzes/labs/pricing.html", {"form": form, "page": page}, status=200 if page else 422)


@login_not_required
@require_safe
def workflow_pricing(request: HttpRequest) -> HttpResponse:
    """What a workflow costs in a month, Standard and Express."""
    form = WorkflowForm(request.GET)
    page = queries.workflow_page(form.cleaned_data) if form.is_valid() else None
    return page_or_part(request, "quizzes/labs/workflows.html", {"form": form, "page": page}, status=200 if page else 422)


# -- drills ----------------------------------------------------------------------------------------------------------

#: Seeds that a drill draws from.
SEEDS = 1_000_000


@login_not_required
@require_safe
def drills(request: HttpRequest) -> HttpResponse:
    """What can be drilled: questions whose numbers are new each time."""
    return render(request, "quizzes/labs/drills.html", {"topics": queries.drill_topics()})


@login_not_required
@require_safe
def new_drill(request: HttpRequest, family: str) -> HttpResponse:
    """A question of this family with numbers of its own."""
    if queries.drill_family(family) is None:
        raise Http404
    return redirect("drill", family, secrets.randbelow(SEEDS))


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def drill(request: HttpRequest, family: str, seed: int) -> HttpResponse:
    """One generated question. Its address is its seed, so that it can be shared; answering keeps nothing."""
    found = queries.drill_family(family)
    if found is None or seed >= SEEDS:
        raise Http404
    item = queries.drill_item(found, seed)
    form = AnswerForm(request.POST if request.method == "POST" else None, item=item)
    given = form.cleaned_data["answer"] if form.is_valid() else None
    context = {"page": queries.drill_page(found, seed, item, given), "form": form, "typed": request.POST.getlist("answer")}
    return page_or_part(request, "quizzes/labs/drill.html", context, status=422 if form.errors else 200)
