"""A case as an address writes it: only what differs from the defaults, always in the same order, so that one case has one address."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from quizzes.domain.serverless.invocation.fault import Fault, Kind
from quizzes.domain.serverless.invocation.settings import Settings, specs

#: The one thing that may be set about a fault of this kind.
ABOUT: dict[Kind, str] = {Kind.FAILS: "times", Kind.THROTTLED: "lasts_s", Kind.POISON: "position"}


def address(settings: Settings, fault: Fault) -> str:
    """The query string of a case: model=async&fault=fails&times=2&retries=1."""
    pairs = [("model", settings.key), ("fault", fault.kind.value)]
    if name := ABOUT.get(fault.kind):
        pairs.append((name, str(getattr(fault, name))))
    for name, (_, default) in specs(type(settings)).items():
        value = getattr(settings, name)
        if value != default:
            pairs.append((name, _written(value)))
    return urlencode(pairs)


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return f"{value:g}" if isinstance(value, float) else str(value)
