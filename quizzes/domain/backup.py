"""What a backup says of itself, and what of it this version can take."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass

from quizzes.domain.errors import Refusal

#: Raised when the archive itself is built otherwise. What the tables look like is told by the migrations.
FORMAT = 1
APP = "besa-serverless"
#: The two files of the archive.
MANIFEST, DATABASE = "manifest.json", "besa.sqlite3"


class BadBackup(Refusal):
    """A file that cannot be restored, or a place where it must not be."""

    code = "backup"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What lies in the archive. `rows` counts each table, `migrations` names those that were in, by app; `made_at` is a moment in ISO format."""

    format: int
    app: str
    version: str
    made_at: str
    vendor: str
    sha256: str
    migrations: dict[str, list[str]]
    rows: dict[str, int]

    def as_text(self) -> str:
        return json.dumps(asdict(self), indent=2) + "\n"


def read_manifest(text: str | bytes) -> Manifest:
    """The manifest of a backup. Raises BadBackup for one of something else, or of a format that is not known yet."""
    try:
        facts = json.loads(text)
        if facts["app"] != APP:
            raise BadBackup(f"This is a backup of {facts['app']!r}, not of {APP}. Nothing was changed.")
        if facts["format"] > FORMAT:
            raise BadBackup(
                f"This backup was made by version {facts['version']}, in a format that this version does not know. "
                "Nothing was changed. Bring the app up to date, then restore."
            )
        return Manifest(**{name: facts[name] for name in Manifest.__slots__})
    except (ValueError, KeyError, TypeError) as problem:
        raise BadBackup(
            "The description in this file cannot be read, so it is damaged or no backup of this app. Nothing was changed."
        ) from problem


def require_known(manifest: Manifest, known: Mapping[str, Collection[str]]) -> None:
    """Raises BadBackup where the backup has seen migrations that this version does not have."""
    unknown = [f"{app}.{name}" for app, names in manifest.migrations.items() for name in names if name not in known.get(app, ())]
    if unknown:
        raise BadBackup(
            f"This backup was made by a newer version ({manifest.version}): the step {sorted(unknown)[0]} is not known here. "
            "Nothing was changed. Bring the app up to date, then restore."
        )


def require_same_rows(expected: Mapping[str, int], found: Mapping[str, int]) -> None:
    """Raises BadBackup where a table holds another number of rows than it should."""
    for table in sorted(set(expected) | set(found)):
        if expected.get(table, 0) != found.get(table, 0):
            raise BadBackup(
                f"The table {table} has {found.get(table, 0)} rows where {expected.get(table, 0)} were expected, so this is not taken. "
                "What was there before is kept."
            )
