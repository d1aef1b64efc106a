"""Coming in, one's own account, taking the data along, leaving. The flows are django-allauth's; a guest counts as not signed in there."""

from __future__ import annotations

import json
import logging
from typing import Any

from allauth.account import views as allauth
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.utils import complete_signup, get_next_redirect_url
from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout as end_session
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from quizzes.forms import accounts as forms
from quizzes.models import User
from quizzes.queries.accounts import account_page
from quizzes.services import accounts, attempts
from quizzes.views import limits
from quizzes.views.parts import learner_of

security = logging.getLogger("quizzes.security")

TOO_MANY = "too_many_login_attempts"


def guest_of(request: HttpRequest) -> User | None:
    """The guest behind a request; None for a visitor and for somebody who is signed in."""
    learner = learner_of(request)
    return learner if learner and learner.is_guest else None


def status_of(form: BaseForm) -> int:
    """422 for what was typed wrong, 429 for too many wrong passwords. The cursor goes to the first field that is wrong."""
    for name in form.errors:
        if name in form.fields:
            form.fields[name].widget.attrs["autofocus"] = True
            break
    return 429 if form.has_error("password", TOO_MANY) else 422


class TypedFormMixin:
    """A form with something wrong in it comes back with status 422."""

    def form_invalid(self, form: BaseForm) -> HttpResponse:
        response: HttpResponse = super().form_invalid(form)  # type: ignore[misc]
        response.status_code = status_of(form)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {"can_mail": bool(settings.EMAIL_URL), **super().get_context_data(**kwargs)}  # type: ignore[misc]


class EntranceMixin(TypedFormMixin):
    """Who has an account and is signed in is sent on; a guest is not signed in yet."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if learner_of(request) and not guest_of(request):
            return redirect(get_next_redirect_url(request) or settings.LOGIN_REDIRECT_URL)
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        return response


# -- coming in -------------------------------------------------------------------------------------------------------


@method_decorator(login_not_required, name="dispatch")
class LoginView(EntranceMixin, allauth.LoginView):
    form_class = forms.LoginForm

    def form_valid(self, form: forms.LoginForm) -> HttpResponse:
        response: HttpResponse = form.login(self.request, redirect_url=self.get_success_url())
        return response


class AccountAdapter(forms.AccountAdapter):
    """What happens when the last step of signing in is done, by whichever way somebody came."""

    def login(self, request: HttpRequest, user: User) -> None:
        """Give the session to the account; what a guest did in this browser comes along."""
        guest = guest_of(request)
        if guest and guest.pk != user.pk:
            # Before the session changes hands: should this fail, the guest is still where they were.
            request.came_along = attempts.adopt_guest(guest=guest, account=user, now=timezone.now())  # type: ignore[attr-defined]
        super().login(request, user)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Who tries is told by the address alone: what was typed may be a password in the wrong field."""
        security.warning("sign-in failed: wrong name or password, from %s", self.get_client_ip(request))

    def post_login(self, request: HttpRequest, user: User, *, signup: bool = False, **kwargs: Any) -> HttpResponse:
        security.info("signed in: person %s, %s", user.pk, ", ".join(_ways(request)))
        if not signup:
            came_along = _what_came_along(getattr(request, "came_along", None))
            messages.success(request, f"You are signed in as {user.display_name}.{came_along}")
        response: HttpResponse = super().post_login(request, user, signup=signup, **kwargs)
        return response


def _ways(request: HttpRequest) -> list[str]:
    """By what somebody signed in, for the log: password, mfa of a kind."""
    records = get_authentication_records(request, learner_of(request))
    return [" ".join(str(record[key]) for key in ("method", "type") if key in record) for record in records] or ["after being a guest"]


def _what_came_along(adoption: attempts.Adoption | None) -> str:
    if adoption is None:
        return ""
    handed_in = "".join(
        f" “{title}” was running here and in your account: the one you began as a guest is handed in and its result is under Exams."
        for title in adoption.handed_in
    )
    return f" Everything you did here as a guest came along.{handed_in}"


@method_decorator(login_not_required, name="dispatch")
class SignupView(EntranceMixin, allauth.SignupView):
    form_class = forms.SignupForm

    def form_valid(self, form: forms.SignupForm) -> HttpResponse:
        request, names, password = self.request, form.names(), form.cleaned_data["password"]
        guest = guest_of(request)
        try:
            user = accounts.sign_up(guest=guest, password=password, **names)
        except accounts.Taken as taken:
            # The button pressed twice, or somebody who forgot that they had signed up: name and password fit, so let them in.
            login = forms.LoginForm({"login": form.cleaned_data["login"], "password": password}, request=request)
            if login.is_valid():
                response: HttpResponse = login.login(request, redirect_url=self.get_success_url())
                return response
            form.add_error("login", str(taken))
            return self.form_invalid(form)
        by = f"{user.email} or {user.username}" if user.email else user.username
        kept = " Everything you did as a guest is in your account." if guest else ""
        messages.success(request, f"Welcome, {user.display_name}.{kept} From now on you sign in with {by} and your password.")
        done: HttpResponse = complete_signup(request, user, None, self.get_success_url())
        return done


