"""Lessons, their checks, the place kept, glossary and search over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from quizzes.models import Attempt, Lesson, LessonProgress, Question, Response, SearchEntry, User
from quizzes.services.attempts import save_draft
from tests.factories import (
    answer_slot,
    make_attempt,
    make_bank,
    make_item,
    make_lesson,
    make_question,
    make_term,
    make_version,
)

pytestmark = pytest.mark.django_db

FACES = pytest.mark.parametrize("headers", [{}, {"hx-request": "true"}], ids=["full page", "htmx"])
SignIn = Callable[..., User]


def is_page(response: Any) -> bool:
    return "<html" in response.text


@pytest.fixture
def question() -> Question:
    return make_question()


@pytest.fixture
def lesson(question: Question) -> Lesson:
    return make_lesson(checks=("", question.slug))


def check_address(lesson: Lesson, question: Question) -> str:
    return f"/lessons/{lesson.slug}/checks/{question.pk}/"


def right(lesson: Lesson, question: Question, **values: Any) -> dict[str, Any]:
    """What the form of a check sends with a right answer: a check keeps one order of options, by its number."""
    page = Client().get(lesson.get_absolute_url()).text
    part = page[page.index(f'id="check-{question.pk}"') :]
    [option] = [o for o in question.current.item.options if o.key]  # type: ignore[union-attr]
    letter = part[: part.index(option.text)].rpartition('value="')[2][0]
    return {"answer": [letter], "version": question.current_id, **values}


# -- reading ---------------------------------------------------------------------------------------------------------


def test_reading_and_searching_make_no_rows(client: Client, lesson: Lesson):
    make_term()
    for address in (
        "/",
        "/lessons/",
        lesson.get_absolute_url(),
        "/glossary/",
        "/search/?q=words",
        "/practice/",
        "/review/",
        "/exams/",
        "/progress/",
    ):
        assert client.get(address).status_code == 200
    assert not User.objects.exists()
    assert "sessionid" not in client.cookies


def test_lessons_stand_in_their_order_with_what_was_read(client: Client, sign_in: SignIn):
    lessons = [make_lesson(f"lesson-{n}", sections=4) for n in range(3)]
    learner = sign_in(client)
    now = timezone.now()
    LessonProgress.objects.create(learner=learner, lesson=lessons[0], visited_at=now, finished_at=now)
    LessonProgress.objects.create(learner=learner, lesson=lessons[1], visited_at=now, anchor="part-2")
    text = client.get("/lessons/").text
    assert [text.index(lesson.title) for lesson in lessons] == sorted(text.index(lesson.title) for lesson in lessons)
    assert "✓ read" in text
    assert "section 2 of 3" in text
    assert 'href="/lessons/lesson-1/#part-2"' in text


def test_a_lesson_has_contents_neighbours_sources_and_the_day_of_its_check(client: Client, lesson: Lesson):
    following = make_lesson("the-next-one")
    text = client.get(lesson.get_absolute_url()).text
    assert 'href="#part-1"' in text
    assert "checked against the AWS docs on 23 Nov 2026" in text
    assert f'href="{following.get_absolute_url()}"' in text
    assert 'href="https://docs.aws.amazon.com/lambda/" rel="noopener"' in text


def test_an_empty_school_says_how_it_fills(client: Client):
    assert "manage.py sync_content" in client.get("/lessons/").text
    assert "manage.py sync_content" in client.get("/glossary/").text
    assert client.get("/").status_code == 200


def test_a_lab_stands_in_its_lesson_and_computes_there(client: Client):
    lesson = make_lesson("prices", sections=2)
    section = lesson.sections.get(anchor="part-1")
    section.blocks = [{"kind": "lab", "lab": "pricing", "setting": "requests=10&memory_mb=512&poller=kafka", "html": "Try <em>this</em>."}]
    section.save()
    text = client.get(lesson.get_absolute_url()).text
    assert "Try <em>this</em>." in text
    assert '<form class="row lab-card" method="get" action="/labs/pricing/"' in text
    assert 'id="lab-memory_mb" name="memory_mb" value="512"' in text
    assert '<input type="hidden" name="poller" value="kafka">' in text
    assert 'href="/labs/pricing/?requests=10&amp;memory_mb=512&amp;poller=kafka"' in text


def test_a_case_of_the_invocation_lab_runs_in_its_lesson(client: Client):
    lesson = make_lesson("failures", sections=2)
    section = lesson.sections.get(anchor="part-1")
    section.blocks = [{"kind": "lab", "lab": "invocation", "setting": "model=async&fault=always", "html": "How often?"}]
    section.save()
    text = client.get(lesson.get_absolute_url()).text
    assert '<input type="hidden" name="fault" value="always"><input type="hidden" name="run" value="1">' in text
    assert 'href="/labs/invocation/?model=async&amp;fault=always"' in text


def test_a_lesson_that_never_was_is_not_there(client: Client):
    for tail in ("", "place/", "reading/", "checks/1/"):
        assert client.post(f"/lessons/nowhere/{tail}").status_code in (404, 405)
    assert client.get("/lessons/nowhere/").status_code == 404


# -- the place kept, and lessons read --------------------------------------------------------------------------------


def test_the_place_of_a_learner_is_kept_and_today_leads_back_there(client: Client, sign_in: SignIn, lesson: Lesson):
    sign_in(client)
    assert f'data-place="/lessons/{lesson.slug}/place/"' in client.get(lesson.get_absolute_url()).text
    assert client.post(f"/lessons/{lesson.slug}/place/", {"anchor": "part-2"}).status_code == 204
    assert f'href="{lesson.get_absolute_url()}#part-2"' in client.get("/").text


@pytest.mark.parametrize("anchor", ["part-99", "../..", "<b>", "x" * 500])
def test_a_section_that_is_not_there_is_not_kept(client: Client, sign_in: SignIn, lesson: Lesson, anchor: str):
    sign_in(client)
    assert client.post(f"/lessons/{lesson.slug}/place/", {"anchor": anchor}).status_code == 204
    assert not LessonProgress.objects.exists()


def test_a_visitor_leaves_no_place(client: Client, lesson: Lesson):
    assert "data-place" not in client.get(lesson.get_absolute_url()).text
    assert client.post(f"/lessons/{lesson.slug}/place/", {"anchor": "part-1"}).status_code == 204
    assert not User.objects.exists()


def test_a_visitor_who_marks_a_lesson_as_read_becomes_a_guest(client: Client, lesson: Lesson):
    response = client.post(f"/lessons/{lesson.slug}/reading/", {"finished": "1"})
    assert response["Location"] == f"{lesson.get_absolute_url()}#read"
    progress = LessonProgress.objects.get()
    assert progress.learner.is_guest
    assert progress.finished_at is not None
    assert "You marked this lesson as read" in client.get(lesson.get_absolute_url()).text
    client.post(f"/lessons/{lesson.slug}/reading/", {"finished": "0"})
    progress.refresh_from_db()
    assert progress.finished_at is None


def test_marking_a_lesson_as_read_keeps_the_place(client: Client, sign_in: SignIn, lesson: Lesson):
    sign_in(client)
    client.post(f"/lessons/{lesson.slug}/place/", {"anchor": "part-2"})
    client.post(f"/lessons/{lesson.slug}/reading/", {"finished": "1"})
    assert LessonProgress.objects.get().anchor == "part-2"


# -- checks ----------------------------------------------------------------------------------------------------------


@FACES
def test_a_check_answered_shows_every_rationale(
    client: Client, sign_in: SignIn, lesson: Lesson, question: Question, headers: dict[str, str]
):
    sign_in(client)
    why = [option.why for option in question.current.item.options]  # type: ignore[union-attr]
    before = client.get(lesson.get_absolute_url()).text
    assert not any(words in before for words in why)
    response = client.post(check_address(lesson, question), right(lesson, question, confidence="sure"), headers=headers)
    if headers:
        assert response.status_code == 200
        assert not is_page(response)
        text = response.text
    else:
        assert response["Location"] == f"{lesson.get_absolute_url()}#check-{question.pk}"
        text = client.get(lesson.get_absolute_url()).text
    assert all(words in text for words in why)
    assert "Right." in text
    assert f'id="check-{question.pk}"' in text
    given = Response.objects.get()
    assert (given.fraction, given.confidence, given.slot.attempt.mode) == (1, "sure", "check")
    assert given.slot.attempt.lesson == lesson


@FACES
def test_an_empty_check_is_told_what_to_do(client: Client, lesson: Lesson, question: Question, headers: dict[str, str]):
    response = client.post(check_address(lesson, question), {}, headers=headers)
    assert response.status_code == 422
    assert "Choose at least one option." in response.text
    assert is_page(response) == (headers == {})
    assert "HX-Request" in response["Vary"]
    assert not User.objects.exists()


def test_what_was_chosen_in_a_check_stays_when_something_was_wrong(client: Client):
    question = make_question(item=make_item(type="multiple"))
    lesson = make_lesson(checks=(question.slug,))
    response = client.post(check_address(lesson, question), {"answer": ["B"], "confidence": "guess"}, headers={"hx-request": "true"})
    assert response.status_code == 422
    assert "Choose 2 options; you chose 1." in response.text
    assert 'value="B" checked' in response.text
    assert 'value="guess" checked' in response.text


@FACES
def test_a_wording_that_changed_meanwhile_is_not_graded(
    client: Client, sign_in: SignIn, lesson: Lesson, question: Question, headers: dict[str, str]
):
    sign_in(client)
    typed = right(lesson, question)
    make_version(question=question, item=make_item(), number=2)
    response = client.post(check_address(lesson, question), typed, headers=headers)
    assert response.status_code == 409
    assert "An author changed this question since the page was drawn." in response.text
    assert is_page(response) == (headers == {})
    assert response.get("HX-Retarget") == ("#refusal" if headers else None)
    assert not Response.objects.exists()


@FACES
def test_a_second_answer_to_a_check_is_refused_and_the_first_one_stands(
    client: Client, sign_in: SignIn, lesson: Lesson, question: Question, headers: dict[str, str]
):
    sign_in(client)
    typed = right(lesson, question)
    client.post(check_address(lesson, question), typed)
    other = {**typed, "answer": ["A" if typed["answer"] != ["A"] else "B"]}
    response = client.post(check_address(lesson, question), other, headers=headers)
    assert response.status_code == 409
    assert "You answered this question already" in response.text
    assert Response.objects.get().fraction == 1
    assert Attempt.objects.count() == 1


def test_the_same_answer_sent_twice_counts_once(client: Client, sign_in: SignIn, lesson: Lesson, question: Question):
    sign_in(client)
    typed = right(lesson, question)
    for _ in range(2):
        assert client.post(check_address(lesson, question), typed).status_code == 302
    assert Response.objects.count() == 1


def test_only_the_lessons_own_checks_are_asked_there(client: Client, sign_in: SignIn, lesson: Lesson, question: Question):
    """Or its address would give away the key of any question, one that stands in a running exam among them."""
    learner = sign_in(client)
    [elsewhere, retired] = make_bank(2)
    make_lesson("another-lesson", checks=(elsewhere.slug, retired.slug))
    Question.objects.filter(pk=retired.pk).update(state="retired")
    make_attempt(learner=learner, slots=0, started_at=timezone.now()).slots.create(
        position=1, version=elsewhere.current, pick=1, option_order=["a", "b", "c", "d"], selection="exam"
    )
    for address in (
        check_address(lesson, elsewhere),
        f"/lessons/another-lesson/checks/{retired.pk}/",
        check_address(lesson, question)[:-2] + "99999/",
    ):
        response = client.post(address, {"answer": ["B"], "version": elsewhere.current_id})
        assert response.status_code == 404
    assert not Response.objects.exists()


def test_the_address_of_a_check_leads_to_its_place_in_the_lesson(client: Client, lesson: Lesson, question: Question):
    assert client.get(check_address(lesson, question))["Location"] == f"{lesson.get_absolute_url()}#check-{question.pk}"


def test_a_visitor_answers_two_checks_of_one_page(lesson: Lesson):
    """The first makes a guest; the second form of the same page must not be refused for it."""
    questions = make_bank(2)
    lesson = make_lesson("two-checks", checks=tuple(question.slug for question in questions))
    browser = Client(enforce_csrf_checks=True)
    page = browser.get(lesson.get_absolute_url())
    token = page.text.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    for question in questions:
        typed = right(lesson, question, csrfmiddlewaretoken=token)
        response = browser.post(check_address(lesson, question), typed, headers={"hx-request": "true"})
        assert response.status_code == 200
    guest = User.objects.get()
    assert guest.is_guest
    assert Response.objects.filter(learner=guest).count() == 2


# -- glossary and search ---------------------------------------------------------------------------------------------


def test_the_glossary_names_every_term_with_its_lesson(client: Client, lesson: Lesson):
    make_term(lesson=f"{lesson.slug}#part-1")
    text = client.get("/glossary/").text
    assert 'id="dead-letter-queue"' in text
    assert "DLQ" in text
    assert f'href="/lessons/{lesson.slug}/#part-1"' in text


@FACES
def test_search_finds_lessons_terms_and_what_one_has_seen(client: Client, sign_in: SignIn, lesson: Lesson, headers: dict[str, str]):
    learner = sign_in(client)
    make_term()
    attempt = make_attempt(learner=learner, mode="practice", slots=1, item={"stem": "Where do dead-letter letters go in the end?"})
    answer_slot(attempt.slots.get())
    SearchEntry.objects.refresh()
    response = client.get("/search/?q=Dead-Letter", headers=headers)
    assert response.status_code == 200
    assert is_page(response) == (headers == {})
    assert "HX-Request" in response["Vary"]
    assert f"/lessons/{lesson.slug}/#part-1" in response.text
    assert "/glossary/#dead-letter-queue" in response.text
    assert f"/questions/{attempt.slots.get().version.question_id}/" in response.text
    assert "<mark>dead-letter</mark>" in response.text


def test_search_finds_a_term_by_its_other_name(client: Client):
    make_term()
    SearchEntry.objects.refresh()
    assert "/glossary/#dead-letter-queue" in client.get("/search/?q=dlq").text


def test_a_question_that_one_has_not_answered_is_not_found(client: Client, sign_in: SignIn):
    learner = sign_in(client)
    stem = {"stem": "Which region is Zanzibar nearest to?"}
    exam = make_attempt(learner=learner, slots=1, item=stem, started_at=timezone.now())
    save_draft(learner=learner, attempt=exam.pk, position=1, letters=["A"], revision=0, save_id="a-save-of-its-own", now=timezone.now())
    answer_slot(make_attempt(mode="practice", slots=1, item=stem).slots.get())
    assert SearchEntry.objects.refresh() == 2
    text = client.get("/search/?q=zanzibar").text
    assert "Nothing matches “zanzibar”." in text
    assert "nearest" not in text


@pytest.mark.parametrize(
    "query",
    [
        "",
        "   ",
        "zebra",
        "%",
        "_",
        "%%%",
        "\\",
        "' OR 1=1; DROP TABLE quizzes_lesson; --",
        '"',
        "[",
        "(a+)+$",
        "*",
        "ÄÖÜ ß",
        "日本語",
        "🦓",
        "\u202eevil",
    ],
)
def test_a_search_for_anything_finds_at_most_what_is_there(client: Client, lesson: Lesson, query: str):
    SearchEntry.objects.refresh()
    response = client.get("/search/", {"q": query})
    assert response.status_code == 200
    assert lesson.get_absolute_url() not in response.text
    assert Lesson.objects.count() == 1


def test_a_script_in_a_search_stays_words(client: Client):
    text = client.get("/search/", {"q": '"><script>alert(1)</script>'}).text
    assert "<script>alert" not in text
    assert "&quot;&gt;&lt;script&gt;" in text


@FACES
@pytest.mark.parametrize("query", ["x" * 101, "many words " * 40, "null\x00byte"])
def test_a_search_that_cannot_be_made_is_told_and_stays(client: Client, query: str, headers: dict[str, str]):
    response = client.get("/search/", {"q": query}, headers=headers)
    assert response.status_code == 422
    assert "errorlist" in response.text
    assert is_page(response) == (headers == {})
    if not headers:
        assert query.strip()[:50] in response.text


def test_a_search_of_many_words_asks_a_bounded_question(client: Client, lesson: Lesson, django_assert_max_num_queries: Any):
    with django_assert_max_num_queries(12):
        assert client.get("/search/", {"q": "a b c d e f g h i j k l m n o p q r s t u v w x y z"}).status_code == 200
