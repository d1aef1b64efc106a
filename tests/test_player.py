"""The player of `make load` and of the fault tests: what the server does to a connection is an event to it, never a fault of its own."""

from __future__ import annotations

import asyncio

import pytest

from bench.player import Link, Lost


def test_a_connection_that_ended_before_anything_was_asked_is_lost():
    link = Link()
    link.connection_made(asyncio.Transport())
    link.connection_lost(None)
    with pytest.raises(Lost):
        link.ask(b"GET / HTTP/1.1")


def test_one_that_ends_meanwhile_is_lost():
    class Sink(asyncio.Transport):
        def write(self, data: object) -> None:
            """Takes it and says nothing."""

    async def ask() -> None:
        link = Link()
        link.connection_made(Sink())
        answer = link.ask(b"GET / HTTP/1.1")
        link.connection_lost(ConnectionResetError("gone"))
        await answer

    with pytest.raises(Lost, match="gone"):
        asyncio.run(ask())
