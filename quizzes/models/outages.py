"""What the drivers say when a database is away, busy, full, read-only or behind; and a look at whether it can be written to."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connections
from django.db import Error as AnyError

from quizzes.domain.outage import Outage

#: How long a look may wait for another process's lock: less than `/readyz` has.
_LOOK_WAITS_MS = 500

# By the primary code of the result: https://www.sqlite.org/rescode.html, read 2026-11-26.
_SQLITE = {
    sqlite3.SQLITE_BUSY: Outage.BUSY, sqlite3.SQLITE_LOCKED: Outage.BUSY, sqlite3.SQLITE_PROTOCOL: Outage.BUSY,
    sqlite3.SQLITE_FULL: Outage.DISK, sqlite3.SQLITE_IOERR: Outage.DISK,
    sqlite3.SQLITE_READONLY: Outage.READ_ONLY, sqlite3.SQLITE_CANTOPEN: Outage.AWAY,
    sqlite3.SQLITE_CORRUPT: Outage.AWAY, sqlite3.SQLITE_NOTADB: Outage.AWAY,
}  # fmt: skip

# By SQLSTATE, whole or its class of two characters: PostgreSQL's appendix A, read 2026-11-26.
_POSTGRES = {
    "08": Outage.AWAY, "57P": Outage.AWAY, "58": Outage.DISK, "53100": Outage.DISK, "53": Outage.BUSY,
    "55P03": Outage.BUSY, "40": Outage.BUSY, "57014": Outage.BUSY, "25P": Outage.BUSY,
    "25006": Outage.READ_ONLY, "42P01": Outage.BEHIND, "42703": Outage.BEHIND,
}  # fmt: skip


def outage_of(problem: BaseException | None) -> Outage | None:
    """The outage that this exception, or one that it came from, tells of; None where it is a fault of ours."""
    for error in _chain(problem):
        if isinstance(error, AnyError) and (found := _of_driver(error)):
            return found
    return None


def _chain(problem: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while problem is not None and id(problem) not in seen:
        seen.add(id(problem))
        yield problem
        problem = problem.__cause__ or problem.__context__


def _of_driver(error: AnyError) -> Outage | None:
    cause = error.__cause__
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", None)
        if code == sqlite3.SQLITE_ERROR and str(cause).startswith(("no such table", "no such column")):
            return Outage.BEHIND
        return _SQLITE.get(code & 0xFF) if code is not None else None
    state = getattr(cause, "sqlstate", None)
    if state:
        return next((_POSTGRES[state[:length]] for length in (5, 3, 2) if state[:length] in _POSTGRES), None)
    # No state: the server never said a word. Of a connection that was closed under us, Django says so itself.
    return Outage.AWAY if isinstance(error, OperationalError | InterfaceError) else None


def try_to_write(using: str = DEFAULT_DB_ALIAS) -> None:
    """Write what changes nothing, and yet has to reach the disk. Raises the driver's error, in Django's coat, where the database takes no writes."""
    connection = connections[using]
    with connection.cursor() as cursor:
        if connection.vendor != "sqlite":
            cursor.execute("UPDATE django_migrations SET applied = applied WHERE id = (SELECT MAX(id) FROM django_migrations)")
            return
        # SQLite leaves a row alone that stays the same; the number that it keeps for applications is always written.
        cursor.execute("PRAGMA busy_timeout")
        [before] = cursor.fetchone()
        cursor.execute("PRAGMA user_version")
        [number] = cursor.fetchone()
        cursor.execute(f"PRAGMA busy_timeout = {_LOOK_WAITS_MS}")
        try:
            cursor.execute(f"PRAGMA user_version = {number}")
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {before}")
