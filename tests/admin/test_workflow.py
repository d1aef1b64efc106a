"""The workflow at the desk: review, pilots, what needs attention, several at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from quizzes.domain.items import as_dict
from quizzes.domain.statistics.report import item_as_dict
from quizzes.models import Card, ItemStatistics, Question, Report, SourcePage, User
from quizzes.services import bank, workflow
from quizzes.services.accounts import make_instructor
from tests.admin.forms import typed, typed_of
from tests.domain.test_pilots import figures
from tests.factories import T0, make_item, make_learner, make_objective, make_question

pytestmark = pytest.mark.django_db

LIST, ADD, ATTENTION = "/admin/quizzes/question/", "/admin/quizzes/question/add/", "/admin/quizzes/question/attention/"


@pytest.fixture
def other() -> User:
    """Another instructor."""
    user = make_learner(username="otto")
    make_instructor(user=user)
    return user


@pytest.fixture(autouse=True)
def nothing_compared() -> None:
    cache.clear()


def page_of(question: Question) -> str:
    return f"{LIST}{question.pk}/change/"


def step(client: Client, question: Question, step: str, text: str = "", **values: str) -> Any:
    return client.post(f"{LIST}{question.pk}/review/", {"step": step, "text": text, **values}, follow=True)


def in_review(writer: User, **values: Any) -> Question:
    question = make_question(**{"state": "draft", "author": writer, "written_by": writer, **values})
    workflow.ask_for_review(question=question, by=writer, now=T0)
    return question


def wording(question: Question) -> str:
    return bank.checksum_of(bank.draft_item(question))


# -- review ----------------------------------------------------------------------------------------------------------


def test_saving_and_asking_is_one_press(client: Client, instructor: User):
    response = client.post(ADD, typed(_ask=""), follow=True)
    question = Question.objects.get()
    assert (question.review, question.asked_by, question.state) == ("asked", instructor, "draft")
    assert "Asked for a review." in response.text
    assert "In review" in response.text


def test_publishing_alone_is_refused_with_a_sentence_and_what_was_typed_is_saved(client: Client, instructor: User, settings: Any):
    settings.REVIEW_REQUIRED = True
    response = client.post(ADD, typed(_publish=""), follow=True)
    question = Question.objects.get()
    assert (question.state, question.stem[:9]) == ("draft", "An upload")
    assert "a second pair of eyes looks at every wording" in response.text


def test_several_are_not_published_without_a_second_pair_of_eyes(client: Client, instructor: User, settings: Any):
    settings.REVIEW_REQUIRED = True
    question = make_question(state="draft", written_by=instructor)
    response = client.post(LIST, {"action": "publish_selected", "_selected_action": [question.pk], "index": "0"})
    assert "ask another instructor for a review" in response.text
    assert Question.objects.get().state == "draft"


def test_a_reviewer_approves_what_stands_on_the_page(client: Client, instructor: User, other: User):
    question = in_review(other)
    page = client.get(page_of(question)).text
    assert f'name="wording" value="{wording(question)}"' in page
    assert ">Approve<" in page
    step(client, question, "approve", wording=wording(question))
    question.refresh_from_db()
    assert (question.review, question.reviewed_by) == ("approved", instructor)


def test_the_writer_sees_no_button_to_approve_and_is_refused_without_it(client: Client, instructor: User):
    question = in_review(instructor)
    assert ">Approve<" not in client.get(page_of(question)).text
    response = step(client, question, "approve", wording=wording(question))
    assert response.status_code == 409
    assert "another instructor has to look at it" in response.text


def test_comments_stand_on_the_page_with_names_and_are_escaped(client: Client, instructor: User, other: User):
    question = in_review(other)
    workflow.comment(question=question, by=other, text="Look at <b>option B</b>.", now=T0)
    step(client, question, "send_back", "The stem says too much.")
    page = client.get(page_of(question)).text
    assert "Look at &lt;b&gt;option B&lt;/b&gt;." in page
    assert page.index("option B") < page.index("The stem says too much.")
    assert "<b>otto</b> said" in page
    assert "<b>ines</b> sent it back" in page


REFUSED = [
    pytest.param("comment", "", "The comment is empty", id="an empty comment"),
    pytest.param("comment", "x" * 2001, "2,001 characters and 2,000 fit", id="a long comment"),
    pytest.param("ask", "Please look at the stem.", "in review already", id="asked twice"),
    pytest.param("approve", "Good now.", "changed while you read it", id="a wording that was changed"),
    pytest.param("send_back", "  ", "what is to mend", id="sent back without a word"),
]


@pytest.mark.parametrize(("name", "text", "reason"), REFUSED)
def test_a_comment_of_a_refused_step_stays_in_its_field(client: Client, instructor: User, name: str, text: str, reason: str):
    question = make_question(state="draft", written_by=make_learner())
    workflow.ask_for_review(question=question, by=make_learner(), now=T0)
    said = question.comments.count()
    response = client.post(f"{LIST}{question.pk}/review/", {"step": name, "text": text, "wording": "another"})
    assert response.status_code == 409
    assert reason in response.text
    assert f">{text}</textarea>" in response.text
    assert 'aria-describedby="comment-refused comment-help"' in response.text
    assert f'name="wording" value="{wording(question)}"' in response.text
    assert question.comments.count() == said
    client.post(f"{LIST}{question.pk}/review/", {"step": "approve", "text": "Good now.", "wording": wording(question)})
    question.refresh_from_db()
    assert question.review == "approved"


@pytest.mark.parametrize("name", ["approve", "send_back", "ask", "comment"])
def test_without_the_right_no_step_is_taken(client: Client, sign_in: Any, other: User, name: str):
    sign_in(client, make_learner(is_staff=True))
    question = in_review(other)
    response = client.post(f"{LIST}{question.pk}/review/", {"step": name, "text": "x", "wording": wording(question)})
    assert response.status_code == 403
    assert Question.objects.get().review == "asked"


def test_the_history_names_author_and_reviewer(client: Client, instructor: User, other: User):
    question = in_review(other)
    step(client, question, "approve", wording=wording(question))
    bank.publish_version(question=question, by=other, now=T0)
    assert '<td data-label="By">otto</td><td data-label="Reviewed by">ines</td>' in client.get(f"{LIST}{question.pk}/history/").text
    assert "by otto, reviewed by ines" in client.get(f"{LIST}{question.pk}/versions/1/").text


# -- pilots ----------------------------------------------------------------------------------------------------------


def measured(question: Question, **values: Any) -> None:
    found = figures(**values)
    ItemStatistics.objects.create(
        version=question.current, computed_on=T0.date(), computed_at=T0, n=found.n, figures=item_as_dict(found),
        facility=found.facility, discrimination=found.discrimination,
    )  # fmt: skip


def test_a_new_question_starts_as_a_pilot_unless_the_tick_is_taken_away(client: Client, instructor: User):
    assert 'name="is_pilot" aria-describedby="id_is_pilot_helptext" id="id_is_pilot" checked' in client.get(ADD).text
    client.post(ADD, typed(_save="", slug="one", is_pilot="on"))
    client.post(ADD, typed(_save="", slug="two"))
    assert dict(Question.objects.values_list("slug", "is_pilot")) == {"one": True, "two": False}


def test_saving_a_published_pilot_leaves_it_one(client: Client, instructor: User):
    question = make_question(is_pilot=True)
    assert "id_is_pilot" not in client.get(page_of(question)).text
    client.post(page_of(question), typed_of(question, _save=""))
    assert Question.objects.get().is_pilot


def test_the_desk_proposes_and_the_instructor_decides(client: Client, instructor: User):
    question = make_question(is_pilot=True)
    assert "Too early to say." in client.get(page_of(question)).text
    measured(question)
    assert "Ready to count." in client.get(page_of(question)).text
    address = f"{LIST}{question.pk}/pilot/"
    client.post(address, {"step": "keep"})
    assert "proposed again from 160 on" in client.get(page_of(question)).text
    client.post(address, {"step": "promote"})
    question.refresh_from_db()
    assert (question.is_pilot, question.state) == (False, "published")
    log = client.get(f"{LIST}{question.pk}/history/").text
    assert "Kept as a pilot at 100 answers." in log
    assert "Promoted" in log


def test_only_who_may_publish_decides_about_pilots(client: Client, sign_in: Any):
    question = make_question(is_pilot=True)
    sign_in(client, make_learner(is_staff=True))
    assert client.post(f"{LIST}{question.pk}/pilot/", {"step": "promote"}).status_code == 403
    assert Question.objects.get().is_pilot


# -- attention -------------------------------------------------------------------------------------------------------


def world(me: User, other: User) -> dict[str, Question]:
    """One question for each reason, by its name."""
    now = timezone.now()
    found = {"review": in_review(other), "returned": in_review(me), "approved": in_review(other)}
    workflow.send_back(question=found["returned"], by=other, text="Mend it.", now=T0)
    workflow.approve(question=found["approved"], by=me, seen=wording(found["approved"]), now=T0)
    found["reports"], found["flags"], found["sources"] = make_question(), make_question(), make_question()
    Report.objects.create(learner=make_learner(), version=found["reports"].current, kind="wrong", text="No.", created_at=T0)
    for day, flags in ((1, ""), (2, "miskey=confirmed weak=watch")):
        ItemStatistics.objects.create(
            version=found["flags"].current, computed_on=(T0 + timedelta(days=day)).date(), computed_at=T0, n=90, figures={}, flags=flags
        )
    source = found["sources"].draft_sources.get()
    source.url = f"https://docs.aws.amazon.com/changed/{source.pk}/"
    source.save()
    SourcePage.objects.create(url=source.url, title="Changed", changed_on=source.checked + timedelta(days=1))
    found["forgotten"] = make_question()
    for _ in range(3):
        forget(found["forgotten"])
    found["alike"] = make_question(item=make_item(stem="Which of these keeps an event that failed every single try of a function?"))
    make_question(
        item=make_item(stem="Which of these keeps an event that failed every single try of a function?"), slug=f"alike-{found['review'].pk}"
    )
    found["pilots"] = make_question(is_pilot=True)
    measured(found["pilots"])
    found["drafts"] = make_question(state="draft", changed_at=now - timedelta(days=31))
    Question.objects.filter(state="draft").exclude(pk=found["drafts"].pk).update(changed_at=now)
    return found


def forget(question: Question, lapses: int = 5) -> None:
    Card.objects.create(
        learner=make_learner(), family=question.family, topic=question.topic, question=question, stability=1, difficulty=5, day=1, due_day=2,
        reps=9, lapses=lapses, rating=1, last_at=T0,
    )  # fmt: skip


def listed(client: Client, kind: str) -> set[str]:
    page = client.get(LIST, {"attention": kind})
    return {question.slug for question in page.context["cl"].queryset}


def test_every_reason_is_counted_explained_and_leads_to_its_questions(client: Client, instructor: User, other: User):
    found = world(instructor, other)
    page = client.get(ATTENTION)
    counts = {matter.kind: matter.count for matter in page.context["matters"]}
    assert counts == {**dict.fromkeys(found, 1), "alike": 2}
    for kind, question in found.items():
        assert f'href="/admin/quizzes/question/?attention={kind}"' in page.text
        assert listed(client, kind) == {question.slug} | ({f"alike-{found['review'].pk}"} if kind == "alike" else set()), kind


def test_what_waits_for_me_does_not_wait_for_the_other(client: Client, instructor: User, other: User, sign_in: Any):
    world(instructor, other)
    assert {matter.kind for matter in client.get(ATTENTION, {"of": "mine"}).context["matters"]} == {"review", "returned"}
    sign_in(client, other)
    assert not client.get(ATTENTION, {"of": "mine"}).context["matters"]


def test_an_old_flag_that_newer_figures_do_not_bear_out_needs_no_attention(client: Client, instructor: User):
    question = make_question()
    for day, flags in ((1, "miskey=confirmed"), (2, "miskey=watch moodle_dubious=confirmed")):
        ItemStatistics.objects.create(
            version=question.current, computed_on=(T0 + timedelta(days=day)).date(), computed_at=T0, n=90, figures={}, flags=flags
        )
    assert listed(client, "flags") == set()


def test_one_learner_who_forgets_says_nothing_about_the_question(client: Client, instructor: User):
    question = make_question()
    for lapses in (5, 9, 4):
        forget(question, lapses)
    assert listed(client, "forgotten") == set()


def test_matters_are_sorted_by_their_headings(client: Client, instructor: User, other: User):
    world(instructor, other)
    counts = [matter.count for matter in client.get(ATTENTION, {"sort": "-count"}).context["matters"]]
    assert counts == sorted(counts, reverse=True)
    page = client.get(ATTENTION, {"sort": "title"})
    titles = [matter.title for matter in page.context["matters"]]
    assert titles == sorted(titles)
    assert 'aria-sort="ascending"' in page.text
    assert client.get(ATTENTION, {"sort": "nonsense", "of": "<b>"}).status_code == 200


def test_a_new_question_is_compared_with_the_others_at_once(client: Client, instructor: User):
    stem = "Which of these keeps an event that failed every single try of a function?"
    make_question(item=make_item(stem=stem), changed_at=T0)
    assert listed(client, "alike") == set()
    make_question(item=make_item(stem=stem), changed_at=T0 + timedelta(seconds=1))
    assert len(listed(client, "alike")) == 2


def test_the_pages_cost_the_same_whatever_waits(client: Client, instructor: User, other: User):
    world(instructor, other)
    question = Question.objects.filter(review="asked").earliest("pk")
    addresses = (ATTENTION, "/admin/", page_of(question))
    few = [cost(client, address) for address in addresses]
    assert max(few[:2]) <= 12
    world(instructor, other)
    for _ in range(5):
        workflow.comment(question=question, by=other, text="And again.", now=T0)
    assert [cost(client, address) for address in addresses] == few


def cost(client: Client, address: str) -> int:
    """Statements of a page whose stems were compared before."""
    client.get(address)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    return len(asked)


# -- several at once -------------------------------------------------------------------------------------------------


def act(client: Client, action: str, *questions: Question, **values: str) -> Any:
    data = {"action": action, "_selected_action": [q.pk for q in questions], "index": "0", **values}
    return client.post(LIST, data, follow=True)


def undo_address(page: str) -> str:
    start = page.index('href="/admin/quizzes/question/bulk/') + len('href="')
    return page[start : page.index('"', start)]


def test_each_act_asks_first(client: Client, instructor: User):
    question = make_question()
    assert "What changes" in act(client, "retire_selected", question).text
    assert "Show what changes" in act(client, "tag_selected", question).text
    page = act(client, "tag_selected", question, value="Spring 2027").text
    assert "spring-2027" in page
    assert ">Do it<" in page
    question.refresh_from_db()
    assert question.state == "published"
    assert not question.tags.exists()


def test_a_tag_is_given_shown_filtered_and_undone(client: Client, instructor: User):
    one, two = make_question(), make_question()
    page = act(client, "tag_selected", one, value="Spring 2027", confirmed="1").text
    assert "Tag spring-2027: 1 question." in page
    assert '<td class="field-tagged">spring-2027</td>' in page
    assert {q.slug for q in client.get(LIST, {"tag": "spring-2027"}).context["cl"].queryset} == {one.slug}
    history = client.get(f"{LIST}{one.pk}/history/").text
    assert undo_address(history) == undo_address(page)
    assert "Undone for 1 question." in client.post(undo_address(page), follow=True).text
    assert not one.tags.exists()
    assert two.slug in client.get(LIST).text


def test_tags_are_typed_in_the_form_too(client: Client, instructor: User):
    client.post(ADD, typed(_save="", tag_words="Spring, retries spring"))
    question = Question.objects.get()
    assert [tag.name for tag in question.tags.all()] == ["retries", "spring"]
    assert 'value="retries, spring"' in client.get(page_of(question)).text
    client.post(page_of(question), typed_of(question, _save="", tag_words="retries"))
    assert [tag.name for tag in question.tags.all()] == ["retries"]


def test_a_move_says_what_follows(client: Client, instructor: User):
    item = make_item()
    shipped = make_question(item=item, shipped_body=as_dict(item), shipped_checksum="file")
    computed = make_question(generator="cold-starts")
    make_objective("lambda-cost", "pricing")
    page = act(client, "move_selected", shipped, computed, value="lambda-cost").text
    assert "counts as edited here from then on" in page
    assert "the next sync would move it back" in page
    act(client, "move_selected", shipped, computed, value="lambda-cost", confirmed="1")
    assert set(Question.objects.values_list("objective", "topic")) == {("lambda-cost", "pricing"), ("async-behaviour", "invocation-async")}


@pytest.mark.parametrize("action", ["tag_selected", "move_selected", "retire_selected"])
def test_staff_without_the_right_change_nothing(client: Client, sign_in: Any, action: str):
    sign_in(client, make_learner(is_staff=True))
    question = make_question()
    assert act(client, action, question, value="x", confirmed="1").status_code == 403
    assert not question.tags.exists()
    assert Question.objects.get().state == "published"


def test_undoing_needs_the_right_as_well(client: Client, instructor: User, sign_in: Any):
    question = make_question()
    address = undo_address(act(client, "retire_selected", question, confirmed="1").text)
    sign_in(client, make_learner(is_staff=True))
    assert client.post(address).status_code == 403
    assert Question.objects.get().state == "retired"


def test_the_whole_bank_at_once_is_refused_before_anything_is_read(client: Client, instructor: User, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(workflow, "MOST_AT_ONCE", 1)
    one, two = make_question(), make_question()
    response = act(client, "tag_selected", one, two)
    assert response.status_code == 409
    assert "2 questions are too many at once." in response.text
