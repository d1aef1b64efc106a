"""Everywhere answers are counted, what counts is the mark that holds: as a mended key says, and no longer once it was taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from quizzes.domain.elo import Played, skill_after
from quizzes.domain.mastery import Temperature
from quizzes.domain.tables import Table
from quizzes.models import Attempt, Card, Prediction, Question, Response, User
from quizzes.queries import cohorts
from quizzes.queries.attempts import ExamLine
from quizzes.queries.home import today_page
from quizzes.queries.progress import progress_page
from quizzes.queries.readiness import readiness_page
from quizzes.queries.standing import standing
from quizzes.services import attempts, mendings, readiness, statistics
from tests.factories import (
    T0,
    answer_slot,
    make_assignment,
    make_attempt,
    make_bank,
    make_cohort,
    make_evidence,
    make_first,
    make_item,
    make_learner,
    make_member,
    make_prediction,
    make_question,
    make_sittings,
    make_slot,
    make_topic,
)
from tests.services.test_mendings import mend, sit

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def firsts(learner: User, right: int, wrong: int = 0) -> Question:
    """First answers of a topic, and the question of the last of them."""
    questions = make_bank(right + wrong)
    for n, question in enumerate(questions):
        make_first(learner=learner, question=question, right=n < right)
    return questions[-1]


def undo() -> None:
    question = Question.objects.filter(mendings__undone_at=None, mendings__isnull=False).get()
    mendings.undo_mending(mending=question.mendings.get(), by=None, now=T0 + 2 * DAY)


def evidence(learner: User, answers: int = 20, right: int = 10) -> Question:
    """So many answers that count to one question, and that question."""
    slot = make_evidence(learner, answers, right).slots.select_related("version__question").first()
    assert slot is not None
    return slot.version.question


def seen(table: Table, place: int = 0) -> dict[str, str]:
    return {column.title: cell.text for column, cell in zip(table.columns, table.rows[place].cells, strict=True)}


# -- topics ----------------------------------------------------------------------------------------------------------


def heat(learner: User) -> Temperature:
    return next(topic.heat for topic in standing(learner, now=T0).topics if topic.slug == "invocation-async")


def test_a_dropped_question_leaves_its_topic_and_comes_back_with_it():
    learner = make_learner()
    question = firsts(learner, 7, 1)
    before = heat(learner)
    assert (before.state, before.answers) == ("warm", 8)
    mend(question, "drop")
    assert (heat(learner).state, heat(learner).answers) == ("cold", 7)
    undo()
    assert heat(learner) == before


def test_a_topic_warms_where_a_missed_question_gives_everybody_full_marks():
    learner = make_learner()
    question = firsts(learner, 7, 1)
    before = heat(learner)
    mend(question, "full")
    assert (heat(learner).mean or 0) > (before.mean or 1)


def test_what_is_kept_of_a_standing_is_renewed_by_applying_and_by_undoing():
    learner = make_learner()
    question = firsts(learner, 8)
    stamps = [Card.objects.all().stamp(make_learner().pk)[0]]
    mend(question, "drop")
    stamps.append(Card.objects.all().stamp(make_learner().pk)[0])
    undo()
    stamps.append(Card.objects.all().stamp(make_learner().pk)[0])
    assert len(set(stamps)) == 3


def test_the_rates_of_everybody_leave_a_dropped_question_out():
    question = firsts(make_learner(), 2, 2)
    assert Response.objects.all().rates_by_topic() == {"invocation-async": (2, 4)}
    mend(question, "drop")
    assert Response.objects.all().rates_by_topic() == {"invocation-async": (2, 3)}
    undo()
    mend(question, "full")
    assert Response.objects.all().rates_by_topic() == {"invocation-async": (3, 4)}


def test_a_review_weighs_topics_by_the_marks_that_hold(monkeypatch):
    learner = make_learner()
    question = firsts(learner, 1, 1)
    told: list[list[Played]] = []

    def listen(answers, **values):
        told.append(list(answers))
        return skill_after(told[-1], **values)

    monkeypatch.setattr(attempts, "skill_after", listen)
    make_bank(6)
    for kind, marks in (("full", [True, True]), ("drop", [True])):
        mend(question, kind)
        told.clear()
        attempts.start_review(learner=learner, size=5, now=T0, seed=1)
        assert [played.right for played in told[0]] == marks
        Attempt.objects.of(learner).filter(mode="review").delete()


# -- readiness -------------------------------------------------------------------------------------------------------


def test_evidence_has_the_marks_that_hold():
    learner = make_learner()
    question = evidence(learner)
    assert sum(mark for _, mark, _ in readiness.evidence_of(learner)) == 10
    mend(question, "full")
    assert sum(mark for _, mark, _ in readiness.evidence_of(learner)) == 20
    mend(question, "drop")
    assert readiness.evidence_of(learner) == []


def test_the_line_and_the_page_say_how_much_is_missing_without_dropped_questions():
    learner = make_learner()
    question = evidence(learner, 19)
    assert today_page(learner, now=T0).readiness.missing == 1
    mend(question, "drop")
    assert (today_page(learner, now=T0).readiness.missing, readiness_page(learner).missing) == (20, 20)
    assert [(left.what, left.answers) for left in readiness_page(learner).left] == [("Dropped questions", 19)]


def test_own_words_are_held_against_the_marks_that_hold():
    learner = make_learner()
    question = make_question()
    slot = make_slot(attempt=make_attempt(learner=learner, mode="practice", slots=0), question=question)
    answer_slot(slot, right=False, confidence="sure")
    for kind, found in ((None, (1, 0)), ("full", (1, 1)), ("drop", (0, 0))):
        if kind:
            mend(question, kind)
        page = progress_page(learner, now=T0)
        for line in (readiness_page(learner).own[0], page.confidence[0]):
            assert (line.label, line.answers, line.right) == ("Sure", *found)
        assert (page.answers, page.right) == found


def test_what_was_predicted_and_judged_stays_as_it_was_said_and_the_next_rests_on_the_marks_that_hold():
    learner = make_learner()
    question = evidence(learner)
    said = make_prediction(learner, judged_at=T0, actual_right=35, actual_items=50, judged_needed=36)
    before = Prediction.objects.values().get(pk=said.pk)
    mend(question, "full")
    assert Prediction.objects.values().get(pk=said.pk) == before
    made = readiness.predict(learner=learner, attempt=None, now=T0 + DAY)
    assert made is not None
    assert (made.answers, made.right) == (20, 20)


@pytest.mark.parametrize(("kind", "answers", "found"), [("accept", ("c",), (10, 11)), ("drop", (), (9, 10))])
def test_an_exam_judges_by_the_marks_that_hold(kind, answers, found):
    learner = make_learner()
    said = make_prediction(learner, made_at=T0 - DAY)
    question = make_question()
    mend(question, kind, *answers)
    exam = sit(question, "c", learner=learner, others="bbbbbbbbba")
    said.refresh_from_db()
    assert (said.judged_by, said.actual_right, said.actual_items) == (exam, *found)


def test_everybodys_answers_are_read_by_the_marks_that_hold():
    learner = make_learner()
    question = evidence(learner, 10, 5)
    assert readiness._cohort() == {learner.pk: (10, 5)}
    mend(question, "full")
    assert readiness._cohort() == {learner.pk: (10, 10)}
    mend(question, "drop")
    assert readiness._cohort() == {}


# -- classes ---------------------------------------------------------------------------------------------------------


def test_instructors_see_the_marks_that_hold():
    make_topic()
    cohort = make_cohort()
    learner = make_learner()
    make_member(cohort, learner, joined_at=T0 - DAY)
    question = firsts(learner, 3, 1)
    mend(question, "full")
    for table in (cohorts.members_table(cohort), cohorts.progress_table(cohort)):
        assert (seen(table)["First answers"], seen(table)["Right"]) == ("4", "4")
    mend(question, "drop")
    for table in (cohorts.members_table(cohort), cohorts.progress_table(cohort)):
        assert (seen(table)["First answers"], seen(table)["Right"]) == ("3", "3")


def test_an_assigned_exam_without_a_score_was_sat_all_the_same():
    cohort = make_cohort()
    learner = make_learner()
    make_member(cohort, learner, joined_at=T0 - DAY)
    assignment = make_assignment(cohort)
    question = make_question()
    exam = sit(question, "b", learner=learner)
    Attempt.objects.filter(pk=exam.pk).update(assignment=assignment)
    mend(question, "drop")
    row = seen(cohorts.results_table(assignment, now=T0))
    assert (row["State"], row["Best score"]) == ("No score", "–")
    assert (seen(cohorts.exams_table(cohort, now=T0))["Sat by"], seen(cohorts.exams_table(cohort, now=T0))["Passed by"]) == ("1", "0")


# -- item statistics -------------------------------------------------------------------------------------------------


def figures(question: Question):
    return next((entry.figures for entry in statistics.compute().versions if entry.question == question.pk), None)


def test_statistics_judge_an_item_by_the_key_that_holds():
    first, second = make_bank(2)
    make_sittings([first, second], [["b", "b"]] * 4 + [["c", "b"]] * 3 + [["a", "a"]])
    assert figures(first).facility == 0.5
    mend(first, "change", "c")
    assert figures(first).facility == 3 / 8
    assert {option.option: option.key for option in figures(first).options} == {"a": False, "b": False, "c": True, "d": False}
    mend(first, "accept", "b")
    assert figures(first).facility == 7 / 8


def test_statistics_give_partial_credit_by_the_key_that_holds():
    question = make_question(item=make_item(type="multiple"))
    key = "".join(question.current.item.key)
    other = next(option.id for option in question.current.item.options if option.id not in key)
    make_sittings([question], [[key[0] + other]] * 2)
    before = figures(question).partial
    mend(question, "accept", "".join(sorted(key[0] + other)))
    assert before < figures(question).partial == 1


def test_statistics_leave_a_dropped_question_out():
    first, second = make_bank(2)
    make_sittings([first, second], [["b", "b"], ["a", "b"]])
    mend(first, "drop")
    assert figures(first) is None
    [exam] = statistics.compute().exams
    assert (exam.scores.n, exam.scores.most) == (2, 1)
    undo()
    assert figures(first).facility == 0.5


def test_statistics_ask_for_mended_keys_the_same_number_of_times_whatever_there_is():
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            statistics.compute()
        return len(captured)

    questions = make_bank(4)
    make_sittings(questions, [["b", "b", "b", "b"]] * 2)
    mend(questions[0], "full")
    one = cost()
    for question in questions[1:]:
        mend(question, "full")
    assert cost() <= one


# -- charts ----------------------------------------------------------------------------------------------------------


def test_charts_of_scores_leave_out_an_exam_without_a_score_and_lists_keep_it():
    learner = make_learner()
    question = make_question()
    sit(question, "b", learner=learner)
    for n in (1, 2):
        sit(make_question(), "b", learner=learner, others="a" * (n - 1), at=T0 + n * DAY)
    mend(question, "drop")
    page, ready = progress_page(learner, now=T0 + 3 * DAY), readiness_page(learner)
    lines: list[ExamLine] = [row.line for row in page.exams]
    assert [line.scaled is None for line in lines] == [False, False, True]
    assert [line.scaled for line in ready.exams] == [line.scaled for line in lines]
    for chart in (page.scores, ready.exams_chart):
        assert chart is not None
        assert len(chart.series[0].dots) == 2
