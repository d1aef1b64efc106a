"""A learner's classes: the door with its code, what stands behind it, and who gets in nowhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any
from urllib.parse import unquote

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from quizzes.domain.cohort import CONSENT_VERSION, SEEN, UNSEEN
from quizzes.models import Attempt, Cohort, Membership, User
from quizzes.views.cohorts import GUESSES
from tests.factories import make_assignment, make_attempt, make_bank, make_blueprint, make_cohort, make_guest, make_learner, make_member

pytestmark = pytest.mark.django_db

SignIn = Callable[..., User]
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def nobody_guessed_yet() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def typed(cohort: Cohort | None = None, **values: Any) -> dict[str, Any]:
    return {"code": cohort.shown_code if cohort else "FHKM-RTWY", "agreed": str(CONSENT_VERSION), **values}


# -- joining ---------------------------------------------------------------------------------------------------------


def test_a_learner_joins_with_the_code_and_the_tick(client: Client, sign_in: SignIn):
    learner, cohort = sign_in(client), make_cohort(title="Evening class")
    response = client.post("/classes/", typed(cohort, code=cohort.shown_code.lower()), follow=True)
    assert response.redirect_chain == [(f"/classes/{cohort.pk}/", 302)]
    assert "You are in “Evening class”" in response.text
    assert Membership.objects.get().learner == learner


def test_the_page_says_what_is_seen_and_what_is_not_before_one_agrees(client: Client, sign_in: SignIn):
    sign_in(client)
    page = client.get("/classes/?code=FHKM-RTWY").text
    assert all(words in page for words in (*SEEN, *UNSEEN))
    assert 'value="FHKM-RTWY"' in page
    assert 'id="id_agreed"' in page
    assert 'id="id_agreed" checked' not in page


def test_a_code_in_a_link_joins_nothing_by_itself(client: Client, sign_in: SignIn):
    sign_in(client)
    client.get(f"/classes/?code={make_cohort().code}")
    assert not Membership.objects.exists()


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"code": ""}, "Type the code that your instructor gave you."),
        ({"code": "FHKM-RTWY"}, "No class has this code."),
        ({"code": "x" * 41}, "A code has eight letters and digits."),
        ({"code": "<script>"}, "No class has this code."),
        ({"agreed": ""}, "Tick this if you agree; without it you cannot join."),
        ({"agreed": "yes"}, "Tick this if you agree; without it you cannot join."),
        ({"agreed": "99"}, "These words have changed since the page was drawn."),
    ],
)
def test_what_is_typed_wrong_is_told_beside_its_field_and_joins_nothing(client: Client, sign_in: SignIn, values: Any, sentence: str):
    sign_in(client)
    response = client.post("/classes/", typed(make_cohort(code="99999999"), **values))
    assert response.status_code == 422
    assert sentence in response.text
    assert not Membership.objects.exists()


def test_without_the_tick_one_reads_whose_class_it_is(client: Client, sign_in: SignIn):
    sign_in(client)
    cohort = make_cohort(title="Evening class", instructors=[make_learner(first_name="Ines", last_name="Ruiz")])
    page = client.post("/classes/", typed(cohort, agreed="")).text
    assert "This code opens <strong>Evening class</strong>, with Ines Ruiz" in page
    assert f'value="{cohort.shown_code}"' in page


def test_a_class_that_is_over_says_so(client: Client, sign_in: SignIn):
    sign_in(client)
    response = client.post("/classes/", typed(make_cohort(title="Last year", ends_on=date(2020, 12, 31))))
    assert (response.status_code, "“Last year” is over or closed" in response.text) == (422, True)


@pytest.mark.parametrize("who", ["visitor", "guest"])
def test_who_has_no_account_is_led_to_one_and_back_with_the_code(client: Client, sign_in: SignIn, who: str):
    if who == "guest":
        sign_in(client, make_guest())
    cohort = make_cohort()
    page = client.get(f"/classes/?code={cohort.shown_code}").text
    assert f"/accounts/signup/?next=%2Fclasses%2F%3Fcode%3D{cohort.shown_code}" in page
    response = client.post("/classes/", typed(cohort))
    assert unquote(response["Location"]) == f"/accounts/signup/?next=/classes/?code={cohort.shown_code}"
    assert not Membership.objects.exists()
    password = "seven quiet lighthouses"
    back = client.post(response["Location"], {"login": "anna", "password": password, "next": f"/classes/?code={cohort.shown_code}"})
    assert back["Location"] == f"/classes/?code={cohort.shown_code}"


# -- guessing --------------------------------------------------------------------------------------------------------


def test_after_ten_wrong_codes_the_right_one_opens_nothing_for_ten_minutes(client: Client, sign_in: SignIn):
    sign_in(client)
    cohort = make_cohort(code="99999999")
    for _ in range(GUESSES):
        assert client.post("/classes/", typed()).status_code == 422
    shut = client.post("/classes/", typed(cohort))
    assert shut.status_code == 429
    assert "There were too many wrong codes." in shut.text
    assert not Membership.objects.exists()


def test_others_are_not_shut_out_by_one_who_guesses(client: Client, sign_in: SignIn):
    sign_in(client)
    for _ in range(GUESSES + 1):
        client.post("/classes/", typed())
    other = Client()
    sign_in(other)
    assert other.post("/classes/", typed(make_cohort(code="99999999"))).status_code == 302


def test_one_address_cannot_go_on_guessing_with_new_accounts(sign_in: SignIn, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("quizzes.views.cohorts.GUESSES_OF_ADDRESS", 3)
    statuses = []
    for _ in range(5):
        client = Client()
        sign_in(client)
        statuses.append(client.post("/classes/", typed()).status_code)
    assert statuses == [422, 422, 422, 429, 429]


def test_a_right_code_is_no_guess(client: Client, sign_in: SignIn):
    sign_in(client)
    cohort = make_cohort(code="99999999")
    for _ in range(GUESSES + 5):
        assert client.post("/classes/", typed(cohort, agreed="")).status_code == 422
    assert client.post("/classes/", typed(cohort)).status_code == 302


# -- in a class ------------------------------------------------------------------------------------------------------


def test_leaving_asks_first_and_then_the_class_is_gone(client: Client, sign_in: SignIn):
    stay = make_member(make_cohort(title="Evening class"), sign_in(client))
    address = f"/classes/{stay.cohort_id}/leaving/"
    assert "its instructors see nothing of you" in client.get(address).text
    assert Membership.objects.current().exists()
    response = client.post(address, follow=True)
    assert "You have left “Evening class”." in response.text
    assert not Membership.objects.current().exists()
    assert client.get(f"/classes/{stay.cohort_id}/").status_code == 404
    assert client.post(address).status_code == 404


def test_an_assigned_exam_stands_in_the_class_and_among_the_exams(client: Client, sign_in: SignIn):
    stay = make_member(make_cohort(title="Evening class"), sign_in(client))
    assignment = make_assignment(stay.cohort, make_blueprint(title="Final rehearsal", is_open=False), attempts_allowed=2, note="Bring tea.")
    for address in ("/classes/", f"/classes/{stay.cohort_id}/", "/exams/"):
        page = client.get(address).text
        assert "Final rehearsal" in page
        assert "2 of 2 attempts left" in page
        assert "Open until 1 Dec 2099" in page
        assert assignment.get_absolute_url() in page
    assert "Evening class" in client.get("/exams/").text


def test_the_window_the_attempts_and_the_end_are_told_before_the_start(client: Client, sign_in: SignIn):
    stay = make_member(make_cohort(), sign_in(client))
    now = timezone.now()
    assignment = make_assignment(
        stay.cohort, make_blueprint(minutes=30), closes_at=now + timedelta(minutes=10, seconds=30), note="Bring tea."
    )
    page = client.get(assignment.get_absolute_url()).text
    for words in ("Bring tea.", "1 of 1 left", "The exam ends with the window", "that is 10 of 30 minutes, because the window closes then"):
        assert words in page


def test_it_is_started_sat_and_then_used_up(client: Client, sign_in: SignIn):
    make_bank(4)
    stay = make_member(make_cohort(), sign_in(client))
    assignment = make_assignment(stay.cohort, make_blueprint(3))
    response = client.post(assignment.get_absolute_url())
    exam = Attempt.objects.get()
    assert (response["Location"], exam.assignment) == (f"/attempts/{exam.pk}/", assignment)
    assert f'href="/attempts/{exam.pk}/"' in client.get(assignment.get_absolute_url()).text
    client.post(f"/attempts/{exam.pk}/submission/")
    assert "You have used every attempt." in client.get(assignment.get_absolute_url()).text
    refused = client.post(assignment.get_absolute_url())
    assert (refused.status_code, "You have used your one attempt" in refused.text) == (409, True)


@pytest.mark.parametrize(
    ("opens", "closes", "sentence"), [(DAY, 2 * DAY, "It opens on"), (-2 * DAY, -DAY, "It is closed since")], ids=["ahead", "over"]
)
def test_outside_the_window_the_page_says_when(client: Client, sign_in: SignIn, opens: timedelta, closes: timedelta, sentence: str):
    now = timezone.now()
    stay = make_member(make_cohort(), sign_in(client))
    address = make_assignment(stay.cohort, opens_at=now + opens, closes_at=now + closes).get_absolute_url()
    page = client.get(address).text
    assert sentence in page
    assert f'action="{address}"' not in page
    assert client.post(address).status_code == 409
    assert not Attempt.objects.exists()


def test_the_same_exam_running_outside_is_told_and_led_to(client: Client, sign_in: SignIn):
    learner = sign_in(client)
    stay, plan = make_member(make_cohort(), learner), make_blueprint()
    alone = make_attempt(learner=learner, blueprint=plan, started_at=timezone.now())
    address = make_assignment(stay.cohort, plan).get_absolute_url()
    page = client.get(address).text
    assert "You have this exam running outside the class" in page
    assert f'href="/attempts/{alone.pk}/"' in page
    assert client.post(address).status_code == 409


# -- who gets in nowhere ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["visitor", "guest", "other learner", "who left", "instructor", "superuser"])
def test_nobody_but_a_member_opens_a_class(client: Client, sign_in: SignIn, who: str):
    ines = make_learner(is_staff=True)
    cohort = make_cohort(instructors=[ines])
    stay = make_member(cohort)
    assignment = make_assignment(cohort)
    people = {
        "guest": make_guest, "other learner": lambda: make_member(make_cohort()).learner, "instructor": lambda: ines,
        "who left": lambda: make_member(cohort, left_at=timezone.now() + DAY).learner,
        "superuser": lambda: make_learner(is_staff=True, is_superuser=True),
    }  # fmt: skip
    if who in people:
        sign_in(client, people[who]())
    expected = 302 if who == "visitor" else 404
    for address in (f"/classes/{cohort.pk}/", f"/classes/{cohort.pk}/leaving/", assignment.get_absolute_url()):
        assert client.get(address).status_code == expected, address
        assert client.post(address).status_code == (405 if address == f"/classes/{cohort.pk}/" and who != "visitor" else expected), address
    assert not Attempt.objects.exists()
    stay.refresh_from_db()
    assert stay.left_at is None


def test_the_exam_of_another_class_is_not_found_through_the_own_one(client: Client, sign_in: SignIn):
    stay = make_member(make_cohort(), sign_in(client))
    other = make_assignment(make_cohort())
    address = f"/classes/{stay.cohort_id}/exams/{other.pk}/"
    assert client.get(address).status_code == client.post(address).status_code == 404


# -- what it costs ---------------------------------------------------------------------------------------------------


def test_the_pages_cost_the_same_with_one_class_and_with_many(client: Client, sign_in: SignIn, django_assert_max_num_queries: Any):
    learner = sign_in(client)
    for _ in range(5):
        stay = make_member(make_cohort(instructors=[make_learner()]), learner)
        assignment = make_assignment(stay.cohort)
        make_assignment(stay.cohort)
    for address in ("/classes/", f"/classes/{stay.cohort_id}/", assignment.get_absolute_url(), "/exams/"):
        with django_assert_max_num_queries(9):
            assert client.get(address).status_code == 200


def test_a_class_that_is_over_is_there_to_read_and_to_leave(client: Client, sign_in: SignIn):
    stay = make_member(make_cohort(closed_at=timezone.now()), sign_in(client))
    assignment = make_assignment(stay.cohort)
    for address in (f"/classes/{stay.cohort_id}/", assignment.get_absolute_url()):
        assert "The class is over" in client.get(address).text
    assert "assigned" not in client.get("/exams/").text
    assert client.post(f"/classes/{stay.cohort_id}/leaving/").status_code == 302
