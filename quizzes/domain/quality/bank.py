"""A whole bank under the linter: what is wrong with each question, what is asked twice, and whether looks give keys away (learning.md 5, 6.3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import erfc, exp, gamma, sqrt
from typing import Literal

from quizzes.domain.items import Item
from quizzes.domain.quality.cues import Guess, Look, guesses, look, picked
from quizzes.domain.quality.duplicates import DUPLICATE_COSINE, duplicate_pairs
from quizzes.domain.quality.finding import Finding
from quizzes.domain.quality.items import findings
from quizzes.domain.quality.leaks import leaks
from quizzes.domain.quality.text import absolutes, shown

#: Fewer single-choice items than this, and a cue cannot be told from chance.
FEWEST = 200
TOO_FEW = "too few questions to tell"
#: How far from chance a cue may lead, and how far the guesser.
LEEWAY = 0.05
#: Beyond these z-scores the guesser's success is no accident, or may be one.
SURELY, PERHAPS = 2.6, 1.64
#: Stems that are looked at again, and those that have the same key as well.
REVIEW_COSINE, SAME_KEY_COSINE = 0.80, 0.70

Verdict = Literal["pass", "fail", "inconclusive", "information"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A question in the bank: its name, its family, its content, whether exams ask it, and where it is written."""

    name: str
    family: str
    item: Item
    in_exams: bool = True
    place: str = ""


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure of the bank. `n` is how many items it rests on."""

    name: str
    value: float
    n: int
    bar: str
    verdict: Verdict
    note: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two questions whose stems are alike: the cosine, and why they are listed."""

    one: str
    other: str
    cosine: float
    why: Literal["duplicate", "alike", "same key"]


@dataclass(frozen=True, slots=True)
class BankReport:
    """All that the linter has to say."""

    items: int
    counts: Mapping[str, Mapping[str, int]]
    findings: Mapping[str, Sequence[Finding]]
    pairs: Sequence[Pair]
    metrics: Sequence[Metric]
    guesses: Sequence[Guess]

    @property
    def failed(self) -> list[Metric]:
        return [metric for metric in self.metrics if metric.verdict == "fail"]

    @property
    def holds(self) -> bool:
        return not self.failed


def lint(entries: Iterable[Entry]) -> BankReport:
    """Judge a bank. Nothing is random: the same bank gives the same report."""
    bank = list(entries)
    found: dict[str, list[Finding]] = {entry.name: findings(entry.item) for entry in bank}
    for name, finding in leaks([(entry.name, entry.family, entry.item) for entry in bank if entry.in_exams]):
        found[name].append(finding)
    pairs, clusters = _pairs(bank)
    looks = [
        look(entry.name, clusters[entry.name], entry.item)
        for entry in bank
        if entry.item.type == "single" and len(entry.item.key) == 1 and len(entry.item.options) > 1
    ]
    guessed = guesses(looks)
    metrics = [
        *_rates(bank, found),
        *_duplicates(pairs, len(bank)),
        *_cues(looks),
        *_guesser(looks, guessed),
        *_positions(looks),
        *_lengths(bank, found),
        *_words(bank, found),
        *_levels(bank),
    ]
    return BankReport(len(bank), _counts(bank), {name: rows for name, rows in found.items() if rows}, pairs, metrics, guessed)


def _counts(bank: Sequence[Entry]) -> dict[str, dict[str, int]]:
    kinds = ("type", "topic", "level", "domain")
    return {kind: dict(sorted(Counter(str(getattr(entry.item, kind)) for entry in bank).items())) for kind in kinds}


def _at_most(name: str, value: float, bar: float, n: int, note: str = "") -> Metric:
    return Metric(name, value, n, f"≤ {bar:g}", "pass" if value <= bar + 1e-12 else "fail", note)


def _rates(bank: Sequence[Entry], found: Mapping[str, Sequence[Finding]]) -> Iterable[Metric]:
    levels = Counter(finding.level for rows in found.values() for finding in rows)
    n = len(bank)
    yield _at_most("errors", levels["error"], 0, n)
    yield _at_most("warnings per item", levels["warning"] / max(n, 1), 0.3, n)


# -- asked twice -----------------------------------------------------------------------------------------------------


