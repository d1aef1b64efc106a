"""A demonstration: a learner with some weeks of work, made by the app's own verbs."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from quizzes.domain.items import show_answer, wrong_answer
from quizzes.models import Attempt, Blueprint, Lesson, Slot, User
from quizzes.services import attempts, lessons, reviews

DEMO = "ana"


class NotEmpty(Exception):
    """There are learners already; a demonstration does not belong among them."""


def seed_demo(*, now: datetime, seed: int = 9, password: str = "", force: bool = False) -> User:
    """A learner "ana" with read lessons, practice, a finished exam and a running one. Safe to repeat.

    Raises NotEmpty where other people have accounts, unless `force`.
    """
    if not force and User.objects.filter(is_guest=False, is_staff=False).exclude(username=DEMO).exists():
        raise NotEmpty
    rng = random.Random(seed)  # noqa: S311 (a repeatable demonstration)
    learner = User.objects.filter(username=DEMO).first()
    if learner is not None:
        return learner
    learner = User(username=DEMO, first_name="Ana", last_name="R.", date_joined=now - timedelta(days=20))
    if password:
        learner.set_password(password)
    else:
        learner.set_unusable_password()
    learner.save()
    reviews.set_goal(learner=learner, exam_on=(now + timedelta(days=32)).date(), retention=0.9, daily_reviews=20)
    _read(learner, now=now)
    for days in (16, 13, 11, 8, 6, 3, 1):
        _practise(learner, at=now - timedelta(days=days), rng=rng, chance=0.62 + 0.02 * (16 - days))
    _sit(learner, "short", at=now - timedelta(days=12), rng=rng, chance=0.6)
    _sit(learner, "full", at=now - timedelta(days=5), rng=rng, chance=0.72)
    _begin(learner, "short", at=now - timedelta(minutes=11), rng=rng, answered=8)
    reviews.set_goal(learner=learner, exam_on=(now + timedelta(days=24)).date(), retention=learner.retention, daily_reviews=20)
    return learner


def _read(learner: User, *, now: datetime) -> None:
    for n, lesson in enumerate(Lesson.objects.order_by("number")[:5]):
        at = now - timedelta(days=18 - n)
        if n < 4:
            lessons.finish_lesson(learner=learner, lesson=lesson, finished=True, now=at)
        else:
            anchors = list(lesson.sections.exclude(anchor="").order_by("position").values_list("anchor", flat=True))
            lessons.keep_place(learner=learner, lesson=lesson, anchor=anchors[2], now=at)


def _letters(slot: Slot, *, rng: random.Random, chance: float) -> list[str]:
    item = slot.version.item
    answer = item.key if rng.random() < chance else wrong_answer(item, rng=rng)
    return show_answer(item.type, answer, slot.option_order)


def _practise(learner: User, *, at: datetime, rng: random.Random, chance: float) -> None:
    attempt = attempts.start_practice(learner=learner, topics=[], kind="all", size=20, now=at, seed=rng.getrandbits(40))
    while slot := attempt.slots.filter(responses=None).select_related("version").order_by("position").first():
        at += timedelta(seconds=rng.randint(20, 110))
        letters = _letters(slot, rng=rng, chance=chance)
        sure = rng.choices(["sure", "unsure", "guess"], [5, 3, 1])[0]
        attempts.submit_response(
            learner=learner, attempt=attempt.pk, position=slot.position, letters=letters, confidence=sure,
            spent_ms=rng.randint(15_000, 100_000), now=at,
        )  # fmt: skip


def _begin(learner: User, blueprint: str, *, at: datetime, rng: random.Random, answered: int | None = None, chance: float = 0.7) -> Attempt:
    plan = Blueprint.objects.get(slug=blueprint)
    attempt = attempts.start_exam(learner=learner, blueprint=plan, now=at, seed=rng.getrandbits(40))
    for slot in attempt.slots.select_related("version").order_by("position")[:answered]:
        spent = rng.randint(25_000, 115_000)  # so that even the longest fits into 65 questions in 130 minutes, and 20 in 40
        at += timedelta(milliseconds=spent)
        attempts.save_draft(
            learner=learner, attempt=attempt.pk, position=slot.position, letters=_letters(slot, rng=rng, chance=chance),
            revision=0, save_id=f"demo-{slot.pk}-save", spent_ms=spent, now=at,
        )  # fmt: skip
        if rng.random() < 0.15:
            attempts.mark_slot(learner=learner, attempt=attempt.pk, position=slot.position, flagged=True, now=at)
    return attempt


def _sit(learner: User, blueprint: str, *, at: datetime, rng: random.Random, chance: float) -> None:
    attempt = _begin(learner, blueprint, at=at, rng=rng, chance=chance)
    spent = sum(attempt.slots.values_list("spent_ms", flat=True))
    attempts.hand_in(learner=learner, attempt=attempt.pk, now=at + timedelta(milliseconds=spent, seconds=40))
