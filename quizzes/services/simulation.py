"""Synthetic learners through the app's own verbs, in a database that is thrown away: do predictions hold?"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.cache import caches
from django.core.cache.backends.locmem import LocMemCache
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.sqlite3.base import DatabaseWrapper

from quizzes.domain.calibration import Judged
from quizzes.domain.items import Item, show_answer, wrong_answer
from quizzes.domain.memory import day_number
from quizzes.domain.readiness import ENOUGH_ANSWERS
from quizzes.domain.simulation import Person, Task, make_person, make_task
from quizzes.models import Attempt, Blueprint, Card, Domain, Prediction, Question, QuestionVersion, Slot, User
from quizzes.services import attempts, content

#: A Monday, far from any daylight saving.
BEGIN = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
#: Learners begin within a month, and what brings evidence lies so many days apart; they practise and review in between.
ARRIVAL_DAYS, DAYS_BETWEEN = 30, 4
#: Questions of a targeted practice, on as many weak topics, and of a review.
PRACTISED, WEAK_TOPICS, REVIEWED = 14, 2, 8


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a cohort's run gave. `last` holds by number of answers the last prediction before the last exam, `judged` every judged prediction."""

    last: dict[int, list[Judged]]
    judged: list[Judged]
    exams_without_number: int
    numbers_too_early: int
    recall_when_due: list[float]
    answers: int


@dataclass(slots=True)
class Walker:
    """A synthetic learner on their way: the account, the person behind it, what they will do on which day."""

    user: User
    person: Person
    answers: int
    steps: list[tuple[int, str]] = field(default_factory=list)


@contextmanager
def throwaway_database(content_dir: Path) -> Iterator[Callable[[], None]]:
    """A database in memory with the shipped content, and a cache of its own, in place of the app's. Gives what empties it of learners."""
    connection, cache = connections[DEFAULT_DB_ALIAS], caches["default"]
    spare = DatabaseWrapper(
        {
            **connection.settings_dict, "ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:", "CONN_MAX_AGE": None,
            "CONN_HEALTH_CHECKS": False, "ATOMIC_REQUESTS": False, "AUTOCOMMIT": True, "TIME_ZONE": None,
            "OPTIONS": {"init_command": "PRAGMA foreign_keys=ON;PRAGMA journal_mode=OFF;PRAGMA synchronous=OFF;"},
        },
        alias=DEFAULT_DB_ALIAS,
    )  # fmt: skip
    spare_cache = LocMemCache("simulation", {})
    connections[DEFAULT_DB_ALIAS], caches["default"] = spare, spare_cache
    full = sqlite3.connect(":memory:")
    try:
        call_command("migrate", verbosity=0, interactive=False)
        content.sync(content_dir, now=BEGIN)
        spare.connection.backup(full)

        def empty() -> None:
            full.backup(spare.connection)
            spare_cache.clear()

        yield empty
    finally:
        connections[DEFAULT_DB_ALIAS], caches["default"] = connection, cache
        ContentType.objects.clear_cache()  # it knows the numbers of the spare database
        spare_cache.clear()
        spare.connection.close()
        full.close()


def run_cohort(*, learners: int, answers: Sequence[int], seed: int, tell: Callable[[int, int], None] = lambda done, of: None) -> Outcome:
    """One cohort from its first day to its last exam; `tell` hears of steps done and steps in all.

    Each learner gathers one of the numbers of `answers` that count, by exams and checks in turn, practises weak topics in between, and then
    sits the full exam, which judges. Needs the shipped content, and a database without learners.
    """
    rng = random.Random(seed)  # noqa: S311 (a run that can be repeated)
    world = _World(rng)
    walkers = [world.arrive(n, answers[n % len(answers)]) for n in range(learners)]
    agenda = sorted((day, n, step) for n, walker in enumerate(walkers) for day, step in walker.steps)
    for done, (day, n, step) in enumerate(agenda):
        world.do(walkers[n], step, day=day)
        tell(done + 1, len(agenda))
    return world.outcome(walkers)


def plan_of(answers: int) -> list[str]:
    """What a learner does to have so many answers that count: full exams and calibration checks in turn, tasters for the rest."""
    steps: list[str] = []
    left = answers
    while left >= 10:
        if left >= 65 and (not steps or steps[-1] != "full" or left < 85):
            steps.append("full")
            left -= 65
        elif left >= 20:
            steps.append("check")
            left -= 20
        else:
            steps.append("taster")
            left -= 10
    return steps


