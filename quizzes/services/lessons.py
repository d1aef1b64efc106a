"""The verbs of reading: the place reached, and a lesson finished."""

from __future__ import annotations

from datetime import datetime

from quizzes.models import Lesson, LessonProgress, User


def keep_place(*, learner: User, lesson: Lesson, anchor: str, now: datetime) -> None:
    """Remember the section a learner reached. An unknown section is not kept."""
    if anchor and not lesson.sections.filter(anchor=anchor).exists():
        return
    LessonProgress.objects.bulk_create(
        [LessonProgress(learner=learner, lesson=lesson, anchor=anchor, visited_at=now)],
        update_conflicts=True, unique_fields=["learner", "lesson"], update_fields=["anchor", "visited_at"],
    )  # fmt: skip


def finish_lesson(*, learner: User, lesson: Lesson, finished: bool, now: datetime) -> None:
    """Mark a lesson as read, or take the mark back."""
    LessonProgress.objects.bulk_create(
        [LessonProgress(learner=learner, lesson=lesson, visited_at=now, finished_at=now if finished else None)],
        update_conflicts=True, unique_fields=["learner", "lesson"], update_fields=["visited_at", "finished_at"],
    )  # fmt: skip
