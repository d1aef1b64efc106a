"""Signing up in a real browser: by keyboard, with the password shown, and pages that axe has nothing to say about."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from playwright.sync_api import BrowserContext, Page, expect

from quizzes.models import User
from tests.browser.looks import dress, faults, faults_in_both_dresses
from tests.factories import make_guest, make_learner
from tests.pages.test_site import PROVED

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ComeAs = Callable[[BrowserContext, User], None]


def test_signing_up_by_keyboard_alone_with_a_look_at_the_password(
    page: Page, context: BrowserContext, come_as: ComeAs, complaints: Any
) -> None:
    complaints(context)
    guest = make_guest()
    come_as(context, guest)
    page.goto("/accounts/signup/")
    page.get_by_label("Username or e-mail address").focus()
    page.keyboard.type("an na")
    page.keyboard.press("Tab")
    page.keyboard.type("seven quiet lighthouses")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Show password")).to_be_focused()
    page.keyboard.press("Enter")
    password = page.get_by_label("Password", exact=True)
    expect(password).to_have_attribute("type", "text")
    expect(page.get_by_role("button", name="Hide password")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page).to_have_title("Please correct: Sign up · BeSA Serverless")
    name = page.get_by_label("Username or e-mail address")
    expect(name).to_be_focused()
    expect(name).to_have_accessible_description(
        "A name that you make up, or your address. This site sends no e-mail, so keep your password somewhere safe. "
        "Use letters, digits and . + - _ only, or type a whole e-mail address."
    )
    expect(password).to_have_attribute("type", "password")
    name.fill("anna")
    password.fill("seven quiet lighthouses")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Welcome, anna. Everything you did as a guest is in your account.")
    guest.refresh_from_db()
    assert (guest.username, guest.is_guest) == ("anna", False)


PAGES = {
    "visitor": [
        "login",
        "signup",
        "inactive",
        "password/reset",
        "password/reset/done",
        "password/reset/key/1-bad-key",
        "password/reset/key/done",
    ],
    "guest": ["", "login", "signup", "logout", "removal"],
    "account": ["", "logout", "removal", "password/change", "sessions", "reauthentication"],
}


@pytest.mark.parametrize("who", PAGES)
def test_axe_finds_nothing(page: Page, context: BrowserContext, come_as: ComeAs, who: str) -> None:
    if who != "visitor":
        come_as(context, make_guest() if who == "guest" else make_learner(username="a" * 40))
    found = []
    for name in PAGES[who]:
        page.goto(f"/accounts/{name}/" if name else "/accounts/")
        dress(page, "light", 1280)
        found += faults(page)
        submit = page.locator("main form.card button.primary, main form.card button.danger").first
        if submit.count() and name not in {"logout", "sessions"}:
            with page.expect_navigation():  # empty fields: the page with its errors, mostly at the same address
                submit.click()
        dress(page, "dark", 390)
        found += faults(page)
    assert found == []


@pytest.mark.parametrize("behind", PROVED)
def test_axe_finds_nothing_behind_a_proof_of_who_one_is(page: Page, context: BrowserContext, come_as: ComeAs, behind: str) -> None:
    person = make_learner()
    come_as(context, person)
    page.goto("/accounts/reauthentication/?next=/accounts/second-factor/")
    page.get_by_label("Your password").fill("correct horse battery")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/second-factor/$"))
    if behind == "an app":
        TOTP.activate(person, "JBSWY3DPEHPK3PXP")
        RecoveryCodes.activate(person)
    elif behind == "a passkey":
        Authenticator.objects.create(pk=1, user=person, type="webauthn", data={"name": "Blue key", "credential": {}})
    found = []
    for step in PROVED[behind]:
        page.goto(step.address)
        assert page.url.endswith(step.address)
        found += faults_in_both_dresses(page)
    assert found == []
