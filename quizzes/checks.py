"""What `manage.py check --deploy` says of an installation with several processes or machines."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import connection


@register(Tags.security, deploy=True)
def shared_by_all(app_configs: Any, **options: Any) -> list[CheckMessage]:
    """PostgreSQL says that there may be several processes; what they have to share is then looked at."""
    found: list[CheckMessage] = []
    if connection.vendor == "sqlite":
        return found
    if settings.CACHES["default"]["BACKEND"].endswith("LocMemCache"):
        found.append(
            Warning(
                "The cache lies in each process's own memory: limits on sign-in and guessed class codes are counted by each one for itself.",
                hint="Give REDIS_URL where more than one process serves.",
                id="quizzes.W001",
            )
        )
    if settings.SECRET_KEY_IS_LOCAL:
        found.append(
            Warning(
                "SECRET_KEY is not given, so this machine made one of its own: another machine would not know its sessions.",
                hint="Give all machines the same SECRET_KEY; the one in use lies in the file secret_key of DATA_DIR.",
                id="quizzes.W002",
            )
        )
    return found
