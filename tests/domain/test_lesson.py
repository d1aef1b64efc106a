"""Lessons: what a file becomes, and every fault with its line."""

import pytest

from quizzes.domain.lesson import as_dict, check_figure, figure, from_dict, parse

FIGURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 120" role="img"><title>Two boxes</title><rect class="box" x="1" y="1"/></svg>'
)
HEAD = """+++
title = "When nobody waits"
short = "Asynchronous"
summary = "What happens to an event."
topic = "invocation-async"
objectives = ["async-behaviour"]
minutes = 9
checked = 2026-11-23
facts = ["async-definition"]

[[sources]]
title = "Guide"
url = "https://docs.aws.amazon.com/lambda/"
checked = 2026-11-23
+++
"""
BODY = """
The question this lesson answers.

## Three attempts {#three-attempts}

Text with `code`.

::: figure timeline.svg
The caption says *what* it shows.
:::

::: note Exam trap
Two retries make **three** attempts.
:::

More text.

::: check async-two-retries
:::

## What the original notes said {#notes}

Nothing wrong.
"""


def read(text=HEAD + BODY, name="04-asynchronous-invocation.md", figures=None):
    return parse(name=name, text=text, figures={"timeline.svg": FIGURE} if figures is None else figures)


def problems(text, **values):
    return [(found.line, found.message) for found in read(text, **values)[1]]


def line_of(text: str, words: str) -> int:
    return next(n for n, line in enumerate(text.splitlines(), start=1) if words in line)


def test_a_good_lesson():
    lesson, found = read()
    assert found == []
    assert (lesson.number, lesson.slug, lesson.meta.minutes) == (4, "asynchronous-invocation", 9)
    assert [(s.anchor, s.title) for s in lesson.sections] == [
        ("", ""), ("three-attempts", "Three attempts"), ("notes", "What the original notes said"),
    ]  # fmt: skip
    assert [block.kind for block in lesson.sections[1].blocks] == ["html", "figure", "note", "html", "check"]
    html, drawn, note, _, check = lesson.sections[1].blocks
    assert "<code>code</code>" in html.html
    assert (drawn.svg, drawn.html) == (FIGURE, "The caption says <em>what</em> it shows.")
    assert (note.title, note.html) == ("Exam trap", "<p>Two retries make <strong>three</strong> attempts.</p>")
    assert check.question == "async-two-retries"
    assert lesson.sections[1].checks == ["async-two-retries"]


def test_the_words_of_a_section_are_those_that_are_read():
    lesson, _ = read()
    text = lesson.sections[1].text
    assert "Text with code." in text
    assert "Exam trap Two retries make three attempts." in text
    assert "<" not in text


def test_sections_come_back_from_their_row():
    lesson, _ = read()
    assert from_dict(as_dict(lesson.sections)) == lesson.sections


def test_a_note_has_a_title_without_one():
    lesson, found = read(HEAD + BODY.replace("::: note Exam trap", "::: note"))
    assert found == []
    assert lesson.sections[1].blocks[2].title == "Note"


def test_code_may_show_headings_and_directives():
    fenced = "```markdown\n## No heading\n::: note\n:::\n```\n"
    lesson, found = read(HEAD + BODY.replace("More text.", fenced))
    assert found == []
    assert [s.anchor for s in lesson.sections] == ["", "three-attempts", "notes"]
    assert "No heading" in lesson.sections[1].text


@pytest.mark.parametrize("name", ["asynchronous.md", "4-async.md", "04_async.md", "04-Async.md", f"04-{'x' * 51}.md"])
def test_a_file_is_called_by_number_and_slug(name):
    lesson, [found] = read(name=name)
    assert lesson is None
    assert (found.path, found.line) == (f"lessons/{name}", 1)
    assert "NN-slug.md" in found.message


@pytest.mark.parametrize("text", ["", "Just text.", "+++\ntitle = 'x'\n", "\n+++\n+++\n"])
def test_front_matter_stands_between_plus_signs(text):
    assert problems(text) == [(1, "the front matter is missing. Put TOML between two lines that hold +++ alone")]


@pytest.mark.parametrize(
    ("old", "new", "words", "line"),
    [
        pytest.param('short = "Asynchronous"', "short = Asynchronous", "not TOML", 3, id="no TOML"),
        pytest.param('short = "Asynchronous"', 'short = "Asyn', "not TOML", 3, id="a string that does not end"),
        pytest.param('short = "Asynchronous"\n', "", "short", 2, id="a field is missing"),
        pytest.param('short = "Asynchronous"', f'short = "{"x" * 33}"', "short", 3, id="too long for the side bar"),
        pytest.param("minutes = 9", 'minutes = "nine"', "minutes", 7, id="a word for a number"),
        pytest.param("minutes = 9", "minutes = 0", "minutes", 7, id="no time at all"),
        pytest.param("minutes = 9", "minutes = 9\nauthor = 1", "author", 8, id="a field that is not known"),
        pytest.param("checked = 2026-11-23\nfacts", 'checked = "soon"\nfacts', "checked", 8, id="no date"),
        pytest.param('objectives = ["async-behaviour"]', "objectives = []", "objectives", 6, id="no objective"),
        pytest.param('url = "https://docs', 'url = "http://docs', "url", 13, id="a source without https"),
        pytest.param(
            'url = "https://docs.aws.amazon.com/lambda/"', 'url = "javascript:alert(1)"', "url", 13, id="a source that is no address"
        ),
    ],
)
def test_front_matter_that_does_not_fit(old, new, words, line):
    assert old in HEAD
    lesson, found = read(HEAD.replace(old, new, 1) + BODY)
    assert lesson is None
    assert [problem.line for problem in found] == [line]
    assert words in found[0].message


