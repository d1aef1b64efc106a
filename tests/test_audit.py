"""`make audit`: a known hole fails, a database that cannot be reached is said so, and silence is never taken for health."""

from __future__ import annotations

import json

import pytest

from bench.audit import NOT_AUDITED, verdict

FINE = {"name": "django", "version": "5.2.19", "vulns": []}
HOLE = {"name": "lxml", "version": "5.0.0", "vulns": [{"id": "PYSEC-2026-1", "fix_versions": ["6.0.1"]}]}
UNKNOWN = {"name": "asgiref", "skip_reason": "Dependency not found on PyPI and could not be audited: asgiref (3.13.0)"}


def said(*packages: dict, complaint: str = "") -> tuple[int, str]:
    return verdict(json.dumps({"dependencies": list(packages)}), complaint)


def test_no_known_hole():
    assert said(FINE, FINE) == (0, "2 packages audited, no known hole")


def test_a_known_hole_fails_and_says_what_mends_it():
    status, words = said(FINE, HOLE, UNKNOWN)
    assert status == 1
    assert "lxml 5.0.0: PYSEC-2026-1, mended in 6.0.1" in words


def test_a_package_that_the_database_does_not_know_is_named():
    assert said(FINE, UNKNOWN) == (0, "1 packages audited, no known hole; not in the database: asgiref")


def test_a_database_that_knows_nothing_at_all_is_none():
    assert said(UNKNOWN, UNKNOWN) == (0, NOT_AUDITED)


@pytest.mark.parametrize(
    "complaint", ["Could not connect to PyPI's vulnerability feed", "HTTPSConnectionPool(host='pypi.org'): Max retries exceeded"]
)
def test_a_database_that_cannot_be_reached_is_said_so(complaint: str):
    assert verdict("", complaint) == (0, NOT_AUDITED)


def test_another_fault_of_the_audit_is_not_taken_for_that():
    status, words = verdict("", "ERROR: requirements/run.txt: hash missing")
    assert status == 1
    assert "hash missing" in words
