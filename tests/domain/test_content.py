"""Content files other than lessons: values and problems with their lines."""

import pytest

from quizzes.domain.content import Blueprints, Facts, Glossary, Objectives, read, read_questions
from quizzes.domain.places import header_lines, line_with

QUESTION = """
[[question]]
slug = "async-two-retries"
family = "async-retries"
type = "single"
stem = \"\"\"
An upload starts a function that fails. How many attempts are made?
\"\"\"
objective = "async-behaviour"
domain = "resilient"
level = "apply"
difficulty = 2
lesson = "asynchronous-invocation#three-attempts"
facts = ["async-default-retries"]

[[question.options]]
text = " Three times. "
key = true
why = "The first attempt and two retries."

[[question.options]]
text = "Once."
why = "That holds for synchronous calls."

[[question.sources]]
title = "Guide"
url = "https://docs.aws.amazon.com/lambda/"
checked = 2026-11-23
"""
OBJECTIVES = """
[[domain]]
key = "resilient"
title = "Resilient architectures"
weight = 26

[[topic]]
slug = "invocation-async"
title = "Asynchronous invocation"
objectives = [{ key = "async-behaviour", title = "Explain it" }]
"""
FACTS = """
[[fact]]
id = "async-definition"
topic = "anything"
level = "core"
statement = "Lambda queues the event."
sources = [{ title = "Guide" }]
"""
GLOSSARY = """
[[term]]
term = "Alias"
definition = "A name."
"""
BLUEPRINTS = """
[[blueprint]]
slug = "taster"
title = "Taster"
summary = "Ten questions."
minutes = 15
pilots = 0
cut = 0.72

[blueprint.counts]
async-behaviour = 10
"""


def test_a_question_becomes_an_item():
    [(line, question)], problems = read_questions(path="q.toml", text=QUESTION)
    assert problems == []
    assert line == 2
    item = question.item("invocation-async")
    assert item.stem == "An upload starts a function that fails. How many attempts are made?"
    assert [(o.id, o.text, o.key) for o in item.options] == [("a", "Three times.", True), ("b", "Once.", False)]
    assert (item.topic, item.key, item.sources[0].checked.isoformat()) == ("invocation-async", ["a"], "2026-11-23")


def test_the_objectives_say_which_topic_is_whose():
    value, problems = read(Objectives, path="o.toml", text=OBJECTIVES)
    assert problems == []
    assert value.topic_of == {"async-behaviour": "invocation-async"}


@pytest.mark.parametrize(("kind", "text"), [(Facts, FACTS), (Glossary, GLOSSARY), (Blueprints, BLUEPRINTS)])
def test_good_files_are_read(kind, text):
    value, problems = read(kind, path="f.toml", text=text)
    assert problems == []
    assert value is not None


@pytest.mark.parametrize(
    ("kind", "text", "old", "new", "at", "words"),
    [
        pytest.param(Objectives, OBJECTIVES, 'key = "resilient"', "key = resilient", "key = resilient", "not TOML", id="no TOML"),
        pytest.param(Objectives, OBJECTIVES, '"Explain it" }]', '"Explain it"', "objectives =", "not TOML", id="an end that never comes"),
        pytest.param(Objectives, OBJECTIVES, "weight = 26", 'weight = "26"', "weight", "weight", id="a word for a number"),
        pytest.param(Objectives, OBJECTIVES, '"async-behaviour"', '"Async Behaviour"', "objectives =", "key", id="a key that is none"),
        pytest.param(Objectives, OBJECTIVES, "weight = 26", "weight = 26\nsize = 1", "size", "size", id="a field that is not known"),
        pytest.param(Objectives, OBJECTIVES, "weight = 26\n", "", "[[domain]]", "weight", id="a field is missing"),
        pytest.param(Objectives, OBJECTIVES, '"Asynchronous invocation"', f'"{"x" * 101}"', 'title = "xx', "title", id="a title too long"),
        pytest.param(Facts, FACTS, 'id = "async-definition"', f'id = "{"x" * 101}"', "id =", "id", id="an id too long"),
        pytest.param(Facts, FACTS, 'level = "core"', 'level = "hard"', "level =", "level", id="a level that is none"),
        pytest.param(Facts, FACTS, "[[fact]]", "[[facts]]", "[[facts]]", "facts", id="a table that is not known"),
        pytest.param(Glossary, GLOSSARY, 'term = "Alias"', 'term = ""', "term =", "term", id="a term of nothing"),
        pytest.param(Blueprints, BLUEPRINTS, "minutes = 15", "minutes = 0", "minutes", "minutes", id="no time"),
        pytest.param(Blueprints, BLUEPRINTS, "minutes = 15", "minutes = 601", "minutes", "minutes", id="more than ten hours"),
        pytest.param(Blueprints, BLUEPRINTS, "pilots = 0", "pilots = -1", "pilots", "pilots", id="fewer than none"),
        pytest.param(Blueprints, BLUEPRINTS, "cut = 0.72", "cut = 72", "cut", "cut", id="a cut in percent"),
        pytest.param(Blueprints, BLUEPRINTS, "behaviour = 10", "behaviour = 0", "[blueprint.counts]", "counts", id="a count of none"),
    ],
)
def test_a_value_that_does_not_fit(kind, text, old, new, at, words):
    assert old in text
    text = text.replace(old, new, 1)
    value, [problem] = read(kind, path="f.toml", text=text)
    assert value is None
    assert (problem.path, problem.line) == ("f.toml", line_with(text, at))
    assert words in problem.message


