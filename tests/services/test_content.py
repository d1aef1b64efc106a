"""Content files and the database: all or nothing, nothing when nothing changed, and what instructors wrote stays."""

from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from quizzes.domain.errors import BrokenContent
from quizzes.domain.items import as_dict
from quizzes.models import (
    Blueprint,
    ContentFile,
    Domain,
    DraftOption,
    Fact,
    Lesson,
    LessonProgress,
    LessonSection,
    Objective,
    Question,
    QuestionVersion,
    Term,
    Topic,
)
from quizzes.services import bank, content, lessons, variants
from quizzes.services.content import SyncReport
from tests.content.tree import BLUEPRINT, FACTS, STEMS, Tree, question
from tests.factories import T0, make_attempt, make_blueprint, make_item, make_learner, make_objective, make_question, make_slot

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
OTHER = "An upload starts a function that fails for a day. How many attempts are made in all?"


@pytest.fixture
def tree(tmp_path) -> Tree:
    return Tree(tmp_path)


@pytest.fixture(autouse=True)
def a_small_stock(monkeypatch: pytest.MonkeyPatch) -> None:
    """How many variants are frozen is another file's matter (test_variants.py), and freezing them takes longer than all that is asked here."""
    monkeypatch.setattr(variants, "stock_families", partial(variants.stock_families, size=2))


def sync(tree: Tree, days: int = 0) -> SyncReport:
    return content.sync(tree.root, now=T0 + days * DAY)


def row(slug: str) -> Question:
    return Question.objects.select_related("current").get(slug=slug)


def edit(slug: str, stem: str) -> Question:
    """An instructor changes the stem in the admin and publishes it."""
    found = row(slug)
    found.stem = stem
    item = bank.draft_item(found)
    bank.save_draft(question=found, options=item.options, sources=item.sources, by=None, now=T0 + DAY, seed=1)
    bank.publish_version(question=found, by=None, now=T0 + DAY)
    return row(slug)


# -- the first time --------------------------------------------------------------------------------------------------


def test_the_first_sync_takes_everything(tree, monkeypatch):
    monkeypatch.undo()  # the whole stock, this once
    assert sync(tree) == SyncReport(lessons=1, new=3, computed=120)
    assert list(Question.objects.filter(generator="").values_list("slug", "state", "family").order_by("slug")) == [
        (slug, "published", f"family-{slug}") for slug in ("one", "three", "two")
    ]
    one = row("one")
    assert (one.current.number, one.current.item.stem, one.current.item.key) == (1, STEMS["one"], ["b"])
    assert (one.pick, one.option_count, one.topic_id, one.objective_id, one.domain_id) == (
        1,
        4,
        "invocation-async",
        "async-behaviour",
        "resilient",
    )
    assert (one.edited_here, one.shipped_body, one.created_at) == (False, one.current.body, T0)
    assert as_dict(bank.draft_item(one)) == one.current.body
    assert [s.anchor for s in LessonSection.objects.all()] == ["", "attempts", "notes"]
    assert list(Lesson.objects.get().objectives.values_list("pk", flat=True)) == ["async-behaviour"]
    assert (Domain.objects.count(), Topic.objects.count(), Objective.objects.count(), Fact.objects.count()) == (1, 1, 2, 2)
    assert Term.objects.get(slug="dead-letter-queue").html == "A queue for what failed, with <code>code</code>."
    assert Blueprint.objects.get().counts == {"async-behaviour": 2}


def test_draws_are_spread(tree):
    sync(tree)
    keys = set(Question.objects.values_list("draw_key", flat=True))
    assert len(keys) == 3
    assert all(0 <= key < 1 for key in keys)


# -- again -----------------------------------------------------------------------------------------------------------


def test_when_nothing_changed_nothing_is_written(tree):
    sync(tree)
    with CaptureQueriesContext(connection) as captured:
        assert sync(tree, 1).is_noop
    # The files as they were, and whether the index of the search is behind.
    assert [query["sql"].split()[0] for query in captured.captured_queries] == ["SELECT"] * 3


