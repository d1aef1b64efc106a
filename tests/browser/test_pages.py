"""The learner's pages in a real browser: accessible in light and dark, wide and narrow, by keyboard, on paper; and the place kept."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import chain

import pytest
from django.test import Client
from django.urls import resolve
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect

from quizzes import urls
from quizzes.models import Attempt, Lesson, LessonProgress, Response, User
from tests.browser.looks import faults, found_by_axe, wider
from tests.factories import History, make_attempt, make_bank, make_history, make_learner, make_lesson
from tests.pages.test_site import ENTRANCE, INSIDE, NO_PAGE, PROVED

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ComeAs = Callable[[BrowserContext, User], None]
Complaints = Callable[[BrowserContext], list[str]]


@pytest.fixture
def history() -> History:
    return make_history(make_learner(), now=timezone.now())


def open_pages(history: History) -> list[str]:
    return [
        "/", "/lessons/", history.lesson.get_absolute_url(), "/practice/", "/practice/?topic=invocation-async&kind=missed", "/review/", "/exams/", "/classes/",
        f"/exams/{history.blueprint.slug}/", "/progress/", "/progress/memory/", "/plan/", "/readiness/", "/search/?q=dead-letter", "/search/?q=zebra", "/glossary/", "/no/such/page/", "/labs/", "/labs/pricing/",
        "/labs/pricing/?requests=many&provisioned_hours=5", "/labs/pricing/workflows/", "/labs/drills/", "/labs/drills/month-bill/7/", "/labs/drills/retry-waits/7/", "/offline/", "/privacy/", f"{history.lesson.get_absolute_url()}offline/",
        "/labs/invocation/", "/labs/invocation/?model=sqs&fault=poison&max_receive=3&run=1", "/labs/invocation/?model=workflow&attempts=99",
    ]  # fmt: skip


def own_pages(history: History) -> list[str]:
    return [
        f"/attempts/{history.practice.pk}/slots/2/", f"/attempts/{history.session.pk}/slots/1/", f"/attempts/{history.session.pk}/slots/2/",
        f"/attempts/{history.session.pk}/result/", f"/attempts/{history.result.pk}/result/", f"/questions/{history.seen.version.question_id}/",
        f"/versions/{history.seen.version_id}/reports/", f"/attempts/{history.exam.pk}/submission/", "/classes/?code=FHKM-RTWY",
        f"/classes/{history.cohort.pk}/", f"/classes/{history.cohort.pk}/leaving/", history.assignment.get_absolute_url(),
    ]  # fmt: skip


#: Looked at by axe in the tests of exams, of accounts and of the second factor, in more states than here.
LOOKED_AT_ELSEWHERE = {"attempt-review", *(walk.name for walk in [*ENTRANCE, *INSIDE, *chain(*PROVED.values())]),
                       "account-removal", "account_logout"}  # fmt: skip


def test_axe_looks_at_every_address(history: History):
    here = {
        resolve(address.partition("?")[0]).url_name
        for address in open_pages(history) + own_pages(history)
        if not address.startswith("/no/")
    }
    assert {pattern.name for pattern in urls.urlpatterns} - here - LOOKED_AT_ELSEWHERE == NO_PAGE - {"submission"}


# -- accessible in every dress ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("who", ["visitor", "learner"])
def test_axe_finds_nothing_and_nothing_sticks_out(
    browser: Browser, live_server: object, come_as: ComeAs, complaints: Complaints, history: History, who: str, scheme: str, width: int
):
    context = browser.new_context(base_url=str(live_server), color_scheme=scheme, viewport={"width": width, "height": 900})  # type: ignore[arg-type]
    complaints(context)
    if who == "learner":
        come_as(context, history.learner)
    addresses = open_pages(history) + (own_pages(history) if who == "learner" else [])
    page = context.new_page()
    found = []
    for address in addresses:
        page.goto(address)
        found += faults(page)
    assert found == []
    context.close()


def test_the_smallest_phone_needs_no_sideways_scrolling(context: BrowserContext, come_as: ComeAs, history: History):
    come_as(context, history.learner)
    page = context.new_page()
    page.set_viewport_size({"width": 320, "height": 640})
    found = []
    for address in open_pages(history) + own_pages(history):
        page.goto(address)
        found += wider(page)
    assert found == []


def test_axe_finds_nothing_in_what_is_told_to_be_wrong(context: BrowserContext, come_as: ComeAs, complaints: Complaints, history: History):
    """After a press of the button without an answer, and after one with the whole verdict."""
    complaints(context)
    come_as(context, history.learner)
    page = context.new_page()
    page.goto(f"/attempts/{history.practice.pk}/slots/2/")
    page.get_by_role("button", name="Check answer").click()
    expect(page.get_by_role("alert").filter(has_text="Choose at least one option.")).to_be_visible()
    assert found_by_axe(page) == []
    page.get_by_role("radio").first.check()
    page.get_by_role("button", name="Check answer").click()
    expect(page.locator("[data-next]")).to_be_visible()
    assert found_by_axe(page) == []
    page.goto(f"/versions/{history.seen.version_id}/reports/")
    page.get_by_label("What exactly, and where did you read it?").fill("The key is C.")
    page.get_by_role("button", name="Send to the authors").click()
    expect(page.get_by_text("Choose what is the matter.")).to_be_visible()
    assert found_by_axe(page) == []


# -- by keyboard -----------------------------------------------------------------------------------------------------


def press_until(page: Page, what: str) -> None:
    """Press Tab until the element is focused; a person would give up after 80 times."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", what):
            return
    raise AssertionError(f"{what} cannot be reached by Tab on {page.url}")


