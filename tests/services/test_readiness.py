"""Readiness: the check, what is logged when, and what an exam judges."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from quizzes.domain.errors import NothingToAsk
from quizzes.domain.readiness import (
    DEFAULT_DRIFT,
    DEFAULT_LEARNING,
    DRIFT_WEIGHT,
    Drift,
    Evidence,
    cohort_prior,
    forecast,
    forecast_of_beta,
    posterior,
)
from quizzes.models import Attempt, Prediction, Response, Slot
from quizzes.services import attempts, readiness
from tests.factories import (
    T0,
    answer_slot,
    judged,
    letters_for,
    make_attempt,
    make_bank,
    make_blueprint,
    make_evidence,
    make_guest,
    make_learner,
    make_prediction,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def start(learner, now=T0, seed=1) -> Attempt:
    return attempts.start_readiness_check(learner=learner, now=now, seed=seed)


def answer_all(check: Attempt, *, right: int, now=T0) -> None:
    for slot in check.slots.select_related("attempt__learner", "version").order_by("position"):
        answer_slot(slot, right=slot.position <= right, now=now)


def sit(learner, *, right: int = 8, length: int = 10, now=T0 + DAY, opened: int | None = None) -> Attempt:
    """An exam from start to end, `right` of its questions answered right."""
    exam = attempts.start_exam(learner=learner, blueprint=make_blueprint(length), now=now, seed=3)
    for slot in exam.slots.select_related("version").order_by("position")[:opened]:
        attempts.save_draft(
            learner=learner, attempt=exam.pk, position=slot.position, letters=letters_for(slot, right=slot.position <= right), revision=0,
            save_id="only", now=now,
        )  # fmt: skip
    attempts.hand_in(learner=learner, attempt=exam.pk, now=now + timedelta(minutes=9))
    exam.refresh_from_db()
    return exam


# -- the check -------------------------------------------------------------------------------------------------------


def test_a_check_is_drawn_like_the_longest_exam_without_a_clock():
    make_bank(30)
    make_bank(30, objective="security-permissions", topic="security")
    make_bank(9, objective="esm-streams", topic="streams")
    make_blueprint(counts={"esm-streams": 10})
    make_blueprint(counts={"async-behaviour": 45, "security-permissions": 15})
    make_blueprint(counts={"esm-streams": 90}, is_open=False)
    check = start(make_learner())
    slots = list(check.slots.select_related("version"))
    asked = [slot.version.item.objective for slot in slots]
    assert {objective: asked.count(objective) for objective in set(asked)} == {"async-behaviour": 15, "security-permissions": 5}
    assert {slot.selection for slot in slots} == {"random_blueprint"}
    assert (check.mode, check.deadline_at, check.rules.feedback, check.rules.asks_confidence) == ("readiness", None, "at once", True)


def test_a_check_asks_new_questions_first():
    bank = make_bank(40)
    make_blueprint(20)
    learner = make_learner()
    answer_all(start(learner), right=20)
    again = start(learner, now=T0 + DAY, seed=2)
    met = set(Response.objects.values_list("question", flat=True))
    assert len(bank) - len(met) == 20
    assert met.isdisjoint(again.slots.values_list("version__question", flat=True))


def test_starting_twice_goes_on_with_the_open_check():
    make_bank(25)
    make_blueprint(20)
    learner = make_learner()
    first = start(learner)
    assert start(learner, now=T0 + DAY, seed=2) == first
    assert start(make_learner()) != first


def test_a_check_has_a_visible_end_also_where_much_was_missed():
    make_bank(25)
    make_blueprint(20)
    check = start(make_learner())
    answer_all(check, right=0)
    check.refresh_from_db()
    assert (check.slots.count(), check.finish_reason) == (20, "completed")


@pytest.mark.parametrize(("questions", "exam", "words"), [(30, False, "no exam to prepare for"), (12, True, "the bank has 12")])
def test_a_check_that_cannot_be_drawn_says_why_and_leaves_no_trace(questions, exam, words):
    make_bank(questions)
    if exam:
        make_blueprint(20)
    with pytest.raises(NothingToAsk, match=words):
        start(make_learner())
    assert Attempt.objects.count() == 0


# -- what is logged when ---------------------------------------------------------------------------------------------


def test_twenty_answers_of_a_check_give_the_first_prediction_and_nineteen_give_none():
    make_bank(25)
    make_blueprint(50)
    make_bank(25)
    check = start(make_learner())
    slots = list(check.slots.select_related("attempt__learner", "version").order_by("position"))
    for slot in slots[:19]:
        answer_slot(slot, right=slot.position <= 14)
    assert not Prediction.objects.exists()
    answer_slot(slots[19], right=True, now=T0 + timedelta(minutes=20))
    said = Prediction.objects.get()
    assert (said.attempt, said.made_at, said.answers, said.right, said.items) == (check, T0 + timedelta(minutes=20), 20, 15, 50)
    assert said.judged_at is None
    expected = forecast(said.likely, moved=said.drift, items=50, needed=36)
    assert (said.low80, said.high80, said.chance) == (expected.low80, expected.high80, pytest.approx(expected.chance))
    assert said.a / (said.a + said.b) == pytest.approx(said.expected / 50)
    assert said.domains[0]["domain"] == "resilient"
    assert (said.domains[0]["right"], said.domains[0]["answers"]) == (15, 20)


def test_ending_a_check_early_counts_what_was_answered():
    make_bank(25)
    make_blueprint(20)
    learner = make_learner()
    make_evidence(learner, 18, 10, at=T0 - DAY)
    check = start(learner)
    for slot in check.slots.select_related("attempt__learner", "version")[:2]:
        answer_slot(slot)
    attempts.hand_in(learner=learner, attempt=check.pk, now=T0)
    assert Prediction.objects.get().answers == 20


def test_practice_reviews_and_repeats_never_count():
    learner = make_learner()
    for selection in ("self_chosen", "targeted", "review"):
        make_evidence(learner, 30, 30, selection=selection)
    make_evidence(learner, 19, 10)
    Response.objects.create(
        slot=Slot.objects.first(), number=2, learner=learner, question=Slot.objects.first().version.question, answer=["b"], fraction=1,
        share=1, selection="exam", responded_at=T0, is_new=False,
    )  # fmt: skip
    assert readiness.predict(learner=learner, attempt=None, now=T0) is None


def test_a_practice_session_logs_nothing():
    learner = make_learner()
    make_evidence(learner, 30, 20)
    session = make_attempt(learner=learner, mode="practice", slots=1)
    answer_slot(session.slots.select_related("attempt__learner", "version").get())
    session.refresh_from_db()
    assert session.is_finished
    assert not Prediction.objects.exists()


def test_a_session_with_questions_of_the_blueprint_does():
    learner = make_learner()
    make_evidence(learner, 30, 20)
    session = make_attempt(learner=learner, mode="review", slots=1)
    session.slots.update(selection="random_blueprint")
    answer_slot(session.slots.select_related("attempt__learner", "version").get())
    assert Prediction.objects.get().answers == 31


def test_an_exam_logs_a_prediction_with_its_answers():
    make_bank(25)
    learner = make_learner()
    make_evidence(learner, 15, 10)
    exam = sit(learner)
    said = Prediction.objects.get()
    assert (said.attempt, said.answers, said.right, said.made_at) == (exam, 25, 18, exam.submitted_at)


def test_an_exam_whose_time_ran_out_does_the_same_whoever_closes_it():
    make_bank(25)
    learner = make_learner()
    make_evidence(learner, 20, 10)
    exam = attempts.start_exam(learner=learner, blueprint=make_blueprint(10), now=T0 + DAY, seed=1)
    assert attempts.close_expired(now=T0 + 2 * DAY) == 1
    said = Prediction.objects.get()
    assert (said.attempt, said.made_at, said.answers) == (exam, T0 + DAY + timedelta(minutes=30), 20)


def test_a_late_closing_does_not_put_old_evidence_before_new():
    make_bank(25)
    learner = make_learner()
    attempts.start_exam(learner=learner, blueprint=make_blueprint(10), now=T0, seed=1)
    make_evidence(learner, 20, 10, at=T0 + 3 * DAY)
    attempts.close_expired(now=T0 + 4 * DAY)
    assert Prediction.objects.get().made_at == T0 + 3 * DAY


def test_finishing_twice_logs_once():
    make_bank(25)
    learner = make_learner()
    make_evidence(learner, 20, 10)
    exam = sit(learner)
    attempts.hand_in(learner=learner, attempt=exam.pk, now=T0 + 2 * DAY)
    assert Prediction.objects.count() == 1


def test_domains_count_by_their_share_of_the_exam():
    make_bank(10, domain="secure")
    make_bank(10, domain="resilient")
    make_blueprint(10)
    learner = make_learner()
    make_evidence(learner, 30, 30, domain="secure")
    make_evidence(learner, 10, 0, domain="resilient")
    said = readiness.predict(learner=learner, attempt=None, now=T0)
    assert said is not None
    assert {line["domain"]: (line["right"], line["answers"]) for line in said.domains} == {"secure": (30, 30), "resilient": (0, 10)}
    half = posterior(Evidence(40, 30, said.effective, 0.5), cohort_prior({}))
    assert said.expected == pytest.approx(forecast(half, moved=said.drift, items=10, needed=8).expected, abs=1e-4)


def test_practice_since_the_answers_moves_what_is_said():
    make_blueprint(10)
    learner, other = make_learner(), make_learner()
    for one in (learner, other):
        make_evidence(one, 30, 20)
    make_evidence(learner, 60, 30, selection="self_chosen", at=T0 + DAY)
    said, resting = (readiness.predict(learner=one, attempt=None, now=T0 + 2 * DAY) for one in (learner, other))
    assert said is not None
    assert resting is not None
    assert (said.practised, resting.practised) == (pytest.approx(60), 0)
    assert said.drift - resting.drift == pytest.approx(0.6 * DEFAULT_LEARNING)
    assert said.expected > resting.expected


# -- the cohort ------------------------------------------------------------------------------------------------------


def test_without_anybody_the_defaults_hold():
    figures = readiness.figures_at(T0)
    assert (figures.prior, figures.drift) == (cohort_prior({}), Drift(DEFAULT_DRIFT, DEFAULT_LEARNING))


def test_the_cohort_counts_what_counts_alone():
    for right in (5, 15):
        make_evidence(make_learner(), 20, right)
    make_evidence(make_learner(), 50, 50, selection="review")
    assert readiness.figures_at(T0).prior.likely == pytest.approx(cohort_prior({(20, 5): 1, (20, 15): 1}).likely)


def test_among_few_nobody_is_their_own_yardstick():
    """Two learners: each is measured by the other alone, whatever they answered themselves."""
    make_blueprint(10)
    strong, weak = make_learner(), make_learner()
    make_evidence(strong, 40, 40)
    make_evidence(weak, 40, 10)
    figures = readiness.figures_at(T0)
    assert figures.prior_of(strong) == cohort_prior({(40, 10): 1})
    assert figures.prior_of(weak) == cohort_prior({(40, 40): 1})
    assert figures.prior_of(make_learner()) == figures.prior
    said = readiness.predict(learner=strong, attempt=None, now=T0)
    assert said is not None
    assert said.prior_mean == pytest.approx(cohort_prior({(40, 10): 1}).mean)


def test_the_cohort_is_read_once_an_hour_in_few_statements():
    make_blueprint(10)
    make_evidence(make_learner(), 20, 5)
    with CaptureQueriesContext(connection) as first:
        readiness.figures_at(T0)
    assert len(first) <= 4
    make_evidence(make_learner(), 20, 20)
    with CaptureQueriesContext(connection) as second:
        before = readiness.figures_at(T0 + timedelta(minutes=59))
    assert len(second) == 0
    after = readiness.figures_at(T0 + timedelta(minutes=60))
    assert after.prior.mean > before.prior.mean
    assert readiness.figures_at(T0 - DAY) == after, "an exam that is closed late needs no figures of its own"


def test_how_predictions_held_moves_the_next_ones():
    for _ in range(20):
        make_prediction(**judged(right=38))
    cache.clear()
    assert readiness.figures_at(T0).drift.base == pytest.approx((20 * (38 - 35) / 50 + DRIFT_WEIGHT * DEFAULT_DRIFT) / (20 + DRIFT_WEIGHT))


def test_a_drift_that_was_applied_is_not_counted_twice():
    for _ in range(20):
        make_prediction(**judged(right=36), drift=0.02, expected=36.0)
    assert readiness.figures_at(T0).drift.base == pytest.approx((20 * 0.02 + DRIFT_WEIGHT * DEFAULT_DRIFT) / (20 + DRIFT_WEIGHT))


# -- what an exam judges ---------------------------------------------------------------------------------------------


def test_an_exam_judges_what_was_predicted_before_it_began():
    make_bank(25)
    learner = make_learner()
    before, other = make_prediction(learner, made_at=T0), make_prediction()
    later = make_prediction(learner, made_at=T0 + DAY + timedelta(minutes=1))
    exam = sit(learner, right=7)
    for row in (before, other, later):
        row.refresh_from_db()
    assert (before.judged_by, before.judged_at, before.actual_right, before.actual_items) == (exam, exam.submitted_at, 7, 10)
    said = forecast_of_beta(before.a, before.b, items=10, needed=8)
    assert (before.judged_needed, before.judged_low80, before.judged_high80) == (8, said.low80, said.high80)
    assert (before.judged_low90, before.judged_high90) == (said.low90, said.high90)
    assert (before.judged_expected, before.judged_chance) == (pytest.approx(said.expected), pytest.approx(said.chance))
    assert (before.low80, before.high80) == (30, 40), "what was said stays as it was said"
    assert (other.judged_at, later.judged_at) == (None, None)


def test_a_prediction_of_shares_is_judged_by_them():
    make_bank(25)
    learner = make_learner()
    likely = list(cohort_prior({(20, 12): 4}).likely)
    before = make_prediction(learner, made_at=T0, algorithm="shares-2", likely=likely, practised=0.0, drift=0.02)
    sit(learner, right=7)
    before.refresh_from_db()
    said = forecast(likely, moved=0.02, items=10, needed=8)
    assert (before.judged_low80, before.judged_high80, before.judged_chance) == (said.low80, said.high80, pytest.approx(said.chance))


def test_a_prediction_is_judged_once():
    make_bank(45)
    learner = make_learner()
    row = make_prediction(learner)
    first = sit(learner, right=7)
    sit(learner, right=2, now=T0 + 3 * DAY)
    row.refresh_from_db()
    assert (row.judged_by, row.actual_right) == (first, 7)


def test_only_questions_that_counted_were_new_and_were_opened_judge():
    bank = make_bank(32)
    learner = make_learner()
    for question in bank[:3]:
        attempt = make_attempt(learner=learner, mode="practice", slots=0)
        slot = Slot.objects.create(
            attempt=attempt, position=1, version=question.current, option_order=["a", "b", "c", "d"], pick=1, selection="self_chosen"
        )
        answer_slot(slot, right=True)
    row = make_prediction(learner)
    exam = attempts.start_exam(learner=learner, blueprint=make_blueprint(32, pilots=4), now=T0 + DAY, seed=3)
    known = {question.pk for question in bank[:3]}
    for slot in exam.slots.select_related("version").order_by("position")[:28]:
        letters = letters_for(slot, right=slot.version.question_id in known)
        attempts.save_draft(
            learner=learner, attempt=exam.pk, position=slot.position, letters=letters, revision=0, save_id="only", now=T0 + DAY
        )  # fmt: skip
    attempts.hand_in(learner=learner, attempt=exam.pk, now=T0 + DAY)
    row.refresh_from_db()
    new = exam.slots.filter(is_scored=True, position__lte=28).exclude(version__question__in=known).count()
    assert (row.actual_right, row.actual_items) == (0, new)


def test_an_exam_that_was_left_at_once_judges_nothing():
    make_bank(25)
    learner = make_learner()
    row = make_prediction(learner)
    sit(learner, opened=9)
    row.refresh_from_db()
    assert row.judged_at is None
    sit(learner, now=T0 + 3 * DAY)
    row.refresh_from_db()
    assert row.judged_at is not None


# -- moving in -------------------------------------------------------------------------------------------------------


def test_evidence_of_a_guest_and_an_account_together_give_a_prediction():
    guest, account = make_guest(), make_learner()
    make_evidence(guest, 12, 8)
    make_evidence(account, 12, 6)
    attempts.adopt_guest(guest=guest, account=account, now=T0 + DAY)
    said = Prediction.objects.get()
    assert (said.learner, said.answers, said.attempt) == (account, 24, None)


def test_what_was_predicted_for_a_guest_moves_along():
    guest, account = make_guest(), make_learner()
    row = make_prediction(guest)
    attempts.adopt_guest(guest=guest, account=account, now=T0)
    row.refresh_from_db()
    assert row.learner == account
