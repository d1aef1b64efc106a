"""One event at a time: synchronous calls, asynchronous events, and a task of Step Functions."""

from __future__ import annotations

from quizzes.domain.serverless.invocation import rules
from quizzes.domain.serverless.invocation.fault import Fault, Kind, is_throttled, run
from quizzes.domain.serverless.invocation.outcome import WATCH_S, Ending, Outcome, State, Story, clock, final, plural, times
from quizzes.domain.serverless.invocation.settings import Asynchronous, Synchronous, Workflow

#: The lab's own pause of a client between two tries; the SDKs have theirs.
CLIENT_PAUSE_S = 1.0

PROBLEM = {"error": "The run fails", "timeout": "The run times out"}
OPEN_RUN = "A failing run takes as long as a good one in the lab; yours may fail sooner."


def begin(fault: Fault, story: Story) -> None:
    """What holds in every model."""
    story.rest_on(rules.is_billed)
    if fault.kind not in (Kind.NONE, Kind.THROTTLED):
        story.rest_on(left_open=OPEN_RUN)


# -- synchronous -----------------------------------------------------------------------------------------------------


def simulate_synchronous(settings: Synchronous, fault: Fault) -> Outcome:
    story = Story()
    begin(fault, story)
    by_api = settings.caller == "api"
    who = "API Gateway" if by_api else "SDK"
    tries = 1 if by_api else settings.client_attempts
    story.rest_on(rules.sync_retries_by_lambda, "sync-lambda-destinations-do-not-apply")
    at, done, caller, answered = 0.0, 0, "", False
    for attempt in range(1, tries + 1):
        story.say(at, who, f"Calls the function{_nth(attempt)} and waits for the answer.", "send", "calls, waits")
        at, problem, ok = _one_call(settings, fault, story, who=who, at=at, runs_before=story.billed)
        done += ok
        if not problem:
            answered, caller = True, f"{who} gets the function’s answer after {clock(at)}."
            break
        again = rules.api_gateway_tries_again(problem) if by_api else rules.sdk_tries_again(problem)
        caller = _view(by_api, problem, again and attempt < tries)
        if not again:
            break
        at += CLIENT_PAUSE_S
    story.rest_on(
        rules.api_gateway_tries_again if by_api else rules.sdk_tries_again, why=_why_no_more(by_api, answered, attempt, tries, caller)
    )
    if attempt > 1:
        story.rest_on(left_open=f"The pause between two tries of an SDK is its own; the lab draws {CLIENT_PAUSE_S:g} s.")
    if done:
        state, at = final(done=done), max(entry.at_s for entry in story.entries)
        words = "The work is done." if done == 1 else f"The work was done {times(done)}."
        story.say(at, "Function", words if answered else f"{words} The caller does not know.", "good" if answered else "open", "done")
    else:
        state = State.RETURNED
        story.say(at, who, "Has the error. Nothing keeps the event: no queue, no destination.", "bad", "error at the caller")
        story.rest_on(why="No queue stands behind a synchronous call: the error is back with the caller, and the event is nowhere else.")
    return story.outcome(caller=caller, endings=[Ending(1, "The call", state, done)])


