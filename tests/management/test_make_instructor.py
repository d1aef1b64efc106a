"""manage.py make_instructor, as an operator meets it."""

from __future__ import annotations

import io

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command

from quizzes.models import User
from quizzes.services import accounts
from tests.content.tree import Tree
from tests.factories import make_guest, make_learner

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("make_instructor", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.parametrize("name", ["anna", "Anna", "ANNA@example.org"])
def test_somebody_with_an_account_becomes_an_instructor(name):
    make_learner(username="anna", email="anna@example.org")
    assert "anna is an instructor now" in run(name)
    anna = User.objects.get(username="anna")
    assert anna.is_staff
    assert anna.has_perm("quizzes.publish_question")
    assert "anna is an instructor now" in run(name), "doing it twice is safe"


def test_an_unknown_name_is_told_what_to_do():
    with pytest.raises(CommandError, match=r"There is no account 'nobody'.*--create"):
        run("nobody")


def test_a_guest_is_told_to_sign_up():
    guest = make_guest()
    with pytest.raises(CommandError, match="sign up first"):
        run(guest.username)


@pytest.mark.parametrize("name", ["berta", "berta@example.org"])
def test_an_account_can_be_made_on_the_way(name, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse battery\n"))
    run(name, "--create", "--password-stdin")
    berta = User.objects.get(username="berta")
    assert berta.is_staff
    assert berta.check_password("correct horse battery")


@pytest.mark.parametrize(
    ("name", "password", "sentence"),
    [
        ("berta", "short", "No account was made. This password is too short"),
        ("be rta", "correct horse battery", "No account was made. Use letters"),
        ("anna", "correct horse battery", "This username is taken"),
    ],
)
def test_a_wrong_name_or_password_makes_no_account(name, password, sentence, monkeypatch):
    make_learner(username="anna")
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
    with pytest.raises(CommandError, match=sentence):
        run(name, "--create", "--password-stdin")
    assert User.objects.count() == 1
    assert not User.objects.get().is_staff


@pytest.mark.parametrize(("second", "made"), [("correct horse battery", True), ("corect horse battery", False)])
def test_the_password_is_asked_for_twice(second, made, monkeypatch):
    typed = iter(["correct horse battery", second])
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(typed))
    if made:
        run("berta", "--create")
    else:
        with pytest.raises(CommandError, match="the two passwords differ"):
            run("berta", "--create")
    assert User.objects.filter(username="berta", is_staff=True).exists() == made


def test_the_group_is_there_once_content_is(tmp_path):
    call_command("sync_content", "--content", str(Tree(tmp_path).root), stdout=io.StringIO())
    group = Group.objects.get(name=accounts.INSTRUCTORS)
    assert {p.codename for p in group.permissions.all()} == set(accounts.INSTRUCTOR_PERMISSIONS)
