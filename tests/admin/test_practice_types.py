"""Ordering, matching and numeric questions at the desk: written, told off, previewed, published, practised, compared."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from quizzes.domain.items import as_dict
from quizzes.models import Fact, Question, Response, User
from quizzes.queries.desk import objective_groups
from quizzes.services import bank
from quizzes.services.attempts import start_practice
from tests.admin.forms import typed, typed_of
from tests.factories import T0, answer_slot, make_item, make_learner, make_question

pytestmark = pytest.mark.django_db

ADD = "/admin/quizzes/question/add/"
PREVIEW = "/admin/quizzes/question/preview/"
WHY = "The guide says so in its own words."
STEM = "An event fails each time and nobody looks after it for hours. What becomes of it, from first to last?"
FORMS: dict[str, dict[str, Any]] = {
    "ordering": {"options": [(text, WHY, False) for text in ("It is queued", "It is tried", "It is tried again", "It is kept")]},
    "matching": {
        "options": [("A queue", WHY, False, "SQS"), ("A topic", WHY, False, "SNS"), ("A bus", WHY, False, "EventBridge")],
        "targets_extra": "Step Functions\n\nStep Functions\nLambda, of course",
    },
    "numeric": {"options": [("3", WHY, True), ("2", WHY, False)], "unit": "attempts", "tolerance": "0.5"},
}
TYPES = list(FORMS)


def change(question: Question) -> str:
    return f"/admin/quizzes/question/{question.pk}/change/"


def form(type: str, **values: Any) -> dict[str, Any]:
    return typed(**{"type": type, "stem": STEM, **FORMS[type], **values})


def said(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


@pytest.mark.parametrize("type", TYPES)
def test_from_the_first_draft_to_a_learners_answer(client: Client, instructor: User, type: str):
    assert client.post(ADD, form(type, _save="")).status_code == 302
    question = Question.objects.get()
    item = bank.draft_item(question)
    assert (question.state, item.type, [option.text for option in item.options]) == (
        "draft",
        type,
        [row[0] for row in FORMS[type]["options"]],
    )
    if type == "matching":
        assert [option.match for option in item.options] == ["SQS", "SNS", "EventBridge"]
        assert item.targets_extra == ("Step Functions", "Lambda, of course")
    if type == "numeric":
        assert (item.unit, item.tolerance) == ("attempts", "0.5")

    page = client.get(change(question))  # as it was saved, with its preview
    assert "Ready to publish, as far as the checks see." in page.text
    assert "It stays out of exams: they ask single choice and multiple response alone." in page.text
    told = client.post(change(question), typed_of(question, _publish=""), follow=True)
    assert "Published version 1." in told.text
    assert "It stays out of exams." in told.text
    question.refresh_from_db()
    assert question.current is not None
    assert question.current.item == item
    assert (question.in_exams, question.option_count) == (False, len(item.options))

    learner = make_learner()
    session = start_practice(learner=learner, topics=[], kind="all", size=5, now=T0, seed=1)
    slot = session.slots.get()
    answer_slot(slot)
    assert Response.objects.get().fraction == 1
    assert client.get(f"/admin/quizzes/question/{question.pk}/versions/1/").status_code == 200


@pytest.mark.parametrize("type", TYPES)
def test_the_preview_shows_it_as_learners_meet_it_and_as_it_is_told(client: Client, instructor: User, type: str):
    response = client.post(PREVIEW, form(type), headers={"hx-request": "true"})
    before, after = response.text.split('aria-labelledby="after"')
    assert WHY not in before
    assert after.count(WHY) == len(FORMS[type]["options"])
    if type == "ordering":
        shown = re.findall(r"data-step-text>([^<]+)", before)
        assert sorted(shown) == sorted(row[0] for row in FORMS[type]["options"])
        assert shown != [row[0] for row in FORMS[type]["options"]]
    if type == "matching":
        assert re.findall(r'<option value="A:\d">(.*?)</option>', before) == sorted(
            ["SQS", "SNS", "EventBridge", "Step Functions", "Lambda, of course"], key=str.casefold
        )
    if type == "numeric":
        assert "3 attempts" not in said(before)
        assert "3 attempts Key." in said(after)
    assert not Question.objects.exists()


@pytest.mark.parametrize("type", TYPES)
def test_the_preview_takes_what_is_only_begun(client: Client, instructor: User, type: str):
    for options in ([], [("One", "", False)], [("One", "", False), ("", WHY, True), ("Three", "", False, "x")]):
        response = client.post(PREVIEW, typed(type=type, stem="", options=options, tolerance="some"), headers={"hx-request": "true"})
        assert response.status_code == 200
        assert client.post(ADD, typed(type=type, stem="", slug="", options=options, _save="")).status_code == 302
    for question in Question.objects.all():
        assert client.get(change(question)).status_code == 200


@pytest.mark.parametrize(
    ("type", "values", "field", "sentence"),
    [
        ("ordering", {"options": FORMS["ordering"]["options"][:2]}, "options", "An ordering has 3 to 6 steps"),
        (
            "matching",
            {"options": [*FORMS["matching"]["options"], ("A log", WHY, False, "")]},
            "draft_options-3-match",
            "Nothing is matched",
        ),
        ("matching", {"options": [(text, WHY, False, "SQS") for text in "xyz"]}, "options", "All options have the same partner"),
        ("matching", {"targets_extra": "SQS"}, "targets_extra", "is a partner and stands among those that fit nothing"),
        ("matching", {"targets_extra": "a\nb\nc\nd"}, "targets_extra", "At most 3 partners may fit nothing"),
        ("numeric", {"options": [("3", WHY, False), ("2", WHY, False)]}, "options", "has one key, the right number; this has 0"),
        ("numeric", {"options": [("3", WHY, True)]}, "options", "1 to 4 wrong results"),
        ("numeric", {"options": [("three", WHY, True), ("2", WHY, False)]}, "draft_options-0-text", "not a plain number"),
        ("numeric", {"options": [("3", WHY, True), ("2.5", WHY, False)]}, "draft_options-1-text", "would count as right"),
        ("numeric", {"tolerance": "a little"}, "tolerance", "The tolerance is not a number."),
    ],
)
def test_publishing_is_refused_with_the_reason_at_its_field(client: Client, instructor: User, type, values, field, sentence):
    response = client.post(ADD, form(type, **values, _publish=""))
    assert response.status_code == 422
    assert sentence in response.text
    at = response.context["adminform"].form.errors
    options = response.context["inline_admin_formsets"][0].formset
    if field == "options":
        assert sentence in str(options.non_form_errors())
    elif field.startswith("draft_options"):
        _, n, name = field.split("-")
        assert sentence in str(options.forms[int(n)].errors[name])
    else:
        assert sentence in str(at[field])
    assert not Question.objects.exists()


def test_what_belongs_to_another_type_is_not_kept(client: Client, instructor: User):
    """A number's unit, a partner and a mark are out of sight when the type changes, so they go."""
    choice = [(text, WHY, n == 1, "SQS") for n, text in enumerate(("Keep it", "Send it", "Drop it", "Lose it"))]
    client.post(ADD, typed(type="single", options=choice, unit="seconds", tolerance="2", targets_extra="SNS", _save=""))
    question = Question.objects.get()
    item = bank.draft_item(question)
    assert {option.match for option in item.options} == {""}
    assert (item.unit, item.tolerance, item.targets_extra) == ("", "0", ())
    client.post(change(question), typed_of(question, type="ordering", _save=""))
    question.refresh_from_db()
    assert [option.key for option in bank.draft_item(question).options] == [False] * 4


