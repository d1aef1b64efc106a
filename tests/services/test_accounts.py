"""Signing up in place, moving in with an account, taking the data along, leaving, and what an instructor may."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, models, transaction

from quizzes.domain.cohort import CONSENT_VERSION
from quizzes.domain.errors import Refusal
from quizzes.domain.serverless.invocation import Asynchronous, Fault, Kind
from quizzes.models import (
    Attempt,
    BulkChange,
    ImportRun,
    KeyMending,
    LabPrediction,
    LateAnswer,
    Learner,
    LessonProgress,
    Question,
    Report,
    Response,
    Seen,
    Slot,
    SourcePage,
    StatisticsRun,
    User,
)
from quizzes.services import accounts, attempts, invocation, mendings
from quizzes.services.accounts import Taken
from quizzes.services.drafts import discard_draft
from tests.factories import (
    T0,
    make_assignment,
    make_attempt,
    make_bank,
    make_blueprint,
    make_cohort,
    make_guest,
    make_import,
    make_item,
    make_learner,
    make_lesson,
    make_member,
    make_prediction,
    make_question,
    make_slot,
)

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"

#: What of a person is theirs and goes with them, and where the export tells it; every other relation only names an author.
THEIRS = {
    "Attempt.learner": "attempts",
    "Response.learner": "attempts",
    "Seen.learner": "questions_seen",
    "LessonProgress.learner": "lessons",
    "Report.learner": "reports",
    "LabPrediction.learner": "lab_predictions",
    "Membership.learner": "classes",
    "Cohort_instructors.user": "teaching",
    "Card.learner": "memory",
    "Prediction.learner": "readiness",
    "EmailAddress.user": "account",
    "Authenticator.user": "account",
    "LogEntry.user": "teaching",
    "User_groups.user": "account",
    "User_user_permissions.user": "account",
}
AUTHORSHIP = {
    "Question.author", "Question.written_by", "Question.asked_by", "Question.reviewed_by", "QuestionVersion.published_by",
    "QuestionVersion.reviewed_by", "Comment.person", "BulkChange.by", "BulkChange.undone_by", "Report.closed_by", "SourcePage.marked_by",
    "ImportRun.by", "KeyMending.made_by", "KeyMending.undone_by", "StatisticsRun.started_by",
    "DiscardedDraft.author", "DiscardedDraft.discarded_by",
}  # fmt: skip


def relations() -> dict[str, Any]:
    """Every column of the database that names a person."""
    found = {}
    for relation in User._meta.get_fields(include_hidden=True):
        if isinstance(relation, models.ManyToOneRel):
            found[f"{relation.related_model.__name__}.{relation.field.name}"] = relation.field
    return found


def rows_of(user_id: int) -> dict[str, int]:
    """How many rows name this person, by column."""
    return {name: field.model._base_manager.filter(**{field.attname: user_id}).count() for name, field in relations().items()}


def give_history(learner: User, *, report: str = "The key is wrong because of the guide.") -> dict[str, Any]:
    """Something in every table: a finished exam with a late answer, practice, a lesson, a report."""
    exam = make_attempt(learner=learner, slots=2, blueprint=make_blueprint(), started_at=T0)
    where = {"learner": learner, "attempt": exam.pk}
    attempts.save_draft(**where, position=1, letters=["B"], revision=0, save_id="first-save", now=T0)
    attempts.mark_slot(**where, position=1, strike="D", now=T0)
    LateAnswer.objects.create(slot=exam.slots.get(position=1), save_id="late-save", answer=["c"], arrived_at=T0 + timedelta(hours=1))
    attempts.hand_in(**where, now=T0 + timedelta(minutes=5))
    practice = make_attempt(learner=learner, mode="practice", slots=1)
    attempts.submit_response(learner=learner, attempt=practice.pk, position=1, letters=["A"], confidence="sure", spent_ms=900, now=T0)
    lesson = make_lesson(f"lesson-{exam.pk}")
    LessonProgress.objects.create(learner=learner, lesson=lesson, anchor="part-1", visited_at=T0, finished_at=T0)
    version = exam.slots.get(position=1).version
    Report.objects.create(learner=learner, version=version, kind="wrong", text=report, created_at=T0)
    predict(learner, age=60 + exam.pk % 20_000)
    make_prediction(learner, attempt=exam)
    return {"exam": exam, "practice": practice, "lesson": lesson}


def predict(learner: User, *, runs: str = "3", retries: int = 2, age: int = 21_600) -> LabPrediction:
    """What this learner says about an asynchronous event that keeps failing."""
    case = {"settings": Asynchronous(retries=retries, max_age_s=age), "fault": Fault(kind=Kind.ALWAYS)}
    return invocation.predict(learner=learner, **case, runs=runs, ending="discarded", now=T0)  # type: ignore[arg-type]


def give_staff_history(person: User) -> Question:
    """What only an instructor has: a question written, a version published, a report answered, a source marked, a file imported, a line in the admin's log."""
    question = make_question(author=person)
    type(question.current)._base_manager.filter(pk=question.current_id).update(published_by=person)
    """What only an instructor has: a question written, reviewed and published, a comment, a report answered, a source marked, a log."""
    question = make_question(author=person, written_by=person, asked_by=person, reviewed_by=person)
    type(question.current)._base_manager.filter(pk=question.current_id).update(published_by=person, reviewed_by=person)
    question.comments.create(person=person, text="Shorter, please.", at=T0)
    BulkChange.objects.create(kind="tag", value="spring", by=person, undone_by=person, at=T0)
    Report.objects.create(learner=make_learner(), version=question.current, kind="other", text="Hm.", created_at=T0, closed_by=person)
    SourcePage.objects.create(url="https://docs.aws.amazon.com/lambda/quotas.html", title="Quotas", changed_on=T0.date(), marked_by=person)
    KeyMending.objects.create(
        question=question, kind="drop", reason="Both hold.", made_at=T0, made_by=person, undone_at=T0, undone_by=person
    )  # fmt: skip
    discard_draft(question=make_question(state="draft", author=person), by=person, now=T0)
    StatisticsRun.objects.create(started_by=person, started_at=T0, moved_at=T0, of=0, last=0, stamp="")
    ImportRun.objects.filter(pk=make_import(question=make_question()).run_id).update(by=person)
    LogEntry.objects.create(
        user=person, content_type=ContentType.objects.get_for_model(Question), object_id=str(question.pk),
        object_repr="a question in the log", action_flag=CHANGE, change_message="stem",
    )  # fmt: skip
    EmailAddress.objects.create(user=person, email="second@example.org")
    TOTP.activate(person, "JBSWY3DPEHPK3PXP")
    make_cohort(title="Taught here", instructors=[person])
    accounts.make_instructor(user=person)
    person.user_permissions.add(Permission.objects.get(codename="view_report"))
    return question


