"""How Lambda is invoked, as a simulator: `simulate(settings, fault)` gives the outcome.

No clock, no dice: the waits are those that AWS documents, what it leaves open is said in `Outcome.left_open`. The lab page, a widget in a
lesson and the key of a generated question call the same function.
"""

from quizzes.domain.serverless.invocation.address import ABOUT, address
from quizzes.domain.serverless.invocation.fault import FAULTS, LABELS, Fault, Kind
from quizzes.domain.serverless.invocation.lab import ENDINGS, Choices, choices, is_right, runs_said, simulate
from quizzes.domain.serverless.invocation.outcome import MOST_ENTRIES, STATES, WATCH_S, Ending, Entry, Outcome, State, clock, names, plural
from quizzes.domain.serverless.invocation.presets import PRESETS, Preset
from quizzes.domain.serverless.invocation.rules import RULES
from quizzes.domain.serverless.invocation.settings import (
    MODELS,
    Asynchronous,
    OutOfRange,
    Queue,
    Settings,
    Spec,
    Stream,
    Synchronous,
    Workflow,
    require,
    specs,
)

__all__ = [
    "ABOUT",
    "ENDINGS",
    "FAULTS",
    "LABELS",
    "MODELS",
    "MOST_ENTRIES",
    "PRESETS",
    "RULES",
    "STATES",
    "WATCH_S",
    "Asynchronous",
    "Choices",
    "Ending",
    "Entry",
    "Fault",
    "Kind",
    "OutOfRange",
    "Outcome",
    "Preset",
    "Queue",
    "Settings",
    "Spec",
    "State",
    "Stream",
    "Synchronous",
    "Workflow",
    "address",
    "choices",
    "clock",
    "is_right",
    "names",
    "plural",
    "require",
    "runs_said",
    "simulate",
    "specs",
]
