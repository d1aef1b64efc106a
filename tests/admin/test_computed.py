"""Generated questions at the desk: looked at, retired, restored, never written."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from quizzes.domain.generators import FAMILIES
from quizzes.models import Question, User
from quizzes.services.variants import stock_families
from tests.admin.forms import typed
from tests.factories import T0, make_domain, make_objective, make_question

pytestmark = pytest.mark.django_db

LIST = "/admin/quizzes/question/"


@pytest.fixture
def computed() -> Question:
    make_objective()
    make_domain()
    stock_families(now=T0, families=[family for family in FAMILIES if family.slug == "async-runs"], size=5)
    return Question.objects.get(generator="async-runs")


def test_its_page_shows_what_it_is_and_every_wording(client: Client, instructor: User, computed: Question):
    page = client.get(f"{LIST}{computed.pk}/change/").text
    assert "How often an asynchronous function runs" in page
    assert "5 variants are asked" in page
    assert all(f"/versions/{number}/" in page for number in range(1, 6))
    assert "<textarea" not in page


def test_a_variant_tells_its_seed_and_parameters(client: Client, instructor: User, computed: Question):
    page = client.get(f"{LIST}{computed.pk}/versions/2/").text
    version = computed.versions.get(number=2)
    assert f"Seed {version.seed}" in page
    assert f"total={version.params['total']}" in page


def test_it_is_retired_and_restored(client: Client, instructor: User, computed: Question):
    address = f"{LIST}{computed.pk}/change/"
    asked = client.post(address, {"_retire": ""}, follow=True)
    assert "You can restore it at any time" in asked.text
    client.post(asked.redirect_chain[-1][0])
    computed.refresh_from_db()
    assert computed.state == "retired"
    assert "Restore" in client.get(address).text
    client.post(address, {"_restore": ""})
    computed.refresh_from_db()
    assert computed.state == "published"


def test_what_is_typed_is_not_taken(client: Client, instructor: User, computed: Question):
    before = computed.current.body
    client.post(f"{LIST}{computed.pk}/change/", typed(_publish="", stem="Something else?"))
    computed.refresh_from_db()
    assert (computed.current.body, computed.stem) == (before, before["stem"])


def test_who_may_not_publish_may_not_retire(client: Client, instructor: User, computed: Question):
    instructor.groups.clear()
    instructor.user_permissions.set(_permissions("view_question", "change_question"))
    assert client.post(f"{LIST}{computed.pk}/change/", {"_retire": ""}).status_code == 403
    computed.refresh_from_db()
    assert computed.state == "published"


def _permissions(*names: str):
    return Permission.objects.filter(codename__in=names)


def test_publishing_several_leaves_it_out_and_says_why(client: Client, instructor: User, computed: Question):
    data = {"action": "publish_selected", "_selected_action": [computed.pk]}
    assert "come from the app" in client.post(LIST, data).text


@pytest.mark.parametrize(("origin", "found"), [("computed", True), ("own", False), ("shipped", False), ("edited", False)])
def test_the_list_finds_them_by_origin(client: Client, instructor: User, computed: Question, origin: str, found: bool):
    make_question()
    assert (computed.slug in client.get(LIST, {"origin": origin}).text) == found


def test_the_page_costs_the_same_with_five_and_with_fifty_wordings(
    client: Client, instructor: User, computed: Question, django_assert_max_num_queries
):
    stock_families(now=T0, families=[family for family in FAMILIES if family.slug == "async-runs"], size=50)
    with django_assert_max_num_queries(12):
        client.get(f"{LIST}{computed.pk}/change/")
