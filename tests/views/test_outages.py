"""The database is away, busy, full: people get a sentence and keep what they sent, machines get 503 with the reason."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import IntegrityError, InterfaceError, OperationalError, ProgrammingError, connection
from django.test import Client
from django.utils import timezone

from quizzes.domain.outage import Outage
from quizzes.models import User
from quizzes.models.outages import outage_of, try_to_write
from tests.factories import make_attempt, make_learner, make_lesson

pytestmark = pytest.mark.django_db

SignIn = Callable[..., User]


class Said(Exception):
    """What a driver of PostgreSQL raises: an exception with its state."""

    def __init__(self, sqlstate: str | None) -> None:
        super().__init__("the driver's own words")
        self.sqlstate = sqlstate


def of_sqlite(code: int, words: str = "the driver's own words") -> OperationalError:
    cause = sqlite3.OperationalError(words)
    cause.sqlite_errorcode = code
    return wrapped(OperationalError(words), cause)


def wrapped(error: Any, cause: BaseException) -> Any:
    error.__cause__ = cause
    return error


AWAY = wrapped(OperationalError("connection refused"), Said(None))


@contextmanager
def failing(error: Exception, words: str = "") -> Iterator[None]:
    """Every statement that holds these words fails as if the driver had raised this."""

    def fail(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if words in sql:
            raise error
        return execute(sql, params, many, context)

    with connection.execute_wrapper(fail):
        yield


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        pytest.param(of_sqlite(sqlite3.SQLITE_BUSY), Outage.BUSY, id="SQLite: locked"),
        pytest.param(of_sqlite(sqlite3.SQLITE_BUSY | 2 << 8), Outage.BUSY, id="SQLite: locked, extended code"),
        pytest.param(of_sqlite(sqlite3.SQLITE_FULL), Outage.DISK, id="SQLite: full"),
        pytest.param(of_sqlite(sqlite3.SQLITE_IOERR | 3 << 8), Outage.DISK, id="SQLite: a write failed"),
        pytest.param(of_sqlite(sqlite3.SQLITE_READONLY), Outage.READ_ONLY, id="SQLite: read-only"),
        pytest.param(of_sqlite(sqlite3.SQLITE_CANTOPEN), Outage.AWAY, id="SQLite: no file"),
        pytest.param(of_sqlite(sqlite3.SQLITE_ERROR, "no such table: x"), Outage.BEHIND, id="SQLite: a table is missing"),
        pytest.param(of_sqlite(sqlite3.SQLITE_ERROR, "near SELEC"), None, id="SQLite: a fault of ours"),
        pytest.param(AWAY, Outage.AWAY, id="PostgreSQL: refused"),
        pytest.param(wrapped(InterfaceError("closed"), Said(None)), Outage.AWAY, id="PostgreSQL: closed under us"),
        pytest.param(wrapped(OperationalError("x"), Said("57P01")), Outage.AWAY, id="PostgreSQL: restarted"),
        pytest.param(wrapped(OperationalError("x"), Said("53100")), Outage.DISK, id="PostgreSQL: disk full"),
        pytest.param(wrapped(OperationalError("x"), Said("53300")), Outage.BUSY, id="PostgreSQL: too many connections"),
        pytest.param(wrapped(OperationalError("x"), Said("55P03")), Outage.BUSY, id="PostgreSQL: a lock"),
        pytest.param(wrapped(OperationalError("x"), Said("40P01")), Outage.BUSY, id="PostgreSQL: a deadlock"),
        pytest.param(wrapped(OperationalError("x"), Said("25006")), Outage.READ_ONLY, id="PostgreSQL: a standby"),
        pytest.param(wrapped(ProgrammingError("x"), Said("42P01")), Outage.BEHIND, id="PostgreSQL: a table is missing"),
        pytest.param(wrapped(ProgrammingError("x"), Said("42601")), None, id="PostgreSQL: a fault of ours"),
        pytest.param(wrapped(IntegrityError("x"), Said("23505")), None, id="a row that is there already"),
        pytest.param(ValueError("x"), None, id="nothing of a database"),
    ],
)
def test_what_a_driver_says_is_told_apart(error: Exception, expected: Outage | None):
    assert outage_of(error) == expected
    assert outage_of(wrapped(RuntimeError("made of it"), error)) == expected


def test_a_page_says_so_and_can_be_tried_again(client: Client, sign_in: SignIn):
    sign_in(client)
    with failing(AWAY, "quizzes_topic"):
        response = client.get("/practice/?topic=a&topic=b")
    assert (response.status_code, response["Retry-After"], response["Cache-Control"]) == (503, "5", "private, no-store")
    assert "The database cannot be reached at the moment, so this page cannot be shown just now." in response.text
    assert 'href="/practice/?topic=a&amp;topic=b"' in response.text
    assert response.text.count("<h1>") == 1


def test_a_form_keeps_what_was_sent(client: Client, sign_in: SignIn):
    attempt = make_attempt(learner=sign_in(client), started_at=timezone.now())
    fields = {"answer": ["B"], "revision": "0", "save_id": "save-1234567890", "go": "2", "odd": '"<b>'}
    with failing(of_sqlite(sqlite3.SQLITE_FULL), 'UPDATE "quizzes_slot"'):
        response = client.post(f"/attempts/{attempt.pk}/slots/1/", fields)
    assert response.status_code == 503
    assert "The disk of the server takes nothing more at the moment" in response.text
    assert "press “Send again”" in response.text
    assert f'action="/attempts/{attempt.pk}/slots/1/"' in response.text
    for name, value in (("answer", "B"), ("revision", "0"), ("save_id", "save-1234567890"), ("go", "2"), ("odd", "&quot;&lt;b&gt;")):
        assert f'<input type="hidden" name="{name}" value="{value}">' in response.text
    assert attempt.slots.get(position=1).draft == []
    assert client.post(f"/attempts/{attempt.pk}/slots/1/", fields).status_code == 302
    assert attempt.slots.get(position=1).draft == ["b"]


def test_a_script_is_told_to_send_again(client: Client, sign_in: SignIn):
    attempt = make_attempt(learner=sign_in(client), started_at=timezone.now())
    with failing(of_sqlite(sqlite3.SQLITE_BUSY), 'UPDATE "quizzes_slot"'):
        response = client.post(
            f"/attempts/{attempt.pk}/slots/1/draft/",
            {"answer": "B", "revision": 0, "save_id": "save-1234567890"},
            headers={"accept": "application/json"},
        )
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    told = json.loads(response.text)
    assert told["status"] == "outage"
    assert "not confirmed yet. It stays in this page and is sent again" in told["message"]


def test_a_part_lands_where_refusals_do(client: Client, sign_in: SignIn):
    sign_in(client)
    with failing(AWAY, "quizzes_topic"):
        response = client.post("/practice/", {"size": "10"}, headers={"hx-request": "true"})
    assert (response.status_code, response["HX-Retarget"]) == (503, "#refusal")
    assert "What you typed is still here" in response.text
    assert "<html" not in response.text


def test_no_password_is_written_into_a_page(client: Client):
    with failing(AWAY):
        response = client.post("/accounts/login/", {"login": "ines", "password": "correct horse battery"})
    assert response.status_code == 503
    assert "Go back and send it again" in response.text
    assert "correct horse battery" not in response.text


@pytest.mark.parametrize("headers", [{}, {"hx-request": "true"}, {"accept": "application/json"}], ids=["page", "part", "JSON"])
def test_the_session_cannot_be_read_either(client: Client, sign_in: SignIn, headers: dict[str, str]):
    sign_in(client)
    client.raise_request_exception = False
    with failing(AWAY):
        response = client.get("/progress/", headers=headers)
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert "cannot be reached at the moment" in response.text


def test_a_session_that_cannot_be_written_is_no_odd_request(client: Client):
    learner = make_learner(username="ines")
    assert client.get("/accounts/login/").status_code == 200
    client.raise_request_exception = False
    with failing(of_sqlite(sqlite3.SQLITE_FULL), "django_session"):
        response = client.post("/accounts/login/", {"login": learner.username, "password": "correct horse battery"})
    assert response.status_code == 503
    assert "takes nothing more at the moment" in response.text


def test_it_is_not_ready_while_nothing_can_be_written(client: Client):
    make_lesson()
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA query_only = ON")
        else:
            cursor.execute("SAVEPOINT before_it")
            cursor.execute("SET TRANSACTION READ ONLY")
    try:
        response = client.get("/readyz")
        assert response.status_code == 503
        assert "the database is read-only" in response.text
        assert client.get("/healthz").status_code == 200
    finally:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA query_only = OFF" if connection.vendor == "sqlite" else "ROLLBACK TO before_it")
    assert client.get("/readyz").status_code == 200
    try_to_write()


@pytest.mark.parametrize(
    ("error", "reason"),
    [(AWAY, "the database does not answer"), (of_sqlite(sqlite3.SQLITE_BUSY), "locked by another process")],
    ids=["away", "locked"],
)
def test_it_says_why_it_is_not_ready(client: Client, error: Exception, reason: str):
    make_lesson()
    with failing(error):
        response = client.get("/readyz")
        assert client.get("/healthz").status_code == 200
    assert response.status_code == 503
    assert reason in response.text