def join_a_class(person: User) -> None:
    """What only an account has: a class they are in, with an exam sat for it."""
    cohort = make_cohort(title="Evening class")
    make_member(cohort, person)
    make_attempt(learner=person, assignment=make_assignment(cohort), slots=0)


def test_every_relation_to_a_person_is_known_here():
    assert set(relations()) == set(THEIRS) | AUTHORSHIP, "a new table names people: export it, move it with a guest, remove it"


# -- signing up ------------------------------------------------------------------------------------------------------


def test_a_guest_becomes_an_account_in_place_and_keeps_everything():
    guest = make_guest()
    give_history(guest)
    before = rows_of(guest.pk)

    account = accounts.sign_up(guest=guest, username="Anna", email="", password=PASSWORD)

    assert account.pk == guest.pk
    assert rows_of(guest.pk) == before
    account = User.objects.get(pk=guest.pk)
    assert (account.username, account.is_guest, account.check_password(PASSWORD)) == ("anna", False, True)


def test_a_visitor_gets_a_new_account():
    account = accounts.sign_up(guest=None, username="anna", email="", password=PASSWORD)
    assert not account.is_guest
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("email", "taken", "expected"),
    [
        pytest.param("Anna.Berg@example.org", [], "anna.berg", id="what stands before the @"),
        pytest.param("anna@example.org", ["anna", "anna2"], "anna3", id="with a number where it is taken"),
        pytest.param("jürgen@example.org", [], "jurgen", id="in plain letters"),
        pytest.param("!!@example.org", [], "learner", id="a plain word where nothing is left"),
        pytest.param("guest-1@example.org", [], "learner", id="never a guest's name"),
    ],
)
def test_an_address_alone_makes_a_username(email, taken, expected):
    for name in taken:
        make_learner(username=name)
    account = accounts.sign_up(guest=None, username="", email=email, password=PASSWORD)
    assert (account.username, account.email) == (expected, email.lower())


