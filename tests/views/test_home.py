"""Today, progress, a question looked up again, and reports over HTTP."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from quizzes.domain.memory import day_number
from quizzes.models import Assignment, Report, User
from quizzes.queries.home import today_page
from quizzes.services import attempts, lessons
from tests.factories import (
    T0,
    answer_slot,
    make_assignment,
    make_attempt,
    make_bank,
    make_card,
    make_cohort,
    make_first,
    make_guest,
    make_history,
    make_learner,
    make_lesson,
    make_member,
    make_topic,
    make_version,
)

pytestmark = pytest.mark.django_db

SignIn = Callable[..., User]


def words(response: Any) -> str:
    return " ".join(response.text.split())


# -- today -----------------------------------------------------------------------------------------------------------


def test_a_visitor_is_told_where_to_begin(client: Client):
    lesson = make_lesson()
    text = words(client.get("/"))
    assert "Serverless on AWS, from the notes to the exam." in text
    assert "Begin with the first lesson" in text
    assert f'href="{lesson.get_absolute_url()}"' in text
    assert "Sign in" in text
    assert "You study as a guest" not in text


def test_a_running_exam_comes_first_and_stands_there_once(client: Client, sign_in: SignIn):
    history = make_history(sign_in(client), now=timezone.now())
    text = words(client.get("/"))
    assert "Go on with your exam" in text
    assert "1 of 4 open, 29 min left" in text or "1 of 4 open, 30 min left" in text
    assert text.count(f'href="/attempts/{history.exam.pk}/"') == 1
    assert f'href="/attempts/{history.practice.pk}/"' in text


def test_an_exam_whose_time_is_up_is_not_offered(client: Client, sign_in: SignIn):
    make_attempt(learner=sign_in(client), started_at=timezone.now() - timedelta(hours=2))
    assert "Go on with your exam" not in client.get("/").text


def test_what_is_due_waits_for_review(client: Client, sign_in: SignIn):
    learner = sign_in(client, daily_reviews=10)
    for _ in range(12):
        make_card(learner=learner, day=day_number(timezone.now()) - 9, due_day=day_number(timezone.now()))
    text = words(client.get("/"))
    assert "10 questions are cooling." in text
    assert "Review 10 questions" in text
    assert "2 more are spread over the coming days." in text
    assert text.count('href="/review/"') == 1


def test_a_temperature_says_in_words_what_it_rests_on(client: Client, sign_in: SignIn):
    learner = sign_in(client)
    for n in range(24):
        make_first(learner=learner, right=True, at=timezone.now() - timedelta(days=n))
    make_card(learner=learner, stability=1.0, day=day_number(timezone.now()) - 90, due_day=day_number(timezone.now()) + 9)
    make_topic("cold", "Cold so far")
    text = words(client.get("/")).replace("\N{NO-BREAK SPACE}", " ")
    assert re.search(r'class="temp cooling".*Cooling · \d\d %.*24 first answers, likely \d+ % to \d+ %; \d+ % recalled now', text)
    assert "Cold</span>" in text
    assert "not started" in text


def test_a_lesson_that_was_begun_is_to_be_finished(client: Client, sign_in: SignIn):
    lesson = make_lesson()
    lessons.keep_place(learner=sign_in(client), lesson=lesson, anchor="part-1", now=timezone.now())
    text = words(client.get("/"))
    assert f"Finish “{lesson.short}”" in text
    assert f'href="{lesson.get_absolute_url()}#part-1"' in text


def test_a_guest_is_told_how_to_keep_it_all(client: Client):
    make_bank(5)
    client.post("/practice/", {"size": "5"})
    text = words(client.get("/"))
    assert "You study as a guest" in text
    assert 'href="/accounts/signup/"' in text


def test_what_somebody_else_did_is_not_there(client: Client, sign_in: SignIn):
    mine = make_history(make_learner(), now=timezone.now())
    sign_in(client)
    for address in ("/", "/progress/", "/exams/", "/practice/", "/review/"):
        text = client.get(address).text
        assert "/attempts/" not in text
        assert mine.blueprint.title not in text or address == "/exams/"


# -- progress --------------------------------------------------------------------------------------------------------


def test_progress_says_how_it_fills(client: Client, sign_in: SignIn):
    for _ in range(2):
        text = words(client.get("/progress/"))
        assert "Nothing to show yet." in text
        assert 'href="/practice/"' in text
        sign_in(client)


def test_progress_shows_topics_exams_sessions_judgement_and_reports(client: Client, sign_in: SignIn):
    history = make_history(sign_in(client), now=timezone.now())
    text = words(client.get("/progress/"))
    assert "Asynchronous invocation" in text
    assert f'href="/attempts/{history.result.pk}/result/"' in text
    assert f'href="/attempts/{history.session.pk}/"' in text
    assert "<td>Sure</td>" in text
    assert "I read “at once” as synchronously." in text
    assert "Thank you, it says so now." in text
    question = history.learner.reports.first().version.question
    assert f'<a href="/questions/{question.pk}/">{" ".join(question.stem.split()[:6])}' in text.replace("&#x27;", "'")


def test_what_is_next_is_not_offered_twice(client: Client, sign_in: SignIn):
    sign_in(client)
    make_lesson()
    text = client.get("/").text
    assert "Begin with the first lesson" in text
    assert "<h2>Read</h2>" not in text


def test_a_report_is_shown_as_words(client: Client, sign_in: SignIn):
    history = make_history(sign_in(client), now=timezone.now())
    Report.objects.update(text="<script>alert(1)</script>", reply="<img src=x onerror=alert(2)>")
    text = client.get("/progress/").text
    assert "<script>alert" not in text
    assert "<img src=x" not in text
    assert history.learner.reports.count() == 2


# -- a question looked up again --------------------------------------------------------------------------------------


def test_an_answered_question_can_be_read_again(client: Client, sign_in: SignIn):
    history = make_history(sign_in(client), now=timezone.now())
    item = history.seen.version.item
    text = client.get(f"/questions/{history.seen.version.question_id}/").text
    assert all(option.why in text for option in item.options)
    assert "Your answer, and right." in text


def test_a_question_is_read_again_as_it_was_answered(client: Client, sign_in: SignIn):
    history = make_history(sign_in(client), now=timezone.now())
    question = history.seen.version.question
    other = history.session.slots.get(position=3).version.item
    make_version(question=question, item=other, number=2)
    assert history.seen.version.item.options[0].why in client.get(f"/questions/{question.pk}/").text


@pytest.mark.parametrize("mode", ["exam", "practice", "review", "check"])
def test_a_question_that_was_not_answered_yet_is_not_there(client: Client, sign_in: SignIn, mode: str):
    learner, now = sign_in(client), timezone.now()
    attempt = make_attempt(learner=learner, mode=mode, slots=1, started_at=now)
    slot = attempt.slots.get()
    if mode == "exam":
        attempts.save_draft(
            learner=learner, attempt=attempt.pk, position=1, letters=["B"], revision=0, save_id="a-save-of-its-own", now=now
        )
    answer_slot(
        make_attempt(mode="practice", slots=0).slots.create(
            position=1, version=slot.version, pick=1, option_order=list("abcd"), selection="x"
        )
    )
    assert client.get(f"/questions/{slot.version.question_id}/").status_code == 404


def test_a_question_known_from_practice_stays_readable_while_it_stands_in_an_exam(client: Client, sign_in: SignIn):
    """Its key was shown already; to hide the page now would hide nothing."""
    history = make_history(sign_in(client), now=timezone.now())
    history.exam.slots.create(position=9, version=history.seen.version, pick=1, option_order=list("abcd"), selection="exam")
    assert client.get(f"/questions/{history.seen.version.question_id}/").status_code == 200


@pytest.mark.parametrize("number", ["0", "999999", "9" * 15, "9" * 30])
def test_a_question_that_never_was_is_not_there(client: Client, sign_in: SignIn, number: str):
    sign_in(client)
    assert client.get(f"/questions/{number}/").status_code == 404
    assert client.get(f"/versions/{number}/reports/").status_code == 404
    assert client.post(f"/versions/{number}/reports/", {"kind": "other", "text": "Hm."}).status_code == 404


# -- reports ---------------------------------------------------------------------------------------------------------


def test_a_report_reaches_the_authors_and_its_sender_is_thanked(client: Client, sign_in: SignIn):
    history = make_history(sign_in(client), now=timezone.now())
    address = f"/versions/{history.seen.version_id}/reports/"
    assert "What is the matter?" in client.get(address).text
    for _ in range(2):  # The button pressed twice sends one report.
        response = client.post(address, {"kind": "outdated", "text": "The limit has moved."}, follow=True)
    assert response.redirect_chain == [("/progress/", 302)]
    assert "Thank you." in response.text
    assert Report.objects.filter(kind="outdated", text="The limit has moved.").count() == 1


@pytest.mark.parametrize(
    ("typed", "sentence", "kept"),
    [
        ({}, "Choose what is the matter.", ""),
        ({"kind": "wrong"}, "Write a sentence about it", 'value="wrong" checked'),
        ({"kind": "wrong", "text": "   "}, "Write a sentence about it", 'value="wrong" checked'),
        ({"text": "The key is C."}, "Choose what is the matter.", "The key is C."),
        ({"kind": "rude", "text": "The key is C."}, "Choose what is the matter.", "The key is C."),
        ({"kind": "wrong", "text": "x" * 2001}, "2000", "x" * 2001),
    ],
)
def test_a_report_that_lacks_something_is_told_and_stays(client: Client, sign_in: SignIn, typed: dict[str, str], sentence: str, kept: str):
    history = make_history(sign_in(client), now=timezone.now())
    before = Report.objects.count()
    response = client.post(f"/versions/{history.seen.version_id}/reports/", typed)
    assert response.status_code == 422
    assert sentence in response.text
    assert kept in response.text
    assert Report.objects.count() == before


@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_reports_on_a_question_that_they_never_met(client: Client, sign_in: SignIn, method: str):
    history = make_history(make_learner(), now=timezone.now())
    sign_in(client)
    before = Report.objects.count()
    response = getattr(client, method)(f"/versions/{history.seen.version_id}/reports/", {"kind": "other", "text": "Hm."})
    assert response.status_code == 404
    assert Report.objects.count() == before


# -- exams of one's classes ------------------------------------------------------------------------------------------


def assigned(learner: User, **values: Any) -> Assignment:
    """An exam of a class that this learner is in, open for an hour."""
    cohort = make_cohort(title="Evening class", **values.pop("cohort", {}))
    make_member(cohort, learner, **values.pop("member", {}))
    now = timezone.now()
    return make_assignment(cohort, **{"opens_at": now - timedelta(hours=1), "closes_at": now + timedelta(hours=1), **values})


def test_an_assigned_exam_is_told_while_it_is_open(client: Client, sign_in: SignIn):
    exam = assigned(sign_in(client))
    text = words(client.get("/"))
    assert f"<h2>{exam.blueprint.title}</h2>" in text
    assert "Assigned by Evening class · open until" in text
    assert f'href="{exam.get_absolute_url()}"' in text


def test_an_assigned_exam_is_told_three_days_before_it_opens(client: Client, sign_in: SignIn):
    learner = sign_in(client)
    now = timezone.now()
    exam = assigned(learner, opens_at=now + timedelta(days=2), closes_at=now + timedelta(days=4))
    far = assigned(learner, opens_at=now + timedelta(days=4), closes_at=now + timedelta(days=5))
    text = words(client.get("/"))
    assert "Assigned by Evening class · opens" in text
    assert (exam.get_absolute_url() in text, far.get_absolute_url() in text) == (True, False)


NOT_TOLD = [
    pytest.param(
        {"closes_at": timezone.now() - timedelta(minutes=1), "opens_at": timezone.now() - timedelta(hours=9)}, id="its window is over"
    ),
    pytest.param({"cohort": {"closed_at": timezone.now()}}, id="the class is closed"),
    pytest.param({"cohort": {"ends_on": date(2020, 3, 3)}}, id="the class is over"),
    pytest.param({"member": {"left_at": timezone.now()}}, id="who left the class"),
]


@pytest.mark.parametrize("values", NOT_TOLD)
def test_an_assigned_exam_that_cannot_be_begun_is_not_told(client: Client, sign_in: SignIn, values: dict[str, Any]):
    exam = assigned(sign_in(client), **values)
    assert exam.get_absolute_url() not in client.get("/").text


def test_an_assigned_exam_that_was_sat_as_often_as_allowed_is_not_told(client: Client, sign_in: SignIn):
    learner = sign_in(client)
    exam = assigned(learner, attempts_allowed=2)
    make_attempt(learner=learner, assignment=exam, slots=0, submitted_at=T0, finish_reason="handed in")
    assert exam.get_absolute_url() in client.get("/").text
    make_attempt(learner=learner, assignment=exam, slots=0, submitted_at=T0, finish_reason="handed in")
    assert exam.get_absolute_url() not in client.get("/").text


def test_exams_of_classes_cost_one_statement_and_a_guest_none(sign_in: SignIn):
    def cost(learner: User) -> int:
        with CaptureQueriesContext(connection) as sent:
            today_page(learner, now=timezone.now())
        return len(sent)

    learner, guest = make_learner(), make_guest()
    today_page(learner, now=timezone.now())
    today_page(guest, now=timezone.now())
    without = cost(learner)
    assert without == cost(guest) + 1
    for _ in range(4):
        assigned(learner)
    assert cost(learner) == without
