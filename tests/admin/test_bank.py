"""Questions at the desk: write, check, publish, retire, look back."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from quizzes.domain.items import Item, as_dict, from_dict
from quizzes.models import DiscardedDraft, Fact, Question, User
from quizzes.services import bank
from quizzes.services.attempts import start_practice
from tests.admin.forms import OPTIONS, typed, typed_of
from tests.factories import T0, make_card, make_item, make_learner, make_lesson, make_objective, make_question

pytestmark = pytest.mark.django_db

ADD = "/admin/quizzes/question/add/"
LIST = "/admin/quizzes/question/"


def change(question: Question) -> str:
    return f"/admin/quizzes/question/{question.pk}/change/"


def make_shipped(item: Item | None = None) -> Question:
    """A published question as a sync of the files leaves it."""
    item = item or make_item()
    return make_question(item=item, shipped_body=as_dict(item), shipped_checksum="of the file")


# -- writing ---------------------------------------------------------------------------------------------------------


def test_a_draft_is_saved_with_everything_the_desk_sets(client: Client, instructor: User):
    response = client.post(ADD, typed(_save=""))
    question = Question.objects.get()
    assert response.status_code == 302
    assert (question.state, question.author, question.topic_id, question.family) == (
        "draft", instructor, "invocation-async", "what-keeps-events",
    )  # fmt: skip
    assert 0 <= question.draw_key < 1
    assert question.created_at == question.changed_at
    assert [o.text for o in question.draft_options.all()][1] == "Add an on-failure destination to it"
    assert [o.key for o in question.draft_options.all()] == [False, True, False, False]
    assert question.draft_sources.get().title == "Invoking a function"


def test_a_draft_need_not_be_complete(client: Client, instructor: User):
    response = client.post(ADD, typed(stem="", slug="", options=[], sources=[], _save=""))
    question = Question.objects.get()
    assert response.status_code == 302
    assert question.slug == "draft"
    assert not question.draft_options.exists()


def test_a_question_without_a_slug_gets_a_free_one_from_its_stem(client: Client, instructor: User):
    for _ in range(2):
        client.post(ADD, typed(slug="", stem="Who retries an event?", _save=""))
    assert sorted(Question.objects.values_list("slug", flat=True)) == ["who-retries-an-event", "who-retries-an-event-2"]


def test_a_slug_that_is_taken_is_refused_beside_the_field(client: Client, instructor: User):
    make_question(slug="what-keeps-events")
    response = client.post(ADD, typed(_save=""))
    assert response.status_code == 422
    assert "Another question has this slug" in response.text
    assert Question.objects.count() == 1


def test_options_are_kept_in_the_order_of_their_places(client: Client, instructor: User):
    data = typed(_save="")
    data["draft_options-3-place"], data["draft_options-0-place"] = "1", "4"
    client.post(ADD, data)
    assert [o.text.split()[0] for o in Question.objects.get().draft_options.all()] == ["Send", "Add", "Give", "Raise"]


def test_a_removed_option_is_gone(client: Client, instructor: User):
    question = make_question(state="draft")
    client.post(change(question), {**typed_of(question, _save=""), "draft_options-3-DELETE": "on"})
    assert question.draft_options.count() == 3


def test_the_topic_follows_the_objective(client: Client, instructor: User):
    question = make_question()
    other = make_objective("pricing-dimensions", "lambda-pricing")
    client.post(change(question), typed_of(question, objective=other.pk, _save=""))
    question.refresh_from_db()
    assert question.topic_id == "lambda-pricing"


def test_a_fact_that_is_not_there_is_refused_with_the_nearest_one(client: Client, instructor: User):
    Fact.objects.create(id="async-two-retries", topic="invocation-async", level="core", statement="Two retries.")
    response = client.post(ADD, typed(facts="async-two-retrys", _save=""))
    assert response.status_code == 422
    assert "Did you mean “async-two-retries”?" in response.text
    client.post(ADD, typed(facts="async-two-retries\nasync-two-retries", _save=""))
    assert Question.objects.get().facts == ["async-two-retries"]


def test_the_lesson_is_chosen_among_the_sections_there_are(client: Client, instructor: User):
    make_lesson("retries")
    assert 'value="retries#part-1"' in client.get(ADD).text
    assert client.post(ADD, typed(lesson="retries#nowhere", _save="")).status_code == 422
    client.post(ADD, typed(lesson="retries#part-1", _save=""))
    assert Question.objects.get().lesson == "retries#part-1"


def test_a_section_that_went_away_stays_chosen_until_somebody_changes_it(client: Client, instructor: User):
    question = make_question(lesson="gone#place")
    assert "gone#place (no longer there)" in client.get(change(question)).text
    assert client.post(change(question), typed_of(question, lesson="gone#place", _save="")).status_code == 302


def test_what_was_typed_stays_when_a_draft_is_refused(client: Client, instructor: User):
    response = client.post(ADD, typed(objective="", stem="Half a thought", _save=""))
    assert response.status_code == 422
    assert "Choose an objective" in response.text
    assert "Half a thought" in response.text
    assert "Add an on-failure destination to it" in response.text
    assert not Question.objects.exists()


def test_an_edit_made_meanwhile_is_not_overwritten_unseen(client: Client, instructor: User):
    question = make_question(state="draft")
    mine = typed_of(question, stem="My words about retries are here.", _save="")
    client.post(change(question), typed_of(question, stem="Somebody else was faster than that.", _save=""))
    response = client.post(change(question), mine)
    assert response.status_code == 422
    assert "Somebody saved this question" in response.text
    assert "My words about retries are here." in response.text
    question.refresh_from_db()
    assert question.stem == "Somebody else was faster than that."
    again = {**mine, "opened_at": question.changed_at.isoformat()}
    assert client.post(change(question), again).status_code == 302
    question.refresh_from_db()
    assert question.stem == "My words about retries are here."


# -- publishing ------------------------------------------------------------------------------------------------------


WITHOUT_KEY = [(text, why, False) for text, why, _ in OPTIONS]


def options_but(n: int, text: str, why: str, key: bool = False) -> list[tuple[str, str, bool]]:
    """Good options with one of them replaced."""
    return [(text, why, key) if place == n else option for place, option in enumerate(OPTIONS)]


@pytest.mark.parametrize(
    ("values", "place", "reason"),
    [
        pytest.param({"options": WITHOUT_KEY}, "draft_options-group", "No option is marked as key.", id="no key"),
        pytest.param(
            {"options": options_but(0, "Raise the visibility timeout", "A queue is not involved here.", True)},
            "draft_options-group", "2 options are marked as key", id="two keys on single choice",
        ),
        pytest.param(
            {"options": options_but(2, "Raise the visibility timeout of the queue", "It is the same once more.")},
            "id_draft_options-2-text", "says the same as option 1", id="the same option twice",
        ),
        pytest.param(
            {"options": options_but(3, "Send the event through a second topic", "")},
            "id_draft_options-3-why", "The rationale is missing.", id="no rationale",
        ),
        pytest.param({"sources": []}, "draft_sources-group", "No source is named.", id="no source"),
        pytest.param(
            {"sources": [("", "https://docs.aws.amazon.com/lambda/", "2026-11-23")]},
            "draft_sources-group", "has no title", id="a source without a title",
        ),
        pytest.param({"stem": "Why?"}, "id_stem", "The stem is too short", id="no stem to speak of"),
        pytest.param(
            {"options": options_but(1, "Add an on-failure destination to the function, which then receives every event that failed for good", "It keeps each event.", True)},
            "id_draft_options-1-text", "much longer than the other options", id="a key that gives itself away by its length",
        ),
    ],
)  # fmt: skip
def test_publishing_is_refused_with_the_reason_at_the_field(
    client: Client, instructor: User, values: dict[str, Any], place: str, reason: str
):
    response = client.post(ADD, typed(**values, _publish=""))
    assert response.status_code == 422
    assert reason in at(response.text, place)
    assert not Question.objects.exists()


def at(page: str, place: str) -> str:
    """The part of a page that belongs to a field or a group: the error stands between its label or heading and its input."""
    start = page.index(f'id="{place}"')
    if place.endswith("-group"):
        return page[start : page.index("entry stack", start)]
    label = page.rindex(f'for="{place}"', 0, start)
    return page[label:start]


def test_a_good_question_is_published_as_version_1(client: Client, instructor: User):
    response = client.post(ADD, typed(_publish="", note="first wording"), follow=True)
    question = Question.objects.get()
    assert "Published version 1." in response.text
    assert question.state == "published"
    assert question.current is not None
    assert (question.current.number, question.current.published_by, question.current.note) == (1, instructor, "first wording")
    assert question.current.item.key == ["b"]


def test_warnings_are_shown_and_can_be_overruled(client: Client, instructor: User):
    stem = "An upload starts a function whose partner is down. Which of these does NOT keep a failed event?"
    response = client.post(ADD, typed(stem=stem, _publish=""))
    assert response.status_code == 422
    assert "The question asks for what is wrong." in response.text
    assert 'name="publish_anyway"' in response.text
    assert not Question.objects.exists()
    client.post(ADD, typed(stem=stem, publish_anyway="on", _publish=""))
    assert Question.objects.get().state == "published"


def test_an_error_cannot_be_overruled(client: Client, instructor: User):
    assert client.post(ADD, typed(options=WITHOUT_KEY, publish_anyway="on", _publish="")).status_code == 422


def test_a_question_asked_already_is_a_warning(client: Client, instructor: User):
    other = make_question(slug="asked-before")
    response = client.post(ADD, typed(stem=other.stem, _publish=""))
    assert response.status_code == 422
    assert "asked-before" in response.text
    assert client.post(ADD, typed(stem=other.stem, family=other.family, _publish="")).status_code == 302


def test_publishing_without_a_change_keeps_the_version(client: Client, instructor: User):
    question = make_question()
    response = client.post(change(question), typed_of(question, _publish=""), follow=True)
    assert "Nothing changed since version 1" in response.text
    assert question.versions.count() == 1


def test_learners_see_a_change_only_when_it_is_published(client: Client, instructor: User):
    question = make_question()
    before = question.stem
    client.post(change(question), typed_of(question, stem="A new and better situation. What should be done about it?", _save=""))
    question.refresh_from_db()
    assert question.current is not None
    assert question.current.item.stem == before
    assert "The draft has changes that learners do not see" in client.get(change(question)).text
    client.post(change(question), typed_of(question, _publish=""))
    question.refresh_from_db()
    assert question.current is not None
    assert question.current.number == 2
    assert question.current.item.stem.startswith("A new and better situation.")


def test_attempts_keep_the_wording_they_were_started_with(client: Client, instructor: User):
    question = make_question()
    attempt = start_practice(learner=instructor, topics=[], kind="all", size=5, now=T0, seed=1)
    client.post(change(question), typed_of(question, stem="A new and better situation. What should be done about it?", _publish=""))
    question.refresh_from_db()
    assert question.current is not None
    assert question.current.number == 2
    assert attempt.slots.get().version.number == 1


def retirement(question: Question) -> str:
    return f"/admin/quizzes/question/{question.pk}/retirement/"


def test_retire_and_restore(client: Client, instructor: User):
    question = make_question()
    asked = client.post(change(question), typed_of(question, _retire="", stem="A changed situation. What should be done?"), follow=True)
    assert asked.redirect_chain == [(retirement(question), 302)]
    assert "You can restore it at any time" in asked.text
    question.refresh_from_db()
    assert (question.state, question.stem) == ("published", "A changed situation. What should be done?")
    assert "Restore brings it back" in client.post(retirement(question), follow=True).text
    question.refresh_from_db()
    assert question.state == "retired"
    assert client.get(retirement(question)).status_code == 302
    assert 'name="_restore"' in client.get(change(question)).text
    client.post(change(question), typed_of(question, _restore=""))
    question.refresh_from_db()
    assert question.state == "published"


def test_somebody_who_may_not_publish_is_refused(client: Client, instructor: User):
    group = instructor.groups.get()
    group.permissions.remove(group.permissions.get(codename="publish_question"))
    question = make_question(state="draft")
    for button in ("_publish", "_retire", "_restore"):
        assert client.post(change(question), typed_of(question, **{button: ""})).status_code == 403
    assert client.post(retirement(question)).status_code == 403
    assert 'name="_publish"' not in client.get(change(question)).text
    assert client.post(change(question), typed_of(question, _save="")).status_code == 302


# -- what came with the app ------------------------------------------------------------------------------------------


def test_an_edit_of_a_shipped_question_is_marked_and_shown(client: Client, instructor: User):
    question = make_shipped()
    client.post(change(question), typed_of(question, stem=question.stem.replace("an hour", "two days"), _save=""))
    question.refresh_from_db()
    assert question.edited_here
    page = client.get(change(question)).text
    assert "Go back to the shipped wording" in page
    assert '<del><span class="visually-hidden">[gone: </span>an hour' in page
    assert '<ins><span class="visually-hidden">[new: </span>two days' in page


def test_saving_a_shipped_question_unchanged_leaves_it_to_the_files(client: Client, instructor: User):
    question = make_shipped()
    client.post(change(question), typed_of(question, _publish=""))
    question.refresh_from_db()
    assert not question.edited_here
    assert question.versions.count() == 1


def test_the_slug_and_family_of_a_shipped_question_cannot_be_changed(client: Client, instructor: User):
    question = make_shipped()
    client.post(change(question), typed_of(question, slug="mine-now", family="mine-now", _save=""))
    again = Question.objects.get()
    assert (again.slug, again.family) == (question.slug, question.family)


def test_going_back_to_the_shipped_wording_asks_first(client: Client, instructor: User):
    question = make_shipped()
    client.post(change(question), typed_of(question, stem="All mine and nobody else's. What is better than that?", _publish=""))
    address = f"/admin/quizzes/question/{question.pk}/shipped/"
    assert "Keep mine" in client.get(address).text
    question.refresh_from_db()
    assert question.stem.startswith("All mine")
    client.post(address)
    question.refresh_from_db()
    assert question.current is not None
    assert question.current.body == question.shipped_body
    assert question.stem == from_dict(question.shipped_body).stem
    assert not question.edited_here
    assert question.current.number == 3


def test_going_back_tells_where_an_unpublished_edit_is_kept(client: Client, instructor: User):
    question = make_shipped()
    address = f"/admin/quizzes/question/{question.pk}/shipped/"
    assert "What was never published" not in client.get(address).text
    client.post(change(question), typed_of(question, stem="All mine and nobody else's. What is better than that?", _save=""))
    assert "What was never published is kept for 30 days under Deleted drafts" in client.get(address).text
    told = client.post(address, follow=True).text
    assert f"kept for 30 days under Deleted drafts, as {question.slug}-unpublished." in told
    assert "All mine" in client.get("/admin/quizzes/discardeddraft/").text


def test_a_question_of_our_own_has_nothing_to_go_back_to(client: Client, instructor: User):
    question = make_question()
    assert client.post(f"/admin/quizzes/question/{question.pk}/shipped/").status_code == 422


def test_retiring_a_shipped_question_keeps_the_files_from_bringing_it_back(client: Client, instructor: User):
    question = make_shipped()
    client.post(retirement(question))
    question.refresh_from_db()
    assert question.edited_here
    client.post(change(question), typed_of(question, _save=""))
    question.refresh_from_db()
    assert question.edited_here
    client.post(change(question), typed_of(question, _restore=""))
    question.refresh_from_db()
    assert not question.edited_here


# -- preview and history ---------------------------------------------------------------------------------------------


def test_the_preview_shows_what_is_typed_and_saves_nothing(client: Client, instructor: User):
    response = client.post("/admin/quizzes/question/preview/", typed(stem="Half a `thought`"), headers={"hx-request": "true"})
    assert response.status_code == 200
    assert "<html" not in response.text
    assert "Half a <code>thought</code>" in response.text
    before, after = response.text.split('id="after"')
    assert "It receives every event that failed for good." not in before
    assert "It receives every event that failed for good." in after
    assert "To mend" in before
    assert not Question.objects.exists()


def test_the_preview_takes_an_empty_form(client: Client, instructor: User):
    response = client.post("/admin/quizzes/question/preview/", {**typed(stem="", objective="", options=[]), "difficulty": "x"})
    assert response.status_code == 200
    assert "<html" in response.text


def test_save_and_preview_leads_to_the_page_of_the_preview(client: Client, instructor: User):
    response = client.post(ADD, typed(_preview=""), follow=True)
    assert response.redirect_chain[-1][0].endswith("/preview/")
    assert "What keeps every failed event?" in response.text


def test_the_preview_renders_no_script(client: Client, instructor: User):
    response = client.post("/admin/quizzes/question/preview/", typed(stem="<script>alert(1)</script><img src=x onerror=alert(1)>"))
    assert "<script>alert" not in response.text
    assert "onerror=" not in response.text.replace("&lt;img src=x onerror", "")


def test_the_history_tells_what_changed_between_two_versions(client: Client, instructor: User):
    question = make_question()
    client.post(change(question), typed_of(question, stem=question.stem.replace("an hour", "two days"), note="longer outage", _publish=""))
    page = client.get(f"/admin/quizzes/question/{question.pk}/history/").text
    assert "longer outage" in page
    assert "[gone: </span>an hour" in page
    assert "[new: </span>two days" in page
    back = client.get(f"/admin/quizzes/question/{question.pk}/history/?old=2&new=1").text
    assert "[gone: </span>two days" in back


def test_the_history_of_a_draft_says_that_there_is_none(client: Client, instructor: User):
    question = make_question(state="draft")
    assert "never published" in client.get(f"/admin/quizzes/question/{question.pk}/history/?old=7&new=x").text


def test_a_version_can_be_looked_at_and_nothing_else(client: Client, instructor: User):
    question = make_question()
    address = f"/admin/quizzes/question/{question.pk}/versions/1/"
    assert "A version is frozen" in client.get(address).text
    assert client.get(f"/admin/quizzes/question/{question.pk}/versions/2/").status_code == 404


# -- deleting --------------------------------------------------------------------------------------------------------


def test_a_draft_can_be_deleted(client: Client, instructor: User):
    question = make_question(state="draft")
    address = f"/admin/quizzes/question/{question.pk}/delete/"
    assert "You can bring it back for 30 days" in client.get(address).text
    done = client.post(address, {"post": "yes"}, follow=True)
    assert not Question.objects.exists()
    assert "bring it back" in done.text
    kept = f"/admin/quizzes/discardeddraft/{DiscardedDraft.objects.get().pk}/change/"
    assert kept in done.text
    assert "is back as a draft" in client.post(kept, follow=True).text
    assert Question.objects.get().slug == question.slug
    assert client.post(kept).status_code == 404


@pytest.mark.parametrize("state", ["published", "retired"])
def test_what_was_ever_published_cannot_be_deleted(client: Client, superuser: User, state: str):
    question = make_question(state=state)
    assert client.post(f"/admin/quizzes/question/{question.pk}/delete/", {"post": "yes"}).status_code == 403
    assert "Delete" not in client.get(change(question)).text
    assert Question.objects.exists()


# -- the list --------------------------------------------------------------------------------------------------------


def act(client: Client, action: str, *questions: Question, **values: str) -> Any:
    return client.post(LIST, {"action": action, "_selected_action": [q.pk for q in questions], "index": "0", **values}, follow=True)


def test_publishing_several_lists_which_were_refused_and_why(client: Client, instructor: User):
    good, bad = make_question(state="draft"), make_question(state="draft", item=make_item(keys=""))
    response = act(client, "publish_selected", good, bad)
    assert "1 published, 1 not" in response.text
    assert bad.slug in response.text
    assert "No option is marked as key." in response.text
    states = dict(Question.objects.values_list("slug", "state"))
    assert states == {good.slug: "published", bad.slug: "draft"}


def test_several_are_retired_and_restored(client: Client, instructor: User):
    one, two, draft = make_question(), make_question(), make_question(state="draft")
    act(client, "retire_selected", one, two, confirmed="1")
    assert set(Question.objects.filter(pk__in=[one.pk, two.pk]).values_list("state", flat=True)) == {"retired"}
    act(client, "restore_selected", one, draft, confirmed="1")
    assert dict(Question.objects.values_list("slug", "state")) == {one.slug: "published", two.slug: "retired", draft.slug: "draft"}


def test_there_is_no_bulk_delete(client: Client, superuser: User):
    question = make_question(state="draft")
    assert "delete_selected" not in client.get(LIST).text
    act(client, "delete_selected", question)
    assert Question.objects.exists()


def test_the_list_costs_the_same_whatever_its_length(client: Client, instructor: User, django_assert_max_num_queries: Any):
    make_question()
    with django_assert_max_num_queries(12) as few:
        client.get(LIST)
    for _ in range(20):
        make_question()
    with django_assert_max_num_queries(len(few)):
        client.get(LIST)


@pytest.mark.parametrize(
    "query",
    ["topic__slug__exact=invocation-async", "type__exact=single", "state__exact=published", "level__exact=apply",
     "domain__key__exact=resilient", "origin=own", "q=mine", "q=zebra", "q=okapi"],
)  # fmt: skip
def test_the_list_is_filtered_and_searched(client: Client, instructor: User, query: str):
    mine = make_question(slug="mine", item=make_item(stem="A zebra asks what happens to its events. What is the answer to that?"))
    mine.draft_options.filter(position=0).update(text="Ask an okapi")
    other = make_shipped(
        make_item(type="multiple", objective="cost", topic="pricing", domain="secure", level="remember")
    )  # fmt: skip
    bank.retire_question(question=other, now=T0)
    page = client.get(f"{LIST}?{query}").text
    assert f"/admin/quizzes/question/{mine.pk}/change/" in page
    assert f"/admin/quizzes/question/{other.pk}/change/" not in page


def test_the_list_shows_open_reports_and_versions(client: Client, instructor: User):
    question = make_question()
    assert question.current is not None
    question.current.reports.create(learner=instructor, kind="wrong", text="No.", created_at=T0)
    page = client.get(LIST).text
    assert f'?q={question.slug}&amp;state__exact=open">1</a>' in page


# -- often forgotten -------------------------------------------------------------------------------------------------


def test_what_learners_forget_again_and_again_leads_to_its_question(client: Client, instructor: User):
    often, once, never = make_question(), make_question(), make_question()
    for _ in range(3):
        make_card(learner=make_learner(), question=often, lapses=6)
    make_card(learner=make_learner(), question=once, lapses=5)
    make_card(learner=make_learner(), question=never, lapses=4)
    assert "?attention=forgotten" in client.get("/admin/").text
    listed = client.get("/admin/quizzes/question/?forgotten=often").text
    assert "3 learners" in listed
    assert "1 learner<" in listed
    assert never.slug not in listed
    assert never.slug in client.get("/admin/quizzes/question/").text
