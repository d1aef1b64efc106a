"""The second step of signing in: set up, used, lost, removed; with a guest's work; and the desk behind it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.app_settings import AppSettings as AccountSettings
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.test import Client
from django.urls import reverse

from quizzes.models import AuditEntry, User
from quizzes.services import accounts
from tests.factories import make_guest, make_learner, make_lesson

pytestmark = pytest.mark.django_db

SignIn = Callable[..., User]
PASSWORD = "correct horse battery"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
STEP = "/accounts/second-factor/step/"


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The thirty seconds of the app's codes, as a number that a test sets."""
    at = [1_000]
    monkeypatch.setattr(auth, "yield_hotp_counters_from_time", lambda: iter(at))
    return at


def code_of(secret: str = SECRET, at: int = 1_000) -> str:
    return format_hotp_value(hotp_value(secret, at))


def person(**values: Any) -> User:
    """Somebody with an app behind their password."""
    user = make_learner(**{"username": "anna", "password": PASSWORD, **values})
    TOTP.activate(user, SECRET)
    RecoveryCodes.activate(user)
    return user


def come(client: Client, **data: str) -> Any:
    return client.post("/accounts/login/", {"login": "anna", "password": PASSWORD, **data})


def who(client: Client) -> int | None:
    return int(client.session["_auth_user_id"]) if "_auth_user_id" in client.session else None


def again(client: Client) -> None:
    """Prove once more who one is."""
    assert client.post("/accounts/reauthentication/", {"password": PASSWORD, "next": "/accounts/second-factor/"}).status_code == 302


# -- signing in ------------------------------------------------------------------------------------------------------


def test_the_password_alone_opens_nothing(client: Client):
    person()
    response = come(client)
    assert response.url == STEP
    assert who(client) is None
    assert client.get("/accounts/").status_code == 302
    assert "Your password is right. Now type the code of your app." in client.get(STEP).text
    assert client.post(STEP, {"code": "000000"}).status_code == 422
    assert who(client) is None


def test_the_code_opens_the_account_once_and_the_session_has_a_new_key(client: Client):
    user = person()
    come(client, next="/progress/")
    before = client.session.session_key
    response = client.post(STEP, {"code": code_of()})
    assert response.url == "/progress/"
    assert who(client) == user.pk
    assert client.session.session_key != before
    second = Client()
    come(second)
    refused = second.post(STEP, {"code": code_of()})
    assert refused.status_code == 422
    assert "each holds for 30 seconds and works once" in refused.text
    assert who(second) is None


def test_a_code_of_another_half_minute_does_not_fit(client: Client, clock: list[int]):
    person()
    come(client)
    for at in (999, 1_001):
        assert client.post(STEP, {"code": code_of(at=at)}).status_code == 422
    clock[0] = 1_001
    assert client.post(STEP, {"code": code_of(at=1_001)}).status_code == 302


def test_a_recovery_code_stands_in_for_the_app_once(client: Client):
    user = person()
    code = RecoveryCodes.activate(user).get_unused_codes()[0]
    come(client)
    assert client.post(STEP, {"code": code}).status_code == 302
    assert who(client) == user.pk
    second = Client()
    come(second)
    assert second.post(STEP, {"code": code}).status_code == 422


def test_nobody_comes_to_the_second_step_without_the_first(client: Client, sign_in: SignIn):
    person()
    assert client.get(STEP).url == "/accounts/login/"
    assert client.post(STEP, {"code": code_of()}).url == "/accounts/login/"
    sign_in(client)
    assert client.get(STEP).url == "/"


def test_a_first_step_is_forgotten_after_a_quarter_of_an_hour(client: Client, monkeypatch: pytest.MonkeyPatch):
    person()
    come(client)
    monkeypatch.setattr(AccountSettings, "LOGIN_TIMEOUT", -1)
    assert client.post(STEP, {"code": code_of()}).url == "/accounts/login/"
    assert who(client) is None


def test_a_closed_account_stays_closed_with_the_right_code(client: Client):
    person(is_active=False)
    come(client)
    assert client.post(STEP, {"code": code_of()}).url == "/accounts/login/"
    assert who(client) is None


def test_wrong_codes_are_counted_and_then_even_the_right_one_waits(client: Client, settings: Any):
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/300s/key"}
    person()
    come(client)
    for _ in range(5):
        assert client.post(STEP, {"code": "000000"}).status_code == 422
    response = client.post(STEP, {"code": code_of()})
    assert response.status_code == 429
    assert "There were too many tries" in response.text
    assert who(client) is None


# -- a guest's work --------------------------------------------------------------------------------------------------