def test_ten_annas_each_get_a_name():
    names = [accounts.sign_up(guest=None, username="", email=f"anna@{n}.example.org", password=PASSWORD).username for n in range(10)]
    assert len(set(names)) == 10


@pytest.mark.parametrize(
    ("names", "field"),
    [({"username": "ANNA", "email": ""}, "username"), ({"username": "", "email": "Anna@Example.org"}, "email")],
    ids=["username", "address"],
)
def test_a_taken_name_is_refused_whatever_its_case_and_the_guest_loses_nothing(names, field):
    make_learner(username="anna", email="anna@example.org")
    guest = make_guest()
    give_history(guest)
    before = rows_of(guest.pk)
    with pytest.raises(Taken) as refused:
        accounts.sign_up(guest=guest, password=PASSWORD, **names)
    assert refused.value.field == field
    guest.refresh_from_db()
    assert guest.is_guest
    assert not guest.has_usable_password()
    assert rows_of(guest.pk) == before


def test_a_second_press_of_the_button_changes_nothing():
    guest = make_guest()
    stale = User.objects.get(pk=guest.pk)
    account = accounts.sign_up(guest=guest, username="anna", email="", password=PASSWORD)
    with pytest.raises(Taken):
        accounts.sign_up(guest=stale, username="anna", email="", password=PASSWORD)
    assert User.objects.get().password == account.password


def test_a_name_made_anywhere_is_kept_in_small_letters():
    assert User.objects.create_user("Grace").username == "grace"


def test_the_table_itself_refuses_a_second_account_with_the_address_of_another():
    make_learner(email="anna@example.org")
    with pytest.raises(IntegrityError), transaction.atomic():
        make_learner(email="ANNA@example.org")


# -- another name ----------------------------------------------------------------------------------------------------


def test_an_address_that_was_given_up_opens_nothing_any_more():
    person = make_learner(email="old@example.org")
    EmailAddress.objects.create(user=person, email="old@example.org", primary=True, verified=True)
    accounts.change_names(user=person, username=person.username, email="New@example.org")
    assert User.objects.get(pk=person.pk).email == "new@example.org"
    assert not EmailAddress.objects.filter(user=person).exists()


def test_a_name_of_somebody_else_is_refused_and_the_own_one_stays():
    make_learner(username="anna")
    person = make_learner(username="berta", email="berta@example.org")
    with pytest.raises(Taken):
        accounts.change_names(user=person, username="Anna", email="other@example.org")
    assert (person.username, person.email) == ("berta", "berta@example.org")


def test_the_own_name_and_address_are_not_taken():
    person = make_learner(username="berta", email="berta@example.org")
    accounts.change_names(user=person, username="berta", email="")
    assert User.objects.get(pk=person.pk).email == ""


# -- moving in -------------------------------------------------------------------------------------------------------


