"""The labs: pages to play with. All of a setting stands in the address."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

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
