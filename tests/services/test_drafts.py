"""Deleted drafts come back as they were; an import is taken back where nobody worked at it since."""

from __future__ import annotations

from datetime import timedelta

import pytest

from quizzes.domain import items
from quizzes.domain.errors import Refusal
from quizzes.models import DiscardedDraft, ImportedQuestion, ImportRun, Objective, Question
from quizzes.services import bank, exchange, workflow
from quizzes.services.drafts import KEPT, NotADraft, bring_back, discard_draft, give_up_edit, undo_import
from quizzes.services.exchange import Homes
from tests.factories import T0, make_domain, make_item, make_learner, make_objective, make_question

pytestmark = pytest.mark.django_db

LATER = T0 + timedelta(days=1)


def back(draft: DiscardedDraft) -> Question:
    return bring_back(draft=draft, by=None, now=LATER, seed=1)


@pytest.mark.parametrize("kind", ["single", "multiple", "ordering", "matching", "numeric"])
def test_a_deleted_draft_comes_back_as_it_was(kind: str):
    author = make_learner()
    question = make_question(item=make_item(type=kind), state="draft", slug="mine", family="a-family", author=author, is_pilot=True)
    workflow.set_tags(question=question, names=["spring", "autumn"])
    before = items.as_dict(bank.draft_item(question))
    draft = discard_draft(question=question, by=author, now=T0)
    assert not Question.objects.exists()
    found = back(draft)
    assert items.as_dict(bank.draft_item(Question.objects.get())) == before
    assert (found.slug, found.family, found.author, found.is_pilot, found.state) == ("mine", "a-family", author, True, "draft")
    assert sorted(found.tags.values_list("name", flat=True)) == ["autumn", "spring"]
    assert not DiscardedDraft.objects.exists()


def test_what_was_published_is_not_deleted():
    question = make_question()
    with pytest.raises(NotADraft):
        discard_draft(question=question, by=None, now=T0)
    assert Question.objects.exists()


def shipped_and_edited() -> Question:
    item = make_item()
    question = make_question(item=item, slug="what-retries", shipped_body=items.as_dict(item), shipped_checksum="of the file")
    question.stem = "Mine, all mine. Who else would say so of an event?"
    return bank.save_draft(question=question, options=item.options, sources=item.sources, by=None, now=T0, seed=1)


def test_an_unpublished_edit_that_gives_way_to_the_shipped_wording_is_kept_and_comes_back_as_a_draft():
    question, editor = shipped_and_edited(), make_learner()
    before = items.as_dict(bank.draft_item(question))
    version, kept = give_up_edit(question=question, by=editor, now=T0)
    assert version.body == question.shipped_body
    assert kept is not None
    assert (kept.slug, kept.discarded_by) == ("what-retries-unpublished", editor)
    found = back(kept)
    assert items.as_dict(bank.draft_item(found)) == before
    assert (found.state, found.family) == ("draft", question.family)
    question.refresh_from_db()
    assert question.stem == items.from_dict(question.shipped_body).stem


def test_a_published_edit_that_gives_way_stays_in_the_history_alone():
    question = shipped_and_edited()
    bank.publish_version(question=question, by=None, now=T0)
    version, kept = give_up_edit(question=question, by=None, now=LATER)
    assert kept is None
    assert version.number == 3
    assert not DiscardedDraft.objects.exists()


def test_without_a_shipped_wording_nothing_is_given_up():
    question = make_question()
    question.stem = "Mine, all mine. Who else would say so of an event?"
    question.save()
    with pytest.raises(bank.NotReady):
        give_up_edit(question=question, by=None, now=T0)
    question.refresh_from_db()
    assert question.stem.startswith("Mine")
    assert not DiscardedDraft.objects.exists()


def test_a_name_that_is_taken_by_now_gets_a_number():
    draft = discard_draft(question=make_question(state="draft", slug="mine"), by=None, now=T0)
    make_question(slug="mine")
    assert back(draft).slug == "mine-2"


def test_it_comes_back_once():
    draft = discard_draft(question=make_question(state="draft"), by=None, now=T0)
    back(draft)
    with pytest.raises(Refusal, match="already"):
        back(draft)
    assert Question.objects.count() == 1


def test_a_draft_whose_objective_is_gone_stays_kept():
    draft = discard_draft(question=make_question(state="draft"), by=None, now=T0)
    Objective.objects.all().delete()
    with pytest.raises(Refusal, match="is kept here"):
        back(draft)
    assert DiscardedDraft.objects.exists()


def test_after_a_month_it_is_gone_for_good():
    discard_draft(question=make_question(state="draft"), by=None, now=T0)
    discard_draft(question=make_question(state="draft"), by=None, now=T0 + KEPT + timedelta(seconds=1))
    assert DiscardedDraft.objects.count() == 1


# -- imports ---------------------------------------------------------------------------------------------------------

FILE = b"::one::What keeps it?{=a ~b ~c ~d}\n\n::two::What loses it?{=a ~b ~c ~d}\n\n::three::What is it?{=a ~b ~c ~d}\n"


def imported() -> ImportRun:
    homes = Homes(make_objective().pk, make_domain().pk)
    exchange.import_file(data=FILE, format="gift", file_name="f", homes=homes, now=T0, seed=1)
    return ImportRun.objects.get()


def test_an_import_is_taken_back_where_nobody_touched_it():
    run = imported()
    touched, asked = Question.objects.get(stem="What is it?"), Question.objects.get(stem="What loses it?")
    bank.move_question(question=touched, objective=make_objective("other"), by=None, now=LATER)
    workflow.ask_for_review(question=asked, by=make_learner(), now=T0)
    assert undo_import(run=run, by=None, now=LATER) == (["what-keeps-it"], ["what-loses-it", "what-is-it"])
    assert Question.objects.count() == 2
    assert ImportRun.objects.exists()


def test_what_came_with_a_file_is_known_again_when_it_is_back():
    run = imported()
    undo_import(run=run, by=None, now=LATER)
    assert not Question.objects.exists()
    for draft in DiscardedDraft.objects.all():
        back(draft)
    assert ImportedQuestion.objects.filter(run=run).count() == 3
    homes = Homes(make_objective().pk, make_domain().pk)
    planned, done = exchange.import_file(data=FILE, format="gift", file_name="f", homes=homes, now=T0, seed=1)
    assert ({one.state for one in planned}, done) == ({"here"}, 0)
