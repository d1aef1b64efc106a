"""Coming in, one's own account, and leaving, as a person meets them."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

import besa.settings
from quizzes.models import Attempt, LessonProgress, User
from quizzes.services import accounts, attempts
from tests.factories import make_attempt, make_bank, make_blueprint, make_guest, make_learner, make_lesson

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"


def be_guest(client: Client) -> User:
    """A visitor who began something: here, who marked a lesson as read."""
    lesson = make_lesson(f"lesson-{User.objects.count()}")
    client.post(f"/lessons/{lesson.slug}/reading/", {"finished": "1"})
    return User.objects.get(pk=client.session["_auth_user_id"])


def sign_up(client: Client, login: str = "anna", password: str = PASSWORD, **data: str) -> Any:
    return client.post("/accounts/signup/", {"login": login, "password": password, **data})


def log_in(client: Client, login: str, password: str = PASSWORD, **data: str) -> Any:
    return client.post("/accounts/login/", {"login": login, "password": password, **data})


def user_of(client: Client) -> User | None:
    pk = client.session.get("_auth_user_id")
    return User.objects.get(pk=pk) if pk else None


def words(response: HttpResponse) -> str:
    """The text of a page without its markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode())).replace("&#x27;", "'")


def field_error(response: HttpResponse, name: str) -> str:
    """The sentence that belongs to a field by aria-describedby."""
    text = response.content.decode()
    field = re.search(rf'<input[^>]*name="{name}"[^>]*>', text)
    assert field
    assert 'aria-invalid="true"' in field[0]
    described = re.search(r'aria-describedby="([^"]*)"', field[0])
    assert described
    assert f"id_{name}_error" in described[1].split()
    error = re.search(rf'id="id_{name}_error"[^>]*>(.*?)</ul>', text, re.DOTALL)
    assert error
    return re.sub(r"<[^>]+>", "", error[1])


# -- signing up ------------------------------------------------------------------------------------------------------


def test_a_guest_signs_up_in_place_and_a_second_browser_sees_everything(client):
    guest = be_guest(client)
    before = client.session.session_key
    response = sign_up(client)
    assert response.status_code == 302
    assert user_of(client) == guest
    assert client.session.session_key != before
    page = words(client.get(response.url))
    assert "Welcome, anna. Everything you did as a guest is in your account." in page
    assert "you sign in with anna and your password" in page

    second = Client()
    assert log_in(second, "Anna").status_code == 302
    assert user_of(second) == guest
    assert guest.lesson_progress.get().finished_at
    assert "anna" in words(second.get("/"))


def test_a_visitor_signs_up_with_an_address_alone(client):
    sign_up(client, "Anna.Berg@example.org")
    user = user_of(client)
    assert user is not None
    assert (user.username, user.email, user.is_guest) == ("anna.berg", "anna.berg@example.org", False)
    for login in ("anna.berg", "ANNA.BERG@example.org"):
        other = Client()
        log_in(other, login)
        assert user_of(other) == user


@pytest.mark.parametrize(
    ("login", "password", "field", "sentence"),
    [
        ("", PASSWORD, "login", "Choose a username, or type your e-mail address."),
        ("Taken", "another password", "login", "This username is taken. Choose another one, or sign in if it is yours."),
        ("Taken@Example.org", "another password", "login", "There is an account with this e-mail address already."),
        ("anna berg", PASSWORD, "login", "Use letters, digits and . + - _ only"),
        ("anna@example", PASSWORD, "login", "This is no whole e-mail address."),
        ("guest-anna", PASSWORD, "login", "are kept for guests"),
        ("a" * 41, PASSWORD, "login", "at most 40 characters"),
        ("anna", "", "password", "Choose a password."),
        ("anna", "short", "password", "too short"),
        ("anna", "password123", "password", "too common"),
        ("annabella", "annabella1", "password", "too similar"),
    ],
)
def test_what_does_not_fit_is_told_at_the_field_and_nothing_is_lost(client, login, password, field, sentence):
    make_learner(username="taken", email="taken@example.org")
    guest = be_guest(client)
    response = sign_up(client, login, password)
    assert response.status_code == 422
    assert sentence in field_error(response, field)
    assert f'value="{login}"' in response.text or not login
    assert "autofocus" in response.text
    assert user_of(client) == guest
    assert user_of(client).is_guest
    assert guest.lesson_progress.exists()
    assert sign_up(client, "free-name").status_code == 302


