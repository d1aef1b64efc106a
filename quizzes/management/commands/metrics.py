"""manage.py metrics: tell Prometheus what the processes of the server count. `manage.py serve` starts it by itself."""

from __future__ import annotations

import signal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone

from quizzes.operation import metrics
from quizzes.queries.operation import waiting

#: PostgreSQL is not asked for longer than this; then the figures of the database are left out.
PATIENCE_MS = 2000


class Command(BaseCommand):
    help = "Answer scrapes of Prometheus on METRICS_HOST:METRICS_PORT until stopped."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = settings.METRICS_HOST, settings.METRICS_PORT
        place = settings.METRICS_FOLDER
        if port is None or place is None:
            raise CommandError("METRICS_PORT is not set. Give the port to answer on, for instance METRICS_PORT=9464.")
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            server, thread = metrics.prometheus().export(host=host, port=port, place=place, queues=read_waiting)
        except OSError as problem:
            raise CommandError(f"{host}:{port} cannot be used ({problem.strerror}). Set another METRICS_PORT.") from None
        self.stdout.write(f"Metrics are at http://{host}:{port}/metrics")
        self.stdout.flush()
        try:
            thread.join()
        except KeyboardInterrupt:
            server.shutdown()


def read_waiting() -> dict[str, int]:
    """Asked on the thread of a scrape, which ends with it: its connection must too."""
    try:
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET statement_timeout = %s", [PATIENCE_MS])
        return waiting(now=timezone.now())
    finally:
        connection.close()
