"""The key of each family once more, from its parameters and without the functions of the app: plain sums with the figures of the facts."""

from decimal import ROUND_HALF_EVEN, Decimal
from math import ceil

X86, ARM = Decimal("0.0000166667"), Decimal("0.0000133334")
A_REQUEST, A_TRANSITION, A_START, A_UNIT = Decimal("0.0000002"), Decimal("0.000025"), Decimal("0.000001"), Decimal("0.0000001042")


def usd(value):
    """As an option has it."""
    return f"USD {value.quantize(Decimal('0.01'), ROUND_HALF_EVEN):,}"


def things(value, thing):
    return f"{value:,} {thing}" + ("" if value == 1 else "s")


def sync_runs(p):
    return things(p["calls"] - p["throttled"] + p["late"] * (p["attempts"] - 1), "run")


def async_runs(p):
    tries, at = 1, 0
    for wait in (60, 120)[: p["max_retries"]]:
        at += p["run_s"] + wait
        tries += at <= p["max_age_s"]
    return things(p["total"] + p["failing"] * (tries - 1), "run")


def async_third_attempt(p):
    return str({2: p["run_s"] + 60, 3: 2 * p["run_s"] + 180}[p["asked"]])


def queue_receives(p):
    return things(p["total"] + p["failing"] * (p["max_receive_count"] - 1), "invocation")


def stream_tries(p):
    return things(p["bad"] + p["bad"] * p["max_retries"], "invocation")


def batch_returns(p):
    return things(p["bad"] * (p["failed"] if p["way"] == "on" else p["batch"]), "message")


def visibility_timeout(p):
    return str(p["timeout_s"] * 6 + p["window_s"])


def concurrency_needed(p):
    return f"{ceil(p['rate'] * (p['before_ms'] + p['extra_ms']) / 1000):,}"


def concurrency_rate(p):
    return str(p["reserved"] * 1000 // p["duration_ms"])


def stream_concurrency(p):
    return things(sum(p["factor"] for _ in range(p["shards"])), "run")


def scaling_intervals(p):
    have, intervals = p["present"], 0
    while have < p["wanted"]:
        have, intervals = have + 1000, intervals + 1
    return things(intervals, "interval")


def concurrency_left(p):
    return f"{p['quota'] - (p['first'] + p['second']) - (100 if p['asked'] == 'reservable' else 0):,}"


def billed_milliseconds(p):
    return f"{ceil(Decimal(p['duration_ms']) + Decimal(p['init_ms'])):,} ms"


def free_tier_duration(p):
    return str(p["requests"] * p["duration_ms"] * p["memory_mb"] // (1000 * 1024) - 400_000)


def month_bill(p):
    runs = p["millions"] * 1_000_000
    time = Decimal(runs * p["duration_ms"] * p["memory_mb"]) / (1000 * 1024)
    if p["free"]:
        runs, time = runs - 1_000_000, time - 400_000
    return usd(runs * A_REQUEST + time * (X86 if p["architecture"] == "x86_64" else ARM))


def arm64_saving(p):
    each = Decimal(p["millions"] * 1_000_000 * p["memory_mb"]) / (1000 * 1024)
    return usd(each * p["duration_ms"] * X86 - each * p["arm_ms"] * ARM)


def transitions_billed(p):
    retried = p["executions"] * p["percent"] // 100
    return str((p["executions"] - retried) * p["transitions"] + retried * (p["transitions"] + p["retries"]) - 4_000)


def standard_or_express(p):
    standard = p["executions"] * p["transitions"] * A_TRANSITION
    express = p["executions"] * (A_START + ceil(p["duration_ms"] / 100) * ceil(p["memory_mb"] / 64) * A_UNIT)
    return f"{'Standard' if standard < express else 'Express'} costs less, by {usd(abs(standard - express))}"


def express_units(p):
    return things(-(-p["duration_ms"] // 100) * -(-p["memory_mb"] // 64), "unit")


def retry_waits(p):
    wait, waited = p["interval_s"], 0
    for _ in range(p["max_attempts"]):
        waited += min(wait, p["max_delay_s"] or wait)
        wait *= p["backoff"]
    return str(waited)
