"""What the rules say when they say no, and what a content file has wrong."""

from __future__ import annotations

from dataclasses import dataclass


class Refusal(Exception):
    """A rule said no. The message is a sentence for the person: what happened, what is kept, what to do."""

    status = 409
    code = "refused"


class AttemptClosed(Refusal):
    """The attempt was handed in or has expired; nothing can be changed any more."""

    code = "closed"


class LateAnswer(AttemptClosed):
    """The answer arrived after the deadline and its grace. It is kept as late and never graded."""

    code = "late"


class StaleAnswer(Refusal):
    """Another tab or device changed the answer first."""

    code = "stale"


class AlreadyAnswered(StaleAnswer):
    """This place has its response already; a response is never changed."""


class NothingToAsk(Refusal):
    """No question fits what was asked for."""

    code = "nothing"


class InvalidAnswer(Refusal):
    """An answer that the item cannot take; a form should have caught it."""

    status = 422
    code = "invalid"


class TooOften(Refusal):
    """The same was asked for too often in a short time. `wait_s` is when it will be taken again."""

    status = 429
    code = "too-often"

    def __init__(self, sentence: str, *, wait_s: int) -> None:
        super().__init__(sentence)
        self.wait_s = wait_s


class NotReady(Refusal):
    """A question that must not be published yet."""

    status = 422
    code = "not-ready"


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong in a content file: where, what, and what to write instead."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}, line {self.line}: {self.message}"


class BrokenContent(Exception):
    """Content files that cannot be taken; `problems` lists every one found."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in sorted(problems)))
        self.problems = sorted(problems)
