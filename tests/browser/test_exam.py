"""The exam page in a real browser: nothing that the server acknowledged is lost, and nothing that was typed either."""

from __future__ import annotations

import contextlib
import gzip
import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client, override_settings
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Error, Page, Route, expect

from quizzes.domain.attempt import GRACE_S
from quizzes.models import Attempt, LateAnswer, Slot
from quizzes.services import attempts
from tests.browser.looks import faults
from tests.factories import make_attempt, make_slot

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SAVED = re.compile(r"^Saved \d\d:\d\d:\d\d$")


@pytest.fixture
def exam(live_server: object) -> Attempt:
    """A running exam of three single choice questions and a fourth that asks for two; the key of the first three is B."""
    attempt = make_attempt(started_at=timezone.now())
    make_slot(attempt=attempt, position=4, type="multiple")
    return attempt


@pytest.fixture
def desk(exam: Attempt, context: BrowserContext, come_as: Callable[..., None], complaints: Callable[..., list[str]]) -> Iterator[Page]:
    """The learner's browser, open at the first question."""
    complaints(context)
    come_as(context, exam.learner)
    page = context.new_page()
    open_at(page, exam, 1)
    yield page
    context.unroute_all()


def open_at(page: Page, exam: Attempt, position: int) -> None:
    page.goto(f"/attempts/{exam.pk}/slots/{position}/")


def option(page: Page, letter: str) -> Any:
    return page.locator(f"input[name=answer][value={letter}]")


def step(page: Page, position: int) -> Any:
    return page.locator("#slot .grid").get_by_role("button", name=re.compile(f"^Question {position},"))


def is_saved(page: Page) -> None:
    expect(page.locator("#saved")).to_have_text(SAVED)


def is_at(page: Page, position: int) -> None:
    page.wait_for_url(f"**/slots/{position}/")
    expect(page.get_by_text(f"Question {position} of 4")).to_be_visible()


def place(exam: Attempt, position: int = 1) -> Slot:
    return exam.slots.get(position=position)


def cut(context: BrowserContext) -> None:
    """Saves do not get through; pages do."""
    context.route("**/draft/", lambda route: route.abort())


# -- saving ----------------------------------------------------------------------------------------------------------


def test_a_change_gets_the_servers_receipt_and_a_reload_keeps_it(desk: Page, exam: Attempt) -> None:
    option(desk, "B").check()
    is_saved(desk)
    expect(step(desk, 1)).to_have_accessible_name("Question 1, saved")
    expect(desk.get_by_text("1 answered · 0 flagged")).to_be_visible()
    assert (place(exam).draft, place(exam).revision) == (["b"], 1)
    desk.reload()
    expect(option(desk, "B")).to_be_checked()


def test_many_changes_in_a_row_end_with_the_last(desk: Page, exam: Attempt) -> None:
    answers: list[int] = []
    desk.on("response", lambda response: answers.append(response.status) if "/draft/" in response.url else None)
    for letter in "ABCDCBA":
        option(desk, letter).check()
    desk.get_by_role("button", name="Next").click()
    is_at(desk, 2)
    desk.get_by_role("button", name="Previous").click()
    is_at(desk, 1)
    expect(option(desk, "A")).to_be_checked()
    assert place(exam).draft == ["a"]
    assert set(answers) == {200}


def test_nobody_is_refused_because_an_earlier_save_is_under_way(desk: Page, exam: Attempt) -> None:
    held: list[Route] = []
    desk.route("**/slots/1/draft/", lambda route: route.continue_() if held else held.append(route))
    option(desk, "A").check()
    expect(step(desk, 1)).to_have_attribute("data-state", "saving")
    expect(desk.locator("#saved")).to_have_text("Saving…")
    option(desk, "B").check()
    desk.get_by_role("button", name="Next").click()
    is_at(desk, 2)
    expect(step(desk, 1)).to_have_attribute("data-state", "saving")
    desk.get_by_role("button", name="Previous").click()
    is_at(desk, 1)
    expect(option(desk, "B")).to_be_checked()
    option(desk, "C").check()
    held[0].continue_()
    is_saved(desk)
    expect(step(desk, 1)).to_have_attribute("data-state", "saved")
    assert (place(exam).draft, place(exam).revision) == (["c"], 2)


