"""The exam page when the link, the clock or the database fails: nothing is lost, and the page says what is going on."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Error, Page, Route, expect

from bench.services import wait_for
from quizzes.domain.attempt import GRACE_S
from quizzes.domain.outage import Kept, Outage, sentence
from quizzes.models import Attempt, LateAnswer
from tests.factories import make_attempt

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SAVED = re.compile(r"^Saved \d\d:\d\d:\d\d$")


@pytest.fixture
def exam(live_server: object) -> Attempt:
    """A running exam of three questions whose key is B."""
    return make_attempt(started_at=timezone.now())


@pytest.fixture
def page(exam: Attempt, context: BrowserContext, come_as: Callable[..., None], complaints: Callable[..., list[str]]) -> Iterator[Page]:
    complaints(context)
    come_as(context, exam.learner)
    page = context.new_page()
    yield page
    context.unroute_all()


def option(page: Page, letter: str) -> Any:
    return page.locator(f"input[name=answer][value={letter}]")


def at_first(page: Page, exam: Attempt) -> None:
    page.goto(f"/attempts/{exam.pk}/slots/1/")


def ends_in(exam: Attempt, **time: float) -> None:
    Attempt.objects.filter(pk=exam.pk).update(deadline_at=timezone.now() + timedelta(**time))


def test_three_minutes_without_a_link_shortly_before_the_end(page: Page, exam: Attempt, context: BrowserContext) -> None:
    """The link is back in time: everything goes out by itself, and counts."""
    page.clock.install()
    ends_in(exam, minutes=4)
    at_first(page, exam)
    option(page, "A").check()
    expect(page.locator("#saved")).to_have_text(SAVED)
    context.set_offline(True)
    option(page, "B").check()
    expect(page.get_by_text("One answer is kept in this browser and will be sent as soon as the link is back.")).to_be_visible()
    page.clock.fast_forward("03:00")
    expect(page.get_by_role("timer")).to_have_text(re.compile(r"^0:[0-5]\d$"))
    expect(page.locator("#saved")).to_have_text("1 not saved yet")
    context.set_offline(False)
    expect(page.locator("#saved")).to_have_text(SAVED)
    assert exam.slots.get(position=1).draft == ["b"]
    assert not LateAnswer.objects.exists()


def test_three_minutes_without_a_link_over_the_end(page: Page, exam: Attempt, context: BrowserContext) -> None:
    """The link is back after the end: what was saved before counts; what waited is kept as late, and that is said."""
    page.clock.install()
    ends_in(exam, minutes=2)
    at_first(page, exam)
    option(page, "B").check()
    expect(page.locator("#saved")).to_have_text(SAVED)
    context.set_offline(True)
    option(page, "C").check()
    expect(page.locator("#saved")).to_have_text("1 not saved yet")
    page.clock.fast_forward("03:00")
    expect(page.get_by_text("Time is up. What is saved counts.")).to_be_visible()
    expect(option(page, "A")).to_be_disabled()
    ends_in(exam, seconds=-GRACE_S - 60)  # those three minutes went by here too
    context.set_offline(False)
    wait_for(LateAnswer.objects.exists, "what waited did not go out")
    # Either the clock was quicker and leads there, or the late answer's own word is on the screen with a link.
    expect(page.get_by_role("link", name="See the result").or_(page.get_by_text("time was up")).first).to_be_visible()
    with contextlib.suppress(Error):  # the page may be on its way there by itself
        page.goto(f"/attempts/{exam.pk}/result/")
    page.wait_for_url("**/result/")
    page.reload()
    expect(page.get_by_text("1 answer came after the end, or after another tab had saved a newer one.")).to_be_visible()
    exam.refresh_from_db()
    assert (exam.finish_reason, exam.right) == ("expired", 1)
    assert [late.answer for late in LateAnswer.objects.all()] == [["c"]]
    assert exam.slots.get(position=1).responses.get().answer == ["b"]


@pytest.mark.parametrize("hours", [1, -1], ids=["an hour ahead", "an hour behind"])
def test_a_clock_that_is_wrong_by_an_hour_changes_nothing(page: Page, exam: Attempt, hours: int) -> None:
    page.clock.install(time=timezone.now() + timedelta(hours=hours))
    at_first(page, exam)
    expect(page.get_by_role("timer")).to_have_text(re.compile(r"^29:[45]\d$"))
    option(page, "B").check()
    expect(page.locator("#saved")).to_have_text(SAVED)
    saved_at = exam.slots.get(position=1).saved_at
    assert saved_at is not None
    assert abs(saved_at - timezone.now()) < timedelta(minutes=1), "the moment is the server's"
    page.clock.fast_forward("29:00")
    expect(page.get_by_role("timer")).to_have_text(re.compile(r"^(0:[0-5]\d|29:\d\d)$"))  # or corrected by the server already
    expect(page.get_by_role("timer")).to_have_text(re.compile(r"^29:\d\d$"))
    expect(option(page, "A")).to_be_enabled()


def test_a_server_that_cannot_save_is_asked_again(page: Page, exam: Attempt, context: BrowserContext) -> None:
    """The answer of the app's own while its database is away: the page says so, keeps the answer, and sends it again by itself."""
    asked: list[str] = []
    words = sentence(Outage.AWAY, Kept.BY_SCRIPT)

    def away(route: Route) -> None:
        route.fulfill(
            status=503,
            headers={"Retry-After": "5"},
            content_type="application/json",
            body=json.dumps({"status": "outage", "message": words}),
        )

    page.on("request", lambda request: asked.append(str(request.post_data)) if request.url.endswith("/draft/") else None)
    page.clock.install()
    at_first(page, exam)
    context.route("**/draft/", away)
    option(page, "B").check()
    expect(page.get_by_text("The server answers, but it cannot save at the moment. One answer is kept in this browser")).to_be_visible()
    expect(page.locator("#saved")).to_have_text("1 not saved yet")
    with page.expect_request("**/draft/"):
        page.clock.fast_forward("00:30")
    context.unroute("**/draft/")
    page.clock.fast_forward("00:30")
    expect(page.locator("#saved")).to_have_text(SAVED)
    expect(page.get_by_text("cannot save at the moment")).to_have_count(0)
    slot = exam.slots.get(position=1)
    assert (slot.draft, slot.revision) == (["b"], 1)
    assert len(asked) > 1
    assert len({re.search(r"save_id=(\w+)", body)[1] for body in asked}) == 1, "the same save under the same id"  # type: ignore[index]


