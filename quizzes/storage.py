"""Static files with hashed names; style sheets that import others are sent as one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

_IMPORT = re.compile(r'@import url\("(?P<name>[^"]+)"\)(?: layer\((?P<layer>[a-z]+)\))?;')


class BundledStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Hashed and compressed files, as WhiteNoise makes them, after `@import`s of css/site.css were written in place.

    The folder keeps one file per piece; a browser asks for one.
    """

    bundles = ("css/site.css",)

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

        def inlined(found: re.Match[str]) -> str:
            with self.open(f"{folder}/{found['name']}") as file:
                text = file.read().decode()
            return f"@layer {found['layer']} {{\n{text}\n}}" if found["layer"] else text

        with self.open(name) as file:
            return _IMPORT.sub(inlined, file.read().decode())
