"""Where imported questions came from."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from quizzes.models.bank import Question
from quizzes.models.lessons import Domain, Objective


class ImportRun(models.Model):
    """A file that was uploaded or named to a command, and whose questions were looked at.

    `data` is the file itself while somebody chooses from it; the next upload of the same person, or a command, keeps only the facts.
    """

    file_name = models.CharField("file", max_length=200)
    format = models.CharField(max_length=20)
    checksum = models.CharField(max_length=64)
    data = models.BinaryField(null=True, editable=False)
    objective = models.ForeignKey(Objective, models.CASCADE, related_name="+", help_text="For questions that name none.")
    domain = models.ForeignKey(
        Domain, models.CASCADE, related_name="+", verbose_name="exam domain", help_text="For questions that name none."
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+")
    created_at = models.DateTimeField("when", editable=False)

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = "import"

    def __str__(self) -> str:
        return self.file_name


class ImportedQuestion(models.Model):
    """A question that came with a file. While it is here, the same question is not taken again."""

    question = models.OneToOneField(Question, models.CASCADE, related_name="imported")
    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="questions")
    line = models.PositiveIntegerField()
    place = models.CharField("file in the package", max_length=300, blank=True)
    checksum = models.CharField(max_length=64, db_index=True, help_text="Of its content as it stood in the file.")

    class Meta:
        ordering = ["run", "line", "pk"]
        verbose_name = "imported question"

    def __str__(self) -> str:
        return f"{self.run}, line {self.line}"
