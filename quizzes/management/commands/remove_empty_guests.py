"""manage.py remove_empty_guests: take away the guests of yesterday who did nothing."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from quizzes.services.accounts import remove_empty_guests


class Command(BaseCommand):
    help = (
        "Remove guests who began more than a day ago and left nothing behind. Safe to repeat, and to run anywhere. Who did anything stays."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        total = 0
        while removed := remove_empty_guests(now=timezone.now()):
            total += removed
        self.stdout.write(f"Removed {total} guest{'' if total == 1 else 's'} who had done nothing.")
