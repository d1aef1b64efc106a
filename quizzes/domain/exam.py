"""The rules of an exam: how a form is drawn, what does not count, and the practice scale."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from math import ceil
from typing import NamedTuple, TypeVar

from quizzes.domain.items import Item

#: SAA-C03 reports 100 to 1000 and asks for 720. Source: AWS Certified Solutions Architect - Associate Exam Guide, read 2026-11-23.
SCALE_LOW, SCALE_PASS, SCALE_HIGH = 100, 720, 1000

#: The share of right answers that we put at 720. AWS publishes no conversion; this is our default (learning.md 4).
DEFAULT_CUT = 0.72

K = TypeVar("K", bound=Hashable)


class Candidate(NamedTuple):
    """A question that could stand on a form. A tuple, as an exam's start makes hundreds of them."""

    question: int
    version: int
    objective: str
    family: str
    pick: int
    options: int
    seen: bool = False
    selection: str = ""
    is_pilot: bool = False


#: How a pilot came into an exam. What counts first exposures of exams or of random draws leaves it out: the item itself is not proven yet.
PILOT = "pilot"


def fits_exams(item: Item, *, new_facts: Collection[str]) -> bool:
    """Whether exams may ask it: a choice, as in SAA-C03, that rests on no fact too new for the exam to know."""
    return item.is_choice and not set(item.facts).intersection(new_facts)


def draw_form(candidates: Iterable[Candidate], *, counts: Mapping[str, int], rng: random.Random, pilots: int = 0) -> list[Candidate]:
    """A form with `counts[objective]` questions each, no two of one family, unseen ones first, in random order.

    At most `pilots` of them are pilot questions, each in a place of its own objective and no objective with more than its share.
    Where an objective has too few, the rest comes from the other candidates, so that the form is as long as planned
    as long as the bank allows it.
    """
    ordinary: dict[str, list[Candidate]] = defaultdict(list)
    trials: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        (trials if candidate.is_pilot else ordinary)[candidate.objective].append(candidate)
    form = _Form(rng)
    length = sum(counts.values())
    asked = [objective for objective, count in counts.items() if count and trials.get(objective)]
    rng.shuffle(asked)  # Where there are more pilots than places, no objective always comes first.
    for objective in asked:
        share = ceil(pilots * counts[objective] / length)
        form.take(trials[objective], min(share, counts[objective], pilots - len(form.chosen)))
    unscored = Counter(candidate.objective for candidate in form.chosen)
    for objective, wanted in counts.items():
        form.take(ordinary[objective], wanted - unscored[objective])
    form.take([c for pool in ordinary.values() for c in pool], length - len(form.chosen))
    form.take([c for pool in trials.values() for c in pool], min(length - len(form.chosen), pilots - unscored.total()))
    rng.shuffle(form.chosen)
    return form.chosen


class _Form:
    """A form while it is being drawn."""

    def __init__(self, rng: random.Random) -> None:
        self.chosen: list[Candidate] = []
        self._rng, self._families = rng, set[str]()

    def take(self, pool: list[Candidate], wanted: int) -> None:
        """Up to `wanted` of families that are not on the form yet, unseen ones first."""
        if wanted <= 0:
            return
        self._rng.shuffle(pool)
        pool.sort(key=lambda candidate: candidate.seen)
        for candidate in pool:
            if candidate.family not in self._families:
                self._families.add(candidate.family)
                self.chosen.append(candidate)
                wanted -= 1
                if not wanted:
                    return


def choose_unscored(form: Sequence[Candidate], *, pilots: int, rng: random.Random) -> set[int]:
    """Which places (indexes) of a form do not count: `pilots` of them. Those of pilot questions first, the rest spread over the objectives in proportion."""
    trials = {index for index, candidate in enumerate(form) if candidate.is_pilot}
    indexes: dict[str, list[int]] = defaultdict(list)
    for index, candidate in enumerate(form):
        if index not in trials:
            indexes[candidate.objective].append(index)
    rest = min(pilots, len(form)) - len(trials)
    if rest <= 0:
        return trials
    shares = allocate({name: len(places) for name, places in indexes.items()}, rest)
    return trials | {index for name, places in indexes.items() for index in rng.sample(places, shares[name])}


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
