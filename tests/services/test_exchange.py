"""Import and export on the bank: drafts, once, all or none."""

from __future__ import annotations

import hashlib
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quizzes.domain.exchange import Draft, Unreadable, WrongEncoding, write
from quizzes.domain.items import Option
from quizzes.models import ImportedQuestion, ImportRun, KeyMending, Question, QuestionVersion
from quizzes.queries.exchange import to_export
from quizzes.services import bank, exchange
from quizzes.services.exchange import Homes, NothingToImport, Planned
from tests.factories import T0, make_domain, make_item, make_learner, make_objective, make_question

pytestmark = pytest.mark.django_db

TWO = b"::one::What keeps it?{=a ~b ~c ~d}\n\n::two::What loses it?{=a ~b ~c ~d}\n"


@pytest.fixture(autouse=True)
def homes() -> Homes:
    return Homes(make_objective().pk, make_domain().pk)


def take(data: bytes, homes: Homes, format: str = "gift", **values: bool) -> tuple[list[Planned], int]:
    return exchange.import_file(data=data, format=format, file_name="f", homes=homes, now=T0, seed=1, **values)


def states(planned: list[Planned]) -> list[str]:
    return [one.state for one in planned]


def test_questions_come_in_as_drafts_and_remember_their_origin(homes: Homes):
    _, done = take(TWO, homes)
    assert done == 2
    question = Question.objects.get(slug="what-loses-it")
    assert (question.state, question.current, question.family) == ("draft", None, "what-loses-it")
    assert [(o.text, o.key) for o in question.draft_options.all()] == [("a", True), ("b", False), ("c", False), ("d", False)]
    assert (question.imported.line, question.imported.run.file_name) == (3, "f")
    assert question.imported.run.checksum == hashlib.sha256(TWO).hexdigest()


def test_the_same_file_twice_doubles_nothing(homes: Homes):
    take(TWO, homes)
    planned, done = take(TWO, homes)
    assert (states(planned), done, Question.objects.count()) == (["here", "here"], 0, 2)


def test_a_draft_that_was_edited_since_is_not_taken_again(homes: Homes):
    take(TWO, homes)
    Question.objects.filter(slug="what-keeps-it").update(stem="Mended.")
    assert states(take(TWO, homes)[0]) == ["here", "here"]


def test_a_draft_that_was_deleted_may_come_again(homes: Homes):
    take(TWO, homes)
    Question.objects.get(slug="what-keeps-it").delete()
    assert states(take(TWO, homes)[0]) == ["new", "here"]


def test_the_same_question_twice_in_a_file_is_taken_once(homes: Homes):
    planned, done = take(TWO + b"\n" + TWO, homes)
    assert (states(planned), done) == (["new", "new", "twice", "twice"], 2)


@pytest.mark.parametrize("format", ["gift", "moodle_xml", "qti", "qti3", "csv", "toml"])
def test_an_export_of_the_bank_is_known_again(format: str, homes: Homes):
    make_question(item=make_item())
    make_question(item=make_item(type="multiple"))
    data = exchange.export(questions=to_export(), format=format, now=T0).data
    assert states(take(data, homes, format)[0]) == ["here", "here"]


@pytest.mark.parametrize("format", ["moodle_xml", "qti", "csv", "toml"])
def test_export_and_import_into_an_empty_bank_give_the_same_drafts(format: str, homes: Homes):
    for kind in ("single", "multiple", "matching", "numeric", "ordering"):
        make_question(item=make_item(type=kind), state="draft", slug=f"q-{kind}", family=f"f-{kind}")
    before = {question.slug: (question.family, bank.draft_item(question)) for question in to_export()}
    data = exchange.export(questions=to_export(), format=format, now=T0).data
    Question.objects.all().delete()
    take(data, homes, format)
    assert {question.slug: (question.family, bank.draft_item(question)) for question in to_export()} == before


def test_a_taken_name_is_changed_and_told(homes: Homes):
    make_question(item=make_item(), slug="a-b")
    data = write("csv", [Draft(make_item(), "a-b", "a-b")], now=T0).data
    (planned,), _ = take(data, homes, "csv")
    assert planned.slug == "a-b-2"
    assert "taken" in planned.notes[-1].message
    assert QuestionVersion.objects.count() == 1


def test_one_broken_question_keeps_the_file_out_unless_told(homes: Homes):
    data = TWO + b"\nBroken?{~a ~b}\n"
    assert take(data, homes)[1] == 0
    assert not Question.objects.exists()
    assert not ImportRun.objects.exists()
    assert take(data, homes, skip_broken=True)[1] == 2


