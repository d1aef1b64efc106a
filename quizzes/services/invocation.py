"""The verb of the invocation lab: to predict."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from quizzes.domain.serverless.invocation import Fault, Settings, address, is_right, runs_said, simulate
from quizzes.models import Card, LabPrediction, User
from quizzes.services import reviews


@transaction.atomic
def predict(*, learner: User, settings: Settings, fault: Fault, runs: str, ending: str, now: datetime) -> LabPrediction:
    """Keep what a learner says about a case. Only the first word counts: afterwards the outcome is known, and the first row is given back.

    It counts as practice of the rule behind the case: the card of the generated question that asks for the same rule takes it in.
    `runs` is empty where AWS leaves the number open.
    """
    outcome = simulate(settings, fault)
    prediction, made = LabPrediction.objects.get_or_create(
        learner=learner, case=address(settings, fault),
        defaults={
            "model": settings.key, "predicted": {"runs": runs, "ending": ending},
            "outcome": {"runs": runs_said(outcome.billed) if outcome.billed_exact else "", "ending": outcome.ending.state.value},
            "right": is_right(outcome, runs=runs, ending=ending), "made_at": now,
        },
    )  # fmt: skip
    question = reviews.lab_questions().get(settings.key) if made else None
    if question is not None:
        known = Card.objects.remembered(learner.pk, [question.pk])
        reviews.remember(learner=learner, events=[reviews.prediction_event(prediction, question)], known=known)
    return prediction
