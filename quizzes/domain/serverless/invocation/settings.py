"""What one can set in each model of the invocation lab, with AWS's names, ranges and defaults.

A value outside its range raises OutOfRange, a ValueError that names the field and says what is allowed. Where the facts give no range,
the lab sets one of its own and says so (`fact` is empty then).
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, ClassVar


class OutOfRange(ValueError):
    """A setting that AWS, or the lab, does not take. `field` names it; the message is a sentence for the person."""

    def __init__(self, name: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = name


@dataclass(frozen=True, slots=True)
class Spec:
    """How one setting is asked for: a number in a range, a switch, or one of several choices."""

    label: str
    fact: str = ""
    low: float | None = None
    high: float | None = None
    unit: str = ""
    whole: bool = True
    unset: str = ""  # what an empty field means; "" where a value is needed
    choices: tuple[tuple[str, str], ...] = ()
    help: str = ""


def number(label: str, default: float | None, low: float, high: float, **rest: Any) -> Any:
    return field(default=default, metadata={"spec": Spec(label, low=low, high=high, **rest)})


def switch(label: str, **rest: Any) -> Any:
    return field(default=False, metadata={"spec": Spec(label, **rest)})


def one_of(label: str, default: str, choices: tuple[tuple[str, str], ...], **rest: Any) -> Any:
    return field(default=default, metadata={"spec": Spec(label, choices=choices, **rest)})


#: How many messages or records the lab follows at most; its own bound, so that each can be told apart.
MOST_RECORDS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """What every model has: the function's timeout, how long a run takes, and its reserved concurrency."""

    title: ClassVar[str] = ""
    key: ClassVar[str] = ""

    timeout_s: int = number("Function timeout", 3, 1, 900, unit="seconds", fact="limit-timeout")
    run_s: float = number("A run takes", 1.0, 0.1, 900, unit="seconds", whole=False, help="Longer than the timeout: each run times out.")
    reserved: int | None = number(
        "Reserved concurrency", None, 0, 900, unset="none reserved", fact="reserved-concurrency-100-floor",
        help="900 at most with the default quota of 1,000.",
    )  # fmt: skip

    def __post_init__(self) -> None:
        for column in fields(self):
            require(column.name, column.metadata["spec"], getattr(self, column.name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Synchronous(Function):
    """Somebody calls and waits for the answer."""

    title: ClassVar[str] = "Synchronous: API Gateway or SDK"
    key: ClassVar[str] = "sync"

    caller: str = one_of("Who calls", "api", (("api", "API Gateway"), ("sdk", "An SDK or the CLI")), fact="sync-callers-list")
    integration_timeout_s: int = number(
        "Integration timeout of API Gateway", 29, 1, 900, unit="seconds", fact="apigw-integration-timeout",
        help="More than 29 for Regional and private REST APIs only.",
    )  # fmt: skip
    client_timeout_s: int = number("The SDK waits for an answer", 60, 1, 900, unit="seconds", help="Your client's own setting.")
    client_attempts: int = number("The SDK tries at most", 3, 1, 10, unit="times", help="Your client's own setting.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asynchronous(Function):
    """Lambda queues the event and answers at once."""

    title: ClassVar[str] = "Asynchronous: S3, SNS, EventBridge"
    key: ClassVar[str] = "async"

    retries: int = number("Retry attempts", 2, 0, 2, unit="retries", fact="async-retry-setting-range")
    max_age_s: int = number("Maximum age of event", 21_600, 60, 21_600, unit="seconds", fact="async-max-event-age")
    failure: str = one_of(
        "A failed event goes to", "none", (("none", "nowhere"), ("dlq", "a dead-letter queue"), ("destination", "an on-failure destination")),
        fact="async-discard",
    )  # fmt: skip
    on_success: bool = switch("On-success destination", fact="async-destination-multiple")


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue(Function):
    """Lambda polls an SQS standard queue."""

    title: ClassVar[str] = "Event source mapping on SQS"
    key: ClassVar[str] = "sqs"

    records: int = number("Messages waiting", 5, 1, MOST_RECORDS, unit="messages")
    batch_size: int = number("Batch size", 10, 1, 10_000, unit="messages", fact="esm-batch-size-sqs")
    window_s: int = number(
        "Batching window", 0, 0, 300, unit="seconds", fact="esm-batch-window-range", help="At least 1 for a batch size above 10."
    )
    partial: bool = switch("Partial batch responses", fact="esm-partial-batch")
    visibility_s: int = number("Visibility timeout", 30, 0, 43_200, unit="seconds", fact="sqs-visibility")
    max_receive: int | None = number(
        "maxReceiveCount", None, 1, 100, unit="receives", unset="no dead-letter queue", fact="sqs-dlq", help="The lab goes up to 100."
    )
    max_concurrency: int | None = number(
        "Maximum concurrency", None, 2, 1_000, unit="batches", unset="not set", fact="esm-sqs-max-concurrency"
    )

    def __post_init__(self) -> None:
        Function.__post_init__(self)
        if self.batch_size > 10 and self.window_s < 1:
            raise OutOfRange(
                "window_s", "A batch size above 10 needs a batching window of at least 1 second. Set the window, or a smaller batch."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream(Function):
    """Lambda polls one shard of a stream, and keeps the order."""

    title: ClassVar[str] = "Event source mapping on a stream"
    key: ClassVar[str] = "stream"

    records: int = number("Records in the shard", 8, 1, MOST_RECORDS, unit="records")
    batch_size: int = number("Batch size", 100, 1, 10_000, unit="records", fact="esm-batch-size-streams")
    window_s: int = number("Batching window", 0, 0, 300, unit="seconds", fact="esm-batch-window-range")
    bisect: bool = switch("Bisect batch on error", fact="esm-bisect")
    partial: bool = switch("Partial batch responses", fact="esm-partial-batch")
    retries: int = number("Retry attempts", -1, -1, 10_000, unit="retries", fact="esm-stream-retry-default-forever", help="-1: no limit.")
    max_age_s: int = number("Maximum record age", -1, -1, 604_800, unit="seconds", fact="esm-record-age-range", help="-1: no limit.")
    factor: int = number("Parallelisation factor", 1, 1, 10, unit="batches per shard", fact="esm-parallelization-factor")
    destination: bool = switch("On-failure destination", fact="esm-onfailure-destination-types")


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow(Function):
    """A Task state of a Standard workflow calls the function and waits for its result."""

    title: ClassVar[str] = "Step Functions with Retry and Catch"
    key: ClassVar[str] = "workflow"

    attempts: int = number(
        "MaxAttempts of Retry", 3, 0, 20, unit="retries", fact="sfn-retry-defaults", help="0: no retry. The lab goes up to 20."
    )
    interval_s: int = number("IntervalSeconds", 1, 1, 3_600, unit="seconds", fact="sfn-retry-defaults", help="The lab goes up to 3,600.")
    backoff: float = number("BackoffRate", 2.0, 1, 10, whole=False, fact="sfn-retry-defaults", help="The lab goes up to 10.")
    max_delay_s: int | None = number(
        "MaxDelaySeconds",
        None,
        1,
        21_600,
        unit="seconds",
        unset="no cap",
        fact="sfn-retry-maxdelay-jitter",
        help="The lab goes up to 21,600.",
    )
    catch: bool = switch("Catch", fact="sfn-catch-order", help="A fallback state takes over.")


Settings = Synchronous | Asynchronous | Queue | Stream | Workflow

#: The models by their key, in the order in which the page lists them.
MODELS: dict[str, type[Settings]] = {model.key: model for model in (Synchronous, Asynchronous, Queue, Stream, Workflow)}


def specs(model: type[Settings]) -> dict[str, tuple[Spec, Any]]:
    """Each setting of a model with its default, what is its own before what every function has."""
    columns = fields(model)
    common = {column.name for column in fields(Function)}
    ordered = [c for c in columns if c.name not in common] + [c for c in columns if c.name in common]
    return {column.name: (column.metadata["spec"], column.default) for column in ordered}


def require(name: str, spec: Spec, value: Any) -> None:
    """Raise OutOfRange unless this setting takes this value."""
    if spec.choices:
        if value not in dict(spec.choices):
            raise OutOfRange(name, f"{spec.label}: choose one of {', '.join(label for _, label in spec.choices)}.")
    elif spec.low is not None and spec.high is not None:
        if value is None and spec.unset:
            return
        if value is None or not spec.low <= value <= spec.high:
            whose = "Set" if spec.fact else "The lab takes"
            unit = f" {spec.unit}" if spec.unit else ""
            raise OutOfRange(name, f"{whose} {spec.low:,g} to {spec.high:,g}{unit} for “{spec.label}”.")
