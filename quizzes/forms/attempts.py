"""What people send in a sitting, made into typed values with an error beside the field."""

from __future__ import annotations

import json
from typing import Any

from django import forms

from quizzes.domain.attempt import Confidence
from quizzes.domain.errors import InvalidAnswer
from quizzes.domain.items import LETTERS, Item, read_answer

CONFIDENCE = [(Confidence.SURE, "Sure"), (Confidence.UNSURE, "Not sure"), (Confidence.GUESS, "Guess")]
NOT_AN_OPTION = "One of the chosen options does not belong to this question. Reload the page and choose again."


class Shared(forms.Field):
    """A field that no form changes: one for all forms of its class, where Django copies each for every request. Saving and answering feel it."""

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return self


class SharedChoice(Shared, forms.ChoiceField):
    """One of several, shared."""


class SharedRegex(Shared, forms.RegexField):
    """A word of a pattern, shared."""


class SharedInteger(Shared, forms.IntegerField):
    """A whole number, shared."""


class LettersField(Shared):
    """The chosen options by the letters that the page shows."""

    def to_python(self, value: Any) -> list[str]:
        letters = [
            letter for letter in ([value] if isinstance(value, str) else list(value or [])) if letter != ""
        ]  # An empty one says: none.
        if len(letters) > len(LETTERS) or any(letter not in tuple(LETTERS) for letter in letters):
            raise forms.ValidationError(NOT_AN_OPTION)
        return sorted(set(letters))

    def validate(self, value: Any) -> None:
        """An empty answer is the caller's matter: saving takes it, checking does not."""


class PartsField(Shared):
    """A place or a partner for each option ("A:2"), or the number that was typed."""

    def to_python(self, value: Any) -> list[str]:
        parts = [value] if isinstance(value, str) else list(value or [])
        if len(parts) > len(LETTERS):
            raise forms.ValidationError(NOT_AN_OPTION)
        return [str(part) for part in parts]


class LettersInput(forms.SelectMultiple):
    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        return data.getlist(name) if hasattr(data, "getlist") else data.get(name, [])


class VisitField(Shared):
    """Milliseconds that a page counted. A figure that makes no sense is none: it must never stand in the way of an answer."""

    def to_python(self, value: Any) -> int:
        text = str(value or "")
        return int(text) if text.isascii() and text.isdecimal() and len(text) <= 9 else 0


