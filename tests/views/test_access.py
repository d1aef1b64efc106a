"""Who gets what at every address there is: walked from the resolver, so that a new address without a line here fails.

A line says the status for each of PEOPLE: to look, and to send an empty form. `in` is the way to the door, where a visitor signs in.
Only statuses matter here, so nothing is drawn: templates answer with nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from http.cookies import SimpleCookie
from typing import Any

import pytest
from django.db import transaction
from django.template.backends.django import Template
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from quizzes.admin import desk
from quizzes.models import User
from quizzes.services.accounts import make_instructor
from tests.admin.test_site import addresses, filled, one_of_each
from tests.factories import History, make_guest, make_history, make_learner

pytestmark = pytest.mark.django_db

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"

#: The order of the columns. The learner's are the rows that are asked for; the instructor teaches the class.
PEOPLE = ("visitor", "guest", "learner", "other learner", "instructor", "other instructor", "staff", "superuser")


#: What a look at an address gives, for PEOPLE in their order: `desk:` are the addresses of the admin.
LOOK = {
    "404 404 404 404 404 404 404 404": "security-txt picture",
    "200 200 200 200 200 200 200 200": (
        "privacy today lessons lesson glossary search labs invocation drills drill pricing workflow-pricing practice review readiness "
        "exams exam classes plan progress memory account_inactive account_reset_password account_reset_password_done "
        "account_reset_password_from_key_done account_reset_password_from_key healthz readyz lesson-copy offline manifest worker "
        "robots sitemap"
    ),
    "405 405 405 405 405 405 405 405": "place reading readiness-check",
    "302 302 302 302 302 302 302 302": "check new-drill mfa_authenticate mfa_login_webauthn",
    "in 404 200 404 404 404 404 404": "class class-leaving class-exam clock slot attempt-review result question report",
    "in 404 302 404 404 404 404 404": "attempt",
    "in 405 405 405 405 405 405 405": "draft submission misses replays",
    "200 200 302 302 302 302 302 302": "account_login account_signup",
    "302 200 200 200 200 200 200 200": "account_logout",
    "in 302 200 200 200 200 200 200": "account_change_password account_reauthenticate mfa_index account-sessions",
    "in 302 302 302 302 302 302 302": (
        "mfa_reauthenticate mfa_reauthenticate_webauthn mfa_activate_totp mfa_generate_recovery_codes mfa_add_webauthn "
        "mfa_edit_webauthn mfa_remove_webauthn"
    ),
    "in 302 404 404 404 404 404 404": "mfa_deactivate_totp mfa_view_recovery_codes",
    "in 200 200 200 200 200 200 200": "account account-data account-removal",
    "302 in 403 403 200 200 200 200": "desk:index desk:jsi18n",
    "in in 403 403 302 302 302 302": "desk:login",
    "302 in 403 403 405 405 405 405": "desk:logout",
    "302 in 403 403 302 302 302 302": "desk:password_change desk:password_change_done desk:app_list",
    "302 in 403 403 403 403 403 403": "desk:autocomplete",
    "302 in 403 403 404 404 404 404": "desk:view_on_site",
    "in in 403 403 403 403 403 200": (
        "desk:attempt_changelist desk:attempt_history desk:attempt_change desk:auditentry_csv desk:auditentry_changelist "
        "desk:auditentry_history desk:auditentry_change desk:lesson_changelist desk:lesson_history desk:lesson_change "
        "desk:term_changelist desk:term_history desk:term_change desk:auth_user_password_change desk:user_changelist desk:user_add "
        "desk:user_history desk:user_delete desk:user_change desk:attempt_rows desk:auditentry_rows desk:lesson_rows desk:term_rows "
        "desk:user_rows"
    ),
    "in in 403 403 403 403 403 403": (
        "desk:attempt_add desk:attempt_delete desk:auditentry_add desk:auditentry_delete desk:question_delete desk:importrun_delete "
        "desk:lesson_add desk:lesson_delete desk:term_add desk:term_delete desk:keymending_add desk:keymending_delete desk:learner_add "
        "desk:report_add desk:report_delete desk:sourcepage_add desk:sourcepage_delete desk:statisticsrun_add "
        "desk:statisticsrun_delete desk:discardeddraft_add desk:discardeddraft_delete desk:picture_delete"
    ),
    "in in 403 403 302 302 403 302": (
        "desk:question_typed_preview desk:question_statistics desk:question_export desk:question_review desk:question_pilot"
    ),
    "in in 403 403 200 200 403 200": (
        "desk:question_preview desk:question_version desk:question_shipped desk:question_attention desk:question_bulk_list "
        "desk:question_bulk desk:question_changelist desk:question_add desk:question_history desk:question_change "
        "desk:blueprint_statistics desk:blueprint_changelist desk:blueprint_add desk:blueprint_history desk:blueprint_delete "
        "desk:blueprint_change desk:cohort_changelist desk:cohort_add desk:importrun_changelist desk:importrun_add "
        "desk:importrun_history desk:importrun_change desk:keymending_wizard desk:keymending_changelist desk:keymending_history "
        "desk:keymending_change desk:learner_changelist desk:prediction_changelist desk:prediction_csv desk:report_changelist "
        "desk:report_history desk:report_change desk:sourcepage_changelist desk:sourcepage_history desk:sourcepage_change "
        "desk:statisticsrun_rows desk:statisticsrun_changelist desk:statisticsrun_history desk:statisticsrun_change "
        "desk:question_retirement desk:question_rows desk:blueprint_rows desk:cohort_rows desk:discardeddraft_rows "
        "desk:discardeddraft_changelist desk:discardeddraft_history desk:discardeddraft_change desk:importrun_undoing "
        "desk:importrun_rows desk:keymending_rows desk:learner_rows desk:picture_rows desk:picture_changelist desk:picture_add "
        "desk:picture_history desk:picture_change desk:report_rows desk:sourcepage_rows"
    ),
    "in in 403 403 422 422 403 422": "desk:blueprint_statistics_csv",
    "in in 403 403 200 404 403 200": (
        "desk:cohort_members desk:cohort_member desk:cohort_member_lessons desk:cohort_removal desk:cohort_progress "
        "desk:cohort_lessons desk:cohort_exams desk:cohort_exam_add desk:cohort_exam desk:cohort_exam_change desk:cohort_exam_delete "
        "desk:cohort_code desk:cohort_closing"
    ),
    "in in 403 403 200 404 404 200": "desk:cohort_history desk:cohort_change desk:learner_history desk:learner_change",
    "in in 403 403 403 404 404 403": "desk:cohort_delete desk:learner_delete",
}

#: What an empty form that is sent there gives.
SEND = {
    "405 405 405 405 405 405 405 405": (
        "privacy security-txt today lessons lesson glossary search labs drills new-drill pricing workflow-pricing readiness exams "
        "progress memory account_inactive account_reset_password_done account_reset_password_from_key_done healthz readyz lesson-copy "
        "picture offline manifest worker robots sitemap"
    ),
    "204 204 204 204 204 204 204 204": "place",
    "302 302 302 302 302 302 302 302": "reading practice review exam account_logout mfa_authenticate mfa_login_webauthn",
    "422 422 422 422 422 422 422 422": "check invocation drill plan",
    "409 409 409 409 409 409 409 409": "readiness-check",
    "302 302 422 422 422 422 422 422": "classes",
    "in 405 405 405 405 405 405 405": "class attempt clock attempt-review result question account-data",
    "in 404 302 404 404 404 404 404": "class-leaving class-exam submission misses replays",
    "in 404 422 404 404 404 404 404": "slot report",
    "in 404 200 404 404 404 404 404": "draft",
    "422 422 302 302 302 302 302 302": "account_login account_signup",
    "in 302 422 422 422 422 422 422": "account_change_password account_reauthenticate account",
    "200 200 200 200 200 200 200 200": "account_reset_password account_reset_password_from_key",
    "in 302 302 302 302 302 302 302": (
        "mfa_reauthenticate mfa_reauthenticate_webauthn mfa_activate_totp mfa_generate_recovery_codes mfa_add_webauthn "
        "mfa_edit_webauthn mfa_remove_webauthn account-sessions"
    ),
    "in 302 200 200 200 200 200 200": "mfa_index",
    "in 302 404 404 404 404 404 404": "mfa_deactivate_totp",
    "in 302 405 405 405 405 405 405": "mfa_view_recovery_codes",
    "in 422 422 422 422 422 422 422": "account-removal",
    "302 in 403 403 200 200 200 200": "desk:index",
    "in in 403 403 302 302 302 302": "desk:login",
    "302 in 403 403 302 302 302 302": "desk:logout desk:password_change desk:password_change_done desk:app_list",
    "302 in 403 403 405 405 405 405": "desk:autocomplete desk:jsi18n",
    "302 in 403 403 404 404 404 404": "desk:view_on_site",
    "in in 403 403 403 403 403 200": (
        "desk:attempt_changelist desk:attempt_history desk:auditentry_csv desk:auditentry_changelist desk:auditentry_history "
        "desk:lesson_changelist desk:lesson_history desk:term_changelist desk:term_history desk:auth_user_password_change "
        "desk:user_changelist desk:user_history desk:user_delete desk:attempt_rows desk:auditentry_rows desk:lesson_rows "
        "desk:term_rows desk:user_rows"
    ),
    "in in 403 403 403 403 403 403": (
        "desk:attempt_add desk:attempt_delete desk:attempt_change desk:auditentry_add desk:auditentry_delete desk:auditentry_change "
        "desk:question_delete desk:importrun_delete desk:lesson_add desk:lesson_delete desk:lesson_change desk:term_add "
        "desk:term_delete desk:term_change desk:keymending_add desk:keymending_delete desk:learner_add desk:report_add "
        "desk:report_delete desk:sourcepage_add desk:sourcepage_delete desk:statisticsrun_add desk:statisticsrun_delete "
        "desk:discardeddraft_add desk:discardeddraft_delete desk:picture_delete desk:picture_change"
    ),
    "in in 403 403 200 200 403 200": (
        "desk:question_typed_preview desk:question_preview desk:question_version desk:question_attention desk:question_bulk_list "
        "desk:question_changelist desk:question_history desk:blueprint_statistics desk:blueprint_changelist desk:blueprint_history "
        "desk:blueprint_delete desk:cohort_changelist desk:importrun_changelist desk:importrun_add desk:importrun_history "
        "desk:importrun_change desk:keymending_changelist desk:keymending_history desk:learner_changelist desk:prediction_changelist "
        "desk:prediction_csv desk:report_changelist desk:report_history desk:sourcepage_changelist desk:sourcepage_history "
        "desk:statisticsrun_rows desk:statisticsrun_changelist desk:statisticsrun_history desk:question_rows desk:blueprint_rows "
        "desk:cohort_rows desk:discardeddraft_rows desk:discardeddraft_changelist desk:discardeddraft_history desk:importrun_rows "
        "desk:keymending_rows desk:learner_rows desk:picture_rows desk:picture_changelist desk:picture_add desk:picture_history "
        "desk:report_rows desk:sourcepage_rows"
    ),
    "in in 403 403 302 302 403 302": (
        "desk:question_statistics desk:question_export desk:question_shipped desk:question_bulk desk:question_pilot "
        "desk:keymending_change desk:sourcepage_change desk:statisticsrun_change desk:question_retirement desk:discardeddraft_change "
        "desk:importrun_undoing"
    ),
    "in in 403 403 409 409 403 409": "desk:question_review",
    "in in 403 403 422 422 403 422": (
        "desk:question_add desk:question_change desk:blueprint_statistics_csv desk:blueprint_add desk:blueprint_change desk:cohort_add "
        "desk:keymending_wizard desk:report_change"
    ),
    "in in 403 403 200 404 403 200": (
        "desk:cohort_members desk:cohort_member desk:cohort_member_lessons desk:cohort_progress desk:cohort_lessons desk:cohort_exams "
        "desk:cohort_exam"
    ),
    "in in 403 403 302 404 403 302": "desk:cohort_removal desk:cohort_exam_delete desk:cohort_code desk:cohort_closing",
    "in in 403 403 422 404 403 422": "desk:cohort_exam_add desk:cohort_exam_change",
    "in in 403 403 200 404 404 200": "desk:cohort_history desk:learner_history",
    "in in 403 403 403 404 404 403": "desk:cohort_delete desk:learner_delete",
    "in in 403 403 422 404 404 422": "desk:cohort_change desk:learner_change",
    "in in 403 403 403 403 403 422": "desk:user_add desk:user_change",
}


class World:
    """Everybody, and what the learner did."""

    def __init__(self) -> None:
        self.people: dict[str, User | None] = {
            "visitor": None,
            "guest": make_guest(),
            "learner": make_learner(),
            "other learner": make_learner(),
            "instructor": make_learner(username="ines"),
            "other instructor": make_learner(username="otto"),
            "staff": make_learner(is_staff=True),
            "superuser": make_learner(is_staff=True, is_superuser=True),
        }
        for name in ("instructor", "other instructor"):
            make_instructor(user=self.people[name])  # type: ignore[arg-type]
        self.history: History = make_history(self.people["learner"], now=timezone.now())  # type: ignore[arg-type]
        self.history.cohort.instructors.add(self.people["instructor"])
        self.everywhere = self._everywhere()

    def _everywhere(self) -> dict[str, str]:
        """Every address of the resolver, by its name: those of rows lead to the learner's."""
        history = self.history
        lesson, exam, result = history.lesson.slug, history.exam.pk, history.result.pk
        made: dict[str, list[Any]] = {
            "lesson": [lesson], "lesson-copy": [lesson], "picture": [f"{'0' * 64}-1x1.png"], "place": [lesson], "reading": [lesson], "check": [lesson, history.open_check.pk],
            "exam": [history.blueprint.slug], "new-drill": ["visibility-timeout"], "drill": ["visibility-timeout", 7],
            "class": [history.cohort.pk], "class-leaving": [history.cohort.pk], "class-exam": [history.cohort.pk, history.assignment.pk],
            "slot": [history.practice.pk, 2], "draft": [exam, 1], "question": [history.seen.version.question_id],
            "report": [history.seen.version_id], "account_reset_password_from_key": ["1", "used-up"],
            "mfa_edit_webauthn": [1], "mfa_remove_webauthn": [1], "attempt": [exam], "clock": [exam], "attempt-review": [exam],
            "submission": [exam], "result": [result], "misses": [result], "replays": [result],
        }  # fmt: skip
        found = {pattern.name: reverse(pattern.name, args=made.get(pattern.name, [])) for pattern in own_patterns()}
        rows = one_of_each()
        return found | {f"desk:{name.removeprefix('quizzes_')}": filled(address, rows) for name, address in addresses(desk.get_urls())}


