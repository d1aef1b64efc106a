from datetime import timedelta

import pytest

from quizzes.services import attempts
from tests.factories import T0, make_bank, make_blueprint, make_learner

pytestmark = pytest.mark.django_db


def test_an_exam_goes_from_start_to_result():
    make_bank(12)
    learner = make_learner()
    exam = attempts.start_exam(learner=learner, blueprint=make_blueprint(10), now=T0, seed=1)
    assert exam.slots.count() == 10
    receipt = attempts.save_draft(learner=learner, attempt=exam.pk, position=1, letters=["A"], revision=0, save_id="s1", now=T0)
    assert receipt.revision == 1
    done = attempts.hand_in(learner=learner, attempt=exam.pk, now=T0 + timedelta(minutes=5))
    assert done.attempt.scaled is not None
    again = attempts.hand_in(learner=learner, attempt=exam.pk, now=T0 + timedelta(minutes=6))
    assert again.attempt.scaled == done.attempt.scaled
