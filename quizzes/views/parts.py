"""What views share: a page or its part, the learner behind a request, and the facts of a refusal."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from quizzes.models import User
from quizzes.services import accounts
from quizzes.services.attempts import StaleSave

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def page_or_part(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """The page, or only its part (`_name.html`) when htmx asks for it."""
    htmx = getattr(request, "htmx", None)
    if htmx and not htmx.boosted and not htmx.history_restore_request:
        folder, _, name = template.rpartition("/")
        template = f"{folder}/_{name}"
    response = render(request, template, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def learner_of(request: HttpRequest) -> User | None:
    """The learner behind a request; None for a visitor who has not begun."""
    return request.user if isinstance(request.user, User) else None


def ensure_learner(request: HttpRequest) -> User:
    """The learner behind a request; a visitor becomes a guest whose work is kept."""
    learner = learner_of(request)
    if learner is None:
        learner = accounts.make_guest()
        login(request, learner, backend=BACKEND)
    return learner


def refusal_facts(refusal: Exception) -> dict[str, Any]:
    """What a page needs beside the sentence: both answers of a stale save."""
    if not isinstance(refusal, StaleSave):
        return {}
    return {
        "mine": refusal.mine,
        "theirs": refusal.theirs,
        "revision": refusal.revision,
        "saved_at": refusal.saved_at.isoformat() if refusal.saved_at else None,
    }
