"""What the figures of an item say against it: flags, each "confirmed" where its 90 % interval excludes the threshold, otherwise "watch"."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from quizzes.domain.statistics.figures import ItemFigures, OptionFigures, ScoreFigures
from quizzes.domain.statistics.intervals import Interval, rivals
from quizzes.domain.statistics.tally import RARE

#: Below this many answers nothing is shown or flagged: the standard error of a correlation is above .22 (learning.md 3.2).
ENOUGH_TO_SHOW = 20
#: Below this many answers figures are grey: the standard error of a correlation is above .13 (learning.md 3.2).
ENOUGH_TO_TRUST = 60
#: Corrected discrimination: below the first weak, below the second marginal, from the third on good (learning.md 3.2).
WEAK, MARGINAL, GOOD = 0.10, 0.20, 0.30
#: Upper/lower index: from these on very good, good, marginal; below poor (Ebel, Measuring Educational Achievement, 1965).
EBEL = ((0.40, "very good"), (0.30, "good"), (0.20, "marginal"))
#: Harder than this, or than guessing and a little: those who know are hidden among those who guess (learning.md 3.2).
TOO_HARD, ABOVE_GUESSING = 0.20, 0.05
#: Easier than this, hardly anybody is told from anybody (learning.md 3.2).
TOO_EASY = 0.95
#: Moodle marks a question as dubious below this discriminative efficiency (mod/quiz/report/statistics, statistics_table.php).
DUBIOUS = 15.0
#: Moodle's question bank: below the first very likely, below the second likely to need checking (qbank_statistics, helper.php).
CHECK_VERY_LIKELY, CHECK_LIKELY = 30.0, 50.0
#: So many options that do no work make an item one of fewer options (learning.md 3.2).
DEAD_OPTIONS = 2
#: An item that takes so many times the exam's seconds for one eats the time of others (learning.md 3.2).
SLOW = 3.0
#: Alpha that a quiz and a mock exam need (learning.md 3.2).
QUIZ_ALPHA, EXAM_ALPHA = 0.70, 0.80
#: From this many marks on a test is a mock exam, not a quiz.
EXAM_ITEMS = 40
#: Moodle's words for the coefficient of internal consistency (docs.moodle.org, Quiz report statistics).
CIC_SATISFACTORY, CIC_UNSATISFACTORY = 75.0, 64.0

State = Literal["confirmed", "watch"]


class Kind(StrEnum):
    """The flags, worst first. Moodle's look-alikes come last: they say again in Moodle's words what ours say."""

    MISKEY = "miskey"
    WEAK = "weak"
    MARGINAL = "marginal"
    POOR_TAILS = "poor_upper_lower"
    TOO_HARD = "too_hard"
    TOO_EASY = "too_easy"
    DEAD_OPTIONS = "dead_options"
    SLOW = "slow"
    DUBIOUS = "moodle_dubious"
    NEEDS_CHECKING = "moodle_needs_checking"


#: What Moodle would say; not among the flags that the list of questions shows.
MOODLE = frozenset({Kind.DUBIOUS, Kind.NEEDS_CHECKING})


@dataclass(frozen=True, slots=True)
class Flag:
    """One thing that speaks against an item: what, how sure, why in figures, and what to do."""

    kind: Kind
    state: State
    why: str
    advice: str


def evidence(n: int) -> Literal["none", "grey", "enough"]:
    """How much n answers may claim."""
    return "none" if n < ENOUGH_TO_SHOW else "grey" if n < ENOUGH_TO_TRUST else "enough"


def flags_of(item: ItemFigures) -> list[Flag]:
    """Everything that speaks against an item, worst first; nothing below 20 answers. Source: learning.md 3.2."""
    if item.n < ENOUGH_TO_SHOW:
        return []
    found = [*_miskey(item), *_weak(item), *_facility(item), *_dead(item), *_slow(item), *_moodle(item)]
    return sorted(found, key=lambda flag: list(Kind).index(flag.kind))


def ebel(index: float | None) -> str:
    """The word for an upper/lower index; nothing where there is none."""
    return "" if index is None else next((word for bar, word in EBEL if index >= bar), "poor")


def _share(value: float) -> str:
    """A share in words, exact enough to tell it from a threshold beside it."""
    return f"{100 * value:.3g} %"


def _below(threshold: float, interval: Interval | None) -> State:
    return "confirmed" if interval is not None and interval.high < threshold else "watch"


def _above(threshold: float, interval: Interval | None) -> State:
    return "confirmed" if interval is not None and interval.low > threshold else "watch"


def _miskey(item: ItemFigures) -> Iterator[Flag]:
    """One flag for all that points at a wrong key, as sure as its surest sign."""
    signs: list[tuple[State, str]] = []
    if item.discrimination is not None and item.discrimination < 0:
        signs.append((_below(0, item.discrimination_interval), f"those who do well overall do worse here (r {item.discrimination:.3f})"))
    keys = [option for option in item.options if option.key]
    for option in item.options:
        if keys and not option.key:
            signs += _rival(option, keys)
    if signs:
        state: State = "confirmed" if any(sign == "confirmed" for sign, _ in signs) else "watch"
        why = "; ".join(why for _, why in signs)
        yield Flag(
            Kind.MISKEY, state, f"{why[0].upper()}{why[1:]}.",
            "Hold the key against the source. If another option is right too, change the key or the option before anything else.",
        )  # fmt: skip


def _rival(option: OptionFigures, keys: list[OptionFigures]) -> Iterator[tuple[State, str]]:
    """Whether a wrong option behaves like a key: of several keys it is held against the one that it beats most easily."""
    least = min(keys, key=lambda key: key.upper or 0.0)
    if option.upper is not None and least.upper is not None and option.upper > least.upper:
        n = option.upper_n
        apart = rivals(round(option.upper * n), round(least.upper * n), n)
        yield (
            _above(0, apart),
            f"in the upper third {_share(option.upper)} choose {option.option.upper()} and {_share(least.upper)} the key {least.option.upper()}",
        )
    of_keys = [key.r for key in keys if key.r is not None]
    bar = max(0.0, min(of_keys, default=0.0))
    if option.r is not None and option.r > bar:
        yield (
            _above(bar, option.r_interval),
            f"option {option.option.upper()} goes with doing well (r {option.r:.3f}) more than the key does",
        )


def _weak(item: ItemFigures) -> Iterator[Flag]:
    r, around = item.discrimination, item.discrimination_interval
    advice = "Look for a second reading, a giveaway, or something asked beside the point; then rewrite the stem or the options that draw the strong."
    if r is not None and r < WEAK:
        yield Flag(Kind.WEAK, _below(WEAK, around), f"Discrimination {r:.3f} is below {WEAK:.2f}.", advice)
    elif r is not None and r < MARGINAL:
        yield Flag(Kind.MARGINAL, _below(MARGINAL, around), f"Discrimination {r:.3f} is below {MARGINAL:.2f}.", advice)
    index, bar = item.upper_lower, EBEL[-1][0]
    if index is not None and index < bar:
        why = f"Upper less lower is {index:.3f}, of {item.upper_n} and {item.lower_n} people; below {bar:.2f} is poor."
        yield Flag(Kind.POOR_TAILS, _below(bar, item.upper_lower_interval), why, advice)


def _facility(item: ItemFigures) -> Iterator[Flag]:
    p, around = item.facility, item.facility_interval
    if p is None:
        return
    hard = max(TOO_HARD, (item.random_guess or 0.0) + ABOVE_GUESSING)
    if p < hard:
        why = f"{_share(p)} are right; below {_share(hard)} it cannot be told from guessing."
        yield Flag(
            Kind.TOO_HARD,
            _below(hard, around),
            why,
            "Check the key first. Then see whether a lesson teaches it, and ask for one thing at a time.",
        )
    if p > TOO_EASY:
        why = f"{_share(p)} are right; above {_share(TOO_EASY)} it tells nobody from anybody."
        yield Flag(Kind.TOO_EASY, _above(TOO_EASY, around), why, "Keep it to begin with, or give it options that a beginner would take.")


def _dead(item: ItemFigures) -> Iterator[Flag]:
    dead = [option for option in item.options if option.functional is False]
    if len(dead) < DEAD_OPTIONS:
        return
    sure = sum(_below(RARE, o.share_interval) == "confirmed" or _above(0, o.r_interval) == "confirmed" for o in dead)
    names = " and ".join(option.option.upper() for option in dead)
    yield Flag(
        Kind.DEAD_OPTIONS, "confirmed" if sure >= DEAD_OPTIONS else "watch", f"Options {names} draw hardly anybody, or the wrong people.",
        "Replace them with mistakes that people really make; reports and wrong answers in practice tell which.",
    )  # fmt: skip


def _slow(item: ItemFigures) -> Iterator[Flag]:
    if item.median_time_s is None or not item.planned_s:
        return
    bar = SLOW * item.planned_s
    if item.median_time_s > bar:
        why = f"Half of them take longer than {item.median_time_s:.0f} s; the exam plans {item.planned_s:.0f} s for a question."
        yield Flag(Kind.SLOW, _above(bar, item.time_interval), why, "Shorten the stem, or take it out of timed exams.")


def _moodle(item: ItemFigures) -> Iterator[Flag]:
    efficiency, index, around = item.discriminative_efficiency, item.discrimination_index, item.discrimination_interval
    if efficiency is not None and efficiency < DUBIOUS:
        why = f"Discriminative efficiency {efficiency:.1f} % is below {DUBIOUS:.0f} %."
        yield Flag(Kind.DUBIOUS, _below(DUBIOUS, item.efficiency_interval), why, "Moodle would show this question in red.")
    if index is not None and index < CHECK_LIKELY:
        bar, word = (CHECK_VERY_LIKELY, "very likely") if index < CHECK_VERY_LIKELY else (CHECK_LIKELY, "likely")
        state = _below(bar, around.times(100) if around else None)
        why = f"Discrimination index {index:.1f} % is below {bar:.0f} %: {word} to need checking."
        yield Flag(Kind.NEEDS_CHECKING, state, why, "Moodle’s question bank would ask you to check this question.")


# -- the whole test --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Verdict:
    """One judgement of a whole test: `holds` or not, and how sure where it does not."""

    kind: str
    holds: bool
    state: State | None
    why: str


def verdicts(scores: ScoreFigures) -> list[Verdict]:
    """What alpha says of a test, in our words and in Moodle's; nothing below 20 people."""
    if scores.n < ENOUGH_TO_SHOW or scores.alpha is None or scores.cic is None:
        return []
    exam = scores.most >= EXAM_ITEMS
    bar = EXAM_ALPHA if exam else QUIZ_ALPHA
    holds = scores.alpha >= bar
    found = [
        Verdict(
            "alpha", holds, None if holds else _below(bar, scores.alpha_interval_90),
            f"Alpha {scores.alpha:.3f} {'reaches' if holds else 'is below'} the {bar:.2f} that a {'mock exam' if exam else 'quiz'} needs.",
        )
    ]  # fmt: skip
    word = "satisfactory" if scores.cic > CIC_SATISFACTORY else "unsatisfactory" if scores.cic < CIC_UNSATISFACTORY else "between the two"
    around = scores.alpha_interval_90.times(100) if scores.alpha_interval_90 else None
    poor = word == "unsatisfactory"
    found.append(
        Verdict(
            "moodle_cic", not poor, _below(CIC_UNSATISFACTORY, around) if poor else None,
            f"Moodle calls an internal consistency of {scores.cic:.1f} % {word}.",
        )
    )  # fmt: skip
    return found
