"""The plans of exams at the desk."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from quizzes.models import Blueprint, User
from quizzes.services.attempts import start_exam
from tests.factories import T0, make_bank, make_blueprint, make_learner, make_objective, make_question

pytestmark = pytest.mark.django_db

ADD = "/admin/quizzes/blueprint/add/"


def change(plan: Blueprint) -> str:
    return f"/admin/quizzes/blueprint/{plan.pk}/change/"


def typed(**values: Any) -> dict[str, Any]:
    return {
        "title": "Evening exam", "slug": "evening", "summary": "Short.", "minutes": "20", "pilots": "1", "cut": "0.72", "is_open": "on",
        "count-async-behaviour": "4", "_save": "", **values,
    }  # fmt: skip


def test_a_plan_has_one_number_for_each_objective(client: Client, instructor: User):
    make_bank(5)
    make_objective("cost", "pricing")
    response = client.post(ADD, typed(**{"count-cost": "2"}), follow=True)
    plan = Blueprint.objects.get()
    assert plan.counts == {"async-behaviour": 4, "cost": 2}
    assert plan.edited_here
    assert "Too few questions for: cost." in response.text


def test_the_page_says_how_many_can_be_asked(client: Client, instructor: User):
    for _ in range(3):
        make_question(family="one-family")
    make_question()
    make_question(is_pilot=True)
    page = client.get(change(make_blueprint(3))).text
    assert "2 can be asked (4 questions)" in page
    assert 'data-short="2">' in page, "three are asked, two can be: the page says so"
    assert ">3</output>" in page


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"pilots": "4"}, "fewer than 4 can be unscored"),
        ({"count-async-behaviour": "0"}, "The exam has no questions yet."),
        ({"count-async-behaviour": "many"}, "Enter a whole number."),
        ({"count-async-behaviour": "-1"}, "greater than or equal to 0"),
        ({"cut": "0.2"}, "Between 0.3 and 0.95"),
        ({"cut": "0.96"}, "Between 0.3 and 0.95"),
        ({"minutes": "0"}, "greater than or equal to 1"),
    ],
)
def test_a_plan_that_cannot_be_sat_is_refused(client: Client, instructor: User, values: dict[str, str], reason: str):
    make_objective()
    response = client.post(ADD, typed(**values))
    assert response.status_code == 422
    assert reason in response.text
    assert "Evening exam" in response.text
    assert not Blueprint.objects.exists()


def test_an_edit_is_ours_from_then_on(client: Client, instructor: User):
    make_bank(5)
    plan = make_blueprint(4, shipped_checksum="of the file")
    client.post(change(plan), typed(minutes="25"))
    plan.refresh_from_db()
    assert (plan.minutes, plan.edited_here, plan.slug) == (25, True, plan.slug)


def test_a_running_exam_keeps_the_plan_it_was_started_with(client: Client, instructor: User):
    make_bank(5)
    plan = make_blueprint(4, minutes=30)
    attempt = start_exam(learner=make_learner(), blueprint=plan, now=T0, seed=1)
    client.post(change(plan), typed(minutes="25"))
    before = attempt.deadline_at
    attempt.refresh_from_db()
    assert (attempt.deadline_at, attempt.plan["minutes"]) == (before, 30)


def test_a_plan_that_was_never_sat_can_be_deleted(client: Client, instructor: User):
    plan = make_blueprint(4)
    client.post(f"/admin/quizzes/blueprint/{plan.pk}/delete/", {"post": "yes"})
    assert not Blueprint.objects.exists()


def test_a_plan_that_was_sat_stays(client: Client, superuser: User):
    make_bank(5)
    plan = make_blueprint(4)
    start_exam(learner=make_learner(), blueprint=plan, now=T0, seed=1)
    assert client.post(f"/admin/quizzes/blueprint/{plan.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Blueprint.objects.exists()
    assert "Sat 1 time<" in client.get(change(plan)).text


def test_a_plan_that_came_with_the_app_stays(client: Client, instructor: User):
    plan = make_blueprint(4, shipped_checksum="of the file")
    assert client.post(f"/admin/quizzes/blueprint/{plan.pk}/delete/", {"post": "yes"}).status_code == 403
