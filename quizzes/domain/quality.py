"""What is wrong with a question before anybody sees it: rules on one item, and on an item among its neighbours.

Errors keep a question from being published; warnings ask for a second look. Ids are those of learning.md 5.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import log, sqrt
from typing import Literal

from quizzes.domain.items import Item, Option, near, number
from quizzes.domain.markdown import inline, plain

#: Two stems this alike (cosine of TF-IDF over words and pairs) are one question asked twice (learning.md 5).
DUPLICATE_COSINE = 0.90

_ALL_OF = re.compile(r"\b(all|none|both|neither) of the (above|options|other (options|answers|choices))|\b(both )?[A-F] and [A-F]\b", re.I)
_NEGATIVE = re.compile(r"(?<!but )\b(not|except|least likely|cannot)\b(?=[^?.]*\?)")
_ABSOLUTE = re.compile(r"\b(always|never|only|every|must|all|none|guarantees?)\b", re.I)
_SELECT = re.compile(r"select (two|three|four)", re.I)
_NUMBERS = {2: "TWO", 3: "THREE", 4: "FOUR"}
_WORD = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend. `field` is stem, type, options, sources, objective or option-N (N from 0)."""

    rule: str
    level: Literal["error", "warning"]
    field: str
    message: str


def findings(item: Item) -> list[Finding]:
    """Everything that can be said of one item alone, errors first."""
    shape = _shape(item) if item.is_choice else PRACTICE_SHAPES[item.type](item)
    found = [*shape, *_texts(item), *(_giveaways(item) if item.is_choice else ())]
    return sorted(found, key=lambda finding: finding.level)


def errors(item: Item) -> list[Finding]:
    return [finding for finding in findings(item) if finding.level == "error"]


def _shape(item: Item) -> Iterable[Finding]:
    keys, count = len(item.key), len(item.options)
    if not keys:
        yield Finding("key", "error", "options", "No option is marked as key. Mark the right one.")
    if item.type == "single":
        if keys > 1:
            yield Finding(
                "key",
                "error",
                "options",
                f"{keys} options are marked as key, but single choice has one. Unmark the others, or make it a multiple response.",
            )
        if _SELECT.search(item.stem):
            yield Finding(
                "L14",
                "error",
                "stem",
                "The stem asks to select several, but single choice has one key. Take that out, or make it a multiple response.",
            )
        if not 3 <= count <= 5:
            yield Finding("L10", "error", "options", f"Single choice has 3 to 5 options, 4 in the exam; this has {count}.")
    else:
        if keys == 1:
            yield Finding(
                "key", "error", "options", "A multiple response has two or more keys; this has one. Mark another, or make it single choice."
            )
        if keys and keys == count:
            yield Finding("key", "error", "options", "Every option is marked as key. Write some that are wrong.")
        if not 5 <= count <= 6:
            yield Finding("L10", "error", "options", f"A multiple response has 5 or 6 options; this has {count}.")
        said = _SELECT.search(item.stem)
        if keys > 1 and (not said or said[1].upper() != _NUMBERS.get(keys)):
            yield Finding("L14", "error", "stem", f"End the stem with (Select {_NUMBERS.get(keys, keys)}.), as many as there are keys.")


def _no_keys(item: Item) -> Iterable[Finding]:
    for n, option in enumerate(item.options):
        if option.key:
            yield Finding("key", "error", f"option-{n}", "This type has no key: take the mark off.")


def _ordering_shape(item: Item) -> Iterable[Finding]:
    yield from _no_keys(item)
    if not 3 <= len(item.options) <= 6:
        yield Finding("L10", "error", "options", f"An ordering has 3 to 6 steps, in their right order; this has {len(item.options)}.")


def _matching_shape(item: Item) -> Iterable[Finding]:
    yield from _no_keys(item)
    if not 3 <= len(item.options) <= 6:
        yield Finding("L10", "error", "options", f"A matching has 3 to 6 options; this has {len(item.options)}.")
    for n, option in enumerate(item.options):
        if not option.match:
            yield Finding("key", "error", f"option-{n}", "Nothing is matched with this option. Write what belongs to it.")
    if len({option.match for option in item.options}) < 2:
        yield Finding(
            "key", "error", "options", "All options have the same partner, so there is nothing to tell apart. Give them two at least."
        )
    if len(item.targets_extra) > 3:
        yield Finding("L10", "error", "options", f"At most 3 partners may fit nothing; this has {len(item.targets_extra)}.")
    spare = {option.match for option in item.options}.intersection(item.targets_extra)
    if spare:
        yield Finding("L10", "error", "options", f"“{min(spare)}” is a partner and stands among those that fit nothing. Take it out there.")


def _numeric_shape(item: Item) -> Iterable[Finding]:
    keys = [option for option in item.options if option.key]
    if len(keys) != 1:
        yield Finding("key", "error", "options", f"A numeric question has one key, the right number; this has {len(keys)}.")
    if not 2 <= len(item.options) <= 5:
        yield Finding("L10", "error", "options", "Beside the key name 1 to 4 wrong results that people get, each with what went wrong.")
    if number(item.tolerance) is None or item.tolerance.startswith("-"):
        yield Finding("L10", "error", "type", "The tolerance is not a number. Write how far off an answer may be, for example 0.01 or 0.")
    for n, option in enumerate(item.options):
        if number(option.text) is None:
            yield Finding("L10", "error", f"option-{n}", "This is not a plain number. Write digits and a decimal point, for example 0.25.")
        elif len(keys) == 1 and not option.key and near(item, option.text, keys[0].text):
            yield Finding("L10", "error", f"option-{n}", "This wrong result would count as right. Change it, or lower the tolerance.")


