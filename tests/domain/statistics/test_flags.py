"""Flags: each rule fires beyond its threshold and only there, and is confirmed only where the interval excludes the threshold."""

from __future__ import annotations

from dataclasses import replace

import pytest

from quizzes.domain.statistics import Interval, ItemFigures, Kind, OptionFigures, ScoreFigures, ebel, evidence, flags_of, verdicts
from quizzes.domain.statistics.intervals import fisher, wilson

GOOD = ItemFigures(
    name="q", n=200, facility=0.6, facility_interval=wilson(0.6, 200), sd=0.49, point_biserial=0.55, discrimination=0.52,
    discrimination_interval=fisher(0.52, 200), upper_lower=0.6, upper_lower_interval=Interval(0.5, 0.7), upper_n=54, lower_n=54,
    discrimination_index=52.0, discriminative_efficiency=60.0, efficiency_interval=Interval(50, 70), effective_weight=2.0, alpha=0.8,
    alpha_if_deleted=0.79, random_guess=0.25, median_time_s=60.0, time_interval=Interval(50, 70), planned_s=90.0,
)  # fmt: skip


def with_r(r: float, n: int = 200) -> ItemFigures:
    around = fisher(r, n)
    return replace(GOOD, n=n, discrimination=r, discrimination_interval=around, discrimination_index=100 * r)


def with_p(p: float, n: int = 200) -> ItemFigures:
    return replace(GOOD, n=n, facility=p, facility_interval=wilson(p, n))


def found(item: ItemFigures) -> dict[str, str]:
    return {flag.kind: flag.state for flag in flags_of(item)}


def test_a_good_item_has_no_flag():
    assert flags_of(GOOD) == []


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        pytest.param(with_r(-0.3), {"miskey": "confirmed", "weak": "confirmed", "moodle_needs_checking": "confirmed"}, id="clearly negative"),
        pytest.param(with_r(-0.02), {"miskey": "watch", "weak": "confirmed", "moodle_needs_checking": "confirmed"}, id="hardly negative"),
        pytest.param(with_r(0.0), {"weak": "watch", "moodle_needs_checking": "confirmed"}, id="nothing is not negative"),
        pytest.param(with_r(0.09), {"weak": "watch", "moodle_needs_checking": "confirmed"}, id="below a tenth"),
        pytest.param(with_r(0.10), {"marginal": "watch", "moodle_needs_checking": "confirmed"}, id="a tenth is marginal"),
        pytest.param(with_r(0.10, 2000), {"marginal": "confirmed", "moodle_needs_checking": "confirmed"}, id="marginal for sure"),
        pytest.param(with_r(0.20), {"moodle_needs_checking": "watch"}, id="two tenths are fine"),
        pytest.param(with_r(0.49), {"moodle_needs_checking": "watch"}, id="Moodle asks for half"),
        pytest.param(with_p(0.19), {"too_hard": "confirmed"}, id="hardly anybody"),
        pytest.param(with_p(0.29), {"too_hard": "watch"}, id="hardly above guessing one of four"),
        pytest.param(with_p(0.30), {}, id="guessing and a little"),
        pytest.param(replace(with_p(0.21), random_guess=None), {}, id="of several keys a fifth is enough"),
        pytest.param(replace(with_p(0.19), random_guess=None), {"too_hard": "watch"}, id="of several keys less is not"),
        pytest.param(with_p(0.95), {}, id="not too easy yet"),
        pytest.param(with_p(0.96), {"too_easy": "watch"}, id="too easy"),
        pytest.param(with_p(0.99), {"too_easy": "confirmed"}, id="too easy for sure"),
        pytest.param(replace(GOOD, discriminative_efficiency=14.9, efficiency_interval=Interval(5, 25)), {"moodle_dubious": "watch"}, id="dubious"),
        pytest.param(replace(GOOD, upper_lower=0.19, upper_lower_interval=Interval(0.1, 0.3)), {"poor_upper_lower": "watch"}, id="poor tails"),
        pytest.param(replace(GOOD, upper_lower=0.05, upper_lower_interval=Interval(0, 0.1)), {"poor_upper_lower": "confirmed"}, id="poor for sure"),
        pytest.param(replace(GOOD, median_time_s=270.0), {}, id="three times the plan is not slow"),
        pytest.param(replace(GOOD, median_time_s=280.0, time_interval=Interval(260, 300)), {"slow": "watch"}, id="slow"),
        pytest.param(replace(GOOD, median_time_s=300.0, time_interval=Interval(271, 330)), {"slow": "confirmed"}, id="slow for sure"),
        pytest.param(replace(GOOD, median_time_s=300.0, planned_s=None), {}, id="without a plan nothing is slow"),
    ],
)  # fmt: skip
def test_rules(item, expected):
    assert found(item) == expected


@pytest.mark.parametrize("n", [0, 1, 19])
def test_below_twenty_answers_nothing_is_flagged(n):
    assert flags_of(replace(with_r(-0.9), n=n)) == []


def test_at_twenty_answers_a_sign_is_flagged():
    assert found(with_r(-0.3, 20))["miskey"] == "watch"


@pytest.mark.parametrize(("n", "expected"), [(0, "none"), (19, "none"), (20, "grey"), (59, "grey"), (60, "enough")])
def test_how_much_answers_may_claim(n, expected):
    assert evidence(n) == expected