def test_a_save_whose_receipt_was_lost_counts_once(desk: Page, exam: Attempt) -> None:
    def swallow(route: Route) -> None:
        route.fetch()
        route.abort()

    desk.route("**/draft/", swallow, times=1)
    option(desk, "A").check()
    is_saved(desk)
    option(desk, "B").check()
    expect(step(desk, 1)).to_have_attribute("data-state", "saved")
    is_saved(desk)
    assert (place(exam).draft, place(exam).revision) == (["b"], 2)


def test_a_page_of_something_in_between_is_no_receipt(desk: Page, exam: Attempt) -> None:
    desk.route("**/draft/", lambda route: route.fulfill(status=200, content_type="text/html", body="Welcome to our hotel"))
    option(desk, "A").check()
    expect(desk.locator("#saved")).to_have_text("1 not saved yet")
    expect(desk.get_by_text("One answer is kept in this browser")).to_be_visible()
    assert place(exam).draft == []
    desk.unroute_all()
    is_saved(desk)
    assert place(exam).draft == ["a"]


def test_who_is_quicker_than_the_script_loses_nothing(desk: Page, exam: Attempt) -> None:
    held: list[Route] = []
    desk.route("**/js/exam.js", lambda route: held.append(route))
    desk.goto(desk.url, wait_until="commit")
    option(desk, "B").check()
    held[0].continue_()
    is_saved(desk)
    assert place(exam).draft == ["b"]


def test_a_choice_too_many_is_refused_gently(desk: Page, exam: Attempt) -> None:
    open_at(desk, exam, 4)
    for letter in "ACD":
        option(desk, letter).click()
    expect(desk.get_by_text("Choose 2. Take one back")).to_be_visible()
    expect(option(desk, "D")).not_to_be_checked()
    is_saved(desk)
    option(desk, "A").uncheck()
    option(desk, "D").check()
    expect(desk.get_by_text("Take one back")).to_have_count(0)
    expect(step(desk, 4)).to_have_attribute("data-state", "saved")
    desk.reload()
    expect(option(desk, "D")).to_be_checked()
    assert place(exam, 4).draft == ["c", "d"]


def test_flags_and_strikes_survive(desk: Page, exam: Attempt) -> None:
    desk.get_by_role("button", name="Flag for review").click()
    desk.get_by_role("button", name="Strike out C").click()
    desk.get_by_role("button", name="Strike out D").click()
    desk.get_by_role("button", name="Strike out D").click()
    expect(step(desk, 1)).to_have_accessible_name("Question 1, not answered, flagged")
    desk.get_by_role("button", name="Next").click()
    is_at(desk, 2)
    desk.reload()
    expect(step(desk, 1)).to_have_accessible_name("Question 1, not answered, flagged")
    step(desk, 1).click()
    is_at(desk, 1)
    expect(desk.get_by_role("button", name="Flag for review")).to_have_attribute("aria-pressed", "true")
    expect(desk.get_by_role("button", name="Strike out C")).to_have_attribute("aria-pressed", "true")
    assert (place(exam).flagged, place(exam).struck) == (True, ["c"])
    desk.get_by_role("button", name="Strike out C").click()
    desk.get_by_role("button", name="Flag for review").click()
    desk.get_by_role("button", name="Next").click()
    is_at(desk, 2)
    assert (place(exam).flagged, place(exam).struck) == (False, [])


def test_the_time_of_a_visit_is_counted(desk: Page, exam: Attempt) -> None:
    option(desk, "B").check()
    is_saved(desk)
    desk.get_by_role("button", name="Next").click()
    is_at(desk, 2)
    first = place(exam).spent_ms
    assert 0 < first < 60_000
    assert place(exam, 2).spent_ms == 0
    desk.get_by_role("button", name="Next").click()
    is_at(desk, 3)
    assert 0 < place(exam, 2).spent_ms < 60_000
    assert place(exam).spent_ms == first


