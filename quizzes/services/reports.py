"""The verbs of reports."""

from __future__ import annotations

from datetime import datetime

from quizzes.models import QuestionVersion, Report, User


def file_report(*, learner: User, version: QuestionVersion, kind: str, text: str, now: datetime) -> Report:
    """Keep a learner's note on a question. The same note sent twice is kept once."""
    same = Report.objects.filter(learner=learner, version=version, kind=kind, text=text, state=Report.State.OPEN).first()
    return same or Report.objects.create(learner=learner, version=version, kind=kind, text=text, created_at=now)


def close_report(*, report: Report, state: str, reply: str, by: User, now: datetime) -> None:
    """Answer a report; the learner reads the reply on their progress page."""
    report.state, report.reply, report.closed_at, report.closed_by = state, reply, now, by
    report.save(update_fields=["state", "reply", "closed_at", "closed_by"])
