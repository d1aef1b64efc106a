"""Operations of migrations that disturb nobody (docs/decisions/0030)."""

from __future__ import annotations

from typing import Any

from django.db import NotSupportedError, migrations


class AddIndexAside(migrations.AddIndex):
    """An index on a table that is in use. PostgreSQL builds it concurrently, without keeping writers out, and so outside of a transaction."""

    atomic = False

    def describe(self) -> str:
        return f"{super().describe()}, aside"

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        _outside_of_a_transaction(schema_editor)
        model = to_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            schema_editor.add_index(model, self.index, concurrently=True)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_backwards(app_label, schema_editor, from_state, to_state)
            return
        _outside_of_a_transaction(schema_editor)
        model = from_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            schema_editor.remove_index(model, self.index, concurrently=True)


def _outside_of_a_transaction(schema_editor: Any) -> None:
    if schema_editor.connection.in_atomic_block:
        raise NotSupportedError("AddIndexAside needs a migration with `atomic = False`, and nothing else in it.")
