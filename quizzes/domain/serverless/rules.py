"""Small rules of AWS that a sum rests on: who tries how often, how many run at once, how long is waited.

Each function names its facts and the page they were read on. Money is in `pricing`.
"""

from __future__ import annotations

from itertools import accumulate
from math import ceil

from quizzes.domain.serverless.invocation.rules import is_billed, sdk_tries_again

#: Seconds that Lambda waits before the first and the second retry of an asynchronous event (async-retry-wait).
ASYNC_WAITS_S = (60, 120)
#: Environments that a function can add in one interval, and how long that is (scaling-rate).
SCALING_STEP, SCALING_INTERVAL_S = 1_000, 10
#: Concurrency that must stay unreserved in an account (reserved-concurrency-100-floor).
UNRESERVED_LEAST = 100
#: Runs shorter than this meet the ceiling of ten requests per second and unit before their concurrency (concurrency-example-rps-cap).
SHORTEST_MS = 100
#: How much longer than the function a queue should hide a message (esm-sqs-visibility-timeout-6x).
VISIBILITY_FACTOR = 6
#: Batches of one shard that can run at once (esm-parallelization-factor).
MOST_PER_SHARD = 10


def async_attempt_starts(*, max_retries: int, max_age_s: int, run_s: int = 0) -> tuple[int, ...]:
    """Seconds after the arrival of an asynchronous event at which its attempts begin, if each fails after `run_s` and nothing is throttled.

    The waits are counted from the failure. A retry at which the event would be older than `max_age_s` is not made.
    Raises ValueError if `max_retries` is not 0, 1 or 2.
    Facts: async-default-retries, async-retry-wait, async-retry-setting-range, async-max-event-age, async-discard.
    Source: AWS Lambda Developer Guide, "How Lambda handles errors and retries with asynchronous invocation", read 2026-11-23.
    """
    if not 0 <= max_retries <= len(ASYNC_WAITS_S):
        raise ValueError(f"max_retries must be 0 to {len(ASYNC_WAITS_S)}, got {max_retries}")
    starts = accumulate((run_s + wait for wait in ASYNC_WAITS_S[:max_retries]), initial=0)
    return tuple(start for start in starts if start <= max_age_s)


def sdk_runs(*, problem: str, attempts: int) -> int:
    """How often a function runs for one synchronous call of an SDK that meets this problem at each of up to `attempts` tries.

    `problem` is "" (none), "function" (the code fails), "throttle" or "client-timeout"; whether the SDK tries again and whether a try runs
    the function are rules of the lab. Raises ValueError for fewer than one attempt. Source: Invoke a Lambda function synchronously.
    """
    if attempts < 1:
        raise ValueError(f"attempts must be at least 1, got {attempts}")
    tries = attempts if sdk_tries_again(problem) else 1
    return tries * is_billed(throttled=problem == "throttle")


def receives_before_dead_letter(*, max_receive_count: int) -> int:
    """How often a message that always fails is received: it is moved once the count would exceed `max_receive_count`.

    Fact: sqs-dlq. Source: "CreateQueue", Amazon SQS API Reference, read 2026-11-23.
    """
    return max_receive_count


def stream_tries(*, max_retries: int) -> int:
    """How often a function is called with a stream batch that always fails: once, and once for each retry.

    Facts: esm-poison-pill-tools, esm-stream-retry-default-forever. Raises ValueError for -1, which sets no end.
    Source: "CreateEventSourceMapping", AWS Lambda API Reference, read 2026-11-23.
    """
    if max_retries < 0:
        raise ValueError("without a limit a batch is tried until its records expire")
    return 1 + max_retries


def messages_returned(*, batch: int, failed: int, partial: bool, thrown: bool) -> int:
    """Messages of one SQS batch that become visible again, where `failed` of them fail.

    With partial batch responses (`partial`) the failed ones alone, if the function returns them; without, or if the handler throws, all.
    A failure that is neither thrown nor reported returns nothing and is deleted as done.
    Facts: esm-sqs-whole-batch-returns, esm-partial-batch, esm-partial-batch-exception.
    Source: AWS Lambda Developer Guide, "Handling errors for an SQS event source in Lambda", read 2026-11-23.
    """
    if not failed:
        return 0
    if thrown:
        return batch
    return failed if partial else 0


