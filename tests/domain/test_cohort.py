"""Classes: codes that are easy to type and to say, words that are not changed unnoticed, windows."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.domain.cohort import (
    CODE_LENGTH,
    CODE_LETTERS,
    CODES,
    CONSENT_VERSION,
    SEEN,
    UNSEEN,
    Window,
    code_of,
    read_code,
    show_code,
    standing,
)
from tests.factories import T0

HOUR = timedelta(hours=1)

#: Letters that look alike in type or by hand, and letters whose names sound alike over a bad line.
LOOK_ALIKE = ["0OQD", "1IL", "5S", "2Z", "8B3", "UV", "6G"]
SOUND_ALIKE = ["BCDEGPTVZ3", "AJK8", "MN", "FSX", "IY", "QU"]


@pytest.mark.parametrize("group", [*LOOK_ALIKE, *SOUND_ALIKE])
def test_no_two_letters_of_a_code_are_taken_for_each_other(group):
    assert len(set(group) & set(CODE_LETTERS)) <= 1


@given(st.integers(0, CODES - 1), st.integers(0, CODES - 1))
def test_every_number_has_a_code_of_its_own(one, other):
    assert len(code_of(one)) == CODE_LENGTH
    assert set(code_of(one)) <= set(CODE_LETTERS)
    assert (code_of(one) == code_of(other)) == (one == other)


@pytest.mark.parametrize("number", [-1, CODES])
def test_a_number_beyond_the_codes_has_none(number):
    with pytest.raises(ValueError, match="number must be"):
        code_of(number)


@given(st.integers(0, CODES - 1))
def test_a_code_is_read_as_it_is_shown_and_said(number):
    code = code_of(number)
    shown = show_code(code)
    assert shown == f"{code[:4]}-{code[4:]}"
    for typed in (code, shown, shown.lower(), f"  {shown.replace('-', ' ')} ", shown.replace("-", "–"), " ".join(code)):
        assert read_code(typed) == code


@pytest.mark.parametrize("typed", ["", "FHKM", "FHKMRTWYY", "FHKMRTW0", "FHKM/TWY", "' OR 1=1", "ＦＨＫＭＲＴＷＹ"])
def test_what_can_be_no_code_is_none(typed):
    assert read_code(typed) == ""


def test_whoever_changes_what_joining_agrees_to_gives_it_a_new_number():
    """Kept agreements name these words by their number. Changed them? Count CONSENT_VERSION up and note the new digest here."""
    digest = hashlib.sha256("\n".join((*SEEN, *UNSEEN)).encode()).hexdigest()[:12]
    assert {1: "f2ff01dcc9c6"}[CONSENT_VERSION] == digest


@pytest.mark.parametrize(
    ("hours", "stage"),
    [(-1, "ahead"), (0, "open"), (1, "open"), (2, "over"), (3, "over")],
    ids=["before", "at its first moment", "within", "at its last moment", "after"],
)
def test_a_window_holds_its_first_moment_and_not_its_last(hours, stage):
    assert Window(T0, T0 + 2 * HOUR).stage(T0 + hours * HOUR) == stage


@pytest.mark.parametrize(
    ("stage", "running", "finished", "best", "expected"),
    [
        ("ahead", False, False, None, "ahead"),
        ("open", False, False, None, "not sat"),
        ("over", False, False, None, "missed"),
        ("open", True, False, None, "running"),
        ("over", True, False, None, "running"),
        ("open", True, True, 719, "not passed"),
        ("over", False, True, 720, "passed"),
        ("open", True, True, None, "running"),
        ("over", False, True, None, "no score"),
    ],
)
def test_where_a_member_stands(stage, running, finished, best, expected):
    assert standing(stage=stage, running=running, finished=finished, best=best, passing=720) == expected