# -- two answers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("button", "kept"), [("Keep this one", "d"), ("Keep the other", "c")])
def test_two_tabs_show_both_answers_and_one_press_keeps_either(
    desk: Page, exam: Attempt, context: BrowserContext, button: str, kept: str
) -> None:
    second = context.new_page()
    open_at(second, exam, 1)
    option(second, "C").check()
    is_saved(second)
    desk.bring_to_front()
    option(desk, "D").check()
    box = desk.locator("[data-conflict]")
    expect(box).to_be_focused()
    expect(box).to_contain_text("D Send the event through a second topic first")
    expect(box).to_contain_text("C Give the function twice the memory it has now")
    expect(step(desk, 1)).to_have_accessible_name("Question 1, two answers, choose one")
    assert place(exam).draft == ["c"]
    box.get_by_role("button", name=button).click()
    expect(box).to_have_count(0)
    is_saved(desk)
    expect(option(desk, kept.upper())).to_be_checked()
    assert place(exam).draft == [kept]
    option(desk, "A").check()
    expect(step(desk, 1)).to_have_attribute("data-state", "saved")
    is_saved(desk)
    desk.get_by_role("button", name="Next").click()
    is_at(desk, 2)
    assert place(exam).draft == ["a"]


def test_a_conflict_of_another_question_is_told_and_waits_there(desk: Page, exam: Attempt, context: BrowserContext) -> None:
    cut(context)
    option(desk, "D").check()
    expect(desk.locator("#saved")).to_have_text("1 not saved yet")
    attempts.save_draft(
        learner=exam.learner, attempt=exam.pk, position=1, letters=["A"], revision=0, save_id="elsewhere", now=timezone.now()
    )
    desk.get_by_role("button", name="Next").click()
    is_at(desk, 2)
    context.unroute_all()
    expect(desk.get_by_text("Changed in two places: question 1.")).to_be_visible()
    desk.get_by_role("button", name="Review and finish").click()
    desk.get_by_role("button", name="Hand in").click()
    expect(desk.get_by_text("Question 1 was answered in two places.")).to_be_visible()
    desk.get_by_text("All questions").click()
    desk.get_by_role("link", name="Question 1, two answers").first.click()
    is_at(desk, 1)
    desk.get_by_role("button", name="Keep this one").click()
    is_saved(desk)
    assert place(exam).draft == ["d"]


# -- the link goes and comes -----------------------------------------------------------------------------------------


def test_offline_answers_are_kept_and_sent_when_the_link_returns(desk: Page, exam: Attempt, context: BrowserContext) -> None:
    with desk.expect_response("**/slots/2/"):
        pass  # The next question is fetched ahead.
    assert place(exam, 2).seen_at is None
    context.set_offline(True)
    option(desk, "A").check()
    expect(desk.get_by_text("One answer is kept in this browser and will be sent as soon as the link is back.")).to_be_visible()
    desk.get_by_role("button", name="Next").click()
    is_at(desk, 2)
    option(desk, "B").check()
    expect(desk.locator("#saved")).to_have_text("2 not saved yet")
    expect(desk.get_by_text("0 answered · 0 flagged · 2 not saved yet")).to_be_visible()
    desk.get_by_role("button", name="Next").click()
    expect(desk.get_by_text("This page cannot be fetched at the moment. You stay here")).to_be_visible()
    is_at(desk, 2)
    context.set_offline(False)
    is_saved(desk)
    expect(desk.get_by_text("kept in this browser")).to_have_count(0)
    expect(desk.get_by_text("2 answered · 0 flagged")).to_be_visible()
    assert (place(exam, 1).draft, place(exam, 2).draft) == (["a"], ["b"])


def test_a_crash_loses_nothing(desk: Page, exam: Attempt, context: BrowserContext) -> None:
    option(desk, "A").check()
    is_saved(desk)
    cut(context)
    option(desk, "C").check()
    desk.get_by_role("button", name="Next").click()
    is_at(desk, 2)
    option(desk, "D").check()
    expect(desk.locator("#saved")).to_have_text("2 not saved yet")
    crash(desk)

    again = context.new_page()
    open_at(again, exam, 2)
    expect(option(again, "D")).to_be_checked()
    expect(again.locator("#saved")).to_have_text("2 not saved yet")
    assert (place(exam, 1).draft, place(exam, 2).draft) == (["a"], [])
    context.unroute_all()
    is_saved(again)
    expect(option(again, "D")).to_be_checked()
    expect(again.get_by_text("2 answered")).to_be_visible()
    assert (place(exam, 1).draft, place(exam, 2).draft) == (["c"], ["d"])
    assert again.evaluate("Object.keys(localStorage).filter(key => key.startsWith('exam-outbox')).length") == 0


