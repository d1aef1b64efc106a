"""Pages of the house itself: errors, health."""

from __future__ import annotations

import sys
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseServerError
from django.middleware.csrf import REASON_NO_CSRF_COOKIE
from django.shortcuts import render
from django.template import Context, loader
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from quizzes.domain.outage import REASONS, Outage
from quizzes.models import Lesson
from quizzes.models.outages import outage_of
from quizzes.operation import health
from quizzes.queries import operation
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


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """What no browser of ours sends; or a session that could not be written, which Django takes for one."""
    if exception is not None and (outage := outage_of(exception)):
        return tell_outage(request, outage, exception)
    return HttpResponseBadRequest(_plain_page("400.html", request))


def server_error(request: HttpRequest) -> HttpResponse:
    """Something broke outside of a view. Where the database was away when session or user were read, that is told and no fault of ours.

    Otherwise we are wrong: a page that needs neither database nor session, with the number of the request.
    """
    problem = sys.exc_info()[1]
    if problem is not None and (outage := outage_of(problem)):
        return tell_outage(request, outage, problem)
    return HttpResponseServerError(_plain_page("500.html", request))


def _plain_page(template: str, request: HttpRequest) -> str:
    """Rendered without context processors, which might break again."""
    return loader.get_template(template).template.render(Context({"request": request}))  # type: ignore[attr-defined]


@login_not_required
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """What is kept about people, why, how long, and who sees it."""
    contact = settings.SECURITY_CONTACT
    return render(
        request,
        "quizzes/site/privacy.html",
        {"contact": contact, "contact_shown": contact.removeprefix("mailto:"), "sends_mail": bool(settings.EMAIL_URL)},
    )


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
    """Able to serve: the database answers and takes writes, migrations are in, content is there, the server is not about to stop.

    503 with the reason where not, within two seconds also where the database hangs. Without Redis exams that run go on, so that is a
    note on a 200: a load balancer that took every server away for it would make an outage of a slowdown.
    """
    if health.is_draining():
        return _unready("the server is about to stop")
    if problem := _problem():
        return _unready(problem)
    notes = operation.notes()
    try:
        notes += filter(None, [_CACHE.ask(operation.cache_problem, patience_s=0.5)])
    except health.TookTooLong:
        notes.append(operation.CACHE_GONE)
    return HttpResponse("".join(["ready\n", *(f"but {note}\n" for note in notes)]), content_type="text/plain")


def _problem() -> str:
    """Reading and writing have a time of their own, so that a write that waits is not told as a database that is silent."""
    operation.migrations_of_the_code()  # the first look imports them: that is this process's time, not the database's
    try:
        if problem := _DATABASE.ask(operation.reading_problem, patience_s=0.75):
            return problem
    except health.TookTooLong:
        return REASONS[Outage.AWAY]
    try:
        return _DATABASE.ask(operation.writing_problem, patience_s=0.75)
    except health.TookTooLong:
        return operation.WRITES_HANG


#: Apart, so that a cache that hangs is not told as a database that hangs.
_DATABASE, _CACHE = health.Aside(), health.Aside(lends_connection=False)


def _unready(reason: str) -> HttpResponse:
    return HttpResponse(f"not ready: {reason}\n", content_type="text/plain", status=503)


#: Pages that anybody may read and find; the rest is a learner's own.
FOUND = ("today", "lessons", "glossary", "labs", "invocation", "pricing", "workflow-pricing", "drills", "practice", "exams", "privacy")


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
