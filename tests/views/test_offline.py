"""The app on a device: what the manifest and the worker say, and that copies are the same for everybody."""

from __future__ import annotations

import json
import re
import struct
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import resolve
from django.utils import timezone

from quizzes.models import Lesson, LessonSection, User
from tests.factories import History, make_history, make_learner, make_lesson

pytestmark = pytest.mark.django_db


def shelf(client: Client) -> dict[str, object]:
    found: dict[str, object] = json.loads(re.match(r"self\.shelf = (\{.*\});\n", client.get("/service-worker.js").text)[1])  # type: ignore[index]
    return found


def file(address: str) -> Path:
    return Path(finders.find(address.removeprefix("/static/")))  # type: ignore[arg-type]


# -- the manifest ----------------------------------------------------------------------------------------------------


def test_the_manifest_holds_what_installing_needs(client: Client):
    response = client.get("/manifest.webmanifest")
    assert response["Content-Type"] == "application/manifest+json"
    told = response.json()
    assert {
        "id": "/",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "name": "BeSA Serverless",
        "short_name": "BeSA",
    }.items() <= told.items()
    assert {(icon["sizes"], icon.get("purpose")) for icon in told["icons"]} >= {
        (f"{n}x{n}", p) for n in (192, 512) for p in ("any", "maskable")
    }
    assert [entry["url"] for entry in told["shortcuts"]] == ["/review/", "/practice/", "/exams/"]
    for entry in told["shortcuts"]:
        resolve(entry["url"])


def test_every_icon_is_as_large_as_the_manifest_says(client: Client):
    pictures = [icon for icon in client.get("/manifest.webmanifest").json()["icons"] if icon["type"] == "image/png"]
    assert len(pictures) == 4
    for icon in pictures:
        head = file(icon["src"]).read_bytes()[:24]
        assert head.startswith(b"\x89PNG")
        width, height = struct.unpack(">II", head[16:24])
        assert f"{width}x{height}" == icon["sizes"]


def test_pages_name_the_manifest_and_the_worker_but_questions_do_not(client: Client):
    """A question comes with nothing that it does not need; every other page may be where the app is installed from."""
    history = make_history(make_learner(), now=timezone.now())
    client.force_login(history.learner, backend="allauth.account.auth_backends.AuthenticationBackend")
    for address in ("/", "/lessons/", "/accounts/", f"/attempts/{history.result.pk}/result/"):
        page = client.get(address).text
        assert '<link rel="manifest" href="/manifest.webmanifest">' in page, address
        assert f'data-worker="/service-worker.js" data-who="{history.learner.pk}"' in page, address
    for address in (
        f"/attempts/{history.exam.pk}/slots/1/",
        f"/attempts/{history.exam.pk}/review/",
        f"/attempts/{history.practice.pk}/slots/2/",
    ):
        page = client.get(address).text
        assert "manifest" not in page, address
        assert "service-worker" not in page, address


# -- the worker ------------------------------------------------------------------------------------------------------


def test_the_worker_speaks_for_all_pages_and_is_asked_for_anew_each_time(client: Client):
    response = client.get("/service-worker.js")
    assert response["Content-Type"] == "text/javascript; charset=utf-8"
    assert response["Cache-Control"] == "no-cache"
    assert "worker-src 'self'" in response["Content-Security-Policy"]
    assert response.text.endswith('importScripts("/static/js/worker.js");\n')


def test_what_the_worker_keeps_from_the_start_is_there_and_is_enough(client: Client):
    """Everything that its pages name is among it."""
    make_lesson("queues")
    told = shelf(client)
    assert told["page"] == "/offline/"
    for address in told["files"]:  # type: ignore[attr-defined]
        assert file(address).is_file()
    for address in ("/offline/", "/lessons/queues/offline/"):
        named = re.findall(r'(?:src="|<link rel="(?:icon|stylesheet)" href=")(/static/[^"]+)"', client.get(address).text)
        assert len(named) >= 3
        assert set(named) <= set(told["files"])  # type: ignore[call-overload]


