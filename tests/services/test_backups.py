"""Backup and restore on the database of the test run: whole or not at all, and nobody's data is replaced by accident.

tests/faults/test_backup.py does it between both databases, while others write, and killed in the middle.
"""

from __future__ import annotations

import json
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from quizzes.domain.backup import DATABASE, MANIFEST
from quizzes.models import Question, Response, SearchEntry, User
from quizzes.services import attempts, backups
from tests.factories import T0, make_attempt, make_learner

pytestmark = pytest.mark.django_db(transaction=True)


def run(command: str, *words: str) -> str:
    out = StringIO()
    call_command(command, *words, stdout=out)
    return out.getvalue()


def sit() -> User:
    """A learner with a graded exam, and a session."""
    exam = make_attempt(started_at=T0)
    attempts.save_draft(
        learner=exam.learner, attempt=exam.pk, position=1, letters=["B"], revision=0, save_id="save-1", now=T0 + timedelta(minutes=1)
    )
    attempts.hand_in(learner=exam.learner, attempt=exam.pk, now=T0 + timedelta(minutes=2))
    Session.objects.create(session_key=f"session-{exam.pk}", session_data="x", expire_date=T0)
    return exam.learner


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, as the database gives it; not those that a restore works out anew."""
    found = {}
    for model in backups._tables():
        if hasattr(model._default_manager, "rebuild"):
            continue
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(model._meta.db_table)} ORDER BY 1")
            found[model._meta.db_table] = cursor.fetchall()
    return found


def test_everything_comes_back_and_stays_guarded(tmp_path: Path):
    learner, file = sit(), tmp_path / "evening.besa"
    before = everything()
    said = json.loads(run("backup", str(file), "--json"))
    assert {table: said["rows"][table] for table in before} == {table: len(rows) for table, rows in before.items()}
    assert (said["app"], said["vendor"], said["format"]) == ("besa-serverless", connection.vendor, 1)
    assert file.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["evening.besa"]

    User.objects.filter(pk=learner.pk).delete()
    newcomer = make_learner()
    with pytest.raises(CommandError, match=r"This database is not empty: it holds [\d,]+ rows\. Nothing was changed\..*--replace"):
        run("restore", str(file))
    assert User.objects.filter(pk=newcomer.pk).exists()

    assert "Restored" in run("restore", str(file), "--replace")
    assert everything() == before
    assert "Restored" in run("restore", str(file), "--replace"), "it is safe to repeat"
    assert everything() == before
    assert SearchEntry.objects.count() == Question.objects.filter(current__isnull=False).count(), "what is searched is written anew"
    # What was asked and answered is still frozen, and new rows get new numbers.
    with pytest.raises(IntegrityError), transaction.atomic():
        Response.objects.update(fraction=0.5)
    assert make_learner().pk > learner.pk
    sit()


def rewrite(file: Path, *, manifest: Callable[[dict[str, Any]], Any] = dict, database: Callable[[bytes], bytes] = bytes) -> None:
    """The archive once more, with something else in it."""
    with zipfile.ZipFile(file) as archive:
        facts, data = json.loads(archive.read(MANIFEST)), database(archive.read(DATABASE))
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(MANIFEST, json.dumps(manifest(facts)))
        archive.writestr(DATABASE, data)


def test_what_is_damaged_foreign_or_newer_changes_nothing(tmp_path: Path):
    sit()
    good = tmp_path / "good.besa"
    run("backup", str(good))
    before = everything()

    def refused(words: str, change: Callable[[Path], object]) -> None:
        file = tmp_path / "bad.besa"
        file.write_bytes(good.read_bytes())
        change(file)
        with pytest.raises(CommandError, match=words):
            run("restore", str(file), "--replace")
        assert everything() == before

    whole = good.read_bytes()
    refused("There is no file", lambda file: file.unlink())
    refused("damaged, or no backup", lambda file: file.write_text("just a text"))
    refused("damaged, or no backup", lambda file: file.write_bytes(whole[: len(whole) // 2]))
    refused("damaged, or no backup", lambda file: file.write_bytes(whole[:5000] + bytes(200) + whole[5200:]))
    refused("what it holds is not what was packed", lambda file: rewrite(file, database=lambda data: data[:-1] + b"x"))
    refused("a backup of 'other'", lambda file: rewrite(file, manifest=lambda facts: {**facts, "app": "other"}))
    later = {"quizzes": ["0001_first", "0999_later"]}
    refused("newer version", lambda file: rewrite(file, manifest=lambda facts: {**facts, "migrations": later}))
    rows = {"quizzes_user": 77}
    refused("quizzes_user has 1 rows where 77", lambda file: rewrite(file, manifest=lambda facts: {**facts, "rows": facts["rows"] | rows}))


def test_an_older_file_stays_where_a_new_one_cannot_be_made(tmp_path: Path):
    sit()
    file = tmp_path / "kept.besa"
    run("backup", str(file))
    before = file.read_bytes()
    (tmp_path / ".kept.besa.partial").mkdir()  # where the new archive would be written
    with pytest.raises(CommandError, match=r"cannot be written .* older file of that name is kept"):
        run("backup", str(file))
    assert file.read_bytes() == before
    with pytest.raises(CommandError, match=r"is not there\. Make it, or name another file"):
        run("backup", str(tmp_path / "nowhere/file.besa"))


def test_a_backup_is_a_database_that_other_programs_read(tmp_path: Path):
    learner, file = sit(), tmp_path / "plain.besa"
    run("backup", str(file))
    with zipfile.ZipFile(file) as archive:
        archive.extract(DATABASE, tmp_path)
    with closing(sqlite3.connect(tmp_path / DATABASE)) as copy:
        assert copy.execute("SELECT username FROM quizzes_user").fetchall() == [(learner.username,)]
        assert copy.execute("SELECT COUNT(*) FROM quizzes_response").fetchone() == (3,)
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
