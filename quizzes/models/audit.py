"""What was done that somebody may have to answer for: only ever added to."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Now

from quizzes.models.user import User


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    def about(self, user: User) -> AuditQuerySet:
        """What a person did, and what was done about them."""
        return self.filter(Q(actor=user.pk) | Q(subject=user.pk))

    def with_names(self) -> AuditQuerySet:
        """With `actor_name` and `subject_name`: the usernames of today, None for a removed account."""
        names = {f"{role}_name": Subquery(User.objects.filter(pk=OuterRef(role)).values("username")[:1]) for role in ("actor", "subject")}
        return self.annotate(**names)


class AuditEntry(models.Model):
    """One act. People are numbers here, looked up in the table of accounts: who removes their account is a number without a name from then on.

    The database refuses every change and every deletion, whoever asks, and stamps the moment itself.
    """

    class Action(models.TextChoices):
        PUBLISH = "publish", "version published"
        MEND = "mend", "key mended"
        UNMEND = "unmend", "mending undone"
        ACCOMMODATION = "accommodation", "time of a person changed"
        CLASS_TIME = "class time", "window of a class exam changed"
        EXPORT = "export", "learners’ data taken out"
        OWN_EXPORT = "own export", "own data taken out"
        REMOVAL = "removal", "account removed"
        RIGHTS = "rights", "rights changed"
        PASSWORD = "password", "password set for somebody"
        SECOND_FACTOR = "second factor", "second factor changed"

    at = models.DateTimeField(db_default=Now(), db_index=True)
    action = models.CharField(max_length=20, choices=Action.choices)
    actor = models.PositiveBigIntegerField("done by", null=True, blank=True, help_text="The number of an account; none for a command.")
    subject = models.PositiveBigIntegerField("concerns", null=True, blank=True, help_text="The number of an account; none for a thing.")
    target = models.CharField("what", max_length=200, help_text="The thing it was done to, such as “question async-two”.")
    before = models.JSONField(default=dict, blank=True)
    after = models.JSONField(default=dict, blank=True)
    request_id = models.CharField(max_length=64, blank=True)

    objects = AuditQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = "entry of the audit log"
        verbose_name_plural = "entries of the audit log"
        indexes = [models.Index(fields=["actor"], name="audit_by_actor"), models.Index(fields=["subject"], name="audit_by_subject")]

    def __str__(self) -> str:
        return f"{self.get_action_display()}: {self.target}"

    def save(self, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError(f"{self} is a record and stays as it is")
        super().save(**kwargs)
