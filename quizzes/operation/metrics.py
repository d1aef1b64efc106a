"""Where the processes of a server count for Prometheus. What counts and tells is in `quizzes.operation.prometheus`, which needs the extra `ops`."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import Any

from quizzes import meter


def folder(port: int, data_dir: Path) -> Path:
    """Where the processes of one server count: in memory where there is a place for it, so that counting waits for no disk.

    Named by the port of its exporter, so that two servers on a machine stay apart.
    """
    memory = Path("/dev/shm")  # noqa: S108 (a folder of our own in it, closed to others)
    if memory.is_dir() and os.access(memory, os.W_OK):
        return memory / f"besa-{os.getuid()}-{port}"
    return data_dir / f"metrics-{port}"


def count_in(place: Path) -> None:
    """From now on this process counts there."""
    if made(place):
        # The library chooses by this, when it is first imported, whether several processes count together.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(place)
        meter.use(prometheus().Counting())


def prometheus() -> Any:
    """The module that counts and tells; loaded only where metrics are wanted."""
    return import_module("quizzes.operation.prometheus")


def made(place: Path) -> bool:
    """Whether the folder is there and nobody else's."""
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        return place.lstat().st_uid == os.getuid() and not place.is_symlink()
    except OSError:
        return False


def empty(place: Path) -> None:
    """Forget what was counted before: a server begins at nothing, and Prometheus knows that counters do."""
    for file in place.glob("*.db"):
        file.unlink(missing_ok=True)