def begin(client: Client) -> User:
    lesson = make_lesson("read-as-a-guest")
    client.post(f"/lessons/{lesson.slug}/reading/", {"finished": "1"})
    return User.objects.get(pk=client.session["_auth_user_id"])


def test_what_a_guest_did_comes_along_after_the_second_step_and_not_before(client: Client):
    account, guest = person(), begin(client)
    come(client)
    assert who(client) == guest.pk
    assert guest.lesson_progress.exists()
    assert not account.lesson_progress.exists()
    assert client.get(STEP).status_code == 200
    page = client.post(STEP, {"code": code_of()}, follow=True)
    assert "You are signed in as anna. Everything you did here as a guest came along." in page.text
    assert who(client) == account.pk
    assert account.lesson_progress.exists()
    assert not User.objects.filter(pk=guest.pk).exists()


def test_a_guest_who_knows_the_password_alone_keeps_their_work_and_brings_nothing_in(client: Client):
    account, guest = person(), begin(client)
    come(client)
    client.post(STEP, {"code": "000000"})
    assert who(client) == guest.pk
    assert client.get("/progress/").status_code == 200
    assert not account.lesson_progress.exists()


def test_signing_up_as_somebody_who_has_a_second_factor_leads_to_the_second_step(client: Client):
    person()
    response = client.post("/accounts/signup/", {"login": "anna", "password": PASSWORD})
    assert response.url == STEP
    assert who(client) is None


def test_a_guest_is_sent_to_sign_up_from_every_page_of_it(client: Client, sign_in: SignIn):
    sign_in(client, make_guest())
    names = ["mfa_index", "mfa_activate_totp", "mfa_deactivate_totp", "mfa_view_recovery_codes", "mfa_generate_recovery_codes",
             "mfa_add_webauthn", "account_reauthenticate", "mfa_reauthenticate", "mfa_reauthenticate_webauthn", "account-sessions"]  # fmt: skip
    for name in names:
        assert client.get(reverse(name)).url == "/accounts/signup/", name


# -- setting it up and taking it away --------------------------------------------------------------------------------


def test_who_changes_it_proves_again_who_they_are(client: Client, sign_in: SignIn):
    sign_in(client, person())
    for name in ("mfa_deactivate_totp", "mfa_generate_recovery_codes", "mfa_add_webauthn"):
        for method in (client.get, client.post):
            assert method(reverse(name)).url.startswith("/accounts/reauthentication/"), name
    assert client.get(reverse("mfa_view_recovery_codes")).url.startswith("/accounts/reauthentication/")
    assert client.post("/accounts/reauthentication/", {"password": "wrong one"}).status_code == 422
    assert client.get(reverse("mfa_deactivate_totp")).status_code == 302
    before = client.session.session_key
    again(client)
    assert client.session.session_key != before
    assert client.get(reverse("mfa_deactivate_totp")).status_code == 200


def test_a_code_proves_it_too(client: Client, sign_in: SignIn):
    sign_in(client, person())
    assert client.post("/accounts/reauthentication/code/", {"code": "000000"}).status_code == 422
    assert client.post("/accounts/reauthentication/code/", {"code": code_of()}).status_code == 302
    assert client.get(reverse("mfa_deactivate_totp")).status_code == 200


def test_an_app_is_set_up_with_picture_and_text_and_the_codes_are_shown_once(client: Client, sign_in: SignIn):
    user = sign_in(client, password=PASSWORD)
    elsewhere = Client()
    elsewhere.force_login(user, backend=BACKEND)
    again(client)
    page = client.get("/accounts/second-factor/app/").text
    assert 'src="data:image/svg+xml;base64,' in page
    secret = re.search(r'<code class="secret">([A-Z2-7=]+)</code>', page)[1]  # type: ignore[index]
    wrong = client.post("/accounts/second-factor/app/", {"code": "000000"})
    assert wrong.status_code == 422
    assert secret in wrong.text
    assert not Authenticator.objects.exists()
    response = client.post("/accounts/second-factor/app/", {"code": code_of(secret)})
    assert response.url == "/accounts/second-factor/codes/"
    codes = client.get(response.url)
    assert len(re.findall(r"<li><code>\d{8}</code></li>", codes.text)) == 10
    assert 'href="data:text/plain;charset=utf-8,Recovery%20codes' in codes.text
    assert "no-store" in codes["Cache-Control"]
    later = client.get(response.url).text
    assert not re.search(r"\d{8}", later)
    assert "cannot be shown again" in later
    # Browsers that came in without it are signed out, this one stays.
    assert client.get("/accounts/").status_code == 200
    assert elsewhere.get("/accounts/").status_code == 302
    assert "Behind your password stands an app." in client.get("/accounts/").text


