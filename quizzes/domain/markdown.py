"""Markdown from people, made into HTML that is safe to show."""

from __future__ import annotations

import re
from functools import lru_cache

import markdown
import nh3

EXTENSIONS = ("tables", "fenced_code", "codehilite", "attr_list", "sane_lists", "footnotes", "def_list")
CONFIG = {"codehilite": {"guess_lang": False, "css_class": "code"}}

_INLINE = {"a", "abbr", "b", "br", "code", "em", "i", "kbd", "mark", "s", "span", "strong", "sub", "sup"}
_BLOCK = _INLINE | {
    "blockquote", "dd", "del", "div", "dl", "dt", "h3", "h4", "hr", "ins", "li", "ol", "p", "pre",
    "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_ATTRIBUTES = {
    "*": {"id", "lang"},
    "a": {"href", "title"},
    "abbr": {"title"},
    "code": {"class"},
    "div": {"class"},
    "ol": {"start"},
    "span": {"class"},
    "td": {"align", "class"},
    "th": {"align", "class", "scope"},
}
_BLOCK_PROCESSORS = ("indent", "code", "hashheader", "setextheader", "hr", "olist", "ulist", "quote", "reference")
_SCROLL = '<div class="scroll" tabindex="0" role="group" aria-label="Table">'
_SCHEMES = {"http", "https", "mailto"}
_ALIGNED = re.compile(r'<(t[hd])([^>]*?) (?:style="text-align: (left|right|center);"|align="(left|right|center)")')


@lru_cache(maxsize=4096)
def block(text: str) -> str:
    """A text of several paragraphs, with tables, lists and highlighted code."""
    html = markdown.markdown(text, extensions=list(EXTENSIONS), extension_configs=CONFIG, output_format="html")
    html = _ALIGNED.sub(lambda found: f'<{found[1]}{found[2]} class="{found[3] or found[4]}"', html)
    html = html.replace("<th>", '<th scope="col">').replace("<th class", '<th scope="col" class')
    safe = nh3.clean(html, tags=_BLOCK, attributes=_ATTRIBUTES, url_schemes=_SCHEMES, link_rel="noopener noreferrer")
    safe = safe.replace("<table", f"{_SCROLL}<table").replace("</table>", "</table></div>")  # "<" is escaped in attributes
    return safe.replace("<pre", '<pre tabindex="0"')


@lru_cache(maxsize=16384)
def inline(text: str) -> str:
    """One line of text with code and emphasis, without a paragraph around it; for options.

    Nothing in it opens a block: "> 5 minutes" keeps its sign, and "1. Once" its number.
    """
    parser = markdown.Markdown(output_format="html")
    for name in _BLOCK_PROCESSORS:
        parser.parser.blockprocessors.deregister(name)
    html = parser.convert(text)
    safe = nh3.clean(html, tags=_INLINE | {"p"}, attributes={"a": {"href"}, "abbr": {"title"}}, url_schemes=_SCHEMES)
    return safe.replace("</p>\n<p>", "<br><br>").replace("<p>", "").replace("</p>", "").strip()


def plain(html: str) -> str:
    """The words of some HTML, for search and for measuring."""
    text = nh3.clean(re.sub(r"</(p|li|td|th|h\d|div)>|<br ?/?>", " ", html), tags=set())
    for entity, sign in (("&lt;", "<"), ("&gt;", ">"), ("&nbsp;", " "), ("&quot;", '"'), ("&amp;", "&")):
        text = text.replace(entity, sign)
    return " ".join(text.split())
