"""Migrations that a school can take in while learners sit exams: what the release before needs stays (docs/decisions/0030)."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.apps import apps
from django.db import NotSupportedError, connection, migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ModelState, ProjectState

from quizzes.migrations._operations import AddIndexAside
from tests.migration_rules import FIRST, faults

ROOT = Path(__file__).resolve().parent.parent


# -- the rules -------------------------------------------------------------------------------------------------------


def state() -> ProjectState:
    """A schema with one table."""
    found = ProjectState()
    fields: list[tuple[str, models.Field[Any, Any]]] = [
        ("id", models.BigAutoField(primary_key=True)),
        ("name", models.CharField(max_length=40)),
        ("note", models.TextField(null=True)),
        ("count", models.IntegerField(default=0)),
    ]
    found.add_model(ModelState("quizzes", "Thing", fields))
    return found


def migration(*operations: Any, atomic: bool = True) -> migrations.Migration:
    made = migrations.Migration("9999_made", "quizzes")
    made.operations, made.atomic = list(operations), atomic
    return made


INDEX = models.Index(fields=["name"], name="thing_name")
NEVER = models.CheckConstraint(condition=models.Q(count__gte=0), name="never_below")


def add(field: models.Field[Any, Any]) -> migrations.AddField:
    return migrations.AddField("thing", "fresh", field)


def alter(name: str, field: models.Field[Any, Any]) -> migrations.AlterField:
    return migrations.AlterField("thing", name, field)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (migration(migrations.RemoveField("thing", "note")), "may still use it"),
        (migration(migrations.RenameField("thing", "note", "remark")), "may still use it"),
        (migration(migrations.DeleteModel("Thing")), "may still use it"),
        (migration(migrations.RenameModel("Thing", "Item")), "may still use it"),
        (migration(migrations.AlterModelTable("thing", "other")), "may still use it"),
        (migration(add(models.IntegerField(default=3))), "inserts rows without it"),
        (migration(add(models.CharField(max_length=9, null=True, unique=True))), "its index keeps writers out"),
        (migration(alter("note", models.TextField())), "`null` becomes None"),
        (migration(alter("name", models.CharField(max_length=20))), "`max_length` becomes 20"),
        (migration(alter("name", models.CharField(max_length=40, unique=True))), "`unique` becomes True"),
        (migration(alter("count", models.TextField(default=""))), "changes its type"),
        (migration(migrations.AddConstraint("thing", NEVER)), "may write what it forbids"),
        (migration(migrations.AddIndex("thing", INDEX)), "Use AddIndexAside"),
        (migration(AddIndexAside("thing", INDEX)), "of its own with `atomic = False`"),
        (migration(AddIndexAside("thing", INDEX), add(models.TextField(null=True)), atomic=False), "of its own"),
        (migration(migrations.RunPython(print)), "cannot be run backwards"),
        (migration(migrations.RunSQL("SELECT 1")), "cannot be run backwards"),
        (migration(migrations.SeparateDatabaseAndState([migrations.RemoveField("thing", "note")], [])), "may still use it"),
    ],
    ids=lambda value: value.operations[0].describe()[:60] if isinstance(value, migrations.Migration) else None,
)
def test_what_the_release_before_cannot_bear_is_refused(made: migrations.Migration, said: str):
    found = faults(made, state())
    assert any(said in fault for fault in found), found
    assert faults(made, state(), reason="short") == found, "a reason is a sentence"
    assert faults(made, state(), reason="Nothing has used it since release 1.4.") == []


@pytest.mark.parametrize(
    "made",
    [
        migration(add(models.TextField(null=True))),
        migration(add(models.IntegerField(db_default=0))),
        migration(add(models.ManyToManyField("quizzes.Thing"))),
        migration(alter("name", models.CharField(max_length=80, blank=True, help_text="Longer.", choices=[("a", "b")]))),
        migration(alter("name", models.CharField(max_length=40, null=True))),
        migration(migrations.RunPython(print, migrations.RunPython.noop)),
        migration(AddIndexAside("thing", INDEX), atomic=False),
        migration(migrations.AlterModelOptions("thing", {"ordering": ["name"]})),
        migration(
            migrations.CreateModel("Other", [("id", models.BigAutoField(primary_key=True)), ("number", models.IntegerField())]),
            migrations.AddConstraint("other", models.UniqueConstraint(fields=["number"], name="one_number")),
            migrations.AddIndex("other", models.Index(fields=["number"], name="other_number")),
        ),
    ],
    ids=lambda made: made.operations[0].describe()[:60],
)
def test_what_only_adds_is_taken(made: migrations.Migration):
    assert faults(made, state()) == []


def test_every_migration_keeps_to_the_rules():
    loader = MigrationLoader(None)
    ours = sorted((name, made) for (app, name), made in loader.disk_migrations.items() if app == "quizzes")
    assert len(ours) >= FIRST - 1
    broken = {}
    for name, made in ours:
        if int(name[:4]) >= FIRST:
            reason = getattr(sys.modules[type(made).__module__], "REASON", None)
            before = loader.project_state([key for key in made.dependencies if key[1] != "__first__"])
            if found := faults(made, before, reason=reason):
                broken[name] = found
    assert broken == {}


@pytest.mark.django_db(transaction=True)
def test_an_index_is_built_aside_and_taken_away_again():
    before = ProjectState.from_apps(apps)
    operation, after = AddIndexAside("report", models.Index(fields=["kind"], name="built_aside")), before.clone()
    operation.state_forwards("quizzes", after)

    def names() -> set[str]:
        with connection.cursor() as cursor:
            return set(connection.introspection.get_constraints(cursor, "quizzes_report"))

    with connection.schema_editor(atomic=False) as editor:
        operation.database_forwards("quizzes", editor, before, after)
        assert "built_aside" in names()
        operation.database_backwards("quizzes", editor, after, before)
        assert "built_aside" not in names()
    if connection.vendor == "postgresql":
        with pytest.raises(NotSupportedError), connection.schema_editor() as editor:
            operation.database_forwards("quizzes", editor, before, after)


# -- the code of the release before ----------------------------------------------------------------------------------

#: What the old code does on the new schema: its own factories furnish, and a browser without script walks.
WALK = """
import json
import django
django.setup()
from django.test import Client
from django.utils import timezone
from quizzes.models import Attempt, Question, Response, User
from quizzes.services import bank
from tests import factories

