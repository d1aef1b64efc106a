"""Drills over HTTP: a question made by a seed, an answer, everything told, nothing kept."""

from __future__ import annotations

import pytest
from django.test import Client

from quizzes.domain.generators import FAMILIES, Family, variant
from quizzes.domain.items import show_answer
from quizzes.domain.markdown import inline
from quizzes.models import Attempt, Response, User

pytestmark = pytest.mark.django_db

FACES = pytest.mark.parametrize("headers", [{}, {"hx-request": "true"}], ids=["full page", "htmx"])
EACH = pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.slug)


def answer_to(family: Family, seed: int, *, right: bool) -> list[str]:
    """What the page sends for the key, or for the first wrong answer."""
    item = variant(family, seed)[1]
    wrong = next(option for option in item.options if not option.key)
    if right:
        return show_answer(item.type, item.key, [option.id for option in item.options])
    return [wrong.text] if item.type == "numeric" else show_answer(item.type, [wrong.id], [option.id for option in item.options])


def test_every_family_is_listed(client: Client):
    text = client.get("/labs/drills/").text
    assert all(f'href="/labs/drills/{family.slug}/"' in text for family in FAMILIES)
    assert 'href="/labs/drills/"' in client.get("/labs/").text


def test_a_family_leads_to_numbers_of_its_own(client: Client):
    response = client.get("/labs/drills/month-bill/")
    assert response.status_code == 302
    assert response["Location"].startswith("/labs/drills/month-bill/")
    assert client.get(response["Location"]).status_code == 200


@EACH
def test_a_question_is_asked_without_a_word_of_its_key(client: Client, family: Family):
    text = client.get(f"/labs/drills/{family.slug}/5/").text
    item = variant(family, 5)[1]
    assert not any(inline(option.why) in text for option in item.options)
    assert 'data-state="key"' not in text


@FACES
@pytest.mark.parametrize("right", [True, False])
@EACH
def test_an_answer_is_told_with_its_arithmetic(client: Client, family: Family, right: bool, headers: dict[str, str]):
    address = f"/labs/drills/{family.slug}/9/"
    response = client.post(address, {"answer": answer_to(family, 9, right=right)}, headers=headers)
    assert response.status_code == 200
    assert ("<html" in response.text) == (headers == {})
    assert ("Right." in response.text) is right
    item = variant(family, 9)[1]
    assert all(inline(option.why) in response.text for option in item.options)
    assert f'href="/labs/drills/{family.slug}/"' in response.text
    assert not Response.objects.exists()
    assert not Attempt.objects.exists()
    assert not User.objects.exists()


@FACES
def test_an_empty_answer_is_told_what_to_do(client: Client, headers: dict[str, str]):
    response = client.post("/labs/drills/month-bill/9/", {}, headers=headers)
    assert response.status_code == 422
    assert "Choose at least one option." in response.text
    response = client.post("/labs/drills/visibility-timeout/9/", {"answer": "soon"}, headers=headers)
    assert response.status_code == 422
    assert "This is not a number." in response.text
    assert 'value="soon"' in response.text


@pytest.mark.parametrize("address", ["/labs/drills/nothing/", "/labs/drills/nothing/5/", "/labs/drills/month-bill/1000000/"])
def test_what_never_was_is_not_there(client: Client, address: str):
    assert client.get(address).status_code == 404
