"""HTML of other systems to our markdown, and our markdown to XHTML. What is unsafe goes, and is told.

The result is markdown of a few words: paragraphs, lists, tables, code, emphasis, links. Whatever in it could be read as HTML or as a mark
is escaped, so that a text says here what it said there.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from html.parser import HTMLParser
from xml.sax.saxutils import escape, quoteattr

from quizzes.domain import markdown, pictures
from quizzes.domain.exchange.parsed import LONGEST_TEXT, Broken
from quizzes.domain.exchange.texts import tidy

Say = Callable[[str], None]
#: Our address for what a file calls a picture, or nothing where it cannot be kept; says why by itself. None where no picture may stand.
Find = Callable[[str], str] | None

_MARKS = {"b": "**", "strong": "**", "em": "*", "i": "*", "cite": "*", "dfn": "*", "var": "*"}
_CODE = {"code", "tt", "kbd", "samp"}
_RAW = {"sub", "sup"}
_BLOCKS = {
    "p", "div", "section", "article", "header", "footer", "main", "aside", "figure", "figcaption", "address", "center", "dl", "dt", "dd", "fieldset",
    "details", "summary", "body", "html", "caption", "form", "flow", "material",
}  # fmt: skip
_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
_CELLS = {"td", "th"}
_TABLE = {"table", "thead", "tbody", "tfoot", "tr", "colgroup", "col", *_CELLS}
_THROUGH = {
    "span", "font", "u", "ins", "small", "big", "abbr", "acronym", "q", "label", "time", "mark", "s", "strike", "del", "nobr", "wbr", "bdi", "bdo",
    "ruby", "rb", "data", "output", "meta", "link", "base", "hottext",
}  # fmt: skip
#: These go with all that stands in them.
_DROPPED = {
    "script": "A script", "style": "A style sheet", "iframe": "A frame", "object": "An embedded object", "applet": "An embedded object",
    "audio": "A recording", "video": "A film", "canvas": "A drawing", "svg": "A drawing", "template": "A template", "noscript": "A part for pages without script",
    "textarea": "A form field", "select": "A form field", "button": "A button", "head": "A head", "title": "A title",
}  # fmt: skip
_VOID = {
    "img": "",
    "embed": "An embedded object",
    "input": "A form field",
    "source": "",
    "track": "",
    "frame": "A frame",
    "param": "",
}
_SAFE = ("https://", "http://", "mailto:")

_ENTITY = re.compile(r"&(?=#?\w{1,31};)")
_TAG_LIKE = re.compile(r"<(?=[A-Za-z/!?])")
_STAR = re.compile(r"(?<!\s)\*|\*(?!\s)|^\*|\*$")
#: A run of underscores that is neither inside a word nor a gap to fill.
_UNDERSCORES = re.compile(r"(?<![^\W_])(?<!_)_+(?!_)(?=[^\W_])|(?<=[^\W_])_+(?!_)(?![^\W_])|(?<![^_\W])(?<!_)_(?!_)(?![^\W_])")
_ESCAPE_SIGN = re.compile(r"\\(?=[\\`*_{}\[\]()>#+.!-])")
_LINK_LIKE = re.compile(r"\[(?=[^\[\]\n]{0,500}\][\[(:])|\[(?=\^)")
_LINE_START = re.compile(r"^(\s*)(?:(#{1,6}|>|[-+*](?=\s|$)|~~~)|(\d{1,9})(\.)(?=\s|$)|(=+|-{2,}|_{3,})\s*$|(:)(?=\s))")
#: A whole tag, comment or declaration. No `<` stands inside, so that a text of nothing but `<a <a <a` costs no more than its length.
_HTML_TAG = re.compile(r"""</?[A-Za-z](?:[^<>"']|"[^"<]*"|'[^'<]*')*>|<!--.{0,2000}?-->|<[!?][^<>]{0,1000}>""", re.S)
_DATA_ADDRESS = re.compile(r"data:[\w/+.-]{1,100};base64,[A-Za-z0-9+/=\s]*")
_ATTRIBUTE = re.compile(r"""\s([\w-]{1,50})\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_FENCES = re.compile(r"(```+|~~~+).*?(?:\1|\Z)|(?<!`)(`+)(?!`).+?(?<!`)\2(?!`)", re.S)

_KNOWN = {
    *_MARKS, *_CODE, *_RAW, *_BLOCKS, *_HEADINGS, *_TABLE, *_THROUGH, *_DROPPED, *_VOID, "a", "br", "rt", "rp", "hr", "li", "ul", "ol", "pre", "blockquote", "math", "menu", "dir"
}  # fmt: skip
_HARMLESS = re.compile(
    r"""<(?:/[a-z0-9]+\s*|[a-z0-9]+(?:\s+(?:title|lang|class|id|start|align|scope)="[^"<>]*"|\s+href="(?:https?://|mailto:)[^"<>\s]*")*\s*/?)>""",
    re.I,
)


# -- to markdown -----------------------------------------------------------------------------------------------------


def from_html(text: str, say: Say, *, inline: bool = False, find: Find = None) -> str:
    """Markdown for some HTML. `inline` where no block may open, as in an option. Raises Broken for a text without end, as all readers here."""
    text = _short(text, find)
    bounded(text)
    reader = _Reader(say, inline=inline, find=find)
    at = 0
    for tag in _HTML_TAG.finditer(text):
        reader.feed(text[at : tag.start()].replace("<", "&lt;") + tag[0])
        at = tag.end()
    reader.feed(text[at:].replace("<", "&lt;"))
    reader.close()
    return reader.out.text()


def _short(text: str, find: Find) -> str:
    """The text with our address for each picture that stands in it as data; what is no picture is cut off."""
    return _DATA_ADDRESS.sub(lambda found: (find(found[0]) if find else "") or "data:,", text) if "data:" in text else text


def from_plain(text: str, *, inline: bool = False) -> str:
    """Markdown that shows these very words. One line end is a line, an empty line parts paragraphs."""
    bounded(text)
    out = Out(lambda message: None, inline=inline)
    for n, paragraph in enumerate(re.split(r"\n\s*\n", text)):
        if n:
            out.flush()
        for m, line in enumerate(paragraph.strip("\n").split("\n")):
            if m:
                out.newline()
            out.data(line)
    return out.text()


def from_markdown(text: str, say: Say, find: Find = None) -> str:
    """Markdown as it is, without HTML in it that is unsafe or says nothing, and with its pictures under our addresses."""
    text = _short(text, find)
    bounded(text)
    if "<" not in text and "](" not in text:
        return text
    kept, at = [], 0
    for code in _FENCES.finditer(text):
        kept += [_of_markdown(text[at : code.start()], say, find), code[0]]
        at = code.end()
    return "".join([*kept, _of_markdown(text[at:], say, find)])


def _of_markdown(text: str, say: Say, find: Find) -> str:
    return _pictures(_without_tags(text, say, find), say, find)


def _pictures(text: str, say: Say, find: Find) -> str:
    """Markdown with our address for each picture, or its words alone."""

    def told(found: re.Match[str]) -> str:
        address = _found(found["address"], say, find)
        if address == found["address"] and found[0] == f"![{found['words']}]({address})":
            return found[0]
        return pictures.marked(found["words"], address) if address else _told(found["words"])

    return pictures.MARK.sub(told, text) if "](" in text else text


def _found(source: str, say: Say, find: Find) -> str:
    if find is None:
        say("A picture is left out: only words can stand there.")
        return ""
    return find(source)


def _told(words: str) -> str:
    """The words of a picture that is not kept."""
    return f"({words.strip()})" if words.strip() else ""


def bounded(text: str) -> None:
    """Refuses what is far longer than any text of ours before it costs time; marks that fall away may make a text longer than its words."""
    if len(text) > 3 * LONGEST_TEXT:
        raise Broken(f"A text has more than {LONGEST_TEXT:,} characters. Cut it.")


def _without_tags(text: str, say: Say, find: Find) -> str:
    if "<" not in text:
        return text
    for name in ("script", "style", "iframe", "object"):
        cut = re.sub(rf"<{name}\b[^<>]{{0,1000}}>.{{0,20000}}?</{name}\s*>", "", text, flags=re.I | re.S)
        if cut != text:
            say(f"{_DROPPED[name]} is taken out.")
            text = cut

    def kept(found: re.Match[str]) -> str:
        tag = found[0]
        if tag.startswith(("<http://", "<https://", "<mailto:")):
            return tag
        name = re.match(r"</?([A-Za-z][A-Za-z0-9]*)", tag)
        if name and name[1].lower() not in _KNOWN:
            return f"&lt;{tag[1:]}"
        if name and name[1].lower() == "img":
            return _of_tag(tag, say, find)
        if name and name[1].lower() in markdown.ALLOWED and _HARMLESS.fullmatch(tag):
            return tag
        say(f"{tag[:40]} is taken out.")
        return ""

    return _HTML_TAG.sub(kept, text)


def _of_tag(tag: str, say: Say, find: Find) -> str:
    """An <img> in the midst of markdown."""
    said = {name.lower(): html.unescape(one or other) for name, one, other in _ATTRIBUTE.findall(tag)}
    address = _found(said.get("src", ""), say, find)
    return pictures.marked(said.get("alt", ""), address) if address else _told(pictures.words_for(said.get("alt", "")))


def read(text: str, form: str, say: Say, *, inline: bool = False, find: Find = None) -> str:
    """Our markdown for a text in one of Moodle's forms: html, markdown, plain or moodle (plain or HTML, as it comes).

    Signs that are not visible are dropped.
    """
    text = tidy(text)
    if form == "markdown":
        return from_markdown(text, say, find).strip()
    if form == "plain":
        return from_plain(text, inline=inline)
    if form == "moodle":
        text = re.sub(r"\n\s*\n", "<br><br>", text) if _HTML_TAG.search(text) else text.replace("&nbsp;", " ")
        return from_html(text, say, inline=inline, find=find) if "<" in text or "&" in text else from_plain(text, inline=inline)
    return from_html(text, say, inline=inline, find=find)


class Out:
    """Collects words and marks; `text` is the markdown."""

    def __init__(self, say: Say, *, inline: bool, find: Find = None) -> None:
        self.say, self.inline, self.find = say, inline, find
        #: The address of an <object> that is a picture, the words in it, and how deep in others it stands; objects in it stand in for it.
        self.shown: tuple[list[str], list[str], int] | None = None
        self.blocks: list[tuple[str, str]] = []
        self.parts: list[str] = []
        self.marks: list[tuple[str, int, str]] = []
        self.lists: list[list[int | None]] = []
        self.bullet = ""
        self.quotes = self.dropped = self.tables = 0
        self.code_at = self.pre_at = -1
        self.rows: list[list[str]] = []
        self.in_cell = False

    # -- words

    def data(self, text: str) -> None:
        if self.dropped:
            if self.shown:
                self.shown[1].append(text)
            return
        if self.pre_at >= 0:
            self.parts.append(text)
            return
        text = re.sub(r"\s+", " ", text)
        self.parts.append(text if self.code_at >= 0 else escaped(text))

    def newline(self) -> None:
        self.parts.append("\n" if self.code_at < 0 or self.pre_at >= 0 else " ")

    # -- tags

    def start(self, tag: str, attributes: dict[str, str]) -> bool:
        """Takes an opening tag; False where no such tag is known."""
        if tag == "rp":  # brackets for who cannot draw it above: we write our own
            self.dropped += 1
        elif tag in _DROPPED:
            if not self._opens_picture(tag, attributes):
                self.say(f"{_DROPPED[tag]} is taken out.")
            self.dropped += 1
        elif self.dropped:
            return True
        for name, value in attributes.items():
            if name.startswith("on") and value:
                self.say(f"The handler {name[:30]} is taken out.")
        if tag in _DROPPED or tag == "rp":
            return True
        if tag in _VOID:
            self._void(tag, attributes)
        elif tag == "br":
            self.newline()
        elif tag in _MARKS or tag == "a" or tag in _RAW:
            self._open(tag, attributes)
        elif tag in _CODE:
            if self.code_at < 0 and self.pre_at < 0:
                self.code_at = len(self.parts)
        elif tag == "rt":  # how a word is read, above it
            self.parts.append(" (")
        elif tag == "math":
            self.say("A formula is kept as plain signs. Check it.")
        elif not self._start_block(tag):
            return tag in _THROUGH
        return True

    def _start_block(self, tag: str) -> bool:
        if tag in ("ul", "ol", "menu", "dir"):
            self.flush()
            self.lists.append([1 if tag == "ol" else None])
        elif tag == "li":
            self.flush()
            self.bullet = self._next_bullet()
        elif tag == "pre":
            self.flush()
            self.pre_at = len(self.parts)
        elif tag == "blockquote":
            self.flush()
            self.quotes += 1
        elif tag == "hr":
            self.flush()
        elif tag in _HEADINGS:
            self.flush()
            self._open("b", {})
        elif tag in _TABLE:
            self._start_table(tag)
        elif tag in _BLOCKS:
            self.flush() if not self.tables else self.parts.append(" ")
        else:
            return False
        return True

    def end(self, tag: str) -> None:
        if tag in _DROPPED or tag == "rp":
            self.dropped = max(0, self.dropped - 1)
            self._close_picture()
        elif self.dropped:
            return
        elif tag == "rt":
            self.parts.append(")")
        elif tag in _CODE and self.code_at >= 0:
            self._end_code()
        elif tag == "pre" and self.pre_at >= 0:
            self._end_pre()
        elif tag in ("ul", "ol", "menu", "dir"):
            self.flush()
            self.lists = self.lists[:-1]
        elif tag == "blockquote":
            self.flush()
            self.quotes = max(0, self.quotes - 1)
        elif tag in _TABLE:
            self._end_table(tag)
        elif tag in _BLOCKS or tag in _HEADINGS or tag == "li":
            self.flush() if not self.tables else self.parts.append(" ")
        else:
            self._close(tag)

    def _void(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "img" and (formula := _formula(attributes)):
            self.say("A formula is kept as plain signs. Check it.")
            self.parts.append(in_code(formula))
        elif tag == "img":
            self._picture(attributes.get("src", "").strip(), attributes.get("alt", ""))
        elif _VOID[tag]:
            self.say(f"{_VOID[tag]} is left out: questions hold no other media than pictures. Describe in words what it shows.")

    def _picture(self, source: str, words: str) -> None:
        """A picture as a mark of its own, or its words alone."""
        address = _found(source, self.say, self.find) if self.code_at < 0 and self.pre_at < 0 else ""
        if address:
            self.parts.append(pictures.marked(words, address))
        elif words.strip():
            self.data(f"({words.strip()})")

    def _opens_picture(self, tag: str, attributes: dict[str, str]) -> bool:
        """QTI shows pictures as <object>, with the words inside."""
        kind = attributes.get("type", "").strip().lower()
        if tag != "object" or not kind.startswith("image/") or (self.dropped and not self.shown):
            return False
        if self.shown is None:
            self.shown = ([], [], self.dropped)
        sources = self.shown[0]
        sources.insert(0 if kind in pictures.MEDIA_TYPES.values() else len(sources), attributes.get("data", "").strip())
        return True

    def _close_picture(self) -> None:
        if self.shown and self.dropped == self.shown[2]:
            sources, words, _ = self.shown
            self.shown = None
            self._picture(sources[0], " ".join("".join(words).split()))

    def _open(self, tag: str, attributes: dict[str, str]) -> None:
        if self.code_at < 0 and self.pre_at < 0:
            self.marks.append((tag, len(self.parts), attributes.get("href", "").strip()))

    def _close(self, tag: str) -> None:
        if not any(name == tag for name, _, _ in self.marks):
            return
        while self.marks:
            name = self.marks[-1][0]
            self._close_last()
            if name == tag:
                return

    def _close_last(self) -> None:
        tag, at, href = self.marks.pop()
        inner = "".join(self.parts[at:])
        words = inner.strip()
        if not words:
            return
        before, after = inner[: len(inner) - len(inner.lstrip())], inner[len(inner.rstrip()) :]
        same = any(_MARKS.get(name) == _MARKS.get(tag, tag) for name, _, _ in self.marks)
        if tag == "a":
            words = self._link(words, href)
        elif tag in _RAW:
            words = f"<{tag}>{words}</{tag}>"
        elif not same:
            words = "\n".join(f"{_MARKS[tag]}{line.strip()}{_MARKS[tag]}" if line.strip() else "" for line in words.split("\n"))
        self.parts[at:] = [before + words + after]

    def _link(self, words: str, href: str) -> str:
        address = "".join(href.split())
        if not address.lower().startswith(_SAFE):
            if address and not address.startswith("#"):
                self.say(f"The link to {address[:40]} is taken out; its words stay.")
            return words
        address = address.replace("(", "%28").replace(")", "%29").replace("<", "%3C").replace(">", "%3E").replace("\\", "%5C")
        return f"[{words}]({address})"

    def _end_code(self) -> None:
        at, self.code_at = self.code_at, -1
        words = " ".join("".join(self.parts[at:]).split())
        self.parts[at:] = [in_code(words)] if words else []

    def _end_pre(self) -> None:
        at, self.pre_at = self.pre_at, -1
        lines = "".join(self.parts[at:]).strip("\n").expandtabs(4)
        del self.parts[at:]
        if self.tables or self.inline:
            self.parts += [in_code(" ".join(lines.split())) if lines.strip() else "", "\n" if self.inline else " "]
        elif lines.strip() and self.lists:
            self._add("code", "\n".join(f"    {line}" for line in lines.split("\n")))
        elif lines.strip():
            fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", lines)), default=0))
            self._add("code", f"{fence}\n{lines}\n{fence}")

    # -- tables

    def _start_table(self, tag: str) -> None:
        if tag == "table":
            if not self.tables:
                self.flush()
                self.rows = []
            self.tables += 1
        elif self.tables == 1 and tag == "tr":
            self._end_cell()
            self.rows.append([])
        elif self.tables == 1 and tag in _CELLS:
            self._end_cell()
            self.in_cell = True

    def _end_cell(self) -> None:
        """A cell ends with its tag, or where the next one begins."""
        self._close_marks()
        if self.in_cell:
            self.rows = self.rows or [[]]
            self.rows[-1].append(" ".join("".join(self.parts).split()).replace("|", "\\|"))
        self.parts.clear()
        self.in_cell = False

    def _end_table(self, tag: str) -> None:
        if self.tables == 1 and tag in _CELLS:
            self._end_cell()
        elif tag == "table" and self.tables:
            self.tables -= 1
            if not self.tables:
                self._end_cell()
                self._add_table([row for row in self.rows if row])
        elif self.tables > 1:
            self.parts.append(" ")

    def _add_table(self, rows: list[list[str]]) -> None:
        if not rows:
            return
        if self.inline or max(map(len, rows)) == 1:
            for row in rows:
                self.parts.append(" · ".join(row))
                self.flush()
            return
        width = max(map(len, rows))
        lines = [f"| {' | '.join([*row, *[''] * (width - len(row))])} |" for row in rows]
        self._add("table", "\n".join([lines[0], f"|{' --- |' * width}", *lines[1:]]))

    # -- blocks

    def _next_bullet(self) -> str:
        if not self.lists:
            return "- "
        count = self.lists[-1][0]
        if count is None:
            return "- "
        self.lists[-1][0] = count + 1
        return f"{count}. "

    def _close_marks(self) -> None:
        if self.code_at >= 0:
            self._end_code()
        while self.marks:
            self._close_last()

    def flush(self) -> None:
        """What was collected becomes a block."""
        if self.pre_at >= 0 or self.tables:
            return
        self._close_marks()
        lines = [" ".join(line.split()) for line in "".join(self.parts).split("\n")]
        self.parts.clear()
        while lines and not lines[0]:
            lines.pop(0)
        while lines and not lines[-1]:
            lines.pop()
        if not lines:
            return
        if not self.inline:
            lines = [_LINE_START.sub(_at_line_start, line) for line in lines]
        self._add("item" if self.bullet and not self.inline else "p", "  \n".join(line for line in lines if line))

    def _add(self, kind: str, text: str) -> None:
        if self.inline:
            self.blocks.append(("p", f"{self.bullet}{text}"))
            self.bullet = ""
            return
        depth = min(len(self.lists), 8)
        if kind == "item" or self.bullet:
            indent, hang = "    " * max(0, depth - 1), "    " * depth
            first, _, rest = text.partition("\n")
            text = indent + self.bullet + first + "".join(f"\n{hang}{line}" for line in rest.split("\n") if rest)
            kind, self.bullet = "item", ""
        elif depth:
            text = "\n".join(f"{'    ' * depth}{line}" for line in text.split("\n"))
        if self.quotes:
            text = "\n".join(f"> {line}" for line in text.split("\n"))
        self.blocks.append((kind, text))

    def text(self) -> str:
        if self.pre_at >= 0:
            self._end_pre()
        if self.tables:
            self.tables = 1
            self._end_table("table")
        self.flush()
        joined, before = "", ""
        for kind, text in self.blocks:
            joined += ("\n" if kind == before == "item" else "\n\n") + text if joined else text
            before = kind
        return joined.strip()


class _Reader(HTMLParser):
    """Feeds an Out from the text of some HTML. What only looks like a tag (`List<String>`) stays as words."""

    def __init__(self, say: Say, *, inline: bool, find: Find) -> None:
        super().__init__(convert_charrefs=True)
        self.out = Out(say, inline=inline, find=find)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if not self.out.start(tag, {name: value or "" for name, value in attrs}):
            self.out.data(self.get_starttag_text() or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID and tag != "br":
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        self.out.end(tag)

    def handle_data(self, data: str) -> None:
        self.out.data(data)


def _formula(attributes: dict[str, str]) -> str:
    """What an image of a formula says, as Canvas writes it: drawn by its server, with the LaTeX beside."""
    if "equation_image" not in attributes.get("class", "").split() and not attributes.get("data-equation-content"):
        return ""
    said = attributes.get("data-equation-content") or attributes.get("alt", "").removeprefix("LaTeX:")
    return " ".join(said.split())[:500]


def escaped(text: str) -> str:
    """Words with a sign before whatever markdown or HTML would read as a mark."""
    text = _ESCAPE_SIGN.sub(r"\\\\", text)
    text = text.replace("`", "\\`")
    text = _STAR.sub(r"\\*", text)
    text = _UNDERSCORES.sub(lambda found: "\\_" * len(found[0]), text)
    text = _LINK_LIKE.sub(r"\\[", text)
    text = _ENTITY.sub("&amp;", text)
    return _TAG_LIKE.sub("&lt;", text)


def in_code(words: str) -> str:
    """Words as code, whatever they hold."""
    fence = "`" * (1 + max((len(run) for run in re.findall(r"`+", words)), default=0))
    pad = " " if len(fence) > 1 or words.startswith("`") or words.endswith("`") else ""
    return f"{fence}{pad}{words}{pad}{fence}"


def _at_line_start(found: re.Match[str]) -> str:
    blanks, sign, number, dot, rule, colon = found.groups()
    if number:
        return f"{blanks}{number}\\{dot}"
    if rule:
        return f"{blanks}&#{ord(rule[0])};{found[0].lstrip()[1:]}"
    return f"{blanks}&#58;" if colon else f"{blanks}\\{sign}"


# -- from markdown ---------------------------------------------------------------------------------------------------

_XHTML = {
    "p", "em", "strong", "b", "i", "code", "pre", "ul", "ol", "li", "a", "br", "sub", "sup", "table", "thead", "tbody", "tr", "th", "td", "blockquote",
    "hr", "dl", "dt", "dd", "kbd", "abbr", "h3", "h4",
}  # fmt: skip


def to_xhtml(text: str, *, inline: bool = False, place: Callable[[str], str] = str) -> str:
    """Our markdown as well-formed XHTML without a namespace, as QTI and Anki take it. `place` says where the file of a picture lies there."""
    writer = _Writer(place)
    writer.feed(markdown.inline(text) if inline else markdown.block(text))
    writer.close()
    return "".join(writer.parts).strip()


def words_of(xhtml: str) -> str:
    """The words of some markup, whatever tags stand in it; a picture is its words and the name of its file."""
    shown = re.sub(r'<img src="([^"]*)" alt="([^"]*)"[^<>]*>', lambda found: f" {file_name(found[1])} {found[2]} ", xhtml)
    return " ".join(html.unescape(re.sub(r"<[^<>]{0,2000}>", " ", shown)).split())


def file_name(address: str) -> str:
    return address.rpartition("/")[2]


class _Writer(HTMLParser):
    """The sanitiser's output is well nested; only void tags and signs differ in XML."""

    def __init__(self, place: Callable[[str], str]) -> None:
        super().__init__(convert_charrefs=True)
        self.place = place
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            self._picture({name: value or "" for name, value in attrs})
        if tag not in _XHTML:
            return
        kept = "".join(f" href={quoteattr(value or '')}" for name, value in attrs if tag == "a" and name == "href")
        self.parts.append(f"<{tag}{kept}/>" if tag in ("br", "hr") else f"<{tag}{kept}>")

    def _picture(self, said: dict[str, str]) -> None:
        name, words = file_name(said.get("src", "")), escape(said.get("alt", ""), {'"': "&quot;"})
        self.parts.append(
            f'<img src="{self.place(name)}" alt="{words}" width="{said.get("width", "")}" height="{said.get("height", "")}"/>'
        )

    def handle_endtag(self, tag: str) -> None:
        if tag in _XHTML and tag not in ("br", "hr"):
            self.parts.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self.parts.append(escape(data))
