"""What learners predicted in the invocation lab."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class LabPrediction(models.Model):
    """What a learner said before a case was run, and what the simulator gave. The first word on a case counts; it is never changed."""

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="lab_predictions")
    model = models.CharField(max_length=20, help_text="The model of invocation: sync, async, sqs, stream or workflow.")
    case = models.CharField(max_length=500, help_text="The case as the lab's address writes it.")
    predicted = models.JSONField(help_text="runs and ending, as said.")
    outcome = models.JSONField(help_text="runs and ending, as simulated.")
    right = models.BooleanField()
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["-made_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["learner", "case"], name="one_prediction_per_case")]

    def __str__(self) -> str:
        return f"{self.case}: {'right' if self.right else 'wrong'}"
