"""Refusals become pages, parts or JSON, in one place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control, patch_vary_headers

from quizzes.domain.errors import Refusal
from quizzes.views.parts import refusal_facts

Respond = Callable[[HttpRequest], HttpResponse]


class RefusalMiddleware:
    """A rule said no: show the sentence, keep what was typed, answer with the refusal's status."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            patch_cache_control(response, private=True, no_store=True)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Refusal):
            return None
        facts: dict[str, Any] = refusal_facts(exception)
        if request.accepts("application/json") and not request.accepts("text/html"):
            return JsonResponse({"status": exception.code, "message": str(exception), **facts}, status=exception.status)
        context = {"refusal": str(exception), "code": exception.code, "facts": facts, "back": _back(request)}
        part = bool(getattr(request, "htmx", False)) and not request.htmx.boosted  # type: ignore[attr-defined]
        response = render(request, "_refusal.html" if part else "refusal.html", context, status=exception.status)
        if part:
            response["HX-Retarget"] = "#refusal"
            response["HX-Reswap"] = "innerHTML"
        patch_vary_headers(response, ["HX-Request"])
        return response


def _back(request: HttpRequest) -> str:
    return request.path if request.method == "GET" else request.META.get("HTTP_REFERER", "/")
