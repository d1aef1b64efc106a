"""A picture goes out under its own address, as what it is and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from quizzes.domain.items import Option
from quizzes.domain.pictures import look_at
from quizzes.models import SearchEntry, User
from quizzes.services import pictures
from tests.factories import T0, make_attempt, make_item, make_picture_bytes

pytestmark = pytest.mark.django_db

PICTURE = look_at(make_picture_bytes())


def test_a_picture_is_served_for_good_and_as_a_picture_alone(client: Client, django_assert_num_queries):
    pictures.keep_pictures(found=[PICTURE], now=T0)
    with django_assert_num_queries(1):
        response = client.get(PICTURE.address, headers={"accept-encoding": "gzip"})
    assert (response.status_code, response.content) == (200, PICTURE.data)
    assert response["Content-Type"] == "image/png"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "private, max-age=31536000, immutable"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert not response.cookies
    with django_assert_num_queries(0):
        again = client.get(PICTURE.address, headers={"if-none-match": response["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/media/x.png",
        "/media/..%2Fsecret_key",
        f"/media/{'0' * 64}-3x2.png",
        PICTURE.address.replace("3x2", "4x2"),
        PICTURE.address.replace(".png", ".gif"),
        PICTURE.address + ".html",
    ],
)
def test_nothing_else_is_there(client: Client, path: str):
    pictures.keep_pictures(found=[PICTURE], now=T0)
    assert client.get(path).status_code == 404


def test_a_picture_cannot_be_written(client: Client):
    assert client.post(PICTURE.address).status_code == 405


def test_a_running_exam_shows_the_picture_of_its_stem_and_nothing_of_the_rationales(client: Client, sign_in: Callable[..., User]):
    """An address that nobody was told is an address that nobody guesses: it must not be told early."""
    stem, why = PICTURE, look_at(make_picture_bytes(99))
    item = make_item()
    options = tuple(Option(id=o.id, text=o.text, why=f"{o.why} ![the reason]({why.address})", key=o.key) for o in item.options)
    learner = sign_in(client)
    attempt = make_attempt(
        learner=learner, slots=1, started_at=timezone.now(), item={"stem": f"{item.stem} ![the queue]({stem.address})", "options": options}
    )
    running = [client.get(f"/attempts/{attempt.pk}/{page}").text for page in ("slots/1/", "review/", "")]
    assert f'<img src="{stem.address}" alt="the queue" width="3" height="2"' in running[0]
    assert not any(why.digest in page or "the reason" in page for page in running)
    client.post(f"/attempts/{attempt.pk}/submission/", {"waiting": "[]"})
    result = client.get(f"/attempts/{attempt.pk}/result/").text
    assert f'<img src="{why.address}" alt="the reason"' in result
    assert f'<img src="{stem.address}"' in result
    SearchEntry.objects.refresh()
    found = client.get("/search/?q=queue").text
    assert ("(the <mark>queue</mark>)" in found, stem.digest in found) == (True, False)
