"""The door for counting: who does something worth counting says so here. Nobody counts unless metrics are on (`quizzes.operation.metrics`).

This module knows nobody, so that every room may knock.
"""

from __future__ import annotations


class Meter:
    """Counts nothing. What counts overrides these."""

    def request(self, *, route: str, method: str, status: int, seconds: float) -> None:
        """A request was answered. `route` is the pattern of its address, so that there are only so many."""

    def save(self, outcome: str) -> None:
        """A save of a running exam: saved, or the code of the refusal (stale, late, closed …)."""

    def expiry(self, mode: str) -> None:
        """An attempt of this mode was closed because its time was up."""

    def refusal(self, kind: str) -> None:
        """A rule said no, by its code."""

    def database_error(self, kind: str) -> None:
        """The database failed under a request, by the name of the error."""


_meter = Meter()


def use(meter: Meter) -> None:
    """Whoever counts from now on."""
    global _meter
    _meter = meter


def request(*, route: str, method: str, status: int, seconds: float) -> None:
    _meter.request(route=route, method=method, status=status, seconds=seconds)


def save(outcome: str) -> None:
    _meter.save(outcome)


def expiry(mode: str) -> None:
    _meter.expiry(mode)


def refusal(kind: str) -> None:
    _meter.refusal(kind)


def database_error(kind: str) -> None:
    _meter.database_error(kind)
