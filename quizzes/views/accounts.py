"""One's own account: see it, take the data along, leave."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from quizzes.services import accounts


@require_GET
def account(request: HttpRequest) -> HttpResponse:
    return render(request, "quizzes/accounts/account.html")


@require_GET
def data(request: HttpRequest) -> HttpResponse:
    return JsonResponse(accounts.export_data(user=request.user, now=timezone.now()))  # type: ignore[arg-type]


@require_http_methods(["GET", "POST"])
def removal(request: HttpRequest) -> HttpResponse:
    return render(request, "quizzes/accounts/removal.html")
