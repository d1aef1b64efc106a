"""The invocation lab: GET shows a case and, when asked, what happens; POST takes a prediction."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from quizzes.domain.serverless.invocation import choices
from quizzes.forms.invocation import CaseForm, PredictionForm
from quizzes.queries import invocation as queries
from quizzes.services import invocation as services
from quizzes.views.parts import for_learner, learner_of, page_or_part, wants_part


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def invocation(request: HttpRequest) -> HttpResponse:
    """All of a case stands in the address, for a prediction too."""
    form = CaseForm(request.GET)
    predicting = request.method == "POST"
    prediction_form = page = None
    if form.is_valid():
        prediction_form = PredictionForm(request.POST if predicting else None, choices=choices(form.settings, form.fault))
        if predicting and prediction_form.is_valid():
            said = {"settings": form.settings, "fault": form.fault, "runs": "", **prediction_form.cleaned_data}
            for_learner(request, services.predict, now=timezone.now(), **said)
            return redirect(f"{reverse('invocation')}?{form.address}")
        prediction = queries.prediction_of(learner_of(request), form.address)
        if prediction or (form.wants_run and not predicting):
            page = queries.outcome_page(form.settings, form.fault, prediction)
    wrong = not form.is_valid() or (prediction_form is not None and bool(prediction_form.errors) and page is None)
    context = {
        "form": form, "prediction": prediction_form, "page": page, "presets": queries.presets(form.address if form.is_valid() else ""),
    }  # fmt: skip
    response = page_or_part(request, "quizzes/labs/invocation.html", context, status=422 if wrong else 200)
    if wants_part(request) and request.headers.get("HX-Target") == "invocation" and not wrong:
        # The short address of the case, not all fields of the form.
        response["HX-Push-Url"] = f"{reverse('invocation')}?{form.address}{'&run=1' if form.wants_run else ''}"
    return response
