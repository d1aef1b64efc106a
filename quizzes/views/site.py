"""Pages of the house itself: errors, health."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import REASON_NO_CSRF_COOKIE
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from quizzes.models import Lesson
from quizzes.views.parts import refuse

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
    """Able to serve: the database answers, migrations are in, content is there. 503 with the reason where not."""
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return _unready("migrations are missing: run manage.py migrate")
        if not Lesson.objects.exists():
            return _unready("there is no content: run manage.py sync_content")
    except DatabaseError:
        return _unready("the database does not answer")
    return HttpResponse("ready\n", content_type="text/plain; charset=utf-8")


def _unready(reason: str) -> HttpResponse:
    return HttpResponse(f"not ready: {reason}\n", content_type="text/plain; charset=utf-8", status=503)
