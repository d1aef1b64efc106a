"""Passkeys and codes in a real browser, with an authenticator that Chromium plays itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import BrowserContext, Page, expect

from quizzes.models import User
from tests.browser.looks import faults_in_both_dresses
from tests.factories import make_learner

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ComeAs = Callable[[BrowserContext, User], None]
PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every code holds as long as the test takes."""
    monkeypatch.setattr(auth, "yield_hotp_counters_from_time", lambda: iter([1_000]))


def give_authenticator(page: Page) -> None:
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True,
               "automaticPresenceSimulation": True}  # fmt: skip
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def prove(page: Page) -> None:
    page.get_by_label("Your password").fill(PASSWORD)
    page.keyboard.press("Enter")


#: Without its own look at style sheets: those requests would still be on their way when the session gets its next number.


def test_a_passkey_is_added_signs_in_alone_and_is_removed(page: Page) -> None:
    give_authenticator(page)
    user = make_learner(username="anna", password=PASSWORD)
    page.goto("/accounts/login/?next=/accounts/second-factor/")
    page.get_by_label("Username or e-mail address").fill("anna")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Add a passkey").press("Enter")
    expect(page.get_by_label("Your password")).to_be_visible()
    found = faults_in_both_dresses(page)
    prove(page)
    expect(page.get_by_label("Name")).to_be_visible()
    found += faults_in_both_dresses(page)
    page.get_by_label("Name").fill("Blue phone")
    page.get_by_role("button", name="Add the passkey").press("Enter")
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    found += faults_in_both_dresses(page)
    assert Authenticator.objects.filter(user=user, type="webauthn").count() == 1
    page.get_by_role("link", name="I have kept them").press("Enter")
    expect(page.get_by_text("Signs in without a password")).to_be_visible()
    found += faults_in_both_dresses(page)

    page.goto("/accounts/logout/")
    page.get_by_role("button", name="Sign out").press("Enter")
    expect(page.get_by_role("link", name="Sign in").first).to_be_visible()
    page.goto("/accounts/login/?next=/progress/")
    found += faults_in_both_dresses(page)
    page.get_by_role("button", name="Use a passkey instead").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("You are signed in as anna.")
    assert page.url.endswith("/progress/")

    # After the password it is the second step.
    page.goto("/accounts/logout/")
    page.get_by_role("button", name="Sign out").press("Enter")
    expect(page.get_by_role("link", name="Sign in").first).to_be_visible()
    page.goto("/accounts/login/")
    page.get_by_label("Username or e-mail address").fill("anna")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Second step")).to_be_visible()
    found += faults_in_both_dresses(page)
    page.get_by_role("button", name="Use your passkey").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("You are signed in as anna.")

    page.goto("/accounts/second-factor/")
    page.get_by_role("link", name="Remove Blue phone").press("Enter")
    page.get_by_role("link", name="Use a passkey").press("Enter")
    expect(page.get_by_role("button", name="Use your passkey")).to_be_visible()
    found += faults_in_both_dresses(page)
    page.get_by_role("button", name="Use your passkey").press("Enter")
    expect(page.get_by_role("button", name="Remove the passkey")).to_be_visible()
    found += faults_in_both_dresses(page)
    page.get_by_role("button", name="Remove the passkey").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("The passkey is removed.")
    assert not Authenticator.objects.exists()
    assert found == []


def test_a_browser_that_is_given_no_passkey_is_told_so_in_words(
    page: Page, context: BrowserContext, come_as: ComeAs, complaints: Any
) -> None:
    complaints(context)
    come_as(context, make_learner(password=PASSWORD))
    page.add_init_script("navigator.credentials.create = () => Promise.reject(new DOMException('no', 'NotAllowedError'))")
    page.goto("/accounts/passkeys/new/")
    prove(page)
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_role("alert").filter(has_text="The browser was not given a passkey")).to_be_visible()
    assert not Authenticator.objects.exists()


@pytest.mark.browser_context_args(java_script_enabled=False)
def test_an_app_is_set_up_and_used_without_script(page: Page, context: BrowserContext, come_as: ComeAs) -> None:
    user = make_learner(username="anna", password=PASSWORD)
    come_as(context, user)
    page.goto("/accounts/second-factor/")
    page.get_by_role("link", name="Set up an app").click()
    prove(page)
    secret = page.locator("code.secret").inner_text()
    page.get_by_label("Code of the app").fill(format_hotp_value(hotp_value(secret, 1_000)))
    page.keyboard.press("Enter")
    code = page.locator("ol.codes code").first.inner_text()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as a file").click()
    assert code in download.value.path().read_text()
    page.goto("/accounts/passkeys/new/")
    expect(page.get_by_text("Passkeys need JavaScript, which is off in this browser.")).to_be_visible()

    context.clear_cookies()
    page.goto("/accounts/login/")
    page.get_by_label("Username or e-mail address").fill("anna")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_label("Code", exact=True).fill(code)
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("You are signed in as anna.")
