"""Rasch by marginal maximum likelihood: published figures, what is recovered, and what is refused."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from quizzes.domain.statistics.rasch import CannotFit, fit
from tests.domain.statistics import references as ref


@pytest.fixture(scope="module")
def lsat6():
    return fit([f"Item {n}" for n in range(1, 6)], np.array(ref.lsat6()))


@pytest.mark.parametrize("n", range(5))
def test_the_difficulties_of_lsat6_are_those_of_ltm(lsat6, n):
    difficulty, error = ref.LSAT6_RASCH[n]
    assert lsat6.items[n].difficulty == pytest.approx(difficulty, abs=2e-4)
    assert lsat6.items[n].standard_error == pytest.approx(error, abs=2e-4)


def test_the_slope_and_the_likelihood_of_lsat6_are_those_of_ltm(lsat6):
    assert (lsat6.slope, lsat6.slope_error) == pytest.approx((ref.LSAT6_SLOPE, ref.LSAT6_SLOPE_ERROR), abs=1e-4)
    assert lsat6.log_likelihood == pytest.approx(ref.LSAT6_LOG_LIKELIHOOD, abs=1e-3)


def simulated(people: int, difficulties, *, slope=1.2, seed=7):
    rng = np.random.default_rng(seed)
    ability = rng.normal(size=(people, 1))
    chance = 1 / (1 + np.exp(-slope * (ability - np.array(difficulties))))
    return (rng.random(chance.shape) < chance).astype(float), rng


DIFFICULTIES = [-2.0, -1.0, -0.5, 0.0, 0.0, 0.5, 1.0, 2.0]
NAMES = [f"q{n}" for n in range(8)]


@pytest.mark.parametrize("empty", [0.0, 0.3], ids=["all administered", "a third left out"])
def test_what_made_the_answers_is_found_again(empty):
    marks, rng = simulated(2000, DIFFICULTIES)
    marks[rng.random(marks.shape) < empty] = np.nan
    found = fit(NAMES, marks)
    assert found.slope == pytest.approx(1.2, abs=4 * found.slope_error)
    for item, true in zip(found.items, DIFFICULTIES, strict=True):
        assert item.difficulty == pytest.approx(true, abs=4 * item.standard_error)
        assert item.infit == pytest.approx(1, abs=0.1)


def test_an_item_of_guesses_does_not_fit():
    marks, rng = simulated(2000, DIFFICULTIES, slope=2)
    marks[:, 3] = rng.random(2000) < 0.5
    found = fit(NAMES, marks)
    assert found.items[3].infit > max(item.infit for n, item in enumerate(found.items) if n != 3)
    assert found.items[3].infit > 1.2


def test_fit_is_told_from_a_hundred_answers_on():
    marks, _ = simulated(100, DIFFICULTIES)
    marks[0, 0] = np.nan
    found = fit(NAMES, marks)
    assert (found.items[0].n, found.items[0].infit, found.items[0].outfit) == (99, None, None)
    assert found.items[1].infit is not None


def test_an_item_that_all_or_none_have_right_gets_no_difficulty():
    marks, _ = simulated(300, DIFFICULTIES)
    marks[:, 0], marks[:, 7] = 1, 0
    found = fit(NAMES, marks)
    assert [item.difficulty is None for item in found.items] == [True, *[False] * 6, True]
    assert found.items[0].standard_error is None


@pytest.mark.parametrize(
    ("marks", "told"),
    [
        pytest.param([[0.5, 1], [1, 0]], "marks that are 0 or 1", id="partial marks"),
        pytest.param([[1, 1], [1, 0]], "two items at least", id="one item alone"),
        pytest.param(np.empty((0, 2)), "two items at least", id="nobody"),
        pytest.param([[1, 0], [0, 1]] * 50, "do not hang together", id="either one or the other"),
        pytest.param([[1, 1], [0, 0]] * 50, "perfect order", id="all or nothing"),
    ],
)
def test_what_has_no_scale_is_refused_with_a_sentence(marks, told):
    with pytest.raises(CannotFit, match=told):
        fit(["a", "b"], np.array(marks, dtype=float))


@pytest.mark.parametrize("seed", range(8))
def test_small_random_matrices_never_crash(seed):
    rng = np.random.default_rng(seed)
    marks = (rng.random((int(rng.integers(1, 12)), 4)) < 0.5).astype(float)
    marks[rng.random(marks.shape) < 0.2] = np.nan
    try:
        found = fit(list("abcd"), marks)
    except CannotFit:
        return
    assert np.isfinite([item.difficulty for item in found.items if item.difficulty is not None]).all()


def test_the_rules_can_be_imported_without_numpy():
    code = "import sys; sys.modules['numpy'] = None; import quizzes.domain.statistics, quizzes.domain.statistics.flags"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