def test_a_sync_can_be_repeated_after_anything(tree):
    sync(tree)
    ContentFile.objects.all().delete()
    before = list(QuestionVersion.objects.values_list("pk", flat=True)), list(DraftOption.objects.values_list("pk", flat=True))
    assert sync(tree, 1) == SyncReport()
    assert (list(QuestionVersion.objects.values_list("pk", flat=True)), list(DraftOption.objects.values_list("pk", flat=True))) == before


def test_what_is_drawn_anew_is_taken_anew(tree, monkeypatch):
    """An app that renders markdown in another way must not go on showing the old HTML."""
    sync(tree)
    monkeypatch.setattr(content, "RENDERERS", content.RENDERERS[:1])
    with CaptureQueriesContext(connection) as captured:
        sync(tree, 1)
    assert len(captured) > 1


def test_a_changed_question_is_a_new_version_and_old_attempts_keep_the_old(tree):
    sync(tree)
    slot = make_slot(attempt=make_attempt(slots=0), question=row("one"))
    tree.ask("one", "two", "three", one=OTHER)
    assert sync(tree, 1) == SyncReport(changed=1)
    one = row("one")
    assert (one.current.number, one.current.item.stem, one.stem, one.changed_at) == (2, OTHER, OTHER, T0 + DAY)
    slot.refresh_from_db()
    assert slot.version.item.stem == STEMS["one"]
    assert list(one.versions.values_list("number", flat=True)) == [2, 1]
    assert row("two").versions.count() == 1


def test_a_changed_option_is_a_new_version_with_its_working_copy(tree):
    sync(tree)
    tree.change(Tree.QUESTIONS, "Give it more memory now", "Take some memory from it")
    assert sync(tree, 1).changed == 1
    one = row("one")
    assert "Take some memory from it" in [option.text for option in one.current.item.options]
    assert [o.text for o in one.draft_options.all()] == [o.text for o in one.current.item.options]
    assert one.draft_options.count() == 4


def test_another_family_alone_is_no_new_wording(tree):
    sync(tree)
    tree.change(Tree.QUESTIONS, 'family = "family-one"', 'family = "family-other"')
    assert sync(tree, 1).changed == 1
    assert (row("one").family, row("one").versions.count()) == ("family-other", 1)


def test_a_question_that_left_is_asked_no_more_and_comes_back(tree):
    sync(tree)
    tree.ask("two", "three")
    tree.change(Tree.LESSON, "::: check one", "::: check two")
    assert sync(tree, 1) == SyncReport(lessons=1, retired=1)
    assert row("one").state == "retired"
    tree.ask("one", "two", "three")
    assert sync(tree, 2) == SyncReport(returned=1)
    assert (row("one").state, row("one").versions.count()) == ("published", 1)


def test_one_that_comes_back_in_other_words_is_a_new_version(tree):
    sync(tree)
    tree.change(Tree.LESSON, "::: check one", "::: check two")
    tree.ask("two", "three")
    sync(tree, 1)
    tree.ask("one", "two", "three", one=OTHER)
    assert sync(tree, 2) == SyncReport(returned=1)
    assert (row("one").state, row("one").current.number, row("one").current.item.stem) == ("published", 2, OTHER)


def test_a_changed_lesson_is_taken_anew_and_progress_stays(tree):
    sync(tree)
    learner, lesson = make_learner(), Lesson.objects.get()
    lessons.keep_place(learner=learner, lesson=lesson, anchor="attempts", now=T0)
    tree.change(Tree.LESSON, "Text about retries.", "Text about two retries.")
    assert sync(tree, 1) == SyncReport(lessons=1)
    assert "two retries" in LessonSection.objects.get(anchor="attempts").text
    assert LessonProgress.objects.get(learner=learner).lesson == lesson
    assert LessonSection.objects.count() == 3


def test_a_figure_that_changed_changes_its_lesson(tree):
    sync(tree)
    tree.change("week-09/figures/timeline.svg", "Two boxes", "Three boxes")
    assert sync(tree, 1) == SyncReport(lessons=1)


def test_a_fact_keeps_its_sources_and_the_day_of_its_check(tree):
    told = 'sources = [{ title = "Guide", url = "https://docs.aws.amazon.com/guide" }]\nchecked = 2026-11-23'
    tree.write("facts.toml", FACTS.replace('sources = [{ title = "Guide" }]', told, 1))
    sync(tree)
    known, other = Fact.objects.order_by("pk")
    assert (known.sources, known.checked) == ([{"title": "Guide", "url": "https://docs.aws.amazon.com/guide"}], date(2026, 11, 23))
    assert (other.sources, other.checked) == ([{"title": "Guide", "url": ""}], None)


