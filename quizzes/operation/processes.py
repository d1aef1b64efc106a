"""Whether a process lives. Knows the standard library alone, so that the small process over the server can ask as well."""

from __future__ import annotations

import os


def lives(pid: int) -> bool:
    """Whether there is a process with this number, whoever runs it."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
