"""The readiness page and the way into the check, for learners, guests and visitors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from quizzes.models import Attempt, User
from tests.factories import T0, make_attempt, make_bank, make_blueprint, make_evidence, make_learner, make_prediction

pytestmark = pytest.mark.django_db


def test_a_visitor_reads_what_it_takes(client: Client):
    page = client.get("/readiness/").text
    assert "Not enough evidence: 20 more fresh answers needed." in page
    assert "How the number is made" in page
    assert User.objects.count() == 0


def test_one_answer_short_is_said_as_one(client: Client, sign_in: Callable[..., User]):
    make_evidence(sign_in(client), 19, 10)
    assert "Not enough evidence: 1 more fresh answer needed." in client.get("/readiness/").text


def test_the_number_is_a_range_with_its_chance(client: Client, sign_in: Callable[..., User]):
    make_prediction(sign_in(client), chance=0.61)
    page = client.get("/readiness/").text
    assert "we would expect <strong>617 to 800</strong> (80 % range); chance of reaching 720: <strong>61\xa0%</strong>" in page
    assert "AWS does not publish its conversion" in page
    assert "Not enough evidence" not in page


def test_no_number_of_another_learner_is_on_the_page(client: Client, sign_in: Callable[..., User]):
    make_prediction(make_learner())
    sign_in(client)
    page = client.get("/readiness/").text
    assert "Not enough evidence" in page
    assert "617" not in page


@pytest.mark.parametrize("guest", [True, False])
def test_the_check_starts_by_a_plain_form_and_goes_on_where_it_was_left(client: Client, sign_in: Callable[..., User], guest: bool):
    make_bank(25)
    make_blueprint(20)
    if not guest:
        sign_in(client)
    first = client.post("/readiness/check/", follow=True)
    assert "Calibration check · 1 of 20" in first.text
    assert "How sure are you" in first.text or "sure you are" in first.text
    assert 'value="sure"' in first.text
    again = client.post("/readiness/check/", follow=True)
    assert again.request["PATH_INFO"] == first.request["PATH_INFO"]
    assert Attempt.objects.get().learner.is_guest == guest
    assert "Go on with the check" in client.get("/readiness/").text


def test_the_end_of_a_check_leads_to_the_number(client: Client, sign_in: Callable[..., User]):
    check = make_attempt(learner=sign_in(client), mode="readiness", slots=1)
    client.post(f"/attempts/{check.pk}/submission/")
    assert "What it says of the next exam" in client.get(f"/attempts/{check.pk}/result/").text


def test_a_check_cannot_be_fetched(client: Client):
    assert client.get("/readiness/check/").status_code == 405


def test_a_bank_that_is_too_small_is_told_and_makes_no_guest(client: Client):
    response = client.post("/readiness/check/")
    assert response.status_code == 409
    assert "There is no exam to prepare for yet" in response.text
    assert User.objects.count() == 0


def test_the_progress_page_leads_to_it(client: Client):
    assert 'href="/readiness/"' in client.get("/progress/").text


def test_the_page_costs_the_same_whatever_the_history(
    client: Client, sign_in: Callable[..., User], django_assert_max_num_queries: Any, django_assert_num_queries: Any
):
    learner = sign_in(client)
    make_prediction(learner)
    make_evidence(learner, 20, 10)
    with django_assert_max_num_queries(12) as few:
        client.get("/readiness/")
    for _ in range(6):
        make_prediction(learner, made_at=T0)
        make_evidence(learner, 20, 10)
    with django_assert_num_queries(len(few)):
        client.get("/readiness/")
