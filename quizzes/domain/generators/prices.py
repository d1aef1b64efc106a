"""What a function costs: milliseconds, GB-seconds, the bill of a month, and what arm64 saves. The sums are those of the pricing lab."""

from __future__ import annotations

import random
from decimal import ROUND_CEILING, Decimal

from quizzes.domain.generators.family import Built, Family, Params, Wrong
from quizzes.domain.generators.parts import CHECKED, INIT, LAMBDA_PRICES, TIERS, apart, cents, day, num, place, plain, usd
from quizzes.domain.serverless.prices import shipped
from quizzes.domain.serverless.pricing import FreeTier, billed_ms, gb_seconds, lambda_bill

_CENT = Decimal("0.05")

# -- milliseconds billed ----------------------------------------------------------------------------------------------

_STARTS = (
    "The first run after a release",
    "The first run after a quiet night",
    "The first run of a new environment",
    "The first run of the month",
    "The first run after more memory was set",
    "The first run in a new Region",
)
_PACKAGES = (
    "a zip package for a managed Python runtime",
    "a zip package for a managed Node.js runtime",
    "a zip package for a managed Java runtime",
)


def _draw_ms(rng: random.Random) -> Params:
    return {
        "below": place(rng), "scene": rng.randrange(len(_STARTS)), "package": rng.randrange(len(_PACKAGES)), "memory_mb": rng.choice((256, 512, 1024)),
        "duration_ms": f"{rng.randrange(110, 690)}.{rng.randrange(1, 100):02}", "init_ms": f"{rng.randrange(85, 480)}.{rng.randrange(1, 100):02}",
    }  # fmt: skip


def _build_ms(p: Params) -> Built:
    duration, init = Decimal(p["duration_ms"]), Decimal(p["init_ms"])
    right = billed_ms(duration_ms=duration, init_ms=init)

    def hundreds(value: Decimal) -> Decimal:
        return (value / 100).to_integral_value(ROUND_CEILING) * 100

    stem = (
        f"{_STARTS[p['scene']]} of a function with {num(p['memory_mb'])} MB, {_PACKAGES[p['package']]}, writes into its log: Duration {duration} ms, Init Duration "
        f"{init} ms. It is {CHECKED:%B %Y}. How many milliseconds are billed for this run?"
    )
    solution = f"INIT is billed since August 2025: {duration} + {init} = {duration + init} ms, rounded up to the next millisecond, {num(right)} ms."
    slips = (
        Wrong(billed_ms(duration_ms=duration), "Billing starts only when the handler starts.", "This leaves out INIT. That was so for zip packages on managed runtimes until July 2025."),
        Wrong(hundreds(duration + init), "Duration is billed in steps of 100 ms.", "This rounds up to 100 ms, as Lambda did until December 2020. Now it is the next millisecond."),
        Wrong(hundreds(duration), "INIT is free, and duration is billed in steps of 100 ms.", "Both rules are old: INIT is billed, and steps are of one millisecond."),
        Wrong(hundreds(duration) + hundreds(init), "Run and INIT are each billed in steps of 100 ms.", "This rounds each of the two up to 100 ms. They are added first, and then rounded up to the next millisecond."),
        Wrong(billed_ms(duration_ms=duration, init_ms=2 * init), "INIT is billed as start and again as part of the run.", "This counts INIT twice. The run and INIT stand side by side in the log."),
        Wrong(billed_ms(duration_ms=abs(duration - init)), "The duration of the log includes INIT, which is taken off.", "This subtracts. The log states the two times side by side, and both are billed."),
        Wrong(billed_ms(duration_ms=init), "A first run is billed its INIT alone.", "This is INIT alone. The run itself is billed as well."),
    )  # fmt: skip
    return Built(stem, right, solution, apart(right, slips, below=p["below"], least=6))


BILLED_MS = Family(
    slug="billed-milliseconds", title="Milliseconds billed with INIT", type="single", topic="lambda-pricing", objective="pricing-dimensions", domain="cost",
    level="apply", difficulty=1, lesson="lambda-pricing#duration", facts=("price-duration-rounding", "price-init-billed", "price-init-example"),
    sources=(LAMBDA_PRICES, INIT), checked=CHECKED, draw=_draw_ms, build=_build_ms, show=lambda value: f"{num(value)} ms",
)  # fmt: skip

