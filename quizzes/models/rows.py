"""Rows read by SQL of our own, for what every save and every look at Today reads: it costs a fifth of a composed query."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, TypeVar

from django.db import connections, models

Row = TypeVar("Row", bound=models.Model)


@cache
def _reading(model: type[models.Model], using: str, vendor: str) -> tuple[str, list[str], list[tuple[int, Any, Any]]]:
    """How a row of a table is read on a database: its columns, the names of its fields, and what makes values of what the driver gives.

    Worked out once for each kind of database: a simulation puts another one under the same name.
    """
    connection = connections[using]
    fields = model._meta.concrete_fields
    converters = []
    for n, field in enumerate(fields):
        expression = field.get_col(model._meta.db_table)
        steps = [*connection.ops.get_db_converters(expression), *expression.get_db_converters(connection)]
        converters += [(n, expression, step) for step in steps]
    return ", ".join(f'a."{field.column}"' for field in fields), [field.attname for field in fields], converters


def read_rows(model: type[Row], sql: str, values: Sequence[Any], *, using: str) -> list[Row]:
    """The rows of a statement that says `{columns}` where those of the model stand, under the alias `a`.

    What it selects beside them becomes an attribute under its name.
    """
    connection = connections[using]
    columns, names, converters = _reading(model, using, connection.vendor)
    with connection.cursor() as cursor:
        cursor.execute(sql.format(columns=columns), values)
        found = cursor.fetchall()
        beside = [column[0] for column in cursor.description[len(names) :]]
    rows = []
    for given in found:
        values_of = list(given)
        for n, expression, convert in converters:
            values_of[n] = convert(values_of[n], expression, connection)
        row = model.from_db(using, names, values_of[: len(names)])
        for name, value in zip(beside, values_of[len(names) :], strict=True):
            setattr(row, name, value)
        rows.append(row)
    return rows


def read_row(model: type[Row], where: str, *values: Any, using: str, lock: bool = False) -> Row | None:
    """One row by its key; None where there is none.

    `lock` keeps others from it until the transaction ends; on SQLite nothing is needed for that, where a transaction that
    writes has the database to itself.
    """
    if any(isinstance(value, int) and value.bit_length() > 63 for value in values):
        return None  # a made-up address: no row has such a number, and SQLite does not even take it
    end = connections[using].ops.for_update_sql() if lock and connections[using].features.has_select_for_update else ""
    found = read_rows(model, f"SELECT {{columns}} FROM {model._meta.db_table} a WHERE {where} {end}", values, using=using)  # noqa: S608 (our own words; values travel apart)
    return found[0] if found else None
