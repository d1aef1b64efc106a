"""The classic traps of the exam, as settings to begin with."""

from __future__ import annotations

from dataclasses import dataclass

from quizzes.domain.serverless.invocation.fault import Fault, Kind
from quizzes.domain.serverless.invocation.settings import Asynchronous, Queue, Settings, Stream, Synchronous, Workflow


@dataclass(frozen=True, slots=True)
class Preset:
    """A case with a name, and the question that it asks."""

    title: str
    question: str
    settings: Settings
    fault: Fault


_ALWAYS, _POISON = Fault(kind=Kind.ALWAYS), Fault(kind=Kind.POISON)

PRESETS = (
    Preset(
        "An asynchronous event that keeps failing", "A dead-letter queue is set. How often does the function run first?",
        Asynchronous(failure="dlq"), _ALWAYS,
    ),
    Preset(
        "An event age shorter than the second wait", "Two retries are allowed, but the event may be two minutes old.",
        Asynchronous(max_age_s=120, failure="destination"), _ALWAYS,
    ),
    Preset(
        "A throttled asynchronous event", "Retries are 0, and the function is throttled for ten minutes. Is the event lost?",
        Asynchronous(retries=0, failure="dlq"), Fault(kind=Kind.THROTTLED, lasts_s=600),
    ),
    Preset(
        "A partner that is down for an hour", "Do the retries of Lambda outlast it?",
        Asynchronous(failure="destination"), Fault(kind=Kind.PARTNER),
    ),
    Preset(
        "API Gateway before a slow function", "The function takes 40 seconds, the integration timeout is 29. Is the work done?",
        Synchronous(timeout_s=60, run_s=40), Fault(),
    ),
    Preset(
        "An SDK that repeats after its own timeout", "The client waits 60 seconds, the function takes 90. Who works how often?",
        Synchronous(caller="sdk", timeout_s=120, run_s=90, client_timeout_s=60, client_attempts=3), Fault(),
    ),
    Preset(
        "A visibility timeout below the function timeout", "The queue hides a message for 30 seconds, the function may take 60.",
        Queue(timeout_s=60, run_s=20, visibility_s=30), Fault(),
    ),
    Preset(
        "A window that eats the visibility timeout", "Window 20 seconds, run 20 seconds, hidden for 30.",
        Queue(records=3, timeout_s=25, run_s=20, window_s=20, visibility_s=30), Fault(),
    ),
    Preset(
        "A batch without partial batch responses", "One of five messages is bad. What happens to the other four?",
        Queue(records=5, max_receive=3), _POISON,
    ),
    Preset(
        "The same batch with partial batch responses", "The function reports the bad message instead of throwing.",
        Queue(records=5, max_receive=3, partial=True), _POISON,
    ),
    Preset(
        "Good messages in the dead-letter queue", "Nothing is wrong with them: five batches, reserved concurrency 1, maxReceiveCount 2.",
        Queue(records=5, batch_size=1, reserved=1, max_receive=2), Fault(),
    ),
    Preset(
        "A poison record in a stream, without bisect", "Default settings. What becomes of the records behind it?",
        Stream(records=8, batch_size=4), _POISON,
    ),
    Preset(
        "The same record with bisect and a destination", "How many runs until it stands alone, and what is lost?",
        Stream(records=8, batch_size=4, bisect=True, retries=1, destination=True), _POISON,
    ),
    Preset(
        "Step Functions: Retry, then Catch", "MaxAttempts is 3. How often does the function run before Catch takes over?",
        Workflow(interval_s=3, catch=True), _ALWAYS,
    ),
)  # fmt: skip
