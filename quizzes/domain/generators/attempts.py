"""Who tries how often: asynchronous events, messages of a queue, batches of a stream."""

from __future__ import annotations

import random
from decimal import Decimal

from quizzes.domain.generators.family import Built, Family, Params, Wrong
from quizzes.domain.generators.parts import (
    ASYNC_ERRORS,
    ASYNC_SETTINGS,
    CHECKED,
    CREATE_MAPPING,
    CREATE_QUEUE,
    SYNC_CALLS,
    SYNC_RETRIES,
    apart,
    count,
    num,
    place,
    plain,
)
from quizzes.domain.serverless.rules import ASYNC_WAITS_S, async_attempt_starts, receives_before_dead_letter, sdk_runs, stream_tries

# -- how often a synchronous caller makes a function run --------------------------------------------------------------

_CALLERS = (
    "A web shop asks a function for delivery dates",
    "A clinic checks insurance numbers with a function",
    "A travel site has a function price its rooms",
    "A newspaper has a function rate comments",
    "A museum checks tickets with a function",
    "A courier has a function plan stops",
)


def _draw_calls(rng: random.Random) -> Params:
    return {
        "scene": rng.randrange(len(_CALLERS)), "calls": rng.randrange(200, 1_000, 10), "errors": rng.randrange(6, 40, 2),
        "throttled": rng.randrange(5, 30), "late": rng.randrange(8, 50, 2), "attempts": rng.choice((2, 3, 4)), "below": place(rng),
    }  # fmt: skip


def _build_calls(p: Params) -> Built:
    calls, errors, throttled, late, attempts = p["calls"], p["errors"], p["throttled"], p["late"], p["attempts"]
    good = calls - errors - throttled - late
    runs = {problem: sdk_runs(problem=problem, attempts=attempts) for problem in ("", "function", "throttle", "client-timeout")}
    right = good * runs[""] + errors * runs["function"] + throttled * runs["throttle"] + late * runs["client-timeout"]
    stem = (
        f"{_CALLERS[p['scene']]}: {calls} synchronous calls by an AWS SDK that tries a call at most {attempts} times in all. For {errors} of the calls the "
        f"code raises an exception whenever it runs. {throttled} calls are throttled at each try. For {late} calls each run takes longer than the client's "
        "own timeout, so that the client stops waiting at each try; the runs go on to their end. All other calls succeed at once. How often does the function run?"
    )
    solution = (
        f"{good} calls succeed with one run. The SDK does not repeat an error of the code: {errors} runs. A throttled try runs nothing. "
        f"After its own timeout the SDK tries again: {late} × {attempts} = {late * attempts}. {good} + {errors} + {late * attempts} = {num(right)}."
    )
    slips = (
        Wrong(right + errors * (attempts - 1), "SDKs retry all errors, including those raised by function code.", f"This repeats the {errors} exceptions as well. The SDK gets status 200 for them and does not try again."),
        Wrong(right + throttled * attempts, "A throttled try runs the function.", "This counts throttled tries as runs. Lambda rejects them with 429 before any code starts."),
        Wrong(right - late * (attempts - 1), "A client that stops waiting does not call again.", f"This runs the {late} slow calls once each. The SDK repeats a call after its own timeout."),
        Wrong(right + errors * 2, "Lambda retries synchronous errors twice by itself.", "Two retries by Lambda belong to asynchronous invocation. Here the caller has to repeat."),
        Wrong(calls, "One call is one run.", f"This runs each of the {calls} calls once. Throttled calls run nothing, and slow ones run at each try."),
        Wrong(right - late * attempts, "A run that nobody waits for does not count.", "This leaves the slow calls out. Their runs go on after the client stopped waiting."),
        Wrong(good + errors, "What the client gives up on never ran.", "These are the calls with an answer alone. The slow ones ran as well."),
    )  # fmt: skip
    return Built(stem, right, solution, apart(right, slips, below=p["below"], share=Decimal("0.01")))


