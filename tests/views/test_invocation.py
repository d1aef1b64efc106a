"""The invocation lab over HTTP: a case in the address, a prediction, an outcome with its rules."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from html import unescape
from typing import Any
from urllib.parse import parse_qsl

import pytest
from django.test import Client

from quizzes.domain.serverless.invocation import FAULTS, MODELS, PRESETS, Fault, address, simulate
from quizzes.forms.invocation import CaseForm
from quizzes.models import Fact, LabPrediction, User

pytestmark = pytest.mark.django_db

LAB = "/labs/invocation/"
FACES = pytest.mark.parametrize("headers", [{}, {"hx-request": "true"}], ids=["full page", "htmx"])
SignIn = Callable[..., User]


# -- the case --------------------------------------------------------------------------------------------------------


@FACES
def test_the_lab_opens_with_a_case_and_asks_for_a_prediction(client: Client, headers: dict[str, str]):
    response = client.get(LAB, headers=headers)
    assert response.status_code == 200
    assert ("<html" in response.text) == (headers == {})
    assert "Predict first" in response.text
    assert "What happens</h2>" not in response.text
    assert 'value="21600"' in response.text


def test_the_list_of_labs_leads_here(client: Client):
    assert f'href="{LAB}"' in client.get("/labs/").text


@pytest.mark.parametrize("model", MODELS)
def test_every_model_shows_its_own_settings_and_every_fault_runs(client: Client, model: str):
    for kind in FAULTS[MODELS[model]]:
        response = client.get(f"{LAB}?model={model}&fault={kind}&run=1")
        assert response.status_code == 200
        assert "Attempt by attempt" in response.text


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.title)
def test_a_preset_has_an_address_that_gives_its_case_again(client: Client, preset: Any):
    query = address(preset.settings, preset.fault)
    form = CaseForm(dict(parse_qsl(query)))
    assert form.is_valid()
    assert (form.settings, form.fault, form.address) == (preset.settings, preset.fault, query)
    text = unescape(client.get(f"{LAB}?{query}").text)
    assert f'<a href="?{query}#result" aria-current="true">{preset.title}</a>' in text


def test_there_are_presets_for_the_classic_traps():
    assert len(PRESETS) >= 8
    assert {type(preset.settings) for preset in PRESETS} == set(MODELS.values())
    assert len({address(preset.settings, preset.fault) for preset in PRESETS}) == len(PRESETS)


def test_one_case_has_one_address_whatever_else_the_form_sends():
    sent = {
        "of": "async",
        "model": "async",
        "fault": "always",
        "retries": "2",
        "max_age_s": "",
        "reserved": "",
        "times": "4",
        "run_s": "1.0",
    }
    assert CaseForm(sent).address == "model=async&fault=always"


def test_a_change_of_model_starts_with_its_defaults(client: Client):
    form = CaseForm({"of": "async", "model": "stream", "fault": "always", "retries": "2", "max_age_s": "60"})
    assert form.address == "model=stream&fault=always"


def test_a_lesson_that_holds_the_lab_keeps_its_own_address(client: Client):
    response = client.get(f"{LAB}?model=async&fault=always&run=1", headers={"hx-request": "true"})
    assert "HX-Push-Url" not in response


def test_htmx_is_given_the_short_address(client: Client):
    response = client.get(
        f"{LAB}?of=async&model=async&fault=always&retries=1&run_s=1", headers={"hx-request": "true", "hx-target": "invocation"}
    )
    assert response["HX-Push-Url"] == f"{LAB}?model=async&fault=always&retries=1"


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("model=async&retries=3", "Set 0 to 2 retries for “Retry attempts”."),
        ("model=async&retries=many", "“Retry attempts”: type a whole number"),
        ("model=async&max_age_s=59", "Set 60 to 21,600 seconds"),
        ("model=async&failure=pigeon", "choose one of the list"),
        ("model=async&fault=poison", "What goes wrong: choose one of the list."),
        ("model=pigeon", "How the function is invoked: choose one of the list."),
        ("model=sqs&batch_size=100", "needs a batching window of at least 1 second"),
        ("model=sqs&visibility_s=1e9", "type a whole number"),
        ("model=stream&factor=11", "Set 1 to 10 batches per shard"),
        ("model=workflow&backoff=nan", "type a number"),
        ("model=sync&run_s=<script>", "type a number"),
        ("model=async&fault=throttled&lasts_s=0", "The lab takes 1 to 21,600 seconds"),
        ("model=async&reserved=901", "0 to 900"),
        (f"model=async&retries={'9' * 5000}", "whole number"),
    ],
)  # fmt: skip
@FACES
def test_what_does_not_fit_is_told_beside_its_field_and_stays(client: Client, query: str, sentence: str, headers: dict[str, str]):
    response = client.get(f"{LAB}?{query}&run=1", headers=headers)
    assert response.status_code == 422
    assert sentence in response.text
    assert "Nothing was simulated." in response.text
    assert "Attempt by attempt" not in response.text
    assert "<script>" not in response.text.partition("<main")[2]


# -- the outcome -----------------------------------------------------------------------------------------------------


@FACES
def test_a_run_shows_the_line_the_bill_the_caller_and_the_endings(client: Client, headers: dict[str, str]):
    text = unescape(client.get(f"{LAB}?model=sqs&fault=poison&position=3&max_receive=3&run=1", headers=headers).text)
    assert '<span class="big">3</span> invocations billed.' in text
    assert "Nobody waits." in text
    assert "Messages 1, 2" in text
    assert "in the dead-letter queue, though the function had finished with it 3 times" in text
    assert '<title id="rail-title">' in text
    assert "Moves messages 1 to 5 to the dead-letter queue: received 3 times." in text
    assert "A standard queue keeps no strict order" in text


def test_the_table_says_what_the_simulator_says(client: Client):
    case = PRESETS[0]
    text = unescape(client.get(f"{LAB}?{address(case.settings, case.fault)}&run=1").text)
    for entry in simulate(case.settings, case.fault).entries:
        assert f"<td>{entry.what}</td>" in text


def test_each_rule_stands_with_its_source_and_day(client: Client):
    Fact.objects.create(
        id="async-retry-wait", topic="invocation-async", level="core", statement="One minute, then two.", checked=date(2026, 11, 23),
        sources=[{"title": "How Lambda handles errors", "url": "https://docs.aws.amazon.com/lambda/errors"}],
    )  # fmt: skip
    text = client.get(f"{LAB}?model=async&fault=always&run=1").text
    assert "One minute, then two." in text
    assert '<a href="https://docs.aws.amazon.com/lambda/errors" rel="noopener">How Lambda handles errors</a>; checked 23 Nov 2026' in text


def test_the_lab_costs_few_queries_whatever_the_case(client: Client, sign_in: SignIn, django_assert_max_num_queries: Any):
    sign_in(client)
    for case in (PRESETS[0], PRESETS[-2]):
        with django_assert_max_num_queries(5):
            client.get(f"{LAB}?{address(case.settings, case.fault)}&run=1")


# -- predictions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("runs", "verdict"), [("3", "As you said"), ("2", "Not quite")])
def test_a_prediction_is_told_right_or_wrong_with_the_reason(client: Client, sign_in: SignIn, runs: str, verdict: str):
    learner = sign_in(client)
    response = client.post(f"{LAB}?model=async&fault=always", {"runs": runs, "ending": "discarded"})
    assert response.status_code == 302
    assert response["Location"] == f"{LAB}?model=async&fault=always"
    assert learner.lab_predictions.get().right == (runs == "3")
    text = unescape(client.get(response["Location"]).text)
    assert verdict in text
    assert "One first attempt and 2 retries make 3" in text
    assert "Predict first" not in text


def test_where_aws_leaves_the_number_open_only_the_ending_is_asked_for(client: Client):
    case = f"{LAB}?model=stream&fault=always"
    text = client.get(case).text
    assert 'name="runs"' not in text
    assert "which is not documented" in text
    assert client.post(case, {"ending": "blocked"}).status_code == 302
    text = client.get(case).text
    assert "As you said" in text
    assert "You said: record 8 still waiting after six hours (right)." in text
    assert "give or take" in text


def test_a_visitor_who_predicts_becomes_a_guest(client: Client):
    client.post(f"{LAB}?model=async&fault=always", {"runs": "3", "ending": "discarded"})
    assert LabPrediction.objects.get().learner.is_guest
    assert "As you said" in client.get(f"{LAB}?model=async&fault=always").text


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"ending": "dlq"}, "Say how often the function starts."),
        ({"runs": "3"}, "Say where it ends."),
        ({"runs": "99", "ending": "dlq"}, "Choose one of the numbers."),
        ({"runs": "3", "ending": "caught"}, "Choose one of the endings."),
    ],
)
@FACES
def test_half_a_prediction_is_told_what_is_missing(client: Client, sent: dict[str, str], sentence: str, headers: dict[str, str]):
    response = client.post(f"{LAB}?model=async&fault=always", sent, headers=headers)
    assert response.status_code == 422
    assert sentence in response.text
    assert "Attempt by attempt" not in response.text
    assert not LabPrediction.objects.exists()


def test_a_prediction_on_a_broken_case_is_not_kept(client: Client):
    assert client.post(f"{LAB}?model=async&retries=7", {"runs": "3", "ending": "dlq"}).status_code == 422
    assert not LabPrediction.objects.exists()


def test_progress_tells_how_many_predictions_were_right(client: Client, sign_in: SignIn):
    sign_in(client)
    assert "predictions right" not in client.get("/progress/").text
    for retries, runs in (("0", "1"), ("1", "2"), ("2", "1")):
        client.post(f"{LAB}?model=async&fault=always&retries={retries}", {"runs": runs, "ending": "discarded"})
    assert "Lab</a>: 2 of 3 predictions right." in client.get("/progress/").text


def test_nothing_of_the_outcome_is_on_the_page_before_it_is_run(client: Client):
    text = client.get(f"{LAB}?model=async&fault=always").text
    outcome = simulate(MODELS["async"](), Fault())
    assert outcome.entries[0].what not in text
    assert "make 3" not in text
