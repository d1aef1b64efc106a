"""The rules of classes: the code to join with, what joining agrees to, when a class and the window of its exams are open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

#: The letters of a join code. No two look alike in type or by hand (no O and 0, I and 1, S and 5, B and 8, U and V), and no two
#: sound alike when spelled aloud (of B, C, D, E, G, P, T, V, Z and 3 only T; of M and N only M; of F, S and X only F).
CODE_LETTERS = "FHKMRTWY24679"
CODE_LENGTH = 8
#: How many codes there are: about 800 million.
CODES = len(CODE_LETTERS) ** CODE_LENGTH

#: What the words of joining are called in the record of an agreement. Whoever changes SEEN or UNSEEN gives them a new number.
CONSENT_VERSION = 1
SEEN = (
    "your name and your username, and the time you have in exams, which they can set",
    "whether you have started: how many sessions you began, and when you last answered a question",
    "by topic, how many questions you answered for the first time, and how many of those you answered right",
    "which lessons you marked as read",
    "of each exam they assign: how many attempts you used, your best and your latest score, whether you passed, and when you handed in",
)
UNSEEN = (
    "your single answers, and which questions you missed",
    "the scores of exams that you sit outside the class, and your reviews",
    "your e-mail address, your reports and your predictions in the labs",
    "anything you did before you joined or before the first day of the class, and anything after its last day",
    "anything at all once you have left the class: what they saw until then goes out of their sight too",
)

Stage = Literal["ahead", "open", "over"]


def code_of(number: int) -> str:
    """The join code of a number from 0 to CODES - 1, as it is kept: eight letters and digits.

    Raises ValueError for another number.
    """
    if not 0 <= number < CODES:
        raise ValueError(f"number must be 0 to {CODES - 1}, got {number}")
    code = ""
    for _ in range(CODE_LENGTH):
        number, place = divmod(number, len(CODE_LETTERS))
        code += CODE_LETTERS[place]
    return code


def show_code(code: str) -> str:
    """A code as it is written on a board and said aloud, in two halves: KR4M-7HTW."""
    half = CODE_LENGTH // 2
    return f"{code[:half]}-{code[half:]}"


def read_code(typed: str) -> str:
    """What was typed as a code is kept; small letters, spaces and hyphens do not matter. Nothing where it can be no code."""
    code = "".join(letter for letter in typed.upper() if letter not in " -‐‑–—.\t\n")
    return code if len(code) == CODE_LENGTH and set(code) <= set(CODE_LETTERS) else ""


@dataclass(frozen=True, slots=True)
class Window:
    """From when to when something is open; the last moment is no longer in it."""

    opens_at: datetime
    closes_at: datetime

    def stage(self, now: datetime) -> Stage:
        if now < self.opens_at:
            return "ahead"
        return "open" if now < self.closes_at else "over"


#: From so long before it opens an assigned exam is told on the first page.
SOON = timedelta(days=3)

Standing = Literal["passed", "not passed", "running", "no score", "not sat", "missed", "ahead"]


def standing(*, stage: Stage, running: bool, finished: bool, best: int | None, passing: int) -> Standing:
    """Where a member stands with an assigned exam: a result counts first, then an exam that runs, then what the window still allows.

    What was finished has no score where every question of it was dropped.
    """
    if best is not None:
        return "passed" if best >= passing else "not passed"
    if running:
        return "running"
    if finished:
        return "no score"
    return {"ahead": "ahead", "open": "not sat", "over": "missed"}[stage]  # type: ignore[return-value]
