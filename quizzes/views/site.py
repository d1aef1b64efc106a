"""Pages of the house itself: errors, health."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import REASON_NO_CSRF_COOKIE
from django.template.loader import render_to_string
from django.urls import reverse
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


#: Pages that anybody may read and find; the rest is a learner's own.
FOUND = ("today", "lessons", "glossary", "labs", "invocation", "pricing", "workflow-pricing", "drills", "practice", "exams")


@login_not_required
@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """What search engines may read: everything but the desk. A learner's own pages lead them to the door, and copies say that they are copies."""
    lines = ["User-agent: *", f"Disallow: {reverse('admin:index')}", f"Sitemap: {request.build_absolute_uri(reverse('sitemap'))}", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8", headers={"Cache-Control": "public, max-age=3600"})


@login_not_required
@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """Every page that anybody may read, lessons with the day they were checked."""
    pages = [{"url": request.build_absolute_uri(reverse(name))} for name in FOUND]
    for slug, checked in Lesson.objects.order_by("number").values_list("slug", "checked"):
        pages.append({"url": request.build_absolute_uri(reverse("lesson", args=[slug])), "checked": checked.isoformat()})
    body = render_to_string("sitemap.xml", {"pages": pages})
    return HttpResponse(body, content_type="application/xml; charset=utf-8", headers={"Cache-Control": "public, max-age=3600"})


def _unready(reason: str) -> HttpResponse:
    return HttpResponse(f"not ready: {reason}\n", content_type="text/plain", status=503)
