"""Markdown from people: what is allowed is kept, what is hostile is gone."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.domain import markdown
from quizzes.domain.markdown import block, inline, plain

HOSTILE = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<script>alert(1)",
    "a <script\n>alert(1)</script\n> b",
    "[click](javascript:alert(1))",
    "[click](JaVaScRiPt:alert(1))",
    "[click](java&#115;cript:alert(1))",
    "[click](java\tscript:alert(1))",
    "[click](&#x6A;avascript:alert(1))",
    "[click](vbscript:msgbox(1))",
    "[click](data:text/html;base64,PHNjcmlwdD4=)",
    "[click]: javascript:alert(1)\n\n[click]",
    "<javascript:alert(1)>",
    '<a href="javascript:alert(1)">x</a>',
    '<a href=" javascript:alert(1)" target=_blank>x</a>',
    "<img src=x onerror=alert(1)>",
    "![x](https://evil.example/pixel.png)",
    '![x](x"onerror="alert(1))',
    '<b onmouseover="alert(1)">x</b>',
    '<a href="/" onclick="alert(1)" style="position:fixed" target="_blank">x</a>',
    '<code onclick="alert(1)" style="color:red">x</code><td onclick="alert(1)">y</td>',
    '<p style="background:url(javascript:alert(1))">x</p>',
    "<style>body{display:none}</style>",
    '<link rel="stylesheet" href="//evil.example/x.css">',
    '<meta http-equiv="refresh" content="0;url=//evil.example">',
    '<base href="//evil.example/">',
    '<iframe src="//evil.example"></iframe>',
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    "<svg onload=alert(1)><circle/></svg>",
    "<svg><script>alert(1)</script></svg>",
    '<svg><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>',
    "<math><mtext><script>alert(1)</script></mtext></math>",
    '<object data="//evil.example/x.swf"></object><embed src="x">',
    '<form action="//evil.example"><input name=password><button>go</button></form>',
    "<video><source onerror=alert(1)></video>",
    "<details open ontoggle=alert(1)>x</details>",
    "<!--[if gte IE 4]><script>alert(1)</script><![endif]-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript>',
    "text {onclick=alert(1)}",
    "# head {: onclick=alert(1) }",
    "*word*{: onmouseover=alert(1) style=color:red }",
    "```html\n<script>alert(1)</script>\n```",
    "`<script>alert(1)</script>`",
    "<div><div><div><script>alert(1)</script></div></div></div>",
    "| a |\n|---|\n| <script>alert(1)</script> |",
    "[^1]\n\n[^1]: <script>alert(1)</script>",
    "<a href='x' hx-on:click='alert(1)' hx-get='//evil.example'>x</a>",
    "<template><script>alert(1)</script></template>",
    "<xmp><script>alert(1)</script></xmp>",
    "<textarea><script>alert(1)</script></textarea>",
    "\x00<script>alert(1)</script>",
    '<a title="<table><img src=x onerror=alert(1)>">x</a>',
    '[x](/y "<pre><img src=x onerror=alert(1)>")',
    '<table id="x"><tr><td>a</td></tr></table>',
    "</div></table></main>",
    '<pre id="x">a</pre>',
]

ALLOWED = {
    "a", "abbr", "b", "blockquote", "br", "code", "dd", "del", "div", "dl", "dt", "em", "h3", "h4", "hr", "i", "ins", "kbd", "li", "mark",
    "ol", "p", "pre", "s", "span", "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {"href", "title", "rel", "id", "lang", "class", "start", "scope", "align", "tabindex", "role", "aria-label"}


class Reader(HTMLParser):
    """Every tag and attribute of some HTML, as a browser would meet them."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.addresses: list[str] = []
        self.comments: list[str] = []
        self.open: list[str] = []
        self.balanced = True
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.addresses += [value or "" for name, value in attrs if name == "href"]
        if tag not in {"br", "hr"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        self.balanced = self.balanced and bool(self.open) and self.open.pop() == tag

    def handle_comment(self, data):
        self.comments.append(data)


def assert_harmless(html: str) -> None:
    found = Reader(html)
    assert found.tags <= ALLOWED
    assert found.attributes <= ATTRIBUTES
    assert not found.comments
    assert found.balanced
    assert not found.open
    for address in found.addresses:
        as_browsers_read_it = re.sub(r"[\t\n\r]", "", address).lstrip("".join(map(chr, range(33))))
        scheme = re.match(r"([a-z][a-z0-9+.-]*):", as_browsers_read_it, re.I)
        assert scheme is None or scheme[1].lower() in {"http", "https", "mailto"}, address


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("render", [block, inline], ids=["block", "inline"])
def test_nothing_hostile_comes_through(render, text):
    assert_harmless(render(text))
    assert_harmless(render(f"before\n\n{text}\n\nafter"))


@pytest.mark.parametrize("render", [block, inline], ids=["block", "inline"])
@given(text=st.text(alphabet="<>/\"'=&;:#!-[](){}`*_|\\ \n\tascriptonlevgdu^", max_size=60))
def test_nothing_random_comes_through(render, text):
    assert_harmless(render.__wrapped__(text))


@pytest.mark.parametrize("text", ["`<script>alert(1)</script>`", "```\n<script>alert(1)</script>\n```"])
def test_hostile_code_can_be_shown_as_code(text):
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in block(text)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*a* **b** `c`", "<p><em>a</em> <strong>b</strong> <code>c</code></p>"),
        ("1 < 2 & 3 > 2", "<p>1 &lt; 2 &amp; 3 &gt; 2</p>"),
        (
            '[AWS](https://aws.amazon.com/ "home")',
            '<p><a href="https://aws.amazon.com/" title="home" rel="noopener noreferrer">AWS</a></p>',
        ),
        ("[lesson](/lessons/x/#part)", '<p><a href="/lessons/x/#part" rel="noopener noreferrer">lesson</a></p>'),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("### Head", "<h3>Head</h3>"),
        ("# Too big", "Too big"),
    ],
)
def test_what_is_allowed_is_kept(text, html):
    assert block(text) == html


