"""How a form is drawn, what does not count, and the practice scale."""

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.domain.exam import Candidate, allocate, choose_unscored, draw_form, is_pass, scaled_score


def bank(**sizes: int) -> list[Candidate]:
    """So many candidates of each objective, each a family of its own."""
    names = [(objective, n) for objective, size in sizes.items() for n in range(size)]
    return [Candidate(i, 1000 + i, objective, f"{objective}-{n}", 1, 4) for i, (objective, n) in enumerate(names, start=1)]


def draw(candidates, seed=1, **counts):
    return draw_form(candidates, counts=counts, rng=random.Random(seed))


# -- the draw --------------------------------------------------------------------------------------------------------


def test_a_form_has_its_counts():
    form = draw(bank(retries=9, security=9, cost=9), retries=4, security=2, cost=1)
    assert Counter(c.objective for c in form) == {"retries": 4, "security": 2, "cost": 1}
    assert len({c.question for c in form}) == 7


def test_the_same_seed_draws_the_same_form_and_another_seed_another():
    candidates = bank(retries=30, security=30)
    assert draw(candidates, 7, retries=5, security=5) == draw(candidates, 7, retries=5, security=5)
    assert draw(candidates, 7, retries=5, security=5) != draw(candidates, 8, retries=5, security=5)


def test_a_form_mixes_its_objectives():
    starts = {tuple(c.objective for c in draw(bank(a=5, b=5), seed, a=3, b=3))[:3] for seed in range(40)}
    assert len(starts) > 3


def test_no_two_of_one_family_meet():
    candidates = [Candidate(n, n, "retries", f"family-{n % 4}", 1, 4) for n in range(1, 21)]
    form = draw(candidates, retries=4)
    assert sorted(c.family for c in form) == ["family-0", "family-1", "family-2", "family-3"]


def test_a_family_that_spans_objectives_is_asked_once():
    candidates = [Candidate(1, 1, "a", "shared", 1, 4), Candidate(2, 2, "b", "shared", 1, 4), Candidate(3, 3, "b", "own", 1, 4)]
    for seed in range(20):
        assert {c.family for c in draw(candidates, seed, a=1, b=1)} == {"shared", "own"}


def test_what_the_learner_has_not_seen_comes_first():
    candidates = [Candidate(n, n, "a", f"f{n}", 1, 4, seen=n > 3) for n in range(1, 11)]
    for seed in range(20):
        form = draw(candidates, seed, a=5)
        assert {1, 2, 3} <= {c.question for c in form}
        assert len(form) == 5


def test_a_short_objective_is_topped_up_from_the_others():
    form = draw(bank(a=2, b=9), a=5, b=3)
    assert Counter(c.objective for c in form) == {"a": 2, "b": 6}
    assert len({c.question for c in form}) == 8


def test_topping_up_keeps_families_apart_as_well():
    candidates = bank(a=1) + [Candidate(90 + n, 90 + n, "b", "one-family", 1, 4) for n in range(5)]
    assert len(draw(candidates, a=3, b=1)) == 2


@pytest.mark.parametrize(("sizes", "counts"), [({}, {"a": 3}), ({"a": 2}, {"a": 0}), ({"a": 2}, {})])
def test_a_form_of_nothing_is_empty(sizes, counts):
    assert len(draw(bank(**sizes), **counts)) == 0


@given(
    st.dictionaries(st.sampled_from("abcde"), st.integers(0, 8), min_size=1),
    st.dictionaries(st.sampled_from("abcde"), st.integers(0, 5), min_size=1),
    st.integers(),
)
def test_a_form_is_as_long_as_the_bank_allows(sizes, counts, seed):
    form = draw(bank(**sizes), seed, **counts)
    assert len(form) == min(sum(counts.values()), sum(sizes.values()))
    for objective, wanted in counts.items():
        assert sum(c.objective == objective for c in form) >= min(wanted, sizes.get(objective, 0))


# -- what does not count ---------------------------------------------------------------------------------------------


def form_of(objectives: str, *, trials: tuple[int, ...] = ()) -> list[Candidate]:
    """A form with these objectives in their order; pilots at the indexes `trials`."""
    return [Candidate(n, n, objective, f"f{n}", 1, 4, is_pilot=n in trials) for n, objective in enumerate(objectives)]


