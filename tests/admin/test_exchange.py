"""Import and export at the desk: upload, report, choose, open the draft; and a file out again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from quizzes.models import ImportRun, Question, User
from quizzes.services.accounts import make_instructor
from tests.factories import make_domain, make_item, make_learner, make_objective, make_question

pytestmark = pytest.mark.django_db

UPLOAD = "/admin/quizzes/importrun/add/"
LIST = "/admin/quizzes/question/"
FILE = b"::one::What keeps it?{=a ~b ~c ~d}\n\nEssay{}\n\nTrue?{T}\n\nNo key?{~a ~b}\n"


@pytest.fixture(autouse=True)
def homes() -> None:
    make_objective()
    make_domain()


def upload(client: Client, data: bytes = FILE, format: str = "gift", follow: bool = True) -> object:
    sent = {"file": SimpleUploadedFile("q.gift", data), "format": format, "objective": "async-behaviour", "domain": "resilient"}
    return client.post(UPLOAD, sent, follow=follow)


def test_upload_report_choose_import_and_open_the_draft(client: Client, instructor: User):
    assert UPLOAD in client.get(LIST).text
    assert client.get(UPLOAD).status_code == 200
    page = upload(client)
    text = page.text  # type: ignore[attr-defined]
    assert "2 new" in text
    assert "1 left out" in text
    assert "1 to mend" in text
    assert "This is an essay" in text
    assert "needs 1 more" in text
    assert "Mark the key" in text
    assert not Question.objects.exists()
    run = ImportRun.objects.get()
    address = f"/admin/quizzes/importrun/{run.pk}/change/"
    done = client.post(address, {"chosen": ["1"]}, follow=True)
    assert "1 question is here as drafts now." in done.text
    question = Question.objects.get()
    assert (question.state, question.author) == ("draft", instructor)
    assert f"/admin/quizzes/question/{question.pk}/change/" in done.text
    assert "What keeps it?" in client.get(f"/admin/quizzes/question/{question.pk}/change/").text
    assert "2 questions" not in client.post(address, {"_all": "1"}, follow=True).text
    assert Question.objects.count() == 2
    assert "Nothing in this file is new" in client.get(address).text


def test_choosing_nothing_or_what_is_not_new_is_told(client: Client, instructor: User):
    upload(client)
    address = f"/admin/quizzes/importrun/{ImportRun.objects.get().pk}/change/"
    assert client.post(address, {}).status_code == 422
    answer = client.post(address, {"chosen": ["2"]})
    assert answer.status_code == 422
    assert "not new any more" in answer.text
    assert not Question.objects.exists()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param("é{=a ~b}".encode("cp1252"), "UTF-8", id="wrong encoding"),
        pytest.param(b"\n \n", "The file is empty.", id="blank"),
        pytest.param(b"", "This file is empty", id="empty"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_beside_the_field(client: Client, instructor: User, data: bytes, words: str):
    answer = upload(client, data, follow=False)
    assert answer.status_code == 422  # type: ignore[attr-defined]
    assert words in answer.text  # type: ignore[attr-defined]
    assert not ImportRun.objects.exists()


def test_a_report_costs_the_same_with_few_questions_and_with_many(client: Client, instructor: User):
    many = "\n".join(f"What keeps number {n}?{{=a ~b ~c ~d}}\n" for n in range(150)).encode()
    counts = []
    for data in (FILE, many):
        upload(client, data)
        address = f"/admin/quizzes/importrun/{ImportRun.objects.get().pk}/change/"
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 14
    assert "Later questions" in client.get(address).text
    assert "Import all 150 that are new" in client.get(address).text


def test_only_instructors_import_and_nobody_reads_the_file_of_another(client: Client, instructor: User, sign_in: Callable[..., User]):
    upload(client)
    address = f"/admin/quizzes/importrun/{ImportRun.objects.get().pk}/change/"
    other = make_learner(username="otto")
    make_instructor(user=other)
    sign_in(client, other)
    assert client.get(address).status_code == 403
    assert client.post(address, {"_all": "1"}).status_code == 403
    sign_in(client, make_learner(username="lena"))
    for page in (UPLOAD, address, "/admin/quizzes/question/export/"):
        assert client.post(page, {"ids": "1", "format": "csv"}).status_code in (302, 403)
    assert not Question.objects.exists()


def test_a_file_that_was_let_go_shows_what_came_with_it(client: Client, instructor: User):
    upload(client)
    first = ImportRun.objects.get()
    client.post(f"/admin/quizzes/importrun/{first.pk}/change/", {"chosen": ["1"]})
    upload(client, b"Other?{=a ~b ~c ~d}")
    text = client.get(f"/admin/quizzes/importrun/{first.pk}/change/").text
    assert "what-keeps-it" in text
    assert "not kept" in text
    assert "q.gift" in client.get("/admin/quizzes/importrun/").text


def test_export_by_selection(client: Client, instructor: User):
    one, two = make_question(item=make_item()), make_question(item=make_item(type="ordering"))
    page = client.post(LIST, {"action": "export_selected", "_selected_action": [one.pk, two.pk]})
    assert f'value="{one.pk},{two.pk}"' in page.text
    ids = f"{one.pk},{two.pk}"
    told = client.post(f"{LIST}export/", {"ids": ids, "format": "gift"})
    assert "GIFT has no ordering questions" in told.text
    file = client.post(f"{LIST}export/", {"ids": ids, "_download": "gift"})
    assert file["Content-Disposition"].startswith("attachment")
    assert one.slug in file.text
    assert two.slug not in file.text
    at_once = client.post(f"{LIST}export/", {"ids": ids, "format": "toml"})
    assert two.slug in at_once.text
    assert client.post(f"{LIST}export/", {"ids": ids, "format": "doc"}).status_code == 422
    assert client.get(f"{LIST}export/").status_code == 302


def test_an_import_is_taken_back(client: Client, instructor: User):
    upload(client)
    run = ImportRun.objects.get()
    page = f"/admin/quizzes/importrun/{run.pk}/"
    assert "undoing" not in client.get(f"{page}change/").text
    client.post(f"{page}change/", {"_all": "1"})
    assert f"{page}undoing/" in client.get(f"{page}change/").text
    asked = client.get(f"{page}undoing/").text
    assert "Delete 2 drafts" in asked
    assert Question.objects.count() == 2
    assert "2 drafts are deleted" in client.post(f"{page}undoing/", follow=True).text
    assert not Question.objects.exists()
    assert "2 new" in client.get(f"{page}change/").text
    assert "Nothing of this import can be taken back" in client.get(f"{page}undoing/").text