def _one_call(s: Synchronous, fault: Fault, story: Story, *, who: str, at: float, runs_before: int) -> tuple[float, str, bool]:
    """When the caller knows, what went wrong for it ("" if nothing), and whether the function did its work."""
    if is_throttled(s, fault, start_s=at):
        story.throttled += 1
        story.rest_on(rules.throttle_status, *([rules.is_switched_off] if s.reserved == 0 else []))
        story.say(at, "Lambda", f"No concurrency: answers {rules.throttle_status()}. The function does not run.", "throttle", "429, no run")
        return at, "throttle", False
    one = run(s, fault, start_s=at, runs_before=runs_before)
    story.billed += 1
    patience = s.integration_timeout_s if s.caller == "api" else s.client_timeout_s
    gives_up = rules.gateway_gives_up(one.seconds, integration_timeout_s=patience) if s.caller == "api" else one.seconds > patience
    if gives_up:
        if s.caller == "api":
            story.rest_on(rules.gateway_gives_up, why=f"The run takes {clock(one.seconds)}; API Gateway waits {clock(patience)}.")
        story.say(
            at + patience,
            who,
            f"Has waited {clock(patience)} and gives up. The function knows nothing of that.",
            "throttle",
            "gives up waiting",
        )
        story.rest_on(
            left_open="That the run goes on after a caller gave up is documented for streamed responses; the lab takes it to hold for all."
        )
    if one.problem:
        story.say(one.end_s, "Function", f"{PROBLEM[one.problem]} after {clock(one.seconds)}.", "fail", _mark(one.problem, one.seconds))
    else:
        story.say(one.end_s, "Function", f"The run ends well after {clock(one.seconds)}.", "ok", f"runs {clock(one.seconds)}")
    if gives_up:
        return at + patience, "client-timeout", not one.problem
    if one.problem:
        story.rest_on(rules.sync_status)
    return one.end_s, "function" if one.problem else "", not one.problem


def _view(by_api: bool, problem: str, again: bool) -> str:
    if again:
        return ""
    if by_api:
        return {
            "function": "An error, passed on by API Gateway. Nobody tries again.",
            "throttle": "An error: Lambda answered 429 to API Gateway, which passes the error on.",
            "client-timeout": "A timeout from API Gateway, although the function went on running.",
        }[problem]
    return {
        "function": "Status 200 with FunctionError set; the payload says what failed. The SDK does not try again.",
        "throttle": "429, after the SDK’s last try.",
        "client-timeout": "A timeout of its own, after the SDK’s last try, although the function went on running.",
    }[problem]


def _why_no_more(by_api: bool, answered: bool, attempt: int, tries: int, caller: str) -> str:
    if answered:
        return "Lambda ran the function and the answer went back on the same connection." if attempt == 1 else (
            f"The SDK repeats by itself after a throttle or its own timeout; try {attempt} got the answer."
        )  # fmt: skip
    if by_api:
        return "Lambda does not retry a synchronous call, and API Gateway passes the error on."
    if attempt == tries and "FunctionError" not in caller:
        return f"The SDK repeats after its own timeout and after throttles, here {plural(tries, 'try')} in all."
    return "Lambda does not retry a synchronous call, and an SDK does not repeat after an error of the function’s code."


def _nth(n: int) -> str:
    return "" if n == 1 else f" once more, try {n},"


def _mark(problem: str, seconds: float) -> str:
    return f"times out at {clock(seconds)}" if problem == "timeout" else "fails"


# -- asynchronous ----------------------------------------------------------------------------------------------------


