"""The app at its start: who counts, and who hears of faults."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.signals import got_request_exception
from django.db import DatabaseError

from quizzes import meter
from quizzes.operation import metrics


class QuizzesConfig(AppConfig):
    name = "quizzes"
    verbose_name = "Study"

    def ready(self) -> None:
        import_module("quizzes.checks")
        if settings.METRICS_FOLDER is not None:
            metrics.count_in(settings.METRICS_FOLDER)
        if settings.SENTRY_DSN:
            import_module("quizzes.operation.sentry").start(
                settings.SENTRY_DSN, environment=settings.SENTRY_ENVIRONMENT, release=settings.RELEASE
            )
        got_request_exception.connect(count_fault, dispatch_uid="count_fault")


def count_fault(**_: Any) -> None:
    """Django tells of every fault under a request, of middleware too; those of the database are counted."""
    fault = sys.exc_info()[1]
    if isinstance(fault, DatabaseError):
        meter.database_error(type(fault).__name__)
