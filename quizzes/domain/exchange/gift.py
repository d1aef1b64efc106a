"""GIFT, Moodle's text format: read and written as Moodle's own reader takes it (Moodle Docs, "GIFT format", and qformat_gift, read 2026-11-26).

What GIFT has no place for stands in a comment above the question, `// besa {…}`, which other systems pass over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from quizzes.domain.exchange import extras, markup
from quizzes.domain.exchange.parsed import Broken, Draft, Parsed, Rough, RoughOption, Skip, Written, category_labels, decimal, middle, plain
from quizzes.domain.exchange.texts import decode, tidy
from quizzes.domain.items import Option

_SPECIAL = "\\:#={}~n"
#: Escaped signs while a question is taken apart: control signs, which no text holds.
_HIDDEN = {sign: chr(n) for n, sign in enumerate(_SPECIAL, start=1)}
_SHOWN = {hidden: "\n" if sign == "n" else sign for sign, hidden in _HIDDEN.items()}
_ESCAPE = re.compile(r"\\([\\:#={}~n])")
_BACK = re.compile("[\x01-\x08]")
_WEIGHT = re.compile(r"%(-?\d{1,3}(?:\.\d{0,10})?)%")
_FORM = re.compile(r"\[(html|markdown|plain|moodle)\]")
_OURS = re.compile(r"^//\s*besa\s+(\{.*\})\s*$")
_ID = re.compile(r"\[id:((?:\\\]|[^\]]){1,100})\]")
_TAGS = re.compile(r"\[tags:((?:\\\]|[^\]]){1,1000})\]")

#: Characters of one question with all its answers.
MOST_OF_ONE = 100_000


@dataclass
class _Block:
    """The lines of one question, and what stood in comments above them."""

    line: int
    lines: list[str] = field(default_factory=list)
    ours: str = ""
    labels: list[str] = field(default_factory=list)


def read(data: bytes) -> Iterator[Parsed]:
    """The questions of a GIFT file. Raises WrongEncoding."""
    category = ""
    for block in _blocks(decode(data)):
        text = "\n".join(block.lines).strip()
        if text.startswith("$CATEGORY:"):
            category, _, text = text.removeprefix("$CATEGORY:").partition("\n")
            if not text.strip():
                continue
            block.line += 1
        rough = Rough(block.line, labels=[*category_labels(category), *block.labels])
        yield rough.parsed(lambda rough, text=text, block=block: _fill(rough, text, block))  # type: ignore[misc]


def _blocks(text: str) -> Iterator[_Block]:
    """Runs of lines between empty ones; comments are taken out, and count as lines."""
    block: _Block | None = None
    ours, labels = "", []
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip().startswith("//"):
            known = _OURS.match(line.strip())
            ours = known[1] if known else ours
            labels += [label for found in _TAGS.finditer(line) for label in found[1].split(",")]
            if block:
                block.lines.append("")
            continue
        if line.strip():
            block = block or _Block(number)
            block.lines.append(line)
            continue
        if block:
            yield _with(block, ours, labels)
            block, ours, labels = None, "", []
    if block:
        yield _with(block, ours, labels)


def _with(block: _Block, ours: str, labels: list[str]) -> _Block:
    block.ours, block.labels = ours, [label.strip() for label in labels]
    return block


def _fill(rough: Rough, text: str, block: _Block) -> None:
    if block.ours:
        known = extras.read(block.ours)
        if known is None:
            rough.say("The comment // besa above the question cannot be read, so what it says of level, sources and so on is left out.")
        else:
            rough.extras, rough.labels = known, []
    if len(text) > MOST_OF_ONE:
        raise Broken(f"The question has more than {MOST_OF_ONE:,} characters. Is an empty line missing after the one before?")
    text = _ESCAPE.sub(lambda found: _HIDDEN[found[1]], _BACK.sub("", text))
    rough.title = _show(text.partition("{")[0])
    if text.startswith("::") and (end := text.find("::", 2)) > 0:
        rough.title = _show(text[2:end])
        text = text[end + 2 :].strip()
    start, end = text.find("{"), text.find("}")
    if start < 0 and end < 0:
        raise Skip("This is a description: a text that asks nothing. It is skipped.")
    if end < start or start < 0:
        where = max(start, end)
        line = block.line + text[:where].count("\n")
        raise Broken("The braces do not match. Write the answers between { and }, without an empty line, and \\{ or \\} for a sign.", line)
    answers, tail = text[start + 1 : end].strip(), text[end + 1 :]
    if "{" in answers or "}" in tail:
        line = block.line + text[:end].count("\n")
        raise Broken(
            "The braces do not match: there is a second pair. Begin a new question after an empty line, and write \\{ or \\} for a sign.",
            line,
        )
    answers, _, general = answers.rpartition("####") if "####" in answers else (answers, "", "")
    stem = text[:start] + ("_____" + tail if tail.strip() else "")
    form, stem = _form(stem.strip(), "moodle")
    rough.stem = _read(rough, stem, form)
    if general.strip():
        rough.take_general(_read(rough, *reversed(_form(general.strip(), form))))
    _answers(rough, answers.strip(), form)


# -- answers ---------------------------------------------------------------------------------------------------------


def _answers(rough: Rough, text: str, form: str) -> None:
    first = text.split("#", maxsplit=1)[0].strip()
    if not text:
        raise Skip("This is an essay: there is no such type here. It is skipped.")
    if text.startswith("#"):
        _numeric(rough, text[1:], form)
    elif "~" in text or (rough.extras.type in ("single", "multiple") and text.startswith("=")):
        _choices(rough, text, form)
    elif "=" in text and "->" in text:
        _pairs(rough, text, form)
    elif first.upper() in ("T", "TRUE", "F", "FALSE"):
        _true_false(rough, text, form, right=first.upper() in ("T", "TRUE"))
    else:
        raise Skip("This is a short answer: there is no type with typed words here. It is skipped.")


def _choices(rough: Rough, text: str, form: str) -> None:
    single = "=" in text
    weights = []
    for part in _parts(text.replace("=", "~="), "~"):
        weighed = _WEIGHT.match(part)
        weight = 100.0 if part.startswith("=") else float(weighed[1]) if weighed else 0.0
        part = part[1:] if part.startswith("=") else part[weighed.end() :] if weighed else part
        words, why = _with_feedback(rough, part, form)
        weights.append(weight)
        rough.options.append(RoughOption(words, why))
    rough.weigh(weights, single=single)


def _pairs(rough: Rough, text: str, form: str) -> None:
    rough.type = "matching"
    for part in _parts(text, "="):
        left, arrow, right = part.partition("->")
        if not arrow:
            raise Broken(f"“{_show(part)[:40]}” has no ->. Write =left -> right for each pair.")
        words, match = _read(rough, *reversed(_form(left.strip(), form)), inline=True), _read(rough, right.strip(), "plain", inline=True)
        if words:
            rough.options.append(RoughOption(words, match=match))
        elif match:
            rough.targets_extra.append(match)


def _true_false(rough: Rough, text: str, form: str, *, right: bool) -> None:
    _, wrong_why, right_why = [part.strip() for part in [*text.split("#", 2), "", ""]][:3]
    whys = [_read(rough, *reversed(_form(why, form)), inline=True) if why else "" for why in (right_why, wrong_why)]
    key = RoughOption("True" if right else "False", whys[0], key=True)
    other = RoughOption("False" if right else "True", whys[1])
    rough.options = [key, other] if right else [other, key]
    rough.say("True or false is read as single choice with two options.")


def _numeric(rough: Rough, text: str, form: str) -> None:
    rough.type = "numeric"
    text, tilde, fallback = text.partition("~")
    for part in _parts(text, "="):
        weighed = _WEIGHT.match(part)
        weight = float(weighed[1]) if weighed else 100.0
        words, why = _with_feedback(rough, part[weighed.end() :] if weighed else part, form, plain_words=True)
        if words == "*":
            rough.say("What is said to every other answer is left out.")
            continue
        value, tolerance = _range(words)
        if weight >= 100 and not any(option.key for option in rough.options):
            rough.tolerance = tolerance
            rough.options.insert(0, RoughOption(value, why, key=True))
        elif weight >= 100:
            rough.say(f"A second right number, {value}, is left out: there is one key with one tolerance.")
        else:
            if weight > 0:
                rough.say(f"{value} gave part of the mark; here it is a wrong result.")
            rough.options.append(RoughOption(value, why))
    rough.drop_near_key()
    if tilde and fallback.strip("%0123456789 #\n\t"):
        rough.say("What is said to every other answer is left out.")


def _range(words: str) -> tuple[str, str]:
    """Value and tolerance of 3, 3:0.5 or 2.5..3.5."""
    low, dots, high = words.partition("..")
    if dots:
        bottom, top = decimal(low), decimal(high)
        if bottom is None or top is None or bottom > top:
            raise Broken(f"“{words[:40]}” is not a range. Write lowest..highest, with a decimal point.")
        return middle(bottom, top)
    value, _, margin = words.partition(":")
    found, tolerance = plain(value), plain(margin or "0")
    if found is None or tolerance is None or tolerance.startswith("-"):
        raise Broken(f"“{words[:40]}” is not a number. Write digits and a decimal point, and the tolerance after a colon: 0.25:0.01.")
    return found, tolerance


def _parts(text: str, sign: str) -> list[str]:
    """What stands between the signs; nothing stands before the first."""
    first, *rest = (part.strip() for part in text.split(sign))
    return [first, *rest] if first else rest


def _with_feedback(rough: Rough, part: str, form: str, *, plain_words: bool = False) -> tuple[str, str]:
    words, _, why = part.partition("#")
    shown = _show(words).strip() if plain_words else _read(rough, *reversed(_form(words.strip(), form)), inline=True)
    return shown, _read(rough, *reversed(_form(why.strip(), form))) if why.strip() else ""


def _form(text: str, default: str) -> tuple[str, str]:
    """The form that a text names at its head, and the text."""
    found = _FORM.match(text)
    return (found[1], text[found.end() :]) if found else (default, text)


def _read(rough: Rough, text: str, form: str, *, inline: bool = False) -> str:
    """A text of the file as our markdown. A line that only goes on in the file goes on here."""
    if form != "markdown":
        text = " ".join(text.split("\n"))
    shown = _show(text)
    return rough.extras.wording(shown, markup.read(shown, form, rough.say, inline=inline, find=rough.picture))


def _show(text: str) -> str:
    return _BACK.sub(lambda found: _SHOWN[found[0]], text)


# -- writing ---------------------------------------------------------------------------------------------------------


def write(drafts: Sequence[Draft]) -> Written:
    """A GIFT file. Ordering questions have no place in it."""
    lines, notes, left = ["// Questions in GIFT. The comments “// besa” hold what GIFT has no place for.", ""], [], []
    for draft in drafts:
        if draft.item.type == "ordering":
            left.append(draft.slug)
            notes.append((draft.slug, "GIFT has no ordering questions; it is left out."))
            continue
        lines += [*_written(draft), ""]
    return Written("\n".join(lines).encode(), tuple(notes), tuple(left))


def _written(draft: Draft) -> list[str]:
    item, texts = draft.item, {}  # type: ignore[var-annotated]
    stem = _text(item.stem, texts, always=True)
    answers = [_answer(option, draft, texts) for option in item.options]
    answers += [f"\t= -> {_target(text, texts)}" for text in item.targets_extra]
    if item.sources:
        answers.append(f"\t####{_text(extras.told(item.sources), texts)}")
    known = extras.of_item(item, slug=draft.slug, family=draft.family, texts=texts, whys=item.type == "matching")
    opening = "{#" if item.type == "numeric" else "{"
    return [f"// besa {known.json}", f"::{_escape(draft.slug or 'question')}::{stem}{opening}", *answers, "}"]


def _answer(option: Option, draft: Draft, texts: dict[str, str]) -> str:
    item = draft.item
    if item.type == "matching":
        return f"\t={_text(option.text.replace('->', '-&gt;'), texts, original=option.text)} -> {_target(option.match, texts)}"
    why = f"#{_text(option.why, texts)}" if option.why else ""
    if item.type == "numeric":
        margin = f":{item.tolerance}"
        return f"\t=%{100 if option.key else 0}%{option.text}{margin if option.key else ':0'}{why}"
    if item.type == "single":
        return f"\t{'=' if option.key else '~'}{_text(option.text, texts)}{why}"
    weight = f"{100 / max(1, len(item.key)):.5f}".rstrip("0").rstrip(".")
    return f"\t~%{weight if option.key else '-' + weight}%{_text(option.text, texts)}{why}"


def _text(text: str, texts: dict[str, str], *, original: str | None = None, always: bool = False) -> str:
    original = text if original is None else original
    if markup.read(text, "markdown", lambda message: None, find=str) != original:
        extras.keep(texts, tidy(text), original)
    mark = "[markdown]" if always or text.startswith(("[", "%")) else ""
    return mark + _escape(text)


def _target(text: str, texts: dict[str, str]) -> str:
    if markup.read(text, "plain", lambda message: None, inline=True) != text:
        extras.keep(texts, tidy(text), text)
    return _escape(text)


def _escape(text: str) -> str:
    return re.sub(r"[\\:#={}~]", lambda found: "\\" + found[0], text).replace("\n", "\\n")