PRACTICE_SHAPES = {"ordering": _ordering_shape, "matching": _matching_shape, "numeric": _numeric_shape}


def _texts(item: Item) -> Iterable[Finding]:
    if len(words(item.stem)) < 6:
        yield Finding("L11", "error", "stem", "The stem is too short to be a question. Describe a situation and ask something.")
    elif "?" not in item.stem and not _SELECT.search(item.stem) and not item.stem.rstrip().endswith("."):
        yield Finding("L11", "warning", "stem", "The stem asks nothing. End it with a question.")
    if len(item.stem.split()) > 120:
        yield Finding("L17", "warning", "stem", f"The stem has {len(item.stem.split())} words; keep it within 120.")
    if _NEGATIVE.search(item.stem):
        yield Finding("L02", "warning", "stem", "The question is negative. Ask for what is right, or write NOT in capitals.")
    if not item.sources:
        yield Finding(
            "L15", "error", "sources", "No source is named. Add the page that proves the key, with its address and the day you read it."
        )
    for source in item.sources:
        if not source.title.strip():
            yield Finding("L15", "error", "sources", f"The source {source.url} has no title. Write the title of the page.")
        if not source.url.startswith("https://"):
            yield Finding("L15", "error", "sources", f"The source {source.title!r} needs an address that starts with https://.")
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


def _giveaways(item: Item) -> Iterable[Finding]:
    keys = [option for option in item.options if option.key]
    rest = [option for option in item.options if not option.key]
    if not keys or not rest:
        return
    if item.type == "single":
        mean = sum(len(shown(option)) for option in rest) / len(rest)
        longest = max(len(shown(option)) for option in rest)
        length = len(shown(keys[0]))
        if length > 1.4 * mean and length >= longest + 15:
            yield Finding(
                "L04",
                "error",
                f"option-{item.options.index(keys[0])}",
                "The key is much longer than the other options, which gives it away. Shorten it, or say more in the others.",
            )
    lengths = [len(shown(option)) for option in item.options]
    if min(lengths) > 25 and max(lengths) > 2.5 * min(lengths):
        yield Finding("L05", "warning", "options", "One option is more than twice as long as another. Bring them closer.")
    absolute = [bool(_ABSOLUTE.search(option.text)) for option in rest]
    if sum(absolute) >= 2 and not any(_ABSOLUTE.search(option.text) for option in keys):
        yield Finding(
            "L03",
            "warning",
            "options",
            "Absolute words (always, never, only, all, must) stand in wrong options alone, which gives them away.",
        )


def shown(option: Option) -> str:
    """The option's text as a person reads it."""
    return plain(inline(option.text))


def _said(option: Option) -> tuple[str, ...]:
    """What an option says, whatever its case and punctuation; a sign that is all there is counts."""
    return tuple(word.strip("\"'.,;:!?()") or word for word in shown(option).lower().split())


def words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def near_duplicates(stem: str, others: Mapping[str, str], *, threshold: float = DUPLICATE_COSINE) -> list[tuple[str, float]]:
    """Names of `others` (name to stem) whose stem is nearly the same, with the cosine, the closest first."""
    documents = {"": _terms(stem), **{name: _terms(text) for name, text in others.items()}}
    frequency = Counter(term for terms in documents.values() for term in set(terms))
    vectors = {
        name: {term: count * log(1 + len(documents) / frequency[term]) for term, count in terms.items()}
        for name, terms in documents.items()
    }
    mine = vectors.pop("")
    alike = ((name, _cosine(mine, vector)) for name, vector in vectors.items())
    return sorted((pair for pair in alike if pair[1] >= threshold), key=lambda pair: -pair[1])


def duplicate_pairs(stems: Mapping[str, str], *, threshold: float = DUPLICATE_COSINE) -> list[tuple[str, str, float]]:
    """Every pair of names whose stems are nearly the same, with the cosine, the closest first."""
    documents = {name: _terms(text) for name, text in stems.items()}
    frequency = Counter(term for terms in documents.values() for term in set(terms))
    vectors: dict[str, dict[str, float]] = {}
    for name, terms in documents.items():
        vector = {term: count * log(1 + len(documents) / frequency[term]) for term, count in terms.items()}
        size = sqrt(sum(value * value for value in vector.values())) or 1.0
        vectors[name] = {term: value / size for term, value in vector.items()}
    holders: dict[str, list[tuple[str, float]]] = {}
    pairs: list[tuple[str, str, float]] = []
    for name, vector in vectors.items():
        dots: Counter[str] = Counter()
        for term, value in vector.items():
            for other, weight in holders.get(term, ()):
                dots[other] += value * weight  # type: ignore[assignment]
            holders.setdefault(term, []).append((name, value))
        pairs += [(other, name, dot) for other, dot in dots.items() if dot >= threshold]
    return sorted(pairs, key=lambda pair: -pair[2])


def _terms(text: str) -> Counter[str]:
    found = words(text)
    return Counter([*found, *(f"{a} {b}" for a, b in pairwise(found))])


def _cosine(a: Mapping[str, float], b: Mapping[str, float]) -> float:
    dot = sum(value * b.get(term, 0.0) for term, value in a.items())
    size = sqrt(sum(v * v for v in a.values())) * sqrt(sum(v * v for v in b.values()))
    return dot / size if size else 0.0
