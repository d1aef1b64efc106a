"""The database goes away, is locked, or finds no room, while learners save: people get a sentence, and nothing acknowledged is lost."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bench.load import House
from bench.player import EXAM
from bench.services import Postgres, Redis, redis_program, wait_for
from tests.faults.conftest import Fault, furnish, on_postgres, on_sqlite, open_house, whole

pytestmark = pytest.mark.faults


def told(fault: Fault) -> dict[str, str]:
    """What somebody who comes now is told: /healthz, /readyz, and a page that needs the database."""
    session = fault.sessions[-1]
    alive, _, _ = fault.ask("/healthz")
    assert alive == 200
    ready, _, reason = fault.ask("/readyz")
    page, headers, words = fault.ask("/progress/", session=session)
    if page == 503:
        assert headers["retry-after"] == "5"
        assert "Everything that was saved before is kept." in words
    return {"ready": str(ready), "reason": reason.strip(), "page": str(page), "words": words}


def start_exam(fault: Fault) -> Callable[[], tuple[int, dict[str, str], dict[str, Any]]]:
    """Somebody beside the crowd, with a save at hand that is always the same."""
    status, headers, _ = fault.ask(f"/exams/{EXAM}/", fields="", session=fault.sessions[-2])
    assert status == 302
    place = f"{headers['location']}slots/1/draft/"

    def save() -> tuple[int, dict[str, str], dict[str, Any]]:
        status, headers, body = fault.ask(
            place, fields="answer=A&revision=0&save_id=one-and-the-same", session=fault.sessions[-2], Accept="application/json"
        )
        return status, headers, json.loads(body)

    return save


def visit(fault: Fault) -> int:
    """The status of a request that writes each time: it adds to the time of a visit, in an exam of somebody's own."""
    session = fault.sessions[-3]
    status, headers, _ = fault.ask(f"/exams/{EXAM}/", fields="", session=session)
    if status != 302:
        return status
    place = f"{headers['location']}slots/2/draft/"
    return fault.ask(place, fields="flagged=1&spent_ms=7", session=session, Accept="application/json")[0]


def is_ready(fault: Fault) -> bool:
    return fault.ask("/readyz")[0] == 200


def some_saves(fault: Fault, count: int = 30) -> None:
    moment = fault.receipts() + count
    wait_for(lambda: fault.receipts() > moment, "nobody saves")


