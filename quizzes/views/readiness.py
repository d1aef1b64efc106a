"""Readiness: the page that explains the number, and the check that supplies it."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from quizzes.queries.readiness import readiness_page
from quizzes.services import attempts
from quizzes.views.attempts import new_seed
from quizzes.views.parts import for_learner, learner_of


@login_not_required
@require_safe
def readiness(request: HttpRequest) -> HttpResponse:
    return render(request, "quizzes/readiness/readiness.html", {"page": readiness_page(learner_of(request))})


@login_not_required
@require_POST
def check(request: HttpRequest) -> HttpResponse:
    """A calibration check; the one that is open, if there is one."""
    return redirect(for_learner(request, attempts.start_readiness_check, now=timezone.now(), seed=new_seed()))
