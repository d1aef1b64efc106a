"""The invocation simulator against what AWS documents, and what holds for any settings."""

from __future__ import annotations

import inspect
import tomllib
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quizzes.domain.serverless.invocation import (
    ENDINGS,
    FAULTS,
    MODELS,
    MOST_ENTRIES,
    RULES,
    Asynchronous,
    Fault,
    Kind,
    Outcome,
    OutOfRange,
    Queue,
    Settings,
    State,
    Stream,
    Synchronous,
    Workflow,
    choices,
    clock,
    is_right,
    runs_said,
    simulate,
    specs,
)
from tests.domain.serverless.invocation_cases import CASES, Case

FACTS = {
    fact["id"]: {source["title"] for source in fact["sources"]}
    for fact in tomllib.loads((Path(__file__).parents[3] / "content/facts.toml").read_text())["fact"]
}

# -- documented cases ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.settings.key}: {case.id}")
def test_what_aws_documents(case: Case):
    outcome = simulate(case.settings, case.fault)
    if case.billed is not None:
        assert outcome.billed == case.billed
    if case.throttled is not None:
        assert outcome.throttled == case.throttled
    for number, (state, times) in case.ends.items():
        ending = outcome.endings[number - 1]
        assert (ending.state, ending.times) == (state, times), ending.name
    if case.at is not None:
        assert tuple(entry.at_s for entry in outcome.entries if entry.kind in ("ok", "fail", "throttle")) == case.at
    assert case.caller in outcome.caller
    assert case.says in " ".join([*(entry.what for entry in outcome.entries), *outcome.why])
    assert case.also in " ".join(outcome.also)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.settings.key}: {case.id}")
def test_a_case_rests_on_a_fact_and_its_source(case: Case):
    assert case.source in FACTS[case.fact]


def test_there_are_enough_cases_and_none_twice():
    assert len(CASES) >= 70
    assert len({(case.settings, case.fault) for case in CASES}) >= 60


@pytest.mark.parametrize("name", sorted(RULES))
def test_a_rule_states_its_facts_and_a_source_of_one_of_them(name: str):
    facts: tuple[str, ...] = RULES[name].facts  # type: ignore[attr-defined]
    source = (inspect.getdoc(RULES[name]) or "").partition("Source: ")[2].rstrip(".")
    assert facts
    assert source in set().union(*(FACTS[fact] for fact in facts))


# -- settings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "field", "sentence"),
    [
        (lambda: Asynchronous(retries=3), "retries", "Set 0 to 2 retries"),
        (lambda: Asynchronous(max_age_s=59), "max_age_s", "60 to 21,600 seconds"),
        (lambda: Asynchronous(failure="pigeon"), "failure", "choose one of"),
        (lambda: Synchronous(timeout_s=901), "timeout_s", "1 to 900 seconds"),
        (lambda: Synchronous(reserved=901), "reserved", "0 to 900"),
        (lambda: Queue(batch_size=10_001, window_s=1), "batch_size", "1 to 10,000 messages"),
        (lambda: Queue(batch_size=11), "window_s", "at least 1 second"),
        (lambda: Queue(max_concurrency=1), "max_concurrency", "2 to 1,000"),
        (lambda: Queue(visibility_s=43_201), "visibility_s", "0 to 43,200 seconds"),
        (lambda: Stream(factor=11), "factor", "1 to 10 batches per shard"),
        (lambda: Stream(retries=-2), "retries", "-1 to 10,000"),
        (lambda: Stream(max_age_s=604_801), "max_age_s", "-1 to 604,800"),
        (lambda: Stream(records=13), "records", "The lab takes 1 to 12"),
        (lambda: Workflow(backoff=0.5), "backoff", "1 to 10"),
        (lambda: Fault(times=11), "times", "The lab takes 1 to 10"),
        (lambda: simulate(Asynchronous(), Fault(kind=Kind.POISON)), "fault", "needs other records"),
    ],
)  # fmt: skip
def test_a_value_out_of_range_gets_a_sentence(make: Callable[[], Any], field: str, sentence: str):
    with pytest.raises(ValueError, match=sentence) as problem:
        make()
    assert isinstance(problem.value, OutOfRange)
    assert problem.value.field == field


def test_the_defaults_are_those_of_aws():
    assert (Asynchronous().retries, Asynchronous().max_age_s) == (2, 21_600)
    assert (Queue().batch_size, Queue().window_s, Queue().visibility_s, Queue().partial) == (10, 0, 30, False)
    assert (Stream().batch_size, Stream().retries, Stream().max_age_s, Stream().factor, Stream().bisect) == (100, -1, -1, 1, False)
    assert (Workflow().attempts, Workflow().interval_s, Workflow().backoff, Workflow().max_delay_s) == (3, 1, 2.0, None)
    assert (Synchronous().timeout_s, Synchronous().integration_timeout_s) == (3, 29)


