"""Pilot questions: what answers must say before a new question counts in exams. The desk proposes, an instructor decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from quizzes.domain.statistics import ItemFigures, Kind, flags_of
from quizzes.domain.statistics.flags import ENOUGH_TO_TRUST, MARGINAL, WEAK

#: So many answers first: the standard error of a correlation is then .13 (learning.md 3.2).
ENOUGH = ENOUGH_TO_TRUST
#: Corrected discrimination: at least what is not marginal any more (learning.md 3.2) …
LEAST = MARGINAL
#: … and so sure that its 90 % interval lies above what is weak. At .20 that takes 260 answers, at .30 it takes 65.
SURELY_ABOVE = WEAK
#: What must not be flagged, watched or confirmed: a wrong key costs learners marks, and what nearly all or nearly none get right tells nobody apart.
BARRED = {
    Kind.MISKEY: "the key looks wrong",
    Kind.TOO_HARD: "it is too hard to tell knowing from guessing",
    Kind.TOO_EASY: "nearly everybody gets it right",
}
#: After "keep it a pilot" the desk proposes again when so many more answered: by then chance has had another go.
AGAIN_AFTER = 60


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the desk makes of a pilot: "promote", "look" (its figures speak against it) or "wait", with reasons in words."""

    verdict: Literal["promote", "look", "wait"]
    reasons: list[str]


def proposal(item: ItemFigures | None, *, kept_at: int = 0) -> Proposal:
    """What to do with a pilot by the figures of its current wording; `kept_at` is how many answers it had when somebody last decided to keep it."""
    n = item.n if item else 0
    if item is None or n < ENOUGH:
        return Proposal("wait", [f"{n} of {ENOUGH} answers so far; with fewer, chance decides."])
    said = {flag.kind for flag in flags_of(item)}
    against = [f"{why[0].upper()}{why[1:]}." for kind, why in BARRED.items() if kind in said]
    r, around = item.discrimination, item.discrimination_interval
    if r is None or around is None or item.facility is None:
        against.append("Everybody answered alike, so it tells nobody from anybody.")
    elif r < LEAST:
        against.append(f"Its discrimination is {r:.2f}; at least {LEAST:.2f} is asked for.")
    if against:
        return Proposal("look", against)
    assert around is not None  # said above
    if around.low <= SURELY_ABOVE:
        return Proposal("wait", [f"Its discrimination of {r:.2f} may be as low as {around.low:.2f} by chance; more answers will tell."])
    if kept_at and n < kept_at + AGAIN_AFTER:
        return Proposal("wait", [f"Kept as a pilot at {kept_at} answers; proposed again from {kept_at + AGAIN_AFTER} on."])
    return Proposal(
        "promote",
        [f"{n} answers, {item.facility:.0%} right, discrimination {r:.2f} (at least {around.low:.2f}), and nothing against its key."],
    )
