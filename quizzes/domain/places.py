"""Where in a content file something stands. tomllib and msgspec give no lines for values, so they are looked for."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator

_PATH = re.compile(r"at `\$([^`]*)`")
_STEP = re.compile(r"\.(\w+)(?:\[(\d+)\])?")
_UNKNOWN = re.compile(r"unknown field `(\w+)`")


def toml_line(fault: tomllib.TOMLDecodeError, text: str) -> int:
    """The line that a TOML error names, counted from 1; the last one where the text ends too early."""
    found = re.search(r"at line (\d+)", str(fault))
    return int(found[1]) if found else max(1, len(text.splitlines()))


def header_lines(text: str, name: str) -> Iterator[int]:
    """The line of each [[name]] header, counted from 1."""
    for number, line in enumerate(text.splitlines(), start=1):
        if re.match(rf"^\s*\[\[\s*{name}\s*\]\]", line):
            yield number


def value_line(text: str, fault: str, *, start: int = 1) -> int:
    """The line of the value that a validation error names, such as "… - at `$.topic[2].title`", from line `start` on.

    Where the value itself cannot be found, the line of the table around it.
    """
    lines = text.splitlines()
    path = _PATH.search(fault)
    steps: list[tuple[str, str]] = _STEP.findall(path[1]) if path else []
    if unknown := _UNKNOWN.search(fault):
        steps.append((unknown[1], ""))
    at = start
    for name, index in steps:
        header = re.compile(rf"^\s*\[+\s*(?:\w+\s*\.\s*)*{name}\s*\]+")
        headers = [n for n, line in enumerate(lines, start=1) if n >= at and header.match(line)]
        key = re.compile(rf'^\s*"?{name}"?\s*=')
        keys = [n for n, line in enumerate(lines, start=1) if n >= at and key.match(line)]
        found = headers if index else keys or headers
        at = found[int(index or 0)] if int(index or 0) < len(found) else (keys or [at])[0]
    return at


def line_with(text: str, words: str) -> int:
    """The first line that holds these words; 1 where none does."""
    return next((n for n, line in enumerate(text.splitlines(), start=1) if words in line), 1)
