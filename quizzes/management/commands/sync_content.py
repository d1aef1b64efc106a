"""manage.py sync_content: take content/ into the database, all or nothing."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from quizzes.domain.errors import BrokenContent
from quizzes.services import accounts, content


class Command(BaseCommand):
    help = "Take the content files into the database: all or none. What instructors edited stays theirs. Exit 1 where a file is broken."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the report as JSON")
        parser.add_argument("--content", type=Path, default=None, help="another folder than content/")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = content.sync(options["content"] or settings.CONTENT_DIR, now=timezone.now())
        except BrokenContent as broken:
            if options["json"]:
                self.stdout.write(json.dumps({"problems": [dataclasses.asdict(p) for p in broken.problems]}, indent=2))
            else:
                for problem in broken.problems:
                    self.stderr.write(str(problem))
                self.stderr.write(f"Nothing was changed: {len(broken.problems)} errors.")
            raise SystemExit(1) from None
        accounts.instructors()
        if options["json"]:
            self.stdout.write(json.dumps(dataclasses.asdict(report), indent=2))
        elif report.is_noop:
            self.stdout.write("Content is up to date.")
        else:
            self.stdout.write(
                f"Content: {report.lessons} lessons, {report.new} questions new, {report.changed} changed, {report.retired} retired, "
                f"{report.returned} back again, {report.computed} wordings computed, "
                f"{report.kept_edited} left as instructors edited them."
            )