def test_unscored_places_are_spread_in_proportion():
    form = form_of("a" * 26 + "b" * 26 + "c" * 13)
    for seed in range(20):
        unscored = choose_unscored(form, pilots=15, rng=random.Random(seed))
        assert Counter(form[index].objective for index in unscored) == {"a": 6, "b": 6, "c": 3}


def test_which_places_do_not_count_is_chance_and_follows_the_seed():
    form = form_of("a" * 10)
    drawn = {frozenset(choose_unscored(form, pilots=3, rng=random.Random(seed))) for seed in range(30)}
    assert len(drawn) > 10
    assert choose_unscored(form, pilots=3, rng=random.Random(4)) == choose_unscored(form, pilots=3, rng=random.Random(4))


@given(st.lists(st.sampled_from("abcdef"), max_size=70), st.integers(-3, 80), st.integers())
def test_as_many_do_not_count_as_were_asked_for(objectives, pilots, seed):
    unscored = choose_unscored(form_of("".join(objectives)), pilots=pilots, rng=random.Random(seed))
    assert len(unscored) == min(max(pilots, 0), len(objectives))
    assert unscored <= set(range(len(objectives)))


def test_pilots_stand_on_the_places_that_do_not_count_and_ordinary_questions_on_the_rest():
    form = form_of("aabbccaabb", trials=(2, 7))
    for seed in range(20):
        unscored = choose_unscored(form, pilots=4, rng=random.Random(seed))
        assert {2, 7} < unscored
        assert len(unscored) == 4


# -- pilots ----------------------------------------------------------------------------------------------------------


def with_pilots(**sizes: tuple[int, int]) -> list[Candidate]:
    """(ordinary, pilots) of each objective."""
    kinds = [(objective, n >= ordinary) for objective, (ordinary, pilots) in sizes.items() for n in range(ordinary + pilots)]
    return [Candidate(n, n, objective, f"f{n}", 1, 4, is_pilot=is_pilot) for n, (objective, is_pilot) in enumerate(kinds)]


def draw_pilots(candidates, pilots, seed=1, **counts):
    return draw_form(candidates, counts=counts, rng=random.Random(seed), pilots=pilots)


def test_a_form_without_unscored_places_holds_no_pilot():
    form = draw_pilots(with_pilots(a=(5, 20)), 0, a=5)
    assert len(form) == 5
    assert not any(c.is_pilot for c in form)


def test_a_short_bank_is_never_topped_up_with_pilots_that_would_count():
    assert len(draw_pilots(with_pilots(a=(3, 20)), 1, a=5)) == 4


def test_pilots_take_places_of_their_own_objective():
    form = draw_pilots(with_pilots(a=(9, 9), b=(9, 0)), 2, a=4, b=4)
    assert Counter((c.objective, c.is_pilot) for c in form) == {("a", True): 1, ("a", False): 3, ("b", False): 4}


def test_no_objective_gives_more_than_its_share_to_pilots():
    form = draw_pilots(with_pilots(a=(9, 9), b=(9, 9)), 4, a=6, b=2)
    assert Counter(c.objective for c in form if c.is_pilot) == {"a": 3, "b": 1}


def test_a_lack_of_ordinary_questions_is_filled_with_pilots_as_far_as_places_do_not_count():
    form = draw_pilots(with_pilots(a=(4, 9), b=(4, 0)), 2, a=5, b=5)
    assert Counter(c.is_pilot for c in form) == {False: 8, True: 2}


def test_a_family_meets_once_pilots_included():
    candidates = [Candidate(n, n, "a", "one" if n < 4 else f"f{n}", 1, 4, is_pilot=n % 2 == 0) for n in range(12)]
    for seed in range(20):
        form = draw_pilots(candidates, 2, seed, a=6)
        assert len({c.family for c in form}) == len(form) == 6


def test_each_objective_gets_its_turn_where_there_are_more_pilots_than_places():
    candidates = with_pilots(a=(5, 5), b=(5, 5), c=(5, 5))
    assert {next(c.objective for c in draw_pilots(candidates, 1, seed, a=3, b=3, c=3) if c.is_pilot) for seed in range(30)} == {
        "a",
        "b",
        "c",
    }


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=3, max_size=3), st.integers(0, 8), st.integers())
def test_at_most_as_many_pilots_as_places_that_do_not_count_and_all_of_them_unscored(sizes, pilots, seed):
    form = draw_pilots(with_pilots(a=sizes[0], b=sizes[1], c=sizes[2]), pilots, seed, a=3, b=3, c=3)
    unscored = choose_unscored(form, pilots=pilots, rng=random.Random(seed))
    assert {index for index, c in enumerate(form) if c.is_pilot} <= unscored
    assert len(unscored) == min(pilots, len(form))


