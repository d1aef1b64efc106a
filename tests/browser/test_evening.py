"""A learner's whole evening in a real browser, with JavaScript and without: from guest to account, and nothing lost on the way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from quizzes.models import Attempt, Lesson, LessonProgress, User
from quizzes.services import content

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASSWORD = "seven quiet lighthouses"


@pytest.fixture
def shipped() -> None:
    content.sync(settings.CONTENT_DIR, now=timezone.now())


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def scripts(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def evening(scripts: bool, browser: Browser, live_server: object, shipped: None) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=str(live_server), java_script_enabled=scripts)
    context.set_default_timeout(15_000)
    yield context
    context.close()


def choose(place: Page | Locator, *, first: int = 0) -> None:
    """Answer a question of any type: the options from the `first` on, the steps as they lie, a partner each, the number one."""
    number, selects = place.locator("input[name=answer][inputmode]"), place.locator("select[name=answer]")
    if number.count():
        number.fill("1")
        return
    if selects.count():
        for n in range(selects.count()):
            if selects.nth(n).is_visible():  # Where there is script, steps are moved by buttons instead, and lie in some order already.
                selects.nth(n).select_option(index=min(n + 1, selects.nth(n).locator("option").count() - 1))
        return
    inputs = place.locator(".option input")
    wanted = 1
    if inputs.first.get_attribute("type") == "checkbox":
        wanted = 3 if "THREE" in place.locator(".stem").inner_text() else 2
        for n in range(inputs.count()):  # One more than asked for is refused.
            inputs.nth(n).uncheck()
    for n in range(wanted):
        inputs.nth((first + n) % inputs.count()).check()


def answer_all(page: Page) -> int:
    """Answer a session to its end, always the first options; says how many there were."""
    answered = 0
    while "/slots/" in page.url:
        choose(page)
        page.get_by_label("Not sure").check()
        page.get_by_role("button", name="Check answer").click()
        onward = page.locator("[data-next]")
        expect(onward).to_be_visible()
        expect(page.locator(".option .why")).to_have_count(page.locator(".option").count())
        answered += 1
        before = page.url
        onward.click()
        page.wait_for_url(lambda url, before=before: url != before)
    return answered


def test_an_evening(evening: BrowserContext, scripts: bool, browser: Browser, live_server: object) -> None:
    page = evening.new_page()

    # A lesson with a check, as a visitor who becomes a guest.
    page.goto("/")
    page.get_by_role("link", name="Lessons").click()
    page.get_by_role("link", name=re.compile("^Asynchronous invocation")).first.click()
    check = page.locator(".check").first
    choose(check)
    check.get_by_role("button", name="Check answer").click()
    expect(page.locator(".check").first.locator(".verdict[role=status]")).to_be_visible()
    page.get_by_role("button", name="Mark as read").click()
    expect(page.get_by_text("You marked this lesson as read.")).to_be_visible()
    guest = User.objects.get()
    assert guest.is_guest

    # Practice: ten, and what was missed once more.
    page.goto("/practice/")
    page.get_by_role("button", name="Start practice").click()
    page.wait_for_url(re.compile(r"/attempts/\d+/slots/1/"))
    session = Attempt.objects.get(mode="practice")
    answered = answer_all(page)
    misses = session.slots.filter(repeat_of__isnull=False).count()
    assert answered == 10 + misses
    expect(page.get_by_role("heading", level=1)).to_contain_text("of 10 right the first time")

    # An exam of twenty: answers, a reload, a second tab, time up.
    page.goto("/exams/short/")
    page.get_by_role("button", name="Start the clock").click()
    page.wait_for_url(re.compile(r"/attempts/\d+/slots/1/"))
    exam = Attempt.objects.get(mode="exam")
    for position in (1, 2, 3):
        choose(page)
        page.get_by_role("button", name="Next").click()
        page.wait_for_url(re.compile(rf"/slots/{position + 1}/"))
    assert [bool(slot.draft) for slot in exam.slots.order_by("position")[:4]] == [True, True, True, False]
    choose(page)
    if scripts:
        expect(page.locator("#saved")).to_contain_text("Saved")
    else:
        with page.expect_navigation():  # to the same address, which no other wait would notice
            page.get_by_role("button", name=re.compile("^Question 4")).click()
    page.reload()
    expect(page.locator(".option input:checked")).not_to_have_count(0)

    second = evening.new_page()
    second.goto(page.url)
    choose(second, first=1)
    second.get_by_role("button", name="Next").click()
    second.wait_for_url(re.compile(r"/slots/5/"))
    kept = exam.slots.get(position=4).draft
    choose(page, first=2)
    if not scripts:
        page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("changed in another tab")).to_be_visible()
    assert exam.slots.get(position=4).draft == kept
    page.get_by_role("button", name=re.compile("[Kk]eep the answer of this page|[Kk]eep this")).click()
    expect(page.get_by_text("changed in another tab")).to_have_count(0)
    page.goto(f"/attempts/{exam.pk}/slots/4/")
    expect(page.locator(".option input:checked").first).to_be_visible()
    assert exam.slots.get(position=4).draft != kept
    second.close()

    Attempt.objects.filter(pk=exam.pk).update(deadline_at=timezone.now() - timedelta(seconds=30))
    page.goto(f"/attempts/{exam.pk}/")
    page.wait_for_url(re.compile(r"/result/"))
    expect(page.get_by_text("time was up")).to_be_visible()
    exam.refresh_from_db()
    assert exam.finish_reason == "expired"
    expect(page.get_by_role("heading", level=1)).to_contain_text(str(exam.scaled))

    # The misses, practised.
    page.get_by_role("button", name=re.compile("^Practise")).click()
    page.wait_for_url(re.compile(r"/slots/1/"))
    assert answer_all(page) >= 1

    # Sign up: the same person, everything still there.
    page.goto("/accounts/signup/")
    page.get_by_label(re.compile("Username", re.I)).first.fill("ada")
    page.get_by_label("Password", exact=False).first.fill(PASSWORD)
    page.get_by_role("button", name=re.compile("Sign up|Create")).click()
    page.wait_for_url(lambda url: "signup" not in url)
    guest.refresh_from_db()
    assert (guest.username, guest.is_guest) == ("ada", False)
    everything_is_there(page, exam)

    # A second browser.
    other = browser.new_context(base_url=str(live_server))
    page = other.new_page()
    page.goto("/accounts/login/")
    page.get_by_label(re.compile("Username|E-mail", re.I)).first.fill("ada")
    page.get_by_label("Password", exact=False).first.fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "login" not in url)
    everything_is_there(page, exam)
    other.close()


def everything_is_there(page: Page, exam: Attempt) -> None:
    page.goto("/progress/")
    expect(page.get_by_role("link", name="Short practice exam")).to_be_visible()
    expect(page.get_by_text(f"1 of {Lesson.objects.count()} lessons read")).to_be_visible()
    assert LessonProgress.objects.filter(learner__username="ada", finished_at__isnull=False).count() == 1
    page.goto(f"/attempts/{exam.pk}/result/")
    expect(page.get_by_role("heading", level=1)).to_contain_text(str(exam.scaled))