def test_a_changed_lesson_makes_a_new_version(client: Client):
    first = make_lesson("queues")
    make_lesson("streams")
    versions = [shelf(client)["version"], shelf(client)["version"]]
    Lesson.objects.filter(pk=first.pk).update(checksum="another")
    versions.append(shelf(client)["version"])
    Lesson.objects.filter(slug="streams").delete()
    versions.append(shelf(client)["version"])
    assert versions[0] == versions[1]
    assert len(set(versions)) == 3


def test_switched_off_it_is_withdrawn_and_no_page_asks_for_it(client: Client, settings):
    settings.OFFLINE_READING = False
    make_lesson("queues")
    assert client.get("/service-worker.js").text == 'importScripts("/static/js/withdraw.js");\n'
    assert file("/static/js/withdraw.js").is_file()
    for address in ("/", "/lessons/", "/lessons/queues/"):
        page = client.get(address).text
        assert "data-worker" not in page
        assert "js/shelf.js" not in page


# -- the copies ------------------------------------------------------------------------------------------------------


@pytest.fixture
def history() -> History:
    return make_history(make_learner(username="reader-of-lessons"), now=timezone.now())


def signed_in(learner: User) -> Client:
    browser = Client()
    browser.force_login(learner, backend="allauth.account.auth_backends.AuthenticationBackend")
    return browser


def test_a_copy_is_the_same_for_everybody_and_holds_nothing_of_anybody(history: History):
    address = f"{history.lesson.get_absolute_url()}offline/"
    mine, nobodys = signed_in(history.learner).get(address), Client().get(address)
    assert mine.content == nobodys.content
    assert nobodys.cookies == {}
    assert history.lesson.title in mine.text
    for word in ("reader-of-lessons", "csrf", "<form", "data-place", "data-who", "Mark as read", "✓"):
        assert word not in mine.text, word
    for check in (history.open_check.current, history.seen.version):
        assert check is not None
        assert check.body["stem"] not in mine.text


def test_a_message_of_the_session_gets_into_no_copy(history: History):
    browser = signed_in(history.learner)
    browser.post("/accounts/logout/")
    assert "signed out" not in browser.get("/offline/").text
    assert "You are signed out" in browser.get("/").text  # it still waited for a page of its own


def test_a_copy_says_that_it_is_one_and_leads_to_the_lesson(client: Client, history: History):
    page = client.get(f"{history.lesson.get_absolute_url()}offline/")
    assert f'<link rel="canonical" href="{history.lesson.get_absolute_url()}">' in page.text
    assert "This is the copy on your device." in page.text
    assert page["X-Robots-Tag"] == "noindex"
    assert "It needs a connection." in page.text
    assert client.get("/lessons/nowhere/offline/").status_code == 404


def test_the_page_of_lessons_tells_how_many_and_how_large(client: Client):
    """About: within a quarter, with lessons as long as ours are."""
    make_lesson("queues")
    make_lesson("streams")
    LessonSection.objects.update(blocks=[{"kind": "html", "html": f"<p>{'Words. ' * 1500}</p>"}])
    page = client.get("/lessons/").text
    size = re.search(r"Keep all 2 lessons, about (\d+)\N{NO-BREAK SPACE}KB", page)
    assert size is not None
    truth = sum(len(client.get(f"/lessons/{slug}/offline/").content) for slug in ("queues", "streams"))
    assert 0.75 * truth <= 1000 * int(size[1]) <= 1.25 * truth


# -- for search engines ----------------------------------------------------------------------------------------------


def test_search_engines_find_what_anybody_may_read(client: Client):
    make_lesson("queues")
    robots = client.get("/robots.txt").text
    [sitemap] = re.findall(r"^Sitemap: (.+)$", robots, re.M)
    tree = ElementTree.fromstring(client.get(sitemap).content)
    found = [element.text or "" for element in tree.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
    assert "http://testserver/lessons/queues/" in found
    hidden = [line.removeprefix("Disallow: ") for line in robots.splitlines() if line.startswith("Disallow: ")]
    assert hidden == ["/admin/"]
    for address in found:
        path = address.removeprefix("http://testserver")
        assert client.get(path).status_code == 200, path
        assert not path.startswith(tuple(hidden)), path
