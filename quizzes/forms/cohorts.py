"""What people type to join a class, and what instructors type to open one and to assign an exam."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone

from quizzes.domain.cohort import CONSENT_VERSION
from quizzes.models import Assignment, Cohort, User


class JoinForm(forms.Form):
    """A code, and the tick that says: I read what instructors will see."""

    code = forms.CharField(
        max_length=40, label="Join code", help_text="Eight letters and digits, such as FH7K-29MT. Small letters are as good as capitals.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
        error_messages={"required": "Type the code that your instructor gave you.", "max_length": "A code has eight letters and digits."},
    )  # fmt: skip
    agreed = forms.IntegerField(error_messages={
        "required": "Tick this if you agree; without it you cannot join.", "invalid": "Tick this if you agree; without it you cannot join.",
    })  # fmt: skip

    def clean_agreed(self) -> int:
        agreed: int = self.cleaned_data["agreed"]
        if agreed != CONSENT_VERSION:
            raise forms.ValidationError("These words have changed since the page was drawn. Read them again, then tick.")
        return agreed


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class MomentInput(forms.DateTimeInput):
    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class CohortForm(forms.ModelForm):
    """A class: its name, its days, who teaches it."""

    title = forms.CharField(
        max_length=100, label="Name", help_text="Learners see it.", error_messages={"required": "Give the class a name."}
    )
    starts_on = forms.DateField(
        label="First day", widget=DayInput(), help_text="You see nothing of what learners did before it.",
        error_messages={"required": "Choose the first day.", "invalid": "Write the day as 2026-11-24."},
    )  # fmt: skip
    ends_on = forms.DateField(
        label="Last day", widget=DayInput(), help_text="After it the class can be read and exported, and nothing in it changes.",
        error_messages={"required": "Choose the last day.", "invalid": "Write the day as 2026-12-18."},
    )  # fmt: skip
    instructors = forms.ModelMultipleChoiceField(
        User.objects.none(), label="Who teaches it", widget=forms.CheckboxSelectMultiple,
        help_text="They see the same as you and may change the same.", error_messages={"required": "Choose at least one instructor."},
    )  # fmt: skip

    #: Whoever fills this in; the page sets it.
    by: User

    class Meta:
        model = Cohort
        fields = ["title", "starts_on", "ends_on", "instructors"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "instructors" in self.fields:
            field: Any = self.fields["instructors"]
            field.queryset = User.objects.filter(is_staff=True, is_active=True).order_by("username")
            field.label_from_instance = lambda person: (
                person.username if person.display_name == person.username else f"{person.display_name} ({person.username})"
            )

    def clean_instructors(self) -> Any:
        chosen = self.cleaned_data["instructors"]
        if not self.by.is_superuser and self.by not in chosen:
            raise forms.ValidationError("Keep yourself among them: you would not see this class any more. A colleague can take you off.")
        return chosen

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        starts, ends = data.get("starts_on"), data.get("ends_on")
        if not starts or not ends:
            return data
        if ends < starts:
            self.add_error("ends_on", "The last day lies before the first. Choose a later one.")
        elif ends < timezone.localdate():
            self.add_error("ends_on", "This day has passed already, and the class would be over at once. Choose today or a later day.")
        elif self.instance.pk and self.instance.assignments.filter(closes_at__gt=Cohort(ends_on=ends).ends_at).exists():
            self.add_error("ends_on", "An assigned exam closes after this day. Move its window first, or choose a later day.")
        return data


class AssignmentForm(forms.ModelForm):
    """An exam for a class: which, from when to when, how often."""

    opens_at = forms.DateTimeField(
        label="Opens", widget=MomentInput(), error_messages={"required": "Say when it opens.", "invalid": "Write it as 2026-11-24 09:00."}
    )  # fmt: skip
    closes_at = forms.DateTimeField(
        label="Closes", widget=MomentInput(), error_messages={"required": "Say when it closes.", "invalid": "Write it as 2026-11-24 17:00."},
        help_text="Exams that still run then are handed in; a learner’s extra time is added.",
    )  # fmt: skip
    attempts_allowed = forms.IntegerField(
        label="Attempts allowed", min_value=1, max_value=Assignment.MOST_ATTEMPTS, initial=1,
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), f"Allow 1 to {Assignment.MOST_ATTEMPTS} attempts."),
    )  # fmt: skip
    note = forms.CharField(label="Note", required=False, max_length=300, help_text="Learners read it above the exam. It may stay empty.")

    class Meta:
        model = Assignment
        fields = ["blueprint", "opens_at", "closes_at", "attempts_allowed", "note"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zone = timezone.get_current_timezone_name()
        self.fields["opens_at"].help_text = f"By the clock of {zone}."
        plan = self.fields["blueprint"]
        plan.error_messages |= {"required": "Choose an exam.", "invalid_choice": "Choose one of the exams."}
        if self.instance.pk and self.instance.attempts.exists():
            plan.disabled = True
            plan.help_text = "It has been begun, so it stays this exam."
        else:
            plan.help_text = "Also one that is not offered to everybody."

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        opens, closes = data.get("opens_at"), data.get("closes_at")
        if opens and closes:
            self._check_window(opens, closes)
        return data

    def _check_window(self, opens: datetime, closes: datetime) -> None:
        if closes <= opens:
            self.add_error("closes_at", "It closes before it opens. Choose a later moment.")
        elif closes > self.instance.cohort.ends_at:
            last = self.instance.cohort.ends_on
            self.add_error("closes_at", f"The class ends on {last.day} {last:%b %Y}. Choose a moment up to the end of that day.")
