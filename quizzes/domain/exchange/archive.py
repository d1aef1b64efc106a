"""Packages from strangers: opened in memory, bounded in every direction, and never written to a disk."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

from quizzes.domain.exchange.parsed import MOST_BYTES, Unreadable
from quizzes.domain.pictures import MOST_BYTES as MOST_PICTURE

MOST_ENTRIES, MOST_UNPACKED = 5_000, 40_000_000
#: How often smaller than its content an entry may be, from which size on.
MOST_RATIO, RATIO_FROM = 200, 100_000
READ = (".xml", ".qti", ".json")
#: Files that may be pictures; their bytes say whether they are.
PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg")
ARCHIVES = (".zip", ".imscc", ".7z", ".rar", ".gz", ".tar", ".bz2", ".xz")


def unpack(data: bytes) -> dict[str, bytes]:
    """Path to content of the texts and pictures in a zip; packages and other media inside it are left shut. Raises Unreadable."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            entries = [entry for entry in package.infolist() if not entry.is_dir()]
            _check(entries)
            return {_path(entry): _content(package, entry) for entry in entries if entry.filename.lower().endswith(READ + PICTURES)}
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError, OverflowError):
        raise Unreadable(
            "This is not a zip package that can be opened: it is damaged, locked with a password, or packed in an unusual way. Export it anew."
        ) from None


def _check(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MOST_ENTRIES:
        raise Unreadable(
            f"The package holds {len(entries):,} files, and at most {MOST_ENTRIES:,} are opened. Export fewer questions at once."
        )
    if sum(entry.file_size for entry in entries if entry.filename.lower().endswith(READ)) > MOST_UNPACKED:
        raise Unreadable(f"The package unpacks to more than {MOST_UNPACKED // 1_000_000} MB of text. Export fewer questions at once.")
    shown = [entry.file_size for entry in entries if entry.filename.lower().endswith(PICTURES)]
    if sum(min(size, MOST_PICTURE + 1) for size in shown) > MOST_UNPACKED:
        raise Unreadable(f"The package holds more than {MOST_UNPACKED // 1_000_000} MB of pictures. Export fewer questions at once.")
    for entry in entries:
        if entry.file_size > RATIO_FROM and entry.file_size > MOST_RATIO * max(1, entry.compress_size):
            raise Unreadable(f"“{entry.filename[-60:]}” unpacks to far more than it is packed, as a zip bomb does. Nothing was opened.")
    if entries and all(entry.filename.lower().endswith(ARCHIVES) for entry in entries):
        raise Unreadable("The package holds only other packages. Unpack it once, and upload the one inside.")


def _path(entry: zipfile.ZipInfo) -> str:
    name = entry.filename
    if name.startswith(("/", "\\")) or "\\" in name or ":" in name.split("/")[0] or "\x00" in name or ".." in name.split("/"):
        raise Unreadable(f"The package holds a file that wants to lie outside of it ({name[:60]!r}). Nothing was opened.")
    return name


def _content(package: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    if entry.filename.lower().endswith(PICTURES):
        with package.open(entry) as file:
            return file.read(MOST_PICTURE + 1)  # one too large is told as such
    if entry.file_size > MOST_BYTES:
        raise Unreadable(f"“{entry.filename[-60:]}” has more than {MOST_BYTES // 1_000_000} MB. Export fewer questions at once.")
    with package.open(entry) as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > entry.file_size:
        raise Unreadable("The package lies about the size of a file. Nothing was opened.")
    return content