def test_what_left_the_files_leaves_the_shelves(tree):
    sync(tree)
    tree.write("facts.toml", FACTS.replace("async-new", "async-newer"))
    tree.change("glossary.toml", 'term = "Alias"', 'term = "Layer"')
    tree.change("objectives.toml", "async-design", "async-other")
    sync(tree, 1)
    assert set(Fact.objects.values_list("pk", flat=True)) == {"async-definition", "async-newer"}
    assert set(Term.objects.values_list("pk", flat=True)) == {"dead-letter-queue", "layer"}
    assert set(Objective.objects.values_list("pk", flat=True)) == {"async-behaviour", "async-other"}


def test_a_topic_stays_as_long_as_a_question_stands_under_it(tree):
    sync(tree)
    make_question(item=make_item(topic="old-topic", objective="old-objective", domain="old-domain"), state="retired")
    make_objective("unused", "unused-topic")
    tree.change("glossary.toml", "A name.", "A pointer.")
    sync(tree, 1)
    assert set(Topic.objects.values_list("pk", flat=True)) == {"invocation-async", "old-topic"}
    assert set(Objective.objects.values_list("pk", flat=True)) == {"async-behaviour", "async-design", "old-objective"}
    assert set(Domain.objects.values_list("pk", flat=True)) == {"resilient", "old-domain"}


# -- what instructors did --------------------------------------------------------------------------------------------


def test_an_edited_question_stays_theirs_and_what_the_file_says_is_kept_beside_it(tree):
    sync(tree)
    edit("one", "An instructor asks: how many attempts does this upload get by default?")
    tree.ask("one", "two", "three", one=OTHER)
    assert sync(tree, 2) == SyncReport(kept_edited=1)
    one = row("one")
    assert one.current.item.stem.startswith("An instructor asks")
    assert (one.edited_here, one.shipped_body["stem"], one.versions.count()) == (True, OTHER, 2)
    ContentFile.objects.all().delete()
    assert sync(tree, 3) == SyncReport()


def test_a_draft_that_is_not_published_stays_as_well(tree):
    sync(tree)
    one = row("one")
    one.stem = "Half a sentence"
    item = bank.draft_item(one)
    bank.save_draft(question=one, options=item.options[:2], sources=item.sources, by=None, now=T0 + DAY, seed=1)
    tree.ask("one", "two", "three", one=OTHER)
    assert sync(tree, 2) == SyncReport(kept_edited=1)
    assert (row("one").stem, row("one").draft_options.count(), row("one").current.item.stem) == ("Half a sentence", 2, STEMS["one"])


def test_an_edit_that_the_authors_take_over_is_none_any_more(tree):
    sync(tree)
    edit("one", OTHER)
    tree.ask("one", "two", "three", one=OTHER)
    sync(tree, 2)
    assert (row("one").edited_here, row("one").current.number) == (False, 2)
    tree.ask("one", "two", "three")
    assert sync(tree, 3) == SyncReport(changed=1)


def test_an_edited_question_that_left_the_files_goes_on_being_asked(tree):
    sync(tree)
    edit("one", OTHER)
    tree.change(Tree.LESSON, "::: check one", "::: check two")
    tree.ask("two", "three")
    assert sync(tree, 2).retired == 0
    assert row("one").state == "published"


def test_what_an_instructor_retired_stays_retired(tree):
    sync(tree)
    bank.retire_question(question=row("one"), now=T0 + DAY)
    tree.ask("one", "two", "three", one=OTHER)
    assert sync(tree, 2) == SyncReport(kept_edited=1)
    assert row("one").state == "retired"


def test_what_an_instructor_brought_back_stays_although_its_file_is_gone(tree):
    sync(tree)
    tree.change(Tree.LESSON, "::: check one", "::: check two")
    tree.ask("two", "three")
    sync(tree, 1)
    bank.restore_question(question=row("one"), now=T0 + DAY)
    tree.change("glossary.toml", "A name.", "A pointer.")
    assert sync(tree, 2) == SyncReport()
    assert row("one").state == "published"