def test_postgresql_is_restarted_under_load(
    tmp_path: Path, furnished_cluster: tuple[Postgres, list[str]], cluster: Postgres, rounds: int
) -> None:
    fault = on_postgres(tmp_path, furnished_cluster)
    seen: list[dict[str, str]] = []

    def restart() -> None:
        for turn in range(max(2, rounds // 2)):
            some_saves(fault)
            cluster.stop("immediate" if turn % 2 == 0 else "fast")
            seen.append(told(fault))
            cluster.start()
            wait_for(lambda: is_ready(fault), "the app does not come back")

    fault.server.start()
    try:
        assert whole(fault.under_load(restart))
    finally:
        fault.server.kill()
    for look in seen:
        assert (look["ready"], look["reason"]) == ("503", "not ready: the database does not answer")
        assert (look["page"], "The database cannot be reached at the moment" in look["words"]) == ("503", True)
    assert any("503" in trouble for trouble in fault.troubles), fault.troubles


@contextmanager
def locked(fault: Fault) -> Iterator[None]:
    """Somebody holds what every save needs."""
    if fault.vendor == "sqlite":
        with closing(sqlite3.connect(fault.house.folder / "besa.sqlite3", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")
        return
    with psycopg.connect(fault.house.url) as other:
        other.execute("LOCK TABLE quizzes_slot IN ACCESS EXCLUSIVE MODE")
        yield
        other.rollback()


def test_the_database_is_locked_for_longer_than_anybody_waits(fault: Fault) -> None:
    save = start_exam(fault)
    seen: dict[str, Any] = {}

    def lock() -> None:
        some_saves(fault)
        with locked(fault):
            status, headers, said = save()
            seen.update(status=status, after=headers.get("retry-after"), said=said, **told(fault))
        wait_for(lambda: is_ready(fault), "the app does not come back")
        assert save()[0] == 200
        some_saves(fault)

    assert whole(fault.under_load(lock))
    assert (seen["status"], seen["after"], seen["said"]["status"]) == (503, "5", "outage")
    assert seen["said"]["message"].startswith(
        "The database was busy with something else for too long, so your last change is not confirmed yet."
    )
    if fault.vendor == "sqlite":  # one lock for the whole file; pages that only read go on
        assert (seen["ready"], seen["page"]) == ("503", "200")
        assert "locked by another process" in seen["reason"]


# -- no room ---------------------------------------------------------------------------------------------------------


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[None]:
    """A file system of this size at this folder, which anybody may enter."""
    if os.geteuid() != 0:
        pytest.skip("making a small disk needs root")
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0777", "none", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(ballast: Path) -> None:
    """Take all the room that is left."""
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue


def test_the_disk_of_sqlite_is_full(tmp_path: Path, furnished_file: tuple[Path, list[str]]) -> None:
    disk = tmp_path / "disk"
    seen: dict[str, Any] = {}
    with small_disk(disk, 128):
        fault = on_sqlite(disk, furnished_file)

        def no_room() -> None:
            save = start_exam(fault)
            some_saves(fault)
            fill(disk / "ballast")
            wait_for(lambda: visit(fault) == 503, "there is still room: the log of the database had some left")
            wait_for(lambda: not is_ready(fault), "/readyz does not notice")
            status, headers, said = save()
            seen.update(status=status, after=headers.get("retry-after"), said=said, **told(fault))
            (disk / "ballast").unlink()
            wait_for(lambda: is_ready(fault), "the app does not come back")
            assert save()[0] == 200
            some_saves(fault)

        fault.server.start()
        try:
            verdict = fault.under_load(no_room)
        finally:
            fault.server.kill()
        assert whole(verdict)
        assert fault.house.rows("PRAGMA integrity_check") == [("ok",)]
    assert (seen["status"], seen["after"], seen["said"]["status"]) == (503, "5", "outage")
    assert seen["said"]["message"].startswith("The disk of the server takes nothing more at the moment")
    assert seen["reason"].startswith("not ready: the disk of the database is full")
    assert seen["page"] in ("200", "503")


def test_the_disk_of_postgresql_is_full(tmp_path: Path) -> None:
    """PostgreSQL itself stops where its log finds no room; it is started again when there is some."""
    disk = Path(tempfile.mkdtemp(prefix="besa-disk-")) / "disk"  # the user postgres may not enter the folders of this run
    disk.parent.chmod(0o755)
    seen: dict[str, Any] = {}
    with small_disk(disk, 160), Postgres(disk, settings={"max_wal_size": "32MB", "min_wal_size": "32MB"}) as cluster:
        sessions = furnish(tmp_path, {"DATABASE_URL": cluster.url})
        fault = on_postgres(tmp_path, (cluster, sessions))

        def no_room() -> None:
            save = start_exam(fault)
            some_saves(fault)
            fill(disk / "ballast")
            with pytest.raises(psycopg.Error):
                fill_the_log(cluster)
            wait_for(lambda: not is_ready(fault), "there is still room")
            seen.update(said=save()[2], **told(fault))
            (disk / "ballast").unlink()
            cluster.stop("immediate")
            cluster.start()
            wait_for(lambda: is_ready(fault), "the app does not come back")
            assert save()[0] == 200
            some_saves(fault)

        fault.server.start()
        try:
            verdict = fault.under_load(no_room)
        finally:
            fault.server.kill()
        assert whole(verdict)
    assert seen["said"]["status"] == "outage"
    assert seen["ready"] == "503"


def fill_the_log(cluster: Postgres) -> None:
    """Write into it until it needs another file, for which there is no room: then PostgreSQL stops."""
    with psycopg.connect(cluster.url, autocommit=True) as other:
        for _ in range(400):
            other.execute("SELECT pg_logical_emit_message(false, 'ballast', repeat('x', 1000000))")


# -- Redis -----------------------------------------------------------------------------------------------------------


def test_redis_is_lost(tmp_path: Path, furnished_cluster: tuple[Postgres, list[str]]) -> None:
    """Saves are taken and pages answer without it, and again with it."""
    if redis_program() is None:
        pytest.skip("neither redis-server nor valkey-server is installed here")
    with Redis() as redis:
        fault = on_postgres(tmp_path, furnished_cluster, REDIS_URL=redis.url)
        seen: list[dict[str, str]] = []

        def lose() -> None:
            some_saves(fault)
            redis.kill()
            some_saves(fault)
            seen.append(told(fault))
            redis.start()
            some_saves(fault)
            seen.append(told(fault))

        fault.server.start()
        try:
            assert whole(fault.under_load(lose))
        finally:
            fault.server.kill()
        assert [(look["ready"], look["page"]) for look in seen] == [("200", "200")] * 2
        assert not fault.troubles, fault.troubles


def test_before_the_tables_are_there_it_says_so(tmp_path: Path) -> None:
    fault = open_house(House("SQLite", tmp_path, 1, {}), ["nobody"], workers=1)
    fault.server.start()
    try:
        look = told(fault)
    finally:
        fault.server.kill()
    assert (look["ready"], look["reason"]) == ("503", "not ready: tables are missing: run manage.py migrate")
    assert (look["page"], "being brought up to date" in look["words"]) == ("503", True)
