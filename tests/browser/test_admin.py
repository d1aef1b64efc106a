"""The instructor's day in a real browser: write, be refused, mend, preview, publish, change; and what learners see of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.urls import resolve
from playwright.sync_api import Browser, BrowserContext, Page, expect

from quizzes.admin import desk
from quizzes.domain.items import as_dict
from quizzes.models import Fact, Question, Report, SourcePage, User
from quizzes.services.accounts import make_instructor
from quizzes.services.audit import Action, record
from quizzes.services.drafts import discard_draft
from quizzes.services.pictures import keep_upload
from quizzes.services.statistics_runs import start_run
from quizzes.services.workflow import ask_for_review, change_several, comment
from tests.browser.looks import faults_in_both_dresses
from tests.factories import (
    T0,
    compute_now,
    make_assignment,
    make_attempt,
    make_blueprint,
    make_cohort,
    make_domain,
    make_guest,
    make_import,
    make_item,
    make_learner,
    make_lesson,
    make_member,
    make_objective,
    make_picture_bytes,
    make_question,
    make_sittings,
    make_slot,
    make_term,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ComeAs = Callable[[BrowserContext, User], None]

STEM = "An upload starts a function whose partner is down for an hour. What keeps every failed event?"
OPTIONS = [
    ("Raise the visibility timeout of the queue", "A queue is not involved here at all."),
    ("Add an on-failure destination to it", "It receives every event that failed for good."),
    ("Give the function twice the memory", "More memory does not keep an event."),
    ("Send the event through a second topic", "The partner stays down all the same."),
]


def make_author(**values: Any) -> User:
    author = make_learner(**{"username": "ines", **values})
    make_instructor(user=author)
    return author


def clean(page: Page, name: str) -> None:
    """Axe finds nothing, light and dark, wide and narrow, and nothing is wider than the window."""
    assert faults_in_both_dresses(page) == [], name
    page.set_viewport_size({"width": 1280, "height": 900})


def option(page: Page, number: int) -> Any:
    return page.get_by_role("group", name=f"Option {number}")


def write_question(page: Page) -> None:
    """Everything but the key."""
    page.get_by_label("Stem").fill(STEM)
    for number, (text, why) in enumerate(OPTIONS, start=1):
        option(page, number).get_by_label("Text").fill(text)
        option(page, number).get_by_label("Rationale").fill(why)
    source = page.get_by_role("group", name="Source 1")
    source.get_by_label("Title of the page").fill("Invoking a function")
    source.get_by_label("Address").fill("https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html")
    page.get_by_label("Objective").select_option("async-behaviour")
    page.get_by_label("Exam domain").select_option("resilient")


def test_the_instructors_day(
    page: Page, context: BrowserContext, browser: Browser, come_as: ComeAs, complaints: Any, live_server: Any
) -> None:
    complaints(context)
    make_objective(), make_domain()
    make_author(password="seven quiet lighthouses")

    # She signs in at the learners' own door and begins a question.
    page.goto("/admin/")
    page.get_by_label("Username or e-mail address").fill("ines")
    page.get_by_label("Password", exact=True).fill("seven quiet lighthouses")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Authors’ desk")
    page.get_by_role("link", name="Write a question").first.click()

    # She forgets the key: refused, with the reason at the options, and nothing is lost.
    write_question(page)
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("alert").first).to_contain_text("1 thing to mend; what you typed is still here.")
    expect(page.get_by_role("group", name="Options", exact=True)).to_contain_text("No option is marked as key. Mark the right one.")
    expect(page.get_by_label("Stem")).to_have_value(STEM)
    expect(option(page, 4).get_by_label("Text")).to_have_value(OPTIONS[3][0])
    assert not Question.objects.exists()
    clean(page, "a refused form")

    # She mends it; the preview beside it follows while she types.
    option(page, 2).get_by_label("This is a key").check()
    expect(page.locator("#preview")).to_contain_text("Ready to publish, as far as the checks see.")
    expect(page.locator("#preview [data-state=key]")).to_contain_text(OPTIONS[1][0])
    page.get_by_role("button", name="Save and preview").click()
    expect(page).to_have_url(re.compile("/preview/$"))
    expect(page.locator("main")).to_contain_text("This is a draft; learners see nothing of it yet.")
    clean(page, "the preview")
    page.get_by_role("link", name="Go on writing").click()
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("status")).to_contain_text("Published version 1.")
    question = Question.objects.get()

    # A learner meets it in practice.
    learners = browser.new_context(base_url=str(live_server))
    complaints(learners)
    come_as(learners, make_learner(username="lena"))
    study = learners.new_page()
    study.goto("/practice/")
    study.get_by_role("button", name="Start practice").click()
    expect(study.locator(".stem")).to_have_text(STEM)
    study.get_by_text(OPTIONS[1][0]).click()
    study.get_by_role("button", name="Check answer").click()
    expect(study.locator("[data-state=key]")).to_contain_text("Your answer, and right.")
    study.get_by_role("link", name="See how it went").click()
    study.wait_for_url("**/result/")
    result = study.url

    # She changes the question and publishes it again; the history tells what changed.
    page.get_by_label("Stem").fill(STEM.replace("an hour", "two days"))
    page.get_by_label("What changed").fill("a longer outage")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("status")).to_contain_text("Published version 2.")
    page.get_by_role("link", name="History and differences").click()
    expect(page.get_by_role("definition")).to_contain_text("[gone: an hour]")
    expect(page.get_by_role("definition")).to_contain_text("[new: two days]")
    expect(page.locator("main")).to_contain_text("a longer outage")
    clean(page, "the history")

    # The old attempt keeps the old wording, a new one has the new.
    study.goto(result)
    expect(study.locator("main")).to_contain_text("down for an hour")
    expect(study.locator("main")).not_to_contain_text("two days")
    study.goto("/practice/")
    study.get_by_role("button", name="Start practice").click()
    expect(study.locator(".stem")).to_contain_text("down for two days")

    # And she takes it out of the bank.
    page.goto(f"/admin/quizzes/question/{question.pk}/change/")
    page.get_by_role("button", name="Retire …").click()
    page.get_by_role("button", name="Retire it").click()
    expect(page.get_by_role("status")).to_contain_text("Retired.")
    learners.close()


def test_without_script_a_question_is_written_and_published(browser: Browser, come_as: ComeAs, live_server: Any) -> None:
    make_objective(), make_domain()
    context = browser.new_context(base_url=str(live_server), java_script_enabled=False)
    come_as(context, make_author())
    page = context.new_page()
    page.goto("/admin/quizzes/question/add/")
    expect(page.get_by_role("button", name="Move option 1 up")).to_be_hidden()
    write_question(page)
    option(page, 2).get_by_label("This is a key").check()
    option(page, 4).get_by_label("Place").fill("1")
    option(page, 1).get_by_label("Place").fill("4")
    page.get_by_role("button", name="Save and preview").click()
    expect(page.locator(".option").first).to_contain_text(OPTIONS[3][0])
    page.get_by_role("link", name="Go on writing").click()
    page.get_by_text("More options").click()
    option(page, 5).get_by_label("Text").fill("Wait an hour and do nothing else")
    option(page, 5).get_by_label("Rationale").fill("Then the event is dropped in the end.")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("status")).to_contain_text("Published version 1.")
    assert Question.objects.get().option_count == 5
    context.close()


def test_options_move_by_keyboard(page: Page, context: BrowserContext, come_as: ComeAs, complaints: Any) -> None:
    complaints(context)
    come_as(context, make_author())
    question = make_question(state="draft")
    texts = [o.text for o in question.draft_options.all()]
    page.goto(f"/admin/quizzes/question/{question.pk}/change/")
    page.get_by_role("button", name="Move option 2 up").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Move option 1 up")).to_be_focused()
    expect(option(page, 1).get_by_label("Text")).to_have_value(texts[1])
    expect(option(page, 1).get_by_label("This is a key")).to_be_checked()
    expect(option(page, 2).get_by_label("This is a key")).not_to_be_checked()
    expect(page.locator("#preview .option").first).to_contain_text(texts[1])
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_role("status")).to_contain_text("Saved.")
    assert [o.text for o in question.draft_options.all()] == [texts[1], texts[0], *texts[2:]]


def test_leaving_a_page_with_unsaved_words_asks_first(page: Page, context: BrowserContext, come_as: ComeAs) -> None:
    come_as(context, make_author())
    question = make_question(state="draft")
    asked = []

    def stay(dialog: Any) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", stay)
    page.goto(f"/admin/quizzes/question/{question.pk}/change/")
    with page.expect_navigation():
        page.get_by_role("link", name="Preview").click()
    assert asked == []
    page.goto(f"/admin/quizzes/question/{question.pk}/change/")
    page.get_by_label("Stem").press_sequentially("More. ")
    page.get_by_role("link", name="Questions").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Questions")
    assert asked == ["beforeunload"]


def test_the_sum_of_a_plan_follows_its_numbers(page: Page, context: BrowserContext, come_as: ComeAs, complaints: Any) -> None:
    complaints(context)
    come_as(context, make_author())
    make_question()
    objective = make_objective("cost", "pricing")
    plan = make_blueprint(1)
    page.goto(f"/admin/quizzes/blueprint/{plan.pk}/change/")
    row = page.get_by_role("row", name=objective.title)
    expect(row.get_by_text("too few")).to_be_hidden()
    row.get_by_label(objective.title).fill("4")
    expect(page.locator("[data-total]")).to_have_text("5")
    expect(row.get_by_text("too few")).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Too few questions for: cost.")


def test_figures_are_computed_and_read_by_keyboard_without_script(browser: Browser, come_as: ComeAs, live_server: Any) -> None:
    plan, questions = make_blueprint(2), [make_question(), make_question()]
    make_sittings(questions, [["b", "a"]] * 40 + [["a", "b"]] * 24 + [["c", "c"]] * 6 + [["b", "b"]] * 10, blueprint=plan)
    context = browser.new_context(base_url=str(live_server), java_script_enabled=False, viewport={"width": 390, "height": 800})
    come_as(context, make_author())
    page = context.new_page()
    page.goto(f"/admin/quizzes/question/{questions[0].pk}/change/")
    figures = page.get_by_role("region", name="What answers say")
    expect(figures).to_contain_text("Nothing was computed for this question yet.")
    figures.get_by_role("button", name="Compute now").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Computed the figures of 2 versions from 80 exams.")
    expect(figures).to_contain_text("Check the key (confirmed)")
    expect(figures.get_by_role("img", name="Who chose what.")).to_be_visible()
    expect(figures.get_by_role("row").filter(has=page.get_by_role("cell", name="key", exact=True))).to_contain_text("50")

    page.goto(f"/admin/quizzes/blueprint/{plan.pk}/statistics/")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Figures of {plan.title}")
    page.get_by_text("Sort", exact=True).focus()  # rows are cards on a phone, so sorting has a list of its own
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Facility").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("sort=facility"))
    page.get_by_text("Sort", exact=True).press("Enter")
    expect(page.get_by_role("link", name="Facility upwards")).to_have_attribute("aria-current", "true")
    expect(page.get_by_role("rowheader", name=questions[1].slug)).to_be_visible()
    context.close()


#: A page of each kind that an author sees at the desk.
DESK_PAGES = (
    "", "question/", "question/?state__exact=draft&q=nothing", "question/add/", "question/{question}/change/", "question/{question}/shipped/",
    "question/{question}/preview/", "question/{question}/history/", "question/{question}/versions/1/", "question/{draft}/delete/",
    "question/{figures}/change/", "blueprint/{plan}/statistics/?sort=-facility", "blueprint/", "blueprint/add/", "blueprint/{plan}/change/",
    "blueprint/{empty}/delete/", "blueprint/{plan}/history/", "report/", "report/{report}/change/", "learner/", "learner/{learner}/change/", "user/", "user/add/",
    "user/{learner}/change/", "user/{learner}/password/", "user/{guest}/delete/", "attempt/", "attempt/{attempt}/change/", "lesson/",
    "lesson/{lesson}/change/", "term/", "term/{term}/change/", "sourcepage/", "sourcepage/{source}/change/", "importrun/", "importrun/add/",
    "keymending/", "prediction/", "cohort/", "cohort/add/", "cohort/{cohort}/change/", "cohort/{cohort}/members/?sort=-name",
    "cohort/{cohort}/members/?q=nobody", "cohort/{cohort}/members/{member}/", "cohort/{cohort}/members/{member}/lessons/",
    "cohort/{cohort}/members/{member}/removal/", "cohort/{cohort}/progress/", "cohort/{cohort}/lessons/", "cohort/{cohort}/exams/",
    "cohort/{cohort}/exams/add/", "cohort/{cohort}/exams/{exam}/", "cohort/{cohort}/exams/{exam}/change/",
    "cohort/{cohort}/exams/{exam}/delete/", "cohort/{cohort}/code/", "cohort/{cohort}/closing/", "question/{question}/retirement/",
    "discardeddraft/", "discardeddraft/{discarded}/change/", "picture/", "picture/add/", "picture/{picture}/change/", "statisticsrun/",
    "statisticsrun/{run}/change/", "auditentry/", "auditentry/{entry}/change/", "importrun/{import}/undoing/",
)  # fmt: skip

#: Pages of a course of their own: axe looks at them on its way, in the tests of imports, mendings and the workflow.
LOOKED_AT_ELSEWHERE = {
    "quizzes_importrun_change", "quizzes_keymending_change", "quizzes_keymending_wizard", "quizzes_question_attention", "quizzes_question_bulk",
    "quizzes_question_bulk_list",
}  # fmt: skip

#: What shows no page: files, parts, what only a button asks for, the learners' own doors, and what nobody may do there.
NO_PAGE = {
    "app_list", "autocomplete", "jsi18n", "login", "logout", "password_change", "password_change_done", "view_on_site",
    "quizzes_blueprint_statistics_csv", "quizzes_prediction_csv", "quizzes_auditentry_csv", "quizzes_question_export", "quizzes_question_pilot", "quizzes_question_review",
    "quizzes_question_statistics", "quizzes_question_typed_preview",
}  # fmt: skip


def desk_names() -> set[str]:
    """The names of the desk's addresses, without those that Django makes for every table and that are closed here.

    The history of a row is one template for all tables: that of the blueprints stands for them.
    """
    names = {pattern.name for entry in desk.urls[0] for pattern in getattr(entry, "url_patterns", [entry]) if pattern.name}
    closed = {"attempt": "add delete history", "cohort": "delete history", "importrun": "delete history", "keymending": "add delete history",
              "learner": "add delete history", "lesson": "add delete history", "report": "add delete history", "sourcepage": "add delete history",
              "term": "add delete history", "user": "history", "blueprint": "history", "auditentry": "add delete history",
              "statisticsrun": "add delete history", "discardeddraft": "add delete history", "picture": "delete history"}  # fmt: skip
    shown = {name for name in names if not name.endswith("_rows")}  # the file of a list
    return shown - {f"quizzes_{table}_{act}" for table, acts in closed.items() for act in acts.split()}


def test_axe_finds_nothing_at_the_desk(page: Page, context: BrowserContext, come_as: ComeAs, complaints: Any) -> None:
    """Every kind of page of an instructor; the form refused, the preview and the history are in the day above."""
    author, learner = make_author(is_superuser=True), make_learner(first_name="Lena", last_name="Lang")
    guest, lesson, term = make_guest(), make_lesson(), make_term()
    source = SourcePage.objects.create(url="https://docs.aws.amazon.com/lambda/latest/dg/welcome.html", title="What is Lambda?")
    Fact.objects.create(id="async-two-retries", topic="invocation-async", level="core", statement="Two retries.")
    item = make_item()
    shipped = make_question(item=item, shipped_body={**as_dict(item), "stem": "What the file says is something else?"}, edited_here=True)
    draft = make_question(state="draft", item=make_item(keys=""))
    plan = make_blueprint(9)
    attempt = make_attempt(learner=learner, mode="practice", slots=0)
    slot = make_slot(attempt=attempt, question=shipped)
    report = Report.objects.create(learner=learner, version=slot.version, kind="wrong", text="B is right too.", created_at=T0)
    Report.objects.create(
        learner=learner, version=slot.version, kind="other", text="Typo.", reply="Thanks.", state="mended", created_at=T0, closed_at=T0 + timedelta(days=2)
    )  # fmt: skip
    make_sittings([shipped, met := make_question()], [["b", "a"]] * 40 + [["a", "b"]] * 24 + [["c", "c"]] * 6, blueprint=plan)
    compute_now(now=T0)
    cohort = make_cohort(title="Evening class", instructors=[author])
    stay, assignment = make_member(cohort, learner), make_assignment(cohort, plan, note="Bring tea.")
    come_as(context, author)
    ids = {
        "figures": met.pk,
        "cohort": cohort.pk,
        "member": stay.pk,
        "exam": assignment.pk,
        "question": shipped.pk,
        "draft": draft.pk,
        "plan": plan.pk,
        "report": report.pk,
        "learner": learner.pk,
        "attempt": attempt.pk,
        "guest": guest.pk,
        "lesson": lesson.pk,
        "term": term.pk,
        "source": source.pk,
        "discarded": discard_draft(question=make_question(state="draft"), by=author, now=T0).pk,
        "picture": keep_upload(data=make_picture_bytes(), now=T0).pk,
        "run": start_run(by=author, now=T0).pk,
        "entry": record(Action.OWN_EXPORT, "own data", by=learner).pk,
        "import": make_import(question=make_question(state="draft")).run_id,
        "empty": make_blueprint(2, title="Never sat").pk,
    }
    complaints(context)
    seen = set()
    for name in DESK_PAGES:
        address = "/admin/" + (f"quizzes/{name.format(**ids)}" if name else "")
        page.goto(address)
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        clean(page, name or "the index")
        seen.add(resolve(address.partition("?")[0]).url_name)
    assert desk_names() - seen - LOOKED_AT_ELSEWHERE - NO_PAGE == set()
    page.goto("/admin/quizzes/question/?state__exact=draft")
    page.get_by_role("checkbox", name=f"Select this object for an action - {draft.slug}").check()
    page.get_by_role("combobox", name="Action").select_option("publish_selected")
    page.get_by_role("button", name="Go").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Some were not published")
    clean(page, "refused in bulk")


def test_a_second_pair_of_eyes_by_keyboard_and_without_script(
    page: Page, context: BrowserContext, browser: Browser, come_as: ComeAs, complaints: Any, live_server: Any, settings: Any
) -> None:
    """Ines writes and asks, Otto sends back, she mends, he approves, she publishes; his browser runs no script and is 390 px wide."""
    settings.REVIEW_REQUIRED = True
    complaints(context)
    make_objective(), make_domain()
    come_as(context, make_author())
    page.goto("/admin/quizzes/question/add/")
    write_question(page)
    option(page, 2).get_by_label("This is a key").check()
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("status")).to_contain_text("ask another instructor for a review")
    expect(page.get_by_label("Stem")).to_have_value(STEM)
    page.get_by_role("button", name="Save and ask for review").click()
    expect(page.get_by_role("status")).to_contain_text("Asked for a review.")
    expect(page.locator(".desk-head")).to_contain_text("In review")
    question = Question.objects.get()
    address = f"/admin/quizzes/question/{question.pk}/change/"

    # Otto finds it on the first page and sends it back.
    quiet = browser.new_context(base_url=str(live_server), java_script_enabled=False, viewport={"width": 390, "height": 800})
    come_as(quiet, make_author(username="otto"))
    desk = quiet.new_page()
    desk.goto("/admin/")
    desk.get_by_role("link", name="In review, waiting for you").focus()
    desk.keyboard.press("Enter")
    desk.get_by_role("rowheader", name=question.slug).get_by_role("link").click()
    review = desk.get_by_role("region", name="Review")
    review.get_by_label("Comment").fill("Say how long the partner is down.")
    review.get_by_role("button", name="Send back").focus()
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("status")).to_contain_text("Sent back.")

    # Ines finds that, mends it and asks again.
    page.goto("/admin/")
    page.get_by_role("link", name="Sent back to you").click()
    page.get_by_role("rowheader", name=question.slug).get_by_role("link").click()
    expect(page.get_by_role("region", name="Review")).to_contain_text("Say how long the partner is down.")
    page.get_by_label("Stem").fill(STEM.replace("an hour", "two days"))
    page.get_by_role("button", name="Save and ask for review").click()
    expect(page.get_by_role("status")).to_contain_text("Asked for a review.")
    clean(page, "the page of a question in review")

    # Otto approves, and she publishes what he approved.
    desk.goto(address)
    review.get_by_role("button", name="Approve").click()
    expect(desk.get_by_role("status")).to_contain_text("Approved.")
    page.goto(address)
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("status")).to_contain_text("Published version 1.")
    page.get_by_role("link", name="History and differences").click()
    expect(page.get_by_role("row").filter(has_text="Version 1")).to_contain_text("otto")
    quiet.close()


def test_several_are_tagged_and_that_is_undone_without_script(browser: Browser, come_as: ComeAs, live_server: Any) -> None:
    one, two = make_question(), make_question()
    context = browser.new_context(base_url=str(live_server), java_script_enabled=False)
    come_as(context, make_author())
    page = context.new_page()
    page.goto("/admin/quizzes/question/")
    for question in (one, two):
        page.get_by_role("row").filter(has_text=question.slug).get_by_role("checkbox").check()
    page.locator("select[name=action]").select_option("tag_selected")
    page.get_by_role("button", name="Go").click()
    page.get_by_label("Tag").fill("Spring 2027")
    page.get_by_role("button", name="Show what changes").click()
    expect(page.get_by_role("row").filter(has_text=two.slug)).to_contain_text("spring-2027")
    page.get_by_role("button", name="Do it").click()
    expect(page.get_by_role("status")).to_contain_text("Tag spring-2027: 2 questions.")
    assert one.tags.get().name == "spring-2027"
    page.get_by_role("link", name="See what changed, or undo it").click()
    page.get_by_role("button", name="Undo it").click()
    expect(page.get_by_role("status")).to_contain_text("Undone for 2 questions.")
    assert not one.tags.exists()
    context.close()


def test_axe_finds_nothing_on_the_pages_of_the_workflow(page: Page, context: BrowserContext, come_as: ComeAs, complaints: Any) -> None:
    complaints(context)
    author = make_author()
    come_as(context, author)
    question = make_question(is_pilot=True)
    make_question(state="draft", changed_at=T0 - timedelta(days=90))
    ask_for_review(question=make_question(state="draft", written_by=make_learner()), by=make_learner(), now=T0)
    comment(question=question, by=author, text="Shorter, please.", now=T0)
    change = change_several(kind="tag", value="spring", questions=[question], by=author, now=T0)
    places = {
        "attention": "attention/", "a pilot": f"{question.pk}/change/", "changes": "bulk/", "a change": f"bulk/{change.pk}/",
    }  # fmt: skip
    for name, place in places.items():
        page.goto(f"/admin/quizzes/question/{place}")
        clean(page, name)
    for action, label in (("move_selected", "Objective"), ("tag_selected", "Tag")):
        page.goto("/admin/quizzes/question/")
        page.get_by_role("row").filter(has_text=question.slug).get_by_role("checkbox").check()
        page.locator("select[name=action]").select_option(action)
        page.get_by_role("button", name="Go").click()
        expect(page.get_by_label(label)).to_be_visible()
        clean(page, action)
    page.get_by_label("Tag").fill("summer")
    page.get_by_role("button", name="Show what changes").click()
    expect(page.get_by_label("Tag")).to_be_hidden()
    clean(page, "what changes")
