"""Tallies as bytes: a long run is counted in portions, each is kept, and all are added up at the end."""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Iterable

import msgspec

from quizzes.domain.statistics.tally import Asked, Key, Picked, Tally


class _Item(msgspec.Struct, array_like=True, frozen=True):
    name: str
    most: float
    options: tuple[str, ...]
    keys: tuple[str, ...]
    random_guess: float | None
    #: What was chosen, the number of its key in the tally's list, how often.
    picks: list[tuple[Picked, int, int]]
    times_ms: list[int]
    planned_s: float
    partial: float
    error: float
    error_without: float


class _Tally(msgspec.Struct, array_like=True, frozen=True):
    exam: int
    full: float
    people: int
    totals: list[tuple[float, float, int]]
    keys: list[Key]
    items: list[_Item]
    error: float
    counted_people: int


def pack(tallies: dict[int, Tally]) -> bytes:
    """The tallies of a portion, by exam."""
    return zlib.compress(msgspec.msgpack.encode([_packed(exam, tally) for exam, tally in tallies.items()]), 1)


def _packed(exam: int, tally: Tally) -> _Tally:
    places: dict[Key, int] = {}
    items = [
        _Item(
            item.name, item.most, item.options, tuple(sorted(item.keys)), item.random_guess,
            [(picked, places.setdefault(key, len(places)), count) for (picked, key), count in item.picks.items()],
            item.times_ms.tolist(), item.planned_s, item.partial, item.error, item.error_without,
        )
        for item in tally.asked.values()
    ]  # fmt: skip
    totals = [(total, most, count) for (total, most), count in tally.totals.items()]
    return _Tally(exam, tally.full, tally.people, totals, list(places), items, tally.error, tally.counted_people)


def unpack(data: bytes) -> dict[int, Tally]:
    """What `pack` wrote."""
    found = msgspec.msgpack.decode(zlib.decompress(data), type=list[_Tally])
    return {one.exam: _tally(one) for one in found}


def _tally(one: _Tally) -> Tally:
    tally = Tally(
        full=one.full, people=one.people, totals={(total, most): count for total, most, count in one.totals}, error=one.error,
        counted_people=one.counted_people, keys={key: key for key in one.keys},
    )  # fmt: skip
    for item in one.items:
        tally.asked[item.name] = Asked(
            item.name, item.most, item.options, frozenset(item.keys), item.random_guess,
            picks={(picked, one.keys[place]): count for picked, place, count in item.picks},
            times_ms=array("I", item.times_ms), planned_s=item.planned_s, partial=item.partial, error=item.error,
            error_without=item.error_without,
        )  # fmt: skip
    return tally


def added(parts: Iterable[bytes]) -> dict[int, Tally]:
    """The tallies of all portions together."""
    exams: dict[int, Tally] = {}
    for data in parts:
        for exam, tally in unpack(data).items():
            exams.setdefault(exam, Tally()).take(tally)
    return exams
