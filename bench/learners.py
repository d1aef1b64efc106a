"""python -m bench.learners COUNT: so many learners, each signed in, as JSON: the keys of their sessions. With --statements instead: statements a request.

For the player of bench.load, on the database at hand.
"""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from importlib import import_module

import django

django.setup()

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from bench.counts import make_learner, signed_in, statements
from bench.player import EXAM
from quizzes.models import Attempt, Slot, User


def seat(count: int) -> list[str]:
    """So many learners with a session each."""
    learners = [User(username=f"sits-{n}") for n in range(count)]
    for learner in learners:
        learner.set_unusable_password()
    User.objects.bulk_create(learners, batch_size=200)
    store: SessionStore = import_module(settings.SESSION_ENGINE).SessionStore()
    until = timezone.now() + timedelta(days=1)
    sessions = []
    for learner in learners:
        facts = {
            SESSION_KEY: str(learner.pk), BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
            HASH_SESSION_KEY: learner.get_session_auth_hash(),
        }  # fmt: skip
        sessions.append(Session(session_key=store._get_new_session_key(), session_data=store.encode(facts), expire_date=until))
    Session.objects.bulk_create(sessions, batch_size=200)
    return [session.session_key for session in sessions]


def count_statements() -> dict[str, int]:
    """Statements of each kind of request that the player sends, the brackets of transactions left out."""
    client: Client = signed_in(make_learner("counts"))
    told = {"start": len(statements(lambda: client.post(f"/exams/{EXAM}/")))}
    attempt = Attempt.objects.get(learner__username="counts")
    pick = Slot.objects.get(attempt=attempt, position=1).pick
    place, json_please = f"/attempts/{attempt.pk}/slots/1/", {"accept": "application/json"}
    answer = {"answer": list("ABCDE"[:pick]), "revision": 0, "save_id": "save-0123456789", "spent_ms": 100}
    asked = {
        "page": lambda: client.get(place),
        "save": lambda: client.post(f"{place}draft/", answer, headers=json_please),
        "part": lambda: client.get(place, headers={"hx-request": "true"}),
        "flag": lambda: client.post(f"{place}draft/", {"flagged": "1", "spent_ms": 100}, headers=json_please),
        "clock": lambda: client.get(f"/attempts/{attempt.pk}/clock/", headers=json_please),
        "review": lambda: client.get(f"/attempts/{attempt.pk}/review/"),
        "hand in": lambda: client.post(f"/attempts/{attempt.pk}/submission/", {"waiting": "[]"}, headers=json_please),
        "result": lambda: client.get(f"/attempts/{attempt.pk}/result/"),
    }
    return told | {name: len(statements(act)) for name, act in asked.items()}


if __name__ == "__main__":
    said = count_statements() if "--statements" in sys.argv else seat(int(sys.argv[1]))
    sys.stdout.write(json.dumps(said))