def test_the_button_pressed_twice_makes_one_account_and_leaves_the_person_signed_in(client):
    guest = be_guest(client)
    second = Client()
    second.cookies["sessionid"] = client.cookies["sessionid"].value  # what the browser sends again before it has an answer
    sign_up(client)
    response = sign_up(second)
    assert response.status_code == 302
    assert user_of(second) == guest
    assert User.objects.filter(is_guest=False).count() == 1
    assert "You are signed in as anna." in words(second.get(response.url))


def test_who_forgot_that_they_had_signed_up_is_let_in_and_brings_along_what_they_did(client):
    account = make_learner(username="anna", password=PASSWORD)
    guest = be_guest(client)
    sign_up(client, "anna")
    assert user_of(client) == account
    assert account.lesson_progress.count() == 1
    assert not User.objects.filter(pk=guest.pk).exists()


# -- signing in ------------------------------------------------------------------------------------------------------


def test_a_guest_who_signs_in_brings_everything_along_and_reads_so(client):
    account = make_learner(username="anna", password=PASSWORD)
    guest = be_guest(client)
    make_bank(12)
    exam = attempts.start_exam(learner=guest, blueprint=make_blueprint(10), now=timezone.now(), seed=1)
    assert "comes along" in words(client.get("/accounts/login/"))

    before = client.session.session_key
    response = log_in(client, "anna")

    assert client.session.session_key != before
    assert user_of(client) == account
    assert "You are signed in as anna. Everything you did here as a guest came along." in words(client.get(response.url))
    page = client.get(exam.get_absolute_url(), follow=True)
    assert page.status_code == 200
    assert page.resolver_match.url_name == "slot"


def test_an_exam_that_ran_in_both_is_handed_in_with_a_word(client):
    account, blueprint = make_learner(username="anna", password=PASSWORD), make_blueprint()
    guest = be_guest(client)
    now = timezone.now()
    make_attempt(learner=account, blueprint=blueprint, started_at=now)
    mine = make_attempt(learner=guest, blueprint=blueprint, started_at=now)
    response = log_in(client, "anna")
    assert "“Exam for tests” was running here and in your account" in words(client.get(response.url))
    assert client.get(f"/attempts/{mine.pk}/result/").status_code == 200
    assert Attempt.objects.of(account).unfinished().count() == 1


def test_a_visitor_who_signs_in_gets_a_session_of_a_new_key(client):
    make_learner(username="anna", password=PASSWORD)
    session = client.session
    session["planted"] = True
    session.save()
    client.cookies["sessionid"] = session.session_key
    log_in(client, "anna")
    assert client.session.session_key != session.session_key


@pytest.mark.parametrize("login", ["anna", "nobody", "anna@example.org", "nobody@example.org"])
def test_a_wrong_password_sounds_the_same_for_known_and_unknown_names(client, login):
    make_learner(username="anna", email="anna@example.org", password=PASSWORD)
    guest = be_guest(client)
    response = log_in(client, login, "wrong password")
    assert response.status_code == 422
    assert field_error(response, "password").startswith("No account has this name and this password.")
    assert user_of(client) == guest


@pytest.mark.parametrize(("login", "field"), [("", "login"), ("anna", "password")])
def test_an_empty_field_is_told_what_to_type(client, login, field):
    response = log_in(client, login, "")
    assert response.status_code == 422
    assert "Type " in field_error(response, field)


def test_a_closed_account_is_told_so_and_the_guest_stays(client):
    make_learner(username="anna", password=PASSWORD, is_active=False)
    guest = be_guest(client)
    response = log_in(client, "anna")
    assert response.url == "/accounts/inactive/"
    assert "Everything in it is kept" in words(client.get(response.url))
    assert user_of(client) == guest


