"""The wizard that mends a key, step by step without script, and the list of what was mended."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone

from quizzes.models import Attempt, KeyMending, Question, Report, Response, User
from quizzes.services import mendings
from tests.factories import T0, make_item, make_learner, make_question, make_version
from tests.services.test_mendings import mend, sit

pytestmark = pytest.mark.django_db

LIST = "/admin/quizzes/keymending/"


def wizard(question: Question) -> str:
    return f"{LIST}of/{question.pk}/"


def said(question: Question, **values: Any) -> dict[str, Any]:
    return {"versions": [question.current_id], "kind": "accept", "accept": ["c"], **values}


def plain(page: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page.text))


def test_the_three_steps_from_a_report(client: Client, instructor: User):
    question, learner = make_question(), make_learner(first_name="Lena", last_name="Holm")
    attempt = sit(question, "c", learner=learner, others="bba")
    report = Report.objects.create(learner=learner, version=question.current, kind="wrong", text="C holds as well.", created_at=T0)

    page = client.get(f"/admin/quizzes/report/{report.pk}/change/")
    address = f"{wizard(question)}?of=1&amp;report={report.pk}"
    assert f'href="{address}"' in page.text
    first = client.get(address.replace("&amp;", "&"))
    assert first.status_code == 200
    assert "C holds as well." in first.text
    assert "C · Give the function twice the memory it has now (1 gave it)" in first.text

    look = {**said(question), "of": 1, "report": report.pk}
    second = client.get(wizard(question), {**look, "look": 1})
    words = plain(second)
    assert "Right as well: “Give the function twice the memory it has now”. For version 1. Nothing has been changed so far." in words
    assert "Lena Holm" in words
    assert "From fail to pass 1" in words
    assert "+219 from fail to pass" in words
    assert not KeyMending.objects.exists()

    refused = client.post(wizard(question), {**look, "reason": " ", "latest": 0})
    assert refused.status_code == 422
    assert "Say why: learners read this on their result page." in refused.text
    assert not KeyMending.objects.exists()

    done = client.post(wizard(question), {**look, "reason": "Both keep the event.", "latest": 0}, follow=True)
    mending = KeyMending.objects.get()
    assert done.redirect_chain == [(f"{LIST}{mending.pk}/change/", 302)]
    assert "Applied. Learners concerned read it on their result page. The report is closed" in plain(done)
    assert (mending.made_by, mending.reason) == (instructor, "Both keep the event.")
    attempt.refresh_from_db()
    assert attempt.scaled == 750
    report.refresh_from_db()
    assert (report.state, report.reply, report.closed_by) == ("mended", "Both keep the event.", instructor)
    assert LogEntry.objects.get().get_change_message() == "Mended the key: accept several answers."
    assert "From fail to pass 1" in plain(done)

    undone = client.post(f"{LIST}{mending.pk}/change/", {"_undo": ""}, follow=True)
    assert "Taken back." in plain(undone)
    attempt.refresh_from_db()
    assert attempt.scaled == 531
    again = client.post(f"{LIST}{mending.pk}/change/", {"_undo": ""}, follow=True)
    assert "taken back already. Nothing more was done." in plain(again)


def test_every_result_that_would_change_comes_as_a_file(client: Client, instructor: User):
    question = make_question(slug="both-hold")
    sit(question, "c", learner=make_learner(first_name="=HYPERLINK(1)"), others="bba")
    sit(question, "b", others="b")
    file = client.get(wizard(question), said(question) | {"look": 1, "csv": 1})
    assert file["Content-Disposition"] == 'attachment; filename="both-hold-dry-run.csv"'
    head, *lines = b"".join(file.streaming_content).decode("utf-8-sig").splitlines()
    assert head.split(",")[:3] == ["learner", "exam", "sat on"]
    assert lines == ["'=HYPERLINK(1),Exam for tests,2026-11-23,2,4,531,3,4,750,to pass"]
    assert not KeyMending.objects.exists()


@pytest.mark.parametrize("verb", ["get", "post"])
@pytest.mark.parametrize("who", ["learner", "author"])
def test_only_who_may_publish_may_mend(client: Client, sign_in: Any, instructor: User, who: str, verb: str):
    question = make_question()
    mending, _ = mend(question, "drop")
    instructor.groups.clear()
    User.objects.filter(pk=instructor.pk).update(is_staff=who == "author")
    for address in (LIST, wizard(question), f"{LIST}{mending.pk}/change/"):
        response = getattr(client, verb)(address, {**said(question), "reason": "x", "latest": mending.pk, "_undo": "", "look": 1})
        assert response.status_code == 403, address
    assert KeyMending.objects.get().is_in_force


def test_a_second_press_finds_it_applied_already(client: Client, instructor: User):
    question = make_question()
    sit(question, "c")
    sent = {**said(question), "reason": "Both hold.", "latest": 0}
    client.post(wizard(question), sent)
    again = client.post(wizard(question), sent, follow=True)
    assert "This was applied already. Nothing was done twice." in plain(again)
    assert KeyMending.objects.count() == 1


def test_a_dry_run_that_is_out_of_date_is_refused_with_a_sentence(client: Client, instructor: User):
    question = make_question()
    mend(question, "drop")
    refused = client.post(wizard(question), {**said(question), "reason": "Both hold.", "latest": 0})
    assert refused.status_code == 409
    assert "look at the dry run again" in refused.text
    assert KeyMending.objects.count() == 1


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"versions": []}, "Choose at least one version."),
        ({"versions": [10**30]}, "Choose among the versions of this question."),
        ({"kind": ""}, "Say what is to hold."),
        ({"kind": "burn"}, "Choose one of these four."),
        ({"accept": []}, "Choose at least one answer that is right as well."),
        ({"accept": ["z"]}, "Choose among the answers to this wording."),
        ({"kind": "change", "change": ""}, "Say which answer is right."),
        ({"kind": "change", "change": "b"}, "That holds already for these versions"),
    ],
)
def test_what_cannot_be_said_is_refused_at_its_field_and_what_was_chosen_stays(
    client: Client, instructor: User, values: Any, sentence: str
):
    question = make_question()
    page = client.get(wizard(question), {**said(question, **values), "look": 1})
    assert page.status_code == 422
    assert sentence in page.text
    if "kind" not in values:
        assert re.search(r'value="accept"[^>]* checked', page.text)


def test_what_holds_already_is_nothing_to_apply(client: Client, instructor: User):
    question = make_question()
    mend(question, "full")
    page = client.get(wizard(question), said(question, kind="full") | {"look": 1})
    assert page.status_code == 422
    assert "That holds already for these versions" in page.text


def test_versions_with_other_options_are_offered_one_at_a_time(client: Client, instructor: User):
    question = make_question()
    old = question.current_id
    sit(question, "c")
    make_version(question=question, item=make_item(texts=["w", "x", "y", "z"]), number=2)
    page = client.get(wizard(question))
    assert "C · y (0 gave it)" in page.text
    assert '<a href="?of=1">version 1</a>' in page.text
    assert "C · Give the function twice the memory it has now (1 gave it)" in client.get(wizard(question), {"of": "1"}).text
    refused = client.get(wizard(question), said(question, versions=[old, question.current_id]) | {"look": 1})
    assert (refused.status_code, "Mend them one after the other." in refused.text) == (422, True)


def test_sets_are_offered_for_multiple_response(client: Client, instructor: User):
    question = make_question(item=make_item(type="multiple"))
    sit(question, "ad")
    page = client.get(wizard(question))
    assert "A and D (1 gave it)" in page.text
    assert "A and C" not in page.text, "the key is right already"
    look = client.get(wizard(question), said(question, accept=["a,d", "d,e"]) | {"look": 1})
    assert "Right as well: “Raise the visibility timeout of the queue” and “Send the event through a second topic first”; or" in plain(look)


def test_any_number_can_be_named(client: Client, instructor: User):
    question = make_question(item=make_item(type="numeric"))
    look = client.get(wizard(question), said(question, accept=[], number=" 0.250 ", kind="change") | {"look": 1})
    assert look.status_code == 422
    look = client.get(wizard(question), said(question, accept=[], number="250", kind="accept") | {"look": 1})
    assert "Right as well: 250 seconds." in plain(look)
    refused = client.get(wizard(question), said(question, accept=[], number="1,5", kind="accept") | {"look": 1})
    assert (refused.status_code, "Choose one of those listed" in refused.text) == (422, True)


@pytest.mark.parametrize("kind", ["ordering", "matching"])
def test_of_other_types_the_answers_given_are_offered(client: Client, instructor: User, kind: str):
    question = make_question(item=make_item(type=kind))
    answer = ["b", "a", "c", "d"] if kind == "ordering" else ["a:1", "b:1", "c:1", "d:1"]
    attempt = Attempt.objects.create(learner=make_learner(), mode="practice", seed=1, started_at=T0)
    slot = attempt.slots.create(position=1, version=question.current, option_order=list("abcd"), pick=4, selection="self_chosen")
    Response.objects.create(
        slot=slot,
        learner=attempt.learner,
        question=question,
        answer=answer,
        fraction=0,
        share=0.5,
        selection="self_chosen",
        responded_at=T0,
    )
    page = client.get(wizard(question))
    assert ("B, A, C, D (1 gave it)" if kind == "ordering" else "A with A dead-letter queue; B with") in page.text
    look = client.get(wizard(question), said(question, accept=[], kind="change", change=",".join(answer)) | {"look": 1})
    assert look.status_code == 200
    assert "1 answer of 1 learner; the mark of 1 changes." in plain(look)


def test_after_a_changed_key_the_corrected_version_is_prepared(client: Client, instructor: User):
    question = make_question()
    mending, _ = mend(question, "change", "c")
    page = f"{LIST}{mending.pk}/change/"
    assert "Learners still meet this wording" in client.get(page).text
    done = client.post(page, {"_correct": ""}, follow=True)
    assert done.redirect_chain == [(f"/admin/quizzes/question/{question.pk}/change/", 302)]
    assert "The working copy is ready." in plain(done)
    assert [option.key for option in question.draft_options.all()] == [False, False, True, False]
    question.draft_options.filter(position=0).update(text="Somebody is writing here just now")
    assert "had changes of its own and was left as it is" in plain(client.post(page, {"_correct": ""}, follow=True))


def test_a_computed_question_can_be_retired_and_not_written(client: Client, instructor: User):
    question = make_question(generator="async-retries")
    mending, _ = mend(question, "drop")
    page = f"{LIST}{mending.pk}/change/"
    assert "Prepare a corrected version" not in client.get(page).text
    asked = client.post(page, {"_retire": ""}, follow=True)
    client.post(asked.redirect_chain[-1][0])
    question.refresh_from_db()
    assert question.state == "retired"
    assert "Learners still meet this wording" not in client.get(page).text


def test_a_question_that_was_never_published_has_no_key_to_mend(client: Client, instructor: User):
    draft = make_question(state="draft")
    assert client.get(wizard(draft)).status_code == 404
    assert "Mend the key" not in client.get(f"/admin/quizzes/question/{draft.pk}/change/").text
    assert "Mend the key" in client.get(f"/admin/quizzes/question/{make_question().pk}/change/").text


@pytest.mark.parametrize("number", ["0", "x", "9" * 30])
def test_a_made_up_mending_is_not_found(client: Client, instructor: User, number: str):
    assert client.get(f"{LIST}{number}/change/").status_code == 404


def test_the_latest_is_taken_back_first(client: Client, instructor: User):
    question = make_question()
    first, _ = mend(question, "drop")
    mend(question, "full")
    page = client.get(f"{LIST}{first.pk}/change/")
    assert "Take the latest back first" in page.text
    refused = client.post(f"{LIST}{first.pk}/change/", {"_undo": ""})
    assert (refused.status_code, "Undo that one first" in refused.text) == (409, True)


def test_the_list_is_a_log_that_nobody_edits(client: Client, instructor: User):
    question = make_question(slug="both-hold")
    mending, _ = mend(question, "full", reason="The two options say the same.")
    undone, _ = mend(make_question(slug="was-right"), "drop")
    mendings.undo_mending(mending=undone, by=instructor, now=timezone.now())
    page = client.get(LIST)
    assert "both-hold" in page.text
    assert "The two options say the same." in page.text
    assert "New mended key" not in page.text
    assert "was-right" not in client.get(LIST, {"state": "in-force"}).text
    assert "both-hold" not in client.get(LIST, {"state": "undone"}).text
    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(f"{LIST}{mending.pk}/delete/", {"post": "yes"}).status_code == 403


def test_every_page_costs_the_same_for_one_mending_and_for_many(client: Client, instructor: User, django_assert_max_num_queries: Any):
    def costs(letters: str) -> dict[str, int]:
        question = make_question()
        for letter in letters:
            sit(question, letter, learner=make_learner())
        mending, _ = mend(question, "accept", "c", now=T0 + timedelta(days=1))
        found = {}
        pages = {"list": LIST, "wizard": wizard(question), "mending": f"{LIST}{mending.pk}/change/", "dry run": f"{wizard(question)}?look=1&versions={question.current_id}&kind=drop"}  # fmt: skip
        for name, address in pages.items():
            with django_assert_max_num_queries(20) as captured:
                assert client.get(address).status_code == 200
            found[name] = len(captured)
        return found

    one, many = costs("c"), costs("ccbac")
    assert many == one
    assert {name: cost for name, cost in one.items() if cost > 12 and name != "dry run"} == {}
