"""What every browser test shares: a real Chromium, the served app, people who are signed in, and a look at the console."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, expect

from quizzes.models import User

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
NO_CHROMIUM = "no Chromium was found: install one, or name it with CHROMIUM=/path/to/chromium"

# Playwright runs an event loop in this thread; Django would take every query of a test for one inside it.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
expect.set_options(timeout=15_000)  # A busy machine is no fault.


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if CHROMIUM:
        return
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason=NO_CHROMIUM))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    skipped = [report for report in terminalreporter.stats.get("skipped", []) if NO_CHROMIUM in str(report.longrepr)]
    if skipped:
        terminalreporter.write_line(f"{len(skipped)} browser tests were skipped: {NO_CHROMIUM}", yellow=True)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    quiet = ["--disable-gpu", "--disable-background-networking", "--no-first-run", "--disable-component-update", "--disable-sync"]
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": [*quiet, *sandbox]}


@pytest.fixture
def browser_context_args(browser_context_args: dict[str, Any], live_server: Any) -> dict[str, Any]:
    return {**browser_context_args, "base_url": str(live_server), "locale": "en-GB"}


@pytest.fixture(autouse=True)
def offline_reading(request: pytest.FixtureRequest, settings: Any) -> None:
    """Only the tests of offline reading have a worker between page and server; the others look at what the server sends."""
    settings.OFFLINE_READING = request.module.__name__.endswith("test_offline")


@pytest.fixture
def come_as(live_server: Any) -> Callable[[BrowserContext, User], None]:
    """come_as(context, learner) signs a browser in, by the cookie that Django's own client gets."""

    def go(context: BrowserContext, learner: User) -> None:
        client = Client()
        client.force_login(learner, backend="allauth.account.auth_backends.AuthenticationBackend")
        name = settings.SESSION_COOKIE_NAME
        context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": str(live_server)}])

    return go


@pytest.fixture
def complaints() -> Iterator[Callable[[BrowserContext], list[str]]]:
    """complaints(context) collects what the consoles of its pages say in anger: script errors, policy violations, lost files.

    A refusal (4xx) and a link that a test cut are told to the person, and are no complaint. What is left at the end fails the test.
    """
    found: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            found.append(f"{message.page.url if message.page else ''}: {message.text}")

    def lost(request: Request) -> None:
        if "/static/" in request.url and not re.search("ERR_ABORTED|ERR_INTERNET_DISCONNECTED", str(request.failure)):
            found.append(f"{request.url}: {request.failure}")

    def listen(context: BrowserContext) -> list[str]:
        def attend(page: Page) -> None:
            page.on("pageerror", lambda error: found.append(f"{page.url}: {error}"))

        context.on("console", hear)
        context.on("requestfailed", lost)
        context.on("page", attend)
        for page in context.pages:
            attend(page)
        return found

    yield listen
    assert found == []
