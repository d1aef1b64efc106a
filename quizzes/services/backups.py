"""Backup and restore. A backup is an archive with a SQLite database of every table and a manifest: it can be restored on either database.

Both may run while the app serves. A backup holds one moment; a restore keeps what was there until all of the new is in.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import tempfile
import time
import tomllib
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import DEFAULT_DB_ALIAS, connection, connections, models, transaction
from django.db import Error as AnyError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.sqlite3.base import DatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from quizzes.domain.backup import APP, DATABASE, FORMAT, MANIFEST, BadBackup, Manifest, read_manifest, require_known, require_same_rows

#: Under this name the SQLite file of an archive is at hand.
COPY = "copy"
#: Rows that are read and written at once.
CHUNK = 2000
#: How long a restore waits for others to let go of a SQLite database, in seconds.
PATIENCE_S = 30


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore brought: the backup's own word, and whether its tables had to be brought to this version."""

    manifest: Manifest
    brought_up_to_date: bool

    @property
    def rows(self) -> int:
        return sum(self.manifest.rows.values())


# -- backup ----------------------------------------------------------------------------------------------------------


def back_up(path: Path, *, now: datetime) -> Manifest:
    """Write one moment of the database at hand into this file, checked, and put in place whole or not at all.

    What was answered before the call is in it. Raises BadBackup where there is nothing to back up, or the copy does not hold.
    """
    if not MigrationRecorder(connection).applied_migrations():
        raise BadBackup("There are no tables in this database yet, so there is nothing to back up. Check DATABASE_URL and DATA_DIR.")
    if not path.parent.is_dir():
        raise BadBackup(f"The folder {path.parent} is not there. Make it, or name another file.")
    copy, archive = path.with_name(f".{path.name}.copy"), path.with_name(f".{path.name}.partial")
    try:
        _remove(copy)
        copied = {} if connection.vendor == "sqlite" else _copy_rows_out(copy)
        if not copied:
            _copy_file(copy)
        with _opened(copy) as file:
            _require_sound(file)
            found = _count(file)
            require_same_rows(copied or found, found)
            manifest = Manifest(FORMAT, APP, app_version(), now.isoformat(), connection.vendor, _sha256(copy), _applied(file), found)
        _pack(archive, copy, manifest)
        os.replace(archive, path)
        _sync_folder(path.parent)
    finally:
        _remove(copy)
        _remove(archive)
    return manifest


