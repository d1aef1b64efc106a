"""The prediction, a mixture of beta-binomials, against sums that anyone can do."""

import random
from collections import Counter
from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.domain.readiness import (
    DEFAULT_DRIFT,
    DEFAULT_LEARNING,
    DEFAULT_RATE,
    DEFAULT_STRENGTH,
    DRIFT_WEIGHT,
    GRID,
    HALF_LIFE_DAYS,
    MOST_DRIFT,
    SAME_DAY,
    Answer,
    Drift,
    Evidence,
    Judgements,
    Prior,
    beta_binomial,
    cohort_prior,
    domain_counts,
    drift,
    forecast,
    forecast_of_beta,
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
    found = forecast_of_beta(float(a), float(b), items=items, needed=needed)
    assert [found.low90, found.low80, found.high80, found.high90] == quantiles
    assert found.chance == pytest.approx(chance)
    assert found.expected == pytest.approx(float(items * a / (a + b)))


@pytest.mark.parametrize(("needed", "chance"), [(0, 1.0), (51, 0.0)])
def test_the_ends_of_the_chance(needed, chance):
    assert forecast_of_beta(30, 20, items=50, needed=needed).chance == pytest.approx(chance)
    assert forecast_of_beta(30, 20, items=50, needed=needed).chance <= 1


@given(st.floats(0.5, 200), st.floats(0.5, 200), st.integers(1, 65))
def test_ranges_nest_and_hold_what_they_say(a, b, items):
    found = forecast_of_beta(a, b, items=items, needed=items)
    assert 0 <= found.low90 <= found.low80 <= found.high80 <= found.high90 <= items
    for low, high, share in ((found.low80, found.high80, 0.8), (found.low90, found.high90, 0.9)):
        assert sum(beta_binomial(k, items, a, b) for k in range(low, high + 1)) >= share - 1e-9


def at(share: float) -> tuple[float, ...]:
    """Known exactly: the share of the grid next to this one."""
    nearest = min(GRID, key=lambda one: abs(one - share))
    return tuple(float(one == nearest) for one in GRID)


def test_even_a_known_share_leaves_a_band_of_about_ten_questions():
    found = forecast(at(0.7), moved=0.0, items=50, needed=36)
    assert 9 <= found.high90 - found.low90 <= 12


def test_a_known_share_gives_its_questions_on_a_day_that_may_be_good_or_bad():
    share, strength = GRID[28], 1 / SAME_DAY - 1
    weights = [beta_binomial(k, 50, share * strength, (1 - share) * strength) for k in range(51)]
    found = forecast(at(share), moved=0.0, items=50, needed=36)
    assert found.expected == pytest.approx(50 * share)
    assert found.chance == pytest.approx(sum(weights[36:]))
    assert found.low80 == next(k for k in range(51) if sum(weights[: k + 1]) >= 0.1)


def test_two_shares_as_likely_give_the_mean_of_their_chances():
    low, high = at(0.5), at(0.9)
    half = tuple((one + other) / 2 for one, other in zip(low, high, strict=True))
    chances = [forecast(one, moved=0.0, items=50, needed=36).chance for one in (low, high)]
    assert forecast(half, moved=0.0, items=50, needed=36).chance == pytest.approx(sum(chances) / 2)


def test_a_drift_moves_every_share():
    said, moved = (forecast(at(0.7), moved=by, items=50, needed=36) for by in (0.0, 0.02))
    assert moved.expected - said.expected == pytest.approx(1.0)


def test_nobody_is_promised_everything_or_nothing():
    assert forecast(at(1.0), moved=0.08, items=100, needed=72).expected == pytest.approx(99)
    assert forecast(at(0.0), moved=-0.08, items=100, needed=72).expected == pytest.approx(1)


@given(st.lists(st.integers(0, 100), min_size=len(GRID), max_size=len(GRID)).filter(any), st.integers(1, 65))
def test_ranges_of_any_belief_nest(weights, items):
    found = forecast([weight / sum(weights) for weight in weights], moved=0.0, items=items, needed=items)
    assert 0 <= found.low90 <= found.low80 <= found.high80 <= found.high90 <= items
    assert 0 <= found.chance <= 1


@pytest.mark.parametrize(("items", "cut", "needed"), [(50, 0.72, 36), (20, 0.72, 15), (10, 0.72, 8), (50, 0.7, 35)])
def test_the_fewest_right_answers_that_pass(items, cut, needed):
    assert needed_right(items, cut=cut) == needed


def test_a_range_on_the_practice_scale():
    assert scaled_range(18, 36, 50, cut=0.72) == (410, 720)


@pytest.mark.parametrize(("answers", "more"), [(0, 20), (19, 1), (20, 0), (300, 0)])
def test_how_many_answers_a_first_number_needs(answers, more):
    assert missing(answers) == more


# -- the prior -------------------------------------------------------------------------------------------------------


def test_without_a_cohort_the_defaults_hold():
    found = cohort_prior({})
    assert sum(found.likely) == pytest.approx(1)
    assert found.mean == pytest.approx(DEFAULT_RATE, abs=0.002)
    assert found.strength == pytest.approx(DEFAULT_STRENGTH, rel=0.05)


def test_the_cohorts_rate_counts_as_soon_as_there_is_one_with_the_default_worth_40_answers():
    """One learner with 20 of 20: the beta distribution of the cohort has the mean (20 + 26) / 60, and the learner pulls a little further."""
    assert (20 + 26) / 60 < cohort_prior({(20, 20): 1}).mean < 0.85


def test_one_round_by_hand(monkeypatch):
    """Two shares, a flat beginning, one learner with 1 of 1 right: (5 · ½ + posterior) / 6."""
    monkeypatch.setattr("quizzes.domain.readiness.GRID", (0.25, 0.75))
    monkeypatch.setattr("quizzes.domain.readiness.ROUNDS", 1)
    monkeypatch.setattr("quizzes.domain.readiness._beta_shape", lambda a, b: [0.5, 0.5])
    monkeypatch.setattr("quizzes.domain.readiness._likelihood", lambda n, r: (0.25**r, 0.75**r))
    assert cohort_prior({(1, 1): 1}).likely == pytest.approx([(2.5 + 0.25) / 6, (2.5 + 0.75) / 6])


@pytest.mark.parametrize(
    ("learners", "least", "most"),
    [
        pytest.param({(20, 12): 300}, 40, 1000, id="all alike: nothing but chance lies between them"),
        pytest.param({(20, 0): 150, (20, 20): 150}, -0.5, 1, id="none alike"),
        pytest.param({(1, 1): 15, (1, 0): 15}, 6, 16, id="one answer each: little can be said"),
    ],
)
def test_how_far_learners_lie_apart_makes_the_strength(learners, least, most):
    assert least < cohort_prior(learners).strength < most


@given(st.integers(0, 2**32))
def test_the_shape_of_a_made_cohort_is_found_again(seed):
    """A bulk that knows much, and a tail of beginners: no beta distribution has it."""
    rng = random.Random(seed)
    learners: Counter[tuple[int, int]] = Counter()
    for n in range(400):
        share = 0.45 if n % 4 == 0 else 0.8
        learners[60, sum(rng.random() < share for _ in range(60))] += 1
    found = cohort_prior(learners)
    low = sum(weight for share, weight in zip(GRID, found.likely, strict=True) if share < 0.6)
    assert low == pytest.approx(0.25, abs=0.04)
    assert found.mean == pytest.approx(0.7125, abs=0.02)


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


def test_practice_since_counts_by_the_weight_of_its_answer():
    found = weigh([Answer("secure", True, 0, since=30), Answer("secure", False, int(HALF_LIFE_DAYS))], shares={}, today=int(HALF_LIFE_DAYS))
    assert found.practised == pytest.approx(10)


def test_prior_and_evidence_add_up():
    """With a beta prior the posterior is the beta distribution that counts both."""
    likely = Prior(posterior(Evidence(20, 15, 20.0, 0.75), cohort_prior({})))
    assert likely.mean == pytest.approx((15 + 6.5) / 30, abs=0.002)
    assert likely.strength == pytest.approx(30, rel=0.05)
    assert sum(likely.likely) == pytest.approx(1)


def test_much_evidence_says_what_it_says():
    assert Prior(posterior(Evidence(500, 400, 500.0, 0.8), cohort_prior({}))).mean == pytest.approx(0.8, abs=0.01)


def held(*rows: tuple[float, float]) -> Judgements:
    """Sums over (practised, residual)."""
    return Judgements(
        len(rows), sum(off for _, off in rows), sum(x for x, _ in rows), sum(x * x for x, _ in rows), sum(x * off for x, off in rows)
    )


def test_without_a_judged_prediction_the_defaults_move():
    assert drift(Judgements()) == Drift(DEFAULT_DRIFT, DEFAULT_LEARNING)
    assert drift(Judgements()).after(50) == pytest.approx(DEFAULT_DRIFT + DEFAULT_LEARNING / 2)


def test_predictions_that_held_as_expected_change_nothing():
    found = drift(held(*[(x, DEFAULT_DRIFT + DEFAULT_LEARNING * x / 100) for x in (0, 20, 300)] * 30))
    assert (found.base, found.per_hundred) == (pytest.approx(DEFAULT_DRIFT), pytest.approx(DEFAULT_LEARNING))


def test_as_many_judged_as_the_default_weighs_go_half_the_way():
    assert drift(held(*[(0, DEFAULT_DRIFT + 0.02)] * DRIFT_WEIGHT)).base == pytest.approx(DEFAULT_DRIFT + 0.01)


def test_many_predictions_tell_both_how_much_practice_helps_and_how_much_comes_by_itself():
    found = drift(held(*[(x, -0.01 + 0.03 * x / 100) for x in (0, 50, 100, 200)] * 5_000))
    assert (found.base, found.per_hundred) == (pytest.approx(-0.01, abs=5e-4), pytest.approx(0.03, abs=5e-4))


@pytest.mark.parametrize(("practised", "moved"), [(0, 0.014), (100, 0.024), (5_000, MOST_DRIFT)])
def test_no_amount_of_practice_moves_a_share_without_bound(practised, moved):
    assert Drift().after(practised) == pytest.approx(moved)
    assert Drift(-1.0, 0.0).after(practised) == -MOST_DRIFT


def test_domains_are_counts_with_a_range_and_no_verdict():
    (secure,) = domain_counts(many("secure", 10, 9), prior=cohort_prior({}))
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
