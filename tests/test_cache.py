"""Redis as cache and store of sessions, and what goes on without it: against a real server on a port of its own that is stopped."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.contrib.auth import get_user
from django.core.cache import caches
from django.http import HttpRequest
from django.test import Client, override_settings

from quizzes import cache as tolerant
from quizzes.models import User
from quizzes.queries.operation import CACHE_GONE
from tests.factories import make_learner, make_lesson

SERVER = shutil.which("redis-server") or shutil.which("valkey-server")

pytestmark = [
    pytest.mark.django_db,
    # CI insists on it; on a laptop without one the skip says what is missing.
    pytest.mark.skipif(not SERVER and not os.environ.get("ALL_SERVERS"), reason="no redis-server was found: install one to run these"),
]


class Redis:
    """A server of our own that can be stopped and started again; it keeps nothing on disk, or all, as Redis does by its settings."""

    def __init__(self, folder: Path) -> None:
        assert SERVER, "ALL_SERVERS is set, and no redis-server was found"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.command = [SERVER, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "yes", "--dir", str(folder)]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL)
        self._wait(True)
        for link in tolerant._links.values():  # the pause of three seconds is over
            link.ask_at = 0.0

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=30)
        self._wait(False)

    def _wait(self, is_up: bool) -> None:
        for _ in range(3000):
            with socket.socket() as probe:
                if (probe.connect_ex(("127.0.0.1", self.port)) == 0) is is_up:
                    return
            time.sleep(0.01)  # until it listens; no verdict hangs on it
        raise AssertionError("redis-server did not come up" if is_up else "redis-server did not stop")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    redis = Redis(tmp_path_factory.mktemp("redis"))
    yield redis
    redis.process.kill()
    redis.process.wait(timeout=30)


@pytest.fixture
def redis(server: Redis) -> Iterator[Redis]:
    if server.process.poll() is not None:
        server.start()
    one = {"BACKEND": "quizzes.cache.TolerantRedisCache", "LOCATION": server.url}
    wired = {
        "default": {**one, "KEY_PREFIX": "besa", "OPTIONS": {"spare": True}},
        "sessions": {**one, "KEY_PREFIX": "besa-session", "OPTIONS": {"longest_s": 600}},
    }
    with override_settings(CACHES=wired, SESSION_ENGINE="django.contrib.sessions.backends.cached_db", SESSION_CACHE_ALIAS="sessions"):
        caches["default"].get("first")
        caches["default"].clear()
        yield server
    tolerant._links.clear()


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "quizzes.cache"]


# -- the cache by itself ---------------------------------------------------------------------------------------------


def test_two_processes_count_together(redis: Redis):
    """Two caches with connections of their own, as two processes have: what limits count is one number."""
    one, other = caches.create_connection("default"), caches.create_connection("default")
    one.add("asked", 0, 60)
    assert [one.incr("asked"), other.incr("asked"), one.incr("asked")] == [1, 2, 3]


EVERY_VERB: list[tuple[str, Callable[..., object], object, object]] = [
    ("get", lambda c: c.get("here", "nothing"), "a value", "nothing"),
    ("has_key", lambda c: "here" in c, True, False),
    ("get_many", lambda c: c.get_many(["here", "away"]), {"here": "a value"}, {}),
    ("add", lambda c: c.add("new", 1), True, True),
    ("set", lambda c: c.set("new", 1), None, None),
    ("set_many", lambda c: c.set_many({"one": 1, "two": 2}), [], []),
    ("touch", lambda c: c.touch("here", 60), True, False),
    ("delete", lambda c: c.delete("here"), True, False),
    ("delete_many", lambda c: c.delete_many(["here"]), None, None),
    ("clear", lambda c: c.clear(), True, False),
]


@pytest.mark.parametrize(("verb", "act", "with_it", "without"), EVERY_VERB, ids=[row[0] for row in EVERY_VERB])
def test_every_verb_goes_on_without_redis(redis: Redis, verb: str, act: Callable[..., object], with_it: object, without: object):
    for alias in ("default", "sessions"):
        caches[alias].set("here", "a value")
        assert act(caches[alias]) == with_it
        caches[alias].set("here", "a value")
    link = caches["default"]._cache.link
    link.lose(ConnectionError(), time.monotonic() + 3600)  # as if it had just been asked in vain
    assert act(caches["sessions"]) == without
    assert act(caches["default"]) == (without if verb != "clear" else None)  # the spare memory is empty at first


def test_counting_goes_on_in_the_process_and_starts_anew_in_redis(redis: Redis):
    cache = caches["default"]
    cache.set("guesses", 7)
    assert cache.incr("guesses") == 8
    redis.stop()
    with pytest.raises(ValueError):
        cache.incr("guesses")
    cache.add("guesses", 0)
    assert [cache.incr("guesses") for _ in range(3)] == [1, 2, 3]
    with pytest.raises(ValueError):
        caches["sessions"].incr("guesses")
    redis.start()
    assert cache.get("guesses") is None


def test_it_is_said_once_when_redis_goes_and_once_when_it_returns(redis: Redis, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.WARNING)
    redis.stop()
    for _ in range(5):
        assert caches["default"].get("x") is None
        assert caches["sessions"].get("x") is None
    [gone] = told(caplog)
    assert gone.startswith(f"Redis at 127.0.0.1:{redis.port} does not answer (ConnectionError).")
    redis.start()
    for _ in range(5):
        caches["sessions"].set("x", 1)
    assert told(caplog)[1:] == [f"Redis at 127.0.0.1:{redis.port} answers again."]
    assert caches["sessions"].get("x") == 1


def test_nobody_waits_for_a_redis_that_did_not_answer_a_moment_ago(redis: Redis):
    redis.stop()
    assert caches["default"].get("x") is None
    link = caches["default"]._cache.link
    asked = link.ask_at
    assert not link.may_ask(asked - 0.1)
    assert link.may_ask(asked), "after the pause the first one asks"
    assert not link.may_ask(asked), "and whoever comes beside them does not wait"


def test_a_redis_that_takes_the_call_and_says_nothing_is_lost_too(redis: Redis, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tolerant, "ANSWER_S", 0.05)
    cache = tolerant.TolerantRedisCache(redis.url, {"KEY_PREFIX": "besa-session"})
    cache.set("x", 1)
    redis.process.send_signal(signal.SIGSTOP)
    try:
        assert cache.get("x") is None
        assert cache.is_lost
    finally:
        redis.process.send_signal(signal.SIGCONT)
    tolerant._link(redis.url).ask_at = 0.0
    assert cache.get("x") == 1
    assert not cache.is_lost


def test_what_changed_meanwhile_is_gone_when_redis_returns(redis: Redis):
    """Redis keeps its data over the stop, so without this an ended session would live on."""
    cache = caches["sessions"]
    for name in ("kept", "changed", "ended", "ended-too"):
        cache.set(name, "before")
    redis.stop()
    cache.set("changed", "after")
    cache.delete("ended")
    cache.delete_many(["ended-too"])
    redis.start()
    assert [cache.get(name) for name in ("kept", "changed", "ended", "ended-too")] == ["before", None, None, None]


def test_more_changes_than_are_remembered_empty_all_of_it(redis: Redis, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tolerant, "MOST_MISSED", 3)
    cache = caches["sessions"]
    cache.set("kept", "before")
    redis.stop()
    for n in range(5):
        cache.delete(f"ended-{n}")
    redis.start()
    assert cache.get("kept") is None


def test_a_password_in_the_address_is_not_logged(caplog: pytest.LogCaptureFixture):
    link = tolerant._link("redis://:secret-word@cache.example.org/0")
    link.lose(ConnectionError("secret-word"), 0.0)
    assert "cache.example.org:6379" in caplog.text
    assert "secret-word" not in caplog.text
    tolerant._links.clear()


def test_sessions_are_kept_for_ten_minutes_at_most(redis: Redis):
    caches["sessions"].set("x", 1, 60 * 60 * 24)
    caches["default"].set("x", 1, 60 * 60 * 24)
    client = caches["sessions"]._cache.get_client()
    assert 0 < client.ttl("besa-session:1:x") <= 600
    assert client.ttl("besa:1:x") > 600


# -- a learner -------------------------------------------------------------------------------------------------------


def come(client: Client, learner: User) -> None:
    client.force_login(learner, backend="allauth.account.auth_backends.AuthenticationBackend")


def whose(client: Client) -> User | None:
    request = HttpRequest()
    request.session = client.session
    user = get_user(request)
    return user if user.is_authenticated else None


def test_a_learner_stays_signed_in_while_redis_is_away_and_after(redis: Redis, client: Client):
    learner = make_learner()
    come(client, learner)
    redis.stop()
    assert whose(client) == learner
    assert client.get("/progress/").status_code == 200
    redis.start()
    assert whose(client) == learner


def test_who_signs_out_while_redis_is_away_stays_signed_out_when_it_returns(redis: Redis, client: Client):
    learner = make_learner()
    come(client, learner)
    thief = Client()
    thief.cookies["sessionid"] = client.cookies["sessionid"].value
    assert whose(thief) == learner
    redis.stop()
    client.post("/accounts/logout/")
    redis.start()
    assert whose(thief) is None


def test_readiness_tells_that_the_cache_is_gone_and_stays_ready(redis: Redis, client: Client):
    make_lesson()
    assert client.get("/readyz").text == "ready\n"
    redis.stop()
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.text == f"ready\nbut {CACHE_GONE}\n"
    redis.start()
    assert client.get("/readyz").text == "ready\n"
