"""How often something may be asked for: a sentence with 429 and when it will be taken again, and nothing done meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client, RequestFactory
from django.utils import timezone

import besa.settings
from quizzes.domain.errors import TooOften
from quizzes.models import AuditEntry, Report, User
from quizzes.services import accounts
from quizzes.views import limits
from tests.factories import T0, make_cohort, make_domain, make_guest, make_learner, make_lesson, make_objective, make_slot

pytestmark = pytest.mark.django_db

SignIn = Callable[..., User]


@pytest.fixture(autouse=True)
def moment(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The clock of the limits, as a list that a test changes."""
    at = [T0]
    monkeypatch.setattr(limits.timezone, "now", lambda: at[0])
    return at


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every limit at two."""
    for name, limit in limits.LIMITS.items():
        monkeypatch.setitem(limits.LIMITS, name, limits.Limit(2, limit.window_s, limit.sentence))


def told(response: Any, words: str) -> None:
    assert response.status_code == 429
    assert words in response.text
    assert 0 < int(response["Retry-After"]) <= 3600


# -- guests ----------------------------------------------------------------------------------------------------------


def begin(address: str = "192.0.2.1", **headers: str) -> Any:
    """A visitor of this address marks a lesson as read, and becomes a guest by it."""
    slug = "a-lesson"
    return Client(REMOTE_ADDR=address, headers=headers).post(f"/lessons/{slug}/reading/", {"finished": "1"})


@pytest.fixture
def flood(settings: Any) -> None:
    settings.GUEST_LIMIT = 3
    make_lesson("a-lesson")


def test_a_flood_of_guests_from_one_address_makes_few_rows(flood: None, moment: list[Any]):
    for _ in range(3):
        assert begin().status_code == 302
    for _ in range(5):
        told(begin(), "no new guest can begin there just now")
    assert User.objects.filter(is_guest=True).count() == 3
    assert begin("192.0.2.2").status_code == 302  # somebody else's network
    moment[0] += timedelta(minutes=10)
    assert begin().status_code == 302


def test_a_whole_network_of_the_new_addresses_counts_as_one(flood: None):
    for n in range(3):
        begin(f"2001:db8:1:2::{n}")
    told(begin("2001:db8:1:2:ffff::9"), "no new guest")
    assert begin("2001:db8:1:3::1").status_code == 302


def test_every_way_to_become_a_guest_is_counted(flood: None):
    for _ in range(3):
        begin()
    slot = make_slot()
    lesson = make_lesson("with-check", checks=(slot.version.question.slug,))
    question = slot.version.question
    visitor = Client(REMOTE_ADDR="192.0.2.1")
    answer = {"answer": ["A"], "version": question.current_id, "confidence": "sure", "spent_ms": "10"}
    told(visitor.post(f"/lessons/{lesson.slug}/checks/{question.pk}/", answer), "no new guest")
    told(visitor.post("/practice/", {"kind": "all", "size": "10"}), "no new guest")
    told(visitor.post("/plan/", {"retention": "0.9", "daily_reviews": "40", "exam_on": ""}), "no new guest")
    assert "_auth_user_id" not in visitor.session


def test_who_reads_is_never_made_a_row(client: Client, flood: None):
    for path in ("/", "/lessons/", "/practice/", "/search/?q=queue", "/exams/", "/accounts/login/", "/accounts/signup/"):
        client.get(path)
    assert not User.objects.exists()


def test_a_guest_goes_on_whatever_others_do(flood: None):
    mine = Client(REMOTE_ADDR="192.0.2.1")
    mine.post("/lessons/a-lesson/reading/", {"finished": "1"})
    for _ in range(5):
        begin()
    assert mine.post("/lessons/a-lesson/reading/", {"finished": "0"}).status_code == 302


def test_no_limit_is_a_choice(flood: None, settings: Any):
    settings.GUEST_LIMIT = 0
    assert [begin().status_code for _ in range(6)] == [302] * 6


@pytest.mark.parametrize("trusted", [0, 1])
def test_the_address_before_the_proxy_counts_only_where_one_is_said_to_stand(flood: None, settings: Any, trusted: int):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = trusted
    answers = [begin("10.0.0.1", **{"x-forwarded-for": f"6.6.6.6, 203.0.113.{n}"}).status_code for n in range(5)]
    assert answers == ([302] * 5 if trusted else [302] * 3 + [429] * 2)


def test_nobody_gets_around_the_limit_by_writing_addresses_before_the_proxys(flood: None, settings: Any):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    answers = [begin("10.0.0.1", **{"x-forwarded-for": f"6.6.6.{n}, 203.0.113.9"}).status_code for n in range(4)]
    assert answers == [302, 302, 302, 429]


# -- everything else -------------------------------------------------------------------------------------------------


def test_reports(client: Client, sign_in: SignIn, few: None):
    learner = sign_in(client)
    slot = make_slot()
    slot.attempt.learner, slot.attempt.mode = learner, "practice"
    slot.attempt.save()
    client.post(slot.get_absolute_url(), {"answer": ["A"], "confidence": "sure", "spent_ms": "10"})
    path = f"/versions/{slot.version_id}/reports/"
    for _ in range(2):
        assert client.post(path, {"kind": "wrong", "text": "No."}).status_code == 302
    told(client.post(path, {"kind": "wrong", "text": "No."}), "this one was not taken")
    assert Report.objects.get().text == "No."


def test_ones_own_export(client: Client, sign_in: SignIn, few: None):
    sign_in(client)
    for _ in range(2):
        assert client.get("/accounts/data/").status_code == 200
    told(client.get("/accounts/data/"), "You have taken your data out several times")
    assert AuditEntry.objects.count() == 2


def test_search_as_a_page_and_as_a_part(client: Client, few: None, moment: list[Any]):
    for _ in range(2):
        assert client.get("/search/?q=queue").status_code == 200
    told(client.get("/search/?q=queue"), "You have searched very often")
    part = client.get("/search/?q=queue", headers={"hx-request": "true"})
    told(part, "You have searched very often")
    assert part["HX-Retarget"] == "#refusal"
    assert client.get("/search/").status_code == 200  # an empty one searches nothing
    moment[0] += timedelta(minutes=1)
    assert client.get("/search/?q=queue").status_code == 200


def test_one_person_does_not_use_up_what_another_has(sign_in: SignIn, few: None):
    first, second = Client(), Client()
    sign_in(first)
    sign_in(second)
    for _ in range(3):
        last = first.get("/search/?q=queue")
    assert last.status_code == 429
    assert second.get("/search/?q=queue").status_code == 200


def test_tables_of_a_class_and_imports(client: Client, sign_in: SignIn, few: None):
    teacher = sign_in(client, is_staff=True)
    accounts.make_instructor(user=teacher)
    members = f"/admin/quizzes/cohort/{make_cohort(instructors=[teacher]).pk}/members/?format=csv"
    for _ in range(2):
        assert client.get(members).status_code == 200
    told(client.get(members), "You have taken many tables out")
    homes = {"objective": make_objective().pk, "domain": make_domain().pk, "format": "gift"}
    for _ in range(3):
        response = client.post("/admin/quizzes/importrun/add/", {**homes, "file": SimpleUploadedFile("a.gift", b"Is it so? {T}")})
    told(response, "this file was not read")


#: What allauth counts: which address, what is sent, and how many are taken.
COUNTED = [
    pytest.param("/accounts/login/", {"login": "anna", "password": "wrong"}, 5, id="wrong passwords of one name"),
    pytest.param("/accounts/signup/", {"login": "", "password": ""}, 60, id="sign-ups"),
    pytest.param("/accounts/passkeys/login/", {"credential": "{}"}, 60, id="passkeys"),
]


@pytest.mark.parametrize(("path", "typed", "most"), COUNTED)
def test_the_doors(client: Client, settings: Any, path: str, typed: dict[str, str], most: int):
    settings.ACCOUNT_RATE_LIMITS, settings.MFA_RATE_LIMITS = besa.settings.ACCOUNT_RATE_LIMITS, besa.settings.MFA_RATE_LIMITS
    for _ in range(most):
        assert client.post(path, typed).status_code in (302, 422)
    response = client.post(path, typed)
    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= 300
    assert "Wait" in response.text


def test_links_for_a_new_password(client: Client, settings: Any):
    settings.ACCOUNT_RATE_LIMITS, settings.EMAIL_URL = besa.settings.ACCOUNT_RATE_LIMITS, "smtp://mail.example.org"
    for _ in range(5):
        assert client.post("/accounts/password/reset/", {"email": "anna@example.org"}).status_code == 302
    response = client.post("/accounts/password/reset/", {"email": "anna@example.org"})
    assert response.status_code == 429
    assert "Retry-After" in response


def test_a_search_that_is_over_the_limit_costs_no_statement(client: Client, few: None, django_assert_num_queries: Any):
    for _ in range(2):
        client.get("/search/?q=queue")
    with django_assert_num_queries(0):
        client.get("/search/?q=queue")


def test_the_wait_is_what_is_left_of_the_window():
    request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.7")
    request.user = make_learner()
    for _ in range(limits.LIMITS["report"].most):
        limits.require(request, "report")
    with pytest.raises(TooOften) as refused:
        limits.require(request, "report")
    assert refused.value.wait_s == 3600
    cache.clear()
    limits.require(request, "report")


# -- tidying up ------------------------------------------------------------------------------------------------------


def test_guests_of_yesterday_who_did_nothing_go_and_nobody_else(capsys: pytest.CaptureFixture[str]):
    now = timezone.now()
    old = now - timedelta(days=2)
    worked, planned, fresh, empty, account = make_guest(), make_guest(), make_guest(), make_guest(), make_learner()
    make_slot().attempt.__class__.objects.update(learner=worked)
    User.objects.filter(pk=planned.pk).update(exam_on=old.date())
    User.objects.exclude(pk=fresh.pk).update(date_joined=old)
    for _ in range(2):
        accounts.remove_empty_guests(now=now)
    assert set(User.objects.filter(pk__in=[worked.pk, planned.pk, fresh.pk, empty.pk, account.pk])) == {worked, planned, fresh, account}
    assert [entry.target for entry in AuditEntry.objects.all()] == ["1 guests who did nothing"]


def test_a_guest_with_work_keeps_it_for_as_long_as_the_cookie_lives():
    guest = make_guest()
    make_slot().attempt.__class__.objects.update(learner=guest)
    accounts.remove_empty_guests(now=guest.date_joined + timedelta(seconds=django_settings.SESSION_COOKIE_AGE))
    assert User.objects.filter(pk=guest.pk).exists()
    assert timedelta(seconds=django_settings.SESSION_COOKIE_AGE) == timedelta(days=180)


def test_they_go_in_batches_and_the_command_takes_all(capsys: pytest.CaptureFixture[str], moment: list[Any]):
    old = T0 - timedelta(days=2)
    User.objects.bulk_create(User(username=f"guest-x{n}", is_guest=True, date_joined=old) for n in range(7))
    assert accounts.remove_empty_guests(now=T0, batch=3) == 3
    call_command("remove_empty_guests")
    assert capsys.readouterr().out == "Removed 4 guests who had done nothing.\n"
    assert not User.objects.exists()


def test_the_cost_of_tidying_up_does_not_grow_with_the_guests(django_assert_max_num_queries: Any):
    old = T0 - timedelta(days=2)
    User.objects.bulk_create(User(username=f"guest-x{n}", is_guest=True, date_joined=old) for n in range(300))
    with django_assert_max_num_queries(60):
        accounts.remove_empty_guests(now=T0)


def test_the_page_of_the_operator_names_every_limit():
    page = (Path(__file__).parents[2] / "docs/operating.md").read_text()
    for name, limit in limits.LIMITS.items():
        assert f"| {name} | {limit.most}" in page, name
