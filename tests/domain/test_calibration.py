"""The measures of calibration, against cases that anyone can work out."""

from math import pi, sqrt

import pytest

from quizzes.domain.calibration import Judged, calibration, own_brier, reliability


def row(right: int = 35, **values) -> Judged:
    return Judged(**{
        "low80": 30, "high80": 40, "low90": 28, "high90": 42, "expected": 35.0, "chance": 0.5, "items": 50, "right": right, "passed": right >= 36,
        **values,
    })  # fmt: skip


def test_nothing_judged_says_nothing():
    assert calibration([]) is None


def test_coverage_counts_both_ends():
    found = calibration([row(30), row(40), row(29), row(41), row(27)])
    assert (found.covered80, found.covered90) == (2 / 5, 4 / 5)


def test_bias_is_predicted_less_actual_in_questions_of_50():
    assert calibration([row(33), row(35)]).bias == pytest.approx(1.0)
    assert calibration([row(expected=14.0, right=15, items=20)]).bias == pytest.approx(-2.5)


def test_brier_by_hand():
    assert calibration([row(chance=0.8, passed=True), row(chance=0.3, passed=True), row(chance=0.1, passed=False)]).brier == pytest.approx(
        (0.04 + 0.49 + 0.01) / 3
    )


def test_calibration_error_by_hand():
    """Two in the bin .2 to .3 with a mean of .25, one of them passed: off by .25. Two in .8 to .9 with .85, both passed: off by .15."""
    found = calibration([row(chance=c, passed=p) for c, p in ((0.22, True), (0.28, False), (0.81, True), (0.89, True))])
    assert found.calibration_error == pytest.approx((2 * 0.25 + 2 * 0.15) / 4)
    assert [(bin.low, bin.n, bin.chance, bin.passed) for bin in found.bins] == [
        (0.2, 2, pytest.approx(0.25), 0.5), (0.8, 2, pytest.approx(0.85), 1.0),
    ]  # fmt: skip


def test_what_luck_alone_would_show():
    found = calibration([row(chance=0.5, passed=n % 2 == 0) for n in range(100)])
    assert found.calibration_error == 0
    assert found.by_chance == pytest.approx(sqrt(2 / pi * 0.25 / 100))


@pytest.mark.parametrize(("chance", "low"), [(0.0, 0.0), (0.0999, 0.0), (0.1, 0.1), (0.95, 0.9), (1.0, 0.9)])
def test_every_chance_has_its_bin(chance, low):
    [bin] = reliability([(chance, True)])
    assert bin.low == low


def test_own_confidence_by_hand():
    """Sure 10 times, 9 right: 9·.01 + .81. Not sure 4 times, 2 right: 2·.16 + 2·.36. A guess, right: .75²."""
    found = own_brier({"sure": (10, 9), "unsure": (4, 2), "guess": (1, 1)}, guess=0.25)
    assert found == pytest.approx((9 * 0.01 + 0.81 + 2 * 0.16 + 2 * 0.36 + 0.5625) / 15)


def test_without_a_word_there_is_no_score():
    assert own_brier({}, guess=0.25) is None
    assert own_brier({"sure": (0, 0)}, guess=0.25) is None