def _copy_file(copy: Path) -> None:
    """SQLite makes the copy itself, of one moment, while others go on reading and writing."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(copy)])


def _copy_rows_out(copy: Path) -> dict[str, int]:
    """Every row of one moment into a new SQLite database with the same tables. Gives the number of rows by table."""
    if behind := _behind(connection):
        raise BadBackup(
            f"The database is behind this version ({behind} is missing), so nothing was backed up. Run manage.py migrate first."
        )
    with _opened(copy) as file:
        _migrate(file)
        with transaction.atomic(using=COPY), transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            for model in _tables():
                _empty(model, file)  # of what migrations put there
            return {model._meta.db_table: _copy_rows(model, source=connection, target=file) for model in _tables()}


# -- restore ---------------------------------------------------------------------------------------------------------


def restore(path: Path, *, replace: bool = False) -> Restored:
    """Bring the database at hand to what this backup holds. What was there before stays until all of the new is in.

    Raises BadBackup where the file is damaged, foreign or newer, and where the database is not empty and must not be replaced.
    """
    with tempfile.TemporaryDirectory(prefix="besa-restore-", dir=_room()) as folder:
        copy = Path(folder) / DATABASE
        manifest = _unpack(path, copy)
        with _opened(copy) as file:
            _require_sound(file)
            require_same_rows(manifest.rows, _count(file))
            require_known(manifest, _known())
            if not replace:
                _require_empty(path)
            behind = bool(_behind(file))
            if behind:
                _migrate(file)
            if connection.vendor == "sqlite":
                _put_file(file)
            else:
                _put_rows(file)
    _rebuild_what_follows()
    ContentType.objects.clear_cache()
    cache.clear()
    return Restored(manifest, behind)


def _rebuild_what_follows() -> None:
    """A table that is more than its rows, such as an index of words that each database keeps in its own way, has a manager with `rebuild`."""
    for model in _tables():
        if rebuild := getattr(model._default_manager, "rebuild", None):
            rebuild()


def _room() -> str | None:
    """Where the archive is unpacked: beside a SQLite database, as there is room for it; else where temporary files go."""
    return str(Path(connection.settings_dict["NAME"]).parent) if connection.vendor == "sqlite" else None


def _unpack(path: Path, copy: Path) -> Manifest:
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = read_manifest(archive.read(MANIFEST))
            size = archive.getinfo(DATABASE).file_size
            if size > shutil.disk_usage(copy.parent).free:
                raise BadBackup(f"Unpacked, this backup takes {size:,} bytes, and {copy.parent} has not so much room. Nothing was changed.")
            with archive.open(DATABASE) as packed, copy.open("wb") as file:
                shutil.copyfileobj(packed, file, 1 << 20)
    except FileNotFoundError as problem:
        raise BadBackup(f"There is no file {path}. Nothing was changed.") from problem
    except (zipfile.BadZipFile, KeyError, OSError, EOFError, NotImplementedError, RuntimeError, ValueError, zlib.error) as problem:
        raise BadBackup(f"{path.name} is damaged, or no backup of this app ({problem}). Nothing was changed.") from problem
    if _sha256(copy) != manifest.sha256:
        raise BadBackup(f"{path.name} is damaged: what it holds is not what was packed. Nothing was changed. Take another backup.")
    return manifest


def _require_empty(path: Path) -> None:
    tables = set(connection.introspection.table_names())
    rows = sum(_count_table(connection, model._meta.db_table) for model in _tables() if _is_ours(model) and model._meta.db_table in tables)
    if rows:
        raise BadBackup(
            f"This database is not empty: it holds {rows:,} rows. Nothing was changed. To put {path.name} in their place, "
            "back up what is there, then say restore again with --replace."
        )


def _put_file(file: DatabaseWrapper) -> None:
    """Page by page into the database that may be in use, in one transaction of SQLite's own: others see the old or the new."""
    connection.ensure_connection()
    until = time.monotonic() + PATIENCE_S

    def look(status: int, remaining: int, total: int) -> None:
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) and time.monotonic() > until:
            raise BadBackup(
                f"Another process kept the database for {PATIENCE_S} seconds. Nothing was changed. Stop the app, then try again."
            )

    try:
        file.connection.backup(connection.connection, progress=look)
    except sqlite3.DatabaseError as problem:
        raise BadBackup(f"The backup could not be written into the database ({problem}). What was there before is kept.") from problem


def _put_rows(file: DatabaseWrapper) -> None:
    """Every row of the file in place of those that are there, in one transaction."""
    if _behind(connection):
        call_command("migrate", verbosity=0, interactive=False)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {', '.join(connection.ops.quote_name(model._meta.db_table) for model in _tables())}")
        copied = {model._meta.db_table: _copy_rows(model, source=file, target=connection) for model in _tables()}
        require_same_rows({table: rows for table, rows in _count(file).items() if table in copied}, copied)
        with connection.cursor() as cursor:
            for statement in connection.ops.sequence_reset_sql(no_style(), list(_tables())):
                cursor.execute(statement)
        connection.check_constraints()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


# -- the SQLite file of an archive -----------------------------------------------------------------------------------


@contextmanager
def _opened(path: Path) -> Iterator[DatabaseWrapper]:
    """This SQLite file under the name COPY. Nobody else uses it, so nothing is promised of it before it is whole."""
    facts = {
        **connections[DEFAULT_DB_ALIAS].settings_dict, "ENGINE": "django.db.backends.sqlite3", "NAME": str(path), "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": False, "ATOMIC_REQUESTS": False, "AUTOCOMMIT": True, "TIME_ZONE": None,
        "OPTIONS": {"init_command": "PRAGMA journal_mode=DELETE;PRAGMA synchronous=OFF;PRAGMA foreign_keys=OFF;"},
    }  # fmt: skip
    file = DatabaseWrapper(facts, alias=COPY)
    connections[COPY] = file
    try:
        yield file
    except sqlite3.DatabaseError as problem:
        raise BadBackup(f"The copy cannot be read ({problem}), so it is damaged. Nothing was changed.") from problem
    finally:
        file.close()
        del connections[COPY]


def _migrate(file: DatabaseWrapper) -> None:
    """Bring the file to this version. Migrations know one database: while they run, the file stands in the place of the app's."""
    app_database = connections[DEFAULT_DB_ALIAS]
    spare = DatabaseWrapper(file.settings_dict, alias=DEFAULT_DB_ALIAS)
    connections[DEFAULT_DB_ALIAS] = spare
    try:
        call_command("migrate", verbosity=0, interactive=False)
    finally:
        connections[DEFAULT_DB_ALIAS] = app_database
        ContentType.objects.clear_cache()  # it knows the numbers of the file
        spare.close()


