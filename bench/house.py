"""A scratch data folder with the app served on it, a small browser, and the clocks of the server's processes."""

from __future__ import annotations

import os
import shutil
import signal
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

from bench.services import answers, children_of, free_port, wait_for
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


def manage(folder: Path, *command: str, settings: str = "bench.settings", extra: dict[str, str] | None = None) -> None:
    """A management command on that folder's database, or the one that `extra` names, in a process of its own."""
    env = {**environment(folder, settings), **(extra or {})}
    subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)


@dataclass
class Server:
    """The production server on a data folder."""

    folder: Path
    application: str = "bench.wsgi:application"
    settings: str = "bench.settings"
    workers: int = 1
    #: More of the environment: which database, which cache.
    extra: dict[str, str] = field(default_factory=dict)
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        if self.process is not None:
            self.process.terminate()  # alone: a worker of Granian that is told twice never ends
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)

    def start(self) -> None:
        """Start it and wait until it answers: on the port it had before, if it had one."""
        self.port = self.port or free_port()
        command = server_command(host="127.0.0.1", port=self.port, workers=self.workers, application=self.application)
        env = {**environment(self.folder, self.settings), **self.extra}
        with tempfile.TemporaryFile() as log:  # a line for each request, as in production, for nobody to read
            self.process = process = subprocess.Popen(command, cwd=ROOT, env=env, start_new_session=True, stderr=log)
        wait_for(lambda: answers(self.port) or process.poll() is not None, "the server does not answer")
        if process.poll() is not None:
            raise RuntimeError("the server did not start")

    def kill(self) -> None:
        """SIGKILL for the server and its workers at once: nobody gets to say goodbye."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)
        self.process = None
        wait_for(lambda: not answers(self.port), "the server still answers")

    def workers_at_work(self) -> list[int]:
        """The processes that answer; the one that watches over them is not among them."""
        assert self.process is not None
        return children_of(self.process.pid)

    def cpu_s(self) -> float:
        """Processor time of the server and its workers so far, user and system, in seconds."""
        assert self.process is not None
        return sum(cpu_of(pid) for pid in (self.process.pid, *self.workers_at_work()))


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
