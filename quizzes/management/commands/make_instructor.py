"""manage.py make_instructor: let a person into the admin, to write questions and answer reports."""

from __future__ import annotations

import getpass
import sys
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.db.models import Q

from quizzes.domain.errors import Refusal
from quizzes.forms.accounts import clean_username
from quizzes.models import User
from quizzes.services import accounts


class Command(BaseCommand):
    help = "Make somebody an instructor: they may write and publish questions, plan exams and answer reports in the admin, nothing else."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="the username or the e-mail address of an account")
        parser.add_argument("--create", action="store_true", help="make the account first, and ask for its password")
        parser.add_argument("--password-stdin", action="store_true", help="with --create: read the password from the standard input")

    def handle(self, *args: Any, username: str, create: bool, password_stdin: bool, **options: Any) -> None:
        try:
            if create:
                user = self._create(username, from_stdin=password_stdin)
            else:
                user = self._find(username)
                accounts.make_instructor(user=user)
        except Refusal as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{user.username} is an instructor now and finds the authors’ desk at /admin/.")

    def _find(self, name: str) -> User:
        user = User.objects.filter(Q(username__iexact=name) | Q(email__iexact=name)).first() if name else None
        if user is None:
            raise CommandError(
                f"There is no account {name!r}. Check the name, let them sign up first, or add --create to make the account now."
            )
        return user

    def _create(self, name: str, *, from_stdin: bool) -> User:
        is_address = "@" in name
        names = {"username": "", "email": name} if is_address else {"username": name, "email": ""}
        try:
            if not is_address:
                clean_username(name)
            password = sys.stdin.readline().rstrip("\r\n") if from_stdin else self._ask()
            validate_password(password, User(**names))
        except ValidationError as problem:
            raise CommandError(f"No account was made. {' '.join(problem.messages)}") from problem
        with transaction.atomic():
            user = accounts.sign_up(guest=None, password=password, **names)
            accounts.make_instructor(user=user)
        return user

    def _ask(self) -> str:
        password = getpass.getpass("Password: ")
        if password != getpass.getpass("Password, once more: "):
            raise CommandError("No account was made: the two passwords differ.")
        return password
