"""Pages of the house itself: errors, health."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import REASON_NO_CSRF_COOKIE
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from quizzes.models import Lesson
from quizzes.views.parts import refuse


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
    return HttpResponse("ok\n", content_type="text/plain")


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
    return HttpResponse("ready\n", content_type="text/plain")


def _unready(reason: str) -> HttpResponse:
    return HttpResponse(f"not ready: {reason}\n", content_type="text/plain", status=503)