def test_every_fact_behind_a_setting_exists():
    named = {spec.fact for model in MODELS.values() for spec, _ in specs(model).values() if spec.fact}
    assert named <= set(FACTS)


# -- predictions -----------------------------------------------------------------------------------------------------


def test_the_choices_hold_the_right_number_and_others():
    said = choices(Asynchronous(), Fault(kind=Kind.ALWAYS))
    assert said.about == "The event"
    assert [value for value, _ in said.runs] == ["1", "2", "3", "4"]
    assert said.endings == (State.PROCESSED, State.DLQ, State.DESTINATION, State.DISCARDED)


def test_a_throttle_can_be_taken_for_the_end():
    said = choices(Asynchronous(retries=0), Fault(kind=Kind.THROTTLED, lasts_s=600))
    assert [value for value, _ in said.runs] == ["0", "1", "2", "3"]


def test_a_prediction_is_right_in_both_halves_or_wrong():
    outcome = simulate(Asynchronous(), Fault(kind=Kind.ALWAYS))
    assert is_right(outcome, runs="3", ending="discarded")
    assert not is_right(outcome, runs="3", ending="dlq")
    assert not is_right(outcome, runs="2", ending="discarded")


@pytest.mark.parametrize(
    ("config", "fault", "exact"),
    [
        pytest.param(Stream(retries=20), Fault(kind=Kind.ALWAYS), True, id="a number of retries ends it"),
        pytest.param(Stream(), Fault(kind=Kind.ALWAYS), False, id="nothing ends it"),
        pytest.param(Stream(max_age_s=5), Fault(kind=Kind.ALWAYS), False, id="age ends it"),
        pytest.param(Stream(), Fault(kind=Kind.PARTNER), False, id="the partner's return ends it"),
        pytest.param(Stream(), Fault(kind=Kind.FAILS, times=5), True, id="success ends it"),
        pytest.param(Stream(reserved=0), Fault(), True, id="it never began"),
        pytest.param(Queue(), Fault(kind=Kind.ALWAYS), True, id="the visibility timeout sets the pace"),
    ],
)  # fmt: skip
def test_runs_are_asked_for_only_where_aws_says_how_many(config: Settings, fault: Fault, exact: bool):
    outcome = simulate(config, fault)
    assert outcome.billed_exact == exact
    assert bool(choices(config, fault).runs) == exact
    if not exact:
        assert is_right(outcome, runs="", ending=outcome.ending.state)


def test_many_runs_are_more():
    assert (runs_said(12), runs_said(13)) == ("12", "more")


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 s"), (0.1, "0.1 s"), (60, "1 min"), (63.5, "1 min 3.5 s"), (3600, "1 h"), (3725, "1 h 2 min 5 s")]
)
def test_how_a_time_reads(seconds: float, words: str):
    assert clock(seconds) == words


# -- properties ------------------------------------------------------------------------------------------------------


def values_of(model: type[Settings]) -> st.SearchStrategy[Settings]:
    """Any settings of a model, its edges often."""
    columns: dict[str, st.SearchStrategy[Any]] = {}
    for name, (spec, default) in specs(model).items():
        if spec.choices:
            columns[name] = st.sampled_from([value for value, _ in spec.choices])
        elif spec.low is None or spec.high is None:
            columns[name] = st.booleans()
        else:
            low, high = int(spec.low) or (1 if name == "run_s" else 0), int(spec.high)
            numbers = st.one_of(
                st.sampled_from([low, min(high, max(low, 1)), high]), st.integers(low, min(high, 60)), st.integers(low, high)
            )
            columns[name] = st.one_of(st.just(default), numbers)

    def build(drawn: dict[str, Any]) -> Settings:
        if drawn.get("batch_size", 0) > 10:
            drawn["window_s"] = max(1, drawn["window_s"])
        return model(**drawn)

    return st.fixed_dictionaries(columns).map(build)


@st.composite
def situations(draw: st.DrawFn) -> tuple[Settings, Fault]:
    model = draw(st.sampled_from(list(MODELS.values())))
    fault = Fault(
        kind=draw(st.sampled_from(FAULTS[model])), times=draw(st.integers(1, 10)), lasts_s=draw(st.sampled_from([1, 30, 300, 3600, 21_600])),
        position=draw(st.integers(1, 12)),
    )  # fmt: skip
    return draw(values_of(model)), fault


