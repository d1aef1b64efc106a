"""Mending a key: looked at without a trace, applied once, and taken back to exactly what was before."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from quizzes.domain.errors import NotReady, Refusal
from quizzes.domain.items import as_dict
from quizzes.domain.mending import InvalidMending
from quizzes.models import Attempt, Card, KeyMending, MendedResult, Question, Regrade, Response, Review, Seen, User
from quizzes.models.mendings import effective_fraction, is_dropped, is_right
from quizzes.services import attempts, bank, mendings, reviews
from quizzes.services.mendings import StaleMending
from tests.factories import (
    T0,
    answer_slot,
    make_attempt,
    make_bank,
    make_first,
    make_guest,
    make_item,
    make_learner,
    make_question,
    make_slot,
    make_version,
)

pytestmark = pytest.mark.django_db

LATER = T0 + timedelta(days=1)


def sit(
    question: Question, letter: str | None, *, learner: User | None = None, others: str = "", scored: bool = True, at: Any = T0
) -> Attempt:
    """An exam handed in: this question answered so, and one more for each letter of `others` ("b" is right)."""
    attempt = make_attempt(learner=learner, slots=0, started_at=at)
    questions = [question, *make_bank(len(others))]
    for position, (asked, given) in enumerate(zip(questions, (letter, *others), strict=True), start=1):
        slot = make_slot(attempt=attempt, position=position, question=asked)
        type(slot).objects.filter(pk=slot.pk).update(is_scored=scored or position > 1)
        if given is not None:
            attempts.save_draft(
                learner=attempt.learner, attempt=attempt.pk, position=position, letters=list(given.upper()), revision=0,
                save_id=f"save-{slot.pk}", now=at,
            )  # fmt: skip
    attempts.hand_in(learner=attempt.learner, attempt=attempt.pk, now=at + timedelta(minutes=9))
    attempt.refresh_from_db()
    return attempt


def mend(question: Question, kind: str, *answers: str, reason: str = "The guide says otherwise.", **values: Any) -> tuple[KeyMending, bool]:
    """A mending of the current version, or of `versions`; each answer is its letters."""
    found = {
        "question": question, "versions": [question.current_id], "kind": kind, "answers": [list(answer) for answer in answers],
        "latest": getattr(question.mendings.in_force().last(), "pk", 0), "by": None, "reason": reason, "now": LATER, **values,
    }  # fmt: skip
    return mendings.apply_mending(**found)


def look(question: Question, kind: str, *answers: str) -> mendings.Effect:
    found = mendings.plan(question=question, versions=[question.current_id], kind=kind, answers=[list(answer) for answer in answers])
    return mendings.dry_run(found)


def result(attempt: Attempt) -> tuple[int | None, int | None, int | None]:
    attempt.refresh_from_db()
    return attempt.right, attempt.scored, attempt.scaled


def world() -> list[Any]:
    """Everything a mending may change, without the numbers of rows."""
    cards = Card.objects.order_by("learner_id", "family")
    log = Review.objects.order_by("card__learner_id", "card__family", "number")
    seen = Seen.objects.order_by("learner_id", "question_id")
    skip = {"id", "card"}
    rows = [
        [{f.name: f.value_from_object(row) for f in row._meta.fields if f.name not in skip} for row in part] for part in (cards, log, seen)
    ]
    results = list(Attempt.objects.order_by("pk").values("right", "scored", "scaled", "submitted_at", "finish_reason"))
    return [*rows, results, list(Regrade.objects.order_by("response").values_list("response", "fraction"))]


def frozen() -> list[Any]:
    return [
        list(Response.objects.order_by("pk").values()),
        list(Question.objects.order_by("pk").values_list("versions__body", "versions__checksum")),
    ]


# -- looking ---------------------------------------------------------------------------------------------------------


def test_a_dry_run_says_who_is_concerned_and_writes_nothing():
    question = make_question()
    fails = sit(question, "c", others="bba", learner=make_learner(first_name="Lena", last_name="Holm"))
    passes = sit(question, "b", others="bba")
    sit(question, None, others="b")
    make_attempt(slots=0)
    make_slot(attempt=make_attempt(slots=0, started_at=T0), question=question)
    before, untouched = world(), frozen()
    with CaptureQueriesContext(connection) as captured:
        effect = look(question, "change", "c")

    assert not [query["sql"] for query in captured if not query["sql"].startswith("SELECT")]
    assert (effect.answers, effect.learners, effect.changed, effect.running) == (3, 3, 2, 1)
    assert (effect.right_before, effect.right_after) == (1, 1)
    assert dict(effect.moves) == {"to pass": 1, "to fail": 1}
    told = {line.attempt: (line.before.right, line.after.right, line.after.scaled, line.moved) for line in effect.lines}
    assert told == {fails.pk: (2, 3, 750, "to pass"), passes.pk: (3, 2, 531, "to fail")}
    assert {line.learner for line in effect.lines if line.attempt == fails.pk} == {"Lena Holm"}
    assert {line.by for line in effect.lines} == {219, -219}
    assert (world(), frozen()) == (before, untouched)
    assert not KeyMending.objects.exists()


def test_what_a_dry_run_says_is_what_applying_does():
    question = make_question()
    for letter in ("a", "b", "c", "c", None):
        sit(question, letter, others="bb")
    effect = look(question, "accept", "c")
    mending, done = mend(question, "accept", "c")
    assert done
    assert mending.figures == effect.figures
    lines = {line.attempt: (line.before, line.after) for line in effect.lines}
    assert {row.attempt_id: (row.before, row.after) for row in MendedResult.objects.all()} == lines


def test_a_long_list_keeps_the_results_that_move_most(monkeypatch: pytest.MonkeyPatch):
    question = make_question()
    for others in ("", "b", "bb", "bba"):
        sit(question, "c", others=others)
    monkeypatch.setattr(mendings, "LINES", 2)
    effect = look(question, "change", "c")
    assert effect.results == 4
    assert [line.moved for line in effect.lines] == ["to pass", "to pass"]
    assert [line.by for line in effect.lines] == [900, 469]


# -- applying --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "answers", "expected"),
    [
        ("drop", [], {"b": (1, 2), "c": (1, 2), None: (1, 2)}),
        ("full", [], {"b": (2, 3), "c": (2, 3), None: (2, 3)}),
        ("accept", ["c"], {"b": (2, 3), "c": (2, 3), None: (1, 3)}),
        ("change", ["c"], {"b": (1, 3), "c": (2, 3), None: (1, 3)}),
    ],
)
def test_a_mending_recomputes_results_and_leaves_answers_and_wordings_alone(kind, answers, expected):
    question = make_question()
    sat = {letter: sit(question, letter, others="ba") for letter in expected}
    untouched = frozen()
    mending, done = mend(question, kind, *answers)
    assert done
    assert {letter: result(attempt)[:2] for letter, attempt in sat.items()} == expected
    assert frozen() == untouched
    mendings.undo_mending(mending=mending, by=None, now=LATER)
    assert frozen() == untouched


def test_who_when_what_and_why_are_kept():
    question, author = make_question(), make_learner()
    sit(question, "c")
    mending, _ = mend(question, "accept", "c", by=author, reason="  Both keep the event.  ")
    mending = KeyMending.objects.get(pk=mending.pk)
    assert (mending.made_by, mending.made_at, mending.kind, mending.answers) == (author, LATER, "accept", [["c"]])
    assert (mending.reason, list(mending.versions.all())) == ("Both keep the event.", [question.current])
    assert mending.figures["changed"] == 1
    assert mending.what(question.current) == "Right as well: “Give the function twice the memory it has now”."


def test_a_question_that_did_not_count_changes_no_result():
    question = make_question()
    attempt = sit(question, "c", others="b", scored=False)
    before = result(attempt)
    mending, _ = mend(question, "change", "c")
    assert result(attempt) == before
    assert mending.figures["changed"] == 1
    assert not MendedResult.objects.exists()


def test_when_every_question_that_counts_is_dropped_there_is_no_score():
    question = make_question()
    attempt = sit(question, "b")
    effect = look(question, "drop")
    assert dict(effect.moves) == {"no score": 1}
    mending, _ = mend(question, "drop")
    assert result(attempt) == (0, 0, None)
    mendings.undo_mending(mending=mending, by=None, now=LATER)
    assert result(attempt) == (1, 1, 1000)


@pytest.mark.parametrize(
    ("kind", "first", "last", "rating"),
    [("drop", None, None, None), ("full", 1.0, 1.0, 3), ("accept", 1.0, 1.0, 3)],
)
def test_what_is_seen_and_remembered_follows(kind, first, last, rating):
    question, learner = make_question(), make_learner()
    sit(question, "c", learner=learner)
    assert (Seen.objects.get().last_fraction, Card.objects.get().rating) == (0, 1)
    mend(question, kind, *(["c"] if kind == "accept" else []))
    seen = Seen.objects.get()
    assert (seen.first_fraction, seen.last_fraction, seen.times) == (first, last, 1)
    assert list(Card.objects.values_list("rating", flat=True)) == ([] if rating is None else [rating])


def test_first_and_last_marks_are_those_of_the_first_and_the_last_answer():
    question, learner = make_question(), make_learner()
    sit(question, "c", learner=learner, at=T0)
    sit(question, "b", learner=learner, at=LATER)
    mend(question, "change", "c", now=LATER + timedelta(days=1))
    assert (Seen.objects.get().first_fraction, Seen.objects.get().last_fraction) == (1, 0)


def test_a_rebuild_of_memory_gives_the_same():
    question, sibling = (make_question(family="one-fact") for _ in range(2))
    for letter in ("b", "c"):
        learner = make_learner()
        sit(question, letter, learner=learner)
        sit(sibling, "b", learner=learner, at=LATER)
    mend(question, "change", "c", now=LATER + timedelta(days=1))
    before = world()
    list(reviews.rebuild(by=reviews.algorithm()))
    assert world() == before


def test_marks_can_be_asked_for_in_one_statement():
    question = make_question()
    for letter in ("b", "c", None):
        sit(question, letter)
    mend(question, "change", "c")
    rows = Response.objects.filter(question=question).annotate(mark=effective_fraction())
    assert sorted(rows.values_list("mark", flat=True)) == [0, 0, 1]
    assert [row.answer for row in Response.objects.filter(is_right())] == [["c"]]
    mend(question, "drop")
    assert set(rows.values_list("mark", flat=True)) == {None}
    assert Response.objects.filter(is_dropped()).count() == 3
    assert not Response.objects.filter(is_right()).exists()
    assert Attempt.objects.filter(is_dropped("slots__responses__")).count() == 3


# -- once ------------------------------------------------------------------------------------------------------------


def test_applying_twice_does_it_once():
    question, one, other = make_question(), make_learner(), make_learner()
    sit(question, "c", others="b")
    first, done = mend(question, "change", "c", by=one)
    after = world()
    again, done_again = mend(question, "change", "c", by=other, reason="Another tab.", latest=0)
    assert (done, done_again, again) == (True, False, first)
    assert (again.made_by, again.reason) == (one, "The guide says otherwise.")
    assert KeyMending.objects.count() == 1
    assert world() == after


def test_another_mending_after_the_dry_run_is_refused_with_nothing_changed():
    question = make_question()
    sit(question, "c")
    mend(question, "accept", "c")
    before = world()
    with pytest.raises(StaleMending, match="look at the dry run again"):
        mend(question, "drop", latest=0)
    assert (world(), KeyMending.objects.count()) == (before, 1)


def test_the_key_as_it_is_needs_no_mending():
    with pytest.raises(InvalidMending, match="what the key says already"):
        mend(make_question(), "change", "b")


def test_no_mending_without_a_reason():
    with pytest.raises(InvalidMending, match="Say why"):
        mend(make_question(), "drop", reason="   ")


# -- taking back -----------------------------------------------------------------------------------------------------


def test_undoing_gives_exactly_what_was_before():
    question, author = make_question(family="one-fact"), make_learner()
    sibling = make_question(family="one-fact")
    learner = make_learner()
    for letter in ("a", "b", "c", None):
        sit(question, letter, others="bba", learner=learner if letter == "c" else None)
    sit(sibling, "a", learner=learner, at=LATER)
    states = [world()]
    applied = []
    for kind, answers in (("accept", ["c"]), ("drop", []), ("change", ["a"]), ("full", [])):
        applied.append(mend(question, kind, *answers, now=LATER + timedelta(days=1))[0])
        states.append(world())
    assert all(states[n] != states[n + 1] for n in range(4))

    for mending, before in zip(reversed(applied), reversed(states[:-1]), strict=True):
        assert mendings.undo_mending(mending=mending, by=author, now=LATER)
        assert world() == before
    mending.refresh_from_db()
    assert (mending.undone_by, mending.undone_at, mending.is_in_force) == (author, LATER, False)
    assert KeyMending.objects.count() == 4, "the log keeps what was undone"


def test_a_mark_comes_back_as_it_was_given_even_where_the_answer_would_be_graded_otherwise_today():
    question, learner = make_question(), make_learner()
    make_first(learner=learner, question=question, right=True)
    slot = make_slot(attempt=make_attempt(learner=learner, mode="practice", slots=0), question=question, position=2)
    Response.objects.create(
        slot=slot, learner=learner, question=question, answer=["b"], fraction=0, share=0, selection="self_chosen", responded_at=LATER
    )  # fmt: skip
    mending, _ = mend(question, "full")
    assert mending.figures["right_before"] == 1
    assert Response.objects.filter(is_right()).count() == 2
    assert mendings.undo_mending(mending=mending, by=None, now=LATER)
    assert list(Response.objects.order_by("pk").annotate(mark=effective_fraction()).values_list("mark", flat=True)) == [1, 0]
    assert not Regrade.objects.exists()


def test_the_latest_mending_is_undone_first():
    question = make_question()
    sit(question, "c")
    first, _ = mend(question, "accept", "c")
    mend(question, "drop")
    before = world()
    with pytest.raises(Refusal, match="Undo that one first"):
        mendings.undo_mending(mending=first, by=None, now=LATER)
    assert world() == before


def test_undoing_twice_does_nothing_more():
    question = make_question()
    attempt = sit(question, "c")
    mending, _ = mend(question, "full")
    assert mendings.undo_mending(mending=mending, by=None, now=LATER)
    after = world()
    assert not mendings.undo_mending(mending=mending, by=make_learner(), now=LATER + timedelta(days=9))
    assert world() == after
    assert result(attempt) == (0, 1, 100)
    assert KeyMending.objects.get().undone_by is None


def test_what_was_undone_can_be_applied_anew():
    question = make_question()
    sit(question, "c")
    first, _ = mend(question, "full")
    mendings.undo_mending(mending=first, by=None, now=LATER)
    again, done = mend(question, "full")
    assert done
    assert again != first


# -- versions --------------------------------------------------------------------------------------------------------


def test_only_the_chosen_versions_are_mended():
    question = make_question()
    old = question.current
    one = sit(question, "c", others="b")
    make_version(question=question, item=make_item(), number=2)
    two = sit(question, "c", others="b")
    mend(question, "full", versions=[old.pk])
    assert (result(one)[:2], result(two)[:2]) == ((2, 2), (1, 2))
    mend(question, "full", versions=[old.pk, question.current_id])
    assert (result(one)[:2], result(two)[:2]) == ((2, 2), (2, 2))


def test_versions_with_other_options_are_mended_one_after_the_other():
    question = make_question()
    old = question.current_id
    make_version(question=question, item=make_item(texts=["w", "x", "y", "z"]), number=2)
    with pytest.raises(InvalidMending, match="one after the other"):
        mend(question, "change", "c", versions=[old, question.current_id])
    assert mend(question, "drop", versions=[old, question.current_id])[1]


def test_a_version_of_another_question_is_refused():
    question = make_question()
    with pytest.raises(InvalidMending, match="at least one version of this question"):
        mend(question, "drop", versions=[question.current_id, make_question().current_id])


# -- what runs, and what comes later ---------------------------------------------------------------------------------


def running_exam(question: Question, letter: str, **values: Any) -> Attempt:
    attempt = make_attempt(slots=0, **values)
    for position, asked in enumerate([question, *make_bank(1)], start=1):
        make_slot(attempt=attempt, position=position, question=asked)
        attempts.save_draft(
            learner=attempt.learner, attempt=attempt.pk, position=position, letters=[letter.upper() if position == 1 else "B"], revision=0,
            save_id="the-first-save", now=T0,
        )  # fmt: skip
    return attempt


@pytest.mark.parametrize("end", ["handed in", "expired"])
def test_a_running_exam_is_graded_by_the_mended_key_whoever_closes_it(end):
    question = make_question()
    attempt = running_exam(question, "c")
    mending, _ = mend(question, "change", "c", now=T0 + timedelta(minutes=1))
    if end == "expired":
        assert attempts.close_expired(now=T0 + timedelta(days=1)) == 1
    else:
        attempts.hand_in(learner=attempt.learner, attempt=attempt.pk, now=T0 + timedelta(minutes=5))
    assert result(attempt) == (2, 2, 1000)
    response = Response.objects.get(question=question)
    assert (response.fraction, response.regrade.fraction) == (0, 1), "the answer keeps the mark of the wording it was given to"
    told = MendedResult.objects.get()
    assert (told.before, told.after.scaled) == (None, 1000)
    assert Seen.objects.get(question=question).last_fraction == 1
    assert Card.objects.get(question=question).rating == 3

    mendings.undo_mending(mending=mending, by=None, now=LATER)
    assert result(attempt)[:2] == (1, 2)
    assert Card.objects.get(question=question).rating == 1


def test_a_running_exam_with_nothing_but_dropped_questions_ends_without_a_score():
    question = make_question()
    attempt = make_attempt(slots=0)
    make_slot(attempt=attempt, question=question)
    mend(question, "drop", now=T0)
    attempts.hand_in(learner=attempt.learner, attempt=attempt.pk, now=T0 + timedelta(minutes=5))
    assert result(attempt) == (0, 0, None)


def practice(question: Question, *, right: bool, **values: Any) -> Attempt:
    attempt = make_attempt(mode="practice", slots=0, **values)
    answer_slot(make_slot(attempt=attempt, question=question), right=right)
    return attempt


@pytest.mark.parametrize(("kind", "missed"), [("accept", False), ("full", False), ("drop", False), (None, True)])
def test_an_answer_after_the_mending_is_marked_by_it(kind, missed):
    question = make_question()
    if kind:
        mend(question, kind, *(["a"] if kind == "accept" else []))
    attempt = practice(question, right=False)  # the first option
    assert attempt.slots.filter(repeat_of=1).exists() is missed
    assert Seen.objects.filter(last_fraction__lt=1).exists() is missed
    before = world()
    list(reviews.rebuild(by=reviews.algorithm()))
    assert world() == before


def test_what_was_mended_is_no_miss_to_practise():
    question, learner = make_question(), make_learner()
    attempt = sit(question, "c", others="a", learner=learner)
    mend(question, "accept", "c")
    again = attempts.practise_misses(attempt=attempt, learner=learner, now=LATER, seed=1)
    assert question not in {slot.version.question for slot in again.slots.all()}
    assert again.slots.count() == 1


def test_a_guest_brings_mended_marks_along_and_they_are_undone_there():
    question, guest, account = make_question(), make_guest(), make_learner()
    attempt = sit(question, "c", learner=guest)
    mending, _ = mend(question, "accept", "c")
    attempts.adopt_guest(guest=guest, account=account, now=LATER)
    assert (Seen.objects.get().learner, Seen.objects.get().last_fraction) == (account, 1)
    assert Card.objects.get(learner=account).rating == 3
    mendings.undo_mending(mending=mending, by=None, now=LATER)
    assert result(attempt) == (0, 1, 100)
    assert (Seen.objects.get(learner=account).last_fraction, Card.objects.get(learner=account).rating) == (0, 1)


def test_of_exams_that_run_when_a_guest_signs_in_the_mended_key_grades_too():
    question, guest, account = make_question(), make_guest(), make_learner()
    attempt = running_exam(question, "c", learner=guest)
    attempts.adopt_guest(guest=guest, account=account, now=T0)
    mend(question, "change", "c", now=T0)
    attempts.hand_in(learner=account, attempt=attempt.pk, now=T0 + timedelta(minutes=5))
    assert result(attempt) == (2, 2, 1000)


# -- the next wording ------------------------------------------------------------------------------------------------


def test_a_changed_key_prepares_the_corrected_version():
    question = make_question()
    mending, _ = mend(question, "change", "c")
    assert mendings.prepare_correction(mending=mending, by=None, now=LATER, seed=1)
    question.refresh_from_db()
    assert [option.key for option in question.draft_options.all()] == [False, False, True, False]
    version = bank.publish_version(question=question, by=None, now=LATER)
    assert version.item.key == ["c"]
    assert not KeyMending.objects.held([version]), "the corrected version needs no mending"


def test_a_working_copy_with_changes_of_its_own_is_left_alone():
    question = make_question()
    question.draft_options.filter(position=0).update(text="Words that somebody is writing just now")
    mending, _ = mend(question, "change", "c")
    assert not mendings.prepare_correction(mending=mending, by=None, now=LATER, seed=1)
    assert [option.key for option in question.draft_options.all()] == [False, True, False, False]


def test_a_computed_question_is_not_written_at_the_desk():
    question = make_question(generator="async-retries")
    mending, _ = mend(question, "drop")
    with pytest.raises(NotReady, match="You can retire it"):
        mendings.prepare_correction(mending=mending, by=None, now=LATER, seed=1)


# -- large -----------------------------------------------------------------------------------------------------------


def test_a_batch_costs_the_same_for_few_and_for_many(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(mendings, "BATCH", 4)

    def cost(sittings: int) -> tuple[int, int, int]:
        question = make_question()
        for n in range(sittings):
            sit(question, "bc"[n % 2])
        with CaptureQueriesContext(connection) as looked:
            look(question, "change", "c")
        with CaptureQueriesContext(connection) as applied:
            mending, _ = mend(question, "change", "c")
        with CaptureQueriesContext(connection) as undone:
            mendings.undo_mending(mending=mending, by=None, now=LATER)
        return len(looked), len(applied), len(undone)

    full, two, three = cost(4), cost(8), cost(12)
    assert [b - a for a, b in zip(full, two, strict=True)] == [c - b for b, c in zip(two, three, strict=True)]
    assert [b - a for a, b in zip(full, two, strict=True)] == [3, 21, 19]


def test_the_wording_stays_readable_after_all():
    question = make_question(item=make_item(type="ordering"))
    body = as_dict(question.current.item)
    mend(question, "change", "badc")
    assert Question.objects.get(pk=question.pk).current.body == body
