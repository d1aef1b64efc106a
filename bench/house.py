"""A scratch data folder with the app served on it, a small browser, and the clocks of the server's processes."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from types import TracebackType
from urllib.parse import urlencode

from quizzes.management.server import server_command

#: So many extra exams of 65 questions a scratch bank has, each to be started once.
EXAMS = 80

ROOT = Path(__file__).resolve().parent.parent
TICKS = os.sysconf("SC_CLK_TCK")


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A data folder that is gone afterwards; whatever DATA_DIR the machine uses is left alone."""
    folder = Path(tempfile.mkdtemp(prefix="besa-bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def environment(folder: Path, settings: str = "bench.settings") -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "REDIS_URL", "HTTPS", "SQLITE_SYNCHRONOUS", "DEBUG"}}
    return {**kept, "DJANGO_SETTINGS_MODULE": settings, "DATA_DIR": str(folder), "PYTHONPATH": str(ROOT)}


def manage(folder: Path, *command: str, settings: str = "bench.settings") -> None:
    """A management command on that folder's database, in a process of its own."""
    subprocess.run(
        [sys.executable, "manage.py", *command], cwd=ROOT, env=environment(folder, settings), check=True, stdout=subprocess.DEVNULL
    )


@dataclass
class Server:
    """The production server on a data folder."""

    folder: Path
    application: str = "bench.wsgi:application"
    settings: str = "bench.settings"
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Server:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        command = server_command(host="127.0.0.1", port=self.port, application=self.application)
        self.process = subprocess.Popen(command, cwd=ROOT, env=environment(self.folder, self.settings), start_new_session=True)
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise RuntimeError("the server did not start")

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        if self.process is not None:
            self.process.terminate()  # alone: a worker of Granian that is told twice never ends
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)

    def cpu_s(self) -> float:
        """Processor time of the server and its workers so far, user and system, in seconds."""
        assert self.process is not None
        return sum(cpu_of(pid) for pid in (self.process.pid, *children_of(self.process.pid)))


def children_of(pid: int) -> list[int]:
    return [int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()]


def cpu_of(pid: int) -> float:
    """User and system time of a process with all its threads, by the kernel's clock of that process; by its ticks where there is none."""
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:
        user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / TICKS


def stolen_share() -> tuple[float, float]:
    """Ticks that the host took from this machine, and all ticks, so far."""
    ticks = [int(value) for value in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return ticks[7], sum(ticks)


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Browser:
    """One connection, kept open, with its cookies."""

    server: Server
    cookies: dict[str, str] = field(default_factory=lambda: {"csrftoken": "k" * 32})
    connection: HTTPConnection | None = None

    def __post_init__(self) -> None:
        self.connection = HTTPConnection("127.0.0.1", self.server.port, timeout=60)

    def get(self, path: str, **headers: str) -> Answer:
        return self._ask("GET", path, None, headers)

    def post(self, path: str, fields: dict[str, object], **headers: str) -> Answer:
        return self._ask("POST", path, urlencode(fields, doseq=True), headers)

    def _ask(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> Answer:
        assert self.connection is not None
        sent = {
            "Accept": "text/html", "Accept-Encoding": "gzip", "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }  # fmt: skip
        if body is not None:
            sent |= {"Content-Type": "application/x-www-form-urlencoded", "X-CSRFToken": self.cookies["csrftoken"]}
        self.connection.request(method, path, body, sent)
        response = self.connection.getresponse()
        told = response.read()
        for cookie in response.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return Answer(response.status, {name.lower(): value for name, value in response.headers.items()}, told)
