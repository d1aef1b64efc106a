"""The server stops and restarts without losing a save: what it accepted it answers, and what it answered is there."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPException
from pathlib import Path
from urllib.request import urlopen

import pytest
from django.conf import settings

from quizzes.management.server import server_command
from quizzes.management.supervisor import supervised
from quizzes.operation import metrics
from tests.walkthroughs.test_kill import FURNITURE, PATIENCE_S, WRITERS, Exam, House, start_exam

pytestmark = pytest.mark.faults

ROUNDS = 4
LESSON = "from tests.factories import make_lesson; make_lesson()"


class Supervised(House):
    """The same house, with the supervisor over its server, as `manage.py serve` leaves it."""

    metrics_port: int = 0

    def furnish(self) -> None:
        """With a lesson: without content nothing is ready."""
        words = [sys.executable, "-c", f"{FURNITURE}\n{LESSON}"]
        subprocess.run(words, cwd=settings.BASE_DIR, env=self.environment, check=True)

    def start(self, *, workers: int, drain_s: float = 0.0, exporter: bool = False) -> None:
        self.port, self.metrics_port = free_port(), free_port()
        command = server_command(host="127.0.0.1", port=self.port, workers=workers, respawn_s=6.0)
        command = supervised(command, drain_s=drain_s, folder=self.folder, exporter=exporter)
        environment = {**self.environment, "LOG_LEVEL": "ERROR"} | ({"METRICS_PORT": str(self.metrics_port)} if exporter else {})
        self.process = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, start_new_session=True)
        self._poll(answers=True)

    def send(self, number: signal.Signals) -> None:
        """To the supervisor alone, as systemd and Docker do it."""
        assert self.process is not None
        os.kill(self.process.pid, number)

    def ended(self) -> int:
        assert self.process is not None
        status = self.process.wait(PATIENCE_S)
        self.process = None
        return status

    def ready(self) -> int:
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=PATIENCE_S) as answer:
                return int(answer.status)
        except OSError as problem:
            return int(getattr(problem, "code", 0))

    def workers(self) -> set[int]:
        """The workers are the children of Granian, which is the first child of the supervisor."""
        assert self.process is not None
        return children_of(min(children_of(self.process.pid)))

    def scrape(self) -> dict[str, float]:
        """What Prometheus would read, once the exporter answers."""
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                with urlopen(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=PATIENCE_S) as answer:
                    lines = answer.read().decode().splitlines()
                return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if not line.startswith("#"))}
            except OSError:
                assert time.monotonic() < until, "the exporter does not answer"
                time.sleep(0.05)  # between two looks


def children_of(pid: int) -> set[int]:
    return {int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    house = Supervised(tmp_path_factory.mktemp("house"))
    house.furnish()
    return house.folder


@pytest.fixture
def house(furnished: Path) -> Iterator[Supervised]:
    house = Supervised(furnished)
    try:
        yield house
    finally:
        house.kill()


def writing(exam: Exam, rng: random.Random) -> list[threading.Thread]:
    threads = [
        threading.Thread(target=exam.write_until_the_server_dies, args=(exam.places[n::WRITERS], random.Random(rng.random())))
        for n in range(WRITERS)
    ]
    for thread in threads:
        thread.start()
    return threads


def wait_for_receipts(exam: Exam, more: int) -> None:
    moment = exam.acknowledged + more
    with exam.news:
        assert exam.news.wait_for(lambda: exam.acknowledged >= moment or exam.faults, timeout=PATIENCE_S)
    assert not exam.faults


def test_a_server_that_is_told_to_stop_answers_what_it_accepted(house: Supervised) -> None:
    rng, exam = random.Random(7), None
    for turn in range(ROUNDS):
        drain_s = 1.0 if turn == 0 else 0.0
        house.start(workers=1 + turn % 2, drain_s=drain_s)
        if exam is None:
            exam = start_exam(house)
        exam.send_again()
        threads = writing(exam, rng)
        wait_for_receipts(exam, rng.randint(WRITERS, 60))
        if drain_s:
            assert house.ready() == 200
        house.send(signal.SIGTERM)
        if drain_s:  # unready at once, and serving on: no load balancer has noticed yet
            until = time.monotonic() + PATIENCE_S
            while house.ready() == 200:
                assert time.monotonic() < until
            assert house.ready() == 503
            wait_for_receipts(exam, 1)
        assert house.ended() == 0
        for thread in threads:
            thread.join(PATIENCE_S)
            assert not thread.is_alive()
        assert not exam.faults
        assert exam.compare_with_the_database() == 0, "a save was taken, and its receipt never came"
    house.start(workers=1)
    assert exam is not None
    exam.send_again()
    assert exam.compare_with_the_database() == 0


def test_workers_are_replaced_one_after_the_other_while_learners_save(house: Supervised) -> None:
    """SIGHUP: whoever loses a connection sends the same save once more under its id, and none counts twice."""
    house.start(workers=2, exporter=True)
    exam, stop, retried = start_exam(house), threading.Event(), []
    before = house.workers()
    assert len(before) == 2

    def write(numbers: slice, seed: int) -> None:
        rng, connection = random.Random(seed), exam.browser.connect()
        try:
            while not stop.is_set():
                place = rng.choice(exam.places[numbers])
                save = place.next_save(rng)
                try:
                    receipt = exam.send(connection, place, save)
                except (OSError, HTTPException):
                    connection.close()
                    connection = exam.browser.connect()
                    receipt = exam.send(connection, place, save)  # a second failure is one too many
                    retried.append(save)
                place.receipts.append((save, receipt))
        except Exception as fault:
            exam.faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(slice(n, None, WRITERS), n)) for n in range(WRITERS)]
    for thread in threads:
        thread.start()
    house.send(signal.SIGHUP)
    until = time.monotonic() + PATIENCE_S
    while len(house.workers() - before) < 2 or house.workers() & before:
        assert time.monotonic() < until, "the workers were not replaced"
        assert not exam.faults
        time.sleep(0.05)  # between two looks
    written = sum(len(place.receipts) for place in exam.places)
    while sum(len(place.receipts) for place in exam.places) < written + 20:
        assert time.monotonic() < until, "the new workers save nothing"
        assert not exam.faults
        time.sleep(0.02)
    stop.set()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert not exam.faults
    assert exam.compare_with_the_database() == 0
    with closing(exam.browser.connect()) as connection:
        assert exam.browser.post(connection, f"/attempts/{exam.attempt}/submission/", {})[0] == 200
    told, receipts = house.scrape(), sum(len(place.receipts) for place in exam.places)
    saved = told['besa_saves_total{outcome="saved"}']
    assert receipts <= saved <= receipts + len(retried), "the counts of workers that have ended are part of the sum"
    draft = 'method="POST",route="/attempts/<number:pk>/slots/<number:position>/draft/"'
    assert told[f'besa_requests_total{{{draft},status="200"}}'] == told[f"besa_request_seconds_count{{{draft}}}"] == saved
    assert told["besa_database_up"] == 1
    assert told['besa_waiting{what="expired_not_closed"}'] == 0
    assert 1 <= told["besa_processes"] <= 3
    assert sum(value for name, value in told.items() if name.startswith("besa_process_cpu_seconds_total")) > 0
    house.send(signal.SIGINT)
    assert house.ended() == 0
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", house.metrics_port), timeout=1)
    shutil.rmtree(metrics.folder(house.metrics_port, house.folder))