def test_everything_a_guest_did_moves_to_the_account_they_sign_in_to():
    guest, account = make_guest(), make_learner()
    give_history(guest, report="From the guest.")
    give_history(account, report="From the account.")
    before, theirs = rows_of(account.pk), rows_of(guest.pk)

    adoption = attempts.adopt_guest(guest=guest, account=account, now=T0)

    assert adoption == attempts.Adoption(attempts=2, handed_in=[])
    assert rows_of(account.pk) == {name: before[name] + theirs[name] for name in before}
    assert not any(rows_of(guest.pk).values())
    assert not User.objects.filter(pk=guest.pk).exists()


def test_who_signs_in_as_a_guest_keeps_the_classes_of_the_account():
    guest, account = make_guest(), make_learner()
    give_history(guest)
    join_a_class(account)
    attempts.adopt_guest(guest=guest, account=account, now=T0)
    assert (account.memberships.count(), account.attempts.filter(assignment__isnull=False).count()) == (1, 1)


def test_moving_in_twice_does_nothing_more():
    guest, account = make_guest(), make_learner()
    give_history(guest)
    stale = User.objects.get(pk=guest.pk)
    attempts.adopt_guest(guest=guest, account=account, now=T0)
    after = rows_of(account.pk)
    assert attempts.adopt_guest(guest=stale, account=account, now=T0) == attempts.Adoption(0, [])
    assert rows_of(account.pk) == after


def test_an_account_is_never_taken_for_a_guest():
    one, other = make_learner(), make_learner()
    give_history(one)
    attempts.adopt_guest(guest=one, account=other, now=T0)
    assert Attempt.objects.of(one).count() == 2


def test_the_running_exam_of_a_guest_goes_on():
    guest, account = make_guest(), make_learner()
    exam = make_attempt(learner=guest, blueprint=make_blueprint())
    attempts.adopt_guest(guest=guest, account=account, now=T0 + timedelta(minutes=1))
    exam.refresh_from_db()
    assert (exam.learner_id, exam.is_finished, exam.deadline_at) == (account.pk, False, T0 + timedelta(minutes=30))
    attempts.save_draft(learner=account, attempt=exam.pk, position=1, letters=["A"], revision=0, save_id="after-it", now=T0)


@pytest.mark.parametrize(
    ("values", "minutes"),
    [({"time_factor": "1.5"}, 45), ({"extra_minutes": 30}, 60), ({"untimed": True}, None)],
    ids=["half as much again", "30 minutes more", "no clock"],
)
def test_the_running_exam_gets_the_time_of_the_account(values, minutes):
    guest, account = make_guest(), make_learner(**values)
    exam = make_attempt(learner=guest, blueprint=make_blueprint())
    attempts.adopt_guest(guest=guest, account=account, now=T0)
    exam.refresh_from_db()
    assert exam.deadline_at == (None if minutes is None else T0 + timedelta(minutes=minutes))


def test_nobody_loses_time_by_signing_in():
    guest, account = make_guest(), make_learner()
    exam = make_attempt(learner=guest, blueprint=make_blueprint())
    Attempt.objects.filter(pk=exam.pk).update(deadline_at=T0 + timedelta(minutes=50))
    attempts.adopt_guest(guest=guest, account=account, now=T0)
    exam.refresh_from_db()
    assert exam.deadline_at == T0 + timedelta(minutes=50)


def test_where_both_have_the_same_exam_running_the_guests_is_handed_in_and_kept():
    guest, account, blueprint = make_guest(), make_learner(), make_blueprint()
    here = make_attempt(learner=guest, blueprint=blueprint)
    there = make_attempt(learner=account, blueprint=blueprint)
    attempts.save_draft(learner=guest, attempt=here.pk, position=1, letters=["B"], revision=0, save_id="guest-save", now=T0)

    adoption = attempts.adopt_guest(guest=guest, account=account, now=T0 + timedelta(minutes=3))

    assert adoption == attempts.Adoption(attempts=1, handed_in=["Exam for tests"])
    here.refresh_from_db()
    there.refresh_from_db()
    assert (here.learner_id, here.finish_reason, here.submitted_at) == (account.pk, "handed in", T0 + timedelta(minutes=3))
    assert here.right == 1
    assert set(Response.objects.filter(slot__attempt=here).values_list("learner_id", flat=True)) == {account.pk}
    assert not there.is_finished