def test_the_second_of_two_is_named_by_its_own_line():
    text = FACTS + FACTS.replace('level = "core"', "level = 3")
    _, [problem] = read(Facts, path="f.toml", text=text)
    assert problem.line == line_with(text, "level = 3")


@pytest.mark.parametrize(
    ("old", "new", "at", "words"),
    [
        pytest.param('family = "async-retries"\n', "", "[[question]]", "family", id="a field is missing"),
        pytest.param("difficulty = 2", 'difficulty = "2"', 'difficulty = "2"', "difficulty", id="a word for a number"),
        pytest.param("difficulty = 2", "difficulty = 2\nhint = 1", "hint", "hint", id="a field that is not known"),
        pytest.param('slug = "async-two-retries"', 'slug = "Async two"', "slug", "slug", id="a slug that is none"),
        pytest.param('slug = "async-two-retries"', f'slug = "{"x" * 101}"', "slug", "slug", id="a slug too long"),
        pytest.param('family = "async-retries"', 'family = "a/b"', "family", "family", id="a family that is none"),
        pytest.param("checked = 2026-11-23", 'checked = "lately"', "checked", "checked", id="no date"),
        pytest.param('title = "Guide"', f'title = "{"x" * 201}"', "title", "title", id="a source's title too long"),
        pytest.param("key = true", 'key = "yes"', "key =", "key", id="a word for a truth"),
        pytest.param('text = "Once."', "text = 1", "text = 1", "text", id="a number in the second option"),
        pytest.param('why = "That holds for synchronous calls."\n', "", '[[question.options]]\ntext = "Once', "why", id="no rationale"),
    ],
)
def test_a_broken_question_is_named_and_left_out_and_the_next_is_read(old, new, at, words):
    assert old in QUESTION
    text = QUESTION.replace(old, new, 1) + QUESTION
    [(line, _)], [problem] = read_questions(path="q.toml", text=text)
    assert problem.line == text[: text.index(at)].count("\n") + 1
    assert words in problem.message
    assert line == text[: text.rindex("[[question]]")].count("\n") + 1


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        pytest.param("[[question]]\nslug =", 2, "not TOML", id="no TOML"),
        pytest.param("\n" + QUESTION.replace("[[question]]", "[question]", 1), 3, "[[question]]", id="one pair of brackets"),
        pytest.param('question = "x"', 1, "[[question]]", id="a question of one word"),
        pytest.param('question = ["x"]', 1, "does not fit", id="a list of words"),
        pytest.param("question = [{ slug = 'a' }]", 1, "does not fit", id="a list in one line"),
    ],
)
def test_a_file_whose_questions_would_be_lost_says_so(text, line, words):
    good, [problem] = read_questions(path="q.toml", text=text)
    assert good == []
    assert words in problem.message
    assert problem.line == line


def test_a_value_beside_the_questions_is_named():
    [_], [problem] = read_questions(path="q.toml", text="title = 1\n" + QUESTION)
    assert "'title' is not known here" in problem.message


def test_headers_are_found_by_their_lines():
    assert list(header_lines("[[a]]\n\n [[ a ]]\n[[ab]]\n# [[a]]\n[[a.b]]\n", "a")) == [1, 3]
