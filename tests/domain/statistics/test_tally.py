"""Counting answers: options, empty cells, forms drawn from a pool, and what has no value."""

from __future__ import annotations

import random
from math import isfinite, sqrt
from statistics import correlation, variance

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quizzes.domain.statistics import Asked, Tally, analyse, flags_of, verdicts

# -- what has no value -----------------------------------------------------------------------------------------------


def figures(rows, **values):
    return analyse([f"q{n}" for n in range(len(rows[0]) if rows else 3)], rows, **values)


def test_an_item_that_everyone_has_right_has_a_facility_and_no_discrimination():
    item = figures([[1, 1, 0], [1, 0, 0], [1, 1, 1], [1, 0, 1]]).items[0]
    assert (item.facility, item.sd) == (1, 0)
    assert (item.discrimination, item.discrimination_index, item.discriminative_efficiency, item.effective_weight) == (None,) * 4
    assert item.point_biserial is None


def test_equal_fractions_have_no_variance_whatever_their_rounding():
    item = figures([[0.3, 0.1], [0.3, 0.9], [0.3, 0.7]]).items[0]
    assert (item.sd, item.discrimination, item.point_biserial) == (0, None, None)


def test_nobody_answered():
    found = figures([])
    assert (found.scores.n, found.scores.mean, found.scores.alpha) == (0, None, None)
    assert [item.facility for item in found.items] == [None] * 3


def test_one_person_has_marks_and_no_spread():
    found = figures([[1, 0, 1]])
    assert (found.scores.mean, found.scores.median, found.scores.sd, found.scores.alpha) == (2, 2, None, None)
    assert [item.facility for item in found.items] == [1, 0, 1]
    assert [item.sd for item in found.items] == [None] * 3


def test_one_item_has_no_rest_to_be_held_against():
    found = figures([[1], [0], [1]])
    assert (found.scores.alpha, found.items[0].discrimination, found.items[0].alpha_if_deleted) == (None, None, None)
    assert found.scores.sd == pytest.approx(sqrt(1 / 3))


def test_alpha_may_be_negative_and_the_errors_follow():
    scores = figures([[1, 0], [0, 1], [1, 0], [0, 1], [1, 1]]).scores
    # Variances .3 and .3, of the totals 1 1 1 1 2: .2. 2 × (1 - .6 / .2) = -4.
    assert scores.alpha == pytest.approx(-4)
    assert scores.error_ratio == pytest.approx(100 * sqrt(5))
    assert scores.sem == pytest.approx(sqrt(0.2) * sqrt(5))
    assert scores.alpha_interval.low < -4 < scores.alpha_interval.high


def test_an_item_against_the_others_has_no_effective_weight():
    rows = [[0, 1, 1, 1], [0, 1, 1, 0], [1, 0, 0, 0], [1, 0, 0, 0]]
    item = figures(rows).items[0]
    assert item.discrimination < 0
    assert item.effective_weight is None


# -- the upper and the lower 27 % ------------------------------------------------------------------------------------


def test_the_tails_need_forty_answers():
    rows = [[float(n % 2), float(n % 3 == 0)] for n in range(39)]
    assert figures(rows).items[0].upper_lower is None


def test_the_tails_are_cut_at_the_quantiles_and_say_their_sizes():
    # Totals 0 to 4, ten of each: the .27 quantile of 50 is 1, the .73 quantile 3. Lower: 0 and 1, upper: 4 alone.
    rows = [[float(total > n) for n in range(4)] for total in range(5) for _ in range(10)]
    first, *_, last = figures(rows).items
    assert (first.lower_n, first.upper_n) == (20, 10)
    assert first.upper_lower == pytest.approx(1 - 0.5)
    assert last.upper_lower == pytest.approx(1)
    assert last.upper_lower_interval.low < 1


# -- empty cells -----------------------------------------------------------------------------------------------------

GAPS = [[1, None, 1, 0], [0, 1, None, 0], [1, 1, 1, 1], [0, 0, 0, None], [1, 0, 1, 1], [None, 1, 0, 0], [1, 1, 0, 1]]


def test_an_empty_cell_is_nobodys_answer():
    found = figures(GAPS)
    assert [item.n for item in found.items] == [6, 6, 6, 6]
    assert [item.facility for item in found.items] == pytest.approx([4 / 6, 4 / 6, 3 / 6, 3 / 6])
    assert found.scores.n == 7


