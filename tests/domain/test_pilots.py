"""When a pilot is proposed to count."""

from __future__ import annotations

import pytest

from quizzes.domain.pilots import proposal
from quizzes.domain.statistics import ItemFigures, OptionFigures
from quizzes.domain.statistics.intervals import fisher, wilson


def figures(*, n=100, facility=0.6, r=0.4, options=()):
    return ItemFigures(
        name="new", n=n, facility=facility, facility_interval=wilson(facility, n), sd=0.5, point_biserial=r, discrimination=r,
        discrimination_interval=fisher(r, n), upper_lower=None, upper_lower_interval=None, upper_n=0, lower_n=0, discrimination_index=None,
        discriminative_efficiency=None, efficiency_interval=None, effective_weight=None, alpha=None, alpha_if_deleted=None, options=options,
    )  # fmt: skip


def option(name, *, key=False, upper=0.3, r=0.1):
    return OptionFigures(name, key, 25, 0.25, None, 0.25, 0.25, upper, None, r, fisher(r, 100), 33)


@pytest.mark.parametrize(
    ("values", "verdict", "reason"),
    [
        pytest.param({}, "promote", "100 answers, 60% right, discrimination 0.40", id="good figures"),
        pytest.param({"n": 59}, "wait", "59 of 60 answers", id="too few answers"),
        pytest.param({"n": 60}, "promote", "60 answers", id="just enough"),
        pytest.param({"r": 0.19}, "look", "at least 0.20", id="marginal"),
        pytest.param({"r": 0.20}, "wait", "by chance", id="good enough, and not sure yet"),
        pytest.param({"r": 0.20, "n": 300}, "promote", "0.20", id="sure with many answers"),
        pytest.param({"r": -0.1}, "look", "The key looks wrong.", id="the strong do worse"),
        pytest.param({"facility": 0.97}, "look", "Nearly everybody", id="too easy"),
        pytest.param({"facility": 0.15}, "look", "too hard", id="too hard"),
        pytest.param({"r": None}, "look", "Everybody answered alike", id="no variance"),
        pytest.param(
            {"options": (option("a", key=True, upper=0.3, r=0.2), option("b", upper=0.5, r=-0.1))}, "look", "The key looks wrong.",
            id="a wrong option beats the key in the upper third",
        ),
    ],
)  # fmt: skip
def test_what_the_desk_proposes(values, verdict, reason):
    found = proposal(figures(**values))
    assert found.verdict == verdict
    assert reason in " ".join(found.reasons)


def test_without_figures_it_waits():
    assert proposal(None).verdict == "wait"


@pytest.mark.parametrize(("n", "verdict"), [(100, "wait"), (159, "wait"), (160, "promote")])
def test_what_was_kept_is_proposed_again_when_sixty_more_answered(n, verdict):
    assert proposal(figures(n=n), kept_at=100).verdict == verdict
