"""The figures are those that others published for the same answers."""

from __future__ import annotations

from math import sqrt

import pytest

from quizzes.domain.statistics import analyse
from tests.domain.statistics import references as ref

# -- LSAT6, as mirt prints it ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def lsat6():
    return analyse([f"Item {n}" for n in range(1, 6)], ref.lsat6())


@pytest.mark.parametrize(("figure", "expected"), ref.LSAT6_OVERALL.items())
def test_the_totals_of_lsat6_are_those_of_mirt(lsat6, figure, expected):
    assert getattr(lsat6.scores, figure) == pytest.approx(expected, abs=5e-4)


@pytest.mark.parametrize("n", range(5))
def test_the_items_of_lsat6_are_those_of_mirt(lsat6, n):
    item = lsat6.items[n]
    found = (item.facility, item.sd, item.point_biserial, item.discrimination, item.alpha_if_deleted)
    assert found == pytest.approx(ref.LSAT6_ITEMS[n], abs=5e-4)


# -- Moodle's own test -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def moodle():
    maxima = [8.0] + [1.0] * 12
    return analyse([str(slot) for slot in ref.MOODLE_SLOTS], ref.moodle_marks(), maxima=maxima)


def test_the_marks_are_copied_without_a_slip():
    assert [round(sum(row), 9) for row in ref.moodle_marks()] == list(ref.MOODLE_TOTALS)


@pytest.mark.parametrize("slot", sorted(ref.MOODLE_EXPECTED))
def test_the_questions_of_moodles_test_get_moodles_figures(moodle, slot):
    item = moodle.items[ref.MOODLE_SLOTS.index(slot)]
    found = (100 * item.facility, 1000 * item.sd, item.effective_weight, item.discrimination_index, item.discriminative_efficiency)
    assert found == pytest.approx(ref.MOODLE_EXPECTED[slot], abs=1e-6)


def test_the_effective_weights_of_a_form_add_up_to_100(moodle):
    assert sum(item.effective_weight for item in moodle.items) == pytest.approx(100)


# -- Moodle's definitions, worked by hand ----------------------------------------------------------------------------

#: Totals 3, 2, 1, 1, 0: mean 1.4, squared differences 2.56 + .36 + .16 + .16 + 1.96 = 5.2, so the variance is 5.2 / 4 = 1.3.
BY_HAND = [[1, 1, 1], [1, 1, 0], [1, 0, 0], [0, 1, 0], [0, 0, 0]]


@pytest.fixture(scope="module")
def by_hand():
    return analyse(["one", "two", "three"], BY_HAND)


def test_a_facility_and_a_spread_worked_by_hand(by_hand):
    # One: 3 of 5; 5 × .6 × .4 / 4 = .3. Three: 1 of 5; 5 × .2 × .8 / 4 = .2.
    assert [item.facility for item in by_hand.items] == pytest.approx([0.6, 0.6, 0.2])
    assert [item.sd for item in by_hand.items] == pytest.approx([sqrt(0.3), sqrt(0.3), sqrt(0.2)])


def test_a_discrimination_index_worked_by_hand(by_hand):
    # One: the others 2 1 0 1 0, mean .8, variance 2.8 / 4 = .7; covariance (.48 + .08 - .32 - .12 + .48) / 4 = .15.
    # Three: the others 2 2 1 1 0, variance .7; covariance (.64 - .16 + .04 + .04 + .24) / 4 = .2.
    assert by_hand.items[0].discrimination == pytest.approx(0.15 / sqrt(0.3 * 0.7))
    assert by_hand.items[0].discrimination_index == pytest.approx(100 * 0.15 / sqrt(0.3 * 0.7))
    assert by_hand.items[2].discrimination_index == pytest.approx(100 * 0.2 / sqrt(0.2 * 0.7))


def test_a_discriminative_efficiency_worked_by_hand(by_hand):
    # One: sorted 0 0 1 1 1 beside 0 0 1 1 2 gives (.48 + .48 + .08 + .08 + .48) / 4 = .4. Three is in its best order already.
    assert by_hand.items[0].discriminative_efficiency == pytest.approx(100 * 0.15 / 0.4)
    assert by_hand.items[2].discriminative_efficiency == pytest.approx(100)


def test_effective_weights_worked_by_hand(by_hand):
    # With the total: .15 + .3, .15 + .3, .2 + .2.
    whole = 2 * sqrt(0.45) + sqrt(0.4)
    assert [item.effective_weight for item in by_hand.items] == pytest.approx(
        [100 * sqrt(0.45) / whole, 100 * sqrt(0.45) / whole, 100 * sqrt(0.4) / whole]
    )


def test_the_coefficients_of_the_test_worked_by_hand(by_hand):
    # 3 / 2 × (1 - (.3 + .3 + .2) / 1.3) = .75 / 1.3; the standard error is the root of (1 - .75 / 1.3) × 1.3 = .55.
    scores = by_hand.scores
    assert (scores.mean, scores.median, scores.sd) == pytest.approx((1.4, 1, sqrt(1.3)))
    assert (scores.alpha, scores.cic) == pytest.approx((0.75 / 1.3, 75 / 1.3))
    assert scores.error_ratio == pytest.approx(100 * sqrt(1 - 0.75 / 1.3))
    assert (scores.standard_error, scores.sem) == pytest.approx((sqrt(0.55), sqrt(0.55)))


def test_the_shape_of_the_totals_worked_by_hand(by_hand):
    # Cubes 4.096 + .216 - .064 - .064 - 2.744 = 1.44; k3 = 5 × 1.44 / (4 × 3) = .6.
    # Fourth powers 10.576: m4 = 2.1152, m2 = 1.04; k4 = 25 × (6 × 2.1152 - 12 × 1.0816) / 24 = -.3.
    assert by_hand.scores.skewness == pytest.approx(0.6 / 1.3**1.5)
    assert by_hand.scores.kurtosis == pytest.approx(-0.3 / 1.3**2)


def test_alpha_without_an_item_worked_by_hand(by_hand):
    # Without three: 2 × (1 - .6 / .7). Without one: 2 × (1 - .5 / .7).
    assert [item.alpha_if_deleted for item in by_hand.items] == pytest.approx([2 * (1 - 0.5 / 0.7)] * 2 + [2 * (1 - 0.6 / 0.7)])