def test_a_table_scrolls_and_its_heads_have_a_scope():
    html = block("| Type | Count |\n|:--|--:|\n| sync | 1 |\n")
    assert html.startswith('<div class="scroll" tabindex="0" role="group" aria-label="Table"><table>')
    assert html.endswith("</table></div>")
    assert '<th scope="col" class="left">Type</th>' in html
    assert '<th scope="col" class="right">Count</th>' in html
    assert '<td class="right">1</td>' in html
    assert "style" not in html


def test_a_table_without_alignment_has_a_scope_too():
    assert '<th scope="col">a</th>' in block("| a |\n|---|\n| b |\n")


def test_code_is_coloured_by_classes_and_can_be_reached_by_keyboard():
    html = block('```json\n{"a": 1}\n```')
    assert '<pre tabindex="0">' in html
    assert '<span class="' in html
    assert "style=" not in html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Use `PutItem`, *not* scans", "Use <code>PutItem</code>, <em>not</em> scans"),
        ("a < b", "a &lt; b"),
        ("one\n\ntwo", "one<br><br>two"),
        ("  spaces  ", "spaces"),
        ("", ""),
        ("> 5 minutes", "&gt; 5 minutes"),
        ("+ 1 retry", "+ 1 retry"),
        ("- 273", "- 273"),
        ("1. Once", "1. Once"),
        ("2026. The year", "2026. The year"),
        ("# of retries", "# of retries"),
        ("*", "*"),
        ("***", "***"),
        ("---", "---"),
        ("    an indent", "an indent"),
        ("[queue]: https://example.org", "[queue]: https://example.org"),
    ],
)
def test_a_line_stays_what_it_says(text, html):
    """An option such as "> 5 minutes" must not lose its sign to a quotation, nor "1. Once" its number to a list."""
    assert inline(text) == html


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("<p>One</p><p>two</p>", "One two"),
        ("<ul><li>a</li><li>b</li></ul>", "a b"),
        ("<td>1</td><td>2</td>", "1 2"),
        ("a<br>b<br/>c", "a b c"),
        ("<code>&lt;b&gt;</code> &amp; &quot;q&quot;", '<b> & "q"'),
        ("&amp;lt;", "&lt;"),
        ("x\u00a0y", "x y"),
        ("  many \n spaces ", "many spaces"),
        ("", ""),
    ],
)
def test_the_words_alone(html, words):
    assert plain(html) == words


# -- the short way ---------------------------------------------------------------------------------------------------

PIECES = st.sampled_from(
    ["word", "Lambda", "`code`", "`a b`", "` x `", "``", "`", "*", "_", "1,000", "1.", "-", "#", ">", "<b>", "&", "&amp;", "[a](https://x.y/)", ":", "|",
     "“so”", "é", "\xa0", "\\", "!", "~", "^", "{#x}", "https://aws.amazon.com/", "a`b", "(Select TWO.)", "$5", "%"]
)  # fmt: skip
LINES = st.lists(PIECES, max_size=7).map(" ".join)


@given(LINES)
def test_a_simple_line_is_made_as_the_long_way_makes_it(text):
    short = markdown._simple(text)
    assert short is None or short == markdown._inline(text)


@given(st.lists(LINES, min_size=1, max_size=3).map("\n\n".join))
def test_simple_paragraphs_are_made_as_the_long_way_makes_them(text):
    short = markdown._simple_paragraphs(text)
    assert short is None or short == markdown._block(text)


@pytest.mark.parametrize("text", ["Retry with `maxReceiveCount` of 5, then wait.", "A queue", "It takes 1,000 runs (5 %)."])
def test_most_options_take_the_short_way(text):
    assert markdown._simple(text) is not None


@pytest.mark.parametrize("text", ["a ``b`` c", "`a``b`", "*all*", "a_b_", "x < y", "R&D", "two\nlines", " led by a blank", "`open"])
def test_what_means_something_takes_the_long_way(text):
    assert markdown._simple(text) is None


def test_a_long_line_of_backticks_takes_no_time():
    assert markdown._simple("`a` " * 20_000 + "`") is None


@pytest.mark.parametrize("sign", ["[", "<", "<a ", "[a]("])
def test_a_text_that_would_take_minutes_is_shown_as_it_was_typed(sign):
    text = sign * 20_000
    assert inline(text) == text.replace("<", "&lt;")
    assert block(text) == f"<p>{text.replace('<', '&lt;')}</p>"
