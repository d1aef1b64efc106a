"""What the simulator hands back: a time line, the caller's view, where each event ended, and what was billed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

#: The lab watches for six hours, the longest that Lambda keeps an asynchronous event; what is not decided then is "still waiting".
WATCH_S = 21_600
#: No time line has more entries than this.
MOST_ENTRIES = 60


class State(StrEnum):
    PROCESSED = "processed"
    AGAIN = "again"
    DLQ = "dlq"
    DESTINATION = "destination"
    DISCARDED = "discarded"
    RETURNED = "returned"
    CAUGHT = "caught"
    FAILED = "failed"
    BLOCKED = "blocked"


STATES = {
    State.PROCESSED: "processed once",
    State.AGAIN: "processed more than once",
    State.DLQ: "in the dead-letter queue",
    State.DESTINATION: "reported to the on-failure destination",
    State.DISCARDED: "discarded",
    State.RETURNED: "back with the caller, as an error",
    State.CAUGHT: "handed to the fallback state of Catch",
    State.FAILED: "lost with its execution, which failed",
    State.BLOCKED: "still waiting after six hours",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happens. `kind`: send, ok, fail, throttle, good, bad, open, gap. `mark`: the same in a few words, for the picture."""

    at_s: float
    who: str
    what: str
    kind: str
    mark: str


@dataclass(frozen=True, slots=True)
class Ending:
    """Where one event or record ended, and how often the function finished with it."""

    number: int
    name: str
    state: State
    times: int

    @property
    def words(self) -> str:
        words = STATES[self.state]
        if self.times and self.state not in (State.PROCESSED, State.AGAIN):
            words += f", though the function had finished with it {times(self.times)}"
        return words if self.state is not State.AGAIN else f"processed {times(self.times)}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that the lab shows. `billed` counts invocations that started; `billed_exact` is False where AWS leaves the pace open."""

    entries: tuple[Entry, ...]
    caller: str
    endings: tuple[Ending, ...]
    focus: int  # index of the ending that a prediction is about
    billed: int
    billed_exact: bool
    throttled: int
    also: tuple[str, ...]  # what else shows on a bill
    why: tuple[str, ...]  # the rules that decided, as sentences
    facts: tuple[str, ...]
    left_open: tuple[str, ...]

    @property
    def ending(self) -> Ending:
        return self.endings[self.focus]


@dataclass(slots=True)
class Story:
    """Collects what happens while a simulation runs. Internal to the simulators."""

    entries: list[Entry] = field(default_factory=list)
    facts: dict[str, None] = field(default_factory=dict)
    why: dict[str, None] = field(default_factory=dict)
    left_open: dict[str, None] = field(default_factory=dict)
    also: list[str] = field(default_factory=list)
    billed: int = 0
    billed_exact: bool = True
    throttled: int = 0

    def say(self, at_s: float, who: str, what: str, kind: str, mark: str) -> None:
        self.entries.append(Entry(round(at_s, 3), who, what, kind, mark))

    def rest_on(self, *rules: object, why: str = "", left_open: str = "") -> None:
        """Note the facts behind a rule that decided something."""
        for rule in rules:
            for fact in (rule,) if isinstance(rule, str) else getattr(rule, "facts", ()):
                self.facts[fact] = None
        if why:
            self.why[why] = None
        if left_open:
            self.left_open[left_open] = None

    def outcome(self, *, caller: str, endings: Iterable[Ending], focus: int = 0) -> Outcome:
        return Outcome(
            entries=tuple(shorten(folded(self.entries))), caller=caller, endings=tuple(endings), focus=focus, billed=self.billed,
            billed_exact=self.billed_exact, throttled=self.throttled, also=tuple(self.also), why=tuple(self.why), facts=tuple(self.facts),
            left_open=tuple(self.left_open),
        )  # fmt: skip


def folded(entries: list[Entry]) -> list[Entry]:
    """Many of the same kind in a row become the first two, how many more, and the last."""
    result: list[Entry] = []
    row: list[Entry] = []
    for entry in [*entries, None]:
        if row and (entry is None or (entry.who, entry.kind) != (row[0].who, row[0].kind) or entry.kind not in ("fail", "throttle")):
            if len(row) > 4:
                left = len(row) - 3
                gap = Entry(row[2].at_s, row[0].who, f"{left} more like these, the last at {clock(row[-2].at_s)}.", "gap", f"… {left} more")
                row = [*row[:2], gap, row[-1]]
            result += row
            row = []
        if entry is not None:
            row.append(entry)
    return result


def shorten(entries: list[Entry]) -> list[Entry]:
    """In order of time, and the middle left out where the line grows too long."""
    ordered = sorted(entries, key=lambda entry: entry.at_s)
    if len(ordered) <= MOST_ENTRIES:
        return ordered
    head, tail = ordered[: MOST_ENTRIES - 15], ordered[-14:]
    left = len(ordered) - len(head) - len(tail)
    return [*head, Entry(head[-1].at_s, "Lab", f"{left} more lines are left out here.", "gap", f"… {left} more lines"), *tail]


def final(*, done: int) -> State:
    """The state of what was processed."""
    return State.PROCESSED if done == 1 else State.AGAIN


def times(n: int) -> str:
    """2 -> "twice"."""
    return {1: "once", 2: "twice"}.get(n, f"{n:,} times")


def plural(n: int, word: str) -> str:
    """2, "try" -> "2 tries"."""
    return f"{n:,} {word if n == 1 else word[:-1] + 'ies' if word.endswith('ry') else word + ('es' if word.endswith('ch') else 's')}"


def clock(seconds: float) -> str:
    """0 -> 0 s, 63.5 -> 1 min 3.5 s, 3725 -> 1 h 2 min 5 s."""
    hours, rest = divmod(round(seconds, 3), 3600)
    minutes, left = divmod(rest, 60)
    parts = [
        f"{hours:g} h" if hours else "",
        f"{minutes:g} min" if minutes else "",
        f"{round(left, 1):g} s" if left or seconds < 60 else "",
    ]
    return " ".join(part for part in parts if part) or "0 s"


def names(numbers: Iterable[int]) -> str:
    """1, 2, 3, 5 -> "1 to 3, 5"."""
    spans: list[list[int]] = []
    for n in sorted(numbers):
        if spans and spans[-1][1] == n - 1:
            spans[-1][1] = n
        else:
            spans.append([n, n])
    return ", ".join(str(a) if a == b else (f"{a}, {b}" if b == a + 1 else f"{a} to {b}") for a, b in spans)
