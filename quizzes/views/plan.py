"""The plan: what a learner wants, and the weeks up to the exam."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from quizzes.forms.plan import PlanForm
from quizzes.queries.plan import plan_page
from quizzes.services.reviews import set_goal
from quizzes.views.parts import for_learner, learner_of, page_or_part


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: HttpRequest) -> HttpResponse:
    page = plan_page(learner_of(request), now=timezone.now())
    upcoming = page.exam_on if page.days_left is not None and page.days_left >= 0 else None
    form = PlanForm(
        request.POST if request.method == "POST" else None, today=page.today,
        initial={"exam_on": upcoming, "retention": str(page.retention), "daily_reviews": str(page.daily)},
    )  # fmt: skip
    if form.is_valid():
        moved = for_learner(request, set_goal, **form.cleaned_data)
        messages.success(request, f"Saved. {moved} card{' has' if moved == 1 else 's have'} a new day." if moved else "Saved.")
        return redirect("plan")
    return page_or_part(request, "quizzes/plan/plan.html", {"page": page, "form": form}, status=422 if form.is_bound else 200)
