"""A cache in Redis that may be lost without anybody being turned away (docs/decisions/0027).

While Redis does not answer, what counts (limits on sign-in, guesses) is counted by each process for itself, and sessions are read
from the database, where they always are. It is logged once when it goes and once when it returns; `/readyz` says so in between.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

logger = logging.getLogger(__name__)

#: What tells that Redis is not there, or does not take anything (its memory or disk is full).
LOST = (RedisError, OSError)
#: Seconds until a Redis that did not answer is asked again; in between nobody waits for it.
PAUSE_S = 3.0
#: How long an answer may take. One on the same network takes a millisecond.
ANSWER_S = 1.0
#: Keys remembered to be removed when Redis returns; beyond that all of it is emptied.
MOST_MISSED = 10_000


#: A key as the client takes it; ours are text.
Key = Any


class Link:
    """What this process knows of one Redis: whether it answers, when to ask again, and which keys changed without it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_lost = False
        self.ask_at = 0.0
        self.missed: set[str] = set()
        self.missed_all = False
        self._lock = Lock()

    def may_ask(self, now: float) -> bool:
        """Whether to ask now. Of a lost one, the first who comes after the pause asks, and nobody waits beside them."""
        if not self.is_lost:
            return True
        with self._lock:
            if now < self.ask_at:
                return False
            self.ask_at = now + PAUSE_S
            return True

    def lose(self, problem: Exception, now: float) -> None:
        with self._lock:
            was_lost, self.is_lost, self.ask_at = self.is_lost, True, now + PAUSE_S
        if not was_lost:
            logger.warning(
                "Redis at %s does not answer (%s). Sessions are read from the database, and each process counts for itself, until it returns.",
                self.name, type(problem).__name__,
            )  # fmt: skip

    def miss(self, keys: Iterable[str]) -> None:
        with self._lock:
            self.missed.update(keys)
            if len(self.missed) > MOST_MISSED:
                self.missed_all = True
                self.missed.clear()

    def found(self) -> None:
        if self.is_lost:
            with self._lock:
                was_lost, self.is_lost = self.is_lost, False
            if was_lost:
                logger.warning("Redis at %s answers again.", self.name)


_links: dict[str, Link] = {}


def _link(server: str) -> Link:
    """One for each Redis and process: threads have clients of their own."""
    address = urlsplit(server)  # without the password
    return _links.setdefault(server, Link(f"{address.hostname}:{address.port or 6379}" if address.hostname else address.path))


class TolerantClient(RedisCacheClient):
    """Every verb of the client asks Redis, or does what it can without."""

    def __init__(self, servers: list[str], *, spare: bool = False, **options: Any) -> None:
        # Once more at once, for a connection that was closed while nobody looked; never longer.
        patience = {"socket_connect_timeout": ANSWER_S, "socket_timeout": ANSWER_S, "retry": Retry(NoBackoff(), 1)}
        super().__init__(servers, **{**patience, **options})
        self.link = _link(servers[0])
        self.spare = LocMemCache(f"spare of {servers[0]}", {"max_entries": MOST_MISSED}) if spare else None

    def _ask(self, verb: str, *values: Any, changes: Iterable[str] = (), instead: Callable[[], Any] = lambda: None) -> Any:
        link = self.link
        if link.may_ask(time.monotonic()):
            try:
                if link.is_lost:
                    self._make_good()
                answer = getattr(RedisCacheClient, verb)(self, *values)
            except LOST as problem:
                link.lose(problem, time.monotonic())
            except ValueError:  # an answer too: there is no such count
                link.found()
                raise
            else:
                link.found()
                return answer
        link.miss(changes)
        if self.spare is None:
            return instead()
        return getattr(self.spare, verb)(*values)

    def _make_good(self) -> None:
        """Before a Redis that returned is believed: what changed meanwhile goes, a session that was ended above all."""
        missed = set(self.link.missed)
        if self.link.missed_all:
            super().clear()
        elif missed:
            super().delete_many(missed)
        self.link.missed_all = False
        self.link.missed -= missed
        if self.spare is not None:
            self.spare.clear()

    def add(self, key: Key, value: Any, timeout: Any) -> Any:
        return self._ask("add", key, value, timeout, changes=[key], instead=lambda: True)

    def get(self, key: Key, default: Any) -> Any:
        return self._ask("get", key, default, instead=lambda: default)

    def set(self, key: Key, value: Any, timeout: Any) -> None:
        self._ask("set", key, value, timeout, changes=[key])

    def touch(self, key: Key, timeout: Any) -> Any:
        return self._ask("touch", key, timeout, instead=lambda: False)

    def delete(self, key: Key) -> Any:
        return self._ask("delete", key, changes=[key], instead=lambda: False)

    def get_many(self, keys: Iterable[Key]) -> Any:
        return self._ask("get_many", list(keys), instead=dict)

    def has_key(self, key: Key) -> Any:
        return self._ask("has_key", key, instead=lambda: False)

    def incr(self, key: Key, delta: int) -> Any:
        def unknown() -> None:
            raise ValueError(f"Key '{key}' not found.")

        return self._ask("incr", key, delta, changes=[key], instead=unknown)

    def set_many(self, data: Mapping[Key, Any], timeout: Any) -> None:
        self._ask("set_many", data, timeout, changes=data)

    def delete_many(self, keys: Iterable[Key]) -> None:
        keys = list(keys)
        self._ask("delete_many", keys, changes=keys)

    def clear(self) -> Any:
        def later() -> bool:
            self.link.missed_all = True
            return False

        return self._ask("clear", instead=later)


class TolerantRedisCache(RedisCache):
    """Django's own backend over a `TolerantClient`.

    OPTIONS: `spare`: while Redis is lost, this process keeps values in its own memory; without, all reads find nothing.
    `longest_s`: nothing is kept longer, so that what a process missed and forgot cannot be read for ever.
    """

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        options = dict(params.get("OPTIONS", {}))
        self._longest_s: int | None = options.pop("longest_s", None)
        super().__init__(server, {**params, "OPTIONS": options})
        self._class, self._server = TolerantClient, server

    def get_backend_timeout(self, timeout: Any = DEFAULT_TIMEOUT) -> float | None:
        seconds = super().get_backend_timeout(timeout)
        if self._longest_s is None:
            return seconds
        return self._longest_s if seconds is None else min(seconds, self._longest_s)

    @property
    def is_lost(self) -> bool:
        """Whether Redis does not answer just now; asks it."""
        self.get("anybody-there")
        return _link(self._server).is_lost
