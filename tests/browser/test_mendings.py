"""A key turns out wrong: from a learner's report through the dry run to the learner's result, and back; in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from quizzes.models import Attempt, Report, User
from quizzes.services import attempts
from tests.browser.looks import wider
from tests.browser.test_admin import clean, make_author
from tests.factories import T0, make_attempt, make_bank, make_blueprint, make_learner, make_question, make_slot

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ComeAs = Callable[[BrowserContext, User], None]


def lenas_exam(learner: User) -> tuple[Attempt, Report]:
    """Two of four right, and a report that her answer to the first holds as well."""
    question = make_question(slug="keeps-every-event")
    exam = make_attempt(
        learner=learner, slots=0, blueprint=make_blueprint(title="Taster"), plan={"title": "Taster", "minutes": 30, "cut": 0.72}
    )
    for position, (asked, letter) in enumerate(zip([question, *make_bank(3)], "CBBA", strict=True), start=1):
        slot = make_slot(attempt=exam, position=position, question=asked)
        attempts.save_draft(
            learner=learner, attempt=exam.pk, position=position, letters=[letter], revision=0, save_id=f"save-{slot.pk}", now=T0
        )  # fmt: skip
    attempts.hand_in(learner=learner, attempt=exam.pk, now=T0 + timedelta(minutes=9))
    report = Report.objects.create(
        learner=learner, version=question.current, kind="wrong", text="C keeps the event as well.", created_at=T0
    )
    return exam, report


def test_from_a_report_to_the_result_and_back(
    page: Page, context: BrowserContext, browser: Browser, come_as: ComeAs, complaints: Any, live_server: Any
) -> None:
    complaints(context)
    come_as(context, make_author())
    lena = make_learner(username="lena", first_name="Lena", last_name="Holm")
    exam, report = lenas_exam(lena)
    result = f"/attempts/{exam.pk}/result/"

    # She opens the report and says what is to hold.
    page.goto(f"/admin/quizzes/report/{report.pk}/change/")
    page.get_by_role("link", name="Mend the key").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mend the key of keeps-every-event")
    expect(page.locator("main")).to_contain_text("C keeps the event as well.")
    page.get_by_role("button", name="See what it would change").click()
    expect(page.get_by_role("alert")).to_contain_text("Say what is to hold.")
    clean(page, "the refused first step")
    page.get_by_label("Accept several: other answers are right too").check()
    page.get_by_role("group", name="If you accept several: right too").get_by_label("C · Give the function twice").check()
    clean(page, "the first step")
    page.get_by_role("button", name="See what it would change").click()

    # The dry run says who is concerned; nothing is changed yet.
    row = page.get_by_role("row", name="Lena Holm")
    expect(row).to_contain_text("from fail to pass")
    expect(row).to_contain_text("+219")
    clean(page, "the dry run")
    assert Attempt.objects.get().scaled == 531

    # She goes back, finds what she chose, and applies it, by keyboard.
    page.get_by_role("link", name="Change what is to hold").click()
    expect(page.get_by_label("C · Give the function twice").first).to_be_checked()
    page.get_by_role("button", name="See what it would change").press("Enter")
    page.get_by_role("button", name="Apply it").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Say why: learners read this on their result page.")
    page.get_by_label("Why").fill("Both keep the event.")
    page.get_by_role("button", name="Apply it").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("The report is closed, with your reason as the answer.")
    expect(page.get_by_role("heading", name="Learners still meet this wording")).to_be_visible()
    clean(page, "the mending")
    mending = page.url

    # The learner reads it on her result, on a phone, without script.
    phone = browser.new_context(
        base_url=str(live_server), java_script_enabled=False, viewport={"width": 390, "height": 844}, color_scheme="dark"
    )
    come_as(phone, lena)
    study = phone.new_page()
    study.goto(result)
    expect(study.get_by_role("heading", level=1)).to_have_text("750. A pass.")
    expect(study.get_by_role("region", name="A key of this exam was mended")).to_contain_text(
        "Both keep the event. Your result went from 531 (2 of 4, no pass) to 750 (3 of 4, a pass)."
    )
    assert wider(study) == []
    study.goto("/progress/")
    expect(study.locator("main")).to_contain_text("your score went from 531 to 750.")
    expect(study.locator("main")).to_contain_text("Both keep the event.")  # the answer to her report

    # The list has it; she takes it back, and everything is as it was.
    page.goto("/admin/quizzes/keymending/")
    expect(page.get_by_role("row", name="keeps-every-event")).to_contain_text("in force")
    clean(page, "the list")
    page.goto(mending)
    page.get_by_text("Every mark and result becomes what it was before").click()
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_role("status")).to_contain_text("Taken back.")
    study.goto(result)
    expect(study.get_by_role("heading", level=1)).to_have_text("531. 189 points short of a pass.")
    expect(study.get_by_role("region", name="A key of this exam was mended")).to_contain_text("This was taken back on")
    phone.close()


def test_without_script_a_key_is_changed_and_a_corrected_version_prepared(browser: Browser, come_as: ComeAs, live_server: Any) -> None:
    exam, _ = lenas_exam(make_learner())
    context = browser.new_context(base_url=str(live_server), java_script_enabled=False, viewport={"width": 390, "height": 844})
    come_as(context, make_author())
    page = context.new_page()
    page.goto(f"/admin/quizzes/question/{exam.slots.get(position=1).version.question_id}/change/")
    page.get_by_role("link", name="Mend the key").click()
    page.get_by_label("Change the key: another answer is right instead").check()
    page.get_by_role("group", name="If you change the key: right instead").get_by_label("C · Give the function twice").check()
    page.get_by_role("button", name="See what it would change").click()
    expect(page.get_by_label("Why")).to_be_visible()
    assert wider(page) == []
    page.get_by_label("Why").fill("The guide says C.")
    page.get_by_role("button", name="Apply it").click()
    expect(page.get_by_role("button", name="Prepare a corrected version")).to_be_visible()
    exam.refresh_from_db()
    assert exam.right == 3
    page.get_by_role("button", name="Prepare a corrected version").click()
    expect(page.get_by_role("status")).to_contain_text("The working copy is ready.")
    expect(page.get_by_role("group", name="Option 3").get_by_label("This is a key")).to_be_checked()
    context.close()
