"""Pages of the house itself: errors, health."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseServerError
from django.middleware.csrf import REASON_NO_CSRF_COOKIE
from django.template import Context, loader
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


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """What no browser of ours sends: a page that needs no session, with the number of the request."""
    return HttpResponseBadRequest(_plain_page("400.html", request))


def server_error(request: HttpRequest) -> HttpResponse:
    """We are wrong: a page that needs neither database nor session, with the number of the request."""
    return HttpResponseServerError(_plain_page("500.html", request))


def _plain_page(template: str, request: HttpRequest) -> str:
    """Rendered without context processors, which might break again."""
    return loader.get_template(template).template.render(Context({"request": request}))  # type: ignore[attr-defined]


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