SYNC_RUNS = Family(
    slug="sync-runs", title="How often a synchronous caller makes a function run", type="single", topic="invocation-sync", objective="sync-behaviour",
    domain="resilient", level="apply", difficulty=2, lesson="synchronous-invocation#retries",
    facts=("sync-no-automatic-retry-by-lambda", "sync-sdk-retries-transport", "sync-throttle-429"), sources=(SYNC_CALLS, SYNC_RETRIES), checked=CHECKED,
    draw=_draw_calls, build=_build_calls, show=lambda value: count(value, "run"),
)  # fmt: skip

# -- how often an asynchronous event is run ---------------------------------------------------------------------------

_UPLOADS = (
    ("A photo service makes thumbnails", "objects that S3 reports", "are damaged"),
    ("An insurer reads scanned claims", "documents that S3 reports", "cannot be read"),
    ("A shop sends receipts", "orders that an EventBridge rule passes on", "lack an address"),
    ("A carrier books parcels", "notices that SNS delivers", "name no recipient"),
    ("A library indexes articles", "files that S3 reports", "have a wrong format"),
    ("A bank files statements", "events that an EventBridge rule passes on", "are malformed"),
)


def _draw_events(rng: random.Random) -> Params:
    while True:
        drawn = {
            "scene": rng.randrange(len(_UPLOADS)),
            "total": rng.randrange(50, 900, 10),
            "failing": rng.randrange(4, 49, 2),
            "max_retries": rng.choice((0, 1, 1, 2, 2, 2)),
            "max_age_s": rng.choice((60, 90, 120, 150, 240, 300, 600, 1800, 3600, 21_600)),
            "run_s": rng.choice((5, 10, 15, 20, 25)),
            "below": place(rng),
        }
        all_starts = async_attempt_starts(max_retries=2, max_age_s=21_600, run_s=drawn["run_s"])
        if min(abs(start - drawn["max_age_s"]) for start in all_starts) >= 15:
            return drawn


def _build_events(p: Params) -> Built:
    who, events, fault = _UPLOADS[p["scene"]]
    total, failing, retries, age, run = p["total"], p["failing"], p["max_retries"], p["max_age_s"], p["run_s"]
    starts = async_attempt_starts(max_retries=retries, max_age_s=age, run_s=run)
    tries = len(starts)
    right = total - failing + failing * tries

    def runs(of_failing: int) -> int:
        return total - failing + failing * of_failing

    stem = (
        f"{who} with a function that is invoked asynchronously for {total} {events}. {failing} of them {fault}: each run with one of these ends in an error "
        f"after {run} seconds, while the others succeed at once. `MaximumRetryAttempts` is {retries}, `MaximumEventAgeInSeconds` is {num(age)}, nothing is "
        "throttled or delivered twice. How often does the function run in all?"
    )
    whole = async_attempt_starts(max_retries=retries, max_age_s=21_600, run_s=run)
    limit = f", and a retry at {num(whole[tries])} s would be past the age of {num(age)} s" if tries < len(whole) else ""
    solution = (
        f"{total} − {failing} = {total - failing} events run once. A failing one is tried at {_and(starts)} s{limit}: "
        f"{count(tries, 'attempt')} each. {total - failing} + {failing} × {tries} = {num(right)}."
    )
    slips = (
        Wrong(runs(retries + 1), "The age of an event ends no retries.", f"This makes each of the {retries + 1} attempts. Not each of them begins within {num(age)} seconds."),
        Wrong(runs(3), "A failed event is always tried three times.", "Three attempts are what the default settings give, with two retries and six hours of age. Here the settings differ."),
        Wrong(failing * tries, "Events that succeed need no run.", f"These are the runs of the failing events alone. The other {total - failing} run once each."),
        Wrong(runs(4), "Three retries (it is two retries, three attempts).", "This adds three retries to the first attempt. Lambda makes two at most."),
        Wrong(total, "A failed event is discarded at once.", f"This runs each event once. A failing one gets {count(tries, 'attempt')} here."),
        Wrong(total + failing * tries, "The first attempt is one of the events and a retry besides.", "This counts the first attempts of failing events twice: among all the events and among the attempts."),
        Wrong(total * tries, "Retries are made for events that succeed.", f"This runs all {total} events {tries} times. Success needs no retry."),
    )  # fmt: skip
    return Built(stem, right, solution, apart(right, slips, below=p["below"]))


