"""What was asked and what was answered is frozen by the database itself, whoever sends the update.

A refused update is an IntegrityError. Deleting goes on to work: leaving takes one's answers along, and the foreign keys keep every
version that was ever shown. A response may change its learner, when a guest becomes an account.

SQLite drops a table's triggers when a later migration has to build the table anew. Such a migration must end with these operations
again; tests/models/test_frozen.py fails until it does.
"""

from django.db import migrations

FROZEN = {
    "quizzes_questionversion": ("question_id", "number", "body", "checksum"),
    "quizzes_response": (
        "slot_id", "number", "question_id", "answer", "fraction", "share", "confidence", "spent_ms", "selection", "responded_at",
    ),
}  # fmt: skip


def freeze(apps, schema_editor, tables=FROZEN):
    thaw(apps, schema_editor)
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "CREATE FUNCTION quizzes_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "RAISE EXCEPTION '% row % is frozen', TG_TABLE_NAME, OLD.id USING ERRCODE = 'integrity_constraint_violation'; END $$",
            params=None,
        )
        unequal, refuse = "NEW.{0} IS DISTINCT FROM OLD.{0}", "EXECUTE FUNCTION quizzes_refuse()"
    else:
        unequal, refuse = "NEW.{0} IS NOT OLD.{0}", "BEGIN SELECT RAISE(ABORT, '{0} row is frozen'); END"
    for table, columns in tables.items():
        changed = " OR ".join(unequal.format(column) for column in columns)
        schema_editor.execute(
            f"CREATE TRIGGER {table}_frozen BEFORE UPDATE OF {', '.join(columns)} ON {table} "
            f"FOR EACH ROW WHEN ({changed}) {refuse.format(table)}"
        )


def thaw(apps, schema_editor):
    on_postgres = schema_editor.connection.vendor == "postgresql"
    for table in FROZEN:
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_frozen" + (f" ON {table}" if on_postgres else ""))
    if on_postgres:
        schema_editor.execute("DROP FUNCTION IF EXISTS quizzes_refuse()")


class Migration(migrations.Migration):
    dependencies = [("quizzes", "0001_first")]
    operations = [migrations.RunPython(freeze, thaw)]
