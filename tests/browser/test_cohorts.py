"""A class in a real browser: the instructor opens it, a learner joins and sits the assigned exam, the instructor sees it and exports it."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, expect

from quizzes.models import Attempt, Cohort, Membership, User
from quizzes.services.accounts import make_instructor
from tests.browser.looks import faults
from tests.factories import make_bank, make_blueprint, make_learner

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ComeAs = Callable[[BrowserContext, User], None]


@pytest.fixture(autouse=True)
def nobody_guessed_yet() -> None:
    cache.clear()


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_a_class_from_its_opening_to_its_results(
    browser: Browser, live_server: Any, come_as: ComeAs, complaints: Any, tmp_path: Path, scripts: bool
) -> None:
    make_bank(4)
    make_blueprint(3, title="Final rehearsal", minutes=30, is_open=False)
    ines = make_learner(username="ines", first_name="Ines", last_name="Ruiz")
    make_instructor(user=ines)
    learner = make_learner(username="lena", first_name="=1+1", last_name="Lang")

    # Ines opens a class and reads its code.
    desk = browser.new_context(base_url=str(live_server), java_script_enabled=scripts)
    complaints(desk)
    come_as(desk, ines)
    page = desk.new_page()
    page.goto("/admin/")
    page.get_by_role("navigation", name="Desk").get_by_role("link", name="Classes").click()
    page.get_by_role("link", name="New class").click()
    page.get_by_label("Name").fill("Evening class")
    page.get_by_label("Last day").fill(f"{timezone.localdate() + timedelta(days=30)}")
    expect(page.get_by_label("Ines Ruiz (ines)")).to_be_checked()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Learners join it under Classes with the code")
    code = page.locator(".join-code code").inner_text()
    expect(page.locator("main")).to_contain_text("Nobody has joined yet.")

    # She assigns an exam.
    page.get_by_role("navigation", name="This class").get_by_role("link", name="Exams").click()
    page.get_by_role("link", name="Assign an exam").click()
    now = timezone.localtime()
    page.get_by_label("Exam", exact=True).select_option(label="Final rehearsal")
    page.get_by_label("Opens").fill(f"{now - timedelta(hours=1):%Y-%m-%dT%H:%M}")
    page.get_by_label("Closes").fill(f"{now + timedelta(minutes=20):%Y-%m-%dT%H:%M}")
    page.get_by_role("button", name="Assign it").click()
    expect(page.get_by_role("status")).to_contain_text("Assigned.")

    # Lena, on a phone in the dark, types the code and forgets the tick: she reads whose class it is, and what will be seen.
    phone = browser.new_context(
        base_url=str(live_server), java_script_enabled=scripts, viewport={"width": 390, "height": 800}, color_scheme="dark"
    )
    complaints(phone)
    come_as(phone, learner)
    study = phone.new_page()
    study.goto("/exams/")
    study.get_by_role("link", name="Join a class").click()
    study.get_by_label("Join code").fill(code.lower().replace("-", " "))
    study.get_by_role("button", name="Join").click()
    expect(study.locator("main")).to_contain_text("This code opens Evening class, with Ines Ruiz")
    expect(study.get_by_text("Tick this if you agree; without it you cannot join.")).to_be_visible()
    if scripts:
        assert faults(study) == []
    study.get_by_label("I have read this").focus()
    study.keyboard.press("Space")
    study.get_by_role("button", name="Join").click()
    expect(study.get_by_role("status").first).to_contain_text("You are in “Evening class”.")

    # The exam stands there; its page says that the window cuts it short. She sits it and gets everything right.
    study.get_by_role("link", name=re.compile("Open.*Final rehearsal")).click()
    expect(study.locator("main")).to_contain_text("of 30 minutes, because the window closes then")
    study.get_by_role("button", name="Start the clock").click()
    study.wait_for_url("**/slots/1/")
    exam = Attempt.objects.get()
    for place in exam.slots.select_related("version").order_by("position"):
        expect(study).to_have_url(re.compile(f"/attempts/{exam.pk}/slots/{place.position}/$"))
        study.locator(f"input[name=answer][value={'ABCD'[place.option_order.index('b')]}]").check()
        study.locator("[data-go-next]").click()
    expect(study).to_have_url(re.compile(f"/attempts/{exam.pk}/review/$"))
    study.get_by_role("button", name="Hand in and see the result").click()
    expect(study).to_have_url(re.compile("/result/$"))
    study.goto("/exams/")
    expect(study.locator("main")).to_contain_text("✓ passed · best 1000")

    # Ines sees it, sorts, and takes it home; a name that would be a formula is a name.
    page.reload()
    row = page.get_by_role("row").filter(has_text="lena")
    expect(row).to_contain_text("Passed")
    expect(row).to_contain_text("1000")
    page.get_by_role("link", name="Best score").click()
    expect(page.get_by_role("columnheader", name="Best score")).to_have_attribute("aria-sort", "ascending")
    with page.expect_download() as download:
        page.get_by_role("link", name="Export these rows as CSV").click()
    file = tmp_path / "results.csv"
    download.value.save_as(file)
    [line] = list(csv.DictReader(file.open(encoding="utf-8-sig", newline="")))
    assert (line["Name"], line["Username"], line["State"], line["Attempts used"], line["Best score"]) == (
        "'=1+1 Lang",
        "lena",
        "Passed",
        "1",
        "1000",
    )
    page.get_by_role("navigation", name="This class").get_by_role("link", name="Progress").click()
    expect(page.get_by_role("row").filter(has_text="Asynchronous invocation")).to_contain_text("100\N{NO-BREAK SPACE}% of 3")

    # Lena leaves; nothing of her is left to see. With the code she could come back.
    study.goto(f"/classes/{Cohort.objects.get().pk}/")
    study.get_by_role("link", name="Leave this class").click()
    study.get_by_role("button", name="Leave the class").click()
    expect(study.get_by_role("status").first).to_contain_text("You have left “Evening class”.")
    page.get_by_role("navigation", name="This class").get_by_role("link", name="Members").click()
    expect(page.locator("main")).to_contain_text("Nobody has joined yet.")
    assert not Membership.objects.current().exists()
    desk.close()
    phone.close()
