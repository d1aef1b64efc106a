"""Who did what: every act that somebody may have to answer for leaves one entry, in its own transaction."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from structlog.contextvars import bound_contextvars

from quizzes.models import AuditEntry, Cohort, User
from quizzes.services import accounts, attempts, bank, cohorts, mendings
from quizzes.services.audit import Action, record
from tests.factories import T0, make_assignment, make_cohort, make_guest, make_learner, make_member, make_question, make_sittings

pytestmark = pytest.mark.django_db


def entries(action: str = "") -> list[AuditEntry]:
    rows = AuditEntry.objects.order_by("pk")
    return list(rows.filter(action=action) if action else rows)


def only(action: str) -> AuditEntry:
    [entry] = entries(action)
    return entry


# -- keys ------------------------------------------------------------------------------------------------------------


def test_a_version_that_is_published_is_kept_with_both_keys():
    author, question = make_learner(), make_question(state="draft")
    version = bank.publish_version(question=question, by=author, now=T0)
    entry = only("publish")
    assert (entry.actor, entry.subject, entry.target) == (author.pk, None, f"question {question.slug}")
    assert entry.before == {}
    assert entry.after == {"version": version.number, "key": [str(part) for part in version.item.key]}


def test_publishing_what_is_out_already_is_no_change():
    question = make_question(state="draft")
    bank.publish_version(question=question, by=None, now=T0)
    bank.publish_version(question=question, by=None, now=T0)
    assert len(entries("publish")) == 1


def test_a_mended_key_and_its_undoing_are_kept_with_what_held_and_how_many_results_moved():
    author, question = make_learner(), make_question()
    make_sittings([question], [["a"], ["b"]])
    said: dict[str, Any] = {"question": question, "versions": [question.current_id], "kind": "drop", "answers": []}
    mending, _ = mendings.apply_mending(**said, reason="Both hold.", by=author, latest=0, now=T0)
    mend = only("mend")
    version = str(question.current_id)
    assert (mend.actor, mend.target) == (author.pk, f"question {question.slug}")
    assert mend.before["versions"][version] == {"counts": True, "everybody": False, "accepted": [["b"]]}
    assert mend.after["versions"][version]["counts"] is False
    assert {**mend.after, **mending.figures} == mend.after
    assert mendings.undo_mending(mending=mending, by=author, now=T0 + timedelta(days=1))
    undone = only("unmend")
    assert undone.before["versions"] == mend.after["versions"]
    assert undone.after["versions"] == mend.before["versions"]


def test_a_second_press_leaves_one_entry():
    question = make_question()
    said: dict[str, Any] = {"question": question, "versions": [question.current_id], "kind": "drop", "answers": []}
    for _ in range(2):
        mendings.apply_mending(**said, reason="Both hold.", by=None, latest=0, now=T0)
    assert len(entries("mend")) == 1


# -- time ------------------------------------------------------------------------------------------------------------


def test_another_time_for_a_person_is_kept_and_the_same_time_is_not():
    by, learner = make_learner(), make_learner()
    for _ in range(2):
        attempts.set_accommodation(learner=learner, time_factor="1.5", extra_minutes=0, untimed=False, by=by)
    entry = only("accommodation")
    assert (entry.actor, entry.subject) == (by.pk, learner.pk)
    assert entry.before == {"time_factor": "1", "extra_minutes": 0, "untimed": False}
    assert entry.after == {"time_factor": "1.5", "extra_minutes": 0, "untimed": False, "running_exams_moved": 0}


def test_the_window_of_a_class_exam_is_kept_when_it_is_set_moved_and_taken_back():
    by, assignment = make_learner(), make_assignment(make_cohort())
    cohorts.assign_exam(assignment=assignment, now=T0, by=by)
    assert entries() == []  # nothing moved
    assignment.closes_at += timedelta(days=1)
    cohorts.assign_exam(assignment=assignment, now=T0, by=by)
    moved = only("class time")
    assert moved.actor == by.pk
    assert moved.before["closes_at"] != moved.after["closes_at"] == assignment.closes_at.isoformat()
    cohorts.withdraw_exam(assignment=assignment, now=T0, by=by)
    assert entries("class time")[-1].after == {}


# -- people ----------------------------------------------------------------------------------------------------------


def test_a_new_instructor_is_kept_once():
    by, person = make_learner(), make_learner()
    for _ in range(2):
        accounts.make_instructor(user=person, by=by)
    entry = only("rights")
    assert (entry.actor, entry.subject) == (by.pk, person.pk)
    assert (entry.before["groups"], entry.after["groups"], entry.after["is_staff"]) == ([], ["Instructors"], True)


def test_a_removed_account_is_a_number_without_a_name():
    person = make_learner(username="anna", email="anna@example.org", first_name="Anna", last_name="Berg")
    attempts.set_accommodation(learner=person, time_factor="2", extra_minutes=0, untimed=False)
    pk = person.pk
    accounts.delete_account(user=person)
    assert only("removal").actor == only("removal").subject == pk
    kept = str([{field.name: getattr(entry, field.name) for field in entry._meta.fields} for entry in entries()])
    for name in ("anna", "Anna", "Berg", "example.org"):
        assert name not in kept
    assert {entry.subject_name for entry in AuditEntry.objects.with_names()} == {None}  # type: ignore[attr-defined]


def test_a_guest_who_leaves_is_told_from_an_account():
    accounts.delete_account(user=make_guest())
    assert only("removal").target == "account of a guest"


def test_ones_own_export_is_kept_and_tells_what_was_done_by_and_about_one():
    by, learner = make_learner(), make_learner()
    attempts.set_accommodation(learner=learner, time_factor="1.5", extra_minutes=0, untimed=False, by=by)
    mine = accounts.take_out_own(user=learner, now=T0)["audit_log"]
    assert [(entry["what"], entry["by_you"], entry["about_you"]) for entry in mine] == [("time of a person changed", False, True)]
    assert mine[0]["after"]["time_factor"] == "1.5"
    assert only("own export").subject == learner.pk
    [theirs] = accounts.export_data(user=by, now=T0)["audit_log"]
    assert theirs["by_you"]
    assert not theirs["about_you"]
    assert (theirs["before"], theirs["after"]) == ({}, {})  # a learner's time is the learner's own


# -- how it is kept --------------------------------------------------------------------------------------------------


def test_what_is_undone_leaves_no_entry():
    with transaction.atomic():
        accounts.make_instructor(user=make_learner())
        assert len(entries()) == 1
        transaction.set_rollback(True)
    assert entries() == []


def test_the_id_of_the_request_is_kept_where_there_is_one():
    with bound_contextvars(request_id="0f8fad5b-d9cb-469f-a165-70867728950e"):
        record(Action.RIGHTS, "account", by=None)
    record(Action.RIGHTS, "account", by=None)
    assert [entry.request_id for entry in entries()] == ["0f8fad5b-d9cb-469f-a165-70867728950e", ""]


# -- at the desk -----------------------------------------------------------------------------------------------------


@pytest.fixture
def superuser(client: Any, sign_in: Callable[..., User]) -> User:
    return sign_in(client, username="chief", is_staff=True, is_superuser=True)


def test_the_tables_of_a_class_that_go_out_are_kept(client: Any, superuser: User):
    cohort: Cohort = make_cohort(instructors=[superuser])
    make_member(cohort)
    for page in ("members", "progress", "lessons", "exams"):
        assert client.get(f"/admin/quizzes/cohort/{cohort.pk}/{page}/?format=csv").status_code == 200
    client.get(f"/admin/quizzes/cohort/{cohort.pk}/members/")  # looking takes nothing out
    kept = entries("export")
    assert len(kept) == 4
    assert {entry.actor for entry in kept} == {superuser.pk}
    assert (kept[0].target, kept[0].after) == (f"Members of class {cohort.pk}", {"rows": 1})


def test_rights_and_passwords_given_at_the_desk_are_kept(client: Any, superuser: User):
    person = make_learner(username="ben")
    page = f"/admin/quizzes/user/{person.pk}"
    names = {"username": "ben", "email": "", "first_name": "", "last_name": "", "is_active": "on"}
    assert client.post(f"{page}/change/", names).status_code == 302
    assert entries() == []
    group = accounts.instructors()
    assert client.post(f"{page}/change/", {**names, "is_staff": "on", "groups": [group.pk]}).status_code == 302
    entry = only("rights")
    assert (entry.actor, entry.subject, entry.after["groups"]) == (superuser.pk, person.pk, ["Instructors"])
    new = "seven quiet lighthouses"
    assert client.post(f"{page}/password/", {"password1": new, "password2": new, "usable_password": "true"}).status_code == 302
    entry = only("password")
    assert (entry.actor, entry.subject) == (superuser.pk, person.pk)
    assert new not in str(vars(entry))
    client.post(f"{page}/delete/", {"post": "yes"})
    assert (only("removal").actor, only("removal").subject) == (superuser.pk, person.pk)


def test_a_superuser_reads_filters_and_takes_it_out(client: Any, superuser: User):
    gone = make_learner(username="anna")
    record(Action.RIGHTS, "=HYPERLINK(1)", by=gone, after={"is_staff": True})
    record(Action.MEND, "question async-two", by=superuser)
    pk = gone.pk
    accounts.delete_account(user=gone)
    page = client.get("/admin/quizzes/auditentry/").text
    assert f"person {pk} (removed)" in page
    assert "question async-two" in page
    assert "async-two" not in client.get("/admin/quizzes/auditentry/?action__exact=rights").text
    file = client.get("/admin/quizzes/auditentry/csv/?action__exact=rights").text
    assert "'=HYPERLINK(1)" in file
    assert "async-two" not in file
    assert only("export").after == {"rows": 1}


@pytest.mark.parametrize("values", [{}, {"is_staff": True}], ids=["learner", "staff"])
def test_nobody_else_reads_it(client: Any, sign_in: Callable[..., User], values: dict[str, bool]):
    user = sign_in(client, **values)
    if values:
        accounts.make_instructor(user=user)
    entry = record(Action.RIGHTS, "account", by=None)
    for path in ("", "csv/", f"{entry.pk}/change/", f"{entry.pk}/history/", "add/", f"{entry.pk}/delete/"):
        assert client.get(f"/admin/quizzes/auditentry/{path}").status_code == 403


def test_the_list_costs_the_same_for_one_entry_and_for_many(client: Any, superuser: User, django_assert_max_num_queries: Any):
    for _ in range(30):
        record(Action.RIGHTS, "account", by=make_learner())
    with django_assert_max_num_queries(12):
        client.get("/admin/quizzes/auditentry/")