now = timezone.now()
factories.make_bank(15)
factories.make_blueprint(10, slug="old")
factories.make_lesson()
told = {}

client = Client()
def post(address, **fields):
    return client.post(address, fields, HTTP_ACCEPT=fields.pop("accept", "text/html"))

told["practice"] = post("/practice/", size=5, kind="all").status_code
practice = Attempt.objects.get(mode="practice")
slot = f"/attempts/{practice.pk}/slots/1/"
told["a question"] = client.get(slot).status_code
told["answered"] = post(slot, answer="A", confidence="sure").status_code
told["exam"] = post("/exams/old/").status_code
exam = Attempt.objects.get(mode="exam")
told["saved"] = post(f"/attempts/{exam.pk}/slots/1/draft/", answer="B", revision=0, save_id="save-of-old-code", accept="application/json").status_code
told["handed in"] = post(f"/attempts/{exam.pk}/submission/").status_code
told["result"] = client.get(f"/attempts/{exam.pk}/result/").status_code
told["signed up"] = post("/accounts/signup/", login="oldcode", password="correct-horse-battery-9").status_code
for name, address in {"today": "/", "progress": "/progress/", "review": "/review/", "data": "/accounts/data/", "ready": "/readyz"}.items():
    told[name] = client.get(address).status_code
draft = factories.make_question(state="draft")
version = bank.publish_version(question=draft, by=None, now=now)
told["published"] = Question.objects.get(pk=draft.pk).current_id == version.pk
told["rows"] = [Response.objects.count(), Attempt.objects.filter(learner__username="oldcode").count(), User.objects.filter(is_guest=True).count()]
print(json.dumps(told))
"""
WALKED = {
    "practice": 302, "a question": 200, "answered": 302, "exam": 302, "saved": 200, "handed in": 302, "result": 200, "signed up": 302,
    "today": 200, "progress": 200, "review": 200, "data": 200, "ready": 200, "published": True, "rows": [11, 2, 0],
}  # fmt: skip


def git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def release_before() -> str:
    """The commit before the one that brought the newest migration to this line of history. OLD_CODE names another."""
    if named := os.environ.get("OLD_CODE"):
        return git("rev-parse", "--verify", f"{named}^{{commit}}")
    newest = max(ROOT.glob("quizzes/migrations/[0-9]*.py"), key=lambda path: path.name)
    brought = git("log", "--first-parent", "-m", "--diff-filter=A", "--format=%H", "-1", "--", str(newest.relative_to(ROOT)))
    return git("rev-parse", "--verify", f"{brought}^" if brought else "HEAD")


@cache
def history_reaches_back() -> bool:
    try:
        release_before()
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


@pytest.fixture
def old_code(tmp_path: Path) -> Path:
    """The tree of the release before, unpacked."""
    if not history_reaches_back():
        pytest.skip(
            "this clone has no history back to the release before: the old code cannot be tried here. Fetch it all: git fetch --unshallow"
        )
    folder = tmp_path / "old"
    packed = subprocess.run(["git", "archive", release_before()], cwd=ROOT, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")
    return folder


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A database of its own, of the kind that the tests run on."""
    own = {**os.environ, "DATA_DIR": str(tmp_path / "data"), "DJANGO_SETTINGS_MODULE": "besa.settings_test", "LOG_LEVEL": "ERROR"}
    if connection.vendor != "postgresql":
        own.pop("DATABASE_URL", None)
        yield own
        return
    psycopg = import_module("psycopg")
    name, url = f"old_code_{os.getpid()}", urlsplit(os.environ["DATABASE_URL"])
    with psycopg.connect(url._replace(path="/postgres").geturl(), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        yield own | {"DATABASE_URL": url._replace(path=f"/{name}").geturl()}
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def run(where: Path, environment: dict[str, str], *words: str) -> str:
    done = subprocess.run(
        [sys.executable, *words], cwd=where, env={**environment, "PYTHONPATH": str(where)}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.mark.faults
def test_the_code_of_the_release_before_works_on_the_new_schema(old_code: Path, environment: dict[str, str]):
    run(ROOT, environment, "manage.py", "migrate", "-v0")
    assert json.loads(run(old_code, environment, "-c", WALK).splitlines()[-1]) == WALKED
