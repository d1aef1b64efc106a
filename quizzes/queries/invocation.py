"""The reads of the invocation lab: a case in; its outcome, the picture of it and the facts behind it out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from math import log10

from quizzes.domain.serverless.invocation import (
    PRESETS,
    STATES,
    Entry,
    Fault,
    Outcome,
    Settings,
    State,
    address,
    clock,
    names,
    plural,
    simulate,
)
from quizzes.models import Fact, LabPrediction, User

#: How each kind of entry is called in the table.
_KINDS = {
    "send": "begins", "ok": "succeeds", "fail": "fails", "throttle": "is held up", "wait": "goes on", "good": "ends well", "bad": "is lost",
    "open": "ends elsewhere", "gap": "repeats",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PresetLine:
    title: str
    question: str
    query: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table."""

    clock: str
    who: str
    what: str
    kind: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A line of the picture: where it stands, its shape, and what it says."""

    y: int
    shape: str
    clock: str
    who: str
    text: str
    from_y: int  # where the line from the entry before begins; equal to y for the first
    is_wait: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """The time line, 400 units wide."""

    height: int
    description: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class EndingLine:
    name: str
    words: str
    state: str
    is_good: bool


@dataclass(frozen=True, slots=True)
class FactLine:
    statement: str
    checked: date | None
    sources: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What this learner said before, and whether it held."""

    right: bool
    runs: str
    ending: str
    runs_right: bool
    ending_right: bool


@dataclass(frozen=True, slots=True)
class OutcomePage:
    picture: Picture
    rows: tuple[Row, ...]
    caller: str
    endings: tuple[EndingLine, ...]
    billed: int
    bill: str  # what follows that number
    also: tuple[str, ...]
    why: tuple[str, ...]
    left_open: tuple[str, ...]
    about: str
    ending: str
    verdict: Verdict | None
    facts: list[FactLine] = field(default_factory=list)


def presets(current: str) -> list[PresetLine]:
    lines = []
    for preset in PRESETS:
        query = address(preset.settings, preset.fault)
        lines.append(PresetLine(preset.title, preset.question, query, query == current))
    return lines


def prediction_of(learner: User | None, case: str) -> LabPrediction | None:
    """What this learner said about this case."""
    return learner.lab_predictions.filter(case=case).first() if learner else None


def outcome_page(settings: Settings, fault: Fault, prediction: LabPrediction | None) -> OutcomePage:
    outcome = simulate(settings, fault)
    return OutcomePage(
        picture=_picture(outcome), rows=tuple(Row(clock(e.at_s), e.who, e.what, _KINDS[e.kind]) for e in outcome.entries), caller=outcome.caller,
        endings=_endings(outcome), billed=outcome.billed, bill=_bill(outcome), also=outcome.also,
        why=outcome.why, left_open=outcome.left_open, about=outcome.ending.name, ending=outcome.ending.words,
        verdict=_verdict(prediction), facts=_facts(outcome),
    )  # fmt: skip


def _bill(outcome: Outcome) -> str:
    text = f"invocation{'' if outcome.billed == 1 else 's'} billed"
    if not outcome.billed_exact:
        text += ", give or take: how fast Lambda repeats is the lab’s guess"
    if outcome.throttled:
        text += f". Throttled: {plural(outcome.throttled, 'try')}, without cost"
    return f"{text}."


def _endings(outcome: Outcome) -> tuple[EndingLine, ...]:
    """Events that ended alike share a line."""
    if len(outcome.endings) == 1:
        [one] = outcome.endings
        return (EndingLine(one.name, one.words, one.state.value, _is_good(one.state)),)
    alike: dict[tuple[State, str], list[int]] = {}
    for ending in outcome.endings:
        alike.setdefault((ending.state, ending.words), []).append(ending.number)
    kind = outcome.endings[0].name.split()[0]
    return tuple(
        EndingLine(f"{kind}{'' if len(numbers) == 1 else 's'} {names(numbers)}", words, state.value, _is_good(state))
        for (state, words), numbers in alike.items()
    )


def _is_good(state: State) -> bool:
    return state in (State.PROCESSED, State.AGAIN)


def _verdict(prediction: LabPrediction | None) -> Verdict | None:
    if prediction is None:
        return None
    said, was = prediction.predicted, prediction.outcome
    runs = "more than 12" if said["runs"] == "more" else said["runs"]
    return Verdict(prediction.right, runs, STATES[State(said["ending"])], said["runs"] == was["runs"], said["ending"] == was["ending"])


def _facts(outcome: Outcome) -> list[FactLine]:
    rows = Fact.objects.in_bulk(outcome.facts)
    found = [rows[fact] for fact in outcome.facts if fact in rows]
    return [FactLine(row.statement, row.checked, tuple((source["title"], source["url"]) for source in row.sources)) for row in found]


# -- the picture -----------------------------------------------------------------------------------------------------

#: No picture has more entries than this; the table has them all.
_MOST = 22
_ROOM = 38  # characters beside the rail


def _picture(outcome: Outcome) -> Picture:
    """From top to bottom, a longer wait with more room above (by its logarithm, or nothing else could be seen)."""
    marks: list[Mark] = []
    y, before = 0, None
    for entry in _fewer(outcome.entries):
        waited = entry.at_s - before if before is not None else 0
        from_y, y = y, y + (26 if before is None else 30 + round(9 * log10(1 + waited)))
        marks.append(
            Mark(
                y,
                entry.kind,
                _roughly(entry.at_s),
                entry.who,
                _cut(entry.mark, _ROOM - len(entry.who)),
                from_y if marks else y,
                waited >= 5,
            )
        )
        before = entry.at_s
    description = " ".join(f"{mark.clock}: {mark.who}, {mark.text}." for mark in marks)
    return Picture(y + 26, description, tuple(marks))


def _roughly(seconds: float) -> str:
    """From an hour on without seconds: the room is narrow, and the table has them."""
    return clock(seconds) if seconds < 3600 else clock(seconds // 60 * 60)


def _fewer(entries: tuple[Entry, ...]) -> list[Entry]:
    if len(entries) <= _MOST:
        return list(entries)
    left = len(entries) - _MOST + 1
    gap = Entry(entries[14].at_s, "Table", "", "gap", f"{left} more lines stand in the table")
    return [*entries[:15], gap, *entries[15 + left :]]


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[: room - 1]}…"
