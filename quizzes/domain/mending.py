"""Mending a key: what holds of a published wording that turned out wrong after people had answered it.

A wording and the answers to it are frozen. A mending stands beside them and says what holds from now on, for the answers that were given and
for those to come: the effective mark of an answer follows from the wording, the answer, and the mendings in force, in the order in which they
were applied (docs/decisions/0025).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from itertools import combinations
from typing import Any, Literal

import msgspec

from quizzes.domain.errors import Refusal
from quizzes.domain.exam import SCALE_PASS, scaled_score
from quizzes.domain.items import OPTION_IDS, Grade, Item, Option, number, plain_number
from quizzes.domain.markdown import inline, plain


class InvalidMending(Refusal):
    """A mending that the wording cannot take; nothing was changed."""

    status = 422
    code = "invalid-mending"


class Kind(StrEnum):
    """What a mending says."""

    DROP = "drop"
    ACCEPT = "accept"
    FULL = "full"
    CHANGE = "change"


#: One answer as it is stored with a response, that can be compared and kept in a set.
Fixed = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mending:
    """One mending of one wording. `answers` are what is right as well (accept) or what is right instead (change)."""

    kind: str
    answers: tuple[Fixed, ...] = ()


@dataclass(frozen=True, slots=True)
class Ruling:
    """What holds of a wording: whether it counts, whether everybody gets full marks, and which answers are right, the key first."""

    item: Item
    accepted: tuple[Fixed, ...]
    counts: bool = True
    everybody: bool = False

    @property
    def stands_as_asked(self) -> bool:
        """Whether the key holds as it was asked, so that every answer has the mark it was given."""
        return self.counts and not self.everybody and self.accepted == (tuple(self.item.key),)

    def mark(self, answer: Collection[str]) -> Grade | None:
        """The effective mark of an answer; None where the question does not count."""
        if not self.counts:
            return None
        if self.everybody:
            return Grade(fraction=1.0, share=1.0)
        grades = (with_key(self.item, right).grade(answer) for right in self.accepted)
        return max(grades, key=lambda grade: (grade.fraction, grade.share))

    def fraction(self, answer: Collection[str]) -> float | None:
        """The effective fraction of an answer, 0 or 1; None where the question does not count."""
        grade = self.mark(answer)
        return None if grade is None else grade.fraction

    @property
    def shown(self) -> Item:
        """The wording with the key that holds, for the page that reveals it. Of single choice every right option is marked."""
        item = with_key(self.item, self.accepted[0])
        if item.type != "single":
            return item
        right = {answer[0] for answer in self.accepted}
        shown: Item = _replace(item, options=tuple(_replace(option, key=option.id in right) for option in item.options))
        return shown


def ruling(item: Item, mendings: Iterable[Mending]) -> Ruling:
    """What holds of a wording after these mendings, in the order in which they were applied: the last word holds.

    Dropping, full marks and another key each replace what was said before; `accept` adds to the answers that are right, and makes a
    dropped question count again.
    """
    held = Ruling(item, accepted=(tuple(item.key),))
    for mending in mendings:
        held = _SAID[mending.kind](held, mending.answers)
    return held


_SAID: dict[str, Callable[[Ruling, tuple[Fixed, ...]], Ruling]] = {
    Kind.DROP: lambda held, answers: replace(held, counts=False, everybody=False),
    Kind.FULL: lambda held, answers: replace(held, counts=True, everybody=True),
    Kind.ACCEPT: lambda held, answers: replace(
        held, counts=True, everybody=False, accepted=tuple(dict.fromkeys((*held.accepted, *answers)))
    ),
    Kind.CHANGE: lambda held, answers: replace(held, counts=True, everybody=False, accepted=answers),
}


def with_key(item: Item, answer: Sequence[str]) -> Item:
    """The same wording with this answer as its key. What can be chosen stays as it was: options, partners and their numbers."""
    if tuple(answer) == tuple(item.key):
        return item
    options = item.options
    changed: Item
    if item.type == "ordering":
        changed = _replace(item, options=tuple(item.option(option_id) for option_id in answer))
    elif item.type == "matching":
        targets, partner = item.targets, dict(pair.split(":") for pair in answer)
        matched = tuple(_replace(option, match=targets[int(partner[option.id]) - 1]) for option in options)
        unmatched = tuple(target for target in targets if target not in {option.match for option in matched})
        changed = _replace(item, options=matched, targets_extra=unmatched)
    elif item.type == "numeric":
        changed = _replace(item, options=tuple(_replace(option, text=answer[0]) if option.key else option for option in options))
    else:
        changed = _replace(item, options=tuple(_replace(option, key=option.id in answer) for option in options))
    return changed


def _replace(struct: Any, **values: object) -> Any:
    return msgspec.structs.replace(struct, **values)


# -- what may be said ------------------------------------------------------------------------------------------------


def check_mending(item: Item, kind: str, answers: Iterable[Sequence[str]]) -> Mending:
    """A mending that this wording can take, its answers as they would be stored. Raises InvalidMending with what to do."""
    if kind not in _SAID:
        raise InvalidMending("Choose what is to hold: drop the question, accept several answers, full marks, or another key.")
    if kind in (Kind.DROP, Kind.FULL):
        return Mending(kind)
    given = tuple(dict.fromkeys(_checked(item, answer) for answer in answers))
    if not given:
        raise InvalidMending("Say which answer is right." if kind == Kind.CHANGE else "Choose at least one answer that is right as well.")
    if kind == Kind.CHANGE and len(given) > 1:
        raise InvalidMending("A key is one answer. Choose one, or accept several.")
    return Mending(kind, given)


def _checked(item: Item, answer: Sequence[str]) -> Fixed:
    fixed = tuple(answer if item.type == "ordering" else sorted(answer))
    if not _FITS[item.type](item, fixed):
        asked = f" Each right answer has {item.pick} options, as the question asks for." if item.type == "multiple" else ""
        raise InvalidMending(f"“{', '.join(answer)}” is no answer to this wording.{asked} Choose one of those listed.")
    if item.type == "numeric":
        return (plain_number(Decimal(fixed[0])),)
    return fixed


def _is_choice(item: Item, answer: Fixed) -> bool:
    return len(answer) == item.pick and set(answer) <= {option.id for option in item.options} and len(set(answer)) == len(answer)


def _is_matching(item: Item, answer: Fixed) -> bool:
    pairs = [pair.partition(":") for pair in answer]
    places = {str(n) for n in range(1, len(item.targets) + 1)}
    return sorted(pair[0] for pair in pairs) == sorted(option.id for option in item.options) and all(pair[2] in places for pair in pairs)


_FITS: dict[str, Callable[[Item, Fixed], bool]] = {
    "single": _is_choice,
    "multiple": _is_choice,
    "ordering": lambda item, answer: sorted(answer) == sorted(option.id for option in item.options),
    "matching": _is_matching,
    "numeric": lambda item, answer: len(answer) == 1 and number(answer[0]) is not None,
}


def possible_answers(item: Item) -> list[Fixed]:
    """Every answer that a choice can get. Empty for the other types, whose answers are too many to list."""
    return list(combinations((option.id for option in item.options), item.pick)) if item.is_choice else []


def same_options(items: Sequence[Item]) -> bool:
    """Whether an answer means the same in all of these wordings."""
    return len({(i.type, i.pick, tuple((o.id, o.text) for o in i.options), tuple(i.targets)) for i in items}) <= 1


# -- for other systems -----------------------------------------------------------------------------------------------


def as_it_holds(ruling: Ruling, *, several: bool) -> tuple[Item, str]:
    """The wording with the key that holds, for a file, and what to say of it; nothing to say where the key holds as it was asked.

    `several` is whether the file can say that any one of several answers is right. A question that counts for nobody, or that everybody got
    right, keeps its published key: no file says such a thing.
    """
    item, said = ruling.item, [answer_in_words(ruling.item, answer) for answer in ruling.accepted]
    if ruling.stands_as_asked:
        return item, ""
    if not ruling.counts or ruling.everybody:
        what = "Everybody was given full marks for it" if ruling.everybody else "It was taken out of all results"
        return item, f"{what} because its key did not hold. The file carries the published key: mend it before it is used elsewhere."
    if len(ruling.accepted) == 1:
        return with_key(item, ruling.accepted[0]), f"Its key was mended. The file carries the one that holds now: {said[0]}."
    if several and item.type in ("single", "numeric"):
        return _with_all(ruling), f"Its key was mended. The file carries every answer that is right now: {'; or '.join(said)}."
    rest = "; or ".join(said[1:])
    return with_key(
        item, ruling.accepted[0]
    ), f"Its key was mended. The file carries {said[0]}; right as well here, and lost in the file: {rest}."


def _with_all(ruling: Ruling) -> Item:
    """Every right option, or every right number, marked as key."""
    if ruling.item.type == "single":
        return ruling.shown
    item = with_key(ruling.item, ruling.accepted[0])
    right = [number(answer[0]) for answer in ruling.accepted]
    options = [_replace(option, key=number(option.text) in right) for option in item.options]
    for answer, value in zip(ruling.accepted, right, strict=True):
        if value not in [number(option.text) for option in options] and len(options) < len(OPTION_IDS):
            options.append(Option(id=OPTION_IDS[len(options)], text=answer[0], why="", key=True))
    mended: Item = _replace(item, options=tuple(options))
    return mended


# -- in words --------------------------------------------------------------------------------------------------------


def in_words(item: Item, mending: Mending) -> str:
    """What a mending says, as a sentence for the learner and for the log."""
    if mending.kind == Kind.DROP:
        return "The question does not count for anybody."
    if mending.kind == Kind.FULL:
        return "Everybody who was asked gets full marks."
    answers = "; or ".join(answer_in_words(item, answer) for answer in mending.answers)
    return f"Right as well: {answers}." if mending.kind == Kind.ACCEPT else f"The key is now: {answers}."


def answer_in_words(item: Item, answer: Sequence[str]) -> str:
    """An answer by the texts of its options, since every learner sees them under other letters."""
    if item.type == "numeric":
        return f"{answer[0]} {item.unit}".strip()
    if item.type == "matching":
        targets = item.targets
        pairs = (pair.split(":") for pair in answer)
        return ", ".join(f"“{_said(item, option_id)}” with “{plain(inline(targets[int(n) - 1]))}”" for option_id, n in pairs)
    joined = ", then " if item.type == "ordering" else " and "
    return joined.join(f"“{_said(item, option_id)}”" for option_id in answer)


def _said(item: Item, option_id: str) -> str:
    return plain(inline(item.option(option_id).text))


# -- what becomes of a result ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Score:
    """The result of an exam: right of scored, and the practice score; None where no question counts any more."""

    right: int
    scored: int
    scaled: int | None

    @property
    def passed(self) -> bool:
        return self.scaled is not None and self.scaled >= SCALE_PASS


def score(right: int, scored: int, *, cut: float) -> Score:
    """The score of so many right of scored. Without a scored question there is none, neither pass nor fail."""
    return Score(right, scored, scaled_score(right, scored, cut=cut) if scored else None)


def rescored(before: Score, changes: Iterable[tuple[float | None, float | None]], *, cut: float) -> Score:
    """The score after some of its scored answers got another effective fraction, each (before, after).

    It counts whole answers and scales once at the end, so that no rounding adds up: where the share of right answers does not fall, neither
    does the score.
    """
    right, scored = before.right, before.scored
    for old, new in changes:
        right += (new == 1) - (old == 1)
        scored += (new is not None) - (old is not None)
    return before if (right, scored) == (before.right, before.scored) else score(right, scored, cut=cut)


Move = Literal["same", "to pass", "to fail", "higher", "lower", "no score", "a score again"]


def move(before: Score, after: Score) -> Move:
    """What happened to a result."""
    if before.scaled is None or after.scaled is None:
        return "same" if before.scaled == after.scaled else "no score" if after.scaled is None else "a score again"
    if before.passed != after.passed:
        return "to pass" if after.passed else "to fail"
    if before.scaled == after.scaled:
        return "same"
    return "higher" if after.scaled > before.scaled else "lower"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedResult:
    """A result before and after: what happened to it, and by how much."""

    before: Score
    after: Score

    @property
    def moved(self) -> Move:
        return move(self.before, self.after)

    @property
    def by(self) -> int:
        """Points on the practice scale; 0 where there is no score before or after."""
        return 0 if self.before.scaled is None or self.after.scaled is None else self.after.scaled - self.before.scaled
