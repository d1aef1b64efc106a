"""The verbs of mending a key: look first, apply once, take back; and prepare the wording that comes next."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

from django.db import transaction

from quizzes.domain.attempt import Mode
from quizzes.domain.errors import NotReady, Refusal
from quizzes.domain.mending import (
    InvalidMending,
    Kind,
    Mending,
    Move,
    Ruling,
    Score,
    check_mending,
    move,
    rescored,
    ruling,
    same_options,
    with_key,
)
from quizzes.models import Attempt, KeyMending, MendedResult, Question, QuestionVersion, Regrade, Response, Seen, Slot, User
from quizzes.models.mendings import effective_fraction
from quizzes.services import audit, bank, reviews
from quizzes.services.audit import Action

#: Sittings, and then learners, that are taken together. What is in memory and the number of statements depend on this, not on the history.
BATCH = 200
#: Results that a dry run lists by name; the others are in its counts.
LINES = 200


class StaleMending(Refusal):
    """The question was mended, or a mending of it undone, after the dry run."""

    code = "stale-mending"


@dataclass(frozen=True, slots=True)
class Line:
    """A result that changes. `learner` is the name that pages call this person."""

    attempt: int
    learner: str
    title: str
    started_at: datetime
    before: Score
    after: Score

    @property
    def moved(self) -> Move:
        return move(self.before, self.after)

    @property
    def by(self) -> int:
        """Points on the practice scale; 0 where there is no score before or after."""
        return (self.after.scaled or 0) - (self.before.scaled or 0) if self.before.scaled and self.after.scaled else 0


@dataclass(slots=True)
class Effect:
    """What a mending does, or would do: answers, learners and results, before and after."""

    answers: int = 0
    learners: int = 0
    counted_before: int = 0
    counted_after: int = 0
    right_before: int = 0
    right_after: int = 0
    changed: int = 0
    running: int = 0
    moves: Counter[str] = field(default_factory=Counter)
    lines: list[Line] = field(default_factory=list)

    @property
    def results(self) -> int:
        """Results of exams that change."""
        return sum(self.moves.values())

    @property
    def figures(self) -> dict[str, Any]:
        """The counts as plain values, for the log."""
        return {name: value for name, value in asdict(self).items() if name not in ("moves", "lines")} | {"moves": dict(self.moves)}


@dataclass(frozen=True, slots=True)
class Plan:
    """A mending that can be applied: the versions it is for, what held of each before, and what holds after."""

    question: Question
    versions: list[QuestionVersion]
    mending: Mending
    before: dict[int, Ruling]
    after: dict[int, Ruling]
    latest: int  # the mending of this question that is the last in force; 0 where there is none

    @property
    def holds_already(self) -> bool:
        return self.before == self.after


# -- looking ---------------------------------------------------------------------------------------------------------


def plan(*, question: Question, versions: Collection[int], kind: str, answers: Iterable[Sequence[str]]) -> Plan:
    """What is to be applied to these versions of a question. Nothing is written. Raises InvalidMending with what to do."""
    rows = list(question.versions.filter(pk__in=versions).order_by("number"))
    if not rows or len(rows) != len(set(versions)):
        raise InvalidMending("Choose at least one version of this question.")
    items = [row.item for row in rows]
    if kind in (Kind.ACCEPT, Kind.CHANGE) and not same_options(items):
        raise InvalidMending(
            "The options of these versions differ, so that an answer does not mean the same in each. Mend them one after the other."
        )
    mending = check_mending(items[0], kind, answers)
    said: dict[int, list[Mending]] = defaultdict(list)
    latest = 0
    for known in question.mendings.in_force().prefetch_related("versions"):
        latest = known.pk
        for version in known.versions.all():
            said[version.pk].append(known.rule)
    before = {row.pk: ruling(row.item, said[row.pk]) for row in rows}
    after = {row.pk: ruling(row.item, [*said[row.pk], mending]) for row in rows}
    return Plan(question, rows, mending, before, after, latest)


def dry_run(found: Plan) -> Effect:
    """What this would do to answers and results, with the most affected results by name. Nothing is written."""
    effect = _sum(found.versions)
    nearest: list[tuple[tuple[bool, int], int, Line]] = []
    numbers = count()
    for sittings in _sittings(found.before, found.after, write=False):
        for sitting in sittings:
            _add(effect, sitting)
            if sitting.line:
                entry = ((sitting.line.before.passed != sitting.line.after.passed, abs(sitting.line.by)), -next(numbers), sitting.line)
                (heapq.heappush if len(nearest) < LINES else heapq.heappushpop)(nearest, entry)
    effect.lines = [line for _, _, line in sorted(nearest, key=lambda entry: entry[:2], reverse=True)]
    return effect


def changing(found: Plan) -> Iterator[Line]:
    """Every result that would change, one after the other. Nothing is written."""
    for sittings in _sittings(found.before, found.after, write=False):
        yield from (sitting.line for sitting in sittings if sitting.line)


def _sum(versions: Sequence[QuestionVersion]) -> Effect:
    pks = [version.pk for version in versions]
    learners = Response.objects.filter(slot__version__in=pks).order_by().values("learner").distinct().count()
    running = Attempt.objects.exams().unfinished().filter(pk__in=Slot.objects.filter(version__in=pks).values("attempt")).count()
    return Effect(learners=learners, running=running)


@dataclass(slots=True)
class _Sitting:
    """One sitting with its answers to the versions concerned."""

    attempt: Attempt
    answers: list[_Answer]
    line: Line | None = None


@dataclass(frozen=True, slots=True)
class _Answer:
    """One answer with its effective mark before and after, and the mark as it was given."""

    response: int
    learner: int
    version: int
    before: float | None
    after: float | None
    given: float


def _add(effect: Effect, sitting: _Sitting) -> None:
    for answer in sitting.answers:
        effect.answers += 1
        effect.changed += answer.before != answer.after
        effect.counted_before += answer.before is not None
        effect.counted_after += answer.after is not None
        effect.right_before += answer.before == 1
        effect.right_after += answer.after == 1
    if sitting.line:
        effect.moves[sitting.line.moved] += 1


def _sittings(before: Mapping[int, Ruling], after: Mapping[int, Ruling], *, write: bool) -> Iterator[list[_Sitting]]:
    """Every sitting that has answers to these versions, in batches; each batch takes three statements, and one that holds the results where they are written."""
    concerned = Response.objects.filter(slot__version__in=list(before)).order_by("slot__attempt_id")
    last = 0
    while pks := list(concerned.filter(slot__attempt_id__gt=last).values_list("slot__attempt_id", flat=True).distinct()[:BATCH]):
        last = pks[-1]
        if write:  # finished exams alone: whoever answers holds a sitting that runs, and then waits for the question that is held here
            list(Attempt.objects.exams().filter(pk__in=pks).order_by("pk").select_for_update().values_list("pk"))
        found = {row.pk: _Sitting(row, []) for row in Attempt.objects.select_related("learner").filter(pk__in=pks).order_by("pk")}
        changes: dict[int, list[tuple[float | None, float | None]]] = defaultdict(list)
        answers = concerned.filter(slot__attempt_id__in=pks).order_by("pk").values_list(
            "pk", "learner_id", "answer", "fraction", "slot__attempt_id", "slot__version_id", "slot__is_scored"
        )  # fmt: skip
        for pk, learner, answer, given, attempt, version, scored in answers:
            old, new = (given if held.stands_as_asked else held.fraction(answer) for held in (before[version], after[version]))
            found[attempt].answers.append(_Answer(pk, learner, version, old, new, given))
            if scored and old != new:
                changes[attempt].append((old, new))
        for attempt, changed in changes.items():
            found[attempt].line = _line(found[attempt].attempt, changed)
        yield list(found.values())
        if len(pks) < BATCH:
            return


def _line(attempt: Attempt, changes: list[tuple[float | None, float | None]]) -> Line | None:
    """What becomes of the result; None for a session, which keeps no result, and where nothing changes."""
    if attempt.mode != Mode.EXAM or attempt.right is None or attempt.scored is None:
        return None
    score = Score(attempt.right, attempt.scored, attempt.scaled)
    after = rescored(score, changes, cut=attempt.plan["cut"])
    if after == score:
        return None
    return Line(attempt.pk, attempt.learner.display_name, str(attempt.plan.get("title", "")), attempt.started_at, score, after)


# -- applying and taking back ----------------------------------------------------------------------------------------


@transaction.atomic
def apply_mending(
    *, question: Question, versions: Collection[int], kind: str, answers: Iterable[Sequence[str]], reason: str, by: User | None,
    latest: int, now: datetime,
) -> tuple[KeyMending, bool]:  # fmt: skip
    """Let a mending hold, once, and bring every mark, result and memory in step. True where this call did it.

    `latest` is the one that the dry run found last in force (`Plan.latest`). Where the same holds already, nothing is done, and the mending
    that says so is given: a second press, a second tab and a second instructor change nothing. Raises StaleMending where something else
    was mended meanwhile, InvalidMending.
    """
    question = Question.objects.select_for_update().get(pk=question.pk)
    found = plan(question=question, versions=versions, kind=kind, answers=answers)
    if found.holds_already:
        known = question.mendings.in_force().last()
        if known is None:
            raise InvalidMending("That is what the key says already. Choose what is to hold instead.")
        return known, False
    if found.latest != latest:
        raise StaleMending(
            "This question was mended, or a mending of it undone, after your dry run. Nothing was changed by you: look at the dry run again."
        )
    if not reason.strip():
        raise InvalidMending("Say why: learners read this on their result page.")
    mending = KeyMending.objects.create(
        question=question, kind=found.mending.kind, answers=[list(answer) for answer in found.mending.answers], reason=reason.strip(),
        made_at=now, made_by=by,
    )  # fmt: skip
    mending.versions.set(found.versions)
    last = dict.fromkeys(found.after, mending)
    effect = _regrade(question, found.versions, found.before, found.after, last, told=mending)
    mending.figures = effect.figures
    mending.save(update_fields=["figures"])
    audit.record(
        Action.MEND, f"question {question.slug}", by=by, before=_ruled(found.before), after={**_ruled(found.after), **effect.figures}
    )
    return mending, True


@transaction.atomic
def undo_mending(*, mending: KeyMending, by: User | None, now: datetime) -> bool:
    """Take a mending back: every mark, result and memory is what it was before. True where this call did it; twice does nothing more.

    Of several mendings of a question the latest goes first, so that each step gives exactly the results before it. Raises Refusal where a
    later one is still in force.
    """
    question = Question.objects.select_for_update().get(pk=mending.question_id)
    in_force = list(question.mendings.in_force().prefetch_related("versions"))
    if mending.pk not in {row.pk for row in in_force}:
        return False
    if in_force[-1].pk != mending.pk:
        raise Refusal(
            f"This question was mended again on {in_force[-1].made_at:%Y-%m-%d}, on top of this. Undo that one first, then this one. "
            "Nothing was changed."
        )
    versions = list(mending.versions.all())
    said: dict[int, list[KeyMending]] = {
        version.pk: [row for row in in_force if version in row.versions.all()] for version in versions
    }  # fmt: skip
    before = {version.pk: ruling(version.item, [row.rule for row in said[version.pk]]) for version in versions}
    after = {version.pk: ruling(version.item, [row.rule for row in said[version.pk][:-1]]) for version in versions}
    last = {pk: rows[-2] for pk, rows in said.items() if len(rows) > 1}
    KeyMending.objects.filter(pk=mending.pk).update(undone_at=now, undone_by=by)
    mending.undone_at, mending.undone_by = now, by
    effect = _regrade(question, versions, before, after, last, told=None)
    audit.record(Action.UNMEND, f"question {question.slug}", by=by, before=_ruled(before), after={**_ruled(after), **effect.figures})
    return True


def _ruled(rulings: Mapping[int, Ruling]) -> dict[str, Any]:
    """What held of each version, as the audit log keeps it."""
    return {
        "versions": {
            str(pk): {"counts": held.counts, "everybody": held.everybody, "accepted": [list(answer) for answer in held.accepted]}
            for pk, held in rulings.items()
        }
    }


def _regrade(
    question: Question, versions: Sequence[QuestionVersion], before: Mapping[int, Ruling], after: Mapping[int, Ruling],
    last: Mapping[int, KeyMending], *, told: KeyMending | None,
) -> Effect:  # fmt: skip
    """Write the marks, the results, and what follows from them, batch after batch. `told` is the mending that results are told of."""
    effect = _sum(versions)
    moved: set[int] = set()
    for sittings in _sittings(before, after, write=True):
        answers = [answer for sitting in sittings for answer in sitting.answers]
        Regrade.objects.filter(response__in=[answer.response for answer in answers]).delete()
        Regrade.objects.bulk_create(
            Regrade(response_id=answer.response, mending=last[answer.version], fraction=answer.after)
            for answer in answers if answer.after != answer.given
        )  # fmt: skip
        moved |= {answer.learner for answer in answers if answer.before != answer.after}
        changed = []
        for sitting in sittings:
            _add(effect, sitting)
            if sitting.line:
                changed.append((sitting.attempt, sitting.line))
        Attempt.objects.rescore({attempt.pk: line.after for attempt, line in changed})
        if told is not None:
            MendedResult.objects.bulk_create(
                MendedResult.of(told, attempt, before=line.before, after=line.after) for attempt, line in changed
            )  # fmt: skip
    learners = sorted(moved)
    for n in range(0, len(learners), BATCH):
        batch = learners[n : n + BATCH]
        _bring_seen(question, batch)
        reviews.replay_each(learners=list(User.objects.filter(pk__in=batch)), families=[question.family])
    return effect


def _bring_seen(question: Question, learners: Sequence[int]) -> None:
    """The first and the last effective mark of these learners, from their answers; a place of an exam that was never opened was not seen."""
    ends: dict[int, tuple[float | None, float | None]] = {}
    rows = Response.objects.filter(learner__in=learners, question=question).exclude(slot__attempt__mode=Mode.EXAM, slot__seen_at=None)
    for learner, mark in rows.annotate(mark=effective_fraction()).order_by("responded_at", "pk").values_list("learner_id", "mark"):
        ends[learner] = (ends[learner][0] if learner in ends else mark, mark)
    Seen.objects.remark(question.pk, ends)


# -- what comes next -------------------------------------------------------------------------------------------------


@transaction.atomic
def prepare_correction(*, mending: KeyMending, by: User | None, now: datetime, seed: int) -> bool:
    """Make the working copy ready for the corrected version: as learners see it, with the key that a changed key names.

    False where the working copy had changes of its own already: then it stays as it is. Raises NotReady for a computed question.
    """
    question = Question.objects.select_for_update().get(pk=mending.question_id)
    if question.is_generated or question.current is None:
        raise NotReady(f"“{question.slug}” is computed: its wordings come from the app and cannot be written here. You can retire it.")
    if bank.differs_from_published(question, bank.draft_item(question)):
        return False
    item = question.current.item
    if mending.kind == Kind.CHANGE:
        item = with_key(item, mending.answers[0])
    question.targets_extra = list(item.targets_extra)
    bank.save_draft(question=question, options=item.options, sources=item.sources, by=by, now=now, seed=seed)
    return True
