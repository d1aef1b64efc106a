"""XML from strangers: no entities, no document types of their own, nothing fetched, nothing deep."""

from __future__ import annotations

import re
from html import escape
from typing import Any

from lxml import etree

from quizzes.domain.exchange.markup import Find, Out, Say, bounded
from quizzes.domain.exchange.parsed import Unreadable
from quizzes.domain.exchange.texts import decode

_DECLARATION = re.compile(r"\A\s*<\?xml\b[^>]{0,300}\?>")
_BEFORE = re.compile(r"\s+|<\?(?:(?!\?>).){0,2000}\?>|<!--(?:(?!-->).){0,100000}-->", re.S)
_DOCTYPE = re.compile(r"<!DOCTYPE\s+[\w:.-]{1,100}(?:\s+(?:SYSTEM|PUBLIC)(?:\s+(?:\"[^\"<>]{0,500}\"|'[^'<>]{0,500}')){1,2})?\s*>", re.I)
#: Elements and attributes of its own, as examples of IMS declare them, with nothing that a parser would put in the place of something else.
_DECLARED = re.compile(
    r"<!DOCTYPE\s+[\w:.-]{1,100}(?:\s+(?:SYSTEM|PUBLIC)(?:\s+(?:\"[^\"<>]{0,500}\"|'[^'<>]{0,500}')){1,2})?\s*"
    r"\[(?:\s+|<!--(?:(?!-->).){0,5000}-->|<!(?:ELEMENT|ATTLIST)\b[^<>&%]{0,2000}>){0,200}\]\s*>",
    re.I | re.S,
)
_HARMFUL = re.compile(r"<!ENTITY|%|&", re.I)

Element = Any
#: A place in a text where something is to be typed.
GAPS = ("textEntryInteraction", "qti-text-entry-interaction")


def parse(data: bytes) -> Element:
    """The root of a document, with comments in place and the line of each element. Raises Unreadable and WrongEncoding."""
    text = _without_doctype(_blank(_DECLARATION, decode(data)))
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False, recover=False, remove_pis=True, encoding="utf-8"
    )  # fmt: skip
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError as fault:
        raise Unreadable(
            f"This is not well-formed XML: {_told(fault)}. Export the file anew, or mend it there.", fault.lineno or 0
        ) from None
    except ValueError:
        raise Unreadable("This is not XML. Export the file anew.") from None
    return root


def _told(fault: etree.XMLSyntaxError) -> str:
    message = str(fault.msg or "it ends too early").split(", line ")[0]
    return "it is nested too deep" if "depth" in message else message[:150]


def _blank(pattern: re.Pattern[str], text: str) -> str:
    """The text with the match taken out, its lines kept."""
    return pattern.sub(lambda found: "\n" * found[0].count("\n"), text, count=1)


def _without_doctype(text: str) -> str:
    """A document type that only names a file is passed over. One that declares anything is refused before a parser sees it."""
    at = 0
    while found := _BEFORE.match(text, at):
        at = found.end()
    if not text[at : at + 9].upper().startswith("<!DOCTYPE"):
        return text
    named = _DOCTYPE.match(text, at) or _DECLARED.match(text, at)
    if not named or _HARMFUL.search(named[0]):
        line = text.count("\n", 0, at) + 1
        raise Unreadable(
            "The file declares entities of its own (<!DOCTYPE …[), which can blow up or fetch files. Take the declaration out.", line
        )
    return text[:at] + "\n" * named[0].count("\n") + text[named.end() :]


# -- reading a tree --------------------------------------------------------------------------------------------------


def name(element: Element) -> str:
    """The local name of an element; empty for a comment."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def children(element: Element, *names: str) -> list[Element]:
    return [child for child in element if name(child) in names]


def child(element: Element | None, *path: str) -> Element | None:
    """The first element down a path of local names."""
    for step in path:
        if element is None:
            return None
        element = next((found for found in element if name(found) == step), None)
    return element


def text(element: Element | None) -> str:
    """All words under an element, comments left out."""
    return "".join(element.itertext(tag=etree.Element)) if element is not None else ""


def line(element: Element) -> int:
    return int(element.sourceline or 1)


_TAG = re.compile(r"</?[a-z][^<>]{0,300}>", re.I)


def mixed(element: Element) -> str:
    """The HTML of an element whose writer escaped some of its tags and left others bare (`&lt;p&gt;<code>…</code>`); empty where none is escaped."""
    bare = [element.text or "", *(inner.tail or "" for inner in element)]
    if not any(_TAG.search(words) for words in bare):
        return ""
    bounded("".join(bare))
    return bare[0] + "".join(f"{_html(inner)}{tail}" for inner, tail in zip(element, bare[1:], strict=True))


def _html(element: Element) -> str:
    tag = name(element)
    if not tag:
        return ""
    said = "".join(f' {key.rpartition("}")[2]}="{escape(value)}"' for key, value in element.attrib.items())
    within = escape(element.text or "", quote=False) + "".join(
        f"{_html(inner)}{escape(inner.tail or '', quote=False)}" for inner in element
    )
    return f"<{tag}{said}>{within}</{tag}>"


def to_markdown(element: Element, say: Say, *, inline: bool = False, without: tuple[Element, ...] = (), find: Find = None) -> str:
    """The markup under an element as our markdown; `without` are elements to pass over."""
    bounded(text(element))
    out = Out(say, inline=inline, find=find)
    feed(out, element, without)
    return out.text()


def feed(out: Out, element: Element, without: tuple[Element, ...] = ()) -> None:
    """What stands under an element, into `out`. The parser bounds how deep that is."""
    if element.text:
        out.data(_clean(element.text))
    for inner in element:
        tag = name(inner)
        if tag in GAPS and inner not in without:
            out.parts.append("_____")
        elif tag and inner not in without:
            out.start(tag, {key.rpartition("}")[2]: value for key, value in inner.attrib.items()})
            feed(out, inner, without)
            out.end(tag)
        if inner.tail:
            out.data(_clean(inner.tail))


def _clean(words: str) -> str:
    return re.sub(r"[\x7f-\x9f\ufffe\uffff]", "", words)
