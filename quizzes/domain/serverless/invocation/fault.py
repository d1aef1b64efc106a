"""What goes wrong in the lab, and how one run of the function ends by it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from quizzes.domain.serverless.invocation.settings import Asynchronous, Function, OutOfRange, Queue, Settings, Stream, Synchronous, Workflow

#: How long the partner of the function is down, in seconds.
PARTNER_DOWN_S = 3_600


class Kind(StrEnum):
    NONE = "none"
    FAILS = "fails"
    ALWAYS = "always"
    POISON = "poison"
    THROTTLED = "throttled"
    TIMEOUT = "timeout"
    PARTNER = "partner"


LABELS = {
    Kind.NONE: "Nothing",
    Kind.FAILS: "The first runs fail, then it works",
    Kind.ALWAYS: "Each run fails",
    Kind.POISON: "One poison record among the others",
    Kind.THROTTLED: "The function is throttled for a while",
    Kind.TIMEOUT: "Each run times out",
    Kind.PARTNER: "A partner is down for an hour",
}

_SINGLE = (Kind.NONE, Kind.FAILS, Kind.ALWAYS, Kind.THROTTLED, Kind.TIMEOUT, Kind.PARTNER)
#: What can go wrong in each model: a poison record needs others around it.
FAULTS: dict[type[Settings], tuple[Kind, ...]] = {
    Synchronous: _SINGLE, Asynchronous: _SINGLE, Workflow: _SINGLE, Queue: tuple(Kind), Stream: tuple(Kind),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong. `times`: how many runs of each record fail first. `lasts_s`: how long throttling lasts. `position`: of the poison record."""

    kind: Kind = Kind.NONE
    times: int = 1
    lasts_s: int = 300
    position: int = 3

    def __post_init__(self) -> None:
        for name, label, high in (
            ("times", "Runs that fail", 10),
            ("lasts_s", "Throttled for", 21_600),
            ("position", "Place of the poison record", 12),
        ):
            if not 1 <= getattr(self, name) <= high:
                raise OutOfRange(name, f"The lab takes 1 to {high:,} for “{label}”.")

    def poisons(self, record: int, records: int) -> bool:
        return self.kind is Kind.POISON and record == min(self.position, records)


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the function: when it starts, how long it takes, and why it failed ("" if it did not)."""

    start_s: float
    seconds: float
    problem: str

    @property
    def end_s(self) -> float:
        return self.start_s + self.seconds


def run(function: Function, fault: Fault, *, start_s: float, runs_before: int, poisoned: bool = False) -> Run:
    """One run. A failing run takes as long as a good one, one that times out takes the whole timeout."""
    if fault.kind is Kind.TIMEOUT or function.run_s > function.timeout_s:
        return Run(start_s, function.timeout_s, "timeout")
    fails = (
        fault.kind is Kind.ALWAYS
        or poisoned
        or (fault.kind is Kind.FAILS and runs_before < fault.times)
        or (fault.kind is Kind.PARTNER and start_s < PARTNER_DOWN_S)
    )
    return Run(start_s, function.run_s, "error" if fails else "")


def is_throttled(function: Function, fault: Fault, *, start_s: float) -> bool:
    """Whether a request at this moment finds no concurrency."""
    return function.reserved == 0 or (fault.kind is Kind.THROTTLED and start_s < fault.lasts_s)


def fails_for_good(function: Function, fault: Fault, *, poisoned: bool) -> bool:
    """Whether no further run can ever succeed."""
    return fault.kind in (Kind.ALWAYS, Kind.TIMEOUT) or poisoned or function.run_s > function.timeout_s or function.reserved == 0
