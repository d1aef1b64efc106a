"""Charts: round ticks, and points inside the drawing."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.domain.charts import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Band, Series, bar_chart, histogram, line_chart, nice_steps


@pytest.mark.parametrize(
    ("high", "expected"),
    [(40, [0, 10, 20, 30, 40]), (34.5, [0, 10, 20, 30, 40]), (1, [0, 0.25, 0.5, 0.75, 1]), (7, [0, 2, 4, 6, 8]), (0, [0, 1])],
)
def test_steps_are_round(high, expected):
    assert nice_steps(high) == pytest.approx(expected)


@given(st.floats(1e-9, 1e12))
def test_steps_reach_the_top_in_few(high):
    steps = nice_steps(high)
    assert steps[-1] >= high * 0.999999
    assert 2 <= len(steps) <= 6


def drawn(*series, **values):
    return line_chart(
        title="T", description="D", series=series, x_label="x", y_label="y", x_text=lambda x: f"{x:g}", y_text=lambda y: f"{y:g}", **values
    )  # fmt: skip


@given(st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1e6)), min_size=1, max_size=20))
def test_every_point_lies_on_the_drawing(points):
    chart = drawn(Series("a", tuple(points)))
    for x, y in chart.series[0].dots:
        assert LEFT <= x <= WIDTH
        assert 0 <= y <= HEIGHT


def test_more_stands_higher_and_later_stands_right():
    [line] = drawn(Series("a", ((0, 0), (10, 5)))).series
    (x0, y0), (x1, y1) = line.dots
    assert x0 < x1
    assert y0 > y1
    assert line.path.startswith("M")


def test_one_point_stands_in_the_middle():
    [line] = drawn(Series("a", ((3, 4),))).series
    assert LEFT < line.dots[0][0] < WIDTH


def test_marks_beyond_the_axis_are_left_out():
    chart = drawn(Series("a", ((0, 1), (10, 1))), marks=[(5, "here"), (50, "there")], x_ticks=[0, 10])
    assert [mark.label for mark in chart.marks] == ["here"]
    assert [tick.label for tick in chart.x_ticks] == ["0", "10"]


def test_a_chart_needs_a_point():
    with pytest.raises(ValueError, match="needs a point"):
        drawn(Series("a", ()))


def test_a_band_closes_around_its_points_behind_the_line():
    chart = drawn(Series("a", ((0, 5), (10, 6))), bands=[Band("range", ((0, 4, 7), (10, 5, 8)))])
    [band] = chart.bands
    assert band.path.startswith("M")
    assert band.path.endswith(" Z")
    lower, upper = band.dots[:2], band.dots[2:]
    assert [x for x, _ in upper] == [x for x, _ in reversed(lower)]
    for (_, low), (_, line), (_, high) in zip(lower, chart.series[0].dots, reversed(upper), strict=True):
        assert low > line > high  # y grows downwards


def test_a_level_lies_at_its_height_and_the_axis_reaches_it():
    chart = drawn(Series("a", ((0, 100), (10, 200))), levels=[(720, "pass")])
    assert [level.label for level in chart.levels] == ["pass"]
    assert 0 <= chart.levels[0].at < chart.series[0].dots[1][1]


# -- bars ------------------------------------------------------------------------------------------------------------


def bars(*values, **more):
    named = [(f"v{n}", value) for n, value in enumerate(values)]
    return bar_chart(title="T", description="D", values=named, x_label="x", y_label="y", y_text=lambda y: f"{y:g}", **more)


def test_a_bar_is_as_tall_as_its_value():
    chart = bars(0, 20, 40)
    assert [bar.value for bar in chart.bars] == [0, 20, 40]
    empty, half, full = chart.bars
    assert (empty.height, full.height) == (0, HEIGHT - TOP - BOTTOM)
    assert half.height == pytest.approx(full.height / 2)
    assert all(bar.y + bar.height == pytest.approx(HEIGHT - BOTTOM) for bar in chart.bars)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=60))
def test_bars_stand_apart_and_inside(values):
    found = bars(*values).bars
    assert all(left.x + left.width < right.x for left, right in pairwise(found))
    assert found[0].x >= LEFT
    assert found[-1].x + found[-1].width <= WIDTH - RIGHT
    assert all(bar.y >= TOP - 0.1 and bar.height >= 0 for bar in found)


def test_every_seventh_bar_is_named():
    assert [tick.label for tick in bars(*range(28), every=7).x_ticks] == ["v0", "v7", "v14", "v21"]


@pytest.mark.parametrize(
    ("at", "x"), [(0, LEFT), (2, (LEFT + WIDTH - RIGHT) / 2), (9, WIDTH - RIGHT)], ids=["start", "middle", "beyond: the end"]
)
def test_a_mark_is_placed_by_bars(at, x):
    [mark] = bars(1, 2, 3, 4, mark=(at, "here")).marks
    assert (mark.at, mark.label) == (pytest.approx(x), "here")


def test_no_bar_no_chart():
    with pytest.raises(ValueError, match="needs a value"):
        bars()


@pytest.mark.parametrize(
    ("values", "expected"),
    [([], [0]), ([0, 29.9, 30], [2, 1]), ([95], [0, 0, 0, 1]), ([400, 10], [1, 0, 0, 1])],
    ids=["nothing", "the lower bound belongs to its range", "empty ranges between", "what is beyond is in the last"],
)
def test_values_are_counted_by_range(values, expected):
    assert histogram(values, step=30, most=4) == expected
