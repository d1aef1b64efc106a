"""import_questions and export_questions as they are typed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from quizzes.models import Question
from tests.factories import make_domain, make_item, make_objective, make_question

pytestmark = pytest.mark.django_db

GOOD = "What keeps it?{=a ~b ~c ~d}\n\nEssay{}\n"


@pytest.fixture(autouse=True)
def homes() -> None:
    make_objective()
    make_domain()


def test_a_file_is_imported_and_reported_line_by_line(tmp_path: Path, capsys: Any):
    path = tmp_path / "q.gift"
    path.write_text(GOOD)
    call_command("import_questions", str(path), "--format=gift")
    out = capsys.readouterr().out
    assert "line 1: new: what-keeps-it" in out
    assert "line 3: left out" in out
    assert "Imported as drafts: 1." in out
    assert Question.objects.count() == 1


def test_a_dry_run_changes_nothing_and_speaks_json(tmp_path: Path, capsys: Any):
    path = tmp_path / "q.gift"
    path.write_text(GOOD)
    call_command("import_questions", str(path), "--format=gift", "--dry-run", "--json")
    told = json.loads(capsys.readouterr().out)
    assert (told["imported"], told["counts"]["new"], told["counts"]["skipped"]) == (0, 1, 1)
    assert told["questions"][1]["notes"][0]["line"] == 3
    assert not Question.objects.exists()


def test_a_broken_question_is_exit_1_and_nothing_is_imported(tmp_path: Path, capsys: Any):
    path = tmp_path / "q.gift"
    path.write_text(GOOD + "\nBroken?{~a ~b}\n")
    with pytest.raises(SystemExit) as exit:
        call_command("import_questions", str(path), "--format=gift")
    assert exit.value.code == 1
    assert "line 5: BROKEN" in capsys.readouterr().out
    assert not Question.objects.exists()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param(None, "cannot be read", id="not there"),
        pytest.param(b"", "empty", id="empty"),
        pytest.param("é{=a ~b}".encode("cp1252"), "UTF-8", id="wrong encoding"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_sentence(tmp_path: Path, data: bytes | None, words: str, capsys: Any):
    path = tmp_path / "q.gift"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(CommandError, match=words):
        call_command("import_questions", str(path), "--format=gift")
    with pytest.raises(SystemExit):
        call_command("import_questions", str(path), "--format=gift", "--json")
    assert words in json.loads(capsys.readouterr().out)["refused"]


@pytest.mark.parametrize("format", ["gift", "moodle_xml", "aiken", "qti", "qti3", "csv", "toml", "anki"])
def test_every_format_is_written(format: str, tmp_path: Path, capsys: Any):
    make_question(item=make_item())
    make_question(item=make_item(), state="retired")
    path = tmp_path / "out"
    call_command("export_questions", str(path), f"--format={format}", "--topic=invocation-async")
    assert path.stat().st_size > 100
    assert "Wrote 1 question " in capsys.readouterr().out


def test_export_says_what_is_wrong(tmp_path: Path):
    make_question(item=make_item(type="ordering"))
    with pytest.raises(CommandError, match="no topic 'nowhere'"):
        call_command("export_questions", str(tmp_path / "a"), "--format=gift", "--topic=nowhere")
    with pytest.raises(CommandError, match="no question that this format can hold"):
        call_command("export_questions", str(tmp_path / "a"), "--format=gift")
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("export_questions", str(tmp_path / "no" / "a"), "--format=toml")
