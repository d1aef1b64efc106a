"""Dated snapshots of what answers say about questions and exams; all of it can be computed again from the responses."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from quizzes.models.bank import Blueprint, QuestionVersion


class Snapshot(models.Model):
    """What two kinds of snapshot share: the day, the moment, how many answers or people, the figures."""

    computed_on = models.DateField()
    computed_at = models.DateTimeField()
    n = models.PositiveIntegerField()
    figures = models.JSONField(help_text="The figures as domain/statistics/report.py writes them.")

    class Meta:
        abstract = True


class ItemStatistics(Snapshot):
    """One wording of a question on one day: a second computation on the same day replaces the first."""

    version = models.ForeignKey(QuestionVersion, models.PROTECT, related_name="statistics")
    facility = models.FloatField(null=True, help_text="To sort by; null below 20 answers.")
    discrimination = models.FloatField(null=True, help_text="To sort by; null below 20 answers.")
    flags = models.TextField(blank=True, help_text="kind=state of each flag, with spaces between them.")

    class Meta:
        ordering = ["version", "-computed_on"]
        constraints = [models.UniqueConstraint(fields=["version", "computed_on"], name="one_item_snapshot_a_day")]

    def __str__(self) -> str:
        return f"{self.version_id} on {self.computed_on}"


class ExamStatistics(Snapshot):
    """One exam on one day: the totals, and its items in that exam alone."""

    blueprint = models.ForeignKey(Blueprint, models.CASCADE, related_name="statistics")

    class Meta:
        ordering = ["blueprint", "-computed_on"]
        constraints = [models.UniqueConstraint(fields=["blueprint", "computed_on"], name="one_exam_snapshot_a_day")]

    def __str__(self) -> str:
        return f"{self.blueprint_id} on {self.computed_on}"


class StatisticsRun(models.Model):
    """The figures of everything, counted in portions while somebody watches. One runs at a time; it goes on where it stopped."""

    class State(models.TextChoices):
        RUNNING = "running", "running"
        DONE = "done", "done"
        STOPPED = "stopped", "stopped"
        FAILED = "failed", "failed"

    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    started_at = models.DateTimeField("started")
    moved_at = models.DateTimeField("last portion")
    finished_at = models.DateTimeField("finished", null=True)
    done = models.PositiveIntegerField("exams read", default=0)
    of = models.PositiveIntegerField("of")
    upto = models.BigIntegerField(default=0, help_text="Sittings up to this number are counted.")
    last = models.BigIntegerField(help_text="Sittings beyond this number came after the start.")
    stamp = models.CharField(max_length=60, help_text="Of the mended keys that the counts rest on.")
    claimed_until = models.DateTimeField(null=True, help_text="Until then somebody's request counts a portion.")
    versions = models.PositiveIntegerField("versions computed", null=True)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["-started_at", "-pk"]
        verbose_name = "statistics run"
        constraints = [models.UniqueConstraint(fields=["state"], condition=models.Q(state="running"), name="one_statistics_run_at_a_time")]

    def __str__(self) -> str:
        return f"Run of {self.started_at:%Y-%m-%d %H:%M}"

    @property
    def is_running(self) -> bool:
        return self.state == self.State.RUNNING


class StatisticsPart(models.Model):
    """The counts of one portion, until the run is done."""

    run = models.ForeignKey(StatisticsRun, models.CASCADE, related_name="parts")
    upto = models.BigIntegerField()
    data = models.BinaryField()

    class Meta:
        ordering = ["run", "upto"]
        constraints = [models.UniqueConstraint(fields=["run", "upto"], name="one_part_for_each_portion")]

    def __str__(self) -> str:
        return f"{self.run} up to {self.upto}"
