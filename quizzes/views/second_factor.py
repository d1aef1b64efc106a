"""The second step of signing in and passkeys: set up, use, remove, and prove again who one is. The ceremonies are django-allauth's.

A guest counts as not signed in, so allauth's own door to the second step, which turns signed-in people away, cannot be used as it is.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from allauth.account.stages import LoginStageController
from allauth.account.views import ReauthenticateView
from allauth.mfa.base import views as base
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.stages import AuthenticateStage
from allauth.mfa.totp import views as totp
from allauth.mfa.utils import is_mfa_enabled
from allauth.mfa.webauthn import views as webauthn
from allauth.mfa.webauthn.internal import auth as ceremony
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.views.generic import TemplateView

from quizzes.forms import second_factor as forms
from quizzes.queries.accounts import second_factor_page
from quizzes.services import accounts
from quizzes.views.accounts import TOO_MANY, guest_of, status_of
from quizzes.views.parts import learner_of, wants_json


def answered(view: Any, form: BaseForm) -> HttpResponse:
    """The page again with what was wrong: 422, or 429 after too many wrong codes."""
    response: HttpResponse = view.render_to_response(view.get_context_data(form=form))
    codes_said = [problem.code for problems in form.errors.as_data().values() for problem in problems]
    response.status_code = 429 if TOO_MANY in codes_said or "rate_limited" in codes_said else status_of(form)
    return response


class OwnMixin:
    """Pages of an account: a guest has no password yet, so there is nothing that a second step could follow."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if guest_of(request):
            return redirect("account_signup")
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        return response

    def form_invalid(self, form: BaseForm) -> HttpResponse:
        return answered(self, form)


def second_factor(request: HttpRequest) -> HttpResponse:
    """What stands behind one's password, and the ways to more and to less of it."""
    if guest_of(request):
        return redirect("account_signup")
    user = learner_of(request)
    assert user is not None
    return render(request, "mfa/index.html", {"page": second_factor_page(user)})


# -- signing in ------------------------------------------------------------------------------------------------------


@method_decorator(login_not_required, name="dispatch")
class StepView(base.AuthenticateView):
    """The second step, after the password was right and before anything of the account is shown."""

    form_class = forms.StepForm
    webauthn_form_class = forms.PasskeyStepForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if learner_of(request) and not guest_of(request):
            return redirect("today")
        self.stage = LoginStageController.enter(request, AuthenticateStage.key)
        if not self.stage or not is_mfa_enabled(self.stage.login.user, [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]):
            return redirect("account_login")
        self.form = self._build_forms()
        return TemplateView.dispatch(self, request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        kinds = set(Authenticator.objects.filter(user=self.stage.login.user).values_list("type", flat=True))
        return {
            **context,
            "has_app": Authenticator.Type.TOTP in kinds,
            "has_passkey": Authenticator.Type.WEBAUTHN in kinds,
            "options": json.dumps(context["js_data"]["request_options"], default=dict),
        }

    def form_invalid(self, form: BaseForm) -> HttpResponse:
        return answered(self, form)


@method_decorator(login_not_required, name="dispatch")
class PasskeyLoginView(webauthn.LoginWebAuthnView):
    """Signing in by a passkey alone. A script asks for the challenge by GET; a person who comes here is sent to the door."""

    form_class = forms.PasskeyLoginForm

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not wants_json(request):
            return redirect("account_login")
        options = json.loads(json.dumps(ceremony.begin_authentication(user=None), default=dict))
        return JsonResponse({"request_options": options})

    def form_invalid(self, form: BaseForm) -> HttpResponse:
        sentence = "This passkey opens no account here, or took too long. Nothing was changed. Try again, or sign in with your password."
        messages.error(self.request, sentence)
        return redirect("account_login")


# -- setting it up ---------------------------------------------------------------------------------------------------


class NotedMixin(OwnMixin):
    """What is done stands in the audit log, in the same transaction: `done` says what it was."""

    done = ""

    def form_valid(self, form: BaseForm) -> HttpResponse:
        user = learner_of(self.request)  # type: ignore[attr-defined]
        assert user is not None
        with transaction.atomic():
            response: HttpResponse = super().form_valid(form)  # type: ignore[misc]
            accounts.note_second_factor(user=user, what=self.done)
        return response


class FirstFactorMixin(NotedMixin):
    """Who sets up their first second factor is signed out everywhere else: those browsers came in without it."""

    def form_valid(self, form: BaseForm) -> HttpResponse:
        request: HttpRequest = self.request  # type: ignore[attr-defined]
        user = learner_of(request)
        assert user is not None
        is_first = not is_mfa_enabled(user)
        response = super().form_valid(form)
        if is_first:
            accounts.end_sessions(user=user)
            update_session_auth_hash(request, user)
        return response


class AppView(FirstFactorMixin, totp.ActivateTOTPView):
    form_class = forms.AppForm
    done = "app set up"


class AppRemovalView(NotedMixin, totp.DeactivateTOTPView):
    done = "app removed"


class CodesView(OwnMixin, codes.ViewRecoveryCodesView):
    """The recovery codes, once: to be printed, or kept as the file that the link holds itself."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        lines = ["Recovery codes of BeSA Serverless. Each works once.", "", *context["unused_codes"], ""]
        return {**context, "file": "data:text/plain;charset=utf-8," + quote("\r\n".join(lines))}


class NewCodesView(NotedMixin, codes.GenerateRecoveryCodesView):
    done = "new recovery codes"


class PasskeyView(FirstFactorMixin, webauthn.AddWebAuthnView):
    form_class = forms.PasskeyForm
    done = "passkey added"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        # allauth's own drops the form that was refused.
        context: dict[str, Any] = super().get_context_data(**kwargs) | kwargs
        return {**context, "options": json.dumps(context["js_data"]["creation_options"], default=dict)}


class PasskeyNameView(OwnMixin, webauthn.EditWebAuthnView):
    form_class = forms.PasskeyNameForm
    success_url = reverse_lazy("mfa_index")


class PasskeyRemovalView(NotedMixin, webauthn.RemoveWebAuthnView):
    done = "passkey removed"
    success_url = reverse_lazy("mfa_index")


# -- proving again who one is ----------------------------------------------------------------------------------------


class AgainMixin(OwnMixin):
    """Who proved it goes on under a new key of the session."""

    def form_valid(self, form: BaseForm) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)  # type: ignore[misc]
        self.request.session.cycle_key()  # type: ignore[attr-defined]
        return response


class PasswordAgainView(AgainMixin, ReauthenticateView):
    form_class = forms.PasswordAgainForm


class CodeAgainView(AgainMixin, base.ReauthenticateView):
    form_class = forms.CodeAgainForm


class PasskeyAgainView(AgainMixin, webauthn.ReauthenticateWebAuthnView):
    form_class = forms.PasskeyAgainForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs) | kwargs
        return {**context, "options": json.dumps(context["js_data"]["request_options"], default=dict)}