def simulate_asynchronous(settings: Asynchronous, fault: Fault) -> Outcome:
    s, story = settings, Story()
    begin(fault, story)
    story.rest_on(
        rules.async_status, left_open="The same event may be delivered more than once even without an error; the lab delivers it once."
    )
    story.rest_on("async-duplicates", left_open="How soon the first attempt starts is not documented; the lab starts it at once.")
    story.say(0, "Caller", "Sends the event, gets 202 and goes on.", "send", "event, 202")
    caller = "202 at once, whatever happens later: the event was accepted, no more."
    if rules.skips_retries(s.reserved):
        story.rest_on(rules.skips_retries, rules.is_switched_off, why="Reserved concurrency 0: a new event is not tried at all.")
        return _async_failed(s, story, at=0, caller=caller)
    at, in_a_row = 0.0, 0
    while True:
        if rules.is_expired(age_s=at, max_age_s=s.max_age_s):
            story.rest_on(rules.is_expired, why=f"The next try would come at {clock(at)}; the event may be {clock(s.max_age_s)} old.")
            story.rest_on(
                left_open="When exactly an expired event leaves the queue is not documented; the lab draws the moment it grows too old."
            )
            return _async_failed(s, story, at=s.max_age_s, caller=caller)
        if is_throttled(s, fault, start_s=at):
            story.throttled += 1
            in_a_row += 1
            wait = rules.throttle_wait_s(in_a_row)
            story.rest_on(
                rules.throttle_wait_s, why="A throttled event goes back to Lambda’s queue; that uses up no retry.",
                left_open="The waits after throttles grow from 1 s to 5 min; that they double, without jitter, is the lab’s reading.",
            )  # fmt: skip
            story.say(
                at,
                "Lambda",
                f"No concurrency: the event goes back to the queue for {clock(wait)}.",
                "throttle",
                f"throttled, waits {clock(wait)}",
            )
            at += wait
            continue
        one = run(s, fault, start_s=at, runs_before=story.billed)
        story.billed += 1
        if not rules.counts_as_function_error(one.problem):
            story.say(
                one.end_s, "Function", f"Attempt {story.billed} ends well after {clock(one.seconds)}.", "ok", f"runs {clock(one.seconds)}"
            )
            return _async_done(s, story, at=one.end_s, caller=caller)
        story.rest_on(rules.counts_as_function_error, rules.async_attempts)
        left = rules.async_attempts(s.retries) - story.billed
        if left == 0:
            story.say(
                one.end_s, "Function", f"{PROBLEM[one.problem]}: attempt {story.billed}, the last.", "fail", _mark(one.problem, one.seconds)
            )
            story.rest_on(why=f"One first attempt and {plural(s.retries, 'retry')} make {story.billed}: no attempt is left.")
            return _async_failed(s, story, at=one.end_s, caller=caller)
        wait = rules.async_wait_s(story.billed)
        story.rest_on(rules.async_wait_s, why="After a function error Lambda waits one minute, then two, before it tries again.")
        words = f"{PROBLEM[one.problem]}: attempt {story.billed}. Lambda waits {clock(wait)}."
        story.say(one.end_s, "Function", words, "fail", _mark(one.problem, one.seconds))
        at = one.end_s + wait


def _async_done(s: Asynchronous, story: Story, *, at: float, caller: str) -> Outcome:
    if s.on_success:
        story.rest_on("async-destination-multiple", "async-destination-record")
        story.say(at, "Lambda", "Sends a record of the success to the on-success destination.", "good", "→ on-success destination")
    else:
        story.say(at, "Lambda", "The event is done and leaves the queue.", "good", "done")
    return story.outcome(caller=caller, endings=[Ending(1, "The event", final(done=1), 1)])


def _async_failed(s: Asynchronous, story: Story, *, at: float, caller: str) -> Outcome:
    state = State(rules.async_end(s.failure))
    words, mark, kind = {
        State.DLQ: ("The event goes to the dead-letter queue, without the response.", "→ dead-letter queue", "open"),
        State.DESTINATION: ("A record with request and response goes to the on-failure destination.", "→ on-failure destination", "open"),
        State.DISCARDED: ("The event is discarded: nothing was set to keep it.", "discarded", "bad"),
    }[state]
    story.rest_on(
        rules.async_end, *{State.DLQ: ["async-dlq-content"], State.DESTINATION: ["async-destination-record"]}.get(state, []),
        why={
            State.DLQ: "A failed event goes to the dead-letter queue because one is set.",
            State.DESTINATION: "A failed event is reported to the on-failure destination because one is set.",
            State.DISCARDED: "Without a dead-letter queue or destination a failed event is discarded.",
        }[state],
    )  # fmt: skip
    story.say(at, "Lambda", words, kind, mark)
    return story.outcome(caller=caller, endings=[Ending(1, "The event", state, 0)])


# -- workflows -------------------------------------------------------------------------------------------------------


