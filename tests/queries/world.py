"""A learner with a history of any size, for reads whose cost must not grow with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from quizzes.models import Attempt, Lesson, LessonProgress, Question, Report, Term, User
from quizzes.services import attempts
from tests.factories import T0, make_attempt, make_bank, make_blueprint, make_learner, make_lesson, make_slots

HOUR = timedelta(hours=1)
NOW = T0 + timedelta(days=9)


@dataclass
class World:
    learner: User
    bank: list[Question]
    lesson: Lesson
    exam: Attempt  # finished
    running: Attempt
    practice: Attempt  # some answered, some open
    blueprint: str


def make_world(n: int) -> World:
    """n of everything: topics, questions in each, lessons, exams, sessions, reports, terms."""
    learner = make_learner()
    bank = [question for i in range(n) for question in make_bank(n, topic=f"topic-{n}-{i}", objective=f"objective-{n}-{i}")]
    lessons = [make_lesson(f"lesson-{n}-{i}", sections=n + 2, checks=tuple(question.slug for question in bank[:n])) for i in range(n)]
    for lesson in lessons:
        LessonProgress.objects.create(learner=learner, lesson=lesson, anchor="part-1", visited_at=T0)
        attempts.start_check(learner=learner, lesson=lesson, question=bank[0], now=T0, seed=bank[0].pk)
    for i in range(n):
        Term.objects.create(
            slug=f"term-{n}-{i}", term=f"Queue {i}", aliases=["Line"], definition="It waits.", html="It waits.", lesson="lesson-1-0#part-1"
        )
    finished = []
    for i in range(n):
        plan = make_blueprint(n)
        exam = make_attempt(learner=learner, blueprint=plan, slots=0, started_at=T0 + i * HOUR)
        fill(exam, bank[:n])
        attempts.hand_in(learner=learner, attempt=exam.pk, now=T0 + i * HOUR)
        finished.append(exam)
        session = make_attempt(learner=learner, mode="practice", slots=0, started_at=T0 + i * HOUR)
        fill(session, [*bank[:n], bank[-1]])
        for position in range(1, n + 1):
            attempts.submit_response(
                learner=learner, attempt=session.pk, position=position, letters=["A"], confidence="sure", spent_ms=0, now=T0 + i * HOUR
            )
        Report.objects.create(learner=learner, version=bank[0].current, kind="wrong", text=f"Note {i}", created_at=T0)
    running = make_attempt(learner=learner, blueprint=plan, slots=0, started_at=NOW)
    fill(running, bank[:n])
    exam.refresh_from_db()
    return World(learner, bank, lessons[0], Attempt.objects.select_related("blueprint").get(pk=exam.pk), running, session, plan.slug)


def fill(attempt: Attempt, questions: list[Question]) -> None:
    make_slots(attempt, questions)
    for position in range(1, len(questions) + 1):
        if attempt.rules.saves_drafts:
            attempts.save_draft(
                learner=attempt.learner,
                attempt=attempt.pk,
                position=position,
                letters=["B"],
                revision=0,
                save_id="the-save",
                now=attempt.started_at,
            )
