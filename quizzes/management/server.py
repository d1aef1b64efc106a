"""How the production-grade server is started. Nothing of the app is imported here: measurements start servers without it."""

from __future__ import annotations

import sys


def server_command(*, host: str, port: int, workers: int = 1, threads: int = 2, application: str = "besa.wsgi:application") -> list[str]:
    """The command line of the server; tests and measurements start the same one."""
    return [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port),
        "--workers", str(workers), "--blocking-threads", str(threads), "--backpressure", "64",
        "--respawn-failed-workers", "--no-ws", "--log-level", "warning", application,
    ]  # fmt: skip
