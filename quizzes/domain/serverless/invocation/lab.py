"""The lab: settings and a fault in, an outcome out; and the choices for a prediction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from quizzes.domain.serverless.invocation.calls import simulate_asynchronous, simulate_synchronous, simulate_workflow
from quizzes.domain.serverless.invocation.fault import FAULTS, Fault, Kind
from quizzes.domain.serverless.invocation.outcome import Outcome, State
from quizzes.domain.serverless.invocation.queue import simulate_queue
from quizzes.domain.serverless.invocation.settings import Asynchronous, OutOfRange, Queue, Settings, Stream, Synchronous, Workflow, specs
from quizzes.domain.serverless.invocation.stream import simulate_stream

_SIMULATORS: dict[type[Settings], Callable[[Any, Fault], Outcome]] = {
    Synchronous: simulate_synchronous,
    Asynchronous: simulate_asynchronous,
    Queue: simulate_queue,
    Stream: simulate_stream,
    Workflow: simulate_workflow,
}

#: Where an event can end in each model, in the order in which a prediction lists them.
ENDINGS: dict[type[Settings], tuple[State, ...]] = {
    Synchronous: (State.PROCESSED, State.AGAIN, State.RETURNED),
    Asynchronous: (State.PROCESSED, State.DLQ, State.DESTINATION, State.DISCARDED),
    Queue: (State.PROCESSED, State.AGAIN, State.DLQ, State.BLOCKED),
    Stream: (State.PROCESSED, State.AGAIN, State.DESTINATION, State.DISCARDED, State.BLOCKED),
    Workflow: (State.PROCESSED, State.CAUGHT, State.FAILED, State.BLOCKED),
}

#: More runs than this are "more" in a prediction.
COUNTED = 12
MORE = "more"


def simulate(settings: Settings, fault: Fault) -> Outcome:
    """What happens under these settings when this goes wrong. The same arguments always give the same outcome.

    Raises ValueError if this cannot go wrong in this model: one event alone has no poison record beside it.
    """
    if fault.kind not in FAULTS[type(settings)]:
        raise OutOfRange("fault", "A poison record needs other records around it: choose another fault, or a queue or a stream.")
    return _SIMULATORS[type(settings)](settings, fault)


# -- predictions -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Choices:
    """What a learner may say beforehand: how many runs start, and where one event ends. Values and words.

    `runs` is empty where AWS leaves open how many there are: then only the ending is asked for.
    """

    about: str
    runs: tuple[tuple[str, str], ...]
    endings: tuple[State, ...]


def runs_said(runs: int) -> str:
    """A number of runs as a prediction names it."""
    return str(runs) if runs <= COUNTED else MORE


def choices(settings: Settings, fault: Fault) -> Choices:
    """The choices of a prediction: numbers of runs that neighbouring settings give, the right one among them."""
    outcome = simulate(settings, fault)
    if not outcome.billed_exact:
        return Choices(outcome.ending.name, (), ENDINGS[type(settings)])
    right = min(outcome.billed, COUNTED + 1)
    near = {min(simulate(*other).billed, COUNTED + 1) for other in _neighbours(settings, fault)} - {right}
    if fault.kind is Kind.THROTTLED and right:
        near.add(0)  # Whoever takes a throttle for a failure says that the function never runs.
    near |= set([n for n in (1, 2, 3, 4, 6) if n != right and n not in near][: max(0, 3 - len(near))])
    kept = sorted([right, *sorted(near, key=lambda n: (abs(n - right), n))[:4]])
    runs = tuple((runs_said(n), str(n) if n <= COUNTED else f"more than {COUNTED}") for n in kept)
    return Choices(outcome.ending.name, runs, ENDINGS[type(settings)])


def is_right(outcome: Outcome, *, runs: str, ending: str) -> bool:
    """Whether a prediction holds in both of its halves, or in the one that was asked for."""
    return (not outcome.billed_exact or runs == runs_said(outcome.billed)) and ending == outcome.ending.state


def _neighbours(settings: Settings, fault: Fault) -> Iterator[tuple[Settings, Fault]]:
    """The same case with one thing changed: a switch, a choice, a number by one, or what goes wrong."""
    for name, (spec, default) in specs(type(settings)).items():
        value = getattr(settings, name)
        if spec.choices:
            values: list[Any] = [choice for choice, _ in spec.choices if choice != value]
        elif isinstance(value, bool):
            values = [not value]
        elif name in {"retries", "attempts", "client_attempts", "max_receive"}:
            values = [(default if value is None else value) + step for step in (-1, 1) if value is not None]
        else:
            continue
        for other in values:
            try:
                yield replace(settings, **{name: other}), fault
            except OutOfRange:
                continue
    for kind in FAULTS[type(settings)]:
        if kind is not fault.kind and kind is not Kind.NONE:
            yield settings, replace(fault, kind=kind)
