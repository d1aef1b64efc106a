"""Pictures of questions, in the database: several machines share it, and a backup holds it."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import models

from quizzes.domain import pictures


class PictureQuerySet(models.QuerySet["Picture"]):
    def at(self, addresses: Iterable[str]) -> PictureQuerySet:
        """Those that stand at these addresses."""
        return self.filter(digest__in={digest for address in addresses for digest in pictures.digests(address)})


class Picture(models.Model):
    """A picture under the name of its content. It is never changed: another picture has another name."""

    digest = models.CharField("name", max_length=64, primary_key=True)
    ending = models.CharField("format", max_length=4, choices=[(ending, ending.upper()) for ending in pictures.MEDIA_TYPES])
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()
    size = models.PositiveIntegerField("bytes")
    data = models.BinaryField()
    kept_at = models.DateTimeField("kept", db_index=True, help_text="When it was last brought here; what is young is not tidied away.")

    objects = PictureQuerySet.as_manager()

    class Meta:
        ordering = ["-kept_at", "digest"]

    def __str__(self) -> str:
        return f"{self.digest[:12]}… ({self.width} × {self.height})"

    @property
    def shown(self) -> pictures.Picture:
        """As the rules know it."""
        return pictures.Picture(self.digest, self.ending, self.width, self.height, bytes(self.data))

    @property
    def address(self) -> str:
        """Where it is served. Needs no data."""
        return pictures.Picture(self.digest, self.ending, self.width, self.height, b"").address
