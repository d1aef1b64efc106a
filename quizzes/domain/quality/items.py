"""What can be said of one question alone: the rules L01 to L18 of learning.md 5, and what its type asks for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import combinations

from quizzes.domain.items import Item, Option, number
from quizzes.domain.quality.finding import Finding
from quizzes.domain.quality.shape import SELECT, SHAPES
from quizzes.domain.quality.text import HEDGE, absolutes, reading_grade, sentences, shown, terms, words

#: Bounds of learning.md 5. Lengths are characters as a person reads them.
LONGEST_STEM_WORDS, HARDEST_GRADE, FEWEST_STEM_WORDS = 120, 14.0, 6
KEY_RATIO, KEY_AHEAD = 1.4, 15
LENGTH_RATIO, LENGTH_FROM = 2.5, 25

_ALL_OF = re.compile(r"\b(all|none|both|neither) of the (above|options|other (options|answers|choices))|\b(both )?[A-F] and [A-F]\b", re.I)
#: A question that asks for what is wrong. "Which setting makes sure that nothing is not lost" does not: its "not" hangs on another clause.
_NEGATIVE = re.compile(
    r"\b(?:which|what|who)\b(?:(?!\b(?:that|so|when|if|because|while|whose|where|to|who|without|but)\b)[^?.,])*?"
    r"(?:\b(?P<not>not|never|cannot)\b|\w(?P<nt>n't|n’t)\b)"
    r"|\b(?P<except>except)\b|\b(?P<least>least) (?:likely|suitable|appropriate|effective|useful|true|accurate)\b",
    re.I,
)
_EMPHASISED = re.compile(r"\*\*[^*]*\*\*|__[^_]*__")
_BLANK = re.compile(r"_{3,}|…{1,}|\.{4,}")
_ENDS_OPEN = re.compile(r"\b(?P<word>an?|is|are)\s*(?:[:…]|_{2,}|\.{3})?\s*$", re.I)
_OPINION = re.compile(
    r"\b(best|optimal|ideal|most (?:suitable|appropriate|effective|sensible|reasonable|useful)|recommended way)\b", re.I
)
_CRITERION = re.compile(
    r"cost|cheap|price|paid?\b|bill|expens|latenc|fast|quick|speed|delay|slow|effort|overhead|operat|manage|mainten|maintain|secur|privilege|durab|availab"
    r"|resilien|reliab|simpl|scal|throughput|loss|lose|lost|compl|least|fewest|lowest|minimi|without|control",
    re.I,
)
_VAGUE = re.compile(r"\b(a lot of|lots of|various|several|numerous|a number of|and so on|etc)\b", re.I)
_OPPOSITES = [
    {"raise", "lower"}, {"increase", "decrease"}, {"enable", "disable"}, {"on", "off"}, {"before", "after"}, {"with", "without"}, {"allow", "deny"},
    {"synchronous", "asynchronous"}, {"synchronously", "asynchronously"}, {"public", "private"}, {"more", "less"}, {"more", "fewer"},
    {"higher", "lower"}, {"longer", "shorter"}, {"larger", "smaller"}, {"always", "never"}, {"all", "none"}, {"is", "isn"}, {"add", "remove"},
]  # fmt: skip
_NEGATIONS = {"not", "no", "never"}


def findings(item: Item) -> list[Finding]:
    """Everything that can be said of one item alone, errors first."""
    found = [*SHAPES[item.type](item), *_stem(item), *_sources(item), *_options(item)]
    if item.is_choice:
        found += [*_giveaways(item), *_parallel(item)]
    return sorted(found, key=lambda finding: finding.level)


def errors(item: Item) -> list[Finding]:
    return [finding for finding in findings(item) if finding.level == "error"]


# -- the stem --------------------------------------------------------------------------------------------------------


def _stem(item: Item) -> Iterable[Finding]:
    stem = item.stem.strip()
    count = len(stem.split())
    if len(words(stem)) < FEWEST_STEM_WORDS:
        yield Finding("L11", "error", "stem", "The stem is too short to be a question. Describe a situation and ask something.")
    elif "?" not in stem and not SELECT.search(stem) and not stem.endswith("."):
        yield Finding("L11", "warning", "stem", "The stem asks nothing. End it with a question.")
    if _BLANK.search(stem) and not _BLANK.search(stem[-8:]):
        yield Finding("L11", "warning", "stem", "There is a blank in the middle of the stem. Ask a question instead.")
    if count > LONGEST_STEM_WORDS:
        yield Finding("L17", "warning", "stem", f"The stem has {count} words; keep it within {LONGEST_STEM_WORDS}.")
    elif (grade := reading_grade(stem)) > HARDEST_GRADE:
        yield Finding(
            "L17", "warning", "stem", f"The stem is hard to read (grade {grade:.0f}; at most {HARDEST_GRADE:.0f}). Cut its sentences."
        )
    yield from _negative(stem)
    if _OPINION.search(_question(stem)) and not _CRITERION.search(stem):
        yield Finding("L18", "warning", "stem", "“Best” by what measure? Name it: cost, latency, operational effort, durability.")
    if (opening := _ENDS_OPEN.search(stem)) and item.is_choice:
        yield from _articles(item, opening["word"].lower())


def _question(stem: str) -> str:
    """The sentences that ask."""
    return " ".join(part for part in sentences(stem) if "?" in part) or (sentences(stem) or [""])[-1]


def _negative(stem: str) -> Iterable[Finding]:
    for sentence in sentences(stem):
        if "?" not in sentence and not SELECT.search(sentence):
            continue
        found = _NEGATIVE.search(sentence)
        if not found:
            continue
        word = next(text for text in (found["not"], found["nt"], found["except"], found["least"]) if text)
        bold = any(word in part for part in _EMPHASISED.findall(sentence))
        if word.isupper() or bold:
            yield Finding("L02", "warning", "stem", "The question asks for what is wrong. Ask for what is right where you can.")
        else:
            yield Finding(
                "L02", "error", "stem", "The question is negative, and easily misread. Ask for what is right, or write NOT in capitals."
            )
        return


def _articles(item: Item, word: str) -> Iterable[Finding]:
    first = [(words(shown(option)) or [""])[0] for option in item.options]
    if word in ("a", "an"):
        fits = [(text[:1] in "aeiou") == (word == "an") for text in first]
    else:
        fits = [text.endswith("s") == (word == "are") for text in first]
    if not all(fits):
        yield Finding("L06", "error", "stem", f"The stem ends with “{word}”, which does not fit every option. Move it into the options.")


# -- sources and options ---------------------------------------------------------------------------------------------


def _sources(item: Item) -> Iterable[Finding]:
    if not item.sources:
        yield Finding(
            "L15", "error", "sources", "No source is named. Add the page that proves the key, with its address and the day you read it."
        )
    for source in item.sources:
        if not source.title.strip():
            yield Finding("L15", "error", "sources", f"The source {source.url} has no title. Write the title of the page.")
        if not source.url.startswith("https://"):
            yield Finding("L15", "error", "sources", f"The source {source.title!r} needs an address that starts with https://.")


def _options(item: Item) -> Iterable[Finding]:
    seen: dict[tuple[str, ...], int] = {}
    for n, option in enumerate(item.options):
        field = f"option-{n}"
        text = _said(option)
        if not text:
            yield Finding("L10", "error", field, "This option is empty. Write it or remove it.")
        elif text in seen:
            yield Finding("L10", "error", field, f"This option says the same as option {seen[text] + 1}. Change one of them.")
        seen.setdefault(text, n)
        if len(words(option.why)) < 3:
            yield Finding("L15", "error", field, "The rationale is missing. Say why this option is right or wrong.")
        if _ALL_OF.search(option.text):
            yield Finding("L01", "error", field, "This option speaks of other options, and they are shuffled. Say what it means instead.")
        if item.is_choice and _VAGUE.search(option.text):
            yield Finding("L18", "warning", field, "This option is vague about how much or what else. Say it exactly.")
    values = [_value(option) for option in item.options]
    found = [value for value in values if value]
    if item.is_choice and len(found) == len(values) and len({unit for _, unit in found}) == 1:
        numbers = [amount for amount, _ in found]
        if numbers not in (sorted(numbers), sorted(numbers, reverse=True)):
            yield Finding("L10", "error", "options", "The options are numbers and stand in no order. Sort them.")


def _value(option: Option) -> tuple[float, str] | None:
    """The number that an option is, with its unit; None for anything else."""
    parts = shown(option).replace(",", "").lstrip("$").rstrip(".").split()
    found = number(parts[0]) if parts and len(parts) <= 2 else None
    return None if found is None else (float(found), " ".join(parts[1:]))


def _said(option: Option) -> tuple[str, ...]:
    """What an option says, whatever its case and punctuation; a sign that is all there is counts."""
    return tuple(word.strip("\"'.,;:!?()") or word for word in shown(option).lower().split())


# -- what gives the key away -----------------------------------------------------------------------------------------


def _giveaways(item: Item) -> Iterable[Finding]:
    keys = [option for option in item.options if option.key]
    rest = [option for option in item.options if not option.key]
    if not keys or not rest:
        return
    yield from _lengths(item, keys, rest)
    yield from _absolutes(keys, rest)
    yield from _echoes(item)
    yield from _contained(item)
    hedged = [bool(HEDGE.search(option.text)) for option in keys]
    if all(hedged) and not any(HEDGE.search(option.text) for option in rest):
        yield Finding("L12", "warning", "options", "The key alone is careful (may, can, usually), which gives it away. Say it plainly.")


def _lengths(item: Item, keys: Sequence[Option], rest: Sequence[Option]) -> Iterable[Finding]:
    if item.type == "single":
        mean = sum(len(shown(option)) for option in rest) / len(rest)
        longest = max(len(shown(option)) for option in rest)
        length = len(shown(keys[0]))
        if length > KEY_RATIO * mean and length >= longest + KEY_AHEAD:
            yield Finding(
                "L04",
                "error",
                f"option-{item.options.index(keys[0])}",
                "The key is much longer than the other options, which gives it away. Shorten it, or say more in the others.",
            )
    lengths = [len(shown(option)) for option in item.options]
    if min(lengths) > LENGTH_FROM and max(lengths) > LENGTH_RATIO * min(lengths):
        yield Finding("L05", "warning", "options", "One option is more than twice as long as another. Bring them closer.")


def _absolutes(keys: Sequence[Option], rest: Sequence[Option]) -> Iterable[Finding]:
    right, wrong = ([absolutes(option.text) > 0 for option in options] for options in (keys, rest))
    if not any((*right, *wrong)) or all((*right, *wrong)):
        return
    if any(right):
        yield Finding(
            "L03", "warning", "options", "Some options speak in absolutes (always, never, only, all, must) and some do not. Take them out."
        )
    else:
        yield Finding(
            "L03",
            "error",
            "options",
            "Absolute words (always, never, only, every, all, none, must) stand in wrong options alone, which gives them away. Take them out.",
        )


def _echoes(item: Item) -> Iterable[Finding]:
    """Words of the stem in the key alone (L08), and a key that has something in common with every other option (L09)."""
    asked = terms(item.stem)
    said = [terms(shown(option)) for option in item.options]
    count = Counter(term for option in said for term in option)
    own = [{term for term in option & asked if count[term] == 1} for option in said]
    if item.type == "single":
        key = next(n for n, option in enumerate(item.options) if option.key)
        if own[key] and not any(echo for n, echo in enumerate(own) if n != key):
            named = ", ".join(sorted(_in_full(own[key], item.options[key])))
            yield Finding(
                "L08", "warning", f"option-{key}", f"The key alone repeats words of the stem ({named}). Let another option repeat one too."
            )
        converging = [all(len(one & other) >= 2 for m, other in enumerate(said) if m != n) for n, one in enumerate(said)]
        if converging[key] and sum(converging) == 1:
            yield Finding("L09", "warning", f"option-{key}", "The key alone has words in common with every other option. Vary it, or them.")


def _in_full(stems: Iterable[str], option: Option) -> set[str]:
    wanted = set(stems)
    return {word for word in words(shown(option)) if terms(word) & wanted}


def _contained(item: Item) -> Iterable[Finding]:
    said = [words(shown(option)) for option in item.options]
    for (n, one), (m, other) in combinations(enumerate(said), 2):
        short, long = sorted((one, other), key=len)
        if len(short) < len(long) and len(short) >= 2 and _is_part(short, long):
            yield Finding(
                "L13",
                "warning",
                f"option-{m}",
                f"This option contains option {n + 1}, or the other way round. Make them exclude each other.",
            )
        elif _are_opposites(one, other):
            yield Finding(
                "L13",
                "warning",
                f"option-{m}",
                f"This option is the exact opposite of option {n + 1}, so one of the two must be right. Change one.",
            )


def _is_part(short: Sequence[str], long: Sequence[str]) -> bool:
    return any(list(long[n : n + len(short)]) == list(short) for n in range(len(long) - len(short) + 1))


def _are_opposites(one: Sequence[str], other: Sequence[str]) -> bool:
    if len(one) == len(other):
        unlike = [{a, b} for a, b in zip(one, other, strict=True) if a != b]
        return len(unlike) == 1 and unlike[0] in _OPPOSITES and len(one) >= 2
    short, long = sorted((one, other), key=len)
    plain = [word for word in long if word not in _NEGATIONS]
    return len(long) == len(short) + 1 and len(plain) == len(short) and plain == list(short)


# -- whether options are built alike ---------------------------------------------------------------------------------

_CLASSES = {
    "article": ["a", "an", "the", "this", "that", "these", "those", "one", "each", "another", "its", "their", "your"],
    "preposition": ["in", "on", "by", "from", "at", "with", "without", "into", "through", "under", "over", "after", "before", "between", "during", "via", "of", "for"],
    "clause": ["if", "when", "because", "while", "unless", "since", "although", "whether", "that"],
    "infinitive": ["to"],
    "verb": ["add", "allow", "attach", "assign", "call", "change", "choose", "configure", "convert", "copy", "create", "cut", "deploy", "disable", "enable", "ensure", "give", "grant", "increase", "invoke", "keep", "let", "lower", "make", "mark", "migrate", "move", "place", "publish", "put", "raise", "read", "reduce", "remove", "replace", "rotate", "route", "run", "save", "send", "set", "shorten", "split", "start", "stop", "store", "subscribe", "switch", "tag", "turn", "use", "wrap", "write"],
}  # fmt: skip
_CLASS_OF = {word: name for name, members in _CLASSES.items() for word in members}


def _parallel(item: Item) -> Iterable[Finding]:
    """Options that are built otherwise than the rest: another first word, another end, code where the others have none."""
    texts = [option.text.strip() for option in item.options]
    ends = [text[-1:] in ".?!" for text in texts]
    if any(ends) and not all(ends):
        yield Finding("L07", "warning", "options", "Some options end with a full stop and some do not. End them alike.")
    code = [text.startswith("`") and text.endswith("`") and text.count("`") == 2 for text in texts]
    if sum(code) in (1, len(code) - 1) and len(code) > 2:
        yield Finding("L07", "warning", "options", "One option differs from the rest by being code, or by not being it. Write them alike.")
    classes = [_first_class(text) for text in texts]
    odd = _odd_one(classes)
    if odd is not None:
        yield Finding(
            "L07", "warning", f"option-{odd}", f"This option begins as {_TOLD[str(classes[odd])]}, unlike the others. Build them alike."
        )


_TOLD = {
    "article": "a noun", "preposition": "a preposition", "clause": "a clause", "infinitive": "an infinitive", "verb": "an instruction",
    "gerund": "an -ing form", "number": "a number",
}  # fmt: skip


def _first_class(text: str) -> str | None:
    """What kind of word a text begins with, as far as that can be told without a dictionary."""
    first = (text.split() or [""])[0].strip("`*_,.:;").lower()
    if first[:1].isdigit() or first[:1] == "$":
        return "number"
    if len(first) > 5 and first.endswith("ing") and not first.endswith("thing"):
        return "gerund"
    return _CLASS_OF.get(first)


def _odd_one(classes: Sequence[str | None]) -> int | None:
    """The place of the one option that begins otherwise than all the others, if the beginnings of all are known."""
    if None in classes or len(classes) < 3:
        return None
    count = Counter(classes)
    if len(count) != 2:
        return None
    rare, often = (name for name, _ in sorted(count.items(), key=lambda entry: entry[1]))
    return classes.index(rare) if count[rare] == 1 and count[often] > 1 else None
