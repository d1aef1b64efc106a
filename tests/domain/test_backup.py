"""What a backup says of itself."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

import pytest

from quizzes.domain.backup import FORMAT, BadBackup, Manifest, read_manifest, require_known, require_same_rows

MANIFEST = Manifest(
    FORMAT, "besa-serverless", "0.1.0", "2026-11-26T09:00:00+00:00", "sqlite", "0" * 64, {"quizzes": ["0001_first"]}, {"a": 1}
)


def text(**changes: Any) -> str:
    return json.dumps({**asdict(MANIFEST), **changes})


def test_it_reads_what_it_wrote():
    assert read_manifest(MANIFEST.as_text()) == MANIFEST


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (text(app="another"), "a backup of 'another'"),
        (text(format=FORMAT + 1, version="9.0"), "made by version 9.0, in a format that this version does not know"),
        ("{}", "damaged or no backup"),
        ("[]", "damaged or no backup"),
        ("no JSON", "damaged or no backup"),
        (b"\xff\xfe", "damaged or no backup"),
        (text(format="new"), "damaged or no backup"),
    ],
)
def test_what_it_cannot_take_is_told(given: str | bytes, words: str):
    with pytest.raises(BadBackup, match=words) as refused:
        read_manifest(given)
    assert "Nothing was changed" in str(refused.value)


def test_a_newer_backup_is_refused_by_its_migrations():
    newer = replace(MANIFEST, migrations={"quizzes": ["0001_first", "0099_later"]})
    require_known(MANIFEST, {"quizzes": {"0001_first", "0002_frozen"}})
    with pytest.raises(BadBackup, match=r"quizzes\.0099_later is not known here"):
        require_known(newer, {"quizzes": {"0001_first"}})


def test_missing_and_surplus_rows_are_told():
    require_same_rows({"a": 1, "b": 0}, {"a": 1})
    with pytest.raises(BadBackup, match="table a has 0 rows where 1 were expected"):
        require_same_rows({"a": 1}, {"b": 0})
    with pytest.raises(BadBackup, match="table b has 2 rows where 0 were expected"):
        require_same_rows({"a": 1}, {"a": 1, "b": 2})