def _require_sound(file: DatabaseWrapper) -> None:
    try:
        with file.cursor() as cursor:
            cursor.execute("PRAGMA integrity_check")
            faults = [row[0] for row in cursor.fetchall() if row[0] != "ok"]
            if not faults:
                cursor.execute("PRAGMA foreign_key_check")
                faults = [f"a row of {row[0]} points at a row of {row[2]} that is not there" for row in cursor.fetchall()]
    except AnyError as problem:
        faults = [str(problem)]
    if faults:
        raise BadBackup(f"The copy is damaged ({faults[0]}), so it is not taken. What was there before is kept.")


def _pack(archive: Path, copy: Path, manifest: Manifest) -> None:
    """The archive is for its owner's eyes: it holds everybody's answers and sessions."""
    with os.fdopen(os.open(archive, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr(MANIFEST, manifest.as_text())
            packed.write(copy, DATABASE)
        file.flush()
        os.fsync(file.fileno())


# -- rows ------------------------------------------------------------------------------------------------------------


def _tables() -> list[type[models.Model]]:
    """Every table with rows of its own, those between two others included."""
    found = {
        model._meta.db_table: model for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy and not model._meta.swapped
    }  # fmt: skip
    return list(found.values())


def _is_ours(model: type[models.Model]) -> bool:
    return model._meta.app_label == "quizzes"


def _copy_rows(model: type[models.Model], *, source: BaseDatabaseWrapper, target: BaseDatabaseWrapper) -> int:
    """Copy a table by the values of its fields, so that each database stores them in its own way. Gives the number of rows."""
    fields = [field for field in model._meta.concrete_fields if not getattr(field, "generated", False)]
    quote = target.ops.quote_name
    columns, places = ", ".join(quote(str(field.column)) for field in fields), ", ".join(["%s"] * len(fields))
    into = f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES ({places})"  # noqa: S608 (our own names; values travel apart)
    rows = model._base_manager.using(source.alias).order_by("pk").values_list(*(field.attname for field in fields))
    count, chunk = 0, list[list[Any]]()

    def write() -> None:
        try:
            with target.cursor() as cursor:
                cursor.executemany(into, chunk)
        except AnyError as problem:
            said = str(problem).strip().splitlines()[0]
            raise BadBackup(f"A row of {model._meta.db_table} cannot be taken over ({said}). What was there before is kept.") from problem

    for row in rows.iterator(chunk_size=CHUNK):
        chunk.append([field.get_db_prep_save(value, target) for field, value in zip(fields, row, strict=True)])
        count += 1
        if len(chunk) == CHUNK:
            write()
            chunk.clear()
    if chunk:
        write()
    return count


def _empty(model: type[models.Model], file: DatabaseWrapper) -> None:
    with file.cursor() as cursor:
        cursor.execute(f"DELETE FROM {file.ops.quote_name(model._meta.db_table)}")  # noqa: S608 (our own name)


def _count(database: BaseDatabaseWrapper) -> dict[str, int]:
    """The number of rows of every table of the app's that is there."""
    there = set(database.introspection.table_names())
    return {name: _count_table(database, name) for name in sorted(model._meta.db_table for model in _tables()) if name in there}


def _count_table(database: BaseDatabaseWrapper, table: str) -> int:
    with database.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM {database.ops.quote_name(table)}")  # noqa: S608 (our own name)
        [count] = cursor.fetchone()
    return int(count)


# -- versions --------------------------------------------------------------------------------------------------------


def _applied(database: BaseDatabaseWrapper) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for app, name in sorted(MigrationRecorder(database).applied_migrations()):
        found.setdefault(app, []).append(name)
    return found


def _known() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for app, name in MigrationLoader(None).disk_migrations:
        found.setdefault(app, set()).add(name)
    return found


def _behind(database: BaseDatabaseWrapper) -> str:
    """The first migration that is missing in this database; empty where none is."""
    applied = _applied(database)
    missing = [f"{app}.{name}" for app, names in _known().items() for name in names if name not in applied.get(app, ())]
    return min(missing, default="")


def app_version() -> str:
    with (settings.BASE_DIR / "pyproject.toml").open("rb") as file:
        version: str = tomllib.load(file)["project"]["version"]
    return version


# -- files -----------------------------------------------------------------------------------------------------------


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _remove(path: Path) -> None:
    for name in (path, path.with_name(f"{path.name}-journal"), path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        name.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Make the new name outlive a power cut, where the file system lets a folder be synced."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