# -- sharing out -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("weights", "total", "expected"),
    [
        ({"a": 1, "b": 1}, 4, {"a": 2, "b": 2}),
        ({"a": 1, "b": 1}, 3, {"a": 2, "b": 1}),
        ({"a": 30, "b": 26, "c": 24, "d": 20}, 65, {"a": 19, "b": 17, "c": 16, "d": 13}),
        ({"a": 0, "b": 5}, 3, {"a": 0, "b": 3}),
        ({"a": 0}, 3, {"a": 0}),
        ({}, 3, {}),
        ({"a": 2}, 0, {"a": 0}),
    ],
)
def test_places_are_shared_out_by_the_largest_remainder(weights, total, expected):
    assert allocate(weights, total) == expected


@given(st.dictionaries(st.integers(), st.floats(0.01, 1000), min_size=1, max_size=12), st.integers(0, 200))
def test_shares_add_up_and_stay_within_one_of_their_due(weights, total):
    shares = allocate(weights, total)
    assert sum(shares.values()) == total
    whole = sum(weights.values())
    for name, share in shares.items():
        assert abs(share - total * weights[name] / whole) < 1 + 1e-9


@given(st.dictionaries(st.integers(), st.integers(1, 50), min_size=2, max_size=8), st.integers(0, 60))
def test_more_weight_is_never_fewer_places(weights, total):
    shares = allocate(weights, total)
    for one in weights:
        for other in weights:
            if weights[one] > weights[other]:
                assert shares[one] >= shares[other]


# -- the scale -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("right", "scored", "cut", "expected"),
    [
        pytest.param(0, 50, 0.72, 100, id="nothing right"),
        pytest.param(36, 50, 0.72, 720, id="at the cut"),
        pytest.param(50, 50, 0.72, 1000, id="all right"),
        pytest.param(18, 50, 0.72, 410, id="half way to the cut"),
        pytest.param(43, 50, 0.72, 860, id="half way from the cut"),
        pytest.param(37, 50, 0.72, 740, id="the example of the rules"),
        pytest.param(35, 50, 0.72, 703, id="one short of the cut"),
        pytest.param(3, 4, 0.75, 720, id="another cut"),
        pytest.param(0, 1, 0.72, 100, id="one question, wrong"),
        pytest.param(1, 1, 0.72, 1000, id="one question, right"),
    ],
)
def test_points_of_the_scale(right, scored, cut, expected):
    assert scaled_score(right, scored, cut=cut) == expected


@pytest.mark.parametrize("scored", range(1, 66))
def test_every_cut_that_can_be_hit_stands_at_720(scored):
    for right in range(1, scored):
        assert scaled_score(right, scored, cut=right / scored) == 720


@given(st.integers(1, 200), st.floats(0.01, 0.99))
def test_the_scale_rises_from_100_to_1000(scored, cut):
    scores = [scaled_score(right, scored, cut=cut) for right in range(scored + 1)]
    assert scores == sorted(scores)
    assert (scores[0], scores[-1]) == (100, 1000)


@given(st.integers(1, 65), st.integers(0, 65), st.floats(0.3, 0.95))
def test_who_reaches_the_cut_passes_and_nobody_else(scored, right, cut):
    right = min(right, scored)
    assert is_pass(right, scored, cut=cut) == (right / scored >= cut or scaled_score(right, scored, cut=cut) == 720)
    if right / scored < cut - 0.001:
        assert not is_pass(right, scored, cut=cut)


@pytest.mark.parametrize(("right", "scored", "cut"), [(0, 0, 0.72), (1, -1, 0.72), (1, 2, 0), (1, 2, 1), (1, 2, 1.5), (1, 2, -0.1)])
def test_a_scale_of_nothing_is_a_mistake_of_ours(right, scored, cut):
    with pytest.raises(ValueError, match="must be"):
        scaled_score(right, scored, cut=cut)
