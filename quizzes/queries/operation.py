"""What whoever runs the app asks of the database: what waits, and whether it can serve."""

from __future__ import annotations

import shutil
from datetime import datetime
from functools import cache
from pathlib import Path

from django.conf import settings
from django.core.cache import cache as kept
from django.db import Error as AnyError
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Count, Q

from quizzes.domain.outage import REASONS, Outage
from quizzes.models import Attempt, ImportRun, Lesson, Question, Report
from quizzes.models.outages import outage_of, try_to_write

#: With less room than this the next saves may fail.
LEAST_FREE = 50 * 2**20
#: With less than this it is time to look after it.
LITTLE_FREE = 500 * 2**20


def waiting(*, now: datetime) -> dict[str, int]:
    """How many rows wait, by what they wait for. Each is counted along an index; four statements."""
    unfinished = Attempt.objects.unfinished().order_by().aggregate(
        attempts=Count("pk"), exams=Count("pk", filter=Q(deadline_at__gte=now)), expired=Count("pk", filter=Q(deadline_at__lt=now))
    )  # fmt: skip
    return {
        "open_attempts": unfinished["attempts"],
        "running_exams": unfinished["exams"],
        "expired_not_closed": unfinished["expired"],
        "open_reports": Report.objects.filter(state=Report.State.OPEN).count(),
        "questions_in_review": Question.objects.exclude(state=Question.State.RETIRED).filter(review=Question.Review.ASKED).count(),
        "imports_to_choose_from": ImportRun.objects.filter(data__isnull=False).count(),
    }


# -- able to serve? --------------------------------------------------------------------------------------------------


def reading_problem() -> str:
    """Why learners cannot be served, for whoever runs the app, as far as reading tells; empty where they can."""
    try:
        if _missing_migrations():
            return "migrations are missing: run manage.py migrate"
        if not Lesson.objects.exists():
            return "there is no content: run manage.py sync_content"
    except AnyError as problem:
        return REASONS[outage_of(problem) or Outage.AWAY]
    free = room_left()
    if free is not None and free < LEAST_FREE:
        return f"the disk of the database is full: {free // 2**20} MB are left"
    return ""


def writing_problem() -> str:
    """The same as far as writing tells: it writes what changes nothing, to see whether that goes."""
    try:
        try_to_write()
    except AnyError as problem:
        return REASONS[outage_of(problem) or Outage.AWAY]
    return ""


#: Where reading goes and a write does not come back in time.
WRITES_HANG = "the database is locked by another process, or its disk hangs: it can be read, and a write does not come back"


def _missing_migrations() -> bool:
    """Whether the code has migrations that the database has not. More than the code has are no fault: a newer release is being brought in."""
    applied = set(MigrationRecorder(connection).migration_qs.values_list("app", "name"))
    return any(name not in applied and not (replaced and applied.issuperset(replaced)) for name, replaced in migrations_of_the_code())


@cache
def migrations_of_the_code() -> tuple[tuple[tuple[str, str], tuple[tuple[str, str], ...]], ...]:
    """The migrations of the code, each with those that it replaces. They do not change while a process lives.

    The first call imports them all, which takes a while on a busy machine: a server makes it before it serves.
    """
    loader = MigrationLoader(None)
    return tuple((name, tuple(migration.replaces)) for name, migration in loader.disk_migrations.items())


def room_left() -> int | None:
    """Bytes that are free where SQLite writes; None where the database has a disk elsewhere."""
    if connection.vendor != "sqlite":
        return None
    try:
        return shutil.disk_usage(Path(connection.settings_dict["NAME"]).parent).free
    except OSError:
        return None


def notes() -> list[str]:
    """What works worse than it should, though everybody is served."""
    said = []
    free = room_left()
    if free is not None and free < LITTLE_FREE:
        said.append(f"the disk of the database is nearly full: {free // 2**20} MB are left")
    return said


def cache_problem() -> str:
    """Why Redis cannot be used; empty where it can, or where none is set."""
    if not settings.REDIS_URL and not hasattr(kept, "is_lost"):
        return ""
    try:
        kept.get("ready")
    except Exception:
        return CACHE_GONE
    return CACHE_GONE if getattr(kept, "is_lost", False) else ""


#: Sessions are in the database too, so learners go on; only what is counted across processes is counted by each for itself.
CACHE_GONE = "Redis does not answer: sessions are read from the database, limits are counted per process"
