"""Pages of the house itself: errors, health."""

from __future__ import annotations

import sys
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import REASON_NO_CSRF_COOKIE
from django.shortcuts import render
from django.utils import timezone
from django.views import defaults
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from quizzes.models.outages import outage_of
from quizzes.queries.health import why_not_ready
from quizzes.views.parts import refuse, tell_outage

#: A year at most, says the standard; whoever reads it later should look again.
SECURITY_TXT_HOLDS = timedelta(days=180)


@login_not_required
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose token no longer fits: mostly an old tab after signing in or out."""
    sentence = (
        "Your browser sent no cookie along, so nothing was changed: without one this site cannot tell your press of a button "
        "from somebody else's. Allow cookies for this site, reload the page and press the button again."
        if reason == REASON_NO_CSRF_COOKIE
        else "This page was open since before you signed in or out, so its form could not be trusted. "
        "Nothing was changed. Go back, reload the page and press the button again; what was saved before is kept."
    )
    return refuse(request, sentence, code="csrf", status=403)


@login_not_required
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """What is kept about people, why, how long, and who sees it."""
    contact = settings.SECURITY_CONTACT
    return render(request, "quizzes/site/privacy.html", {"contact": contact, "contact_shown": contact.removeprefix("mailto:")})


@login_not_required
@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """Whom to tell about a hole (RFC 9116); not there where nobody is named."""
    if not settings.SECURITY_CONTACT:
        raise Http404
    expires = (timezone.now() + SECURITY_TXT_HOLDS).replace(hour=0, minute=0, second=0, microsecond=0)
    lines = [f"Contact: {settings.SECURITY_CONTACT}", f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}", "Preferred-Languages: en"]
    return HttpResponse("\n".join([*lines, ""]), content_type="text/plain; charset=utf-8")


@login_not_required
def too_many(request: HttpRequest) -> HttpResponse:
    """allauth's limits are by the minute, or tell themselves."""
    response = render(request, "429.html", status=429)
    response["Retry-After"] = "60"
    return response


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Alive: the process answers."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


@login_not_required
@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Able to serve: the database answers and takes writes, migrations are in, content is there. 503 with the reason where not.

    A lost cache is told, and no reason to send nobody here: every other machine has lost it too.
    """
    if reason := why_not_ready():
        return HttpResponse(f"not ready: {reason}\n", content_type="text/plain; charset=utf-8", status=503)
    lost = "the cache does not answer: sessions are read from the database, limits are counted per process\n"
    return HttpResponse(f"ready\n{lost if getattr(cache, 'is_lost', False) else ''}", content_type="text/plain; charset=utf-8")


def server_error(request: HttpRequest) -> HttpResponse:
    """Something broke outside of a view. Where the database was away when session or user were read, that is told and no fault of ours."""
    problem = sys.exc_info()[1]
    if problem is not None and (outage := outage_of(problem)):
        return tell_outage(request, outage, problem)
    return defaults.server_error(request)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """An odd request; or a session that could not be written, which Django takes for one."""
    if outage := outage_of(exception):
        return tell_outage(request, outage, exception)
    return defaults.bad_request(request, exception)
