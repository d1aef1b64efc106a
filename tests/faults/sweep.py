"""python -m tests.faults.sweep: ten sweepers against a hand-in, in processes of their own, on the database at hand. Prints what each exam came to.

Exams whose time is just up are handed in by somebody whose clock still says that there is time, while ten others close what has expired.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
from datetime import timedelta
from uuid import uuid4

import django

django.setup()

from django.db import connection
from django.utils import timezone

from quizzes.domain.attempt import GRACE_S
from quizzes.models import Attempt, Question, Response
from quizzes.services import attempts
from tests.factories import make_attempt, make_learner, make_slots

EXAMS, PLACES, SWEEPERS = 6, 5, 10


def main() -> None:
    now = timezone.now()
    bank = list(Question.objects.filter(pick=1).select_related("current")[:PLACES])
    exams = []
    for n in range(EXAMS):
        learner = make_learner(username=(name := f"swept-{uuid4()}"), email=f"{name}@example.org")
        exam = make_attempt(learner=learner, slots=0, minutes=30, started_at=now - timedelta(minutes=30))
        make_slots(exam, bank)
        for position in range(1, PLACES):  # the key is B: so many are right, and one stays open
            attempts.save_draft(
                learner=exam.learner, attempt=exam.pk, position=position, letters=["B" if position <= n else "A"], revision=0,
                save_id=f"save-{position}", now=now - timedelta(minutes=1),
            )  # fmt: skip
        exams.append((exam.pk, exam.learner))
    connection.close()  # each process opens its own
    fork = multiprocessing.get_context("fork")
    start = fork.Barrier(SWEEPERS + 1)

    def sweep() -> None:
        start.wait()
        attempts.close_expired(now=now + timedelta(seconds=GRACE_S + 1))

    def hand_in() -> None:
        start.wait()
        for pk, learner in reversed(exams):
            attempts.hand_in(learner=learner, attempt=pk, now=now)

    processes = [fork.Process(target=act) for act in [hand_in, *[sweep] * SWEEPERS]]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    told = {"failed": sum(process.exitcode != 0 for process in processes), "exams": []}
    for pk, _ in exams:
        row = Attempt.objects.get(pk=pk)
        given = list(Response.objects.filter(slot__attempt=pk).order_by("slot__position").values_list("slot__position", "fraction"))
        told["exams"].append({"reason": row.finish_reason, "right": row.right, "scored": row.scored, "given": given})
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
