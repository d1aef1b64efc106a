"""Batches of a queue: what comes back after a failure, and how long it stays hidden."""

from __future__ import annotations

import random

from quizzes.domain.generators.family import Built, Family, Params, Wrong
from quizzes.domain.generators.parts import CHECKED, SQS_ERRORS, SQS_SETTINGS, apart, count, num, place, plain
from quizzes.domain.serverless.rules import VISIBILITY_FACTOR, messages_returned, visibility_timeout_s

# -- messages that return ---------------------------------------------------------------------------------------------

_SHOPS = (
    "A bookshop sends parcels for orders",
    "A brewery prints labels for crates",
    "A clinic sends reminders for appointments",
    "A theatre mails tickets for seats",
    "A garage orders parts for repairs",
    "A city archives photos of streets",
)
_WAYS = {
    "off": "Partial batch responses are switched off, and the function throws an exception at the end of a batch in which a message has failed.",
    "on": "`ReportBatchItemFailures` is switched on, and the function returns the identifiers of the failed messages without throwing.",
    "thrown": "`ReportBatchItemFailures` is switched on, but the function throws an exception at the end of a batch in which a message has failed.",
}


def _draw_returned(rng: random.Random) -> Params:
    return {
        "scene": rng.randrange(len(_SHOPS)), "way": rng.choice(tuple(_WAYS)), "batch": rng.choice((5, 6, 8, 9, 10)), "batches": rng.randrange(20, 90, 2),
        "bad": rng.randrange(3, 16), "failed": rng.choice((1, 2, 3)),
        "below": place(rng),
    }  # fmt: skip


def _build_returned(p: Params) -> Built:
    batch, batches, bad, failed, way = p["batch"], p["batches"], p["bad"], p["failed"], p["way"]
    each = messages_returned(batch=batch, failed=failed, partial=way != "off", thrown=way != "on")
    right = bad * each
    messages = "message fails" if failed == 1 else "messages fail"
    stem = (
        f"{_SHOPS[p['scene']]} with a function behind a standard SQS queue. It gets {batches} full batches of {batch} messages. In {bad} of these batches "
        f"{failed} {messages}, and the rest is processed to the end. {_WAYS[way]} How many messages return to the queue after this first pass?"
    )
    if way == "on":
        why = f"The failed messages alone return: {bad} batches × {failed} = {right}. The others are deleted."
        other = Wrong(bad * batch, "A failed message always brings back its batch.", "This returns whole batches, as without partial batch responses. The function names what failed, and the rest is deleted.")  # fmt: skip
        rest = Wrong(bad * (batch - failed), "The identifiers that are returned name what succeeded.", f"These are the messages of the {bad} batches that succeeded. The function names those that failed.")  # fmt: skip
    else:
        cause = "without partial batch responses" if way == "off" else "after an exception, which overrules partial batch responses,"
        why = f"{cause[0].upper() + cause[1:]} the whole batch returns, processed messages included: {bad} × {batch} = {right}."
        told = (
            "Without it, Lambda retries only the failed messages of a batch."
            if way == "off"
            else "The function must throw an exception to report partial failure (an exception fails the whole batch)."
        )
        other = Wrong(bad * failed, told, f"These are the failed messages alone: they come back alone when the function reports them and throws nothing. Here all {batch} of the batch return.")  # fmt: skip
        rest = Wrong(bad * (batch - failed), "What succeeded is done again, and what failed is dropped.", f"These are the messages of the {bad} batches that succeeded. The failed ones return with them.")  # fmt: skip
    slips = (
        other,
        rest,
        Wrong(batches * batch, "One failure brings back all batches.", f"This is every message of the {batches} batches. Batches without a failure are deleted."),
        Wrong(bad * (batch + failed), "Failed messages return beside their batch.", f"This counts the failed messages twice. A batch of {batch} never returns more than {batch} messages."),
        Wrong(batch, "One setting is counted for one batch.", f"This is one batch, and {bad} batches have failures."),
        Wrong(bad, "A batch returns as one message.", f"This counts the {bad} batches. Messages return, not batches."),
        Wrong(batches * failed, "Each batch has failures.", f"This counts failures in all {batches} batches. They are in {bad} of them."),
    )  # fmt: skip
    return Built(stem, right, why, apart(right, slips, below=p["below"]))


BATCH_RETURNS = Family(
    slug="batch-returns", title="Messages that return after a failed batch", type="single", topic="event-source-mapping", objective="esm-queues",
    domain="resilient", level="apply", difficulty=2, lesson="event-source-mappings#queue-failures",
    facts=("esm-sqs-whole-batch-returns", "esm-partial-batch", "esm-partial-batch-exception"), sources=(SQS_ERRORS,), checked=CHECKED,
    draw=_draw_returned, build=_build_returned, show=lambda value: count(value, "message"),
)  # fmt: skip

# -- visibility timeout -----------------------------------------------------------------------------------------------

_JOBS = (
    "A function converts recipes from a queue",
    "A function grades tests from a queue",
    "A function prices used cars from a queue",
    "A function translates letters from a queue",
    "A function checks passports from a queue",
    "A function plans routes from a queue",
)


def _draw_visibility(rng: random.Random) -> Params:
    return {
        "scene": rng.randrange(len(_JOBS)), "timeout_s": rng.randrange(15, 301, 5), "window_s": rng.choice((5, 10, 20, 30, 45, 60, 120)),
        "share": rng.choice((2, 3, 4)),
    }  # fmt: skip


def _build_visibility(p: Params) -> Built:
    timeout, window = p["timeout_s"], p["window_s"]
    usual = max(1, timeout // p["share"])
    right = visibility_timeout_s(function_timeout_s=timeout, window_s=window)
    stem = (
        f"{_JOBS[p['scene']]} through an event source mapping with a batching window of {window} seconds. A run usually takes {usual} seconds; the timeout of the "
        f"function is {timeout} seconds. What visibility timeout in seconds should the SQS queue have at least, as AWS recommends it?"
    )
    six = VISIBILITY_FACTOR * timeout
    solution = f"Six times the function timeout, plus the batching window: 6 × {timeout} + {window} = {num(right)}."
    slips = (
        Wrong(timeout, "Visibility timeout should equal the function timeout.", "This is what Lambda accepts at the least. AWS recommends six times as much, so that throttled batches can be tried again."),
        Wrong(six, "The batching window does not count.", f"Six times the timeout is right, but the batching window of {window} s comes on top."),
        Wrong(VISIBILITY_FACTOR * (timeout + window), "The window is multiplied as well.", "The window is added once: six times is for the function timeout."),
        Wrong(VISIBILITY_FACTOR * usual + window, "The usual run time is what counts.", f"This takes the usual {usual} s. The recommendation starts from the timeout."),
        Wrong(timeout + window, "One run and its window are enough.", "This leaves room for one try. AWS recommends six times the function timeout."),
    )  # fmt: skip
    return Built(stem, right, solution, apart(right, slips))


VISIBILITY = Family(
    slug="visibility-timeout", title="Visibility timeout before a function", type="numeric", topic="event-source-mapping", objective="esm-queues",
    domain="resilient", level="apply", difficulty=1, lesson="event-source-mappings#queue-failures", facts=("esm-sqs-visibility-timeout-6x",),
    sources=(SQS_SETTINGS,), checked=CHECKED, draw=_draw_visibility, build=_build_visibility, show=plain, unit="seconds",
)  # fmt: skip

FAMILIES = (BATCH_RETURNS, VISIBILITY)
