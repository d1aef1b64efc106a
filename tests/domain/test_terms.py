"""Terms of the glossary in a lesson: marked once, where they first appear, and nowhere that would break the text."""

import re

import pytest

from quizzes.domain.lesson import parse
from quizzes.domain.terms import entry, mark

HEAD = """+++
title = "T"
short = "T"
summary = "S."
topic = "t"
objectives = ["o"]
minutes = 1
checked = 2026-11-23

[[sources]]
title = "Guide"
url = "https://docs.aws.amazon.com/lambda/"
checked = 2026-11-23
+++
"""
COLD = entry(slug="cold-start", term="Cold start", aliases=["Warm start", "Cold"], html="It takes <b>longer</b>.", lesson="basics#cold")
DLQ = entry(slug="dead-letter-queue", term="Dead-letter queue", aliases=["DLQ"], html="Keeps what failed.", lesson="")
SQS = entry(slug="sqs", term="SQS", aliases=["Amazon SQS", "Queue"], html="Queues.", lesson="")
FIFO = entry(slug="fifo-queue", term="FIFO queue", aliases=["SQS FIFO"], html="In order.", lesson="")


def marked(body, *entries, name="02-basics.md"):
    lesson, problems = parse(name=name, text=f"{HEAD}{body}\n\n## Notes {{#notes}}\n\nNone.\n", figures={})
    assert lesson is not None, problems
    return mark(lesson, entries)


def buttons(lesson):
    html = "".join(block.html for section in lesson.sections for block in section.blocks)
    return re.findall(r'<button type="button" class="term" popovertarget="term-([a-z-]+)">([^<]*)</button>', html)


def test_the_first_appearance_is_marked_and_its_section_ends_with_the_card():
    lesson = marked("A cold start is slow.\n\n## More {#more}\n\nAnother cold start, and a DLQ.", COLD, DLQ)
    assert buttons(lesson) == [("cold-start", "cold start"), ("dead-letter-queue", "DLQ")]
    opening, more, notes = lesson.sections
    assert [card.slug for card in opening.blocks[-1].terms] == ["cold-start"]
    assert [card.term for card in more.blocks[-1].terms] == ["Dead-letter queue"]
    assert all(block.kind != "terms" for block in notes.blocks)
    assert opening.blocks[-1].terms[0].url == "/lessons/basics/#cold"
    assert more.blocks[-1].terms[0].url == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Cold starts hurt.", [("cold-start", "Cold starts")], id="a plural, and any case"),
        pytest.param("A warm start.", [("cold-start", "warm start")], id="another name of two words"),
        pytest.param("It is cold; a queue waits.", [], id="no alias that could mean anything"),
        pytest.param("`cold start` and [cold start](https://aws.amazon.com/)", [], id="not in code, not in a link"),
        pytest.param("```\ncold start\n```", [], id="not in a block of code"),
        pytest.param("### Cold start\n\nSlow.", [], id="not in a heading"),
        pytest.param("the cold-started one, precold start", [], id="not inside another word"),
        pytest.param("sqs in small letters", [], id="an abbreviation keeps its case"),
        pytest.param("SQS FIFO and SQS", [("fifo-queue", "SQS FIFO"), ("sqs", "SQS")], id="the longest name wins"),
        pytest.param("a < b, cold start > c", [("cold-start", "cold start")], id="signs of comparison are no tags"),
        pytest.param(
            "| Cold start | x |\n|---|---|\n| a cold start | y |", [("cold-start", "cold start")], id="in a cell, not in its head"
        ),
    ],
)
def test_what_counts_as_an_appearance(text, expected):
    assert buttons(marked(text, COLD, SQS, FIFO)) == expected


def test_a_note_counts_and_a_check_does_not():
    lesson = marked("::: check cold-start\n:::\n\n::: note Cold start\nA cold start.\n:::", COLD)
    assert buttons(lesson) == [("cold-start", "cold start")]


def test_the_section_that_explains_a_term_is_left_alone():
    body = "## Slow {#cold}\n\nA cold start is this.\n\n## Later {#later}\n\nThe cold start again."
    assert buttons(marked(body, COLD)) == []
    assert buttons(marked(body, COLD, name="03-other.md")) == [("cold-start", "cold start")]


def test_without_terms_a_lesson_stays_as_it_is():
    lesson = marked("A cold start.")
    assert buttons(lesson) == []


def test_the_words_of_a_section_are_the_same_for_search():
    assert marked("A cold start, twice.", COLD).sections[0].text == marked("A cold start, twice.").sections[0].text
