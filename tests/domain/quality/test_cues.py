"""Cues are counted by hand here, and the blind guesser is held to a sum that can be solved on paper."""

from __future__ import annotations

import random
from math import exp, tanh

import pytest

from quizzes.domain.quality.cues import CUES, Look, guesses, look, picked
from tests.domain.quality.clean import make


def looks_of(*options: str, stem: str = "Which thing does the librarian put on the shelf?") -> Look:
    return look("one", "one", make(stem, options))


def cue(one: Look, name: str) -> list[float]:
    return [row[CUES.index(name)] for row in one.cues]


def test_the_cues_of_an_item():
    one = looks_of("*A book, only", "A book on a shelf (2)", "12 maps, which may be old", "A shelf")
    assert one.key == 0
    assert cue(one, "length") == [12, 21, 25, 7]
    assert cue(one, "is longest") == [0, 0, 1, 0]
    assert cue(one, "is shortest") == [0, 0, 0, 1]
    assert cue(one, "stem overlap") == [0, 1, 0, 1]
    assert cue(one, "convergence") == [1, 2, 0, 1]  # book twice, shelf twice
    assert cue(one, "absolutes") == [1, 0, 0, 0]
    assert cue(one, "hedges") == [0, 0, 1, 0]
    assert cue(one, "digits") == [0, 1, 2, 0]
    assert cue(one, "punctuation") == [1, 2, 1, 0]
    assert cue(one, "position") == [0, 1, 2, 3]


def test_ties_count_in_shares():
    one = looks_of("*Six in all", "Not so few", "Two", "Six")  # the key is one of two that are longest
    assert cue(one, "is longest") == [0.5, 0.5, 0, 0]
    assert picked([one], "length") == 0.5
    assert picked([one], "length", most=False) == 0
    assert picked([one], "digits") == 0.25  # none has any
    assert picked([one, looks_of("*Six in all", "A", "B", "C")], "length") == 0.75


def two_options(ahead: bool, name: str, cluster: str) -> Look:
    """An item of two options that differ in one cue; the key has more of it, or less."""
    more, less = (0.0,) * 3 + (2.0,) + (0.0,) * 6, (0.0,) * 10
    return Look(name, cluster, (more, less) if ahead else (less, more), key=0)


def test_the_guesser_weighs_a_cue_as_the_formula_says():
    """30 of 40 keys are ahead. The slope of the penalised likelihood is 20 - 40 tanh(w) - w, which is 0 for w = 0.5237 …"""
    bank = [two_options(n < 30, f"{cluster}{n}", cluster) for cluster in "ab" for n in range(40)]
    low, high = 0.0, 2.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if 20 - 40 * tanh(middle) - middle > 0 else (low, middle)
    ahead, behind = guesses(bank)[0], guesses(bank)[39]
    assert ahead.chance_of_key == pytest.approx(1 / (1 + exp(-2 * low)), abs=1e-4)
    assert (ahead.credit, behind.credit) == (1, 0)
    assert (ahead.cue, ahead.key_value, ahead.other_values) == ("stem overlap", 2, (0,))


def test_a_cue_that_stands_in_one_family_alone_teaches_nothing():
    """Trained on the other families, the guesser has no reason to prefer an option: it shares its credit."""
    lonely = [two_options(True, f"q{n}", "one family") for n in range(40)]
    even = [two_options(n % 2 == 0, f"e{n}", f"pair {n // 2}") for n in range(40)]
    assert {guess.credit for guess in guesses(lonely)} == {0.5}
    found = {guess.name: guess for guess in guesses(lonely + even)}
    assert found["q0"].chance_of_key == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("seed", range(3))
def test_pure_noise_is_not_beaten(seed):
    dice = random.Random(seed)
    bank = [Look(f"q{n}", f"q{n}", tuple(tuple(dice.random() for _ in CUES) for _ in range(4)), key=dice.randrange(4)) for n in range(120)]
    accuracy = sum(guess.credit for guess in guesses(bank)) / len(bank)
    assert abs(accuracy - 0.25) <= 0.1  # 2.5 standard errors


def test_the_guesser_throws_no_dice():
    dice = random.Random(1)
    bank = [Look(f"q{n}", f"f{n // 3}", tuple(tuple(dice.random() for _ in CUES) for _ in range(4)), key=n % 4) for n in range(40)]
    assert guesses(bank) == guesses(bank)
    assert [guess.name for guess in guesses(bank)] == [one.name for one in bank]
    assert guesses([]) == []
