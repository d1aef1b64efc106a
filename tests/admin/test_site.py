"""Who may open what at the desk, and what every page of it keeps."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from quizzes.admin import desk
from quizzes.models import BulkChange, KeyMending, Report, SourcePage, Term, User
from quizzes.services.audit import Action, record
from quizzes.services.drafts import discard_draft
from quizzes.services.pictures import keep_upload
from quizzes.services.statistics_runs import start_run
from quizzes.services.workflow import change_several
from tests.admin.forms import typed
from tests.factories import (
    T0,
    let_in,
    make_assignment,
    make_attempt,
    make_blueprint,
    make_cohort,
    make_guest,
    make_import,
    make_learner,
    make_lesson,
    make_member,
    make_picture_bytes,
    make_prediction,
    make_question,
)

pytestmark = pytest.mark.django_db


def addresses(patterns: Any, before: str = "/admin/") -> Iterator[tuple[str, str]]:
    """Every name and address below the desk."""
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            yield from addresses(pattern.url_patterns, before + str(pattern.pattern))
        elif pattern.name:
            yield pattern.name, before + str(pattern.pattern)


@pytest.fixture
def rows() -> dict[str, int | str]:
    return one_of_each()


def one_of_each() -> dict[str, int | str]:
    """One row of everything, by the name of its model."""
    learner, question = make_learner(), make_question()
    question.shipped_body = {**question.current.body, "stem": "What the file says of it is something else?"}  # type: ignore[union-attr]
    question.save()
    attempt = make_attempt(learner=learner, slots=1)
    report = Report.objects.create(learner=learner, version=question.current, kind="wrong", text="No.", created_at=T0)
    lesson = make_lesson()
    # Under the number of its question, so that one number opens both the mending and the wizard that makes another.
    mending = KeyMending.objects.create(pk=question.pk, question=question, kind="drop", reason="Both hold.", made_at=T0)
    mending.versions.add(question.current)  # type: ignore[arg-type]
    term = Term.objects.create(slug="lambda", term="Lambda", definition="Functions.", html="Functions.")
    cohort = make_cohort(instructors=User.objects.filter(username="ines"))
    entry = record(Action.OWN_EXPORT, "own data", by=learner)
    change_several(kind="tag", value="spring", questions=[question], by=learner, now=T0)
    return {
        "question": question.pk, "blueprint": make_blueprint().pk, "report": report.pk, "learner": learner.pk, "user": learner.pk,
        "attempt": attempt.pk, "lesson": lesson.pk, "term": term.pk, "keymending": mending.pk,
        "prediction": make_prediction(learner).pk,
        "cohort": cohort.pk, "<int:member>": make_member(cohort, learner).pk, "<int:exam>": make_assignment(cohort).pk,
        "sourcepage": SourcePage.objects.create(url="https://docs.aws.amazon.com/lambda/", title="Guide").pk,
        "auditentry": entry.pk,
        "statisticsrun": start_run(by=learner, now=T0).pk,
        "discardeddraft": discard_draft(question=make_question(state="draft"), by=learner, now=T0).pk,
        "picture": keep_upload(data=make_picture_bytes(), now=T0).pk,
        "importrun": make_import(question=question).run_id,
    }  # fmt: skip


def filled(address: str, rows: dict[str, int | str]) -> str:
    model = re.match(r"/admin/quizzes/(\w+)/", address)
    pk = str(rows[model[1]]) if model else "1"
    for nested in ("<int:member>", "<int:exam>"):
        address = address.replace(nested, str(rows[nested]))
    address = address.replace("bulk/<int:number>", f"bulk/{BulkChange.objects.values_list('pk', flat=True).first()}")
    address = address.replace("<int:number>", "1").replace("^(?P<app_label>quizzes)/$", "quizzes/")
    return re.sub(r"<[^>]+>", pk, address)


def test_an_instructor_cannot_give_rights_to_anybody(client: Client, instructor: User, rows: dict[str, int | str]):
    rights = {"is_staff": "on", "is_superuser": "on", "username": "mighty", "password1": "x", "password2": "x"}
    pages = ["user/add/", *(f"{model}/{pk}/change/" for model in ("user", "learner") for pk in (instructor.pk, rows["user"]))]
    assert [client.post(f"/admin/quizzes/{page}", rights).status_code for page in pages] == [403, 403, 403, 404, 422]
    assert not User.objects.filter(is_superuser=True).exists()
    assert list(User.objects.filter(is_staff=True)) == [instructor]


@pytest.mark.parametrize("path", ["/admin/", "/admin/quizzes/question/", "/admin/login/", "/admin/quizzes/nothing/here/"])
def test_a_visitor_is_asked_to_sign_in_at_the_learners_own_door(client: Client, path: str):
    response = client.get(path, follow=True)
    assert response.redirect_chain[-1][0].startswith("/accounts/login/")
    assert response.status_code == 200


def test_a_learner_is_told_that_this_is_not_for_them(client: Client, sign_in: Callable[..., User]):
    sign_in(client)
    for path in ("/admin/", "/admin/quizzes/question/add/", "/admin/login/"):
        response = client.get(path)
        assert response.status_code == 403
        assert "This page is not for this account" in response.text
    assert client.post("/admin/quizzes/question/add/", typed(_save="")).status_code == 403


def test_a_guest_is_asked_to_sign_in(client: Client, sign_in: Callable[..., User]):
    sign_in(client, make_guest())
    response = client.get("/admin/", follow=True)
    assert response.redirect_chain[-1][0].startswith("/accounts/login/")


def test_every_page_keeps_the_policy_and_has_one_heading(client: Client, instructor: User, rows: dict[str, int | str]):
    """As an instructor sees it; what only a superuser may open, as they do. Who may open what: tests/views/test_access.py."""
    mighty, drawn = Client(), 0
    let_in(mighty, make_learner(is_staff=True, is_superuser=True))
    for name, address in addresses(desk.get_urls()):
        if name == "jsi18n" or name.endswith(("_csv", "_rows")):
            continue
        response = client.get(filled(address, rows))
        if response.status_code == 403:
            response = mighty.get(filled(address, rows))
        if response.status_code != 200:
            continue
        drawn += 1
        page = response.text
        assert page.count("<h1") == 1, name
        assert " style=" not in page, name
        assert "<style" not in page, name
        assert not re.search(r"\son\w+=", page), name
        assert not re.search(r"<script(?![^>]*src=)", page), name
        assert "hx-on" not in page, name
    assert drawn > 80


def test_the_index_tells_what_waits(client: Client, instructor: User, rows: dict[str, int | str], django_assert_max_num_queries: Any):
    make_question(state="draft", slug="half-a-thought")
    with django_assert_max_num_queries(12):
        page = client.get("/admin/").text
    assert "half-a-thought" in page
    assert ">Open reports</a>: 1" in page
    assert "Often forgotten" not in page
    assert ">1</span> open, the oldest from 23 Nov 2026" in page


def test_staff_without_any_right_find_an_empty_desk(client: Client, sign_in: Callable[..., User]):
    sign_in(client, make_learner(is_staff=True))
    assert "There is nothing here that you may open." in client.get("/admin/").text


def test_a_page_that_is_not_there_is_not_found(client: Client, instructor: User):
    assert client.get("/admin/quizzes/question/999/preview/").status_code == 404
    assert client.get("/admin/nothing/").status_code == 404
