"""Reading offline: the worker comes, keeps lessons and nothing else, steps aside for exams, and can be withdrawn."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from quizzes.models import Lesson, User
from tests.browser.looks import found_by_axe
from tests.factories import make_attempt, make_learner, make_lesson

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ComeAs = Callable[[BrowserContext, User], None]
Complaints = Callable[[BrowserContext], list[str]]

#: The addresses of everything that lies in any cache.
EVERYTHING = """async () => {
  const found = [];
  for (const name of await caches.keys()) for (const { url } of await (await caches.open(name)).keys()) found.push(new URL(url).pathname);
  return found.sort();
}"""


def kept(page: Page) -> list[str]:
    """The lessons that are kept."""
    found: list[str] = page.evaluate(EVERYTHING)
    return [address.split("/")[2] for address in found if address.startswith("/lessons/")]


def until(page: Page, condition: str, argument: Any = None) -> None:
    """Asked again and again, as the answer comes later: `everything` is what lies in the caches, `wanted` the argument."""
    for _ in range(150):
        asked = f"async (wanted) => {{ const everything = await ({EVERYTHING})(); return {condition}; }}"
        if page.evaluate(asked, argument):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"never true: {condition}; the caches hold {page.evaluate(EVERYTHING)}")


def is_controlled(page: Page) -> None:
    page.wait_for_function("() => navigator.serviceWorker.controller?.state === 'activated'")


def keeps(page: Page, slug: str) -> None:
    until(page, "everything.includes(`/lessons/${wanted}/offline/`)", slug)


@pytest.fixture
def lessons(live_server: object) -> list[Lesson]:
    return [make_lesson(slug=slug) for slug in ("queues", "streams", "topics")]


@pytest.fixture
def reader(lessons: list[Lesson], context: BrowserContext, come_as: ComeAs, complaints: Complaints) -> Page:
    """A learner's browser, in which the worker is at work and one lesson was opened."""
    complaints(context)
    come_as(context, make_learner(username="reader-of-lessons"))
    page = context.new_page()
    page.goto("/")
    is_controlled(page)
    page.goto(lessons[0].get_absolute_url())
    keeps(page, "queues")
    return page


def test_a_lesson_that_was_opened_is_read_without_a_link(reader: Page, lessons: list[Lesson], context: BrowserContext):
    context.set_offline(True)
    reader.goto("/lessons/queues/")
    expect(reader.get_by_role("heading", level=1)).to_have_text(lessons[0].title)
    expect(reader.get_by_text("This is the copy on your device.")).to_be_visible()
    assert reader.evaluate("getComputedStyle(document.querySelector('.bar')).display") == "flex"  # its style came along
    assert reader.evaluate("document.querySelectorAll('form').length") == 0
    reader.goto("/lessons/streams/")
    expect(reader.get_by_role("heading", level=1)).to_have_text("Reading offline")
    expect(reader.get_by_role("link", name=re.compile(re.escape(lessons[0].title)))).to_be_visible()
    expect(reader.get_by_role("listitem")).to_have_count(1)
    for address in ("/", "/practice/", "/accounts/", "/no/such/page/"):
        reader.goto(address)
        expect(reader).to_have_url(re.compile(f"{re.escape(address)}$"))
        expect(reader.get_by_role("heading", level=1)).to_have_text("Reading offline")
        reader.wait_for_load_state("networkidle")
    context.set_offline(False)
    expect(reader.get_by_role("heading", level=1)).to_have_text("There is nothing at this address")  # it loads by itself
    reader.goto("/lessons/queues/")
    expect(reader.get_by_role("button", name="Mark as read")).to_be_visible()


def test_a_link_that_comes_and_goes_again_reloads_nothing(reader: Page, context: BrowserContext):
    context.set_offline(True)
    reader.goto("/practice/")
    expect(reader.get_by_role("heading", level=1)).to_have_text("Reading offline")
    stays = reader.evaluate("""async () => {
      window.stays = true;
      dispatchEvent(new Event("online"));
      await new Promise((done) => setTimeout(done, 800));
      return window.stays;
    }""")
    assert stays


def test_nothing_of_anybody_lies_in_the_caches(reader: Page, context: BrowserContext):
    """Walked through pages of all kinds, the caches hold lessons and what they need, and no name, form or token."""
    for address in (
        "/",
        "/lessons/",
        "/lessons/queues/",
        "/practice/",
        "/exams/",
        "/progress/",
        "/accounts/",
        "/glossary/",
        "/search/?q=a",
    ):
        reader.goto(address)
    found = reader.evaluate(EVERYTHING)
    assert [a for a in found if not a.startswith("/static/")] == ["/lessons/queues/offline/", "/offline/"]
    texts = reader.evaluate("""async () => {
      const texts = [];
      for (const name of await caches.keys()) {
        const cache = await caches.open(name);
        for (const request of await cache.keys()) texts.push(await (await cache.match(request)).text());
      }
      return texts;
    }""")
    assert len(texts) == len(found)
    for text in texts:
        assert not re.search("csrfmiddlewaretoken|<form|reader-of-lessons|Mark as read", text)


