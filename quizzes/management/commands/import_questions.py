"""manage.py import_questions: questions of another system as drafts, or what importing them would do."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from quizzes.domain.errors import Refusal
from quizzes.domain.exchange import FORMATS, MOST_BYTES
from quizzes.services import exchange
from quizzes.services.exchange import Planned

READABLE = sorted(name for name, format in FORMATS.items() if format.reader)
WORDS = {"new": "new", "here": "here already", "twice": "twice in this file", "skipped": "left out", "broken": "BROKEN"}


class Command(BaseCommand):
    help = "Import questions as drafts. Where one of them is broken nothing is imported, unless --skip-broken says so. Exit 1 where something is wrong."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--format", required=True, choices=READABLE)
        parser.add_argument("--dry-run", action="store_true", help="say what would be done, and change nothing")
        parser.add_argument("--json", action="store_true", help="print JSON")
        parser.add_argument("--skip-broken", action="store_true", help="import the others where some are broken")
        parser.add_argument("--objective", default="", help="for questions that name none; without it the first one")
        parser.add_argument("--domain", default="", help="the exam domain for questions that name none; without it the first one")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            data = _content(path)
            homes = exchange.first_homes(options["objective"], options["domain"])
            if options["dry_run"]:
                planned, done = exchange.plan(data=data, format=options["format"], homes=homes), 0
            else:
                planned, done = exchange.import_file(
                    data=data, format=options["format"], file_name=path.name, homes=homes, now=timezone.now(), seed=secrets.randbits(62),
                    skip_broken=options["skip_broken"],
                )  # fmt: skip
        except Refusal as refusal:
            if options["json"]:
                self.stdout.write(json.dumps({"file": path.name, "imported": 0, "refused": str(refusal), "questions": []}, indent=2))
                raise SystemExit(1) from None
            raise CommandError(f"{path.name}: {refusal} Nothing was imported.") from None
        if options["json"]:
            self.stdout.write(json.dumps(as_json(path.name, planned, done, dry_run=options["dry_run"]), indent=2))
        else:
            self._tell(path.name, planned, done, options)
        if any(one.state == "broken" for one in planned):
            raise SystemExit(1)

    def _tell(self, name: str, planned: list[Planned], done: int, options: dict[str, Any]) -> None:
        for one in planned:
            place = f"{one.parsed.place}, " if one.parsed.place else ""
            self.stdout.write(f"{place}line {one.parsed.line}: {WORDS[one.state]}: {one.slug or one.parsed.title or '(no name)'}")
            for note in one.notes:
                self.stdout.write(f"    line {note.line}: {note.message}")
        counts = {state: sum(one.state == state for one in planned) for state in WORDS}
        self.stdout.write(f"{name}: " + ", ".join(f"{count} {WORDS[state]}" for state, count in counts.items() if count) + ".")
        if options["dry_run"]:
            self.stdout.write("A dry run: nothing was changed.")
        elif counts["broken"] and not done:
            self.stdout.write("Nothing was imported, because some are broken. Mend them, or say --skip-broken.")
        else:
            self.stdout.write(f"Imported as drafts: {done}.")


def _content(path: Path) -> bytes:
    """Raises Refusal for a file that is not there or too large to be read at all."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as fault:
        raise Refusal(f"The file cannot be read: {fault.strerror or fault}.") from None
    return data


def as_json(name: str, planned: list[Planned], done: int, *, dry_run: bool) -> dict[str, Any]:
    """The report as plain values."""
    questions = [
        {
            "number": one.number, "line": one.parsed.line, "place": one.parsed.place, "title": one.parsed.title, "state": one.state,
            "reading": one.parsed.outcome, "slug": one.slug, "type": one.item.type if one.item else "",
            "notes": [{"line": note.line, "message": note.message} for note in one.notes],
        }
        for one in planned
    ]  # fmt: skip
    counts = {state: sum(one.state == state for one in planned) for state in WORDS}
    return {"file": name, "dry_run": dry_run, "imported": done, "counts": counts, "questions": questions}
