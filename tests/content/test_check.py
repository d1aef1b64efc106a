"""Every kind of fault is named with its file, its line and what to write instead; and the commands say it."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from quizzes.domain.errors import BrokenContent
from quizzes.models import Question
from quizzes.services import content
from tests.content.tree import BLUEPRINT, FACTS, GLOSSARY, LESSON, OBJECTIVES, STEMS, Tree, question

Q, L, B = Tree.QUESTIONS, Tree.LESSON, Tree.BLUEPRINT
FIGURE = "week-09/figures/timeline.svg"


@pytest.fixture
def tree(tmp_path) -> Tree:
    return Tree(tmp_path)


def faults(tree: Tree) -> list[tuple[str, int, str]]:
    return [(found.path, found.line, found.message) for found in content.check(tree.root).problems]


def test_a_good_tree_has_no_fault(tree):
    report = content.check(tree.root)
    assert (report.problems, report.warnings) == ([], [])
    assert (report.lessons, report.questions, report.terms, report.by_topic) == (1, 3, 2, {"invocation-async": 3})
    assert (report.core_facts, report.core_facts_asked, report.core_facts_taught) == (1, 1, 1)
    assert content.read(tree.root).item("two").key == ["b"]


#: File, what stands there, what is written instead, the words of the line that is named, words of the message.
FAULTS = [
    pytest.param(Q, 'domain = "resilient"', 'domain = "sturdy"', "[[question]]", "no domain 'sturdy'", id="question: domain"),
    pytest.param(Q, 'level = "apply"', 'level = "guess"', "[[question]]", "no level 'guess'", id="question: level"),
    pytest.param(Q, "difficulty = 2", "difficulty = 4", "[[question]]", "difficulty is 1, 2 or 3", id="question: difficulty"),
    pytest.param(Q, 'type = "single"', 'type = "essay"', "[[question]]", "no type 'essay'", id="question: type"),
    pytest.param(Q, "#attempts", "#nowhere", "[[question]]", "no lesson section", id="question: lesson section"),
    pytest.param(Q, '["async-definition"]', '["nothing"]', "[[question]]", "no fact 'nothing'", id="question: fact"),
    pytest.param(Q, '["async-definition"]', "[]", "[[question]]", "names no fact", id="question: no fact"),
    pytest.param(Q, "async-behaviour", "async-nothing", "[[question]]", "no objective of the topic", id="question: objective"),
    pytest.param(Q, "key = true", "key = false", "[[question]]", "No option is marked as key", id="question: no key"),
    pytest.param(Q, "key = false", "key = true", "[[question]]", "2 options are marked as key", id="question: two keys"),
    pytest.param(
        Q, "Give it more memory now", "All of the above", "[[question]]", "speaks of other options", id="question: a rule of quality"
    ),
    pytest.param(Q, 'slug = "two"', 'slug = "one"', None, "stands already in", id="question: a slug twice"),
    pytest.param(Q, 'slug = "one"', 'slug = "One"', 'slug = "One"', "does not fit", id="question: a slug that is none"),
    pytest.param(Q, "[[question]]", "[[questions]]", None, "not TOML", id="question: the wrong table"),
    pytest.param(L, 'topic = "invocation-async"', 'topic = "other"', "topic =", "no topic 'other'", id="lesson: topic"),
    pytest.param(L, '["async-behaviour"]', '["async-behaviour", "no"]', "objectives", "no objective 'no'", id="lesson: objective"),
    pytest.param(L, '["async-definition"]', '["nothing"]', "facts", "no fact 'nothing'", id="lesson: fact"),
    pytest.param(L, "::: check one", "::: check nine", "::: check", "is no question", id="lesson: check"),
    pytest.param(L, "timeline.svg", "time.svg", "::: figure", "no file figures/time.svg", id="lesson: figure"),
    pytest.param(FIGURE, 'viewBox="0 0 400', 'viewBox="0 0 500', "<svg", "400 wide", id="figure"),
    pytest.param("glossary.toml", "#attempts", "#nowhere", "[[term]]", "no lesson section", id="glossary: lesson section"),
    pytest.param("glossary.toml", 'term = "Alias"', 'term = "Dead-Letter Queue"', None, "stands twice", id="glossary: a term twice"),
    pytest.param("facts.toml", 'id = "async-new"', 'id = "async-definition"', None, "stands twice", id="facts: an id twice"),
    pytest.param("objectives.toml", 'key = "async-design"', 'key = "async-behaviour"', None, "stands twice", id="objectives: twice"),
    pytest.param(B, "async-behaviour = 2", "async-other = 2", "[[blueprint]]", "no objective", id="exam: objective"),
    pytest.param(B, "pilots = 0", "pilots = 2", "[[blueprint]]", "no question that counts", id="exam: pilots"),
]


@pytest.mark.parametrize(("name", "old", "new", "at", "words"), FAULTS)
def test_a_fault_is_named_with_its_file_and_line(tree, name, old, new, at, words):
    tree.change(name, old, new)
    found = [(path, line) for path, line, message in faults(tree) if words in message]
    assert len(found) == 1, faults(tree)
    path, line = found[0]
    assert path.endswith(name.removeprefix("week-09/"))
    if at is not None:
        assert line == tree.line(name, at)
    with pytest.raises(BrokenContent):
        content.read(tree.root)


@pytest.mark.parametrize(
    ("name", "text", "old", "line"),
    [
        ("objectives.toml", OBJECTIVES + OBJECTIVES.split("[[topic]]")[0], "domain 'resilient' stands twice", 15),
        (
            "objectives.toml",
            OBJECTIVES + '[[topic]]\nslug = "invocation-async"\ntitle = "x"\nobjectives = []\n',
            "topic 'invocation-async'",
            14,
        ),
        ("facts.toml", FACTS + FACTS, "fact 'async-definition' stands twice", 16),
        ("glossary.toml", GLOSSARY + GLOSSARY, "term 'dead-letter-queue' stands twice", 12),
        (B, BLUEPRINT + BLUEPRINT, "blueprint 'taster' stands twice", 13),
    ],
)
def test_what_stands_twice_is_named_by_the_second(tree, name, text, old, line):
    """PostgreSQL would stop in the middle of the sync, SQLite would take the last one without a word."""
    tree.write(name, text)
    assert (name, line) in [(path, at) for path, at, message in faults(tree) if old in message]


@pytest.mark.parametrize(("other", "what"), [("04-other.md", "number"), ("05-asynchronous-invocation.md", "slug")])
def test_two_lessons_of_one_number_or_slug(tree, other, what):
    tree.write(f"week-09/lessons/{other}", LESSON)
    assert any(f"has this {what} too" in message for _, _, message in faults(tree))


def test_two_stems_that_are_nearly_the_same(tree):
    tree.ask("one", "two", "three", three=STEMS["one"].upper())
    [(path, line, message)] = faults(tree)
    assert (path, line) == (Q, tree.line(Q, 'slug = "three"') - 1)
    assert "the stem of 'three' is nearly that of 'one'" in message
    tree.change(Q, "family-three", "family-one")
    assert faults(tree) == []


def test_a_file_named_after_no_topic(tree):
    tree.write("week-09/questions/other.toml", question("four", stem="Who tries an event again after a failure, in the end?"))
    found = [message for path, _, message in faults(tree) if path == "week-09/questions/other.toml"]
    assert any("the file's name is no topic" in message for message in found)


@pytest.mark.parametrize("name", ["objectives.toml", "facts.toml", "glossary.toml", B])
def test_a_file_that_is_missing(tree, name):
    tree.remove(name)
    assert (name, 1, "this file is missing") in faults(tree)


@pytest.mark.parametrize("name", ["glossary.toml", L, Q])
def test_a_file_in_another_encoding(tree, name):
    (tree.root / name).write_bytes("Müller = 1".encode("latin-1"))
    assert (name, 1, "this file is not UTF-8 (byte 1). Save it as UTF-8") in faults(tree)


def test_a_file_that_cannot_be_read_hides_no_other_fault(tree):
    tree.change("glossary.toml", 'term = "Alias"', "term = Alias")
    tree.change(L, "{#notes}", "{#end}")
    assert {path for path, _, _ in faults(tree)} >= {"glossary.toml", "lessons/04-asynchronous-invocation.md"}


def test_other_files_are_no_business_of_ours(tree):
    tree.write("week-09/lessons/.draft.md~", "nothing")
    (tree.root / "picture.png").write_bytes(b"\x89PNG\xff")
    assert faults(tree) == []


def test_a_warning_is_no_fault(tree):
    tree.ask("one", "two", "three", three="Which status does a caller NOT get when an event is accepted?")
    report = content.check(tree.root)
    assert report.problems == []
    [warning] = report.warnings
    assert warning.line == tree.line(Q, 'slug = "three"') - 1
    assert "[L02]" in warning.message


# -- the commands ----------------------------------------------------------------------------------------------------


def run(name: str, *args: str) -> tuple[int, str, str]:
    """Exit code, output, errors."""
    out, err = StringIO(), StringIO()
    try:
        call_command(name, *args, stdout=out, stderr=err)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


def test_checking_a_good_tree_says_how_much_there_is(tree):
    code, out, _ = run("check_content", "--content", str(tree.root))
    assert code == 0
    assert "1 lessons, 3 questions, 2 terms" in out
    assert "0 errors, 0 warnings" in out


def test_checking_a_broken_tree_ends_with_1_and_the_place(tree):
    tree.change(Q, "difficulty = 2", "difficulty = 4")
    code, out, _ = run("check_content", "--content", str(tree.root))
    assert code == 1
    assert f"{Q}, line {tree.line(Q, '[[question]]')}: question 'one': difficulty is 1, 2 or 3" in out


@pytest.mark.parametrize("broken", [False, True])
def test_the_report_as_json(tree, broken):
    if broken:
        tree.change(Q, "difficulty = 2", "difficulty = 4")
    code, out, _ = run("check_content", "--json", "--content", str(tree.root))
    report = json.loads(out)
    assert code == (1 if broken else 0)
    assert report["questions"] == 3
    assert [(p["path"], p["line"]) for p in report["problems"]] == ([(Q, 2)] if broken else [])


def test_warnings_and_old_checks_are_listed_when_asked_for(tree):
    tree.ask("one", "two", "three", three="Which status does a caller NOT get when an event is accepted?")
    tree.change(L, "checked = 2026-11-23\nfacts", "checked = 2020-01-02\nfacts")
    code, out, _ = run("check_content", "--warnings", "--stale", "365", "--content", str(tree.root))
    assert code == 0
    assert f"warning: {Q}" in out
    assert "stale: lesson asynchronous-invocation: 2020-01-02" in out


def test_the_coverage_names_what_is_not_asked_and_what_is_not_taught(tree):
    tree.change("facts.toml", 'level = "new"', 'level = "core"')
    _, out, _ = run("check_content", "--content", str(tree.root))
    assert "core facts not asked: async-new\n" in out
    assert "core facts in no lesson: async-new\n" in out
    assert "types: 3 single\n" in out
    assert "levels: 0 remember, 0 understand, 3 apply, 0 analyse\n" in out
    report = json.loads(run("check_content", "--json", "--content", str(tree.root))[1])
    assert (report["not_asked"], report["not_taught"]) == (["async-new"], ["async-new"])


def test_old_checks_stand_in_the_json_too(tree):
    tree.change(L, "checked = 2026-11-23\nfacts", "checked = 2020-01-02\nfacts")
    report = json.loads(run("check_content", "--json", "--stale", "365", "--content", str(tree.root))[1])
    assert report["stale"] == ["lesson asynchronous-invocation: 2020-01-02"]


@pytest.mark.django_db
def test_a_sync_says_what_it_did_and_then_that_there_is_nothing_to_do(tree):
    where = ("--content", str(tree.root))
    assert "1 lessons, 3 questions new" in run("sync_content", *where)[1]
    assert run("sync_content", *where) == (0, "Content is up to date.\n", "")
    assert json.loads(run("sync_content", "--json", *where)[1])["new"] == 0


@pytest.mark.django_db
@pytest.mark.parametrize("as_json", [False, True])
def test_a_sync_of_a_broken_tree_ends_with_1_and_changes_nothing(tree, as_json):
    tree.change(Q, "difficulty = 2", "difficulty = 4")
    code, out, err = run("sync_content", "--content", str(tree.root), *(["--json"] if as_json else []))
    assert code == 1
    assert not Question.objects.exists()
    if as_json:
        assert [(p["path"], p["line"]) for p in json.loads(out)["problems"]] == [(Q, 2)]
    else:
        assert "Nothing was changed: 1 errors." in err
