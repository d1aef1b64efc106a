"""python -m bench.cards COUNT: adds a learner with so many cards, each from a first answer of its own, and prints the key of their session.

The answers lie in sessions of 50 over the last hundred days; a tenth of the cards is due. Made inside the database, as bench.banks does.
"""

from __future__ import annotations

import random
import sys
from datetime import timedelta

import django

django.setup()

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection, transaction
from django.utils import timezone

from quizzes.domain.memory import DEFAULT_ALGORITHM, day_number
from quizzes.models import Attempt, Card, Question, Response, Slot, User

EACH = 50
DAYS = 100


@transaction.atomic
def remember(count: int) -> User:
    """A learner who met so many families of questions once."""
    rng, now = random.Random(count), timezone.now()
    learner = User(username=f"remembers-{count}")
    learner.set_unusable_password()
    learner.save()
    # The copies alone: each is its own family.
    asked = (
        Question.objects.published()
        .filter(slug__startswith="copy-")
        .order_by("draw_key")
        .values_list("pk", "family", "topic_id", "current_id")[:count]
    )
    rows = [(*row, now - timedelta(days=rng.randrange(1, DAYS), minutes=n % 60), rng.random() < 0.8) for n, row in enumerate(asked)]
    sessions = Attempt.objects.bulk_create(
        Attempt(
            learner=learner, mode="practice", plan={"title": "Practice"}, seed=n, started_at=now - timedelta(days=DAYS),
            submitted_at=now - timedelta(days=1), finish_reason="completed",
        )
        for n in range(-(-count // EACH))
    )  # fmt: skip
    slots = Slot.objects.bulk_create(
        Slot(
            attempt=sessions[n // EACH],
            position=n % EACH + 1,
            version_id=row[3],
            pick=1,
            selection="self_chosen",
            option_order=list("abcd"),
        )
        for n, row in enumerate(rows)
    )
    Response.objects.bulk_create(
        Response(
            slot=slot, learner=learner, question_id=row[0], answer=["a"], fraction=row[5], share=row[5], confidence="sure", is_new=True,
            selection="self_chosen", responded_at=row[4],
        )
        for slot, row in zip(slots, rows, strict=True)
    )  # fmt: skip
    today = day_number(now)
    Card.objects.bulk_create(
        Card(
            learner=learner, question_id=question, family=family, topic_id=topic, algorithm=DEFAULT_ALGORITHM, stability=rng.uniform(1, 300),
            difficulty=5.0, day=day_number(at), due_day=max(today - 10 + rng.randrange(100), day_number(at) + 1),
            reps=1, lapses=0, rating=3 if right else 1, last_at=at,
        )
        for question, family, topic, _, at, right in rows
    )  # fmt: skip
    return learner


def session_of(learner: User) -> str:
    store = SessionStore()
    store.update(
        {
            "_auth_user_id": str(learner.pk), "_auth_user_backend": settings.AUTHENTICATION_BACKENDS[0],
            "_auth_user_hash": learner.get_session_auth_hash(),
        }
    )  # fmt: skip
    store.create()
    return str(store.session_key)


if __name__ == "__main__":
    key = session_of(remember(int(sys.argv[1])))
    with connection.cursor() as statement:
        statement.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    sys.stdout.write(f"{key}\n")
