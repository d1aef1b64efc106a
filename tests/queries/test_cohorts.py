"""What instructors see of a class: what joining agrees to and nothing else, at the same cost for 1 member and for 200."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from quizzes.domain.tables import Table
from quizzes.models import Assignment, Cohort, LessonProgress, Membership, User
from quizzes.queries import cohorts as queries
from quizzes.services import attempts, cohorts
from tests.factories import (
    T0,
    answer_slot,
    make_assignment,
    make_attempt,
    make_blueprint,
    make_cohort,
    make_learner,
    make_lesson,
    make_member,
    make_slot,
    make_topic,
)

pytestmark = pytest.mark.django_db

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def seen(table: Table, place: int = 0) -> dict[str, str]:
    """What a row says, by the titles of its columns."""
    return {column.title: cell.text for column, cell in zip(table.columns, table.rows[place].cells, strict=True)}


def practise(learner: User, *, at: datetime, marks: tuple[bool, ...] = (True, True, False)) -> None:
    session = make_attempt(learner=learner, mode="practice", slots=0, started_at=at)
    slots = [make_slot(attempt=session, position=position) for position in range(1, len(marks) + 1)]
    for slot, right in zip(slots, marks, strict=True):
        answer_slot(slot, right=right, now=at)


def read(learner: User, *, at: datetime | None, **values: Any) -> None:
    lesson = make_lesson(f"lesson-of-{learner.pk}-{LessonProgress.objects.count()}", **values)
    LessonProgress.objects.create(learner=learner, lesson=lesson, visited_at=T0, finished_at=at)


def everything(cohort: Cohort, assignment: Assignment) -> str:
    """All words and values of every table of a class."""
    tables = [
        queries.members_table(cohort), queries.progress_table(cohort), queries.lessons_table(cohort), queries.exams_table(cohort, now=T0),
        queries.results_table(assignment, now=T0),
        *(table(cohort, member=stay) for stay in queries.members_of(cohort) for table in (queries.progress_table, queries.lessons_table)),
    ]  # fmt: skip
    return repr([table.rows for table in tables])


# -- what is shown ---------------------------------------------------------------------------------------------------


def test_a_member_who_studied():
    learner = make_learner(username="anna", first_name="Anna", last_name="Berg", time_factor="1.5", extra_minutes=30)
    cohort = make_member(make_cohort(), learner).cohort
    practise(learner, at=T0 + HOUR)
    read(learner, at=T0 + 2 * HOUR)
    read(learner, at=None)
    assert seen(queries.members_table(cohort)) == {
        "Name": "Anna Berg", "Username": "anna", "Joined": "23 Nov 2026, 09:00", "State": "started", "Sessions": "1", "Last answer": "23 Nov 2026, 10:00",
        "First answers": "3", "Right": "2", "Share right": "67\N{NO-BREAK SPACE}% of 3", "Lessons read": "1", "Time in exams": "1.5 × and 30 minutes",
    }  # fmt: skip
    assert queries.members_table(cohort).rows[0].state == "started"


def test_a_member_who_has_not_started_is_told_apart():
    learner = make_learner()
    practise(learner, at=T0 - HOUR)
    cohort = make_member(make_cohort(), learner).cohort
    [row] = queries.members_table(cohort).rows
    assert row.state == "new"
    assert [cell.value for cell in row.cells[4:10]] == [0, None, 0, 0, None, 0]


def test_a_share_never_stands_without_the_number_it_is_of():
    learner = make_learner()
    cohort = make_member(make_cohort(), learner).cohort
    practise(learner, at=T0)
    words = everything(cohort, make_assignment(cohort))
    assert words.count("%") == words.count("% of ") > 0


def test_first_answers_by_topic_of_the_class_and_of_one():
    cohort = make_cohort()
    anna, ben = make_member(cohort), make_member(cohort)
    make_topic("other", "Another topic")
    practise(anna.learner, at=T0 + HOUR)
    practise(ben.learner, at=T0 + HOUR, marks=(True,))
    found = {row.cells[0].text: [cell.text for cell in row.cells[1:]] for row in queries.progress_table(cohort).rows}
    assert found == {
        "Asynchronous invocation": ["4", "3", "75\N{NO-BREAK SPACE}% of 4", "2"], "Another topic": ["0", "0", "–", "0"],
    }  # fmt: skip
    own = queries.progress_table(cohort, member=ben)
    [answered] = [row for row in own.rows if row.state == "answered"]
    assert [cell.value for cell in answered.cells] == ["Asynchronous invocation", 1, 1, 1.0]


def test_only_first_answers_count():
    learner = make_learner()
    cohort = make_member(make_cohort(), learner).cohort
    session = make_attempt(learner=learner, mode="practice", slots=1)
    answer_slot(session.slots.get(), right=False)
    answer_slot(session.slots.get(repeat_of=1))
    [row] = queries.progress_table(cohort).rows
    assert [cell.value for cell in row.cells[1:3]] == [1, 0]


# -- what is not -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cohort", "joined", "at", "shown"),
    [
        pytest.param({}, T0, T0, True, id="at the moment of joining"),
        pytest.param({}, T0, T0 - HOUR, False, id="before joining"),
        pytest.param({"starts_on": date(2026, 11, 24)}, T0, T0 + HOUR, False, id="before the first day"),
        pytest.param({"starts_on": date(2026, 11, 24)}, T0, T0 + DAY, True, id="on the first day"),
        pytest.param({"ends_on": date(2026, 11, 23)}, T0, T0 + 14 * HOUR, True, id="on the last day"),
        pytest.param({"ends_on": date(2026, 11, 23)}, T0, T0 + 15 * HOUR, False, id="after the last day"),
        pytest.param({"closed_at": T0 + HOUR}, T0, T0 + HOUR, False, id="after the closing"),
    ],
)
def test_work_is_seen_from_joining_to_the_end_of_the_class(cohort, joined, at, shown):
    learner = make_learner()
    cohort = make_member(make_cohort(**cohort), learner, joined_at=joined).cohort
    practise(learner, at=at)
    read(learner, at=at)
    [row] = queries.members_table(cohort).rows
    assert [bool(cell.value) for cell in row.cells[4:10]] == [shown] * 6
    assert [row.state for row in queries.progress_table(cohort).rows] == ["answered" if shown else "open"]
    assert [row.state for row in queries.lessons_table(cohort).rows] == ["read" if shown else "open"]


def test_of_somebody_who_left_nothing_is_seen_neither_before_nor_after():
    cohort, learner = make_cohort(), make_learner(username="gone-for-good")
    assignment = make_assignment(cohort)
    empty = everything(cohort, assignment)
    make_member(cohort, learner)
    make_attempt(learner=learner, assignment=assignment, slots=0, submitted_at=T0, finish_reason="handed in", right=3, scored=4, scaled=800)
    practise(learner, at=T0 + HOUR)
    assert "gone-for-good" in everything(cohort, assignment)
    cohorts.leave_class(learner=learner, cohort=cohort, now=T0 + 2 * HOUR)
    practise(learner, at=T0 + 3 * HOUR)
    make_topic()
    assert "gone-for-good" not in everything(cohort, assignment)
    assert [row.state for row in queries.progress_table(cohort).rows] == ["open"]
    assert [cell.value for cell in queries.exams_table(cohort, now=T0).rows[0].cells[4:]] == [0, 0, 0]
    assert empty.count("Row(") == everything(cohort, assignment).count("Row(") - 1  # the topic that was met meanwhile


def test_who_comes_back_shows_what_follows_and_the_exams_sat_for_the_class_before():
    cohort, learner = make_cohort(), make_learner()
    assignment = make_assignment(cohort)
    make_member(cohort, learner, left_at=T0 + HOUR)
    practise(learner, at=T0 + HOUR / 2)
    make_attempt(learner=learner, assignment=assignment, slots=0, submitted_at=T0, finish_reason="handed in", right=3, scored=4, scaled=800)
    practise(learner, at=T0 + 2 * HOUR, marks=(False,))
    make_member(cohort, learner, joined_at=T0 + DAY)
    practise(learner, at=T0 + 2 * DAY, marks=(True,))
    members = queries.members_table(cohort)
    assert len(members.rows) == 1
    assert (seen(members)["Sessions"], seen(members)["First answers"], seen(members)["Right"]) == ("1", "1", "1")
    assert seen(queries.results_table(assignment, now=T0))["Best score"] == "800"


def test_one_learner_in_two_classes_is_counted_once_in_each():
    learner = make_learner()
    stays = [make_member(make_cohort(), learner, joined_at=T0 + n * DAY) for n in range(2)]
    practise(learner, at=T0 + HOUR)
    practise(learner, at=T0 + 2 * DAY)
    assert [seen(queries.members_table(stay.cohort))["First answers"] for stay in stays] == ["6", "3"]


# -- results ---------------------------------------------------------------------------------------------------------


def sit(stay: Membership, assignment: Assignment | None, *, at: datetime, scaled: int | None, **values: Any) -> None:
    done = {"submitted_at": at + HOUR / 2, "finish_reason": "handed in", "scaled": scaled, "right": 1, "scored": 2} if scaled else {}
    make_attempt(learner=stay.learner, blueprint=assignment.blueprint if assignment else None, assignment=assignment, slots=0, started_at=at, minutes=None, **{**done, **values})  # fmt: skip


def test_results_count_the_sittings_of_the_class_alone():
    cohort = make_cohort()
    assignment = make_assignment(cohort, make_blueprint(), opens_at=T0, closes_at=T0 + 2 * HOUR, attempts_allowed=3)
    names = ("passed", "best", "runs", "late", "lazy", "alone")
    people = {name: make_member(cohort, make_learner(username=name)) for name in names}
    sit(people["passed"], assignment, at=T0, scaled=730)
    for hours, scaled in ((0, 600), (1, 500)):
        sit(people["best"], assignment, at=T0 + hours * HOUR, scaled=scaled)
    sit(people["runs"], assignment, at=T0, scaled=None)
    sit(people["late"], assignment, at=T0 + 1.9 * HOUR, scaled=700)
    sit(people["alone"], None, at=T0, scaled=900)
    later = queries.results_table(assignment, now=T0 + 3 * HOUR)
    found = {row.cells[1].text: [cell.text for cell in row.cells[2:]] for row in later.rows}
    assert found == {
        "passed": ["Passed", "1", "730", "730", "23 Nov 2026, 09:30", ""],
        "best": ["Not passed", "2", "600", "500", "23 Nov 2026, 10:30", ""],
        "runs": ["Running", "1", "–", "–", "–", ""],
        "late": ["Not passed", "1", "700", "700", "23 Nov 2026, 11:24", "late, in own time"],
        "lazy": ["Not sat", "0", "–", "–", "–", ""],
        "alone": ["Not sat", "0", "–", "–", "–", ""],
    }
    assert dict(later.states) == {"passed": "Passed", "not passed": "Not passed", "running": "Running", "missed": "Not sat"}
    assert [cell.value for cell in queries.exams_table(cohort, now=T0).rows[0].cells[4:]] == [3, 1, 6]


# -- a learner's own -------------------------------------------------------------------------------------------------


def test_a_learner_sees_own_classes_with_what_is_left():
    stay = make_member(make_cohort(title="Evening", instructors=[make_learner(first_name="Ines", last_name="Ruiz")]))
    make_member(make_cohort(title="Of somebody else"))
    assignment = make_assignment(stay.cohort, attempts_allowed=3)
    sit(stay, assignment, at=T0, scaled=650)
    [page] = queries.class_pages(stay.learner, now=T0)
    [line] = page.exams
    assert (page.title, page.instructors, page.is_open) == ("Evening", ["Ines Ruiz"], True)
    assert (line.left, line.used, line.best, line.can_start, line.passed) == (2, 1, 650, True, False)
    assert queries.assigned_lines(stay.learner, now=T0) == [line]
    assert queries.assigned_lines(None, now=T0) == queries.class_pages(None, now=T0) == []


@pytest.mark.parametrize(
    ("accommodation", "minutes", "cut"),
    [({}, 10, True), ({"time_factor": "1.5"}, 25, True), ({"untimed": True}, None, False)],
    ids=["the usual time", "half as much again", "no clock"],
)
def test_the_page_before_says_when_time_would_be_up(accommodation, minutes, cut):
    learner = make_learner(**accommodation)
    stay = make_member(make_cohort(), learner)
    assignment = make_assignment(stay.cohort, make_blueprint(minutes=30), opens_at=T0, closes_at=T0 + HOUR)
    page = queries.assigned_page(assignment, learner, now=T0 + timedelta(minutes=50))
    assert (page.minutes, page.is_cut_short) == (minutes, cut)
    assert page.ends_at == (None if minutes is None else T0 + timedelta(minutes=50 + minutes))


# -- what it costs ---------------------------------------------------------------------------------------------------


def costs(members: int) -> dict[str, int]:
    cohort = make_cohort(instructors=[make_learner()])
    assignment = make_assignment(cohort)
    stays = [make_member(cohort, User.objects.create(username=f"m{members}-{n}")) for n in range(members)]
    for stay in stays:
        sit(stay, assignment, at=T0, scaled=700)
    fresh = Cohort.objects.get(pk=cohort.pk)
    held = Assignment.objects.select_related("cohort", "blueprint").get(pk=assignment.pk)
    reads = {
        "members": lambda: queries.members_table(fresh), "progress": lambda: queries.progress_table(fresh), "lessons": lambda: queries.lessons_table(fresh),
        "exams": lambda: queries.exams_table(fresh, now=T0), "results": lambda: queries.results_table(held, now=T0),
        "head": lambda: queries.class_head(fresh, now=T0), "classes": lambda: queries.class_pages(stays[0].learner, now=T0),
        "assigned": lambda: queries.assigned_lines(stays[0].learner, now=T0),
    }  # fmt: skip
    found = {}
    for name, ask in reads.items():
        with CaptureQueriesContext(connection) as captured:
            ask()
        found[name] = len(captured)
    return found


def test_every_read_costs_the_same_with_one_member_and_with_two_hundred():
    assert costs(1) == costs(200) == {
        "members": 4, "progress": 2, "lessons": 2, "exams": 3, "results": 2, "head": 2, "classes": 4, "assigned": 2,
    }  # fmt: skip


def test_a_running_exam_tells_instructors_nothing_of_its_answers():
    stay = make_member(make_cohort())
    exam = make_attempt(learner=stay.learner, slots=2, assignment=make_assignment(stay.cohort))
    attempts.save_draft(learner=stay.learner, attempt=exam.pk, position=1, letters=["B"], revision=0, save_id="one-save", now=T0)
    assert seen(queries.members_table(stay.cohort))["First answers"] == "0"
