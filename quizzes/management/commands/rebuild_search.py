"""manage.py rebuild_search: the index of the search, written anew."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from quizzes.models import SearchEntry


class Command(BaseCommand):
    help = "Write the index of the search anew. Syncs and publishing keep it in step; this is for rows that were changed by hand."

    def handle(self, *args: Any, **options: Any) -> None:
        written = SearchEntry.objects.rebuild()
        self.stdout.write(f"{written} places can be found: sections of lessons, terms and the current wording of every question.")