def test_alpha_of_a_matrix_with_gaps_comes_from_the_pairs_there_are():
    columns = list(zip(*GAPS, strict=True))

    def covariance(i, j):
        both = [(a, b) for a, b in zip(columns[i], columns[j], strict=True) if a is not None and b is not None]
        one, other = (sum(side) / len(both) for side in zip(*both, strict=True))
        return sum((a - one) * (b - other) for a, b in both) / (len(both) - 1)

    def alpha(kept):
        return len(kept) / (len(kept) - 1) * (1 - sum(covariance(i, i) for i in kept) / sum(covariance(i, j) for i in kept for j in kept))

    found = figures(GAPS)
    assert found.scores.alpha_by == "pairs"
    assert found.scores.alpha == pytest.approx(alpha(range(4)))
    assert found.items[1].alpha_if_deleted == pytest.approx(alpha([0, 2, 3]))


def test_with_gaps_an_item_is_held_against_the_share_of_the_others():
    found = figures(GAPS).items[0]
    pairs = [(row[0], sum(x for x in row[1:] if x is not None) / sum(x is not None for x in row[1:])) for row in GAPS if row[0] is not None]
    assert found.discrimination == pytest.approx(correlation(*zip(*pairs, strict=True)))


def test_a_person_without_an_answer_counts_nowhere():
    assert figures([[1, 0], [None, None], [0, 1]]).scores.n == 2


# -- forms drawn from a pool -----------------------------------------------------------------------------------------


def cell(item, mark, *, counts=True):
    return (item, mark, counts, (), 0, 0.0)


def drawn(people=60, *, pool=8, length=5, seed=1):
    """Everyone gets other items, right or wrong; the marks of each person come back as well."""
    rng, tally, rows = random.Random(seed), Tally(), []
    items = [tally.item(Asked(f"q{n}")) for n in range(pool)]
    for _ in range(people):
        ability = rng.random()
        row = {n: float(rng.random() < ability) for n in rng.sample(range(pool), length)}
        tally.add([cell(items[n], mark) for n, mark in row.items()])
        rows.append(row)
    return tally, rows


def test_alpha_of_drawn_forms_is_kr21():
    tally, rows = drawn()
    totals, k = [sum(row.values()) for row in rows], 5
    mean = sum(totals) / len(totals)
    spread = sum((total - mean) ** 2 for total in totals) / len(totals)
    scores = tally.scores()
    assert scores.alpha_by == "drawn"
    # KR-21 has the variance with n, ours with n - 1: of 60 people they differ in the second decimal of the ratio.
    errors = k / (k - 1) * (mean * (k - mean) / k - spread / k) / k**2
    assert scores.alpha == pytest.approx(1 - errors / (variance(totals) / k**2))
    assert scores.alpha == pytest.approx(k / (k - 1) * (1 - mean * (k - mean) / (k * spread)), abs=0.02)


def test_a_drawn_item_is_held_against_the_rest_of_its_own_forms():
    tally, rows = drawn()
    met = [row for row in rows if 3 in row]
    item = tally.items()[3]
    assert item.n == len(met)
    assert item.discrimination == pytest.approx(correlation([row[3] for row in met], [sum(row.values()) - row[3] for row in met]))
    assert item.alpha != item.alpha_if_deleted


def test_a_mark_that_does_not_count_is_held_against_the_whole_total():
    tally = Tally()
    pilot, *others = (tally.item(Asked(name)) for name in "pabc")
    rows = [(1, 1, 1, 1), (0, 1, 0, 0), (1, 1, 1, 0), (0, 0, 0, 0), (1, 0, 1, 1)]
    for first, *rest in rows:
        tally.add([cell(pilot, first, counts=False), *map(cell, others, rest)])
    found = tally.items()[0]
    assert found.discrimination == pytest.approx(correlation([row[0] for row in rows], [sum(row[1:]) for row in rows]))
    assert (found.effective_weight, tally.scores().most) == (None, 3)


def test_forms_of_other_lengths_are_compared_by_their_share():
    tally = Tally()
    a, b, c = (tally.item(Asked(name)) for name in "abc")
    for marks in ((1, 1), (0, 0), (1, 0)):
        tally.add(list(map(cell, (a, b), marks)))
    for marks in ((1, 1, 1), (0, 0, 1), (0, 1, 0)):
        tally.add(list(map(cell, (a, b, c), marks)))
    rests = [1, 0, 0, 1, 0.5, 0.5]
    assert tally.items()[0].discrimination == pytest.approx(correlation([1, 0, 1, 1, 0, 0], rests))


# -- options ---------------------------------------------------------------------------------------------------------


def answered(picks: list[tuple[str, int]], *, keys="b"):
    """Each pick is an option (or several, or none) and how many of three other items that person has right."""
    tally = Tally()
    asked = tally.item(Asked("q", options=tuple("abcd"), keys=frozenset(keys), random_guess=0.25))
    others = [tally.item(Asked(f"other{n}")) for n in range(3)]
    for option, right in picks:
        mark = float(set(option) == set(keys))
        own = (asked, mark, True, tuple(option), 1000 * (right + 1), mark)
        tally.add([own, *(cell(other, float(n < right)) for n, other in enumerate(others))], planned_s=2.0)
    return tally.items()[0]


