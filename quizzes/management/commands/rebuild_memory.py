"""manage.py rebuild_memory: every learner's cards and their log anew from all answers."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from quizzes.domain.memory import ALGORITHMS
from quizzes.services import reviews


class Command(BaseCommand):
    help = "Builds the cards of every learner and their log anew from all answers. The same answers always give the same cards."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--algorithm", default=settings.MEMORY_ALGORITHM, choices=sorted(ALGORITHMS), help="how to plan (default: %(default)s)"
        )
        parser.add_argument("--json", action="store_true", help="print the figures as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        began, learners, answers = time.monotonic(), 0, 0
        for _, count in reviews.rebuild(by=options["algorithm"]):
            learners, answers = learners + 1, answers + count
        seconds = round(time.monotonic() - began, 1)
        if options["json"]:
            self.stdout.write(json.dumps({"algorithm": options["algorithm"], "learners": learners, "answers": answers, "seconds": seconds}))
            return
        self.stdout.write(f"{answers} answers of {learners} learners replayed with {options['algorithm']} in {seconds} s.")
        if options["algorithm"] != settings.MEMORY_ALGORITHM:
            self.stdout.write(
                f"The app plans with {settings.MEMORY_ALGORITHM}: the next answer to a card brings it back to that. "
                f"Set MEMORY_ALGORITHM={options['algorithm']} to stay with this one."
            )
