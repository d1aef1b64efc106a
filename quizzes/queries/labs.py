"""The reads of the labs: a setting in, what a page shows out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

from quizzes.domain.charts import Chart, Series, line_chart
from quizzes.domain.generators import FAMILIES, Family, variant
from quizzes.domain.items import Item, read_answer
from quizzes.domain.lesson import LABS, Block
from quizzes.domain.serverless.comparisons import Tuned, Workflows, compare_workflows, machine_break_even, tune, write_curve
from quizzes.domain.serverless.prices import PriceList, shipped
from quizzes.domain.serverless.pricing import Bill, lambda_bill, step_functions_express_bill, step_functions_standard_bill
from quizzes.models import Response, Topic
from quizzes.queries.items import QuestionView, lesson_titles, question_view


@dataclass(frozen=True, slots=True)
class PricesNote:
    """Where the prices come from."""

    region: str
    checked: date
    sources: tuple[tuple[str, str], ...]


def prices_note(prices: PriceList) -> PricesNote:
    return PricesNote(prices.region, prices.checked, tuple((source.title, source.url) for source in prices.sources))


# -- a function ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FunctionPage:
    """A function's bill, the same on the other architecture, its memory curve, and the machine that would cost as much."""

    bill: Bill
    other_architecture: str
    other_usd: Decimal
    tuned: list[Tuned]
    curve: str
    memory_chart: Chart
    break_even: Decimal | None
    machine_month_usd: Decimal
    machine_is_cheaper: bool
    prices: PricesNote

    @property
    def other_share(self) -> float | None:
        """How much the other architecture saves, as a share; below zero where it costs more."""
        return float(1 - self.other_usd / self.bill.total_usd) if self.bill.total_usd else None


def function_page(data: Mapping[str, Any]) -> FunctionPage:
    prices = shipped()
    architecture = data["architecture"]
    other = "arm64" if architecture == "x86_64" else "x86_64"
    bill = _function_bill(data, architecture, prices)
    tuned = tune(data["curve"], architecture=architecture, prices=prices)
    each = {"duration_ms": data["duration_ms"], "memory_mb": data["memory_mb"], "architecture": architecture}
    usd_per_hour = Decimal(str(data["machine_usd"]))
    runs = machine_break_even(usd_per_hour=usd_per_hour, prices=prices, **each) if usd_per_hour else None
    month = usd_per_hour * 730
    alone = lambda_bill(requests=data["requests"], free_tier=False, prices=prices, **each).total_usd
    return FunctionPage(
        bill, other, _function_bill(data, other, prices).total_usd, tuned, write_curve(data["curve"]), _memory_chart(tuned), runs, month,
        bool(runs) and month < alone, prices_note(prices),
    )  # fmt: skip


def _function_bill(data: Mapping[str, Any], architecture: str, prices: PriceList) -> Bill:
    streamed = [{"requests": data["streamed_requests"], "mb_each": data["streamed_mb"]}] if data["streamed_requests"] else []
    same = (
        "requests", "duration_ms", "memory_mb", "init_ms", "cold_starts", "event_kb", "ephemeral_storage_mb", "provisioned_concurrency",
        "provisioned_hours", "requests_with_pc", "duration_ms_with_pc", "restores", "poller", "epu_hours",
    )  # fmt: skip
    return lambda_bill(
        architecture=architecture, free_tier=data["free_tier"] == "1", active_seconds=data["active_hours"] * 3600, streamed=streamed,
        prices=prices, **{name: data[name] for name in same},
    )  # fmt: skip


def _memory_chart(tuned: Sequence[Tuned]) -> Chart:
    points = tuple((float(row.memory_mb), float(row.usd_per_million)) for row in tuned)
    cheapest = next(row for row in tuned if row.is_cheapest)
    return line_chart(
        title="Cost of a million runs against memory",
        description=f"Cheapest at {cheapest.memory_mb} MB with {cheapest.usd_per_million:.2f} USD. The table below has every point.",
        series=[Series("USD for a million runs", points)], x_label="memory, MB", y_label="USD", x_text=lambda x: f"{x:,.0f}", y_text=_money,
        x_ticks=_apart([x for x, _ in points]),
    )  # fmt: skip


def _apart(places: Sequence[float], *, share: float = 0.13) -> list[float]:
    """Places that stand far enough from each other to be named."""
    room = (places[-1] - places[0]) * share
    kept: list[float] = []
    for place in places:
        if not kept or place - kept[-1] >= room:
            kept.append(place)
    return kept


def _money(usd: float) -> str:
    return f"{usd:,.0f}" if usd >= 10 or usd == 0 else f"{usd:.2f}"


# -- a workflow ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WorkflowPage:
    """The same work as a Standard and as an Express workflow."""

    standard: Bill
    express: Bill
    compared: Workflows
    chart: Chart
    rows: list[tuple[int, Decimal, Decimal]]
    prices: PricesNote