def test_an_exam_of_the_account_whose_time_is_up_does_not_stop_the_guests():
    guest, account, blueprint = make_guest(), make_learner(), make_blueprint()
    there = make_attempt(learner=account, blueprint=blueprint, started_at=T0 - timedelta(days=1))
    here = make_attempt(learner=guest, blueprint=blueprint)
    assert attempts.adopt_guest(guest=guest, account=account, now=T0).handed_in == []
    here.refresh_from_db()
    there.refresh_from_db()
    assert (here.is_finished, there.finish_reason) == (False, "expired")


def test_a_question_that_both_met_keeps_its_first_and_its_last_answer():
    guest, account, [question] = make_guest(), make_learner(), make_bank(1)
    before, later = T0 - timedelta(days=1), T0 + timedelta(days=1)
    common = {"question": question, "last_confidence": "sure"}
    Seen.objects.create(learner=account, first_at=T0, first_fraction=1, last_at=T0, last_fraction=1, times=2, **common)
    Seen.objects.create(learner=guest, first_at=before, first_fraction=0, last_at=later, last_fraction=0, times=3, **common)
    attempts.adopt_guest(guest=guest, account=account, now=later)
    seen = Seen.objects.get()
    assert (seen.learner_id, seen.times) == (account.pk, 5)
    assert (seen.first_at, seen.first_fraction, seen.last_at, seen.last_fraction) == (before, 0, later, 0)


def test_a_lesson_that_both_read_keeps_the_last_place_and_stays_finished():
    guest, account, lesson = make_guest(), make_learner(), make_lesson()
    LessonProgress.objects.create(learner=account, lesson=lesson, anchor="part-1", visited_at=T0, finished_at=None)
    LessonProgress.objects.create(learner=guest, lesson=lesson, anchor="part-2", visited_at=T0 + timedelta(hours=1), finished_at=T0)
    attempts.adopt_guest(guest=guest, account=account, now=T0)
    progress = LessonProgress.objects.get()
    assert (progress.learner_id, progress.anchor, progress.finished_at) == (account.pk, "part-2", T0)


def test_of_a_case_that_both_predicted_the_account_keeps_its_own_word():
    guest, account = make_guest(), make_learner()
    predict(account, runs="1")
    predict(guest, runs="3")
    predict(guest, retries=1, runs="2")
    attempts.adopt_guest(guest=guest, account=account, now=T0)
    assert {p.case: p.predicted["runs"] for p in account.lab_predictions.all()} == {
        "model=async&fault=always": "1", "model=async&fault=always&retries=1": "2",
    }  # fmt: skip
    assert LabPrediction.objects.count() == 2


# -- taking along ----------------------------------------------------------------------------------------------------


def test_the_export_tells_of_every_table_that_names_a_person():
    person = make_learner(username="anna", email="anna@example.org", first_name="Anna", time_factor="1.5")
    give_history(person, report="My own words.")
    give_staff_history(person)
    join_a_class(person)
    assert all(rows_of(person.pk).values()), "the history leaves a table out, so this test proves nothing about it"

    file = accounts.export_data(user=person, now=T0)

    assert set(THEIRS.values()) <= set(file)
    assert all(file[section] for section in THEIRS.values())
    account = file["account"]
    assert (account["username"], account["email"], account["first_name"]) == ("anna", "anna@example.org", "Anna")
    assert account["exam_time"] == {"factor": "1.5", "extra_minutes": 0, "untimed": False}
    assert account["groups"] == ["Instructors"]
    assert account["permissions"] == ["view_report"]
    assert account["addresses"] == [{"email": "second@example.org", "verified": False, "primary": False}]
    [lesson] = file["lessons"]
    assert (lesson["section"], lesson["finished_at"]) == ("part-1", T0.isoformat())
    assert len(file["questions_seen"]) == person.seen.count() > 0
    assert file["reports"][0]["text"] == "My own words."
    assert all(file["teaching"].values())
    assert file["classes"] == [
        {
            "class": "Evening class",
            "joined_at": T0.isoformat(),
            "left_at": None,
            "agreed_to_words": CONSENT_VERSION,
            "agreed_at": T0.isoformat(),
        }
    ]
    assert {attempt["for_class"] for attempt in file["attempts"]} == {None, "Evening class"}
    assert [taught["class"] for taught in file["teaching"]["classes"]] == ["Taught here"]
    assert json.loads(json.dumps(file)) == file


