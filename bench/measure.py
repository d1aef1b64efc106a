"""Times the running server: answering, saving and starting, each against the bare view in the same round. All over HTTP, as a browser asks."""

from __future__ import annotations

import json
import random
import sqlite3
import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from bench.house import EXAMS, Answer, Browser, Server

LETTERS = "ABCDEFGH"
#: What htmx sends along.
HTMX = {"HX_Request": "true", "Accept": "*/*"}
#: What the exam page's script sends along.
SCRIPT = {"Accept": "application/json"}


@dataclass
class Rounds:
    """Milliseconds of processor time per request, by what was asked, round by round."""

    ms: dict[str, list[float]] = field(default_factory=dict)

    def note(self, name: str, value: float) -> None:
        self.ms.setdefault(name, []).append(value)

    def median(self, name: str) -> float:
        return statistics.median(self.ms[name])

    def ratio(self, *names: str, to: str) -> float:
        """The median over rounds of these together against `to` in the same round."""
        rows = zip(*(self.ms[name] for name in names), self.ms[to], strict=True)
        return statistics.median(sum(row[:-1]) / row[-1] for row in rows)


def cpu_ms(server: Server, ask: Callable[[Any], object], each: Sequence[Any]) -> float:
    """Processor time of the server per request, user and system, in milliseconds."""
    before = server.cpu_s()
    for one in each:
        ask(one)
    return (server.cpu_s() - before) / len(each) * 1000


def rows(server: Server, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(server.folder / "besa.sqlite3")) as connection:
        return connection.execute(sql, values).fetchall()


def attempt_of(answer: Answer) -> int:
    """The attempt that a start leads to."""
    assert answer.status == 302, (answer.status, answer.body[:300])
    return int(answer.headers["location"].strip("/").split("/")[1])


# -- answering and saving --------------------------------------------------------------------------------------------


@dataclass
class Study:
    """A guest who practises and sits an exam, beside the bare view."""

    server: Server
    rng: random.Random
    browser: Browser = field(init=False)
    exam: int = field(init=False)
    revisions: dict[int, int] = field(default_factory=dict)
    bare_row: dict[str, object] = field(init=False)

    def __post_init__(self) -> None:
        self.browser = Browser(self.server)
        self.exam = attempt_of(self.browser.post("/exams/full/", {}))
        single = rows(self.server, "SELECT position FROM quizzes_slot WHERE attempt_id = ? AND pick = 1", self.exam)
        self.revisions = {position: 0 for (position,) in single}
        self.bare_row = {
            "lesson": rows(self.server, "SELECT id FROM quizzes_lesson")[0][0],
            "topic": rows(self.server, "SELECT slug FROM quizzes_topic")[0][0],
        }

    def bare(self, address: str) -> None:
        assert self.browser.post(address, self.bare_row).status == 200

    def open_places(self, count: int) -> list[tuple[str, list[str]]]:
        """Places of fresh practice sessions with an answer to give: seven of ten are right."""
        places: list[tuple[str, list[str]]] = []
        while len(places) < count:
            attempt = attempt_of(self.browser.post("/practice/", {"size": 25, "kind": "all"}))
            asked = rows(
                self.server,
                """SELECT s.position, s.option_order, v.body FROM quizzes_slot s JOIN quizzes_questionversion v ON v.id = s.version_id
                WHERE s.attempt_id = ? ORDER BY s.position""",
                attempt,
            )
            choices = [row for row in asked if json.loads(row[2])["type"] in ("single", "multiple")]
            places += [(f"/attempts/{attempt}/slots/{position}/", self._letters(order, body)) for position, order, body in choices]
        return places[:count]

    def _letters(self, order: str, body: str) -> list[str]:
        keys = {option["id"] for option in json.loads(body)["options"] if option.get("key")}
        right = [letter for letter, option in zip(LETTERS, json.loads(order), strict=False) if option in keys]
        wrong = [letter for letter, option in zip(LETTERS, json.loads(order), strict=False) if option not in keys]
        return right if self.rng.random() < 0.7 else (wrong + right)[: len(right)]

    def answer(self, place: tuple[str, list[str]]) -> Answer:
        given = self.browser.post(place[0], {"answer": place[1], "confidence": "sure", "spent_ms": 9000}, **HTMX)
        assert given.status in (200, 302), (given.status, given.body[:300])
        return given

    def follow(self, address: str) -> None:
        assert self.browser.get(address, **HTMX).status == 200

    def look(self, _: object = None) -> None:
        assert self.browser.get("/").status == 200

    def save(self, position: int) -> None:
        fields = {
            "answer": self.rng.choice("ABCD"), "revision": self.revisions[position], "spent_ms": 900,
            "save_id": f"save-{self.rng.getrandbits(64):016x}",
        }  # fmt: skip
        receipt = self.browser.post(f"/attempts/{self.exam}/slots/{position}/draft/", fields, **SCRIPT)
        assert receipt.status == 200, (receipt.status, receipt.body[:300])
        self.revisions[position] = json.loads(receipt.body)["revision"]


