"""People: instructors give learners their time; superusers look after accounts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.db import transaction
from django.db.models import QuerySet, Value
from django.db.models.functions import Concat
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from quizzes.admin.site import DeskAdmin, desk
from quizzes.models import Cohort, Learner, Membership, User
from quizzes.services.accounts import (
    delete_account,
    end_sessions,
    make_instructor,
    note_password,
    note_rights,
    remove_second_factor,
    rights_of,
)
from quizzes.services.attempts import set_accommodation


@admin.register(Learner, site=desk)
class LearnerAdmin(DeskAdmin):
    """Who gets more time in exams: instructors see the learners of their own classes, superusers everyone. Nothing else can be changed here."""

    intro = (
        "Give a learner of your classes the time they need. It holds in every exam they sit, and one that is running gets its new end at once. "
        "Learners who are in none of your open classes are not listed; ask a superuser about them."
    )
    list_display = ("username", "name", "guest", "time_factor", "extra", "no_clock")
    list_filter = ("time_factor", "untimed", "is_guest")
    search_fields = ("username", "first_name", "last_name", "email")
    search_help_text = "Looks in usernames, names and e-mail addresses."
    ordering = ("is_guest", "username")
    fields = ("time_factor", "extra_minutes", "untimed")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Learner]:
        rows: QuerySet[Learner] = super().get_queryset(request)
        rows = rows.filter(is_staff=False, is_superuser=False)
        if getattr(request.user, "is_superuser", False):
            return rows
        return rows.filter(pk__in=Membership.objects.under(request.user, now=timezone.now()).values("learner"))

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Learner:
        """Somebody of another class is not there."""
        found: Learner | None = super().get_object(request, object_id, from_field)
        if found is None:
            raise Http404
        return found

    @admin.display(description="name", ordering=Concat("first_name", Value(" "), "last_name"), empty_value="")
    def name(self, learner: Learner) -> str:
        return learner.get_full_name()

    @admin.display(description="guest", ordering="is_guest", empty_value="")
    def guest(self, learner: Learner) -> str:
        return "guest" if learner.is_guest else ""

    @admin.display(description="extra time", ordering="extra_minutes", empty_value="")
    def extra(self, learner: Learner) -> str:
        return f"{learner.extra_minutes} minutes" if learner.extra_minutes else ""

    @admin.display(description="clock", ordering="untimed", empty_value="")
    def no_clock(self, learner: Learner) -> str:
        return "no clock" if learner.untimed else ""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> HttpResponse:
        learner = context["original"]
        context |= {"title": f"Time in exams: {learner.display_name}", "subtitle": learner.username if learner.is_guest else learner.email}
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Learner, form: Any, change: bool) -> None:
        running = set_accommodation(
            learner=obj, time_factor=obj.time_factor, extra_minutes=obj.extra_minutes, untimed=obj.untimed, by=request.user,  # type: ignore[arg-type]
        )  # fmt: skip
        request.running = running  # type: ignore[attr-defined]

    def response_change(self, request: HttpRequest, obj: Learner) -> HttpResponse:
        running = request.running  # type: ignore[attr-defined]
        more = (
            f" {running} running exam{'s have' if running > 1 else ' has'} a new end." if running else " It holds from their next exam on."
        )
        self.message_user(request, f"Saved for {obj.display_name}.{more}", messages.SUCCESS)
        cohort = request.GET.get("cohort", "")
        if cohort.isdecimal() and Cohort.objects.taught_by(request.user).filter(pk=cohort).exists():
            return redirect("admin:quizzes_cohort_members", int(cohort))
        return redirect("admin:quizzes_learner_changelist")


class SuperusersOnly(DeskAdmin):
    """Nobody but a superuser, whatever permissions say."""

    def _is_superuser(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._is_superuser(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_superuser(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._is_superuser(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_superuser(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_superuser(request)


@admin.register(User, site=desk)
class PeopleAdmin(SuperusersOnly, UserAdmin):
    """Accounts and who may do what."""

    intro = "Everybody with an account, and guests. To let somebody in as an instructor, tick them and choose the action."
    list_display = ("username", "email", "name", "is_guest", "is_instructor", "is_superuser", "is_active", "last_login")
    list_filter = ("is_guest", "is_staff", "is_superuser", "is_active")
    actions = ("make_instructors", "sign_out_everywhere", "remove_second_factors")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        ("Rights", {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"fields": ("username", "password1", "password2")}),)
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined")

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field: Any = super().formfield_for_manytomany(db_field, request, **kwargs)
        field.widget, field.help_text = forms.CheckboxSelectMultiple(choices=field.choices), ""
        return field

    @admin.display(description="name", ordering=Concat("first_name", Value(" "), "last_name"), empty_value="")
    def name(self, user: User) -> str:
        return user.get_full_name()

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Not oneself: that is done on one's own account page, which asks for the password."""
        return super().has_delete_permission(request, obj) and obj != request.user

    @admin.display(description="instructor", boolean=True, ordering="is_staff")
    def is_instructor(self, user: User) -> bool:
        return user.is_staff

    @admin.action(description="Make instructor", permissions=["change"])
    def make_instructors(self, request: HttpRequest, users: QuerySet[User]) -> None:
        done = 0
        for user in users.filter(is_guest=False):
            make_instructor(user=user, by=request.user)  # type: ignore[arg-type]
            self.log_change(request, user, "Made instructor.")
            done += 1
        self.message_user(request, f"Instructors now: {done}. A guest has to sign up first.", messages.SUCCESS)

    @admin.action(description="Sign out everywhere", permissions=["change"])
    def sign_out_everywhere(self, request: HttpRequest, users: QuerySet[User]) -> None:
        """A guest is left alone: they could never come back."""
        done = 0
        for user in users.filter(is_guest=False):
            end_sessions(user=user)
            done += 1
        said = f"Signed out in every browser: {done}. A guest stays, because they could not come back."
        self.message_user(request, said, messages.SUCCESS)

    @admin.action(description="Remove the second factor, for somebody who lost it", permissions=["change"])
    def remove_second_factors(self, request: HttpRequest, users: QuerySet[User]) -> None:
        had = [user.username for user in users if remove_second_factor(user=user, by=request.user)]  # type: ignore[arg-type]
        said = f"Removed from {', '.join(had)}: they sign in with their password alone now." if had else "Nobody of these had one."
        self.message_user(request, said, messages.SUCCESS if had else messages.WARNING)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Everything a person did goes with them; questions they wrote stay, without their name."""
        return [f"{user} and everything they did here" for user in objs], {"people": len(objs)}, set(), []

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        delete_account(user=obj, by=request.user)  # type: ignore[arg-type]

    # -- what the audit log keeps ------------------------------------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        request.rights_before = rights_of(User.objects.get(pk=obj.pk)) if change else {}  # type: ignore[attr-defined]
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Groups are written after the person, so rights are compared here."""
        super().save_related(request, form, formsets, change)
        note_rights(user=form.instance, before=request.rights_before, by=request.user)  # type: ignore[attr-defined, arg-type]

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        with transaction.atomic():
            response: HttpResponse = super().user_change_password(request, id, form_url)
            if request.method == "POST" and response.status_code == 302:
                note_password(user=User.objects.get(pk=id), by=request.user)  # type: ignore[arg-type]
        return response