def crash(page: Page) -> None:
    """End the page as a crash does: nothing of it runs any more."""
    with page.expect_event("crash"), contextlib.suppress(Error):
        page.goto("chrome://crash")
    page.close()


def test_closing_the_page_sends_what_waits(desk: Page, exam: Attempt) -> None:
    desk.route("**/draft/", lambda route: route.abort())  # What a page sends while it goes is not stopped by this.
    option(desk, "B").check()
    expect(desk.locator("#saved")).to_have_text("1 not saved yet")
    assert place(exam).draft == []
    desk.reload()
    expect(option(desk, "B")).to_be_checked()
    desk.unroute_all()
    is_saved(desk)
    assert (place(exam).draft, place(exam).revision) == (["b"], 1)


def test_signed_out_says_so_and_signing_in_again_sends_what_waits(
    desk: Page, exam: Attempt, context: BrowserContext, come_as: Callable[..., None]
) -> None:
    context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    option(desk, "B").check()
    expect(desk.get_by_text("You are signed out in this browser. One answer is kept in this browser")).to_be_visible()
    expect(desk.get_by_role("link", name="Sign in")).to_have_attribute("href", f"/accounts/login/?next=/attempts/{exam.pk}/slots/1/")
    come_as(context, exam.learner)
    desk.reload()
    is_saved(desk)
    expect(option(desk, "B")).to_be_checked()
    assert place(exam).draft == ["b"]


def test_an_old_page_goes_on_after_the_token_has_changed(desk: Page, exam: Attempt, context: BrowserContext) -> None:
    [cookie] = [cookie for cookie in context.cookies() if cookie["name"] == "csrftoken"]
    context.add_cookies([{**cookie, "value": "x" * 32}])
    option(desk, "B").check()
    is_saved(desk)


# -- the clock and the end -------------------------------------------------------------------------------------------


def test_what_comes_too_late_is_kept_as_late_and_the_page_is_read_only(desk: Page, exam: Attempt) -> None:
    option(desk, "B").check()
    is_saved(desk)
    Attempt.objects.filter(pk=exam.pk).update(deadline_at=timezone.now() - timedelta(seconds=GRACE_S + 5))
    option(desk, "C").check()
    expect(desk.get_by_text(re.compile(r"^Time was up at .* kept as late"))).to_be_visible()
    expect(option(desk, "A")).to_be_disabled()
    expect(desk.get_by_role("timer")).to_have_text("ended")
    expect(desk.get_by_role("button", name="Next")).to_be_disabled()
    desk.get_by_role("link", name="See the result").click()
    expect(desk.get_by_text("time was up")).to_be_visible()
    exam.refresh_from_db()
    assert (exam.finish_reason, exam.right) == ("expired", 1)
    assert LateAnswer.objects.get().answer == ["c"]


def test_at_zero_the_page_says_so_and_leads_to_the_result(desk: Page, exam: Attempt) -> None:
    option(desk, "B").check()
    is_saved(desk)
    Attempt.objects.filter(pk=exam.pk).update(deadline_at=timezone.now() - timedelta(seconds=GRACE_S - 2))
    desk.reload()
    expect(desk.get_by_text("Time is up. What is saved counts.")).to_be_visible()
    expect(option(desk, "A")).to_be_disabled()
    desk.wait_for_url("**/result/")
    exam.refresh_from_db()
    assert (exam.finish_reason, exam.right) == ("expired", 1)


def test_handing_in_elsewhere_makes_this_tab_read_only(desk: Page, exam: Attempt) -> None:
    attempts.hand_in(learner=exam.learner, attempt=exam.pk, now=timezone.now())
    option(desk, "B").check()
    expect(desk.get_by_text("This attempt was handed in at")).to_be_visible()
    expect(option(desk, "B")).to_be_disabled()
    expect(desk.get_by_role("link", name="See the result")).to_be_visible()


