"""The log: one line a request with its number, and nothing in it that is nobody's business."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from django.conf import settings as django_settings
from django.db import IntegrityError, connection
from django.http import HttpRequest
from django.test import Client, override_settings
from django.urls import path
from django.utils import timezone

from besa import urls as besa_urls
from besa.urls import handler400, handler500  # noqa: F401 (Django finds them by their names)
from quizzes.models import User
from quizzes.operation import logs
from tests.factories import make_attempt, make_bank

pytestmark = pytest.mark.django_db

SignIn = Callable[..., User]
PASSWORD = "correct-horse-battery-9"
#: How PostgreSQL tells of a row that it refuses.
SAID = 'duplicate key value violates "one_name"\nDETAIL:  Key (username)=(anna.schmidt) already exists.'
TOKEN = "t0ken" * 12 + "abcd"


def _crash(request: HttpRequest) -> None:
    raise IntegrityError(SAID)


_crash.login_required = False  # type: ignore[attr-defined]
urlpatterns = [path("crash/", _crash), *besa_urls.urlpatterns]


@pytest.fixture(autouse=True)
def json_lines() -> Iterator[None]:
    logs.configure(logs.configuration("json", "INFO"))
    yield
    logs.configure(django_settings.LOGGING)


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Callable[[], list[dict[str, Any]]]:
    """lines() gives what was logged since the last time."""
    return lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]


# -- a line for each request -----------------------------------------------------------------------------------------


def test_a_request_is_one_line_with_its_facts(client: Client, sign_in: SignIn, lines: Any):
    learner = sign_in(client)
    attempt = make_attempt(learner=learner, started_at=timezone.now())
    lines()
    response = client.get(f"/attempts/{attempt.pk}/slots/1/?from=review")
    [line] = lines()
    assert (line["event"], line["level"], line["method"], line["route"], line["status"]) == ("request", "info", "GET", "slot", 200)
    assert line["path"] == f"/attempts/{attempt.pk}/slots/1/"
    assert line["user"] == learner.pk
    assert "guest" not in line
    assert line["ms"] > 0
    assert line["request_id"] == response["X-Request-ID"]
    assert line["at"].endswith("Z")


def test_a_guest_is_told_as_one_and_a_visitor_as_nobody(client: Client, lines: Any):
    make_bank(6)
    client.get("/glossary/")
    [line] = lines()
    assert "user" not in line
    client.post("/practice/", {"size": "5", "kind": "all"})
    client.get("/progress/")
    line = lines()[-1]
    assert line["user"] == User.objects.get().pk
    assert line["guest"] is True


def test_the_line_costs_no_statement(client: Client, sign_in: SignIn, django_assert_num_queries: Any, settings: Any):
    settings.WHITENOISE_USE_FINDERS = True
    sign_in(client)
    with django_assert_num_queries(0):
        assert client.get("/static/css/site.css").status_code == 200


def test_health_is_asked_every_few_seconds_and_not_told(client: Client, lines: Any):
    client.get("/healthz")
    assert lines() == []


def test_an_address_that_never_was_has_a_line_without_its_query(client: Client, lines: Any):
    client.get("/no/such/page/?password=secret")
    [line] = lines()
    assert (line["status"], line["route"], line["path"]) == (404, "", "/no/such/page/")


def test_a_file_is_told_only_where_it_is_missing(client: Client, lines: Any, settings: Any):
    settings.WHITENOISE_USE_FINDERS = True
    client.get("/static/css/site.css")
    assert lines() == []
    client.get("/static/nothing.css")
    [line] = lines()
    assert line["status"] == 404


# -- what is never told ----------------------------------------------------------------------------------------------


def test_no_password_token_answer_or_name_comes_into_the_log(sign_in: SignIn, capsys: pytest.CaptureFixture[str]):
    """Sign up, sign in, fail to, save an answer, send a query: then look at every byte."""
    browser = Client(enforce_csrf_checks=True)
    browser.cookies["csrftoken"] = TOKEN[:32]
    form = {"csrfmiddlewaretoken": TOKEN[:32], "password1": PASSWORD, "password": PASSWORD}
    assert browser.post("/accounts/signup/", {**form, "login": "anna.schmidt@example.org"}).status_code == 302
    learner = User.objects.get()
    attempt = make_attempt(learner=learner, started_at=timezone.now())
    token = browser.cookies["csrftoken"].value
    saved = browser.post(
        f"/attempts/{attempt.pk}/slots/1/draft/",
        {"csrfmiddlewaretoken": token, "answer": "B", "revision": 0, "save_id": "save-unguessable-1"},
    )
    assert saved.status_code == 200
    browser.post("/accounts/logout/", {"csrfmiddlewaretoken": token})
    browser.post("/accounts/login/", {**form, "login": "anna.schmidt", "password": "wrong-" + PASSWORD})
    browser.post("/accounts/login/?next=/&password=" + PASSWORD, {"csrfmiddlewaretoken": "x" * 32, "login": "anna.schmidt"})
    browser.get(
        "/search/?q=anna.schmidt&key=" + PASSWORD, headers={"authorization": f"Bearer {PASSWORD}", "referer": f"http://x/{PASSWORD}"}
    )
    session = browser.cookies["sessionid"].value if "sessionid" in browser.cookies else "no-session"
    log = capsys.readouterr().err
    assert log.count('"event": "request"') >= 6
    for secret in (PASSWORD, TOKEN[:32], token, session or "no-session", "anna", "example.org", "save-unguessable", '"B"', "answer"):
        assert secret not in log, secret


@pytest.mark.parametrize(
    "address", ["/accounts/password/reset/key/1a-cdef42-0123456789abcdef/", "/accounts/password/reset/key/1a-set-password/"]
)
def test_the_secret_of_a_link_in_a_mail_is_not_told(client: Client, lines: Any, address: str):
    client.get(address)
    [line] = lines()
    assert line["route"] == "account_reset_password_from_key"
    assert "cdef42" not in json.dumps(line)
    assert "(?P<key>.+)" in line["path"]


@override_settings(ROOT_URLCONF=__name__)
def test_a_fault_is_a_traceback_with_the_same_number_and_without_what_the_row_held(lines: Any):
    response = Client(raise_request_exception=False).get("/crash/?name=anna.schmidt")
    assert response.status_code == 500
    fault, request = lines()
    assert fault["event"] == "Internal Server Error"
    assert "IntegrityError: duplicate key value" in fault["exception"]
    assert "DETAIL: left out" in fault["exception"]
    assert "anna.schmidt" not in json.dumps([fault, request])
    assert (request["level"], request["status"]) == ("error", 500)
    number = response["X-Request-ID"]
    assert fault["request_id"] == request["request_id"] == number
    assert f"Number for support: <code>{number}</code>" in response.text


def test_nobody_writes_lines_of_their_own_into_the_log(capsys: pytest.CaptureFixture[str]):
    for wanted in ("json", "console"):
        logs.configure(logs.configuration(wanted, "INFO"))
        Client().get("/no%0A2026-01-01 event=forged/%1b[31m/%e2%80%a8/")
        logging.getLogger("django.security").warning("Invalid host: %s", "evil\nlevel=error\x1b[31m forged")
        log = capsys.readouterr().err
        assert len(log.splitlines()) == 2
        assert "\x1b" not in log


# -- the number ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", ["0af7651916cd43dd8448eb211c80319c", "trace.42_A-b8"])
def test_a_number_of_the_proxy_is_taken_over(client: Client, settings: Any, given: str):
    settings.TRUST_REQUEST_ID = True
    assert Client().get("/healthz", headers={"x-request-id": given})["X-Request-ID"] == given


@pytest.mark.parametrize(
    "given", ["", "short", "x" * 65, "with space 123", "<script>alert(1)</script>", "ünïcodeé", '"quoted-12"', "-leading-dash"]
)
def test_another_number_is_replaced(settings: Any, given: str):
    settings.TRUST_REQUEST_ID = True
    number = Client().get("/healthz", headers={"x-request-id": given})["X-Request-ID"]
    assert number != given
    assert len(number) == 16


def test_without_a_proxy_no_number_is_taken_over(client: Client):
    given = "0af7651916cd43dd8448eb211c80319c"
    numbers = {client.get("/healthz", headers={"x-request-id": given})["X-Request-ID"] for _ in range(3)}
    assert given not in numbers
    assert len(numbers) == 3


def test_pages_of_errors_carry_the_number():
    pages = [
        Client().get("/", headers={"host": "evil example"}),  # 400
        Client().get("/crash/"),  # 404: support cannot help there, so it stays off the page
    ]
    assert [page.status_code for page in pages] == [400, 404]
    assert pages[0]["X-Request-ID"] in pages[0].text
    assert pages[1]["X-Request-ID"] not in pages[1].text


# -- formats, levels, commands ---------------------------------------------------------------------------------------


def test_text_for_people_says_the_same(client: Client, capsys: pytest.CaptureFixture[str]):
    logs.configure(logs.configuration("console", "INFO"))
    number = client.get("/glossary/")["X-Request-ID"]
    [line] = capsys.readouterr().err.splitlines()
    for part in ("request", "route=glossary", "status=200", f"request_id={number}"):
        assert part in line


def test_the_default_is_for_machines_where_nobody_looks_at_a_terminal():
    assert not sys.stderr.isatty()
    assert logs.style("auto") == "json"
    assert logs.style("console") == "console"


def test_a_level_leaves_the_lines_below_it_out(lines: Any):
    logs.configure(logs.configuration("json", "WARNING"))
    Client().get("/glossary/")
    assert lines() == []
    logs.configure(logs.configuration("json", "DEBUG"))
    Client().get("/healthz")
    assert [line["route"] for line in lines()] == ["healthz"]


def test_a_command_is_one_line_without_its_words(lines: Any):
    with logs.command("import_questions"):
        logging.getLogger("quizzes").warning("something on the way")
    within, end = lines()
    assert (end["event"], end["command"], end["outcome"], end["level"]) == ("command", "import_questions", "done", "info")
    assert within["request_id"] == end["request_id"]
    assert within["command"] == "import_questions"
    assert structlog.contextvars.get_contextvars() == {}


@pytest.mark.parametrize(("raised", "outcome"), [(SystemExit(1), "failed"), (SystemExit(0), "done"), (RuntimeError("broken"), "failed")])
def test_a_command_that_fails_says_so(lines: Any, raised: BaseException, outcome: str):
    with pytest.raises(type(raised)), logs.command("sync_content"):
        raise raised
    assert [line["outcome"] for line in lines()] == [outcome]


def test_a_log_that_cannot_be_written_costs_no_answer(client: Client, monkeypatch: pytest.MonkeyPatch):
    class Full:
        def write(self, text: str) -> int:
            raise OSError(28, "No space left on device")

        def isatty(self) -> bool:
            return False

    monkeypatch.setattr(sys, "stderr", Full())
    assert client.get("/glossary/").status_code == 200
    logging.getLogger("quizzes").warning("lost")


def test_what_postgresql_tells_of_rows_is_left_out():
    if connection.vendor != "postgresql":
        text = "IntegrityError: null value\nDETAIL:  Failing row contains (1, anna).\nCONTEXT:  COPY anna"
        assert "anna" not in logs.without_values(text)
        return
    with pytest.raises(IntegrityError) as refused, connection.cursor() as cursor:
        cursor.execute("INSERT INTO quizzes_topic (slug) VALUES ('anna')")
    assert "anna" in str(refused.value)
    assert "anna" not in logs.without_values(str(refused.value))
