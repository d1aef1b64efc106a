"""The reads of a sitting: one dataclass a page, holding only what that page may show."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Prefetch, Q

from quizzes.domain.attempt import Mode, Place, deadline, may_see_key, next_position
from quizzes.domain.charts import BarChart, bar_chart, histogram
from quizzes.domain.exam import SCALE_PASS
from quizzes.domain.markdown import opening
from quizzes.domain.mending import Score
from quizzes.domain.readiness import scaled_range
from quizzes.models import Attempt, Blueprint, Card, Domain, KeyMending, MendedResult, Response, Slot, Topic, User
from quizzes.models.mendings import Held
from quizzes.queries.items import QuestionView, lesson_titles, question_view


@dataclass(frozen=True, slots=True)
class Step:
    """A place in the navigator. `state` is unseen, unanswered or saved."""

    position: int
    url: str
    state: str
    flagged: bool = False
    current: bool = False


@dataclass(frozen=True, slots=True)
class SlotPage:
    """A place of any attempt."""

    attempt: int
    mode: str
    title: str
    position: int
    shown_as: int
    total: int
    url: str
    question: QuestionView
    topic: str
    level: str
    version: int
    asks_confidence: bool
    steps: list[Step]
    next_url: str
    previous_url: str
    is_repeat: bool = False
    flagged: bool = False
    revision: int = 0
    saved_at: datetime | None = None
    remaining_s: float | None = None
    deadline_at: datetime | None = None
    timed: bool = False
    answered: int = 0
    flags: int = 0
    done: bool = False
    confidence_choices: list[tuple[str, str]] = field(default_factory=list)

    @property
    def skipped(self) -> int:
        """Places that were seen and left without an answer."""
        return sum(step.state == "unanswered" for step in self.steps)


@dataclass(frozen=True, slots=True)
class _Row:
    """What the steps of an attempt need of a slot."""

    position: int
    repeat_of: int | None
    seen: bool
    answered: bool
    flagged: bool
    fraction: float | None  # the effective one: None before the answer, and where the question was dropped
    order: int | None  # None before the answer
    mended: bool


def _rows(attempt: Attempt) -> list[_Row]:
    found = Slot.objects.places(attempt.pk)
    given = {pk: n for n, pk in enumerate(sorted(row.response for row in found if row.response is not None))}
    return [
        _Row(
            row.position, row.repeat_of, row.seen, row.drafted, row.flagged, row.fraction,
            None if row.response is None else given[row.response], row.mended,
        )
        for row in found
    ]  # fmt: skip


def next_place(attempt: Attempt) -> int | None:
    """The place where an attempt goes on; None at its end. An exam goes on at the last place that was seen."""
    rows = _rows(attempt)
    if attempt.rules.saves_drafts:
        return max((row.position for row in rows if row.seen), default=1)
    return next_position([Place(row.position, row.order, row.repeat_of) for row in rows])


def slot_page(slot: Slot, *, now: datetime, response: Response | None = None) -> SlotPage:
    """The page of a place. Key, rationales and grade are on it only when the mode shows them.

    Who has just given the response hands it in; otherwise it is read.
    """
    attempt, item = slot.attempt, slot.version.item
    rules = attempt.rules
    rows = _rows(attempt)
    mine = next(row for row in rows if row.position == slot.position)
    reveal = may_see_key(mode=attempt.mode, answered=mine.order is not None, finished=attempt.is_finished)
    response = (response or slot.responses.order_by().first()) if reveal else None
    held = KeyMending.objects.held([slot.version]) if reveal and mine.mended else {}
    missed = reveal and not rules.saves_drafts and mine.fraction is not None and mine.fraction < 1
    chosen = response.answer if response else slot.draft
    at = next_position([Place(row.position, row.order, row.repeat_of) for row in rows])
    onward = slot.position + 1 if rules.saves_drafts and slot.position < len(rows) else (None if rules.saves_drafts else at)
    url = f"/attempts/{attempt.pk}/slots/"
    steps = _steps(rows, url, current=slot.position) if rules.saves_drafts else []  # practice has no navigator
    given = sum(row.order is not None for row in rows)
    return SlotPage(
        attempt=attempt.pk, mode=attempt.mode, title=str(attempt.plan.get("title", "")), position=slot.position,
        shown_as=slot.position if rules.saves_drafts else (mine.order + 1 if mine.order is not None else given + 1),
        total=len(rows), url=slot.get_absolute_url(),
        question=question_view(
            item, order=slot.option_order, chosen=chosen, struck=slot.struck, response=response, reveal=reveal,
            lessons=lesson_titles(item.lesson) if reveal else None,
            comes_back=missed and rules.repeats_missed and slot.repeat_of is None,
            forgotten=Card.objects.all().lapses_of_leech(attempt.learner_id, slot.version.question_id) if missed else 0,
            held=held.get(slot.version_id),
        ),
        topic=item.topic, level=item.level, version=slot.version_id, asks_confidence=rules.asks_confidence and not reveal,
        steps=steps, next_url=f"{url}{onward}/" if onward else "",
        previous_url=f"{url}{slot.position - 1}/" if rules.saves_drafts and slot.position > 1 else "",
        is_repeat=slot.repeat_of is not None, flagged=slot.flagged, revision=slot.revision, saved_at=slot.saved_at,
        remaining_s=attempt.clock.remaining_s(now), deadline_at=attempt.deadline_at, timed=rules.timed,
        answered=sum(row.answered for row in rows) if rules.saves_drafts else given,
        flags=sum(row.flagged for row in rows), done=attempt.is_finished,
    )  # fmt: skip


def _steps(rows: list[_Row], url: str, *, current: int = 0) -> list[Step]:
    return [
        Step(
            row.position,
            f"{url}{row.position}/",
            "saved" if row.answered else "unanswered" if row.seen else "unseen",
            row.flagged,
            row.position == current,
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """The last look before handing in."""

    attempt: int
    title: str
    steps: list[Step]
    unanswered: list[Step]
    flagged: list[Step]
    answered: int
    remaining_s: float | None
    deadline_at: datetime | None
    timed: bool


def review_page(attempt: Attempt, *, now: datetime) -> ReviewPage:
    steps = _steps(_rows(attempt), f"/attempts/{attempt.pk}/slots/")
    return ReviewPage(
        attempt.pk, str(attempt.plan.get("title", "")), steps, [s for s in steps if s.state != "saved"],
        [s for s in steps if s.flagged], sum(s.state == "saved" for s in steps), attempt.clock.remaining_s(now),
        attempt.deadline_at, attempt.rules.timed,
    )  # fmt: skip


# -- results ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tally:
    """Right of asked, for a domain or a topic. `needed` is the share that stands at a pass."""

    title: str
    right: int
    asked: int
    needed: float

    @property
    def share(self) -> float:
        return self.right / self.asked if self.asked else 0.0


@dataclass(frozen=True, slots=True)
class ResultRow:
    """A place in the result. `right` is what holds today; `counts` is False where the question was dropped, and `scored` then too."""

    position: int
    topic: str
    right: bool
    answered: bool
    counts: bool
    scored: bool
    flagged: bool
    spent_ms: int
    changed: str  # "", "to right", "to wrong", "between wrong"
    late: bool
    question: QuestionView
    version: int
    opening: str  # the first words of the stem


#: Ranges of the distribution of times: half a minute each, five minutes and more in the last.
TIME_STEP_S, TIME_RANGES = 30, 11


@dataclass(frozen=True, slots=True)
class Pace:
    """Time for a question: the distribution, its ranges with their counts for the table, and what the exam allows on average."""

    chart: BarChart
    ranges: list[tuple[str, int]]
    allowed_s: float | None
    over: int


@dataclass(frozen=True, slots=True)
class ResultNote:
    """What was mended in questions of this attempt, why and when, and what it did to the result.

    `before` and `after` are None where the result did not change; `before` alone where the exam was handed in under it.
    """

    positions: list[int]
    what: str
    reason: str
    at: datetime
    undone_at: datetime | None
    before: Score | None
    after: Score | None


@dataclass(frozen=True, slots=True)
class ResultPage:
    """Everything about a finished exam or session."""

    attempt: int
    mode: str
    title: str
    started_at: datetime
    finish_reason: str
    spent_s: float
    allowed_s: float | None
    right: int
    asked: int
    unscored: int
    scaled: int | None
    passed: bool
    expected_scaled: tuple[int, int] | None  # what was predicted with this exam's answers; None below 20 that count
    expected_chance: float | None
    by_domain: list[Tally]
    by_topic: list[Tally]
    rows: list[ResultRow]
    blueprint: str
    can_replay: bool
    mended: list[ResultNote]

    @property
    def wrong(self) -> list[ResultRow]:
        return [row for row in self.rows if row.counts and not row.right]

    @property
    def wrong_unscored(self) -> int:
        """How many of those are no part of the score, so that the numbers add up for whoever counts."""
        return sum(not row.scored for row in self.wrong)

    @property
    def pace(self) -> Pace | None:
        return pace([row.spent_ms / 1000 for row in self.rows if row.spent_ms], allowed_s=self.allowed_s, questions=len(self.rows))

    @property
    def short_of_pass(self) -> int:
        return max(0, SCALE_PASS - (self.scaled or 0))

    @property
    def flags(self) -> int:
        return sum(row.flagged for row in self.rows)

    @property
    def changes(self) -> dict[str, int]:
        counts = {"to right": 0, "to wrong": 0, "between wrong": 0}
        for row in self.rows:
            if row.changed:
                counts[row.changed] += 1
        return counts

    @property
    def late(self) -> int:
        return sum(row.late for row in self.rows)


def pace(spent_s: Sequence[float], *, allowed_s: float | None, questions: int) -> Pace | None:
    """How the time was spread over the questions that took any; None where none was told. `allowed_s` is for the whole exam."""
    if not spent_s:
        return None
    counts = histogram(spent_s, step=TIME_STEP_S, most=TIME_RANGES)
    each = allowed_s / questions if allowed_s and questions else None
    over = sum(value > each for value in spent_s) if each else 0
    starts = [n * TIME_STEP_S for n in range(len(counts))]
    named = [f"{start} s and more" if n == TIME_RANGES - 1 else f"{start} to {start + TIME_STEP_S} s" for n, start in enumerate(starts)]
    told = f"; the exam allows {each:.0f} s for a question, and {over} took longer" if each else ""
    chart = bar_chart(
        title="Time for a question", description=f"{len(spent_s)} questions by half minutes{told}. The table below has every range.",
        values=[(f"{start}", float(count)) for start, count in zip(starts, counts, strict=True)], x_label="seconds, from", y_label="questions",
        y_text=lambda y: f"{y:g}", every=2, mark=(each / TIME_STEP_S, f"{each:.0f} s") if each else None,
    )  # fmt: skip
    return Pace(chart, list(zip(named, counts, strict=True)), each, over)


def result_page(attempt: Attempt) -> ResultPage:
    """The result of a finished attempt: ten statements, whatever its length."""
    slots = list(
        attempt.slots.filter(repeat_of=None)
        .select_related("version")
        .prefetch_related(Prefetch("responses", to_attr="given"))
        .annotate(late=Count("late_answers"))
        .order_by("position")
    )
    lessons = lesson_titles()
    topics = dict(Topic.objects.values_list("slug", "title"))
    domains = list(Domain.objects.values_list("key", "title"))
    cut = float(attempt.plan.get("cut", 0.72))
    is_exam = attempt.mode == Mode.EXAM
    slots = [slot for slot in slots if is_exam or slot.given]  # a session that was ended early keeps its secrets
    held = KeyMending.objects.held(slot.version for slot in slots)
    rows = [_result_row(slot, topics, lessons, held.get(slot.version_id)) for slot in slots]
    right = attempt.right if is_exam and attempt.right is not None else sum(row.right for row in rows)
    asked = attempt.scored if is_exam and attempt.scored is not None else sum(row.answered and row.counts for row in rows)
    by_domain: dict[str, list[bool]] = defaultdict(list)
    by_topic: dict[str, list[bool]] = defaultdict(list)
    for slot, row in zip(slots, rows, strict=True):
        if row.scored and (is_exam or row.answered):
            by_domain[slot.version.item.domain].append(row.right)
            by_topic[row.topic].append(row.right)
    said = getattr(attempt, "prediction", None) if is_exam else None
    assert attempt.submitted_at is not None
    allowed = (attempt.deadline_at - attempt.started_at).total_seconds() if attempt.deadline_at else None
    return ResultPage(
        attempt=attempt.pk, mode=attempt.mode, title=str(attempt.plan.get("title", "")), started_at=attempt.started_at,
        finish_reason=attempt.finish_reason, spent_s=(attempt.submitted_at - attempt.started_at).total_seconds(),
        allowed_s=allowed, right=right, asked=asked, unscored=sum(not row.scored for row in rows), scaled=attempt.scaled,
        passed=(attempt.scaled or 0) >= SCALE_PASS, expected_scaled=scaled_range(said.low80, said.high80, said.items, cut=said.cut) if said else None,
        expected_chance=said.chance if said else None,
        by_domain=[Tally(title, sum(by_domain[key]), len(by_domain[key]), cut) for key, title in domains if by_domain[key]],
        by_topic=[Tally(title, sum(marks), len(marks), cut) for title, marks in by_topic.items()],
        rows=rows, blueprint=attempt.blueprint.slug if attempt.blueprint else "", can_replay=is_exam,
        mended=_result_notes(attempt, slots, held),
    )  # fmt: skip


def _result_notes(attempt: Attempt, slots: Sequence[Slot], held: dict[int, Held]) -> list[ResultNote]:
    """Every mending that holds of a question here, and those that changed the result and were taken back; the earliest first."""
    results = {row.mending_id: row for row in MendedResult.objects.filter(attempt=attempt).select_related("mending")}
    said = {row.pk: row for one in held.values() for row in one.mendings} | {pk: row.mending for pk, row in results.items()}
    notes = []
    for pk, mending in sorted(said.items()):
        places = [slot for slot in slots if slot.version.question_id == mending.question_id]
        if mending.is_in_force:
            places = [slot for slot in places if slot.version_id in held and mending in held[slot.version_id].mendings]
        told = results.get(pk)
        notes.append(
            ResultNote(
                [slot.position for slot in places], mending.what(places[0].version), mending.reason, mending.made_at, mending.undone_at,
                told.before if told else None, told.after if told else None,
            )
        )  # fmt: skip
    return notes


def _result_row(slot: Slot, topics: dict[str, str], lessons: dict[str, str], held: Held | None) -> ResultRow:
    item = slot.version.item
    response: Response | None = slot.given[0] if slot.given else None  # type: ignore[attr-defined]
    answer = response.answer if response else []
    view = question_view(item, order=slot.option_order, chosen=answer, response=response, reveal=True, lessons=lessons, held=held)
    feedback = view.feedback
    assert feedback is not None
    first = slot.first_draft
    was_right = first is not None and (held.ruling.fraction(first) == 1 if held else item.grade(first).right)
    return ResultRow(
        position=slot.position, topic=topics.get(item.topic, item.topic), right=feedback.right, answered=bool(answer),
        counts=feedback.counts, scored=slot.is_scored and feedback.counts, flagged=slot.flagged,
        spent_ms=response.spent_ms if response else slot.spent_ms,
        changed=_changed(first, answer, was_right=was_right, right=feedback.right), late=bool(slot.late),  # type: ignore[attr-defined]
        question=view,
        version=slot.version_id, opening=opening(item.stem),
    )  # fmt: skip


def _changed(first: list[str] | None, last: list[str], *, was_right: bool, right: bool) -> str:
    if first is None or first == last:
        return ""
    if right:
        return "to right"
    return "to wrong" if was_right else "between wrong"


# -- lists -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ExamCard:
    """A plan that a learner can sit, with what they have of it."""

    slug: str
    title: str
    summary: str
    minutes: int
    length: int
    scored: int
    open_attempt: int | None
    remaining_s: float | None
    times: int


@dataclass(frozen=True, slots=True)
class ExamLine:
    """A finished exam in a list. `scaled` is None where mended keys left no question that counts."""

    attempt: int
    title: str
    started_at: datetime
    right: int
    scored: int
    scaled: int | None
    passed: bool


def exam_cards(learner: User | None, *, now: datetime) -> list[ExamCard]:
    running: dict[int, Attempt] = {}
    times: dict[int, int] = defaultdict(int)
    if learner:
        for attempt in Attempt.objects.of(learner).exams():
            if attempt.blueprint_id is None:
                continue
            if attempt.clock.is_open(now):
                running[attempt.blueprint_id] = attempt
            else:
                times[attempt.blueprint_id] += 1
    return [
        ExamCard(
            plan.slug, plan.title, plan.summary, plan.minutes, plan.length, plan.length - plan.pilots,
            running[plan.pk].pk if plan.pk in running else None,
            running[plan.pk].clock.remaining_s(now) if plan.pk in running else None, times[plan.pk],
        )
        for plan in Blueprint.objects.filter(Q(is_open=True) | Q(pk__in=running))
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class ExamPage:
    """What awaits a learner in an exam, with their own time."""

    slug: str
    title: str
    summary: str
    minutes: int | None
    length: int
    unscored: int
    cut: float
    open_attempt: int | None
    adjusted: bool


def exam_page(slug: str, learner: User | None, *, now: datetime) -> ExamPage | None:
    """The page before an exam; None where there is no such exam."""
    plan = Blueprint.objects.filter(slug=slug, is_open=True).first()
    return plan_page(plan, learner, now=now) if plan else None


def plan_page(plan: Blueprint, learner: User | None, *, now: datetime) -> ExamPage:
    """The same for a plan that is at hand, offered to everybody or not."""
    minutes: int | None = plan.minutes
    if learner is not None:
        until = deadline(
            started_at=now, minutes=plan.minutes, factor=float(learner.time_factor),
            extra_minutes=learner.extra_minutes, untimed=learner.untimed,
        )  # fmt: skip
        minutes = round((until - now).total_seconds() / 60) if until else None
    running = (
        next((a for a in Attempt.objects.of(learner).exams().unfinished().filter(blueprint=plan) if a.clock.is_open(now)), None)
        if learner
        else None
    )
    return ExamPage(
        plan.slug,
        plan.title,
        plan.summary,
        minutes,
        plan.length,
        plan.pilots,
        plan.cut,
        running.pk if running else None,
        minutes != plan.minutes,
    )


def exam_lines(learner: User | None, *, limit: int = 20) -> list[ExamLine]:
    """Finished exams, the latest first."""
    if learner is None:
        return []
    done = Attempt.objects.of(learner).exams().filter(submitted_at__isnull=False)[:limit]
    return [exam_line(row) for row in done]


def exam_line(a: Attempt) -> ExamLine:
    return ExamLine(a.pk, str(a.plan.get("title", "")), a.started_at, a.right or 0, a.scored or 0, a.scaled, (a.scaled or 0) >= SCALE_PASS)
