"""What learners read where a key was mended: their result, their session, the check in a lesson, their progress."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from quizzes.models import KeyMending, User
from quizzes.services import attempts, mendings
from tests.factories import T0, answer_slot, make_attempt, make_blueprint, make_item, make_lesson, make_question, make_slot
from tests.services.test_mendings import mend, running_exam, sit

pytestmark = pytest.mark.django_db


@pytest.fixture
def lena(client: Client, sign_in: Any) -> User:
    return sign_in(client)


def words(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", response.text)).replace(" .", ".").replace(" ,", ",")


def test_the_result_says_what_was_changed_why_when_and_what_the_score_was(client: Client, lena: User):
    question = make_question()
    attempt = sit(question, "c", learner=lena, others="bba")
    here = f"/attempts/{attempt.pk}/result/"
    assert "mended" not in words(client, here)
    mending, _ = mend(question, "accept", "c", reason="Both keep the event.")
    page = words(client, here)
    assert "750. A pass." in page
    assert (
        "A key of this exam was mended Question 1, 24 Nov 2026: Right as well: “Give the function twice the memory it has now”. "
        "Both keep the event. Your result went from 531 (2 of 4, no pass) to 750 (3 of 4, a pass)."
    ) in page
    assert "✓ Right · 1 ·" in page
    assert "Practise the one you missed" in page
    assert page.count("Your answer, and right.") == 3
    assert "Mended keys Exam for tests of 23 Nov 2026 A question was mended on 24 Nov 2026; your score went from 531 to 750." in words(
        client, "/progress/"
    )

    mendings.undo_mending(mending=mending, by=None, now=T0 + timedelta(days=2))
    page = words(client, here)
    assert "189 points short of a pass." in page
    assert "This was taken back on 25 Nov 2026, and the question counts as it was asked. Until then your result was 750" in page
    assert "That was taken back on 25 Nov 2026." in words(client, "/progress/")


def test_a_result_that_did_not_move_says_so(client: Client, lena: User):
    question = make_question()
    attempt = sit(question, "b", learner=lena, others="b")
    mend(question, "accept", "c")
    assert "Your score stayed as it was." in words(client, f"/attempts/{attempt.pk}/result/")
    assert "Mended keys" not in words(client, "/progress/")


def test_an_exam_handed_in_under_a_mended_key_says_so_and_has_no_score_before(client: Client, lena: User):
    question = make_question()
    attempt = running_exam(question, "c", learner=lena)
    mend(question, "change", "c", now=T0)
    attempts.hand_in(learner=lena, attempt=attempt.pk, now=T0 + timedelta(minutes=5))
    page = words(client, f"/attempts/{attempt.pk}/result/")
    assert "It held already when you handed in." in page
    assert "1000. A pass." in page
    assert "Mended keys" not in words(client, "/progress/")


def test_a_running_exam_says_nothing_of_a_mended_key(client: Client, lena: User):
    question = make_question()
    attempt = running_exam(question, "c", learner=lena)
    mend(question, "change", "c", now=T0, reason="The guide says otherwise, see option C.")
    # The page is read while the exam runs; the clock of the test stands still at its start.
    type(attempt).objects.filter(pk=attempt.pk).update(deadline_at=None)
    assert "guide says otherwise" not in client.get(f"/attempts/{attempt.pk}/slots/1/").text


def test_a_dropped_question_is_no_miss_and_counts_nowhere(client: Client, lena: User):
    question = make_question()
    attempt = sit(question, "c", learner=lena, others="bb")
    mend(question, "drop")
    page = words(client, f"/attempts/{attempt.pk}/result/")
    assert "1000. A pass. 2 of 2 right; 1 more was unscored." in page
    assert "– Dropped · 1 ·" in page
    assert "Nothing did." in page
    assert "2 / 2" in page


def test_where_everything_was_dropped_there_is_no_score(client: Client, lena: User):
    question = make_question()
    attempt = sit(question, "b", learner=lena)
    mend(question, "drop")
    page = words(client, f"/attempts/{attempt.pk}/result/")
    assert "No score. Every question that counted was dropped. This exam is neither passed nor failed." in page
    assert "Your result went from 1000 (1 of 1, a pass) to no score." in page
    for address in ("/exams/", "/progress/", "/"):
        assert "no score" in words(client, address), address
    assert "None" not in words(client, "/exams/")


def test_a_session_shows_the_mark_that_holds(client: Client, lena: User):
    question = make_question()
    session = make_attempt(learner=lena, mode="practice", slots=0)
    slot = make_slot(attempt=session, question=question)
    answer_slot(slot, right=False)
    here = f"/attempts/{session.pk}/slots/1/"
    assert "Not this time." in words(client, here)
    mend(question, "full", reason="Two options say the same.")
    page = words(client, here)
    assert "Right. You may trust this more." in page
    assert "Mended on 24 Nov 2026. Everybody who was asked gets full marks. Two options say the same." in page
    attempts.hand_in(learner=lena, attempt=session.pk, now=T0)
    result = words(client, f"/attempts/{session.pk}/result/")
    assert "1 of 1 right the first time." in result
    assert "A key of this session was mended" in result
    mend(question, "drop", now=T0 + timedelta(days=2))
    assert "This question does not count: it was dropped." in words(client, here)
    assert "Nothing was answered." in words(client, f"/attempts/{session.pk}/result/")


@pytest.mark.parametrize("kind", ["ordering", "matching", "numeric", "multiple"])
def test_every_type_shows_the_key_that_holds(client: Client, lena: User, kind: str):
    question = make_question(item=make_item(type=kind))
    session = make_attempt(learner=lena, mode="practice", slots=0)
    slot = make_slot(attempt=session, question=question)
    answer_slot(slot, right=False)
    given = slot.responses.get().answer
    found = mendings.plan(question=question, versions=[question.current_id], kind="change", answers=[given])
    mendings.apply_mending(
        question=question,
        versions=[question.current_id],
        kind="change",
        answers=[given],
        latest=found.latest,
        reason="So it is.",
        by=None,
        now=T0,
    )
    assert "Right. You may trust this more." in words(client, f"/attempts/{session.pk}/slots/1/")


def test_a_check_in_a_lesson_and_a_question_seen_show_it_too(client: Client, lena: User):
    question = make_question(item=make_item(lesson="a-lesson#part-1"))
    lesson = make_lesson("a-lesson", checks=(question.slug,))
    check = attempts.start_check(learner=lena, lesson=lesson, question=question, now=T0, seed=1)
    answer_slot(check.slots.get(), right=False)
    mend(question, "accept", "a", "c", "d")
    for address in (lesson.get_absolute_url(), f"/questions/{question.pk}/"):
        page = words(client, address)
        assert "Mended on 24 Nov 2026." in page, address
        assert "Your answer, and right." in page, address


def test_a_mended_result_costs_the_same_for_one_mending_and_for_many(client: Client, lena: User, django_assert_max_num_queries: Any):
    questions = [make_question() for _ in range(4)]
    attempt = make_attempt(learner=lena, slots=0, blueprint=make_blueprint())
    for position, question in enumerate(questions, start=1):
        make_slot(attempt=attempt, position=position, question=question)
    attempts.hand_in(learner=lena, attempt=attempt.pk, now=T0)
    counts = []
    for question in questions:
        mend(question, "full")
        with django_assert_max_num_queries(14) as captured:
            client.get(f"/attempts/{attempt.pk}/result/")
        counts.append(len(captured))
    assert len(set(counts)) == 1
    assert KeyMending.objects.count() == 4
