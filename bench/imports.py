"""python -m bench.imports: times importing 1,000 questions in each format, from the command's verb to the commit, and prints seconds as JSON.

The file is an export of made-up questions; every round takes another thousand, so that nothing of it is here already.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, date, datetime

import django

django.setup()

from quizzes.domain.exchange import FORMATS, Draft, write
from quizzes.domain.items import OPTION_IDS, Item, Option, Source
from quizzes.services import exchange

SIZE = 1_000
NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
WORDS = "The queue keeps every message until the function has dealt with it, and `maxReceiveCount` says how often it is tried"


def questions(start: int) -> list[Draft]:
    """Single choice of four, each option with a rationale, and a source."""
    source = Source(title="Guide", url="https://docs.aws.amazon.com/lambda/latest/dg/welcome.html", checked=date(2026, 11, 23))
    return [
        Draft(
            Item(
                type="single", stem=f"Case {n}: {WORDS}. What happens after *five* tries?", objective="async-behaviour", topic="", domain="resilient",
                level="apply", difficulty=2, sources=(source,),
                options=tuple(Option(id=i, text=f"Outcome {i} of case {n}", why=f"{WORDS}, case {n}-{i}.", key=i == "b") for i in OPTION_IDS[:4]),
            ),
            slug=f"bench-{n}", family=f"bench-{n}",
        )
        for n in range(start, start + SIZE)
    ]  # fmt: skip


def main() -> None:
    homes, took = exchange.first_homes(), {}
    for place, name in enumerate(name for name, format in FORMATS.items() if format.reader):
        data = write(name, questions(place * SIZE), now=NOW).data
        began = time.monotonic()
        _, done = exchange.import_file(data=data, format=name, file_name=f"bench.{name}", homes=homes, now=NOW, seed=1)
        took[name] = time.monotonic() - began
        assert done == SIZE, (name, done)
    sys.stdout.write(json.dumps(took))


if __name__ == "__main__":
    main()
