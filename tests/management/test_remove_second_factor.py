"""For somebody who lost everything that stood behind their password, the only superuser among them."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.core.management import CommandError, call_command

from quizzes.models import AuditEntry
from tests.factories import make_learner

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["anna", "ANNA", "anna@example.org"])
def test_it_is_taken_away_and_kept_in_the_audit_log(name: str, capsys: pytest.CaptureFixture[str]):
    user = make_learner(username="anna", email="anna@example.org")
    TOTP.activate(user, "JBSWY3DPEHPK3PXP")
    call_command("remove_second_factor", name)
    assert "anna signs in with their password alone now" in capsys.readouterr().out
    assert not Authenticator.objects.exists()
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor, entry.subject, entry.before) == ("second factor", None, user.pk, {"parts": 1})
    user.refresh_from_db()
    assert user.session_round == 1


def test_who_has_none_is_told_so(capsys: pytest.CaptureFixture[str]):
    user = make_learner(username="anna")
    call_command("remove_second_factor", "anna")
    assert capsys.readouterr().out == "anna had no second factor. Nothing was changed.\n"
    user.refresh_from_db()
    assert user.session_round == 0
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("name", ["nobody", ""])
def test_an_unknown_name_is_told(name: str):
    with pytest.raises(CommandError, match="There is no account"):
        call_command("remove_second_factor", name)
