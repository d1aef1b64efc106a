"""Asking for a review, judging, publishing with a second pair of eyes; pilots; several at once, and back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from quizzes.domain.errors import NotReady, Refusal
from quizzes.domain.items import as_dict
from quizzes.models import BulkChange, Comment, Question, User
from quizzes.services import bank, workflow
from tests.factories import T0, make_item, make_learner, make_objective, make_question, make_topic

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


@pytest.fixture
def ana() -> User:
    return make_learner(username="ana")


@pytest.fixture
def ben() -> User:
    return make_learner(username="ben")


def draft_of(author: User, **values: object) -> Question:
    return make_question(**{"state": "draft", "author": author, "written_by": author, **values})


def rewrite(question: Question, stem: str, *, by: User) -> None:
    question.refresh_from_db()
    item = bank.draft_item(question)
    question.stem = stem
    bank.save_draft(question=question, options=item.options, sources=item.sources, by=by, now=T0 + MINUTE, seed=1)


def approve(question: Question, *, by: User) -> None:
    workflow.approve(question=question, by=by, seen=bank.checksum_of(bank.draft_item(question)), now=T0)


def said(question: Question) -> list[tuple[str, str]]:
    return list(question.comments.values_list("kind", "text"))


# -- review ----------------------------------------------------------------------------------------------------------


def test_the_way_of_a_question_is_kept_with_who_and_what(ana: User, ben: User, settings: object):
    settings.REVIEW_REQUIRED = True  # type: ignore[attr-defined]
    question = draft_of(ana)
    workflow.ask_for_review(question=question, by=ana, text="Is it fair?", now=T0)
    workflow.send_back(question=question, by=ben, text="The stem says too much.", now=T0)
    rewrite(question, "What keeps an event that failed every time, with nobody looking?", by=ana)
    workflow.ask_for_review(question=question, by=ana, now=T0 + MINUTE)
    approve(question, by=ben)
    version = bank.publish_version(question=question, by=ana, now=T0 + MINUTE)
    assert (version.published_by, version.reviewed_by) == (ana, ben)
    assert sorted(said(question)) == sorted(
        [("asked", "Is it fair?"), ("returned", "The stem says too much."), ("asked", ""), ("approved", "")]
    )
    question.refresh_from_db()
    assert (question.state, question.review, question.approved_checksum) == ("published", "", "")


def test_nobody_publishes_alone_where_a_second_pair_of_eyes_is_needed(ana: User, settings: object):
    settings.REVIEW_REQUIRED = True  # type: ignore[attr-defined]
    question = draft_of(ana)
    with pytest.raises(NotReady, match="ask another instructor for a review"):
        bank.publish_version(question=question, by=ana, now=T0)
    question.refresh_from_db()
    assert (question.state, question.current) == ("draft", None)


def test_without_the_setting_the_author_publishes_alone(ana: User):
    version = bank.publish_version(question=draft_of(ana), by=ana, now=T0)
    assert (version.published_by, version.reviewed_by) == (ana, None)


def test_an_approval_holds_for_the_very_wording(ana: User, ben: User, settings: object):
    settings.REVIEW_REQUIRED = True  # type: ignore[attr-defined]
    question = draft_of(ana)
    workflow.ask_for_review(question=question, by=ana, now=T0)
    approve(question, by=ben)
    rewrite(question, "Another thing altogether: what keeps the event?", by=ana)
    question.refresh_from_db()
    assert (question.review, said(question)[-1][0]) == ("", "changed")
    with pytest.raises(NotReady, match="changed after it was approved"):
        bank.publish_version(question=question, by=ben, now=T0)


def test_a_change_that_no_form_saved_ends_an_approval_too(ana: User, ben: User, settings: object):
    settings.REVIEW_REQUIRED = True  # type: ignore[attr-defined]
    question = draft_of(ana)
    workflow.ask_for_review(question=question, by=ana, now=T0)
    approve(question, by=ben)
    question.draft_options.filter(key=True).update(why="Something else is said here.")
    with pytest.raises(NotReady, match="changed after it was approved"):
        bank.publish_version(question=question, by=ana, now=T0)


def test_saving_the_same_words_leaves_an_approval_and_the_writer(ana: User, ben: User):
    question = draft_of(ana)
    workflow.ask_for_review(question=question, by=ana, now=T0)
    approve(question, by=ben)
    rewrite(question, question.stem, by=ben)
    question.refresh_from_db()
    assert (question.review, question.written_by, question.reviewed_by) == ("approved", ana, ben)


def test_a_form_read_before_a_review_does_not_undo_it(ana: User, ben: User):
    question = draft_of(ana)
    workflow.ask_for_review(question=question, by=ana, now=T0)
    old = Question.objects.get(pk=question.pk)
    approve(question, by=ben)
    item = bank.draft_item(old)
    bank.save_draft(question=old, options=item.options, sources=item.sources, by=ana, now=T0, seed=1)
    question.refresh_from_db()
    assert (question.review, question.reviewed_by) == ("approved", ben)


def test_what_was_changed_while_it_was_read_is_not_approved(ana: User, ben: User):
    question = draft_of(ana)
    workflow.ask_for_review(question=question, by=ana, now=T0)
    with pytest.raises(Refusal, match="changed while you read it"):
        workflow.approve(question=question, by=ben, seen="what stood there before", now=T0)
    question.refresh_from_db()
    assert question.review == "asked"


@pytest.mark.parametrize("text", ["", "  "])
def test_nothing_is_sent_back_without_a_word(ana: User, ben: User, text: str):
    question = draft_of(ana)
    workflow.ask_for_review(question=question, by=ana, now=T0)
    with pytest.raises(Refusal, match="what is to mend"):
        workflow.send_back(question=question, by=ben, text=text, now=T0)
    assert Question.objects.get().review == "asked"


def test_the_author_takes_it_back(ana: User):
    question = draft_of(ana)
    workflow.ask_for_review(question=question, by=ana, now=T0)
    workflow.withdraw(question=question, by=ana, now=T0)
    assert (Question.objects.get().review, said(question)[-1][0]) == ("", "withdrawn")


def test_a_published_question_is_asked_while_its_change_is_in_review(ana: User, settings: object):
    settings.REVIEW_REQUIRED = True  # type: ignore[attr-defined]
    question = make_question(written_by=ana)
    rewrite(question, "A better stem: what keeps the event that failed?", by=ana)
    workflow.ask_for_review(question=question, by=ana, now=T0)
    question.refresh_from_db()
    assert (question.stage, list(Question.objects.published())) == ("published, change in review", [question])


def test_going_back_to_the_shipped_wording_needs_no_second_pair_of_eyes(ana: User, settings: object):
    settings.REVIEW_REQUIRED = True  # type: ignore[attr-defined]
    item = make_item()
    question = make_question(item=item, shipped_body=as_dict(item), shipped_checksum="file")
    rewrite(question, "Mine: what keeps the event that failed?", by=ana)
    assert bank.return_to_shipped(question=question, by=ana, now=T0).number == 1


def test_comments_are_kept_in_order_and_an_empty_one_is_not(ana: User, ben: User):
    question = draft_of(ana)
    for who, text in ((ana, "First."), (ben, "Second."), (ana, "Third.")):
        workflow.comment(question=question, by=who, text=text, now=T0)
    with pytest.raises(Refusal):
        workflow.comment(question=question, by=ana, text=" ", now=T0)
    with pytest.raises(Refusal, match="2,000 fit"):
        workflow.comment(question=question, by=ana, text="x" * 2001, now=T0)
    assert [row.text for row in Comment.objects.all()] == ["First.", "Second.", "Third."]


# -- pilots ----------------------------------------------------------------------------------------------------------


def test_a_pilot_is_promoted_and_made_a_pilot_again():
    question = make_question(is_pilot=True, pilot_kept_at=80)
    workflow.set_pilot(question=question, is_pilot=False)
    question.refresh_from_db()
    assert (question.is_pilot, question.pilot_kept_at) == (False, 0)
    with pytest.raises(Refusal, match="no pilot already"):
        workflow.set_pilot(question=question, is_pilot=False)
    workflow.set_pilot(question=question, is_pilot=True)
    assert Question.objects.get().is_pilot


@pytest.mark.parametrize("values", [{"generator": "cold-starts"}, {"state": "retired"}], ids=["computed", "retired"])
def test_what_cannot_be_a_pilot(values: dict[str, str]):
    question = make_question(**values)
    with pytest.raises(Refusal):
        workflow.set_pilot(question=question, is_pilot=True)


# -- several at once -------------------------------------------------------------------------------------------------


def several(kind: str, value: str, *questions: Question, by: User) -> BulkChange:
    return workflow.change_several(kind=kind, value=value, questions=questions, by=by, now=T0)


def tags() -> dict[str, list[str]]:
    return {question.slug: [tag.name for tag in question.tags.all()] for question in Question.objects.all()}


def test_tagging_and_its_undoing_leave_earlier_tags_alone(ana: User):
    one, two = make_question(slug="one"), make_question(slug="two")
    workflow.set_tags(question=one, names=["Spring 2027"])
    change = several("tag", "spring-2027", one, two, by=ana)
    assert tags() == {"one": ["spring-2027"], "two": ["spring-2027"]}
    assert workflow.undo(change=change, by=ana, now=T0) == ([two], [])
    assert tags() == {"one": ["spring-2027"], "two": []}


def test_a_tag_is_taken_off_and_comes_back(ana: User):
    one = make_question(slug="one")
    workflow.set_tags(question=one, names=["a", "b"])
    change = several("untag", "a", one, make_question(slug="two"), by=ana)
    assert tags() == {"one": ["b"], "two": []}
    workflow.undo(change=change, by=ana, now=T0)
    assert tags() == {"one": ["a", "b"], "two": []}


@pytest.mark.parametrize("value", ["", " !? "])
def test_a_tag_needs_a_letter(ana: User, value: str):
    with pytest.raises(Refusal, match="at least one letter"):
        several("tag", value, make_question(), by=ana)


def test_a_move_takes_the_topic_along_and_comes_back(ana: User):
    item = make_item()
    shipped = make_question(item=item, shipped_body=as_dict(item), shipped_checksum="file")
    own = make_question()
    make_topic("pricing")
    make_objective("lambda-cost", "pricing")
    change = several("move", "lambda-cost", shipped, own, by=ana)
    rows = Question.objects.order_by("pk")
    assert [(q.objective_id, q.topic_id, q.edited_here) for q in rows] == [
        ("lambda-cost", "pricing", True), ("lambda-cost", "pricing", False),
    ]  # fmt: skip
    assert [q.current.item.objective for q in rows.select_related("current")] == ["async-behaviour"] * 2  # type: ignore[union-attr]
    workflow.undo(change=change, by=ana, now=T0)
    assert {(q.objective_id, q.topic_id, q.edited_here) for q in Question.objects.all()} == {
        ("async-behaviour", "invocation-async", False)
    }  # fmt: skip


def test_a_move_ends_an_approval_and_its_writer_stays(ana: User, ben: User):
    question = draft_of(ana)
    workflow.ask_for_review(question=question, by=ana, now=T0)
    approve(question, by=ben)
    make_objective("other-thing")
    several("move", "other-thing", question, by=ben)
    question.refresh_from_db()
    assert (question.review, question.written_by) == ("", ana)


def test_computed_questions_do_not_move(ana: User):
    question = make_question(generator="cold-starts")
    make_objective("other-thing")
    [row] = workflow.plan(kind="move", value="other-thing", questions=[question])
    assert "the next sync would move it back" in row.why_not
    with pytest.raises(Refusal, match="None of these"):
        several("move", "other-thing", question, by=ana)
    assert not BulkChange.objects.exists()


def test_retiring_several_is_undone_for_each_as_it_was(ana: User):
    published, draft, retired = make_question(), make_question(state="draft"), make_question(state="retired")
    change = several("retire", "", published, draft, retired, by=ana)
    assert set(Question.objects.values_list("state", flat=True)) == {"retired"}
    done, _ = workflow.undo(change=change, by=ana, now=T0)
    assert set(done) == {published, draft}
    assert dict(Question.objects.values_list("pk", "state")) == {published.pk: "published", draft.pk: "draft", retired.pk: "retired"}


def test_what_somebody_changed_since_stays_when_a_change_is_undone(ana: User):
    one, two = make_question(), make_question()
    change = several("retire", "", one, two, by=ana)
    bank.restore_question(question=one, now=T0)
    assert workflow.undo(change=change, by=ana, now=T0) == ([two], [one])
    with pytest.raises(Refusal, match="undone already"):
        workflow.undo(change=change, by=ana, now=T0)


def test_a_move_whose_objective_is_gone_is_refused(ana: User):
    with pytest.raises(Refusal, match="no such objective"):
        several("move", "gone", make_question(), by=ana)


def test_too_many_at_once_are_refused(ana: User, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(workflow, "MOST_AT_ONCE", 1)
    with pytest.raises(Refusal, match="too many at once"):
        several("retire", "", make_question(), make_question(), by=ana)
    assert not Question.objects.filter(state="retired").exists()