def test_practice_says_so_beside_what_was_typed(page: Page, exam: Attempt, context: BrowserContext) -> None:
    """htmx: the sentence lands where refusals do, and the chosen answer stays on the screen."""
    session = make_attempt(learner=exam.learner, mode="practice", started_at=timezone.now())
    page.goto(f"/attempts/{session.pk}/slots/1/")
    words = sentence(Outage.BUSY, Kept.ON_SCREEN)

    def busy(route: Route) -> None:
        if route.request.method == "POST":
            route.fulfill(
                status=503,
                headers={"HX-Retarget": "#refusal", "HX-Reswap": "innerHTML", "Retry-After": "5"},
                content_type="text/html",
                body=f"<p>{words}</p>",
            )
        else:
            route.continue_()

    context.route("**/slots/1/", busy)
    option(page, "B").check()
    page.get_by_text("Sure", exact=True).click()
    page.get_by_role("button", name="Check answer").click()
    expect(page.locator("#refusal")).to_contain_text("The database was busy with something else for too long, so this was not taken.")
    expect(option(page, "B")).to_be_checked()
    context.unroute("**/slots/1/")
    page.get_by_role("button", name="Check answer").click()
    expect(page.locator("#refusal")).to_be_empty()
    assert session.slots.get(position=1).responses.get().answer == ["b"]
