"""An event source mapping on one shard of a stream (Kinesis): batches in order, and a failing batch holds up what stands behind it."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil, inf

from quizzes.domain.serverless.invocation import rules
from quizzes.domain.serverless.invocation.calls import PROBLEM, begin
from quizzes.domain.serverless.invocation.fault import PARTNER_DOWN_S, Fault, Kind, fails_for_good, is_throttled, run
from quizzes.domain.serverless.invocation.outcome import WATCH_S, Ending, Outcome, State, Story, clock, final, names, plural, times
from quizzes.domain.serverless.invocation.settings import Stream

#: The lab's own pause between two tries of a batch: how fast Lambda repeats is not documented.
PAUSE_S = 1.0
#: Tries of a batch that are told one by one before the lab counts the rest.
TOLD = 3


@dataclass(slots=True)
class Batch:
    """Consecutive records, the retries they have used, and whether the batch is one of the mapping or a part of one."""

    records: tuple[int, ...]
    retries: int = 0
    fresh: bool = True

    @property
    def name(self) -> str:
        return f"record{'' if len(self.records) == 1 else 's'} {names(self.records)}"


@dataclass(slots=True)
class Lane:
    """What of a shard is processed one batch after the other: all of it, or some partition keys."""

    settings: Stream
    fault: Fault
    story: Story
    at: float = 0.0
    runs: dict[int, int] = field(default_factory=dict)
    done: dict[int, int] = field(default_factory=dict)
    ends: dict[int, State] = field(default_factory=dict)

    def finish(self, records: Sequence[int], state: State | None) -> None:
        for record in records:
            self.ends[record] = state or final(done=self.done[record])

    def count(self, table: dict[int, int], records: Sequence[int], n: int = 1) -> None:
        for record in records:
            table[record] = table.get(record, 0) + n

    def poison(self, batch: Batch) -> int | None:
        return next((r for r in batch.records if self.fault.poisons(r, self.settings.records)), None)


def simulate_stream(settings: Stream, fault: Fault) -> Outcome:
    s, story = settings, Story()
    begin(fault, story)
    numbers = list(range(1, s.records + 1))
    story.rest_on("esm-sync-invocation", "esm-at-least-once", rules.lanes)
    story.say(
        0, "Stream", f"{plural(s.records, 'record')} {'is' if s.records == 1 else 'are'} in the shard.", "send", plural(s.records, "record")
    )
    if s.factor > 1:
        story.rest_on(left_open="Which records share a partition key is up to the producer; in the lab the keys take turns.")
    if s.reserved and s.reserved < s.factor:
        story.rest_on(
            "reserved-concurrency-definition", why=f"Reserved concurrency {s.reserved} is the most that runs at once, whatever the factor."
        )
    factor = min(s.factor, s.reserved or s.factor)
    lanes = [Lane(s, fault, story) for _ in rules.lanes(numbers, factor=factor)]
    for lane, records in zip(lanes, rules.lanes(numbers, factor=factor), strict=True):
        _work_through(lane, tuple(records))
    ends = {n: (state, lane.done.get(n, 0)) for lane in lanes for n, state in lane.ends.items()}
    endings = [Ending(n, f"Record {n}", *ends[n]) for n in numbers]
    focus = next((n - 1 for n in numbers if fault.poisons(n, s.records)), s.records - 1)
    return story.outcome(caller="Nobody waits. Whoever wrote a record knows only that the stream has it.", endings=endings, focus=focus)


def _work_through(lane: Lane, records: tuple[int, ...]) -> None:
    """Batch after batch, until none is left or the lab stops watching."""
    size = lane.settings.batch_size
    waiting = deque(Batch(records[i : i + size]) for i in range(0, len(records), size))
    lane.story.rest_on(rules.batch_wait_s)
    while waiting:
        batch = waiting.popleft()
        if batch.fresh:
            lane.at += rules.batch_wait_s(len(batch.records), batch_size=size, window_s=lane.settings.window_s)
            batch.fresh = False
        if not _try_until_settled(lane, batch, waiting):
            rest = [record for held in (batch, *waiting) for record in held.records]
            lane.finish(rest, State.BLOCKED)
            return


def _try_until_settled(lane: Lane, batch: Batch, waiting: deque[Batch]) -> bool:
    """Try a batch until it is done, split or given up. False: the lab stopped watching before that."""
    s, fault, story = lane.settings, lane.fault, lane.story
    tries = 0
    while True:
        if rules.record_is_too_old(age_s=lane.at, max_age_s=s.max_age_s):
            _count_is_a_guess(lane)
            story.rest_on(rules.record_is_too_old, why=f"The records are older than the maximum record age of {clock(s.max_age_s)}.")
            _give_up(lane, batch, "too old")
            return True
        if lane.at >= WATCH_S:
            _count_is_a_guess(lane)
            _stop_watching(lane, batch, waiting)
            return False
        if is_throttled(s, fault, start_s=lane.at):
            _wait_out_throttling(lane, batch)
            continue
        poison = lane.poison(batch)
        one = run(s, fault, start_s=lane.at, runs_before=max(lane.runs.get(r, 0) for r in batch.records), poisoned=poison is not None)
        lane.count(lane.runs, batch.records)
        story.billed += 1
        tries += 1
        if not one.problem:
            if fault.kind is Kind.PARTNER:
                _count_is_a_guess(lane)
            lane.count(lane.done, batch.records)
            lane.finish(batch.records, None)
            lane.at = one.end_s
            story.say(lane.at, "Function", f"Done with {batch.name}; Lambda moves on in the shard.", "ok", f"done: {names(batch.records)}")
            return True
        thrown_at = poison if one.problem == "error" else None
        _say_failed(lane, batch, one.end_s, one.problem, thrown_at)
        if thrown_at is not None:
            before = tuple(r for r in batch.records if r < thrown_at)
            lane.count(lane.done, before)
            if before and rules.only_failed_return(partial=s.partial, thrown=False):
                batch = _without(lane, batch, before)
                tries = 0
        lane.at = one.end_s + PAUSE_S
        if s.bisect and len(batch.records) > 1:
            _split(lane, batch, waiting)
            return True
        batch.retries += rules.uses_a_retry(throttled=False)
        if rules.stream_gives_up(retries_used=batch.retries, retries=s.retries):
            lane.at = one.end_s
            story.rest_on(rules.stream_gives_up, why=_used_up(s.retries))
            _give_up(lane, batch, "retries used up")
            return True
        if tries >= TOLD:
            _skip(lane, batch, one.seconds)


def _count_is_a_guess(lane: Lane) -> None:
    """Time ended the tries, not a number: how many there were rests on the lab's own pause between them."""
    if lane.story.billed:
        lane.story.billed_exact = False


