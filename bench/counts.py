"""python -m bench.counts: counts statements on the database at hand, as JSON: starting an exam, and every page with 1 and 1,000 rows of history."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import datetime, timedelta

import django

django.setup()

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from quizzes.domain.items import show_answer
from quizzes.domain.memory import day_number
from quizzes.models import Attempt, Blueprint, Card, Lesson, LessonProgress, Question, Report, Response, Seen, Slot, User
from quizzes.services import attempts

FEW, MANY = 1, 1_000
CONTROL = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK")


def statements(act: Callable[[], object]) -> list[str]:
    """The statements that this sends to the database; the brackets of transactions are not counted."""
    with CaptureQueriesContext(connection) as sent:
        act()
    return [query["sql"] for query in sent.captured_queries if not query["sql"].startswith(CONTROL)]


def signed_in(learner: User) -> Client:
    client = Client(headers={"host": settings.ALLOWED_HOSTS[0]})
    client.force_login(learner, backend=settings.AUTHENTICATION_BACKENDS[0])
    return client


def make_learner(name: str) -> User:
    learner: User = get_user_model()(username=name)
    learner.set_unusable_password()
    learner.save()
    return learner


def start_count() -> dict[str, int]:
    """Statements of starting a 65-question exam: of the verb alone, and of the whole request with session and user."""
    learner, now = make_learner("starter"), timezone.now()
    blueprint = Blueprint.objects.get(slug="full")
    verb = statements(lambda: attempts.start_exam(learner=learner, blueprint=blueprint, now=now, seed=7))
    client = signed_in(learner)
    request = statements(lambda: client.post("/exams/full-0/"))
    assert Slot.objects.filter(attempt__learner=learner).count() == 130
    return {"verb": len(verb), "request": len(request)}


def give_history(learner: User, rows: int, *, now: datetime) -> None:
    """So many finished sessions with one answer each, exams, reports; a running session and a running exam."""
    questions = list(Question.objects.published().select_related("current")[:rows])
    before = [now - timedelta(days=1, minutes=n) for n in range(rows)]
    sessions = Attempt.objects.bulk_create(
        Attempt(
            learner=learner, mode="practice", plan={"title": "Practice"}, seed=n, started_at=at, submitted_at=at, finish_reason="completed"
        )
        for n, at in enumerate(before)
    )
    slots = Slot.objects.bulk_create(
        Slot(
            attempt=session, position=1, version=question.current, pick=question.pick, selection="self_chosen", seen_at=now,
            option_order=[option.id for option in question.current.item.options],
        )
        for session, question in zip(sessions, questions, strict=True)
    )  # fmt: skip
    wrong = [slot.option_order[:1] for slot in slots]
    Response.objects.bulk_create(
        Response(
            slot=slot, learner=learner, question=question, answer=answer, fraction=n % 2, share=n % 2, confidence="sure",
            selection="self_chosen", responded_at=at,
        )
        for n, (slot, question, answer, at) in enumerate(zip(slots, questions, wrong, before, strict=True))
    )  # fmt: skip
    Seen.objects.bulk_create(
        Seen(learner=learner, question=question, first_at=at, first_fraction=n % 2, last_at=at, last_fraction=n % 2, last_confidence="sure")
        for n, (question, at) in enumerate(zip(questions, before, strict=True))
    )
    Attempt.objects.bulk_create(
        Attempt(
            learner=learner, mode="exam", blueprint_id=Blueprint.objects.get(slug="short").pk, plan={"title": "Exam", "cut": 0.72}, seed=n,
            started_at=at, submitted_at=at, finish_reason="handed in", right=10, scored=20, scaled=500,
        )
        for n, at in enumerate(before)
    )  # fmt: skip
    Report.objects.bulk_create(
        Report(learner=learner, version=question.current, kind="other", text=f"note {n}", created_at=now)
        for n, question in enumerate(questions)
    )
    LessonProgress.objects.bulk_create(
        LessonProgress(learner=learner, lesson=lesson, visited_at=now) for lesson in Lesson.objects.all()[:rows]
    )
    today = day_number(now)
    Card.objects.bulk_create(
        Card(
            learner=learner, question=question, family=question.family, topic_id=question.topic_id, stability=9.0, difficulty=5.0,
            day=today - 1, due_day=today + n % 20, reps=1, lapses=5, rating=3, last_at=at,
        )
        for n, (question, at) in enumerate(zip(questions, before, strict=True))
    )  # fmt: skip


def page_counts(rows: int, exam: str) -> dict[str, int]:
    """Statements of every main page for a learner with so much behind them."""
    now = timezone.now()
    learner = make_learner(f"history-{rows}")
    give_history(learner, rows, now=now)
    client = signed_in(learner)
    session = attempts.start_practice(learner=learner, topics=[], kind="all", size=25 if rows > FEW else 5, now=now, seed=1)
    running = attempts.start_exam(learner=learner, blueprint=Blueprint.objects.get(slug="full"), now=now, seed=1)
    done = attempts.start_exam(learner=learner, blueprint=Blueprint.objects.get(slug=exam), now=now - timedelta(minutes=5), seed=2)
    attempts.hand_in(learner=learner, attempt=done.pk, now=now)
    slot = session.slots.order_by("position").first()
    assert slot is not None
    letters = show_answer(slot.version.item.type, slot.version.item.key, slot.option_order)
    client.post(slot.get_absolute_url(), {"answer": letters, "confidence": "sure"})
    answered = Response.objects.filter(learner=learner, slot__attempt__mode="practice").order_by("pk")[0]
    lesson = Lesson.objects.order_by("number")[0]
    pages = {
        "Today": "/", "lessons": "/lessons/", "a lesson": lesson.get_absolute_url(), "glossary": "/glossary/", "search": "/search/?q=lambda",
        "practice": "/practice/", "a practice question": f"/attempts/{session.pk}/slots/2/", "the same, answered": f"/attempts/{session.pk}/slots/1/",
        "review": "/review/", "exams": "/exams/", "an exam": "/exams/full/", "an exam question": f"/attempts/{running.pk}/slots/3/",
        "exam review": f"/attempts/{running.pk}/review/", "an exam's clock": f"/attempts/{running.pk}/clock/",
        "an exam's result": f"/attempts/{done.pk}/result/", "a session's result": f"/attempts/{answered.slot.attempt_id}/result/",
        "progress": "/progress/", "plan": "/plan/", "memory": "/progress/memory/", "a question seen": f"/questions/{answered.question_id}/", "account": "/accounts/", "my data": "/accounts/data/",
    }  # fmt: skip
    return {name: page_count(client, path) for name, path in pages.items()}


def page_count(client: Client, path: str) -> int:
    client.get(path)  # what is done once, such as opening a place, is done
    answers = []
    sent = statements(lambda: answers.append(client.get(path)))
    assert answers[0].status_code == 200, (path, answers[0].status_code)
    return len(sent)


if __name__ == "__main__":
    told: dict[str, object] = {"start": start_count()}
    if "--pages" in sys.argv:
        told["pages"] = {"few": page_counts(FEW, "taster"), "many": page_counts(MANY, "short")}
    sys.stdout.write(json.dumps(told))
