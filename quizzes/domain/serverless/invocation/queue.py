"""An event source mapping on an SQS standard queue.

The lab keeps a batch together: what came in one batch comes back in one batch. In AWS the messages of a batch come back singly and mix with others.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil, inf

from quizzes.domain.serverless.invocation import rules
from quizzes.domain.serverless.invocation.calls import PROBLEM, begin
from quizzes.domain.serverless.invocation.fault import PARTNER_DOWN_S, Fault, Kind, fails_for_good, is_throttled, run
from quizzes.domain.serverless.invocation.outcome import WATCH_S, Ending, Outcome, State, Story, clock, final, names, plural
from quizzes.domain.serverless.invocation.settings import Queue

#: Receives of a batch that are told one by one before the lab counts the rest.
TOLD = 4


@dataclass(slots=True)
class Batch:
    """Messages that travel together, with what the poller has done with them."""

    members: list[int]
    first_s: float
    turned_away: float
    poison: int | None
    story: Story
    runs: int = 0
    done: dict[int, int] = field(default_factory=dict)
    ends: dict[int, State] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"message{'' if len(self.members) == 1 else 's'} {names(self.members)}"

    def finish(self, members: list[int], state: State | None) -> None:
        """Write down where these messages ended; None means processed, as often as it was."""
        for member in members:
            self.ends[member] = state or final(done=self.done.get(member, 0))
        self.members = [member for member in self.members if member not in members]


def simulate_queue(settings: Queue, fault: Fault) -> Outcome:
    s, story = settings, Story()
    begin(fault, story)
    story.rest_on(
        "esm-sync-invocation",
        "esm-at-least-once",
        left_open="A standard queue keeps no strict order; the lab takes messages by their numbers.",
    )
    story.say(
        0,
        "Queue",
        f"{plural(s.records, 'message')} wait{'s' if s.records == 1 else ''} in the queue.",
        "send",
        plural(s.records, "message"),
    )
    numbers = list(range(1, s.records + 1))
    focus = next((n - 1 for n in numbers if fault.poisons(n, s.records)), s.records - 1)
    caller = "Nobody waits. Whoever sent a message knows only that the queue has it."
    if rules.mapping_is_refused(timeout_s=s.timeout_s, visibility_s=s.visibility_s):
        sentence = f"Lambda refuses the mapping: the function may run for {s.timeout_s} s, the queue hides messages for {s.visibility_s} s."
        story.rest_on(rules.mapping_is_refused, why=f"{sentence} Nothing polls the queue.")
        story.say(0, "Lambda", sentence, "bad", "mapping is refused")
        return story.outcome(caller=caller, endings=[_ending(n, State.BLOCKED, 0) for n in numbers], focus=focus)
    advised = rules.advised_visibility_s(timeout_s=s.timeout_s, window_s=s.window_s)
    if s.visibility_s < advised:
        story.rest_on(
            rules.advised_visibility_s,
            why=f"AWS advises a visibility timeout of at least {advised:g} s here (6 × timeout, plus the window).",
        )
    if fault.kind not in (Kind.NONE, Kind.THROTTLED):
        open_pace = "While a function keeps failing, Lambda lowers the concurrency of the mapping; by how much is not documented."
        story.rest_on("esm-sqs-backoff", left_open=open_pace)
    batches = _batches(s, fault, numbers)
    for batch in batches:
        _follow(s, fault, batch)
    for batch in batches:
        story.entries += batch.story.outcome(caller="", endings=()).entries
        story.billed, story.throttled = story.billed + batch.story.billed, story.throttled + batch.story.throttled
        story.facts |= batch.story.facts
        story.why |= batch.story.why
        story.left_open |= batch.story.left_open
    ends = {n: (state, batch.done.get(n, 0)) for batch in batches for n, state in batch.ends.items()}
    return story.outcome(caller=caller, endings=[_ending(n, *ends[n]) for n in numbers], focus=focus)


def _ending(number: int, state: State, done: int) -> Ending:
    return Ending(number, f"Message {number}", state, done)


def _batches(s: Queue, fault: Fault, numbers: list[int]) -> list[Batch]:
    """The first batches, and when each is received: so many at once, the rest when those are through."""
    at_once = rules.batches_at_once(s.max_concurrency)
    groups = [numbers[i : i + s.batch_size] for i in range(0, len(numbers), s.batch_size)]
    result = []
    for i, group in enumerate(groups):
        wave, place = divmod(i, at_once)
        wait = rules.batch_wait_s(len(groups[0]), batch_size=s.batch_size, window_s=s.window_s)
        length = run(s, fault, start_s=0, runs_before=0).seconds
        poison = next((n for n in group if fault.poisons(n, s.records)), None)
        story = Story()
        story.rest_on(rules.batch_wait_s)
        if len(groups) > 1:
            story.rest_on(rules.batches_at_once)
        result.append(Batch(group, wave * (wait + length), rules.turned_away(place, reserved=s.reserved), poison, story))
    return result


def _follow(s: Queue, fault: Fault, batch: Batch) -> None:
    """Receive a batch again and again until nothing of it is left, or the lab stops watching."""
    receive = 0
    deleted_s = inf  # when what went well is deleted from the queue
    while batch.members:
        at = batch.first_s + receive * s.visibility_s
        if at >= deleted_s:
            batch.finish([m for m in batch.members if batch.poison != m], None)
            deleted_s = inf
            continue
        receive += 1
        if rules.goes_to_dlq(receives=receive, max_receive=s.max_receive):
            batch.story.rest_on(
                rules.goes_to_dlq, why=f"maxReceiveCount is {s.max_receive}: at receive {receive} the queue moves a message instead."
            )
            batch.story.say(
                at, "Queue", f"Moves {batch.name} to the dead-letter queue: received {s.max_receive} times.", "open", "→ dead-letter queue"
            )
            batch.finish(batch.members, State.DLQ)
            return
        if at >= WATCH_S:
            _stop_watching(s, batch)
            return
        deleted_s = min(deleted_s, _receive(s, fault, batch, at=at, receive=receive))
        if deleted_s == inf and receive >= TOLD:
            receive += _skip(s, fault, batch, receive)


def _stop_watching(s: Queue, batch: Batch) -> None:
    why = "Without a dead-letter queue a message that fails comes back after each visibility timeout, until its retention ends (4 days by default)."
    if s.max_receive is None:
        batch.story.rest_on(rules.goes_to_dlq, "sqs-retention", why=why)
    batch.story.say(WATCH_S, "Queue", f"Still has {batch.name}; the lab stops watching.", "open", "still in the queue")
    batch.finish(batch.members, State.BLOCKED)


def _receive(s: Queue, fault: Fault, batch: Batch, *, at: float, receive: int) -> float:
    """One receive of a batch. Says when something of it will be deleted from the queue: never, if all of it failed."""
    start = at + rules.batch_wait_s(len(batch.members), batch_size=s.batch_size, window_s=s.window_s)
    story, nth = batch.story, f"receive {receive}" + (f" of {s.max_receive}" if s.max_receive else "")
    if is_throttled(s, fault, start_s=start) or receive <= batch.turned_away:
        story.throttled += 1
        story.rest_on(rules.turned_away, why="A throttled batch was received all the same: it counts towards maxReceiveCount.")
        if receive <= batch.turned_away != inf:
            story.rest_on(left_open="Which batch finds concurrency first is chance; in the lab the one with the lowest numbers does.")
        again = rules.visible_again_s(received_s=at, visibility_s=s.visibility_s)
        words = f"No concurrency for {batch.name} ({nth}); visible again at {clock(again)}."
        story.say(start, "Lambda", words, "throttle", f"throttled ({nth})")
        return inf
    poisoned = batch.poison in batch.members
    one = run(s, fault, start_s=start, runs_before=batch.runs, poisoned=poisoned)
    batch.runs += 1
    story.billed += 1
    if poisoned and one.problem != "timeout":
        return _poisoned(s, batch, at=at, end_s=one.end_s, nth=nth)
    if one.problem:
        _say_failed(
            s, batch, at=at, end_s=one.end_s, nth=nth, words=PROBLEM[one.problem], mark="times out" if one.problem == "timeout" else "fails"
        )
        if s.partial:
            story.rest_on(
                rules.only_failed_return, why="A run that throws or times out fails the whole batch, partial batch responses or not."
            )
        return inf
    _count(batch, batch.members)
    twice = one.end_s > rules.visible_again_s(received_s=at, visibility_s=s.visibility_s)
    story.say(one.end_s, "Function", f"Done with {batch.name} ({nth}); Lambda deletes what was done.", "ok", f"done ({nth})")
    story.rest_on("esm-sqs-deletes-on-success", why="After a good run Lambda deletes the messages of the batch.")
    if twice:
        _say_overlap(s, story)
    return one.end_s


def _poisoned(s: Queue, batch: Batch, *, at: float, end_s: float, nth: str) -> float:
    """A run of a batch with the poison message: told apart if the function reports it, otherwise the batch fails as a whole."""
    poison = batch.poison or 0
    if rules.only_failed_return(partial=s.partial, thrown=False):
        good = [m for m in batch.members if m != poison]
        _count(batch, good)
        words = f"{'Done with the others; r' if good else 'R'}eports message {poison} as failed ({nth})."
        batch.story.say(end_s, "Function", words, "fail", f"reports {poison} ({nth})")
        batch.story.rest_on(
            rules.only_failed_return, why="With partial batch responses only the message that failed comes back.",
            left_open="The lab’s function reports the poison message and throws nothing; an exception would fail the whole batch.",
        )  # fmt: skip
        if good and end_s > rules.visible_again_s(received_s=at, visibility_s=s.visibility_s):
            _say_overlap(s, batch.story)
        return end_s if good else inf
    before = [m for m in batch.members if m < poison]
    _count(batch, before)
    _say_failed(s, batch, at=at, end_s=end_s, nth=nth, words=f"Throws at message {poison}", mark="throws")
    if len(batch.members) > 1:
        batch.story.rest_on(
            rules.visible_again_s, why="Without partial batch responses one bad message brings the whole batch back, with those already processed.",
            left_open="The lab’s function takes a batch in order and throws at the poison message; what stands behind it is not reached.",
        )  # fmt: skip
    return inf


def _say_failed(s: Queue, batch: Batch, *, at: float, end_s: float, nth: str, words: str, mark: str) -> None:
    again = rules.visible_again_s(received_s=at, visibility_s=s.visibility_s)
    batch.story.rest_on(
        rules.visible_again_s,
        why="A failed batch is not deleted: it is visible again after the visibility timeout, counted from its receipt.",
    )
    batch.story.say(end_s, "Function", f"{words} ({nth}): {batch.name} visible again at {clock(again)}.", "fail", f"{mark} ({nth})")


def _say_overlap(s: Queue, story: Story) -> None:
    story.rest_on(
        rules.visible_again_s, rules.advised_visibility_s,
        why=f"Window and run take longer than the visibility timeout of {s.visibility_s} s: the batch is received again while it is still being processed.",
        left_open="Whether a deletion counts that comes after the visibility timeout is not documented here; in the lab it does.",
    )  # fmt: skip


def _count(batch: Batch, members: list[int]) -> None:
    for member in members:
        batch.done[member] = batch.done.get(member, 0) + 1


def _skip(s: Queue, fault: Fault, batch: Batch, receive: int) -> int:
    """How many of the next receives end as this one did; they are counted, not told. Leaves the last one to be told."""
    wait = rules.batch_wait_s(len(batch.members), batch_size=s.batch_size, window_s=s.window_s)
    first = batch.first_s + receive * s.visibility_s
    limits = [ceil((WATCH_S - batch.first_s) / s.visibility_s), inf if s.max_receive is None else s.max_receive]
    throttled = receive < batch.turned_away or is_throttled(s, fault, start_s=first + wait)
    if throttled and s.reserved != 0:
        until = ceil((fault.lasts_s - wait - batch.first_s) / s.visibility_s)
        limits.append(batch.turned_away if receive < batch.turned_away else until)
    elif fault.kind is Kind.PARTNER and first + wait < PARTNER_DOWN_S:
        limits.append(ceil((PARTNER_DOWN_S - wait - batch.first_s) / s.visibility_s))
    elif not fails_for_good(s, fault, poisoned=batch.poison in batch.members):
        return 0
    left = int(min(limits)) - receive - 1
    if left < 2:
        return 0
    who = "Lambda" if throttled else "Function"
    last = first + (left - 1) * s.visibility_s
    batch.story.say(first, who, f"{left:,} more receives end the same way, the last at {clock(last)}.", "gap", f"… {left:,} more")
    if throttled:
        batch.story.throttled += left
    else:
        batch.story.billed += left
        batch.runs += left
        if (
            not s.partial
            and batch.poison in batch.members
            and run(s, fault, start_s=first, runs_before=batch.runs, poisoned=True).problem == "error"
        ):
            for member in batch.members:
                if batch.poison is not None and member < batch.poison:
                    batch.done[member] = batch.done.get(member, 0) + left
    return left