#: Transitions of one execution at which the chart has a point.
_STEPS = (1, 2, 5, 10, 15, 20, 30, 40)


def workflow_page(data: Mapping[str, Any]) -> WorkflowPage:
    prices = shipped()
    free = data["free_tier"] == "1"
    work = {"transitions_per_execution": data["transitions_per_execution"], "retries_per_execution": data["retries_per_execution"]}
    compared = compare_workflows(
        executions=data["executions"], duration_ms=data["duration_ms"], memory_mb=data["memory_mb"], free_tier=free, prices=prices, **work
    )
    express = step_functions_express_bill(
        executions=data["executions"], duration_ms=data["duration_ms"], memory_mb=data["memory_mb"], prices=prices
    )
    standard = step_functions_standard_bill(executions=data["executions"], free_tier=free, prices=prices, **work)
    rows = [
        (
            steps,
            step_functions_standard_bill(
                executions=data["executions"], transitions_per_execution=steps, free_tier=free, prices=prices
            ).total_usd,
            express.total_usd,
        )
        for steps in _STEPS
    ]
    chart = line_chart(
        title="Standard against Express",
        description=f"Express is cheaper from {compared.transitions_break_even} transitions in an execution on. The table below has every point.",
        series=[
            Series("Standard", tuple((float(steps), float(usd)) for steps, usd, _ in rows)),
            Series("Express", tuple((float(steps), float(usd)) for steps, _, usd in rows)),
        ],
        x_label="state transitions of one execution", y_label="USD a month", x_text=lambda x: f"{x:.0f}", y_text=_money, x_ticks=(1, 10, 20, 30, 40),
    )  # fmt: skip
    return WorkflowPage(standard, express, compared, chart, rows, prices_note(prices))


# -- inside a lesson -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LabCard:
    """A lab inside a lesson: what to try, the settings that it begins with, and where it computes."""

    lab: str
    title: str
    url: str
    share_url: str
    fields: list[tuple[str, str, str]]


_TITLES = {"invocation": "Invocation lab", "pricing": "Pricing lab: a function", "workflows": "Pricing lab: a workflow"}
_LABELS = {
    "requests": "Requests a month", "duration_ms": "Duration of a run, ms", "memory_mb": "Memory, MB", "cold_starts": "Cold starts a month",
    "init_ms": "INIT of a cold start, ms", "executions": "Executions a month", "transitions_per_execution": "State transitions of each",
    "retries_per_execution": "Retries of each", "event_kb": "Size of an event, KB",
}  # fmt: skip


def lab_card(block: Block) -> LabCard:
    """The fields are those that the setting names; what has no name here travels unseen."""
    pairs = parse_qsl(block.setting, keep_blank_values=True)
    url = LABS[block.lab]
    return LabCard(
        block.lab,
        _TITLES[block.lab],
        url,
        f"{url}?{block.setting}" if block.setting else url,
        [(name, _LABELS.get(name, ""), value) for name, value in pairs],
    )


# -- drills ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DrillTopic:
    """A topic with the families that drill it: address and what is asked."""

    title: str
    families: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class DrillPage:
    """One generated question, and what came of the answer."""

    title: str
    url: str
    again_url: str
    question: QuestionView


def drill_family(slug: str) -> Family | None:
    return next((family for family in FAMILIES if family.slug == slug), None)


def drill_item(family: Family, seed: int) -> Item:
    return variant(family, seed)[1]


def drill_topics() -> list[DrillTopic]:
    """The families by topic, in the order of the topics: one statement."""
    titles = dict(Topic.objects.order_by("position").values_list("slug", "title"))
    by_topic: dict[str, list[tuple[str, str]]] = {}
    for family in FAMILIES:
        by_topic.setdefault(family.topic, []).append((f"/labs/drills/{family.slug}/", family.title))
    known = [slug for slug in titles if slug in by_topic]
    return [DrillTopic(titles.get(slug, slug), by_topic[slug]) for slug in (*known, *(slug for slug in by_topic if slug not in titles))]


def drill_page(family: Family, seed: int, item: Item, given: Sequence[str] | None) -> DrillPage:
    """The question, with everything revealed once it was answered. Nothing is kept."""
    order = [option.id for option in item.options]
    url = f"/labs/drills/{family.slug}/{seed}/"
    again = f"/labs/drills/{family.slug}/"
    if given is None:
        return DrillPage(family.title, url, again, question_view(item, order=order))
    answer = read_answer(item.type, given, order=order, pick=item.pick, unit=item.unit, complete=True)
    grade = item.grade(answer)
    told = Response(answer=answer, fraction=grade.fraction, share=grade.share)
    return DrillPage(
        family.title, url, again, question_view(item, order=order, chosen=answer, response=told, reveal=True, lessons=lesson_titles())
    )
