"""What people send while reading."""

from __future__ import annotations

from django import forms


class PlaceForm(forms.Form):
    """The section reached."""

    anchor = forms.SlugField(required=False)


class SearchForm(forms.Form):
    """Words to look for."""

    q = forms.CharField(
        max_length=100, required=False, strip=True, label="Search",
        error_messages={"max_length": "Search for at most 100 characters."},
    )  # fmt: skip
