"""Static files with hashed names; a style sheet or module that imports others is sent as one file. And the cookie of messages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

_IMPORT = re.compile(r'@import url\("(?P<name>[^"]+)"\)(?: layer\((?P<layer>[a-z]+)\))?;')
_MODULE = re.compile(r'^import \{(?P<names>[^}]+)\} from "\./(?P<name>[\w.-]+)";$', re.MULTILINE)


class BundledStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Hashed and compressed files, as WhiteNoise makes them, after the imports of the bundles were written in place.

    The folder keeps one file per piece; a browser asks for one. A module that is imported here imports nothing itself.
    """

    bundles = ("css/site.css", "js/exam.js")

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        if not dry_run:
            for name in self.bundles:
                if name in paths:
                    bundled = self._bundle(name)
                    self.delete(name)
                    self._save(name, ContentFile(bundled.encode()))
                    paths[name] = (self, name)
        yield from super().post_process(paths, dry_run=dry_run, **options)

    def _bundle(self, name: str) -> str:
        folder = name.rpartition("/")[0]

        def text_of(path: str) -> str:
            with self.open(path) as file:
                text: str = file.read().decode()
            return text

        def sheet(found: re.Match[str]) -> str:
            text = text_of(f"{folder}/{found['name']}")
            return f"@layer {found['layer']} {{\n{text}\n}}" if found["layer"] else text

        def module(found: re.Match[str]) -> str:
            text = re.sub(r"^export ", "", text_of(f"{folder}/{found['name']}"), flags=re.MULTILINE)
            return f"const {{{found['names']}}} = (() => {{\n{text}\nreturn {{{found['names']}}};\n}})();"

        return _MODULE.sub(module, _IMPORT.sub(sheet, text_of(name)))


class Messages(CookieStorage):
    """What the next page says, in a cookie that behind https is bound to this very host."""

    cookie_name = "__Host-messages" if settings.SESSION_COOKIE_SECURE else "messages"
