"""Workflows: transitions with retries, Standard against Express, what Express bills, and how long a Retry waits."""

from __future__ import annotations

import random
from decimal import Decimal
from math import ceil

from quizzes.domain.generators.family import Built, Family, Params, Wrong
from quizzes.domain.generators.parts import (
    APART,
    CHECKED,
    WORKFLOW_ERRORS,
    WORKFLOW_PRICES,
    apart,
    cents,
    count,
    day,
    num,
    place,
    plain,
    usd,
)
from quizzes.domain.serverless.comparisons import compare_workflows
from quizzes.domain.serverless.prices import shipped
from quizzes.domain.serverless.pricing import step_functions_standard_bill
from quizzes.domain.serverless.rules import express_units, retry_waits_s

# -- transitions billed -----------------------------------------------------------------------------------------------

_FLOWS = (
    "A furniture shop runs its orders",
    "A law firm files its cases",
    "An airport service handles lost luggage",
    "A lender decides on loans",
    "A hospital plans its operations",
    "A film studio renders its scenes",
)


def _draw_transitions(rng: random.Random) -> Params:
    return {
        "scene": rng.randrange(len(_FLOWS)), "executions": rng.randrange(5_000, 60_001, 1_000), "transitions": rng.randrange(5, 16),
        "percent": rng.choice((5, 10, 20, 25)), "retries": rng.choice((1, 2, 3)),
    }  # fmt: skip


def _build_transitions(p: Params) -> Built:
    executions, each, percent, retries = p["executions"], p["transitions"], p["percent"], p["retries"]
    retried = executions * percent // 100
    total = executions * each + retried * retries
    free = shipped().step_functions.free_transitions
    line = step_functions_standard_bill(transitions=total).lines[0]
    right = line.quantity
    stem = (
        f"{_FLOWS[p['scene']]} as a Standard workflow: {num(executions)} executions a month with {each} state transitions each if nothing fails. In {percent} % of "
        f"the executions one task has to be retried, {'once' if retries == 1 else f'{retries} times'}, and succeeds then. The account has no other workflow, and its "
        f"free tier holds {num(free)} state transitions a month. How many state transitions are billed?"
    )
    solution = (
        f"{num(executions)} × {each} = {num(executions * each)}. Retries: {percent} % of {num(executions)} is {num(retried)}, × {retries} = {num(retried * retries)}. "
        f"Sum {num(total)}, less {num(free)} free: {num(right)}."
    )
    slips = (
        Wrong(executions * each - free, "Retries inside a Task state are free.", f"This leaves out {num(retried * retries)} retries. Each one counts as a transition."),
        Wrong(total, "The free tier has expired.", f"The {num(free)} free transitions of the month are not taken off. They do not expire."),
        Wrong(executions * (each + retries) - free, "Each execution has the retries.", f"This adds {'a retry' if retries == 1 else f'{retries} retries'} to each execution. In {percent} % of them a task was retried."),
        Wrong(executions * each + retried * each * retries - free, "A retry begins the execution anew.", f"This repeats all {each} transitions. A retry repeats one task."),
        Wrong(executions - free, "An execution is billed, not its transitions.", f"These are executions. Each has {each} transitions or more."),
    )  # fmt: skip
    return Built(stem, right, solution, _few_apart(right, slips))


def _few_apart(right: Decimal, slips: tuple[Wrong, ...]) -> tuple[Wrong, ...]:
    """Typed counts are exact, so answers need to differ by no more than a thousandth."""
    return apart(right, slips, share=Decimal("0.001"))


TRANSITIONS = Family(
    slug="transitions-billed", title="Transitions billed with retries", type="numeric", topic="standard-and-express", objective="sfn-pricing", domain="cost",
    level="apply", difficulty=2, lesson="standard-and-express#prices", facts=("sfn-price-standard", "sfn-price-standard-free", "sfn-price-retries-count"),
    sources=(WORKFLOW_PRICES, WORKFLOW_ERRORS), checked=CHECKED, draw=_draw_transitions, build=_build_transitions, show=plain, unit="transitions",
)  # fmt: skip

