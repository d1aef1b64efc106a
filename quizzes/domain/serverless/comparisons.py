"""What the pricing lab compares: memory against time, x86 against arm64, Standard against Express, Lambda against a machine that is always on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from quizzes.domain.serverless.prices import PriceList, shipped
from quizzes.domain.serverless.pricing import (
    MB_PER_GB,
    MILLION,
    MS_PER_S,
    Number,
    billed_ms,
    dec,
    lambda_bill,
    step_functions_express_bill,
    step_functions_standard_bill,
)

#: Hours in a month as AWS counts them in its calculators.
HOURS_PER_MONTH = Decimal(730)


@dataclass(frozen=True, slots=True)
class Tuned:
    """One measured memory size: what a million runs cost there, without free tier."""

    memory_mb: int
    duration_ms: Decimal
    usd_per_million: Decimal
    is_cheapest: bool = False
    is_fastest: bool = False


def tune(measured: Mapping[int, Number], *, architecture: str = "x86_64", prices: PriceList | None = None) -> list[Tuned]:
    """What a million runs cost at each memory size that was measured (milliseconds), smallest memory first.

    More memory brings more CPU, so the time falls and the price of a run need not rise (price-memory-scales-linearly).
    """
    rows = []
    for memory, duration in sorted(measured.items()):
        bill = lambda_bill(
            requests=MILLION, duration_ms=duration, memory_mb=memory, architecture=architecture, free_tier=False, prices=prices
        )
        rows.append((memory, dec(duration), bill.total_usd))
    least, fastest = min((usd for _, _, usd in rows), default=None), min((ms for _, ms, _ in rows), default=None)
    return [Tuned(memory, ms, usd, usd == least, ms == fastest) for memory, ms, usd in rows]


@dataclass(frozen=True, slots=True)
class Workflows:
    """Standard and Express for the same work, in a month and for one execution without free tier."""

    standard_usd: Decimal
    express_usd: Decimal
    standard_each_usd: Decimal
    express_each_usd: Decimal
    #: From so many transitions in one execution on Express is cheaper; None where Express costs nothing.
    transitions_break_even: int

    @property
    def cheaper(self) -> str:
        if self.standard_usd == self.express_usd:
            return "the same"
        return "Standard" if self.standard_usd < self.express_usd else "Express"


def compare_workflows(
    *, executions: Number, transitions_per_execution: Number, retries_per_execution: Number = 0, duration_ms: Number, memory_mb: Number = 64,
    free_tier: bool = True, prices: PriceList | None = None,
) -> Workflows:  # fmt: skip
    """The same work as a Standard and as an Express workflow. Only what the workflow costs: what its steps call is the same for both."""
    listed = prices or shipped()

    def standard(count: Number, *, free: bool) -> Decimal:
        return step_functions_standard_bill(
            executions=count, transitions_per_execution=transitions_per_execution, retries_per_execution=retries_per_execution,
            free_tier=free, prices=listed,
        ).total_usd  # fmt: skip

    def express(count: Number) -> Decimal:
        return step_functions_express_bill(executions=count, duration_ms=duration_ms, memory_mb=memory_mb, prices=listed).total_usd

    each = express(1)
    per_transition = listed.step_functions.transitions_per_thousand / 1000
    even = int((each / per_transition).to_integral_value(ROUND_CEILING)) if per_transition else 0
    return Workflows(standard(executions, free=free_tier), express(executions), standard(1, free=False), each, even)


def machine_break_even(
    *, usd_per_hour: Number, duration_ms: Number, memory_mb: Number, architecture: str = "x86_64", prices: PriceList | None = None
) -> Decimal:
    """Runs in a month from which on an always-on machine at this price costs less than Lambda, free tier and lower tiers left out.

    Raises ValueError where a run costs nothing.
    """
    listed = prices or shipped()
    of = listed.lambda_
    each = (
        of.requests_per_million / MILLION
        + billed_ms(duration_ms=duration_ms) / MS_PER_S * dec(memory_mb) / MB_PER_GB * of.of(architecture).duration[0].gb_second
    )
    if not each:
        raise ValueError("a run that costs nothing has no break-even")
    return (dec(usd_per_hour) * HOURS_PER_MONTH / each).to_integral_value(ROUND_CEILING)


def parse_curve(text: str) -> dict[int, Decimal]:
    """ "128:2400, 256:1210" as memory in MB to milliseconds. Raises ValueError with the part that does not fit."""
    found: dict[int, Decimal] = {}
    for part in text.replace(";", ",").replace("\n", ",").split(","):
        if not part.strip():
            continue
        memory, colon, duration = part.partition(":")
        try:
            size = int(memory.strip())
            ms = dec(duration.strip())
        except ValueError:
            raise ValueError(part.strip()) from None
        if not colon or not 128 <= size <= 10_240 or not 0 < ms <= 900_000 or size in found:
            raise ValueError(part.strip())
        found[size] = ms
    return found


def write_curve(curve: Mapping[int, Number]) -> str:
    return ", ".join(f"{memory}:{duration}" for memory, duration in sorted(curve.items()))
