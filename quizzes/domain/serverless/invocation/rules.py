"""The rules of AWS that the simulators rest on: one small function each, with its facts (ids of `content/facts.toml`) and its source.

The simulators decide nothing about AWS themselves. What the facts leave open is no rule: it is an abstraction of the lab, said in `Outcome.left_open`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf
from typing import TypeVar

F = TypeVar("F", bound=Callable[..., object])

#: Every rule by its name.
RULES: dict[str, Callable[..., object]] = {}


def rule(*facts: str) -> Callable[[F], F]:
    """Mark a function as a rule, and name the facts that it states."""

    def mark(function: F) -> F:
        function.facts = facts  # type: ignore[attr-defined]
        RULES[function.__name__] = function
        return function

    return mark


# -- every model -----------------------------------------------------------------------------------------------------


@rule("lambda-metrics-invocations", "price-retries-billed")
def is_billed(*, throttled: bool) -> bool:
    """Each run is a billed request, a retry too; a throttled request is none.

    Source: Types of metrics for Lambda functions.
    """
    return not throttled


@rule("reserved-concurrency-zero")
def is_switched_off(reserved: int | None) -> bool:
    """Reserved concurrency 0 stops a function from processing anything.

    Source: Configuring reserved concurrency for a function.
    """
    return reserved == 0


# -- synchronous -----------------------------------------------------------------------------------------------------


@rule("sync-status-200-even-on-function-error")
def sync_status(*, function_error: bool) -> tuple[int, bool]:
    """HTTP status of Invoke, and whether FunctionError is set: 200 even if the code failed.

    Source: Invoke a Lambda function synchronously.
    """
    return 200, function_error


@rule("sync-no-automatic-retry-by-lambda")
def sync_retries_by_lambda() -> int:
    """Lambda does not retry a failed synchronous call; that is the caller's business.

    Source: Understanding retry behavior in Lambda.
    """
    return 0


@rule("sync-sdk-retries-transport")
def sdk_tries_again(problem: str) -> bool:
    """An SDK repeats after its own timeout, a throttle or an error of the service, never after an error of the function's code.

    `problem` is "client-timeout", "throttle", "service" or "function".
    Source: Invoke a Lambda function synchronously.
    """
    return problem in {"client-timeout", "throttle", "service"}


@rule("sync-api-gateway-relays-error")
def api_gateway_tries_again(problem: str) -> bool:
    """API Gateway never repeats a failed call of a function: it passes the error on.

    Source: Understanding retry behavior in Lambda.
    """
    return False


@rule("sync-throttle-429", "throttle-behaviour-by-model")
def throttle_status() -> int:
    """What a synchronous caller gets where no concurrency is left: 429.

    Source: Lambda scaling behavior.
    """
    return 429


@rule("apigw-integration-timeout")
def gateway_gives_up(run_s: float, *, integration_timeout_s: float) -> bool:
    """Whether a REST API stops waiting for its integration before the function is done.

    Source: AWS API model (botocore), apigateway shape Integration / EndpointType.
    """
    return run_s > integration_timeout_s


# -- asynchronous ----------------------------------------------------------------------------------------------------


@rule("async-status-202")
def async_status() -> int:
    """What the caller of an accepted asynchronous invocation gets, whatever happens later: 202.

    Source: Invoking a Lambda function asynchronously.
    """
    return 202


@rule("async-errors-counted")
def counts_as_function_error(problem: str) -> bool:
    """Whether a run's end uses up an asynchronous attempt: exceptions of the code do, and timeouts as well.

    Source: How Lambda handles errors and retries with asynchronous invocation.
    """
    return problem in {"error", "timeout"}


@rule("async-default-retries", "async-retry-setting-range")
def async_attempts(retries: int) -> int:
    """Runs at most after function errors: the first attempt and the retries set, 0 to 2.

    Source: How Lambda handles errors and retries with asynchronous invocation.
    """
    return 1 + retries


@rule("async-retry-wait")
def async_wait_s(retry: int) -> float:
    """Seconds between attempts after a function error: one minute before the first retry, two before the second.

    Source: How Lambda handles errors and retries with asynchronous invocation.
    """
    return (60.0, 120.0)[retry - 1]


@rule("async-max-event-age")
def is_expired(*, age_s: float, max_age_s: float) -> bool:
    """Whether an asynchronous event is too old to be tried once more.

    Source: Configuring error handling settings for Lambda asynchronous invocations.
    """
    return age_s > max_age_s


@rule("async-throttle-and-system-errors-retry-up-to-6h", "throttle-behaviour-by-model")
def throttle_wait_s(throttles: int) -> float:
    """Seconds until a throttled asynchronous event is tried again: from 1 second up to 5 minutes. That the wait doubles is the lab's reading.

    Source: How Lambda handles errors and retries with asynchronous invocation.
    """
    return min(300.0, 2.0 ** min(throttles - 1, 9))


@rule("async-discard")
def async_end(failure: str) -> str:
    """Where an event goes that ran out of attempts or grew too old: "dlq", "destination", or "discarded" without either.

    Source: How Lambda handles errors and retries with asynchronous invocation.
    """
    return {"dlq": "dlq", "destination": "destination"}.get(failure, "discarded")


@rule("async-reserved-zero")
def skips_retries(reserved: int | None) -> bool:
    """Whether new events go straight to the dead-letter queue or destination: with reserved concurrency 0.

    Source: Capturing records of Lambda asynchronous invocations.
    """
    return reserved == 0


# -- batches ---------------------------------------------------------------------------------------------------------


@rule("esm-batch-triggers")
def batch_wait_s(size: int, *, batch_size: int, window_s: float) -> float:
    """Seconds that a batch waits for more records: none when it is full, otherwise the batching window.

    Source: How Lambda processes records from stream and queue-based event sources.
    """
    return 0.0 if size >= batch_size else float(window_s)


@rule("esm-partial-batch", "esm-partial-batch-exception")
def only_failed_return(*, partial: bool, thrown: bool) -> bool:
    """Whether only the failed items of a batch are retried: if the function reports them and does not throw.

    Source: Handling errors for an SQS event source in Lambda.
    """
    return partial and not thrown


# -- queues ----------------------------------------------------------------------------------------------------------


@rule("esm-sqs-timeout-validation")
def mapping_is_refused(*, timeout_s: float, visibility_s: float) -> bool:
    """Lambda refuses an SQS mapping whose function may run longer than the queue hides a message.

    Source: Creating and configuring an Amazon SQS event source mapping.
    """
    return timeout_s > visibility_s


@rule("esm-sqs-visibility-timeout-6x")
def advised_visibility_s(*, timeout_s: float, window_s: float) -> float:
    """The visibility timeout that AWS recommends at least: six times the function timeout, plus the window.

    Source: Creating and configuring an Amazon SQS event source mapping.
    """
    return 6 * timeout_s + window_s


@rule("esm-sqs-whole-batch-returns", "sqs-visibility")
def visible_again_s(*, received_s: float, visibility_s: float) -> float:
    """When messages that were not deleted can be received again: after the visibility timeout, counted from their receipt.

    Source: Handling errors for an SQS event source in Lambda.
    """
    return received_s + visibility_s


@rule("sqs-dlq", "esm-sqs-no-onfailure-destination")
def goes_to_dlq(*, receives: int, max_receive: int | None) -> bool:
    """Whether the queue's redrive policy moves a message: once it would be received more often than maxReceiveCount.

    Source: AWS API model (botocore), sqs shape CreateQueueRequest.
    """
    return max_receive is not None and receives > max_receive


@rule("esm-sqs-scaling", "esm-sqs-max-concurrency")
def batches_at_once(max_concurrency: int | None) -> int:
    """Batches that a mapping on a standard queue starts with at the same time: five, or fewer where maximum concurrency says so.

    Source: Configuring scaling behavior for SQS event source mappings.
    """
    return min(5, max_concurrency or 5)


@rule("throttle-behaviour-by-model", "esm-sqs-maxreceivecount-5", "esm-sqs-reserved-min-5")
def turned_away(place: int, *, reserved: int | None) -> float:
    """How often a batch finds no concurrency before its turn comes, by its place (from 0) among those received together.

    A throttled batch was received all the same, and comes back after the visibility timeout.
    Source: Creating and configuring an Amazon SQS event source mapping.
    """
    return 0 if reserved is None else (place // reserved if reserved else inf)


# -- streams ---------------------------------------------------------------------------------------------------------


@rule("esm-stream-retry-default-forever")
def stream_gives_up(*, retries_used: int, retries: int) -> bool:
    """Whether a batch of a stream has used its retries; -1 means no limit.

    Source: AWS API model (botocore), lambda shape CreateEventSourceMappingRequest.
    """
    return retries != -1 and retries_used > retries


@rule("esm-record-age-range")
def record_is_too_old(*, age_s: float, max_age_s: float) -> bool:
    """Whether a record is older than the maximum record age; -1 means no limit.

    Source: AWS API model (botocore), lambda shape CreateEventSourceMappingRequest.
    """
    return max_age_s != -1 and age_s > max_age_s


@rule("esm-throttles-do-not-count")
def uses_a_retry(*, throttled: bool) -> bool:
    """Whether a try of a stream batch counts against its retries: not if the batch never reached the function.

    Source: How Lambda processes records from stream and queue-based event sources.
    """
    return not throttled


@rule("esm-bisect")
def halves(batch: Sequence[int]) -> tuple[Sequence[int], Sequence[int]]:
    """A failing batch split in two, each half to be retried; the split uses up no retry.

    Source: Retain discarded batch records for a Kinesis Data Streams event source in Lambda.
    """
    middle = (len(batch) + 1) // 2
    return batch[:middle], batch[middle:]


@rule("esm-kinesis-one-batch-per-shard", "esm-parallelization-factor")
def lanes(records: Sequence[int], *, factor: int) -> list[Sequence[int]]:
    """The records of a shard by the batches that may run at once, each in its own order. In the lab, keys take turns.

    Source: Using Lambda to process records from Amazon Kinesis Data Streams.
    """
    return [records[lane::factor] for lane in range(min(factor, len(records)))]


@rule("esm-onfailure-destination-types", "esm-onfailure-metadata")
def stream_end(*, destination: bool) -> str:
    """What becomes of a batch that is given up: reported to the on-failure destination if there is one, and skipped either way.

    Source: Retain discarded batch records for a Kinesis Data Streams event source in Lambda.
    """
    return "destination" if destination else "discarded"


# -- workflows -------------------------------------------------------------------------------------------------------


@rule("sfn-retry-backoff-example", "sfn-retry-maxdelay-jitter")
def retry_wait_s(retry: int, *, interval_s: float, backoff: float, max_delay_s: float | None) -> float:
    """Seconds before a retry of a state (the first is 1): the interval, multiplied by the backoff rate each time, capped by MaxDelaySeconds.

    Source: Handling errors in Step Functions workflows.
    """
    return min(interval_s * backoff ** (retry - 1), inf if max_delay_s is None else max_delay_s)


@rule("sfn-retry-defaults", "sfn-retry-maxattempts-zero")
def may_retry(*, retries_used: int, attempts: int) -> bool:
    """MaxAttempts counts retries, not the first try; 0 means none.

    Source: Handling errors in Step Functions workflows.
    """
    return retries_used < attempts


@rule("sfn-catch-order", "sfn-default-error-behaviour")
def workflow_end(*, catch: bool) -> str:
    """What follows when retries are used up: the state named by Catch, or the execution fails.

    Source: Handling errors in Step Functions workflows.
    """
    return "caught" if catch else "failed"


@rule("sfn-price-retries-count")
def transitions(*, retries: int, caught: bool) -> int:
    """State transitions of the task: one, one more for each retry, and one into the fallback state.

    Source: AWS Step Functions Pricing.
    """
    return 1 + retries + caught
