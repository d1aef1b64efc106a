"""Houses for faults: the production server on a database of its own, which may be killed, filled and locked; and learners who sit on."""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from bench.house import ROOT, Server, environment
from bench.load import House, Verdict, compare
from bench.player import Crowd, Learner, Times
from bench.services import Postgres, postgres_programs

SETTINGS = "tests.faults.settings"
SEED = 20261126
SEATS = 40
LEARNERS = 8
#: Learners here do not think long, and a page that got no answer tries again soon.
THINK_S = 0.08
WAITS_S = (0.1, 0.2, 0.4)
#: A lock is waited for so long on PostgreSQL; settings.py says the same of SQLite.
PATIENCE = "?options=-c%20lock_timeout%3D1s"


@dataclass
class Fault:
    """A house with its server and the keys of those who sit in it."""

    house: House
    sessions: list[str]
    server: Server
    rng: random.Random = field(default_factory=lambda: random.Random(SEED))
    #: What went wrong with requests of learners, and how often: each was sent again.
    troubles: dict[str, int] = field(default_factory=dict)
    learners: list[Learner] = field(default_factory=list)

    @property
    def vendor(self) -> str:
        return "postgresql" if self.house.url else "sqlite"

    def environment(self) -> dict[str, str]:
        return {**environment(self.house.folder, SETTINGS), **self.house.extra}

    def manage(self, *words: str, **options: Any) -> subprocess.Popen[str]:
        """A management command in a process of its own, under way."""
        return subprocess.Popen(
            [sys.executable, "manage.py", *words], cwd=ROOT, env=self.environment(), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True, **options,
        )  # fmt: skip

    def take_seats(self, count: int = LEARNERS) -> None:
        self.learners = [
            Learner(self.server.port, session, random.Random(self.rng.random()), THINK_S, Times(), waits_s=WAITS_S)
            for session in self.sessions[:count]
        ]

    def under_load(self, trouble: Callable[[], None], *, count: int = LEARNERS) -> Verdict:
        """Learners start, and save on and on while the trouble happens in a thread beside them; then they hand in.

        Gives what they were told against what is stored. A request that finds no answer is sent again, as a page does.
        """
        self.take_seats(count)
        over = threading.Event()

        async def play() -> None:
            crowd, times = Crowd(self.learners), Times()
            await crowd.start(0, count, within_s=0.2)
            crowd.note_in(times)
            happening = asyncio.get_running_loop().run_in_executor(None, trouble)
            happening.add_done_callback(lambda _: over.set())
            await asyncio.gather(*(learner.sit(over.is_set) for learner in self.learners), happening)
            self.troubles = times.troubles
            await crowd.finish(count, within_s=0.2)
            crowd.leave()

        asyncio.run(play())
        return compare(self.house, self.learners)

    def receipts(self) -> int:
        """How many saves were acknowledged so far."""
        return sum(place.saves for learner in self.learners for place in list(learner.places.values()))

    def ask(self, path: str, *, fields: str | None = None, session: str = "", **headers: str) -> tuple[int, dict[str, str], str]:
        """Status, headers and body of one request of somebody else's."""
        link = HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        sent = {
            "Accept": "text/html",
            **({"Cookie": f"sessionid={session}; csrftoken={'k' * 32}", "X-CSRFToken": "k" * 32} if session else {}),
            **headers,
        }
        if fields is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            link.request("GET" if fields is None else "POST", path, fields, sent)
            answer = link.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.read().decode()
        finally:
            link.close()


def furnish(folder: Path, extra: dict[str, str]) -> list[str]:
    env = {**environment(folder, SETTINGS), **extra}
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.furnish", str(SEATS)], cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE, text=True
    )
    sessions: list[str] = json.loads(done.stdout)
    return sessions


@pytest.fixture(scope="session")
def furnished_file(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A SQLite database with everything in it, and the sessions."""
    folder = tmp_path_factory.mktemp("furnished")
    return folder / "besa.sqlite3", furnish(folder, {})


@pytest.fixture(scope="session")
def cluster() -> Iterator[Postgres]:
    """A PostgreSQL of the tests' own, which they may stop."""
    if postgres_programs() is None:
        pytest.skip("PostgreSQL is not installed here: install the package postgresql")
    with Postgres() as server:
        yield server


@pytest.fixture(scope="session")
def furnished_cluster(cluster: Postgres, tmp_path_factory: pytest.TempPathFactory) -> tuple[Postgres, list[str]]:
    """The same in the database `besa` of the cluster; tests copy it."""
    return cluster, furnish(tmp_path_factory.mktemp("furnished-too"), {"DATABASE_URL": cluster.url})


def open_house(house: House, sessions: list[str], *, workers: int = 2) -> Fault:
    server = Server(house.folder, "besa.wsgi:application", SETTINGS, workers=workers, extra=house.extra)
    return Fault(house, sessions, server)


def on_sqlite(folder: Path, furnished: tuple[Path, list[str]]) -> Fault:
    file, sessions = furnished
    shutil.copy(file, folder / file.name)
    return open_house(House("SQLite", folder, 2, {}), sessions)


_databases = iter(range(1, 1000))


def on_postgres(folder: Path, furnished: tuple[Postgres, list[str]], **more: str) -> Fault:
    cluster, sessions = furnished
    url = cluster.create(f"besa{next(_databases)}", like="besa")
    return open_house(House("PostgreSQL", folder, 2, {"DATABASE_URL": url + PATIENCE, **more}, cluster), sessions)


@pytest.fixture(params=["sqlite", "postgresql"])
def fault(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Fault]:
    """A house on each of the databases, its server running."""
    if request.param == "sqlite":
        made = on_sqlite(tmp_path, request.getfixturevalue("furnished_file"))
    else:
        made = on_postgres(tmp_path, request.getfixturevalue("furnished_cluster"))
    made.server.start()
    yield made
    if made.server.process is not None:
        made.server.kill()


@pytest.fixture
def rounds(request: pytest.FixtureRequest) -> int:
    """How many times a fault comes: few in `make check`, hundreds with --rounds."""
    return int(request.config.getoption("--rounds"))


#: What each test found, for the table at the end.
_found: list[tuple[str, Verdict]] = []


def pytest_terminal_summary(terminalreporter: Any) -> None:
    for name, v in _found:
        terminalreporter.write_line(
            f"{name}: {v.receipts:,} receipts, {v.repeated:,} saves sent again, {v.handed_in} exams handed in; "
            f"lost {v.lost}, doubled {v.doubled}, graded twice {v.graded_twice}, wrong {v.wrong_grades}"
        )


def whole(verdict: Verdict) -> bool:
    """Nothing lost, nothing doubled, graded once and right; and enough of it to prove anything."""
    _found.append((os.environ["PYTEST_CURRENT_TEST"].rpartition("::")[2].removesuffix(" (call)"), verdict))
    assert verdict.holds, verdict
    assert verdict.receipts > 50, verdict
    assert verdict.handed_in, verdict
    return True
