"""The verb of the invocation lab: to predict."""

from __future__ import annotations

from datetime import datetime

from quizzes.domain.serverless.invocation import Fault, Settings, address, is_right, runs_said, simulate
from quizzes.models import LabPrediction, User


def predict(*, learner: User, settings: Settings, fault: Fault, runs: str, ending: str, now: datetime) -> LabPrediction:
    """Keep what a learner says about a case. Only the first word counts: afterwards the outcome is known, and the first row is given back.

    `runs` is empty where AWS leaves the number open.
    """
    outcome = simulate(settings, fault)
    prediction, _ = LabPrediction.objects.get_or_create(
        learner=learner, case=address(settings, fault),
        defaults={
            "model": settings.key, "predicted": {"runs": runs, "ending": ending},
            "outcome": {"runs": runs_said(outcome.billed) if outcome.billed_exact else "", "ending": outcome.ending.state.value},
            "right": is_right(outcome, runs=runs, ending=ending), "made_at": now,
        },
    )  # fmt: skip
    return prediction
