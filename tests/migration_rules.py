"""What a migration must not do while the code of the release before still runs (docs/decisions/0030)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import migrations, models
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from quizzes.migrations._operations import AddIndexAside

#: Rules hold from here on: what came before was never upgraded in use.
FIRST = 16

GOES = (migrations.RemoveField, migrations.DeleteModel, migrations.RenameField, migrations.RenameModel, migrations.AlterModelTable)
TIGHTER = (migrations.AddConstraint, migrations.AlterUniqueTogether)
#: What a field says that the database does not know, or that old code cannot notice.
HARMLESS = {
    "choices", "help_text", "verbose_name", "default", "blank", "validators", "related_name", "related_query_name", "editable", "limit_choices_to",
    "error_messages", "auto_now", "auto_now_add", "on_delete", "to", "db_default", "db_comment", "encoder", "decoder",
}  # fmt: skip


def faults(migration: migrations.Migration, before: ProjectState, *, reason: str | None = None) -> list[str]:
    """What speaks against this migration; nothing where it names its reason in a sentence. `before` is the schema that it finds."""
    found, made, state = [], set(), before.clone()
    for operation in _flat(migration.operations):
        if isinstance(operation, migrations.CreateModel):
            made.add(operation.name_lower)
        model = str(getattr(operation, "model_name", getattr(operation, "name", ""))).lower()
        if model not in made:
            found += [f"{operation.describe()}: {fault}" for fault in _faults_of(operation, state, migration)]
        operation.state_forwards(migration.app_label, state)
    return [] if reason and len(reason.split()) >= 5 else found


def _flat(operations: Any) -> Iterator[Operation]:
    for operation in operations:
        if isinstance(operation, migrations.SeparateDatabaseAndState):
            yield from _flat(operation.database_operations)
        else:
            yield operation


def _faults_of(operation: Operation, state: ProjectState, migration: migrations.Migration) -> Iterator[str]:
    if isinstance(operation, GOES):
        yield "the release before may still use it. Stop using it first, and take it away a release later"
    elif isinstance(operation, migrations.AddField):
        yield from _of_new_field(operation.field)
    elif isinstance(operation, migrations.AlterField):
        before = state.models[migration.app_label, operation.model_name_lower].fields[operation.name]
        yield from _of_changed_field(before, operation.field)
    elif isinstance(operation, TIGHTER):
        yield "the release before may write what it forbids. Keep to it in the code first, and add it a release later"
    elif isinstance(operation, AddIndexAside):
        if migration.atomic or len(migration.operations) > 1:
            yield "it needs a migration of its own with `atomic = False`"
    elif isinstance(operation, migrations.AddIndex):
        yield "on PostgreSQL it keeps writers out. Use AddIndexAside"
    elif isinstance(operation, (migrations.RunPython, migrations.RunSQL)) and not operation.reversible:
        yield "it cannot be run backwards. Name what undoes it, or `noop`"


def _of_new_field(field: models.Field[Any, Any]) -> Iterator[str]:
    if not (field.null or field.has_db_default() or field.many_to_many):
        yield "the release before inserts rows without it. Make it nullable, or give it a `db_default`"
    if field.unique or (field.db_index and not isinstance(field, models.ForeignKey)):
        yield "its index keeps writers out on PostgreSQL. Add it without, and the index by AddIndexAside"


def _of_changed_field(before: models.Field[Any, Any], after: models.Field[Any, Any]) -> Iterator[str]:
    _, _, _, was = before.deconstruct()
    _, _, _, becomes = after.deconstruct()
    if type(before) is not type(after):
        yield "it changes its type. Add a new column, write both, and drop the old one a release later"
        return
    for name in sorted((was.keys() | becomes.keys()) - HARMLESS):
        old, new = was.get(name), becomes.get(name)
        wider = (
            (name == "null" and new)
            or (name == "max_length" and (new is None or (old is not None and new > old)))
            or (name == "unique" and not new)
        )
        if old != new and not wider:
            yield f"`{name}` becomes {new}, narrower than what the release before may write"
