"""The rules of an exam: how a form is drawn, what does not count, and the practice scale."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from quizzes.domain.items import Item

#: SAA-C03 reports 100 to 1000 and asks for 720. Source: AWS Certified Solutions Architect - Associate Exam Guide, read 2026-11-23.
SCALE_LOW, SCALE_PASS, SCALE_HIGH = 100, 720, 1000

#: The share of right answers that we put at 720. AWS publishes no conversion; this is our default (learning.md 4).
DEFAULT_CUT = 0.72

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question that could stand on a form."""

    question: int
    version: int
    objective: str
    family: str
    pick: int
    options: int
    seen: bool = False
    selection: str = ""


def fits_exams(item: Item, *, new_facts: Collection[str]) -> bool:
    """Whether exams may ask it: a choice, as in SAA-C03, that rests on no fact too new for the exam to know."""
    return item.is_choice and not set(item.facts).intersection(new_facts)


def draw_form(candidates: Iterable[Candidate], *, counts: Mapping[str, int], rng: random.Random) -> list[Candidate]:
    """A form with `counts[objective]` questions each, no two of one family, unseen ones first, in random order.

    Where an objective has too few, the rest comes from the other candidates, so that the form is as long as planned
    as long as the bank allows it.
    """
    by_objective: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        by_objective[candidate.objective].append(candidate)
    chosen: list[Candidate] = []
    families: set[str] = set()

    def take(pool: list[Candidate], wanted: int) -> None:
        rng.shuffle(pool)
        pool.sort(key=lambda candidate: candidate.seen)
        for candidate in pool:
            if wanted <= 0:
                return
            if candidate.family not in families:
                families.add(candidate.family)
                chosen.append(candidate)
                wanted -= 1

    for objective, wanted in counts.items():
        take(by_objective[objective], wanted)
    missing = sum(counts.values()) - len(chosen)
    if missing:
        taken = {candidate.question for candidate in chosen}
        take([c for pool in by_objective.values() for c in pool if c.question not in taken], missing)
    rng.shuffle(chosen)
    return chosen


def choose_unscored(objectives: Sequence[str], *, pilots: int, rng: random.Random) -> set[int]:
    """Which places (indexes) of a form do not count: `pilots` of them, spread over the objectives in proportion."""
    if not objectives or pilots <= 0:
        return set()
    indexes: dict[str, list[int]] = defaultdict(list)
    for index, objective in enumerate(objectives):
        indexes[objective].append(index)
    shares = allocate({name: len(places) for name, places in indexes.items()}, min(pilots, len(objectives)))
    return {index for name, places in indexes.items() for index in rng.sample(places, shares[name])}


def allocate(weights: Mapping[K, float], total: int) -> dict[K, int]:
    """`total` whole places shared out in proportion to the weights (largest remainder; ties in the order given)."""
    whole = sum(weights.values())
    if not whole:
        return dict.fromkeys(weights, 0)
    exact = {name: total * weight / whole for name, weight in weights.items()}
    shares = {name: int(value) for name, value in exact.items()}
    rest = sorted(exact, key=lambda name: shares[name] - exact[name])
    for name in rest[: total - sum(shares.values())]:
        shares[name] += 1
    return shares


def scaled_score(right: float, scored: int, *, cut: float = DEFAULT_CUT) -> int:
    """The practice score: two straight lines through (0, 100), (cut, 720) and (1, 1000), rounded.

    This scale is ours: AWS sets its own conversion per form and does not publish it.
    Raises ValueError if nothing was scored or the cut is not between 0 and 1.
    """
    if scored <= 0:
        raise ValueError(f"scored must be above 0, got {scored}")
    if not 0 < cut < 1:
        raise ValueError(f"cut must be between 0 and 1, got {cut}")
    share = right / scored
    if share <= cut:
        return round(SCALE_LOW + (SCALE_PASS - SCALE_LOW) * share / cut)
    return round(SCALE_PASS + (SCALE_HIGH - SCALE_PASS) * (share - cut) / (1 - cut))


def is_pass(right: float, scored: int, *, cut: float = DEFAULT_CUT) -> bool:
    return scaled_score(right, scored, cut=cut) >= SCALE_PASS