def test_who_is_signed_in_already_is_sent_on(client, sign_in):
    sign_in(client)
    assert client.get("/accounts/login/").url == "/"
    assert client.get("/accounts/signup/?next=/progress/").url == "/progress/"


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "http://localhost/"]
)
@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/signup/", "/accounts/logout/"])
def test_nobody_is_sent_to_another_site(client, sign_in, path, target):
    make_learner(username="anna", password=PASSWORD)
    if "logout" in path:
        sign_in(client)
    response = client.post(path, {"login": "anna", "password": PASSWORD, "next": target})
    assert response.status_code == 302
    assert response.url == "/"


def test_a_page_that_needs_a_learner_comes_back_after_signing_in(client):
    make_learner(username="anna", password=PASSWORD)
    response = client.get("/accounts/data/")
    assert response.url == "/accounts/login/?next=/accounts/data/"
    assert 'name="next" value="/accounts/data/"' in client.get(response.url).text
    assert log_in(client, "anna", next="/accounts/data/").url == "/accounts/data/"


def test_the_admin_has_no_door_of_its_own(client, sign_in):
    assert client.get("/admin/login/?next=/admin/quizzes/").url == "/accounts/login/?next=%2Fadmin%2Fquizzes%2F"
    be_guest(client)
    assert client.get("/admin/login/").url == "/accounts/login/?next=%2Fadmin%2F"
    sign_in(client)
    assert client.get("/admin/login/").status_code == 403


# -- limits ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def limits(settings):
    settings.ACCOUNT_RATE_LIMITS = besa.settings.ACCOUNT_RATE_LIMITS
    cache.clear()
    yield
    cache.clear()


def test_the_sixth_wrong_password_is_refused_and_so_is_the_right_one_then(client, limits):
    make_learner(username="anna", password=PASSWORD)
    for _ in range(5):
        assert log_in(client, "anna", "wrong password").status_code == 422
    for password in ("wrong password", PASSWORD):
        response = log_in(client, "anna", password)
        assert response.status_code == 429
        assert "too many tries with a wrong password. Wait five minutes" in field_error(response, "password")
    assert user_of(client) is None


def test_signing_up_is_no_way_around_the_limit(client, limits):
    make_learner(username="anna", password=PASSWORD)
    for _ in range(6):
        assert sign_up(client, "anna", "wrong password").status_code == 422
    assert sign_up(client, "anna", PASSWORD).status_code == 422
    assert user_of(client) is None


def test_a_whole_class_can_sign_up_in_one_minute_and_then_reads_a_sentence(client, limits):
    for _ in range(60):
        assert sign_up(client, "").status_code == 422
    response = sign_up(client, "")
    assert response.status_code == 429
    assert "Wait a minute, go back and try again." in words(response)


@pytest.mark.parametrize(("path", "field"), [("/accounts/", "password"), ("/accounts/removal/", "proof")])
def test_a_password_cannot_be_guessed_at_an_open_screen(client, sign_in, limits, path, field):
    user = sign_in(client, password=PASSWORD)
    data = {"username": user.username, "email": "", field: "wrong password"}
    for _ in range(10):
        assert client.post(path, data).status_code == 422
    assert client.post(path, {**data, field: PASSWORD}).status_code == 429
    assert User.objects.filter(pk=user.pk, email=user.email).exists()


# -- signing out -----------------------------------------------------------------------------------------------------


def test_signing_out_takes_a_press_and_not_a_link(client, sign_in):
    user = sign_in(client)
    assert client.get("/accounts/logout/").status_code == 200
    assert user_of(client) == user
    response = client.post("/accounts/logout/")
    assert user_of(client) is None
    assert "You are signed out." in words(client.get(response.url))


def test_a_guest_is_warned_before_they_sign_out(client):
    guest = be_guest(client)
    assert client.post("/accounts/logout/").url == "/accounts/logout/"
    assert user_of(client) == guest
    page = client.get("/accounts/logout/")
    assert "A guest has no password and cannot sign in again" in words(page)
    assert 'href="/accounts/signup/"' in page.text
    client.post("/accounts/logout/", {"leave": "1"})
    assert user_of(client) is None


# -- passwords -------------------------------------------------------------------------------------------------------


