"""manage.py simulate_learners: do predictions hold for learners whose true skill is known?"""

from __future__ import annotations

import dataclasses
import json
import random
import time
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from quizzes.domain.calibration import Calibration, Judged, calibration
from quizzes.domain.simulation import POLICIES, recall_when_due
from quizzes.services import simulation

#: Cards and days of the memory check.
CARDS, CARD_DAYS = 300, 180


def numbers(text: str) -> list[int]:
    try:
        found = [int(part) for part in text.split(",")]
    except ValueError:
        raise ArgumentTypeError("write numbers like 20,65,200") from None
    if not found or min(found) < 10:
        raise ArgumentTypeError("each is at least 10: the shortest exam has 10 questions")
    return found


def at_least_one(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise ArgumentTypeError("write a whole number from 1 on")
    return int(text)


class Command(BaseCommand):
    help = (
        "Leads synthetic learners through the app's own verbs, in a database in memory with the shipped content, and tells how well what was "
        "predicted of their exams held. Your own data is neither read nor changed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--learners", type=at_least_one, required=True, help="learners of a cohort")
        parser.add_argument("--seed", type=int, required=True, help="the same seed gives the same learners")
        parser.add_argument("--cohorts", type=at_least_one, default=1, help="so many cohorts one after the other, pooled (default: 1)")
        parser.add_argument(
            "--answers", type=numbers, default=[20, 65, 200], help="answers that count before the last exam (default: 20,65,200)"
        )
        parser.add_argument("--json", action="store_true", help="print the figures as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        outcomes = []
        with simulation.throwaway_database(settings.CONTENT_DIR) as empty:
            for n in range(options["cohorts"]):
                empty()
                outcomes.append(
                    simulation.run_cohort(
                        learners=options["learners"], answers=options["answers"], seed=options["seed"] + n, tell=self._progress(n, options)
                    )
                )
        self._line("")
        judged = [row for outcome in outcomes for row in outcome.judged]
        recalls = [recall for outcome in outcomes for recall in outcome.recall_when_due]
        report: dict[str, Any] = {
            "learners": options["learners"], "cohorts": options["cohorts"], "seed": options["seed"],
            "answers_given": sum(outcome.answers for outcome in outcomes),
            "all": figures(judged),
            "last_exam_by_answers": {
                str(answers): figures([row for outcome in outcomes for row in outcome.last.get(answers, [])]) for answers in options["answers"]
            },
            "exams_begun_without_a_number": sum(outcome.exams_without_number for outcome in outcomes),
            "numbers_on_fewer_than_20_answers": sum(outcome.numbers_too_early for outcome in outcomes),
            "recall_on_the_due_day": {
                "learners": round(sum(recalls) / len(recalls), 3) if recalls else None,
                **{
                    policy: round(recall_when_due(policy, cards=CARDS, days=CARD_DAYS, rng=random.Random(options["seed"])), 3)  # noqa: S311
                    for policy in POLICIES
                },
            },
            "seconds": round(time.monotonic() - began, 1),
        }  # fmt: skip
        self.stdout.write(json.dumps(report, indent=2) if options["json"] else as_text(report))

    def _progress(self, cohort: int, options: dict[str, Any]) -> Any:
        def tell(done: int, of: int) -> None:
            if done % 10 == 0:
                self._line(f"cohort {cohort + 1} of {options['cohorts']}: step {done} of {of}")

        return tell

    def _line(self, text: str) -> None:
        """One line that is drawn over, for a person who waits; nothing for a file."""
        if self.stderr.isatty():
            self.stderr.write(f"\r{text:60}\r", ending="")


def figures(judged: list[Judged]) -> dict[str, Any] | None:
    """The measures as they are printed; None where nothing was judged."""
    found: Calibration | None = calibration(judged)
    if found is None:
        return None
    return {
        "judged": found.n, "questions": round(sum(row.items for row in judged) / found.n, 1),
        **{name: round(getattr(found, name), 3) for name in ("covered80", "covered90", "calibration_error", "by_chance", "brier", "bias")},
        "bins": [{name: round(value, 3) for name, value in dataclasses.asdict(bin).items()} for bin in found.bins],
    }  # fmt: skip


def as_text(report: dict[str, Any]) -> str:
    rows = [("all", report["all"]), *((f"{n} answers", row) for n, row in report["last_exam_by_answers"].items())]
    head = f"{'':12}{'judged':>8}{'in 80 %':>9}{'in 90 %':>9}{'error':>8}{'(luck)':>8}{'Brier':>8}{'bias':>8}"
    lines = [
        f"{report['cohorts']} × {report['learners']} learners, {report['answers_given']} answers, {report['seconds']} s", "", head,
        *(
            f"{name:12}{row['judged']:8}{row['covered80']:9.3f}{row['covered90']:9.3f}{row['calibration_error']:8.3f}{row['by_chance']:8.3f}"
            f"{row['brier']:8.3f}{row['bias']:+8.2f}" if row else f"{name:12}{0:8}"
            for name, row in rows
        ),
        "", "error: of the chance to pass, in ten bins; (luck): what a perfect forecaster would show with as many; bias: predicted less actual, in questions of 50",
        f"Exams begun without a number: {report['exams_begun_without_a_number']}. Numbers on fewer than 20 answers: {report['numbers_on_fewer_than_20_answers']}.",
        "True recall on the due day (0.90 is aimed at): " + ", ".join(f"{name} {value}" for name, value in report["recall_on_the_due_day"].items()),
    ]  # fmt: skip
    return "\n".join(lines)
