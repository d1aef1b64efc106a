"""What people type to come in, to be known by, and to leave. Who has a name already is the service's to say."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as allauth
from allauth.account.adapter import DefaultAccountAdapter
from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator, validate_email
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from quizzes.models import User
from quizzes.services.accounts import GUEST_PREFIX

#: Fits the bar of a page; the table would take 150 characters.
LONGEST_NAME = 40
PASSWORD_HELP = "At least 8 characters. Longer is better than complicated."  # noqa: S105 (a help text)
WRONG_PASSWORD = "This is not your password. Type the one that you sign in with."  # noqa: S105 (a sentence)


class AccountAdapter(DefaultAccountAdapter):
    """allauth's flows in our words, and on this site only."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        **dict.fromkeys(
            ("username_password_mismatch", "email_password_mismatch"),
            "No account has this name and this password. Check both; small and capital letters differ in passwords.",
        ),
        "enter_current_password": WRONG_PASSWORD,
        "too_many_login_attempts": "There were too many tries with a wrong password. Wait five minutes, then try again.",
        "rate_limited": "There were too many tries with a wrong code. Wait five minutes, then try again.",
        "incorrect_password": WRONG_PASSWORD,
        "invalid_password_reset": "This link was used already or is too old. Ask for a new one.",
    }

    def is_ajax(self, request: HttpRequest) -> bool:
        """Every form here is answered by a page."""
        return False

    def is_safe_url(self, url: str) -> bool:
        """Only this very site: an allowed host may be somebody else's."""
        return url_has_allowed_host_and_scheme(url, allowed_hosts={self.request.get_host()}, require_https=self.request.is_secure())

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("account")


def name_input(**attrs: str) -> forms.TextInput:
    return forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false", **attrs})


def password_field(label: str, *, is_new: bool, help_text: str = "", **values: Any) -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": "new-password" if is_new else "current-password"})
    return forms.CharField(label=label, strip=False, widget=widget, help_text=help_text, **values)


def clean_username(name: str) -> str:
    """The name as it is kept. Raises ValidationError with a sentence."""
    name = User.normalize_username(name)
    RegexValidator(r"^[\w.+-]+\Z", "Use letters, digits and . + - _ only, or type a whole e-mail address.")(name)
    if len(name) > LONGEST_NAME:
        raise ValidationError(f"Use at most {LONGEST_NAME} characters.")
    if name.startswith(GUEST_PREFIX):
        raise ValidationError(f"Names that begin with “{GUEST_PREFIX}” are kept for guests. Choose another one.")
    return name