PICKS = [("b", 3)] * 24 + [("b", 2)] * 12 + [("a", 1)] * 16 + [("c", 0)] * 12 + [("", 0)] * 4 + [("d", 3)] * 2


def test_the_options_share_out_everyone_who_was_asked():
    found = {option.option: option for option in answered(PICKS).options}
    assert {name: option.n for name, option in found.items()} == {"a": 16, "b": 36, "c": 12, "d": 2}
    assert found["a"].share == pytest.approx(16 / 70)


def test_thirds_are_cut_by_the_total_that_holds_the_item():
    # Totals: 16 have 0 (c and nothing), 16 have 1, 12 + 2 have 3, 24 have 4. Quantiles at 1/3: rank 23, which is 1; at 2/3: rank 46, which is 4 or 3.
    found = {option.option: option for option in answered(PICKS).options}
    assert found["a"].lower == pytest.approx(16 / 32)
    assert found["c"].lower == pytest.approx(12 / 32)
    assert found["b"].lower == 0


def test_choosing_is_held_against_the_total_without_the_item():
    found = {option.option: option for option in answered(PICKS).options}
    rests = [right for _, right in PICKS]
    assert found["d"].r == pytest.approx(correlation([float(option == "d") for option, _ in PICKS], rests))
    assert found["b"].r == pytest.approx(answered(PICKS).discrimination)


def test_the_mean_total_of_those_who_chose_an_option_is_a_share_of_the_marks():
    found = {option.option: option for option in answered(PICKS).options}
    assert found["b"].mean_total == pytest.approx((24 * 4 + 12 * 3) / 36 / 4)
    assert found["d"].mean_total == pytest.approx(3 / 4)


def test_an_option_that_hardly_anybody_takes_does_no_work():
    found = {option.option: option.functional for option in answered(PICKS).options}
    assert found == {"a": True, "b": None, "c": True, "d": False}


def test_of_fewer_than_sixty_answers_no_option_is_assessed():
    assert {option.functional for option in answered(PICKS[:59]).options} == {None}


def test_where_nearly_all_are_right_no_option_is_assessed():
    picks = [("b", n % 4) for n in range(100)] + [("a", 0)] * 10
    assert {option.functional for option in answered(picks).options} == {None}


def test_the_median_time_and_its_plan():
    found = answered(PICKS)
    times = sorted(right + 1 for _, right in PICKS)
    assert found.median_time_s == pytest.approx((times[34] + times[35]) / 2)
    assert found.planned_s == pytest.approx(2)
    assert found.time_interval.low <= found.median_time_s <= found.time_interval.high


def test_an_option_that_is_not_there_any_more_is_left_out():
    assert [option.option for option in answered([("z", 1), ("b", 2), ("a", 0)]).options] == list("abcd")


# -- never a crash ---------------------------------------------------------------------------------------------------

MARKS = st.one_of(st.sampled_from([0.0, 1.0]), st.floats(0, 1), st.none())


@st.composite
def matrices(draw):
    width = draw(st.integers(1, 5))
    rows = draw(st.lists(st.lists(MARKS, min_size=width, max_size=width), max_size=12))
    return width, rows


def numbers(thing):
    for name in thing.__slots__:
        value = getattr(thing, name)
        if isinstance(value, float):
            yield name, value


@settings(max_examples=40)
@given(matrices())
def test_no_matrix_is_too_odd(matrix):
    width, rows = matrix
    found = analyse([str(n) for n in range(width)], rows)
    for thing in (found.scores, *found.items):
        assert all(isfinite(value) for _, value in numbers(thing))
    for item in found.items:
        assert item.facility is None or -1e-9 <= item.facility <= 1 + 1e-9
        assert item.discrimination is None or -1 <= item.discrimination <= 1
        assert item.effective_weight is None or item.effective_weight >= 0
        assert isinstance(flags_of(item), list)
    assert found.scores.alpha is None or found.scores.alpha <= 1 + 1e-9
    assert isinstance(verdicts(found.scores), list)


@settings(max_examples=25)
@given(st.lists(st.tuples(st.text("abcd", max_size=3), st.integers(0, 3)), max_size=90))
def test_no_choice_is_too_odd(picks):
    found = answered([("".join(sorted(set(option))), right) for option, right in picks])
    for option in found.options:
        assert 0 <= option.share <= 1
        assert option.r is None or -1 <= option.r <= 1
    assert isinstance(flags_of(found), list)
