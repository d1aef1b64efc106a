"""Line charts as places on a drawing: which ticks, which points. A template draws them; a table beside it says the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

#: The drawing, in its own units: as wide as the figures of lessons, so that it can be read on a phone.
WIDTH, HEIGHT = 400.0, 240.0
LEFT, RIGHT, TOP, BOTTOM = 52.0, 12.0, 14.0, 40.0


@dataclass(frozen=True, slots=True)
class Series:
    """One line: its name and its points (x, y)."""

    name: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Band:
    """An area between two lines: its name and its points (x, lower y, upper y)."""

    name: str
    points: tuple[tuple[float, float, float], ...]


@dataclass(frozen=True, slots=True)
class Tick:
    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """A series on the drawing: the path, its dots, and where its name may stand."""

    name: str
    path: str
    dots: tuple[tuple[float, float], ...]
    end: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart ready to draw. Coordinates are units of a 400 × 240 drawing."""

    title: str
    description: str
    series: tuple[Drawn, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    x_label: str
    y_label: str
    marks: tuple[Tick, ...] = ()
    bands: tuple[Drawn, ...] = ()
    levels: tuple[Tick, ...] = ()

    width, height = WIDTH, HEIGHT
    left, right, top, bottom = LEFT, WIDTH - RIGHT, TOP, HEIGHT - BOTTOM


def line_chart(
    *, title: str, description: str, series: Sequence[Series], x_label: str, y_label: str, x_text: Callable[[float], str],
    y_text: Callable[[float], str], marks: Sequence[tuple[float, str]] = (), x_ticks: Sequence[float] | None = None,
    bands: Sequence[Band] = (), levels: Sequence[tuple[float, str]] = (),
) -> Chart:  # fmt: skip
    """A chart of one or more lines over a common axis, y from zero. `marks` are upright lines at an x with a word, `levels` level ones at a y.

    `bands` are areas behind the lines; their path closes around the points, lower edge first.

    Raises ValueError without a point.
    """
    xs = [x for line in series for x, _ in line.points] + [x for band in bands for x, _, _ in band.points]
    ys = [y for line in series for _, y in line.points] + [y for band in bands for _, _, y in band.points] + [y for y, _ in levels]
    if not xs:
        raise ValueError("a chart needs a point")
    low, high = min(xs), max(xs)
    steps = nice_steps(max(ys))
    top = steps[-1]

    def place(x: float, y: float) -> tuple[float, float]:
        share = (x - low) / (high - low) if high > low else 0.5
        return (round(LEFT + share * (WIDTH - LEFT - RIGHT), 1), round(HEIGHT - BOTTOM - y / top * (HEIGHT - TOP - BOTTOM), 1))

    drawn = []
    for line in series:
        dots = tuple(place(x, y) for x, y in line.points)
        path = "M" + " L".join(f"{x} {y}" for x, y in dots)
        drawn.append(Drawn(line.name, path, dots, dots[-1]))
    areas = []
    for band in bands:
        edge = [place(x, y) for x, y, _ in band.points] + [place(x, y) for x, _, y in reversed(band.points)]
        areas.append(Drawn(band.name, "M" + " L".join(f"{x} {y}" for x, y in edge) + " Z", tuple(edge), edge[len(band.points) - 1]))
    wanted = x_ticks if x_ticks is not None else [step for step in nice_steps(high) if low <= step <= high]
    return Chart(
        title, description, tuple(drawn), tuple(Tick(place(x, 0)[0], x_text(x)) for x in wanted),
        tuple(Tick(place(low, y)[1], y_text(y)) for y in steps), x_label, y_label,
        tuple(Tick(place(x, 0)[0], word) for x, word in marks if low <= x <= high),
        tuple(areas), tuple(Tick(place(low, y)[1], word) for y, word in levels),
    )  # fmt: skip


def nice_steps(high: float, *, count: int = 4) -> list[float]:
    """Round values from 0 to at least `high`, about `count` steps of 1, 2, 2.5 or 5 times a power of ten."""
    if high <= 0:
        return [0.0, 1.0]
    rough = high / count
    power = 10.0 ** floor(log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999999)
    return [n * step for n in range(ceil(high / step - 1e-9) + 1)]


# -- bars ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bar:
    """An upright bar: its place and size on the drawing, and the value that it stands for."""

    x: float
    y: float
    width: float
    height: float
    value: float


@dataclass(frozen=True, slots=True)
class BarChart:
    """Upright bars ready to draw; units of a 400 × 240 drawing."""

    title: str
    description: str
    bars: tuple[Bar, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    x_label: str
    y_label: str
    marks: tuple[Tick, ...] = ()

    width, height = WIDTH, HEIGHT
    left, right, top, bottom = LEFT, WIDTH - RIGHT, TOP, HEIGHT - BOTTOM


def bar_chart(
    *, title: str, description: str, values: Sequence[tuple[str, float]], x_label: str, y_label: str, y_text: Callable[[float], str],
    every: int = 1, mark: tuple[float, str] | None = None,
) -> BarChart:  # fmt: skip
    """Bars side by side with a label under every so-many-th. `mark` is an upright line with a word, at a place counted in bars.

    Raises ValueError without a value.
    """
    if not values:
        raise ValueError("a chart needs a value")
    steps = nice_steps(max(value for _, value in values))
    room, tall = (WIDTH - LEFT - RIGHT) / len(values), HEIGHT - TOP - BOTTOM
    bars = []
    for n, (_, value) in enumerate(values):
        height = round(value / steps[-1] * tall, 1)
        bars.append(Bar(round(LEFT + room * (n + 0.12), 1), round(HEIGHT - BOTTOM - height, 1), round(room * 0.76, 1), height, value))
    return BarChart(
        title, description, tuple(bars),
        tuple(Tick(round(LEFT + room * (n + 0.5), 1), label) for n, (label, _) in enumerate(values) if n % every == 0),
        tuple(Tick(round(HEIGHT - BOTTOM - step / steps[-1] * tall, 1), y_text(step)) for step in steps), x_label, y_label,
        (Tick(round(LEFT + room * min(mark[0], len(values)), 1), mark[1]),) if mark else (),
    )  # fmt: skip


def histogram(values: Sequence[float], *, step: float, most: int) -> list[int]:
    """How many values lie in each range of `step`, from 0 on; the last of `most` ranges takes all that is beyond, and empty ones at the end go."""
    counts = [0] * most
    for value in values:
        counts[min(most - 1, int(value // step))] += 1
    while len(counts) > 1 and not counts[-1]:
        counts.pop()
    return counts
