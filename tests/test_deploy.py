"""The files for running it elsewhere say what the app understands: settings, commands, files, and nothing secret."""

from __future__ import annotations

import re
import runpy
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import get_commands

from quizzes.management.commands.serve import Command as Serve

ROOT = Path(__file__).resolve().parent.parent
UNITS = sorted((ROOT / "deploy/systemd").glob("*.service"))
SETTINGS = set(runpy.run_path(str(ROOT / "besa/settings.py"))["EXAMPLES"])
#: What the files need for themselves: of Python, of the units, of the proxy, of the database's image.
OTHERS = {"PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "PATH", "PIP_DISABLE_PIP_VERSION_CHECK", "PIP_NO_CACHE_DIR", "WORKERS"}


class _Template(yaml.SafeLoader):
    """Reads the short forms of CloudFormation's functions as what stands behind them."""


def _short(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    return loader.construct_sequence(node, deep=True) if isinstance(node, yaml.SequenceNode) else loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]


_Template.add_multi_constructor("!", _short)


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    values: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
    return values


def settings_of_unit(path: Path) -> set[str]:
    lines = re.findall(r"^Environment=(.+)$", path.read_text(), re.M)
    return {word.partition("=")[0] for line in lines for word in line.split()}


def test_every_setting_that_a_file_gives_is_one(compose: dict[str, Any]):
    template = yaml.load((ROOT / "deploy/template.yaml").read_text(), _Template)
    given = {
        "compose.yaml": set(compose["x-app"]["environment"]),
        "template.yaml": set(template["Globals"]["Function"]["Environment"]["Variables"]),
        "besa.env": set(re.findall(r"^([A-Z_]+)=", (ROOT / "deploy/besa.env").read_text(), re.M)),
        "Dockerfile": set(re.findall(r"\b([A-Z_]{4,})=", (ROOT / "Dockerfile").read_text())),
        **{path.name: settings_of_unit(path) for path in UNITS},
    }
    assert {name: found - SETTINGS - OTHERS for name, found in given.items() if found - SETTINGS - OTHERS} == {}
    for name in ("compose.yaml", "template.yaml", "besa.env"):
        assert {"SECRET_KEY", "DATABASE_URL", "ALLOWED_HOSTS", "HTTPS", "BEHIND_PROXY"} <= given[name], name


def commands_in(text: str) -> list[list[str]]:
    return [
        found.split() for found in re.findall(r"manage\.py ([a-z_]+(?: --[a-z-]+)*)", re.sub(r'[",\[\]]+', " ", text).replace("  ", " "))
    ]


FILES = ["Dockerfile", "compose.yaml", "deploy/jobs.sh", *(str(path.relative_to(ROOT)) for path in UNITS)]


@pytest.mark.parametrize("name", FILES)
def test_every_command_that_a_file_runs_exists_with_its_options(name: str):
    text = (ROOT / name).read_text()
    parser = Serve().create_parser("manage.py", "serve")
    options = {option for action in parser._actions for option in action.option_strings}
    found = commands_in(text)
    assert found
    for command, *given in found:
        assert command in get_commands(), f"{name}: manage.py {command}"
        if command == "serve":
            assert set(given) <= options, f"{name}: {given}"


# -- the image -------------------------------------------------------------------------------------------------------


def test_the_image_is_built_from_what_is_there_and_runs_as_nobody_special():
    text = (ROOT / "Dockerfile").read_text()
    for source in re.findall(r"^COPY (?!--from)(\S+) ", text, re.M):
        assert (ROOT / source).exists(), source
        assert f"!{source}" in (ROOT / ".dockerignore").read_text().splitlines(), source
    assert "--require-hashes -r requirements/server.txt" in text
    assert re.findall(r"^USER (\S+)", text, re.M) == ["10001"]
    assert re.search(r"^HEALTHCHECK ", text, re.M)
    assert "/healthz" in text
    assert not re.search(r"^(?:ADD|ARG) ", text, re.M)
    assert not re.search(r"^ENV .*(?:SECRET|PASSWORD|DATABASE_URL)", text, re.M)
    assert all(re.fullmatch(r"python:3\.\d+-slim-\w+( AS \w+)?", base) for base in re.findall(r"^FROM (.+)$", text, re.M))
    assert (ROOT / ".dockerignore").read_text().splitlines()[1] == "*", "nothing goes in that is not named"


# -- compose ---------------------------------------------------------------------------------------------------------


def test_no_secret_stands_in_the_compose_file(compose: dict[str, Any]):
    text = (ROOT / "compose.yaml").read_text()
    for secret in ("SECRET_KEY", "POSTGRES_PASSWORD"):
        assert set(re.findall(rf"\$\{{{secret}(.)", text)) == {":"}, "and without it nothing starts"
    assert ".env" in (ROOT / ".gitignore").read_text().splitlines()


def test_what_serves_waits_for_the_migrations_and_only_the_proxy_is_reached_from_outside(compose: dict[str, Any]):
    services = compose["services"]
    assert {name for name, service in services.items() if "ports" in service} == {"proxy"}
    for name in ("app", "jobs"):
        assert services[name]["depends_on"]["prepare"] == {"condition": "service_completed_successfully"}
    assert services["prepare"]["depends_on"]["db"] == {"condition": "service_healthy"}
    assert compose["networks"]["inside"] == {"internal": True}
    assert "outside" not in services["db"]["networks"] + services["redis"]["networks"]
    for name, service in services.items():
        assert name == "prepare" or service["deploy"]["resources"]["limits"], name
    used = {
        volume.partition(":")[0] for service in services.values() for volume in service.get("volumes", []) if not volume.startswith(".")
    }
    assert used == set(compose["volumes"])
    for service in services.values():
        for volume in service.get("volumes", []):
            assert not volume.startswith("./") or (ROOT / volume.split(":")[0]).is_file(), volume


# -- units -----------------------------------------------------------------------------------------------------------


def test_every_timer_has_its_service_and_every_unit_is_locked_in():
    timers = {path.stem for path in (ROOT / "deploy/systemd").glob("*.timer")}
    assert timers == {path.stem for path in UNITS if "@" not in path.name}
    for path in UNITS:
        text = path.read_text()
        for line in (
            "User=besa",
            "NoNewPrivileges=yes",
            "ProtectSystem=strict",
            "CapabilityBoundingSet=",
            "EnvironmentFile=/etc/besa/besa.env",
        ):
            assert re.search(rf"^{re.escape(line)}$", text, re.M), f"{path.name}: {line}"
        assert "SECRET" not in text


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd-analyze was found")
def test_systemd_understands_every_unit(tmp_path: Path):
    """Under a program that is there in place of the app's own."""
    for path in (ROOT / "deploy/systemd").iterdir():
        (tmp_path / path.name.replace("@", "@8001")).write_text(path.read_text().replace("/opt/besa/.venv/bin/python", "/bin/true"))
    units = sorted(str(path) for path in tmp_path.iterdir())
    said = subprocess.run(["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True, check=False)
    ours = [line for line in said.stderr.splitlines() if "besa" in line]
    assert ours == []


@pytest.mark.parametrize("name", ["deploy/jobs.sh", "deploy/manage", ".ci/run"])
def test_scripts_can_be_read_by_their_shell(name: str):
    shell = "bash" if "bash" in (ROOT / name).read_text().splitlines()[0] else "sh"
    assert subprocess.run([shell, "-n", str(ROOT / name)], check=False).returncode == 0
    assert (ROOT / name).stat().st_mode & 0o111