class AnswerForm(forms.Form):
    """An answer to be checked at once."""

    answer = LettersField(widget=LettersInput, required=False)
    confidence = SharedChoice(
        choices=CONFIDENCE, required=False, error_messages={"invalid_choice": "Say “Sure”, “Not sure” or “Guess”, or leave it open."}
    )
    spent_ms = VisitField(required=False)

    def __init__(self, *args: Any, item: Item, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.item = item
        if not item.is_choice:
            self.fields["answer"] = PartsField(widget=LettersInput, required=False)

    def clean_answer(self) -> list[str]:
        """As the page sent it. Whatever order the place shows, what is missing or doubled is the same."""
        answer: list[str] = self.cleaned_data["answer"]
        item = self.item
        order = [option.id for option in item.options]
        try:
            read_answer(item.type, answer, order=order, pick=item.pick, target_count=len(item.targets), unit=item.unit, complete=True)
        except InvalidAnswer as refusal:
            raise forms.ValidationError(str(refusal)) from refusal
        return answer


class DraftForm(forms.Form):
    """A change to a place of a running exam. Fields that are not sent are not changed.

    With `pick` and `option_count` an answer that the place cannot take is told at the answer; without, the service refuses it.
    """

    answer = LettersField(widget=LettersInput, required=False)
    revision = SharedInteger(required=False, min_value=0)
    save_id = SharedRegex(r"^[A-Za-z0-9_-]{8,64}$", required=False)
    spent_ms = VisitField(required=False)
    flagged = SharedChoice(choices=[("1", "yes"), ("0", "no")], required=False)
    strike = SharedRegex(r"^[A-H]$", required=False)
    struck = LettersField(widget=LettersInput, required=False)

    def __init__(self, *args: Any, pick: int = len(LETTERS), option_count: int = len(LETTERS), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pick, self.option_count = pick, option_count

    def clean_answer(self) -> list[str]:
        answer: list[str] = self.cleaned_data["answer"]
        if any(LETTERS.index(letter) >= self.option_count for letter in answer):
            raise forms.ValidationError(NOT_AN_OPTION)
        if len(answer) > self.pick:
            raise forms.ValidationError("Choose one option." if self.pick == 1 else f"Choose {self.pick} options; you chose {len(answer)}.")
        return answer

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.saves_answer and not self.errors and (data.get("revision") is None or not data.get("save_id")):
            raise forms.ValidationError("This save names no revision or no id of its own. Reload the page; what was saved before is kept.")
        return data

    @property
    def saves_answer(self) -> bool:
        """Whether an answer came with it; an empty one counts (`revision` is there)."""
        return "revision" in self.data

    @property
    def marks(self) -> bool:
        return any(name in self.data for name in ("flagged", "strike", "struck")) or (not self.saves_answer and "spent_ms" in self.data)


class PracticeForm(forms.Form):
    """What to practise."""

    KINDS = [
        ("all", "All questions"),
        ("unseen", "Not seen yet"),
        ("missed", "Missed the last time"),
        ("computed", "Computed, with new numbers each time"),
    ]
    SIZES = [("5", "5 questions"), ("10", "10 questions"), ("15", "15 questions"), ("20", "20 questions"), ("25", "25 questions")]

    kind = forms.ChoiceField(
        choices=KINDS,
        required=False,
        error_messages={"invalid_choice": "Choose all questions, those not seen yet, those missed, or computed ones."},
    )
    size = forms.IntegerField(
        min_value=5, max_value=25, required=False,
        error_messages={"min_value": "Choose 5 to 25 questions.", "max_value": "Choose 5 to 25 questions.", "invalid": "Choose 5 to 25 questions."},
    )  # fmt: skip
    topics = forms.MultipleChoiceField(required=False, error_messages={"invalid_choice": "There is no such topic. Choose from the list."})
    section = forms.RegexField(
        r"^[a-z0-9-]+#[a-z0-9-]+$", required=False, widget=forms.HiddenInput,
        error_messages={"invalid": "There is no such section of a lesson. Choose topics instead."},
    )  # fmt: skip

    def __init__(self, *args: Any, topics: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["topics"].choices = topics  # type: ignore[attr-defined]

    def clean_kind(self) -> str:
        return self.cleaned_data["kind"] or "all"

    def clean_size(self) -> int:
        return self.cleaned_data["size"] or 10


class ReviewForm(forms.Form):
    """How long a review may be."""

    SIZES = [("10", "Short: 10 questions"), ("25", "Full: 25 questions")]

    size = forms.ChoiceField(
        choices=SIZES, required=False, error_messages={"invalid_choice": "A review has 10 or 25 questions. Choose one."}
    )

    def clean_size(self) -> int:
        return int(self.cleaned_data["size"] or 25)


class ReportForm(forms.Form):
    """A learner's note on a question."""

    kind = forms.ChoiceField(
        choices=[("wrong", "The answer marked right is wrong"), ("unclear", "The wording is unclear"), ("outdated", "AWS has changed this"), ("other", "Something else")],
        error_messages={"required": "Choose what is the matter.", "invalid_choice": "Choose what is the matter."},
    )  # fmt: skip
    text = forms.CharField(
        max_length=2000, widget=forms.Textarea(attrs={"rows": 4}), label="What exactly, and where did you read it?",
        error_messages={"required": "Write a sentence about it, so that an author can find it."},
    )  # fmt: skip


class WaitingForm(forms.Form):
    """What a page still held when the exam was handed in: a JSON list of position, answer, revision and save_id."""

    waiting = forms.CharField(required=False)

    def clean_waiting(self) -> list[dict[str, Any]]:
        try:
            found = json.loads(self.cleaned_data["waiting"] or "[]")
        except (ValueError, RecursionError):
            return []
        if not isinstance(found, list) or len(found) > 200:
            return []
        good = []
        for entry in found:
            if not isinstance(entry, dict):
                continue
            form = DraftForm({**entry, "answer": entry.get("answer") or []})
            if form.is_valid() and isinstance(entry.get("position"), int):
                good.append({"position": entry["position"], **form.cleaned_data})
        return good

    def waiting_answers(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.cleaned_data["waiting"]
        return found
