"""The process over the server: it passes signals on in their order. The server here is a few lines that say what reaches them."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from quizzes.management.supervisor import supervised

#: Says each signal that it gets, and ends at SIGTERM with status 3.
CHILD = """
import os, signal, sys
def say(number, _):
    print(signal.Signals(number).name, os.path.exists(os.environ["BESA_SERVING"]), flush=True)
    if number == signal.SIGTERM:
        sys.exit(3)
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, say)
print("begun", os.path.exists(os.environ["BESA_SERVING"]), flush=True)
while True:
    signal.pause()
"""


@pytest.fixture
def running(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[str]]:
    """The supervisor over the few lines; the parameter is how long it drains."""
    command = supervised([sys.executable, "-c", CHILD], drain_s=getattr(request, "param", 0.0), folder=tmp_path, exporter=False)
    process = subprocess.Popen(command, cwd=settings.BASE_DIR, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "begun True\n"
    yield process
    process.kill()
    process.wait(20)
    process.stdout.close()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_sigterm_stops_the_server_and_its_status_is_passed_on(running: subprocess.Popen[str], tmp_path: Path):
    running.send_signal(signal.SIGTERM)
    assert said(running) == "SIGTERM False", "by then the server is said to serve no more"
    assert running.wait(20) == 3
    assert list(tmp_path.iterdir()) == []


def test_sighup_is_passed_on_and_nothing_ends(running: subprocess.Popen[str]):
    for _ in range(2):
        running.send_signal(signal.SIGHUP)
        assert said(running) == "SIGHUP True"
    assert running.poll() is None


@pytest.mark.parametrize("running", [300.0], indirect=True)
@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_a_drain_is_cut_short_by_a_second_signal(running: subprocess.Popen[str], tmp_path: Path, second: signal.Signals):
    running.send_signal(signal.SIGTERM)
    until = time.monotonic() + 20
    while list(tmp_path.iterdir()):
        assert time.monotonic() < until, "it does not begin to drain"
        time.sleep(0.01)  # between two looks
    assert running.poll() is None
    running.send_signal(second)
    assert said(running) == "SIGTERM False"
    assert running.wait(20) == 3


@pytest.mark.parametrize("running", [300.0], indirect=True)
def test_ctrl_c_waits_for_no_drain_and_reaches_the_server_once(running: subprocess.Popen[str]):
    running.send_signal(signal.SIGINT)
    assert said(running) == "SIGTERM False"
    assert running.wait(20) == 3
    assert said(running) == ""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent was killed")
def test_a_supervisor_that_is_killed_leaves_no_server_behind(running: subprocess.Popen[str], tmp_path: Path):
    running.kill()
    assert said(running).startswith("SIGTERM")
    [left] = tmp_path.iterdir()
    again = supervised([sys.executable, "-c", "pass"], drain_s=0, folder=tmp_path, exporter=False)
    running.wait(20)
    assert subprocess.run(again, cwd=settings.BASE_DIR, check=False).returncode == 0
    assert not left.exists(), "the next one clears up"


def test_the_exporter_says_what_it_needs():
    assert settings.METRICS_PORT is None
    with pytest.raises(CommandError, match="METRICS_PORT is not set"):
        call_command("metrics")
