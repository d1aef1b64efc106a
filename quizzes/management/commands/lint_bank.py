"""manage.py lint_bank: do the questions give themselves away?"""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from quizzes.domain.errors import BrokenContent
from quizzes.domain.quality import BankReport, Entry, Guess, lint
from quizzes.services import bank, content

#: What an author does about the cue that leads a guesser to the key: where the key has more of it than the others, and where it has less.
ADVICE = {
    "length": ("shorten the key, or say more in a wrong option", "say more in the key, or less in a wrong option"),
    "is longest": ("shorten the key, or say more in a wrong option", "say less in the longest wrong option"),
    "is shortest": ("say more in the key, or less in a wrong option", "say more in the shortest wrong option"),
    "stem overlap": ("let a wrong option repeat words of the stem, or the key fewer", "let the key repeat words of the stem, or a wrong option fewer"),
    "convergence": ("let two wrong options share a word, or the key one word less with them", "let the key share a word more with the others"),
    "absolutes": ("take absolute words (all, only, must) out of the key", "take absolute words (all, only, must) out of the wrong options"),
    "hedges": ("say the key without may or can", "say a wrong option without may or can"),
    "digits": ("give a wrong option as many figures as the key", "give the key as many figures as a wrong option"),
    "punctuation": ("give all options the same commas and hyphens", "give all options the same commas and hyphens"),
    "position": ("put the key further up in the file", "put the key further down in the file"),
}  # fmt: skip
WORDS = {"pass": "holds", "fail": "FAILS", "inconclusive": "open", "information": ""}


class Command(BaseCommand):
    help = "Judge every question and the bank as a whole: rules L01 to L18, single cues, the blind guesser, duplicates. Exit 1 where a bar is missed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the report as JSON")
        parser.add_argument("--database", action="store_true", help="the published questions of the database, not the files of content/")
        parser.add_argument("--topic", help="judge the questions of this topic alone")
        parser.add_argument(
            "--top",
            type=int,
            default=0,
            metavar="N",
            help="also list the N questions whose key the blind guesser finds most surely, and why",
        )
        parser.add_argument("--quiet", action="store_true", help="the figures without the single findings")
        parser.add_argument("--content", type=Path, default=None, help="another folder than content/")

    def handle(self, *args: Any, **options: Any) -> None:
        entries = self._entries(options)
        report = lint(entries)
        if options["json"]:
            self.stdout.write(json.dumps(as_json(report), indent=2))
        else:
            if not options["quiet"]:
                self._tell_findings(report, {entry.name: entry.place for entry in entries})
            self._tell_figures(report)
            if options["top"]:
                self._tell_guesses(report, entries, options["top"])
        if not report.holds:
            raise SystemExit(1)

    def _entries(self, options: dict[str, Any]) -> list[Entry]:
        try:
            found = bank.entries() if options["database"] else content.entries(options["content"] or settings.CONTENT_DIR)
        except BrokenContent as broken:
            raise CommandError("\n".join(map(str, broken.problems))) from None
        topics = {entry.item.topic for entry in found}
        if options["topic"] and options["topic"] not in topics:
            raise CommandError(f"There is no question on {options['topic']!r}. Name one of: {', '.join(sorted(topics)) or 'none yet'}.")
        return [entry for entry in found if options["topic"] in (None, entry.item.topic)]

    def _tell_findings(self, report: BankReport, places: dict[str, str]) -> None:
        for name, rows in report.findings.items():
            for row in rows:
                where = f"{places[name]}: " if places[name] else ""
                self.stdout.write(f"{row.level} {row.rule}: {where}{name}: {row.field}: {row.message}")
        for pair in report.pairs:
            self.stdout.write(f"{pair.why}: {pair.one} and {pair.other} ({pair.cosine:.2f})")

    def _tell_figures(self, report: BankReport) -> None:
        for kind, count in report.counts.items():
            self.stdout.write(f"{kind}: {', '.join(f'{number} {name}' for name, number in count.items()) or 'none'}")
        width = max(len(metric.name) for metric in report.metrics)
        for metric in report.metrics:
            line = f"{metric.name:{width}}  {_number(metric.value):>7}  {metric.bar:15} {WORDS[metric.verdict]:6} {metric.note}"
            self.stdout.write(line.rstrip())
        self.stdout.write(f"{report.items} questions. {len(report.failed)} figures miss their bar.")

    def _tell_guesses(self, report: BankReport, entries: list[Entry], top: int) -> None:
        by_name = {entry.name: entry for entry in entries}
        by_topic: dict[str, list[float]] = {}
        for guess in report.guesses:
            by_topic.setdefault(by_name[guess.name].item.topic, []).append(guess.credit)
        self.stdout.write("\nThe blind guesser by topic: how often it finds the key")
        for topic, credits in sorted(by_topic.items(), key=lambda row: -sum(row[1]) / len(row[1])):
            self.stdout.write(f"  {sum(credits) / len(credits):.3f}  of {len(credits):3}  {topic}")
        self.stdout.write("\nThe keys it finds most surely, what leads it, and what to do")
        found = sorted((guess for guess in report.guesses if guess.credit), key=lambda guess: (-guess.chance_of_key, guess.name))
        for guess in found[:top]:
            entry = by_name[guess.name]
            others = ", ".join(f"{value:g}" for value in guess.other_values)
            self.stdout.write(
                f"{guess.chance_of_key:.0%} {guess.name}: {guess.cue}: key {guess.key_value:g}, others {others}: {_advice(guess)}"
            )
            if entry.place:
                self.stdout.write(f"    {entry.place}")
            for option in entry.item.options:
                self.stdout.write(f"    {'*' if option.key else '-'} {option.text}")


def _advice(guess: Guess) -> str:
    more, less = ADVICE[guess.cue]
    return more if guess.key_value > sum(guess.other_values) / len(guess.other_values) else less


def _number(value: float) -> str:
    return f"{value:.0f}" if value == int(value) and abs(value) >= 2 else f"{value:.3f}"


def as_json(report: BankReport) -> dict[str, Any]:
    """The report as plain values: items, counts, findings by question, pairs, metrics, guesses, and whether all holds."""
    told = asdict(replace(report, counts=dict(report.counts), findings=dict(report.findings)))
    return {**told, "holds": report.holds}
