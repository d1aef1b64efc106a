"""What people type at the second step of signing in, and in setting it up. The checks are django-allauth's; the words are ours."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from allauth.account.forms import ReauthenticateForm as AllauthReauthenticateForm
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base import forms as base
from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as webauthn
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django import forms
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.utils.encoding import force_bytes

from quizzes.forms.accounts import password_field

LONGEST_KEY_NAME = 60


class SecondFactorAdapter(DefaultMFAAdapter):
    """allauth's second factor in our words. Its secrets lie in the database under a key that is not there."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "This code does not fit. Type the one that your app shows now (each holds for 30 seconds and works once), or a recovery code.",
    }

    def get_totp_issuer(self) -> str:
        return "BeSA Serverless"

    def get_totp_label(self, user: AbstractBaseUser) -> str:
        return user.get_username()

    def encrypt(self, text: str) -> str:
        return _keys().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """What was encrypted; under a lost SECRET_KEY nothing that any code fits to, so that nobody comes in by it."""
        try:
            return _keys().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            return base64.b32encode(hashlib.sha256(encrypted_text.encode() + force_bytes(settings.SECRET_KEY)).digest()[:20]).decode()

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Any) -> str:
        return "My passkey"


def _keys() -> MultiFernet:
    """The keys that follow from SECRET_KEY, the one in use first."""
    given = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"second factor" + force_bytes(key)).digest())) for key in given])


def code_field(label: str, help_text: str) -> forms.CharField:
    widget = forms.TextInput(
        attrs={"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false", "inputmode": "numeric"}
    )
    return forms.CharField(label=label, widget=widget, help_text=help_text, max_length=40, error_messages={"required": "Type the code."})


class StepForm(base.AuthenticateForm):
    """The second step of signing in: a code of the app, or a recovery code."""

    code = code_field("Code", "The six digits that your app shows now, or one of your recovery codes.")


class CodeAgainForm(base.ReauthenticateForm):
    code = code_field("Code", "The six digits that your app shows now, or one of your recovery codes.")


class PasswordAgainForm(AllauthReauthenticateForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"] = password_field("Your password", is_new=False, error_messages={"required": "Type your password."})


class AppForm(totp.ActivateTOTPForm):
    """The first code of an app: it shows that the app has the secret."""

    code = code_field("Code of the app", "The six digits that it shows now.")


#: What the library raises at an answer that no browser gives.
FORGED = (KeyError, TypeError, ValueError, AttributeError)


class AnswerMixin:
    """The answer of a browser to a challenge. A forged one is refused like a wrong one."""

    def clean_credential(self) -> Any:
        try:
            return super().clean_credential()  # type: ignore[misc]
        except FORGED:
            raise SecondFactorAdapter().validation_error("incorrect_code") from None


class PasskeyStepForm(AnswerMixin, webauthn.AuthenticateWebAuthnForm):
    pass


class PasskeyLoginForm(AnswerMixin, webauthn.LoginWebAuthnForm):
    pass


class PasskeyAgainForm(AnswerMixin, webauthn.ReauthenticateWebAuthnForm):
    pass


class PasskeyForm(webauthn.AddWebAuthnForm):
    """A name for a passkey; what the browser made of it comes in a hidden field."""

    name = forms.CharField(
        label="Name", required=False, max_length=LONGEST_KEY_NAME, help_text="So that you know it again: the device, or the colour of the key.",
    )  # fmt: skip
    passwordless = forms.BooleanField(
        label="Sign in with it alone, without a password", required=False, initial=True,
        help_text="It then asks for your finger, your face or its PIN. Without this tick it is only the second step after your password.",
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        try:
            data: dict[str, Any] = super().clean()
        except FORGED:
            raise SecondFactorAdapter().validation_error("incorrect_code") from None
        return data


class PasskeyNameForm(webauthn.EditWebAuthnForm):
    name = forms.CharField(
        label="Name", max_length=LONGEST_KEY_NAME,
        error_messages={"required": "A passkey needs a name.", "max_length": f"Use at most {LONGEST_KEY_NAME} characters."},
    )  # fmt: skip
