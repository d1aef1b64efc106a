"""The beta-binomial prediction, against sums that anyone can do."""

import random
from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.domain.readiness import (
    DEFAULT_RATE,
    DEFAULT_STRENGTH,
    HALF_LIFE_DAYS,
    SAME_DAY,
    Answer,
    CohortSums,
    Evidence,
    Prior,
    beta_binomial,
    cohort_prior,
    domain_counts,
    drift,
    forecast,
    missing,
    needed_right,
    posterior,
    sample,
    scaled_range,
    weigh,
)


def rising(a: int, n: int) -> int:
    product = 1
    for i in range(n):
        product *= a + i
    return product


def exact(k: int, n: int, a: int, b: int) -> Fraction:
    """C(n, k) · a^(k) · b^(n-k) / (a+b)^(n) with rising factorials: the same probability in whole numbers."""
    return Fraction(comb(n, k) * rising(a, k) * rising(b, n - k), rising(a + b, n))


@pytest.mark.parametrize(
    ("k", "n", "a", "b", "expected"),
    [
        pytest.param(0, 4, 1, 1, 1 / 5, id="a flat prior makes every count as likely: none"),
        pytest.param(3, 4, 1, 1, 1 / 5, id="three"),
        pytest.param(4, 4, 1, 1, 1 / 5, id="all"),
        pytest.param(1, 1, 3, 1, 3 / 4, id="one question: the mean"),
        pytest.param(0, 1, 3, 1, 1 / 4, id="one question, wrong"),
        pytest.param(2, 2, 2, 1, 1 / 2, id="2·3 / 3·4"),
        pytest.param(0, 2, 2, 1, 1 / 6, id="1·2 / 3·4"),
        pytest.param(0, 0, 5, 5, 1.0, id="no question"),
    ],
)
def test_known_values(k, n, a, b, expected):
    assert beta_binomial(k, n, a, b) == pytest.approx(expected)


@given(st.integers(1, 30), st.integers(1, 40), st.integers(1, 40), st.data())
def test_it_is_the_exact_probability(n, a, b, data):
    k = data.draw(st.integers(0, n))
    assert beta_binomial(k, n, a, b) == pytest.approx(float(exact(k, n, a, b)), rel=1e-9)


@given(st.integers(1, 65), st.floats(0.1, 60), st.floats(0.1, 60))
def test_it_sums_to_one_with_the_right_mean(n, a, b):
    weights = [beta_binomial(k, n, a, b) for k in range(n + 1)]
    assert sum(weights) == pytest.approx(1)
    assert sum(k * weight for k, weight in enumerate(weights)) == pytest.approx(n * a / (a + b))


# -- the next form ---------------------------------------------------------------------------------------------------


def summed(a: Fraction, b: Fraction, items: int, needed: int) -> tuple[list[int], float]:
    """The quantiles at 5, 10, 90 and 95 % and the chance by exact sums."""

    def rise(x: Fraction, n: int) -> Fraction:
        product = Fraction(1)
        for i in range(n):
            product *= x + i
        return product

    weights = [comb(items, k) * rise(a, k) * rise(b, items - k) / rise(a + b, items) for k in range(items + 1)]
    assert sum(weights) == 1
    totals = [sum(weights[: k + 1]) for k in range(items + 1)]
    quantiles = [next(k for k, total in enumerate(totals) if total >= Fraction(q, 100)) for q in (5, 10, 90, 95)]
    return quantiles, float(sum(weights[needed:]))


@pytest.mark.parametrize(
    ("a", "b", "items", "needed"),
    [(Fraction(87, 2), Fraction(33, 2), 50, 36), (Fraction(13, 2), Fraction(7, 2), 50, 36), (Fraction(57), Fraction(4), 50, 36),
     (Fraction(29, 2), Fraction(11, 2), 10, 8), (Fraction(3), Fraction(2), 3, 2)],
)  # fmt: skip
def test_ranges_and_chance_are_those_of_exact_sums(a, b, items, needed):
    quantiles, chance = summed(a, b, items, needed)
    found = forecast(float(a), float(b), items=items, needed=needed)
    assert [found.low90, found.low80, found.high80, found.high90] == quantiles
    assert found.chance == pytest.approx(chance)
    assert found.expected == pytest.approx(float(items * a / (a + b)))


@pytest.mark.parametrize(("needed", "chance"), [(0, 1.0), (51, 0.0)])
def test_the_ends_of_the_chance(needed, chance):
    assert forecast(30, 20, items=50, needed=needed).chance == pytest.approx(chance)
    assert forecast(30, 20, items=50, needed=needed).chance <= 1


