"""What a browser would send from the forms of the desk."""

from __future__ import annotations

from typing import Any

from quizzes.models import Question
from quizzes.services.bank import draft_item
from tests.factories import make_domain, make_objective

OPTIONS = [
    ("Raise the visibility timeout of the queue", "A queue is not involved here at all.", False),
    ("Add an on-failure destination to it", "It receives every event that failed for good.", True),
    ("Give the function twice the memory", "More memory does not keep an event.", False),
    ("Send the event through a second topic", "The partner stays down all the same.", False),
]


def typed(**values: Any) -> dict[str, Any]:
    """What the form of a question sends: a good single choice unless told otherwise. `options` are (text, why, key) or (text, why, key, partner)."""
    options = values.pop("options", OPTIONS)
    sources = values.pop("sources", [("Invoking a function", "https://docs.aws.amazon.com/lambda/", "2026-11-23")])
    data: dict[str, Any] = {
        "type": "single",
        "stem": "An upload starts a function whose partner is down for an hour. What keeps every failed event?",
        "objective": make_objective().pk,
        "domain": make_domain().pk,
        "level": "apply",
        "difficulty": "2",
        "lesson": "",
        "facts": "",
        "slug": "what-keeps-events",
        "family": "",
        "note": "",
        "draft_options-TOTAL_FORMS": str(max(6, len(options))),
        "draft_options-INITIAL_FORMS": "0",
        "draft_sources-TOTAL_FORMS": str(max(3, len(sources))),
        "draft_sources-INITIAL_FORMS": "0",
    }
    for n in range(max(6, len(options))):
        text, why, key, *match = options[n] if n < len(options) else ("", "", False)
        data |= {f"draft_options-{n}-text": text, f"draft_options-{n}-why": why, f"draft_options-{n}-place": str(n + 1)}
        data[f"draft_options-{n}-match"] = match[0] if match else ""
        if key:
            data[f"draft_options-{n}-key"] = "on"
    for n in range(max(3, len(sources))):
        title, url, checked = sources[n] if n < len(sources) else ("", "", "2026-11-23")
        data |= {f"draft_sources-{n}-title": title, f"draft_sources-{n}-url": url, f"draft_sources-{n}-checked": checked}
    return {**data, **values}


def typed_of(question: Question, **values: Any) -> dict[str, Any]:
    """What the form of this question sends when nothing was changed but `values`."""
    item = draft_item(question)
    same: dict[str, Any] = {
        "type": item.type,
        "stem": item.stem,
        "objective": item.objective,
        "domain": item.domain,
        "level": item.level,
        "difficulty": str(item.difficulty),
        "lesson": item.lesson,
        "facts": "\n".join(item.facts),
        "options": [(option.text, option.why, option.key, option.match) for option in item.options],
        "targets_extra": "\n".join(item.targets_extra),
        "unit": item.unit,
        "tolerance": item.tolerance,
        "sources": [(source.title, source.url, source.checked.isoformat()) for source in item.sources],
        "opened_at": question.changed_at.isoformat(),
        "slug": question.slug,
        "family": question.family,
    }
    return typed(**{**same, **values})
