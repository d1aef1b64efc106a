"""Every request gets a number and a line in the log; refusals, outages, missing sign-ins and wrong methods become pages, parts or JSON, in one place."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import structlog
from csp.constants import HEADER
from csp.utils import build_policy
from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_cache_control
from django_htmx.http import HttpResponseClientRedirect
from structlog.contextvars import bind_contextvars, clear_contextvars

from quizzes import meter
from quizzes.domain.errors import Refusal, TooOften
from quizzes.models.outages import outage_of
from quizzes.operation import logs
from quizzes.views.parts import refusal_facts, refuse, tell_outage, wants_json, wants_part, way_back

Respond = Callable[[HttpRequest], HttpResponse]

#: The longest window in which wrong passwords and codes are counted, for whoever is told to wait and not how long.
LONGEST_WAIT_S = 300

#: What no page of this site needs, so that nothing that gets into one can use it either.
PERMISSIONS = ", ".join(
    [
        *(f"{name}=()" for name in (
            "accelerometer", "autoplay", "browsing-topics", "camera", "display-capture", "geolocation", "gyroscope", "hid", "magnetometer",
            "microphone", "midi", "payment", "serial", "usb", "xr-spatial-tracking",
        )),
        "publickey-credentials-create=(self)", "publickey-credentials-get=(self)",
    ]
)  # fmt: skip


class HeadersMiddleware:
    """What every answer says to the browser, files and faults included: what it may load and run, who else may load it, and what it may use.

    The content security policy is the same for all of them, so it is built once; the middleware of its library builds it for each.
    """

    #: Answers that Django's page for developers stands on, which needs its own styles; only with DEBUG.
    DEVELOPERS = {404, 500}

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response
        self.policy = build_policy()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not (settings.DEBUG and response.status_code in self.DEVELOPERS):
            response.setdefault(HEADER, self.policy)
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.setdefault("Permissions-Policy", PERMISSIONS)
        return response


class RequestMiddleware:
    """A number for each request: on its line in the log, in a header of the answer, on pages of errors, in Sentry.

    Stands first, so that files and the errors of other middleware have it too. Reads neither session nor user: who was signed in is
    told where something else has asked, and a request that needs no session stays without one.
    """

    #: Asked every few seconds, and never of interest unless one looks for it.
    QUIET = {"healthz", "readyz"}
    METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response
        self.logger = structlog.get_logger().bind()
        self.files = "/" + settings.STATIC_URL.lstrip("/")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        number = logs.request_id(request.META.get("HTTP_X_REQUEST_ID") if settings.TRUST_REQUEST_ID else None)
        request.request_id = number  # type: ignore[attr-defined]
        clear_contextvars()
        bind_contextvars(request_id=number)
        response = self.get_response(request)
        response["X-Request-ID"] = number
        self._tell(request, response, time.perf_counter() - began)
        clear_contextvars()
        return response

    def _tell(self, request: HttpRequest, response: HttpResponse, seconds: float) -> None:
        match, status, quiet = request.resolver_match, response.status_code, False
        facts: dict[str, Any] = {"method": request.method, "route": "", "path": request.path_info, "status": status}
        if match is not None:
            facts |= {
                "route": match.view_name or match.route,
                "path": logs.told_path(match.route, request.path_info, match.kwargs),
            }
            quiet = match.url_name in self.QUIET
        elif request.path_info.startswith(self.files):
            facts["route"], quiet = "static", status < 400
        facts["ms"] = round(seconds * 1000, 1)
        user = getattr(request, "_cached_user", None)
        if user is not None and user.pk is not None:
            facts["user"] = user.pk
            if user.is_guest:
                facts["guest"] = True
        method = request.method if request.method in self.METHODS else "other"
        meter.request(route=f"/{match.route}" if match else facts["route"] or "none", method=str(method), status=status, seconds=seconds)
        if quiet:
            tell = self.logger.debug if status < 500 else self.logger.warning
        else:
            tell = self.logger.info if status < 500 else self.logger.error
        tell("request", **facts)


class RefusalMiddleware:
    """A rule said no: show the sentence, keep what was typed, answer with the refusal's status.

    The database did not do its part: the same, with 503. Where it fails before a view is reached, `handler500` does it.
    """

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 405:
            response = _wrong_method(request, response)
        if response.status_code == 429 and not response.has_header("Retry-After"):
            response["Retry-After"] = str(LONGEST_WAIT_S)
        if not response.has_header("Cache-Control"):
            patch_cache_control(response, private=True, no_store=True)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, Refusal):
            response = refuse(request, str(exception), code=exception.code, status=exception.status, facts=refusal_facts(exception))
            if isinstance(exception, TooOften):
                response["Retry-After"] = str(exception.wait_s)
            return response
        if outage := outage_of(exception):
            meter.database_error(type(exception).__name__)
            return tell_outage(request, outage, exception)
        return None


def _wrong_method(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Somebody typed the address of a button, or a script sent what nobody takes."""
    if request.method == "OPTIONS":
        return response
    sentence = "This address only takes what a button of a page sends. Nothing was changed. Go back to the page and press the button there."
    refusal = refuse(request, sentence, code="method", status=405)
    refusal["Allow"] = response["Allow"]
    return refusal


class SignInMiddleware(LoginRequiredMiddleware):
    """Who is not signed in is sent to the door, and afterwards to a page: never into a part of a page, never to a button's address."""

    def handle_no_permission(self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]) -> HttpResponse:  # type: ignore[override]
        if wants_json(request):
            sentence = "You are signed out in this browser. What was saved before is kept; sign in again to go on."
            return JsonResponse({"status": "signed-out", "message": sentence}, status=401)
        here = request.get_full_path() if request.method in ("GET", "HEAD") and not wants_part(request) else way_back(request)
        door = redirect_to_login(here, self.get_login_url(view_func), self.get_redirect_field_name(view_func))
        if wants_part(request):
            return HttpResponseClientRedirect(door.url)
        return door
