"""Who may open what at the desk, and what every page of it keeps."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from quizzes.admin import desk
from quizzes.models import BulkChange, KeyMending, Lesson, Report, SourcePage, Term, User
from quizzes.services.audit import Action, record
from quizzes.services.workflow import change_several
from tests.admin.forms import typed
from tests.factories import (
    T0,
    make_assignment,
    make_attempt,
    make_blueprint,
    make_cohort,
    make_guest,
    make_import,
    make_learner,
    make_lesson,
    make_member,
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


#: What an instructor gets: 200, a way on (302), or a closed door. Everything that is not named here is closed.
OPEN = {
    "index": 200, "jsi18n": 200,
    "login": 302, "password_change": 302, "password_change_done": 302, "app_list": 302, "quizzes_question_typed_preview": 302,
    "logout": 405, "view_on_site": 404,
    **{f"quizzes_question_{page}": 200 for page in ("changelist", "add", "change", "history", "preview", "version", "shipped")},
    "quizzes_question_statistics": 302, "quizzes_question_review": 302, "quizzes_question_pilot": 302,  # buttons
    "quizzes_question_attention": 200, "quizzes_question_bulk_list": 200, "quizzes_question_bulk": 200,
    "quizzes_blueprint_statistics": 200, "quizzes_blueprint_statistics_csv": 422,  # nothing was computed
    "quizzes_question_delete": 403,  # the one that stands here was published
    **{f"quizzes_blueprint_{page}": 200 for page in ("changelist", "add", "change", "history", "delete")},
    **{f"quizzes_report_{page}": 200 for page in ("changelist", "change", "history")},
    **{f"quizzes_learner_{page}": 200 for page in ("changelist", "change", "history")},
    **{f"quizzes_sourcepage_{page}": 200 for page in ("changelist", "change", "history")},
    **{f"quizzes_keymending_{page}": 200 for page in ("changelist", "change", "history", "wizard")},
    "quizzes_prediction_changelist": 200, "quizzes_prediction_csv": 200,
    **{f"quizzes_importrun_{page}": 200 for page in ("changelist", "add", "change", "history")}, "quizzes_question_export": 302,
    **{f"quizzes_cohort_{page}": 200 for page in (
        "changelist", "add", "change", "history", "members", "member", "member_lessons", "removal", "progress", "lessons",
        "exams", "exam_add", "exam", "exam_change", "exam_delete", "code", "closing",
    )},
    "quizzes_cohort_delete": 403,  # the one that stands here has a member
}  # fmt: skip


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


def test_an_instructor_can_do_their_work_and_nothing_else(client: Client, instructor: User, rows: dict[str, int | str]):
    found = {name: client.get(filled(address, rows)).status_code for name, address in addresses(desk.get_urls())}
    assert found == {name: OPEN.get(name, 403) for name in found}
    assert set(OPEN) <= set(found)


def test_an_instructor_can_send_nothing_that_is_not_theirs(client: Client, instructor: User, rows: dict[str, int | str]):
    rights = {"is_staff": "on", "is_superuser": "on", "username": "mighty", "password1": "x", "password2": "x"}
    for name, address in addresses(desk.get_urls()):
        if OPEN.get(name, 403) == 403 and name != "autocomplete":
            assert client.post(filled(address, rows), {**rights, "post": "yes"}).status_code == 403, name
    instructor.refresh_from_db()
    assert not instructor.is_superuser
    assert Lesson.objects.exists()
    assert User.objects.filter(pk=rows["user"], is_staff=False).exists()


def test_a_superuser_sees_everything_and_changes_no_record(client: Client, superuser: User, rows: dict[str, int | str]):
    closed = {
        f"quizzes_{model}_{page}" for model in ("attempt", "lesson", "term", "auditentry") for page in ("add", "delete")
    } | {
        "quizzes_question_delete", "quizzes_report_add", "quizzes_report_delete", "quizzes_learner_add", "quizzes_learner_delete", "autocomplete",
        "quizzes_sourcepage_add", "quizzes_sourcepage_delete", "quizzes_importrun_delete", "quizzes_keymending_add",
        "quizzes_keymending_delete",
    }  # fmt: skip
    for name, address in addresses(desk.get_urls()):
        expected = 403 if name in closed else OPEN.get(name, 200)
        assert client.get(filled(address, rows)).status_code == expected, name
    for model in ("attempt", "lesson", "term", "auditentry"):
        assert client.post(f"/admin/quizzes/{model}/{rows[model]}/change/", {"_save": ""}).status_code == 403


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


def test_every_page_keeps_the_policy_and_has_one_heading(client: Client, superuser: User, rows: dict[str, int | str]):
    for name, address in addresses(desk.get_urls()):
        response = client.get(filled(address, rows))
        if response.status_code != 200 or name in ("jsi18n", "quizzes_prediction_csv", "quizzes_auditentry_csv"):
            continue
        page = response.text
        assert page.count("<h1") == 1, name
        assert " style=" not in page, name
        assert "<style" not in page, name
        assert not re.search(r"\son\w+=", page), name
        assert not re.search(r"<script(?![^>]*src=)", page), name
        assert "hx-on" not in page, name


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
