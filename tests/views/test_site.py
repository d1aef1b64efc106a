"""The house itself over HTTP: health, errors, headers, the door, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import SuspiciousOperation
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory, override_settings
from django.urls import path
from django.utils import timezone

from besa import urls as besa_urls
from quizzes.middleware import HeadersMiddleware
from quizzes.models import Lesson, User
from tests.factories import make_attempt, make_bank, make_history, make_lesson

pytestmark = pytest.mark.django_db

SignIn = Callable[..., User]


def _crash(request: HttpRequest) -> None:
    raise RuntimeError("a fault of ours")


def _odd(request: HttpRequest) -> None:
    raise SuspiciousOperation("nothing that a browser sends")


_crash.login_required = _odd.login_required = False  # type: ignore[attr-defined]
urlpatterns = [path("crash/", _crash), path("odd/", _odd), *besa_urls.urlpatterns]
WITH_FAULTS = override_settings(ROOT_URLCONF=__name__)


# -- health ----------------------------------------------------------------------------------------------------------


def test_the_process_says_that_it_lives_without_asking_the_database(client: Client, django_assert_num_queries: Any):
    with django_assert_num_queries(0):
        response = client.get("/healthz")
    assert (response.status_code, response.text, response["Content-Type"]) == (200, "ok\n", "text/plain; charset=utf-8")


def test_it_is_ready_once_there_is_content(client: Client):
    response = client.get("/readyz")
    assert (response.status_code, response.text) == (503, "not ready: there is no content: run manage.py sync_content\n")
    make_lesson()
    response = client.get("/readyz")
    assert (response.status_code, response.text) == (200, "ready\n")


def test_it_is_not_ready_while_migrations_are_missing(client: Client):
    make_lesson()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'quizzes'")
    response = client.get("/readyz")
    assert response.status_code == 503
    assert "migrations are missing: run manage.py migrate" in response.text


@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
def test_health_is_asked_and_never_told(client: Client, address: str):
    assert client.head(address).status_code in (200, 503)
    assert client.post(address).status_code == 405
    assert "no-store" in client.get(address)["Cache-Control"]


# -- errors ----------------------------------------------------------------------------------------------------------


def test_an_address_that_never_was_is_a_page_with_a_way_on(client: Client, sign_in: SignIn):
    for _ in range(2):
        response = client.get("/no/such/page/")
        assert response.status_code == 404
        assert "There is nothing at this address" in response.text
        assert 'href="/"' in response.text
        sign_in(client)


@WITH_FAULTS
@pytest.mark.parametrize(
    ("address", "status", "words"), [("/crash/", 500, "Something broke on our side"), ("/odd/", 400, "could not be understood")]
)
def test_a_fault_is_told_without_its_insides(address: str, status: int, words: str):
    client = Client(raise_request_exception=False)
    response = client.get(address)
    assert response.status_code == status
    assert words in response.text
    assert "a fault of ours" not in response.text
    assert "Traceback" not in response.text
    assert 'href="/"' in response.text


def test_the_error_pages_name_files_that_exist():
    for page in ("400", "500"):
        text = Path(f"templates/{page}.html").read_text()
        for name in ("css/site.css", "img/mark.svg"):
            assert f'href="/static/{name}"' in text
            assert Path("static", name).exists()


def test_an_unknown_host_is_refused(settings: Any):
    settings.ALLOWED_HOSTS = ["study.example.org"]
    assert Client().get("/", headers={"host": "evil.example"}).status_code == 400
    assert Client().get("/", headers={"host": "study.example.org"}).status_code == 200


def test_a_body_beyond_reason_is_refused(client: Client, sign_in: SignIn):
    attempt = make_attempt(learner=sign_in(client), started_at=timezone.now())
    client.raise_request_exception = False
    assert client.post(f"/attempts/{attempt.pk}/submission/", {"waiting": "x" * 3_000_000}).status_code in (400, 413)
    attempt.refresh_from_db()
    assert not attempt.is_finished


# -- methods ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address", ["/", "/lessons/", "/practice/", "/review/", "/exams/", "/progress/", "/search/", "/glossary/", "/accounts/login/"]
)
def test_a_page_can_be_asked_for_its_head(client: Client, address: str):
    response = client.head(address)
    assert response.status_code == 200
    assert response.content == b""


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_a_page_takes_no_other_method(client: Client, method: str):
    response = getattr(client, method)("/practice/")
    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD, POST"


def test_options_are_answered_without_a_page(client: Client):
    response = client.options("/practice/")
    assert response["Allow"] == "GET, HEAD, POST"
    assert response.content == b""


@pytest.mark.parametrize(
    ("headers", "kind"),
    [({}, "page"), ({"hx-request": "true"}, "part"), ({"accept": "application/json"}, "json")],
    ids=["page", "part", "JSON"],
)
def test_the_address_of_a_button_says_what_it_is(client: Client, sign_in: SignIn, headers: dict[str, str], kind: str):
    attempt = make_attempt(learner=sign_in(client), started_at=timezone.now())
    response = client.get(f"/attempts/{attempt.pk}/submission/", headers=headers)
    assert response.status_code == 405
    assert response["Allow"] == "POST"
    assert "Nothing was changed." in response.text
    assert ("<html" in response.text) == (kind == "page")
    attempt.refresh_from_db()
    assert not attempt.is_finished


# -- forged and outdated forms ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "kind"),
    [({}, "page"), ({"hx-request": "true"}, "part"), ({"accept": "application/json"}, "json")],
    ids=["page", "part", "JSON"],
)
@pytest.mark.parametrize("cookie", [True, False], ids=["an old token", "no cookie"])
def test_a_form_without_its_token_is_refused_and_changes_nothing(headers: dict[str, str], kind: str, cookie: bool):
    make_bank(6)
    browser = Client(enforce_csrf_checks=True)
    if cookie:
        browser.get("/practice/")
    response = browser.post("/practice/", {"csrfmiddlewaretoken": "x" * 64}, headers=headers)
    assert response.status_code == 403
    sentence = "This page was open since before you signed in or out" if cookie else "Your browser sent no cookie along"
    if kind == "json":
        assert response.json()["status"] == "csrf"
        assert sentence in response.json()["message"]
    else:
        assert sentence in response.text
        assert ("<html" in response.text) == (kind == "page")
        assert (response.get("HX-Retarget") == "#refusal") == (kind == "part")
    assert not User.objects.exists()


def test_every_post_needs_the_token(sign_in: SignIn):
    browser = Client(enforce_csrf_checks=True)
    history = make_history(sign_in(browser), now=timezone.now())
    for address in addresses_of_buttons(history):
        assert browser.post(address).status_code == 403, address


def addresses_of_buttons(history: Any) -> list[str]:
    exam, done, lesson = history.exam.pk, history.result.pk, history.lesson.slug
    return [
        "/practice/", "/review/", f"/exams/{history.blueprint.slug}/", f"/attempts/{exam}/slots/1/", f"/attempts/{exam}/slots/1/draft/",
        f"/attempts/{exam}/submission/", f"/attempts/{done}/misses/", f"/attempts/{done}/replays/", f"/lessons/{lesson}/place/",
        f"/lessons/{lesson}/reading/", f"/lessons/{lesson}/checks/{history.open_check.pk}/", f"/versions/{history.seen.version_id}/reports/",
        "/classes/", f"/classes/{history.cohort.pk}/leaving/", history.assignment.get_absolute_url(),
        "/accounts/login/", "/accounts/logout/", "/accounts/signup/", "/accounts/removal/", "/accounts/password/change/",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("came_from", "leads_to"),
    [
        ("http://testserver/lessons/one/?page=2#part", "/lessons/one/?page=2"),
        ("https://evil.example/trap/", "/"),
        ("//evil.example/trap/", "/"),
        ("javascript:alert(1)", "/"),
        ("http://testserver.evil.example/", "/"),
        ("http://testserver@evil.example/", "/"),
        ("http://[", "/"),
        ("", "/"),
    ],
)
def test_the_way_back_never_leads_to_another_site(came_from: str, leads_to: str):
    response = Client(enforce_csrf_checks=True).post("/practice/", headers={"referer": came_from})
    assert response.status_code == 403
    assert f'<a class="button" href="{leads_to}">Go back</a>' in response.text
    refused = Client().post("/review/", headers={"referer": came_from})
    assert f'<a class="button" href="{leads_to}">Go back</a>' in refused.text


@pytest.mark.parametrize(
    "there", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "https:evil.example"]
)
def test_no_address_sends_one_to_another_site(client: Client, sign_in: SignIn, there: str):
    history = make_history(sign_in(client), now=timezone.now())
    for address in addresses_of_buttons(history):
        if "removal" in address:
            continue
        response = client.post(
            address, {"next": there, "go": there, "from": there, "finished": "1"}, headers={"referer": "https://evil.example/"}
        )
        assert "evil.example" not in response.get("Location", "")
        client.force_login(history.learner, backend="allauth.account.auth_backends.AuthenticationBackend")


def test_the_door_comes_with_the_way_to_where_one_wanted_to_go(client: Client):
    response = client.get("/questions/7/?from=search")
    assert response.status_code == 302
    assert response["Location"] == "/accounts/login/?next=/questions/7/%3Ffrom%3Dsearch"


# -- headers ---------------------------------------------------------------------------------------------------------

POLICY = {
    "default-src 'self'",
    "img-src 'self' data:",
    "object-src 'none'",
    "worker-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
}


@WITH_FAULTS
def test_every_response_carries_the_policy_and_its_companions(client: Client, sign_in: SignIn):
    history = make_history(sign_in(client), now=timezone.now())
    client.raise_request_exception = False
    exam = f"/attempts/{history.exam.pk}"
    responses = [
        *[client.get(address) for address in ("/", history.lesson.get_absolute_url(), f"{exam}/slots/1/", f"{exam}/clock/", f"{exam}/", "/healthz", "/accounts/")],
        client.get("/no/such/page/"), client.get("/crash/"), client.get("/odd/"), client.get(f"{exam}/submission/"), client.options("/practice/"),
        client.post(f"{exam}/slots/1/draft/", {}), client.post("/practice/", {"size": "99"}), client.get("/search/?q=a", headers={"hx-request": "true"}),
        Client(enforce_csrf_checks=True).post("/practice/"), Client().get("/progress"), Client().get(f"{exam}/"),
        client.get("/static/css/site.css"), client.get("/static/img/mark.svg"), client.get("/static/js/site.js"), client.get("/static/nothing.js"),
        Client().get("/admin/login/"), Client().get("/", headers={"host": "evil example"}),
    ]  # fmt: skip
    for response in responses:
        about = f"{response.request['PATH_INFO']} {response.status_code}"
        assert set(response["Content-Security-Policy"].split("; ")) == POLICY, about
        assert response["X-Content-Type-Options"] == "nosniff", about
        assert response["X-Frame-Options"] == "DENY", about
        assert response["Referrer-Policy"] == "same-origin", about
        assert response["Cross-Origin-Opener-Policy"] == "same-origin", about


@pytest.mark.parametrize(
    ("debug", "status", "bound"), [(True, 404, False), (True, 500, False), (True, 403, True), (False, 404, True), (False, 500, True)]
)
def test_only_the_page_for_developers_goes_without_the_policy(debug: bool, status: int, bound: bool):
    with override_settings(DEBUG=debug):
        response = HeadersMiddleware(lambda request: HttpResponse(status=status))(RequestFactory().get("/"))
    assert response.has_header("Content-Security-Policy") is bound


def test_pages_are_kept_by_no_cache(client: Client, sign_in: SignIn):
    history = make_history(sign_in(client), now=timezone.now())
    for address in ("/", "/progress/", f"/attempts/{history.exam.pk}/slots/1/", f"/attempts/{history.exam.pk}/clock/", "/no/such/page/"):
        assert client.get(address)["Cache-Control"] == "private, no-store"


def test_cookies_are_out_of_reach_of_other_sites(client: Client):
    make_bank(6)
    client.get("/practice/")
    client.post("/practice/", {})
    assert client.cookies["sessionid"]["httponly"]
    assert [client.cookies[name]["samesite"] for name in ("sessionid", "csrftoken")] == ["Lax", "Lax"]


@pytest.mark.django_db(transaction=True)
def test_the_database_can_go_and_come_back(client: Client):
    make_lesson()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE quizzes_lesson RENAME TO quizzes_lesson_gone")
    try:
        response = client.get("/readyz")
        assert (response.status_code, response.text) == (503, "not ready: tables are missing: run manage.py migrate\n")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE quizzes_lesson_gone RENAME TO quizzes_lesson")
    assert client.get("/readyz").status_code == 200
    assert Lesson.objects.count() == 1
