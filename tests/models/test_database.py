"""What is asked of the database itself: that every wait in PostgreSQL ends, and how SQLite is opened."""

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db

EXPECTED = {
    "postgresql": {"SHOW lock_timeout": "10s", "SHOW idle_in_transaction_session_timeout": "1min", "SHOW statement_timeout": "0"},
    "sqlite": {"PRAGMA journal_mode": "wal", "PRAGMA foreign_keys": 1},
}


def test_a_connection_is_opened_as_the_settings_say():
    found = {}
    for question in EXPECTED[connection.vendor]:
        with connection.cursor() as cursor:
            cursor.execute(question)
            found[question] = cursor.fetchone()[0]
    assert found == EXPECTED[connection.vendor]
