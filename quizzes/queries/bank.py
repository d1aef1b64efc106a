"""The reads around choosing questions."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, FilteredRelation, Q

from quizzes.domain.attempt import Mode
from quizzes.models import Attempt, LessonSection, Question, Topic, User


@dataclass(frozen=True, slots=True)
class TopicLine:
    """A topic with what the learner did in it."""

    slug: str
    title: str
    questions: int
    seen: int
    missed: int

    @property
    def unseen(self) -> int:
        return self.questions - self.seen


@dataclass(frozen=True, slots=True)
class SectionLine:
    """A section of a lesson whose questions can be practised alone."""

    place: str
    lesson: str
    title: str
    questions: int
    url: str


@dataclass(frozen=True, slots=True)
class PracticePage:
    topics: list[TopicLine]
    open_attempt: int | None
    open_left: int
    section: SectionLine | None = None

    @property
    def missed(self) -> int:
        return sum(topic.missed for topic in self.topics)

    @property
    def unseen(self) -> int:
        return sum(topic.unseen for topic in self.topics)

    @property
    def questions(self) -> int:
        return sum(topic.questions for topic in self.topics)


def topic_lines(learner: User | None) -> list[TopicLine]:
    """Every topic with its counts: one statement."""
    pk = learner.pk if learner else 0
    rows = (
        Topic.objects.order_by("position")
        .annotate(mine=FilteredRelation("questions__seen", condition=Q(questions__seen__learner_id=pk)))
        .annotate(
            total=Count("questions", filter=Q(questions__state=Question.State.PUBLISHED)),
            seen=Count("mine", filter=Q(questions__state=Question.State.PUBLISHED)),
            missed=Count("mine", filter=Q(questions__state=Question.State.PUBLISHED, mine__last_fraction__lt=1)),
        )
        .values_list("slug", "title", "total", "seen", "missed")
    )
    return [TopicLine(*row) for row in rows]


def practice_page(learner: User | None, *, section: str = "") -> PracticePage:
    """What can be practised; with a `section` (slug#anchor) that section as well, if there is one with questions."""
    running = (
        Attempt.objects.of(learner).filter(mode=Mode.PRACTICE).unfinished()
        .annotate(left=Count("slots", filter=Q(slots__responses__isnull=True))).order_by("-started_at").first()
        if learner else None
    )  # fmt: skip
    return PracticePage(
        topic_lines(learner), running.pk if running else None, running.left if running else 0, _section_line(section) if section else None
    )


def _section_line(place: str) -> SectionLine | None:
    slug, _, anchor = place.partition("#")
    row = LessonSection.objects.filter(lesson__slug=slug, anchor=anchor).exclude(anchor="").values_list("lesson__short", "title").first()
    questions = Question.objects.published().filter(lesson=place).count()
    return SectionLine(place, *row, questions, f"/lessons/{slug}/#{anchor}") if row and questions else None
