"""Skill for choosing what to ask: a chance with a floor, and steps that get smaller."""

import pytest

from quizzes.domain.elo import Played, chance, skill_after


@pytest.mark.parametrize(
    ("skill", "difficulty", "guess", "expected"),
    [
        pytest.param(0, 0, 0.0, 0.5, id="as skilled as it is hard"),
        pytest.param(0, 0, 0.25, 0.625, id="with a chance to guess"),
        pytest.param(-50, 0, 0.25, 0.25, id="never below guessing"),
        pytest.param(50, 0, 0.25, 1.0, id="never above certainty"),
    ],
)
def test_the_chance_of_a_right_answer(skill, difficulty, guess, expected):
    assert chance(skill, difficulty, guess=guess) == pytest.approx(expected)


def test_the_first_surprise_moves_most():
    one = skill_after([Played(0.0, 0.25, True)])
    assert one == pytest.approx(0.375)
    two = skill_after([Played(0.0, 0.25, True)] * 2)
    assert two - one == pytest.approx((1 - chance(one, 0.0, guess=0.25)) / 1.2)


def test_hard_ones_right_say_more_than_easy_ones():
    assert skill_after([Played(0.8, 0.25, True)]) > skill_after([Played(-0.8, 0.25, True)])
    assert skill_after([Played(0.8, 0.25, False)]) > skill_after([Played(-0.8, 0.25, False)])
    assert skill_after([], start=0.4) == 0.4
