"""How many run at once: rate and duration, reservations, shards, and how fast environments are added."""

from __future__ import annotations

import random
from math import ceil

from quizzes.domain.generators.family import Built, Family, Params, Wrong
from quizzes.domain.generators.parts import CHECKED, CONCURRENCY, KINESIS, RESERVED, SCALING, apart, count, num, place, plain
from quizzes.domain.serverless.rules import (
    UNRESERVED_LEAST,
    concurrency_needed,
    highest_rate,
    reservable,
    scaling_intervals,
    stream_concurrency,
    unreserved,
)

# -- rate times duration ----------------------------------------------------------------------------------------------

_PEAKS = (
    "A ticket shop expects its peak at noon",
    "A radio station runs a quiz on air",
    "A tax office nears its last day of filing",
    "A bakery chain takes orders before breakfast",
    "A railway answers questions about delays",
    "A sports site counts votes in the break",
)


def _draw_needed(rng: random.Random) -> Params:
    while True:
        drawn = {
            "scene": rng.randrange(len(_PEAKS)), "rate": rng.randrange(40, 1000, 20), "before_ms": rng.choice((100, 150, 200, 250, 300, 400, 500)),
            "extra_ms": rng.choice((50, 100, 150, 250, 300, 500, 750)), "below": place(rng),
        }  # fmt: skip
        if drawn["rate"] * (drawn["before_ms"] + drawn["extra_ms"]) % 1_000 == 0 == drawn["rate"] * drawn["before_ms"] % 1_000:
            return drawn


