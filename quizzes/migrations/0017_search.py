"""The index of the search. The words stand in a table of ours; beside them each database gets what it looks them up by.

The next sync of the content fills it: the mark `(indexing)` is not among what was taken in. No constraint of the database ties an
entry to its place, so that code from before can still delete a section; what is left over is not found and goes at the next sync.
"""

import django.db.models.deletion
from django.db import migrations, models


def prepare(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE quizzes_searchentry ADD COLUMN vector tsvector")
        schema_editor.execute("CREATE INDEX quizzes_searchentry_vector ON quizzes_searchentry USING gin (vector)")
        return
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT sqlite_compileoption_used('ENABLE_FTS5')")
        if not cursor.fetchone()[0]:
            raise RuntimeError(
                "The SQLite of this Python cannot search texts (FTS5 is missing). Nothing was changed. "
                "Use a Python of your distribution or from python.org, or PostgreSQL by DATABASE_URL."
            )
    # Words arrive cut and in small letters: the plainest tokenizer splits them at the spaces.
    schema_editor.execute("CREATE VIRTUAL TABLE quizzes_searchwords USING fts5(title, body, tokenize='ascii', prefix='2 3')")


def put_away(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":  # elsewhere column and index go with the table
        schema_editor.execute("DROP TABLE quizzes_searchwords")


def place(to):
    return models.OneToOneField(
        db_constraint=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name="search_entry", to=to
    )


class Migration(migrations.Migration):
    dependencies = [("quizzes", "0016_prediction_shares")]

    operations = [
        migrations.CreateModel(
            name="SearchEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("title_words", models.TextField()),
                ("body_words", models.TextField()),
                ("section", place("quizzes.lessonsection")),
                ("term", place("quizzes.term")),
                ("version", place("quizzes.questionversion")),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(section__isnull=False, term=None, version=None)
                        | models.Q(section=None, term__isnull=False, version=None)
                        | models.Q(section=None, term=None, version__isnull=False),
                        name="an_entry_stands_for_one_place",
                    )
                ],
            },
        ),
        migrations.RunPython(prepare, put_away),
    ]