@pytest.mark.parametrize(
    ("index", "word"), [(0.4, "very good"), (0.39, "good"), (0.3, "good"), (0.2, "marginal"), (0.19, "poor"), (-0.2, "poor"), (None, "")]
)
def test_the_words_of_ebel(index, word):
    assert ebel(index) == word


def test_an_item_without_figures_has_no_flag():
    empty = replace(
        GOOD, facility=None, facility_interval=None, discrimination=None, discrimination_interval=None, upper_lower=None,
        discrimination_index=None, discriminative_efficiency=None, median_time_s=None,
    )  # fmt: skip
    assert flags_of(empty) == []


# -- options ---------------------------------------------------------------------------------------------------------


def option(name: str, *, key: bool = False, upper: float = 0.1, r: float | None = -0.2, share: float = 0.2, functional: bool | None = True):
    return OptionFigures(
        option=name, key=key, n=int(200 * share), share=share, share_interval=wilson(share, 200), lower=0.3, middle=0.2, upper=upper,
        mean_total=0.5, r=r, r_interval=fisher(r, 200), upper_n=66, functional=None if key else functional,
    )  # fmt: skip


KEY = option("b", key=True, upper=0.7, r=0.3, share=0.5)


@pytest.mark.parametrize(
    ("rival", "state"),
    [
        pytest.param(option("c", upper=0.75), "watch", id="hardly more of the best"),
        pytest.param(option("c", upper=0.95), "confirmed", id="many more of the best"),
        pytest.param(option("c", r=0.31), "watch", id="goes with doing well a little more than the key"),
        pytest.param(option("c", r=0.5), "confirmed", id="goes with doing well much more than the key"),
    ],
)
def test_a_wrong_option_that_behaves_like_the_key_raises_the_alarm(rival, state):
    assert found(replace(GOOD, options=(option("a"), KEY, rival))) == {"miskey": state}


@pytest.mark.parametrize("rival", [option("c", upper=0.7), option("c", r=0.3), option("c", r=0.2), option("c", r=None)])
def test_one_that_only_comes_close_does_not(rival):
    assert found(replace(GOOD, options=(option("a"), KEY, rival))) == {}


def test_of_several_keys_the_weakest_is_the_one_to_beat():
    keys = (option("a", key=True, upper=0.9, r=0.4), option("b", key=True, upper=0.2, r=0.05))
    assert found(replace(GOOD, options=(*keys, option("c", upper=0.5))))["miskey"] == "confirmed"


def test_the_alarm_names_the_option_and_says_what_to_do():
    [flag] = flags_of(replace(GOOD, options=(KEY, option("c", upper=0.95))))
    assert "95 % choose C and 70 % the key B" in flag.why
    assert flag.advice.startswith("Hold the key against the source.")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param([option("a", share=0.01, functional=False), option("c", share=0.01, functional=False)], {"dead_options": "confirmed"}, id="two for sure"),
        pytest.param([option("a", share=0.04, functional=False), option("c", share=0.01, functional=False)], {"dead_options": "watch"}, id="one not for sure"),
        pytest.param([option("a", share=0.01, functional=False), option("c")], {}, id="one alone"),
        pytest.param([option("a", share=0.01, functional=None), option("c", share=0.01, functional=None)], {}, id="not assessable"),
    ],
)  # fmt: skip
def test_two_options_without_work_are_flagged(options, expected):
    assert found(replace(GOOD, options=(KEY, *options))) == expected


def test_flags_come_worst_first():
    item = replace(with_r(-0.3), facility=0.1, facility_interval=wilson(0.1, 200))
    assert [flag.kind for flag in flags_of(item)] == [Kind.MISKEY, Kind.WEAK, Kind.TOO_HARD, Kind.NEEDS_CHECKING]


# -- the whole test --------------------------------------------------------------------------------------------------


def scores(alpha: float | None, *, n: int = 200, most: float = 50) -> ScoreFigures:
    around = None if alpha is None else Interval(alpha - 0.03, alpha + 0.03)
    return ScoreFigures(
        n=n, items=65, most=most, mean=30, median=30, sd=5, skewness=0, kurtosis=0, alpha=alpha, alpha_by="items", alpha_interval=around,
        alpha_interval_90=around, sem=1, cic=None if alpha is None else 100 * alpha, error_ratio=50, standard_error=2,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("figures", "expected"),
    [
        pytest.param(scores(0.85), [(True, None), (True, None)], id="a good exam"),
        pytest.param(scores(0.78), [(False, "watch"), (True, None)], id="an exam hardly below .80"),
        pytest.param(scores(0.60), [(False, "confirmed"), (False, "confirmed")], id="a poor exam"),
        pytest.param(scores(0.72, most=20), [(True, None), (True, None)], id="enough for a quiz"),
        pytest.param(scores(0.63, most=20), [(False, "confirmed"), (False, "watch")], id="a poor quiz"),
        pytest.param(scores(0.2, n=19), [], id="too few to say"),
        pytest.param(scores(None), [], id="no alpha"),
    ],
)
def test_what_alpha_says_of_a_test(figures, expected):
    assert [(verdict.holds, verdict.state) for verdict in verdicts(figures)] == expected