def test_a_slug_of_an_instructors_own_question_is_refused(tree):
    mine = make_question(slug="two")
    with pytest.raises(BrokenContent, match="belongs to a question that an instructor wrote") as broken:
        sync(tree)
    assert [(p.path, p.line) for p in broken.value.problems] == [(Tree.QUESTIONS, tree.line(Tree.QUESTIONS, 'slug = "two"') - 1)]
    assert Question.objects.get() == mine
    assert not Lesson.objects.exists()
    assert not ContentFile.objects.exists()


def test_an_exam_that_an_instructor_planned_is_not_overwritten(tree):
    mine = make_blueprint(slug="taster")
    with pytest.raises(BrokenContent, match="belongs to an exam that an instructor planned") as broken:
        sync(tree)
    assert [(p.path, p.line) for p in broken.value.problems] == [(Tree.BLUEPRINT, 2)]
    assert Blueprint.objects.get().title == mine.title


def test_an_exam_that_an_instructor_edited_stays_theirs(tree):
    sync(tree)
    taster = Blueprint.objects.get()
    taster.minutes = 99
    bank.save_blueprint(blueprint=taster)
    tree.change(Tree.BLUEPRINT, "minutes = 15", "minutes = 20")
    sync(tree, 1)
    assert Blueprint.objects.get().minutes == 99


def test_a_changed_exam_is_changed_and_stays_closed_where_it_was_closed(tree):
    sync(tree)
    Blueprint.objects.update(is_open=False)
    tree.change(Tree.BLUEPRINT, "minutes = 15", "minutes = 20")
    sync(tree, 1)
    assert (Blueprint.objects.get().minutes, Blueprint.objects.get().is_open) == (20, False)


def test_an_exam_that_left_is_offered_no_more_and_comes_back(tree):
    tree.write(Tree.BLUEPRINT, BLUEPRINT + BLUEPRINT.replace('"taster"', '"second"'))
    sync(tree)
    tree.write(Tree.BLUEPRINT, BLUEPRINT)
    sync(tree, 1)
    assert dict(Blueprint.objects.values_list("slug", "is_open")) == {"taster": True, "second": False}
    tree.write(Tree.BLUEPRINT, BLUEPRINT + BLUEPRINT.replace('"taster"', '"second"'))
    sync(tree, 2)
    assert dict(Blueprint.objects.values_list("slug", "is_open")) == {"taster": True, "second": True}


# -- all or nothing --------------------------------------------------------------------------------------------------


def everything() -> dict[str, list[Any]]:
    return {
        "questions": list(Question.objects.order_by("slug").values_list("slug", "state", "stem")),
        "versions": list(QuestionVersion.objects.order_by("pk").values_list("pk", flat=True)),
        "sections": list(LessonSection.objects.order_by("pk").values_list("pk", flat=True)),
        "terms": list(Term.objects.values_list("slug", flat=True)),
        "files": sorted(ContentFile.objects.values_list("path", "checksum")),
    }


def test_one_broken_file_and_nothing_is_taken(tree):
    sync(tree)
    before = everything()
    tree.ask("one", "two", one=OTHER)
    tree.change("glossary.toml", "A name.", "A pointer.")
    tree.change(Tree.LESSON, "{#notes}", "{#end}")
    with pytest.raises(BrokenContent, match="the last section is missing"):
        sync(tree, 1)
    assert everything() == before


def test_a_fault_of_the_database_leaves_everything_as_it_was(tree):
    """The refusal comes after lessons and terms were written."""
    sync(tree)
    before = everything()
    make_question(slug="four")
    tree.write(
        Tree.QUESTIONS,
        "".join(question(s) for s in STEMS) + question("four", stem="Who, in the end, tries an event again after a failure?"),
    )
    tree.change("glossary.toml", 'term = "Alias"', 'term = "Layer"')
    with pytest.raises(BrokenContent):
        sync(tree, 1)
    Question.objects.filter(slug="four").update(current=None, state="draft")
    QuestionVersion.objects.filter(question__slug="four").delete()
    Question.objects.filter(slug="four").delete()
    assert everything() == before


def test_an_empty_folder_is_a_fault(tmp_path):
    with pytest.raises(BrokenContent, match=r"objectives\.toml, line 1: this file is missing"):
        content.sync(tmp_path, now=T0)


