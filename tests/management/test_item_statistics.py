"""manage.py item_statistics: the figures of a file and of the database, in words and as JSON; bad files in a sentence."""

from __future__ import annotations

import json
import re
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from quizzes.domain.statistics import ItemFigures, ScoreFigures
from quizzes.domain.statistics.report import COLUMNS
from quizzes.management.commands import item_statistics
from quizzes.models import ItemStatistics
from tests.domain.statistics import references as ref
from tests.factories import make_bank, make_sittings

ROOT = Path(__file__).resolve().parents[2]


def run(*words: str) -> str:
    out = StringIO()
    call_command("item_statistics", *words, stdout=out, stderr=StringIO())
    return out.getvalue()


@pytest.fixture
def lsat6(tmp_path: Path) -> str:
    file = tmp_path / "lsat6.csv"
    rows = [",".join(str(int(mark)) for mark in row) for row in ref.lsat6()]
    file.write_text("\n".join(["one,two,three,four,five", *rows]) + "\n")
    return str(file)


# -- a file ----------------------------------------------------------------------------------------------------------


def test_a_file_as_json_has_the_published_figures(lsat6: str):
    told = json.loads(run("--csv", lsat6, "--json", "--rasch"))
    assert (told["source"], told["attempts"]) == ("matrix", 1000)
    assert told["test"]["alpha"] == pytest.approx(0.295, abs=5e-4)
    assert [item["name"] for item in told["items"]] == ["one", "two", "three", "four", "five"]
    assert [item["facility"] for item in told["items"]] == pytest.approx([row[0] for row in ref.LSAT6_ITEMS])
    assert [item["difficulty"] for item in told["rasch"]["items"]] == pytest.approx([row[0] for row in ref.LSAT6_RASCH], abs=2e-4)
    assert told["rasch"]["slope"] == pytest.approx(ref.LSAT6_SLOPE, abs=1e-4)


def test_a_file_in_words(lsat6: str):
    out = run("--csv", lsat6, "--rasch")
    assert "1000 attempts, 5 items, 5 marks" in out
    assert "Alpha 0.29, 95 % 0.22 to 0.36; SEM 0.87 marks" in out
    assert re.search(r"^one +1000 +0\.92 +0\.27 +0\.11 ", out, re.M)
    assert re.search(r"^one +1000 +-3\.62 +0\.33 ", out, re.M)


def test_names_of_the_json_are_in_the_document(lsat6: str):
    told = json.loads(run("--csv", lsat6, "--json", "--rasch"))
    document = (ROOT / "docs/statistics.md").read_text()
    names = {*told, *told["test"], *told["items"][0], *told["rasch"], *told["rasch"]["items"][0]}
    names |= {*ItemFigures.__slots__, *ScoreFigures.__slots__, *COLUMNS}
    assert [name for name in sorted(names) if f"`{name}`" not in document] == []


def test_few_answers_are_said_to_prove_nothing(tmp_path: Path):
    file = tmp_path / "few.csv"
    file.write_text("a,b\n1,0\n0,1\n1,1\n")
    assert "Below 20 answers a figure says nothing" in run("--csv", str(file))


def test_a_file_without_attempts_says_so(tmp_path: Path):
    file = tmp_path / "names.csv"
    file.write_text("a,b\n")
    assert run("--csv", str(file)) == "The file has no attempt yet: write one row for each. There is nothing to compute.\n"
    assert json.loads(run("--csv", str(file), "--json"))["test"]["alpha"] is None


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        pytest.param(b"a,b\n1,two\n", r"m\.csv: Line 2, column 2 \(b\): “two” is not a number\. Write a fraction from 0 to 1", id="a word"),
        pytest.param(b"", r"m\.csv: The file is empty\.", id="empty"),
        pytest.param("a,b\nß,1\n".encode("latin-1"), r"is not UTF-8 text\. Save it as", id="another encoding"),
        pytest.param(b"\xff\xfea\x00,\x00b\x00", r"is not UTF-8 text", id="UTF-16"),
    ],
)
def test_a_bad_file_is_told_in_a_sentence(tmp_path: Path, content: bytes, sentence: str):
    file = tmp_path / "m.csv"
    file.write_bytes(content)
    with pytest.raises(CommandError, match=sentence):
        run("--csv", str(file))


@pytest.mark.parametrize("name", ["", ".", "no-such-file.csv"])
def test_no_file_is_told_in_a_sentence(name: str):
    with pytest.raises(CommandError, match="cannot be read"):
        run("--csv", name)


def test_partial_marks_have_no_rasch_difficulties(tmp_path: Path):
    file = tmp_path / "m.csv"
    file.write_text("a,b\n0.5,1\n1,0\n")
    with pytest.raises(CommandError, match="Rasch needs marks that are 0 or 1"):
        run("--csv", str(file), "--rasch")


def test_without_numpy_the_command_says_what_to_install(lsat6: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "numpy", None)
    monkeypatch.delitem(sys.modules, "quizzes.domain.statistics.rasch", raising=False)
    with pytest.raises(CommandError, match=r"need numpy, which is not installed\. Install the extra"):
        run("--csv", lsat6, "--rasch")


def test_a_file_is_never_kept(lsat6: str):
    with pytest.raises(CommandError, match="The figures of a file are not kept"):
        run("--csv", lsat6, "--store")


# -- the database ----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_database_as_json():
    questions = make_bank(2)
    make_sittings(questions, [["b", "b"]] * 12 + [["b", "a"]] * 8 + [["a", "b"]] * 2 + [["a", "a"]] * 8)
    told = json.loads(run("--json", "--rasch"))
    assert (told["source"], told["attempts"]) == ("database", 30)
    assert [exam["n"] for exam in told["exams"]] == [30]
    found = {item["question"]: item for item in told["items"]}
    first = found[questions[0].slug]
    assert (first["version"], first["n"], first["facility"]) == (1, 30, pytest.approx(20 / 30))
    assert [option["option"] for option in first["options"]] == ["a", "b", "c", "d"]
    assert len(told["rasch"]["items"]) == 2
    assert not ItemStatistics.objects.exists()


@pytest.mark.django_db
def test_the_figures_of_the_database_are_kept_where_asked():
    make_sittings(make_bank(1), [["b"]] * 3)
    assert "3 attempts, 1 items" in run("--store")
    assert ItemStatistics.objects.count() == 1


@pytest.mark.django_db
def test_a_database_without_exams_says_so():
    assert run() == "Nobody has finished an exam yet. There is nothing to compute.\n"


# -- progress --------------------------------------------------------------------------------------------------------


class Terminal(StringIO):
    def write(self, text: str, ending: str = "\n") -> int:
        return super().write(text + ending)


def test_the_bar_fills_and_goes_away():
    out = Terminal()
    bar = item_statistics.Progress(out)
    bar.show(0, 10), bar.show(10, 10)
    bar.close()
    assert f"[{'.' * 30}] 0 of 10" in out.getvalue()
    assert f"[{'#' * 30}] 10 of 10" in out.getvalue()
    assert out.getvalue().endswith(" \r")


def test_no_bar_where_nobody_watches(capsys: pytest.CaptureFixture[str], lsat6: str):
    run("--csv", lsat6)
    assert capsys.readouterr().err == ""