def test_the_export_of_a_finished_exam_has_every_answer_save_and_late_arrival():
    person = make_learner()
    give_history(person)
    [exam] = [a for a in accounts.export_data(user=person, now=T0)["attempts"] if a["mode"] == "exam"]
    first = exam["questions"][0]
    assert len(exam["questions"]) == 2
    assert (first["answer"], first["struck_out"], first["revision"]) == (["B"], ["D"], 1)
    assert first["saves"] == [{"id": "first-save", "revision": 1, "saved_at": T0.isoformat(), "answer": ["B"]}]
    assert first["late"] == [{"id": "late-save", "answer": ["C"], "arrived_at": (T0 + timedelta(hours=1)).isoformat()}]
    assert [r["answer"] for r in first["responses"]] == [["B"]]
    assert exam["scaled"] is not None


def test_the_export_tells_of_a_mended_key_with_the_mark_and_the_note():
    person = make_learner()
    exam = give_history(person)["exam"]
    version = exam.slots.get(position=1).version
    said = {"versions": [version.pk], "kind": "change", "answers": [["d"]], "reason": "The guide says so.", "by": None}
    mending, _ = mendings.apply_mending(question=version.question, latest=0, now=T0 + timedelta(days=1), **said)

    [told] = [a for a in accounts.export_data(user=person, now=T0)["attempts"] if a["mode"] == "exam"]
    what = "The key is now: “Send the event through a second topic first”."
    note = {"at": (T0 + timedelta(days=1)).isoformat(), "what": what, "reason": "The guide says so."}
    [response] = told["questions"][0]["responses"]
    assert (response["fraction"], response["mark"], response["mended"]) == (1.0, 0.0, note)
    [result] = told["mended"]
    assert (result["what"], result["before"]["right"], result["after"]["right"], told["right"]) == (what, 1, 0, 0)
    assert told["questions"][1]["responses"][0]["mended"] is None

    mendings.undo_mending(mending=mending, by=None, now=T0 + timedelta(days=2))
    [told] = [a for a in accounts.export_data(user=person, now=T0)["attempts"] if a["mode"] == "exam"]
    assert (told["right"], told["mended"][0]["undone_at"]) == (1, (T0 + timedelta(days=2)).isoformat())


def test_the_export_of_a_running_exam_says_no_more_than_its_own_pages():
    learner = make_learner()
    exam = make_attempt(learner=learner, slots=0)
    seen = make_slot(attempt=exam, position=1, question=make_question(item=make_item(), slug="names-the-destination"))
    Slot.objects.filter(pk=seen.pk).update(option_order=["c", "b", "a", "d"], is_scored=False)
    make_slot(attempt=exam, position=2, question=make_question(item=make_item(stem="Not seen yet, so not told yet?"), slug="another-one"))
    attempts.open_slot(slot=Slot.objects.get(pk=seen.pk), now=T0)
    attempts.save_draft(learner=learner, attempt=exam.pk, position=1, letters=["A"], revision=0, save_id="one-save", now=T0)

    file = accounts.export_data(user=learner, now=T0)

    [attempt] = file["attempts"]
    [question] = attempt["questions"]
    assert (question["position"], question["answer"], question["counted"], question["responses"]) == (1, ["A"], None, [])
    text = json.dumps(file)
    for word in ("names-the-destination", "another-one", "Not seen yet", "Rationale", '"key"', "option_order", '"c"'):
        assert word not in text
    assert attempt["seed"] is None