def test_a_fault_while_writing_leaves_nothing(homes: Homes, monkeypatch: pytest.MonkeyPatch):
    def fail(*args: object, **values: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(ImportedQuestion.objects, "bulk_create", fail)
    with pytest.raises(RuntimeError):
        take(TWO, homes)
    assert not Question.objects.exists()
    assert not ImportRun.objects.exists()


@pytest.mark.parametrize("label", ["async-behaviour", "invocation-async"])
def test_a_category_that_names_an_objective_or_a_topic_decides(label: str):
    make_objective("other", "other-topic")
    planned = exchange.plan(data=f"$CATEGORY: {label}\n\n".encode() + TWO, format="gift", homes=Homes("other", "resilient"))
    assert {one.item.objective for one in planned if one.item} == {"async-behaviour"}


def test_what_names_nothing_goes_where_was_said(homes: Homes):
    planned = exchange.plan(data=TWO, format="gift", homes=homes)
    assert "names no objective" in planned[0].notes[0].message
    assert planned[0].item is not None
    assert planned[0].item.topic == "invocation-async"


def test_choosing_takes_the_chosen_and_the_file_stays_for_the_rest(homes: Homes):
    user = make_learner()
    run = exchange.start_import(data=TWO, format="gift", file_name="f", homes=homes, by=user, now=T0)
    assert not Question.objects.exists()
    exchange.import_chosen(run=run, numbers={2}, by=user, now=T0, seed=1)
    assert Question.objects.get().author == user
    exchange.import_chosen(run=run, numbers=None, by=user, now=T0, seed=1)
    assert Question.objects.count() == 2
    with pytest.raises(NothingToImport):
        exchange.import_chosen(run=run, numbers=None, by=user, now=T0, seed=1)


def test_the_next_upload_lets_the_earlier_file_go_but_not_the_origin(homes: Homes):
    user = make_learner()
    first = exchange.start_import(data=TWO, format="gift", file_name="f", homes=homes, by=user, now=T0)
    exchange.import_chosen(run=first, numbers={1}, by=user, now=T0, seed=1)
    unused = exchange.start_import(data=TWO, format="gift", file_name="g", homes=homes, by=user, now=T0)
    exchange.start_import(data=TWO, format="gift", file_name="h", homes=homes, by=user, now=T0)
    first.refresh_from_db()
    assert first.data is None
    assert first.questions.count() == 1
    assert not ImportRun.objects.filter(pk=unused.pk).exists()
    with pytest.raises(NothingToImport, match="not kept"):
        exchange.import_chosen(run=first, numbers=None, by=user, now=T0, seed=1)


def test_planning_costs_the_same_for_one_question_and_for_many(homes: Homes):
    many = b"\n".join(f"What keeps number {n}?{{=a ~b ~c ~d}}\n".encode() for n in range(60))
    counts = []
    for data in (TWO, many):
        with CaptureQueriesContext(connection) as captured:
            exchange.plan(data=data, format="gift", homes=homes)
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 6


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, len(TWO)), st.binary(max_size=6), st.integers(0, 20))
def test_a_damaged_file_is_taken_whole_or_not_at_all(homes: Homes, at: int, noise: bytes, cut: int):
    before = Question.objects.count()
    try:
        planned, done = take(TWO[:at] + noise + TWO[at + cut :], homes)
    except (Unreadable, WrongEncoding):
        planned, done = [], 0
    assert Question.objects.count() - before == done
    assert done in (0, sum(one.is_new for one in planned))


# -- mended keys -----------------------------------------------------------------------------------------------------


def mended(question: Question, kind: str, *answers: str) -> Question:
    mending = KeyMending.objects.create(question=question, kind=kind, answers=[list(a) for a in answers], reason="It holds.", made_at=T0)
    mending.versions.add(question.current)  # type: ignore[arg-type]
    return question


def exported(format: str) -> tuple[str, str]:
    """The only question of an export, as text, and what the report says."""
    written = exchange.export(questions=to_export(), format=format, now=T0)
    return written.data.decode(), " ".join(said for _, said in written.notes)


def right_in_gift(text: str) -> list[str]:
    return [line.strip()[1:].split("#")[0] for line in text.splitlines() if line.startswith("\t=")]


def test_a_changed_key_is_exported_as_it_holds_and_said():
    question = mended(make_question(), "change", "c")
    options = {option.id: option.text for option in question.current.item.options}  # type: ignore[union-attr]
    text, said = exported("gift")
    assert right_in_gift(text) == [options["c"]]
    assert "Its key was mended. The file carries the one that holds now" in said
    assert options["c"] in said


def test_several_right_answers_are_exported_where_a_format_can_hold_them():
    question = mended(make_question(), "accept", "c")
    options = {option.id: option.text for option in question.current.item.options}  # type: ignore[union-attr]
    text, said = exported("gift")
    assert right_in_gift(text) == [options["b"], options["c"]]
    assert "every answer that is right now" in said
    text, _ = exported("moodle_xml")
    assert text.count('fraction="100"') == 2
    text, said = exported("csv")
    assert ",B," in text
    assert f"lost in the file: “{options['c']}”" in said


def test_several_right_numbers_are_exported_where_a_format_can_hold_them():
    item = make_item(
        type="numeric", options=tuple(Option(id="abc"[n], text=text, why="So.", key=n == 0) for n, text in enumerate(("4", "8", "9")))
    )
    question = make_question(item=item)
    mending = KeyMending.objects.create(question=question, kind="accept", answers=[["8"], ["12"]], reason="Both.", made_at=T0)
    mending.versions.add(question.current)  # type: ignore[arg-type]
    text, _ = exported("moodle_xml")
    assert re.findall(r'fraction="100" format="plain_text"><text>(\d+)<', text) == ["4", "8", "12"]


@pytest.mark.parametrize(("kind", "words"), [("drop", "taken out of all results"), ("full", "Everybody was given full marks")])
def test_a_question_without_a_key_that_holds_keeps_the_published_one_and_says_so(kind: str, words: str):
    question = mended(make_question(), kind)
    options = {option.id: option.text for option in question.current.item.options}  # type: ignore[union-attr]
    text, said = exported("gift")
    assert right_in_gift(text) == [options["b"]]
    assert words in said


def test_a_corrected_working_copy_is_exported_as_it_stands():
    question = mended(make_question(), "change", "c")
    question.draft_options.update(key=False)
    question.draft_options.filter(position=3).update(key=True)
    text, said = exported("gift")
    assert right_in_gift(text) == [question.draft_options.get(position=3).text]
    assert "which says something else by now" in said


def test_a_mending_that_was_taken_back_changes_no_export():
    mended(make_question(), "change", "c")
    KeyMending.objects.update(undone_at=T0)
    assert exported("gift")[1] == ""