def own_patterns() -> Iterator[URLPattern]:
    """The addresses outside the desk."""

    def below(patterns: Any) -> Iterator[URLPattern]:
        for pattern in patterns:
            if not isinstance(pattern, URLResolver):
                yield pattern
            elif pattern.namespace != "admin":
                yield from below(pattern.url_patterns)

    return below(get_resolver().url_patterns)


@pytest.fixture(scope="module")
def world(kept_for_all: Callable[[], AbstractContextManager[None]]) -> Iterator[World]:
    with kept_for_all():
        yield World()


@pytest.fixture(autouse=True)
def nothing_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Template, "render", lambda self, context=None, request=None: "")
    monkeypatch.setattr(logging.getLogger("django.request"), "disabled", True)


def outcome(client: Client, method: str, address: str) -> str:
    """What somebody gets; whatever it did is taken back."""
    with transaction.atomic():
        response = getattr(client, method)(address)
        transaction.set_rollback(True)
    to_the_door = response.status_code == 302 and response["Location"].startswith("/accounts/login/?next=")
    return "in" if to_the_door else str(response.status_code)


def what_is_got(world: World, who: str, method: str) -> dict[str, str]:
    """What this person gets at every address."""
    client, person = Client(), world.people[who]
    if person is not None:
        client.force_login(person, backend=BACKEND)
    cookies = client.cookies.output(header="", sep=";")
    got = {}
    for name, address in world.everywhere.items():
        client.cookies = SimpleCookie(cookies)  # signing out and in is taken back as well
        got[name] = outcome(client, method, address)
    return got