def test_the_export_of_an_open_check_does_not_name_its_question():
    learner, lesson, question = make_learner(), make_lesson(), make_question(slug="names-the-key")
    attempts.start_check(learner=learner, lesson=lesson, question=question, now=T0, seed=1)
    assert "names-the-key" not in json.dumps(accounts.export_data(user=learner, now=T0))


def test_the_export_has_nothing_of_anybody_else():
    give_history(make_learner(), report="Somebody else's words.")
    file = accounts.export_data(user=make_guest(), now=T0)
    assert not any(file[section] for section in ("attempts", "lessons", "questions_seen", "reports"))


def test_the_export_does_not_tell_which_question_is_a_pilot():
    slot = make_slot(attempt=make_attempt(slots=1), position=2)
    type(slot)._base_manager.filter(pk=slot.pk).update(selection="pilot", is_scored=False, seen_at=T0)
    assert "pilot" not in json.dumps(accounts.export_data(user=slot.attempt.learner, now=T0))
    attempts.hand_in(learner=slot.attempt.learner, attempt=slot.attempt_id, now=T0)
    assert slot.responses.get().selection == "pilot"
    assert "pilot" not in json.dumps(accounts.export_data(user=slot.attempt.learner, now=T0))


def test_the_export_costs_the_same_for_one_sitting_and_for_many(django_assert_max_num_queries):
    learner = make_learner()
    for _ in range(6):
        give_history(learner)
    with django_assert_max_num_queries(32):
        accounts.export_data(user=learner, now=T0)


# -- leaving ---------------------------------------------------------------------------------------------------------


def test_nothing_is_left_of_somebody_who_leaves():
    person = make_learner(username="anna")
    history = give_history(person)
    question = give_staff_history(person)
    join_a_class(person)
    for kind in (User, Learner):
        LogEntry.objects.create(
            user=make_learner(), content_type=ContentType.objects.get_for_model(kind, for_concrete_model=False), object_id=str(person.pk),
            object_repr="anna", action_flag=CHANGE, change_message="time",
        )  # fmt: skip
    assert all(rows_of(person.pk).values())
    pk = person.pk

    accounts.delete_account(user=person)

    assert not any(rows_of(pk).values())
    assert not User.objects.filter(pk=pk).exists()
    assert not Slot.objects.filter(attempt_id__in=[history["exam"].pk, history["practice"].pk]).exists()
    assert not LateAnswer.objects.exists()
    assert not LogEntry.objects.filter(object_repr="anna").exists()
    question.refresh_from_db()
    assert question.author is None
    assert question.current is not None
    assert question.current.published_by is None


def test_leaving_takes_nothing_of_anybody_else():
    stays = make_learner()
    give_history(stays)
    before = rows_of(stays.pk)
    leaves = make_learner()
    give_history(leaves)
    accounts.delete_account(user=leaves)
    assert rows_of(stays.pk) == before


# -- teaching --------------------------------------------------------------------------------------------------------


def test_an_instructor_may_do_exactly_what_is_listed():
    person = make_learner()
    accounts.make_instructor(user=person)
    person = User.objects.get(pk=person.pk)
    assert person.is_staff
    assert person.get_all_permissions() == {f"quizzes.{name}" for name in accounts.INSTRUCTOR_PERMISSIONS}
    assert not person.is_superuser


def test_a_permission_that_slipped_in_is_taken_back():
    accounts.instructors().permissions.add(Permission.objects.get(codename="delete_user"))
    assert {p.codename for p in accounts.instructors().permissions.all()} == set(accounts.INSTRUCTOR_PERMISSIONS)


def test_a_guest_is_no_instructor():
    guest = make_guest()
    with pytest.raises(Refusal, match="sign up first"):
        accounts.make_instructor(user=guest)
    assert not User.objects.get(pk=guest.pk).is_staff