# -- what was checked long ago ---------------------------------------------------------------------------------------


def test_what_was_checked_long_ago_is_listed(tree):
    tree.change(Tree.LESSON, "checked = 2026-11-23\nfacts", "checked = 2026-01-02\nfacts")
    tree.change(Tree.QUESTIONS, "checked = 2026-11-23", "checked = 2026-02-03")
    assert content.stale(tree.root, before=date(2026, 11, 23)) == ["lesson asynchronous-invocation: 2026-01-02", "question one: 2026-02-03"]
    assert content.stale(tree.root, before=date(2026, 2, 1)) == ["lesson asynchronous-invocation: 2026-01-02"]


# -- types for practice, and what exams ask --------------------------------------------------------------------------

PRACTICE = """
[[question]]
slug = "{slug}"
family = "{slug}"
type = "{type}"
stem = "Case {slug}: an event fails each time, and nobody looks. What happens to it, from first to last?"
objective = "async-behaviour"
domain = "resilient"
level = "apply"
difficulty = 2
lesson = "asynchronous-invocation#attempts"
facts = ["async-definition"]
{extra}
[[question.sources]]
title = "Guide"
url = "https://docs.aws.amazon.com/lambda/"
checked = 2026-11-23
"""
OPTIONS = {
    "ordering": ["The queue takes it", "The function fails", "A retry fails too"],
    "matching": ["A queue", "A topic", "A stream"],
    "numeric": ["3", "2", "4"],
}


def practice(type: str) -> str:
    """A question of this type, as a file says it."""
    more = {"matching": 'targets_extra = ["Nobody"]', "numeric": 'unit = "attempts"\ntolerance = "0.5"'}.get(type, "")
    rows = ""
    for n, text in enumerate(OPTIONS[type]):
        own = {"matching": f'match = "Partner {n % 2}"', "numeric": f"key = {str(n == 0).lower()}"}.get(type, "")
        rows += f'[[question.options]]\ntext = "{text}"\nwhy = "Because it says so in the guide."\n{own}\n'
    return PRACTICE.format(slug=type, type=type, extra=f"{more}\n{rows}")


@pytest.fixture
def mixed(tree) -> Tree:
    """A tree with a question of every type."""
    for type in OPTIONS:
        tree.write(Tree.QUESTIONS, tree.read(Tree.QUESTIONS) + practice(type))
    return tree


@pytest.mark.parametrize("type", list(OPTIONS))
def test_a_question_for_practice_is_taken_whole(mixed, type):
    assert content.check(mixed.root).problems == []
    assert sync(mixed).new == 6
    question = row(type)
    item = question.current.item  # type: ignore[union-attr]
    assert [option.text for option in item.options] == OPTIONS[type]
    assert (question.pick, question.option_count) == (1 if type == "numeric" else 3, 3)
    assert bank.draft_item(question) == item
    assert not bank.is_edited(question)
    assert item.grade(item.key).right


def test_exams_hold_choices_alone(mixed):
    sync(mixed)
    assert set(Question.objects.filter(in_exams=False).values_list("slug", flat=True)) == {*OPTIONS, "computed-async-third-attempt"}
    drawn = Question.objects.all().draw(windows={"async-behaviour": 20}, start=0.5, learner_id=0)
    assert {candidate.question for candidate in drawn} == set(Question.objects.filter(in_exams=True).values_list("pk", flat=True))
    assert len(drawn) == 4


def test_a_question_on_a_new_fact_stays_out_of_exams_until_the_fact_has_settled(tree):
    tree.change(Tree.QUESTIONS, '["async-definition"]', '["async-new"]')
    sync(tree)
    assert list(Question.objects.filter(in_exams=False, type="single").values_list("slug", flat=True)) == ["one"]
    tree.write("facts.toml", FACTS.replace('level = "new"', 'level = "deeper"'))
    sync(tree, days=1)
    assert not Question.objects.filter(in_exams=False, type="single").exists()
    assert row("one").versions.count() == 1
    tree.write("facts.toml", FACTS.replace('level = "core"', 'level = "new"'))
    sync(tree, days=2)
    assert not Question.objects.filter(in_exams=True, generator="").exists()
