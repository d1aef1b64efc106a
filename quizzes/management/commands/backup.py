"""manage.py backup FILE: one moment of the database in one file, while the app runs."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from quizzes.domain.errors import Refusal
from quizzes.services import backups


class Command(BaseCommand):
    help = "Writes one moment of the database into FILE, while the app runs. FILE can be restored on SQLite and on PostgreSQL."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--json", action="store_true", help="print what the backup holds as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = options["file"].resolve()
        try:
            manifest = backups.back_up(file, now=timezone.now())
        except Refusal as refusal:
            raise CommandError(str(refusal)) from None
        except OSError as problem:
            raise CommandError(f"{file} cannot be written ({problem.strerror}). An older file of that name is kept as it was.") from None
        if options["json"]:
            self.stdout.write(json.dumps({"file": str(file), "bytes": file.stat().st_size, **asdict(manifest)}))
            return
        people, answers = manifest.rows["quizzes_user"], manifest.rows["quizzes_response"]
        self.stdout.write(
            f"{file}: {sum(manifest.rows.values()):,} rows, {people:,} people and {answers:,} answers among them, {file.stat().st_size:,} bytes."
        )
