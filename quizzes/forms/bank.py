"""What authors type at their desk: a question with its options and sources, the plan of an exam, the answer to a report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from itertools import groupby
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.text import slugify

from quizzes.domain.items import KEYLESS, OPTION_IDS, TYPES, Item, Option, Source
from quizzes.domain.quality import Finding
from quizzes.models import Blueprint, Domain, DraftOption, DraftSource, Fact, LessonSection, Objective, Question, Report

DIFFICULTIES = [(1, "1, easy"), (2, "2, middling"), (3, "3, hard")]

#: What a finding of domain.quality is called where it stands away from its field.
LABELS = {
    "stem": "Stem",
    "type": "Type",
    "options": "Options",
    "sources": "Sources",
    "objective": "Objective",
    "targets_extra": "Partners that fit nothing",
}


#: The field of an option at which a rule's finding stands; the others stand at its text.
FIELD_OF = {"L15": "why", "key": "key", "partner": "match"}


def finding_label(finding: Finding) -> str:
    """stem -> "Stem"; option-1 -> "Option 2"."""
    name, _, number = finding.field.partition("-")
    return f"Option {int(number) + 1}" if number else LABELS.get(name, name.capitalize())


class LinesField(forms.CharField):
    """One word per line, as a list without repeats."""

    def prepare_value(self, value: Any) -> Any:
        return value if value is None or isinstance(value, str) else "\n".join(value)

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        return list(dict.fromkeys(str(value or "").replace(",", " ").split()))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.to_python(self.prepare_value(initial)) != self.to_python(data)

    def validate(self, value: Any) -> None:
        """Every word is checked by the form that knows what it names."""

    def run_validators(self, value: Any) -> None:
        """None: the form checks the words."""


class PhrasesField(LinesField):
    """One phrase per line, as a list without repeats."""

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        lines = (line.replace("\0", "").strip() for line in str(value or "").splitlines())
        return list(dict.fromkeys(line for line in lines if line))


class TagsField(LinesField):
    """Tags with commas or blanks between them, as a list of what they are kept as."""

    def prepare_value(self, value: Any) -> Any:
        return value if value is None or isinstance(value, str) else ", ".join(value)

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        return list(dict.fromkeys(name for word in super().to_python(value) if (name := slugify(word)[:40].strip("-"))))


class QuestionForm(forms.ModelForm):
    """The working copy of a question. A draft need not be complete; what publishing asks for comes in as `findings`."""

    #: What speaks against publishing; the desk fills it in when Publish was pressed.
    findings: Sequence[Finding] = ()

    slug = forms.SlugField(
        label="Slug",
        max_length=100,
        required=False,
        help_text="A short name of its own, made from the stem if you leave it empty. Learners never see it.",
        error_messages={"unique": "Another question has this slug. Choose another one."},
    )
    family = forms.SlugField(
        max_length=100,
        required=False,
        help_text="Questions about the same fact share a family and never meet in one exam. Empty means that this one stands alone.",
    )
    stem = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="A situation and a question. `code` and *emphasis* work, and the mark of a picture (see Pictures). A multiple response ends with (Select TWO.)",
    )
    type = forms.ChoiceField(choices=Question.Type.choices, initial=Question.Type.SINGLE)
    targets_extra = PhrasesField(
        required=False,
        label="Partners that fit nothing",
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="For a matching: up to three more to choose from, one per line. Learners see all partners by the alphabet.",
    )
    unit = forms.CharField(required=False, max_length=40, help_text="For a numeric question: what the number counts, such as seconds.")
    tolerance = forms.CharField(
        required=False,
        max_length=30,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
        help_text="How far off a number may be and still count as right, such as 0.01. 0 wants the very number.",
    )
    objective = forms.ModelChoiceField(
        Objective.objects.all(),
        empty_label="Choose one",
        help_text="What a learner can do who gets it right. The topic follows from it.",
        error_messages={"required": "Choose an objective; the topic follows from it. What you typed is still here."},
    )
    domain = forms.ModelChoiceField(
        Domain.objects.all(),
        label="Exam domain",
        empty_label="Choose one",
        error_messages={"required": "Choose the domain of the exam guide. What you typed is still here."},
    )
    level = forms.ChoiceField(choices=Question.Level.choices, initial=Question.Level.APPLY)
    difficulty = forms.TypedChoiceField(choices=DIFFICULTIES, coerce=int, initial=2)
    lesson = forms.ChoiceField(
        required=False, label="Lesson section", help_text="Where the lessons teach it; learners get the link after they answered."
    )
    facts = LinesField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "autocapitalize": "none"}),
        help_text="Ids of the facts that make the key right, one per line.",
    )
    tag_words = TagsField(
        label="Tags",
        required=False,
        max_length=500,
        help_text="Words of your own to find it by, with commas between them. Learners never see them.",
    )
    is_pilot = forms.BooleanField(
        required=False,
        initial=True,
        label="Start as a pilot",
        help_text="Exams then draw it only for places that do not count, until its figures show that it holds and you promote it.",
    )
    note = forms.CharField(required=False, max_length=200, label="What changed", help_text="For the history, if you publish: a few words.")
    publish_anyway = forms.BooleanField(required=False, label="I have read the warnings: publish all the same")
    opened_at = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Question
        fields = [
            "type",
            "stem",
            "targets_extra",
            "unit",
            "tolerance",
            "objective",
            "domain",
            "level",
            "difficulty",
            "lesson",
            "facts",
            "slug",
            "family",
            "is_pilot",
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        objective, lesson = self.fields["objective"], self.fields["lesson"]
        objective.choices = objective_choices()  # type: ignore[attr-defined]
        lesson.choices = lesson_choices(keep=self.instance.lesson)  # type: ignore[attr-defined]
        self.initial["opened_at"] = self._stamp
        if self.instance.pk:
            self.initial["tag_words"] = [tag.name for tag in self.instance.tags.all()]
        if self.instance.current_id:
            del self.fields["is_pilot"]  # From here on it is promoted or kept, by its figures.

    @property
    def _stamp(self) -> str:
        """The moment of the last change, as the page was told it."""
        return self.instance.changed_at.isoformat() if self.instance.pk else ""

    def clean_facts(self) -> list[str]:
        given: list[str] = self.cleaned_data["facts"]
        known = set(Fact.objects.values_list("pk", flat=True)) if given else set()
        for name in given:
            if name not in known:
                close = get_close_matches(name, known, n=1, cutoff=0.5)
                self.add_error(
                    "facts", f"There is no fact “{name}”.{f' Did you mean “{close[0]}”?' if close else ' Take its id from the list below.'}"
                )
        return given

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("type") != "matching":
            data["targets_extra"] = []
        if data.get("type") != "numeric":
            data["unit"], data["tolerance"] = "", "0"
        data["tolerance"] = data.get("tolerance") or "0"
        opened = data.get("opened_at")
        if opened and opened != self._stamp:
            fresh = QueryDict(mutable=True)
            fresh.update(self.data)
            fresh[self.add_prefix("opened_at")] = self._stamp
            self.data = fresh
            self.add_error(
                None,
                f"Somebody saved this question at {timezone.localtime(self.instance.changed_at):%H:%M:%S}, after you opened it. "
                "Nothing of yours is saved yet and all of it is still here. Open the question in another tab to compare; "
                "press the button again to put yours in its place.",
            )
        for finding in self.findings:
            if finding.level == "error" and finding.field in self.fields:
                self.add_error(finding.field, finding.message)
        if self.warnings and not data.get("publish_anyway"):
            self.add_error("publish_anyway", "Read the warnings below. Mend them, or tick this box and press Publish again.")
        return data

    @property
    def warnings(self) -> list[tuple[str, str]]:
        """What asks for a second look: the part it is about, and the sentence."""
        return [(finding_label(finding), finding.message) for finding in self.findings if finding.level == "warning"]


def objective_choices() -> list[Any]:
    """Every objective under its topic."""
    rows = Objective.objects.select_related("topic").order_by("topic__position", "position")
    groups = groupby(rows, key=lambda row: row.topic.title)
    return [("", "Choose one"), *((title, [(row.pk, row.title) for row in group]) for title, group in groups)]


def lesson_choices(*, keep: str = "") -> list[Any]:
    """Every section under its lesson, as slug#anchor; `keep` stays choosable although it is gone."""
    rows = LessonSection.objects.order_by("lesson__number", "position").values_list("lesson__slug", "lesson__short", "anchor", "title")
    choices: list[Any] = [("", "None")]
    values = {""}
    for short, group in groupby(rows, key=lambda row: row[1]):
        places = [(f"{slug}#{anchor}" if anchor else slug, title or "The whole lesson") for slug, _, anchor, title in group]
        values |= {value for value, _ in places}
        choices.append((short, places))
    if keep not in values:
        choices.append((keep, f"{keep} (no longer there)"))
    return choices


