"""What an instructor uploads, and what they choose of it."""

from __future__ import annotations

from typing import Any

from django import forms

from quizzes.domain.exchange import FORMATS, MOST_BYTES
from quizzes.models import Domain, Objective


class ImportForm(forms.Form):
    """A file, what it is, and where questions go that do not say so themselves."""

    file = forms.FileField(
        label="File",
        help_text=f"At most {MOST_BYTES // 1_000_000} MB. It is only looked at: you choose afterwards what is taken.",
        error_messages={"required": "Choose a file.", "empty": "This file is empty. Choose another."},
    )
    format = forms.ChoiceField(
        label="Format",
        choices=[(name, format.title) for name, format in FORMATS.items() if format.reader and name != "qti3"],
        error_messages={"invalid_choice": "Choose one of the formats."},
    )
    objective = forms.ModelChoiceField(
        Objective.objects.none(),
        label="Objective",
        help_text="For questions whose file names none.",
        error_messages={"required": "Choose an objective.", "invalid_choice": "Choose one of the objectives."},
    )
    domain = forms.ModelChoiceField(
        Domain.objects.none(),
        label="Exam domain",
        help_text="For questions whose file names none.",
        error_messages={"required": "Choose a domain.", "invalid_choice": "Choose one of the domains."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["format"].choices = [  # type: ignore[attr-defined]
            (name, "QTI package (1.2, 2.x or 3.0)" if name == "qti" else title)
            for name, title in self.fields["format"].choices  # type: ignore[attr-defined]
        ]
        self.fields["objective"].queryset = Objective.objects.order_by("topic__position", "position")  # type: ignore[attr-defined]
        self.fields["domain"].queryset = Domain.objects.order_by("position")  # type: ignore[attr-defined]

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(f"The file has more than {MOST_BYTES // 1_000_000} MB. Split it, and import the parts.")
        return file


class ChosenForm(forms.Form):
    """The questions of one page of a report that are to be taken."""

    chosen = forms.TypedMultipleChoiceField(
        coerce=int,
        error_messages={
            "required": "Choose at least one question.",
            "invalid_choice": "One of the chosen questions is not new any more. Look again.",
        },
    )

    def __init__(self, *args: Any, numbers: list[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["chosen"].choices = [(number, number) for number in numbers]  # type: ignore[attr-defined]


class ExportForm(forms.Form):
    """The format of an export."""

    format = forms.ChoiceField(
        choices=[(name, format.title) for name, format in FORMATS.items()],
        widget=forms.RadioSelect,
        initial="moodle_xml",
        error_messages={"required": "Choose a format.", "invalid_choice": "Choose one of the formats."},
    )
