"""manage.py tidy_pictures: let go of pictures that nothing shows."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from quizzes.services import pictures


class Command(BaseCommand):
    help = "Delete pictures that no working copy and no version of a question shows, and that came more than a day ago. Safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        count = pictures.tidy_pictures(now=timezone.now())
        self.stdout.write(f"{count} picture{'' if count == 1 else 's'} deleted.")