def test_an_unchanged_form_saves_what_was_there(client: Client, instructor: User):
    for type in TYPES:
        question = make_question(item=make_item(type=type))
        client.post(change(question), typed_of(question, _save=""))
        question.refresh_from_db()
        assert question.current is not None
        assert bank.draft_item(question) == question.current.item


def test_the_history_tells_what_changed(client: Client, instructor: User):
    matching, numeric = make_question(item=make_item(type="matching")), make_question(item=make_item(type="numeric"))
    options = [(text, why, key, "Nobody" if n == 1 else match) for n, (text, why, key, match) in enumerate(_rows(matching))]
    client.post(change(matching), typed_of(matching, options=options, targets_extra="A log", _publish=""))
    page = said(client.get(f"/admin/quizzes/question/{matching.pk}/history/").text)
    assert "Option 2, partner" in page
    assert "Partner that fits nothing [gone: A layer ]" in page
    assert "not the key" not in page
    client.post(change(numeric), typed_of(numeric, unit="minutes", tolerance="1", _save=""))
    page = said(client.get(f"/admin/quizzes/question/{numeric.pk}/history/").text)
    assert "Unit [gone: seconds ] [new: minutes ]" in page
    assert "Tolerance [gone: 0.005 ] [new: 1 ]" in page


def _rows(question: Question) -> list[tuple[str, str, bool, str]]:
    return [(option.text, option.why, option.key, option.match) for option in bank.draft_item(question).options]


# -- what stays out of exams -----------------------------------------------------------------------------------------


def test_a_question_on_a_new_fact_is_told_to_stay_out_of_exams(client: Client, instructor: User):
    Fact.objects.create(id="async-new", topic="invocation-async", level="new", statement="Something of last month.")
    told = client.post(ADD, typed(facts="async-new", _publish=""), follow=True)
    assert "Published version 1." in told.text
    assert "It stays out of exams." in told.text
    assert "It stays out of exams while the fact async-new is new." in told.text
    assert "New: what rests on it stays out of exams." in told.text
    question = Question.objects.get()
    assert not question.in_exams
    client.post(change(question), typed_of(question, facts="", _publish=""))
    question.refresh_from_db()
    assert question.in_exams
    assert "stays out of exams" not in client.get(change(question)).text.replace("what rests on it stays out of exams", "")


def test_a_plan_counts_what_exams_may_ask(client: Client, instructor: User):
    make_question()
    make_question(item=make_item(type="ordering"))
    [group] = objective_groups()
    assert [(objective.published, objective.families) for objective in group.objectives] == [(1, 1)]


def test_going_back_to_the_shipped_wording_brings_partners_and_tolerance_back(client: Client, instructor: User):
    for type in ("matching", "numeric"):
        item = make_item(type=type)
        question = make_question(item=item, shipped_body=as_dict(item), shipped_checksum="of the file")
        client.post(change(question), typed_of(question, stem=STEM, targets_extra="Else", unit="hours", tolerance="0.1", _publish=""))
        question.refresh_from_db()
        assert question.edited_here
        client.post(f"/admin/quizzes/question/{question.pk}/shipped/")
        question.refresh_from_db()
        assert not question.edited_here
        assert bank.draft_item(question) == item
