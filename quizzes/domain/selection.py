"""Which questions a practice session asks, and in which order."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Choice:
    """A question that could be practised. `last_at` and `last_right` are None where the learner never saw it."""

    question: int
    version: int
    topic: str
    family: str
    pick: int
    options: int
    last_at: datetime | None = None
    last_right: bool | None = None
    difficulty: int = 2
    selection: str = ""  # how it came here, where that is not what its mode says


#: The share of a review that is drawn at random over the exam's plan; between .20 and .30 (learning.md 6, rule 8).
RANDOM_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Portions:
    """How many places of a review go to what is due, to new questions of weak topics, and to a random draw."""

    due: int
    weak: int
    random: int


def portions(*, size: int, due: int, weak: int, random: int) -> Portions:
    """Share out `size` places among what there is. What is due comes first; a random part is kept free, as nothing else tells how ready one is."""
    kept = min(round(size * RANDOM_SHARE), random)
    taken = min(due, size - kept)
    new = min(weak, size - kept - taken)
    more = min(random - kept, size - kept - taken - new) if taken + new + kept < size else 0
    return Portions(taken, new, kept + more)


def variant_for(stock: Sequence[Sequence[int]], *, learner: int, question: int, times: int) -> tuple[int, int]:
    """The variant of a generated question that a learner meets after `times` answers to it: its version and number of options.

    Each learner has an order of their own through the whole stock, so that every time brings another one, and after the last
    comes the one not seen for longest.
    """
    order = list(range(len(stock)))
    random.Random(f"{learner}/{question}").shuffle(order)  # noqa: S311
    version, options = stock[order[times % len(order)]]
    return version, options


def choose(choices: Iterable[Choice], *, size: int, rng: random.Random) -> list[Choice]:
    """At most `size` questions, one per family: never seen first, then missed, then the longest ago; topics mixed."""
    pool = list(choices)
    rng.shuffle(pool)
    pool.sort(key=_urgency)
    taken: list[Choice] = []
    families: set[str] = set()
    for choice in pool:
        if len(taken) == size:
            break
        if choice.family not in families:
            families.add(choice.family)
            taken.append(choice)
    return interleave(taken, rng=rng)


def _urgency(choice: Choice) -> tuple[int, float]:
    if choice.last_at is None:
        return 0, 0.0
    return (1 if not choice.last_right else 2), choice.last_at.timestamp()


def interleave(choices: Iterable[Choice], *, rng: random.Random) -> list[Choice]:
    """The same questions with topics alternating as evenly as they can (learning.md 6, rule 7)."""
    by_topic: dict[str, list[Choice]] = defaultdict(list)
    for choice in choices:
        by_topic[choice.topic].append(choice)
    placed: list[tuple[float, float, Choice]] = []
    for group in by_topic.values():
        rng.shuffle(group)
        offset = rng.random()
        placed += [((n + offset) / len(group), rng.random(), choice) for n, choice in enumerate(group)]
    return [choice for _, _, choice in sorted(placed, key=lambda entry: entry[:2])]