class OptionForm(forms.ModelForm):
    """One option. Nothing in it means that there is none."""

    text = forms.CharField(required=False, label="Text", widget=forms.Textarea(attrs={"rows": 2}))
    key = forms.BooleanField(required=False, label="This is a key (right)")
    match = forms.CharField(required=False, label="Partner: what belongs to it", widget=forms.Textarea(attrs={"rows": 1}))
    why = forms.CharField(required=False, label="Rationale: why it is right or wrong", widget=forms.Textarea(attrs={"rows": 2}))
    place = forms.IntegerField(
        required=False, min_value=1, max_value=99, label="Place", widget=forms.NumberInput(attrs={"min": 1, "inputmode": "numeric"})
    )

    class Meta:
        model = DraftOption
        fields = ["text", "key", "match", "why"]

    @property
    def is_used(self) -> bool:
        """Whether somebody wrote an option here."""
        return bool(_text(self, "text") or _text(self, "match") or _text(self, "why") or self["key"].value())

    def has_changed(self) -> bool:
        return self.is_used


class RowsFormSet(forms.BaseInlineFormSet):
    """Rows that stand for what is typed. They name no stored row, so that an old tab never points at one that is gone."""

    forms: list[Any]
    findings: Sequence[Finding] = ()
    #: How many rows stand open; the rest waits behind a fold.
    open_rows = 1

    def initial_form_count(self) -> int:
        return 0 if self.is_bound else super().initial_form_count()

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        form.number = (index or 0) + 1

    @property
    def first_rows(self) -> list[Any]:
        return self.forms[: self._fold]

    @property
    def more_rows(self) -> list[Any]:
        return self.forms[self._fold :]

    @property
    def _fold(self) -> int:
        """Every row up to the last that holds something stands open."""
        used = max((n + 1 for n, form in enumerate(self.forms) if form.is_used or form.errors), default=0)
        return max(used, self.open_rows)


