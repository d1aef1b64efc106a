"""The process over the server: starts it and the exporter of metrics, passes signals on, and lets it stop without losing a save.

SIGTERM: from this moment /readyz says 503, so that a load balancer sends nobody any more; after `--drain` seconds the server is told to
stop: it accepts no more, finishes what runs, and ends. SIGINT (Ctrl+C) does the same without the wait, and so does a second SIGTERM.
SIGHUP: the workers are replaced one after the other, each new one before the old one ends: new code and settings without an interruption.

Nothing of the app is imported here: this process stays small, and outlives the code that it starts.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import select
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from quizzes.operation.processes import lives

#: Read by `quizzes.operation.health`.
SERVING = "BESA_SERVING"
#: An exporter that died is started again, but not more often than this.
AGAIN_S = 5.0
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)


def supervised(command: list[str], *, drain_s: float, folder: Path, exporter: bool) -> list[str]:
    """The command line of a server with this process over it."""
    return [
        sys.executable, "-m", "quizzes.management.supervisor", "--drain", str(drain_s), "--folder", str(folder),
        *(["--exporter"] if exporter else []), "--", *command,
    ]  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m quizzes.management.supervisor", description=__doc__)
    parser.add_argument("--drain", type=float, default=0.0, help="seconds between SIGTERM and the end of accepting")
    parser.add_argument("--folder", type=Path, required=True, help="where a file says that the server serves")
    parser.add_argument("--exporter", action="store_true", help="also run manage.py metrics")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    return Supervisor(options.command, drain_s=options.drain, folder=options.folder, exporter=options.exporter).run()


class Supervisor:
    def __init__(self, command: list[str], *, drain_s: float, folder: Path, exporter: bool) -> None:
        self.command, self.drain_s, self.wants_exporter = command, drain_s, exporter
        self.serving = folder / f"serving-{os.getpid()}"
        self.exporter: subprocess.Popen[bytes] | None = None
        self.exporter_at = 0.0
        self.waked, waking = socket.socketpair()
        for end in (self.waked, waking):
            end.setblocking(False)
        self.waking = waking  # kept open
        signal.set_wakeup_fd(waking.fileno(), warn_on_full_buffer=False)
        for number in SIGNALS:
            signal.signal(number, lambda *_: None)

    def run(self) -> int:
        self._say_that_it_serves()
        server = self._start(self.command)
        try:
            while server.poll() is None:
                self._keep_the_exporter()
                number = self._next_signal(AGAIN_S if self.wants_exporter else None)
                if number == signal.SIGHUP:
                    server.send_signal(signal.SIGHUP)
                elif number in (signal.SIGTERM, signal.SIGINT):
                    self._drain(server, self.drain_s if number == signal.SIGTERM else 0.0)
                    server.terminate()  # once, and never to the workers: Granian takes a second signal for a fault and never ends
                    server.wait()
        finally:
            self.serving.unlink(missing_ok=True)
            if self.exporter is not None:
                self.exporter.terminate()
                self.exporter.wait()
        return server.returncode if server.returncode >= 0 else 128 - server.returncode

    def _drain(self, server: subprocess.Popen[bytes], seconds: float) -> None:
        """Be unready for so long; a second signal cuts it short."""
        with suppress(OSError):  # removing works on a full disk, where writing would not
            self.serving.unlink(missing_ok=True)
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and server.poll() is None:
            if self._next_signal(left) in (signal.SIGTERM, signal.SIGINT):
                return

    def _next_signal(self, patience_s: float | None) -> int | None:
        """The next signal; None where none came in that time."""
        ready, _, _ = select.select([self.waked], [], [], patience_s)
        return self.waked.recv(1)[0] if ready else None

    def _say_that_it_serves(self) -> None:
        """The file is there while the server serves. Where none can be made, there is no drain, and the server serves all the same."""
        for stale in self.serving.parent.glob("serving-*"):
            owner = stale.name.rpartition("-")[2]
            if owner.isdecimal() and not lives(int(owner)):
                stale.unlink(missing_ok=True)
        with suppress(OSError):
            self.serving.parent.mkdir(parents=True, exist_ok=True)  # nothing else needs it where PostgreSQL keeps the data
            self.serving.touch()
            os.environ[SERVING] = str(self.serving)

    def _keep_the_exporter(self) -> None:
        """Start it, and again where it has died: metrics must not need a hand, and must not stop the server."""
        if not self.wants_exporter or (self.exporter is not None and self.exporter.poll() is None):
            return
        if time.monotonic() - self.exporter_at >= AGAIN_S:
            self.exporter_at = time.monotonic()
            self.exporter = self._start([sys.executable, "manage.py", "metrics"])

    def _start(self, command: list[str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(command, preexec_fn=_end_with_parent)  # noqa: S603 (our own command; no threads here)


_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
_PR_SET_PDEATHSIG = 1


def _end_with_parent() -> None:
    """Where the kernel can: if this process is killed, the server stops too, and does not hold the port for ever."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
