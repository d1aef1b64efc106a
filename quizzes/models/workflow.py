"""What instructors say to each other about a question, its tags, and what was done to several at once."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from quizzes.models.bank import Question


class Comment(models.Model):
    """What somebody said about a question, or the step they took with it. Appended, never changed, so that two at once lose nothing."""

    class Kind(models.TextChoices):
        COMMENT = "comment", "said"
        ASKED = "asked", "asked for a review"
        WITHDRAWN = "withdrawn", "took it back from review"
        RETURNED = "returned", "sent it back"
        APPROVED = "approved", "approved it"
        CHANGED = "changed", "changed it after the approval, which no longer holds"

    question = models.ForeignKey(Question, models.CASCADE, related_name="comments")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="question_comments")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.COMMENT)
    text = models.TextField(max_length=2000, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.text[:60]}"


class Tag(models.Model):
    """A free word on a question, for instructors alone."""

    question = models.ForeignKey(Question, models.CASCADE, related_name="tags")
    name = models.SlugField(max_length=40)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["question", "name"], name="one_tag_of_a_name")]

    def __str__(self) -> str:
        return self.name


class BulkChange(models.Model):
    """One thing done to several questions at once, so that it can be undone."""

    class Kind(models.TextChoices):
        TAG = "tag", "Tag"
        UNTAG = "untag", "Take a tag off"
        MOVE = "move", "Move to another objective"
        RETIRE = "retire", "Retire"
        RESTORE = "restore", "Restore"

    kind = models.CharField(max_length=10, choices=Kind.choices)
    value = models.CharField(max_length=100, blank=True, help_text="The tag, or the objective that they went to.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.value}".strip()


class BulkRow(models.Model):
    """One question of a bulk change: what it was before, and after."""

    change = models.ForeignKey(BulkChange, models.CASCADE, related_name="rows")
    question = models.ForeignKey(Question, models.CASCADE, related_name="bulk_rows")
    before = models.CharField(max_length=100, blank=True)
    after = models.CharField(max_length=100, blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.question_id}: {self.before} to {self.after}"


class DiscardedDraft(models.Model):
    """A draft that was deleted, kept for a while so that it can be brought back. It was never published, so nothing rests on it."""

    slug = models.SlugField("name", max_length=100)
    stem = models.TextField()
    family = models.SlugField(max_length=100)
    body = models.JSONField(help_text="The working copy, as a version would hold it.")
    tags = models.JSONField(default=list)
    is_pilot = models.BooleanField(default=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    origin = models.JSONField(default=dict, help_text="Of an imported one: run, line, file in the package, checksum.")
    discarded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name="deleted by")
    discarded_at = models.DateTimeField("deleted", db_index=True)

    class Meta:
        ordering = ["-discarded_at", "-pk"]
        verbose_name = "deleted draft"

    def __str__(self) -> str:
        return self.slug