def runs_told(outcome: Outcome) -> int:
    """The runs of a time line, those in its gaps included."""
    told = sum(entry.kind in ("ok", "fail") for entry in outcome.entries)
    gaps = [entry for entry in outcome.entries if entry.kind == "gap" and entry.who == "Function"]
    return told + sum(int(entry.what.split()[0].replace(",", "")) for entry in gaps)


@settings(max_examples=80)
@given(situations())
def test_what_holds_for_any_settings(situation: tuple[Settings, Fault]):
    config, fault = situation
    outcome = simulate(config, fault)
    # Every event ends in exactly one state, one that the model knows.
    assert [ending.number for ending in outcome.endings] == list(range(1, getattr(config, "records", 1) + 1))
    assert {ending.state for ending in outcome.endings} <= set(ENDINGS[type(config)])
    for ending in outcome.endings:
        assert (ending.state is State.PROCESSED) <= (ending.times == 1)
        assert (ending.state is State.AGAIN) <= (ending.times > 1)
        assert ending.times <= outcome.billed
    # The time line is bounded, in order, and tells the runs that are billed.
    assert len(outcome.entries) <= MOST_ENTRIES
    assert all(one.at_s <= two.at_s for one, two in pairwise(outcome.entries))
    assert all(len(entry.mark) <= 44 for entry in outcome.entries)
    if not any(entry.who == "Lab" for entry in outcome.entries):
        assert runs_told(outcome) == outcome.billed
    # Every fact is one of ours, and the same case ends the same way.
    assert set(outcome.facts) <= set(FACTS)
    assert simulate(config, fault) == outcome


@settings(max_examples=80)
@given(situations())
def test_attempts_never_exceed_what_the_settings_allow(situation: tuple[Settings, Fault]):
    config, fault = situation
    outcome = simulate(config, fault)
    if isinstance(config, Synchronous):
        assert outcome.billed + outcome.throttled <= (1 if config.caller == "api" else config.client_attempts)
    if isinstance(config, Asynchronous):
        assert outcome.billed <= 1 + config.retries
        assert outcome.entries[-1].at_s <= config.max_age_s + config.timeout_s
    if isinstance(config, Workflow):
        assert outcome.billed + outcome.throttled <= 1 + config.attempts
    if isinstance(config, Queue) and config.max_receive is not None:
        assert outcome.billed + outcome.throttled <= config.records * 2 * config.max_receive
    if isinstance(config, Stream) and config.retries != -1:
        splits = 2 * config.records
        assert outcome.billed <= splits + config.records * (1 + config.retries)
    if config.reserved == 0:
        assert outcome.billed == 0


#: The limits of each model that allow more tries when they are raised.
LIMITS: list[tuple[type[Settings], str, dict[str, Any]]] = [
    (Synchronous, "client_attempts", {"caller": "sdk"}), (Asynchronous, "retries", {}), (Asynchronous, "max_age_s", {}),
    (Queue, "max_receive", {"records": 1}), (Stream, "retries", {"records": 1}), (Stream, "max_age_s", {"records": 1}), (Workflow, "attempts", {}),
]  # fmt: skip


@settings(max_examples=80)
@given(st.data())
def test_raising_a_limit_never_lowers_attempts(data: st.DataObject):
    model, name, fixed = data.draw(st.sampled_from(LIMITS))
    config = replace(data.draw(values_of(model)), **fixed)
    spec, _ = specs(model)[name]
    low, high = int(spec.low or 0), int(spec.high or 0)
    less, more = sorted([data.draw(st.integers(max(low, 0), high)), data.draw(st.integers(max(low, 0), high))])
    fault = Fault(
        kind=data.draw(st.sampled_from(FAULTS[model])), times=data.draw(st.integers(1, 10)), lasts_s=data.draw(st.integers(1, 21_600))
    )
    few, many = (simulate(replace(config, **{name: value}), fault) for value in (less, more))
    assert few.billed <= many.billed
    assert few.billed + few.throttled <= many.billed + many.throttled


@settings(max_examples=40)
@given(situations())
def test_a_prediction_can_always_be_right_and_wrong(situation: tuple[Settings, Fault]):
    said, outcome = choices(*situation), simulate(*situation)
    assert outcome.ending.state in said.endings
    if not outcome.billed_exact:
        assert said.runs == ()
        return
    assert runs_said(outcome.billed) in dict(said.runs)
    assert 4 <= len(said.runs) <= 5
    assert len({words for _, words in said.runs}) == len(said.runs)
