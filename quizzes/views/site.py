"""Pages of the house itself: errors, health."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from quizzes.models import Lesson


@login_not_required
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose token no longer fits: mostly an old tab after signing in or out."""
    message = (
        "This page was open since before you signed in or out, so its form could not be trusted. "
        "Nothing was changed. Go back, reload the page and press the button again; what was saved before is kept."
    )
    if request.accepts("application/json") and not request.accepts("text/html"):
        return JsonResponse({"status": "csrf", "message": message}, status=403)
    return render(request, "refusal.html", {"refusal": message, "code": "csrf", "back": request.META.get("HTTP_REFERER", "/")}, status=403)


@login_not_required
def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "404.html", status=404)


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
