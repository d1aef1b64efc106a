"""/readyz tells the truth, and in time."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections import namedtuple
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client

from quizzes.management import supervisor
from quizzes.operation import health
from quizzes.queries import operation
from quizzes.views import site
from tests.factories import make_lesson

Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def furnished(db: None) -> None:
    make_lesson()


def asked(status: int) -> str:
    answer = Client().get("/readyz")
    assert answer.status_code == status, answer.text
    assert answer["Content-Type"] == "text/plain"
    return answer.text


# -- the database ----------------------------------------------------------------------------------------------------


def test_what_is_ready_costs_a_handful_of_statements(furnished: None, django_assert_max_num_queries: Any):
    asked(200)
    with django_assert_max_num_queries(8):  # on SQLite five of them look at a setting of the file and put it back
        assert asked(200) == "ready\n"


@pytest.mark.django_db(transaction=True)
def test_a_database_that_takes_no_writes_is_not_ready():
    make_lesson()
    on, off = ("PRAGMA query_only = ON", "PRAGMA query_only = OFF")
    if connection.vendor == "postgresql":
        on, off = ("SET default_transaction_read_only = on", "SET default_transaction_read_only = off")
    with connection.cursor() as cursor:
        cursor.execute(on)
        try:
            assert "is read-only" in asked(503)
        finally:
            cursor.execute(off)
    assert asked(200) == "ready\n"


def test_more_migrations_than_the_code_has_are_no_fault(furnished: None):
    """The next release has been brought in, and this one still serves."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('quizzes', '9999_next', '2026-11-26 12:00:00+00')")
    assert asked(200) == "ready\n"


@pytest.mark.parametrize(
    ("free", "status", "said"),
    [
        (operation.LEAST_FREE - 1, 503, "not ready: the disk of the database is full: 49 MB are left\n"),
        (operation.LEAST_FREE, 200, "ready\nbut the disk of the database is nearly full: 50 MB are left\n"),
        (operation.LITTLE_FREE, 200, "ready\n"),
    ],
)
def test_the_disk_is_looked_at_where_the_database_is_a_file(
    furnished: None, monkeypatch: pytest.MonkeyPatch, free: int, status: int, said: str
):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(2**40, 0, free))
    if connection.vendor == "sqlite":
        assert asked(status) == said
    else:
        assert asked(200) == "ready\n"


# -- Redis -----------------------------------------------------------------------------------------------------------


def test_without_redis_one_is_ready_and_says_so(furnished: None, settings: Any):
    gone = settings.REDIS_URL = "redis://:hunter2@127.0.0.1:1/0"
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": gone}}
    said = asked(200)
    assert said == f"ready\nbut {operation.CACHE_GONE}\n"
    assert "hunter2" not in said


# -- in time ---------------------------------------------------------------------------------------------------------


def test_who_asks_a_database_that_hangs_waits_no_longer_than_stated():
    aside, hanging, begun = health.Aside(), threading.Event(), []

    def hang() -> None:
        begun.append(connections["default"])
        hanging.wait(20)

    mine = connections["default"]
    for _ in range(3):
        with pytest.raises(health.TookTooLong):
            aside.ask(hang, patience_s=0.05)
    assert len(begun) == 1, "the others did not pile up behind it"
    assert begun[0] is mine, "it asked over the connection of the request"
    assert connections["default"] is not mine, "which was left to it"
    hanging.set()
    assert aside.ask(lambda: "an answer", patience_s=20) == "an answer"
    connections["default"].close()
    connections["default"] = mine  # the test run closes what it has opened itself


def test_what_the_question_raises_is_raised(db: None):
    def fail() -> None:
        raise LookupError("nothing there")

    aside = health.Aside()
    for _ in range(2):
        with pytest.raises(LookupError, match="nothing there"):
            aside.ask(fail, patience_s=20)


@pytest.mark.parametrize(
    ("hangs", "said"),
    [("reading_problem", "the database does not answer"), ("writing_problem", operation.WRITES_HANG)],
)
def test_a_write_that_waits_is_told_apart_from_a_database_that_is_silent(
    furnished: None, monkeypatch: pytest.MonkeyPatch, hangs: str, said: str
):
    class Aside(health.Aside):
        def ask(self, question: Any, *, patience_s: float) -> Any:
            if question is getattr(operation, hangs):
                raise health.TookTooLong
            return question()

    monkeypatch.setattr(site, "_DATABASE", Aside())
    assert asked(503) == f"not ready: {said}\n"


def test_importing_the_migrations_is_not_taken_for_a_slow_database(furnished: None, monkeypatch: pytest.MonkeyPatch):
    known = operation.migrations_of_the_code
    known.cache_clear()
    seen = []

    class Aside(health.Aside):
        def ask(self, question: Any, *, patience_s: float) -> Any:
            seen.append(known.cache_info().currsize)
            return question()

    monkeypatch.setattr(site, "_DATABASE", Aside())
    asked(200)
    assert seen == [1, 1]


def test_a_server_imports_the_migrations_before_it_serves():
    """Otherwise the first /readyz does, and on a busy machine that takes longer than it may."""
    look = "import besa.wsgi; from quizzes.queries.operation import migrations_of_the_code as all; print(all.cache_info().currsize)"
    env = {**os.environ, "BESA_SERVING": "somewhere"}
    assert subprocess.run([sys.executable, "-c", look], env=env, check=True, capture_output=True, text=True).stdout == "1\n"


# -- stopping --------------------------------------------------------------------------------------------------------


def test_it_is_not_ready_once_the_server_is_about_to_stop(furnished: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    serving = tmp_path / "serving-1"
    serving.touch()
    monkeypatch.setenv(health.SERVING, str(serving))
    assert asked(200) == "ready\n"
    serving.unlink()
    assert asked(503) == "not ready: the server is about to stop\n"
    assert Client().get("/healthz").status_code == 200


def test_the_supervisor_and_the_app_name_the_same_variable():
    assert supervisor.SERVING == health.SERVING
    assert health.SERVING in Path("besa/wsgi.py").read_text()
