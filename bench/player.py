"""Learners who sit an exam over HTTP, many at once in one process: they start, save, flag, reload, ask for the time and hand in.

It sends what a browser sends, and keeps every receipt. One request costs it a small part of what it costs the server; its own share of the
processor is measured and told.
"""

from __future__ import annotations

import asyncio
import json
import math
import random
import re
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

EXAM = "full"
LETTERS = "ABCDEFGH"
TOKEN = "k" * 32
#: So long the exam page's script waits for an answer before it sends again, in seconds (static/js/outbox.js).
PATIENCE_S = 12.0
#: So long a person waits for a page.
PATIENCE_FOR_PAGES_S = 60.0
#: What the script of the exam page sends, and sends again.
SCRIPTED = ("save", "flag", "clock", "part")
#: How often an exam page asks for the time, in seconds (static/js/clock.js).
CLOCK_S = 15.0
#: Seconds after which what found no answer is sent again, a little more each time.
WAITS_S = (1.0, 2.0, 4.0, 8.0)


class Lost(Exception):
    """No answer: the connection ended, or it took too long."""


class Link(asyncio.Protocol):
    """One connection, kept open: one request at a time."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._needed = 0
        self._waiting: asyncio.Future[tuple[int, bytes, bytes]] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]

    def connection_lost(self, problem: Exception | None) -> None:
        self.transport = None
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(Lost(str(problem or "closed")))

    def ask(self, request: bytes) -> asyncio.Future[tuple[int, bytes, bytes]]:
        """Raises Lost where the connection ended before anything was asked: its server was killed in between."""
        if self.transport is None:
            raise Lost("closed")
        self._buffer.clear()
        self._needed = 0
        self._waiting = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return self._waiting

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._needed:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = bytes(self._buffer[:end]).lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15 : (head + b"\r\n").index(b"\r\n", at)]) if at >= 0 else 0
            self._needed = end + 4 + length
        if len(self._buffer) < self._needed or self._waiting is None or self._waiting.done():
            return
        end = self._buffer.index(b"\r\n\r\n")
        head, body = bytes(self._buffer[:end]), bytes(self._buffer[end + 4 : self._needed])
        if b"content-encoding: gzip" in head.lower():
            body = zlib.decompress(body, 31)
        self._waiting.set_result((int(head[9:12]), head, body))


@dataclass
class Times:
    """Seconds of every answer by kind of request, and what went wrong."""

    taken: dict[str, list[float]] = field(default_factory=dict)
    troubles: dict[str, int] = field(default_factory=dict)

    def note(self, kind: str, seconds: float) -> None:
        self.taken.setdefault(kind, []).append(seconds)

    def trouble(self, what: str) -> None:
        self.troubles[what] = self.troubles.get(what, 0) + 1

    @property
    def requests(self) -> int:
        return sum(len(each) for each in self.taken.values())

    def all_of(self, *kinds: str) -> list[float]:
        return [seconds for kind in kinds or self.taken for seconds in self.taken.get(kind, [])]


def percentile(values: list[float], share: float) -> float:
    """The smallest value that this share of all does not exceed; 0 where there is none."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)] if ordered else 0.0


@dataclass
class Place:
    """One question, as the page and the receipts told of it."""

    pick: int = 1
    options: int = 4
    revision: int = 0
    saved_at: str = ""
    answer: list[str] = field(default_factory=list)
    saves: int = 0
    #: Sent, and no receipt yet.
    open_save: dict[str, Any] | None = None