def _used_up(retries: int) -> str:
    return (
        f"The batch was retried {times(retries)}, as often as the setting allows." if retries else "Retry attempts are 0: one run is all."
    )


def _say_failed(lane: Lane, batch: Batch, end_s: float, problem: str, poison: int | None) -> None:
    s, story = lane.settings, lane.story
    story.rest_on(
        rules.stream_gives_up, "esm-shard-blocking", why="A stream keeps its order: a failing batch is tried again before anything behind it.",
        left_open=f"How soon Lambda repeats a failing batch is not documented; the lab pauses {PAUSE_S:g} s between tries.",
    )  # fmt: skip
    if poison is not None and len(batch.records) > 1:
        story.rest_on(
            left_open="The lab’s function takes a batch in order and stops at the poison record; what stands behind it is not reached."
        )
    words = PROBLEM[problem] if poison is None else f"{'Reports' if s.partial else 'Throws at'} record {poison}"
    mark = "times out" if problem == "timeout" else "fails" if poison is None else f"{'reports' if s.partial else 'throws at'} {poison}"
    story.say(end_s, "Function", f"{words}; the batch was {batch.name}.", "fail", f"{mark}: {names(batch.records)}")


def _without(lane: Lane, batch: Batch, before: tuple[int, ...]) -> Batch:
    """What is left of a batch after a partial response: from the failed record on, to keep the order."""
    lane.finish(before, None)
    lane.story.rest_on(
        rules.only_failed_return, why="With partial batch responses the batch is retried from the failed record on, not from its start.",
        left_open="The lab’s function stops at the poison record and reports it; AWS states that for FIFO queues, and a stream keeps its order too.",
    )  # fmt: skip
    return Batch(tuple(r for r in batch.records if r not in before), batch.retries, fresh=False)