def _and(values: tuple[int, ...]) -> str:
    *most, last = (num(value) for value in values)
    return f"{', '.join(most)} and {last}" if most else last


ASYNC_RUNS = Family(
    slug="async-runs", title="How often an asynchronous function runs", type="single", topic="invocation-async", objective="async-behaviour",
    domain="resilient", level="apply", difficulty=2, lesson="when-asynchronous-calls-fail#settings",
    facts=("async-default-retries", "async-retry-wait", "async-retry-setting-range", "async-max-event-age", "async-discard"),
    sources=(ASYNC_ERRORS, ASYNC_SETTINGS), checked=CHECKED, draw=_draw_events, build=_build_events, show=lambda value: count(value, "run"),
)  # fmt: skip


# -- when the third attempt begins ------------------------------------------------------------------------------------

_CALLS = (
    ("A function books hotel rooms", "The partner's system is down, so each run ends with an error after"),
    ("A function renders invoices", "A font is missing, so each run ends with an error after"),
    ("A function checks tickets", "The database refuses it, so each run gives up with an error after"),
    ("A function forwards alarms", "The address it calls answers nobody, so each run hits its timeout after"),
    ("A function adds captions to films", "One film is too long for it: each run hits its timeout after"),
    ("A function updates a search index", "The index is locked, so each run raises an exception after"),
)


def _draw_third(rng: random.Random) -> Params:
    return {"scene": rng.randrange(len(_CALLS)), "asked": rng.choice((2, 3, 3, 3)), "run_s": rng.randrange(6, 241, 2)}


def _build_third(p: Params) -> Built:
    what, fault = _CALLS[p["scene"]]
    run, asked = p["run_s"], p["asked"]
    starts = async_attempt_starts(max_retries=2, max_age_s=21_600, run_s=run)
    right = starts[asked - 1]
    first, second = ASYNC_WAITS_S
    name = {2: "second", 3: "third"}[asked]
    stem = (
        f"{what} and is invoked asynchronously, with default settings for retries and event age. {fault} {run} seconds. The first attempt begins as soon as the "
        f"event arrives, and nothing is throttled. How many seconds after the arrival of the event does the {name} attempt begin?"
    )
    if asked == 3:
        solution = f"First run {run} s, wait {first} s, second run {run} s, wait {second} s: {run} + {first} + {run} + {second} = {right}."
        slips = [
            Wrong(first + second, "The waits count from the start of an attempt.", f"These are the waits alone, {first} and {second} s. Each begins when a run of {run} s has failed."),
            Wrong(2 * (run + first), "The wait is one minute each time.", "This waits one minute twice. Before the third attempt Lambda waits two minutes."),
            Wrong(run + first + second, "A run that fails takes no time.", f"One of the two runs of {run} s is left out."),
            Wrong(2 * run, "Retries are immediate.", "This leaves out the waits of one and two minutes. Retries are not immediate."),
            Wrong(starts[2] + run, "The end of the attempt is its beginning.", f"This adds a third run of {run} s: then the third attempt ends."),
        ]  # fmt: skip
    else:
        solution = f"First run {run} s, then a wait of {first} s: {run} + {first} = {right}."
        slips = [
            Wrong(first, "The waits count from the start of an attempt.", f"This is the wait alone. It begins when the run of {run} s has failed."),
            Wrong(run, "Retries are immediate.", "This leaves out the wait of one minute. Retries are not immediate."),
            Wrong(run + second, "The wait before the first retry is two minutes.", "Two minutes are the wait before the third attempt. Before the second it is one."),
            Wrong(starts[2], "The first attempt is not counted.", "Then the third attempt begins, the second retry."),
            Wrong(2 * run + first, "The end of the attempt is its beginning.", f"This adds a second run of {run} s: then the second attempt ends."),
        ]  # fmt: skip
    return Built(stem, right, solution, apart(right, slips))