@dataclass
class Learner:
    """One who sits an exam. `times` is where its answers are noted at the moment; the stage that runs puts its own there."""

    port: int
    session: str
    rng: random.Random
    think_s: float
    times: Times
    attempt: int = 0
    length: int = 0
    places: dict[int, Place] = field(default_factory=dict)
    at: int = 1
    told: dict[str, Any] = field(default_factory=dict)
    #: Saves that were sent again because no receipt came.
    repeated: int = 0
    waits_s: tuple[float, ...] = WAITS_S
    _link: Link | None = None
    _clock_due: float = 0.0

    # -- what a browser does -----------------------------------------------------------------------------------------

    async def start(self) -> None:
        head, _ = await self._ask("start", "POST", f"/exams/{EXAM}/", {}, accept="text/html")
        found = re.search(rb"(?i)\r\nlocation: /attempts/(\d+)/", head)
        assert found, head[:300]
        self.attempt = int(found[1])
        await self._look("page", 1)

    async def sit(self, until: Callable[[], bool]) -> None:
        """Answer one question after the other, as people do, until it is over."""
        loop = asyncio.get_running_loop()
        self._clock_due = self._clock_due or loop.time() + self.rng.random() * CLOCK_S
        await asyncio.sleep(self.rng.random() * self.think_s)
        while not until():
            await self._save()
            if self.rng.random() < 0.08:
                await self._ask("flag", "POST", f"{self._slot(self.at)}draft/", {"flagged": self.rng.choice("01"), "spent_ms": 900})
            if self.rng.random() < 0.04:
                await self._look("page", self.at)  # a reload
            if self.rng.random() < 0.8:
                self.at = self.at % self.length + 1
                await self._look("part", self.at)
            if loop.time() > self._clock_due:
                self._clock_due = loop.time() + CLOCK_S
                await self._ask("clock", "GET", f"/attempts/{self.attempt}/clock/")
            await asyncio.sleep(self.rng.uniform(0.5, 1.5) * self.think_s)

    async def finish(self) -> None:
        """What waits goes out first; then the last look, the hand-in, and the result."""
        for position in [position for position, place in self.places.items() if place.open_save]:
            await self._save(position)
        await self._ask("review", "GET", f"/attempts/{self.attempt}/review/", headers="HX-Request: true\r\n", accept="*/*")
        _, body = await self._ask("hand in", "POST", f"/attempts/{self.attempt}/submission/", {"waiting": "[]"})
        result = json.loads(body)["result"]
        _, page = await self._ask("result", "GET", result, accept="text/html")
        score, right = re.search(rb"<h1>(\d+)\. ", page), re.search(rb"(\d+) of (\d+) right", page)
        assert score, page[:2000]
        assert right, page[:2000]
        self.told = {"scaled": int(score[1]), "right": int(right[1]), "scored": int(right[2])}

    # -- how it asks -------------------------------------------------------------------------------------------------

    def _slot(self, position: int) -> str:
        return f"/attempts/{self.attempt}/slots/{position}/"

    async def _look(self, kind: str, position: int) -> None:
        """Draw a question: the whole page, or only its part as the script asks for it. The page says how many options there are."""
        headers = "HX-Request: true\r\n" if kind == "part" else ""
        _, body = await self._ask(kind, "GET", self._slot(position), headers=headers, accept="*/*" if kind == "part" else "text/html")
        if position not in self.places:
            pick = re.search(rb'data-pick="(\d+)"', body)
            assert pick, body[:500]
            self.places[position] = Place(int(pick[1]), len(re.findall(rb'name="answer"', body)))
        if kind == "page" and not self.length:
            found = re.search(rb"Question \d+ of (\d+)", body)
            assert found
            self.length = int(found[1])

    async def _save(self, position: int = 0) -> None:
        """Change the answer, and keep the receipt. What gets none goes out again, the same under the same id."""
        position = position or self.at
        place = self.places[position]
        if place.open_save is None:
            letters = place.answer
            while letters == place.answer:
                letters = sorted(self.rng.sample(LETTERS[: place.options], place.pick))
            place.open_save = {
                "answer": letters, "revision": place.revision, "spent_ms": 900, "save_id": f"{self.rng.getrandbits(96):024x}",
            }  # fmt: skip
        save = place.open_save
        _, body = await self._ask("save", "POST", f"{self._slot(position)}draft/", save)
        receipt = json.loads(body)
        assert receipt["answer"] == save["answer"], (receipt, save)
        place.revision, place.saved_at, place.answer = receipt["revision"], receipt["saved_at"], receipt["answer"]
        place.saves += 1
        place.open_save = None

    async def _ask(
        self,
        kind: str,
        method: str,
        path: str,
        fields: dict[str, Any] | None = None,
        *,
        headers: str = "",
        accept: str = "application/json",
    ) -> tuple[bytes, bytes]:
        """Head and body of the answer. Sends again, as the page does, while the server is away or says 503."""
        body = urlencode(fields, doseq=True) if fields is not None else ""
        lines = [
            f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}", f"Accept: {accept}", "Accept-Encoding: gzip",
            f"Cookie: sessionid={self.session}; csrftoken={TOKEN}",
        ]  # fmt: skip
        if fields is not None:
            lines += ["Content-Type: application/x-www-form-urlencoded", f"X-CSRFToken: {TOKEN}", f"Content-Length: {len(body)}"]
        request = ("\r\n".join(lines) + "\r\n" + headers + "\r\n" + body).encode()
        for wait in self._waits():
            began = time.perf_counter()
            try:
                link = await self._connected()
                status, head, told = await asyncio.wait_for(link.ask(request), PATIENCE_S if kind in SCRIPTED else PATIENCE_FOR_PAGES_S)
            except (Lost, TimeoutError, OSError) as problem:
                self._hang_up()
                self.times.trouble(f"{kind}: {'no answer' if not isinstance(problem, TimeoutError) else 'took too long'}")
            else:
                if status < 400:
                    self.times.note(kind, time.perf_counter() - began)
                    return head, told
                self.times.trouble(f"{kind}: {status}")
                if status not in (429, 500, 502, 503, 504):
                    raise AssertionError(f"{method} {path}: {status} {told[:300]!r}")
            self.repeated += kind == "save"
            await asyncio.sleep(wait * self.rng.uniform(1, 1.25))
        raise AssertionError("never here")

    def _waits(self) -> Iterator[float]:
        yield from self.waits_s
        while True:
            yield self.waits_s[-1]

    async def _connected(self) -> Link:
        if self._link is None or self._link.transport is None:
            loop = asyncio.get_running_loop()
            _, self._link = await asyncio.wait_for(loop.create_connection(Link, "127.0.0.1", self.port), PATIENCE_S)
        return self._link

    def _hang_up(self) -> None:
        if self._link is not None and self._link.transport is not None:
            self._link.transport.abort()
        self._link = None

    def leave(self) -> None:
        self._hang_up()


