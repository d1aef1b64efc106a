"""Skill on the logit scale, for choosing what to ask next; never for a claim about a learner (learning.md 0, decision 4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import exp

#: How hard an item is on the logit scale, by its author's word.
DIFFICULTIES = {1: -0.8, 2: 0.0, 3: 0.8}
#: New questions are best where the learner gets about this share right: hard enough to teach, easy enough to go on (learning.md 6, rule 8).
SWEET = 0.775


@dataclass(frozen=True, slots=True)
class Played:
    """A first answer: how hard the item was, the chance to guess it, and whether it was right."""

    difficulty: float
    guess: float
    right: bool


def chance(skill: float, difficulty: float, *, guess: float) -> float:
    """The chance of a right answer: guess + (1 - guess) × logistic(skill - difficulty)."""
    return guess + (1 - guess) / (1 + exp(difficulty - skill))


def skill_after(answers: Iterable[Played], *, start: float = 0.0) -> float:
    """The skill after these answers, in order. Each moves it by U(n) = 1 / (1 + 0.2 n) of its surprise.

    Source: Elo with a guess floor, Pelánek 2016, Computers & Education (learning.md 2, [11]).
    """
    skill = start
    for n, answer in enumerate(answers):
        skill += (answer.right - chance(skill, answer.difficulty, guess=answer.guess)) / (1 + 0.2 * n)
    return skill
