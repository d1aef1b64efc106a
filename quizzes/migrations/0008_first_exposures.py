"""Which answers were the first to their question; and the triggers of 0002 again, which SQLite dropped with the tables that 0007 built anew."""

from importlib import import_module

from django.db import migrations

frozen = import_module("quizzes.migrations.0002_frozen")

#: `is_new` is left out: where a guest and their account both met a question, only the earlier answer stays the first.
FROZEN = {**frozen.FROZEN, "quizzes_questionversion": (*frozen.FROZEN["quizzes_questionversion"], "seed", "params")}

FIRSTS = """UPDATE quizzes_response SET is_new = TRUE WHERE id IN (
    SELECT MIN(r.id) FROM quizzes_response r
    JOIN quizzes_seen s ON s.learner_id = r.learner_id AND s.question_id = r.question_id AND s.first_at = r.responded_at GROUP BY s.id)"""


def freeze(apps, schema_editor):
    frozen.freeze(apps, schema_editor, FROZEN)


def refreeze(apps, schema_editor):
    frozen.freeze(apps, schema_editor)


class Migration(migrations.Migration):
    dependencies = [("quizzes", "0007_memory")]
    operations = [migrations.RunSQL(FIRSTS, migrations.RunSQL.noop), migrations.RunPython(freeze, refreeze)]
