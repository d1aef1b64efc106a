"""Mended keys: what was said of wordings that turned out wrong, and what it did to answers and results. Answers themselves stay as they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, When

from quizzes.domain.mending import Kind, Mending, Ruling, Score, in_words, ruling
from quizzes.models.attempts import Attempt, Response
from quizzes.models.bank import Question, QuestionVersion
from quizzes.models.rows import read_rows


def effective_fraction(path: str = "") -> Case:
    """The mark that holds for a response: as it was given, or as a mended key says; NULL where the question does not count.

    `path` leads to the response, such as "slots__responses__". Means, sums and comparisons leave NULL out, so that a dropped question is
    neither right nor missed.
    """
    return Case(When(**{f"{path}regrade__isnull": False}, then=F(f"{path}regrade__fraction")), default=F(f"{path}fraction"))


def is_right(path: str = "") -> Q:
    """Responses whose effective mark is full: `effective_fraction(path) >= 1` as a condition that reads one join."""
    return Q(**{f"{path}regrade__isnull": True, f"{path}fraction__gte": 1}) | Q(**{f"{path}regrade__fraction__gte": 1})


def is_dropped(path: str = "") -> Q:
    """Responses to a dropped question."""
    return Q(**{f"{path}regrade__isnull": False, f"{path}regrade__fraction__isnull": True})


@dataclass(frozen=True, slots=True)
class Held:
    """What holds of a version, and the mendings that say so, the earliest first."""

    ruling: Ruling
    mendings: list[KeyMending]


_IN_FORCE = """SELECT {columns}, v.questionversion_id AS version FROM quizzes_keymending a
    JOIN quizzes_keymending_versions v ON v.keymending_id = a.id
    WHERE a.undone_at IS NULL AND v.questionversion_id IN ({places}) ORDER BY a.id"""


class KeyMendingQuerySet(models.QuerySet["KeyMending"]):
    def in_force(self) -> KeyMendingQuerySet:
        """Those that were not undone, in the order in which they hold."""
        return self.filter(undone_at=None).order_by("pk")

    def held(self, versions: Iterable[QuestionVersion]) -> dict[int, Held]:
        """By version, what holds of those that were mended; others are not in it.

        As SQL it costs a fifth of a composed query. Answering asks it only where what it reads anyway says that something was mended.
        """
        known = {version.pk: version for version in versions}
        if not known:
            return {}
        sql = _IN_FORCE.format(columns="{columns}", places=", ".join(["%s"] * len(known)))
        said: dict[int, list[KeyMending]] = {}
        for row in read_rows(KeyMending, sql, list(known), using=self.db):
            said.setdefault(row.version, []).append(row)  # type: ignore[attr-defined]
        return {pk: Held(ruling(known[pk].item, [m.rule for m in rows]), rows) for pk, rows in said.items()}


class KeyMending(models.Model):
    """What holds of published wordings that turned out wrong. Applied once; undone by a date, never deleted."""

    class Kind(models.TextChoices):
        DROP = Kind.DROP.value, "drop the question"
        ACCEPT = Kind.ACCEPT.value, "accept several answers"
        FULL = Kind.FULL.value, "full marks for everybody"
        CHANGE = Kind.CHANGE.value, "change the key"

    question = models.ForeignKey(Question, models.PROTECT, related_name="mendings")
    versions = models.ManyToManyField(QuestionVersion, related_name="mendings")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    answers = models.JSONField(default=list, help_text="What is right as well, or instead, as responses store it.")
    reason = models.TextField(max_length=1000, help_text="Learners read this on their result page.")
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    figures = models.JSONField(default=dict, help_text="What it did, in numbers, when it was applied.")

    objects = KeyMendingQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = "mended key"
        verbose_name_plural = "mended keys"
        constraints = [
            models.CheckConstraint(condition=Q(undone_at__isnull=False) | Q(undone_by__isnull=True), name="who_undid_says_when"),
            models.CheckConstraint(condition=~Q(reason=""), name="a_mending_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.question}"

    @property
    def rule(self) -> Mending:
        return Mending(self.kind, tuple(tuple(answer) for answer in self.answers))

    @property
    def is_in_force(self) -> bool:
        return self.undone_at is None

    def what(self, version: QuestionVersion) -> str:
        """What it says, as a sentence; the version lends the words of its options."""
        return in_words(version.item, self.rule)


class Regrade(models.Model):
    """The effective mark of a response where a mended key gives it another than it was given. No row: the mark stands as given."""

    response = models.OneToOneField(Response, models.CASCADE, related_name="regrade")
    mending = models.ForeignKey(KeyMending, models.PROTECT, related_name="regrades", help_text="The last one in force.")
    fraction = models.FloatField(null=True, help_text="0 or 1; null: the question does not count.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(fraction__isnull=True) | Q(fraction__gte=0, fraction__lte=1), name="regrade_is_a_share"
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.response_id}: {self.fraction}"


class MendedResult(models.Model):
    """What a mending did to the result of an exam, when it was applied. Before is null where the exam was handed in under it."""

    mending = models.ForeignKey(KeyMending, models.PROTECT, related_name="results")
    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="mended_results")
    right_before = models.PositiveSmallIntegerField(null=True)
    scored_before = models.PositiveSmallIntegerField(null=True)
    scaled_before = models.PositiveSmallIntegerField(null=True)
    right_after = models.PositiveSmallIntegerField()
    scored_after = models.PositiveSmallIntegerField()
    scaled_after = models.PositiveSmallIntegerField(null=True, help_text="Null: no question of the exam counts any more.")

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["mending", "attempt"], name="one_result_per_mending")]

    def __str__(self) -> str:
        return f"{self.attempt_id}: {self.scaled_before} to {self.scaled_after}"

    @classmethod
    def of(cls, mending: KeyMending, attempt: Attempt, *, before: Score | None, after: Score) -> MendedResult:
        told: dict[str, Any] = {f"{name}_after": getattr(after, name) for name in ("right", "scored", "scaled")}
        if before is not None:
            told |= {f"{name}_before": getattr(before, name) for name in ("right", "scored", "scaled")}
        return cls(mending=mending, attempt=attempt, **told)

    @property
    def before(self) -> Score | None:
        """None where the exam was handed in when the mending held already."""
        if self.right_before is None or self.scored_before is None:
            return None
        return Score(self.right_before, self.scored_before, self.scaled_before)

    @property
    def after(self) -> Score:
        return Score(self.right_after, self.scored_after, self.scaled_after)
