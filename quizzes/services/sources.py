"""The verbs of sources: say that a page changed, or that the change does not matter."""

from __future__ import annotations

from datetime import date, datetime

from quizzes.models import SourcePage, User


def mark_source(*, page: SourcePage, changed_on: date | None, note: str, by: User, now: datetime) -> SourcePage:
    """Say since when a page says something else; without a day the mark is taken back.

    What was checked before that day wants another look until it is checked again.
    """
    page.changed_on, page.note = changed_on, note if changed_on else ""
    page.marked_by, page.marked_at = by, now
    page.save(update_fields=["changed_on", "note", "marked_by", "marked_at"])
    return page