def test_a_changed_password_keeps_this_browser_and_closes_the_others(client):
    make_learner(username="anna", password=PASSWORD)
    other = Client()
    log_in(client, "anna")
    log_in(other, "anna")
    response = client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": "a better password"})
    assert response.url == "/accounts/"
    assert "Your password is changed." in words(client.get("/accounts/"))
    assert other.get("/accounts/").status_code == 302
    assert log_in(other, "anna", "a better password").status_code == 302


@pytest.mark.parametrize(
    ("old", "new", "field", "sentence"),
    [
        ("wrong password", "a better password", "oldpassword", "This is not your password."),
        (PASSWORD, "short", "password1", "too short"),
        (PASSWORD, "", "password1", "Choose a new password."),
    ],
)
def test_a_password_change_that_does_not_fit_changes_nothing(client, sign_in, old, new, field, sentence):
    user = sign_in(client, password=PASSWORD)
    response = client.post("/accounts/password/change/", {"oldpassword": old, "password1": new})
    assert response.status_code == 422
    assert sentence in field_error(response, field)
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_who_has_no_password_yet_is_told_how_to_get_one(client: Client, sign_in):
    """An account that was made at the desk without a password."""
    person = sign_in(client)
    person.set_unusable_password()
    person.save()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    response = client.get("/accounts/password/change/", follow=True)
    assert response.redirect_chain == [("/accounts/password/reset/", 302)]
    assert "set a new password for" in response.text


def test_a_guest_has_no_password_to_change(client):
    guest = be_guest(client)
    assert client.get("/accounts/password/change/").url == "/accounts/signup/"
    client.post("/accounts/password/change/", {"oldpassword": "", "password1": "a better password"})
    guest.refresh_from_db()
    assert not guest.has_usable_password()


@pytest.mark.parametrize("method", ["get", "post"])
def test_without_e_mail_the_page_says_whom_to_ask(client, method):
    make_learner(email="anna@example.org")
    response = getattr(client, method)("/accounts/password/reset/", {"email": "anna@example.org"})
    assert "Ask whoever runs it" in words(response)
    assert 'name="email"' not in response.text
    assert not mail.outbox


@pytest.fixture
def with_mail(settings):
    settings.EMAIL_URL = "smtp://mail.example.org"


def test_a_forgotten_password_is_replaced_by_mail_and_the_guest_still_comes_along(client, with_mail):
    account = make_learner(username="anna", email="anna@example.org", password=PASSWORD)
    guest = be_guest(client)
    client.post("/accounts/password/reset/", {"email": "Anna@Example.org"})
    [message] = mail.outbox
    assert message.subject == "BeSA Serverless: A new password"
    link = re.search(r"http://testserver(/\S+)", message.body)
    assert link
    page = client.get(link[1], follow=True)
    form_url = page.redirect_chain[-1][0]
    assert client.post(form_url, {"password1": "short"}).status_code == 422
    done = client.post(form_url, {"password1": "a better password"}, follow=True)
    assert "Sign in with the new one." in words(done)
    assert user_of(client) == guest
    log_in(client, "anna", "a better password")
    assert user_of(client) == account
    assert account.lesson_progress.count() == 1
    assert "This link does not work any more" in words(client.get(link[1], follow=True))


def test_asking_for_a_password_does_not_tell_who_has_an_account(client, with_mail):
    make_learner(email="anna@example.org")
    known = client.post("/accounts/password/reset/", {"email": "anna@example.org"}, follow=True)
    unknown = client.post("/accounts/password/reset/", {"email": "nobody@example.org"}, follow=True)
    assert words(known) == words(unknown)
    assert [message.to for message in mail.outbox] == [["anna@example.org"], ["nobody@example.org"]]
    assert client.post("/accounts/password/reset/", {"email": "anna"}).status_code == 422


# -- one's own account -----------------------------------------------------------------------------------------------


def test_the_account_page_says_who_one_is_and_what_is_kept(client, sign_in):
    sign_in(client, username="anna", email="anna@example.org", time_factor="1.5", extra_minutes=30)
    page = client.get("/accounts/")
    assert "You are signed in as anna" in words(page)
    assert "Half as much again, and 30 minutes more." in words(page)
    for path in ("/accounts/password/change/", "/accounts/data/", "/accounts/removal/"):
        assert f'href="{path}"' in page.text


