"""What people set in the invocation lab, and what they predict. The settings travel in the address; what is not there is as AWS has it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from quizzes.domain.serverless.invocation import (
    ABOUT,
    FAULTS,
    LABELS,
    MODELS,
    Asynchronous,
    Choices,
    Fault,
    Kind,
    OutOfRange,
    Settings,
    Spec,
    State,
    address,
    clock,
    require,
    simulate,
    specs,
)
from quizzes.domain.serverless.invocation import STATES as STATE_WORDS

#: How the one setting about a fault is asked for.
_ABOUT = {
    "times": Spec("Runs that fail first", low=1, high=10, unit="runs"),
    "lasts_s": Spec("Throttled for", low=1, high=21_600, unit="seconds"),
    "position": Spec("Place of the poison record", low=1, high=12, help="The last one, if there are fewer."),
}


class CaseForm(forms.Form):
    """A model, what goes wrong, and the settings of that model. `settings` and `fault` are there once it is valid."""

    def __init__(self, query: Mapping[str, Any]) -> None:
        self.model: type[Settings] = MODELS.get(str(query.get("model", "")), Asynchronous)
        self.of, self.model_title = self.model.key, self.model.title
        kinds = FAULTS[self.model]
        self.kind = next((kind for kind in kinds if kind.value == query.get("fault", Kind.ALWAYS.value)), None)
        chosen = {"model": query.get("model", self.model.key), "fault": query.get("fault", Kind.ALWAYS.value)}
        self.wants_run = "run" in query
        self.settings: Settings = self.model()
        self.fault = Fault()
        self.own = specs(self.model)
        about = {ABOUT[self.kind]: (_ABOUT[ABOUT[self.kind]], getattr(Fault(), ABOUT[self.kind]))} if self.kind in ABOUT else {}
        self.asked = {**about, **self.own}
        if query.get("of", self.model.key) != self.model.key:
            query = {}  # The fields of another model were on the page: a setting of the same name means something else there.
        filled = {name: query.get(name, _shown(default)) for name, (_, default) in self.asked.items()}
        super().__init__({**filled, **chosen})
        self.fields["model"] = _choice("How the function is invoked", [(key, model.title) for key, model in MODELS.items()])
        self.fields["fault"] = _choice("What goes wrong", [(kind.value, LABELS[kind]) for kind in kinds])
        for name, (spec, default) in self.asked.items():
            self.fields[name] = _field(spec, default)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        values = {}
        for name, (spec, default) in self.asked.items():
            if name not in data:
                continue  # Its own sentence was given already.
            empty = data[name] in (None, "")
            values[name] = (None if spec.unset else default) if empty else data[name]
            try:
                require(name, spec, values[name])
            except OutOfRange as problem:
                self.add_error(name, str(problem))
        if not self.errors and self.kind is not None:
            self._build(values)
        return data

    def _build(self, values: dict[str, Any]) -> None:
        about = {name: value for name, value in values.items() if name not in self.own}
        try:
            self.settings = self.model(**{name: value for name, value in values.items() if name in self.own})
            self.fault = Fault(kind=self.kind or Kind.NONE, **about)
            simulate(self.settings, self.fault)
        except OutOfRange as problem:
            self.add_error(problem.field, str(problem))

    @property
    def address(self) -> str:
        """The case as a query string; of a broken form the model alone."""
        return address(self.settings, self.fault) if self.is_valid() else f"model={self.model.key}"

    @property
    def fault_words(self) -> str:
        """What goes wrong, as a sentence."""
        fault = self.fault
        told = {
            Kind.NONE: "Nothing goes wrong.",
            Kind.FAILS: f"The first {'run fails' if fault.times == 1 else f'{fault.times} runs fail'}, then it works.",
            Kind.POISON: f"One of {getattr(self.settings, 'records', 1)} cannot be processed, whatever is tried.",
            Kind.THROTTLED: f"The function is throttled for {clock(fault.lasts_s)}.",
        }
        return told.get(fault.kind, f"{LABELS[fault.kind]}.")

    @property
    def changed(self) -> list[str]:
        """What is set otherwise than AWS has it, in words."""
        told = []
        for name, (spec, default) in self.own.items():
            value = getattr(self.settings, name)
            if value != default:
                unit = " s" if spec.unit == "seconds" and value is not None else ""
                words = spec.unset if value is None else dict(spec.choices).get(value, f"{_shown(value)}{unit}")
                told.append(spec.label if value is True else f"{spec.label}: {words}")
        return told

    @property
    def about(self) -> list[forms.BoundField]:
        """What can be set about the fault."""
        return [self[name] for name in self.asked if name not in self.own]

    @property
    def special(self) -> list[forms.BoundField]:
        """What this model alone has, switches last."""
        names = [name for name in self.own if name not in {"timeout_s", "run_s", "reserved"}]
        return [self[name] for name in sorted(names, key=lambda name: isinstance(self.own[name][1], bool))]

    @property
    def common(self) -> list[forms.BoundField]:
        """What every function has."""
        return [self[name] for name in ("timeout_s", "run_s", "reserved")]


class PredictionForm(forms.Form):
    """What will happen: how many runs start, and where the event ends."""

    runs = forms.ChoiceField(widget=forms.RadioSelect, error_messages={"required": "Say how often the function starts.", "invalid_choice": "Choose one of the numbers."})  # fmt: skip
    ending = forms.ChoiceField(widget=forms.RadioSelect, error_messages={"required": "Say where it ends.", "invalid_choice": "Choose one of the endings."})  # fmt: skip

    def __init__(self, data: Mapping[str, Any] | None, *, choices: Choices) -> None:
        super().__init__(data)
        self.about = choices.about
        if choices.runs:
            self._choose("runs", choices.runs)
        else:
            del self.fields["runs"]
        self._choose("ending", tuple((state.value, STATE_WORDS[State(state)]) for state in choices.endings))

    def _choose(self, name: str, choices: tuple[tuple[str, str], ...]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices


def _shown(value: Any) -> Any:
    return f"{value:g}" if isinstance(value, float) else value


def _choice(label: str, choices: list[tuple[str, str]]) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        choices=choices,
        error_messages={"required": f"{label}: choose one.", "invalid_choice": f"{label}: choose one of the list."},
    )


def _field(spec: Spec, default: Any) -> forms.Field:
    if spec.choices:
        field = _choice(spec.label, list(spec.choices))
        field.required = False
        return field
    if spec.low is None or spec.high is None:
        return forms.BooleanField(label=spec.label, required=False, help_text=spec.help)
    kind = forms.IntegerField if spec.whole else forms.FloatField
    wrong = f"“{spec.label}”: type a {'whole ' if spec.whole else ''}number, for example {int(spec.high) if default is None else default}."
    unit = f" {spec.unit}" if spec.unit else ""
    given = spec.unset if spec.unset else f"default {default:,g}"
    helped = f"{spec.low:,g} to {spec.high:,g}{unit}; {f'empty: {given}' if spec.unset else given}. {spec.help}".strip()
    widget = forms.TextInput(attrs={"inputmode": "decimal" if not spec.whole else "numeric", "autocomplete": "off"})
    return kind(label=spec.label, required=False, help_text=helped, error_messages={"invalid": wrong}, widget=widget)