def test_all_lessons_are_kept_on_request_and_removed_again(reader: Page, context: BrowserContext):
    reader.goto("/lessons/")
    state = reader.locator("[data-state]")
    expect(state).to_contain_text("1 lesson of 3 can be read on this device offline")
    expect(reader.locator("[data-here]:visible")).to_have_text("· on this device")
    assert found_by_axe(reader) == []
    reader.get_by_role("button", name=re.compile("^Keep all 3 lessons, about .* KB$")).click()
    expect(state).to_contain_text("All 3 lessons can be read")
    expect(state).to_be_focused()
    assert kept(reader) == ["queues", "streams", "topics"]
    expect(reader.get_by_role("button", name=re.compile("Keep all"))).to_have_count(0)
    context.set_offline(True)
    reader.goto("/lessons/topics/")
    expect(reader.get_by_text("This is the copy on your device.")).to_be_visible()
    assert found_by_axe(reader) == []
    reader.goto("/exams/")
    expect(reader.get_by_role("heading", level=1)).to_have_text("Reading offline")
    assert found_by_axe(reader) == []
    context.set_offline(False)
    expect(reader.get_by_role("heading", level=1)).not_to_have_text("Reading offline")  # it loads by itself
    reader.goto("/lessons/")
    reader.get_by_role("button", name="Remove them from this device").click()
    expect(state).to_contain_text("were removed from this device")
    assert kept(reader) == []


def test_a_broken_link_while_keeping_all_is_told_and_what_came_stays(reader: Page, context: BrowserContext):
    reader.goto("/lessons/")
    expect(reader.locator("[data-state]")).to_contain_text("1 lesson of 3")
    context.set_offline(True)
    reader.get_by_role("button", name=re.compile("^Keep all 3 lessons")).click()
    expect(reader.locator("[data-state]")).to_contain_text("The server could not be reached for all of them. 1 lesson of 3")
    context.set_offline(False)
    reader.get_by_role("button", name=re.compile("^Keep all 3 lessons")).click()
    expect(reader.locator("[data-state]")).to_contain_text("All 3 lessons")


def test_signing_out_clears_the_shelf(reader: Page):
    assert kept(reader) == ["queues"]
    reader.goto("/accounts/")
    reader.get_by_role("button", name="Sign out").click()
    expect(reader.get_by_role("link", name="Sign in")).to_be_visible()
    until(reader, "!everything.some((address) => address.startsWith('/lessons/'))")


def test_a_lesson_that_changed_replaces_its_copy(reader: Page, lessons: list[Lesson], context: BrowserContext):
    before = reader.evaluate("caches.keys()")
    Lesson.objects.filter(pk=lessons[0].pk).update(title="Queues, told better", checksum="another")
    Lesson.objects.filter(pk=lessons[1].pk).delete()
    reader.evaluate("async () => { await (await navigator.serviceWorker.ready).update(); }")
    until(reader, "(await caches.keys()).length === 1 && (await caches.keys())[0] !== wanted[0]", before)
    context.set_offline(True)
    reader.goto("/lessons/queues/")
    expect(reader.get_by_role("heading", level=1)).to_have_text("Queues, told better")


def test_a_worker_that_is_switched_off_takes_everything_with_it(reader: Page, settings: Any):
    settings.OFFLINE_READING = False
    reader.goto("/lessons/")
    expect(reader.get_by_text("Read offline")).to_have_count(0)
    reader.evaluate("async () => { await (await navigator.serviceWorker.getRegistration())?.update(); }")
    until(reader, "everything.length === 0 && (await navigator.serviceWorker.getRegistrations()).length === 0")
    reader.reload()
    assert reader.evaluate("navigator.serviceWorker.controller") is None


# -- exams -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def sitting(reader: Page, context: BrowserContext) -> tuple[Page, Any]:
    """An exam, opened in a browser that has the worker."""
    learner = User.objects.get(username="reader-of-lessons")
    exam = make_attempt(learner=learner, started_at=timezone.now())
    reader.goto(f"/attempts/{exam.pk}/slots/1/")
    is_controlled(reader)
    return reader, exam


def test_answers_of_an_exam_still_wait_for_the_link(sitting: tuple[Page, Any], context: BrowserContext):
    page, exam = sitting
    page.locator("input[name=answer][value=B]").check()
    expect(page.locator("#saved")).to_have_text(re.compile(r"^Saved \d\d:"))
    context.set_offline(True)
    page.locator("input[name=answer][value=C]").check()
    expect(page.locator("#saved")).to_have_text("1 not saved yet")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Reading offline")
    assert page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('exam-outbox')).length") > 0
    context.set_offline(False)
    page.wait_for_selector("input[name=answer][value=C]:checked")  # the page comes back by itself, with what waited
    expect(page.locator("#saved")).to_have_text(re.compile(r"^Saved \d\d:"))
    assert exam.slots.get(position=1).draft == ["c"]
    assert [address for address in page.evaluate(EVERYTHING) if "attempts" in address] == []


def test_what_waits_goes_out_while_the_page_closes(sitting: tuple[Page, Any], context: BrowserContext):
    """The browser sends it after the page is gone; the worker must not stand in between."""
    page, exam = sitting
    page.locator("input[name=answer][value=A]").check()
    page.close(run_before_unload=False)
    other = context.new_page()
    other.goto("/lessons/")
    for _ in range(50):
        if exam.slots.get(position=1).draft:
            break
        other.wait_for_timeout(100)
    assert exam.slots.get(position=1).draft == ["a"]


def test_an_exam_is_handed_in_under_the_worker(sitting: tuple[Page, Any]):
    page, exam = sitting
    page.locator("input[name=answer][value=B]").check()
    page.get_by_role("button", name="Review and finish").click()
    page.get_by_role("button", name="Hand in").click()
    page.wait_for_url("**/result/")
    exam.refresh_from_db()
    assert (exam.finish_reason, exam.right) == ("handed in", 1)
