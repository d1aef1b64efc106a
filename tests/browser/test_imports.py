"""A file of Moodle, with a picture, from the upload to a draft and back; in a real browser, wide and on a phone, with script and without."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from quizzes.models import Question, User
from tests.browser.looks import wider
from tests.browser.test_admin import clean, make_author
from tests.factories import make_domain, make_objective, make_picture_bytes

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ComeAs = Callable[[BrowserContext, User], None]

SCREENS = [pytest.param(1280, True, "light", id="wide, light"), pytest.param(390, False, "dark", id="on a phone, dark, without script")]


def moodle_file(folder: Path) -> Path:
    """A question with a picture, an essay, and a question that has no key."""
    picture = base64.b64encode(make_picture_bytes()).decode()
    answers = "".join(
        f"<answer fraction='{{{n}}}' format='html'><text>{text}</text></answer>"
        for n, text in enumerate(("A queue", "A topic", "A stream", "A bus"))
    )
    whole, none = answers.format(100, 0, 0, 0), answers.format(0, 0, 0, 0)
    path = folder / "week nine.xml"
    path.write_text(
        f"""<quiz><question type="multichoice"><name><text>What keeps it</text></name><single>true</single><questiontext format="html">
<text><![CDATA[<p>What keeps the event here? <img src="@@PLUGINFILE@@/a.png" alt="an event on its way"></p>]]></text>
<file name="a.png" path="/" encoding="base64">{picture}</file></questiontext>{whole}</question>
<question type="essay"><name><text>Say why</text></name></question>
<question type="multichoice"><name><text>No key</text></name><single>true</single><questiontext format="html"><text>Which?</text></questiontext>{none}</question></quiz>"""
    )
    return path


@pytest.mark.parametrize(("width", "script", "scheme"), SCREENS)
def test_upload_report_choose_import_open_the_draft_and_take_it_back(
    browser: Browser, come_as: ComeAs, complaints: Any, live_server: Any, tmp_path: Path, width: int, script: bool, scheme: Any
) -> None:
    make_objective()
    make_domain()
    context = browser.new_context(
        base_url=str(live_server), java_script_enabled=script, viewport={"width": width, "height": 844}, color_scheme=scheme
    )
    complaints(context)
    come_as(context, make_author())
    page = context.new_page()

    # The file is looked at; nothing comes in yet.
    page.goto("/admin/quizzes/question/")
    page.get_by_role("link", name="Import from a file").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Import questions")
    _look(page, "the upload", script)
    page.get_by_label("File").set_input_files(moodle_file(tmp_path))
    page.get_by_label("Format").select_option("toml")
    page.get_by_role("button", name="Look at the file").click()
    expect(page.get_by_role("alert")).to_be_visible()  # it is another format, and that is said
    page.get_by_label("File").set_input_files(moodle_file(tmp_path))
    page.get_by_label("Format").select_option("moodle_xml")
    page.get_by_role("button", name="Look at the file").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Report on week nine.xml")
    expect(page.locator("main")).to_contain_text("1 new, 1 left out, 1 to mend")
    row = page.get_by_role("row", name="What keeps the event here?")
    expect(row).to_contain_text("1 picture")
    expect(page.get_by_role("row", name="Say why")).to_contain_text("This is an essay")
    expect(page.get_by_role("row", name="No key")).to_contain_text("Mark the key")
    _look(page, "the report", script)
    assert not Question.objects.exists()

    # The chosen one comes in, and its draft shows the picture as learners will see it.
    row.get_by_role("checkbox").press("Space")
    page.get_by_role("button", name="Import the chosen as drafts").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Choose at least one question.")
    page.get_by_role("row", name="What keeps the event here?").get_by_role("checkbox").check()
    page.get_by_role("button", name="Import the chosen as drafts").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("1 question is here as drafts now.")
    page.get_by_role("link", name="what-keeps-the-event-here-an-event").click()
    shown = page.get_by_role("img", name="an event on its way").first
    expect(shown).to_be_visible()
    assert shown.evaluate("img => img.decode().then(() => [img.naturalWidth, img.naturalHeight])") == [3, 2]
    _look(page, "the draft", script)

    # It was the wrong file: the import is taken back.
    page.goto("/admin/quizzes/importrun/")
    page.get_by_role("link", name="week nine.xml").click()
    page.get_by_role("link", name="Take back what was imported").click()
    expect(page.locator("main")).to_contain_text("Leave it as it is")
    _look(page, "taking it back", script)
    page.get_by_role("button", name="Delete 1 draft").click()
    expect(page.get_by_role("status")).to_contain_text("1 draft is deleted")
    assert not Question.objects.exists()
    page.goto("/admin/quizzes/discardeddraft/")
    page.get_by_role("link", name="what-keeps-the-event-here-an-event").click()
    page.get_by_role("button", name="Bring it back").click()
    expect(page.get_by_role("status")).to_contain_text("is back as a draft")
    assert Question.objects.get().stem.startswith("What keeps the event here? ![an event on its way](/media/")
    context.close()


def _look(page: Page, where: str, script: bool) -> None:
    """No wider than the screen, and clean where a checker can run."""
    assert wider(page) == [], where
    if script:
        clean(page, where)
