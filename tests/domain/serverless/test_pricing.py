"""Bills: the published examples of AWS, and the rules that they do not reach."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.domain.serverless.comparisons import compare_workflows, machine_break_even, parse_curve, tune, write_curve
from quizzes.domain.serverless.prices import SHIPPED, Tier, check, parse, shipped
from quizzes.domain.serverless.pricing import (
    FreeTier,
    billed_ms,
    billed_requests_of_event,
    dec,
    lambda_bill,
    lambda_edge_bill,
    step_functions_express_bill,
    step_functions_standard_bill,
    tiered_usd,
)

EXAMPLES = json.loads((Path(__file__).resolve().parents[2] / "fixtures/pricing_examples.json").read_text("utf-8"))
SERVICES = {
    "lambda-edge": lambda_edge_bill,
    "step-functions-standard": step_functions_standard_bill,
    "step-functions-express": step_functions_express_bill,
}
#: The names of amounts in the examples, and the lines of a bill that they add up.
PARTS = {
    "compute_usd": ("Duration, x86_64", "Duration, arm64", "Duration"), "requests_usd": ("Requests",), "ephemeral_storage_usd": ("Ephemeral storage",),
    "provisioned_usd": ("Provisioned concurrency",), "compute_with_pc_usd": ("Duration on provisioned concurrency",),
    "compute_on_demand_usd": ("Duration, x86_64",), "snapstart_cache_usd": ("SnapStart cache",), "snapstart_restore_usd": ("SnapStart restores",),
    "streaming_usd": ("Response streaming",), "epu_usd": ("Event poller units",), "tenant_isolation_usd": ("Tenant isolation",),
    "operations_usd": ("Durable operations",), "data_written_usd": ("Data written",), "data_retained_usd": ("Data retained",),
    "ec2_usd": ("Instances",), "management_fee_usd": ("Management fee",), "express_usd": ("Requests", "Duration"),
    "transitions_usd": ("State transitions",),
}  # fmt: skip


def bill_of(example: dict[str, Any]) -> Any:
    return SERVICES.get(example["service"], lambda_bill)(**example["inputs"])


@pytest.mark.parametrize("example", EXAMPLES["examples"], ids=lambda example: example["id"])
def test_a_published_example_recomputes(example: dict[str, Any]):
    bill = bill_of(example)
    for name, usd in example["recomputed"].items():
        found = bill.total_usd if name == "total_usd" else sum(line.usd for line in bill.lines if line.item in PARTS[name])
        assert abs(found - Decimal(str(usd))) <= Decimal("0.000001"), name


@pytest.mark.parametrize("example", [e for e in EXAMPLES["examples"] if e["use_as_test"]], ids=lambda example: example["id"])
def test_a_published_total_is_met_to_a_cent(example: dict[str, Any]):
    assert abs(bill_of(example).total_usd - Decimal(str(example["published"]["total_usd"]))) <= Decimal(str(example["tolerance_usd"]))


def test_the_examples_are_all_there():
    assert len(EXAMPLES["examples"]) == 16
    assert all(example["source"]["title"] for example in EXAMPLES["examples"])


@pytest.mark.parametrize(
    ("duration_ms", "init_ms", "expected"),
    [
        (250.06, 100.77, 351),  # AWS Compute Blog, "AWS Lambda standardizes billing for INIT Phase"
        (250.06, 0, 251), (100, 0, 100), ("0.01", 0, 1), (0, 0, 0), (Decimal("99.5"), Decimal("0.5"), 100),
    ],
)  # fmt: skip
def test_time_is_rounded_up_to_the_millisecond_with_init(duration_ms: Any, init_ms: Any, expected: int):
    assert billed_ms(duration_ms=duration_ms, init_ms=init_ms) == expected


@pytest.mark.parametrize(("event_kb", "expected"), [(1, 1), (256, 1), (257, 2), (320, 2), (321, 3), (1024, 13), (256.1, 2)])
def test_an_asynchronous_event_counts_by_its_size(event_kb: Any, expected: int):
    assert billed_requests_of_event(event_kb=event_kb) == expected


def test_an_event_that_is_too_large_is_refused():
    with pytest.raises(ValueError, match="at most 1024 KB"):
        billed_requests_of_event(event_kb=1025)


def test_large_events_multiply_requests_and_not_runs():
    small, large = (lambda_bill(requests=2_000_000, duration_ms=100, event_kb=size, free_tier=False) for size in (256, 400))
    assert large.lines[0].usd == 4 * small.lines[0].usd
    assert large.lines[1].usd == small.lines[1].usd


def test_cold_starts_add_their_init():
    warm = lambda_bill(requests=1000, duration_ms=100, memory_mb=1024, free_tier=False)
    cold = lambda_bill(requests=1000, duration_ms=100, memory_mb=1024, init_ms=400, cold_starts=100, free_tier=False)
    assert cold.lines[1].quantity - warm.lines[1].quantity == 40
    with pytest.raises(ValueError, match="1001 cold starts are more than the 1,000 runs"):
        lambda_bill(requests=1000, duration_ms=100, cold_starts=1001)


@pytest.mark.parametrize(
    ("architecture", "gb_seconds", "expected"),
    [
        ("x86_64", 6_000_000_000, "100000.2"), ("x86_64", 7_000_000_000, "115000.2"), ("x86_64", 16_000_000_000, "248333.6"),
        ("arm64", 7_500_000_000, "100000.5"), ("arm64", 8_500_000_000, "112000.6"),
    ],
)  # fmt: skip
def test_duration_falls_in_tiers(architecture: str, gb_seconds: int, expected: str):
    bill = lambda_bill(requests=gb_seconds, duration_ms=1000, memory_mb=1024, architecture=architecture, free_tier=False)
    assert bill.lines[1].usd == Decimal(expected)


def test_tiers_go_on_where_they_were():
    tiers = (Tier(gb_second=Decimal(3), up_to=Decimal(10)), Tier(gb_second=Decimal(2), up_to=Decimal(20)), Tier(gb_second=Decimal(1)))
    assert tiered_usd(Decimal(25), tiers) == 10 * 3 + 10 * 2 + 5
    assert tiered_usd(Decimal(5), tiers, before=Decimal(18)) == 2 * 2 + 3
    assert tiered_usd(Decimal(0), tiers) == 0


def test_the_free_tier_ends_where_it_should():
    assert lambda_bill(requests=1_000_000, duration_ms=400, memory_mb=1024).total_usd == 0
    assert lambda_bill(requests=1_000_000, duration_ms=401, memory_mb=1024).total_usd == 1000 * Decimal("0.0000166667")
    assert step_functions_standard_bill(transitions=4000).total_usd == 0
    assert step_functions_standard_bill(transitions=1_000_000).total_usd == Decimal("24.9")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (True, (True, True, True)), (False, (False, False, False)), ("compute only", (False, True, False)),
        ("requests and compute yes, streaming no", (True, True, False)), (FreeTier(requests=False), (False, True, True)),
        ("requests: 1M off the total of 3M; compute: 400,000 GB-s off the on-demand part only", (True, True, True)),
    ],
)  # fmt: skip
def test_a_free_tier_can_be_said_in_words(words: Any, expected: tuple[bool, bool, bool]):
    free = FreeTier.of(words)
    assert (free.requests, free.compute, free.streaming) == expected


def test_streaming_is_free_for_six_megabytes_each_and_a_hundred_gigabytes_a_month():
    def streamed(**group: Any) -> Decimal:
        return lambda_bill(streamed=[group]).total_usd

    assert streamed(requests=10_000_000, mb_each=6) == 0
    assert streamed(requests=102_400, mb_each=7) == 0
    assert streamed(requests=204_800, mb_each=7) == Decimal("0.8")


def test_provisioned_time_is_rounded_up_to_five_minutes():
    [_, line] = lambda_bill(provisioned_concurrency=10, provisioned_hours="0.01", memory_mb=1024).lines
    assert line.quantity == 3000


def test_snapstart_is_cached_for_three_hours_at_least_and_free_for_java():
    bill = lambda_bill(active_seconds=60, restores=10, memory_mb=1024)
    assert [line.quantity for line in bill.lines if line.item.startswith("SnapStart")] == [10_800, 10]
    assert lambda_bill(active_seconds=60, restores=10, memory_mb=1024, snapstart_is_free=True).total_usd == 0


def test_pollers_have_their_prices():
    assert lambda_bill(epu_hours=100, poller="sqs").total_usd == Decimal("0.925")
    assert lambda_bill(epu=2, hours=50).total_usd == Decimal("18.5")
    with pytest.raises(ValueError, match="poller is one of kafka, sqs"):
        lambda_bill(epu_hours=1, poller="mq")


def test_every_retry_is_a_transition_more():
    bill = step_functions_standard_bill(executions=1000, transitions_per_execution=5, retries_per_execution=2, free_tier=False)
    assert bill.total_usd == Decimal("0.175")
    assert "sfn-price-retries-count" in bill.lines[0].facts


@pytest.mark.parametrize(("memory_mb", "chunks"), [(1, 1), (64, 1), (65, 2), (128, 2), (129, 3)])
def test_express_counts_in_steps_of_64_mb_and_100_ms(memory_mb: int, chunks: int):
    bill = step_functions_express_bill(executions=1, duration_ms=101, memory_mb=memory_mb)
    assert bill.lines[1].usd == 2 * chunks * Decimal("0.0000001042")


def test_express_begins_in_a_later_tier_when_told():
    first, second, third = (
        step_functions_express_bill(executions=1000, duration_ms=1000, memory_mb=1024, tier=tier).lines[1].usd for tier in (1, 2, 3)
    )
    assert (second, third) == (Decimal("0.00833"), Decimal("0.00456"))
    assert first > second > third
    with pytest.raises(ValueError, match="tier is 1 to 3"):
        step_functions_express_bill(executions=1, duration_ms=1, tier=4)


@pytest.mark.parametrize("value", ["", "x", "-1", "nan", "inf", "1e400", None, "1e-40"])
def test_what_is_no_number_is_refused(value: Any):
    with pytest.raises(ValueError, match="is not a number"):
        dec(value)


def test_thousands_may_be_set_apart():
    assert dec(" 1,234.50 ") == Decimal("1234.50")
    assert dec(0.1) == Decimal("0.1")


def test_an_unknown_architecture_is_refused():
    with pytest.raises(ValueError, match="x86_64 or arm64, not 'riscv'"):
        lambda_bill(requests=1, duration_ms=1, architecture="riscv")


AMOUNT = st.integers(0, 10**9)


@given(
    requests=AMOUNT, duration=st.integers(0, 900_000), memory=st.integers(128, 10_240), architecture=st.sampled_from(["x86_64", "arm64"])
)
def test_a_bill_is_the_sum_of_its_lines_and_never_falls_with_more_of_anything(requests: int, duration: int, memory: int, architecture: str):
    def total(**more: int) -> Decimal:
        base = {"requests": requests, "duration_ms": duration, "memory_mb": memory}
        bill = lambda_bill(architecture=architecture, **{**base, **{name: base[name] + extra for name, extra in more.items()}})
        assert bill.total_usd == sum((line.usd for line in bill.lines), Decimal(0))
        assert all(line.quantity >= 0 and line.usd >= 0 for line in bill.lines)
        return bill.total_usd

    here = total()
    assert all(total(**{name: 1}) >= here for name in ("requests", "duration_ms", "memory_mb"))
    assert (
        lambda_bill(requests=requests, duration_ms=duration, memory_mb=memory, architecture=architecture, free_tier=False).total_usd >= here
    )


# -- comparisons -----------------------------------------------------------------------------------------------------


def test_tuning_finds_the_cheapest_and_the_fastest():
    rows = tune({1024: 300, 512: 500, 2048: 290})
    assert [row.memory_mb for row in rows] == [512, 1024, 2048]
    assert [(row.is_cheapest, row.is_fastest) for row in rows] == [(True, False), (False, False), (False, True)]
    assert rows[0].usd_per_million == Decimal("0.2") + 250_000 * Decimal("0.0000166667")


@given(transitions=st.integers(1, 200), duration=st.integers(1, 300_000), memory=st.integers(1, 1024))
def test_express_is_cheaper_exactly_from_the_break_even_on(transitions: int, duration: int, memory: int):
    found = compare_workflows(executions=1, transitions_per_execution=transitions, duration_ms=duration, memory_mb=memory, free_tier=False)
    assert (found.express_usd <= found.standard_usd) == (transitions >= found.transitions_break_even)
    assert found.cheaper == (
        "the same" if found.express_usd == found.standard_usd else "Express" if found.express_usd < found.standard_usd else "Standard"
    )


def test_a_machine_pays_from_its_break_even_on():
    runs = machine_break_even(usd_per_hour="0.0416", duration_ms=120, memory_mb=1536)
    month = Decimal("0.0416") * 730
    assert lambda_bill(requests=runs, duration_ms=120, memory_mb=1536, free_tier=False).total_usd >= month
    assert lambda_bill(requests=runs - 1, duration_ms=120, memory_mb=1536, free_tier=False).total_usd < month


@pytest.mark.parametrize("text", ["128", "128:", ":5", "128:0", "64:10", "20000:10", "128:5, 128:6", "a:b", "128:900001", "128:1e9"])
def test_a_curve_that_does_not_fit_names_the_part(text: str):
    with pytest.raises(ValueError, match=r".+"):
        parse_curve(text)


def test_a_curve_is_read_as_it_was_written():
    curve = parse_curve(" 512: 147.5 ;128:590\n")
    assert curve == {128: 590, 512: Decimal("147.5")}
    assert parse_curve(write_curve(curve)) == curve
    assert parse_curve("") == {}


# -- the price list --------------------------------------------------------------------------------------------------


def test_the_shipped_prices_are_whole():
    text = SHIPPED.read_text("utf-8")
    assert check(path="aws/prices.toml", text=text) == []
    listed = shipped()
    assert listed.region == "US East (N. Virginia)"
    assert all(source.url.startswith("https://") for source in listed.sources)
    assert listed.lambda_.arm64.duration[0].gb_second < listed.lambda_.x86_64.duration[0].gb_second


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('gb_second = "0.000015"', 'gb_second = "cheap"', "a price does not fit"),
        ('requests_per_million = "0.20"\n', "", "a price does not fit"),
        ('region = "US East (N. Virginia)"', "region = US East", "this is not TOML"),
        ('up_to = "15000000000"', 'up_to = "1"', "the tiers of lambda.x86_64 must rise"),
        ('{ gb_second = "0.0000133334" }', '{ up_to = "20000000000", gb_second = "0.0000133334" }', "the last one has no up_to"),
    ],
)
def test_a_broken_price_list_is_told_with_its_line(old: str, new: str, words: str):
    text = SHIPPED.read_text("utf-8")
    assert old in text
    [problem] = check(path="aws/prices.toml", text=text.replace(old, new, 1))
    assert words in problem.message
    assert problem.line >= 1


def test_other_prices_give_another_bill():
    dearer = parse(SHIPPED.read_text("utf-8").replace('requests_per_million = "0.20"', 'requests_per_million = "0.40"'))
    assert lambda_bill(requests=10**6, free_tier=False, prices=dearer).total_usd == Decimal("0.4")