class LoginForm(allauth.LoginForm):
    """Username or e-mail address, and password. What does not fit is told at the password, the same for known and unknown names."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = "Username or e-mail address"
        self.fields["login"].widget = name_input()
        self.fields["login"].error_messages["required"] = "Type the username or the e-mail address of your account."
        self.fields["password"] = password_field("Password", is_new=False, error_messages={"required": "Type your password."})

    def clean(self) -> dict[str, Any]:
        try:
            super().clean()
        except ValidationError as problem:
            self.add_error("password", problem)
        return self.cleaned_data


class SignupForm(forms.Form):
    """A username or an e-mail address, and a password."""

    login = forms.CharField(
        label="Username or e-mail address", widget=name_input(),
        error_messages={"required": "Choose a username, or type your e-mail address."},
    )  # fmt: skip
    password = password_field("Password", is_new=True, help_text=PASSWORD_HELP, error_messages={"required": "Choose a password."})

    by_passkey = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].help_text = (
            "A name that you make up, or your address. With an address you can be sent a new password if you forget yours."
            if settings.EMAIL_URL
            else "A name that you make up, or your address. This site sends no e-mail, so keep your password somewhere safe."
        )

    def clean_login(self) -> str:
        login: str = self.cleaned_data["login"]
        if "@" not in login:
            return clean_username(login)
        try:
            validate_email(login)
        except ValidationError:
            raise ValidationError("This is no whole e-mail address. Write it like anna@example.org, or choose a name without @.") from None
        if len(login) > 254:
            raise ValidationError("Use an address of at most 254 characters.")
        return login.lower()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if "password" in data:
            try:
                validate_password(data["password"], User(**self.names()))
            except ValidationError as problem:
                self.add_error("password", problem)
        return data

    def names(self) -> dict[str, str]:
        """What was typed, as username or as e-mail address."""
        login = self.cleaned_data.get("login", "")
        return {"username": "", "email": login} if "@" in login else {"username": login, "email": ""}


class NamesForm(forms.Form):
    """One's username and e-mail address; the password proves that it is the owner who changes them."""

    username = forms.CharField(
        label="Username", widget=name_input(), error_messages={"required": "An account needs a username."},
    )  # fmt: skip
    email = forms.EmailField(
        label="E-mail address", required=False, widget=forms.EmailInput(attrs={"autocomplete": "email", "autocapitalize": "none"}),
        error_messages={"invalid": "This is no whole e-mail address. Write it like anna@example.org."},
    )  # fmt: skip
    password = password_field(
        "Your password", is_new=False, help_text="So that nobody else changes this at an open screen.",
        error_messages={"required": "Type your password, to be sure that it is you."},
    )  # fmt: skip

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **{"initial": {"username": user.username, "email": user.email}, **kwargs})
        self.user = user
        self.fields["email"].help_text = (
            "Only for a new password, if you forget yours. Leave it empty if you want none."
            if settings.EMAIL_URL
            else "You can sign in with it. This site sends no e-mail. Leave it empty if you want none."
        )

    def clean_username(self) -> str:
        name = User.normalize_username(self.cleaned_data["username"])
        # A name that an operator gave may have other letters; it may stay.
        return name if name == self.user.username else clean_username(name)

    def clean_email(self) -> str:
        return self.cleaned_data["email"].lower()

    def clean_password(self) -> str:
        return _own_password(self.user, self.cleaned_data["password"])


class RemovalForm(forms.Form):
    """The last question before everything goes: one's password, or for a guest the word DELETE."""

    proof = forms.CharField()

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        if user.is_guest:
            self.fields["proof"] = forms.CharField(
                label="Type DELETE", widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
                error_messages={"required": "Type the word DELETE to remove everything."},
            )  # fmt: skip
        else:
            self.fields["proof"] = password_field(
                "Your password", is_new=False, error_messages={"required": "Type your password to remove everything."}
            )

    def clean_proof(self) -> str:
        proof: str = self.cleaned_data["proof"]
        if not self.user.is_guest:
            return _own_password(self.user, proof)
        if proof != "DELETE":
            raise ValidationError("Type the word DELETE, in capital letters, to remove everything.")
        return proof


def _own_password(user: User, typed: str) -> str:
    if not user.check_password(typed):
        raise ValidationError(WRONG_PASSWORD)
    return typed


class ChangePasswordForm(allauth.ChangePasswordForm):
    """The old password and the new one, each typed once: the page can show what is typed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        old = self.fields["oldpassword"]
        old.label, old.help_text = "Current password", ""
        old.error_messages["required"] = "Type the password that you sign in with now."
        _ask_once(self)


class ResetPasswordKeyForm(allauth.ResetPasswordKeyForm):
    """A new password, typed once: the page can show what is typed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _ask_once(self)


def _ask_once(form: forms.Form) -> None:
    del form.fields["password2"]
    new = form.fields["password1"]
    new.label, new.help_text = "New password", PASSWORD_HELP
    new.error_messages["required"] = "Choose a new password."
    for field in form.fields.values():
        field.widget.attrs.pop("placeholder", None)


class ResetPasswordForm(allauth.ResetPasswordForm):
    """The address to which a link is sent."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        email = self.fields["email"]
        email.label = "E-mail address"
        email.widget = forms.EmailInput(attrs={"autocomplete": "email", "autocapitalize": "none"})
        email.error_messages |= {
            "required": "Type the e-mail address of your account.",
            "invalid": "This is no whole e-mail address. Write it like anna@example.org.",
        }
