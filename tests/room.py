"""Room for Python's frames, which a test stacks up higher than a server does.

CPython (3.11 and newer) keeps the frames of a thread in chunks of 16 KB, and gives a chunk back as soon as the frame that opened it ends
(`push_chunk` and DATA_STACK_CHUNK_SIZE in its Python/pystate.c, read 2026-11-26). Where the calls of a loop cross the end of a chunk, each of
them maps memory and unmaps it: 500 times in a test of a view, by the count of its system calls, and a seventh of the time it took. A frame
that wants half a megabyte for itself gets a chunk of a whole one, and all that it calls shares the rest. On the server Today and an answer
were counted in the same way, and map nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

#: Of eight bytes each, a little over half a megabyte. Nothing touches them: they only move the end of the chunk away.
PLACES = 66_000


def with_room(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, whose calls cross no end of a chunk. It changes what a call costs, never what it does."""

    def call(*args: Any, **named: Any) -> Any:
        return function(*args, **named)

    call.__code__ = call.__code__.replace(co_stacksize=PLACES)
    return wraps(function)(call)