def test_the_secret_lies_in_the_database_under_a_key_that_is_not_there(settings: Any):
    user = person()
    stored = [str(data) for data in Authenticator.objects.values_list("data", flat=True)]
    assert len(stored) == 2
    assert not any(SECRET in data for data in stored)
    app = Authenticator.objects.get(user=user, type="totp").wrap()
    assert app.validate_code(code_of())
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another key that nobody knows of, long enough"
    assert not app.validate_code(code_of())
    settings.SECRET_KEY_FALLBACKS = [old]
    assert not app.validate_code(code_of())  # used already
    Authenticator.objects.all().delete()


def test_a_rotated_key_keeps_the_app_as_long_as_the_old_one_is_named(settings: Any, client: Client):
    person()
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another key that nobody knows of, long enough", [settings.SECRET_KEY]
    come(client)
    assert client.post(STEP, {"code": code_of()}).status_code == 302


def test_new_codes_end_the_old_ones(client: Client, sign_in: SignIn):
    user = sign_in(client, person())
    old = RecoveryCodes.activate(user).get_unused_codes()[0]
    again(client)
    assert client.post(reverse("mfa_generate_recovery_codes")).status_code == 302
    assert not Authenticator.objects.get(user=user, type="recovery_codes").wrap().validate_code(old)


def test_without_a_second_factor_there_are_no_codes_to_make(client: Client, sign_in: SignIn):
    sign_in(client, password=PASSWORD)
    again(client)
    response = client.post(reverse("mfa_generate_recovery_codes"))
    assert response.status_code == 422
    assert "Set up an app or a passkey first." in response.text
    assert not Authenticator.objects.exists()


def test_an_app_is_removed_with_its_codes(client: Client, sign_in: SignIn):
    user = sign_in(client, person())
    again(client)
    assert client.post(reverse("mfa_deactivate_totp")).url == "/accounts/second-factor/"
    assert not Authenticator.objects.filter(user=user).exists()
    fresh = Client()
    assert come(fresh).url == "/"


def make_passkey(user: User, name: str = "Blue key") -> Authenticator:
    return Authenticator.objects.create(user=user, type="webauthn", data={"name": name, "credential": {}, "passwordless": True})


def test_a_passkey_is_renamed_and_removed_by_its_owner_alone(client: Client, sign_in: SignIn):
    other = make_passkey(make_learner())
    mine = make_passkey(sign_in(client, password=PASSWORD))
    again(client)
    for name in ("mfa_edit_webauthn", "mfa_remove_webauthn"):
        for method in (client.get, client.post):
            assert method(reverse(name, args=[other.pk]), {"name": "Mine now"}).status_code == 404
    assert client.post(reverse("mfa_edit_webauthn", args=[mine.pk]), {"name": "x" * 61}).status_code == 422
    assert client.post(reverse("mfa_edit_webauthn", args=[mine.pk]), {"name": "<b>Red</b>"}).status_code == 302
    assert "&lt;b&gt;Red&lt;/b&gt;" in client.get("/accounts/second-factor/").text
    assert client.post(reverse("mfa_remove_webauthn", args=[mine.pk])).status_code == 302
    assert list(Authenticator.objects.all()) == [other]


@pytest.mark.parametrize("credential", ["", "{}", "[]", "null", '{"id": 1}', "not json", '{"response": {"userHandle": "AAAA"}}', '"x"'])
def test_a_forged_answer_of_a_passkey_is_a_sentence(client: Client, credential: str):
    response = client.post("/accounts/passkeys/login/", {"credential": credential})
    assert response.url == "/accounts/login/"
    assert "This passkey opens no account here" in client.get(response.url).text
    user = person()
    come(client)
    assert client.post(STEP, {"credential": credential}).status_code == 422
    client.force_login(user, backend=BACKEND)
    again(client)
    assert client.post("/accounts/passkeys/new/", {"name": "x", "credential": credential}).status_code == 422


def test_the_challenge_of_a_passkey_is_for_scripts_and_new_each_time(client: Client):
    make_learner()
    first, second = (client.get("/accounts/passkeys/login/", headers={"accept": "application/json"}).json() for _ in range(2))
    assert first["request_options"]["publicKey"]["userVerification"] == "required"
    assert first["request_options"]["publicKey"]["challenge"] != second["request_options"]["publicKey"]["challenge"]
    assert client.get("/accounts/passkeys/login/").url == "/accounts/login/"


