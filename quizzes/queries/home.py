"""The Today page: what to do next, and where everything stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from quizzes.domain.attempt import Mode
from quizzes.domain.exam import SCALE_PASS
from quizzes.models import Attempt, User
from quizzes.queries.attempts import ExamLine, exam_lines
from quizzes.queries.bank import ShakyPage, TopicLine, shaky_page, topic_lines
from quizzes.queries.lessons import LessonLine, lesson_lines


@dataclass(frozen=True, slots=True)
class Step:
    """The one thing to do next, with its reason."""

    title: str
    why: str
    url: str
    button: str


@dataclass(frozen=True, slots=True)
class Running:
    """An attempt that waits to be gone on with."""

    attempt: int
    mode: str
    title: str
    left: int
    total: int
    remaining_s: float | None


@dataclass(frozen=True, slots=True)
class TodayPage:
    is_new: bool
    step: Step
    running: list[Running]
    shaky: ShakyPage
    topics: list[TopicLine]
    reading: LessonLine | None
    exams: list[ExamLine]
    lessons_read: int
    lessons: int


def today_page(learner: User | None, *, now: datetime) -> TodayPage:
    lessons, topics, shaky = lesson_lines(learner), topic_lines(learner), shaky_page(learner)
    running = _running(learner, now=now)
    done = exam_lines(learner, limit=3)
    begun = [line for line in lessons if line.started and not line.finished]
    fresh = next((line for line in lessons if not line.started), None)
    reading = begun[0] if begun else fresh
    is_new = not any(topic.seen for topic in topics) and not begun and not done and not running
    return TodayPage(
        is_new, _step(is_new, running, shaky, topics, reading, done), running, shaky, topics, reading, done,
        sum(line.finished for line in lessons), len(lessons),
    )  # fmt: skip


def _running(learner: User | None, *, now: datetime) -> list[Running]:
    if learner is None:
        return []
    rows = Attempt.objects.of(learner).unfinished().exclude(mode=Mode.CHECK).annotate(
        total=Count("slots"), left=Count("slots", filter=Q(slots__responses__isnull=True)),
        unsaved=Count("slots", filter=Q(slots__draft=[])),
    ).order_by("-started_at")[:6]  # fmt: skip
    return [
        Running(
            row.pk, row.mode, str(row.plan.get("title", "")), row.unsaved if row.rules.saves_drafts else row.left,
            row.total, row.clock.remaining_s(now),
        )
        for row in rows if row.clock.is_open(now)
    ][:3]  # fmt: skip


def _step(
    is_new: bool, running: list[Running], shaky: ShakyPage, topics: list[TopicLine], reading: LessonLine | None, done: list[ExamLine]
) -> Step:
    """One recommendation: a running exam, then what was missed, then reading, then the coldest topic, then an exam."""
    exam = next((row for row in running if row.mode == Mode.EXAM), None)
    if exam:
        time = "" if exam.remaining_s is None else f", {max(1, int(exam.remaining_s // 60))} min left"
        return Step(
            "Go on with your exam",
            f"{exam.title}: {exam.left} of {exam.total} open{time}.",
            f"/attempts/{exam.attempt}/",
            "Back to the exam",
        )
    if is_new and reading:
        return Step(
            "Begin with the first lesson",
            f"{reading.minutes} minutes, with questions on the way that show what sticks.",
            reading.url,
            "Start reading",
        )
    if shaky.waiting >= 5:
        return Step(
            f"{shaky.waiting} questions wait for review", "You missed or guessed them the last time; another try now makes them stay.", "/review/", "Start review",
        )  # fmt: skip
    cold = [topic for topic in topics if topic.heat.state == "cold" and topic.unseen]
    warm = [topic for topic in topics if topic.heat.state == "warm"]
    if reading and reading.started:
        return Step(
            f"Finish “{reading.short}”",
            f"About {reading.minutes_left} min are left.",
            f"{reading.url}{'#' + reading.anchor if reading.anchor else ''}",
            "Read on",
        )
    if len(cold) > len(topics) / 2 and reading:
        return Step(f"Read “{reading.short}”", "Most topics are still cold; the next lesson warms one up.", reading.url, "Start reading")
    if cold:
        topic = cold[0]
        return Step(
            f"Practise {topic.title}",
            f"{topic.heat.answers} of 8 answers given; below that nothing can be said.",
            f"/practice/?topic={topic.slug}",
            "Practise",
        )
    if not done:
        return Step(
            "Sit a short practice exam",
            "Every topic has answers; an exam shows how they hold up against the clock.",
            "/exams/",
            "Choose an exam",
        )
    if warm:
        weakest = min(warm, key=lambda topic: topic.heat.mean or 0)
        return Step(
            f"Practise {weakest.title}",
            "It is the weakest of your topics by the answers so far.",
            f"/practice/?topic={weakest.slug}",
            "Practise",
        )
    return Step("Sit a practice exam", f"All topics are hot. See whether you pass {SCALE_PASS} under time.", "/exams/", "Choose an exam")