def test_the_clock_calls_out_the_minutes_and_warns_in_words(desk: Page, exam: Attempt) -> None:
    expect(desk.get_by_role("timer")).to_have_text(re.compile(r"^29:[45]\d$"))
    expect(desk.get_by_text("Last 5 minutes")).to_have_count(0)
    Attempt.objects.filter(pk=exam.pk).update(deadline_at=timezone.now() + timedelta(seconds=303))
    desk.reload()
    expect(desk.locator("#time-call")).to_have_text("5 minutes left.")
    expect(desk.get_by_text("Last 5 minutes")).to_be_visible()
    expect(desk.get_by_role("timer")).to_have_class(re.compile("low"))


def test_a_changed_deadline_reaches_the_page_and_is_announced(desk: Page, exam: Attempt) -> None:
    attempts.set_accommodation(learner=exam.learner, time_factor="1.5", extra_minutes=0, untimed=False)
    option(desk, "B").check()
    expect(desk.locator("#time-call")).to_have_text("Your time was changed: 45 minutes left.")
    expect(desk.get_by_role("timer")).to_have_text(re.compile(r"^44:"))
    attempts.set_accommodation(learner=exam.learner, time_factor="1.5", extra_minutes=0, untimed=True)
    desk.evaluate("dispatchEvent(new Event('online'))")
    expect(desk.locator("#time-call")).to_have_text("Your time was changed: there is no limit now.")
    expect(desk.get_by_role("timer")).to_have_text("no limit")


def test_a_hidden_clock_stays_hidden(desk: Page) -> None:
    desk.get_by_role("button", name="Hide clock").click()
    expect(desk.get_by_role("timer")).to_have_count(0)
    desk.reload()
    expect(desk.get_by_role("button", name="Hide clock")).to_have_attribute("aria-pressed", "true")
    expect(desk.get_by_role("timer")).to_have_count(0)
    desk.get_by_role("button", name="Hide clock").click()
    expect(desk.get_by_role("timer")).to_be_visible()


def test_a_hand_in_takes_along_what_waits(desk: Page, exam: Attempt, context: BrowserContext) -> None:
    option(desk, "A").check()
    is_saved(desk)
    cut(context)
    option(desk, "B").check()
    expect(desk.locator("#saved")).to_have_text("1 not saved yet")
    desk.get_by_role("button", name="Review and finish").click()
    desk.get_by_role("button", name="Hand in").click()
    desk.wait_for_url("**/result/")
    exam.refresh_from_db()
    assert (exam.finish_reason, exam.right) == ("handed in", 1)
    assert desk.evaluate("Object.keys(localStorage).filter(key => key.startsWith('exam-outbox')).length") == 0


def test_handing_in_offline_is_told_and_can_be_done_later(desk: Page, exam: Attempt, context: BrowserContext) -> None:
    option(desk, "B").check()
    is_saved(desk)
    desk.get_by_role("button", name="Review and finish").click()
    expect(desk.get_by_role("heading", name="Look it over")).to_be_focused()
    expect(desk.get_by_text("1 of 4 answered")).to_be_visible()
    context.set_offline(True)
    desk.get_by_role("button", name="Hand in").click()
    expect(desk.get_by_text("The server cannot be reached, so the exam is not handed in yet.")).to_be_visible()
    context.set_offline(False)
    desk.get_by_role("button", name="Hand in").click()
    desk.wait_for_url("**/result/")
    exam.refresh_from_db()
    assert exam.finish_reason == "handed in"


def test_back_and_forward_move_through_the_questions(desk: Page, exam: Attempt) -> None:
    option(desk, "B").check()
    desk.get_by_role("button", name="Next").click()
    is_at(desk, 2)
    desk.get_by_role("button", name="Review and finish").click()
    desk.wait_for_url("**/review/")
    desk.go_back()
    is_at(desk, 2)
    desk.go_back()
    is_at(desk, 1)
    expect(option(desk, "B")).to_be_checked()
    desk.go_forward()
    is_at(desk, 2)


