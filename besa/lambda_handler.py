"""The entries for AWS Lambda: the app behind an HTTP API, and the commands that keep it in order. docs/deploy-lambda.md."""

from __future__ import annotations

import io
import os
from typing import Any

# An HTTP API waits 30 seconds for an answer, so a statement gets less.
os.environ.setdefault("DATABASE_TIMEOUT_S", "20")

from apig_wsgi import make_lambda_handler
from django.core.management import call_command

from besa.wsgi import application

#: What `command` may be asked to run: what an operator runs elsewhere, and nothing that reads or writes files.
COMMANDS = {
    "serve --prepare-only", "close_expired_attempts", "item_statistics --store", "rebuild_memory", "rebuild_search", "make_instructor",
}  # fmt: skip

#: Events of an HTTP API (payload format 2.0) to the app and back: cookies in a list of their own, compressed answers in base64.
handler = make_lambda_handler(application)


def command(event: dict[str, Any], context: object) -> dict[str, str]:
    """Run one command of manage.py: {"command": ["close_expired_attempts"]}. Gives what it printed; a failure is a failed invocation."""
    words = event.get("command")
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise ValueError(f'Say which command to run: {{"command": ["close_expired_attempts"]}}, not {event!r:.200}')
    if " ".join(words) not in COMMANDS and (words[:1] != ["make_instructor"] or len(words) != 2 or words[1].startswith("-")):
        raise ValueError(f"{' '.join(words)!r:.200} is not run here. These are: {', '.join(sorted(COMMANDS))}.")
    out = io.StringIO()
    call_command(*words, stdout=out, stderr=out)
    return {"output": out.getvalue()}
