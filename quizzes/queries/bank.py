"""The reads around choosing questions."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, FilteredRelation, Q

from quizzes.domain.attempt import Mode
from quizzes.domain.exam import DEFAULT_CUT
from quizzes.domain.mastery import Temperature, temperature
from quizzes.models import Attempt, LessonSection, Question, Seen, Topic, User


@dataclass(frozen=True, slots=True)
class TopicLine:
    """A topic with what the learner did in it. `heat` says how sure that is."""

    slug: str
    title: str
    questions: int
    seen: int
    missed: int
    heat: Temperature

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
    """Every topic with counts and temperature: two statements."""
    pk = learner.pk if learner else 0
    rows = (
        Topic.objects.order_by("position")
        .annotate(mine=FilteredRelation("questions__seen", condition=Q(questions__seen__learner_id=pk)))
        .annotate(
            total=Count("questions", filter=Q(questions__state=Question.State.PUBLISHED)),
            seen=Count("mine", filter=Q(questions__state=Question.State.PUBLISHED)),
            missed=Count("mine", filter=Q(questions__state=Question.State.PUBLISHED, mine__last_fraction__lt=1)),
            firsts=Count("mine", filter=Q(mine__first_fraction__isnull=False)),  # of a dropped question nothing follows
            rights=Count("mine", filter=Q(mine__first_fraction__gte=1)),
        )
        .values_list("slug", "title", "total", "seen", "missed", "firsts", "rights")
    )
    found = list(rows)
    answers, right = sum(row[5] for row in found), sum(row[6] for row in found)
    prior = (right + 5.2) / (answers + 8)  # the learner's own rate, drawn towards .65 while there is little of it
    return [
        TopicLine(slug, title, total, seen, missed, temperature(right=rights, answers=firsts, prior=prior, cut=DEFAULT_CUT))
        for slug, title, total, seen, missed, firsts, rights in found
    ]


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


@dataclass(frozen=True, slots=True)
class ShakyPage:
    """What waits for review: missed or guessed the last time."""

    missed: int
    guessed: int
    open_attempt: int | None

    @property
    def waiting(self) -> int:
        return self.missed + self.guessed


def shaky_page(learner: User | None) -> ShakyPage:
    if learner is None:
        return ShakyPage(0, 0, None)
    counts = Seen.objects.filter(learner=learner, question__state=Question.State.PUBLISHED).aggregate(
        missed=Count("pk", filter=Q(last_fraction__lt=1)),
        guessed=Count("pk", filter=Q(last_fraction__gte=1, last_confidence="guess")),
    )
    running = Attempt.objects.of(learner).filter(mode=Mode.REVIEW).unfinished().values_list("pk", flat=True).first()
    return ShakyPage(counts["missed"], counts["guessed"], running)
