"""What people set in the labs. Everything travels in the address, so that a setting can be shared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from quizzes.domain.serverless.comparisons import parse_curve

#: A made-up job that computes for the most part: more memory, more CPU, less time, until a second core brings no more.
CURVE = "128:5900, 256:2950, 512:1470, 1024:735, 1769:428, 3008:415, 5120:412"


class Amount(forms.DecimalField):
    """A number from zero on, with sentences of its own."""

    def __init__(
        self, *, label: str, most: int, least: int = 0, initial: Any = 0, places: int = 4, help_text: str = "", **kwargs: Any
    ) -> None:
        told = {
            "invalid": f"{label}: type a number, for example {initial or 1}.", "min_value": f"{label}: {least:,} at least.",
            "max_value": f"{label}: {most:,} at most.", "max_decimal_places": f"{label}: at most {places} decimal places.",
            "max_digits": f"{label}: {most:,} at most.", "max_whole_digits": f"{label}: {most:,} at most.",
        }  # fmt: skip
        super().__init__(
            label=label, min_value=least, max_value=most, decimal_places=places, required=False, initial=initial, help_text=help_text,
            error_messages=told, widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}), **kwargs,
        )  # fmt: skip

    def to_python(self, value: Any) -> Any:
        return super().to_python("".join(str(value).split()).replace(",", "") if value is not None else value)


class LabForm(forms.Form):
    """A form that is read from the address: what is not there has its initial value."""

    def __init__(self, data: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        filled = {name: field.initial for name, field in self.base_fields.items()}
        for name in self.base_fields:
            if data is not None and name in data:
                filled[name] = data[name]
        self.sent = set(data or ()).intersection(self.base_fields)
        super().__init__(filled, **kwargs)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        return {name: self.fields[name].initial if value is None else value for name, value in data.items()}


ARCHITECTURES = [("x86_64", "x86_64"), ("arm64", "arm64")]
YES_NO = [("1", "Free tier deducted"), ("0", "Without free tier")]
MOST = 10**12


def _free_tier() -> forms.ChoiceField:
    return forms.ChoiceField(
        label="Free tier",
        choices=YES_NO,
        initial="1",
        required=False,
        error_messages={"invalid_choice": "Choose with or without free tier."},
    )


class FunctionForm(LabForm):
    """A function and its month."""

    requests = Amount(label="Requests a month", most=MOST, initial=3_000_000, places=0)
    duration_ms = Amount(label="Duration of a run, ms", most=900_000, initial=120, help_text="15 minutes at most")
    memory_mb = Amount(label="Memory, MB", least=128, most=10_240, initial=1536, places=0)
    architecture = forms.ChoiceField(
        label="Architecture",
        choices=ARCHITECTURES,
        initial="x86_64",
        required=False,
        error_messages={"invalid_choice": "Choose x86_64 or arm64."},
    )
    free_tier = _free_tier()
    init_ms = Amount(label="INIT of a cold start, ms", most=900_000, initial=0)
    cold_starts = Amount(label="Cold starts a month", most=MOST, initial=0, places=0)
    event_kb = Amount(label="Size of an asynchronous event, KB", most=1024, initial=0, help_text="0: not asynchronous, or up to 256 KB")
    ephemeral_storage_mb = Amount(label="Ephemeral storage, MB", least=512, most=10_240, initial=512, places=0)
    provisioned_concurrency = Amount(label="Provisioned environments", most=100_000, initial=0, places=0)
    provisioned_hours = Amount(label="Hours they are provisioned", most=744, initial=0)
    requests_with_pc = Amount(label="Requests they serve", most=MOST, initial=0, places=0, help_text="beside the requests above")
    duration_ms_with_pc = Amount(label="Duration there, ms", most=900_000, initial=0)
    streamed_requests = Amount(label="Streamed responses", most=MOST, initial=0, places=0)
    streamed_mb = Amount(label="Size of each, MB", most=200, initial=0)
    active_hours = Amount(label="SnapStart: hours a version is active", most=744, initial=0, help_text="Python and .NET; free for Java")
    restores = Amount(label="SnapStart: restores", most=MOST, initial=0, places=0)
    poller = forms.ChoiceField(
        label="Provisioned pollers read", choices=[("sqs", "SQS"), ("kafka", "Kafka")], initial="sqs", required=False,
        error_messages={"invalid_choice": "Choose SQS or Kafka."},
    )  # fmt: skip
    epu_hours = Amount(label="Event poller unit-hours", most=1_000_000, initial=0)
    curve = forms.CharField(
        label="Measured durations", initial=CURVE, required=False, max_length=400, help_text="memory in MB : milliseconds, one pair after the other",
        error_messages={"max_length": "Measured durations: at most 400 characters."},
    )  # fmt: skip
    machine_usd = Amount(
        label="An always-on machine, USD per hour",
        most=1000,
        initial="0.0416",
        help_text="your price, for instance that of a small EC2 instance",
    )

    #: The fields beyond the first, by what they are about.
    MORE = (
        ("Cold starts", ("cold_starts", "init_ms")), ("Asynchronous events", ("event_kb",)), ("Ephemeral storage", ("ephemeral_storage_mb",)),
        ("Provisioned concurrency", ("provisioned_concurrency", "provisioned_hours", "requests_with_pc", "duration_ms_with_pc")),
        ("Response streaming", ("streamed_requests", "streamed_mb")), ("SnapStart", ("active_hours", "restores")),
        ("Provisioned pollers", ("poller", "epu_hours")),
    )  # fmt: skip

    first = ("requests", "duration_ms", "memory_mb", "architecture", "free_tier")

    @property
    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The other fields under their headings."""
        return [(title, [self[name] for name in names]) for title, names in self.MORE]

    @property
    def opened(self) -> set[str]:
        """The groups in which something was set or is wrong."""
        return {title for title, names in self.MORE if any(self[name].errors or self._is_set(name) for name in names)}

    def _is_set(self, name: str) -> bool:
        return str(self[name].value()) != str(self.fields[name].initial)

    def clean_curve(self) -> dict[int, Any]:
        try:
            return dict(parse_curve(self.cleaned_data["curve"] or CURVE))
        except ValueError as fault:
            raise forms.ValidationError(
                f"Measured durations: “{fault}” does not fit. Write memory and milliseconds, for example 512:1470, each memory from 128 to 10240 once."
            ) from None

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("cold_starts", 0) > data.get("requests", 0):
            self.add_error("cold_starts", "Cold starts a month: no more than there are requests.")
        return data


class WorkflowForm(LabForm):
    """A workflow and its month."""

    executions = Amount(label="Executions a month", most=MOST, initial=100_000, places=0)
    transitions_per_execution = Amount(label="State transitions of each", most=25_000, initial=8, places=0)
    retries_per_execution = Amount(label="Retries of each", most=25_000, initial=0, help_text="on average; each is one transition more")
    duration_ms = Amount(label="Duration of each, ms", most=300_000, initial=2_300, help_text="Express ends after 5 minutes")
    memory_mb = Amount(label="Memory of an Express execution, MB", least=1, most=100_000, initial=64, places=0)
    free_tier = _free_tier()
