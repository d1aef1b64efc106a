"""The audit log only grows, whoever asks the database."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from quizzes.models import AuditEntry
from quizzes.services.audit import Action, record
from tests.factories import make_learner

pytestmark = pytest.mark.django_db

TABLE = AuditEntry._meta.db_table


@pytest.mark.parametrize("column", [field.column for field in AuditEntry._meta.fields if not field.primary_key])
def test_no_column_of_an_entry_can_be_changed(column: str):
    entry = record(Action.RIGHTS, "account", by=make_learner())
    with pytest.raises(IntegrityError, match="frozen"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE {TABLE} SET {column} = {column} WHERE id = %s", [entry.pk])


def test_no_entry_can_be_deleted():
    entry = record(Action.RIGHTS, "account", by=None)
    with pytest.raises(IntegrityError, match="frozen"), transaction.atomic():
        entry.delete()
    with pytest.raises(IntegrityError, match="frozen"), transaction.atomic():
        AuditEntry.objects.all().delete()
    with pytest.raises(DatabaseError, match="frozen"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {TABLE}")
    assert AuditEntry.objects.filter(pk=entry.pk).exists()


def test_an_entry_is_not_saved_twice():
    with pytest.raises(TypeError, match="stays as it is"):
        record(Action.RIGHTS, "account", by=None).save()


def test_the_database_stamps_the_moment():
    before = timezone.now()
    entry = record(Action.RIGHTS, "account", by=None)
    entry.refresh_from_db()
    assert abs((entry.at - before).total_seconds()) < 60
