"""The subject as it was loaded from `content/`: objectives, lessons, glossary, facts; and where a learner is in a lesson."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.db import connections, models
from django.urls import reverse


class ContentFile(models.Model):
    """A file as it was last taken in; a sync skips what has not changed."""

    path = models.CharField(max_length=200, unique=True)
    checksum = models.CharField(max_length=64)

    def __str__(self) -> str:
        return self.path


class Domain(models.Model):
    """A domain of the SAA-C03 exam guide with its weight in percent."""

    key = models.SlugField(primary_key=True)
    title = models.CharField(max_length=100)
    weight = models.PositiveSmallIntegerField()
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]

    def __str__(self) -> str:
        return self.title


class Topic(models.Model):
    slug = models.SlugField(primary_key=True)
    title = models.CharField(max_length=100)
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]

    def __str__(self) -> str:
        return self.title


class Objective(models.Model):
    """A thing to be able to do."""

    key = models.SlugField(primary_key=True)
    title = models.CharField(max_length=200)
    topic = models.ForeignKey(Topic, models.PROTECT, related_name="objectives")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]

    def __str__(self) -> str:
        return self.title


class Fact(models.Model):
    """A verified statement about AWS; questions and lessons cite it by id."""

    id = models.SlugField(primary_key=True, max_length=100)
    topic = models.CharField(max_length=50)
    level = models.CharField(max_length=10)
    statement = models.TextField()
    sources = models.JSONField(default=list, help_text="Title and address of each page that says so.")
    checked = models.DateField(null=True)

    def __str__(self) -> str:
        return self.id

    @classmethod
    def too_new(cls) -> set[str]:
        """Ids of the facts that exams do not ask yet."""
        return set(cls.objects.filter(level="new").values_list("pk", flat=True))


@dataclass(frozen=True, slots=True)
class Place:
    """A lesson with where a learner is in it: `reached` counts the sections up to there, 0 before it was begun."""

    number: int
    slug: str
    title: str
    short: str
    minutes: int
    sections: int
    anchor: str
    reached: int
    is_finished: bool


_PLACES = """SELECT l.number, l.slug, l.title, l.short, l.minutes,
    (SELECT COUNT(*) FROM quizzes_lessonsection s WHERE s.lesson_id = l.id AND s.anchor <> ''), COALESCE(p.anchor, ''),
    CASE WHEN COALESCE(p.anchor, '') = '' THEN 0 ELSE (SELECT COUNT(*) FROM quizzes_lessonsection s WHERE s.lesson_id = l.id AND s.anchor <> ''
        AND s.position <= (SELECT r.position FROM quizzes_lessonsection r WHERE r.lesson_id = l.id AND r.anchor = p.anchor)) END,
    p.finished_at IS NOT NULL
    FROM quizzes_lesson l LEFT JOIN quizzes_lessonprogress p ON p.lesson_id = l.id AND p.learner_id = %s ORDER BY l.number"""


class LessonQuerySet(models.QuerySet["Lesson"]):
    def places(self, learner_id: int) -> list[Place]:
        """Every lesson in order, with this learner's place in it. Today reads this: as SQL it costs a fifth."""
        with connections[self.db].cursor() as cursor:
            cursor.execute(_PLACES, [learner_id])
            rows = cursor.fetchall()
        return [
            Place(number, slug, title, short, minutes, sections, anchor, reached, bool(finished))
            for number, slug, title, short, minutes, sections, anchor, reached, finished in rows
        ]


class Lesson(models.Model):
    number = models.PositiveSmallIntegerField()
    slug = models.SlugField(unique=True)
    title = models.CharField(max_length=200)
    short = models.CharField(max_length=60)
    summary = models.TextField()
    topic = models.ForeignKey(Topic, models.PROTECT, related_name="lessons")
    objectives = models.ManyToManyField(Objective, related_name="lessons", blank=True)
    minutes = models.PositiveSmallIntegerField()
    checked = models.DateField(help_text="The day its statements were last held against the sources.")
    sources = models.JSONField()
    facts = models.JSONField(default=list)
    source = models.CharField("file", max_length=200)
    checksum = models.CharField(max_length=64)

    objects = LessonQuerySet.as_manager()

    class Meta:
        ordering = ["number"]

    def __str__(self) -> str:
        return f"{self.number}. {self.short}"

    def get_absolute_url(self) -> str:
        return reverse("lesson", args=[self.slug])


class LessonSection(models.Model):
    """One section, rendered once when it was loaded."""

    lesson = models.ForeignKey(Lesson, models.CASCADE, related_name="sections")
    position = models.PositiveSmallIntegerField()
    anchor = models.SlugField(blank=True)
    title = models.CharField(max_length=200, blank=True)
    blocks = models.JSONField(help_text="Read it through domain.lesson.from_dict.")
    text = models.TextField(help_text="The words alone, for search.")

    class Meta:
        ordering = ["lesson", "position"]
        constraints = [
            models.UniqueConstraint(fields=["lesson", "position"], name="one_section_per_position"),
            models.UniqueConstraint(fields=["lesson", "anchor"], condition=~models.Q(anchor=""), name="one_section_per_anchor"),
        ]

    def __str__(self) -> str:
        return f"{self.lesson_id}#{self.anchor}"


class Term(models.Model):
    """A term of the glossary."""

    slug = models.SlugField(primary_key=True)
    term = models.CharField(max_length=100)
    aliases = models.JSONField(default=list)
    definition = models.TextField()
    html = models.TextField()
    lesson = models.CharField(max_length=150, blank=True, help_text="slug or slug#section")

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.term


class LessonProgress(models.Model):
    """Where a learner is in a lesson, and whether they finished it."""

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="lesson_progress")
    lesson = models.ForeignKey(Lesson, models.CASCADE, related_name="progress")
    anchor = models.SlugField(blank=True, help_text="The section reached last.")
    visited_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["learner", "lesson"], name="one_progress_per_lesson")]

    def __str__(self) -> str:
        return f"{self.learner_id} in {self.lesson_id}"
