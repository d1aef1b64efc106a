"""What an instructor says of a source."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from quizzes.models import SourcePage


class SourcePageForm(forms.ModelForm):
    """Since when a page says something else, and what."""

    changed_on = forms.DateField(
        required=False, label="Changed on", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="What was checked before this day wants another look. Empty: the page stands as it was read.",
        error_messages={"invalid": "Write the day as 2026-11-24, or leave it empty."},
    )  # fmt: skip
    note = forms.CharField(required=False, max_length=300, label="What changed", help_text="For those who look again: what to look for.")

    class Meta:
        model = SourcePage
        fields = ["changed_on", "note"]

    def clean_changed_on(self) -> Any:
        day = self.cleaned_data["changed_on"]
        if day and day > timezone.localdate():
            raise forms.ValidationError("This day is still to come. Write the day on which the page changed, or today.")
        return day