def _pairs(bank: Sequence[Entry]) -> tuple[list[Pair], dict[str, str]]:
    """Stems that are alike outside one family, and the cluster of each question: its family and what is nearly the same."""
    by_name = {entry.name: entry for entry in bank}
    leader = {entry.name: entry.family for entry in bank}
    found = []
    for one, other, cosine in duplicate_pairs({entry.name: entry.item.stem for entry in bank}, threshold=SAME_KEY_COSINE):
        a, b = by_name[one], by_name[other]
        if cosine >= REVIEW_COSINE and leader[one] != leader[other]:
            old, new = leader[other], leader[one]
            leader = {name: new if cluster == old else cluster for name, cluster in leader.items()}
        if a.family == b.family:
            continue
        same_key = _key_texts(a.item) == _key_texts(b.item)
        if cosine >= DUPLICATE_COSINE:
            found.append(Pair(one, other, cosine, "duplicate"))
        elif cosine >= REVIEW_COSINE:
            found.append(Pair(one, other, cosine, "alike"))
        elif same_key:
            found.append(Pair(one, other, cosine, "same key"))
    return found, leader


def _key_texts(item: Item) -> list[str]:
    return sorted(shown(option).casefold().rstrip(".") for option in item.options if option.key)


def _duplicates(pairs: Sequence[Pair], n: int) -> Iterable[Metric]:
    count = Counter(pair.why for pair in pairs)
    yield _at_most(f"pairs of stems with cosine ≥ {DUPLICATE_COSINE:.2f} outside one family", count["duplicate"], 0, n)
    yield Metric(f"pairs with cosine {REVIEW_COSINE:.2f} to {DUPLICATE_COSINE:.2f}, to look at", count["alike"], n, "", "information")
    yield Metric(f"pairs with the same key and cosine ≥ {SAME_KEY_COSINE:.2f}, to look at", count["same key"], n, "", "information")


# -- what looks tell -------------------------------------------------------------------------------------------------

_SINGLE_CUES = (
    ("the longest option", "length", True), ("the shortest option", "length", False), ("most words of the stem", "stem overlap", True),
    ("most in common with the others", "convergence", True), ("fewest absolutes", "absolutes", False), ("most hedges", "hedges", True),
    ("most digits", "digits", True),
)  # fmt: skip


def _cues(looks: Sequence[Look]) -> Iterable[Metric]:
    for name, cue, most in _SINGLE_CUES:
        yield _single(f"key is {name}", looks, picked(looks, cue, most=most) if looks else 0.0)
    for place in range(max((len(one.cues) for one in looks), default=0)):
        there = [one for one in looks if len(one.cues) > place]
        yield _single(f"key is option {place + 1}", there, sum(one.key == place for one in there) / len(there))


def _single(name: str, looks: Sequence[Look], accuracy: float) -> Metric:
    """|accuracy - chance| ≤ max(.05, 2 SE)."""
    n = len(looks)
    chance, error = _chance(looks)
    bar = max(LEEWAY, 2 * error)
    verdict: Verdict = "inconclusive" if n < FEWEST else ("pass" if abs(accuracy - chance) <= bar + 1e-12 else "fail")
    return Metric(name, accuracy, n, f"{chance:.3f} ± {bar:.3f}", verdict, TOO_FEW if n < FEWEST else "")


def _chance(looks: Sequence[Look]) -> tuple[float, float]:
    """How often a key is found by chance, and the standard error of that share."""
    if not looks:
        return 0.25, 0.0
    chance = sum(one.chance for one in looks) / len(looks)
    return chance, sqrt(chance * (1 - chance) / len(looks))


def _guesser(looks: Sequence[Look], guessed: Sequence[Guess]) -> Iterable[Metric]:
    n = len(looks)
    chance, error = _chance(looks)
    accuracy = sum(guess.credit for guess in guessed) / n if n else 0.0
    excess = accuracy - chance
    z = excess / error if error else 0.0
    verdict: Verdict = "inconclusive"
    if n >= FEWEST and excess <= LEEWAY and z < SURELY:
        verdict = "pass"
    elif n >= FEWEST and excess > LEEWAY and z >= PERHAPS:
        verdict = "fail"
    note = f"excess {excess:+.3f}, z {z:+.2f}, {excess / (1 - chance):+.3f} of what is beyond chance" if n else ""
    yield Metric("the blind guesser finds the key", accuracy, n, f"≤ {chance + LEEWAY:.3f}", verdict, note)


