"""Predictions: what was said of the next exam, on which evidence, and what the exam then gave."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from quizzes.domain.calibration import Judged
from quizzes.models.attempts import Attempt


class PredictionQuerySet(models.QuerySet["Prediction"]):
    def of(self, learner: Any) -> PredictionQuerySet:
        """What was predicted for this learner; a stranger finds none."""
        return self.filter(learner_id=learner.pk) if learner.pk else self.none()

    def judged(self) -> PredictionQuerySet:
        return self.filter(judged_at__isnull=False)


class Prediction(models.Model):
    """What a form of `items` questions would give a learner, as it was said at `made_at`. Judged once, by the next exam, and never changed else.

    Ranges are right answers; those that begin with `judged_` are the same prediction for as many questions as the exam had that count.
    """

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="predictions")
    attempt = models.OneToOneField(
        Attempt, models.CASCADE, null=True, related_name="prediction", help_text="The sitting that brought the evidence."
    )
    made_at = models.DateTimeField()
    algorithm = models.CharField(max_length=30)
    answers = models.PositiveIntegerField(help_text="Answers that count.")
    right = models.PositiveIntegerField()
    effective = models.FloatField(help_text="How many equal, independent answers would say as much.")
    prior_mean = models.FloatField()
    prior_strength = models.FloatField()
    drift = models.FloatField(help_text="How far the share was moved, by how earlier predictions held.")
    practised = models.FloatField(null=True, help_text="Answers given since those that count, on average; empty under beta-binomial-1.")
    likely = models.JSONField(null=True, help_text="How likely each share of the grid is; empty under beta-binomial-1.")
    a = models.FloatField(help_text="The beta distribution with the same mean and certainty.")
    b = models.FloatField()
    items = models.PositiveSmallIntegerField()
    needed = models.PositiveSmallIntegerField()
    cut = models.FloatField()
    low80 = models.PositiveSmallIntegerField()
    high80 = models.PositiveSmallIntegerField()
    low90 = models.PositiveSmallIntegerField()
    high90 = models.PositiveSmallIntegerField()
    expected = models.FloatField()
    chance = models.FloatField(help_text="To reach the cut, 0 to 1.")
    domains = models.JSONField(default=list, help_text="By domain: right, answers, and the 80 % range of the share.")

    judged_at = models.DateTimeField(null=True)
    judged_by = models.ForeignKey(Attempt, models.SET_NULL, null=True, related_name="judged")
    actual_right = models.PositiveSmallIntegerField(null=True)
    actual_items = models.PositiveSmallIntegerField(null=True, help_text="Questions of that exam that counted and were new.")
    judged_needed = models.PositiveSmallIntegerField(null=True)
    judged_low80 = models.PositiveSmallIntegerField(null=True)
    judged_high80 = models.PositiveSmallIntegerField(null=True)
    judged_low90 = models.PositiveSmallIntegerField(null=True)
    judged_high90 = models.PositiveSmallIntegerField(null=True)
    judged_expected = models.FloatField(null=True)
    judged_chance = models.FloatField(null=True)

    objects = PredictionQuerySet.as_manager()

    class Meta:
        ordering = ["-made_at", "-pk"]
        verbose_name_plural = "how well predictions hold"
        indexes = [models.Index(fields=["learner", "-made_at"], name="prediction_of_learner")]
        constraints = [
            models.CheckConstraint(condition=Q(low90__lte=F("low80"), low80__lte=F("high80"), high80__lte=F("high90")), name="ranges_nest"),
            models.CheckConstraint(condition=Q(chance__gte=0, chance__lte=1), name="a_chance_is_a_share"),
            models.CheckConstraint(
                condition=Q(judged_at=None, actual_right=None, actual_items=None)
                | Q(
                    judged_at__isnull=False,
                    actual_right__isnull=False,
                    actual_right__lte=F("actual_items"),
                    actual_items__isnull=False,
                    actual_items__gt=0,
                ),
                name="judged_whole_or_not_at_all",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.low80} to {self.high80} of {self.items}"

    @property
    def outcome(self) -> Judged:
        """A judged prediction beside what came."""
        assert self.actual_right is not None
        assert self.judged_needed is not None
        values: tuple[Any, ...] = (
            self.judged_low80, self.judged_high80, self.judged_low90, self.judged_high90, self.judged_expected, self.judged_chance,
            self.actual_items, self.actual_right, self.actual_right >= self.judged_needed,
        )  # fmt: skip
        return Judged(*values)
