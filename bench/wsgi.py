"""The app, and beside it in the same process the yardstick behind Django's default middleware alone."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application
from django.test import override_settings

app = get_wsgi_application()
with override_settings(MIDDLEWARE=settings.BARE_MIDDLEWARE):
    bare = WSGIHandler()


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    handler = bare if environ["PATH_INFO"] == "/bench/bare/" else app
    return handler(environ, start_response)
