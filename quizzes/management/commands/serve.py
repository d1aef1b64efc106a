"""manage.py serve: database, content and static files brought up to date, then a production-grade server."""

from __future__ import annotations

import hashlib
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from quizzes.management.server import allow_open_files, server_command
from quizzes.management.supervisor import supervised
from quizzes.operation import metrics
from quizzes.services import reviews

#: The number of the lock that a machine holds while it brings the database up to date.
STARTING = 0xBE5A
#: A migration that waits for a table makes everybody after it wait too, so it waits no longer than this.
LOCK_S = 5


class Command(BaseCommand):
    help = "Bring database, content and static files up to date and serve the app with Granian."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--workers", type=int, default=1, help="processes; more than one wants REDIS_URL and PostgreSQL")
        parser.add_argument("--threads", type=int, default=2, help="threads a process")
        steps = parser.add_mutually_exclusive_group()
        steps.add_argument("--prepare-only", action="store_true", help="bring up to date and stop")
        steps.add_argument(
            "--no-prepare", action="store_true", help="serve only: database, content and files were brought up to date before"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = options["host"], options["port"]
        if not options["prepare_only"]:
            self._refuse_taken(host, port)
            if settings.METRICS_PORT is not None:
                self._refuse_taken(settings.METRICS_HOST, settings.METRICS_PORT, setting="METRICS_PORT=9465")
        if not options["no_prepare"]:
            self._prepare()
        if options["prepare_only"]:
            return
        self._tell_what_is_shared(options["workers"])
        shown = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 (compared, not bound)
        self.stdout.write(
            f"\nBeSA Serverless is at http://{shown}:{port}/ (stop it with Ctrl+C)\n"
            "To make an instructor: sign up in the browser, then run\n"
            "    .venv/bin/python manage.py make_instructor USERNAME\n"
        )
        self.stdout.flush()
        allow_open_files()
        command = server_command(host=host, port=port, workers=options["workers"], threads=options["threads"])
        counted = settings.METRICS_FOLDER
        if counted is not None:
            metrics.empty(counted)
        command = supervised(command, drain_s=settings.DRAIN_SECONDS, folder=Path(settings.DATA_DIR), exporter=counted is not None)
        os.chdir(settings.BASE_DIR)
        os.execv(sys.executable, command)  # noqa: S606 (our own command, no shell)

    def _refuse_taken(self, host: str, port: int, *, setting: str = "PORT=8001") -> None:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as problem:
                raise CommandError(
                    f"{host}:{port} cannot be used ({problem.strerror}). Stop what listens there, or choose another: make run {setting}"
                ) from None

    def _prepare(self) -> None:
        with self._alone():
            self._migrate()
            call_command("sync_content", stdout=self.stdout, stderr=self.stderr)
            if replayed := reviews.rebuild_if_missing():
                self.stdout.write(f"Memory: {replayed} answers from before were taken in.")
        if not settings.STATIC_CAME_COLLECTED:
            self._collect_static()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Of machines that start together on one PostgreSQL, one brings the database up to date and the others wait for it.

        Not through a pooler, which would give the lock and its end to different connections: there one machine prepares.
        """
        if connection.vendor != "postgresql" or settings.DATABASE_POOL == "external":
            yield
            return
        with self._or_told(), connection.cursor() as cursor:
            # The others wait for as long as it takes: migrations may be long.
            cursor.execute("SET lock_timeout = 0")
            cursor.execute("SELECT pg_advisory_lock(%s)", [STARTING])
            cursor.execute("RESET lock_timeout")
        try:
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [STARTING])

    def _tell_what_is_shared(self, workers: int) -> None:
        if connection.vendor == "postgresql" and settings.SECRET_KEY_IS_LOCAL:
            self.stdout.write(
                f"SECRET_KEY is not given: this machine uses its own, from {settings.DATA_DIR / 'secret_key'}. "
                "If other machines serve the same database, give all of them the same SECRET_KEY."
            )
        if workers > 1 and settings.CACHES["default"]["BACKEND"].endswith("LocMemCache"):
            self.stdout.write(
                "REDIS_URL is not given: each of the processes counts for itself, so limits on sign-in allow more than they say."
            )

    @contextmanager
    def _or_told(self) -> Iterator[None]:
        try:
            yield
        except DatabaseError as problem:
            if "lock timeout" in str(problem):
                raise CommandError(
                    f"A migration waited {LOCK_S} seconds for a table that others use, and was taken back; nothing is half done. Start again, "
                    "at a quieter time if it happens twice."
                ) from None
            raise CommandError(f"The database does not answer: {problem}. Check DATABASE_URL, and that the server runs.") from None

    def _migrate(self) -> None:
        with self._or_told():
            executor = MigrationExecutor(connection)
            if executor.migration_plan(executor.loader.graph.leaf_nodes()):
                if connection.vendor == "postgresql":
                    with connection.cursor() as cursor:
                        cursor.execute("SET lock_timeout = %s", [f"{LOCK_S}s"])
                call_command("migrate", interactive=False, verbosity=0)

    def _collect_static(self) -> None:
        """Collect only when a file changed: hashing and compressing takes longer than all the rest."""
        folder = Path(settings.STATICFILES_DIRS[0])
        marks = hashlib.sha256()
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            marks.update(str(path).encode() + path.read_bytes())
        marks.update((settings.BASE_DIR / "requirements/run.txt").read_bytes())
        stamp = Path(settings.STATIC_ROOT) / ".stamp"
        if stamp.exists() and stamp.read_text() == marks.hexdigest():
            return
        call_command("collectstatic", interactive=False, verbosity=0, clear=True)
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.write_text(marks.hexdigest())
