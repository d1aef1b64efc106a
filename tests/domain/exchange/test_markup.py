"""HTML of others to our markdown: what it says stays, and nothing else comes in."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from quizzes.domain import markdown
from quizzes.domain.exchange.markup import from_html, from_plain, words_of
from tests.domain.exchange.strategies import lines, words


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        pytest.param("<p>a <b>b </b><i>c</i></p>", "a **b** *c*", id="emphasis keeps its blanks outside"),
        pytest.param("<ul><li>a</li><li>b<ol><li>c</li></ol></li></ul>", "- a\n- b\n    1. c", id="lists"),
        pytest.param("<pre>a\n  b</pre>", "```\na\n  b\n```", id="a block of code"),
        pytest.param("x <code>a`b</code>", "x `` a`b ``", id="code with a backtick"),
        pytest.param('<a href="https://a.b/">c</a>', "[c](https://a.b/)", id="a link"),
        pytest.param("<a href='javascript:x'>c</a>", "c", id="a link that is none"),
        pytest.param("a<br>b", "a  \nb", id="a line end"),
        pytest.param(
            "<table><tr><th>a<th>b</tr><tr><td>1|2<td>3</table>", "| a | b |\n| --- | --- |\n| 1\\|2 | 3 |", id="a table without end tags"
        ),
        pytest.param("<h2>Head</h2>body", "**Head**\n\nbody", id="a heading"),
        pytest.param("x<sup>2</sup>", "x<sup>2</sup>", id="powers"),
        pytest.param("<blockquote>a</blockquote>", "> a", id="a quotation"),
        pytest.param("List<String> &lt;b&gt;", "List&lt;String> &lt;b>", id="signs that are no tags"),
        pytest.param("# a<br>- b<br>1. c<br>---", "\\# a  \n\\- b  \n1\\. c  \n&#45;--", id="signs at the start of lines"),
        pytest.param("<img alt='a queue' src=x>", "(a queue)", id="an image leaves its words"),
    ],
)
def test_from_html(html: str, expected: str):
    assert from_html(html, lambda message: None) == expected


@settings(max_examples=30, deadline=None)
@given(lines)
def test_plain_words_are_shown_as_they_stand(text: str):
    assert words_of(markdown.block(from_plain(text))).split() == " ".join(text.split()).split()


@settings(max_examples=30, deadline=None)
@given(words)
def test_plain_words_are_shown_as_they_stand_in_an_option(text: str):
    assert words_of(markdown.inline(from_plain(text, inline=True))).split() == text.split()
