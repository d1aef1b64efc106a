"""What tests of the readers share."""

from __future__ import annotations

import io
import zipfile

from quizzes.domain.exchange import Parsed, read


def one(name: str, text: str | bytes) -> Parsed:
    """The only question of a file."""
    (parsed,) = read(name, text if isinstance(text, bytes) else text.encode())
    return parsed


def options(parsed: Parsed) -> list[tuple[str, bool]]:
    assert parsed.draft is not None, parsed.notes
    return [(option.text, option.key) for option in parsed.draft.item.options]


def said(parsed: Parsed) -> str:
    return " ".join(note.message for note in parsed.notes)


def package(files: dict[str, str | bytes]) -> bytes:
    """A zip with these files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as written:
        for path, text in files.items():
            written.writestr(path, text)
    return out.getvalue()
