"""What AWS documents about invocation, as cases for the simulator: settings, what goes wrong, what follows, and the fact with its source."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from quizzes.domain.serverless.invocation import Asynchronous, Fault, Kind, Queue, Settings, Stream, Synchronous, Workflow

NONE, ALWAYS, TIMEOUT, PARTNER = (Fault(kind=kind) for kind in (Kind.NONE, Kind.ALWAYS, Kind.TIMEOUT, Kind.PARTNER))


def fails(times: int) -> Fault:
    return Fault(kind=Kind.FAILS, times=times)


def throttled(seconds: int) -> Fault:
    return Fault(kind=Kind.THROTTLED, lasts_s=seconds)


def poison(position: int = 3) -> Fault:
    return Fault(kind=Kind.POISON, position=position)


@dataclass(frozen=True)
class Case:
    """`starts`: when the runs, or throttled tries, that the time line tells began. `ends`: state and times processed, by event."""

    id: str
    fact: str
    source: str
    settings: Settings
    fault: Fault
    billed: int | None = None
    throttled: int | None = None
    ends: dict[int, tuple[str, int]] = field(default_factory=dict)
    at: tuple[float, ...] | None = None  # the moments of runs that ended, and of throttled tries
    caller: str = ""
    says: str = ""  # somewhere in the time line or the reasons
    also: str = ""


def case(id: str, fact: str, source: str, settings: Settings, fault: Fault, **expected: Any) -> Case:
    return Case(id, fact, source, settings, fault, **expected)


RETRY_PAGE = "Understanding retry behavior in Lambda"
SYNC_PAGE = "Invoke a Lambda function synchronously"
ASYNC_ERRORS = "How Lambda handles errors and retries with asynchronous invocation"
ASYNC_MODEL = "AWS API model (botocore), lambda shape PutFunctionEventInvokeConfigRequest"
RECORDS = "Capturing records of Lambda asynchronous invocations"
SQS_ERRORS = "Handling errors for an SQS event source in Lambda"
SQS_SETUP = "Creating and configuring an Amazon SQS event source mapping"
SQS_SCALING = "Configuring scaling behavior for SQS event source mappings"
ESM_PAGE = "How Lambda processes records from stream and queue-based event sources"
ESM_MODEL = "AWS API model (botocore), lambda shape CreateEventSourceMappingRequest"
SQS_MODEL = "AWS API model (botocore), sqs shape CreateQueueRequest"
KINESIS_FAILURE = "Retain discarded batch records for a Kinesis Data Streams event source in Lambda"
KINESIS_PAGE = "Using Lambda to process records from Amazon Kinesis Data Streams"
SFN_ERRORS = "Handling errors in Step Functions workflows"
METRICS = "Types of metrics for Lambda functions"

SYNC = [
    case("API Gateway passes an error on, without a retry", "sync-api-gateway-relays-error", RETRY_PAGE,
         Synchronous(), ALWAYS, billed=1, ends={1: ("returned", 0)}, caller="Nobody tries again"),
    case("Lambda does not retry a synchronous call that would succeed the second time", "sync-no-automatic-retry-by-lambda", RETRY_PAGE,
         Synchronous(), fails(1), billed=1, ends={1: ("returned", 0)}),
    case("an SDK gets 200 with FunctionError", "sync-status-200-even-on-function-error", SYNC_PAGE,
         Synchronous(caller="sdk"), ALWAYS, billed=1, caller="Status 200 with FunctionError"),
    case("an SDK does not repeat after an error of the code", "sync-sdk-retries-transport", SYNC_PAGE,
         Synchronous(caller="sdk", client_attempts=5), fails(1), billed=1, ends={1: ("returned", 0)}),
    case("an SDK repeats after its own timeout, and the work is done twice", "sync-sdk-retries-transport", SYNC_PAGE,
         Synchronous(caller="sdk", timeout_s=120, run_s=90, client_timeout_s=60, client_attempts=2), NONE, billed=2, ends={1: ("again", 2)}),
    case("an SDK repeats after a throttle until there is concurrency", "sync-sdk-retries-transport", SYNC_PAGE,
         Synchronous(caller="sdk", client_attempts=5), throttled(3), billed=1, throttled=3, ends={1: ("processed", 1)}),
    case("a throttled call gets 429", "sync-throttle-429", "Lambda scaling behavior",
         Synchronous(caller="sdk", client_attempts=1), throttled(60), billed=0, throttled=1, caller="429"),
    case("API Gateway gives up after 29 seconds, the function does its work", "apigw-integration-timeout",
         "AWS API model (botocore), apigateway shape Integration / EndpointType",
         Synchronous(timeout_s=60, run_s=40), NONE, billed=1, ends={1: ("processed", 1)}, caller="timeout from API Gateway", says="waited 29 s"),
    case("a synchronous failure reaches no destination", "sync-lambda-destinations-do-not-apply", RECORDS,
         Synchronous(), ALWAYS, ends={1: ("returned", 0)}, says="no queue, no destination"),
    case("a run is cut off at the function's timeout", "limit-timeout", "Configure Lambda function timeout",
         Synchronous(timeout_s=3, run_s=5), NONE, billed=1, at=(3.0,), ends={1: ("returned", 0)}),
    case("reserved concurrency 0 lets no call through", "reserved-concurrency-zero", "Configuring reserved concurrency for a function",
         Synchronous(reserved=0), NONE, billed=0, ends={1: ("returned", 0)}),
]  # fmt: skip

ASYNC = [
    case("three attempts by default", "async-default-retries", ASYNC_ERRORS, Asynchronous(), ALWAYS, billed=3),
    case("one minute, then two between attempts", "async-retry-wait", ASYNC_ERRORS, Asynchronous(run_s=1), ALWAYS, at=(1.0, 62.0, 183.0)),
    case("no retry where retries are 0", "async-retry-setting-range", ASYNC_MODEL,
         Asynchronous(retries=0), ALWAYS, billed=1, ends={1: ("discarded", 0)}),
    case("one retry is enough for one failure", "async-retry-setting-range", ASYNC_MODEL,
         Asynchronous(retries=1), fails(1), billed=2, ends={1: ("processed", 1)}),
    case("the caller gets 202 although all fails", "async-status-202", "Invoking a Lambda function asynchronously",
         Asynchronous(), ALWAYS, caller="202"),
    case("without a place to go the event is discarded", "async-discard", ASYNC_ERRORS, Asynchronous(), ALWAYS, ends={1: ("discarded", 0)}),
    case("the dead-letter queue gets what failed every attempt", "async-dlq-purpose", RECORDS,
         Asynchronous(failure="dlq"), ALWAYS, billed=3, ends={1: ("dlq", 0)}),
    case("a destination gets a record of the failure", "async-destinations-purpose", RECORDS,
         Asynchronous(failure="destination"), ALWAYS, ends={1: ("destination", 0)}, says="request and response"),
    case("a success can have a destination of its own", "async-destination-multiple", RECORDS,
         Asynchronous(on_success=True), NONE, billed=1, ends={1: ("processed", 1)}, says="on-success destination"),
    case("a timeout is a function error and is retried", "async-errors-counted", ASYNC_ERRORS, Asynchronous(), TIMEOUT, billed=3, at=(3.0, 66.0, 189.0)),
    case("an age shorter than the second wait cuts the third attempt", "async-max-event-age",
         "Configuring error handling settings for Lambda asynchronous invocations",
         Asynchronous(max_age_s=120, failure="dlq"), ALWAYS, billed=2, ends={1: ("dlq", 0)}),
    case("an age of a minute leaves one attempt", "async-max-event-age", "Configuring error handling settings for Lambda asynchronous invocations",
         Asynchronous(max_age_s=60), ALWAYS, billed=1, ends={1: ("discarded", 0)}),
    case("a throttled event uses up no retry", "async-throttle-and-system-errors-retry-up-to-6h", ASYNC_ERRORS,
         Asynchronous(retries=0), throttled(600), billed=1, ends={1: ("processed", 1)}),
    case("the waits after throttles begin at one second", "async-throttle-and-system-errors-retry-up-to-6h", ASYNC_ERRORS,
         Asynchronous(run_s=1), throttled(1), throttled=1, at=(0.0, 2.0)),
    case("an event that is throttled for too long expires", "async-discard", ASYNC_ERRORS,
         Asynchronous(max_age_s=3600, failure="destination"), throttled(7200), billed=0, ends={1: ("destination", 0)}),
    case("reserved concurrency 0 sends events straight to the dead-letter queue", "async-reserved-zero", RECORDS,
         Asynchronous(reserved=0, failure="dlq"), NONE, billed=0, throttled=0, ends={1: ("dlq", 0)}),
    case("three minutes of retries do not outlast an hour", "async-retry-wait", ASYNC_ERRORS, Asynchronous(failure="dlq"), PARTNER, billed=3, ends={1: ("dlq", 0)}),
    case("each attempt is billed", "price-retries-billed", METRICS, Asynchronous(), fails(2), billed=3, ends={1: ("processed", 1)}),
    case("a throttled try is not billed", "lambda-metrics-invocations", METRICS, Asynchronous(), throttled(1), billed=1, throttled=1),
]  # fmt: skip

QUEUE = [
    case("a failed batch comes back after the visibility timeout", "esm-sqs-whole-batch-returns", SQS_ERRORS,
         Queue(visibility_s=60, run_s=1), fails(1), billed=2, at=(1.0, 61.0)),
    case("one bad message brings the whole batch back, those processed too", "esm-sqs-whole-batch-returns", SQS_ERRORS,
         Queue(records=3, max_receive=2), poison(3), billed=2, ends={1: ("dlq", 2), 2: ("dlq", 2), 3: ("dlq", 0)}),
    case("with partial batch responses only the failed message returns", "esm-partial-batch",
         "AWS API model (botocore), lambda shape CreateEventSourceMappingRequest",
         Queue(records=3, partial=True, max_receive=3), poison(2), billed=3, ends={1: ("processed", 1), 2: ("dlq", 0), 3: ("processed", 1)}),
    case("an exception fails the whole batch, partial responses or not", "esm-partial-batch-exception", SQS_ERRORS,
         Queue(records=3, partial=True, max_receive=2), ALWAYS, billed=2, ends={1: ("dlq", 0), 3: ("dlq", 0)}),
    case("Lambda deletes the batch after a good run", "esm-sqs-deletes-on-success", "Using Lambda with Amazon SQS",
         Queue(), NONE, billed=1, ends={5: ("processed", 1)}, says="Lambda deletes"),
    case("at the receive after maxReceiveCount the queue moves the message", "sqs-dlq", SQS_MODEL,
         Queue(records=1, max_receive=3), ALWAYS, billed=3, ends={1: ("dlq", 0)}, says="received 3 times"),
    case("without a redrive policy it comes back again and again", "esm-sqs-no-onfailure-destination", RETRY_PAGE,
         Queue(records=1, visibility_s=600), ALWAYS, billed=36, ends={1: ("blocked", 0)}),
    case("a mapping is refused where the function may outlast the visibility timeout", "esm-sqs-timeout-validation", SQS_SETUP,
         Queue(timeout_s=60, visibility_s=30), NONE, billed=0, ends={1: ("blocked", 0)}, says="refuses the mapping"),
    case("window and run longer than the visibility timeout: processed twice", "esm-sqs-visibility-timeout-6x", SQS_SETUP,
         Queue(timeout_s=25, run_s=20, window_s=20, visibility_s=30), NONE, billed=2, ends={1: ("again", 2)}, says="at least 170 s"),
    case("five batches at once to begin with", "esm-sqs-scaling", SQS_SCALING, Queue(records=12, batch_size=1, run_s=1), NONE, billed=12,
         at=(1.0,) * 5 + (2.0,) * 5 + (3.0,) * 2),
    case("maximum concurrency 2: two batches at once", "esm-sqs-max-concurrency", SQS_SCALING,
         Queue(records=4, batch_size=1, max_concurrency=2, run_s=1), NONE, billed=4, throttled=0, at=(1.0, 1.0, 2.0, 2.0)),
    case("throttles send good messages to the dead-letter queue where maxReceiveCount is low", "esm-sqs-maxreceivecount-5", SQS_SETUP,
         Queue(records=2, batch_size=1, reserved=1, max_receive=1), NONE, billed=1, throttled=1, ends={1: ("processed", 1), 2: ("dlq", 0)}),
    case("five receives ride out a short throttle", "esm-sqs-maxreceivecount-5", SQS_SETUP,
         Queue(records=1, visibility_s=30, max_receive=5), throttled(100), billed=1, throttled=4, ends={1: ("processed", 1)}),
    case("throttled messages stay in the queue", "throttle-behaviour-by-model", SQS_ERRORS, Queue(records=1), throttled(60), billed=1, throttled=2,
         ends={1: ("processed", 1)}),
    case("a batch that is not full leaves when the window ends", "esm-batch-triggers", ESM_PAGE, Queue(records=4, window_s=10, run_s=1), NONE, at=(11.0,)),
    case("a full batch leaves at once", "esm-batch-triggers", ESM_PAGE, Queue(records=10, batch_size=10, window_s=10, run_s=1), NONE, at=(1.0,)),
    case("the function's own retries and destination play no part", "esm-sync-invocation", "Using Lambda with Amazon SQS",
         Queue(records=1, max_receive=5), ALWAYS, billed=5, ends={1: ("dlq", 0)}),
]  # fmt: skip

STREAM = [
    case("without limits a poison record blocks the shard", "esm-shard-blocking", KINESIS_FAILURE, Stream(records=4), poison(2),
         ends={2: ("blocked", 0), 3: ("blocked", 0), 4: ("blocked", 0)}),
    case("what stands before the poison record is processed at every try", "esm-shard-blocking", KINESIS_FAILURE,
         Stream(records=3, retries=2), poison(2), billed=3, ends={1: ("discarded", 3), 2: ("discarded", 0), 3: ("discarded", 0)}),
    case("the default is to retry until the records expire", "esm-stream-retry-default-forever", ESM_MODEL, Stream(records=1), ALWAYS, ends={1: ("blocked", 0)},
         says="24 hours"),
    case("retries count after the first try", "esm-stream-retry-default-forever", ESM_MODEL, Stream(records=1, retries=4), ALWAYS, billed=5),
    case("a record that grows too old is given up", "esm-record-age-range", ESM_MODEL, Stream(records=1, max_age_s=60), ALWAYS, ends={1: ("discarded", 0)},
         says="older than the maximum record age"),
    case("bisecting isolates the poison record", "esm-bisect", KINESIS_FAILURE, Stream(records=4, bisect=True, retries=0, destination=True), poison(3), billed=5,
         ends={1: ("again", 2), 2: ("again", 2), 3: ("destination", 0), 4: ("processed", 1)}),
    case("a split uses up no retry", "esm-bisect", KINESIS_FAILURE, Stream(records=2, bisect=True, retries=1), poison(2), billed=4,
         ends={1: ("again", 2), 2: ("discarded", 0)}),
    case("a partial response resumes at the failed record", "esm-partial-batch", ESM_MODEL, Stream(records=3, partial=True, retries=1), poison(2), billed=2,
         ends={1: ("processed", 1), 2: ("discarded", 0), 3: ("discarded", 0)}),
    case("partial response and bisect lose the poison record alone", "esm-poison-pill-tools", KINESIS_FAILURE,
         Stream(records=3, partial=True, bisect=True, retries=0), poison(2),
         ends={1: ("processed", 1), 2: ("discarded", 0), 3: ("processed", 1)}),
    case("throttles use up no retry", "esm-throttles-do-not-count", ESM_PAGE, Stream(records=1, retries=0), throttled(60), billed=1, throttled=1,
         ends={1: ("processed", 1)}),
    case("a batch that is given up is reported, and the shard moves on", "esm-onfailure-destination-types", KINESIS_FAILURE,
         Stream(records=2, batch_size=1, retries=0, destination=True), poison(1), billed=2, ends={1: ("destination", 0), 2: ("processed", 1)}),
    case("to SQS and SNS without the records themselves", "esm-onfailure-metadata", KINESIS_FAILURE,
         Stream(records=1, retries=0, destination=True), ALWAYS, ends={1: ("destination", 0)}, says="without the records themselves"),
    case("one batch of a shard at a time", "esm-kinesis-one-batch-per-shard", KINESIS_PAGE, Stream(records=4, batch_size=2, run_s=2), NONE, at=(2.0, 4.0)),
    case("with a parallelisation factor another key goes on", "esm-parallelization-factor", KINESIS_PAGE,
         Stream(records=4, factor=2), poison(1), ends={1: ("blocked", 0), 2: ("processed", 1), 3: ("blocked", 0), 4: ("processed", 1)}),
    case("reserved concurrency 0 keeps the records in the stream", "reserved-concurrency-zero", "Configuring reserved concurrency for a function",
         Stream(records=1, reserved=0), NONE, billed=0, ends={1: ("blocked", 0)}),
]  # fmt: skip

WORKFLOW = [
    case("3, 6 and 12 seconds", "sfn-retry-backoff-example", SFN_ERRORS, Workflow(interval_s=3, attempts=3, backoff=2, run_s=1), ALWAYS,
         billed=4, at=(1.0, 5.0, 12.0, 25.0)),
    case("defaults: three retries after 1, 2 and 4 seconds", "sfn-retry-defaults", SFN_ERRORS, Workflow(run_s=1), ALWAYS, billed=4, at=(1.0, 3.0, 6.0, 11.0)),
    case("MaxAttempts counts retries, not the first try", "sfn-retry-defaults", SFN_ERRORS, Workflow(attempts=1), fails(1), billed=2, ends={1: ("processed", 1)}),
    case("MaxAttempts 0: no retry", "sfn-retry-maxattempts-zero", SFN_ERRORS, Workflow(attempts=0), fails(1), billed=1, ends={1: ("failed", 0)}),
    case("MaxDelaySeconds caps the wait", "sfn-retry-maxdelay-jitter", SFN_ERRORS,
         Workflow(interval_s=10, backoff=3, max_delay_s=20, attempts=3, run_s=1), ALWAYS, at=(1.0, 12.0, 33.0, 54.0)),
    case("Catch comes after the retries", "sfn-catch-order", SFN_ERRORS, Workflow(attempts=2, catch=True), ALWAYS, billed=3, ends={1: ("caught", 0)}),
    case("Catch is not needed where a retry succeeds", "sfn-catch-order", SFN_ERRORS, Workflow(attempts=2, catch=True), fails(2), billed=3,
         ends={1: ("processed", 1)}),
    case("without Retry and Catch an error fails the execution", "sfn-default-error-behaviour", SFN_ERRORS, Workflow(attempts=0), ALWAYS,
         ends={1: ("failed", 0)}, caller="FAILED"),
    case("each retry is a state transition more", "sfn-price-retries-count", "AWS Step Functions Pricing", Workflow(), ALWAYS, also="4 state transitions"),
    case("a throttled task is retried by Retry, and not billed by Lambda", "lambda-metrics-invocations", METRICS,
         Workflow(attempts=3), throttled(2), billed=1, throttled=2, ends={1: ("processed", 1)}),
]  # fmt: skip

CASES = [*SYNC, *ASYNC, *QUEUE, *STREAM, *WORKFLOW]
