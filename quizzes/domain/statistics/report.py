"""Figures as plain values with stable names (docs/statistics.md lists them), and back again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from quizzes.domain.statistics.figures import ItemFigures, ScoreFigures
from quizzes.domain.statistics.flags import Flag, evidence, flags_of, verdicts
from quizzes.domain.statistics.intervals import Interval

#: The columns of a table of items, in its order.
COLUMNS = (
    "name", "n", "facility", "facility_low", "facility_high", "sd", "point_biserial", "discrimination", "discrimination_low", "discrimination_high",
    "upper_lower", "upper_n", "lower_n", "discrimination_index", "discriminative_efficiency", "effective_weight", "alpha", "alpha_if_deleted",
    "random_guess", "median_time_s", "flags",
)  # fmt: skip


def item_as_dict(item: ItemFigures) -> dict[str, Any]:
    """An item with its flags and with how much its answers may claim."""
    found: dict[str, Any] = msgspec.to_builtins(item)
    return {**found, "options": list(found["options"]), "evidence": evidence(item.n), "flags": [_flag(flag) for flag in flags_of(item)]}


def item_from_dict(found: dict[str, Any]) -> ItemFigures:
    """The figures that were written; flags are judged anew, so that they follow the rules of today."""
    return msgspec.convert(found, type=ItemFigures)


def scores_as_dict(scores: ScoreFigures) -> dict[str, Any]:
    """A whole test with its verdicts."""
    found: dict[str, Any] = msgspec.to_builtins(scores)
    return {**found, "evidence": evidence(scores.n), "verdicts": msgspec.to_builtins(verdicts(scores))}


def scores_from_dict(found: dict[str, Any]) -> ScoreFigures:
    return msgspec.convert(found, type=ScoreFigures)


def _flag(flag: Flag) -> dict[str, str]:
    return {"kind": flag.kind.value, "state": flag.state, "why": flag.why, "advice": flag.advice}


def flags_in_words(item: ItemFigures) -> str:
    """kind=state of each flag, worst first."""
    return " ".join(f"{flag.kind.value}={flag.state}" for flag in flags_of(item))


def table(items: Sequence[ItemFigures]) -> Iterator[list[Any]]:
    """The head of a table and its rows; an empty cell where there is no figure."""
    yield list(COLUMNS)
    for item in items:
        values = {
            **{name: getattr(item, name) for name in item.__slots__},
            **_ends("facility", item.facility_interval),
            **_ends("discrimination", item.discrimination_interval),
            "flags": flags_in_words(item),
        }
        yield ["" if values[column] is None else values[column] for column in COLUMNS]


def score_table(scores: ScoreFigures) -> Iterator[list[Any]]:
    """The figures of a whole test, one in a row."""
    yield ["figure", "value", "low", "high"]
    for name in scores.__slots__:
        value = getattr(scores, name)
        if not isinstance(value, Interval):
            interval = getattr(scores, f"{name}_interval", None)
            yield [name, "" if value is None else value, *((interval.low, interval.high) if interval else ("", ""))]


def _ends(name: str, interval: Interval | None) -> dict[str, float | None]:
    return {f"{name}_low": interval.low if interval else None, f"{name}_high": interval.high if interval else None}