def visibility_timeout_s(*, function_timeout_s: int, window_s: int = 0) -> int:
    """The least visibility timeout that AWS recommends for a queue before a function: six times its timeout, and the batching window.

    Fact: esm-sqs-visibility-timeout-6x.
    Source: AWS Lambda Developer Guide, "Creating and configuring an Amazon SQS event source mapping", read 2026-11-23.
    """
    return VISIBILITY_FACTOR * function_timeout_s + window_s


def concurrency_needed(*, requests_per_s: int, duration_ms: int) -> int:
    """Requests in progress at the same moment: rate × duration in seconds, rounded up.

    Fact: concurrency-formula. Source: AWS Lambda Developer Guide, "Understanding Lambda function scaling", read 2026-11-23.
    """
    return -(-requests_per_s * duration_ms // 1_000)


def highest_rate(*, concurrency: int, duration_ms: int) -> int:
    """Whole requests per second that a concurrency can serve. Raises ValueError below 100 ms, where another ceiling comes first.

    Facts: concurrency-formula, reserved-concurrency-definition, concurrency-example-rps-cap.
    Source: AWS Lambda Developer Guide, "Understanding Lambda function scaling", read 2026-11-23.
    """
    if duration_ms < SHORTEST_MS:
        raise ValueError(f"runs take at least {SHORTEST_MS} ms here, not {duration_ms}")
    return concurrency * 1_000 // duration_ms


def stream_concurrency(*, shards: int, factor: int = 1) -> int:
    """Batches of a stream that one mapping has in progress at most. Raises ValueError for a factor outside 1 to 10.

    Facts: esm-kinesis-one-batch-per-shard, esm-parallelization-factor.
    Source: AWS Lambda Developer Guide, "Using Lambda to process records from Amazon Kinesis Data Streams", read 2026-11-23.
    """
    if not 1 <= factor <= MOST_PER_SHARD:
        raise ValueError(f"the factor is 1 to {MOST_PER_SHARD}, not {factor}")
    return shards * factor


def scaling_intervals(*, wanted: int, present: int = 0) -> int:
    """Intervals of ten seconds in which a function can get from `present` to `wanted` environments, where the quota leaves room.

    Facts: scaling-rate, scaling-rate-no-accrual. Source: AWS Lambda Developer Guide, "Lambda scaling behavior", read 2026-11-23.
    """
    return ceil(max(0, wanted - present) / SCALING_STEP)


def unreserved(*, quota: int, reserved: tuple[int, ...]) -> int:
    """Concurrency of the account that functions without a reservation share.

    Raises ValueError where less than 100 would be left, which Lambda refuses.
    Facts: reserved-concurrency-definition, reserved-concurrency-100-floor, limit-concurrency-default.
    Source: AWS Lambda Developer Guide, "Configuring reserved concurrency for a function", read 2026-11-23.
    """
    left = quota - sum(reserved)
    if left < UNRESERVED_LEAST:
        raise ValueError(f"at least {UNRESERVED_LEAST} stay unreserved, and {left} would")
    return left


def reservable(*, quota: int, reserved: tuple[int, ...]) -> int:
    """Concurrency that can still be reserved: what is unreserved, less the 100 that stay so. Facts and source as in `unreserved`."""
    return unreserved(quota=quota, reserved=reserved) - UNRESERVED_LEAST


def retry_waits_s(*, interval_s: int, max_attempts: int, backoff: int, max_delay_s: int | None = None) -> tuple[int, ...]:
    """The waits of a Step Functions Retry before each of its retries, without jitter; `max_delay_s` caps each of them.

    Facts: sfn-retry-defaults, sfn-retry-backoff-example, sfn-retry-maxdelay-jitter, sfn-retry-maxattempts-zero.
    Source: AWS Step Functions Developer Guide, "Handling errors in Step Functions workflows", read 2026-11-23.
    """
    waits = (interval_s * backoff**n for n in range(max_attempts))
    return tuple(wait if max_delay_s is None else min(wait, max_delay_s) for wait in waits)


def express_units(*, duration_ms: int, memory_mb: int, step_ms: int = 100, chunk_mb: int = 64) -> int:
    """Units of 100 ms at 64 MB that one Express execution is billed: both are rounded up, then multiplied.

    Facts: sfn-price-express-metering, sfn-price-express-100ms-64mb. Source: AWS Step Functions Pricing, read 2026-11-23.
    """
    return ceil(duration_ms / step_ms) * ceil(memory_mb / chunk_mb)
