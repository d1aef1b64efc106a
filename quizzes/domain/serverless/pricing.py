"""What a function or a workflow costs in a month, line by line.

The formulas are those of the AWS pages in the price list; each line names the facts it rests on. Amounts are `Decimal`, unrounded: AWS
prints cents and often adds rounded parts, so a published total can differ by a cent. Inputs may be int, float, str or Decimal.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Any

from quizzes.domain.serverless.prices import LambdaPrices, PriceList, Tier, shipped

Number = int | float | str | Decimal

MB_PER_GB = Decimal(1024)
KB_PER_MB = Decimal(1024)
MS_PER_S = Decimal(1000)
MILLION = Decimal(1_000_000)
#: Provisioned concurrency is charged in steps of five minutes.
PROVISIONED_STEP_S = Decimal(300)
#: Poller units are charged by the second, from a minute on.
POLLER_LEAST_S = Decimal(60)
DAYS_PER_MONTH = Decimal(30)
#: Digits before or after the point beyond which an input is a slip of the hand.
LONGEST = 18


@dataclass(frozen=True, slots=True)
class Line:
    """One item of a bill: how much of what, at which price, and how the quantity was found."""

    item: str
    quantity: Decimal
    unit: str
    price_usd: Decimal
    usd: Decimal
    arithmetic: str = ""
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bill:
    """The lines of a bill and what they come to, unrounded."""

    lines: tuple[Line, ...]
    region: str
    notes: tuple[str, ...] = ()

    @property
    def total_usd(self) -> Decimal:
        return sum((line.usd for line in self.lines), Decimal(0))

    @property
    def total_cents_usd(self) -> Decimal:
        """The total as AWS would print it."""
        return self.total_usd.quantize(Decimal("0.01"))


@dataclass(frozen=True, slots=True)
class FreeTier:
    """Which free allowances of the month are taken off."""

    requests: bool = True
    compute: bool = True
    streaming: bool = True

    @classmethod
    def of(cls, value: bool | str | FreeTier) -> FreeTier:
        """From yes or no, or from words such as "compute only" or "requests and compute yes, streaming no"."""
        if isinstance(value, FreeTier):
            return value
        if isinstance(value, bool):
            return cls(value, value, value)
        text = value.lower().strip()
        if text.endswith(" only") and text.removesuffix(" only") in ("requests", "compute", "streaming"):
            return cls(*(text.startswith(name) for name in ("requests", "compute", "streaming")))
        return cls(*(f"{name} no" not in text for name in ("requests", "compute", "streaming")))


def dec(value: Number) -> Decimal:
    """A number as it is written: 0.1 is a tenth. Raises ValueError for what is none, is infinite or below zero."""
    try:
        found = Decimal(str(value).replace(",", "").strip())
    except ArithmeticError:
        raise ValueError(f"{value!r} is not a number") from None
    if not found.is_finite() or found < 0 or (found and abs(found.adjusted()) > LONGEST):
        raise ValueError(f"{value!r} is not a number from zero on that a bill could hold")
    return found


def accepted_inputs(bill: Callable[..., Bill]) -> list[str]:
    """The names of what a bill can be computed from."""
    return [name for name in inspect.signature(bill).parameters if name != "prices"]


# -- what is billed --------------------------------------------------------------------------------------------------


def billed_ms(*, duration_ms: Number, init_ms: Number = 0) -> Decimal:
    """Milliseconds billed for one run: its time and that of its INIT phase, rounded up to the next millisecond (price-duration-rounding,
    price-init-billed, price-init-example)."""
    return (dec(duration_ms) + dec(init_ms)).to_integral_value(ROUND_CEILING)


def billed_requests_of_event(*, event_kb: Number, prices: PriceList | None = None) -> Decimal:
    """Requests billed for one asynchronous event: one up to 256 KB, and one for each further 64 KB begun (price-async-event-chunks).

    Raises ValueError above 1,024 KB, which Lambda does not take.
    """
    of = (prices or shipped()).lambda_
    size = dec(event_kb)
    if size > of.event_most_kb:
        raise ValueError(f"an asynchronous event has at most {of.event_most_kb} KB, not {event_kb}")
    return 1 + _steps(max(Decimal(0), size - of.event_first_kb), of.event_next_kb)


def gb_seconds(*, requests: Number, duration_ms: Number, memory_mb: Number) -> Decimal:
    """Runs × billed seconds × GB of memory."""
    return dec(requests) * billed_ms(duration_ms=duration_ms) / MS_PER_S * dec(memory_mb) / MB_PER_GB


def tiered_usd(quantity: Decimal, tiers: Sequence[Tier], *, before: Decimal = Decimal(0)) -> Decimal:
    """What a quantity costs in falling tiers, when `before` was used up already."""
    total, at, rest = Decimal(0), before, quantity
    for tier in tiers:
        room = rest if tier.up_to is None else max(Decimal(0), min(rest, tier.up_to - at))
        total += room * tier.gb_second
        rest, at = rest - room, at + room
    return total


def _steps(quantity: Decimal, step: Decimal) -> Decimal:
    return (quantity / step).to_integral_value(ROUND_CEILING)


def _said(value: Decimal) -> str:
    """A number for the arithmetic: 1,234.5, without trailing zeros."""
    text = f"{value.normalize():,f}" if value == value.to_integral_value() else f"{value.quantize(Decimal('0.000001')).normalize():,f}"
    return text.rstrip(".")


# -- Lambda ----------------------------------------------------------------------------------------------------------


def lambda_bill(
    *,
    requests: Number = 0, duration_ms: Number = 0, memory_mb: Number = 128, architecture: str = "x86_64", free_tier: bool | str | FreeTier = True,
    init_ms: Number = 0, cold_starts: Number = 0, event_kb: Number = 0, ephemeral_storage_mb: Number = 512,
    provisioned_concurrency: Number = 0, provisioned_hours: Number = 0, requests_with_pc: Number = 0, duration_ms_with_pc: Number = 0,
    requests_without_pc: Number = 0, duration_ms_without_pc: Number = 0,
    active_seconds: Number = 0, restores: Number = 0, snapstart_is_free: bool = False,
    streamed: Iterable[Mapping[str, Number]] = (), gb: str = "",
    epu_hours: Number = 0, epu: Number = 0, hours: Number = 0, poller: str = "kafka", mappings: Number = 0, requests_per_mapping: Number = 0,
    tenants: Number = 0, environments_per_tenant: Number = 0,
    executions: Number = 0, invocations_per_execution: Number = 1, operations_per_execution: Number = 0,
    data_written_kb_per_execution: Number = 0, wait_days: Number = 0, retention_days: Number = 0,
    instance: str = "", on_demand_per_hour_usd: Number = 0, discounted_per_hour_usd: Number | None = None, instance_hours: Number = 0,
    management_fee_percent: Number | None = None,
    prices: PriceList | None = None,
) -> Bill:  # fmt: skip
    """What a function costs in a month.

    Without more: `requests` runs of `duration_ms` with `memory_mb`. `cold_starts` of them have `init_ms` of INIT as well. `event_kb` is the size of
    asynchronous events. `requests_with_pc` and `requests_without_pc` split the runs where provisioned concurrency is on for
    `provisioned_hours`; the free compute then counts for the second part alone. SnapStart for Python and .NET is cached for `active_seconds`
    and restored `restores` times. `streamed` holds groups of {requests, kb_each or mb_each}. Provisioned pollers: `epu_hours`, or `epu` × `hours`.
    Durable functions: `executions` with `active_seconds` each. Managed instances: `instance` and its prices. `gb` says in words how a published example
    counts a gigabyte and changes nothing: streamed data counts 1,024 MB, durable data a million KB.
    Raises ValueError for what is no number, for unknown architectures and pollers, and for more cold starts than runs.
    """
    listed = prices or shipped()
    of, free = listed.lambda_, FreeTier.of(free_tier)
    memory = dec(memory_mb)
    if instance:
        lines = _managed(of, dec(requests), on_demand_per_hour_usd, discounted_per_hour_usd, instance_hours, management_fee_percent)
        return Bill(tuple(lines), listed.region)
    if dec(executions):
        return Bill(tuple(_durable(
            of, free, dec(executions), dec(active_seconds), memory, architecture, dec(invocations_per_execution), dec(operations_per_execution),
            dec(data_written_kb_per_execution), dec(wait_days), dec(retention_days),
        )), listed.region)  # fmt: skip
    plain = dec(requests) + dec(requests_without_pc) + dec(mappings) * dec(requests_per_mapping)
    warm = dec(requests_with_pc)
    runs_ms = dec(duration_ms) if dec(duration_ms) or not dec(requests_without_pc) else dec(duration_ms_without_pc)
    if dec(cold_starts) > plain:
        raise ValueError(f"{cold_starts} cold starts are more than the {_said(plain)} runs")
    lines = [_requests(of, free, plain + warm, dec(event_kb), listed)]
    lines += _duration(of, free, plain, runs_ms, memory, architecture, dec(init_ms), dec(cold_starts))
    lines += _provisioned(of, warm, dec(duration_ms_with_pc), memory, architecture, dec(provisioned_concurrency), dec(provisioned_hours))
    seconds = plain * billed_ms(duration_ms=runs_ms) / MS_PER_S + warm * billed_ms(duration_ms=duration_ms_with_pc) / MS_PER_S
    lines += _ephemeral(of, seconds, dec(ephemeral_storage_mb))
    if not snapstart_is_free:
        lines += _snapstart(of, memory, dec(active_seconds), dec(restores))
    lines += _streaming(of, free, list(streamed))
    lines += _pollers(of, dec(epu_hours) + dec(epu) * dec(hours), poller)
    lines += _tenants(of, dec(tenants) * dec(environments_per_tenant), memory)
    return Bill(tuple(lines), listed.region, _notes(lines))


def _notes(lines: Sequence[Line]) -> tuple[str, ...]:
    return ("Services that the function uses, logs and data that leaves the Region are billed separately.",) if lines else ()


def _requests(of: LambdaPrices, free: FreeTier, runs: Decimal, event_kb: Decimal, listed: PriceList) -> Line:
    each = billed_requests_of_event(event_kb=event_kb, prices=listed) if event_kb else Decimal(1)
    count = runs * each
    off = min(count, of.free_requests) if free.requests else Decimal(0)
    told = f"{_said(runs)} × {_said(each)} requests for an event of {_said(event_kb)} KB" if each > 1 else _said(runs)
    return Line(
        "Requests", count - off, "requests", of.requests_per_million / MILLION, (count - off) * of.requests_per_million / MILLION,
        f"{told}{f' − {_said(off)} free' if off else ''}",
        ("price-requests", *(["price-async-event-chunks"] if each > 1 else []), *(["price-free-tier-requests"] if off else [])),
    )  # fmt: skip


def _duration(
    of: LambdaPrices,
    free: FreeTier,
    runs: Decimal,
    duration_ms: Decimal,
    memory: Decimal,
    architecture: str,
    init_ms: Decimal,
    cold: Decimal,
) -> Iterable[Line]:
    """GB-seconds of runs; cold ones have their INIT added before rounding up."""
    if not runs:
        return
    each, cold_each = billed_ms(duration_ms=duration_ms), billed_ms(duration_ms=duration_ms, init_ms=init_ms)
    seconds = ((runs - cold) * each + cold * cold_each) / MS_PER_S
    total = seconds * memory / MB_PER_GB
    off = min(total, of.free_gb_seconds) if free.compute else Decimal(0)
    usd = tiered_usd(total - off, of.of(architecture).duration)
    told = f"{_said(runs - cold)} × {_said(each)} ms" + (f" + {_said(cold)} × {_said(cold_each)} ms with INIT" if cold else "")
    facts = ("price-duration-rounding", f"price-duration-{'x86' if architecture == 'x86_64' else 'arm'}-tier1")
    yield Line(
        f"Duration, {architecture}", total - off, "GB-seconds", usd / (total - off) if total > off else of.of(architecture).duration[0].gb_second,
        usd, f"({told}) × {_said(memory)} / 1,024 GB{f' − {_said(off)} free' if off else ''}",
        (*facts, *(["price-init-billed"] if cold else []), *(["price-free-tier-compute"] if off else [])),
    )  # fmt: skip


def _provisioned(
    of: LambdaPrices, runs: Decimal, duration_ms: Decimal, memory: Decimal, architecture: str, environments: Decimal, hours: Decimal
) -> Iterable[Line]:
    fact = "price-pc-x86" if architecture == "x86_64" else "price-pc-arm"
    prices = of.of(architecture)
    if environments and hours:
        seconds = _steps(hours * 3600, PROVISIONED_STEP_S) * PROVISIONED_STEP_S
        total = environments * seconds * memory / MB_PER_GB
        yield Line(
            "Provisioned concurrency", total, "GB-seconds", prices.provisioned_gb_second, total * prices.provisioned_gb_second,
            f"{_said(environments)} × {_said(seconds)} s × {_said(memory)} / 1,024 GB", (fact, "price-pc-rounding"),
        )  # fmt: skip
    if runs:
        total = gb_seconds(requests=runs, duration_ms=duration_ms, memory_mb=memory)
        yield Line(
            "Duration on provisioned concurrency", total, "GB-seconds", prices.provisioned_duration_gb_second,
            total * prices.provisioned_duration_gb_second,
            f"{_said(runs)} × {_said(billed_ms(duration_ms=duration_ms))} ms × {_said(memory)} / 1,024 GB", (fact, "price-free-tier-pc-excluded"),
        )  # fmt: skip


def _ephemeral(of: LambdaPrices, seconds: Decimal, storage_mb: Decimal) -> Iterable[Line]:
    extra = storage_mb - of.ephemeral_free_mb
    if extra > 0 and seconds:
        total = seconds * extra / MB_PER_GB
        yield Line(
            "Ephemeral storage", total, "GB-seconds", of.ephemeral_gb_second, total * of.ephemeral_gb_second,
            f"{_said(seconds)} s × ({_said(storage_mb)} − {_said(of.ephemeral_free_mb)}) / 1,024 GB", ("price-ephemeral-storage",),
        )  # fmt: skip


def _snapstart(of: LambdaPrices, memory: Decimal, active_s: Decimal, restores: Decimal) -> Iterable[Line]:
    if active_s:
        seconds = max(active_s, of.snapstart_least_seconds)
        total = seconds * memory / MB_PER_GB
        yield Line(
            "SnapStart cache", total, "GB-seconds", of.snapstart_cache_gb_second, total * of.snapstart_cache_gb_second,
            f"{_said(seconds)} s × {_said(memory)} / 1,024 GB", ("price-snapstart",),
        )  # fmt: skip
    if restores:
        total = restores * memory / MB_PER_GB
        yield Line(
            "SnapStart restores", total, "GB", of.snapstart_restore_gb, total * of.snapstart_restore_gb,
            f"{_said(restores)} × {_said(memory)} / 1,024 GB", ("price-snapstart",),
        )  # fmt: skip


def _streaming(of: LambdaPrices, free: FreeTier, groups: Sequence[Mapping[str, Any]]) -> Iterable[Line]:
    """GB of streamed responses beyond 6 MB each and 100 GB a month."""
    if not groups:
        return
    total_mb = Decimal(0)
    told = []
    for group in groups:
        each = dec(group["mb_each"]) if "mb_each" in group else dec(group["kb_each"]) / KB_PER_MB
        beyond = max(Decimal(0), each - of.streaming_free_mb)
        total_mb += dec(group["requests"]) * beyond
        told.append(f"{_said(dec(group['requests']))} × {_said(beyond)} MB")
    total = total_mb / MB_PER_GB
    off = min(total, of.streaming_free_gb) if free.streaming else Decimal(0)
    yield Line(
        "Response streaming", total - off, "GB", of.streaming_gb, (total - off) * of.streaming_gb,
        f"({' + '.join(told)}) / 1,024{f' − {_said(off)} GB free' if off else ''}", ("price-streaming",),
    )  # fmt: skip


def _pollers(of: LambdaPrices, unit_hours: Decimal, poller: str) -> Iterable[Line]:
    if not unit_hours:
        return
    if poller not in of.poller_unit_hour:
        raise ValueError(f"poller is one of {', '.join(sorted(of.poller_unit_hour))}, not {poller!r}")
    billed = max(unit_hours, POLLER_LEAST_S / 3600)
    price = of.poller_unit_hour[poller]
    yield Line(
        "Event poller units",
        billed,
        "unit-hours",
        price,
        billed * price,
        f"{_said(unit_hours)} unit-hours, {poller}",
        ("price-esm-provisioned",),
    )


def _tenants(of: LambdaPrices, environments: Decimal, memory: Decimal) -> Iterable[Line]:
    if environments:
        total = environments * memory / MB_PER_GB
        yield Line(
            "Tenant isolation", total, "GB", of.tenant_environment_gb, total * of.tenant_environment_gb,
            f"{_said(environments)} environments × {_said(memory)} / 1,024 GB", ("price-tenant-isolation",),
        )  # fmt: skip


def _durable(
    of: LambdaPrices, free: FreeTier, executions: Decimal, active_s: Decimal, memory: Decimal, architecture: str, invocations: Decimal,
    operations: Decimal, written_kb: Decimal, wait_days: Decimal, retention_days: Decimal,
) -> Iterable[Line]:  # fmt: skip
    """A durable function: its runs, its operations, and what it writes and keeps while it waits and afterwards. A GB is a million KB here,
    as in the example of AWS."""
    runs = executions * invocations
    total = executions * active_s * memory / MB_PER_GB
    off = min(total, of.free_gb_seconds) if free.compute else Decimal(0)
    off_requests = min(runs, of.free_requests) if free.requests else Decimal(0)
    yield Line(
        "Requests", runs - off_requests, "requests", of.requests_per_million / MILLION, (runs - off_requests) * of.requests_per_million / MILLION,
        f"{_said(executions)} × {_said(invocations)}{f' − {_said(off_requests)} free' if off_requests else ''}", ("price-requests",),
    )  # fmt: skip
    usd = tiered_usd(total - off, of.of(architecture).duration)
    yield Line(
        f"Duration, {architecture}", total - off, "GB-seconds", of.of(architecture).duration[0].gb_second, usd,
        f"{_said(executions)} × {_said(active_s)} s × {_said(memory)} / 1,024 GB{f' − {_said(off)} free' if off else ''}", ("price-durable",),
    )  # fmt: skip
    count = executions * operations
    yield Line(
        "Durable operations", count, "operations", of.durable_operations_per_million / MILLION, count * of.durable_operations_per_million / MILLION,
        f"{_said(executions)} × {_said(operations)}", ("price-durable",),
    )  # fmt: skip
    written = executions * written_kb / MILLION
    yield Line(
        "Data written",
        written,
        "GB",
        of.durable_written_gb,
        written * of.durable_written_gb,
        f"{_said(executions)} × {_said(written_kb)} KB",
        ("price-durable",),
    )
    kept = written * (wait_days + retention_days) / DAYS_PER_MONTH
    yield Line(
        "Data retained", kept, "GB-months", of.durable_retained_gb_month, kept * of.durable_retained_gb_month,
        f"{_said(written)} GB × ({_said(wait_days)} + {_said(retention_days)}) / 30 days", ("price-durable",),
    )  # fmt: skip


def _managed(
    of: LambdaPrices, requests: Decimal, on_demand: Number, discounted: Number | None, instance_hours: Number, fee_percent: Number | None
) -> Iterable[Line]:
    """Managed instances: requests, the machine, and a fee on its on-demand price. There is no free tier and no duration."""
    hours, full = dec(instance_hours), dec(on_demand)
    paid = full if discounted is None else dec(discounted)
    fee = full * (of.managed_fee_percent if fee_percent is None else dec(fee_percent)) / 100
    yield Line(
        "Requests",
        requests,
        "requests",
        of.requests_per_million / MILLION,
        requests * of.requests_per_million / MILLION,
        _said(requests),
        ("price-lmi",),
    )
    yield Line("Instances", hours, "hours", paid, hours * paid, f"{_said(hours)} h", ("price-lmi",))
    yield Line(
        "Management fee", hours, "hours", fee, hours * fee, f"{_said(hours)} h × {_said(fee)} USD of the on-demand price", ("price-lmi",)
    )


def lambda_edge_bill(
    *, requests: Number, duration_ms: Number, memory_mb: Number = 128, free_tier: bool = False, prices: PriceList | None = None
) -> Bill:
    """Lambda@Edge: requests, and memory in portions of 128 MB by the second. There is no free tier (price-lambda-edge)."""
    listed = prices or shipped()
    of, runs = listed.lambda_, dec(requests)
    units = runs * billed_ms(duration_ms=duration_ms) / MS_PER_S * dec(memory_mb) / 128
    lines = (
        Line("Requests", runs, "requests", of.edge_requests_per_million / MILLION, runs * of.edge_requests_per_million / MILLION, _said(runs), ("price-lambda-edge",)),
        Line("Duration", units, "128 MB-seconds", of.edge_128_mb_second, units * of.edge_128_mb_second, f"{_said(runs)} × {_said(billed_ms(duration_ms=duration_ms))} ms", ("price-lambda-edge",)),
    )  # fmt: skip
    return Bill(lines, listed.region)


# -- Step Functions --------------------------------------------------------------------------------------------------


def step_functions_standard_bill(
    *, executions: Number = 1, transitions_per_execution: Number = 0, retries_per_execution: Number = 0, transitions: Number | None = None,
    free_tier: bool = True, prices: PriceList | None = None,
) -> Bill:  # fmt: skip
    """Standard workflows: state transitions, of which every retry is one more. `transitions` counts them all at once instead."""
    listed = prices or shipped()
    of = listed.step_functions
    each, again = dec(transitions_per_execution), dec(retries_per_execution)
    count = dec(executions) * (each + again) if transitions is None else dec(transitions)
    off = min(count, of.free_transitions) if free_tier else Decimal(0)
    told = f"{_said(dec(executions))} × ({_said(each)} + {_said(again)} retries)" if transitions is None else _said(count)
    line = Line(
        "State transitions", count - off, "transitions", of.transitions_per_thousand / 1000, (count - off) * of.transitions_per_thousand / 1000,
        f"{told}{f' − {_said(off)} free' if off else ''}",
        ("sfn-price-standard", *(["sfn-price-retries-count"] if again else []), *(["sfn-price-standard-free"] if off else [])),
    )  # fmt: skip
    return Bill((line,), listed.region, ("What the steps call, each Lambda invocation for instance, is billed separately.",))


def express_tiers(prices: PriceList) -> tuple[Tier, ...]:
    """The tiers of Express duration. AWS computes its examples in the first one with the price of 100 ms at 64 MB (sfn-price-express-100ms-64mb),
    which is rounded otherwise than the price of a GB-second; so do we."""
    of = prices.step_functions
    first, *others = of.express_duration
    per_gb_second = of.express_unit_usd * (MS_PER_S / of.express_unit_ms) * (MB_PER_GB / of.express_chunk_mb)
    return (Tier(gb_second=per_gb_second, up_to=first.up_to), *others)


def step_functions_express_bill(
    *, executions: Number, duration_ms: Number, memory_mb: Number = 64, parent_transitions: Number = 0, tier: int = 1, free_tier: bool = False,
    prices: PriceList | None = None,
) -> Bill:  # fmt: skip
    """Express workflows: starts, and time in steps of 100 ms with memory in steps of 64 MB.

    `parent_transitions` are those of a Standard workflow in which the Express ones are nested. `tier` begins the duration in a later tier, 1 to 3.
    The free tier is for the transitions of the parent alone; Express has none.
    """
    listed = prices or shipped()
    of, runs = listed.step_functions, dec(executions)
    tier = int(dec(tier))
    if tier not in range(1, len(of.express_duration) + 1):
        raise ValueError(f"tier is 1 to {len(of.express_duration)}, not {tier}")
    ms = _steps(dec(duration_ms), of.express_unit_ms) * of.express_unit_ms
    memory = max(Decimal(1), _steps(dec(memory_mb), of.express_chunk_mb)) * of.express_chunk_mb
    total = runs * ms / MS_PER_S * memory / MB_PER_GB
    before = of.express_duration[tier - 2].up_to if tier > 1 else Decimal(0)
    usd = tiered_usd(total, express_tiers(listed), before=before or Decimal(0))
    lines = [
        Line(
            "Requests", runs, "starts", of.express_requests_per_million / MILLION, runs * of.express_requests_per_million / MILLION, _said(runs),
            ("sfn-price-express-requests",),
        ),
        Line(
            "Duration", total, "GB-seconds", usd / total if total else of.express_duration[tier - 1].gb_second, usd,
            f"{_said(runs)} × {_said(ms)} ms × {_said(memory)} / 1,024 GB", ("sfn-price-express-metering", "sfn-price-express-duration-tier1"),
        ),
    ]  # fmt: skip
    if dec(parent_transitions):
        lines += step_functions_standard_bill(transitions=parent_transitions, free_tier=free_tier, prices=listed).lines
    notes = ["What the steps call, each Lambda invocation for instance, is billed separately."]
    if tier == 1:
        notes.append(
            f"A GB-second of Express is reckoned from the price of {_said(of.express_unit_ms)} ms at {_said(of.express_chunk_mb)} MB, as AWS does "
            f"in its examples; the list says ${of.express_duration[0].gb_second:f}."
        )
    return Bill(tuple(lines), listed.region, tuple(notes))
