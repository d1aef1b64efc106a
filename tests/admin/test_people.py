"""People at the desk: time for learners, rights for instructors."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from quizzes.models import Attempt, Cohort, User
from tests.factories import make_attempt, make_cohort, make_guest, make_learner, make_member, make_question

pytestmark = pytest.mark.django_db


def pupil(instructor: User, **values: object) -> User:
    """A learner in a class of this instructor."""
    learner = make_learner(**values)
    make_member(make_cohort(instructors=[instructor]), learner)
    return learner


def change(learner: User) -> str:
    return f"/admin/quizzes/learner/{learner.pk}/change/"


def test_more_time_reaches_a_running_exam_at_once(client: Client, instructor: User):
    learner = pupil(instructor)
    attempt = make_attempt(learner=learner, minutes=30, started_at=timezone.now())
    response = client.post(change(learner), {"time_factor": "1.5", "extra_minutes": "0", "_save": ""}, follow=True)
    attempt.refresh_from_db()
    learner.refresh_from_db()
    assert learner.time_factor == "1.5"
    assert attempt.deadline_at == attempt.started_at + timedelta(minutes=45)
    assert "1 running exam has a new end." in response.text


def test_a_clock_can_be_taken_off(client: Client, instructor: User):
    learner = pupil(instructor)
    attempt = make_attempt(learner=learner, minutes=30, started_at=timezone.now())
    client.post(change(learner), {"time_factor": "1", "extra_minutes": "30", "untimed": "on", "_save": ""})
    attempt.refresh_from_db()
    assert attempt.deadline_at is None


def test_a_factor_that_is_not_offered_is_refused(client: Client, instructor: User):
    learner = pupil(instructor)
    response = client.post(change(learner), {"time_factor": "9", "extra_minutes": "0", "_save": ""})
    assert response.status_code == 422
    learner.refresh_from_db()
    assert learner.time_factor == "1"


def test_nothing_else_about_a_learner_can_be_changed(client: Client, instructor: User):
    learner = pupil(instructor, username="lena")
    more = {"username": "else", "is_staff": "on", "is_superuser": "on", "password": "x", "groups": "1", "is_active": ""}
    client.post(change(learner), {"time_factor": "2", "extra_minutes": "0", "_save": "", **more})
    learner.refresh_from_db()
    assert (learner.username, learner.is_staff, learner.is_superuser, learner.is_active) == ("lena", False, False, True)
    assert not learner.groups.exists()
    assert learner.check_password("correct horse battery")


def test_instructors_and_superusers_are_not_among_the_learners(client: Client, instructor: User):
    other = pupil(instructor, username="boss", is_staff=True, is_superuser=True)
    assert "boss" not in client.get("/admin/quizzes/learner/").text
    for user in (instructor, other):
        client.post(change(user), {"time_factor": "2", "extra_minutes": "0", "_save": ""})
        user.refresh_from_db()
        assert user.time_factor == "1"


@pytest.mark.parametrize(
    "stray",
    [
        pytest.param(lambda me: make_learner(username="stray"), id="in no class"),
        pytest.param(lambda me: pupil(make_learner(), username="stray"), id="in somebody else's class"),
        pytest.param(lambda me: left(pupil(me, username="stray")), id="who left"),
        pytest.param(lambda me: closed(pupil(me, username="stray"), closed_at=timezone.now()), id="in a closed class"),
        pytest.param(lambda me: closed(pupil(me, username="stray"), ends_on=date(2020, 2, 2)), id="in a class that is over"),
    ],
)
def test_time_is_given_to_learners_of_own_classes_alone(client: Client, instructor: User, stray: Callable[[User], User]):
    learner, mine = stray(instructor), pupil(instructor, username="mine")
    listed, sought = (client.get(f"/admin/quizzes/learner/{query}").text for query in ("", "?q=stray"))
    assert ([">mine</a>" in listed, ">stray</a>" in listed, ">stray</a>" in sought]) == [True, False, False]
    for method in (client.get, client.post):
        assert method(change(learner), {"time_factor": "2", "extra_minutes": "0", "_save": ""}).status_code == 404
    assert client.get(f"/admin/quizzes/learner/{learner.pk}/history/").status_code == 404
    learner.refresh_from_db()
    assert (learner.time_factor, client.get(change(mine)).status_code) == ("1", 200)


def left(learner: User) -> User:
    learner.memberships.update(left_at=timezone.now())
    return learner


def closed(learner: User, **values: object) -> User:
    Cohort.objects.filter(memberships__learner=learner).update(**values)
    return learner


def test_a_learner_in_two_classes_stands_in_the_list_once(client: Client, instructor: User):
    learner = pupil(instructor, username="lena")
    make_member(make_cohort(instructors=[instructor]), learner)
    assert client.get("/admin/quizzes/learner/").text.count(">lena</a>") == 1


def test_a_superuser_gives_time_to_everyone(client: Client, superuser: User):
    for learner in (make_learner(), make_guest()):
        client.post(change(learner), {"time_factor": "2", "extra_minutes": "0", "_save": ""})
        learner.refresh_from_db()
        assert learner.time_factor == "2"


def test_a_superuser_makes_instructors_but_no_guest(client: Client, superuser: User):
    learner, guest = make_learner(), make_guest()
    chosen = {"action": "make_instructors", "_selected_action": [learner.pk, guest.pk], "index": "0"}
    assert "Instructors now: 1." in client.post("/admin/quizzes/user/", chosen, follow=True).text
    learner.refresh_from_db()
    guest.refresh_from_db()
    assert learner.is_staff
    assert learner.has_perm("quizzes.publish_question")
    assert not guest.is_staff


def test_a_superuser_makes_and_removes_an_account(client: Client, superuser: User):
    password = "a long and quiet evening"
    new = {"username": "nora", "usable_password": "true", "password1": password, "password2": password, "_save": ""}
    client.post("/admin/quizzes/user/add/", new)
    nora = User.objects.get(username="nora")
    assert nora.check_password(password)
    make_attempt(learner=nora, slots=1)
    question = make_question(author=nora)
    client.post(f"/admin/quizzes/user/{nora.pk}/delete/", {"post": "yes"})
    question.refresh_from_db()
    assert not User.objects.filter(username="nora").exists()
    assert not Attempt.objects.exists()
    assert question.author is None


def test_the_record_of_a_sitting_is_there_to_look_at(client: Client, superuser: User):
    attempt = make_attempt(slots=2)
    page = client.get(f"/admin/quizzes/attempt/{attempt.pk}/change/").text
    assert "saved answer" in page.lower()
    assert 'name="_save"' not in page


def test_nobody_deletes_themselves_here(client: Client, superuser: User):
    assert client.post(f"/admin/quizzes/user/{superuser.pk}/delete/", {"post": "yes"}).status_code == 403
