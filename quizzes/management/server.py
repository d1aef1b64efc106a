"""How the production-grade server is started. Nothing of the app is imported here: measurements start servers without it."""

from __future__ import annotations

import sys
from pathlib import Path

#: A worker that has not finished what runs after so many seconds is killed. Longer than any answer takes, SQLite's wait for a lock included.
STOP_S = 30
#: Granian's own lines, few as they are, look like ours.
LOG_CONFIG = Path(__file__).with_name("granian_logging.json")


#: So long a new worker has to load the app before the old one ends, when workers are replaced. Each listens on a socket of its own,
#: so that an old one that ends too early would leave nobody to answer.
RESPAWN_S = 10.0


def server_command(
    *, host: str, port: int, workers: int = 1, threads: int = 2, application: str = "besa.wsgi:application", respawn_s: float = RESPAWN_S
) -> list[str]:
    """The command line of the server; tests and measurements start the same one."""
    return [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port),
        "--workers", str(workers), "--blocking-threads", str(threads), "--backpressure", "64",
        "--respawn-failed-workers", "--no-ws", "--workers-kill-timeout", str(STOP_S), "--respawn-interval", str(respawn_s),
        "--no-access-log", "--log-level", "warning",
        "--log-config", str(LOG_CONFIG), application,
    ]  # fmt: skip
