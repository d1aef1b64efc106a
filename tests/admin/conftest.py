"""The desk in tests: who sits at it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.contenttypes.models import ContentType
from django.test import Client

from quizzes.models import User
from quizzes.services.accounts import make_instructor
from tests.factories import make_learner


@pytest.fixture(autouse=True)
def no_cached_types() -> None:
    """Content types are cached for the process; a test that counts statements must not depend on its neighbours."""
    ContentType.objects.clear_cache()


@pytest.fixture
def instructor(client: Client, sign_in: Callable[..., User]) -> User:
    """An instructor, signed in with `client`."""
    user = make_learner(username="ines")
    make_instructor(user=user)
    return sign_in(client, user)


@pytest.fixture
def superuser(client: Client, sign_in: Callable[..., User]) -> User:
    return sign_in(client, make_learner(username="root", is_staff=True, is_superuser=True))
