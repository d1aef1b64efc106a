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

    def __init__(self, *, lends_connection: bool = True) -> None:
        self._free, self._lends = threading.Lock(), lends_connection

    def ask(self, question: Callable[[], Told], *, patience_s: float) -> Told:
        """What the question gives or raises. It is lent this thread's connection to the database, and keeps it where it takes too long.

        Raises TookTooLong.
        """
        until = time.monotonic() + patience_s
        if not self._free.acquire(timeout=patience_s):
            raise TookTooLong
        connection = connections[DEFAULT_DB_ALIAS] if self._lends else None
        given_up = threading.Event()
        told: list[Told] = []
        raised: list[Exception] = []

        def go() -> None:
            if connection is not None:
                connections[DEFAULT_DB_ALIAS] = connection
            try:
                told.append(question())
            except Exception as fault:
                raised.append(fault)
            finally:
                if connection is not None:
                    if given_up.is_set():
                        connection.close()
                    connection.dec_thread_sharing()
                self._free.release()

        if connection is not None:
            connection.inc_thread_sharing()
        thread = threading.Thread(target=go, daemon=True)
        thread.start()
        thread.join(max(0.0, until - time.monotonic()))
        if thread.is_alive():
            given_up.set()
            if connection is not None:
                del connections[DEFAULT_DB_ALIAS]
            raise TookTooLong
        if raised:
            raise raised[0]
        return told[0]
