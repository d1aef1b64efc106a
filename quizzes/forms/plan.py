"""What a learner plans for: the day of the exam, how well to remember, how many reviews a day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms

from quizzes.domain.memory import DAILY_LOADS, RETENTIONS

#: Nobody plans further ahead than this.
FURTHEST_DAYS = 2 * 365


class PlanForm(forms.Form):
    """`today` is the first day that an exam may have."""

    MEMORY = [(str(value), f"{value:.0%}".replace("%", "\N{NO-BREAK SPACE}%")) for value in RETENTIONS]
    LOADS = [(str(n), str(n)) for n in DAILY_LOADS]

    exam_on = forms.DateField(
        label="Day of your exam", required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text="Leave it empty if there is none yet.",
        error_messages={"invalid": "Write the day as year-month-day, for example 2027-03-15, or leave it empty."},
    )  # fmt: skip
    retention = forms.ChoiceField(
        choices=MEMORY, error_messages={"required": "Choose how well to remember.", "invalid_choice": "Choose one of the targets."}
    )
    daily_reviews = forms.ChoiceField(
        choices=LOADS, error_messages={"required": "Choose how many reviews a day.", "invalid_choice": "Choose one of the numbers."}
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_exam_on(self) -> date | None:
        day: date | None = self.cleaned_data["exam_on"]
        if day is not None and day < self.today:
            raise forms.ValidationError("This day is over. Choose today or a later one, or leave it empty.")
        if day is not None and day > self.today + timedelta(days=FURTHEST_DAYS):
            raise forms.ValidationError("This is more than two years away. Choose an earlier day, or leave it empty until then.")
        return day

    def clean_retention(self) -> float:
        return float(self.cleaned_data["retention"])

    def clean_daily_reviews(self) -> int:
        return int(self.cleaned_data["daily_reviews"])
