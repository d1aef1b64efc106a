"""Saved answers survive `kill -9` of the server: what was acknowledged is there, and what was not is there whole or not at all."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings

from quizzes.domain.items import LETTERS, from_letters
from quizzes.management.server import server_command
from tests import kept

SEED = 20261123
KILLS = 10
WRITERS = 4
#: How long anything may take before the test gives up, in seconds.
PATIENCE_S = 30

FURNITURE = """
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from tests.factories import make_bank, make_blueprint
make_bank(30)
make_bank(15, type="multiple")
make_blueprint(40, slug="long", minutes=60)
"""


#: A process that has the app's modules loaded and touches nothing. For each line it leaves a copy of itself, which becomes the server of that
#: command line, in a session of its own: the same server as from a shell, less the seconds in which Python reads the same modules once more.
NURSERY = """
import json, os, signal, sys
import besa.wsgi
from granian.cli import entrypoint
signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead are buried by the system
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        sys.argv = json.loads(line)
        sys.exit(entrypoint())
    print(child, flush=True)
"""


@dataclass
class House:
    """A data folder with a database, and the production server on it."""

    folder: Path
    port: int = 0
    server: int = 0  # the process and its group where the nursery made it, 0 while none runs
    process: subprocess.Popen[bytes] | None = None  # where it was started by its command
    nursery: subprocess.Popen[str] | None = None

    @property
    def environment(self) -> dict[str, str]:
        inherited = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "REDIS_URL", "HTTPS", "SQLITE_SYNCHRONOUS"}}
        return {**inherited, "DJANGO_SETTINGS_MODULE": "besa.settings", "DATA_DIR": str(self.folder)}

    def furnish(self) -> None:
        """Tables, a bank and an exam plan, made in a process of its own: this one has its own settings and database."""
        kept.take_tables(self.folder / "besa.sqlite3")
        subprocess.run([sys.executable, "-c", FURNITURE], cwd=settings.BASE_DIR, env=self.environment, check=True)

    def open_nursery(self) -> None:
        if self.nursery is not None:
            return
        self.nursery = subprocess.Popen(
            [sys.executable, "-c", NURSERY],
            cwd=settings.BASE_DIR, env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def start(self, *, workers: int) -> None:
        """Start the server and wait until it answers."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        command = server_command(host="127.0.0.1", port=self.port, workers=workers)
        if self.nursery is None:
            self.process = subprocess.Popen(command, cwd=settings.BASE_DIR, env=self.environment, start_new_session=True)
        else:
            order, child = self.nursery.stdin, self.nursery.stdout
            assert order is not None
            assert child is not None
            order.write(json.dumps(command[command.index("granian") :]) + "\n")
            order.flush()
            self.server = int(child.readline())
        self._poll(answers=True)

    def kill(self) -> None:
        """SIGKILL for the server and its workers at once: nobody gets to say goodbye."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None
        elif self.server:
            os.killpg(self.server, signal.SIGKILL)
            self.server = 0
        else:
            return
        self._poll(answers=False)

    def close(self) -> None:
        self.kill()
        if self.nursery is not None:
            self.nursery.communicate()

    def _poll(self, *, answers: bool) -> None:
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            if answers:
                assert self._lives(), "the server did not start"
            with socket.socket() as probe:
                probe.settimeout(1)
                if (probe.connect_ex(("127.0.0.1", self.port)) == 0) == answers:
                    return
            time.sleep(0.02)  # between two looks, so that the server gets the processor
        raise AssertionError(f"the server {'does not answer' if answers else 'still answers'} after {PATIENCE_S} s")

    def _lives(self) -> bool:
        if self.process is not None:
            return self.process.poll() is None
        try:
            os.kill(self.server, 0)
        except ProcessLookupError:
            return False
        return True

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Read the database from outside, past the server."""
        with closing(sqlite3.connect(self.folder / "besa.sqlite3")) as connection:
            return connection.execute(sql, values).fetchall()