@login_not_required
def admin_entrance(request: HttpRequest) -> HttpResponse:
    """The admin has no door of its own, so that the limits on guessing passwords hold there too."""
    if learner_of(request) and not guest_of(request):
        return render(request, "403.html", status=403)
    wanted = get_next_redirect_url(request) or reverse("admin:index")
    return redirect(f"{reverse('account_login')}?{urlencode({'next': wanted})}")


# -- going out -------------------------------------------------------------------------------------------------------


@method_decorator(login_not_required, name="dispatch")
class LogoutView(allauth.LogoutView):
    """Sign out, by POST. A guest cannot come back, so they must have read that first."""

    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        if guest_of(self.request) and "leave" not in self.request.POST:
            return redirect("account_logout")
        response: HttpResponse = super().post(*args, **kwargs)
        response["Clear-Site-Data"] = '"cache"'  # not "storage": answers that still wait to be saved lie there
        return response


# -- passwords -------------------------------------------------------------------------------------------------------


class PasswordChangeView(TypedFormMixin, allauth.PasswordChangeView):
    form_class = forms.ChangePasswordForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if guest_of(request):
            return redirect("account_signup")
        user = learner_of(request)
        if user and not user.has_usable_password():  # Made at the desk without one: nothing is there to be changed.
            return redirect("account_reset_password")
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return response


@method_decorator(login_not_required, name="dispatch")
class PasswordResetView(TypedFormMixin, allauth.PasswordResetView):
    """A link by e-mail; where the site can send none, the page says whom to ask."""

    form_class = forms.ResetPasswordForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not settings.EMAIL_URL:
            return render(request, self.template_name, {"can_mail": False})
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return response


@method_decorator(login_not_required, name="dispatch")
class PasswordResetFromKeyView(TypedFormMixin, allauth.PasswordResetFromKeyView):
    form_class = forms.ResetPasswordKeyForm

    def logout(self) -> None:
        """Somebody else who is signed in here is signed out; a guest stays, to come along at the sign-in that follows."""
        if not guest_of(self.request):
            super().logout()


# -- one's own account -----------------------------------------------------------------------------------------------


def too_many_passwords(request: HttpRequest) -> HttpResponse | None:
    """The page that says so, when a password was asked for too often."""
    response: HttpResponse | None = ratelimit.consume_or_429(request, action="reauthenticate", user=request.user)
    return response


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """Who one is, what is kept, and the way to everything about it; POST changes the username and the e-mail address."""
    user = learner_of(request)
    assert user is not None
    if request.method == "POST" and user.is_guest:
        return redirect("account_signup")
    if limited := too_many_passwords(request):
        return limited
    form = forms.NamesForm(request.POST if request.method == "POST" else None, user=user)
    if form.is_valid():
        try:
            accounts.change_names(user=user, username=form.cleaned_data["username"], email=form.cleaned_data["email"])
        except accounts.Taken as taken:
            form.add_error(taken.field, str(taken))
        else:
            messages.success(request, "Your username and e-mail address are saved.")
            return redirect("account")
    status = status_of(form) if form.is_bound else 200
    return render(request, "quizzes/accounts/account.html", {"page": account_page(user), "form": form}, status=status)


@require_GET
def data(request: HttpRequest) -> HttpResponse:
    """Everything kept about this person, as a file."""
    user, now = learner_of(request), timezone.now()
    assert user is not None
    limits.require(request, "own-export")
    file = json.dumps(accounts.take_out_own(user=user, now=now), indent=2, ensure_ascii=False)
    headers = {"Content-Disposition": f'attachment; filename="besa-serverless-{now:%Y-%m-%d}.json"'}
    return HttpResponse(f"{file}\n", content_type="application/json; charset=utf-8", headers=headers)


@require_http_methods(["GET", "HEAD", "POST"])
def sessions(request: HttpRequest) -> HttpResponse:
    """Sign out in every other browser; this one goes on under a new key."""
    user = learner_of(request)
    assert user is not None
    if user.is_guest:
        return redirect("account_signup")
    if request.method != "POST":
        return render(request, "quizzes/accounts/sessions.html")
    accounts.end_sessions(user=user)
    update_session_auth_hash(request, user)
    messages.success(request, "You are signed out in every other browser. This one stays.")
    return redirect("account")


@sensitive_post_parameters("proof")
@require_http_methods(["GET", "POST"])
def removal(request: HttpRequest) -> HttpResponse:
    """Leave, and take everything away."""
    user = learner_of(request)
    assert user is not None
    if limited := too_many_passwords(request):
        return limited
    form = forms.RemovalForm(request.POST if request.method == "POST" else None, user=user)
    if form.is_valid():
        accounts.delete_account(user=user)
        end_session(request)
        messages.success(request, "Your account and everything you did are removed. You can begin anew at any time.")
        return redirect("today")
    status = status_of(form) if form.is_bound else 200
    return render(request, "quizzes/accounts/removal.html", {"page": account_page(user), "form": form}, status=status)
