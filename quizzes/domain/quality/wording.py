"""The words of one item of any type: stem, rationales, sources."""

from __future__ import annotations

import re
from collections.abc import Iterable

from quizzes.domain.items import Item
from quizzes.domain.quality.finding import Finding
from quizzes.domain.quality.shape import SELECT
from quizzes.domain.quality.text import said, words

_ALL_OF = re.compile(r"\b(all|none|both|neither) of the (above|options|other (options|answers|choices))|\b(both )?[A-F] and [A-F]\b", re.I)
_NEGATIVE = re.compile(r"(?<!but )\b(not|except|least likely|cannot)\b(?=[^?.]*\?)")


def wording(item: Item) -> Iterable[Finding]:
    if len(words(item.stem)) < 6:
        yield Finding("L11", "error", "stem", "The stem is too short to be a question. Describe a situation and ask something.")
    elif "?" not in item.stem and not SELECT.search(item.stem) and not item.stem.rstrip().endswith("."):
        yield Finding("L11", "warning", "stem", "The stem asks nothing. End it with a question.")
    if len(item.stem.split()) > 120:
        yield Finding("L17", "warning", "stem", f"The stem has {len(item.stem.split())} words; keep it within 120.")
    if _NEGATIVE.search(item.stem):
        yield Finding("L02", "warning", "stem", "The question is negative. Ask for what is right, or write NOT in capitals.")
    if not item.sources:
        yield Finding(
            "L15", "error", "sources", "No source is named. Add the page that proves the key, with its address and the day you read it."
        )
    for source in item.sources:
        if not source.title.strip():
            yield Finding("L15", "error", "sources", f"The source {source.url} has no title. Write the title of the page.")
        if not source.url.startswith("https://"):
            yield Finding("L15", "error", "sources", f"The source {source.title!r} needs an address that starts with https://.")
    seen: dict[tuple[str, ...], int] = {}
    for n, option in enumerate(item.options):
        field = f"option-{n}"
        text = said(option)
        if not text:
            yield Finding("L10", "error", field, "This option is empty. Write it or remove it.")
        elif text in seen:
            yield Finding("L10", "error", field, f"This option says the same as option {seen[text] + 1}. Change one of them.")
        seen.setdefault(text, n)
        if len(words(option.why)) < 3:
            yield Finding("L15", "error", field, "The rationale is missing. Say why this option is right or wrong.")
        if _ALL_OF.search(option.text):
            yield Finding("L01", "error", field, "This option speaks of other options, and they are shuffled. Say what it means instead.")
