"""The invocation lab in a real browser: a case changed and predicted with script, without, and by keyboard alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect

from quizzes.models import LabPrediction

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LAB = "/labs/invocation/"


def test_a_case_is_changed_and_predicted_without_leaving_the_page(
    page: Page, context: BrowserContext, complaints: Callable[..., list[str]]
):
    complaints(context)
    page.goto(LAB)
    page.evaluate("window.here = true")
    page.get_by_label("How the function is invoked").focus()
    page.get_by_label("How the function is invoked").select_option("sqs")
    page.get_by_label("maxReceiveCount").fill("3")
    page.keyboard.press("Tab")
    expect(page).to_have_url(page.url.split("?")[0] + "?model=sqs&fault=always&max_receive=3")
    expect(page.get_by_label("Maximum concurrency")).to_be_focused()
    page.get_by_role("group", name="How often does the function start?").get_by_label("3", exact=True).check()
    page.get_by_label("in the dead-letter queue").check()
    page.get_by_role("button", name="Run and check my prediction").click()
    expect(page.get_by_role("heading", name="As you said")).to_be_focused()
    assert page.evaluate("window.here")
    assert LabPrediction.objects.get().right
    page.go_back()
    expect(page.get_by_label("maxReceiveCount")).to_be_visible()


def test_what_does_not_fit_is_told_at_once(page: Page):
    page.goto(LAB)
    page.get_by_label("Retry attempts").fill("7")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Set 0 to 2 retries")).to_be_visible()
    expect(page.get_by_label("Retry attempts")).to_have_value("7")
    page.get_by_label("Retry attempts").fill("0")
    page.keyboard.press("Tab")
    expect(page.get_by_role("heading", name="Predict first")).to_be_visible()


def test_by_keyboard_alone(page: Page):
    page.goto(f"{LAB}?model=async&fault=always")
    page.get_by_label("Reserved concurrency").focus()
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.press("Space")  # the first number
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Not quite")).to_be_focused()
    assert LabPrediction.objects.get().predicted == {"runs": "2", "ending": "processed"}


def test_without_script(browser: Browser, client: Client, live_server: object):
    context = browser.new_context(base_url=str(live_server), java_script_enabled=False, viewport={"width": 390, "height": 800})
    page = context.new_page()
    page.goto(LAB)
    page.get_by_label("How the function is invoked").select_option("stream")
    page.get_by_role("button", name="Use these settings").click()
    page.get_by_label("Bisect batch on error").check()
    page.get_by_role("button", name="Use these settings").click()
    page.get_by_role("link", name="Run without a prediction").click()
    expect(page.get_by_role("heading", name="Attempt by attempt")).to_be_visible()
    assert page.url.endswith("?model=stream&fault=always&bisect=1&run=1")
    context.close()
