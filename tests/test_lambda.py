"""The app on Lambda: events of an HTTP API as AWS sends them (payload format 2.0), and the answers that it takes."""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Iterator
from http.cookies import SimpleCookie
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest
from apig_wsgi import make_lambda_handler
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import override_settings

from besa import lambda_handler
from quizzes.models import Lesson, SearchEntry, User
from tests.factories import make_lesson

pytestmark = pytest.mark.django_db

EVENT = json.loads((Path(__file__).parent / "fixtures/http_api_v2.json").read_text())
CONTEXT = SimpleNamespace(aws_request_id="00000000-0000-4000-8000-000000000000")


@pytest.fixture(autouse=True)
def as_deployed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The app under the settings of deploy/template.yaml that matter here. Connections stay: a test's rows lie in its transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    with override_settings(
        SECURE_SSL_REDIRECT=True, SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https"), SESSION_COOKIE_SECURE=True,
        CSRF_COOKIE_SECURE=True, ALLOWED_HOSTS=[".execute-api.eu-central-1.amazonaws.com"],
        WHITENOISE_USE_FINDERS=True,
    ):  # fmt: skip
        monkeypatch.setattr(lambda_handler, "handler", make_lambda_handler(WSGIHandler()))
        yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


class Browser:
    """Sends events and keeps the cookies of the answers."""

    def __init__(self) -> None:
        self.cookies: dict[str, str] = {}

    def ask(self, path: str, *, query: str = "", method: str = "GET", body: bytes | None = None, **headers: str) -> dict[str, Any]:
        event = json.loads(json.dumps(EVENT))
        event["rawPath"] = event["requestContext"]["http"]["path"] = path
        event["rawQueryString"] = query
        event["requestContext"]["http"]["method"] = method
        event["headers"] |= {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookies:
            event["cookies"] = [f"{name}={value}" for name, value in self.cookies.items()]
        if body is not None:
            # An HTTP API hands on every body of a form in base64.
            event |= {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
            event["headers"]["content-length"] = str(len(body))
        answer = lambda_handler.handler(event, CONTEXT)
        json.dumps(answer)  # Lambda could not hand on anything else
        for line in answer.get("cookies", []):
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
        return answer

    def post(self, path: str, data: dict[str, str], **headers: str) -> dict[str, Any]:
        here = {"content_type": "application/x-www-form-urlencoded", "origin": f"https://{EVENT['headers']['host']}"}
        return self.ask(path, method="POST", body=urlencode(data).encode(), **{**here, **headers})

    def token(self, path: str) -> str:
        [token, *_] = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.ask(path)["body"])
        return token


def test_a_page(django_assert_max_num_queries: Any):
    make_lesson()
    answer = Browser().ask("/lessons/")
    assert answer["statusCode"] == 200
    assert answer["headers"]["content-type"] == "text/html; charset=utf-8"
    assert answer["isBase64Encoded"] is False
    assert "asynchronous-invocation" in answer["body"]
    assert "default-src 'self'" in answer["headers"]["content-security-policy"]


def test_a_compressed_page_travels_in_base64():
    make_lesson()
    answer = Browser().ask("/lessons/", accept_encoding="gzip, deflate, br")
    assert (answer["isBase64Encoded"], answer["headers"]["content-encoding"]) == (True, "gzip")
    assert "asynchronous-invocation" in gzip.decompress(base64.b64decode(answer["body"])).decode()


@pytest.mark.parametrize("name", ["img/mark.svg", "css/site.css"])
def test_a_file_arrives_byte_for_byte(name: str):
    answer = Browser().ask(f"/static/{name}")
    assert answer["statusCode"] == 200
    body = base64.b64decode(answer["body"]) if answer["isBase64Encoded"] else answer["body"].encode()
    assert body == (Path(__file__).parents[1] / "static" / name).read_bytes()


def test_addresses_and_queries_with_signs_of_all_kinds():
    make_lesson("retries", short="Überraschung & Co", sections=1)
    SearchEntry.objects.refresh()
    answer = Browser().ask("/search/", query="q=%C3%9Cberraschung+%26")
    assert "for “Überraschung &amp;”" in answer["body"]
    assert "/lessons/retries/" in answer["body"]
    assert Browser().ask("/lessons/%C3%BCber/")["statusCode"] == 404


def test_a_redirect_is_handed_on():
    answer = Browser().ask("/lessons")
    assert (answer["statusCode"], answer["headers"]["location"]) == (301, "/lessons/")


def test_plain_http_is_sent_to_https():
    answer = Browser().ask("/lessons/", x_forwarded_proto="http")
    assert (answer["statusCode"], answer["headers"]["location"]) == (301, f"https://{EVENT['headers']['host']}/lessons/")


def test_another_name_is_refused():
    assert Browser().ask("/lessons/", host="evil.example.org")["statusCode"] == 400


def test_somebody_signs_up_and_out_and_in_again():
    """A form with its token, several cookies in one answer and in one event, and a session that lies in the database."""
    browser = Browser()
    token = browser.token("/accounts/signup/")
    answer = browser.post("/accounts/signup/", {"csrfmiddlewaretoken": token, "login": "ada", "password": "a long enough sentence"})
    assert (answer["statusCode"], answer["headers"]["location"]) == (302, "/"), answer["body"][:500]
    lines = {line.strip().partition("=")[0]: line for line in answer["cookies"]}
    assert {"csrftoken", "sessionid"} <= set(lines)
    assert all("; Secure" in line for line in lines.values())
    assert "HttpOnly" in lines["sessionid"]
    assert "ada" in browser.ask("/")["body"]
    assert User.objects.get().username == "ada"

    stranger = Browser()
    stranger.cookies = {"sessionid": "x" * 32}
    assert "ada" not in stranger.ask("/")["body"]


def test_a_form_from_elsewhere_is_refused():
    browser = Browser()
    data = {"csrfmiddlewaretoken": browser.token("/accounts/signup/"), "login": "eve", "password": "a long enough sentence"}
    assert browser.post("/accounts/signup/", data, origin="https://evil.example.org")["statusCode"] == 403
    assert browser.post("/accounts/signup/", {**data, "csrfmiddlewaretoken": "x" * 64})["statusCode"] == 403
    assert not User.objects.exists()


def test_what_was_typed_wrong_is_told_and_stays():
    browser = Browser()
    answer = browser.post(
        "/accounts/signup/", {"csrfmiddlewaretoken": browser.token("/accounts/signup/"), "login": "Ünï", "password": "short"}
    )
    assert answer["statusCode"] in (200, 422)
    assert 'value="Ünï"' in answer["body"]


def test_a_body_that_is_not_in_base64_is_read_too():
    browser = Browser()
    token = browser.token("/accounts/signup/")
    event = json.loads(json.dumps(EVENT))
    body = urlencode({"csrfmiddlewaretoken": token, "login": "", "password": "x"})
    event |= {"rawPath": "/accounts/signup/", "body": body, "cookies": [f"csrftoken={browser.cookies['csrftoken']}"]}
    event["requestContext"]["http"]["method"] = "POST"
    event["headers"] |= {"content-type": "application/x-www-form-urlencoded", "origin": f"https://{EVENT['headers']['host']}"}
    assert lambda_handler.handler(event, CONTEXT)["statusCode"] in (200, 422)


# -- commands --------------------------------------------------------------------------------------------------------


def test_a_schedule_runs_a_command():
    assert lambda_handler.command({"command": ["close_expired_attempts"]}, CONTEXT) == {"output": "0 attempts closed.\n"}


def test_every_command_that_may_run_exists_and_every_schedule_asks_for_one():
    template = (Path(__file__).parents[1] / "deploy/template.yaml").read_text()
    asked = [json.loads(line)["command"] for line in re.findall(r"Input: '(.+)'", template)]
    assert asked
    assert {" ".join(words) for words in asked} <= lambda_handler.COMMANDS


@pytest.mark.parametrize(
    "event",
    [
        {}, {"command": "migrate"}, {"command": ["migrate"]}, {"command": ["dumpdata"]}, {"command": ["shell", "-c", "1"]}, {"command": [1]},
        {"command": ["make_instructor", "--pythonpath=/tmp"]}, {"command": ["make_instructor", "ada", "--settings=x"]}, {"command": []},
    ],
)  # fmt: skip
def test_no_other_command_is_run(event: dict[str, Any]):
    with pytest.raises(ValueError, match=r"is not run here|Say which command"):
        lambda_handler.command(event, CONTEXT)
    assert not Lesson.objects.exists()


def test_a_command_that_fails_is_a_failed_invocation():
    with pytest.raises(Exception, match="nobody-of-this-name"):
        lambda_handler.command({"command": ["make_instructor", "nobody-of-this-name"]}, CONTEXT)