@dataclass
class Browser:
    """Just enough of one: cookies, the token of forms, and JSON."""

    house: House
    cookies: dict[str, str] = field(default_factory=lambda: {"csrftoken": "k" * 32})

    def connect(self) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self.house.port, timeout=PATIENCE_S)

    def post(self, connection: HTTPConnection, path: str, fields: dict[str, Any]) -> tuple[int, str, bytes]:
        """Status, where it leads, and the whole body."""
        headers = {
            "Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json", "X-CSRFToken": self.cookies["csrftoken"],
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
        }  # fmt: skip
        connection.request("POST", path, urlencode(fields, doseq=True), headers)
        response = connection.getresponse()
        body = response.read()
        for cookie in response.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return response.status, response.headers.get("Location", ""), body


@dataclass(frozen=True)
class Save:
    """A save as it goes over the wire."""

    letters: list[str]
    revision: int
    save_id: str


@dataclass
class Place:
    """One question of the exam, and what the server has said about it."""

    position: int
    order: list[str]
    pick: int
    receipts: list[tuple[Save, dict[str, Any]]] = field(default_factory=list)
    under_way: Save | None = None  # sent, and the server has said nothing yet

    @property
    def revision(self) -> int:
        return int(self.receipts[-1][1]["revision"]) if self.receipts else 0

    @property
    def answer(self) -> list[str]:
        return self.receipts[-1][0].letters if self.receipts else []

    def ids(self, letters: list[str]) -> list[str]:
        return from_letters(letters, self.order)

    def next_save(self, rng: random.Random) -> Save:
        """An answer that differs from the last one, so that one can tell which of the two is there."""
        letters = self.answer
        while letters == self.answer:
            letters = sorted(rng.sample(LETTERS[: len(self.order)], rng.randint(1, self.pick)))
        return Save(letters, self.revision, f"save-{self.position}-{rng.getrandbits(64):016x}")


@dataclass
class Exam:
    """A running exam, written to from several connections at once."""

    browser: Browser
    attempt: int
    places: list[Place]
    acknowledged: int = 0
    news: threading.Condition = field(default_factory=threading.Condition)
    faults: list[BaseException] = field(default_factory=list)

    def send(self, connection: HTTPConnection, place: Place, save: Save) -> dict[str, Any]:
        fields = {"answer": save.letters, "revision": save.revision, "save_id": save.save_id, "spent_ms": 10}
        status, _, body = self.browser.post(connection, f"/attempts/{self.attempt}/slots/{place.position}/draft/", fields)
        assert status == 200, (status, body[:300])
        receipt: dict[str, Any] = json.loads(body)
        assert receipt["answer"] == save.letters
        return receipt

    def write_until_the_server_dies(self, places: list[Place], rng: random.Random) -> None:
        connection = self.browser.connect()
        try:
            while True:
                place = rng.choice(places)
                place.under_way = place.next_save(rng)
                receipt = self.send(connection, place, place.under_way)
                place.receipts.append((place.under_way, receipt))
                place.under_way = None
                with self.news:
                    self.acknowledged += 1
                    self.news.notify_all()
        except (OSError, HTTPException):
            return  # what was under way stays noted as such
        except Exception as fault:
            with self.news:
                self.faults.append(fault)
                self.news.notify_all()
        finally:
            connection.close()

    def write_and_be_killed(self, rng: random.Random) -> None:
        """Save from several threads, and kill the server after a drawn number of receipts, in the middle of the next saves."""
        moment = self.acknowledged + rng.randint(WRITERS, 80)
        threads = [
            threading.Thread(target=self.write_until_the_server_dies, args=(self.places[n::WRITERS], random.Random(rng.random())))
            for n in range(WRITERS)
        ]
        for thread in threads:
            thread.start()
        with self.news:
            self.news.wait_for(lambda: self.acknowledged >= moment or self.faults, timeout=PATIENCE_S)
        self.browser.house.kill()
        for thread in threads:
            thread.join()
        assert not self.faults
        assert self.acknowledged >= moment, f"the server acknowledged too little in {PATIENCE_S} s"

    def compare_with_the_database(self) -> int:
        """Every acknowledged save is there; one that was under way is there whole or not at all. Returns how many of those were."""
        kept = self.browser.house.rows(
            "SELECT position, draft, revision, save_ids FROM quizzes_slot WHERE attempt_id = ? ORDER BY position", self.attempt
        )
        landed = 0
        for place, (position, draft, revision, save_ids) in zip(self.places, kept, strict=True):
            taken = json.loads(save_ids)
            for save, receipt in place.receipts[-30:]:  # a slot remembers its last forty
                assert taken[save.save_id] == [receipt["revision"], receipt["saved_at"], place.ids(save.letters)]
            wanted = (place.position, place.revision, place.ids(place.answer))
            if place.under_way and place.under_way.save_id in taken:
                landed += 1
                wanted = (place.position, place.revision + 1, place.ids(place.under_way.letters))
            assert (position, revision, json.loads(draft)) == wanted
        return landed

    def send_again(self) -> int:
        """The last save of each place once more, and what got no receipt: each counts once. Returns how many had none."""
        connection, lost = self.browser.connect(), 0
        for place in self.places:
            if place.receipts:
                save, receipt = place.receipts[-1]
                again = self.send(connection, place, save)
                if place.under_way is None:
                    assert (again["revision"], again["saved_at"]) == (receipt["revision"], receipt["saved_at"])
            if save := place.under_way:
                lost += 1
                receipts = [self.send(connection, place, save) for _ in range(2)]
                assert [receipt["revision"] for receipt in receipts] == [save.revision + 1] * 2
                assert receipts[0]["saved_at"] == receipts[1]["saved_at"]
                place.receipts.append((save, receipts[0]))
                place.under_way = None
        connection.close()
        return lost


