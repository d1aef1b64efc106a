"""What a learner was shown and what they answered cannot be changed, not even past the models."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError

from quizzes.domain.items import as_dict
from quizzes.models import Question, QuestionVersion, Response, Slot
from quizzes.services import accounts, attempts
from tests.factories import T0, make_attempt, make_bank, make_blueprint, make_guest, make_item, make_learner, make_question, make_slot

pytestmark = pytest.mark.django_db


def make_response():
    slot = make_slot(attempt=make_attempt(mode="practice", slots=0))
    return attempts.submit_response(
        learner=slot.attempt.learner, attempt=slot.attempt_id, position=1, letters=["B"], confidence="sure", spent_ms=900, now=T0
    )


@pytest.mark.parametrize("column", ["body", "number", "checksum", "question_id"])
def test_the_database_refuses_to_change_a_version(column):
    version = make_question().current
    values = {"body": as_dict(make_item()), "number": 7, "checksum": "other", "question_id": make_question().pk}
    with pytest.raises(IntegrityError, match="frozen"), transaction.atomic():
        QuestionVersion.objects.filter(pk=version.pk).update(**{column: values[column]})
    again = QuestionVersion.objects.get(pk=version.pk)
    assert getattr(again, column) == getattr(version, column)


def delete_past_the_models(version):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM quizzes_questionversion WHERE id = %s", [version])
    connection.check_constraints()


def test_what_says_nothing_of_the_wording_may_change():
    version = make_question().current
    QuestionVersion.objects.filter(pk=version.pk).update(note="a slip of the pen", published_by=make_learner())


def test_a_version_is_not_saved_twice():
    version = make_question().current
    with pytest.raises(TypeError, match="publish a new version"):
        version.save()


def test_a_version_that_was_shown_is_not_deleted():
    slot = make_slot()
    Question.objects.update(state="retired", current=None)
    with pytest.raises(ProtectedError):
        slot.version.delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        delete_past_the_models(slot.version_id)
    assert QuestionVersion.objects.filter(pk=slot.version_id).exists()


@pytest.mark.parametrize(
    "column",
    ["answer", "fraction", "share", "slot_id", "number", "question_id", "confidence", "responded_at", "spent_ms", "selection"],
)
def test_the_database_refuses_to_change_a_response(column):
    response = make_response()
    values = {
        "answer": ["c"], "fraction": 0.0, "share": 0.5, "slot_id": make_slot(attempt=response.slot.attempt, position=2).pk, "number": 2,
        "question_id": make_question().pk, "confidence": "guess", "responded_at": T0 + timedelta(days=1), "spent_ms": 1, "selection": "exam",
    }  # fmt: skip
    with pytest.raises(IntegrityError, match="frozen"), transaction.atomic():
        Response.objects.filter(pk=response.pk).update(**{column: values[column]})
    assert getattr(Response.objects.get(pk=response.pk), column) == getattr(response, column)


def test_a_response_is_not_saved_twice():
    with pytest.raises(TypeError, match="never changed"):
        make_response().save()


def test_a_response_may_go_to_the_account_that_a_guest_signs_in_to():
    guest, account = make_guest(), make_learner()
    slot = make_slot(attempt=make_attempt(learner=guest, mode="practice", slots=0))
    attempts.submit_response(learner=guest, attempt=slot.attempt_id, position=1, letters=["A"], confidence="", spent_ms=0, now=T0)
    attempts.adopt_guest(guest=guest, account=account, now=T0)
    assert account.responses.get().slot == slot


def test_leaving_takes_all_answers_along_and_leaves_the_bank():
    make_bank(4)
    learner = make_learner()
    exam = attempts.start_exam(learner=learner, blueprint=make_blueprint(4), now=T0, seed=1)
    attempts.save_draft(learner=learner, attempt=exam.pk, position=1, letters=["A"], revision=0, save_id="save-one", now=T0)
    attempts.hand_in(learner=learner, attempt=exam.pk, now=T0)
    assert Response.objects.count() == 4
    accounts.delete_account(user=learner)
    assert (Response.objects.count(), Slot.objects.count(), QuestionVersion.objects.count()) == (0, 0, 4)
