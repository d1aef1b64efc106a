"""What the account page shows: who one is, the time one has in exams, and how much is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator

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
    second_factor: str  # what stands behind the password, in words; empty for nothing


@dataclass(frozen=True, slots=True)
class Passkey:
    pk: int
    name: str
    alone: bool  # signs in without a password
    added_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class SecondFactorPage:
    app_since: datetime | None
    app_used_at: datetime | None
    passkeys: list[Passkey]
    codes_left: int | None  # None without any

    @property
    def is_set(self) -> bool:
        return bool(self.app_since or self.passkeys)

    @property
    def in_words(self) -> str:
        passkeys = f"{len(self.passkeys)} passkey{'s' if len(self.passkeys) > 1 else ''}" if self.passkeys else ""
        return " and ".join(part for part in ("an app" if self.app_since else "", passkeys) if part)


def second_factor_page(user: User) -> SecondFactorPage:
    """What stands behind a person's password: never a secret of it."""
    rows = Authenticator.objects.filter(user=user).order_by("created_at", "pk")
    app = next((row for row in rows if row.type == Authenticator.Type.TOTP), None)
    codes = next((row for row in rows if row.type == Authenticator.Type.RECOVERY_CODES), None)
    passkeys = [
        Passkey(row.pk, row.wrap().name, bool(row.wrap().is_passwordless), row.created_at, row.last_used_at)
        for row in rows
        if row.type == Authenticator.Type.WEBAUTHN
    ]
    return SecondFactorPage(
        app.created_at if app else None,
        app.last_used_at if app else None,
        passkeys,
        len(codes.wrap().get_unused_codes()) if codes else None,
    )


def has_second_factor(user: User) -> bool:
    return Authenticator.objects.filter(user=user, type__in=[Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]).exists()


def account_page(user: User) -> AccountPage:
    return AccountPage(
        user.display_name,
        user.username,
        user.email,
        user.is_guest,
        user.is_staff,
        _exam_time(user),
        _kept(user),
        second_factor_page(user).in_words,
    )


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
