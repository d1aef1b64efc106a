"""What an attacker tries at the door and in the browser: passwords, sessions, cookies, headers, fields that nobody offered."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone

from quizzes.forms.passwords import WordsOfThisSiteValidator
from quizzes.middleware import PERMISSIONS
from quizzes.models import User
from quizzes.services import accounts
from quizzes.storage import Messages
from tests.factories import make_bank, make_guest, make_learner, make_lesson
from tests.views.test_access import own_patterns

pytestmark = pytest.mark.django_db

SignIn = Callable[..., User]
ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse battery"


def sign_up(client: Client, password: str, **more: str) -> Any:
    return client.post("/accounts/signup/", {"login": "anna", "password": password, **more})


def log_in(client: Client, password: str = PASSWORD, login: str = "anna") -> Any:
    return client.post("/accounts/login/", {"login": login, "password": password})


def who(client: Client) -> int | None:
    return int(client.session["_auth_user_id"]) if "_auth_user_id" in client.session else None


# -- passwords -------------------------------------------------------------------------------------------------------

GOOD = [
    pytest.param("aufgeweckt", id="small letters alone"),
    pytest.param("7481 5629 3370", id="digits and blanks"),
    pytest.param("  blanks at both ends  ", id="blanks at both ends"),
    pytest.param("пароль из букв", id="other letters"),
    pytest.param("🐎🔋📎✅ and words", id="pictures"),
    pytest.param("<script>alert('x')</script>", id="signs"),
    pytest.param("seven quiet lighthouses " * 6, id="144 characters"),
    pytest.param("x1y2z3w4" * 128, id="1,024 characters"),
]


@pytest.mark.parametrize("password", GOOD)
def test_any_long_enough_password_is_taken_as_it_was_typed(client: Client, password: str):
    assert sign_up(client, password).status_code == 302
    for other in (
        password[:-1],
        password + "x",
        password.swapcase() if password.swapcase() != password else password[1:],
        password.strip() + "!",
    ):
        assert log_in(Client(), other).status_code == 422
    fresh = Client()
    assert log_in(fresh, password).status_code == 302
    assert who(fresh)


@pytest.mark.parametrize(
    "password",
    ["serverless", "BeSA-2026!!", "aws-lambda-1", "Amazon.AWS.2026", "saa-c03-exam", "password2026", "StepFunctions", "instructor1"],
)
def test_words_of_this_site_alone_are_no_password(client: Client, password: str):
    response = sign_up(client, password)
    assert response.status_code == 422
    assert "words of this site" in response.text or "too common" in response.text
    with pytest.raises(ValidationError, match="words of this site"):
        WordsOfThisSiteValidator().validate(password)


@pytest.mark.parametrize("password", ["my cloud has a silver lining", "lambda-otter", "quiet lighthouses", "12345678", "awsome otters 7"])
def test_a_phrase_that_holds_one_of_them_is_one(password: str):
    WordsOfThisSiteValidator().validate(password)


def test_what_leaked_elsewhere_is_refused_and_the_list_is_long(client: Client):
    assert len(CommonPasswordValidator().passwords) > 15_000
    for password in ("sunshine1", "qwertyuiop", "Football1"):
        response = sign_up(client, password)
        assert response.status_code == 422
        assert "too common" in response.text


def test_the_same_rules_hold_wherever_a_password_is_set(client: Client, sign_in: SignIn):
    sign_in(client, password=PASSWORD)
    weak = {"oldpassword": PASSWORD, "password1": "serverless"}
    assert client.post("/accounts/password/change/", weak).status_code == 422
    chief = Client()
    chief.force_login(make_learner(is_staff=True, is_superuser=True), backend="allauth.account.auth_backends.AuthenticationBackend")
    person = make_learner()
    page = f"/admin/quizzes/user/{person.pk}/password/"
    assert "words of this site" in chief.post(page, {"password1": "serverless", "password2": "serverless", "usable_password": "true"}).text


def test_pasting_and_password_managers_are_let_alone():
    for path in [*(ROOT / "static/js").glob("*.js"), *(ROOT / "templates").rglob("*.html")]:
        text = path.read_text()
        assert "paste" not in text.lower(), path
        assert 'autocomplete="off"' not in text or "password" not in text, path


def test_no_password_ever_expires_and_no_hint_is_kept():
    fields = {field.name for field in User._meta.fields}
    assert not [name for name in fields if re.search("hint|question|answer|expir|changed", name)]


def test_no_account_is_there_that_nobody_made():
    assert not User.objects.exists()


def test_a_link_for_a_new_password_ends_after_three_days_and_leads_no_further_than_the_second_step(
    client: Client, settings: Any, mailoutbox: Any
):
    settings.EMAIL_URL = "smtp://mail.example.org"
    user = make_learner(username="anna", email="anna@example.org", password=PASSWORD)
    TOTP.activate(user, "JBSWY3DPEHPK3PXP")
    client.post("/accounts/password/reset/", {"email": "anna@example.org"})
    link = re.search(r"http://testserver(/\S+)", mailoutbox[0].body)[1]  # type: ignore[index]
    assert settings.PASSWORD_RESET_TIMEOUT == 3 * 24 * 60 * 60
    settings.PASSWORD_RESET_TIMEOUT = -1
    assert "This link does not work any more" in client.get(link, follow=True).text
    settings.PASSWORD_RESET_TIMEOUT = 60
    form = client.get(link, follow=True).redirect_chain[-1][0]
    client.post(form, {"password1": "seven quiet lighthouses"})
    assert who(client) is None
    assert log_in(client, "seven quiet lighthouses").url == "/accounts/second-factor/step/"
    assert who(client) is None


# -- sessions --------------------------------------------------------------------------------------------------------


def test_a_session_that_was_ended_opens_nothing_any_more(client: Client, sign_in: SignIn):
    sign_in(client)
    kept = client.cookies["sessionid"].value
    assert client.post("/accounts/logout/").status_code == 302
    thief = Client()
    thief.cookies["sessionid"] = kept
    assert thief.get("/accounts/").status_code == 302
    assert not Session.objects.filter(session_key=kept).exists()


def test_signing_out_empties_what_the_browser_kept_and_leaves_waiting_answers(client: Client, sign_in: SignIn):
    sign_in(client)
    assert client.post("/accounts/logout/")["Clear-Site-Data"] == '"cache"'


@pytest.mark.parametrize("end", ["closed", "removed", "signed out by an administrator"])
def test_an_account_that_is_closed_or_gone_has_no_session(client: Client, sign_in: SignIn, end: str):
    user = sign_in(client)
    if end == "closed":
        User.objects.filter(pk=user.pk).update(is_active=False)
    elif end == "removed":
        accounts.delete_account(user=user)
    else:
        chief = Client()
        chief.force_login(make_learner(is_staff=True, is_superuser=True), backend="allauth.account.auth_backends.AuthenticationBackend")
        chief.post("/admin/quizzes/user/", {"action": "sign_out_everywhere", "_selected_action": [user.pk]})
    assert client.get("/accounts/").status_code == 302


def test_a_session_of_ones_own_making_is_none(client: Client):
    client.cookies["sessionid"] = "chosenbytheattacker0123456789abc"
    make_learner(username="anna", password=PASSWORD)
    log_in(client)
    assert client.cookies["sessionid"].value != "chosenbytheattacker0123456789abc"
    assert not Session.objects.filter(session_key="chosenbytheattacker0123456789abc").exists()


def test_keys_of_sessions_are_long_and_random(client: Client, sign_in: SignIn):
    keys = set()
    for _ in range(20):
        browser = Client()
        sign_in(browser)
        keys.add(browser.session.session_key)
    assert len(keys) == 20
    assert all(re.fullmatch("[a-z0-9]{32}", key) for key in keys)  # 36 ** 32: more than 160 bits


# -- cookies ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def behind_tls(settings: Any) -> None:
    """As HTTPS=true sets it; tests/test_settings.py shows that it does."""
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
    settings.SECURE_HSTS_SECONDS, settings.SECURE_HSTS_INCLUDE_SUBDOMAINS, settings.SECURE_HSTS_PRELOAD = 31_536_000, True, True


def test_behind_tls_every_cookie_is_bound_to_this_host(behind_tls: None, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Messages, "cookie_name", "__Host-messages")
    browser = Client()
    browser.get("/accounts/signup/", secure=True)
    response = browser.post("/accounts/signup/", {"login": "anna", "password": PASSWORD}, secure=True)
    assert response.status_code == 302
    assert set(browser.cookies) == {"__Host-sessionid", "__Host-csrftoken", "__Host-messages"}
    for cookie in browser.cookies.values():
        assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", ""), cookie
        assert cookie["samesite"] == "Lax"
        assert len(cookie.OutputString()) < 4096
    assert browser.cookies["__Host-sessionid"]["httponly"]
    assert browser.cookies["__Host-messages"]["httponly"]
    assert browser.get("/accounts/", secure=True).status_code == 200


def test_scripts_find_the_token_under_both_names():
    for name in ("site", "outbox", "reading"):
        [pattern] = re.findall(r"match\(/(.*?)/\)", (ROOT / f"static/js/{name}.js").read_text())
        for cookies in ("csrftoken=abc; x=1", "a=1; __Host-csrftoken=abc"):
            assert re.search(pattern, cookies)[1] == "abc"  # type: ignore[index]


# -- headers ---------------------------------------------------------------------------------------------------------


def test_behind_tls_browsers_are_told_to_stay_there(client: Client, behind_tls: None):
    for path in ("/", "/accounts/login/", "/static/css/site.css", "/no/such/page/"):
        assert client.get(path, secure=True)["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"


def test_every_answer_says_who_may_load_it_and_what_it_may_use(client: Client):
    make_lesson()
    for path in ("/", "/static/css/site.css", "/no/such/page/", "/healthz", "/admin/", "/accounts/data/"):
        response = client.get(path)
        assert response["Cross-Origin-Resource-Policy"] == "same-origin", path
        assert response["Permissions-Policy"] == PERMISSIONS, path
    assert "camera=()" in PERMISSIONS
    assert "publickey-credentials-get=(self)" in PERMISSIONS


def test_no_other_site_may_read_an_answer(client: Client, sign_in: SignIn):
    sign_in(client)
    for path in ("/", "/accounts/data/"):
        response = client.get(path, headers={"origin": "https://evil.example"})
        assert not [name for name in response.headers if name.lower().startswith("access-control-")]


def test_the_method_that_mirrors_a_request_is_refused(client: Client):
    for path in ("/", "/accounts/login/", "/healthz", "/admin/"):
        assert client.trace(path).status_code in (302, 405), path
        assert b"TRACE" not in client.trace(path).content


def test_every_answer_says_what_it_is_and_in_which_letters(client: Client, sign_in: SignIn):
    sign_in(client)
    for path in ("/", "/accounts/data/", "/healthz", "/no/such/page/", "/static/css/site.css", "/static/js/site.js"):
        kind = client.get(path)["Content-Type"]
        assert re.fullmatch(r'(text/(html|plain|css|javascript)|application/json); charset="?utf-8"?', kind), (path, kind)


@pytest.mark.parametrize(
    "path", ["/.git/config", "/.git/HEAD", "/static/", "/static/css/", "/besa/settings.py", "/var/secret_key", "/static/../manage.py",
             "/static/%2e%2e/manage.py", "/.env", "/requirements/run.txt", "/tests/factories.py", "/admin/doc/", "/metrics"]
)  # fmt: skip
def test_nothing_of_the_house_is_served(client: Client, path: str):
    assert client.get(path).status_code in (302, 404)
    assert "SECRET_KEY" not in client.get(path, follow=True).text


def test_a_personal_file_is_a_download_that_no_cache_keeps(client: Client, sign_in: SignIn):
    sign_in(client)
    response = client.get("/accounts/data/")
    assert response["Content-Disposition"].startswith("attachment; ")
    assert response["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(
    "path",
    [
        "/attempts/{}/",
        "/attempts/{}/slots/{}/",
        "/questions/{}/",
        "/versions/{}/reports/",
        "/classes/{}/",
        "/labs/drills/visibility-timeout/{}/",
    ],
)
@pytest.mark.parametrize("number", ["9" * 15, "9" * 16, "9" * 400, "-1", "0x7", "1e9", "٣"])
def test_a_number_that_no_database_can_hold_is_no_address(client: Client, sign_in: SignIn, path: str, number: str):
    sign_in(client)
    assert client.get(path.format(number, number)).status_code in ({200, 404} if "drills" in path else {404})


def test_every_page_leads_to_signing_out(client: Client, sign_in: SignIn):
    sign_in(client)
    for path in ("/", "/lessons/", "/progress/", "/accounts/", "/privacy/"):
        assert 'href="/accounts/logout/"' in client.get(path).text.rpartition("<footer")[2], path
    client.force_login(make_learner(is_staff=True, is_superuser=True), backend="allauth.account.auth_backends.AuthenticationBackend")
    assert '<form method="post" action="/accounts/logout/">' in client.get("/admin/").text


# -- fields that nobody offered --------------------------------------------------------------------------------------

MIGHTY = {"is_staff": "on", "is_superuser": "on", "is_active": "on", "is_guest": "", "time_factor": "2", "untimed": "on", "groups": "1", "id": "1",
          "pk": "1", "user": "1", "session_round": "9"}  # fmt: skip


def rights(user: User) -> tuple[Any, ...]:
    user.refresh_from_db()
    return user.is_staff, user.is_superuser, user.time_factor, user.untimed, user.session_round, list(user.groups.all())


def test_no_form_takes_a_field_that_it_does_not_offer(client: Client, sign_in: SignIn):
    accounts.instructors()
    assert sign_up(client, PASSWORD, **MIGHTY).status_code == 302
    user = User.objects.get(username="anna")
    nothing = (False, False, "1", False, 0, [])
    assert rights(user) == nothing
    forms = {
        "/accounts/": {"username": "anna", "email": "", "password": PASSWORD},
        "/accounts/password/change/": {"oldpassword": PASSWORD, "password1": "seven quiet lighthouses"},
        "/plan/": {"retention": "0.9", "daily_reviews": "40", "exam_on": ""},
    }
    for path, typed in forms.items():
        assert client.post(path, {**typed, **MIGHTY}).status_code == 302, path
        assert rights(user) == nothing, path


def test_the_same_name_twice_is_read_once(client: Client):
    """Of a name that is sent twice the last one holds, in the address and in the body alike, and the two are never mixed."""
    make_learner(username="anna", password=PASSWORD)
    body = f"login=nobody&login=anna&password=wrong&password={PASSWORD.replace(' ', '+')}"
    client.post("/accounts/login/?login=somebody", body, content_type="application/x-www-form-urlencoded")
    assert who(client)


# -- what is written down --------------------------------------------------------------------------------------------


def test_signing_in_is_logged_and_never_what_was_typed(client: Client, caplog: pytest.LogCaptureFixture):
    user = make_learner(username="anna", password=PASSWORD)
    with caplog.at_level(logging.INFO):
        log_in(client, "a wrong secret", "my-own-password-in-the-wrong-field")
        log_in(client)
    said = [record.getMessage() for record in caplog.records if record.name == "quizzes.security"]
    assert said == ["sign-in failed: wrong name or password, from 127.0.0.1", f"signed in: person {user.pk}, password"]
    assert PASSWORD not in caplog.text
    assert "secret" not in caplog.text
    assert "wrong-field" not in caplog.text


def test_what_was_refused_is_logged(client: Client, sign_in: SignIn, capsys: pytest.CaptureFixture[str]):
    learner = sign_in(client)
    capsys.readouterr()
    client.get("/admin/")
    client.post("/practice/", {"size": "99"})
    Client(enforce_csrf_checks=True).post("/practice/")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    told = [(line["path"], line["status"], line.get("user")) for line in lines if line["event"] == "request"]
    assert told == [("/admin/", 403, learner.pk), ("/practice/", 422, learner.pk), ("/practice/", 403, None)]
    assert "django.security.csrf" in {line.get("logger") for line in lines}


def test_a_line_feed_in_an_address_makes_no_second_line_in_the_log(client: Client, capsys: pytest.CaptureFixture[str]):
    client.get("/no%0Asign-in failed: of somebody else/")
    [line] = capsys.readouterr().err.splitlines()
    assert json.loads(line)["path"] == "/no sign-in failed: of somebody else/"


# -- forged requests -------------------------------------------------------------------------------------------------


def test_no_view_is_let_off_the_token():
    exempt = []

    def walk(patterns: Any) -> None:
        for pattern in patterns:
            if hasattr(pattern, "url_patterns"):
                walk(pattern.url_patterns)
            elif getattr(pattern.callback, "csrf_exempt", False):
                exempt.append(pattern.name)

    walk(get_resolver().url_patterns)
    assert exempt == []


def test_looking_changes_nothing(client: Client, sign_in: SignIn):
    """No GET of a page outside the desk makes a person, and none ends a session or removes an account."""
    make_bank(2)
    user = sign_in(client)
    for pattern in own_patterns():
        if not re.search(r"[<(]", str(pattern.pattern)):
            client.get(f"/{pattern.pattern}")
    assert who(client) == user.pk
    assert list(User.objects.all()) == [user]


# -- whom to tell, and privacy ---------------------------------------------------------------------------------------


def test_whom_to_tell_about_a_hole_stands_where_people_look(client: Client, settings: Any):
    assert client.get("/.well-known/security.txt").status_code == 404
    settings.SECURITY_CONTACT = "mailto:security@example.org"
    response = client.get("/.well-known/security.txt")
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    lines = dict(line.split(": ", 1) for line in response.text.splitlines())
    assert lines["Contact"] == "mailto:security@example.org"
    expires = datetime.strptime(lines["Expires"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert timedelta(days=100) < expires - timezone.now() < timedelta(days=365)
    assert 'href="mailto:security@example.org"' in client.get("/privacy/").text


def test_the_page_on_privacy_is_linked_at_the_foot_and_where_one_signs_up(client: Client):
    assert 'href="/privacy/"' in client.get("/").text.rpartition("<footer")[2]
    assert client.get("/accounts/signup/").text.count('href="/privacy/"') == 2


def test_the_page_on_privacy_says_what_the_code_does(client: Client, settings: Any):
    page = client.get("/privacy/").text
    assert timedelta(seconds=settings.SESSION_COOKIE_AGE) == timedelta(days=180)
    assert "for 180 days" in page
    assert accounts.EMPTY_GUEST_KEPT.days == 1
    assert "removed after a day" in page
    exported = accounts.export_data(user=make_guest(), now=timezone.now())
    assert {"attempts", "reports", "memory", "classes", "audit_log"} <= set(json.loads(json.dumps(exported)))
