"""What an instructor says of a key that turned out wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from quizzes.domain.mending import Kind

KINDS = [
    (Kind.DROP.value, "Drop the question: it does not count for anybody"),
    (Kind.ACCEPT.value, "Accept several: other answers are right too"),
    (Kind.FULL.value, "Full marks for everybody who was asked"),
    (Kind.CHANGE.value, "Change the key: another answer is right instead"),
]


class MendingForm(forms.Form):
    """Which wordings, and what is to hold. The answers that can be named are those of one wording."""

    versions = forms.TypedMultipleChoiceField(
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        label="Versions concerned",
        error_messages={"required": "Choose at least one version.", "invalid_choice": "Choose among the versions of this question."},
    )
    kind = forms.ChoiceField(
        choices=KINDS,
        widget=forms.RadioSelect,
        label="What is to hold",
        error_messages={"required": "Say what is to hold.", "invalid_choice": "Choose one of these four."},
    )
    accept = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="If you accept several: right too",
        error_messages={"invalid_choice": "Choose among the answers to this wording."},
    )
    change = forms.ChoiceField(
        required=False,
        widget=forms.RadioSelect,
        label="If you change the key: right instead",
        error_messages={"invalid_choice": "Choose among the answers to this wording."},
    )
    number = forms.CharField(
        required=False,
        max_length=30,
        label="Or another number",
        help_text="A plain number, as 0.25. It is taken beside what is chosen above.",
    )

    def __init__(
        self, *args: Any, versions: Sequence[tuple[int, str]], answers: Sequence[tuple[str, str, bool]], asks_number: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._choose("versions", versions)
        # What is right already is not offered; but it is taken from a page that was drawn before it was.
        only = sum(is_right for _, _, is_right in answers) == 1
        for name, hides in (("accept", True), ("change", only)):
            sent = self.data.getlist(name) if self.is_bound else []  # type: ignore[attr-defined]
            self._choose(name, [(value, label) for value, label, is_right in answers if not (is_right and hides) or value in sent])
        if not asks_number:
            del self.fields["number"]

    def _choose(self, name: str, choices: Sequence[tuple[Any, str]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    @property
    def answers(self) -> list[list[str]]:
        """What was named for the kind that was chosen, as responses store it."""
        data = self.cleaned_data
        named = data["accept"] if data["kind"] == Kind.ACCEPT else [data["change"]] if data["kind"] == Kind.CHANGE else []
        typed = [[data["number"].strip()]] if data.get("number", "").strip() else []
        return [value.split(",") for value in named if value] + typed


class ReasonForm(forms.Form):
    """The last step: why, and what the dry run rested on."""

    reason = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=1000,
        label="Why",
        help_text="Learners read this on their result page. Say what was wrong and how you know.",
        error_messages={"required": "Say why: learners read this on their result page."},
    )
    latest = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
