"""Backups of a house where people are writing, restored on either database; and both killed in the middle."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from bench.load import House, as_list, compare, same_moment
from bench.player import Learner
from bench.services import Postgres, wait_for
from tests.faults.conftest import PATIENCE, Fault, open_house, whole

pytestmark = pytest.mark.faults

TABLES = (
    "quizzes_user", "quizzes_question", "quizzes_questionversion", "quizzes_attempt", "quizzes_slot", "quizzes_response", "quizzes_seen",
    "quizzes_card", "django_session",
)  # fmt: skip


def acknowledged(learners: list[Learner]) -> dict[tuple[int, int], tuple[int, str]]:
    """Revision and moment of the last receipt of every place, at this moment."""
    return {
        (learner.attempt, position): (place.revision, place.saved_at)
        for learner in learners for position, place in list(learner.places.items()) if place.saves
    }  # fmt: skip


def counts(house: House) -> dict[str, int]:
    return {table: house.rows(f"SELECT COUNT(*) FROM {table}")[0][0] for table in TABLES}


def finished(process: Any) -> str:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return str(out)


def empty_house(vendor: str, folder: Path, cluster: Postgres) -> Fault:
    """A house with nothing in it, not even tables."""
    folder.mkdir()
    if vendor == "sqlite":
        return open_house(House("SQLite", folder, 1, {}), [], workers=1)
    url = cluster.create(f"empty{time.monotonic_ns()}", like="template0")
    return open_house(House("PostgreSQL", folder, 1, {"DATABASE_URL": url + PATIENCE}, cluster), [], workers=1)


def test_a_backup_under_load_can_be_restored_on_the_other_database(fault: Fault, tmp_path: Path, cluster: Postgres) -> None:
    file, told = tmp_path / "under-load.besa", dict[tuple[int, int], tuple[int, str]]()

    def back_up() -> None:
        moment = fault.receipts() + 30
        wait_for(lambda: fault.receipts() > moment, "nobody saves")
        told.update(acknowledged(fault.learners))
        finished(fault.manage("backup", str(file)))

    assert whole(fault.under_load(back_up))
    assert not fault.troubles, "a backup stands in nobody's way"
    other = empty_house("postgresql" if fault.vendor == "sqlite" else "sqlite", tmp_path / "other", cluster)
    finished(other.manage("restore", str(file)))
    kept = {
        (attempt, position): (revision, saved_at)
        for attempt, position, revision, saved_at in other.house.rows("SELECT attempt_id, position, revision, saved_at FROM quizzes_slot")
    }
    for place, (revision, saved_at) in told.items():
        assert kept[place][0] >= revision, "what was acknowledged before the backup began is in it"
        assert kept[place][0] > revision or same_moment(saved_at, kept[place][1])
    refused = other.manage("restore", str(file))
    assert "This database is not empty" in refused.communicate(timeout=120)[1]

    # The other house goes on where this one stood: the same people, signed in; new numbers for new rows; what was asked stays frozen.
    other.sessions = fault.sessions
    other.server.start()
    try:
        assert other.under_load(lambda: None, count=4).handed_in == 4
    finally:
        other.server.kill()
    with pytest.raises(Exception, match="frozen"):
        other.house.rows("UPDATE quizzes_response SET fraction = 0.5")


@pytest.mark.parametrize("fault", ["sqlite"], indirect=True)
def test_there_and_back_again_nothing_is_different(fault: Fault, tmp_path: Path, cluster: Postgres) -> None:
    """From SQLite to PostgreSQL and back: every row of every answer reads the same."""
    fault.under_load(lambda: time.sleep(0.3), count=3)
    there, back = tmp_path / "there.besa", tmp_path / "back.besa"
    first = json.loads(finished(fault.manage("backup", str(there), "--json")))
    other = empty_house("postgresql", tmp_path / "other", cluster)
    finished(other.manage("restore", str(there)))
    finished(other.manage("backup", str(back)))
    finished(fault.manage("restore", str(back), "--replace"))
    assert json.loads(finished(fault.manage("backup", str(there), "--json")))["rows"] == first["rows"]
    assert compare(fault.house, fault.learners).holds
    assert [as_list(row[0]) for row in fault.house.rows("SELECT save_ids FROM quizzes_slot ORDER BY id")] == [
        as_list(row[0]) for row in other.house.rows("SELECT save_ids FROM quizzes_slot ORDER BY id")
    ]


def test_killed_in_the_middle_the_old_is_whole(fault: Fault, tmp_path: Path, rounds: int) -> None:
    """A backup that dies leaves the older file; a restore that dies leaves the database as it was, or as it was to be."""
    fault.under_load(lambda: time.sleep(0.2), count=2)
    file = tmp_path / "killed.besa"
    took = time.monotonic()
    finished(fault.manage("backup", str(file)))
    took = time.monotonic() - took
    old, then = file.read_bytes(), counts(fault.house)
    fault.under_load(lambda: time.sleep(0.2), count=4)
    now = counts(fault.house)
    assert now != then
    outcomes = set()
    for turn in range(rounds):
        command = ["backup", str(file)] if turn % 2 else ["restore", str(file), "--replace"]
        if turn % 2 == 0:
            file.write_bytes(old)
        process = fault.manage(*command)
        with_luck = took * fault.rng.uniform(0.3, 1.1)  # most of a command's time goes by before it touches anything
        try:
            process.communicate(timeout=with_luck)
        except Exception:
            process.send_signal(signal.SIGKILL)
            process.communicate(timeout=60)
        if turn % 2:
            if file.read_bytes() != old:
                finished(fault.manage("restore", str(file), "--replace"))  # then it is a whole new one
        else:
            wait_for(lambda: counts(fault.house) in (then, now), "the database is neither the old nor the new", 10)
            outcomes.add("new" if counts(fault.house) == then else "old")
    assert outcomes
    if not fault.house.url:
        assert fault.house.rows("PRAGMA integrity_check") == [("ok",)]