@pytest.mark.parametrize(
    ("old", "new", "at", "words"),
    [
        pytest.param("## Three attempts {#three-attempts}", "## Three attempts", "## Three attempts", "has no anchor", id="no anchor"),
        pytest.param("{#three-attempts}", "{#Three_Attempts}", "## Three", "has no anchor", id="an anchor that is none"),
        pytest.param("More text.", "## Again {#three-attempts}", "## Again", "stands twice", id="an anchor twice"),
        pytest.param("More text.", f"## {'x' * 201} {{#long}}", "## xxx", "too long", id="a heading too long"),
        pytest.param("More text.", f"## Long {{#{'x' * 51}}}", "## Long", "too long", id="an anchor too long"),
        pytest.param("::: figure timeline.svg", "::: figure other.svg", "::: figure", "no file figures/other.svg", id="no such figure"),
        pytest.param("::: figure timeline.svg", "::: figure", "::: figure", "no file figures/", id="a figure without a name"),
        pytest.param("::: check async-two-retries", "::: check", "::: check", "names no question", id="a check without a name"),
        pytest.param("::: note Exam trap", "::: warning Exam trap", "::: warning", "no directive 'warning'", id="no such directive"),
        pytest.param("::: note Exam trap", "::: lab chemistry a=1", "::: lab", "there is no lab 'chemistry'", id="no such lab"),
        pytest.param("More text.", ":::", "\n:::\n\n::: check", "stands alone", id="an end without a beginning"),
        pytest.param("More text.", ":::note", ":::note", "stands alone", id="no space after the colons"),
        pytest.param("{#notes}", "{#end}", "title =", "last section is missing", id="no section on the notes"),
    ],
)  # fmt: skip
def test_a_body_that_does_not_fit(old, new, at, words):
    assert old in BODY
    text = HEAD + BODY.replace(old, new, 1)
    found = problems(text)
    assert len(found) == 1
    assert words in found[0][1]
    if at.startswith("\n"):
        assert found[0][0] == text[: text.index(at) + 1].count("\n") + 1
    elif "missing" not in words:
        assert found[0][0] == line_of(text, at)


def test_a_directive_that_never_ends():
    text = HEAD + BODY.replace("three** attempts.\n:::", "three** attempts.", 1).replace("::: check async-two-retries\n:::\n", "")
    found = problems(text)
    assert (line_of(text, "::: note"), "this directive is never closed. End it with a line that holds ::: alone") in found


def test_the_notes_stand_last():
    text = HEAD + BODY + "\n## And one more {#more}\n\nText.\n"
    assert problems(text) == [(line_of(text, "{#notes}"), "the section #notes is not the last. Move it to the end")]


def test_all_faults_are_named_at_once():
    text = HEAD + BODY.replace(" {#three-attempts}", "").replace("timeline.svg", "a.svg").replace("::: note", "::: aside")
    assert [line for line, _ in problems(text)] == [line_of(text, w) for w in ("## Three", "::: figure", "::: aside")]


# -- figures ---------------------------------------------------------------------------------------------------------


def test_a_good_figure():
    assert check_figure(name="timeline.svg", svg=FIGURE) == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('viewBox="0 0 400 120"', 'viewBox="0 0 600 120"', "400 wide"),
        ('viewBox="0 0 400 120" ', "", "400 wide"),
        ("role=", 'width="400" role=', "Leave them out"),
        (' role="img"', "", 'role="img"'),
        ("<title>Two boxes</title>", "", "say what the picture shows"),
        ("<title>Two boxes</title>", "<title> </title>", "say what the picture shows"),
        ('<rect class="box"', '<rect style="fill:red"', "attribute style of <rect>"),
        ('<rect class="box"', '<rect onclick="alert(1)"', "attribute onclick of <rect>"),
        ('<rect class="box"', '<rect fill="red"', "attribute fill of <rect>"),
        ("<rect", "<script>alert(1)</script><rect", "<script> is not allowed"),
        ("<rect", "<foreignObject/><rect", "<foreignObject> is not allowed"),
        ("<rect", '<image href="https://evil.example/x.png"/><rect', "<image> is not allowed"),
        ("<rect", "<style>.a{}</style><rect", "<style> is not allowed"),
        ("<rect", '<a href="javascript:alert(1)"/><rect', "<a> is not allowed"),
        ("<rect", '<x:script xmlns:x="http://www.w3.org/1999/xhtml"/><rect', "script> is not allowed"),
        ("</svg>", "", "not well-formed"),
        ('viewBox="0', 'viewBox="&boo;0', "not well-formed"),
    ],
)
def test_a_figure_that_does_not_fit(old, new, words):
    assert old in FIGURE
    found = check_figure(name="timeline.svg", svg=FIGURE.replace(old, new, 1))
    assert any(words in problem.message for problem in found)
    assert {problem.path for problem in found} == {"figures/timeline.svg"}


def test_the_line_of_what_a_figure_must_not_have():
    svg = FIGURE.replace("<rect", '\n\n<script/>\n<circle fill="red"/><rect')
    assert [problem.line for problem in check_figure(name="a.svg", svg=svg)] == [3, 4]


def test_what_stands_before_the_drawing_is_left_out():
    assert figure(f'<?xml version="1.0"?>\n<!-- by hand -->\n{FIGURE}\n') == FIGURE
    assert figure("no drawing") == ""
