"""The pricing labs over HTTP: a setting in the address, a bill on the page."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db

FACES = pytest.mark.parametrize("headers", [{}, {"hx-request": "true"}], ids=["full page", "htmx"])
LABS = pytest.mark.parametrize("address", ["/labs/pricing/", "/labs/pricing/workflows/"])


def test_the_labs_are_listed(client: Client):
    text = client.get("/labs/").text
    assert 'href="/labs/pricing/"' in text
    assert 'href="/labs/pricing/workflows/"' in text


@LABS
@FACES
def test_a_lab_opens_with_a_setting_that_is_worth_looking_at(client: Client, address: str, headers: dict[str, str]):
    response = client.get(address, headers=headers)
    assert response.status_code == 200
    assert ("<html" in response.text) == (headers == {})
    assert 'id="result"' in response.text
    assert "Total of the month" in response.text
    assert "Prices of US East (N. Virginia), read on 23 Nov 2026" in response.text


@LABS
def test_a_lab_asks_the_database_nothing_beyond_the_visitor(client: Client, address: str, django_assert_max_num_queries: Any):
    with django_assert_max_num_queries(0):
        client.get(address)


def test_the_setting_stands_in_the_address(client: Client):
    text = client.get("/labs/pricing/?requests=3,000,000&duration_ms=120&memory_mb=1536").text
    assert '<span class="big">$2.73</span> a month' in text
    assert "(3,000,000 × 120 ms) × 1,536 / 1,024 GB − 400,000 free" in text
    assert "On arm64 the same would cost $2.27" in text
    assert 'value="1536"' in text


def test_options_open_their_group_and_add_their_line(client: Client):
    text = client.get("/labs/pricing/?provisioned_concurrency=100&provisioned_hours=8&requests_with_pc=500000&duration_ms_with_pc=100").text
    assert "<details open><summary>Provisioned concurrency</summary>" in text
    assert "<details><summary>SnapStart</summary>" in text
    assert "Duration on provisioned concurrency" in text


def test_memory_is_held_against_time(client: Client):
    text = client.get("/labs/pricing/?curve=512:1000,1024:400,2048:390").text
    assert "Cheapest at 1024 MB" in text
    assert text.count("cheapest") == 1
    assert text.count("fastest") == 1


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("/labs/pricing/?requests=many", "Requests a month: type a number"),
        ("/labs/pricing/?requests=-1", "Requests a month: 0 at least."),
        ("/labs/pricing/?requests=1e99", "Requests a month: 1,000,000,000,000 at most."),
        ("/labs/pricing/?memory_mb=64", "Memory, MB: 128 at least."),
        ("/labs/pricing/?duration_ms=900001", "Duration of a run, ms: 900,000 at most."),
        ("/labs/pricing/?architecture=mips", "Choose x86_64 or arm64."),
        ("/labs/pricing/?curve=1:2", "“1:2” does not fit"),
        ("/labs/pricing/?event_kb=1025", "Size of an asynchronous event, KB: 1,024 at most."),
        ("/labs/pricing/?requests=5&cold_starts=6", "no more than there are requests"),
        ("/labs/pricing/workflows/?duration_ms=300001", "Duration of each, ms: 300,000 at most."),
        ("/labs/pricing/workflows/?executions=%3Cb%3E", "Executions a month: type a number"),
    ],
)
@FACES
def test_what_does_not_fit_is_told_and_stays(client: Client, address: str, sentence: str, headers: dict[str, str]):
    response = client.get(address, headers=headers)
    assert response.status_code == 422
    assert sentence in response.text
    assert "Total of the month" not in response.text


def test_standard_and_express_are_told_apart(client: Client):
    text = client.get(
        "/labs/pricing/workflows/?executions=1000000&transitions_per_execution=1&duration_ms=300000&memory_mb=640&free_tier=0"
    ).text
    assert "Standard is cheaper" in text
    text = client.get("/labs/pricing/workflows/?executions=1000000&transitions_per_execution=20&duration_ms=1000").text
    assert "Express is cheaper" in text


def test_nothing_at_all_costs_nothing(client: Client):
    text = client.get("/labs/pricing/?requests=0&machine_usd=0").text
    assert "$0.00" in text
    assert "Name the price of a machine" in text
    assert client.get("/labs/pricing/workflows/?executions=0&transitions_per_execution=0&duration_ms=0").status_code == 200