def _split(lane: Lane, batch: Batch, waiting: deque[Batch]) -> None:
    one, two = rules.halves(batch.records)
    lane.story.rest_on(rules.halves, why="Bisecting splits a failing batch in two; the split uses up no retry.")
    lane.story.say(
        lane.at, "Lambda", f"Splits the batch: records {names(one)}, then {names(two)}.", "wait", f"splits {names(one)} | {names(two)}"
    )
    waiting.extendleft([Batch(tuple(two), batch.retries, fresh=False), Batch(tuple(one), batch.retries, fresh=False)])


def _give_up(lane: Lane, batch: Batch, reason: str) -> None:
    state = State(rules.stream_end(destination=lane.settings.destination))
    lane.finish(batch.records, state)
    if state is State.DESTINATION:
        why = "A batch that is given up is reported to the on-failure destination (to SQS and SNS without the records themselves), and the shard moves on."
        lane.story.rest_on(rules.stream_end, why=why)
        lane.story.say(
            lane.at,
            "Lambda",
            f"Reports {batch.name} to the destination ({reason}) and moves on.",
            "open",
            f"→ destination: {names(batch.records)}",
        )
    else:
        lane.story.rest_on(
            rules.stream_end, why="A batch that is given up is skipped as a whole; without an on-failure destination nothing tells of it."
        )
        lane.story.say(lane.at, "Lambda", f"Skips {batch.name} ({reason}) and moves on.", "bad", f"skips {names(batch.records)}")


def _stop_watching(lane: Lane, batch: Batch, waiting: deque[Batch]) -> None:
    held = [record for one in (batch, *waiting) for record in one.records]
    lane.story.rest_on(
        "esm-shard-blocking", "kinesis-retention",
        why="The batch is tried until it succeeds or its records leave the stream (after 24 hours by default); what stands behind it waits.",
    )  # fmt: skip
    words = f"Record{'' if len(held) == 1 else 's'} {names(held)} still wait{'s' if len(held) == 1 else ''}; the lab stops watching."
    lane.story.say(WATCH_S, "Stream", words, "open", f"still blocked: {names(held)}")


def _wait_out_throttling(lane: Lane, batch: Batch) -> None:
    """Tries that never reach the function: until concurrency is there, the records are too old, or the lab stops watching."""
    s, story = lane.settings, lane.story
    until: float = WATCH_S if s.reserved == 0 else lane.fault.lasts_s
    if s.max_age_s != -1:
        until = min(until, s.max_age_s + PAUSE_S)
    story.throttled += 1
    story.rest_on(
        rules.uses_a_retry, rules.throttle_status, why="Throttled tries do not reach the function, so they use up no retry.",
        left_open="How often Lambda tries while a stream’s function is throttled is not documented; the lab draws one line for all of it.",
    )  # fmt: skip
    story.say(
        lane.at,
        "Lambda",
        f"No concurrency for {batch.name} until {clock(until)}; no retry is used up.",
        "throttle",
        f"throttled until {clock(until)}",
    )
    lane.at = until


def _skip(lane: Lane, batch: Batch, seconds: float) -> None:
    """Count the next tries of a batch that can only end as this one did, without telling each."""
    s, fault = lane.settings, lane.fault
    poison = lane.poison(batch)
    limits: list[float] = [WATCH_S, inf if s.max_age_s == -1 else s.max_age_s + PAUSE_S]
    if fault.kind is Kind.PARTNER and lane.at < PARTNER_DOWN_S:
        limits.append(PARTNER_DOWN_S)
    elif not fails_for_good(s, fault, poisoned=poison is not None):
        return
    period = seconds + PAUSE_S
    by_time = ceil((min(limits) - lane.at) / period)
    left = int(min(by_time, inf if s.retries == -1 else s.retries - batch.retries + 1)) - 1
    if left < 2:
        return
    last = lane.at + (left - 1) * period
    lane.story.say(
        lane.at, "Function", f"{left:,} more tries end the same way, the last at {clock(last)}.", "gap", f"… {left:,} more tries"
    )
    lane.story.billed += left
    lane.count(lane.runs, batch.records, left)
    if poison is not None and run(s, fault, start_s=0, runs_before=0, poisoned=True).problem == "error" and not s.partial:
        lane.count(lane.done, [r for r in batch.records if r < poison], left)
    batch.retries += left
    lane.at += left * period
