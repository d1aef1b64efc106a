"""Dated snapshots of what answers say about questions and exams; all of it can be computed again from the responses."""

from __future__ import annotations

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
