"""What an operator is told before the server starts, and by the check of an installation."""

from __future__ import annotations

from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import call_command
from django.test import override_settings

from quizzes.checks import shared_by_all
from quizzes.management.commands import serve

LOCAL = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
REDIS = {"default": {"BACKEND": "quizzes.cache.TolerantRedisCache", "LOCATION": "redis://127.0.0.1:1/0"}}


def checked(monkeypatch: pytest.MonkeyPatch, *, vendor: str, cache: dict[str, Any], key_is_local: bool) -> set[str]:
    monkeypatch.setattr("quizzes.checks.connection", SimpleNamespace(vendor=vendor))
    with override_settings(CACHES=cache, SECRET_KEY_IS_LOCAL=key_is_local):
        found = shared_by_all(None)
    assert all(message.hint for message in found)
    return {message.id for message in found if message.id}


def test_the_check_names_what_several_processes_do_not_share(monkeypatch: pytest.MonkeyPatch):
    assert checked(monkeypatch, vendor="sqlite", cache=LOCAL, key_is_local=True) == set()
    assert checked(monkeypatch, vendor="postgresql", cache=LOCAL, key_is_local=False) == {"quizzes.W001"}
    assert checked(monkeypatch, vendor="postgresql", cache=REDIS, key_is_local=True) == {"quizzes.W002"}
    assert checked(monkeypatch, vendor="postgresql", cache=REDIS, key_is_local=False) == set()


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The command line that would take the place of this process."""
    line: list[str] = []
    monkeypatch.setattr(serve.os, "execv", lambda program, command: line.extend(command))
    monkeypatch.setattr(serve.os, "chdir", lambda folder: None)
    return line


def test_serving_without_preparing_asks_the_database_nothing(started: list[str], django_assert_num_queries: Any, db: None):
    with django_assert_num_queries(0):
        call_command("serve", "--no-prepare", "--port", "0", stdout=StringIO())
    assert started[-1] == "besa.wsgi:application"


@pytest.mark.parametrize(
    ("vendor", "workers", "cache", "key_is_local", "told"),
    [
        pytest.param("postgresql", 1, LOCAL, True, ["SECRET_KEY"], id="a key of this machine alone"),
        pytest.param("postgresql", 2, LOCAL, False, ["REDIS_URL"], id="two processes that count for themselves"),
        pytest.param("sqlite", 2, LOCAL, True, ["REDIS_URL"], id="on SQLite too"),
        pytest.param("postgresql", 2, REDIS, False, [], id="all is shared"),
        pytest.param("sqlite", 1, LOCAL, True, [], id="one process for a class"),
    ],
)
def test_what_is_not_shared_is_said_in_one_sentence_each(
    monkeypatch: pytest.MonkeyPatch,
    started: list[str],
    vendor: str,
    workers: int,
    cache: dict[str, Any],
    key_is_local: bool,
    told: list[str],
):
    monkeypatch.setattr(serve, "connection", SimpleNamespace(vendor=vendor))
    out = StringIO()
    with override_settings(CACHES=cache, SECRET_KEY_IS_LOCAL=key_is_local):
        call_command("serve", "--no-prepare", "--port", "0", "--workers", str(workers), stdout=out)
    lines = out.getvalue().splitlines()
    assert [line.split()[0] for line in lines if line.split(" ", 1)[0] in {"SECRET_KEY", "REDIS_URL"}] == told
    assert "--workers" in started
    assert started[started.index("--workers") + 1] == str(workers)
