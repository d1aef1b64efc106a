"""What views share: a page or its part, the learner behind a request, the way back, and how a refusal is told."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from django.contrib.auth import login
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme

from quizzes import meter
from quizzes.domain.outage import RETRY_AFTER_S, Kept, Outage, sentence
from quizzes.models import User
from quizzes.services import accounts
from quizzes.services.attempts import StaleSave
from quizzes.views.limits import require_guest

logger = logging.getLogger("quizzes.outages")

#: So much of what was sent, in characters, is kept in the page that tells of an outage.
KEPT_AT_MOST = 200_000

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"

Done = TypeVar("Done")


def page_or_part(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """The page, or only its part (`_name.html`) when htmx asks for it."""
    if wants_part(request):
        folder, _, name = template.rpartition("/")
        template = f"{folder}/_{name}"
    response = render(request, template, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def wants_part(request: HttpRequest) -> bool:
    """Whether htmx asks, for a part of a page that is there already."""
    htmx = getattr(request, "htmx", None)
    return bool(htmx and not htmx.boosted and not htmx.history_restore_request)


def wants_json(request: HttpRequest) -> bool:
    """Whether a script asks that reads facts, not pages."""
    return request.accepts("application/json") and not request.accepts("text/html")


def way_back(request: HttpRequest) -> str:
    """Where a person came from, as a path of this site; Today where that is unknown or elsewhere."""
    came_from = request.META.get("HTTP_REFERER", "")
    if not url_has_allowed_host_and_scheme(came_from, allowed_hosts={request.get_host()}):
        return "/"
    parts = urlsplit(came_from)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def learner_of(request: HttpRequest) -> User | None:
    """The learner behind a request; None for a visitor who has not begun."""
    return request.user if isinstance(request.user, User) else None


def ensure_learner(request: HttpRequest) -> User:
    """The learner behind a request; a visitor becomes a guest whose work is kept."""
    learner = learner_of(request)
    if learner is None:
        require_guest(request)
        learner = accounts.make_guest()
        _sign_in_guest(request, learner)
    return learner


def for_learner(request: HttpRequest, verb: Callable[..., Done], **what: Any) -> Done:
    """Call a verb for the learner behind a request. A visitor becomes a guest by it, unless the verb refuses."""
    learner = learner_of(request)
    if learner is not None:
        return verb(learner=learner, **what)
    require_guest(request)
    with transaction.atomic():
        guest = accounts.make_guest()
        done = verb(learner=guest, **what)
    _sign_in_guest(request, guest)
    return done


def _sign_in_guest(request: HttpRequest, guest: User) -> None:
    """Give the session to the guest, and leave the forms of pages that are open already their token.

    A visitor who answers the first check of a lesson has signed in nowhere, so the second one must not be refused.
    """
    secret = request.META.get("CSRF_COOKIE")
    login(request, guest, backend=BACKEND)
    if secret:
        request.META["CSRF_COOKIE"] = secret


def refuse(request: HttpRequest, sentence: str, *, code: str, status: int, facts: dict[str, Any] | None = None) -> HttpResponse:
    """A sentence for the person, as page, part or JSON."""
    meter.refusal(code)
    if wants_json(request):
        response: HttpResponse = JsonResponse({"status": code, "message": sentence, **(facts or {})}, status=status)
    elif wants_part(request):
        response = render(request, "_refusal.html", {"refusal": sentence, "code": code, "facts": facts or {}}, status=status)
        response["HX-Retarget"] = "#refusal"
        response["HX-Reswap"] = "innerHTML"
    else:
        context = {"refusal": sentence, "code": code, "facts": facts or {}, "back": way_back(request)}
        response = render(request, "refusal.html", context, status=status)
    patch_vary_headers(response, ["HX-Request", "Accept"])
    return response


def tell_outage(request: HttpRequest, outage: Outage, problem: BaseException) -> HttpResponse:
    """The database did not do its part: a sentence, and what was sent stays in the page. Reads no row, for that would fail again."""
    logger.error("The database is no help (%s) at %s %s: %s", outage, request.method, request.path, problem)
    sent, kept = request.method not in ("GET", "HEAD"), Kept.NOTHING_SENT
    if wants_json(request):
        told = sentence(outage, Kept.BY_SCRIPT if sent else kept)
        response: HttpResponse = JsonResponse({"status": "outage", "message": told}, status=503)
    elif wants_part(request):
        told = sentence(outage, Kept.ON_SCREEN if sent else kept)
        response = HttpResponse(render_to_string("_refusal.html", {"refusal": told, "code": "outage", "facts": {}}), status=503)
        response["HX-Retarget"] = "#refusal"
        response["HX-Reswap"] = "innerHTML"
    else:
        fields = _sent_again(request) if sent else []
        kept = kept if not sent else Kept.IN_FORM if fields else Kept.NOT_KEPT
        context = {
            "refusal": sentence(outage, kept),
            "kept": kept.value,
            "path": request.get_full_path(),
            "fields": fields,
            "back": way_back(request),
        }
        response = HttpResponse(render_to_string("outage.html", context), status=503)
    response["Retry-After"] = str(RETRY_AFTER_S)
    patch_cache_control(response, private=True, no_store=True)
    patch_vary_headers(response, ["HX-Request", "Accept"])
    return response


def _sent_again(request: HttpRequest) -> list[tuple[str, str]]:
    """The fields of a form, to be sent once more; none where a password or a file is among them, or where it is too much."""
    fields = [(name, value) for name, values in request.POST.lists() for value in values]
    if request.FILES or any("password" in name for name, _ in fields) or sum(len(value) for _, value in fields) > KEPT_AT_MOST:
        return []
    return fields


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
