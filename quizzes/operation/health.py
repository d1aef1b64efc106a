"""Whether this process can serve, asked without ever waiting longer than stated."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import DEFAULT_DB_ALIAS, connections

#: Names the file that is there while the server serves and gone once it is about to stop (`quizzes.management.supervisor`).
SERVING = "BESA_SERVING"

Told = TypeVar("Told")


class TookTooLong(Exception):
    """No answer in the time that was given."""


def is_draining() -> bool:
    """Whether the server is about to stop, and wants no new visitors."""
    serving = os.environ.get(SERVING)
    return bool(serving) and not os.path.exists(str(serving))


class Aside:
    """Asks on a thread of its own, so that whoever waits can stop waiting. One question at a time: where it hangs, the next ones do not pile up."""

    def __init__(self) -> None:
        self._free = threading.Lock()

    def ask(self, question: Callable[[], Told], *, patience_s: float) -> Told:
        """What the question gives or raises. It uses this thread's connection to the database, which is left to it where it takes too long.

        Raises TookTooLong.
        """
        until = time.monotonic() + patience_s
        if not self._free.acquire(timeout=patience_s):
            raise TookTooLong
        connection, given_up = connections[DEFAULT_DB_ALIAS], threading.Event()
        told: list[Told] = []
        raised: list[Exception] = []

        def go() -> None:
            connections[DEFAULT_DB_ALIAS] = connection
            try:
                told.append(question())
            except Exception as fault:
                raised.append(fault)
            finally:
                if given_up.is_set():
                    connection.close()
                connection.dec_thread_sharing()
                self._free.release()

        connection.inc_thread_sharing()
        thread = threading.Thread(target=go, daemon=True)
        thread.start()
        thread.join(max(0.0, until - time.monotonic()))
        if thread.is_alive():
            given_up.set()
            del connections[DEFAULT_DB_ALIAS]
            raise TookTooLong
        if raised:
            raise raised[0]
        return told[0]
