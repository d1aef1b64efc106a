"""Classes: the code, joining and leaving, and exams that count for a class."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from quizzes.domain.attempt import GRACE_S
from quizzes.domain.cohort import CONSENT_VERSION
from quizzes.domain.errors import NothingToAsk, Refusal
from quizzes.models import Assignment, Attempt, Cohort, Membership, User
from quizzes.services import accounts, attempts, cohorts
from quizzes.services.attempts import AttemptsUsedUp, NotYours, OutsideWindow, RunningElsewhere
from quizzes.services.cohorts import CannotJoin, ClassClosed, NoClass
from tests.factories import T0, make_assignment, make_attempt, make_bank, make_blueprint, make_cohort, make_guest, make_learner, make_member
from tests.services.test_attempts_start import statements

pytestmark = pytest.mark.django_db

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def join(cohort: Cohort, learner: User | None = None, **values: Any) -> Membership:
    asked = {"typed": cohort.shown_code, "consent": CONSENT_VERSION, "now": T0, **values}
    return cohorts.join_class(learner=learner or make_learner(), **asked)


# -- the code --------------------------------------------------------------------------------------------------------


def test_a_new_class_has_a_code_and_those_who_teach_it():
    ines = make_learner()
    cohort = cohorts.open_cohort(cohort=Cohort(title="Evening", starts_on=T0.date(), ends_on=T0.date()), instructors=[ines])
    assert len(cohort.code) == 8
    assert list(cohort.instructors.all()) == [ines]


def test_a_code_that_is_taken_is_drawn_again(monkeypatch: pytest.MonkeyPatch):
    taken = make_cohort(code="FFFFFFFF")
    numbers = iter([0, 0, 1])
    monkeypatch.setattr("quizzes.services.cohorts.secrets.randbelow", lambda _: next(numbers))
    other = cohorts.open_cohort(cohort=Cohort(title="Other", starts_on=T0.date(), ends_on=T0.date()), instructors=[])
    assert (taken.code, other.code) == ("FFFFFFFF", "HFFFFFFF")


def test_a_renewed_code_closes_the_old_door_at_once_and_leaves_members_in():
    cohort = make_cohort()
    stay, old = join(cohort), cohort.shown_code
    new = cohorts.renew_code(cohort=cohort, now=T0)
    with pytest.raises(NoClass):
        join(cohort, typed=old)
    assert join(cohort, typed=new).cohort == cohort
    stay.refresh_from_db()
    assert stay.left_at is None


# -- joining and leaving ---------------------------------------------------------------------------------------------


def test_joining_keeps_which_words_were_agreed_to_and_when():
    stay = join(make_cohort())
    assert (stay.joined_at, stay.left_at, stay.consent_version, stay.consented_at) == (T0, None, CONSENT_VERSION, T0)


def test_joining_twice_is_one_membership_with_its_first_moment():
    cohort, learner = make_cohort(), make_learner()
    first = join(cohort, learner)
    assert join(cohort, learner, now=T0 + DAY) == first
    assert Membership.objects.get().joined_at == T0


def test_the_table_itself_refuses_a_second_stay_at_the_same_time():
    stay = make_member(make_cohort())
    with pytest.raises(IntegrityError), transaction.atomic():
        make_member(stay.cohort, stay.learner)


def test_agreeing_to_words_that_have_changed_joins_nothing():
    with pytest.raises(Refusal, match="has changed since"):
        join(make_cohort(), consent=CONSENT_VERSION + 1)
    assert not Membership.objects.exists()


@pytest.mark.parametrize(
    ("values", "now", "sentence"),
    [
        ({"ends_on": date(2026, 11, 22)}, T0, "is over or closed"),
        ({"closed_at": T0 - DAY}, T0, "is over or closed"),
        ({"ends_on": date(2026, 11, 23)}, T0 + timedelta(hours=15), "is over or closed"),
    ],
    ids=["over", "closed", "over at midnight"],
)
def test_nobody_joins_a_class_that_is_over(values, now, sentence):
    with pytest.raises(CannotJoin, match=sentence):
        join(make_cohort(**values), now=now)


def test_on_the_last_day_one_can_still_join():
    assert join(make_cohort(ends_on=date(2026, 11, 23)), now=T0 + timedelta(hours=14, minutes=59)).pk


def test_a_guest_signs_up_first_and_an_instructor_does_not_join_the_own_class():
    ines = make_learner()
    cohort = make_cohort(instructors=[ines])
    with pytest.raises(CannotJoin, match="Sign up first"):
        join(cohort, make_guest())
    with pytest.raises(CannotJoin, match="You teach"):
        join(cohort, ines)
    assert not Membership.objects.exists()


@pytest.mark.parametrize("typed", ["", "FHKM-RTWY", "nonsense", "%", "FHKM-RTWY-FHKM"])
def test_a_code_of_no_class_opens_nothing(typed):
    make_cohort(code="99999999")
    with pytest.raises(NoClass, match="No class has this code"):
        join(Cohort(), typed=typed)


def test_one_leaves_at_any_time_and_who_comes_back_begins_a_new_stay():
    cohort, learner = make_cohort(), make_learner()
    first = join(cohort, learner)
    cohorts.leave_class(learner=learner, cohort=cohort, now=T0 + DAY)
    cohorts.leave_class(learner=learner, cohort=cohort, now=T0 + 2 * DAY)
    first.refresh_from_db()
    assert first.left_at == T0 + DAY
    again = join(cohort, learner, now=T0 + 3 * DAY)
    assert (again.pk != first.pk, again.joined_at, again.consented_at) == (True, T0 + 3 * DAY, T0 + 3 * DAY)


def test_one_leaves_a_class_that_is_over_too():
    stay = make_member(make_cohort(ends_on=date(2026, 11, 1)))
    cohorts.leave_class(learner=stay.learner, cohort=stay.cohort, now=T0)
    assert not Membership.objects.current().exists()


def test_who_is_taken_out_can_come_back_with_the_code():
    cohort, learner = make_cohort(), make_learner()
    cohorts.remove_member(membership=join(cohort, learner), now=T0)
    assert not Membership.objects.current().exists()
    assert join(cohort, learner, now=T0 + MINUTE).left_at is None


# -- read only -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("values", [{"ends_on": date(2026, 11, 22)}, {"closed_at": T0 - DAY}], ids=["over", "closed"])
def test_in_a_class_that_is_over_nothing_changes(values):
    cohort = make_cohort(**values)
    stay, assignment, code = make_member(cohort), make_assignment(cohort), cohort.code
    for change in (
        lambda: cohorts.renew_code(cohort=cohort, now=T0), lambda: cohorts.remove_member(membership=stay, now=T0),
        lambda: cohorts.assign_exam(assignment=Assignment(cohort=cohort, blueprint=assignment.blueprint, opens_at=T0, closes_at=T0 + DAY), now=T0),
        lambda: cohorts.withdraw_exam(assignment=assignment, now=T0),
    ):  # fmt: skip
        with pytest.raises(ClassClosed, match="over or closed"):
            change()
    cohort.refresh_from_db()
    assert cohort.code == code
    assert Membership.objects.current().count() == Assignment.objects.count() == 1


def test_closing_is_taken_back_until_the_last_day():
    cohort = make_cohort(ends_on=date(2026, 11, 30))
    cohorts.close_cohort(cohort=cohort, now=T0)
    cohorts.close_cohort(cohort=cohort, now=T0 + DAY)
    cohort.refresh_from_db()
    assert cohort.closed_at == T0
    cohorts.reopen_cohort(cohort=cohort, now=T0 + DAY)
    cohort.refresh_from_db()
    assert cohort.is_open(T0 + DAY)
    with pytest.raises(ClassClosed, match="last day"):
        cohorts.reopen_cohort(cohort=cohort, now=T0 + 30 * DAY)


def test_an_exam_that_somebody_began_is_not_taken_back():
    assignment = make_assignment(make_cohort())
    make_attempt(assignment=assignment, slots=0)
    with pytest.raises(Refusal, match="has begun"):
        cohorts.withdraw_exam(assignment=assignment, now=T0)
    Attempt.objects.all().delete()
    cohorts.withdraw_exam(assignment=assignment, now=T0)
    assert not Assignment.objects.exists()


# -- exams that count for a class ------------------------------------------------------------------------------------


@pytest.fixture
def assigned() -> tuple[User, Assignment]:
    """A member, and an exam of 30 minutes in a window of an hour, once."""
    make_bank(6)
    cohort = make_cohort()
    assignment = make_assignment(cohort, make_blueprint(3), opens_at=T0, closes_at=T0 + 60 * MINUTE)
    return make_member(cohort).learner, assignment


def start(learner: User, assignment: Assignment, *, now=T0) -> Attempt:
    return attempts.start_exam(learner=learner, blueprint=assignment.blueprint, assignment=assignment, now=now, seed=1)


def test_an_assigned_exam_is_an_exam_that_counts_for_its_class(assigned):
    exam = start(*assigned)
    assert (exam.assignment, exam.mode, exam.deadline_at) == (assigned[1], "exam", T0 + 30 * MINUTE)
    assert start(*assigned, now=T0 + MINUTE) == exam


def test_the_exam_ends_with_the_window_and_is_handed_in_there(assigned):
    learner, assignment = assigned
    exam = start(learner, assignment, now=T0 + 50 * MINUTE)
    assert exam.deadline_at == T0 + 60 * MINUTE
    attempts.close_expired(assignment=assignment, now=T0 + 60 * MINUTE + timedelta(seconds=GRACE_S + 1))
    exam.refresh_from_db()
    assert (exam.finish_reason, exam.submitted_at) == ("expired", T0 + 60 * MINUTE)


@pytest.mark.parametrize(
    ("accommodation", "minutes"), [({"time_factor": "1.5"}, 75), ({"extra_minutes": 30}, 90), ({"untimed": True}, None)], ids=str
)
def test_more_time_goes_beyond_the_window_by_as_much(assigned, accommodation, minutes):
    """Given before the start or while the exam runs: the end is the same."""
    _, assignment = assigned
    before, during = (make_member(assignment.cohort).learner for _ in range(2))
    values = {"time_factor": "1", "extra_minutes": 0, "untimed": False, **accommodation}
    attempts.set_accommodation(learner=before, **values)
    exams = [start(learner, assignment, now=T0 + 50 * MINUTE) for learner in (before, during)]
    attempts.set_accommodation(learner=during, **values)
    for exam in exams:
        exam.refresh_from_db()
        assert exam.deadline_at == (None if minutes is None else T0 + minutes * MINUTE)


@pytest.mark.parametrize(("minutes", "word"), [(-1, "opens on 23 Nov 2026 at 09:00"), (60, "closed on 23 Nov 2026 at 10:00")])
def test_outside_its_window_it_does_not_start(assigned, minutes, word):
    with pytest.raises(OutsideWindow, match=word):
        start(*assigned, now=T0 + minutes * MINUTE)
    assert not Attempt.objects.exists()


def test_within_the_last_second_of_the_window_it_starts(assigned):
    assert start(*assigned, now=T0 + 60 * MINUTE - timedelta(microseconds=1)).deadline_at == T0 + 60 * MINUTE


@pytest.mark.parametrize("values", [{"closed_at": T0}, {"ends_on": date(2026, 11, 22)}], ids=["closed", "over"])
def test_in_a_class_that_is_over_no_exam_starts(assigned, values):
    Cohort.objects.update(starts_on=date(2026, 11, 1), **values)
    with pytest.raises(OutsideWindow, match="over or closed"):
        start(*assigned)


def test_attempts_are_counted_from_their_start_and_then_used_up(assigned):
    learner, assignment = assigned
    Assignment.objects.update(attempts_allowed=2)
    for n in range(2):
        exam = start(learner, assignment, now=T0 + n * MINUTE)
        attempts.hand_in(learner=learner, attempt=exam.pk, now=T0 + n * MINUTE)
    with pytest.raises(AttemptsUsedUp, match="all 2 attempts"):
        start(learner, assignment, now=T0 + 5 * MINUTE)
    assert Attempt.objects.count() == 2


def test_leaving_and_coming_back_gives_no_new_attempt(assigned):
    learner, assignment = assigned
    exam = start(learner, assignment)
    attempts.hand_in(learner=learner, attempt=exam.pk, now=T0)
    cohorts.leave_class(learner=learner, cohort=assignment.cohort, now=T0)
    with pytest.raises(NotYours):
        start(learner, assignment, now=T0 + MINUTE)
    join(assignment.cohort, learner, now=T0 + MINUTE)
    with pytest.raises(AttemptsUsedUp, match="your one attempt"):
        start(learner, assignment, now=T0 + 2 * MINUTE)


def test_sittings_outside_the_class_count_for_nothing_in_it(assigned):
    learner, assignment = assigned
    alone = attempts.start_exam(learner=learner, blueprint=assignment.blueprint, now=T0, seed=1)
    with pytest.raises(RunningElsewhere, match="would not count"):
        start(learner, assignment)
    attempts.hand_in(learner=learner, attempt=alone.pk, now=T0)
    assert start(learner, assignment).assignment == assignment
    assert alone.assignment is None


def test_a_stranger_does_not_sit_the_exam_of_a_class(assigned):
    with pytest.raises(NotYours):
        start(make_learner(), assigned[1])


def test_a_plan_that_cannot_be_filled_uses_no_attempt(assigned):
    learner, assignment = assigned
    assignment.blueprint.counts = {"async-behaviour": 99}
    assignment.blueprint.save()
    with pytest.raises(NothingToAsk):
        start(learner, assignment)
    assert not Attempt.objects.exists()


def test_starting_an_assigned_exam_is_a_handful_of_statements(assigned):
    with CaptureQueriesContext(connection) as captured:
        start(*assigned)
    # Is one open, before and after the membership is held; the membership, the window, the attempts used; then as any exam.
    assert len(statements(captured)) <= 8, statements(captured)


# -- a window that moves ---------------------------------------------------------------------------------------------


def test_a_later_end_reaches_running_exams_and_an_earlier_one_too(assigned):
    learner, assignment = assigned
    exam = start(learner, assignment, now=T0 + 50 * MINUTE)
    for closes, until in ((70, 70), (200, 80), (65, 65)):
        assignment.closes_at = T0 + closes * MINUTE
        assert cohorts.assign_exam(assignment=assignment, now=T0 + 51 * MINUTE) == 1
        exam.refresh_from_db()
        assert exam.deadline_at == T0 + until * MINUTE
    assert cohorts.assign_exam(assignment=assignment, now=T0 + 51 * MINUTE) == 0


def test_closing_the_window_at_once_ends_what_runs_now_with_what_was_saved(assigned):
    learner, assignment = assigned
    exam = start(learner, assignment, now=T0)
    now = T0 + 20 * MINUTE
    attempts.save_draft(learner=learner, attempt=exam.pk, position=1, letters=["A"], revision=0, save_id="one-save", now=now)
    assignment.closes_at = T0 + 5 * MINUTE
    cohorts.assign_exam(assignment=assignment, now=now)
    attempts.close_expired(now=now + MINUTE)
    exam.refresh_from_db()
    assert (exam.deadline_at, exam.submitted_at) == (now, now)
    assert exam.slots.exclude(draft=[]).count() == 1


# -- people ----------------------------------------------------------------------------------------------------------


def test_who_leaves_the_site_leaves_the_class_and_the_class_stays():
    ines = make_learner()
    stay = make_member(make_cohort(instructors=[ines]))
    accounts.delete_account(user=stay.learner)
    accounts.delete_account(user=ines)
    assert not Membership.objects.exists()
    assert list(Cohort.objects.get().instructors.all()) == []
