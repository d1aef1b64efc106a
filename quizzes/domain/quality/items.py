"""What can be said of one question alone: the rules L01 to L18 of learning.md 5, and what its type asks for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Literal

from quizzes.domain.items import Item, Option, number
from quizzes.domain.pictures import ADDRESS, MARK, without
from quizzes.domain.quality.finding import Finding
from quizzes.domain.quality.shape import SHAPES
from quizzes.domain.quality.text import HEDGE, absolutes, reading_grade, sentences, shown, terms, without_code, words

#: Bounds of learning.md 5. Lengths are characters as a person reads them.
LONGEST_STEM_WORDS, HARDEST_GRADE, FEWEST_STEM_WORDS = 120, 14.0, 6
KEY_RATIO, KEY_AHEAD = 1.4, 15
LENGTH_RATIO, LENGTH_FROM = 2.5, 25

_ALL_OF = re.compile(
    r"\b(?:all|any|none|both|neither|either|each) of (?:the|these|those) (?:above|options|answers|choices|other (?:options|answers|choices))\b"
    r"|\b(?:all|none|any|both)(?: of)? the above\b|\b(?:options|answers|choices) above\b|^\W*(?:all|none|both|neither|either) of (?:these|those|them)\W*$"
    r"|(?:^|\b(?:both|either|neither|options?|answers?|choices?) )(?-i:[A-F])(?: and | or | & |, )(?:option )?(?-i:[A-F])\b",
    re.I,
)

# A negative question asks for what does not hold. The clause that asks ends at the first of these words; what is denied after it
# ("the events that cannot be processed") belongs to the situation.
_ASKS = re.compile(r"\b(?:which|what|who|where|when|how)\b", re.I)
_CLAUSE_END = re.compile(
    r"[,;:()–]|\b(?:that|which|who|whose|whom|where|when|if|unless|because|so|while|although|before|after|until|with|without|since|than|to|but|why|how|what|whether|sure|ensures?|guarantees?)\b",
    re.I,
)
_NOT = re.compile(r"(?<!\band )(?<!\bor )(?:\bnot\b(?! only| just| to\b|\s*$)|\bnever\b|\bcannot\b|\w(?:n't|n’t)\b)", re.I)
_EXCEPT = re.compile(r"\bexcept\b(?! for\b| that\b)", re.I)
_LEAST = re.compile(
    r"\bleast (?:likely|suitable|suited|appropriate|effective|useful|true|correct|accurate|helpful)\b|\b(?:fits?|helps?|suits?) (?:\w+ )?least\b",
    re.I,
)
_LOUD = re.compile(r"\b(?:NOT|NEVER|CANNOT|EXCEPT|LEAST)\b|\*(?:not|never|cannot|except|least)\*")

_DIRECTIVE = re.compile(
    r"^\W*(?:(?:now|then|first|please) )?(?:choose|select|pick|name|identify|match|order|arrange|put|sort|rank|compute|calculate|work out|give|find|complete"
    r"|decide|determine|say|type|enter|assign|pair|place|bring|estimate|round|list|connect|tell|mark)\b",
    re.I,
)
_BLANK = re.compile(r"(?:_{2,}|…|\.{3,})(?=\W*\w)")
_ENDS_OPEN = re.compile(r"\b(?P<word>an?|is|are)\s*(?:[:…]|_{2,}|\.{3})?\s*$", re.I)
_OPINION = re.compile(r"\b(best|optimal|ideal|most (?:suitable|appropriate|effective|sensible|reasonable|useful)|recommended way)\b", re.I)
_CRITERION = re.compile(
    r"cost|cheap|price|paid?\b|bill|expens|latenc|fast|quick|speed|delay|slow|effort|overhead|operat|manage|mainten|maintain|secur|privilege|durab|availab"
    r"|resilien|reliab|simpl|scal|throughput|loss|lose|lost|compl|least|fewest|lowest|minimi|without|control",
    re.I,
)
_VAGUE = re.compile(
    r"\b(a lot of|lots of|various|numerous|a number of|and so on|etc|quite|fairly|somewhat|rather(?! than)|relatively|plenty of)\b", re.I
)
_OPPOSITES = {
    frozenset(pair.split("/"))
    for pair in [
        "raise/lower",
        "raises/lowers",
        "increase/decrease",
        "increases/decreases",
        "enable/disable",
        "enables/disables",
        "enabled/disabled",
        "on/off",
        "up/down",
        "before/after",
        "with/without",
        "allow/deny",
        "allows/denies",
        "synchronous/asynchronous",
        "synchronously/asynchronously",
        "public/private",
        "more/less",
        "more/fewer",
        "higher/lower",
        "longer/shorter",
        "larger/smaller",
        "largest/smallest",
        "always/never",
        "all/none",
        "is/isn",
        "add/remove",
        "adds/removes",
        "start/stop",
        "starts/stops",
        "rise/fall",
        "rises/falls",
        "grows/shrinks",
        "faster/slower",
        "first/last",
        "inside/outside",
        "true/false",
        "encrypted/unencrypted",
        "ordered/unordered",
        "doubles/halves",
        "accepted/rejected",
        "include/exclude",
        "includes/excludes",
        "can/cannot",
    ]
}
_NEGATIONS = {"not", "no", "never"}


def findings(item: Item) -> list[Finding]:
    """Everything that can be said of one item alone, errors first."""
    found = [*SHAPES[item.type](item), *_stem(item), *_sources(item), *_options(item), *_pictures(item)]
    if item.is_choice:
        found += [*_giveaways(item), *_parallel(item)]
    return sorted(found, key=lambda finding: finding.level)


def errors(item: Item) -> list[Finding]:
    return [finding for finding in findings(item) if finding.level == "error"]


# -- pictures --------------------------------------------------------------------------------------------------------


def _pictures(item: Item) -> Iterable[Finding]:
    """Who hears a question needs the words of its pictures, and a choice of partners shows words alone."""
    texts = [("stem", item.stem), *((f"option-{n}", text) for n, option in enumerate(item.options) for text in (option.text, option.why))]
    for field, text in texts:
        if any(ADDRESS.fullmatch(found["address"]) and not found["words"].strip() for found in MARK.finditer(text)):
            yield Finding("picture", "error", field, "A picture has no words. Write between ![ and ] what it shows.")
    matches = [(f"option-{n}", option.match) for n, option in enumerate(item.options)]
    for field, text in [*matches, *(("targets_extra", text) for text in item.targets_extra)]:
        if ADDRESS.search(text):
            yield Finding("picture", "error", field, "A partner holds words alone. Take the picture out, and say in words what it shows.")


def lost_picture(item: Item, address: str) -> Finding:
    """That a picture is not here; the caller has looked."""
    holders = (f"option-{n}" for n, option in enumerate(item.options) if address in option.text + option.why + option.match)
    field = "stem" if address in item.stem else next(holders, "stem")
    return Finding("picture", "error", field, f"There is no picture {address[:20]}… here. Bring it again, or take its mark out.")


# -- the stem --------------------------------------------------------------------------------------------------------


def _stem(item: Item) -> Iterable[Finding]:
    stem = without(item.stem, lambda address: True).strip()  # a picture is its words
    count = len(stem.split())
    if len(words(stem)) < FEWEST_STEM_WORDS:
        yield Finding("L11", "error", "stem", "The stem is too short to be a question. Describe a situation and ask something.")
    elif "?" not in stem and not any(_DIRECTIVE.match(sentence) for sentence in sentences(stem)):
        yield Finding(
            "L11", "warning", "stem", "The stem asks nothing. End it with a question, or say what to do: Choose, Match, Put in order."
        )
    if _BLANK.search(without_code(stem)):
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


def negative(stem: str) -> Literal["", "quiet", "loud"]:
    """Whether a stem asks for what does not hold: no, quietly, or with the word in capitals or bold."""
    found = sentences(without_code(stem))
    asking = [sentence for sentence in found if "?" in sentence] or [sentence for sentence in found if _DIRECTIVE.match(sentence)]
    for sentence in asking:
        directive = _DIRECTIVE.match(sentence)
        denied = _NOT.search(sentence if directive else _asking_clause(sentence))
        if denied or _EXCEPT.search(sentence) or _LEAST.search(sentence):
            return "loud" if _LOUD.search(sentence) else "quiet"
    return ""


def _asking_clause(sentence: str) -> str:
    start = _ASKS.search(sentence)
    if not start:
        return ""
    rest = sentence[start.end() :]
    end = _CLAUSE_END.search(rest)
    return rest[: end.start()] if end else rest


def _negative(stem: str) -> Iterable[Finding]:
    tone = negative(stem)
    if tone == "loud":
        yield Finding("L02", "warning", "stem", "The question asks for what is wrong. Ask for what is right where you can.")
    elif tone == "quiet":
        yield Finding(
            "L02", "error", "stem", "The question is negative, and easily misread. Ask for what is right, or write NOT in capitals."
        )


def _articles(item: Item, word: str) -> Iterable[Finding]:
    said = [shown(option) for option in item.options]
    if word in ("a", "an"):
        wrong = [n for n, text in enumerate(said) if _sounds_open(text) is (word == "a")]
    else:
        wrong = [n for n, text in enumerate(said) if _is_plural(text) is (word == "is")]
    if wrong:
        yield Finding(
            "L06",
            "error",
            "stem",
            f"The stem ends with “{word}”, which does not fit option {wrong[0] + 1}. Move it into the options, or ask a question.",
        )


def _sounds_open(text: str) -> bool | None:
    """Whether a text begins with the sound of a vowel; None where that cannot be told: is SQS read as letters or as a word?"""
    first = (text.split() or [""])[0].strip("\"'“”()*`,.")
    if not first[:1].isalpha() or (len(first) > 1 and first.isupper()):
        return None
    low = first.lower()
    return (low[0] in "aeiou" and not low.startswith(("uni", "use", "usu", "uti", "eu", "one", "once"))) or low.startswith(
        ("hour", "honest", "heir")
    )


_ONE = {"a", "an", "one", "this", "each", "every"}
_SEVERAL = {"two", "three", "four", "several", "both", "many", "these", "those", "all"}


def _is_plural(text: str) -> bool | None:
    """Whether an option speaks of several things; None where that cannot be told without a grammar."""
    found = words(text) or [""]
    if found[0] in _ONE or found[0] in _SEVERAL:
        return found[0] in _SEVERAL
    return True if len(found) <= 2 and found[-1].endswith("s") and not found[-1].endswith(("ss", "us", "is", "aws", "qs", "ns")) else None


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
    values = [_value(shown(option)) for option in item.options]
    found = [value for value in values if value]
    if item.is_choice and len(found) == len(values) and len({unit for _, unit in found}) == 1:
        numbers = [amount for amount, _ in found]
        if numbers not in (sorted(numbers), sorted(numbers, reverse=True)):
            yield Finding("L10", "error", "options", "The options are numbers and stand in no order. Sort them.")


_SPELT = {
    word: float(n)
    for n, word in enumerate(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"])
}
_SPELT |= {"once": 1.0, "twice": 2.0}
#: Units that are parts of each other, in the smallest: seconds and bytes.
_UNITS = {
    "ms": (0.001, "s"), "millisecond": (0.001, "s"), "second": (1, "s"), "s": (1, "s"), "minute": (60, "s"), "min": (60, "s"), "hour": (3600, "s"),
    "h": (3600, "s"), "day": (86400, "s"), "week": (604800, "s"), "month": (2629800, "s"), "year": (31557600, "s"), "byte": (1, "b"),
    "kb": (1024, "b"), "kib": (1024, "b"), "mb": (1024**2, "b"), "mib": (1024**2, "b"), "gb": (1024**3, "b"), "gib": (1024**3, "b"),
    "tb": (1024**4, "b"), "tib": (1024**4, "b"),
}  # fmt: skip


def _value(text: str) -> tuple[float, str] | None:
    """The number that an option is, with its unit (seconds for all times, bytes for all sizes); None for anything else."""
    parts = text.replace(",", "").replace("$", "USD ").rstrip(".").split()
    if len(parts) == 2 and parts[0].isalpha() and parts[0].isupper():
        parts.reverse()  # USD 8
    found = number(parts[0]) if parts and len(parts) <= 2 else None
    amount = _SPELT.get(parts[0].lower()) if parts and len(parts) <= 2 and found is None else found
    if amount is None:
        return None
    unit = " ".join(parts[1:]).lower()
    factor, name = _UNITS.get(unit, _UNITS.get(unit.removesuffix("s"), (1, unit.removesuffix("s"))))
    return float(amount) * factor, name


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
    if all(_value(shown(option)) for option in item.options):
        return  # numbers of the stem are what a sum is made of
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
    """Where every option has its partner (with caching, without caching; large, small), the partners tell nothing: one pair alone does."""
    said = [words(shown(option)) for option in item.options]
    pairs = list(combinations(range(len(said)), 2))
    holding = [(a, b) for a, b in pairs if _is_part(*sorted((said[a], said[b]), key=len))]
    if holding and not _all_paired(holding, len(said)):
        short, long = sorted(holding[0], key=lambda n: len(said[n]))
        yield Finding(
            "L13",
            "warning",
            f"option-{long}",
            f"This option says what option {short + 1} says, and more, so both may seem right. Make them exclude each other.",
        )
    opposite = [(a, b) for a, b in pairs if _are_opposites(said[a], said[b])]
    if opposite and not _all_paired(opposite, len(said)):
        a, b = opposite[0]
        yield Finding(
            "L13",
            "warning",
            f"option-{b}",
            f"This option is the exact opposite of option {a + 1}, as if one of the two must be right. Change one, or give the others opposites too.",
        )


def _all_paired(pairs: Sequence[tuple[int, int]], count: int) -> bool:
    return len({n for pair in pairs for n in pair}) >= count - count % 2 and len(pairs) > 1


def _is_part(short: Sequence[str], long: Sequence[str]) -> bool:
    if not 2 <= len(short) < len(long):
        return False
    return any(list(long[n : n + len(short)]) == list(short) for n in range(len(long) - len(short) + 1))


def _are_opposites(one: Sequence[str], other: Sequence[str]) -> bool:
    if len(one) == len(other):
        unlike = [frozenset((a, b)) for a, b in zip(one, other, strict=True) if a != b]
        return len(unlike) == 1 and unlike[0] in _OPPOSITES and len(one) >= 2
    short, long = sorted((one, other), key=len)
    bare = [word for word in long if word not in _NEGATIONS]
    return len(long) == len(short) + 1 and len(bare) == len(short) and bare == list(short)


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