@given(st.floats(0.5, 200), st.floats(0.5, 200), st.integers(1, 65))
def test_ranges_nest_and_hold_what_they_say(a, b, items):
    found = forecast(a, b, items=items, needed=items)
    assert 0 <= found.low90 <= found.low80 <= found.high80 <= found.high90 <= items
    for low, high, share in ((found.low80, found.high80, 0.8), (found.low90, found.high90, 0.9)):
        assert sum(beta_binomial(k, items, a, b) for k in range(low, high + 1)) >= share - 1e-9


def test_even_a_known_share_leaves_a_band_of_about_ten_questions():
    found = forecast(0.7e6, 0.3e6, items=50, needed=36)
    assert 9 <= found.high90 - found.low90 <= 11


@pytest.mark.parametrize(("items", "cut", "needed"), [(50, 0.72, 36), (20, 0.72, 15), (10, 0.72, 8), (50, 0.7, 35)])
def test_the_fewest_right_answers_that_pass(items, cut, needed):
    assert needed_right(items, cut=cut) == needed


def test_a_range_on_the_practice_scale():
    assert scaled_range(18, 36, 50, cut=0.72) == (410, 720)


@pytest.mark.parametrize(("answers", "more"), [(0, 20), (19, 1), (20, 0), (300, 0)])
def test_how_many_answers_a_first_number_needs(answers, more):
    assert missing(answers) == more


# -- the prior -------------------------------------------------------------------------------------------------------


def sums(*learners: tuple[int, int]) -> CohortSums:
    """The sums over learners with (answers, right)."""
    return CohortSums(
        len(learners), sum(n for n, _ in learners), sum(r for _, r in learners), sum(n * n for n, _ in learners),
        sum(r * r / n for n, r in learners),
    )  # fmt: skip


def test_without_a_cohort_the_defaults_hold():
    assert cohort_prior(CohortSums()) == Prior(DEFAULT_RATE, DEFAULT_STRENGTH)


def test_the_cohorts_rate_counts_as_soon_as_there_is_one_with_the_default_worth_40_answers():
    assert cohort_prior(sums((20, 20))).mean == pytest.approx((20 + 26) / 60)
    assert cohort_prior(sums((20, 20))).strength == DEFAULT_STRENGTH


def test_nineteen_learners_give_no_strength_and_twenty_do():
    apart = [(20, 8), (20, 16)] * 10
    assert cohort_prior(sums(*apart[:19])).strength == DEFAULT_STRENGTH
    assert cohort_prior(sums(*apart)).strength != DEFAULT_STRENGTH


def test_the_strength_by_hand():
    """20 learners with 20 answers, half with 8 right, half with 16: rate .6; S = 20·20·.2²/(.6·.4) = 66.67; rho = (66.67 − 19) / (400 − 20 − 19)."""
    rho = (20 * 20 * 0.04 / 0.24 - 19) / (400 - 20 - 19)
    assert cohort_prior(sums(*[(20, 8), (20, 16)] * 10)).strength == pytest.approx(1 / rho - 1)


@pytest.mark.parametrize(
    ("learners", "strength"),
    [
        pytest.param([(20, 12)] * 30, 60, id="all alike: nothing but chance lies between them"),
        pytest.param([(20, 0), (20, 20)] * 15, 4, id="none alike"),
        pytest.param([(20, 20)] * 30, DEFAULT_STRENGTH, id="all right: nothing can be said"),
        pytest.param([(1, 1), (1, 0)] * 15, DEFAULT_STRENGTH, id="one answer each: nothing can be said"),
    ],
)
def test_the_bounds_of_the_strength(learners, strength):
    assert cohort_prior(sums(*learners)).strength == pytest.approx(strength)


@given(st.integers(0, 2**32))
def test_the_strength_of_a_made_cohort_is_found_again(seed):
    rng = random.Random(seed)
    learners = []
    for _ in range(400):
        share = rng.betavariate(14, 6)
        learners.append((40, sum(rng.random() < share for _ in range(40))))
    found = cohort_prior(sums(*learners))
    assert found.mean == pytest.approx(0.7, abs=0.03)
    assert 13 < found.strength < 32


# -- the evidence ----------------------------------------------------------------------------------------------------

EVEN = {"secure": 0.5, "resilient": 0.5}


def many(domain: str, answers: int, right: int, day: int = 0) -> list[Answer]:
    return [Answer(domain, n < right, day) for n in range(answers)]


def test_nothing_weighs_nothing():
    assert weigh([], shares=EVEN, today=0) == Evidence(0, 0, 0.0, 0.0)


def test_equal_answers_of_one_day_are_worth_less_than_their_number():
    found = weigh(many("secure", 10, 7) + many("resilient", 10, 5), shares=EVEN, today=0)
    assert (found.answers, found.right) == (20, 12)
    assert found.share == pytest.approx(0.6)
    assert found.effective == pytest.approx(1 / ((1 - SAME_DAY) / 20 + SAME_DAY))


