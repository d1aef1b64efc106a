"""A PostgreSQL and a Redis of one's own, on free ports, gone afterwards: measurements and fault tests may stop, kill and fill them."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

PATIENCE_S = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for(what: Callable[[], bool], complaint: str, patience_s: float = PATIENCE_S) -> None:
    """Look again and again until it holds. Raises TimeoutError with the complaint where it does not."""
    until = time.monotonic() + patience_s
    while not what():
        if time.monotonic() > until:
            raise TimeoutError(f"{complaint} after {patience_s:.0f} s")
        time.sleep(0.02)  # between two looks, so that the others get the processor


def postgres_programs() -> Path | None:
    """Where initdb and pg_ctl lie: the newest of Debian's folders, or the path; None where PostgreSQL is not installed."""
    here = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: float(folder.parent.name), reverse=True)
    found = shutil.which("initdb")
    folders = [*here, *([Path(found).parent] if found else [])]
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


@dataclass
class Postgres:
    """A cluster in a folder of its own, with the database `besa` of a user of that name. As root it runs as the user postgres."""

    #: Where its data lies; a fresh folder where none is given.
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="besa-postgres-")))
    port: int = field(default_factory=free_port)
    #: More settings of the cluster, by name.
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return self.url_of("besa")

    def url_of(self, database: str) -> str:
        return f"postgres://besa@127.0.0.1:{self.port}/{database}"

    def create(self, database: str, *, like: str = "template1") -> str:
        """Another database, with all that this one holds; nobody may be connected to that. Gives its address."""
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "besa", "-T", like, database)
        return self.url_of(database)

    def __enter__(self) -> Postgres:
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        self._run("initdb", "-D", str(self._data), "-U", "besa", "--auth", "trust", "-E", "UTF8", "--no-sync")
        asked = {"port": self.port, "listen_addresses": "127.0.0.1", "unix_socket_directories": str(self.folder), **self.settings}
        with (self._data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in asked.items())
        self.start()
        self.create("besa")
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def start(self) -> None:
        self._run("pg_ctl", "-D", str(self._data), "-l", str(self.folder / "log"), "-w", "-t", str(PATIENCE_S), "start")

    def stop(self, mode: str = "fast") -> None:
        """`fast` ends every connection, `immediate` is as good as a power cut."""
        self._run("pg_ctl", "-D", str(self._data), "-m", mode, "-w", "stop", check=False)

    def processes(self) -> list[int]:
        """The server's process and those of its connections."""
        first = int((self._data / "postmaster.pid").read_text().split()[0])
        return [first, *children_of(first)]

    def _run(self, program: str, *words: str, check: bool = True) -> None:
        folder = postgres_programs()
        if folder is None:
            raise RuntimeError("PostgreSQL is not installed here: install the package postgresql, or leave its part out")
        who = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
        done = subprocess.run(
            [str(folder / program), *words], cwd="/", check=False, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, **who  # type: ignore[call-overload]
        )  # fmt: skip
        if check and done.returncode:
            raise RuntimeError(f"{program} failed: {done.stderr.strip()[-500:]}")


@dataclass
class Redis:
    """A server that keeps nothing."""

    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def __enter__(self) -> Redis:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.kill()

    def start(self) -> None:
        program = redis_program()
        if program is None:
            raise RuntimeError("neither redis-server nor valkey-server is installed here")
        words = ["--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen([program, *words], cwd="/tmp", stdout=subprocess.DEVNULL)
        wait_for(lambda: answers(self.port), "Redis does not answer")

    def kill(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(PATIENCE_S)
            self.process = None


def redis_program() -> str | None:
    return shutil.which("redis-server") or shutil.which("valkey-server")


def children_of(pid: int) -> list[int]:
    return [int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()]