class _World:
    """The content as nature made it, and the doors of the app."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.blueprints = {plan.slug: plan for plan in Blueprint.objects.all()}
        self.domains = list(Domain.objects.values_list("pk", flat=True))
        self.items: dict[int, Item] = {}
        self.tasks: dict[int, Task] = {}
        self.topics: dict[str, str] = {}
        self.without_number = 0
        rows = Question.objects.filter(in_exams=True, current__isnull=False).order_by("slug")
        for pk, topic, domain, difficulty in rows.values_list("pk", "topic_id", "domain_id", "difficulty"):
            self.tasks[pk] = make_task(pk, topic=topic, domain=domain, level=difficulty, guess=0.2, rng=rng)
            self.topics.setdefault(topic, domain)

    def arrive(self, n: int, answers: int) -> Walker:
        person = make_person(self.domains, rng=random.Random(self.rng.random()))  # noqa: S311
        user = User.objects.create(username=f"learner-{n}")
        walker, day = Walker(user, person, answers), self.rng.randrange(ARRIVAL_DAYS)
        for step in [*plan_of(answers), "judge"]:
            walker.steps.append((day, step))
            if step != "judge":
                walker.steps += [(day + 1, "practice"), (day + 3, "review")]
            day += DAYS_BETWEEN
        return walker

    def do(self, walker: Walker, step: str, *, day: int) -> None:
        now, seed = BEGIN + timedelta(days=day), self.rng.getrandbits(40)
        learner: dict[str, Any] = {"learner": walker.user, "now": now, "seed": seed}
        if step in ("full", "judge", "taster"):
            blueprint = self.blueprints["taster" if step == "taster" else "full"]
            self._sit(walker, attempts.start_exam(blueprint=blueprint, **learner), now=now, day=day)
        elif step == "check":
            self._answer(walker, attempts.start_readiness_check(**learner), now=now, day=day)
        elif step == "practice":
            weak = walker.person.weakest(self.topics, WEAK_TOPICS)
            self._answer(walker, attempts.start_practice(topics=weak, kind="all", size=PRACTISED, **learner), now=now, day=day)
        else:
            try:
                self._answer(walker, attempts.start_review(size=REVIEWED, **learner), now=now, day=day)
            except attempts.NothingToAsk:
                return

    def _sit(self, walker: Walker, exam: Attempt, *, now: datetime, day: int) -> None:
        """Answer every question of an exam, hand it in, read the result."""
        self.without_number += not Prediction.objects.of(walker.user).exists()
        read = []
        for position, task, letters, right, _ in self._answers(walker, exam, day=day):
            attempts.save_draft(
                learner=walker.user, attempt=exam.pk, position=position, letters=letters, revision=0, save_id="only", now=now
            )  # fmt: skip
            read.append((task, right))
        attempts.hand_in(learner=walker.user, attempt=exam.pk, now=now + timedelta(minutes=14))
        for task, right in read:
            walker.person.study(task, day, right=right, by_result=True)

    def _answer(self, walker: Walker, session: Attempt, *, now: datetime, day: int) -> None:
        """Answer a session with feedback at once, and end it; what comes back in it is left."""
        for position, task, letters, right, said in self._answers(walker, session, day=day):
            attempts.submit_response(
                learner=walker.user, attempt=session.pk, position=position, letters=letters, confidence=said, spent_ms=0, now=now
            )  # fmt: skip
            walker.person.study(task, day, right=right)
        attempts.hand_in(learner=walker.user, attempt=session.pk, now=now)

    def _answers(self, walker: Walker, attempt: Attempt, *, day: int) -> Iterator[tuple[int, Task, list[str], bool, str]]:
        for position, version, question, order in attempt.slots.order_by("position").values_list(
            "position", "version_id", "version__question_id", "option_order"
        ):
            item = self._item(version)
            task = self.tasks.get(question) or self._new_task(question, item)
            right, said = walker.person.answer(task, day)
            answer = item.key if right else wrong_answer(item, rng=walker.person.rng)
            yield position, task, show_answer(item.type, answer, order), right, said

    def _item(self, version: int) -> Item:
        if version not in self.items:
            self.items[version] = QuestionVersion.objects.get(pk=version).item
        return self.items[version]

    def _new_task(self, question: int, item: Item) -> Task:
        """Practice asks more than exams do; such questions can hardly be guessed."""
        task = make_task(question, topic=item.topic, domain=item.domain, level=item.difficulty, guess=0.02, rng=self.rng)
        return self.tasks.setdefault(question, task)

    def outcome(self, walkers: Sequence[Walker]) -> Outcome:
        last: dict[int, list[Judged]] = {}
        judged: list[Judged] = []
        recalls: list[float] = []
        too_early = Prediction.objects.filter(answers__lt=ENOUGH_ANSWERS).count()
        by_learner: dict[int, list[Prediction]] = {}
        for row in Prediction.objects.judged().order_by("made_at", "pk"):
            by_learner.setdefault(row.learner_id, []).append(row)
        for walker in walkers:
            rows = by_learner.get(walker.user.pk, [])
            judged += [row.outcome for row in rows]
            if rows:
                last.setdefault(walker.answers, []).append(rows[-1].outcome)
            for question, due in Card.objects.of(walker.user).values_list("question_id", "due_day"):
                if trace := walker.person.traces.get(question):
                    recalls.append(trace.recall(due - day_number(BEGIN)))
        given = Slot.objects.filter(responses__isnull=False).count()
        return Outcome(last, judged, self.without_number, too_early, recalls, given)