def test_answers_of_many_days_are_worth_more():
    days = [Answer("secure", True, day) for day in range(20)]
    assert weigh(days, shares={}, today=19).effective > weigh(many("secure", 20, 20), shares={}, today=0).effective * 0.9
    assert weigh(many("secure", 20, 20), shares={}, today=0).effective < 20


def test_an_answer_counts_half_after_its_half_life():
    old, new = Answer("secure", False, 0), Answer("secure", True, int(HALF_LIFE_DAYS))
    assert weigh([old, new], shares={}, today=int(HALF_LIFE_DAYS)).share == pytest.approx(2 / 3)


def test_an_answer_from_tomorrow_counts_as_todays():
    assert weigh([Answer("secure", True, 5), Answer("secure", False, 0)], shares={}, today=0).share == pytest.approx(0.5)


def test_a_domain_that_came_too_often_weighs_less():
    """12 of 12 right where the form has half of its questions, 4 of 8 in the other half: 75 %, not the plain 80 %."""
    found = weigh(many("secure", 12, 12) + many("resilient", 8, 4), shares=EVEN, today=0)
    assert found.share == pytest.approx(0.75)
    assert found.effective < weigh(many("secure", 20, 16), shares={}, today=0).effective


def test_no_domain_weighs_more_than_twice_its_answers():
    found = weigh(many("secure", 19, 19) + many("resilient", 1, 0), shares=EVEN, today=0)
    heavy, light = 2.0, 0.5 * 20 / 19
    assert found.share == pytest.approx(19 * light / (19 * light + heavy))


def test_a_domain_that_the_form_does_not_ask_keeps_half_its_weight():
    assert weigh(many("secure", 10, 10) + many("cost", 10, 0), shares={"secure": 1.0}, today=0).share == pytest.approx(2 / 2.5)


@given(st.lists(st.tuples(st.sampled_from(["secure", "resilient", "cost"]), st.booleans(), st.integers(0, 400)), min_size=1, max_size=60))
def test_no_weighing_is_worth_more_than_the_answers_or_less_than_one(rows):
    found = weigh([Answer(*row) for row in rows], shares={"secure": 0.2, "resilient": 0.5, "cost": 0.3}, today=400)
    assert 1 - 1e-9 <= found.effective <= len(rows) + 1e-9
    assert 0 <= found.share <= 1


def test_prior_and_evidence_add_up():
    assert posterior(Evidence(20, 15, 20.0, 0.75), Prior(0.65, 10)) == pytest.approx((21.5, 8.5))


def test_a_drift_moves_the_mean_and_keeps_the_certainty():
    a, b = posterior(Evidence(20, 15, 20.0, 0.75), Prior(0.65, 10), moved=0.02)
    assert a + b == pytest.approx(30)
    assert a / (a + b) == pytest.approx(21.5 / 30 + 0.02)


def test_nobody_is_promised_everything_or_nothing():
    a, b = posterior(Evidence(500, 500, 500.0, 1.0), Prior(0.99, 4), moved=0.05)
    assert a / (a + b) == pytest.approx(0.99)


@pytest.mark.parametrize(
    ("judged", "residual", "moved"),
    [(0, 0.0, 0.015), (20, 0.015, 0.015), (20, -0.015, 0.0), (180, 0.03, 0.0285), (10_000, 0.5, 0.05), (10_000, -0.5, -0.05)],
)
def test_how_earlier_predictions_held_moves_the_next(judged, residual, moved):
    assert drift(judged=judged, residual=residual) == pytest.approx(moved, abs=1e-6)


def test_domains_are_counts_with_a_range_and_no_verdict():
    (secure,) = domain_counts(many("secure", 10, 9), prior=Prior(0.65, 10))
    assert (secure.domain, secure.right, secure.answers) == ("secure", 9, 10)
    assert secure.low < 15.5 / 20 < secure.high
    assert not hasattr(secure, "passed")


# -- a small form for a long one -------------------------------------------------------------------------------------

COUNTS = {"a1": 3, "a2": 3, "b1": 1, "b2": 1, "c1": 2}
TOPICS = {"a1": "a", "a2": "a", "b1": "b", "b2": "b", "c1": "c"}


@given(st.integers(0, 2**32))
def test_each_topic_has_its_share_of_a_small_form(seed):
    found = sample(COUNTS, topics=TOPICS, size=5, rng=random.Random(seed))
    by_topic = {topic: sum(count for objective, count in found.items() if TOPICS[objective] == topic) for topic in "abc"}
    assert by_topic == {"a": 3, "b": 1, "c": 1}
    assert all(count <= COUNTS[objective] for objective, count in found.items())


def test_no_objective_is_left_out_for_ever():
    asked = {objective for seed in range(60) for objective in sample(COUNTS, topics=TOPICS, size=5, rng=random.Random(seed))}
    assert asked == set(COUNTS)


def test_a_small_form_is_never_longer_than_the_long_one():
    assert sample(COUNTS, topics=TOPICS, size=50, rng=random.Random(1)) == COUNTS
