"""Reports at the desk: a queue, and an answer to each."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from quizzes.models import Report, User
from quizzes.services.attempts import submit_response
from tests.factories import T0, make_attempt, make_item, make_learner, make_question, make_slot, make_version

pytestmark = pytest.mark.django_db

LIST = "/admin/quizzes/report/"


def make_report(text: str = "Option B is right as well.", *, days: int = 0, **values: Any) -> Report:
    learner = values.pop("learner", None) or make_learner()
    version = values.pop("version", None) or make_question().current
    return Report.objects.create(
        learner=learner, version=version, kind="wrong", text=text, created_at=T0 + timedelta(days=days), **values
    )  # fmt: skip


def test_open_reports_come_first_and_the_longest_waiting_on_top(client: Client, instructor: User):
    make_report("third", days=-1, state="mended", closed_at=T0)
    make_report("second", days=3)
    make_report("first", days=2)
    page = client.get(LIST).text
    assert page.index("first") < page.index("second") < page.index("third")


def test_the_queue_costs_the_same_whatever_its_length(client: Client, instructor: User, django_assert_max_num_queries: Any):
    make_report()
    with django_assert_max_num_queries(12) as few:
        client.get(LIST)
    for _ in range(10):
        make_report()
    with django_assert_max_num_queries(len(few)):
        client.get(LIST)


def test_the_page_shows_the_question_as_the_learner_saw_it(client: Client, instructor: User):
    learner, question = make_learner(username="lena"), make_question()
    attempt = make_attempt(learner=learner, mode="practice", slots=0)
    slot = make_slot(attempt=attempt, question=question)
    slot.option_order = ["d", "c", "b", "a"]
    slot.save()
    submit_response(learner=learner, attempt=attempt.pk, position=1, letters=["A"], confidence="sure", spent_ms=0, now=T0)
    report = make_report(learner=learner, version=slot.version)
    make_version(question=question, item=make_item(), number=2)
    page = client.get(f"{LIST}{report.pk}/change/").text
    texts = [option.text for option in slot.version.item.options]
    shown = page[page.index('id="seen"') :]
    assert [shown.index(text) for text in reversed(texts)] == sorted(shown.index(text) for text in texts)
    assert "Your answer." in shown
    assert "lena saw version 1 in practice" in page
    assert "Learners see another version by now." in page
    assert f"/admin/quizzes/question/{question.pk}/change/" in page


def test_an_answer_closes_the_report(client: Client, instructor: User):
    report = make_report()
    response = client.post(f"{LIST}{report.pk}/change/", {"state": "mended", "reply": "You are right, thank you.", "_save": ""})
    report.refresh_from_db()
    assert response.status_code == 302
    assert (report.state, report.reply, report.closed_by) == ("mended", "You are right, thank you.", instructor)
    assert report.closed_at is not None


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"state": "mended", "reply": " "}, "Write a sentence to the learner"),
        ({"reply": "Thank you."}, "Say what became of it."),
        ({"state": "open", "reply": "Thank you."}, "Say what became of it."),
    ],
)
def test_an_answer_needs_words_and_a_verdict(client: Client, instructor: User, values: dict[str, str], reason: str):
    report = make_report()
    response = client.post(f"{LIST}{report.pk}/change/", {**values, "_save": ""})
    assert response.status_code == 422
    assert reason in response.text
    report.refresh_from_db()
    assert (report.state, report.closed_at) == ("open", None)


def test_the_words_of_a_learner_are_never_markup(client: Client, instructor: User):
    report = make_report("<script>alert(1)</script>")
    assert "<script>alert" not in client.get(f"{LIST}{report.pk}/change/").text + client.get(LIST).text


def test_after_an_answer_the_next_one_waits(client: Client, instructor: User):
    first, second = make_report(days=1), make_report(days=2)
    response = client.post(f"{LIST}{first.pk}/change/", {"state": "declined", "reply": "It stays.", "_next": ""})
    assert response.headers["Location"] == f"{LIST}{second.pk}/change/"
    response = client.post(f"{LIST}{second.pk}/change/", {"state": "declined", "reply": "It stays.", "_next": ""})
    assert response.headers["Location"] == LIST