ASYNC_THIRD = Family(
    slug="async-third-attempt", title="When an asynchronous attempt begins", type="numeric", topic="invocation-async", objective="async-behaviour",
    domain="resilient", level="apply", difficulty=2, lesson="asynchronous-invocation#three-attempts", facts=("async-default-retries", "async-retry-wait"),
    sources=(ASYNC_ERRORS,), checked=CHECKED, draw=_draw_third, build=_build_third, show=plain, unit="seconds",
)  # fmt: skip


# -- receives before a message is put aside ---------------------------------------------------------------------------

_QUEUES = (
    ("orders", "A wine merchant's function takes orders", "name a wine that is sold out"),
    ("claims", "An insurer's function takes claims", "lack a policy number"),
    ("bookings", "A ferry line's function takes bookings", "name a ship that was sold"),
    ("readings", "A waterworks' function takes meter readings", "are not numbers"),
    ("applications", "A university's function takes applications", "have an unreadable date"),
    ("payments", "A charity's function takes payments", "are in an unknown currency"),
)


def _draw_receives(rng: random.Random) -> Params:
    return {
        "scene": rng.randrange(len(_QUEUES)), "total": rng.randrange(100, 1000, 20), "failing": rng.randrange(5, 60),
        "max_receive_count": rng.choice((2, 4, 5, 6, 7, 8, 10)), "below": place(rng),
    }  # fmt: skip


def _build_receives(p: Params) -> Built:
    name, who, fault = _QUEUES[p["scene"]]
    total, failing, most = p["total"], p["failing"], p["max_receive_count"]
    each = receives_before_dead_letter(max_receive_count=most)
    good = total - failing
    right = good + failing * each
    stem = (
        f"{who} from a standard SQS queue through an event source mapping with a batch size of 1. The queue has a dead-letter queue and a `maxReceiveCount` of "
        f"{most}. Of {total} {name}, {failing} {fault}, and the function fails with each of them in every run; the others succeed. Nothing is throttled or "
        "delivered twice, and nothing expires. How often is the function invoked until the queue is empty?"
    )
    solution = (
        f"A message is moved once its receive count exceeds {most}, so each failing one is received {each} times: {failing} × {each} = {num(failing * each)}. "
        f"With the {good} that succeed at once: {num(right)}."
    )
    slips = (
        Wrong(good + failing * (most + 1), "The function still runs when the count exceeds maxReceiveCount.", f"This runs each failing message {most + 1} times. When the count would exceed {most}, SQS moves the message instead of handing it out."),
        Wrong(good + failing * 3, "A queue is retried like an asynchronous event.", f"Three attempts belong to asynchronous invocation. Here the queue decides with its `maxReceiveCount` of {most}."),
        Wrong(total * most, "The count applies to messages that succeed as well.", "This receives each message as often as the bad ones. Messages that succeed are deleted after one run."),
        Wrong(total, "The DLQ is used after the visibility timeout expires once.", "This receives each message once. A failing one comes back after its visibility timeout until the count is used up."),
        Wrong(failing * most, "Messages that succeed need no invocation.", f"These are the runs with failing messages alone. The other {good} need one each."),
        Wrong(total + failing * most, "maxReceiveCount counts the receives after the first.", f"This adds {most} receives to the first one. The first counts too."),
    )  # fmt: skip
    return Built(stem, right, solution, apart(right, slips, below=p["below"]))


