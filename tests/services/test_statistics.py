"""Snapshots of statistics: what comes in, what is kept, and what it costs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from quizzes.models import Attempt, ExamStatistics, ItemStatistics, Slot
from quizzes.services import statistics
from quizzes.services.statistics import compute, store
from tests.factories import (
    T0,
    compute_now,
    make_attempt,
    make_bank,
    make_blueprint,
    make_item,
    make_question,
    make_sittings,
    make_slot,
    make_version,
)

pytestmark = pytest.mark.django_db

#: Right is b. The first question tells who knows; the second is easy; the third asks for c where b is the key.
ANSWERS = [["b", "b", "c"]] * 8 + [["b", "b", "b"]] * 4 + [["a", "b", "b"]] * 6 + [["c", "a", "b"]] * 4 + [["", "b", "b"]] * 2


def test_nothing_is_computed_of_nothing():
    computed = compute()
    assert (computed.attempts, computed.exams, computed.versions) == (0, [], [])


def test_every_version_gets_its_figures():
    questions = make_bank(3)
    make_sittings(questions, ANSWERS)
    computed = compute()
    figures = {entry.question: entry.figures for entry in computed.versions}
    first = figures[questions[0].pk]
    assert (first.n, first.facility, first.random_guess) == (24, 0.5, 0.25)
    assert {option.option: option.n for option in first.options} == {"a": 6, "b": 12, "c": 4, "d": 0}
    assert (first.median_time_s, first.planned_s) == (60, 600)
    assert figures[questions[1].pk].facility == pytest.approx(20 / 24)
    assert computed.exams[0].scores.n == 24


def test_only_the_first_finished_sitting_of_each_exam_counts():
    questions, plan = make_bank(2), make_blueprint(2)
    first = make_sittings(questions, [["b", "b"]] * 3, blueprint=plan)
    learners = [attempt.learner for attempt in first]
    make_sittings(questions, [["a", "a"]] * 3, blueprint=plan, learners=learners, started_at=T0 + timedelta(days=1))
    assert [entry.figures.facility for entry in compute().versions] == [1, 1]
    # The same learners in another exam count there, once more.
    make_sittings(questions, [["a", "a"]] * 3, learners=learners)
    assert [entry.figures.n for entry in compute().versions] == [6, 6]
    assert [exam.scores.n for exam in compute().exams] == [3, 3]


def test_first_means_finished_first_not_started_first():
    questions, plan = make_bank(1), make_blueprint(1)
    [late] = make_sittings(questions, [["a"]], blueprint=plan)
    Attempt.objects.filter(pk=late.pk).update(submitted_at=T0 + timedelta(days=2))
    make_sittings(questions, [["b"]], blueprint=plan, learners=[late.learner], started_at=T0 + timedelta(days=1))
    assert [entry.figures.facility for entry in compute().versions] == [1]


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"mode": "practice"}, id="practice"),
        pytest.param({"mode": "review"}, id="review"),
        pytest.param({"mode": "check"}, id="a check in a lesson"),
        pytest.param({"submitted_at": None, "finish_reason": ""}, id="an exam that runs"),
    ],
)
def test_what_is_no_finished_exam_never_comes_in(values):
    make_sittings(make_bank(1), [["b"]], **values)
    assert compute().attempts == 0


def test_a_place_without_an_answer_is_wrong_and_a_place_that_does_not_count_is_held_against_the_others():
    questions = make_bank(3)
    make_sittings(questions, ANSWERS)
    Slot.objects.filter(version=questions[2].current).update(is_scored=False)
    pilot = next(entry.figures for entry in compute().versions if entry.question == questions[2].pk)
    assert (pilot.n, pilot.effective_weight) == (24, None)
    assert pilot.discrimination < 0
    assert compute().exams[0].scores.most == 2


def test_each_wording_has_figures_of_its_own():
    question = make_question()
    make_sittings([question], [["b"]] * 2)
    make_version(question=question, item=make_item(keys="a"), number=2)
    make_sittings([question], [["b"]] * 3)
    assert [(entry.number, entry.figures.n, entry.figures.facility) for entry in compute().versions] == [(1, 2, 1), (2, 3, 0)]


def test_several_keys_have_no_guess_and_a_share():
    question = make_question(item=make_item(type="multiple"))
    make_sittings([question], [["ac"], ["ab"], ["a"], ["bd"]])
    figures = compute().versions[0].figures
    assert (figures.facility, figures.random_guess) == (0.25, None)
    assert figures.partial == pytest.approx((1 + 0 + 0.5 + 0) / 4)
    assert [option.option for option in figures.options if option.key] == ["a", "c"]


# -- keeping ---------------------------------------------------------------------------------------------------------


def test_a_snapshot_is_kept_for_each_version_and_exam():
    questions = make_bank(3)
    make_sittings(questions, ANSWERS)
    compute_now(now=T0)
    row = ItemStatistics.objects.get(version=questions[2].current)
    assert (row.n, row.facility, row.computed_at) == (24, pytest.approx(16 / 24), T0)
    assert row.discrimination < 0
    assert row.flags.startswith("miskey=")
    assert row.figures["evidence"] == "grey"
    exam = ExamStatistics.objects.get()
    assert (exam.n, exam.figures["scores"]["items"], len(exam.figures["items"])) == (24, 3, 3)


def test_below_twenty_answers_there_is_nothing_to_sort_by():
    make_sittings(make_bank(2), [["a", "b"]] * 19)
    compute_now(now=T0)
    assert {(row.n, row.facility, row.discrimination, row.flags) for row in ItemStatistics.objects.all()} == {(19, None, None, "")}


def test_the_same_day_replaces_and_another_day_adds():
    questions = make_bank(1)
    make_sittings(questions, [["b"]] * 20)
    compute_now(now=T0)
    make_sittings(questions, [["a"]] * 20)
    compute_now(now=T0 + timedelta(hours=1))
    assert [(row.n, row.facility) for row in ItemStatistics.objects.all()] == [(40, 0.5)]
    compute_now(now=T0 + timedelta(days=1))
    assert ItemStatistics.objects.count() == 2
    assert ExamStatistics.objects.count() == 4


def test_computing_reads_in_chunks_and_costs_the_same_for_any_number_of_questions(monkeypatch):
    monkeypatch.setattr(statistics, "CHUNK", 4)

    def cost(questions, people):
        Attempt.objects.all().delete()
        make_sittings(make_bank(questions), [["b"] * questions] * people, blueprint=plan)
        seen = []
        with CaptureQueriesContext(connection) as sent:
            store(compute(lambda done, whole: seen.append((done, whole))), now=T0)
        return len(sent), seen

    plan = make_blueprint(1)
    few, many = cost(2, 4), cost(9, 4)
    assert few[0] == many[0]
    assert cost(2, 9)[1] == [(0, 9), (4, 9), (8, 9), (9, 9)]


def test_an_attempt_of_practice_beside_them_changes_nothing():
    questions = make_bank(1)
    make_sittings(questions, [["b"]] * 3)
    attempt = make_attempt(mode="practice", slots=0)
    make_slot(attempt=attempt, question=questions[0])
    assert compute().versions[0].figures.n == 3