def answering(server: Server, *, count: int, each: int, seed: int) -> Rounds:
    """`count` rounds of `each` requests of every kind, in turns, after one round to warm up."""
    study, told = Study(server, random.Random(seed)), Rounds()
    for turn in range(count + 1):
        measured = one_round(study, each)
        for name, value in measured.items() if turn else []:
            told.note(name, value)
    return told


def one_round(study: Study, each: int) -> dict[str, float]:
    server, given = study.server, list[Answer]()
    places, positions = study.open_places(each), [study.rng.choice(list(study.revisions)) for _ in range(each)]
    first = cpu_ms(server, lambda _: study.bare("/bench/bare/"), range(each))
    post = cpu_ms(server, lambda place: given.append(study.answer(place)), places)
    behind = cpu_ms(server, lambda _: study.bare("/bench/app/"), range(each))
    leads = [answer.headers["location"] for answer in given if answer.status == 302]
    follow = cpu_ms(server, study.follow, leads) * len(leads) / each if leads else 0.0
    save = cpu_ms(server, study.save, positions)
    again = cpu_ms(server, lambda _: study.bare("/bench/bare/"), range(each))
    return {"bare": (first + again) / 2, "bare behind ours": behind, "post": post, "follow": follow, "save": save}


# -- Today -----------------------------------------------------------------------------------------------------------


def looking(server: Server, session: str, *, count: int, each: int, seed: int) -> Rounds:
    """`count` rounds of looking at Today as the learner of this session: as it stands, and for the first time after each answer."""
    study, told = Study(server, random.Random(seed)), Rounds()
    study.browser.cookies["sessionid"] = session
    for turn in range(count + 1):
        places = study.open_places(each // 4)
        first = cpu_ms(server, lambda _: study.bare("/bench/bare/"), range(each))
        today = cpu_ms(server, study.look, range(each))
        after = 0.0
        for place in places:
            study.answer(place)
            time.sleep(0.005)  # the server clears up after its answer; that is not the next request's work
            after += cpu_ms(server, study.look, [0]) / len(places)
        again = cpu_ms(server, lambda _: study.bare("/bench/bare/"), range(each))
        for name, value in {"bare": (first + again) / 2, "today": today, "after an answer": after}.items() if turn else []:
            told.note(name, value)
    return told


# -- starting --------------------------------------------------------------------------------------------------------


def starting(small: Server, large: Server, *, count: int) -> Rounds:
    """Start exams of 65 questions in a small and a large bank, in turns."""
    told, browsers = Rounds(), {"small": Browser(small), "large": Browser(large)}
    numbers = iter(range(1, EXAMS))
    each = (EXAMS - 1) // (count + 1)
    for turn in range(count + 1):
        slugs = [f"/exams/full-{next(numbers)}/" for _ in range(each)]
        for name, browser in browsers.items() if turn % 2 else reversed(browsers.items()):
            value = cpu_ms(browser.server, lambda slug, browser=browser: attempt_of(browser.post(slug, {})), slugs)
            if turn:
                told.note(name, value)
    return told
