"""The app on a device: its manifest, the worker that reads on without a link, and the plain pages that the worker keeps.

Whatever is kept is the same for everybody. These views never look at the session, and their templates are rendered without the request,
so that no name, no answer, no message and no token of a form can get into a copy (docs/decisions/0031).
"""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.loader import get_template, render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from quizzes.models import Lesson
from quizzes.queries import lessons, offline

NAME = "BeSA Serverless"
#: The paper of the pages, light; in the dark the pages themselves say theirs.
PAPER = "#fcfaf7"
#: What a copy needs beside its own page. Each lesson brings its figures along: they are drawn into the page.
FILES = ("css/site.css", "js/reading.js", "js/shelf.js", "img/mark.svg")
#: A change of these makes a new version of the shelf.
TEMPLATES = (
    "quizzes/offline/frame.html",
    "quizzes/offline/page.html",
    "quizzes/offline/lesson.html",
    "quizzes/lessons/_sections.html",
    "_nav.html",
)
SHORTCUTS = (
    ("Review", "review", "What is due today"),
    ("Practice", "practice", "Questions by topic"),
    ("Exams", "exams", "Sit a timed exam"),
)


@login_not_required
@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """What a device shows of the app once it is installed."""
    icons = [{"src": static("img/mark.svg"), "sizes": "any", "type": "image/svg+xml"}] + [
        {"src": static(f"img/{name}-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
        for name, purpose in (("icon", "any"), ("maskable", "maskable"))
        for size in (192, 512)
    ]
    answer = {
        "id": "/",
        "name": NAME,
        "short_name": "BeSA",
        "description": "Learn serverless on AWS, practise, and sit timed exams.",
        "lang": "en",
        "start_url": reverse("today"),
        "scope": "/",
        "display": "standalone",
        "theme_color": PAPER,
        "background_color": PAPER,
        "categories": ["education"],
        "icons": icons,
        "shortcuts": [
            {"name": name, "description": words, "url": reverse(address), "icons": icons[1:2]} for name, address, words in SHORTCUTS
        ],
    }
    return _public(JsonResponse(answer, content_type="application/manifest+json"), max_age=3600)


@login_not_required
@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The worker: what it keeps, by version, and the module that keeps it. Switched off, it is one that takes everything away again.

    It stands at the root, so that it may speak for all pages, and is asked for anew each time: nobody is left with an old one.
    """
    if settings.OFFLINE_READING:
        config = {"version": _version(), "page": reverse("offline"), "files": [static(name) for name in FILES]}
        script = f'self.shelf = {json.dumps(config)};\nimportScripts("{static("js/worker.js")}");\n'
    else:
        script = f'importScripts("{static("js/withdraw.js")}");\n'
    response = HttpResponse(script, content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response


@login_not_required
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """What stands where a page cannot be fetched: what works, what waits, and the lessons that are kept on this device."""
    return _plain("quizzes/offline/page.html", {"lines": offline.shelf_lines()})


@login_not_required
@require_safe
def lesson_copy(request: HttpRequest, slug: str) -> HttpResponse:
    """A lesson as anybody reads it: without the reader's progress, without questions and forms."""
    row = get_object_or_404(Lesson.objects.select_related("topic"), slug=slug)
    return _plain("quizzes/offline/lesson.html", {"page": lessons.lesson_page(row, None), "is_copy": True})


def _plain(template: str, context: dict[str, Any]) -> HttpResponse:
    response = HttpResponse(render_to_string(template, context))
    response["X-Robots-Tag"] = "noindex"
    response["Cache-Control"] = "no-cache"
    return response


def _public(response: HttpResponse, *, max_age: int) -> HttpResponse:
    patch_cache_control(response, public=True, max_age=max_age)
    return response


def _version() -> str:
    sources = [str(get_template(name).template.source) for name in TEMPLATES]  # type: ignore[attr-defined]
    return offline.shelf_version([*(static(name) for name in FILES), static("js/worker.js"), *sources])
