"""What is known of an item, of an option, of a test. None where a variance is zero or the answers are too few: never a guess, never a crash."""

from __future__ import annotations

from dataclasses import dataclass

from quizzes.domain.statistics.intervals import Interval


@dataclass(frozen=True, slots=True)
class OptionFigures:
    """One option. Shares are of everyone who was asked; `lower`, `middle`, `upper` of that third by total; `mean_total` is a share of the marks.

    `functional` is None where it cannot be assessed.
    """

    option: str
    key: bool
    n: int
    share: float
    share_interval: Interval | None
    lower: float | None
    middle: float | None
    upper: float | None
    mean_total: float | None
    r: float | None
    r_interval: Interval | None
    upper_n: int
    functional: bool | None = None


@dataclass(frozen=True, slots=True)
class ItemFigures:
    """One item. Correlations -1 to 1, Moodle's figures in per cent, times in seconds, intervals 90 %. Definitions: docs/statistics.md."""

    name: str
    n: int
    facility: float | None
    facility_interval: Interval | None
    sd: float | None
    point_biserial: float | None
    discrimination: float | None
    discrimination_interval: Interval | None
    upper_lower: float | None
    upper_lower_interval: Interval | None
    upper_n: int
    lower_n: int
    discrimination_index: float | None
    discriminative_efficiency: float | None
    efficiency_interval: Interval | None
    effective_weight: float | None
    alpha: float | None
    alpha_if_deleted: float | None
    random_guess: float | None = None
    median_time_s: float | None = None
    time_interval: Interval | None = None
    planned_s: float | None = None
    partial: float | None = None
    options: tuple[OptionFigures, ...] = ()


@dataclass(frozen=True, slots=True)
class ScoreFigures:
    """The totals of a whole test. `mean`, `median`, `sd`, `sem` in marks of `most`; `cic`, `error_ratio` in per cent; alpha's interval is Feldt's, 95 %.

    `alpha_by` says how alpha was found: "items" (everyone had all), "pairs" (some cells are empty: covariances of the pairs there are),
    "drawn" (everyone had other items).
    """

    n: int
    items: int
    most: float
    mean: float | None
    median: float | None
    sd: float | None
    skewness: float | None
    kurtosis: float | None
    alpha: float | None
    alpha_by: str
    alpha_interval: Interval | None
    alpha_interval_90: Interval | None
    sem: float | None
    cic: float | None
    error_ratio: float | None
    standard_error: float | None
