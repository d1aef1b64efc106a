"""What Sentry is told of a fault, and what not. In a process of its own: the library takes hold of Django for good."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SAYS = r"""
import json, sys
import django
django.setup()
from django.db import IntegrityError
from django.http import HttpRequest
from django.core.wsgi import get_wsgi_application
from django.test import RequestFactory, override_settings
from django.urls import path
from besa import urls as besa_urls
from quizzes.operation import sentry
import sentry_sdk

told = []

class Transport(sentry_sdk.transport.Transport):
    def capture_envelope(self, envelope):
        told.append({"headers": envelope.headers, "items": [item.payload.json for item in envelope.items]})

sentry.start("https://key@sentry.example.org/1", environment="rehearsal", release="besa-serverless@1", transport=Transport)

def crash(request, pk):
    chosen_answer, password = request.POST["answer"], request.POST["password"]
    raise IntegrityError(open(sys.argv[1]).read())

crash.login_required = False
urlpatterns = [path("crash/<int:pk>/", crash), *besa_urls.urlpatterns]
with override_settings(ROOT_URLCONF=sys.modules[__name__]):
    app, sent = get_wsgi_application(), RequestFactory()
    sent.cookies["csrftoken"] = "secret" * 5 + "ab"
    crashing = sent.post(
        "/crash/7/?token=secret-query", {"answer": "secret-answer", "password": "secret-password"},
        headers={"authorization": "Bearer secret-header", "user-agent": "secret-agent", "x-csrftoken": "secret" * 5 + "ab"}, REMOTE_ADDR="203.0.113.77",
    )
    heads = []
    for request in (crashing, sent.get("/no/such/page/")):
        b"".join(app(request.environ, lambda status, headers, *_: heads.append((status, dict(headers)))))
print(json.dumps({"status": heads[0][0], "number": heads[0][1]["X-Request-ID"], "told": told}, default=str))
"""


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("sentry")
    (folder / "row").write_text('duplicate key value violates "one_name"\nDETAIL:  Key (username)=(secret-name) already exists.')
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "besa.settings_test", "DATA_DIR": str(folder), "LOG_LEVEL": "ERROR"}
    environment.pop("DATABASE_URL", None)
    done = subprocess.run(
        [sys.executable, "-c", SAYS, str(folder / "row")], cwd=Path(__file__).parents[2], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


def test_a_fault_is_told_once_with_its_number(said: dict[str, Any]):
    assert said["status"] == "500 Internal Server Error"
    [envelope] = said["told"]
    [event] = envelope["items"]
    [fault] = event["exception"]["values"]
    assert fault["type"] == "IntegrityError"
    assert fault["value"].startswith("duplicate key value violates")
    assert fault["stacktrace"]["frames"][-1]["function"] == "crash"
    assert (event["environment"], event["release"]) == ("rehearsal", "besa-serverless@1")
    assert event["tags"]["request_id"] == said["number"]
    assert event["transaction"] == "/crash/{pk}/"


def test_nothing_that_a_person_sent_or_is_leaves_the_house(said: dict[str, Any]):
    everything = json.dumps(said["told"])
    assert "secret" not in everything
    assert "203.0.113.77" not in everything
    [event] = said["told"][0]["items"]
    assert event["request"] == {"method": "POST"}
    assert not {"user", "breadcrumbs", "extra", "server_name"} & event.keys()
    assert all("vars" not in frame for frame in event["exception"]["values"][0]["stacktrace"]["frames"])
