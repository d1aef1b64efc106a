"""A picture that an instructor brings."""

from __future__ import annotations

from typing import Any

from django import forms

from quizzes.domain.pictures import MOST_BYTES


class PictureForm(forms.Form):
    """A file; its bytes say what it is, not its name."""

    file = forms.FileField(
        label="Picture",
        help_text=f"PNG, JPEG, GIF or WebP, at most {MOST_BYTES // 1_000_000} MB.",
        error_messages={"required": "Choose a file.", "empty": "This file is empty. Choose another."},
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(f"The picture has more than {MOST_BYTES // 1_000_000} MB. Save it smaller.")
        return file