# -- keys ------------------------------------------------------------------------------------------------------------


def test_a_whole_exam_by_keyboard(desk: Page, exam: Attempt) -> None:
    press = desk.keyboard.press
    press("b")
    is_saved(desk)
    press("Shift+C")
    press("f")
    expect(desk.get_by_role("button", name="Strike out C")).to_have_attribute("aria-pressed", "true")
    expect(desk.get_by_role("button", name="Flag for review")).to_have_attribute("aria-pressed", "true")
    press("ArrowRight")
    is_at(desk, 2)
    expect(desk.locator("[data-focus]")).to_be_focused()
    press("2")
    expect(option(desk, "B")).to_be_checked()
    press("Control+a")
    press("ArrowLeft")
    is_at(desk, 1)
    for position in (2, 3, 4):
        press("ArrowRight")
        is_at(desk, position)
    press("a")
    press("3")
    expect(step(desk, 4)).to_have_attribute("data-state", "saved")
    press("ArrowRight")
    desk.wait_for_url("**/review/")
    expect(desk.get_by_text("3 of 4 answered")).to_be_visible()
    desk.get_by_role("button", name="Hand in").focus()
    press("Enter")
    desk.wait_for_url("**/result/")
    exam.refresh_from_db()
    assert exam.right == 3
    assert (place(exam).flagged, place(exam).struck) == (True, ["c"])


def test_the_keys_can_be_switched_off(desk: Page) -> None:
    desk.get_by_role("button", name="Switch these keys off").click()
    desk.keyboard.press("b")
    desk.get_by_role("button", name="Switch the keys on").click()
    desk.keyboard.press("c")
    expect(option(desk, "C")).to_be_checked()
    is_saved(desk)
    desk.reload()
    expect(option(desk, "C")).to_be_checked()


