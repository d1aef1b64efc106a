"""manage.py export_questions: the bank, or one topic of it, as a file for another system."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from quizzes.domain.exchange import FORMATS
from quizzes.queries import exchange as queries
from quizzes.services import exchange


class Command(BaseCommand):
    help = "Write the working copies of all questions that are not retired into a file. Exit 1 where nothing could be written."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--format", required=True, choices=sorted(FORMATS))
        parser.add_argument("--topic", default="", help="the questions of this topic alone")

    def handle(self, *args: Any, **options: Any) -> None:
        topics, path = queries.topics(), options["file"]
        if options["topic"] and options["topic"] not in topics:
            raise CommandError(f"There is no topic {options['topic']!r}. Name one of: {', '.join(topics) or 'none yet'}.")
        questions = list(queries.to_export(topic=options["topic"]))
        written = exchange.export(questions=questions, format=options["format"], now=timezone.now())
        count = len(questions) - len(written.left_out)
        for name, message in written.notes:
            self.stdout.write(f"{name}: {message}")
        if not count:
            raise CommandError("There is no question that this format can hold. Nothing was written.")
        try:
            path.write_bytes(written.data)
        except OSError as fault:
            raise CommandError(f"{path} cannot be written: {fault.strerror or fault}. Nothing was written.") from None
        self.stdout.write(f"Wrote {count} question{'s' if count != 1 else ''} to {path} as {FORMATS[options['format']].title}.")
        if written.left_out:
            self.stdout.write(f"Left out: {len(written.left_out)}.")
