"""Item and test statistics: read the first finished sittings, compute, and keep a snapshot of the day."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from quizzes.domain.items import Item, from_dict
from quizzes.domain.statistics import Asked, ItemFigures, ScoreFigures, Tally
from quizzes.domain.statistics.flags import ENOUGH_TO_SHOW
from quizzes.domain.statistics.report import flags_in_words, item_as_dict, scores_as_dict
from quizzes.models import Attempt, Blueprint, ExamStatistics, ItemStatistics, KeyMending, QuestionVersion, Response
from quizzes.models.mendings import Held

#: How many sittings are read at once; memory does not grow beyond them and the tables of the items.
CHUNK = 200

#: Told after every chunk: sittings read, sittings in all.
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Sitting:
    """A sitting as statistics see it: its answers with version, counts, mark, share, what was chosen and milliseconds."""

    blueprint: int
    seconds_per_item: float
    answers: list[tuple[int, bool, float, float, tuple[str, ...], int]]


@dataclass(frozen=True, slots=True)
class VersionFigures:
    """One wording with its figures over all exams."""

    version: int
    question: int
    slug: str
    number: int
    figures: ItemFigures


@dataclass(frozen=True, slots=True)
class ExamFigures:
    """One exam: its totals, and its items in that exam alone."""

    blueprint: Blueprint
    scores: ScoreFigures
    items: list[VersionFigures]


@dataclass(frozen=True, slots=True)
class Computed:
    """Everything that the answers say today."""

    attempts: int
    exams: list[ExamFigures]
    versions: list[VersionFigures]


def sittings(progress: Progress | None = None) -> Iterator[Sitting]:
    """The first finished sitting of each learner and exam, one by one. Practice, checks, reviews and replays never come in.

    Marks are those of the keys in force; a dropped question is left out as if it had not been on the form.
    """
    rows = list(Attempt.objects.first_finished().values_list("pk", "blueprint_id"))
    for begin, chunk in zip(range(0, len(rows), CHUNK), read(rows, held()), strict=True):
        if progress:
            progress(begin, len(rows))
        yield from chunk
    if progress:
        progress(len(rows), len(rows))


def read(rows: Sequence[tuple[int, int]], held: dict[int, Held]) -> Iterator[list[Sitting]]:
    """The sittings with these numbers and exams, in portions of `CHUNK`; `held` are the keys in force of mended versions."""
    known: dict[str, tuple[str, ...]] = {}  # there are few different answers
    for begin in range(0, len(rows), CHUNK):
        chunk = dict(rows[begin : begin + CHUNK])
        plans = dict(Attempt.objects.filter(pk__in=chunk).values_list("pk", "plan"))
        answers: dict[int, list[Any]] = {pk: [] for pk in chunk}
        for attempt, version, scored, fraction, share, chosen, spent_ms in Response.objects.all().of_sittings(list(chunk)):
            if chosen not in known:
                known[chosen] = tuple(json.loads(chosen))
            if version in held:
                grade = held[version].ruling.mark(known[chosen])
                if grade is None:
                    continue
                fraction, share = grade.fraction, grade.share
            answers[attempt].append((version, bool(scored), fraction, share, known[chosen], spent_ms))
        yield [Sitting(blueprint, _seconds_per_item(plans[pk], len(answers[pk])), answers[pk]) for pk, blueprint in chunk.items()]


def held() -> dict[int, Held]:
    """What holds of every version whose key was mended."""
    return KeyMending.objects.held(QuestionVersion.objects.filter(pk__in=KeyMending.objects.in_force().order_by().values("versions")))


def _seconds_per_item(plan: dict[str, Any], answers: int) -> float:
    length = plan.get("length") or answers
    return 60 * plan.get("minutes", 0) / length if length else 0.0


class Count:
    """Sittings as they are counted: a tally for each exam. Memory is that of the counts, not of the answers."""

    def __init__(self, held: dict[int, Held]) -> None:
        self.exams: dict[int, Tally] = {}
        self._asked: dict[int, dict[int, Asked]] = {}
        self._known: dict[int, Item] = {version: of.ruling.shown for version, of in held.items()}

    def add(self, sitting: Sitting) -> None:
        tally, here = self.exams.setdefault(sitting.blueprint, Tally()), self._asked.setdefault(sitting.blueprint, {})
        new = [version for version, *_ in sitting.answers if version not in here]
        if new:
            _learn(self._known, new)
            here.update((version, tally.item(_asked(version, self._known[version]))) for version in new)
        tally.add(
            [(here[version], mark, scored, picked, spent_ms, share) for version, scored, mark, share, picked, spent_ms in sitting.answers],
            planned_s=sitting.seconds_per_item,
        )


def compute(progress: Progress | None = None) -> Computed:
    """The figures of every version and every exam. Nothing is kept."""
    count = Count(held())
    for sitting in sittings(progress):
        count.add(sitting)
    return told(count.exams)


def told(exams: dict[int, Tally]) -> Computed:
    """The figures that the counts of all exams give."""
    everywhere = Tally()
    for tally in exams.values():
        everywhere.take(tally)
    return _told(everywhere, exams)


def _learn(known: dict[int, Item], versions: Sequence[int]) -> None:
    missing = [version for version in versions if version not in known]
    if missing:
        bodies = QuestionVersion.objects.filter(pk__in=missing).values_list("pk", "body")
        known.update((pk, from_dict(body)) for pk, body in bodies)


def _asked(version: int, item: Item) -> Asked:
    return Asked(
        str(version), options=tuple(option.id for option in item.options) if item.is_choice else (), keys=frozenset(item.key),
        random_guess=1 / len(item.options) if item.type == "single" and item.options else None,
    )  # fmt: skip


def _told(everywhere: Tally, exams: dict[int, Tally]) -> Computed:
    rows = QuestionVersion.objects.order_by("question__slug", "number").values_list("pk", "question_id", "question__slug", "number")
    names = [row for row in rows.iterator() if str(row[0]) in everywhere.asked]
    blueprints = Blueprint.objects.in_bulk(list(exams))

    def of(tally: Tally) -> list[VersionFigures]:
        figures = {item.name: item for item in tally.items()}
        return [
            VersionFigures(pk, question, slug, number, replace(figures[str(pk)], name=f"{slug} v{number}"))
            for pk, question, slug, number in names
            if str(pk) in figures
        ]

    told = [ExamFigures(blueprints[pk], tally.scores(), of(tally)) for pk, tally in exams.items()]
    return Computed(everywhere.people, sorted(told, key=lambda exam: (exam.blueprint.minutes, exam.blueprint.slug)), of(everywhere))


def store(computed: Computed, *, now: datetime) -> None:
    """Keep the figures as the snapshot of the day; a snapshot of the same day is replaced, those of other days stay."""
    day = timezone.localdate(now)
    with transaction.atomic():
        ItemStatistics.objects.bulk_create(
            (
                ItemStatistics(
                    version_id=entry.version, computed_on=day, computed_at=now, n=entry.figures.n, figures=item_as_dict(entry.figures),
                    flags=flags_in_words(entry.figures),
                    facility=entry.figures.facility if entry.figures.n >= ENOUGH_TO_SHOW else None,
                    discrimination=entry.figures.discrimination if entry.figures.n >= ENOUGH_TO_SHOW else None,
                )
                for entry in computed.versions
            ),
            batch_size=100, update_conflicts=True, unique_fields=["version", "computed_on"],
            update_fields=["computed_at", "n", "figures", "flags", "facility", "discrimination"],
        )  # fmt: skip
        ExamStatistics.objects.bulk_create(
            (
                ExamStatistics(
                    blueprint=exam.blueprint, computed_on=day, computed_at=now, n=exam.scores.n,
                    figures={
                        "scores": scores_as_dict(exam.scores),
                        "items": [{"question": entry.question, **item_as_dict(entry.figures)} for entry in exam.items],
                    },
                )
                for exam in computed.exams
            ),
            batch_size=100, update_conflicts=True, unique_fields=["blueprint", "computed_on"],
            update_fields=["computed_at", "n", "figures"],
        )  # fmt: skip