def start_exam(house: House) -> Exam:
    browser = Browser(house)
    with closing(browser.connect()) as connection:
        status, address, _ = browser.post(connection, "/exams/long/", {})
    assert status == 302
    attempt = int(address.strip("/").split("/")[1])
    slots = house.rows("SELECT position, option_order, pick FROM quizzes_slot WHERE attempt_id = ? ORDER BY position", attempt)
    return Exam(browser, attempt, [Place(position, json.loads(order), pick) for position, order, pick in slots])


@pytest.mark.faults
def test_acknowledged_answers_survive_the_sudden_death_of_the_server(tmp_path: Path) -> None:
    rng = random.Random(SEED)
    house = House(tmp_path)
    house.furnish()
    house.start(workers=1)  # once by the command itself
    try:
        exam = start_exam(house)
        assert len(exam.places) == 40
        without_receipt = 0
        for kill in range(KILLS):
            exam.write_and_be_killed(rng)
            exam.compare_with_the_database()
            house.open_nursery()
            house.start(workers=1 + kill % 2)
            without_receipt += exam.send_again()
            assert exam.compare_with_the_database() == 0
        assert without_receipt >= KILLS, "the server was hardly ever killed in the middle of a save: this proves nothing"

        with closing(exam.browser.connect()) as connection:
            status, _, said = exam.browser.post(connection, f"/attempts/{exam.attempt}/submission/", {})
        assert (status, json.loads(said)["result"]) == (200, f"/attempts/{exam.attempt}/result/")
        graded = house.rows(
            "SELECT s.position, r.answer FROM quizzes_response r JOIN quizzes_slot s ON s.id = r.slot_id WHERE s.attempt_id = ?",
            exam.attempt,
        )
        assert {position: json.loads(answer) for position, answer in graded} == {p.position: p.ids(p.answer) for p in exam.places}
        assert house.rows("PRAGMA integrity_check") == [("ok",)]
    finally:
        house.close()
