"""manage.py close_expired_attempts: close what time has closed."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from quizzes.services import attempts


class Command(BaseCommand):
    help = "Close every exam whose time is up. Safe to run at any time, anywhere, any number at once."

    def handle(self, *args: Any, **options: Any) -> None:
        count = attempts.close_expired(now=timezone.now())
        self.stdout.write(f"{count} attempt{'' if count == 1 else 's'} closed.")