def _build_needed(p: Params) -> Built:
    rate, before, extra = p["rate"], p["before_ms"], p["extra_ms"]
    total = before + extra
    right = concurrency_needed(requests_per_s=rate, duration_ms=total)
    stem = (
        f"{_PEAKS[p['scene']]}: {rate} requests per second, all answered by one function. A run has taken {before} ms on average; with a new check of fraud, "
        f"which waits for another service, it takes {extra} ms more. How much concurrency does the function then need in the peak?"
    )
    solution = f"Rate × duration in seconds: {rate} × ({before} + {extra}) ms = {rate} × {num(total / 1000)} s = {num(right)}."
    slips = (
        Wrong(concurrency_needed(requests_per_s=rate, duration_ms=before), "Waiting takes no concurrency.", f"This is the old need, {rate} × {num(before / 1000)} s. A run that waits holds its environment as well."),
        Wrong(rate * 1_000 // total, "Divide requests by duration.", f"This divides: {rate} ÷ {num(total / 1000)}. Longer runs need more environments, not fewer."),
        Wrong(rate, "Each request of a second needs its own environment.", f"This is the rate. Runs of {total} ms do not fill exactly one second each."),
        Wrong(concurrency_needed(requests_per_s=rate, duration_ms=extra), "What is new replaces what was.", f"This counts the added {extra} ms alone. The old {before} ms remain."),
        Wrong(rate * total // 100, "A second has 100 ms.", "This is ten times too much: a second has 1,000 ms."),
    )  # fmt: skip
    return Built(stem, right, solution, apart(right, slips, below=p["below"]))


NEEDED = Family(
    slug="concurrency-needed", title="Concurrency from rate and duration", type="single", topic="scaling-and-limits", objective="scaling-concurrency",
    domain="performant", level="apply", difficulty=1, lesson="scaling-and-limits#formula", facts=("concurrency-formula", "concurrency-definition"),
    sources=(CONCURRENCY,), checked=CHECKED, draw=_draw_needed, build=_build_needed, show=num,
)  # fmt: skip

# -- the highest rate under a reservation -----------------------------------------------------------------------------

_GUARDED = (
    "an old database that bears few connections",
    "a partner's interface that bears few calls at once",
    "a mainframe that bears few sessions",
    "a licence server that bears few users at once",
    "a printing service that bears few jobs at once",
    "a ledger that bears few writers at once",
)


def _draw_rate(rng: random.Random) -> Params:
    while True:
        drawn = {
            "scene": rng.randrange(len(_GUARDED)), "quota": rng.choice((1000, 1500, 2000, 3000)), "reserved": rng.randrange(10, 300, 5),
            "duration_ms": rng.choice((125, 200, 250, 400, 500, 800, 2000, 2500, 4000)),
        }  # fmt: skip
        if drawn["reserved"] * 1_000 % drawn["duration_ms"] == 0:
            return drawn


def _build_rate(p: Params) -> Built:
    quota, reserved, duration = p["quota"], p["reserved"], p["duration_ms"]
    right = highest_rate(concurrency=reserved, duration_ms=duration)
    seconds = num(duration / 1000)
    stem = (
        f"A function stands before {_GUARDED[p['scene']]}, so it has a reserved concurrency of {reserved}. The account has a concurrency quota of {num(quota)} in the "
        f"Region. A run takes {num(duration)} ms on average. How many requests per second can the function serve at most in the long run?"
    )
    solution = f"The reservation is also the cap: {reserved} environments, each serving 1 ÷ {seconds} requests per second. {reserved} ÷ {seconds} = {num(right)}."
    slips = (
        Wrong(reserved, "Each environment serves one request per second.", f"This is the number of environments. A run takes {seconds} s, so each serves another number of requests per second."),
        Wrong(concurrency_needed(requests_per_s=reserved, duration_ms=duration), "Multiply where rate is asked.", f"This multiplies {reserved} by {seconds} s. The rate is concurrency divided by duration."),
        Wrong(quota * 1_000 // duration, "Reserved concurrency only guarantees, it does not cap.", f"This uses the quota of {num(quota)}. A reservation is also the upper limit of its function."),
        Wrong(reserved * 10, "Ten requests per second and unit are what is served.", f"Ten times the concurrency is a ceiling for very short runs. With {seconds} s a run, duration decides."),
        Wrong((quota - reserved) * 1_000 // duration, "The reservation is taken from the function.", "This is what the rest of the account could serve. The reservation belongs to this function."),
    )  # fmt: skip
    return Built(stem, right, solution, apart(right, slips))


RATE = Family(
    slug="concurrency-rate", title="Highest rate under a reservation", type="numeric", topic="scaling-and-limits", objective="scaling-concurrency",
    domain="performant", level="apply", difficulty=2, lesson="scaling-and-limits#reserved",
    facts=("concurrency-formula", "reserved-concurrency-definition", "reserved-concurrency-protect-downstream"), sources=(CONCURRENCY, RESERVED),
    checked=CHECKED, draw=_draw_rate, build=_build_rate, show=plain, unit="requests per second",
)  # fmt: skip

# -- shards -----------------------------------------------------------------------------------------------------------

_FEEDS = (
    "lift movements of a ski resort",
    "heartbeats of wind turbines",
    "bids of an auction house",
    "scans of a parcel service",
    "log lines of a game studio",
    "soil values of a wine estate",
)


def _draw_shards(rng: random.Random) -> Params:
    return {
        "scene": rng.randrange(len(_FEEDS)), "shards": rng.randrange(4, 41), "factor": rng.randrange(2, 10), "batch": rng.choice((50, 100, 200, 500)),
        "below": place(rng),
    }  # fmt: skip


def _build_shards(p: Params) -> Built:
    shards, factor, batch = p["shards"], p["factor"], p["batch"]
    right = stream_concurrency(shards=shards, factor=factor)
    stem = (
        f"A Kinesis stream with {shards} shards carries the {_FEEDS[p['scene']]}. One function reads it through one event source mapping with a batch size of {batch} "
        f"and a `ParallelizationFactor` of {factor}. The account has concurrency enough. How many runs of the function are in progress at most for this stream?"
    )
    solution = f"Up to {factor} batches of each shard run at once: {shards} × {factor} = {right}."
    slips = (
        Wrong(shards, "A shard has one batch in progress, whatever the factor.", f"One batch per shard is the default. The factor allows {factor}."),
        Wrong(factor, "The factor is for the whole mapping.", f"This is the factor alone. It holds for each of the {shards} shards."),
        Wrong(shards * 10, "The factor is always at its maximum.", f"Ten is the highest factor. This mapping has {factor}."),
        Wrong(shards * (factor + 1), "The factor counts what comes besides the first batch.", f"This adds a batch to each shard. The factor of {factor} holds the first one too."),
        Wrong(shards + factor, "Shards and factor are added.", f"This adds the two numbers. Each shard brings {factor} batches, so they are multiplied."),
        Wrong(shards * batch, "Each record has a run of its own.", f"This counts {batch} records per shard. A batch is one run."),
    )  # fmt: skip
    return Built(stem, right, solution, apart(right, slips, below=p["below"]))


SHARDS = Family(
    slug="stream-concurrency", title="Runs in progress for a stream", type="single", topic="event-source-mapping", objective="esm-streams",
    domain="performant", level="apply", difficulty=1, lesson="event-source-mappings#shards",
    facts=("esm-parallelization-factor", "esm-kinesis-one-batch-per-shard"), sources=(KINESIS,), checked=CHECKED,
    draw=_draw_shards, build=_build_shards, show=lambda value: count(value, "run"),
)  # fmt: skip

# -- how fast environments are added ----------------------------------------------------------------------------------

_JUMPS = (
    "A broadcaster's function answers calls of its app; when a final begins",
    "A shop's function fills baskets; when the sale opens",
    "A weather service's function answers requests; when a storm is announced",
    "A lottery's function shows numbers; when the draw is over",
    "A school portal's function shows marks; when they are released",
    "An auction house's function takes bids; when the last lot is called",
)


def _draw_scaling(rng: random.Random) -> Params:
    quota = rng.choice((10_000, 12_000, 15_000))
    return {
        "scene": rng.randrange(len(_JUMPS)), "quota": quota, "present": rng.randrange(600, 3500, 100), "wanted": rng.randrange(4_500, 9_800, 100),
        "below": place(rng),
    }  # fmt: skip


def _build_scaling(p: Params) -> Built:
    quota, present, wanted = p["quota"], p["present"], p["wanted"]
    missing = wanted - present
    right = scaling_intervals(wanted=wanted, present=present)
    stem = (
        f"{_JUMPS[p['scene']]}, it needs {num(wanted)} environments at once instead of the {num(present)} that it has. The concurrency quota of the account is "
        f"{num(quota)}, other functions are idle, and nothing is provisioned. Count intervals of 10 seconds from that moment. In how many of them does Lambda add "
        "environments, if each time it adds as many as it can?"
    )
    solution = f"Missing: {num(wanted)} − {num(present)} = {num(missing)}. At most 1,000 are added in each interval: {num(missing / 1000)}, rounded up to {right}."
    slips = (
        Wrong(ceil(missing / 500), "After a first burst 500 are added each time.", "500 at a time belong to the rule that ended in November 2023, and then it was each minute."),
        Wrong(ceil(missing / 3_000), "All functions share one burst quota of 3,000.", "The burst of 3,000 ended in November 2023. Each function adds up to 1,000 in 10 seconds."),
        Wrong(ceil(wanted / 1_000), "Environments that are there are made anew.", f"This starts from nothing. {num(present)} environments are there already."),
        Wrong(ceil(quota / 1_000), "Lambda scales to the quota.", f"This fills the quota of {num(quota)}. Only as many are added as are needed."),
        Wrong(ceil(missing / 100), "The rate is 100 in each interval.", "This adds 100 each time, the rate of one second. An interval of 10 seconds allows for 1,000."),
        Wrong(1, "Environments appear at once where the quota leaves room.", "This adds all in one interval. Below the quota the rate of scaling is a limit of its own."),
    )  # fmt: skip
    return Built(stem, right, solution, apart(right, slips, below=p["below"]))


SCALE = Family(
    slug="scaling-intervals", title="How fast a function gets its environments", type="single", topic="scaling-and-limits", objective="scaling-concurrency",
    domain="performant", level="apply", difficulty=2, lesson="scaling-and-limits#rate", facts=("scaling-rate", "scaling-rate-no-accrual"),
    sources=(SCALING,), checked=CHECKED, draw=_draw_scaling, build=_build_scaling, show=lambda value: count(value, "interval"),
)  # fmt: skip

# -- what a reservation leaves ----------------------------------------------------------------------------------------

_TWO = (
    ("checkout", "search"),
    ("payroll", "reports"),
    ("booking", "prices"),
    ("alarms", "maps"),
    ("login", "avatars"),
    ("orders", "labels"),
)


def _draw_left(rng: random.Random) -> Params:
    while True:
        quota, first, second = rng.choice((1000, 1000, 1500, 2000)), rng.randrange(100, 700, 20), rng.randrange(60, 500, 20)
        if quota - first - second >= UNRESERVED_LEAST + 80:
            return {
                "scene": rng.randrange(len(_TWO)), "quota": quota, "first": first, "second": second, "asked": rng.choice(("shared", "reservable")),
                "below": place(rng),
            }  # fmt: skip


def _build_left(p: Params) -> Built:
    one, other = _TWO[p["scene"]]
    quota, first, second = p["quota"], p["first"], p["second"]
    shared, more = unreserved(quota=quota, reserved=(first, second)), reservable(quota=quota, reserved=(first, second))
    ask = {
        "shared": "How much concurrency can all other functions use together?",
        "reservable": "How much concurrency can still be reserved for a third function at most?",
    }[p["asked"]]
    stem = (
        f"An account has a concurrency quota of {num(quota)} in the Region. The function `{one}` gets a reserved concurrency of {first}, the function `{other}` one of "
        f"{second}. At the moment `{other}` is idle. {ask}"
    )
    common = (
        Wrong(quota - first, "Reserved concurrency that is idle serves others.", f"This lends out what `{other}` leaves idle. A reservation stays reserved, used or not."),
        Wrong(quota - second, "A reservation counts only while it is idle.", f"This leaves out the {first} of `{one}`. Both reservations are taken off."),
        Wrong(quota, "A reservation takes nothing from the others.", f"This is the whole quota. {first} and {second} belong to the two functions alone."),
        Wrong(quota - first - second - 2 * UNRESERVED_LEAST, "Each reservation keeps 100 units of the rest unused.", f"This takes off {UNRESERVED_LEAST} for each of the two functions. {UNRESERVED_LEAST} is what the account keeps unreserved, once, and functions without a reservation use it."),
        Wrong(first + second, "What is reserved is what all may use.", "This is the sum that is reserved. It is taken off the quota."),
    )  # fmt: skip
    if p["asked"] == "shared":
        right = shared
        solution = f"Reserved is reserved, idle or not: {num(quota)} − {first} − {second} = {num(shared)}."
        slip = Wrong(more, "The 100 units that stay unreserved serve nobody.", "This takes off 100 more. They cannot be reserved, but functions without a reservation use them.")  # fmt: skip
    else:
        right = more
        solution = (
            f"{num(quota)} − {first} − {second} = {num(shared)} are unreserved, and {UNRESERVED_LEAST} of them must stay so: {num(more)}."
        )
        slip = Wrong(
            shared, "All 1,000 can be reserved.", f"This reserves the last unit. At least {UNRESERVED_LEAST} must stay unreserved."
        )
    return Built(stem, right, solution, apart(right, (slip, *common), below=p["below"]))


LEFT = Family(
    slug="concurrency-left", title="What reservations leave for others", type="single", topic="scaling-and-limits", objective="scaling-concurrency",
    domain="performant", level="apply", difficulty=2, lesson="scaling-and-limits#reserved",
    facts=("reserved-concurrency-definition", "reserved-concurrency-100-floor", "limit-concurrency-default"), sources=(RESERVED, CONCURRENCY),
    checked=CHECKED, draw=_draw_left, build=_build_left, show=num,
)  # fmt: skip

FAMILIES = (NEEDED, RATE, SHARDS, SCALE, LEFT)