def simulate_workflow(settings: Workflow, fault: Fault) -> Outcome:
    s, story = settings, Story()
    begin(fault, story)
    story.rest_on(
        "sfn-price-other", left_open="The lab has no jitter (JitterStrategy NONE, the default) and calls the function without delay."
    )
    story.rest_on(
        "sfn-states-all", left_open="Retry and Catch in the lab name States.ALL, so that throttles and timeouts of the function match too."
    )
    story.say(0, "Workflow", "The Task state calls the function and waits for its result.", "send", "task calls")
    at, retries = 0.0, 0
    while True:
        problem, at = _one_task(s, fault, story, at=at)
        if not problem:
            story.say(at, "Workflow", "The state has its result; the workflow goes on.", "good", "next state")
            why = "The task succeeded at its first try." if not retries else f"Retry number {retries} succeeded; Catch is not needed."
            story.rest_on(rules.may_retry, why=why)
            return _workflow_end(story, State.PROCESSED, retries, "The state succeeded, and the workflow goes on.", done=1)
        if not rules.may_retry(retries_used=retries, attempts=s.attempts):
            break
        retries += 1
        wait = rules.retry_wait_s(retries, interval_s=s.interval_s, backoff=s.backoff, max_delay_s=s.max_delay_s)
        story.rest_on(rules.retry_wait_s, why="Before each retry the wait is multiplied by BackoffRate.")
        if at + wait >= WATCH_S:
            story.say(at, "Workflow", f"Waits {clock(wait)} for retry {retries}; the lab stops watching.", "open", "still waiting")
            return _workflow_end(story, State.BLOCKED, retries - 1, "The execution is still running.", done=0)
        story.say(at, "Workflow", f"Retry {retries} of {s.attempts} comes in {clock(wait)}.", "wait", f"retry {retries} in {clock(wait)}")
        at += wait
    state = State(rules.workflow_end(catch=s.catch))
    story.rest_on(rules.may_retry, rules.workflow_end)
    used = f"MaxAttempts counts retries: the first try and {plural(s.attempts, 'retry')}."
    if state is State.CAUGHT:
        story.rest_on(why=f"{used} Then Catch takes over.")
        story.say(at, "Workflow", "Catch leads to the fallback state.", "open", "→ Catch: fallback state")
        return _workflow_end(story, state, retries, "The execution goes on in the fallback state that Catch names.", done=0)
    story.rest_on("sfn-redrive", why=f"{used} Without Catch the execution fails.")
    story.say(at, "Workflow", "Nothing catches the error: the execution fails.", "bad", "execution fails")
    return _workflow_end(story, state, retries, "An execution that FAILED. It can be redriven from this state within 14 days.", done=0)


def _one_task(s: Workflow, fault: Fault, story: Story, *, at: float) -> tuple[str, float]:
    if is_throttled(s, fault, start_s=at):
        story.throttled += 1
        story.rest_on(rules.throttle_status, *([rules.is_switched_off] if s.reserved == 0 else []))
        story.say(at, "Lambda", "No concurrency: the task gets an error, and the function does not run.", "throttle", "429, no run")
        return "throttle", at
    one = run(s, fault, start_s=at, runs_before=story.billed)
    story.billed += 1
    if one.problem:
        story.say(one.end_s, "Function", f"{PROBLEM[one.problem]}: run {story.billed}.", "fail", _mark(one.problem, one.seconds))
    else:
        story.say(one.end_s, "Function", f"Run {story.billed} ends well after {clock(one.seconds)}.", "ok", f"runs {clock(one.seconds)}")
    return one.problem, one.end_s


def _workflow_end(story: Story, state: State, retries: int, caller: str, *, done: int) -> Outcome:
    count = rules.transitions(retries=retries, caught=state is State.CAUGHT)
    story.rest_on(rules.transitions)
    story.also.append(f"Step Functions (Standard): {plural(count, 'state transition')} for this task, retries included.")
    return story.outcome(caller=caller, endings=[Ending(1, "The task", state, done)])