@dataclass
class Crowd:
    """All learners of a run. A stage lets the first so many of them sit, and notes what their requests took."""

    learners: list[Learner]

    def note_in(self, times: Times) -> None:
        for learner in self.learners:
            learner.times = times

    async def start(self, first: int, count: int, *, within_s: float) -> Times:
        """These learners press the button within so many seconds."""
        times = Times()
        self.note_in(times)

        async def one(learner: Learner) -> None:
            await asyncio.sleep(learner.rng.random() * within_s)
            await learner.start()

        await asyncio.gather(*(one(learner) for learner in self.learners[first : first + count]))
        return times

    async def sit(self, count: int, *, seconds: float, settle_s: float = 0.0) -> Times:
        """So many learners sit; noted is what they ask after the first `settle_s` seconds."""
        loop = asyncio.get_running_loop()
        before, times, end = Times(), Times(), loop.time() + settle_s + seconds
        self.note_in(before if settle_s else times)
        loop.call_later(settle_s, self.note_in, times)
        await asyncio.gather(*(learner.sit(lambda: loop.time() > end) for learner in self.learners[:count]))
        for what, n in before.troubles.items():
            times.troubles[what] = times.troubles.get(what, 0) + n
        return times

    async def finish(self, count: int, *, within_s: float) -> Times:
        """So many learners hand in within so many seconds."""
        times = Times()
        self.note_in(times)

        async def one(learner: Learner) -> None:
            await asyncio.sleep(learner.rng.random() * within_s)
            await learner.finish()

        await asyncio.gather(*(one(learner) for learner in self.learners[:count]))
        return times

    def leave(self) -> None:
        for learner in self.learners:
            learner.leave()