def test_practice_goes_by_keyboard_too(
    exam: Attempt, context: BrowserContext, come_as: Callable[..., None], complaints: Callable[..., list[str]]
) -> None:
    complaints(context)
    session = make_attempt(learner=exam.learner, mode="practice", slots=2, started_at=timezone.now())
    come_as(context, exam.learner)
    page = context.new_page()
    open_at(page, session, 1)
    page.keyboard.press("b")
    page.locator("h1").evaluate("() => document.activeElement.blur()")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Key.").or_(page.get_by_text("Your answer, and right.")).first).to_be_visible()
    expect(page.locator("[role=status][data-focus]")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/slots/2/")
    page.keyboard.press("a")
    expect(option(page, "A")).to_be_checked()
    assert session.slots.get(position=1).responses.get().spent_ms > 0


# -- without JavaScript ----------------------------------------------------------------------------------------------


@pytest.fixture
def plain(exam: Attempt, browser: Browser, live_server: object, come_as: Callable[..., None]) -> Iterator[Page]:
    context = browser.new_context(base_url=str(live_server), java_script_enabled=False)
    come_as(context, exam.learner)
    page = context.new_page()
    open_at(page, exam, 1)
    yield page
    context.close()


def test_without_javascript_an_exam_is_sat_from_start_to_result(plain: Page, exam: Attempt) -> None:
    option(plain, "B").check()
    plain.get_by_role("button", name="Flag for review").click()
    expect(plain.get_by_role("button", name="Flag for review")).to_have_attribute("aria-pressed", "true")
    expect(option(plain, "B")).to_be_checked()
    plain.get_by_role("button", name="Strike out C").click()
    expect(plain.get_by_role("button", name="Strike out C")).to_have_attribute("aria-pressed", "true")
    plain.get_by_role("button", name="Next").click()
    is_at(plain, 2)
    option(plain, "A").check()
    option(plain, "A").press("Enter")
    expect(step(plain, 2)).to_have_accessible_name("Question 2, saved")
    expect(plain.get_by_role("button", name="Flag for review")).to_have_attribute("aria-pressed", "false")
    step(plain, 4).click()
    is_at(plain, 4)
    for letter in "ABC":
        option(plain, letter).check()
    plain.get_by_role("button", name="Review and finish").click()
    expect(plain.get_by_text("Choose 2 options; you chose 3.")).to_be_visible()
    option(plain, "B").uncheck()
    plain.get_by_role("button", name="Review and finish").click()
    expect(plain.get_by_text("3 of 4 answered")).to_be_visible()
    plain.get_by_role("button", name="Hand in").click()
    plain.wait_for_url("**/result/")
    exam.refresh_from_db()
    assert (exam.right, exam.scored) == (2, 4)
    assert (place(exam).flagged, place(exam).struck) == (True, ["c"])


def test_without_javascript_a_stale_page_shows_both_answers(plain: Page, exam: Attempt) -> None:
    attempts.save_draft(
        learner=exam.learner, attempt=exam.pk, position=1, letters=["A"], revision=0, save_id="elsewhere", now=timezone.now()
    )
    option(plain, "C").check()
    plain.get_by_role("button", name="Next").click()
    expect(plain.get_by_text("changed in another tab")).to_be_visible()
    assert place(exam).draft == ["a"]
    plain.get_by_role("button", name="Keep the answer of this page").click()
    is_at(plain, 1)
    expect(option(plain, "C")).to_be_checked()
    assert place(exam).draft == ["c"]


# -- for everyone, and light -----------------------------------------------------------------------------------------


@pytest.mark.browser_context_args(bypass_csp=True)  # axe puts styles of its own into the page.
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(desk: Page, exam: Attempt, scheme: Any, width: int) -> None:
    desk.set_viewport_size({"width": width, "height": 800})
    desk.emulate_media(color_scheme=scheme)
    option(desk, "B").check()
    desk.get_by_role("button", name="Flag for review").click()
    desk.get_by_role("button", name="Strike out A").click()
    is_saved(desk)
    assert faults(desk) == []
    desk.get_by_role("button", name="Next").click()
    is_at(desk, 2)
    attempts.save_draft(
        learner=exam.learner, attempt=exam.pk, position=2, letters=["A"], revision=0, save_id="elsewhere", now=timezone.now()
    )
    option(desk, "C").check()
    expect(desk.get_by_role("button", name="Keep this one")).to_be_visible()
    assert faults(desk) == []
    desk.get_by_role("button", name="Keep the other").click()
    desk.get_by_role("button", name="Review and finish").click()
    expect(desk.get_by_role("heading", name="Look it over")).to_be_visible()
    assert faults(desk) == []
    attempts.hand_in(learner=exam.learner, attempt=exam.pk, now=timezone.now())
    desk.go_back()
    desk.wait_for_url("**/result/")


@pytest.fixture
def collected(tmp_path: Path) -> dict[str, Path]:
    """The static files as they are served in production, by the names that templates use."""
    storages = {**settings.STORAGES, "staticfiles": {"BACKEND": "quizzes.storage.BundledStaticFilesStorage"}}
    with override_settings(STATIC_ROOT=tmp_path, STORAGES=storages):
        call_command("collectstatic", interactive=False, verbosity=0)
    names = json.loads((tmp_path / "staticfiles.json").read_text())["paths"]
    return {name: tmp_path / hashed for name, hashed in names.items()}


def test_the_page_is_light_and_its_bundled_script_works(desk: Page, exam: Attempt, collected: dict[str, Path]) -> None:
    bundle = collected["js/exam.js"].read_text()
    desk.route("**/static/js/exam.js", lambda route: route.fulfill(body=bundle, content_type="text/javascript"))
    desk.route("**/static/js/{outbox,sheet}.js", lambda route: route.abort())
    desk.reload()
    option(desk, "B").check()
    is_saved(desk)

    client = Client()
    client.force_login(exam.learner, backend="allauth.account.auth_backends.AuthenticationBackend")
    url = exam.slots.get(position=1).get_absolute_url()
    page, part = client.get(url), client.get(url, headers={"hx-request": "true"})
    files = re.findall(r'(?:src|href)="/static/([^"]+)"', page.text)
    weights = [len(gzip.compress(collected[name].read_bytes())) for name in files]
    assert len(files) + 1 <= 8
    assert sum(weights) + len(gzip.compress(page.content)) <= 60_000
    assert len(gzip.compress(part.content)) <= 6_000
