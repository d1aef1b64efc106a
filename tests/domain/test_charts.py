"""Charts: round ticks, and points inside the drawing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.domain.charts import HEIGHT, LEFT, WIDTH, Band, Series, line_chart, nice_steps


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
