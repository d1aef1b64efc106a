"""Pictures at the desk: bring one, copy its mark, see where it stands."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from quizzes.domain.pictures import look_at
from quizzes.models import Picture, User
from tests.factories import make_item, make_picture_bytes, make_question

pytestmark = pytest.mark.django_db

ADD, LIST = "/admin/quizzes/picture/add/", "/admin/quizzes/picture/"
PICTURE = look_at(make_picture_bytes())


def bring(client: Client, data: bytes, name: str = "x.txt"):  # type: ignore[no-untyped-def]
    return client.post(ADD, {"file": SimpleUploadedFile(name, data)}, follow=True)


def test_a_picture_is_brought_and_its_mark_is_there_to_copy(client: Client, instructor: User):
    page = bring(client, PICTURE.data)
    assert "Copy its mark into the question" in page.text
    assert f"![What it shows]({PICTURE.address})" in page.text
    assert "No question shows it" in page.text
    make_question(item=make_item(stem=f"What is this? ![a queue]({PICTURE.address})"), slug="with-it")
    assert "with-it" in client.get(f"/admin/quizzes/picture/{PICTURE.digest}/change/").text
    assert PICTURE.address in client.get(LIST).text


@pytest.mark.parametrize("data", [b"<svg xmlns='x'/>", b"", b"\x89PNG" + b"0" * 2_000_001], ids=["svg", "empty", "too large"])
def test_what_is_no_picture_is_refused_beside_the_field(client: Client, instructor: User, data: bytes):
    page = bring(client, data, "queue.png")
    assert page.status_code == 422
    assert not Picture.objects.exists()


def test_the_list_of_questions_says_the_words_of_a_picture(client: Client, instructor: User):
    make_question(item=make_item(stem=f"![a queue]({PICTURE.address}) What does it show of the queue?"))
    text = client.get("/admin/quizzes/question/").text
    assert "(a queue) What does it show" in text
    assert PICTURE.digest not in text
