"""The verbs of the desk."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from quizzes.domain.errors import NotReady
from quizzes.domain.items import Option, Source, as_dict
from quizzes.models import Question, QuestionVersion
from quizzes.services import bank
from tests.factories import T0, make_blueprint, make_domain, make_item, make_learner, make_objective, make_question

pytestmark = pytest.mark.django_db

LATER = T0 + timedelta(days=1)


def make_shipped(**values: Any) -> Question:
    item = make_item(**values)
    return make_question(item=item, shipped_body=as_dict(item), shipped_checksum="of the file")


def save(question: Question, **values: Any) -> Question:
    """Save the working copy as it is, but for some values of its item."""
    item = bank.draft_item(question)
    given = {"options": item.options, "sources": item.sources, "by": None, "now": LATER, "seed": 1, **values}
    return bank.save_draft(question=question, **given)


def test_a_new_draft_gets_all_that_the_desk_knows():
    author = make_learner()
    question = Question(stem="Who retries an event?", objective=make_objective(), domain=make_domain())
    option, source = (
        Option(id="a", text="Nobody", why=""),
        Source(title="Guide", url="https://docs.aws.amazon.com/", checked=date(2026, 11, 23)),
    )
    bank.save_draft(question=question, options=[option], sources=[source], by=author, now=T0, seed=7)
    question.refresh_from_db()
    assert (question.slug, question.family) == ("who-retries-an-event", "who-retries-an-event")
    assert (question.author, question.topic_id, question.created_at, question.changed_at) == (author, "invocation-async", T0, T0)
    assert 0 <= question.draw_key < 1
    assert [o.text for o in question.draft_options.all()] == ["Nobody"]


def test_the_author_and_the_draw_stay_when_somebody_else_saves():
    question = make_question(author=make_learner())
    author, draw_key = question.author, question.draw_key
    save(question, by=make_learner())
    question.refresh_from_db()
    assert (question.author, question.draw_key, question.created_at, question.changed_at) == (author, draw_key, T0, LATER)


def test_publishing_the_same_words_again_makes_no_new_version():
    question = make_question()
    version = bank.publish_version(question=question, by=None, now=LATER)
    assert (version.pk, QuestionVersion.objects.count()) == (question.current_id, 1)


def test_publishing_a_question_that_is_not_ready_changes_nothing():
    question = make_question(state="draft", item=make_item(keys=""))
    with pytest.raises(NotReady, match="No option is marked as key"):
        bank.publish_version(question=question, by=None, now=LATER)
    question.refresh_from_db()
    assert (question.state, question.current, QuestionVersion.objects.count()) == ("draft", None, 0)


def test_a_shipped_question_is_ours_from_the_first_edit_on():
    question = make_shipped()
    assert not save(question).edited_here
    question.stem = "Mine, all mine. Who else would say so of an event?"
    assert save(question).edited_here


def test_words_that_learners_see_count_as_an_edit_even_if_the_draft_went_back():
    question = make_shipped()
    shipped = question.stem
    question.stem = "Mine, all mine. Who else would say so of an event?"
    save(question)
    bank.publish_version(question=question, by=None, now=LATER)
    question.refresh_from_db()
    question.stem = shipped
    assert save(question).edited_here


def test_going_back_to_the_shipped_words():
    question = make_shipped()
    question.stem = "Mine, all mine. Who else would say so of an event?"
    save(question, options=[], sources=[])
    version = bank.return_to_shipped(question=question, by=None, now=LATER)
    question.refresh_from_db()
    assert (version.body, question.edited_here, version.number) == (question.shipped_body, False, 1)


def test_retired_means_retired_until_it_is_restored():
    question = make_shipped()
    bank.retire_question(question=question, now=LATER)
    question.refresh_from_db()
    assert (question.state, question.edited_here) == ("retired", True)
    bank.restore_question(question=question, now=LATER)
    question.refresh_from_db()
    assert (question.state, question.edited_here) == ("published", False)


def test_a_draft_that_was_retired_is_a_draft_again():
    question = make_question(state="draft")
    bank.retire_question(question=question, now=LATER)
    bank.restore_question(question=question, now=LATER)
    question.refresh_from_db()
    assert question.state == "draft"


def test_a_plan_saved_at_the_desk_is_ours():
    plan = make_blueprint(4, shipped_checksum="of the file")
    plan.minutes = 25
    bank.save_blueprint(blueprint=plan)
    plan.refresh_from_db()
    assert (plan.minutes, plan.edited_here) == (25, True)


# -- what speaks against publishing ----------------------------------------------------------------------------------

TOLD = "A function fails each night for about an hour. What should the team add for later inspection?"
TELLING = "A team added a destination that keeps each failed event with its error when a function fails. What is it called?"
KEY = "A destination that keeps each failed event with its error"


def told(**values: Any) -> Question:
    return make_question(item=make_item(stem=TOLD, texts=["A queue", KEY, "A topic", "A retry by hand"]), **values)


def telling(**values: Any) -> Question:
    return make_question(item=make_item(stem=TELLING), **values)


def remarks(question: Question) -> list[tuple[str, str, str]]:
    return [(found.rule, found.field, found.message) for found in bank.review(question) if found.rule == "L16"]


def test_a_stem_that_states_a_key_is_seen_from_both_sides():
    one, other = told(slug="told"), telling(slug="telling")
    [(_, field, message)] = remarks(one)
    assert (field, "“telling”" in message) == ("option-1", True)
    [(_, field, message)] = remarks(other)
    assert (field, "“told”" in message) == ("stem", True)


@pytest.mark.parametrize("values", [{"family": "family"}, {"state": "draft"}], ids=["one family", "a draft gives nothing away"])
def test_a_stem_that_no_exam_sets_beside_it_states_nothing(values):
    one = told(family="family")
    telling(**values)
    assert remarks(one) == []


def test_a_stem_that_is_nearly_another_is_named():
    one = make_question(item=make_item(stem=f"{TOLD} Say it in a word, if you can."), slug="one")
    make_question(item=make_item(stem=f"{TOLD} Say it in a word if you can."), slug="other")
    [(_, field, message)] = remarks(one)
    assert (field, "“other”" in message, message.endswith("give both one family.")) == ("stem", True, True)


def test_the_review_costs_the_same_with_many_questions(django_assert_num_queries):
    one = told()
    for _ in range(3):
        telling()
    with django_assert_num_queries(4):
        bank.review(one)
