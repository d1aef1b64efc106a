"""manage.py remove_second_factor: for somebody who lost app, passkeys and recovery codes."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q

from quizzes.models import User
from quizzes.services import accounts


class Command(BaseCommand):
    help = (
        "Take somebody's app, passkeys and recovery codes away, so that they sign in with their password alone. Make sure who asks first."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="the username or the e-mail address of an account")

    def handle(self, *args: Any, username: str, **options: Any) -> None:
        user = User.objects.filter(Q(username__iexact=username) | Q(email__iexact=username)).first() if username else None
        if user is None:
            raise CommandError(f"There is no account {username!r}. Check the name. Nothing was changed.")
        if not accounts.remove_second_factor(user=user):
            self.stdout.write(f"{user.username} had no second factor. Nothing was changed.")
            return
        self.stdout.write(
            f"{user.username} signs in with their password alone now, and is signed out in every browser. It is in the audit log."
        )
