"""Ordering, matching and numeric questions in a real browser: with script, without, by keyboard, accessible in every dress."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from quizzes.models import Response, Slot, User
from quizzes.services import accounts
from tests.browser.looks import faults
from tests.factories import make_attempt, make_item, make_learner, make_question, make_slot

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ComeAs = Callable[[BrowserContext, User], None]
Complaints = Callable[[BrowserContext], list[str]]
TYPES = ["ordering", "matching", "numeric"]


@pytest.fixture
def learner() -> User:
    return make_learner()


def ask(learner: User, *types: str) -> list[Slot]:
    """An open session with these questions; the options of each lie backwards."""
    attempt = make_attempt(learner=learner, mode="practice", slots=0)
    slots = [make_slot(attempt=attempt, position=n, type=type) for n, type in enumerate(types, start=1)]
    for slot in slots:
        slot.option_order = slot.option_order[::-1]
        slot.save(update_fields=["option_order"])
    return slots


def check(page: Page) -> None:
    page.get_by_role("button", name="Check answer").click()


def choose_all(page: Page, slot: Slot) -> None:
    """The right answer without any script: a select each, or the number."""
    item = slot.version.item
    if item.type == "numeric":
        page.get_by_label("Your number").fill(item.key[0])
        return
    for place, option in enumerate(item.options, start=1):
        label = {1: "1st", 2: "2nd", 3: "3rd"}.get(place, f"{place}th") if item.type == "ordering" else option.match
        page.get_by_label(option.text).select_option(label=label)


# -- with script, and by keyboard ------------------------------------------------------------------------------------


def test_steps_are_ordered_with_buttons_and_keys(
    context: BrowserContext, page: Page, come_as: ComeAs, complaints: Complaints, learner: User
):
    complaints(context)
    come_as(context, learner)
    [slot] = ask(learner, "ordering")
    a, b, c, d = (option.text for option in slot.version.item.options)
    page.goto(slot.get_absolute_url())
    steps = page.locator("[data-step-text]")
    expect(page.locator("[data-step] select").first).to_be_hidden()
    assert steps.all_text_contents() == [d, c, b, a]
    up = page.get_by_role("button", name=f"Move up: {a}")
    up.click()
    expect(page.get_by_role("status")).to_have_text(f"{a}: is now 3rd of 4.")
    expect(up).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("status")).to_have_text(f"{a}: is now 1st of 4.")
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("status")).to_have_text(f"{a}: stands first already.")
    expect(up).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.get_by_role("button", name=f"Move down: {d}").click()
    page.get_by_role("button", name=f"Move down: {d}").press("ArrowDown")
    assert steps.all_text_contents() == [a, c, b, d]
    page.get_by_role("button", name=f"Move up: {b}").press(" ")
    check(page)
    expect(page.locator("[data-focus]")).to_have_text("Right.")
    assert Response.objects.get().answer == ["a", "b", "c", "d"]


def test_steps_left_as_they_lay_are_an_answer_too(page: Page, context: BrowserContext, come_as: ComeAs, learner: User):
    come_as(context, learner)
    [slot] = ask(learner, "ordering")
    page.goto(slot.get_absolute_url())
    check(page)
    expect(page.locator("[data-focus]")).to_contain_text("Not this time.")
    assert Response.objects.get().answer == ["d", "c", "b", "a"]


def test_a_session_of_all_types_goes_on_by_keyboard_alone(
    context: BrowserContext, page: Page, come_as: ComeAs, complaints: Complaints, learner: User
):
    complaints(context)
    come_as(context, learner)
    numeric, matching, ordering = ask(learner, "numeric", "matching", "ordering")
    page.goto(numeric.get_absolute_url())
    page.get_by_label("Your number").focus()
    page.keyboard.type("0,25")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="Write the decimal sign as a point")).to_be_visible()
    expect(page.get_by_label("Your number")).to_have_value("0,25")
    page.get_by_label("Your number").fill("0.25")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Your answer, and right.")).to_be_visible()
    page.keyboard.press("Enter")  # Next
    for option in matching.version.item.options:
        page.get_by_label(option.text).focus()
        page.keyboard.type(option.match[:8])
    page.get_by_role("button", name="Check answer").press("Enter")
    expect(page.get_by_text("Your match, and right.")).to_have_count(4)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Move up").first).to_be_visible()  # the part came by htmx
    page.get_by_role("button", name="Move up").last.press("ArrowUp")
    page.get_by_role("button", name="Check answer").press("Enter")
    expect(page.get_by_text("You put it").first).to_be_visible()
    assert ordering.responses.get().answer == ["d", "c", "a", "b"]


# -- without script --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("type", TYPES)
def test_it_works_without_script(browser: Browser, live_server: object, come_as: ComeAs, learner: User, type: str):
    context = browser.new_context(base_url=str(live_server), java_script_enabled=False)
    come_as(context, learner)
    [slot] = ask(learner, type)
    page = context.new_page()
    page.goto(slot.get_absolute_url())
    expect(page.get_by_role("button", name="Move up")).to_have_count(0)
    check(page)
    expect(
        page.get_by_role("alert").filter(has_text={"ordering": "a place", "matching": "a partner", "numeric": "a number"}[type])
    ).to_be_visible()
    choose_all(page, slot)
    check(page)
    expect(page.locator("[data-focus]")).to_have_text("Right.")
    assert Response.objects.get().fraction == 1
    context.close()


# -- accessible in every dress ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390), ("light", 320)])
@pytest.mark.parametrize("script", [True, False], ids=["with script", "without"])
def test_axe_finds_nothing_and_nothing_sticks_out(
    browser: Browser, live_server: object, come_as: ComeAs, complaints: Complaints, learner: User, scheme: str, width: int, script: bool
):
    context = browser.new_context(base_url=str(live_server), color_scheme=scheme, viewport={"width": width, "height": 900})  # type: ignore[arg-type]
    complaints(context)
    come_as(context, learner)
    if not script:
        context.route(
            "**/ordering.js", lambda route: route.fulfill(body="", content_type="text/javascript")
        )  # axe needs a script of its own, so ours alone is kept away
    page = context.new_page()
    for slot in ask(learner, *TYPES):
        page.goto(slot.get_absolute_url())
        assert faults(page) == []
        if slot.version.item.type != "ordering":
            check(page)
            expect(page.locator(".errors")).to_be_visible()
            assert faults(page) == []
            if slot.version.item.type == "numeric":
                page.get_by_label("Your number").fill("4")
            else:
                choose_all(page, slot)
                page.get_by_role("combobox").first.select_option(index=2)
        elif not script:
            choose_all(page, slot)
            page.get_by_label(slot.version.item.options[0].text).select_option(label="2nd")
            page.get_by_label(slot.version.item.options[1].text).select_option(label="1st")
        check(page)
        expect(page.locator(".verdict.bad").first).to_be_visible()
        assert faults(page) == []
    context.close()


# -- at the desk -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_the_desk_asks_for_what_the_type_needs(
    browser: Browser, live_server: object, come_as: ComeAs, complaints: Complaints, learner: User, scheme: str, width: int
):
    accounts.make_instructor(user=learner)
    context = browser.new_context(base_url=str(live_server), color_scheme=scheme, viewport={"width": width, "height": 900})  # type: ignore[arg-type]
    complaints(context)
    come_as(context, learner)
    page = context.new_page()
    needs = {
        "single": {"key"}, "multiple": {"key"}, "ordering": set(), "matching": {"match", "targets_extra"}, "numeric": {"key", "unit", "tolerance"},
    }  # fmt: skip
    fields = {
        "key": "#id_draft_options-0-key", "match": "#id_draft_options-0-match", "unit": "#id_unit", "tolerance": "#id_tolerance",
        "targets_extra": "#id_targets_extra",
    }  # fmt: skip
    page.goto("/admin/quizzes/question/add/")
    for type, shown in needs.items():
        page.get_by_label("Type").select_option(type)
        for name, place in fields.items():
            expect(page.locator(place)).to_be_visible(visible=name in shown)
    for type in TYPES:
        question = make_question(item=make_item(type=type))
        page.goto(f"/admin/quizzes/question/{question.pk}/change/")
        expect(page.get_by_text("It stays out of exams").first).to_be_visible()
        assert faults(page) == []
    context.close()
