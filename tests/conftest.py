"""What every test shares: learners that are signed in."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import _pytest.runner
import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from hypothesis import settings

from quizzes.models import User
from tests import kept
from tests.factories import let_in, make_learner
from tests.room import with_room

# The same cases at every run, and no verdict by the clock: a busy machine is no fault.
settings.register_profile("besa", deadline=None, database=None, derandomize=True, max_examples=60)
settings.load_profile("besa")


# Compiled once and kept, for the workers and for every process that a test starts; in a folder of its own, so that none lies beside the sources.
sys.dont_write_bytecode, sys.pycache_prefix = False, sys.pycache_prefix or str(Path(__file__).parents[1] / ".pytest_cache/bytecode")
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix


# pytest looks it up by this name for every test.
_pytest.runner.runtestprotocol = with_room(_pytest.runner.runtestprotocol)

#: What takes longest begins first, so that no worker is left alone with it at the end.
LONG = (
    "tests/walkthroughs/",
    "tests/pages/test_no_leak.py",
    "tests/test_settings.py",
    "tests/test_repository.py",
    "tests/services/test_attempts_random.py",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rounds", type=int, default=4, help="how many times a fault comes in tests/faults (default 4)")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))


def pytest_collection_finish() -> None:
    """What was imported and collected stays to the end: the collector of garbage need not look through it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.hookimpl(optionalhook=True)  # without xdist nobody asks
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Each worker gets one half, so that what a module prepares is prepared once, and whoever is done takes from the other."""
    if config.getvalue("dist") != "load":
        return None  # another way was asked for by name
    from xdist.scheduler import WorkStealingScheduling  # noqa: PLC0415 (only where xdist is)

    return WorkStealingScheduling(config, log)


@pytest.fixture(scope="session")
def django_db_keepdb(
    request: pytest.FixtureRequest, django_db_keepdb: bool, django_db_modify_db_settings: None, django_db_blocker: Any
) -> Iterator[bool]:
    """On SQLite a run begins with the tables that the one before it kept, if they are made from the same sources (tests/kept.py).

    `migrate` runs all the same and finds nothing to do. With --create-db the migrations make all anew.
    """
    options = request.config.option
    if connection.vendor != "sqlite" or options.nomigrations or options.reuse_db:
        yield django_db_keepdb
        return
    database = Path(connection.settings_dict["TEST"]["NAME"])
    yield not options.create_db and kept.take_tables(database)
    with django_db_blocker.unblock():
        connection.close()
    kept.leave(database)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_keepdb: bool, request: pytest.FixtureRequest) -> None:
    if connection.vendor == "sqlite" and not django_db_keepdb and not request.config.option.nomigrations:
        kept.keep_tables(Path(connection.settings_dict["NAME"]))
    _flush_past_the_audit_log()


@pytest.fixture(scope="session")
def kept_for_all(django_db_setup: None, django_db_blocker: Any) -> Callable[[], AbstractContextManager[None]]:
    """kept_for_all() is what a fixture of a whole module makes its rows in: they stand through its tests and are rolled back after them."""

    @contextmanager
    def go() -> Iterator[None]:
        with django_db_blocker.unblock(), transaction.atomic():
            yield
            transaction.set_rollback(True)

    return go


def _flush_past_the_audit_log() -> None:
    """Django empties SQLite's tables row by row after a test with real transactions; the audit log refuses that, so its seal is lifted for it.

    PostgreSQL empties whole tables, which no trigger of a row sees.
    """
    if connection.vendor != "sqlite":
        return
    operations, seal = type(connection.ops), import_module("quizzes.migrations.0018_audit")
    plain = operations.execute_sql_flush

    def lifted(self: Any, sql_list: list[str]) -> None:
        with transaction.atomic(using=self.connection.alias):
            with self.connection.cursor() as cursor:
                cursor.execute(f"DROP TRIGGER IF EXISTS {seal.TABLE}_no_delete")
            plain(self, sql_list)
            with self.connection.cursor() as cursor:
                cursor.execute(
                    f"CREATE TRIGGER {seal.TABLE}_no_delete BEFORE DELETE ON {seal.TABLE} FOR EACH ROW "
                    f"BEGIN SELECT RAISE(ABORT, '{seal.TABLE} row is frozen'); END"
                )

    operations.execute_sql_flush = lifted  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def nothing_cached() -> None:
    """The cohort's figures are kept for an hour; no test may see those of its neighbours."""
    cache.clear()


@pytest.fixture
def sign_in(db: None) -> Callable[..., User]:
    """sign_in(client) gives a learner who is signed in: past the door (`let_in`)."""

    def go(client: Client, learner: User | None = None, **values: Any) -> User:
        learner = learner or make_learner(**values)
        let_in(client, learner)
        return learner

    return go
