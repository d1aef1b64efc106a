"""The app's own addresses: nouns."""

from allauth.account import views as allauth
from django.urls import path, re_path, register_converter
from django.urls.converters import IntConverter

from quizzes.views import accounts, attempts, cohorts, home, invocation, labs, lessons, offline, plan, readiness, second_factor, site


class NumberConverter(IntConverter):
    """A number that a database can hold; a longer one is no address of ours."""

    regex = "[0-9]{1,15}"


register_converter(NumberConverter, "number")

urlpatterns = [
    path("", home.today, name="today"),
    path("lessons/", lessons.lesson_list, name="lessons"),
    path("lessons/<slug:slug>/", lessons.lesson, name="lesson"),
    path("lessons/<slug:slug>/place/", lessons.place, name="place"),
    path("lessons/<slug:slug>/reading/", lessons.reading, name="reading"),
    path("lessons/<slug:slug>/offline/", offline.lesson_copy, name="lesson-copy"),
    path("lessons/<slug:slug>/checks/<number:pk>/", lessons.check, name="check"),
    path("glossary/", lessons.glossary, name="glossary"),
    path("search/", lessons.search, name="search"),
    path("labs/", labs.labs, name="labs"),
    path("labs/invocation/", invocation.invocation, name="invocation"),
    path("labs/drills/", labs.drills, name="drills"),
    path("labs/drills/<slug:family>/", labs.new_drill, name="new-drill"),
    path("labs/drills/<slug:family>/<number:seed>/", labs.drill, name="drill"),
    path("labs/pricing/", labs.pricing, name="pricing"),
    path("labs/pricing/workflows/", labs.workflow_pricing, name="workflow-pricing"),
    path("practice/", attempts.practice, name="practice"),
    path("review/", attempts.review, name="review"),
    path("readiness/", readiness.readiness, name="readiness"),
    path("readiness/check/", readiness.check, name="readiness-check"),
    path("exams/", attempts.exams, name="exams"),
    path("exams/<slug:slug>/", attempts.exam, name="exam"),
    path("classes/", cohorts.classes, name="classes"),
    path("classes/<number:pk>/", cohorts.class_page, name="class"),
    path("classes/<number:pk>/leaving/", cohorts.leaving, name="class-leaving"),
    path("classes/<number:pk>/exams/<number:exam>/", cohorts.class_exam, name="class-exam"),
    path("attempts/<number:pk>/", attempts.attempt, name="attempt"),
    path("attempts/<number:pk>/clock/", attempts.clock, name="clock"),
    path("attempts/<number:pk>/slots/<number:position>/", attempts.slot, name="slot"),
    path("attempts/<number:pk>/slots/<number:position>/draft/", attempts.draft, name="draft"),
    path("attempts/<number:pk>/review/", attempts.attempt_review, name="attempt-review"),
    path("attempts/<number:pk>/submission/", attempts.submission, name="submission"),
    path("attempts/<number:pk>/result/", attempts.result, name="result"),
    path("attempts/<number:pk>/misses/", attempts.misses, name="misses"),
    path("attempts/<number:pk>/replays/", attempts.replays, name="replays"),
    path("plan/", plan.plan, name="plan"),
    path("progress/", home.progress, name="progress"),
    path("progress/memory/", home.memory, name="memory"),
    path("questions/<number:pk>/", home.question, name="question"),
    path("versions/<number:pk>/reports/", home.report, name="report"),
    # Of allauth's addresses only those that are used here, under its own names.
    path("accounts/login/", accounts.LoginView.as_view(), name="account_login"),
    path("accounts/logout/", accounts.LogoutView.as_view(), name="account_logout"),
    path("accounts/signup/", accounts.SignupView.as_view(), name="account_signup"),
    path("accounts/inactive/", allauth.account_inactive, name="account_inactive"),
    path("accounts/password/change/", accounts.PasswordChangeView.as_view(), name="account_change_password"),
    path("accounts/password/reset/", accounts.PasswordResetView.as_view(), name="account_reset_password"),
    path("accounts/password/reset/done/", allauth.password_reset_done, name="account_reset_password_done"),
    path("accounts/password/reset/key/done/", allauth.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    re_path(
        r"^accounts/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        accounts.PasswordResetFromKeyView.as_view(),
        name="account_reset_password_from_key",
    ),
    path("accounts/reauthentication/", second_factor.PasswordAgainView.as_view(), name="account_reauthenticate"),
    path("accounts/reauthentication/code/", second_factor.CodeAgainView.as_view(), name="mfa_reauthenticate"),
    path("accounts/reauthentication/passkey/", second_factor.PasskeyAgainView.as_view(), name="mfa_reauthenticate_webauthn"),
    path("accounts/second-factor/", second_factor.second_factor, name="mfa_index"),
    path("accounts/second-factor/step/", second_factor.StepView.as_view(), name="mfa_authenticate"),
    path("accounts/second-factor/app/", second_factor.AppView.as_view(), name="mfa_activate_totp"),
    path("accounts/second-factor/app/removal/", second_factor.AppRemovalView.as_view(), name="mfa_deactivate_totp"),
    path("accounts/second-factor/codes/", second_factor.CodesView.as_view(), name="mfa_view_recovery_codes"),
    path("accounts/second-factor/codes/new/", second_factor.NewCodesView.as_view(), name="mfa_generate_recovery_codes"),
    path("accounts/passkeys/new/", second_factor.PasskeyView.as_view(), name="mfa_add_webauthn"),
    path("accounts/passkeys/login/", second_factor.PasskeyLoginView.as_view(), name="mfa_login_webauthn"),
    path("accounts/passkeys/<number:pk>/", second_factor.PasskeyNameView.as_view(), name="mfa_edit_webauthn"),
    path("accounts/passkeys/<number:pk>/removal/", second_factor.PasskeyRemovalView.as_view(), name="mfa_remove_webauthn"),
    path("accounts/", accounts.account, name="account"),
    path("accounts/data/", accounts.data, name="account-data"),
    path("accounts/sessions/", accounts.sessions, name="account-sessions"),
    path("accounts/removal/", accounts.removal, name="account-removal"),
    path("offline/", offline.page, name="offline"),
    path("manifest.webmanifest", offline.manifest, name="manifest"),
    path("service-worker.js", offline.worker, name="worker"),
    path("robots.txt", site.robots, name="robots"),
    path("sitemap.xml", site.sitemap, name="sitemap"),
    path("privacy/", site.privacy, name="privacy"),
    path(".well-known/security.txt", site.security_txt, name="security-txt"),
    path("healthz", site.healthz, name="healthz"),
    path("readyz", site.readyz, name="readyz"),
]