QUEUE_RECEIVES = Family(
    slug="queue-receives", title="Runs until the dead-letter queue has the rest", type="single", topic="queues-and-topics", objective="queues-sqs",
    domain="resilient", level="apply", difficulty=2, lesson="queues-and-topics#dead-letters", facts=("sqs-dlq",), sources=(CREATE_QUEUE,),
    checked=CHECKED, draw=_draw_receives, build=_build_receives, show=lambda value: count(value, "invocation"),
)  # fmt: skip


# -- tries of a stream batch ------------------------------------------------------------------------------------------

_STREAMS = (
    ("sensor readings of a dairy", "a reading is damaged"),
    ("clicks of a news site", "a click lacks its page"),
    ("positions of delivery vans", "a position is far out at sea"),
    ("trades of an exchange", "a trade has no price"),
    ("meter values of a power grid", "a value is malformed"),
    ("moves of an online game", "a move is against the rules"),
)


def _draw_tries(rng: random.Random) -> Params:
    return {
        "scene": rng.randrange(len(_STREAMS)), "shards": rng.randrange(8, 40), "bad": rng.randrange(2, 8), "batch": rng.choice((20, 25, 50, 100, 200)),
        "max_retries": rng.choice((1, 3, 4, 5, 6, 8, 9, 10)), "below": place(rng),
    }  # fmt: skip


def _build_tries(p: Params) -> Built:
    what, fault = _STREAMS[p["scene"]]
    shards, bad, batch, retries = p["shards"], p["bad"], p["batch"], p["max_retries"]
    each = stream_tries(max_retries=retries)
    right = bad * each
    stem = (
        f"A Kinesis stream with {shards} shards carries the {what}. A function reads it in batches of {batch} records, with `MaximumRetryAttempts` {retries} on the "
        f"event source mapping, no limit of record age, and bisecting switched off. In {bad} shards {fault} in one batch, so that the function fails with this batch "
        f"each time. How often is the function invoked with these {bad} batches in all, if nothing is throttled?"
    )
    solution = f"Each batch is tried once and retried {'once' if retries == 1 else f'{retries} times'}: {each} invocations. {bad} × {each} = {right}."
    slips = (
        Wrong(bad * retries, "MaximumRetryAttempts counts the first try.", f"This is {bad} × {retries}, the retries alone. The first try comes before them."),
        Wrong(bad * 3, "Stream batches are retried twice like asynchronous events.", f"Two retries are the default of asynchronous invocation. The mapping allows {retries} here."),
        Wrong(each, "One setting is shared by all shards.", f"This counts one batch. Each of the {bad} shards tries its own."),
        Wrong(bad, "A failing batch is skipped after one try.", "This tries each batch once. Retries follow before a batch is given up."),
        Wrong(shards * each, "A bad record stops all shards.", f"This counts all {shards} shards. In the others nothing fails."),
        Wrong(bad * (each + 2), "The two retries of asynchronous events come on top.", "This adds two retries to those of the mapping. A mapping invokes synchronously, and its own setting is all that counts."),
        Wrong(bad * each * batch, "The records of a batch are tried one by one.", f"This counts {batch} records each time. A batch is one invocation."),
    )  # fmt: skip
    return Built(stem, right, solution, apart(right, slips, below=p["below"]))


STREAM_TRIES = Family(
    slug="stream-tries", title="Tries of stream batches that fail", type="single", topic="event-source-mapping", objective="esm-streams",
    domain="resilient", level="apply", difficulty=2, lesson="event-source-mappings#poison",
    facts=("esm-poison-pill-tools", "esm-stream-retry-default-forever"), sources=(CREATE_MAPPING,), checked=CHECKED,
    draw=_draw_tries, build=_build_tries, show=lambda value: count(value, "invocation"),
)  # fmt: skip

FAMILIES = (SYNC_RUNS, ASYNC_RUNS, ASYNC_THIRD, QUEUE_RECEIVES, STREAM_TRIES)
