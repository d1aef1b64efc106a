"""manage.py check_content: is everything in content/ right?"""

from __future__ import annotations

import dataclasses
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from quizzes.services import content


class Command(BaseCommand):
    help = "Read all content files and name every fault with file, line and what to write instead. Exit 1 where there is one."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the report as JSON")
        parser.add_argument("--stale", type=int, metavar="DAYS", help="list what was last checked longer ago than this")
        parser.add_argument("--warnings", action="store_true", help="list warnings as well")
        parser.add_argument("--content", type=Path, default=None, help="another folder than content/")

    def handle(self, *args: Any, **options: Any) -> None:
        root = options["content"] or settings.CONTENT_DIR
        report = content.check(root)
        old: list[str] = []
        if options["stale"] is not None and not report.problems:
            old = content.stale(root, before=timezone.localdate() - timedelta(days=options["stale"]))
        if options["json"]:
            self.stdout.write(json.dumps({**dataclasses.asdict(report), "stale": old}, indent=2))
        else:
            self._tell(report, old, warnings=options["warnings"])
        if report.problems:
            raise SystemExit(1)

    def _tell(self, report: content.CheckReport, old: list[str], *, warnings: bool) -> None:
        say = self.stdout.write
        for problem in report.problems:
            say(str(problem))
        for warning in report.warnings if warnings else []:
            say(f"warning: {warning}")
        for topic, count in report.by_topic.items():
            say(f"  {count:4} {topic}")
        for title, counts in (("types", report.by_type), ("levels", report.by_level)):
            say(f"{title}: {', '.join(f'{count} {name}' for name, count in counts.items()) or 'none'}")
        for title, facts in (("not asked", report.not_asked), ("in no lesson", report.not_taught)):
            if facts:
                say(f"core facts {title}: {', '.join(facts)}")
        for line in old:
            say(f"stale: {line}")
        say(
            f"{report.lessons} lessons, {report.questions} questions, {report.terms} terms. Of {report.core_facts} core facts "
            f"{report.core_facts_taught} stand in a lesson and {report.core_facts_asked} are asked. "
            f"{len(report.problems)} errors, {len(report.warnings)} warnings."
        )
