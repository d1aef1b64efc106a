"""Sources at the desk: a page that changed flags what rests on it, until it was checked again."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client

from quizzes.domain.items import Source
from quizzes.models import DraftSource, Question, SourcePage, User
from quizzes.models.sources import outdated_questions
from quizzes.queries.sources import look_again, source_use
from quizzes.services.sources import mark_source
from tests.factories import T0, make_item, make_learner, make_lesson, make_question

pytestmark = pytest.mark.django_db

LIST = "/admin/quizzes/sourcepage/"
GUIDE = "https://docs.aws.amazon.com/lambda/"
LONGER = f"{GUIDE}quotas.html"


def make_page(url: str = GUIDE, **values: Any) -> SourcePage:
    return SourcePage.objects.create(url=url, title=values.pop("title", "Guide"), **values)


def make_cited(url: str = GUIDE, checked: date = date(2026, 11, 23), **values: Any) -> Question:
    return make_question(item=make_item(sources=(Source(title="Guide", url=url, checked=checked),)), **values)


@pytest.mark.parametrize(
    ("changed_on", "flagged"),
    [
        pytest.param(None, False, id="not changed"),
        pytest.param(date(2026, 11, 22), False, id="changed before it was checked"),
        pytest.param(date(2026, 11, 23), False, id="checked on the day of the change"),
        pytest.param(date(2026, 11, 24), True, id="changed after it was checked"),
    ],
)
def test_a_change_flags_what_was_checked_before_it(changed_on: date | None, flagged: bool):
    question, lesson, page = make_cited(), make_lesson(), make_page()
    mark_source(page=page, changed_on=changed_on, note="", by=make_learner(), now=T0)
    assert list(outdated_questions()) == ([question] if flagged else [])
    use = source_use(page)
    assert [(found.title, found.outdated) for found in use.questions] == [(question.slug, flagged)]
    assert [(found.title, found.outdated) for found in use.lessons] == [(lesson.short, flagged)]
    assert look_again().waits is flagged


def test_another_page_and_a_retired_question_are_left_alone():
    make_cited(url=LONGER)
    make_cited(state="retired")
    page = make_page(changed_on=date(2026, 11, 24))
    assert not outdated_questions().exists()
    assert source_use(page).questions == []


def test_checking_again_clears_the_flag(client: Client, instructor: User):
    question = make_cited()
    make_page(changed_on=date(2026, 11, 24), note="new limit")
    text = client.get(f"/admin/quizzes/question/{question.pk}/change/").text
    assert "changed on 24 Nov 2026, after this question was checked: new limit" in text
    DraftSource.objects.filter(question=question).update(checked=date(2026, 11, 24))
    assert "after this question was checked" not in client.get(f"/admin/quizzes/question/{question.pk}/change/").text
    assert not outdated_questions().exists()


def test_the_list_counts_who_rests_on_a_page(client: Client, instructor: User):
    make_cited()
    make_cited()
    make_lesson()
    make_page()
    make_page(LONGER, title="Quotas")
    text = client.get(LIST).text
    guide, quotas = text.index(">Guide<"), text.index(">Quotas<")
    assert '<td class="field-questions">2</td><td class="field-lessons">1</td>' in text[guide:quotas]
    assert '<td class="field-questions">0</td><td class="field-lessons">0</td>' in text[quotas:]


def test_the_list_costs_the_same_whatever_its_length(client: Client, instructor: User, django_assert_max_num_queries: Any):
    make_page()
    with django_assert_max_num_queries(12) as few:
        client.get(LIST)
    for n in range(12):
        make_page(f"{GUIDE}{n}")
        make_cited(url=f"{GUIDE}{n}")
    with django_assert_max_num_queries(len(few)):
        client.get(LIST)


def test_an_instructor_says_that_a_page_changed(client: Client, instructor: User):
    question, page = make_cited(), make_page()
    response = client.post(f"{LIST}{page.pk}/change/", {"changed_on": "2026-11-24", "note": "1 MB now", "_save": ""}, follow=True)
    page.refresh_from_db()
    assert (page.changed_on, page.note, page.marked_by) == (date(2026, 11, 24), "1 MB now", instructor)
    assert "Marked as changed. 1 question or lesson" in response.text
    assert question.slug in response.text
    listed = client.get("/admin/quizzes/question/?look=again").text
    assert question.slug in listed
    desk = client.get("/admin/").text
    assert "1 page changed." in desk
    client.post(f"{LIST}{page.pk}/change/", {"changed_on": "", "note": "1 MB now", "_save": ""})
    page.refresh_from_db()
    assert (page.changed_on, page.note) == (None, "")
    assert question.slug not in client.get("/admin/quizzes/question/?look=again").text


@pytest.mark.parametrize(
    ("day", "sentence"),
    [("yesterday", "Write the day as 2026-11-24"), ("2999-01-01", "This day is still to come.")],
)
def test_a_day_that_cannot_be_is_told(client: Client, instructor: User, day: str, sentence: str):
    page = make_page()
    response = client.post(f"{LIST}{page.pk}/change/", {"changed_on": day, "note": "", "_save": ""})
    assert response.status_code == 422
    assert sentence in response.text
    page.refresh_from_db()
    assert page.changed_on is None


def test_several_are_marked_and_unmarked_at_once(client: Client, instructor: User):
    pages = [make_page(), make_page(LONGER)]
    for action, marked in (("changed_today", True), ("as_it_was", False)):
        client.post(LIST, {"action": action, "_selected_action": [page.pk for page in pages]})
        assert SourcePage.objects.changed().count() == (2 if marked else 0)


def test_pages_come_with_what_cites_them_and_stay(client: Client, instructor: User):
    page = make_page()
    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(f"{LIST}{page.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_learner_does_not_come_here(client: Client, sign_in: Any):
    sign_in(client)
    page = make_page()
    assert client.post(f"{LIST}{page.pk}/change/", {"changed_on": "2026-11-24"}).status_code in (302, 403)
    page.refresh_from_db()
    assert page.changed_on is None