def _positions(looks: Sequence[Look]) -> Iterable[Metric]:
    """The places of keys as written, among items of four options. What learners see is shuffled in any case."""
    fours = [one.key for one in looks if len(one.cues) == 4]
    n = len(fours)
    if not n:
        return
    count = Counter(fours)
    expected = n / 4
    p = chi_square_tail(sum((count[place] - expected) ** 2 / expected for place in range(4)), df=3)
    uneven = max(count.values()) / expected
    verdicts: list[Verdict] = ["pass" if p >= 0.01 else "fail", "pass" if uneven <= 1.3 else "fail"]
    if n < FEWEST:
        verdicts = ["inconclusive"] * 2
    note = TOO_FEW if n < FEWEST else ""
    yield Metric("places of keys: p of an even spread", p, n, "≥ 0.01", verdicts[0], note)
    yield Metric("places of keys: the commonest against its share", uneven, n, "≤ 1.3", verdicts[1], note)


def chi_square_tail(x: float, *, df: int) -> float:
    """The chance that a chi-square variable with `df` degrees of freedom exceeds x.

    By the recursion Q(df + 2, x) = Q(df, x) + (x/2)^(df/2) e^(-x/2) / Γ(df/2 + 1), from Q(1, x) = erfc(√(x/2)) and Q(2, x) = e^(-x/2)
    (Abramowitz and Stegun, Handbook of Mathematical Functions, 26.4).
    """
    if x <= 0:
        return 1.0
    at, tail = (1, erfc(sqrt(x / 2))) if df % 2 else (2, exp(-x / 2))
    while at < df:
        tail += (x / 2) ** (at / 2) * exp(-x / 2) / gamma(at / 2 + 1)
        at += 2
    return tail


def _lengths(bank: Sequence[Entry], found: Mapping[str, Sequence[Finding]]) -> Iterable[Metric]:
    singles = [entry.item for entry in bank if entry.item.type == "single"]
    choices = [entry for entry in bank if entry.item.is_choice]
    if singles:
        ratio = _ratio(singles)
        yield Metric("length of key against distractors", ratio, len(singles), "0.90 to 1.10", "pass" if 0.9 <= ratio <= 1.1 else "fail")
    if several := [entry.item for entry in choices if entry.item.type == "multiple"]:
        yield Metric("the same in multiple responses", _ratio(several), len(several), "", "information")
    for rule, bar, what in (("L04", 0.03, "key much the longest"), ("L05", 0.05, "one option over 2.5 × another")):
        share = sum(any(finding.rule == rule for finding in found[entry.name]) for entry in choices) / max(len(choices), 1)
        yield _at_most(f"share with {what} ({rule})", share, bar, len(choices))


def _ratio(items: Sequence[Item]) -> float:
    """The mean over items of the mean length of keys over that of the other options."""
    ratios = []
    for item in items:
        keys = [len(shown(option)) for option in item.options if option.key]
        rest = [len(shown(option)) for option in item.options if not option.key]
        if keys and rest and sum(rest):
            ratios.append(sum(keys) / len(keys) / (sum(rest) / len(rest)))
    return sum(ratios) / len(ratios) if ratios else 1.0


def _words(bank: Sequence[Entry], found: Mapping[str, Sequence[Finding]]) -> Iterable[Metric]:
    options = [option for entry in bank if entry.item.is_choice for option in entry.item.options]
    keys, rest = ([option for option in options if option.key is side] for side in (True, False))
    if keys and rest:
        right, wrong = (sum(absolutes(option.text) > 0 for option in side) / len(side) for side in (keys, rest))
        yield _at_most("absolute terms: rate in distractors less rate in keys", wrong - right, 0.03, len(options))
    negative = sum(any(finding.rule == "L02" for finding in rows) for rows in found.values())
    yield _at_most("share of negative stems", negative / max(len(bank), 1), 0.05, len(bank))


def _levels(bank: Sequence[Entry]) -> Iterable[Metric]:
    count = Counter(entry.item.level for entry in bank)
    n = max(len(bank), 1)
    yield _at_most("share at the level remember", count["remember"] / n, 0.25, len(bank))
    share = (count["apply"] + count["analyse"]) / n
    yield Metric("share at apply and analyse", share, len(bank), "≥ 0.5", "pass" if share >= 0.5 or not bank else "fail")
