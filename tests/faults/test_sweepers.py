"""Ten sweepers against a hand-in: whoever comes first closes the exam, and it is graded once, to the same result."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.house import ROOT
from bench.services import Postgres
from tests.faults.conftest import on_postgres, on_sqlite

pytestmark = pytest.mark.faults


@pytest.mark.parametrize("vendor", ["sqlite", "postgresql"])
def test_graded_once_whoever_closes_it(vendor: str, tmp_path: Path, request: pytest.FixtureRequest, rounds: int) -> None:
    if vendor == "sqlite":
        fault = on_sqlite(tmp_path, request.getfixturevalue("furnished_file"))
    else:
        furnished: tuple[Postgres, list[str]] = request.getfixturevalue("furnished_cluster")
        fault = on_postgres(tmp_path, furnished)
    reasons = []
    for _ in range(max(1, rounds // 2)):
        done = subprocess.run(
            [sys.executable, "-m", "tests.faults.sweep"], cwd=ROOT, env=fault.environment(), check=True, stdout=subprocess.PIPE, text=True
        )
        told = json.loads(done.stdout)
        assert told["failed"] == 0
        for n, exam in enumerate(told["exams"]):
            right = min(n, 4)
            assert exam["given"] == [[position, float(position <= right)] for position in range(1, 6)]
            assert (exam["right"], exam["scored"]) == (right, 5)
            reasons.append(exam["reason"])
    assert set(reasons) <= {"handed in", "expired"}
