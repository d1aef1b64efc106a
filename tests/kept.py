"""What a test run may take over from the one before it: an SQLite file with all tables.

Nothing depends on it. Where the file is missing or made from other sources, migrations make the tables, as on every other database.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import sys
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

from django.conf import settings

FOLDER = Path(__file__).parents[1] / ".pytest_cache/tables"


def tables() -> Path:
    """Where a file with all tables lies, named by the checksum of all that it is made from: a change leads to another name, never to a stale file."""
    root = Path(settings.BASE_DIR)
    sources = [path for places in ("quizzes/migrations", "quizzes/models", "besa") for path in root.glob(f"{places}/*.py")]
    digest = hashlib.sha256(f"{sys.version} {sqlite3.sqlite_version} {version('django')} {version('django-allauth')}".encode())
    for path in sorted(sources):
        digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes())
    return FOLDER / f"{digest.hexdigest()[:32]}.sqlite3"


def take_tables(database: Path) -> bool:
    """Begin `database` as a copy of the file that was kept; False where there is none."""
    leave(database)
    try:
        shutil.copyfile(tables(), database)
    except FileNotFoundError:
        return False
    return True


def fill(database: sqlite3.Connection) -> None:
    """The same for a database in memory."""
    if tables().is_file():
        with closing(sqlite3.connect(tables())) as kept:
            kept.backup(database)


def keep_tables(database: Path) -> None:
    """Keep what the migrations made. Any number of workers may do so at once: each moves a whole file into place."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.sqlite3"):
        old.unlink(missing_ok=True)
    part = FOLDER / f"{os.getpid()}.part"
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("VACUUM INTO ?", [str(part)])
    part.replace(tables())


def leave(database: Path) -> None:
    """Remove a database with all its files."""
    for end in ("", "-wal", "-shm", "-journal"):
        Path(f"{database}{end}").unlink(missing_ok=True)
