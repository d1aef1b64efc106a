"""python -m bench.sittings ATTEMPTS [FILE]: so many finished exams of 65 questions on the database at hand, and as a matrix in FILE.

One exam is sat with the app's own verbs; the others are copies of its rows inside the database, each with its own questions and answers.
"""

from __future__ import annotations

import copy as copies
import csv
import json
import random
import sys
from pathlib import Path

import django

django.setup()

from django.db import connection, transaction
from django.utils import timezone

from bench.banks import copy
from quizzes.models import Attempt, Blueprint, Question, Response, Slot, User
from quizzes.services import attempts

#: The attempts that are copied here; those of other measurements on the same database are left alone.
COPIES = "SELECT c.id FROM quizzes_attempt c JOIN quizzes_user u ON u.id = c.learner_id WHERE u.username LIKE 'sitter-%%'"


def sit_one() -> Attempt:
    learner = User(username="sitter")
    learner.set_unusable_password()
    learner.save()
    now = timezone.now()
    attempt = attempts.start_exam(learner=learner, blueprint=Blueprint.objects.get(slug="full"), now=now, seed=1)
    attempts.hand_in(learner=learner, attempt=attempt.pk, now=now)
    return Attempt.objects.get(pk=attempt.pk)


@transaction.atomic
def multiply(first: Attempt, count: int) -> None:
    password = first.learner.password
    learners = User.objects.bulk_create((User(username=f"sitter-{n}", password=password) for n in range(count - 1)), batch_size=500)
    rows = []
    for learner in learners:
        row = copies.copy(first)
        row.pk, row._state.adding, row.learner = None, True, learner
        rows.append(row)
    Attempt.objects.bulk_create(rows, batch_size=500)
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE answers (rank INTEGER PRIMARY KEY, version INTEGER, question INTEGER, right TEXT, wrong TEXT, ease REAL)"
        )
        cursor.executemany("INSERT INTO answers VALUES (%s, %s, %s, %s, %s, %s)", list(answers()))
        bank = cursor.execute("SELECT count(*) FROM answers").fetchone()[0]
    copy(
        Slot,
        {"attempt_id": "a.id", "version_id": "w.version"},
        f"""FROM quizzes_slot q JOIN quizzes_attempt a ON a.id IN ({COPIES})
        JOIN answers w ON w.rank = (a.id * 31 + q.position) %% %s WHERE q.attempt_id = %s""",
        bank, first.pk,
    )  # fmt: skip
    copy(
        Response,
        {
            "slot_id": "s.id", "learner_id": "a.learner_id", "question_id": "w.question", "spent_ms": "20000 + abs(random() %% 90000)",
            "answer": "CASE WHEN s.luck THEN w.right ELSE w.wrong END", "fraction": "s.luck", "share": "s.luck",
        },
        # Ability is spread evenly over people, as 0 to 1, by the golden ratio.
        f"""FROM (SELECT x.id, x.attempt_id, x.version_id, abs(random() / 9223372036854775808.0) < 0.2 + 0.7 * w.ease *
        ((x.attempt_id * 0.6180339887) - cast(x.attempt_id * 0.6180339887 AS INTEGER)) AS luck
        FROM quizzes_slot x JOIN answers w ON w.version = x.version_id WHERE x.attempt_id IN ({COPIES})) s
        JOIN quizzes_attempt a ON a.id = s.attempt_id JOIN answers w ON w.version = s.version_id
        JOIN quizzes_response q ON q.id = (SELECT min(r.id) FROM quizzes_response r JOIN quizzes_slot t ON t.id = r.slot_id WHERE t.attempt_id = %s)""",
        first.pk,
    )  # fmt: skip


def answers() -> list[tuple[int, int, int, str, str, float]]:
    """What is right and what is wrong of every question that exams ask."""
    found = []
    rng = random.Random(1)
    for rank, question in enumerate(Question.objects.published().filter(in_exams=True).select_related("current").order_by("pk")):
        assert question.current is not None
        item = question.current.item
        wrong = sorted([*item.key[1:], rng.choice([option.id for option in item.options if not option.key])])
        found.append((rank, question.current.pk, question.pk, json.dumps(item.key), json.dumps(wrong), rng.uniform(0.3, 1.0)))
    return found


def write_matrix(file: Path, people: int) -> None:
    """A matrix of 65 items with right and wrong marks, and an empty cell here and there."""
    rng = random.Random(1)
    ease = [rng.uniform(0.3, 1.0) for _ in range(65)]
    with file.open("w", newline="") as out:
        lines = csv.writer(out)
        lines.writerow([f"q{n}" for n in range(65)])
        for _ in range(people):
            ability = rng.random()
            lines.writerow(["" if rng.random() < 0.001 else int(rng.random() < 0.2 + 0.7 * ability * share) for share in ease])


if __name__ == "__main__":
    multiply(sit_one(), int(sys.argv[1]))
    if len(sys.argv) > 2:
        write_matrix(Path(sys.argv[2]), int(sys.argv[1]))
    sys.stdout.write(f"{Response.objects.count()} answers\n")
