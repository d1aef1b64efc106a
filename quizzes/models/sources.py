"""The pages of AWS that lessons and questions rest on, and when one of them changed."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q

from quizzes.models.bank import DraftSource, Question


class SourcePageQuerySet(models.QuerySet["SourcePage"]):
    def remember(self, cited: Iterable[tuple[str, str]]) -> None:
        """Keep pages by (address, title); those that are known stay as they are."""
        self.bulk_create((self.model(url=url, title=title) for url, title in dict(cited).items()), ignore_conflicts=True, batch_size=100)

    def changed(self) -> SourcePageQuerySet:
        return self.filter(changed_on__isnull=False)


class SourcePage(models.Model):
    """A page that is cited by its address. Whoever sees that it changed says since when.

    What was checked before that day wants another look; checking it again, and saying so with the date, is what clears it.
    """

    url = models.URLField("address", max_length=500, unique=True)
    title = models.CharField(max_length=200)
    changed_on = models.DateField(
        "changed on",
        null=True,
        blank=True,
        help_text="What was checked before this day wants another look. Empty: it stands as it was read.",
    )
    note = models.CharField("what changed", max_length=300, blank=True)
    marked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+")
    marked_at = models.DateTimeField(null=True, editable=False)

    objects = SourcePageQuerySet.as_manager()

    class Meta:
        ordering = ["title", "url"]
        verbose_name = "source"
        indexes = [models.Index(fields=["url"], condition=Q(changed_on__isnull=False), name="changed_source")]

    def __str__(self) -> str:
        return self.title


def outdated_sources() -> models.QuerySet[DraftSource]:
    """What working copies cite and was checked before its page changed."""
    changed = SourcePage.objects.changed().filter(url=OuterRef("url"), changed_on__gt=OuterRef("checked"))
    return DraftSource.objects.filter(Exists(changed))


def outdated_questions() -> models.QuerySet[Question]:
    """Questions in use or being written with a source that changed after they were checked."""
    sources = outdated_sources().filter(question=OuterRef("pk"))
    return Question.objects.exclude(state=Question.State.RETIRED).filter(Exists(sources))
