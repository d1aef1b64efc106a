"""The price list: what AWS charges for what, in one Region, as read on one day. Data only; `pricing` computes with it."""

from __future__ import annotations

import tomllib
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

import msgspec

from quizzes.domain.errors import Problem
from quizzes.domain.places import line_with, toml_line, value_line

Amount = Decimal

#: The list that ships with the app.
SHIPPED = Path(__file__).resolve().parents[3] / "content/aws/prices.toml"


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class PriceSource(_Table, frozen=True, kw_only=True):
    title: str
    url: str
    checked: date


class Tier(_Table, frozen=True, kw_only=True):
    """A price per GB-second up to a total of GB-seconds, or without end."""

    gb_second: Amount
    up_to: Amount | None = None


class ArchitecturePrices(_Table, frozen=True, kw_only=True):
    duration: tuple[Tier, ...]
    provisioned_gb_second: Amount
    provisioned_duration_gb_second: Amount


class LambdaPrices(_Table, frozen=True, kw_only=True):
    requests_per_million: Amount
    free_requests: Amount
    free_gb_seconds: Amount
    ephemeral_free_mb: Amount
    ephemeral_gb_second: Amount
    event_first_kb: Amount
    event_next_kb: Amount
    event_most_kb: Amount
    snapstart_cache_gb_second: Amount
    snapstart_restore_gb: Amount
    snapstart_least_seconds: Amount
    streaming_gb: Amount
    streaming_free_mb: Amount
    streaming_free_gb: Amount
    tenant_environment_gb: Amount
    managed_fee_percent: Amount
    edge_requests_per_million: Amount
    edge_128_mb_second: Amount
    durable_operations_per_million: Amount
    durable_written_gb: Amount
    durable_retained_gb_month: Amount
    poller_unit_hour: dict[str, Amount]
    x86_64: ArchitecturePrices
    arm64: ArchitecturePrices

    def of(self, architecture: str) -> ArchitecturePrices:
        """Raises ValueError for an architecture that Lambda does not have."""
        found = {"x86_64": self.x86_64, "arm64": self.arm64}.get(architecture)
        if found is None:
            raise ValueError(f"architecture is x86_64 or arm64, not {architecture!r}")
        return found


class StepFunctionsPrices(_Table, frozen=True, kw_only=True):
    transitions_per_thousand: Amount
    free_transitions: Amount
    express_requests_per_million: Amount
    express_unit_ms: Amount
    express_chunk_mb: Amount
    express_unit_usd: Amount
    express_duration: tuple[Tier, ...]


class PriceList(_Table, frozen=True, kw_only=True, rename={"lambda_": "lambda"}):
    """Prices of one Region with the day on which they were read."""

    region: str
    currency: str
    checked: date
    sources: tuple[PriceSource, ...]
    lambda_: LambdaPrices
    step_functions: StepFunctionsPrices


def parse(text: str) -> PriceList:
    """A price list from its TOML. Raises tomllib.TOMLDecodeError or msgspec.ValidationError with what does not fit."""
    return msgspec.convert(tomllib.loads(text), type=PriceList, strict=False)


def check(*, path: str, text: str) -> list[Problem]:
    """What is wrong with a price list."""
    try:
        listed = parse(text)
    except tomllib.TOMLDecodeError as fault:
        return [Problem(path, toml_line(fault, text), f"this is not TOML: {fault}")]
    except msgspec.ValidationError as fault:
        return [Problem(path, value_line(text, str(fault)), f"a price does not fit: {fault}")]
    tables = [(f"lambda.{name}", listed.lambda_.of(name).duration) for name in ("x86_64", "arm64")]
    tables.append(("step_functions", listed.step_functions.express_duration))
    faults = []
    for name, tiers in tables:
        ends = [tier.up_to for tier in tiers]
        rising = [end for end in ends[:-1] if end is not None]
        if not ends or ends[-1] is not None or len(rising) != len(ends) - 1 or rising != sorted(set(rising)):
            faults.append(Problem(path, line_with(text, f"[{name}]"), f"the tiers of {name} must rise, and the last one has no up_to"))
    return faults


@lru_cache(maxsize=1)
def shipped() -> PriceList:
    """The list that ships with the app, read once."""
    return parse(SHIPPED.read_text("utf-8"))
