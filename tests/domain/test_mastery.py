"""The beta distribution against closed forms, and what a topic's temperature may claim."""

from math import asin, pi, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.domain.distributions import beta_cdf, beta_quantile
from quizzes.domain.mastery import COOLING_BELOW, ENOUGH_ANSWERS, Firsts, rate, temperature

POINTS = [0.01, 0.1, 0.25, 0.5, 0.72, 0.9, 0.99]


@pytest.mark.parametrize("x", POINTS)
@pytest.mark.parametrize(
    ("a", "b", "closed"),
    [
        pytest.param(1, 1, lambda x: x, id="flat"),
        pytest.param(3, 1, lambda x: x**3, id="x to the a"),
        pytest.param(1, 4, lambda x: 1 - (1 - x) ** 4, id="one minus (1-x) to the b"),
        pytest.param(2, 2, lambda x: 3 * x**2 - 2 * x**3, id="3x² - 2x³"),
        pytest.param(2, 3, lambda x: 6 * x**2 - 8 * x**3 + 3 * x**4, id="6x² - 8x³ + 3x⁴"),
        pytest.param(0.5, 0.5, lambda x: 2 / pi * asin(sqrt(x)), id="arcsine"),
    ],
)
def test_the_distribution_is_the_closed_form(x, a, b, closed):
    assert beta_cdf(x, a, b) == pytest.approx(closed(x), abs=1e-9)


@pytest.mark.parametrize(("x", "expected"), [(-1, 0), (0, 0), (1, 1), (2, 1)])
def test_outside_there_is_nothing(x, expected):
    assert beta_cdf(x, 3.2, 4.8) == expected


@given(st.floats(0.001, 0.999), st.floats(0.3, 300), st.floats(0.3, 300))
def test_it_mirrors(x, a, b):
    assert beta_cdf(x, a, b) == pytest.approx(1 - beta_cdf(1 - x, b, a), abs=1e-8)


@given(st.floats(0.01, 0.98), st.floats(0.5, 200), st.floats(0.5, 200))
def test_it_rises(x, a, b):
    assert -1e-12 <= beta_cdf(x, a, b) <= beta_cdf(x + 0.01, a, b) + 1e-12 <= 1 + 1e-9


@given(st.floats(0.02, 0.98), st.floats(1, 200), st.floats(1, 200))
def test_the_quantile_is_the_inverse(q, a, b):
    x = beta_quantile(q, a, b)
    assert beta_cdf(x - 1e-6, a, b) <= q + 1e-9
    assert beta_cdf(x + 1e-6, a, b) >= q - 1e-9


@pytest.mark.parametrize("q", [0.1, 0.5, 0.9])
def test_the_quantile_of_a_power_is_its_root(q):
    assert beta_quantile(q, 4, 1) == pytest.approx(q**0.25, abs=2e-6)


@pytest.mark.parametrize("right", [0, 5, 7])
def test_below_eight_answers_nothing_is_claimed(right):
    found = temperature(right=right, answers=ENOUGH_ANSWERS - 1, prior=0.7, cut=0.72)
    assert (found.state, found.mean, found.low, found.high, found.answers) == ("cold", None, None, None, 7)


@pytest.mark.parametrize(
    ("right", "answers", "state"),
    [(0, 8, "warm"), (8, 8, "warm"), (6, 8, "warm"), (30, 30, "hot"), (29, 40, "warm"), (0, 40, "warm"), (95, 100, "hot")],
)
def test_hot_is_claimed_only_where_the_lower_bound_reaches_the_cut(right, answers, state):
    found = temperature(right=right, answers=answers, prior=0.65, cut=0.72)
    assert found.state == state
    assert (found.low >= 0.72) == (state == "hot")
    assert found.low < found.mean < found.high


def test_the_mean_lies_between_the_prior_and_the_answers():
    found = temperature(right=8, answers=8, prior=0.5, cut=0.72)
    assert found.mean == pytest.approx((8 * 0.5 + 8) / 16)
    assert (found.low, found.high) == pytest.approx((beta_quantile(0.1, 12, 4), beta_quantile(0.9, 12, 4)))


@pytest.mark.parametrize(
    ("right", "recall", "state"),
    [
        (40, 0.95, "hot"),
        (40, COOLING_BELOW, "hot"),
        (40, COOLING_BELOW - 0.001, "cooling"),
        (40, None, "hot"),
        (29, 0.3, "warm"),
    ],
    ids=["well recalled", "at the bound", "below it", "without a card", "never hot, so it does not cool"],
)
def test_a_hot_topic_cools_when_it_is_forgotten(right, recall, state):
    found = temperature(right=right, answers=40, prior=0.65, cut=0.72, recall=recall)
    assert (found.state, found.answers) == (state, 40)
    assert found.low is not None


def test_a_cold_topic_stays_cold_whatever_is_recalled():
    assert temperature(right=7, answers=7, prior=0.65, cut=0.72, recall=0.1).state == "cold"


@pytest.mark.parametrize(
    ("recent", "counted"),
    [((7, 1), (30, 40)), ((8, 2), (2, 8)), ((40, 30), (30, 40))],
    ids=["too few of late: all count", "enough of late: only those", "all of late"],
)
def test_recent_answers_count_where_there_are_enough(recent, counted):
    assert Firsts(recent=recent[0], recent_right=recent[1], answers=40, right=30).counted == counted


@pytest.mark.parametrize(("right", "answers", "expected"), [(0, 0, 0.65), (8, 8, (8 + 5.2) / 16), (800, 1000, (800 + 5.2) / 1008)])
def test_a_rate_of_few_answers_is_drawn_to_the_typical_one(right, answers, expected):
    assert rate(right=right, answers=answers) == pytest.approx(expected)