class OptionFormSet(RowsFormSet):
    """The options of a question in one form. What belongs to another type is not kept."""

    open_rows = 4

    @property
    def type(self) -> str:
        """The type that stands on the page; the formset is sent with the question's own form."""
        return str(self.data.get("type", "")) if self.is_bound else self.instance.type

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        form.fields["place"].initial = None if index is None else index + 1

    @property
    def chosen(self) -> list[OptionForm]:
        """The rows that hold an option and stay, in the order of their places."""
        rows = [(_place(form, n), n, form) for n, form in enumerate(self.forms) if form.is_used and not _is_removed(self, form)]
        return [form for _, _, form in sorted(rows, key=lambda row: row[:2])]

    @property
    def options(self) -> tuple[Option, ...]:
        """What is typed, as options of an item."""
        return tuple(
            Option(
                id=OPTION_IDS[n],
                text=_text(form, "text"),
                why=_text(form, "why"),
                key=bool(form["key"].value()) and self.type not in KEYLESS,
                match=_text(form, "match") if self.type == "matching" else "",
            )
            for n, form in enumerate(self.chosen[: len(OPTION_IDS)])
        )

    def clean(self) -> None:
        super().clean()
        rows = self.chosen
        said = []
        for finding in self.findings:
            name, _, number = finding.field.partition("-")
            if finding.level != "error":
                continue
            if name == "option" and int(number) < len(rows):
                rows[int(number)].add_error(FIELD_OF.get(finding.rule, "text"), finding.message)
            elif name == "options":
                said.append(finding.message)
        if said:
            raise forms.ValidationError(said)


