"""Moodle XML, the whole question with its feedback (Moodle Docs, "Moodle XML format", read 2026-11-26).

What Moodle has no place for stands in a comment inside the question, `<!-- besa {…} -->`; the short part of it also in tags, which Moodle keeps.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Sequence
from urllib.parse import unquote
from xml.sax.saxutils import escape, quoteattr

import msgspec

from quizzes.domain import pictures
from quizzes.domain.exchange import extras, markup, xml
from quizzes.domain.exchange.extras import Extras
from quizzes.domain.exchange.parsed import Broken, Draft, Parsed, Rough, RoughOption, Skip, Unreadable, Written, category_labels, plain
from quizzes.domain.exchange.texts import tidy
from quizzes.domain.exchange.xml import Element, child, children, text

_FORMS = {"html": "html", "markdown": "markdown", "plain_text": "plain", "moodle_auto_format": "moodle", "": "moodle"}
_OURS = re.compile(r"\s*besa\s+(\{.*\})\s*", re.S)
_SKIPPED = {
    "essay": "an essay", "shortanswer": "a short answer", "multianswer": "a cloze question", "description": "a description, a text that asks nothing",
    "calculated": "a question with drawn numbers", "calculatedsimple": "a question with drawn numbers", "calculatedmulti": "a question with drawn numbers",
    "ddwtos": "words dragged into a text", "gapselect": "words chosen in a text", "ddmarker": "markers dragged on a picture",
    "ddimageortext": "pictures dragged", "randomsamatch": "a random matching", "random": "a random question", "stack": "a STACK question", "coderunner": "a program",
}  # fmt: skip
_DEFAULT_FEEDBACK = re.compile(r"your answer is (partially )?(in)?correct\.?|", re.I)
_TAGS = ("level", "difficulty", "objective", "domain", "family", "lesson")
LONGEST_TAG = 50


def read(data: bytes) -> Iterator[Parsed]:
    """The questions of a Moodle XML file. Raises Unreadable where it is another, and WrongEncoding."""
    root = xml.parse(data)
    if xml.name(root) != "quiz":
        raise Unreadable(
            f"The file begins with <{xml.name(root)[:40]}>, and Moodle XML with <quiz>. In Moodle choose Export, then Moodle XML format."
        )
    category = ""
    for question in children(root, "question"):
        if question.get("type") == "category":
            category = text(child(question, "category", "text"))
            continue
        labels = [*category_labels(category), *(text(tag).strip() for tag in _tags(question))]
        rough = Rough(xml.line(question), title=text(child(question, "name", "text")).strip(), labels=labels)
        yield rough.parsed(lambda rough, question=question: _fill(rough, question))  # type: ignore[misc]


def _tags(question: Element) -> list[Element]:
    tags = child(question, "tags")
    return children(tags, "tag") if tags is not None else []


def _fill(rough: Rough, question: Element) -> None:
    kind = question.get("type", "")
    if kind not in _KINDS:
        raise Skip(f"This is {_SKIPPED.get(kind, f'a question of the type “{kind[:30]}”')}: there is no such type here. It is skipped.")
    _take_extras(rough, question)
    if text(child(question, "hidden")).strip() == "1":
        rough.say("It is hidden in Moodle: an old version, or deleted there.")
    rough.stem = _read(rough, child(question, "questiontext"))
    rough.stem = "\n\n".join(filter(None, (rough.stem, _old_image(rough, question))))
    rough.take_general(_read(rough, child(question, "generalfeedback")))
    _KINDS[kind](rough, question)
    for name in ("correctfeedback", "partiallycorrectfeedback", "incorrectfeedback"):
        said = _read(rough, child(question, name))
        if not _DEFAULT_FEEDBACK.fullmatch(said):
            rough.say("What is said to a right, partly right or wrong answer as a whole is left out; rationales belong to options here.")
    if child(question, "hint") is not None:
        rough.say("Hints are left out.")
    rough.fetch = lambda source: _file(source, question)
    names = {found.get("name", "") for found in question.iter("{*}file")}
    shown = [*map(unquote, rough.asked), *(pictures.addresses(" ".join(rough.extras.whys)))]
    if spare := sorted(name for name in names if not any(source.endswith(name) for source in shown)):
        rough.say(f"Files that no text shows as a picture are left out: {', '.join(spare)[:150]}.")


def _take_extras(rough: Rough, question: Element) -> None:
    comments = [_OURS.fullmatch(found.text or "") for found in question if not xml.name(found)]
    ours = next((found[1] for found in comments if found), None)
    known = extras.read(ours) if ours else None
    if ours and known is None:
        rough.say("The comment <!-- besa --> cannot be read, so what it says of sources and so on is left out.")
    if known:
        rough.extras, rough.labels = known, []
        return
    values: dict[str, object] = {"slug": text(child(question, "idnumber")).strip()}
    for tag in rough.labels:
        name, colon, said = tag.partition(":")
        if colon and name in _TAGS:
            values[name] = int(said) if name == "difficulty" and said in ("1", "2", "3") else said
    rough.labels = [tag for tag in rough.labels if tag.partition(":")[0] not in _TAGS]
    for name, value in values.items():
        try:
            fits = extras.checked(msgspec.convert({name: value}, Extras))
        except msgspec.ValidationError:
            continue
        if fits:
            rough.extras = msgspec.structs.replace(rough.extras, **{name: value})


def _read(rough: Rough, holder: Element | None, *, inline: bool = False, form: str = "") -> str:
    """The text of an element with its form, as our markdown. Its pictures lie beside its text."""
    if holder is None:
        return ""
    rough.fetch = lambda source: _file(source, holder)
    find = None if form else rough.picture
    inner = child(holder, "text")
    form = form or _FORMS.get(holder.get("format", ""), "html")
    source = inner if inner is not None else holder if not len(holder) else None
    if source is None:
        return ""
    if any(xml.name(found) for found in source):  # markup that nobody escaped
        if both := xml.mixed(source):
            return markup.read(both, "html", rough.say, inline=inline, find=find)
        return xml.to_markdown(source, rough.say, inline=inline, find=find)
    words = text(source)
    return rough.extras.wording(tidy(words), markup.read(words, form, rough.say, inline=inline, find=find))


def _old_image(rough: Rough, question: Element) -> str:
    """The one picture of a question as Moodle 1.9 wrote it: its name, and its bytes beside."""
    name, inside = text(child(question, "image")).strip(), "".join(text(child(question, "image_base64")).split())
    if not name:
        return ""
    address = rough.picture(f"data:;base64,{inside}" if inside else name)
    return pictures.marked("", address) if address else ""


def _file(source: str, holder: Element) -> bytes | None:
    """The bytes of the file that a text calls @@PLUGINFILE@@/name."""
    name = unquote(source.partition("?")[0]).removeprefix("@@PLUGINFILE@@").strip("/")
    for found in holder.iter("{*}file"):
        if name in (f"{found.get('path', '')}{found.get('name', '')}".strip("/"), found.get("name", "")):
            try:
                return base64.b64decode("".join(text(found).split()), validate=True)
            except (binascii.Error, ValueError):
                return b""
    return None


# -- the types -------------------------------------------------------------------------------------------------------


def _fraction(answer: Element) -> float:
    try:
        found = float(answer.get("fraction", "0").replace(",", "."))
    except ValueError:
        raise Broken(
            f"The fraction “{answer.get('fraction', '')[:20]}” is not a number. Write 100 for the key and 0 for the others.",
            xml.line(answer),
        ) from None
    return found if -1000 < found < 1000 else 0.0


def _options(rough: Rough, question: Element) -> list[float]:
    answers = children(question, "answer")
    for answer in answers:
        rough.options.append(RoughOption(_read(rough, answer, inline=True), _read(rough, child(answer, "feedback"))))
    return [_fraction(answer) for answer in answers]


def _choices(rough: Rough, question: Element) -> None:
    weights = _options(rough, question)
    rough.weigh(weights, single=text(child(question, "single")).strip().lower() in ("true", "1"))


def _true_false(rough: Rough, question: Element) -> None:
    weights = _options(rough, question)
    for option in rough.options:
        option.text = option.text.capitalize()
    rough.weigh(weights, single=True)
    rough.say("True or false is read as single choice with two options.")


def _pairs(rough: Rough, question: Element) -> None:
    rough.type = "matching"
    for pair in children(question, "subquestion"):
        words, match = _read(rough, pair, inline=True), _partner(rough, child(pair, "answer"))
        if words:
            rough.options.append(RoughOption(words, match=match))
        elif match:
            rough.targets_extra.append(match)


def _partner(rough: Rough, answer: Element | None) -> str:
    """What belongs to a pair: plain words, or HTML where they are dragged; a list of choices shows words alone."""
    form = _FORMS.get(answer.get("format", ""), "html") if answer is not None and answer.get("format") else "plain"
    return _read(rough, answer, inline=True, form=form)


def _ordering(rough: Rough, question: Element) -> None:
    rough.type = "ordering"
    weights = _options(rough, question)
    if len(set(weights)) == len(weights):
        rough.options = [option for _, option in sorted(zip(weights, rough.options, strict=True), key=lambda pair: pair[0])]


def _numbers(rough: Rough, question: Element) -> None:
    rough.type = "numeric"
    weights = _options(rough, question)
    kept: list[RoughOption] = []
    for answer, option, weight in zip(children(question, "answer"), rough.options, weights, strict=True):
        said = text(child(answer, "text")).strip() or (answer.text or "").strip()
        if said == "*":
            rough.say("What is said to every other answer is left out.")
            continue
        value, margin = plain(said), plain(text(child(answer, "tolerance")).strip() or "0")
        if value is None or margin is None or margin.startswith("-"):
            raise Broken(f"“{said[:40]}” or its tolerance is not a number. Write digits and a decimal point.", xml.line(answer))
        option.text = value
        if weight >= 100 and any(other.key for other in kept):
            rough.say(f"A second right number, {value}, is left out: there is one key with one tolerance.")
            continue
        option.key = weight >= 100
        if option.key:
            rough.tolerance = margin
        elif weight > 0:
            rough.say(f"{value} gave part of the mark; here it is a wrong result.")
        kept.append(option)
    rough.options = kept
    rough.drop_near_key()
    _units(rough, question)


def _units(rough: Rough, question: Element) -> None:
    units = child(question, "units")
    names = [text(child(unit, "unit_name")).strip() for unit in children(units, "unit")] if units is not None else []
    if names:
        rough.unit = names[0][:40]
    if len(names) > 1:
        rough.say(f"One unit is kept, {names[0][:40]}; answers in {', '.join(names[1:])[:100]} are not taken.")


_KINDS = {
    "multichoice": _choices, "multichoiceset": _choices, "truefalse": _true_false, "matching": _pairs, "match": _pairs, "ordering": _ordering,
    "numerical": _numbers, "oumultiresponse": _choices, "ddmatch": _pairs,
}  # fmt: skip


# -- writing ---------------------------------------------------------------------------------------------------------

_TYPE = {"single": "multichoice", "multiple": "multichoice", "matching": "matching", "ordering": "ordering", "numeric": "numerical"}


def write(drafts: Sequence[Draft]) -> Written:
    """A Moodle XML file; ordering questions need Moodle 4.4 or the plugin qtype_ordering."""
    notes = [
        (draft.slug, "Ordering needs Moodle 4.4 or newer, or its ordering plugin.") for draft in drafts if draft.item.type == "ordering"
    ]
    body = "\n".join(_question(draft) for draft in drafts)
    return Written(f'<?xml version="1.0" encoding="UTF-8"?>\n<quiz>\n{body}\n</quiz>\n'.encode(), tuple(notes))


class _Beside(dict[str, str]):
    """The wordings that ride beside a question, and the files of its pictures."""

    def __init__(self, draft: Draft) -> None:
        super().__init__()
        self.pictures = {picture.address: picture for picture in draft.pictures}

    def file(self, address: str) -> str:
        picture = self.pictures[address]
        return f'<file name="{picture.name}" path="/" encoding="base64">{base64.b64encode(picture.data).decode()}</file>'


def _question(draft: Draft) -> str:
    item, texts = draft.item, _Beside(draft)
    apart = item.type in ("matching", "ordering")
    more = "".join(texts.file(address) for option in item.options for address in pictures.addresses(option.why)) if apart else ""
    parts = [
        f"<name><text>{escape(draft.slug or 'question')}</text></name>",
        _text("questiontext", item.stem, texts, more),
        _text("generalfeedback", extras.told(item.sources) if item.sources else "", texts),
        "<defaultgrade>1</defaultgrade>", "<penalty>0</penalty>", "<hidden>0</hidden>", f"<idnumber>{escape(draft.slug)}</idnumber>",
        *_answers(draft, texts),
        "<tags>", *(f"<tag><text>{escape(tag)}</text></tag>" for tag in _tags_of(draft)), "</tags>",
    ]  # fmt: skip
    known = extras.of_item(item, slug=draft.slug, family=draft.family, texts=texts, whys=apart)
    ours = known.json.replace("--", "\\u002d\\u002d").replace("->", "\\u002d>")
    return "\n  ".join([f"<question type={quoteattr(_TYPE[item.type])}>", f"<!-- besa {ours} -->", *parts]) + "\n</question>"


def _answers(draft: Draft, texts: _Beside) -> list[str]:
    item = draft.item
    if item.type == "matching":
        pairs = [(option.text, option.match) for option in item.options] + [("", target) for target in item.targets_extra]
        return [
            "<shuffleanswers>true</shuffleanswers>",
            *(
                _text("subquestion", words, texts, f"<answer><text>{escape(_plain(match, texts))}</text></answer>", inline=True)
                for words, match in pairs
            ),
        ]
    if item.type == "ordering":
        head = ["<layouttype>VERTICAL</layouttype>", "<selecttype>ALL</selecttype>", "<gradingtype>ABSOLUTE_POSITION</gradingtype>"]
        return head + [_answer(option.text, f"{n}.0000000", "", texts) for n, option in enumerate(item.options, start=1)]
    if item.type == "numeric":
        units = f"<units><unit><multiplier>1</multiplier><unit_name>{escape(item.unit)}</unit_name></unit></units>" if item.unit else ""
        rows = [
            f'<answer fraction="{100 if option.key else 0}" format="plain_text"><text>{escape(option.text)}</text>'
            f"<tolerance>{escape(item.tolerance if option.key else '0')}</tolerance>{_text('feedback', option.why, texts)}</answer>"
            for option in item.options
        ]
        return [*rows, units]
    single = item.type == "single"
    share = 100 / max(1, len(item.key))
    weights = {True: 100.0 if single else share, False: 0.0 if single else -share}
    head = [
        f"<single>{'true' if single else 'false'}</single>",
        "<shuffleanswers>true</shuffleanswers>",
        "<answernumbering>ABCD</answernumbering>",
    ]
    return head + [_answer(option.text, f"{weights[option.key]:.5f}".rstrip("0").rstrip("."), option.why, texts) for option in item.options]


def _answer(words: str, fraction: str, why: str, texts: _Beside) -> str:
    return _text("answer", words, texts, _text("feedback", why, texts), inline=True, attributes=f' fraction="{fraction}"')


def _text(tag: str, words: str, texts: _Beside, more: str = "", *, inline: bool = False, attributes: str = "") -> str:
    there = pictures.elsewhere(words, lambda name: f"@@PLUGINFILE@@/{name}")
    if markup.read(words, "markdown", lambda message: None, inline=inline, find=str) != words:
        extras.keep(texts, tidy(there), words)
    files = "".join(texts.file(address) for address in pictures.addresses(words))
    return f'<{tag}{attributes} format="markdown"><text>{escape(there)}</text>{files}{more}</{tag}>'


def _plain(words: str, texts: _Beside) -> str:
    if markup.read(words, "plain", lambda message: None, inline=True) != words:
        extras.keep(texts, tidy(words), words)
    return words


def _tags_of(draft: Draft) -> list[str]:
    item = draft.item
    values = (item.level, item.difficulty, item.objective, item.domain, draft.family, item.lesson)
    return [tag for name, value in zip(_TAGS, values, strict=True) if value and len(tag := f"{name}:{value}") <= LONGEST_TAG]
