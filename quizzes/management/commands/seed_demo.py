"""manage.py seed_demo: a learner with some weeks of work, to look around."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from quizzes.services.demo import NotEmpty, seed_demo


class Command(BaseCommand):
    help = "Make a demonstration learner “ana” with lessons read, practice and exams. Safe to repeat."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--password", default="", help="lets you sign in as ana with it")
        parser.add_argument("--force", action="store_true", help="also where people have accounts already")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            learner = seed_demo(now=timezone.now(), password=options["password"], force=options["force"])
        except NotEmpty:
            raise CommandError("This database holds real learners, so nothing was made. Use another DATA_DIR, or --force.") from None
        self.stdout.write(f"The learner {learner.username} is there.")
