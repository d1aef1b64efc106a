"""manage.py restore FILE: the database as a backup holds it."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from quizzes.domain.errors import Refusal
from quizzes.services import backups


class Command(BaseCommand):
    help = "Brings the database to what a backup holds. What was there stays until all of the new is in. Restart the app afterwards."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--replace", action="store_true", help="put the backup in the place of what the database holds")
        parser.add_argument("--json", action="store_true", help="print what was restored as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = backups.restore(options["file"].resolve(), replace=options["replace"])
        except Refusal as refusal:
            raise CommandError(str(refusal)) from None
        except OSError as problem:
            raise CommandError(f"The backup cannot be unpacked ({problem.strerror}). What was there before is kept.") from None
        if options["json"]:
            self.stdout.write(json.dumps({**asdict(done.manifest), "brought_up_to_date": done.brought_up_to_date}))
            return
        self.stdout.write(f"Restored: {done.rows:,} rows of {done.manifest.made_at}, made by version {done.manifest.version}.")
        if done.brought_up_to_date:
            self.stdout.write("The backup was of an older version; its tables were brought to this one.")
        self.stdout.write("Restart the app, so that no process goes by what it read before.")
