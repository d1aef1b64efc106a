"""A database that takes the connection and never says a word: /readyz answers all the same, and one connection is all it costs."""

from __future__ import annotations

import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest
from django.conf import settings

from quizzes.management.server import server_command
from tests.walkthroughs.test_kill import PATIENCE_S, House

pytestmark = pytest.mark.faults


class Silent:
    """Listens where PostgreSQL would, and keeps everybody waiting."""

    def __init__(self) -> None:
        self.door = socket.create_server(("127.0.0.1", 0))
        self.visitors: list[socket.socket] = []
        threading.Thread(target=self._let_in, daemon=True).start()

    def _let_in(self) -> None:
        while True:
            try:
                self.visitors.append(self.door.accept()[0])
            except OSError:
                return

    def close(self) -> None:
        for each in (self.door, *self.visitors):
            each.close()


@pytest.fixture
def silent() -> Iterator[Silent]:
    silent = Silent()
    yield silent
    silent.close()


class HouseElsewhere(House):
    """The server, its database somewhere else."""

    def start_on(self, port: int) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        environment = {**self.environment, "DATABASE_URL": f"postgres://besa:hunter2@127.0.0.1:{port}/besa", "LOG_LEVEL": "ERROR"}
        command = server_command(host="127.0.0.1", port=self.port)
        self.process = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, start_new_session=True)
        self._poll(answers=True)

    def ask(self, address: str) -> tuple[int, str]:
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)) as connection:
            connection.request("GET", address)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()


def test_who_asks_whether_we_are_ready_is_told_though_the_database_is_silent(tmp_path: Path, silent: Silent) -> None:
    house = HouseElsewhere(tmp_path)
    (tmp_path / "static").mkdir()
    house.start_on(silent.door.getsockname()[1])
    try:
        assert [house.ask("/readyz") for _ in range(2)] == [(503, "not ready: the database does not answer\n")] * 2
        assert house.ask("/healthz") == (200, "ok\n")
        assert len(silent.visitors) == 1, "a second question does not wait beside the first"
        assert house.process is not None
        house.process.terminate()
        assert house.process.wait(PATIENCE_S) == 0, "what hangs there does not keep the server from ending"
        house.process = None
    finally:
        house.kill()