def test_a_guest_reads_that_they_are_one_and_how_to_sign_up(client):
    be_guest(client)
    page = client.get("/accounts/")
    assert "You study as a guest" in words(page)
    assert 'href="/accounts/signup/"' in page.text
    assert 'name="username"' not in page.text
    assert client.post("/accounts/", {"username": "anna"}).url == "/accounts/signup/"


def test_name_and_address_are_changed_with_the_password(client, sign_in):
    user = sign_in(client, password=PASSWORD)
    response = client.post("/accounts/", {"username": "Berta", "email": "Berta@example.org", "password": PASSWORD})
    assert response.url == "/accounts/"
    user.refresh_from_db()
    assert (user.username, user.email) == ("berta", "berta@example.org")
    assert "are saved" in words(client.get("/accounts/"))


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"password": "wrong password"}, "password", "This is not your password."),
        ({"username": "Taken"}, "username", "This username is taken."),
        ({"email": "TAKEN@example.org"}, "email", "There is an account with this e-mail address already."),
        ({"username": "be rta"}, "username", "Use letters"),
        ({"username": ""}, "username", "An account needs a username."),
        ({"email": "berta"}, "email", "This is no whole e-mail address."),
    ],
)
def test_a_change_that_does_not_fit_is_told_at_the_field(client, sign_in, changes, field, sentence):
    make_learner(username="taken", email="taken@example.org")
    user = sign_in(client, username="berta", email="berta@example.org", password=PASSWORD)
    response = client.post("/accounts/", {"username": "berta", "email": "berta@example.org", "password": PASSWORD, **changes})
    assert response.status_code == 422
    assert sentence in field_error(response, field)
    assert "You are signed in as berta" in words(response)
    user.refresh_from_db()
    assert (user.username, user.email) == ("berta", "berta@example.org")


def test_the_export_is_a_file_that_a_person_can_read(client, sign_in):
    user = sign_in(client, username="anna", first_name="Änne")
    response = client.get("/accounts/data/")
    assert response["Content-Type"].startswith("application/json")
    assert re.fullmatch(r'attachment; filename="besa-serverless-\d{4}-\d\d-\d\d\.json"', response["Content-Disposition"])
    assert "no-store" in response["Cache-Control"]
    assert '\n  "account": {\n    "username": "anna"' in response.text
    assert '"Änne"' in response.text
    file = json.loads(response.text)
    again = accounts.export_data(user=user, now=timezone.now())
    assert {**file, "exported_at": "", "audit_log": []} == {**again, "exported_at": "", "audit_log": []}
    assert [entry["what"] for entry in again["audit_log"]] == ["own data taken out"]


def test_an_account_is_removed_with_its_password(client, sign_in):
    user = sign_in(client, password=PASSWORD)
    make_attempt(learner=user)
    page = client.get("/accounts/removal/")
    assert "cannot be undone" in words(page)
    assert 'href="/accounts/data/"' in page.text
    response = client.post("/accounts/removal/", {"proof": "wrong password"})
    assert response.status_code == 422
    assert "This is not your password." in field_error(response, "proof")
    assert User.objects.filter(pk=user.pk).exists()

    response = client.post("/accounts/removal/", {"proof": PASSWORD})
    assert response.url == "/"
    assert "Your account and everything you did are removed." in words(client.get("/"))
    assert not User.objects.exists()
    assert not Attempt.objects.exists()
    assert user_of(client) is None


@pytest.mark.parametrize("proof", ["", "delete", "yes"])
def test_a_guest_types_the_word(client, proof):
    guest = be_guest(client)
    response = client.post("/accounts/removal/", {"proof": proof})
    assert response.status_code == 422
    assert "DELETE" in field_error(response, "proof")
    assert LessonProgress.objects.filter(learner=guest).exists()
    assert client.post("/accounts/removal/", {"proof": "DELETE"}).url == "/"
    assert not User.objects.exists()
    assert not LessonProgress.objects.exists()


# -- every page ------------------------------------------------------------------------------------------------------

