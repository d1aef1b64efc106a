"""python -m bench.banks SIZE: brings the bank of the database at hand to that many questions, and adds exams to start.

Copies the shipped questions inside the database: 100,000 rows take seconds so, and objects would take a minute.
"""

from __future__ import annotations

import sys

import django

django.setup()

from django.db import connection, models, transaction

from bench.house import EXAMS
from quizzes.models import Blueprint, Question, QuestionVersion


def columns(model: type[models.Model]) -> list[str]:
    return [field.column for field in model._meta.concrete_fields if not field.primary_key]


def copy(model: type[models.Model], changed: dict[str, str], source: str, *values: object) -> None:
    """INSERT … SELECT of every column, some of them changed."""
    names = columns(model)
    chosen = ", ".join(changed.get(name, f"q.{name}") for name in names)
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {model._meta.db_table} ({', '.join(names)}) SELECT {chosen} {source}", values)


@transaction.atomic
def grow(size: int) -> None:
    shipped = Question.objects.published().count()
    wanted = size - shipped
    copy(
        Question,
        {
            "slug": "'copy-' || n.i || '-' || q.id", "family": "'copies-' || n.i || '-' || q.id", "state": "'draft'", "current_id": "NULL",
            "draw_key": "abs(random() / 9223372036854775808.0)", "shipped_checksum": "''", "shipped_body": "NULL",
            "generator": "''", "stock": "'[]'", "is_pilot": "(n.i + q.id) %% 10 = 0",
        },
        """FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i <= %s) SELECT i FROM n) AS n
        JOIN quizzes_question q ON q.state = 'published' LIMIT %s""",
        wanted // shipped + 1, wanted,
    )  # fmt: skip
    # A copy is worded like the shortest shipped question of its kind: nobody reads it, and the database stays small.
    shortest = {
        (v.question.type, v.question.pick, v.question.option_count): v.pk for v in sorted(_shipped(), key=lambda v: -len(str(v.body)))
    }
    for (kind, pick, options), version in shortest.items():
        copy(
            QuestionVersion,
            {"question_id": "c.id", "checksum": "'copy'"},
            """FROM quizzes_questionversion q JOIN quizzes_question c ON c.state = 'draft' AND c.type = %s AND c.pick = %s AND c.option_count = %s
            AND c.slug LIKE 'copy-%%' WHERE q.id = %s""",
            kind, pick, options, version,
        )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE quizzes_question SET state = 'published',
            current_id = (SELECT v.id FROM quizzes_questionversion v WHERE v.question_id = quizzes_question.id)
            WHERE state = 'draft' AND slug LIKE 'copy-%%'"""
        )


def _shipped() -> list[QuestionVersion]:
    return list(QuestionVersion.objects.select_related("question").filter(current_of__state="published"))


def add_exams() -> None:
    full = Blueprint.objects.get(slug="full")
    for n in range(EXAMS):
        full.pk, full.slug, full.shipped_checksum = None, f"full-{n}", ""
        full.save(force_insert=True)


if __name__ == "__main__":
    grow(int(sys.argv[1]))
    add_exams()
    with connection.cursor() as statement:
        statement.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    sys.stdout.write(f"{Question.objects.published().count()} questions\n")
