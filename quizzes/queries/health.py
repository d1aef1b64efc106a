"""Whether the app can serve."""

from __future__ import annotations

from django.db import Error as AnyError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from quizzes.domain.outage import REASONS, Outage
from quizzes.models import Lesson
from quizzes.models.outages import outage_of, try_to_write


def why_not_ready() -> str:
    """The reason for which the app cannot serve; empty where it can: the database answers and takes writes, migrations and content are in."""
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return "migrations are missing: run manage.py migrate"
        if not Lesson.objects.exists():
            return "there is no content: run manage.py sync_content"
        try_to_write()
    except AnyError as problem:
        return REASONS[outage_of(problem) or Outage.AWAY]
    return ""
