"""The pages of a sitting: what they show, and above all what they do not."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import timedelta
from typing import Any

import pytest

from quizzes.models import Attempt, Slot
from quizzes.queries.attempts import (
    SlotPage,
    exam_cards,
    exam_lines,
    exam_page,
    next_place,
    opening,
    pace,
    question_view,
    result_page,
    review_page,
    slot_page,
)
from quizzes.services import attempts
from tests.factories import T0, make_attempt, make_blueprint, make_item, make_learner, make_lesson, make_prediction, make_slot, make_topic

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


def page(attempt: Attempt, position: int = 1, now=T0) -> SlotPage:
    return slot_page(Slot.objects.of(attempt.learner).get(attempt=attempt, position=position), now=now)


def save(exam: Attempt, position: int = 1, letters: str = "B", **values) -> None:
    attempts.save_draft(
        **{"learner": exam.learner, "attempt": exam.pk, "position": position, "letters": list(letters), "revision": 0, "save_id": "the-save",
           "now": T0, **values}
    )  # fmt: skip


def answer(session: Attempt, position: int = 1, letter: str = "B", confidence: str = "", now=T0) -> None:
    attempts.submit_response(
        learner=session.learner, attempt=session.pk, position=position, letters=[letter], confidence=confidence, spent_ms=0, now=now
    )


def finish(exam: Attempt, now=T0 + 5 * MINUTE) -> Attempt:
    attempts.hand_in(learner=exam.learner, attempt=exam.pk, now=now)
    return Attempt.objects.select_related("blueprint").get(pk=exam.pk)


def leaves(value: Any) -> Iterator[Any]:
    """Every plain value on a page, however deep; properties included."""
    if is_dataclass(value):
        names = [field.name for field in fields(value)]
        names += [name for name in vars(type(value)) if isinstance(getattr(type(value), name), property)]
        for name in names:
            yield from leaves(getattr(value, name))
    elif isinstance(value, dict):
        yield from leaves(list(value.items()))
    elif isinstance(value, (list, tuple, set)):
        for part in value:
            yield from leaves(part)
    else:
        yield value


# -- what a running exam keeps to itself -----------------------------------------------------------------------------


def secrets(exam: Attempt) -> set[str]:
    """Rationales, sources, slugs, families, facts and lessons of a form."""
    found: set[str] = set()
    for slot in exam.slots.select_related("version__question"):
        item = slot.version.item
        found |= {option.why for option in item.options} | {source.url for source in item.sources} | set(item.facts)
        found |= {item.lesson, slot.version.question.slug, slot.version.question.family}
    return found - {""}


@pytest.mark.parametrize("kind", ["single", "multiple"])
def test_a_page_of_a_running_exam_holds_no_key(kind):
    exam = make_attempt(slots=3, item={"type": kind, "lesson": "asynchronous-invocation#part-1", "facts": ("async-retries",)})
    save(exam, letters="AC" if kind == "multiple" else "B")
    for position in (1, 2):
        shown = page(exam, position)
        assert shown.question.feedback is None
        for option in shown.question.options:
            assert (option.is_key, option.why, option.state) == (None, None, "")
        words = {str(value) for value in leaves(shown)}
        assert not any(secret in word for secret in secrets(exam) for word in words)
        assert {step.state for step in shown.steps} <= {"saved", "unanswered", "unseen"}
    assert {str(value) for value in leaves(review_page(exam, now=T0))}.isdisjoint(secrets(exam))


def test_right_and_wrong_drafts_look_the_same():
    """Two learners with the same form, one right and one wrong: nothing tells their pages apart but their own letter."""
    one, other = make_attempt(slots=0), make_attempt(slots=0)
    first = make_slot(attempt=one)
    make_slot(attempt=other, question=first.version.question)
    save(one, letters="B")
    save(other, letters="A")
    mine, theirs = ([str(leaf).replace(f"/attempts/{a.pk}/", "/attempts/N/") for leaf in leaves(page(a))][1:] for a in (one, other))
    differing = [(x, y) for x, y in zip(mine, theirs, strict=True) if x != y]
    assert differing == [("False", "True"), ("True", "False")]  # whether A and whether B is chosen


def test_which_questions_do_not_count_is_not_told_before_the_end():
    exam = make_attempt(slots=2)
    before = list(leaves(page(exam)))
    Slot.objects.filter(attempt=exam, position=1).update(is_scored=False)
    assert list(leaves(page(exam))) == before
    assert [row.scored for row in result_page(finish(exam)).rows] == [False, True]


@pytest.mark.parametrize("mode", ["practice", "check", "review"])
def test_a_question_of_a_session_holds_no_key_before_its_answer_and_all_of_it_after(mode):
    session = make_attempt(mode=mode, slots=2)
    assert page(session).question.feedback is None
    assert not secrets(session) & {str(value) for value in leaves(page(session))}
    answer(session, letter="A")
    shown = page(session)
    assert shown.question.feedback is not None
    assert [option.state for option in shown.question.options] == ["miss", "key", "", ""]
    assert all(option.why for option in shown.question.options)
    assert page(session, 2).question.feedback is None


def test_what_was_left_out_of_a_session_stays_unknown_after_its_end():
    session = make_attempt(mode="practice", slots=2)
    answer(session)
    finish(session)
    assert page(session, 2).question.feedback is None
    assert [row.position for row in result_page(finish(session)).rows] == [1]


# -- the page of a place ---------------------------------------------------------------------------------------------


def test_an_exam_page_shows_what_is_saved_and_where_one_is():
    exam = make_attempt(slots=3)
    save(exam, 2, "C", now=T0 + MINUTE)
    attempts.mark_slot(learner=exam.learner, attempt=exam.pk, position=2, now=T0, flagged=True, strike="A")
    attempts.open_slot(slot=exam.slots.get(position=1), now=T0)
    shown = page(exam, 2, now=T0 + 10 * MINUTE)
    assert [(o.letter, o.chosen, o.struck) for o in shown.question.options] == [
        ("A", False, True), ("B", False, False), ("C", True, False), ("D", False, False),
    ]  # fmt: skip
    assert [(step.state, step.flagged, step.current) for step in shown.steps] == [
        ("unanswered", False, False), ("saved", True, True), ("unseen", False, False),
    ]  # fmt: skip
    assert (shown.revision, shown.saved_at, shown.remaining_s, shown.timed) == (1, T0 + MINUTE, 20 * 60, True)
    assert (shown.position, shown.total, shown.answered, shown.flags, shown.skipped) == (2, 3, 1, 1, 1)
    assert (shown.previous_url, shown.next_url) == (f"/attempts/{exam.pk}/slots/1/", f"/attempts/{exam.pk}/slots/3/")
    assert page(exam, 3).next_url == page(exam, 1).previous_url == ""


def test_options_stand_in_the_order_of_the_place():
    exam = make_attempt(slots=1)
    slot = exam.slots.select_related("version").get()
    Slot.objects.filter(pk=slot.pk).update(option_order=["d", "b", "a", "c"], draft=["b"])
    shown = page(exam).question.options
    assert [o.text for o in shown] == [slot.version.item.option(o).text for o in "dbac"]
    assert [o.letter for o in shown if o.chosen] == ["B"]


def test_a_practice_page_counts_turns_and_leads_on():
    session = make_attempt(mode="practice", slots=3)
    assert (page(session).shown_as, page(session).total, page(session).next_url) == (1, 3, f"/attempts/{session.pk}/slots/1/")
    answer(session, 1, "A", confidence="sure")
    shown = page(session)
    assert (shown.shown_as, shown.total, shown.answered) == (1, 4, 1)
    assert shown.next_url == f"/attempts/{session.pk}/slots/2/"
    assert (shown.question.feedback.right, shown.question.feedback.confidence, shown.question.feedback.comes_back) == (False, "sure", True)
    assert (page(session, 2).shown_as, page(session, 4).is_repeat) == (2, True)


def test_the_last_answer_leads_nowhere():
    session = make_attempt(mode="practice", slots=1)
    answer(session)
    assert (page(session).next_url, page(session).done) == ("", True)


def test_feedback_names_the_lesson_section_and_dated_sources():
    make_lesson("asynchronous-invocation", short="Asynchronous")
    session = make_attempt(mode="practice", slots=1, item={"lesson": "asynchronous-invocation#part-1"})
    answer(session)
    feedback = page(session).question.feedback
    assert (feedback.lesson_url, feedback.lesson_title) == ("/lessons/asynchronous-invocation/#part-1", "Asynchronous")
    assert [(s.title, str(s.checked)) for s in feedback.sources] == [("Invoking a function", "2026-11-23")]


def test_a_multiple_response_shows_its_share():
    item = make_item(type="multiple")
    view = question_view(item, order="abcde", chosen=["a"])
    assert (view.type, view.pick, view.feedback) == ("multiple", 2, None)


def test_where_an_attempt_goes_on():
    exam, session = make_attempt(slots=3), make_attempt(mode="practice", slots=2)
    assert (next_place(exam), next_place(session)) == (1, 1)
    attempts.open_slot(slot=exam.slots.get(position=2), now=T0)
    answer(session)
    assert (next_place(exam), next_place(session)) == (2, 2)
    answer(session, 2)
    assert next_place(session) is None


# -- before handing in -----------------------------------------------------------------------------------------------


def test_the_last_look_tells_unanswered_and_flagged_apart():
    exam = make_attempt(slots=4)
    save(exam, 1)
    save(exam, 2)
    for position in (2, 3):
        attempts.mark_slot(learner=exam.learner, attempt=exam.pk, position=position, now=T0, flagged=True)
    shown = review_page(exam, now=T0 + 10 * MINUTE)
    assert [step.position for step in shown.unanswered] == [3, 4]
    assert [step.position for step in shown.flagged] == [2, 3]
    assert (shown.answered, shown.remaining_s, shown.timed) == (2, 20 * 60, True)


# -- the result ------------------------------------------------------------------------------------------------------


def test_a_result_says_all_of_it():
    make_topic("async", "Asynchronous invocation")
    make_topic("security", "Security")
    exam = make_attempt(slots=0, blueprint=make_blueprint(slug="taster"))
    for position, (topic, domain) in enumerate(
        [("async", "resilient"), ("async", "cost"), ("security", "secure"), ("security", "secure")], 1
    ):
        make_slot(attempt=exam, position=position, topic=topic, objective=f"{topic}-1", domain=domain)
    Slot.objects.filter(attempt=exam, position=4).update(is_scored=False)
    save(exam, 1, "B", spent_ms=7000)
    save(exam, 2, "A")
    save(exam, 4, "B")
    shown = result_page(finish(exam))
    assert (shown.right, shown.asked, shown.unscored, shown.scaled) == (1, 3, 1, round(100 + 620 / 3 / 0.72))
    assert (shown.passed, shown.short_of_pass) == (False, 720 - shown.scaled)
    assert (shown.spent_s, shown.allowed_s, shown.finish_reason, shown.blueprint, shown.can_replay) == (
        300,
        1800,
        "handed in",
        "taster",
        True,
    )
    assert {(tally.title, tally.right, tally.asked) for tally in shown.by_domain} == {
        ("Resilient architectures", 1, 1), ("Cost architectures", 0, 1), ("Secure architectures", 0, 1),
    }  # fmt: skip
    assert [(tally.right, tally.asked, tally.share) for tally in shown.by_topic] == [(1, 2, 0.5), (0, 1, 0.0)]
    assert [(row.right, row.answered, row.scored, row.spent_ms) for row in shown.rows] == [
        (True, True, True, 7000), (False, True, True, 0), (False, False, True, 0), (True, True, False, 0),
    ]  # fmt: skip
    assert [row.position for row in shown.wrong] == [2, 3]
    assert all(option.why for row in shown.rows for option in row.question.options)


def test_the_range_is_what_was_predicted_with_this_exams_answers():
    exam = make_attempt(slots=5)
    make_prediction(exam.learner, attempt=exam, low90=15, low80=18, high80=36, chance=0.1)
    shown = result_page(finish(exam))
    assert (shown.expected_scaled, shown.expected_chance) == ((410, 720), 0.1)


def test_too_few_answers_give_no_range():
    exam = make_attempt(slots=5)
    make_prediction(exam.learner)
    shown = result_page(finish(exam))
    assert (shown.expected_scaled, shown.expected_chance) == (None, None)


@pytest.mark.parametrize(
    ("first", "last", "changed"),
    [
        ("A", "A", ""),
        ("A", "B", "to right"),
        ("B", "A", "to wrong"),
        ("A", "C", "between wrong"),
        ("B", "", "to wrong"),
        ("A", "", "between wrong"),
    ],
)
def test_what_changing_an_answer_did(first, last, changed):
    exam = make_attempt(slots=1)
    save(exam, letters=first)
    if last != first:
        save(exam, letters=last, revision=1, save_id="another")
    shown = result_page(finish(exam))
    assert shown.rows[0].changed == changed
    assert sum(shown.changes.values()) == bool(changed)


def test_late_answers_are_marked():
    exam = make_attempt(slots=2)
    finish(exam)
    with pytest.raises(attempts.AttemptClosed):
        save(exam, 2, now=T0 + 9 * MINUTE)
    shown = result_page(finish(exam))
    assert ([row.late for row in shown.rows], shown.late) == ([False, True], 1)


def test_the_result_of_an_untimed_exam_allows_all_the_time():
    assert result_page(finish(make_attempt(slots=1, minutes=None))).allowed_s is None


def test_the_result_of_a_session_counts_first_answers_of_what_was_asked():
    session = make_attempt(mode="practice", slots=3)
    answer(session, 1, "A")
    answer(session, 2, "B")
    shown = result_page(finish(session))
    assert (shown.right, shown.asked, shown.scaled, shown.expected_scaled, shown.can_replay) == (1, 2, None, None, False)


@pytest.mark.parametrize(
    ("stem", "words"),
    [
        ("Short and `coded`.", "Short and coded."),
        ("word " * 40, ("word " * 22).strip() + " …"),
        ("**Bold** _start_", "Bold start"),
    ],
)
def test_the_first_words_of_a_stem(stem, words):
    assert opening(stem) == words
    assert len(opening(stem)) <= 112


# -- lists of exams --------------------------------------------------------------------------------------------------


def test_cards_say_what_awaits_and_what_runs():
    plan, other, closed = (
        make_blueprint(4, pilots=1, minutes=10),
        make_blueprint(2, minutes=20),
        make_blueprint(2, is_open=False, minutes=30),
    )
    learner = make_learner()
    running = make_attempt(learner=learner, blueprint=plan, slots=1)
    finish(make_attempt(learner=learner, blueprint=other, slots=1))
    make_attempt(learner=make_learner(), blueprint=other, slots=1)
    one, two = exam_cards(learner, now=T0 + 10 * MINUTE)
    assert (one.slug, one.length, one.scored, one.open_attempt, one.remaining_s, one.times) == (plan.slug, 4, 3, running.pk, 1200, 0)
    assert (two.slug, two.open_attempt, two.remaining_s, two.times) == (other.slug, None, None, 1)
    assert closed.slug not in {card.slug for card in exam_cards(None, now=T0)}


def test_an_exam_that_was_closed_for_others_is_still_there_for_who_sits_it():
    closed = make_blueprint(2, is_open=False)
    exam = make_attempt(blueprint=closed, slots=1)
    assert [card.open_attempt for card in exam_cards(exam.learner, now=T0)] == [exam.pk]
    assert exam_cards(exam.learner, now=T0 + 40 * MINUTE) == []


def test_an_expired_exam_does_not_run_any_more_although_nobody_closed_it():
    exam = make_attempt(blueprint=make_blueprint(1), slots=1)
    [card] = exam_cards(exam.learner, now=T0 + 40 * MINUTE)
    assert (card.open_attempt, card.times) == (None, 1)


@pytest.mark.parametrize(
    ("values", "minutes", "adjusted"),
    [({}, 40, False), ({"time_factor": "1.5"}, 60, True), ({"extra_minutes": 30}, 70, True), ({"untimed": True}, None, True)],
)
def test_the_page_before_an_exam_tells_the_learners_own_time(values, minutes, adjusted):
    plan = make_blueprint(3, minutes=40)
    shown = exam_page(plan.slug, make_learner(**values), now=T0)
    assert (shown.minutes, shown.adjusted, shown.open_attempt) == (minutes, adjusted, None)


@pytest.mark.parametrize("slug", ["nothing", "closed"])
def test_there_is_no_such_exam(slug):
    make_blueprint(slug="closed", is_open=False)
    assert exam_page(slug, None, now=T0) is None


def test_finished_exams_the_latest_first():
    learner = make_learner()
    old = finish(make_attempt(learner=learner, slots=1))
    new = make_attempt(learner=learner, slots=1, started_at=T0 + 60 * MINUTE)
    save(new, now=T0 + 60 * MINUTE)
    finish(new, now=T0 + 70 * MINUTE)
    make_attempt(learner=learner, slots=1)
    assert [(line.attempt, line.scaled, line.passed) for line in exam_lines(learner)] == [(new.pk, 1000, True), (old.pk, 100, False)]
    assert exam_lines(None) == []


# -- pace ------------------------------------------------------------------------------------------------------------


def test_the_pace_of_an_exam_counts_questions_by_half_minutes():
    found = pace([10, 29, 31, 95, 400], allowed_s=5 * 60, questions=5)
    assert [(name, count) for name, count in found.ranges if count] == [
        ("0 to 30 s", 2), ("30 to 60 s", 1), ("90 to 120 s", 1), ("300 s and more", 1),
    ]  # fmt: skip
    assert (found.allowed_s, found.over) == (60, 2)
    assert [mark.label for mark in found.chart.marks] == ["60 s"]


def test_an_exam_without_a_limit_has_no_mark():
    found = pace([10.0], allowed_s=None, questions=1)
    assert (found.allowed_s, found.over, found.chart.marks) == (None, 0, ())


def test_where_no_time_was_told_there_is_no_pace():
    assert pace([], allowed_s=300, questions=5) is None
