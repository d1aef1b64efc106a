"""Predictions in the invocation lab: the first word on a case counts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from quizzes.domain.serverless.invocation import Asynchronous, Fault, Kind, Queue
from quizzes.models import LabPrediction
from quizzes.services.invocation import predict
from tests.factories import T0, make_learner

pytestmark = pytest.mark.django_db

ALWAYS = Fault(kind=Kind.ALWAYS)


def test_a_prediction_keeps_what_was_said_and_what_came():
    learner = make_learner()
    said = predict(learner=learner, settings=Asynchronous(retries=1), fault=ALWAYS, runs="3", ending="discarded", now=T0)
    said.refresh_from_db()
    assert (said.learner, said.model, said.case) == (learner, "async", "model=async&fault=always&retries=1")
    assert (said.predicted, said.outcome) == ({"runs": "3", "ending": "discarded"}, {"runs": "2", "ending": "discarded"})
    assert (said.right, said.made_at) == (False, T0)


def test_both_halves_must_hold():
    learner = make_learner()
    case = {"learner": learner, "settings": Queue(max_receive=3), "fault": ALWAYS, "now": T0}
    assert predict(**case, runs="3", ending="dlq").right


def test_the_first_word_counts_and_the_second_changes_nothing():
    learner = make_learner()
    case = {"learner": learner, "settings": Asynchronous(), "fault": ALWAYS, "ending": "discarded"}
    first = predict(**case, runs="1", now=T0)
    assert predict(**case, runs="3", now=T0 + timedelta(minutes=1)) == first
    assert not LabPrediction.objects.get().right


def test_another_learner_has_a_word_of_their_own():
    for _ in range(2):
        predict(learner=make_learner(), settings=Asynchronous(), fault=ALWAYS, runs="3", ending="discarded", now=T0)
    assert LabPrediction.objects.filter(right=True).count() == 2
