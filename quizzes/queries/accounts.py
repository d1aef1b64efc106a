"""What the account page shows: who one is, the time one has in exams, and how much is kept."""

from __future__ import annotations

from dataclasses import dataclass

from quizzes.domain.attempt import Mode
from quizzes.models import User


@dataclass(frozen=True, slots=True)
class AccountPage:
    name: str
    username: str
    email: str
    is_guest: bool
    is_instructor: bool
    exam_time: str
    kept: list[tuple[str, int]]  # what, how many


def account_page(user: User) -> AccountPage:
    return AccountPage(user.display_name, user.username, user.email, user.is_guest, user.is_staff, _exam_time(user), _kept(user))


def _exam_time(user: User) -> str:
    if user.untimed:
        return "no clock"
    extra = f", and {user.extra_minutes} minutes more" if user.extra_minutes else ""
    return f"{user.get_time_factor_display()}{extra}"


def _kept(user: User) -> list[tuple[str, int]]:
    exams = user.attempts.filter(mode=Mode.EXAM).count()
    return [
        ("Practice exams", exams),
        ("Practice sessions, reviews, checks", user.attempts.count() - exams),
        ("Answers", user.responses.count()),
        ("Lessons begun or read", user.lesson_progress.count()),
        ("Predictions in the lab", user.lab_predictions.count()),
        ("Reports to the authors", user.reports.count()),
        ("Classes", user.memberships.current().count()),
    ]
