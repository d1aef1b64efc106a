"""Faults told to Sentry, where SENTRY_DSN is set. Nothing of people goes along: what may be sent is listed, and the rest is cut."""

from __future__ import annotations

from typing import Any

import sentry_sdk
from sentry_sdk.integrations.django import DjangoIntegration
from sentry_sdk.integrations.logging import LoggingIntegration

from quizzes.operation import logs

#: Of a request nothing else leaves the house.
_OF_REQUESTS = ("method",)


def start(dsn: str, *, environment: str, release: str, **more: Any) -> None:
    """Tell of faults from now on. `more` are settings of the library, for tests: its transport."""
    sentry_sdk.init(
        dsn=dsn,
        environment=environment,
        release=release,
        send_default_pii=False,
        include_local_variables=False,  # they hold answers and passwords
        max_request_body_size="never",
        max_breadcrumbs=0,  # they hold addresses and statements
        traces_sample_rate=0.0,
        auto_session_tracking=False,
        default_integrations=True,
        integrations=[
            DjangoIntegration(transaction_style="url", middleware_spans=False, signals_spans=False, cache_spans=False),
            LoggingIntegration(level=None, event_level=None),
        ],
        before_send=harmless,
        **more,
    )


def harmless(event: Any, hint: dict[str, Any]) -> Any:
    """The event without anything that says who somebody is or what they typed; with the number of the request."""
    request = event.get("request")
    if request is not None:
        event["request"] = {name: request[name] for name in _OF_REQUESTS if name in request}
    event.pop("user", None)
    event.pop("extra", None)
    event.pop("breadcrumbs", None)
    event.pop("server_name", None)
    event.get("contexts", {}).pop("request", None)
    if "logentry" in event:
        event["logentry"] = {"message": event["logentry"].get("message", "")}
    for fault in event.get("exception", {}).get("values", []):
        fault["value"] = logs.without_values(str(fault.get("value") or ""))
        for frame in fault.get("stacktrace", {}).get("frames", []):
            frame.pop("vars", None)
    number = logs.current_id()
    if number:
        event.setdefault("tags", {})["request_id"] = number
    return event
