"""Markdown from people, made into HTML that is safe to show."""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape

import markdown
import nh3

from quizzes.domain.pictures import ADDRESS

EXTENSIONS = ("tables", "fenced_code", "codehilite", "attr_list", "sane_lists", "footnotes", "def_list")
CONFIG = {"codehilite": {"guess_lang": False, "css_class": "code"}}

_INLINE = {"a", "abbr", "b", "br", "code", "em", "i", "img", "kbd", "mark", "s", "span", "strong", "sub", "sup"}
ALLOWED = _INLINE | {
    "blockquote", "dd", "del", "div", "dl", "dt", "h3", "h4", "hr", "ins", "li", "ol", "p", "pre",
    "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_ATTRIBUTES = {
    "*": {"id", "lang"},
    "a": {"href", "title"},
    "abbr": {"title"},
    "code": {"class"},
    "div": {"class"},
    "img": {"alt", "src"},
    "ol": {"start"},
    "span": {"class"},
    "td": {"align", "class"},
    "th": {"align", "class", "scope"},
}
_BLOCK_PROCESSORS = ("indent", "code", "hashheader", "setextheader", "hr", "olist", "ulist", "quote", "reference")
_SCROLL = '<div class="scroll" tabindex="0" role="group" aria-label="Table">'
_SCHEMES = {"http", "https", "mailto"}
_ALIGNED = re.compile(r'<(t[hd])([^>]*?) (?:style="text-align: (left|right|center);"|align="(left|right|center)")')


#: Signs that mean something to markdown or have to be escaped; text without them is its own HTML.
_PLAIN = re.compile(r"[^`*_\[\]<>&\\!|{}~^\n\x00-\x1f\x7f-\xa0]*")
_PLAIN_CODE = re.compile(r"[^`<>&\\\n\x00-\x1f\x7f-\xa0]+")
#: How a line begins that can open nothing but a paragraph.
_PROSE = re.compile(r"[A-Za-z“”‘’(\"'$]")


def _simple(text: str) -> str | None:
    """The HTML of one line of simple text, exactly as the long way makes it; None where the long way is needed.

    Most options and rationales are plain words with code between single backticks. Setting up a markdown parser costs a hundred times
    what such a line does.
    """
    parts = text.split("`")
    if len(parts) % 2 == 0 or text != text.strip():
        return None
    html = []
    for n, part in enumerate(parts):
        if n % 2:
            if not _PLAIN_CODE.fullmatch(part) or part != part.strip():
                return None
            html.append(f"<code>{part}</code>")
        elif not _PLAIN.fullmatch(part) or (not part and 0 < n < len(parts) - 1):
            return None
        else:
            html.append(part)
    return "".join(html)


def _simple_paragraphs(text: str) -> str | None:
    paragraphs = []
    for paragraph in text.strip().split("\n\n"):
        if not _PROSE.match(paragraph):
            return None
        html = _simple(paragraph)
        if html is None:
            return None
        paragraphs.append(f"<p>{html}</p>")
    return "\n".join(paragraphs)


#: Markdown needs time by the square of these signs (20,000 of them: two minutes). A text with more is shown as it was typed.
HEAVY, MOST_HEAVY = "[<", 1_000


def _is_heavy(text: str) -> bool:
    return any(text.count(sign) > MOST_HEAVY for sign in HEAVY)


def _as_typed(text: str) -> str:
    return f"<p>{escape(text, quote=False)}</p>"


@lru_cache(maxsize=4096)
def block(text: str) -> str:
    """A text of several paragraphs, with tables, lists and highlighted code."""
    if _is_heavy(text):
        return _as_typed(text)
    simple = _simple_paragraphs(text)
    return _block(text) if simple is None else simple


def _block(text: str) -> str:
    html = markdown.markdown(text, extensions=list(EXTENSIONS), extension_configs=CONFIG, output_format="html")
    html = _ALIGNED.sub(lambda found: f'<{found[1]}{found[2]} class="{found[3] or found[4]}"', html)
    html = html.replace("<th>", '<th scope="col">').replace("<th class", '<th scope="col" class')
    safe = nh3.clean(html, tags=ALLOWED, attributes=_ATTRIBUTES, url_schemes=_SCHEMES, link_rel="noopener noreferrer")
    safe = _pictures(safe)
    safe = safe.replace("<table", f"{_SCROLL}<table").replace("</table>", "</table></div>")  # "<" is escaped in attributes
    return safe.replace("<pre", '<pre tabindex="0"')


@lru_cache(maxsize=16384)
def inline(text: str) -> str:
    """One line of text with code and emphasis, without a paragraph around it; for options.

    Nothing in it opens a block: "> 5 minutes" keeps its sign, and "1. Once" its number.
    """
    if _is_heavy(text):
        return escape(text, quote=False)
    simple = _simple(text)
    return _inline(text) if simple is None else simple


def _inline(text: str) -> str:
    parser = markdown.Markdown(output_format="html")
    for name in _BLOCK_PROCESSORS:
        parser.parser.blockprocessors.deregister(name)
    html = parser.convert(text)
    safe = nh3.clean(html, tags=_INLINE | {"p"}, attributes={"a": {"href"}, "abbr": {"title"}, "img": {"alt", "src"}}, url_schemes=_SCHEMES)
    safe = _pictures(safe)
    return safe.replace("</p>\n<p>", "<br><br>").replace("<p>", "").replace("</p>", "").strip()


_IMG = re.compile(r"<img\b([^<>]*)>")
_SAID = re.compile(r' (\w+)="([^"]*)"')


def _pictures(html: str) -> str:
    """Of the images in sanitised HTML those of our own store stay, with their measures; others leave their words."""
    if "<img" not in html:
        return html

    def shown(found: re.Match[str]) -> str:
        said = dict(_SAID.findall(found[1]))
        words, kept = said.get("alt", ""), ADDRESS.fullmatch(said.get("src", ""))
        if kept is None:
            return words
        return f'<img src="{kept[0]}" alt="{words}" width="{kept["width"]}" height="{kept["height"]}" loading="lazy" decoding="async">'

    return _IMG.sub(shown, html)


def plain(html: str) -> str:
    """The words of some HTML, for search and for measuring. A picture is its words."""
    html = re.sub(r'<img[^<>]*? alt="([^"]*)"[^<>]*>', r" \1 ", html) if "<img" in html else html
    text = nh3.clean(re.sub(r"</(p|li|td|th|h\d|div)>|<br ?/?>", " ", html), tags=set())
    for entity, sign in (("&lt;", "<"), ("&gt;", ">"), ("&nbsp;", " "), ("&quot;", '"'), ("&amp;", "&")):
        text = text.replace(entity, sign)
    return " ".join(text.split())


def opening(stem: str, *, length: int = 110) -> str:
    """The first words of a stem, for a line in a list."""
    words = plain(block(stem))
    return words if len(words) <= length else f"{words[:length].rsplit(' ', 1)[0]} …"