def expected(table: dict[str, str], who: str) -> dict[str, str]:
    place = PEOPLE.index(who)
    return {name: statuses.split()[place] for statuses, names in table.items() for name in names.split()}


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("method", ["get", "post"])
def test_everybody_gets_at_every_address_what_is_theirs(world: World, who: str, method: str):
    got = what_is_got(world, who, method)
    assert got == expected(LOOK if method == "get" else SEND, who)
    assert len(got) > 150


def test_every_address_has_a_line_of_its_own():
    for table in (LOOK, SEND):
        names = " ".join(table.values()).split()
        assert len(names) == len(set(names))
    assert set(" ".join(LOOK.values()).split()) == set(" ".join(SEND.values()).split())


def test_no_address_of_the_desk_opens_to_somebody_outside():
    """What the tables themselves must say, whoever edits them."""
    for table in (LOOK, SEND):
        for statuses, names in table.items():
            if "desk:" in names:
                visitor, guest, learner, other, *_ = statuses.split()
                assert (visitor, guest) in {("in", "in"), ("302", "in")}
                assert (learner, other) == ("403", "403")


def test_what_is_the_learners_own_is_nobody_elses():
    own = ("class", "class-leaving", "class-exam", "attempt", "clock", "slot", "draft", "attempt-review", "submission", "result", "misses",
           "replays", "question", "report")  # fmt: skip
    strangers = [who for who in PEOPLE if who not in ("visitor", "learner")]
    for name in own:
        for who in strangers:
            assert {expected(table, who)[name] for table in (LOOK, SEND)} <= {"404", "405"}, (name, who)
            assert "404" in {expected(table, who)[name] for table in (LOOK, SEND)}, (name, who)
