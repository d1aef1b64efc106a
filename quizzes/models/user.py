"""People: learners, guests among them, and instructors."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Lower

from quizzes.domain.memory import DAILY_LOADS, RETENTION, RETENTIONS, Goal


class User(AbstractUser):
    """A person. A guest has no password yet and becomes an account in place, with everything they did."""

    class TimeFactor(models.TextChoices):
        NORMAL = "1", "the usual time"
        QUARTER = "1.25", "a quarter more"
        HALF = "1.5", "half as much again"
        DOUBLE = "2", "twice the time"

    is_guest = models.BooleanField(default=False, help_text="Has not signed up yet.")
    time_factor = models.CharField(
        "time in exams", max_length=4, choices=TimeFactor.choices, default=TimeFactor.NORMAL,
        help_text="An accommodation. A running exam follows within seconds.",
    )  # fmt: skip
    extra_minutes = models.PositiveSmallIntegerField("extra minutes in exams", default=0, choices=[(0, "none"), (30, "30 minutes")])
    untimed = models.BooleanField("exams without a clock", default=False)
    exam_on = models.DateField("day of the exam", null=True, blank=True, help_text="Reviews are planned up to it.")
    retention = models.FloatField("target of memory", default=RETENTION, choices=[(value, f"{value:.0%}") for value in RETENTIONS])
    session_round = models.PositiveIntegerField(
        default=0,
        db_default=0,
        editable=False,
        help_text="Sessions hold as long as this number is theirs; counting it up signs out everywhere.",
    )
    daily_reviews = models.PositiveSmallIntegerField("reviews a day", default=40, choices=[(n, str(n)) for n in DAILY_LOADS])

    class Meta(AbstractUser.Meta):
        verbose_name = "person"
        verbose_name_plural = "people"
        constraints = [
            models.UniqueConstraint(Lower("email"), condition=~models.Q(email=""), name="one_account_per_email"),
            models.CheckConstraint(
                condition=models.Q(is_guest=False) | models.Q(is_staff=False, is_superuser=False),
                name="a_guest_is_no_staff",
            ),
        ]

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a session must know to go on: it ends with another password, and with another round."""
        known: str = super()._get_session_auth_hash(secret=secret)  # type: ignore[misc]
        return f"{known}.{self.session_round}" if self.session_round else known

    @property
    def goal(self) -> Goal:
        """What reviews are planned for."""
        return Goal(self.retention, self.exam_on)

    @classmethod
    def normalize_username(cls, username: str) -> str:
        """Names are kept in small letters, so that "Anna" and "anna" are one person wherever a name is made or looked up."""
        return super().normalize_username(username).lower()

    def clean(self) -> None:
        super().clean()
        self.email = self.email.lower()

    @property
    def display_name(self) -> str:
        """What the page calls this person."""
        return "Guest" if self.is_guest else (self.get_full_name() or self.username)


class Learner(User):
    """A person as instructors meet them: whom they may give more time, and nothing else."""

    class Meta:
        proxy = True
        ordering = ["username"]
        verbose_name = "learner"
        verbose_name_plural = "learners"