# -- Standard or Express ----------------------------------------------------------------------------------------------

_WORK = (
    "A streaming service books plays",
    "A power company stores readings",
    "A parking app ends its sessions",
    "A grocer sorts its deliveries",
    "A chat app filters pictures",
    "A customs office checks forms",
)


def _draw_cheaper(rng: random.Random) -> Params:
    while True:
        short = rng.random() < 0.5
        drawn = {
            "scene": rng.randrange(len(_WORK)), "executions": rng.randrange(20, 101, 5) * (10_000 if short else 1_000), "transitions": rng.randrange(3, 13),
            "duration_ms": rng.randrange(250, 4_000, 150) if short else rng.randrange(90_150, 290_000, 20_000), "memory_mb": 64 if short else rng.choice((64, 128, 192)),
        }  # fmt: skip
        seconds = drawn["executions"] * -(-drawn["duration_ms"] // 100) / 10
        tier = shipped().step_functions.express_duration[0].up_to
        if tier is not None and seconds * drawn["memory_mb"] / 1024 <= tier:
            return drawn


def _build_cheaper(p: Params) -> Built:
    executions, each, duration, memory = p["executions"], p["transitions"], p["duration_ms"], p["memory_mb"]
    of = shipped().step_functions
    both = compare_workflows(executions=executions, transitions_per_execution=each, duration_ms=duration, memory_mb=memory, free_tier=False)
    units = express_units(duration_ms=duration, memory_mb=memory)
    standard, express = both.standard_usd, both.express_usd
    starts = executions * of.express_requests_per_million / 1_000_000
    right = _cheaper(standard, express)
    stem = (
        f"{_WORK[p['scene']]} with a workflow: {num(executions)} executions a month, {each} state transitions and {num(duration)} ms each, with {memory} MB as an Express "
        f"workflow. In {day()}, Standard costs USD {of.transitions_per_thousand} per 1,000 transitions. Express costs USD {of.express_requests_per_million} per million "
        f"starts and USD {of.express_unit_usd:f} for each 100 ms at 64 MB. The free tier is used up elsewhere. Which type costs less in a month, and by how much?"
    )
    solution = (
        f"Standard: {num(executions)} × {each} × {num(of.transitions_per_thousand / 1000)} = {cents(standard):,}. Express: starts {cents(starts):,}; {num(units)} units "
        f"of 100 ms at 64 MB each, {num(executions)} × {num(units)} × {of.express_unit_usd:f} = {cents(express - starts):,}. Difference {right[1]:,}."
    )
    loser = "Express" if right[0] == "Standard" else "Standard"
    exact = executions * (Decimal(duration) / of.express_unit_ms) * (Decimal(memory) / of.express_chunk_mb) * of.express_unit_usd + starts
    slips = (
        Wrong((loser, right[1]), "The two types are mixed up.", f"The difference is right, but it is {right[0]} that costs less."),
        Wrong(_cheaper(standard, starts), "Express is charged for starts alone.", "This compares Standard with the starts of Express. Its duration is charged as well."),
        Wrong(_cheaper(executions * of.transitions_per_thousand / 1000, express), "Standard is charged once per execution.", f"This counts one transition per execution. Each has {each}."),
        Wrong(_cheaper(standard, express - starts), "Express is charged for duration alone.", "This leaves out the starts of Express."),
        Wrong(_cheaper(standard / 10, express), "A transition costs USD 0.0000025.", "This makes transitions ten times too cheap."),
        Wrong(_cheaper(standard, exact), "Express is metered per millisecond like Lambda.", "This does not round the duration up to 100 ms."),
        Wrong(_cheaper(standard, executions * ceil(duration / 1_000) * of.express_unit_usd + starts), "Express duration has units of a second.", "This takes seconds as units. A unit is 100 ms."),
    )  # fmt: skip
    return Built(stem, right, solution, _amounts_apart(right, slips))


def _cheaper(standard: Decimal, express: Decimal) -> tuple[str, Decimal]:
    """The cheaper type and by how many dollars."""
    return ("Standard" if standard < express else "Express", cents(abs(standard - express)))


def _amounts_apart(right: tuple[str, Decimal], slips: tuple[Wrong, ...]) -> tuple[Wrong, ...]:
    """As `apart`, for pairs: answers for the same type keep their amounts apart."""
    taken, found = [right], []
    for one in slips:
        name, amount = one.value
        if amount >= Decimal("0.5") and all(name != kind or abs(amount - other) >= APART * max(amount, other) for kind, other in taken):
            taken.append(one.value)
            found.append(one)
    return tuple(found)


CHEAPER = Family(
    slug="standard-or-express", title="Standard or Express, and by how much", type="single", topic="standard-and-express", objective="sfn-pricing", domain="cost",
    level="analyse", difficulty=3, lesson="standard-and-express#break-even",
    facts=("sfn-price-standard", "sfn-price-express-requests", "sfn-price-express-metering", "sfn-price-express-100ms-64mb"), sources=(WORKFLOW_PRICES,),
    checked=CHECKED, draw=_draw_cheaper, build=_build_cheaper, show=lambda value: f"{value[0]} costs less, by {usd(value[1])}",
)  # fmt: skip

# -- what one Express execution is billed -----------------------------------------------------------------------------

_QUICK = (
    "An Express workflow validates addresses",
    "An Express workflow enriches clicks",
    "An Express workflow answers a chat bot",
    "An Express workflow converts currencies",
    "An Express workflow routes alarms",
    "An Express workflow scores payments",
)


def _draw_units(rng: random.Random) -> Params:
    return {
        "scene": rng.randrange(len(_QUICK)),
        "duration_ms": rng.randrange(310, 3_000, 20),
        "memory_mb": rng.randrange(70, 440, 5),
        "below": place(rng),
    }


def _build_units(p: Params) -> Built:
    duration, memory = p["duration_ms"], p["memory_mb"]
    right = express_units(duration_ms=duration, memory_mb=memory)
    steps, chunks = ceil(duration / 100), ceil(memory / 64)
    size = next(size for size in (128, 256, 512) if size >= memory)
    stem = (
        f"{_QUICK[p['scene']]}. One execution takes {num(duration)} ms and uses {memory} MB of memory. The price list states a price for 100 ms at 64 MB. How many of "
        "these units are billed for the execution?"
    )
    solution = f"Time: {num(duration)} ms are {steps} steps of 100 ms. Memory: {memory} MB are {chunks} chunks of 64 MB. {steps} × {chunks} = {right} units."
    slips = (
        Wrong(steps, "Memory does not count for Express.", f"This is the time alone. {memory} MB are {chunks} chunks of 64 MB."),
        Wrong((duration // 100) * (memory // 64), "Steps that are begun are not billed.", "This rounds down. Time and memory are rounded up."),
        Wrong(ceil(duration * memory / 6_400), "Express is metered per millisecond like Lambda.", "This multiplies first and rounds once. Time and memory are rounded up each for itself."),
        Wrong(steps + chunks, "Time and memory are added.", f"This adds {steps} and {chunks}. Each step of time is charged for each chunk of memory."),
        Wrong(chunks, "An execution is billed by its memory.", "This is the memory alone. Time counts in steps of 100 ms."),
        Wrong(steps * size // 64, "Memory is a size that is chosen, as for a machine.", f"This takes {size} MB, the next size of many machines. Memory of Express is not chosen: what is used counts, in chunks of 64 MB."),
        Wrong((steps + 1) * chunks, "The start of an execution is one more step.", "This adds a step for the start. Starts have a price of their own, and time is rounded up once."),
        Wrong(steps * (chunks + 1), "A first chunk is taken by the workflow itself.", "This adds a chunk. What the workflow uses, its definition included, is in the memory that was stated."),
        Wrong(steps * ceil(memory / 128), "Memory is counted in portions of 128 MB.", "This uses portions of 128 MB. For Express a chunk is 64 MB."),
    )  # fmt: skip
    return Built(stem, right, solution, apart(right, slips, below=p["below"]))


UNITS = Family(
    slug="express-units", title="What an Express execution is billed", type="single", topic="standard-and-express", objective="sfn-pricing", domain="cost",
    level="apply", difficulty=2, lesson="standard-and-express#prices", facts=("sfn-price-express-metering", "sfn-price-express-100ms-64mb"),
    sources=(WORKFLOW_PRICES,), checked=CHECKED, draw=_draw_units, build=_build_units, show=lambda value: count(value, "unit"),
)  # fmt: skip

# -- how long a Retry waits -------------------------------------------------------------------------------------------

_TASKS = (
    "A workflow asks a credit agency",
    "A workflow reserves a flight",
    "A workflow registers a domain name",
    "A workflow opens a bank account",
    "A workflow orders a courier",
    "A workflow looks up a patent",
)


def _draw_waits(rng: random.Random) -> Params:
    while True:
        drawn = {
            "scene": rng.randrange(len(_TASKS)), "interval_s": rng.randrange(1, 21), "max_attempts": rng.randrange(3, 6), "backoff": rng.choice((2, 2, 3)),
            "max_delay_s": rng.choice((0, 0, 20, 30, 40, 60, 90)),
        }  # fmt: skip
        longest = retry_waits_s(interval_s=drawn["interval_s"], max_attempts=drawn["max_attempts"], backoff=drawn["backoff"])[-1]
        if longest <= 400 and (not drawn["max_delay_s"] or 2 * drawn["interval_s"] < drawn["max_delay_s"] < longest):
            return drawn


def _build_waits(p: Params) -> Built:
    interval, attempts, backoff, cap = p["interval_s"], p["max_attempts"], p["backoff"], p["max_delay_s"]

    def waits(number: int = attempts, max_delay_s: int | None = cap or None) -> tuple[int, ...]:
        return retry_waits_s(interval_s=interval, max_attempts=number, backoff=backoff, max_delay_s=max_delay_s)

    right = sum(waits())
    capped = f", `MaxDelaySeconds` {cap}" if cap else ""
    stem = (
        f"{_TASKS[p['scene']]} in a task state with a Retry block: `IntervalSeconds` {interval}, `MaxAttempts` {attempts}, `BackoffRate` {backoff}{capped}, no jitter. "
        "The service stays down, and each attempt fails. How many seconds does the workflow wait between attempts in all, before the error goes to its catcher?"
    )
    told = f" (none longer than {cap})" if cap else ""
    solution = f"{attempts} retries, each wait {backoff} times the one before{told}: {' + '.join(map(str, waits()))} = {right}."
    slips = (
        Wrong(sum(waits(max_delay_s=None)), "MaxDelaySeconds limits the sum of waits, not each one.", f"This lets the waits grow without an end. None is longer than {cap} s."),
        Wrong(sum(waits(attempts - 1)), "MaxAttempts counts the first attempt (it counts retries).", f"These are {attempts - 1} waits. `MaxAttempts` counts retries, and each of the {attempts} has its wait."),
        Wrong(interval * attempts, "Each wait is as long as the first.", f"This waits {interval} s each time. The rate makes each wait {backoff} times as long."),
        Wrong(sum(interval + n * backoff for n in range(attempts)), "The rate is added to each wait.", f"This adds {backoff} s to each wait. The rate multiplies."),
        Wrong(sum(waits(attempts + 1)), "There is a wait before the catcher.", f"This is one wait too many. After retry {attempts} the error goes to the catcher at once."),
        Wrong(waits()[-1], "The last wait holds those before it.", "This is the last wait alone. Those before it come on top."),
    )  # fmt: skip
    return Built(stem, right, solution, apart(right, slips))


WAITS = Family(
    slug="retry-waits", title="How long a Retry waits", type="numeric", topic="step-functions", objective="sfn-build", domain="resilient", level="apply",
    difficulty=2, lesson="step-functions#errors", facts=("sfn-retry-defaults", "sfn-retry-backoff-example", "sfn-retry-maxdelay-jitter"),
    sources=(WORKFLOW_ERRORS,), checked=CHECKED, draw=_draw_waits, build=_build_waits, show=plain, unit="seconds",
)  # fmt: skip

FAMILIES = (TRANSITIONS, CHEAPER, UNITS, WAITS)
