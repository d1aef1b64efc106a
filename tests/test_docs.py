"""What the documents name exists: commands, settings, files, addresses, pieces of code."""

from __future__ import annotations

import re
import runpy
import subprocess
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest
from django.core.management import get_commands
from django.urls import Resolver404, resolve

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
EACH_PAGE = pytest.mark.parametrize("document", PAGES, ids=lambda path: str(path.relative_to(ROOT)))

#: Words in capitals stand for something that the reader fills in: NN-slug.md, TOPIC.toml, `make_instructor USERNAME`.
PLACEHOLDER = re.compile(r"…|\bNN\b|\b(?:TOPIC|NAME|FILE|SLUG|USERNAME|FORMAT|DATA_DIR)\b|[<>{]")
FENCE = re.compile(r"^```.*?^```", re.M | re.S)


def spans(page: Path) -> list[str]:
    """What stands in code style within a text, without the fenced blocks."""
    return re.findall(r"`([^`\n]+)`", FENCE.sub("", page.read_text()))


def lines(page: Path) -> list[str]:
    """The lines of the fenced blocks."""
    return [line for block in FENCE.findall(page.read_text()) for line in block.splitlines()[1:-1]]


def targets() -> set[str]:
    heads = re.findall(r"^([a-z][A-Za-z -]*):", (ROOT / "Makefile").read_text(), re.M)
    return {name for head in heads for name in head.split()}


@EACH_PAGE
def test_every_make_command_is_a_target(document: Path):
    named = {
        word for text in [*spans(document), *lines(document)] for word in re.findall(r"^(?:[A-Z_]+=\S+ )*make ([a-z][A-Za-z-]*)", text)
    }
    assert named <= targets()


@EACH_PAGE
def test_every_command_of_manage_py_exists(document: Path):
    named = {word for text in [*spans(document), *lines(document)] for word in re.findall(r"manage\.py ([a-z_]+)", text)}
    assert named <= set(get_commands())


@EACH_PAGE
def test_every_link_leads_to_a_file(document: Path):
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", FENCE.sub("", re.sub(r"`[^`\n]+`", "", document.read_text()))):
        if "://" not in target:
            assert (document.parent / target).exists(), target


@EACH_PAGE
def test_every_file_that_is_named_exists(document: Path):
    missing = []
    for text in [
        *spans(document),
        *(line.split("  ")[0] for line in lines(document) if line.startswith(("content/", "docs/", "static/", "tests/"))),
    ]:
        is_path = re.fullmatch(r"\.?[\w*.-]+(/[\w*.-]+)*/?", text) and (
            "/" in text or text.endswith((".py", ".toml", ".md", ".css", ".js", ".html"))
        )
        if not is_path or PLACEHOLDER.search(text) or text.split("/")[0] in {"var", ".venv"}:
            continue
        places = [ROOT, ROOT / "quizzes", ROOT / "static/css", ROOT / "static/js", ROOT / "content/week-09"]
        if not any(list(place.glob(text.rstrip("/"))) for place in places):
            missing.append(text)
    assert missing == []


@EACH_PAGE
def test_every_address_that_is_named_exists(document: Path):
    missing = []
    for text in spans(document):
        address = text.removeprefix("GET ").removeprefix("POST ")
        is_folder = address.startswith(("/opt/", "/etc/", "/var/", "/tmp"))  # of a machine that the app is put on
        if is_folder or not re.fullmatch(r"/[\w/-]*", address) or PLACEHOLDER.search(address):
            continue
        try:
            resolve(address)
        except Resolver404:
            missing.append(text)
    assert missing == []


@EACH_PAGE
def test_every_piece_of_code_that_is_named_exists(document: Path):
    """Dotted names can be imported; names with an underscore, or in capitals, stand somewhere in what is tracked."""
    words, missing = words_of_code(), []
    for text in spans(document):
        if re.fullmatch(r"(?:domain|models|services|queries|forms|views)(?:\.\w+)+", text):
            missing += [] if importable(f"quizzes.{text}") else [text]
        elif re.fullmatch(r"[a-z]+(?:_[a-z]+)+|[A-Z][A-Z_]{3,}|[A-Z][a-z]+(?:[A-Z][a-z]+)+", text) and text not in words:
            missing.append(text)
    assert missing == []


@cache
def words_of_code() -> frozenset[str]:
    tracked = subprocess.run(
        ["git", "ls-files", "*.py", "*.js", "*.html", "*.css", "Makefile", "*.toml", "compose.yaml", "deploy/*"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    words: set[str] = set()
    for name in tracked.stdout.split():
        if (ROOT / name).exists() and name != "tests/test_docs.py":
            words.update(re.findall(r"\w+", (ROOT / name).read_text()))
    return frozenset(words)


def importable(dotted: str) -> bool:
    parts = dotted.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            found = import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for name in parts[cut:]:
            if not hasattr(found, name):
                return False
            found = getattr(found, name)
        return True
    return False


# -- settings --------------------------------------------------------------------------------------------------------


def settings_read() -> set[str]:
    source = (ROOT / "besa/settings.py").read_text()
    return set(re.findall(r'(?:read\("\w+", |environ\.get\()"([A-Z0-9_]+)"', source))


def test_every_setting_is_in_the_operators_table_and_the_other_way_round():
    table = re.findall(r"^\| `([A-Z0-9_]+)` \|", (ROOT / "docs/operating.md").read_text(), re.M)
    assert sorted(table) == sorted(settings_read())
    assert len(table) > 10


def test_every_setting_has_an_example():
    assert set(runpy.run_path(str(ROOT / "besa/settings.py"))["EXAMPLES"]) == settings_read()


@pytest.mark.parametrize(
    "name", ["SQLITE_SYNCHRONOUS", "ALLOWED_HOSTS", "TIME_ZONE", "HTTPS", "DEBUG", "BEHIND_PROXY", "DEFAULT_FROM_EMAIL"]
)
def test_the_defaults_in_the_table_are_those_of_the_code(name: str):
    [default] = re.findall(rf"^\| `{name}` \| `([^`]+)` \|", (ROOT / "docs/operating.md").read_text(), re.M)
    [stated] = re.findall(rf'read\("\w+", "{name}", (.+?)\)(?:\.upper\(\))?(?::)?$', (ROOT / "besa/settings.py").read_text(), re.M)
    shown = stated.strip('"[]').replace('", "', ",").replace("False", "false")
    assert default.strip("[]") == shown


# -- the documents themselves ----------------------------------------------------------------------------------------


def test_the_commands_that_make_lists_are_those_of_the_readme():
    """`make` alone lists every command; the table of the README names those for daily work."""
    readme = (ROOT / "README.md").read_text()
    listed = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.M))
    assert {"run", "test", "check", "bench", "screenshots"} <= {name for name in listed if f"`make {name}" in readme}


def test_decisions_are_numbered_without_a_gap_and_say_their_three_parts():
    records = sorted((ROOT / "docs/decisions").glob("*.md"))
    assert [int(record.name[:4]) for record in records] == list(range(1, len(records) + 1))
    for record in records:
        text = record.read_text()
        assert text.startswith(f"# {int(record.name[:4])}. ")
        assert all(f"**{part}.**" in text for part in ("Context", "Decision", "Consequences")), record.name
