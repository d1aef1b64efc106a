"""The question bank: identities, their working copies, frozen versions, and the plans of exams."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import connections, models
from django.utils.functional import cached_property

from quizzes.domain import items
from quizzes.domain.exam import PILOT, Candidate, fits_exams
from quizzes.domain.items import Item
from quizzes.domain.selection import variant_for
from quizzes.domain.workflow import Review, Standing, stage
from quizzes.models.lessons import Domain, Fact, Objective, Topic


class QuestionQuerySet(models.QuerySet["Question"]):
    def published(self) -> QuestionQuerySet:
        """Questions that may be asked."""
        return self.filter(state=Question.State.PUBLISHED)

    def mark_for_exams(self) -> None:
        """Bring `in_exams` in step with the current versions and with what the facts say today."""
        new_facts = Fact.too_new()
        bodies = self.filter(current__isnull=False).values_list("pk", "in_exams", "current__body")
        changed: dict[bool, list[int]] = {True: [], False: []}
        for pk, known, body in bodies:
            fits = fits_exams(items.from_dict(body), new_facts=new_facts)
            if fits != known:
                changed[fits].append(pk)
        for fits, pks in changed.items():
            for n in range(0, len(pks), 500):  # SQLite takes no statement with too many values
                self.filter(pk__in=pks[n : n + 500]).update(in_exams=fits)

    def draw(self, *, windows: Mapping[str, int], start: float, learner_id: int, pilots: int = 0) -> list[Candidate]:
        """For each objective, up to `windows[objective]` published questions that fit exams, met from a random place of the bank on.

        And up to `pilots` pilot questions of each: they have a window of their own, so that many of them never crowd out what counts.
        One statement that reads windows of an index, so that it costs the same with 500 and with 100,000 questions.
        """
        wanted = [(False, objective, window) for objective, window in windows.items()]
        wanted += [(True, objective, pilots) for objective in windows if pilots]
        connection = connections[self.db]
        put = _draw_on_postgres if connection.vendor == "postgresql" else _draw_on_sqlite
        with connection.cursor() as cursor:
            cursor.execute(*put(wanted, start=start, learner_id=learner_id))
            rows = cursor.fetchall()
        found = []
        for question, version, objective, family, pick, options, stock, is_pilot, times in rows:
            if stock and stock != "[]":
                kept = json.loads(stock) if isinstance(stock, str) else stock
                version, options = variant_for(kept, learner=learner_id, question=question, times=times)
            found.append(
                Candidate(
                    question, version, objective, family, pick, options, times > 0, PILOT if is_pilot else "", is_pilot=bool(is_pilot)
                )
            )  # fmt: skip
        return found


_HALF = """SELECT * FROM (SELECT q.id, q.current_id, q.objective_id, q.family, q.pick, q.option_count,
    q.stock, q.is_pilot, COALESCE((SELECT s.times FROM quizzes_seen s WHERE s.learner_id = %s AND s.question_id = q.id), 0) AS times
    FROM quizzes_question q WHERE q.state = 'published' AND q.in_exams = TRUE AND q.is_pilot = {pilot} AND q.objective_id = {objective}
    AND q.draw_key {sign} %s
    ORDER BY q.draw_key LIMIT {window}) AS {name}"""


def _draw_on_sqlite(wanted: Sequence[tuple[bool, str, int]], *, start: float, learner_id: int) -> tuple[str, list[Any]]:
    """A window after the other. The second half of each is read only where the first is short."""
    parts: list[str] = []
    values: list[Any] = []
    for n, (pilot, objective, window) in enumerate(wanted):
        first, second = (
            _HALF.format(sign=sign, name=f"{name}{n}", pilot=str(pilot).upper(), objective="%s", window="%s")
            for sign, name in ((">=", "a"), ("<", "b"))
        )
        parts.append(f"SELECT * FROM ({first} UNION ALL {second} LIMIT %s) AS c{n}")  # noqa: S608 (our own words; values travel apart)
        values += [learner_id, objective, start, window, learner_id, objective, start, window, window]
    return " UNION ALL ".join(parts), values


def _draw_on_postgres(wanted: Sequence[tuple[bool, str, int]], *, start: float, learner_id: int) -> tuple[str, list[Any]]:
    """The same, planned once for all windows: planning each of them took ten times as long as reading them."""
    first, second = (
        _HALF.format(sign=sign, name=name, pilot="w.pilot", objective="w.objective", window="w.size")
        for sign, name in ((">=", "a"), ("<", "b"))
    )
    rows = ", ".join(["(%s::boolean, %s::text, %s::integer)"] * len(wanted))
    sql = f"""SELECT c.* FROM (VALUES {rows}) AS w (pilot, objective, size)
        CROSS JOIN LATERAL ({first} UNION ALL {second} LIMIT w.size) AS c"""  # noqa: S608
    return sql, [*(value for row in wanted for value in row), learner_id, start, learner_id, start]


class Question(models.Model):
    """The identity of a question and its working copy. What learners see is the current version."""

    class State(models.TextChoices):
        DRAFT = "draft", "draft"
        PUBLISHED = "published", "published"
        RETIRED = "retired", "retired"

    class Type(models.TextChoices):
        SINGLE = "single", "single choice (one key of four)"
        MULTIPLE = "multiple", "multiple response (two or three keys of five or six)"
        ORDERING = "ordering", "ordering (three to six steps in their order; practice only)"
        MATCHING = "matching", "matching (three to six with a partner each; practice only)"
        NUMERIC = "numeric", "numeric (a number to work out; practice only)"

    class Level(models.TextChoices):
        REMEMBER = "remember", "remember"
        UNDERSTAND = "understand", "understand"
        APPLY = "apply", "apply"
        ANALYSE = "analyse", "analyse"

    class Review(models.TextChoices):
        NONE = Review.NONE, "not in review"
        ASKED = Review.ASKED, "in review"
        RETURNED = Review.RETURNED, "sent back"
        APPROVED = Review.APPROVED, "approved"

    slug = models.SlugField(max_length=100, unique=True, help_text="A short name of its own; learners never see it.")
    family = models.SlugField(
        max_length=100, db_index=True, help_text="Questions about the same fact share a family and never meet in one exam."
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT, db_index=True)
    type = models.CharField(max_length=10, choices=Type.choices, default=Type.SINGLE)
    stem = models.TextField(help_text="A situation and a question. Markdown: `code`, *emphasis*.")
    objective = models.ForeignKey(Objective, models.PROTECT, related_name="questions")
    topic = models.ForeignKey(Topic, models.PROTECT, related_name="questions", editable=False)
    domain = models.ForeignKey(Domain, models.PROTECT, related_name="questions", verbose_name="exam domain")
    level = models.CharField(max_length=10, choices=Level.choices, default=Level.APPLY)
    difficulty = models.PositiveSmallIntegerField(
        default=2, validators=[MinValueValidator(1), MaxValueValidator(3)], help_text="1 easy to 3 hard"
    )
    lesson = models.CharField(
        "lesson section", max_length=150, blank=True, db_index=True, help_text="slug#section of the lesson that teaches it"
    )
    facts = models.JSONField(default=list, blank=True, help_text="Ids of the facts that make the key right.")
    targets_extra = models.JSONField("partners that fit nothing", default=list, blank=True)
    unit = models.CharField(max_length=40, blank=True)
    tolerance = models.CharField(max_length=30, default="0")

    shipped_checksum = models.CharField(max_length=64, blank=True, editable=False)
    shipped_body = models.JSONField(null=True, editable=False, help_text="What the shipped file says; null for our own.")
    edited_here = models.BooleanField(
        "edited in the admin", default=False, editable=False, help_text="A sync of the shipped files leaves it alone."
    )
    current = models.OneToOneField("QuestionVersion", models.PROTECT, null=True, editable=False, related_name="current_of")
    draw_key = models.FloatField(editable=False, help_text="A random number, so that a draw costs the same in a bank of any size.")
    pick = models.PositiveSmallIntegerField(default=1, editable=False, help_text="How many parts an answer to the current version has.")
    option_count = models.PositiveSmallIntegerField(default=0, editable=False)
    generator = models.SlugField(
        max_length=100, blank=True, db_index=True, editable=False, help_text="The family in domain/generators that computes its wordings."
    )
    stock = models.JSONField(
        default=list,
        editable=False,
        help_text="Of a generated question: the frozen variants that are asked, each as [version, number of options].",
    )
    in_exams = models.BooleanField(
        default=False, editable=False, help_text="Whether exams draw the current version (domain/exam.py, fits_exams)."
    )
    is_pilot = models.BooleanField(
        "pilot", default=False, help_text="Exams draw it only for places that do not count, until its figures hold (domain/pilots.py)."
    )
    pilot_kept_at = models.PositiveIntegerField(
        default=0, editable=False, help_text="How many answers it had when somebody last decided to keep it a pilot."
    )
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="questions")
    review = models.CharField(max_length=10, choices=Review.choices, default=Review.NONE, blank=True, db_index=True, editable=False)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        help_text="Who changed the working copy last.",
    )
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+")
    asked_at = models.DateTimeField(null=True, editable=False)
    reviewed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+")
    approved_checksum = models.CharField(
        max_length=64,
        blank=True,
        editable=False,
        help_text="Of the working copy that was approved: the approval holds for this wording alone.",
    )
    created_at = models.DateTimeField(editable=False)
    changed_at = models.DateTimeField(editable=False)

    objects = QuestionQuerySet.as_manager()

    class Meta:
        ordering = ["topic__position", "slug"]
        indexes = [models.Index(fields=["state", "in_exams", "is_pilot", "objective", "draw_key"], name="question_draw")]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state="published") | models.Q(current__isnull=False),
                name="published_means_a_version",
            )
        ]
        permissions = [("publish_question", "Can publish and retire questions")]

    def __str__(self) -> str:
        return self.slug

    @property
    def is_shipped(self) -> bool:
        return self.shipped_body is not None

    @property
    def is_generated(self) -> bool:
        """Whether its wordings are computed; nobody writes them at the desk."""
        return bool(self.generator)

    @property
    def stage(self) -> str:
        """Where it stands, in words: draft, in review, published, retired, and what lies between."""
        return stage(self.state, self.review)

    def standing(self, wording: str) -> Standing:
        """What the rules of the workflow ask; `wording` is the checksum of the working copy."""
        return Standing(
            state=self.state, review=self.review, written_by=self.written_by_id, asked_by=self.asked_by_id, reviewed_by=self.reviewed_by_id,
            wording=wording, approved=self.approved_checksum, is_generated=self.is_generated,
        )  # fmt: skip

    @property
    def check_seed(self) -> int:
        """What shuffles this question as a check in a lesson: always the same, and not to be guessed from an address.

        Whoever knew it could undo the shuffling, and of steps the order as written is the key.
        """
        return int(self.draw_key * 2**62)


class DraftOption(models.Model):
    """An option of the working copy."""

    question = models.ForeignKey(Question, models.CASCADE, related_name="draft_options")
    position = models.PositiveSmallIntegerField(default=0)
    text = models.TextField()
    key = models.BooleanField(default=False)
    match = models.TextField("partner", blank=True)
    why = models.TextField("rationale", blank=True)

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = "option"

    def __str__(self) -> str:
        return self.text


class DraftSource(models.Model):
    """A source of the working copy."""

    question = models.ForeignKey(Question, models.CASCADE, related_name="draft_sources")
    title = models.CharField(max_length=200)
    url = models.URLField("address", max_length=500)
    checked = models.DateField("read on")

    class Meta:
        ordering = ["pk"]
        verbose_name = "source"

    def __str__(self) -> str:
        return self.title


class QuestionVersion(models.Model):
    """One wording of a question, frozen. To change a question, publish a new version."""

    question = models.ForeignKey(Question, models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    body = models.JSONField(help_text="Stem, options, key and feedback. Read it through `item`.")
    checksum = models.CharField(max_length=64)
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", help_text="The second pair of eyes, where there was one."
    )
    note = models.CharField(max_length=200, blank=True, help_text="What changed.")
    seed = models.PositiveIntegerField(null=True, help_text="Of a generated variant: what its parameters were drawn from.")
    params = models.JSONField(null=True, help_text="Of a generated variant: the parameters behind stem and key, for ever.")

    class Meta:
        ordering = ["question", "-number"]
        constraints = [models.UniqueConstraint(fields=["question", "number"], name="one_row_per_version")]

    def __str__(self) -> str:
        return f"{self.question_id} version {self.number}"

    @cached_property
    def item(self) -> Item:
        return items.from_dict(self.body)

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError(f"{self} is frozen; publish a new version instead")
        super().save(*args, **kwargs)


class Blueprint(models.Model):
    """An exam's plan."""

    slug = models.SlugField(unique=True)
    title = models.CharField(max_length=100)
    summary = models.TextField()
    minutes = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(600)])
    pilots = models.PositiveSmallIntegerField(
        "unscored questions", default=0, help_text="How many of the questions do not count; they are not marked as such."
    )
    cut = models.FloatField(
        default=0.72, validators=[MinValueValidator(0.3), MaxValueValidator(0.95)],
        help_text="The share of right answers that stands at 720 on the practice scale.",
    )  # fmt: skip
    counts = models.JSONField(help_text='How many questions of each objective: {"async-behaviour": 3, …}')
    is_open = models.BooleanField("offered to learners", default=True)
    shipped_checksum = models.CharField(max_length=64, blank=True, editable=False)
    edited_here = models.BooleanField(default=False, editable=False)

    class Meta:
        ordering = ["minutes"]
        verbose_name = "exam"
        constraints = [
            models.CheckConstraint(condition=models.Q(cut__gt=0, cut__lt=1), name="cut_is_a_share"),
            models.CheckConstraint(condition=models.Q(minutes__gt=0), name="an_exam_takes_time"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def length(self) -> int:
        """How many questions the form has."""
        return sum(self.counts.values())
