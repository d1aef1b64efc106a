"""Classes: who teaches and who learns in one, since when with whose agreement, and which exams are assigned in which window."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import connections, models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from quizzes.domain.cohort import CODE_LENGTH, Window, show_code
from quizzes.models.bank import Blueprint
from quizzes.models.rows import read_rows


class CohortQuerySet(models.QuerySet["Cohort"]):
    def taught_by(self, person: Any) -> CohortQuerySet:
        """The classes that this person may look into: an instructor's own; all of them for a superuser."""
        return self.all() if person.is_superuser else self.filter(instructors=person.pk)


class Cohort(models.Model):
    """A class. After its last day, or while it is closed, it is there to be read, and nothing in it changes."""

    title = models.CharField(max_length=100)
    code = models.CharField("join code", max_length=CODE_LENGTH, unique=True, editable=False)
    starts_on = models.DateField("first day")
    ends_on = models.DateField("last day")
    instructors = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="cohorts")
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = CohortQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_on", "title"]
        verbose_name = "class"
        verbose_name_plural = "classes"
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="a_class_ends_after_it_starts"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("class", args=[self.pk])

    @property
    def shown_code(self) -> str:
        return show_code(self.code)

    @property
    def begins_at(self) -> datetime:
        """The first moment of the first day, by the site's clock."""
        return _midnight(self.starts_on)

    @property
    def ends_at(self) -> datetime:
        """The moment from which the class is over: the end of its last day, by the site's clock."""
        return _midnight(self.ends_on + timedelta(days=1))

    @property
    def seen_until(self) -> datetime:
        """Nothing later than this moment is shown to instructors."""
        return min(self.ends_at, self.closed_at) if self.closed_at else self.ends_at

    def is_over(self, now: datetime) -> bool:
        return now >= self.ends_at

    def is_open(self, now: datetime) -> bool:
        """Whether people can join it, exams can be started, and anything in it can be changed."""
        return self.closed_at is None and not self.is_over(now)


def _midnight(day: Any) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


class MembershipQuerySet(models.QuerySet["Membership"]):
    def current(self) -> MembershipQuerySet:
        """Of people who have not left."""
        return self.filter(left_at=None)

    def under(self, person: Any, *, now: datetime) -> MembershipQuerySet:
        """Of people who are in a class of this instructor that goes on."""
        today = timezone.localdate(now)
        return self.current().filter(cohort__instructors=person.pk, cohort__closed_at=None, cohort__ends_on__gte=today)


class Membership(models.Model):
    """One stay of a learner in a class, with what they agreed to. Who comes back begins another one."""

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    cohort = models.ForeignKey(Cohort, models.CASCADE, related_name="memberships")
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True)
    consent_version = models.PositiveSmallIntegerField(help_text="Which words they agreed to (domain/cohort.py).")
    consented_at = models.DateTimeField()

    objects = MembershipQuerySet.as_manager()

    class Meta:
        ordering = ["joined_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["learner", "cohort"], condition=Q(left_at=None), name="one_stay_at_a_time"),
            models.CheckConstraint(condition=Q(left_at=None) | Q(left_at__gte=F("joined_at")), name="nobody_leaves_before_joining"),
        ]

    def __str__(self) -> str:
        return f"{self.learner_id} in {self.cohort_id}"


#: As SQL it costs a fifth of a composed query, and Today asks it of everybody.
_AWAITING = """SELECT {columns}, b.title AS exam, c.title AS class_title FROM quizzes_membership m
    JOIN quizzes_cohort c ON c.id = m.cohort_id AND c.closed_at IS NULL AND c.ends_on >= %s
    JOIN quizzes_assignment a ON a.cohort_id = c.id AND a.closes_at > %s AND a.opens_at <= %s
    JOIN quizzes_blueprint b ON b.id = a.blueprint_id
    WHERE m.learner_id = %s AND m.left_at IS NULL
    AND (SELECT COUNT(*) FROM quizzes_attempt t WHERE t.assignment_id = a.id AND t.learner_id = m.learner_id) < a.attempts_allowed
    ORDER BY a.closes_at, a.id LIMIT %s"""


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    def awaiting(self, learner_id: int, *, now: datetime, soon: datetime, limit: int) -> list[Assignment]:
        """Exams of this learner's classes that can be begun now, or that open before `soon`, the first to close first.

        Each with the title of its `exam` and of its class (`class_title`). One statement.
        """
        ops = connections[self.db].ops
        moments = [ops.adapt_datetimefield_value(moment) for moment in (now, soon)]
        values = [ops.adapt_datefield_value(timezone.localdate(now)), *moments, learner_id, limit]
        return read_rows(Assignment, _AWAITING, values, using=self.db)


class Assignment(models.Model):
    """An exam that a class is to sit: when, and how often."""

    MOST_ATTEMPTS = 20

    cohort = models.ForeignKey(Cohort, models.CASCADE, related_name="assignments")
    blueprint = models.ForeignKey(Blueprint, models.PROTECT, related_name="assignments", verbose_name="exam")
    opens_at = models.DateTimeField("opens")
    closes_at = models.DateTimeField("closes")
    attempts_allowed = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(MOST_ATTEMPTS)]
    )  # fmt: skip
    note = models.CharField(max_length=300, blank=True, help_text="Learners read it above the exam.")

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        ordering = ["opens_at", "pk"]
        verbose_name = "assigned exam"
        constraints = [
            models.CheckConstraint(condition=Q(closes_at__gt=F("opens_at")), name="a_window_has_a_length"),
            models.CheckConstraint(condition=Q(attempts_allowed__gte=1), name="an_assigned_exam_can_be_sat"),
        ]

    def __str__(self) -> str:
        return f"{self.blueprint_id} for {self.cohort_id}"

    def get_absolute_url(self) -> str:
        return reverse("class-exam", args=[self.cohort_id, self.pk])

    @property
    def window(self) -> Window:
        return Window(self.opens_at, self.closes_at)