def test_the_first_tab_leads_past_the_navigation(context: BrowserContext, history: History):
    page = context.new_page()
    for address in ("/", history.lesson.get_absolute_url(), "/practice/", "/no/such/page/"):
        page.goto(address)
        page.keyboard.press("Tab")
        skip = page.get_by_role("link", name="Skip to the content")
        expect(skip).to_be_focused()
        expect(skip).to_be_in_viewport(ratio=1)
        page.keyboard.press("Enter")
        expect(page.locator("#main")).to_be_focused()
        page.keyboard.press("Tab")
        assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


#: Whether the focus can be seen: an outline of the element itself, or of the label around it.
OUTLINED = """() => {
  const focused = document.activeElement;
  return [focused, focused.closest("label")].some((element) => {
    const style = element && getComputedStyle(element);
    return style && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 && style.outlineColor !== "rgba(0, 0, 0, 0)";
  });
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_one_sees_where_one_is(browser: Browser, live_server: object, come_as: ComeAs, history: History, scheme: str):
    context = browser.new_context(base_url=str(live_server), color_scheme=scheme)  # type: ignore[arg-type]
    come_as(context, history.learner)
    page = context.new_page()
    for address in (
        "/",
        "/practice/",
        history.lesson.get_absolute_url(),
        f"/attempts/{history.practice.pk}/slots/2/",
        f"/attempts/{history.result.pk}/result/",
    ):
        page.goto(address)
        stops = 0
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement === document.body"):
                break
            stops += 1
            assert page.evaluate(OUTLINED), page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
        assert stops >= 8
    context.close()


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_a_practice_session_by_keyboard_alone(
    browser: Browser, live_server: object, come_as: ComeAs, complaints: Complaints, scripts: bool
):
    make_bank(5)
    learner = make_learner()
    context = browser.new_context(base_url=str(live_server), java_script_enabled=scripts)
    complaints(context)
    come_as(context, learner)
    page = context.new_page()
    page.goto("/practice/")
    press_until(page, "input[name=size][value='10']")
    page.keyboard.press("ArrowLeft")
    press_until(page, "main form button.primary")
    page.keyboard.press("Enter")
    answered = 0
    while True:
        expect(page.get_by_role("button", name="Check answer")).to_be_visible()
        press_until(page, "input[name=answer]")
        page.keyboard.press("Space")
        for _ in range(answered % 4):
            page.keyboard.press("ArrowDown")
        press_until(page, "input[name=confidence]")
        page.keyboard.press("Space")
        press_until(page, "main form button.primary")
        page.keyboard.press("Enter")
        expect(page.locator("[data-next]")).to_be_visible()
        answered += 1
        onward = page.locator("[data-next]").inner_text()
        press_until(page, "[data-next]")
        page.keyboard.press("Enter")
        if onward.startswith("See how it went"):
            break
        expect(page.locator("[data-next]")).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_contain_text("of 5 right the first time.")
    assert Response.objects.filter(learner=learner).count() == answered >= 5
    assert Attempt.objects.get().is_finished
    context.close()


def test_the_focus_goes_to_the_verdict_and_on_to_the_next_question(context: BrowserContext, come_as: ComeAs, history: History):
    come_as(context, history.learner)
    page = context.new_page()
    page.goto(f"/attempts/{history.practice.pk}/slots/2/")
    page.get_by_role("radio").nth(1).check()
    page.get_by_role("button", name="Check answer").click()
    expect(page.locator("p.verdict")).to_be_focused()
    expect(page.locator("p.verdict")).to_have_text(re.compile("^Right"))


# -- on paper --------------------------------------------------------------------------------------------------------


def seen_on_paper(page: Page, selector: str) -> list[bool]:
    sees = "all => all.map((e) => e.checkVisibility({contentVisibilityAuto: true, visibilityProperty: true}) && e.getBoundingClientRect().height > 0)"
    found: list[bool] = page.locator(selector).evaluate_all(sees)
    return found


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_a_result_prints_every_rationale_and_no_navigation(
    browser: Browser, live_server: object, come_as: ComeAs, history: History, scripts: bool
):
    context = browser.new_context(base_url=str(live_server), color_scheme="dark", java_script_enabled=scripts)
    come_as(context, history.learner)
    page = context.new_page()
    options = sum(len(slot.option_order) for slot in history.result.slots.all())
    page.goto(f"/attempts/{history.result.pk}/result/")
    assert seen_on_paper(page, ".why") == [False] * options
    expect(page.locator(".why").first).to_be_hidden()
    assert all(seen_on_paper(page, ".bar, .foot, main > .row .button"))
    page.emulate_media(media="print")
    expect(page.locator(".why")).to_have_count(options)
    for rationale in page.locator(".why").all():
        expect(rationale).to_be_visible()
    assert all(seen_on_paper(page, ".stem, .sources, h1, h2"))
    assert not any(seen_on_paper(page, ".bar, .foot, .button, .skip"))
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    context.close()


def test_a_lesson_prints_its_words_and_no_navigation(context: BrowserContext, come_as: ComeAs, history: History):
    come_as(context, history.learner)
    page = context.new_page()
    page.goto(history.lesson.get_absolute_url())
    assert all(seen_on_paper(page, ".bar, .side"))
    page.emulate_media(media="print")
    assert all(seen_on_paper(page, "h1, h2, .prose p:not(.no-print, .no-print *, form *), .stem, .why, #sources li"))
    assert not any(seen_on_paper(page, ".bar, .foot, .side, .pager, .button, .confidence, #read, details.contents"))


# -- reading ---------------------------------------------------------------------------------------------------------


def lengthen(lesson: Lesson) -> None:
    """Sections as long as a screen, as they are in real lessons."""
    for section in lesson.sections.all():
        section.blocks = [{"kind": "html", "html": "<p>Words about queues.</p>" * 40}, *section.blocks[1:]]
        section.save(update_fields=["blocks"])


def test_the_place_is_kept_on_scrolling_and_today_leads_back_there(
    context: BrowserContext, come_as: ComeAs, complaints: Complaints, history: History
):
    lengthen(history.lesson)
    LessonProgress.objects.all().delete()
    complaints(context)
    come_as(context, history.learner)
    page = context.new_page()
    page.goto(history.lesson.get_absolute_url())
    with page.expect_response(lambda response: response.url.endswith("/place/")) as told:
        page.locator("#part-3").scroll_into_view_if_needed()
        page.locator("#part-3").evaluate("section => section.scrollIntoView()")
    assert told.value.status == 204
    assert LessonProgress.objects.get(learner=history.learner).anchor == "part-3"
    expect(page.locator(".side [aria-current=true]")).to_have_text("Part 3")
    page.goto("/")
    page.get_by_role("link", name=history.lesson.title).click()
    expect(page).to_have_url(re.compile(f"{history.lesson.get_absolute_url()}#part-3$"))
    expect(page.locator("#part-3 h2")).to_be_in_viewport()


def test_leaving_the_page_tells_the_place_at_once(context: BrowserContext, come_as: ComeAs, history: History):
    lengthen(history.lesson)
    LessonProgress.objects.all().delete()
    come_as(context, history.learner)
    page = context.new_page()
    page.goto(history.lesson.get_absolute_url())
    page.locator("#part-2").evaluate("section => section.scrollIntoView()")
    expect(page.locator(".side [aria-current=true]")).to_have_text("Part 2")
    # The last word of a page that goes is heard by the server, not by its successor: ask until it has arrived.
    kept = page.locator(f"a[href='{history.lesson.get_absolute_url()}#part-2']")
    asked = 0
    while asked == 0 or (not kept.count() and asked < 50):
        page.goto("/lessons/")
        asked += 1
    expect(kept).to_be_visible()


def test_a_visitor_who_answers_a_check_goes_on_as_a_guest_on_the_same_page(
    context: BrowserContext, complaints: Complaints, live_server: object
):
    questions = make_bank(2)
    lesson = make_lesson(checks=("", *(question.slug for question in questions)), sections=4)
    lengthen(lesson)
    complaints(context)
    page = context.new_page()
    page.goto(lesson.get_absolute_url())
    page.locator("#part-3").evaluate("section => section.scrollIntoView()")
    expect(page.locator(".side [aria-current=true]")).to_have_text("Part 3")
    assert not User.objects.exists()
    for question in questions:
        check = page.locator(f"#check-{question.pk}")
        check.get_by_role("radio", name=question.current.item.options[1].text).check()
        check.get_by_role("button", name="Check answer").click()
        expect(check.locator(".verdict.good").first).to_be_visible()
    guest = User.objects.get()
    assert guest.is_guest
    assert Response.objects.filter(learner=guest).count() == 2
    with page.expect_response(lambda response: response.url.endswith("/place/")):
        page.locator("#part-3").evaluate("section => section.scrollIntoView()")
    assert LessonProgress.objects.get().learner == guest


def test_the_contents_of_a_lesson_are_at_hand_on_a_phone(context: BrowserContext, history: History):
    lengthen(history.lesson)
    page = context.new_page()
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(history.lesson.get_absolute_url())
    expect(page.locator("aside.contents")).to_be_hidden()
    page.locator("details.contents summary").click()
    page.locator("details.contents").get_by_role("link", name="Part 3").click()
    expect(page.locator("#part-3 h2")).to_be_in_viewport()


# -- when something changed meanwhile --------------------------------------------------------------------------------


def test_signed_out_elsewhere_a_press_leads_to_the_door_and_back(context: BrowserContext, come_as: ComeAs):
    learner = make_learner(password="seven quiet lighthouses")
    attempt = make_attempt(learner=learner, mode="practice", started_at=timezone.now(), plan={"title": "Practice"})
    come_as(context, learner)
    page = context.new_page()
    page.goto(f"/attempts/{attempt.pk}/slots/1/")
    page.get_by_role("radio").nth(1).check()
    context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="Check answer").click()
    page.wait_for_url("**/accounts/login/?next=**")
    assert page.locator("header.bar").count() == 1
    page.get_by_label("Username or e-mail address").fill(learner.username)
    page.get_by_label("Password", exact=True).fill("seven quiet lighthouses")
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile(f"/attempts/{attempt.pk}/slots/1/$"))


def test_a_refusal_is_told_on_the_page_and_the_answer_stays(context: BrowserContext, come_as: ComeAs, history: History):
    come_as(context, history.learner)
    page = context.new_page()
    page.goto(f"/attempts/{history.practice.pk}/slots/2/")
    page.get_by_role("radio").first.check()
    other_tab = Client()
    other_tab.force_login(history.learner, backend="allauth.account.auth_backends.AuthenticationBackend")
    other_tab.post(f"/attempts/{history.practice.pk}/slots/2/", {"answer": ["B"]})
    page.get_by_role("button", name="Check answer").click()
    expect(page.locator("#refusal")).to_contain_text("You answered this question already")
    expect(page.get_by_role("radio").first).to_be_checked()
    expect(page.locator("#refusal [data-focus]")).to_be_focused()


# -- search ----------------------------------------------------------------------------------------------------------


def test_search_answers_while_one_types_and_its_address_can_be_shared(context: BrowserContext, complaints: Complaints, history: History):
    complaints(context)
    page = context.new_page()
    page.goto("/search/")
    page.get_by_label("Search lessons, glossary and your questions").press_sequentially("dead-letter")
    expect(page.get_by_role("status").filter(has_text="for “dead-letter”")).to_be_visible()
    expect(page.get_by_role("searchbox")).to_be_focused()
    expect(page).to_have_url(re.compile(r"/search/\?q=dead-letter$"))
    page.reload()
    expect(page.get_by_role("searchbox")).to_have_value("dead-letter")
    page.get_by_role("link", name=re.compile("Part 1")).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(history.lesson.title)


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_a_term_explains_itself_by_keyboard_and_by_touch(browser: Browser, live_server: object, history: History, scripts: bool):
    section = history.lesson.sections.get(anchor="part-1")
    button = '<p>A <button type="button" class="term" popovertarget="term-cold-start">cold start</button> is slow.</p>'
    card = {"slug": "cold-start", "term": "Cold start", "html": "The first run of a new environment.", "lesson": ""}
    section.blocks = [{"kind": "html", "html": button}, {"kind": "terms", "terms": [card]}]
    section.save(update_fields=["blocks"])
    context = browser.new_context(
        base_url=str(live_server), java_script_enabled=scripts, has_touch=True, viewport={"width": 390, "height": 800}
    )
    page = context.new_page()
    page.goto(history.lesson.get_absolute_url())
    term, told = page.get_by_role("button", name="cold start"), page.get_by_text("The first run of a new environment.")
    expect(told).to_be_hidden()
    term.focus()
    page.keyboard.press("Enter")
    expect(told).to_be_visible()
    page.keyboard.press("Escape")
    expect(told).to_be_hidden()
    term.tap()
    expect(told).to_be_visible()
    context.close()
