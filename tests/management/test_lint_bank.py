"""manage.py lint_bank, as an author meets it."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import CommandError, call_command

from tests.content.tree import Tree
from tests.factories import make_item, make_question

#: What the report names; whoever reads it by a program counts on these.
KEYS = {"items", "counts", "findings", "pairs", "metrics", "guesses", "holds"}


@pytest.fixture
def tree(tmp_path) -> Tree:
    return Tree(tmp_path)


def run(*arguments: str, **options: object) -> tuple[str, int]:
    """What it prints, and its exit status."""
    out = io.StringIO()
    try:
        call_command("lint_bank", *arguments, stdout=out, **options)
    except SystemExit as ending:
        return out.getvalue(), int(ending.code or 0)
    return out.getvalue(), 0


def test_a_good_bank_passes_and_tells_its_figures(tree):
    text, status = run(content=tree.root)
    assert status == 0
    assert "3 questions. 0 figures miss their bar." in text
    assert "key is the longest option" in text
    assert "too few questions to tell" in text


def test_a_fault_is_named_with_its_place_and_fails(tree):
    tree.change(Tree.QUESTIONS, "Raise the timeout of it", "Only raise the timeout")
    text, status = run(content=tree.root)
    line = tree.line(Tree.QUESTIONS, "[[question]]")
    assert status == 1
    assert f"error L03: {Tree.QUESTIONS}, line {line}: one: options:" in text
    assert "FAILS" in text
    assert "error L03" not in run("--quiet", content=tree.root)[0]


def test_the_report_as_json(tree):
    tree.change(Tree.QUESTIONS, "Raise the timeout of it", "Only raise the timeout")
    text, status = run("--json", content=tree.root)
    report = json.loads(text)
    assert status == 1
    assert report.keys() == KEYS
    assert report["holds"] is False
    [finding] = report["findings"]["one"]
    assert (finding["rule"], finding["level"], finding["field"]) == ("L03", "error", "options")
    assert all(metric.keys() == {"name", "value", "n", "bar", "verdict", "note"} for metric in report["metrics"])
    assert {guess["name"] for guess in report["guesses"]} == {"one", "two", "three"}


def test_what_leads_to_the_key_is_told_with_what_to_do(tree):
    tree.write(
        Tree.QUESTIONS, tree.read(Tree.QUESTIONS).replace("Add a new destination", "Add a new destination, so that failed events are kept")
    )
    text, _ = run("--top", "1", content=tree.root)
    assert "1.000  of   3  invocation-async" in text
    assert text.count("    * Add a new destination, so that failed events are kept") == 1
    assert ": key 1, others 0, 0, 0: shorten the key" in text or ": key 51, others" in text


def test_one_topic_alone(tree):
    assert "3 questions" in run("--topic", "invocation-async", content=tree.root)[0]
    with pytest.raises(CommandError, match="Name one of: invocation-async"):
        run("--topic", "cooking", content=tree.root)


def test_files_that_cannot_be_read_are_named(tree):
    tree.write("objectives.toml", "[[")
    with pytest.raises(CommandError, match=r"objectives\.toml, line 1"):
        run(content=tree.root)


@pytest.mark.django_db
def test_the_published_questions_of_the_database():
    make_question(slug="mine", item=make_item(stem="Which of these settings does not keep a failed event for later?"))
    make_question(slug="draft", state="draft")
    text, status = run("--database")
    assert (status, "error L02: mine: stem" in text, "1 questions." in text) == (1, True, True)
