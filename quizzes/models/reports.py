"""What learners say about questions."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from quizzes.models.bank import QuestionVersion


class Report(models.Model):
    """A learner's note on a question, with its state."""

    class Kind(models.TextChoices):
        WRONG = "wrong", "the key is wrong"
        UNCLEAR = "unclear", "the wording is unclear"
        OUTDATED = "outdated", "AWS has changed this"
        OTHER = "other", "something else"

    class State(models.TextChoices):
        OPEN = "open", "open"
        MENDED = "mended", "mended"
        DECLINED = "declined", "stays as it is"

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="reports")
    version = models.ForeignKey(QuestionVersion, models.PROTECT, related_name="reports")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    text = models.TextField(max_length=2000)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN, db_index=True)
    reply = models.TextField(blank=True, help_text="The learner reads this on their progress page.")
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["state", "-created_at"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.text[:60]}"