# -- GB-seconds after the free tier -----------------------------------------------------------------------------------

_SOLE = (
    "A sports club has one function in its account",
    "A museum has one function in its account",
    "A choir has one function in its account",
    "A small publisher has one function in its account",
    "A village has one function in its account",
    "A start-up has one function in its account",
)


def _draw_free(rng: random.Random) -> Params:
    while True:
        drawn = {
            "scene": rng.randrange(len(_SOLE)), "requests": rng.randrange(1_500_000, 12_000_001, 500_000), "duration_ms": rng.choice((100, 200, 300, 400, 500, 600, 800)),
            "memory_mb": rng.choice((256, 512, 768, 1024, 1536, 2048)),
        }  # fmt: skip
        total = gb_seconds(requests=drawn["requests"], duration_ms=drawn["duration_ms"], memory_mb=drawn["memory_mb"])
        if total == int(total) and 450_000 <= total <= 6_000_000:
            return drawn


def _build_free(p: Params) -> Built:
    runs, duration, memory = p["requests"], p["duration_ms"], p["memory_mb"]
    of = shipped().lambda_
    free = of.free_gb_seconds
    bill = lambda_bill(requests=runs, duration_ms=duration, memory_mb=memory)
    right = bill.lines[1].quantity
    total = gb_seconds(requests=runs, duration_ms=duration, memory_mb=memory)
    seconds = Decimal(runs) * duration / 1000
    paid_runs = Decimal(runs) - of.free_requests
    stem = (
        f"{_SOLE[p['scene']]}, with {num(memory)} MB. In a month it runs {num(runs)} times for {duration} ms each. The free tier of Lambda holds "
        f"{num(of.free_requests)} requests and {num(free)} GB-seconds a month. How many GB-seconds of duration are billed?"
    )
    solution = (
        f"{num(runs)} × {num(Decimal(duration) / 1000)} s = {num(seconds)} s; × {num(Decimal(memory) / 1024)} GB = {num(total)} GB-seconds; − {num(free)} free = {num(right)}."
    )  # fmt: skip
    slips = (
        Wrong(total, "The free tier covers requests alone.", f"The free {num(free)} GB-seconds are not taken off here."),
        Wrong(seconds - free, "400,000 seconds regardless of memory.", f"This takes seconds as GB-seconds. Memory counts: {num(memory)} MB are {num(Decimal(memory) / 1024)} GB."),
        Wrong(gb_seconds(requests=paid_runs, duration_ms=duration, memory_mb=memory) - free, "Free requests bring free duration besides.", "This leaves out the duration of the free requests. Duration has an allowance of its own, which is taken off once."),
        Wrong(gb_seconds(requests=paid_runs, duration_ms=duration, memory_mb=memory), "Free requests run for free.", "This leaves out the duration of a million requests. The free GB-seconds are taken off, not the time of free requests."),
        Wrong(seconds, "Duration is billed in seconds.", "These are the seconds, before memory and free tier."),
    )  # fmt: skip
    return Built(stem, right, solution, apart(right, slips, share=Decimal("0.01")))


FREE_GB_SECONDS = Family(
    slug="free-tier-duration", title="GB-seconds billed after the free tier", type="numeric", topic="lambda-pricing", objective="pricing-reduce", domain="cost",
    level="apply", difficulty=2, lesson="lambda-pricing#free-tier", facts=("price-free-tier-compute", "price-free-tier-requests", "price-dimensions"),
    sources=(LAMBDA_PRICES,), checked=CHECKED, draw=_draw_free, build=_build_free, show=plain, unit="GB-seconds", tolerance="1",
)  # fmt: skip

# -- the bill of a month ----------------------------------------------------------------------------------------------

_FIRMS = (
    "A map service draws tiles",
    "A travel agency compares prices",
    "A newspaper resizes pictures",
    "A pharmacy checks prescriptions",
    "A taxi company computes fares",
    "A dating app ranks profiles",
)
_NAMES = {"x86_64": "x86", "arm64": "arm64"}


