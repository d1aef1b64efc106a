"""Passwords that say where they are used: the first that somebody tries who knows the site."""

from __future__ import annotations

import re

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError

#: Words of this site and of its subject. A longer phrase may hold them.
WORDS = (
    "besa", "serverless", "lambda", "stepfunctions", "amazon", "aws", "saac", "saa", "solutions", "solution", "architect", "associate",
    "certification", "certified", "cloud", "exam", "exams", "study", "learner", "instructor", "instructors", "question", "questions", "lessons",
    "practice", "password", "passwort", "week",
)  # fmt: skip
_WORDS = re.compile("|".join(sorted(WORDS, key=len, reverse=True)))

#: Letters that a password needs beside such words, digits and signs.
OTHER_LETTERS = 4


class WordsOfThisSiteValidator:
    """No password that is nothing but words of this site, with digits and signs."""

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        letters = "".join(sign for sign in password.lower() if sign.isalpha())
        if letters and _WORDS.search(letters) and len(_WORDS.sub("", letters)) < OTHER_LETTERS:
            raise ValidationError(
                "This is made of words of this site, which somebody would try first. Add some that have nothing to do with it."
            )

    def get_help_text(self) -> str:
        return "Your password can’t be made of words of this site alone."
