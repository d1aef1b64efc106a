"""What every test shares: learners that are signed in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from hypothesis import settings

from quizzes.models import User
from tests.factories import make_learner

# The same cases at every run, and no verdict by the clock: a busy machine is no fault.
settings.register_profile("besa", deadline=None, database=None, derandomize=True, max_examples=60)
settings.load_profile("besa")


#: What takes longest begins first, so that no worker is left alone with it at the end.
LONG = (
    "tests/walkthroughs/",
    "tests/pages/test_no_leak.py",
    "tests/test_settings.py",
    "tests/test_repository.py",
    "tests/services/test_attempts_random.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))


@pytest.fixture(autouse=True)
def nothing_cached() -> None:
    """The cohort's figures are kept for an hour; no test may see those of its neighbours."""
    cache.clear()


@pytest.fixture
def sign_in(db: None) -> Callable[..., User]:
    """sign_in(client) gives a signed-in learner."""

    def go(client: Client, learner: User | None = None, **values: Any) -> User:
        learner = learner or make_learner(**values)
        client.force_login(learner, backend="allauth.account.auth_backends.AuthenticationBackend")
        return learner

    return go