class SourceForm(forms.ModelForm):
    """The page that proves the key."""

    title = forms.CharField(required=False, max_length=200, label="Title of the page")
    url = forms.URLField(
        required=False,
        max_length=500,
        assume_scheme="https",
        label="Address",
        error_messages={"invalid": "Write a whole address, such as https://docs.aws.amazon.com/lambda/latest/dg/welcome.html."},
    )
    checked = forms.DateField(
        required=False, label="Read on", initial=timezone.localdate, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    class Meta:
        model = DraftSource
        fields = ["title", "url", "checked"]

    @property
    def is_used(self) -> bool:
        return bool(_text(self, "title") or _text(self, "url"))

    def has_changed(self) -> bool:
        return self.is_used

    def clean_checked(self) -> Any:
        day = self.cleaned_data["checked"]
        if day is None and self.is_used:
            raise forms.ValidationError("Say on which day you read it.")
        return day


class SourceFormSet(RowsFormSet):
    """The sources of a question."""

    @property
    def chosen(self) -> list[SourceForm]:
        return [form for form in self.forms if form.is_used and not _is_removed(self, form)]

    @property
    def sources(self) -> tuple[Source, ...]:
        """What is typed, as sources of an item; one without a readable day counts as read today until that is mended."""
        return tuple(
            Source(title=_text(form, "title"), url=_text(form, "url"), checked=_day(form) or timezone.localdate()) for form in self.chosen
        )

    def clean(self) -> None:
        super().clean()
        said = [finding.message for finding in self.findings if finding.level == "error" and finding.field == "sources"]
        if said:
            raise forms.ValidationError(said)


def typed_item(form: QuestionForm, options: OptionFormSet, sources: SourceFormSet) -> Item:
    """What stands on the page as an item, whether or not it may be saved: for the preview and for the checks."""
    type = _text(form, "type")
    return Item(
        type=type if type in TYPES else "single",  # type: ignore[arg-type]
        stem=_text(form, "stem"),
        options=options.options,
        objective=_text(form, "objective"),
        topic=_topic(form),
        domain=_text(form, "domain"),
        level=_text(form, "level"),
        difficulty=int(_text(form, "difficulty")) if _text(form, "difficulty").isdecimal() else 2,
        lesson=_text(form, "lesson"),
        facts=tuple(LinesField().to_python(form["facts"].value())),
        sources=sources.sources,
        targets_extra=tuple(PhrasesField().to_python(form["targets_extra"].value())) if type == "matching" else (),
        unit=_text(form, "unit") if type == "numeric" else "",
        tolerance=(_text(form, "tolerance") or "0") if type == "numeric" else "0",
    )


def _topic(form: QuestionForm) -> str:
    """The topic of the chosen objective."""
    chosen = _text(form, "objective")
    if form.instance.pk and form.instance.objective_id == chosen:
        return form.instance.objective.topic_id
    return Objective.objects.filter(pk=chosen).values_list("topic_id", flat=True).first() or ""


def _text(form: forms.BaseForm, name: str) -> str:
    """What a field holds, without the blanks around it, tidied as a browser's line ends are."""
    return str(form[name].value() or "").replace("\r\n", "\n").strip()


def _place(form: forms.BaseForm, n: int) -> int:
    text = str(form["place"].value() or "")
    return int(text) if text.isdecimal() and len(text) < 4 else n + 1


def _day(form: forms.BaseForm) -> Any:
    try:
        return form.fields["checked"].clean(form["checked"].value())
    except forms.ValidationError:
        return None


def _is_removed(formset: forms.BaseFormSet, form: forms.BaseForm) -> bool:
    return bool(formset.can_delete and "DELETE" in form.fields and form["DELETE"].value())


# -- plans of exams --------------------------------------------------------------------------------------------------


class BlueprintForm(forms.ModelForm):
    """The plan of an exam, with one number for each objective."""

    class Meta:
        model = Blueprint
        fields = ["title", "slug", "summary", "minutes", "pilots", "cut", "is_open"]
        widgets = {
            "summary": forms.Textarea(attrs={"rows": 3}),
            "cut": forms.NumberInput(attrs={"step": "0.01", "min": "0.3", "max": "0.95"}),
        }
        error_messages = {
            "cut": {
                "min_value": "Between 0.3 and 0.95: the share of right answers that passes.",
                "max_value": "Between 0.3 and 0.95: the share of right answers that passes.",
            }
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        counts = self.instance.counts or {}
        for key, title in Objective.objects.order_by("topic__position", "position").values_list("pk", "title"):
            self.fields[f"count-{key}"] = forms.IntegerField(
                label=title,
                required=False,
                min_value=0,
                max_value=100,
                initial=counts.get(key, 0),
                widget=forms.NumberInput(attrs={"min": 0, "max": 100, "inputmode": "numeric", "data-count": ""}),
            )

    def count_fields(self) -> dict[str, forms.BoundField]:
        """Objective key to its number field."""
        return {name.removeprefix("count-"): self[name] for name in self.fields if name.startswith("count-")}

    @property
    def total(self) -> int:
        """How many questions the form has as it stands on the page."""
        return sum(int(text) for field in self.count_fields().values() if (text := str(field.value() or "")).isdecimal())

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        counts = {name.removeprefix("count-"): value for name, value in data.items() if name.startswith("count-") and value}
        data["counts"] = counts
        broken = any(name.startswith("count-") for name in self.errors)
        total, pilots = sum(counts.values()), data.get("pilots")
        if not counts and not broken:
            self.add_error(None, "The exam has no questions yet. Say below how many of each objective it asks.")
        elif pilots is not None and not broken and pilots >= total:
            self.add_error("pilots", f"The exam has {total} questions, so fewer than {total} can be unscored. Lower this, or ask more.")
        return data

    def _post_clean(self) -> None:
        self.instance.counts = self.cleaned_data.get("counts", {})
        super()._post_clean()  # type: ignore[misc]


# -- reports ---------------------------------------------------------------------------------------------------------


class ReplyForm(forms.ModelForm):
    """The answer to a learner's report, which closes it."""

    CHOICES = [(Report.State.MENDED, "Mended: the question is changed or retired"), (Report.State.DECLINED, "It stays as it is")]

    state = forms.ChoiceField(
        choices=CHOICES,
        widget=forms.RadioSelect,
        label="What became of it",
        error_messages={"required": "Say what became of it.", "invalid_choice": "Say what became of it."},
    )
    reply = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=2000,
        label="Answer to the learner",
        help_text="They read it on their progress page.",
        error_messages={"required": "Write a sentence to the learner, so that they know what became of their report."},
    )

    class Meta:
        model = Report
        fields = ["state", "reply"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.state == Report.State.OPEN:
            self.initial["state"] = None


def problems(form: forms.BaseForm, formsets: Iterable[Any] = ()) -> list[tuple[str, str, str]]:
    """Everything that is wrong on a page, for the list at its head: id of the field, its label, the sentence."""
    found = [("", "", str(message)) for message in form.non_field_errors()]
    found += [
        (form[name].id_for_label, str(form[name].label), str(m)) for name, said in form.errors.items() if name in form.fields for m in said
    ]
    for formset in formsets:
        title = str(formset.model._meta.verbose_name_plural).capitalize()
        found += [(f"{formset.prefix}-group", title, str(message)) for message in formset.non_form_errors()]
        for row in formset.forms:
            if _is_removed(formset, row):
                continue
            label = f"{formset.model._meta.verbose_name} {_place(row, formset.forms.index(row))}" if "place" in row.fields else "source"
            found += [
                (row[name].id_for_label, f"{label.capitalize()}, {str(row[name].label).split(':')[0].lower()}", str(m))
                for name, said in row.errors.items()
                if name in row.fields
                for m in said
            ]
    return found