PAGES = {
    "visitor": [
        "/accounts/login/", "/accounts/signup/", "/accounts/inactive/", "/accounts/password/reset/", "/accounts/password/reset/done/",
        "/accounts/password/reset/key/done/", "/accounts/password/reset/key/1-bad-key/",
    ],
    "guest": ["/accounts/", "/accounts/login/", "/accounts/signup/", "/accounts/logout/", "/accounts/removal/", "/accounts/password/reset/"],
    "account": ["/accounts/", "/accounts/logout/", "/accounts/removal/", "/accounts/password/change/", "/accounts/password/reset/"],
}  # fmt: skip


@pytest.mark.parametrize(("who", "path"), [(who, path) for who, paths in PAGES.items() for path in paths])
@pytest.mark.parametrize("can_mail", [False, True], ids=["no mail", "mail"])
def test_a_page_is_sound(client, sign_in, settings, who, path, can_mail):
    settings.EMAIL_URL = "smtp://mail.example.org" if can_mail else ""
    if who == "guest":
        sign_in(client, make_guest())
    elif who == "account":
        sign_in(client)
    assert_sound(client.get(path), status=200)


@pytest.mark.parametrize(
    ("who", "path"),
    [
        ("visitor", "/accounts/login/"), ("visitor", "/accounts/signup/"), ("guest", "/accounts/signup/"), ("guest", "/accounts/removal/"),
        ("account", "/accounts/"), ("account", "/accounts/removal/"), ("account", "/accounts/password/change/"),
    ],
)  # fmt: skip
def test_a_page_with_errors_is_sound(client, sign_in, who, path):
    if who != "visitor":
        sign_in(client, make_guest() if who == "guest" else None)
    response = client.post(path, {})
    assert_sound(response, status=422)
    assert "<title>Please correct: " in response.text


def assert_sound(response: HttpResponse, *, status: int) -> None:
    text = response.content.decode()
    assert response.status_code == status
    assert len(re.findall(r"<h1\b", text)) == 1
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"<[^>]*\s(style|on\w+)=", text)
    assert "placeholder=" not in text
    assert "· BeSA Serverless</title>" in text
    ids = re.findall(r'\sid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    for described in re.findall(r'aria-describedby="([^"]*)"', text):
        assert set(described.split()) <= set(ids)
    for field in re.findall(r'<input[^>]*type="(?:text|email|password)"[^>]*>', text):
        assert "autocomplete=" in field
        if 'type="password"' in field or "hidden" in field:
            continue
        assert "autocapitalize=" in field


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/accounts/login/", {"login": "username", "password": "current-password"}),
        ("/accounts/signup/", {"login": "username", "password": "new-password"}),
    ],
)
def test_a_password_manager_knows_the_fields(client, path, fields):
    text = client.get(path).text
    for name, kind in fields.items():
        assert re.search(rf'<input[^>]*name="{name}"[^>]*autocomplete="{kind}"', text)


@pytest.mark.parametrize(
    "name",
    [
        "account_email",
        "account_set_password",
        "mfa_trust",
        "mfa_signup_webauthn",
        "mfa_download_recovery_codes",
        "mfa_list_webauthn",
        "account_confirm_email",
        "account_email_verification_sent",
    ],
)
def test_what_is_not_used_has_no_address(name):
    with pytest.raises(NoReverseMatch):
        reverse(name)


def test_an_old_form_is_told_what_happened():
    make_learner(username="anna", password=PASSWORD)
    client = Client(enforce_csrf_checks=True)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', client.get("/accounts/login/").text)
    assert token
    assert log_in(client, "anna", csrfmiddlewaretoken=token[1]).status_code == 302
    response = client.post("/accounts/logout/", {"csrfmiddlewaretoken": token[1]})
    assert response.status_code == 403
    assert "This page was open since before you signed in or out" in words(response)
    assert "Nothing was changed." in words(response)


@pytest.mark.parametrize("path", ["/accounts/", "/accounts/data/", "/accounts/removal/", "/accounts/password/change/"])
def test_a_visitor_signs_in_first(client, path):
    assert client.get(path).url == f"/accounts/login/?next={path}"
