"""How the production-grade server is started. Nothing of the app is imported here: measurements start servers without it."""

from __future__ import annotations

import sys
from pathlib import Path

#: A worker that has not finished what runs after so many seconds is killed. Longer than any answer takes, SQLite's wait for a lock included.
STOP_S = 30
#: Granian's own lines, few as they are, look like ours.
LOG_CONFIG = Path(__file__).with_name("granian_logging.json")


def server_command(*, host: str, port: int, workers: int = 1, threads: int = 2, application: str = "besa.wsgi:application") -> list[str]:
    """The command line of the server; tests and measurements start the same one."""
    return [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port),
        "--workers", str(workers), "--blocking-threads", str(threads), "--backpressure", "64",
        "--respawn-failed-workers", "--no-ws", "--workers-kill-timeout", str(STOP_S), "--no-access-log", "--log-level", "warning",
        "--log-config", str(LOG_CONFIG), application,
    ]  # fmt: skip