def _draw_bill(rng: random.Random) -> Params:
    while True:
        drawn = {
            "below": place(rng), "scene": rng.randrange(len(_FIRMS)), "millions": rng.randrange(3, 61), "duration_ms": rng.choice((50, 100, 150, 200, 250, 400, 500)),
            "memory_mb": rng.choice((512, 1024, 2048)), "architecture": rng.choice(tuple(_NAMES)), "free": rng.choice((True, False)),
        }  # fmt: skip
        if gb_seconds(requests=drawn["millions"] * 1_000_000, duration_ms=drawn["duration_ms"], memory_mb=drawn["memory_mb"]) >= 800_000:
            return drawn


def _build_bill(p: Params) -> Built:
    millions, duration, memory, architecture, free = p["millions"], p["duration_ms"], p["memory_mb"], p["architecture"], p["free"]
    of = shipped().lambda_
    price = of.of(architecture).duration[0].gb_second
    other = "arm64" if architecture == "x86_64" else "x86_64"
    runs = millions * 1_000_000

    def total(*, free_tier: bool | FreeTier = free, memory_mb: int = memory, ms: int = duration, on: str = architecture) -> Decimal:
        return cents(lambda_bill(requests=runs, duration_ms=ms, memory_mb=memory_mb, architecture=on, free_tier=free_tier).total_usd)

    bill = lambda_bill(requests=runs, duration_ms=duration, memory_mb=memory, architecture=architecture, free_tier=free)
    requests, time = bill.lines
    right = total()
    tier = (
        f"The free tier ({num(of.free_requests)} requests, {num(of.free_gb_seconds)} GB-seconds) is there for this function alone."
        if free
        else "Other functions of the account use up the free tier."
    )
    stem = (
        f"{_FIRMS[p['scene']]} with a function on {_NAMES[architecture]} with {num(memory)} MB: {millions} million runs a month, {duration} ms each. In {day()}, a million "
        f"requests cost USD {of.requests_per_million} and a GB-second on {_NAMES[architecture]} costs USD {price}. {tier} What does the function cost in a month?"
    )
    solution = (
        f"Requests: {num(requests.quantity / 1_000_000)} million × {of.requests_per_million} = {cents(requests.usd):,}. Duration: {num(time.quantity)} GB-seconds"
        f"{' after the free tier' if free else ''} × {price} = {cents(time.usd):,}. Sum: {usd(right)}."
    )
    slips = [
        Wrong(cents(time.usd), "Requests cost nothing.", "This is the duration alone. Requests are charged besides."),
        Wrong(total(memory_mb=1024), "A second is a GB-second, whatever the memory.", f"This reckons with 1 GB. The function has {num(memory)} MB, {num(Decimal(memory) / 1024)} GB."),
        Wrong(cents(requests.usd), "Only requests are charged.", "These are the requests alone. Duration is the larger part here."),
        Wrong(total(ms=-(-duration // 100) * 100), "100 ms steps (true until December 2020; still true for Step Functions Express).", f"This rounds {duration} ms up to the next 100 ms. Lambda bills by the millisecond."),
        Wrong(total(on=other), "x86 and arm64 cost the same.", f"This is the price of {_NAMES[other]}. The function is on {_NAMES[architecture]}."),
    ]  # fmt: skip
    if free:
        slips.insert(0, Wrong(total(free_tier=False), "It ends after 12 months.", "This leaves out the free tier. It does not expire, and nobody else uses it here."))  # fmt: skip
        slips.insert(1, Wrong(total(free_tier=FreeTier(compute=False)), "The free tier covers requests alone.", f"This takes off free requests, but not the {num(of.free_gb_seconds)} free GB-seconds."))  # fmt: skip
    else:
        slips.insert(0, Wrong(total(free_tier=True), "It is 1 million per function.", "This takes off a free tier for this function. It is one for the account, and others use it up."))  # fmt: skip
    return Built(stem, right, solution, apart(right, slips, below=p["below"], least=_CENT))


MONTH = Family(
    slug="month-bill", title="A month’s bill", type="single", topic="lambda-pricing", objective="pricing-reduce", domain="cost", level="apply",
    difficulty=2, lesson="lambda-pricing#bill",
    facts=("price-dimensions", "price-requests", "price-duration-x86-tier1", "price-duration-arm-tier1", "price-free-tier-requests", "price-free-tier-compute"),
    sources=(LAMBDA_PRICES,), checked=CHECKED, draw=_draw_bill, build=_build_bill, show=usd,
)  # fmt: skip

# -- what arm64 saves -------------------------------------------------------------------------------------------------

_MOVES = (
    "A video portal cuts previews",
    "A car club plans routes",
    "A hotel chain sorts reviews",
    "A seed bank compares genomes",
    "A stock broker values portfolios",
    "A call centre transcribes notes",
)


def _draw_saving(rng: random.Random) -> Params:
    duration = rng.choice((200, 300, 400, 500, 600, 800))
    return {
        "below": place(rng), "scene": rng.randrange(len(_MOVES)), "millions": rng.randrange(5, 61, 5), "memory_mb": rng.choice((1024, 2048, 3072, 4096)), "duration_ms": duration,
        "arm_ms": duration * rng.choice((80, 85, 90, 95, 105, 110)) // 100,
    }  # fmt: skip


def _build_saving(p: Params) -> Built:
    millions, memory, duration, arm = p["millions"], p["memory_mb"], p["duration_ms"], p["arm_ms"]
    of = shipped().lambda_
    runs = millions * 1_000_000

    def bill(architecture: str, ms: int) -> Decimal:
        return lambda_bill(requests=runs, duration_ms=ms, memory_mb=memory, architecture=architecture, free_tier=False).total_usd

    before, after = bill("x86_64", duration), bill("arm64", arm)
    right = cents(before - after)
    of_time = before - runs * of.requests_per_million / 1_000_000
    x86, arm64 = (of.of(name).duration[0].gb_second for name in ("x86_64", "arm64"))
    then, now = (gb_seconds(requests=runs, duration_ms=ms, memory_mb=memory) for ms in (duration, arm))
    stem = (
        f"{_MOVES[p['scene']]} with a function with {num(memory)} MB on x86: {millions} million runs a month, {duration} ms each. A test on arm64 takes {arm} ms per run. "
        f"In {day()}, a GB-second costs USD {x86} on x86 and USD {arm64} on arm64, and a million requests cost USD {of.requests_per_million} on both. The free tier is used up elsewhere. What does the move to arm64 "
        "save in a month?"
    )
    solution = (
        f"x86: {num(then)} GB-seconds × {x86} = {cents(then * x86):,}. arm64: {num(now)} × {arm64} = {cents(now * arm64):,}. Requests cost the same. "
        f"Saved: {usd(right)}."
    )
    slips = (
        Wrong(cents(of_time * Decimal("0.34")), "arm64 is 34% cheaper per GB-second (AWS quotes up to 34% better price performance; the unit price is 20% lower).", "This takes 34 % off the duration. The price of a GB-second is 20 % lower, and the time of a run changes too."),
        Wrong(cents(before - bill("arm64", duration)), "The run time is the same on both.", f"This keeps {duration} ms. On arm64 a run takes {arm} ms."),
        Wrong(cents(bill("x86_64", duration) - bill("x86_64", arm)), "Only the run time changes.", "This keeps the price of x86. A GB-second on arm64 costs less."),
        Wrong(cents(before - after + millions * of.requests_per_million), "arm64 requests are cheaper (the request price is the same).", "This saves the requests as well. They cost the same on both."),
        Wrong(cents(after), "What remains is what is saved.", "This is the new bill. The saving is the old one less the new one."),
        Wrong(cents(before), "The whole charge falls away.", "This is the old bill. On arm64 runs are still charged."),
    )  # fmt: skip
    return Built(stem, right, solution, apart(right, slips, below=p["below"], least=_CENT))


SAVING = Family(
    slug="arm64-saving", title="What arm64 saves", type="single", topic="lambda-pricing", objective="pricing-reduce", domain="cost", level="apply",
    difficulty=3, lesson="lambda-pricing#reduce", facts=("price-duration-arm-tier1", "price-duration-x86-tier1", "price-requests"),
    sources=(LAMBDA_PRICES, TIERS), checked=CHECKED, draw=_draw_saving, build=_build_saving, show=usd,
)  # fmt: skip

FAMILIES = (BILLED_MS, FREE_GB_SECONDS, MONTH, SAVING)
