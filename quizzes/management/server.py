"""How the production-grade server is started. Nothing of the app is imported here: measurements start servers without it."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

#: A worker that has not finished what runs after so many seconds is killed. Longer than any answer takes, SQLite's wait for a lock included.
STOP_S = 30
#: Granian's own lines, few as they are, look like ours.
LOG_CONFIG = Path(__file__).with_name("granian_logging.json")

#: Open connections that a process holds at most. A browser keeps up to six for half a minute, whether it asks or not.
CONNECTIONS = 4000
#: Files that a process needs beside its connections.
OTHER_FILES = 100


def allow_open_files() -> None:
    """Raise the limit of open files as far as this user may, so that every connection can have one. Who is started from here inherits it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS + OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))


def connections() -> int:
    """How many connections a process may hold: as many as there are files for."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return CONNECTIONS if soft == resource.RLIM_INFINITY else max(64, min(CONNECTIONS, soft - OTHER_FILES))


#: So long a new worker has to load the app before the old one ends, when workers are replaced. Each listens on a socket of its own,
#: so that an old one that ends too early would leave nobody to answer.
RESPAWN_S = 10.0


def server_command(
    *, host: str, port: int, workers: int = 1, threads: int = 2, application: str = "besa.wsgi:application", respawn_s: float = RESPAWN_S
) -> list[str]:
    """The command line of the server; tests and measurements start the same one.

    Granian's `--backpressure` counts connections, idle ones too: with a small number, browsers that keep theirs open lock others out.
    """
    return [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port),
        "--workers", str(workers), "--blocking-threads", str(threads), "--backlog", "1024", "--backpressure", str(connections()),
        "--respawn-failed-workers", "--no-ws", "--workers-kill-timeout", str(STOP_S), "--respawn-interval", str(respawn_s),
        "--no-access-log", "--log-level", "warning", "--log-config", str(LOG_CONFIG), application,
    ]  # fmt: skip