def test_what_one_changes_stands_in_the_audit_log_without_any_secret(client: Client, sign_in: SignIn):
    user = sign_in(client, password=PASSWORD)
    again(client)
    secret = re.search(r'<code class="secret">([A-Z2-7=]+)</code>', client.get("/accounts/second-factor/app/").text)[1]  # type: ignore[index]
    client.post("/accounts/second-factor/app/", {"code": code_of(secret)})
    client.post(reverse("mfa_generate_recovery_codes"))
    make_passkey(user)
    client.post(reverse("mfa_remove_webauthn", args=[Authenticator.objects.get(type="webauthn").pk]))
    client.post(reverse("mfa_deactivate_totp"))
    kept = AuditEntry.objects.order_by("pk")
    assert [entry.target for entry in kept] == ["app set up", "new recovery codes", "passkey removed", "app removed"]
    assert {(entry.actor, entry.subject, str(entry.before), str(entry.after)) for entry in kept} == {(user.pk, user.pk, "{}", "{}")}


# -- everywhere else, the export, leaving ----------------------------------------------------------------------------


def test_one_signs_out_everywhere_else(client: Client, sign_in: SignIn):
    user = sign_in(client)
    elsewhere = Client()
    elsewhere.force_login(user, backend=BACKEND)
    assert "Sign out everywhere else?" in client.get("/accounts/sessions/").text
    assert client.post("/accounts/sessions/").status_code == 302
    assert client.get("/accounts/").status_code == 200
    assert elsewhere.get("/accounts/").status_code == 302


def test_the_export_says_that_there_is_one_and_never_its_secret():
    user = person()
    codes = RecoveryCodes.activate(user).get_unused_codes()
    file = accounts.export_data(user=user, now=user.date_joined + timedelta(days=1))
    assert [factor["kind"] for factor in file["account"]["second_factor"]] == ["TOTP Authenticator", "Recovery codes"]
    stored = [str(value) for data in Authenticator.objects.values_list("data", flat=True) for value in data.values() if value]
    for secret in (SECRET, *codes, *stored):
        assert secret not in str(file)


def test_it_goes_with_the_account():
    user = person()
    accounts.delete_account(user=user)
    assert not Authenticator.objects.exists()


# -- who lost everything ---------------------------------------------------------------------------------------------


def test_whoever_runs_the_site_removes_it_for_somebody_who_lost_it(client: Client, sign_in: SignIn):
    user = person()
    theirs = Client()
    theirs.force_login(user, backend=BACKEND)
    chief = sign_in(client, username="chief", is_staff=True, is_superuser=True)
    client.post("/admin/quizzes/user/", {"action": "remove_second_factors", "_selected_action": [user.pk]})
    assert not Authenticator.objects.exists()
    assert theirs.get("/accounts/").status_code == 302
    entry = AuditEntry.objects.get(action="second factor")
    assert (entry.actor, entry.subject) == (chief.pk, user.pk)


# -- the desk --------------------------------------------------------------------------------------------------------


@pytest.fixture
def strict(settings: Any) -> None:
    settings.ADMIN_REQUIRES_2FA = True


@pytest.mark.parametrize("values", [{"is_superuser": True}, {}], ids=["superuser", "instructor"])
def test_the_desk_opens_only_with_a_second_factor_where_that_is_set(client: Client, sign_in: SignIn, strict: None, values: dict[str, bool]):
    user = sign_in(client, is_staff=True, **values)
    if not values:
        accounts.make_instructor(user=user)
    for path in ("/admin/", "/admin/quizzes/question/", "/admin/quizzes/question/add/", "/admin/jsi18n/"):
        for method in (client.get, client.post):
            response = method(path)
            assert response.status_code == 403, path
            assert "The desk needs a second factor" in response.text
    assert 'href="/accounts/second-factor/"' in response.text
    TOTP.activate(user, SECRET)
    assert client.get("/admin/").status_code == 200


def test_recovery_codes_alone_are_no_second_factor(client: Client, sign_in: SignIn, strict: None):
    RecoveryCodes.activate(sign_in(client, is_staff=True, is_superuser=True))
    assert client.get("/admin/").status_code == 403


def test_without_the_setting_the_desk_opens_as_before(client: Client, sign_in: SignIn):
    sign_in(client, is_staff=True, is_superuser=True)
    assert client.get("/admin/").status_code == 200


def test_the_setting_changes_nothing_for_learners(client: Client, sign_in: SignIn, strict: None):
    sign_in(client)
    assert client.get("/").status_code == 200
    assert "This page is not for this account" in client.get("/admin/").text
