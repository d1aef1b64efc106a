"""How well predictions hold, at the desk."""

from __future__ import annotations

import csv
import io

import pytest
from django.test import Client

from quizzes.models import User
from tests.factories import judged, make_learner, make_prediction

pytestmark = pytest.mark.django_db

PAGE = "/admin/quizzes/prediction/"


def test_too_few_claim_nothing(client: Client, instructor: User):
    make_prediction(**judged())
    page = client.get(PAGE).text
    assert "1 of 20 judged predictions: too few to claim anything." in page
    assert "Brier" not in page


def test_the_measures_each_with_their_number(client: Client, instructor: User):
    person = make_learner(username="anna-of-the-list")
    for n in range(20):
        make_prediction(person, **judged(right=35 if n else 49))
    page = client.get(PAGE).text
    assert "95\xa0%" in page
    assert page.count('<td class="num">20</td>') == 6  # five measures, one bin
    assert "Over 20 judged predictions" in page
    assert "anna-of-the-list" not in page


def test_the_table_to_take_along(client: Client, instructor: User):
    make_prediction(**judged(right=33))
    response = client.get(f"{PAGE}csv/")
    assert response["Content-Type"].startswith("text/csv")
    head, row = csv.reader(io.StringIO(response.text))
    assert dict(zip(head, row, strict=True))["right"] == "33"


def test_a_single_prediction_is_nobodys_to_open(client: Client, superuser: User):
    row = make_prediction()
    assert client.get(f"{PAGE}{row.pk}/change/").status_code == 404


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}csv/"])
def test_staff_without_the_right_is_refused(client: Client, sign_in, path: str):
    sign_in(client, make_learner(is_staff=True))
    assert client.get(path).status_code == 403


def test_the_desk_leads_to_it(client: Client, instructor: User):
    page = client.get("/admin/").text
    assert f'href="{PAGE}"' in page
    assert "How well predictions hold" in page
