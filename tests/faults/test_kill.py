"""The server is killed at random moments while learners save: what was acknowledged is there, once, and is graded once."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import time
from pathlib import Path

import pytest

from bench.services import wait_for
from tests.faults.conftest import Fault, on_sqlite, whole

pytestmark = pytest.mark.faults


def test_the_server_is_killed_again_and_again(fault: Fault, rounds: int) -> None:
    """Every other time all processes at once; else one of the two that answer, which is started anew by the one that watches."""
    killed = 0

    def kill() -> None:
        nonlocal killed
        for turn in range(rounds):
            moment = fault.receipts() + fault.rng.randint(15, 60)
            wait_for(lambda moment=moment: fault.receipts() > moment, "nobody saves")
            time.sleep(fault.rng.random() * 0.02)  # any moment of a save, not only the one after a receipt
            if turn % 2:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(fault.rng.choice(fault.server.workers_at_work()), signal.SIGKILL)
            else:
                fault.server.kill()
                fault.server.start()
            killed += 1

    verdict = fault.under_load(kill)
    assert killed == rounds
    assert whole(verdict)
    assert fault.troubles, "nobody was ever in the middle of anything: this proves nothing"


def test_browsers_that_keep_their_connection_lock_nobody_out(tmp_path: Path, furnished_file: tuple[Path, list[str]]) -> None:
    """Two hundred have asked and hold on to their connection; each of them got an answer all the same."""
    fault = on_sqlite(tmp_path, furnished_file)
    fault.server.start()
    held: list[socket.socket] = []
    try:
        for _ in range(200):
            link = socket.create_connection(("127.0.0.1", fault.server.port), timeout=10)
            held.append(link)
            link.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            assert b"200 OK" in link.recv(2000)
    finally:
        for link in held:
            link.close()
        fault.server.kill()
