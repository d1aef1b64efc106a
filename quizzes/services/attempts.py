"""The verbs of a sitting: start, answer, save, flag, hand in, expire; and what becomes of a guest's sittings."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import FilteredRelation, Q
from django.utils import timezone

from quizzes import meter
from quizzes.domain.attempt import MODES, Clock, Mode, deadline, option_order, visit_ms
from quizzes.domain.elo import DIFFICULTIES, SWEET, Played, chance, skill_after
from quizzes.domain.errors import AlreadyAnswered, AttemptClosed, NothingToAsk, Refusal, StaleAnswer
from quizzes.domain.exam import Candidate, choose_unscored, draw_form
from quizzes.domain.items import check_answer, from_letters, read_answer, to_letters
from quizzes.domain.memory import counts, day_number, is_rapid
from quizzes.domain.mending import Score, score
from quizzes.domain.readiness import CHECK_LENGTH, COUNTING, sample
from quizzes.domain.selection import Choice, choose, interleave, portions, variant_for
from quizzes.models import (
    Assignment,
    Attempt,
    Blueprint,
    Card,
    KeyMending,
    LabPrediction,
    LateAnswer,
    Lesson,
    LessonProgress,
    Membership,
    MendedResult,
    Objective,
    Prediction,
    Question,
    Regrade,
    Response,
    Seen,
    Slot,
    User,
)
from quizzes.models.mendings import Held, effective_fraction
from quizzes.models.reviews import Remembered
from quizzes.services import audit, readiness, reviews
from quizzes.services.audit import Action

#: Sizes of a practice session.
SMALLEST, LARGEST = 5, 25
#: How many questions a practice session chooses among, and the smallest window of an exam's draw.
POOL, WINDOW = 200, 20
#: How many pilot questions of an objective an exam chooses among: they fill a few places at most.
PILOTS = 3
#: So many topics below a learner's own average count as weak, so that a review is not all of one.
WEAKEST = 3
#: How many ids of saves a slot remembers.
SAVES_REMEMBERED = 40


class NotYours(Refusal):
    """There is no such attempt or place among this learner's."""

    status = 404
    code = "not-found"


class OutsideWindow(Refusal):
    """An assigned exam is not open yet, or not any more."""

    code = "outside-window"


class AttemptsUsedUp(Refusal):
    """Every attempt that an assigned exam allows was made."""

    code = "used-up"


class RunningElsewhere(Refusal):
    """The same exam runs outside the class that asks for it."""

    code = "running-elsewhere"


class StaleSave(StaleAnswer):
    """Another tab saved first; both answers are shown, so that one can be kept."""

    def __init__(self, *, mine: list[str], theirs: list[str], revision: int, saved_at: datetime | None) -> None:
        super().__init__(
            "This answer was changed in another tab or on another device after this page was drawn. "
            "Nothing is lost: choose which answer to keep."
        )
        self.mine, self.theirs, self.revision, self.saved_at = mine, theirs, revision, saved_at


@dataclass(frozen=True, slots=True)
class Receipt:
    """The server's word that a change is kept. `answer` holds the letters saved."""

    position: int
    revision: int
    saved_at: datetime
    answer: list[str]
    remaining_s: float | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """An answer that a page still held when the exam was handed in."""

    position: int
    letters: list[str]
    revision: int
    save_id: str


@dataclass(frozen=True, slots=True)
class HandIn:
    """What became of the answers that came with the hand-in, by position. What was not taken is kept, and not graded."""

    attempt: Attempt
    taken: list[int]
    stale: list[int]
    late: list[int]


# -- starting --------------------------------------------------------------------------------------------------------


@transaction.atomic
def start_practice(
    *, learner: User, topics: Sequence[str], kind: str, size: int, now: datetime, seed: int,
    only: Iterable[int] | None = None, section: str = "",
) -> Attempt:  # fmt: skip
    """A practice session of up to `size` questions: `kind` is all, unseen, missed or computed; no topics means mixed.

    `only` limits the choice to these questions, `section` (slug#anchor) to those of a lesson's section. Raises NothingToAsk where none fits.
    """
    rng = random.Random(seed)  # noqa: S311 (a draw that can be repeated, no secret)
    chosen = choose(_pool(learner, topics=topics, kind=kind, start=rng.random(), only=only, section=section), size=size, rng=rng)
    if not chosen:
        where = "on this section" if section else "of these topics"
        raise NothingToAsk(
            {
                "missed": "You have no missed questions here. Practise all questions, or choose other topics.",
                "unseen": f"You have seen every question {where}. Practise all of them again, or choose other topics.",
                "computed": f"There is no computed question {where}. Practise all questions, or choose other topics.",
            }.get(kind, f"There is no question {'on this section' if section else 'on these topics'} yet. Choose other topics.")
        )
    plan = {"title": "Practice", "topics": list(topics), "kind": kind, "size": size, **({"section": section} if section else {})}
    return _open(learner, Mode.PRACTICE, chosen, now=now, seed=seed, rng=rng, plan=plan)


@transaction.atomic
def start_review(*, learner: User, size: int, now: datetime, seed: int) -> Attempt:
    """What is due, the weakest memory first, then new questions of weak topics; a quarter is drawn at random over the exam's plan.

    Resumes an open review. No two questions of a family, and none of a family that was answered today. Raises NothingToAsk where the bank
    has nothing to ask.
    """
    if running := _open_review(learner):
        return running
    rng, today = random.Random(seed), day_number(now)  # noqa: S311
    due = _due(learner, today=today, limit=size)
    buried = {choice.family for choice in due} | set(Card.objects.of(learner).filter(day=today).values_list("family", flat=True))
    drawn = [choice for choice in _random_choices(learner, size=size, rng=rng) if choice.family not in buried]
    fresh = [choice for choice in _weak_choices(learner, start=rng.random()) if choice.family not in buried]
    share = portions(size=size, due=len(due), weak=len(fresh), random=len(drawn))
    rest = drawn[: share.random]
    taken = {choice.family for choice in rest}
    weak = _one_per_family(choice for choice in fresh if choice.family not in taken)[: share.weak]
    chosen = [*due[: share.due], *interleave([*weak, *rest], rng=rng)]
    if not chosen:
        raise NothingToAsk("There is no question to review yet. Practise some first; what fades comes up here.")
    plan = {"title": "Review", "due": share.due, "weak": len(weak), "random": share.random}
    try:
        with transaction.atomic():
            return _open(learner, Mode.REVIEW, chosen, now=now, seed=seed, rng=rng, plan=plan)
    except IntegrityError:
        running = _open_review(learner)
        if running is None:
            raise
        return running


def _open_review(learner: User) -> Attempt | None:
    return Attempt.objects.of(learner).filter(mode=Mode.REVIEW).unfinished().first()


def _one_per_family(choices: Iterable[Choice]) -> list[Choice]:
    return list({choice.family: choice for choice in reversed(list(choices))}.values())[::-1]


def _due(learner: User, *, today: int, limit: int) -> list[Choice]:
    """Due families, the weakest memory first; of each the question that was not seen for longest."""
    families = list(Card.objects.of(learner).due(today).values_list("family", flat=True)[:limit])
    rows = _with_history(learner).filter(family__in=families)
    best: dict[str, Choice] = {}
    for choice in _choices(learner, rows.values_list(*CHOICE)):
        known = best.get(choice.family)
        if known is None or _seen_at(choice) < _seen_at(known):
            best[choice.family] = choice
    return [best[family] for family in families if family in best]


def _seen_at(choice: Choice) -> float:
    return choice.last_at.timestamp() if choice.last_at else 0.0


def _random_choices(learner: User, *, size: int, rng: random.Random) -> list[Choice]:
    """A draw over the plan of the longest exam, in its proportions; what the learner never met first."""
    plan = readiness.longest_exam()
    if plan is None:
        return []
    wanted = Counter(rng.choices(list(plan.counts), weights=list(plan.counts.values()), k=size))
    windows = {objective: max(WINDOW, 4 * count) for objective, count in wanted.items()}
    candidates = Question.objects.all().draw(windows=windows, start=rng.random(), learner_id=learner.pk)
    topics = dict(Objective.objects.filter(key__in=wanted).values_list("key", "topic_id"))
    return [
        Choice(c.question, c.version, topics[c.objective], c.family, c.pick, c.options, selection="random_blueprint")
        for c in sorted(draw_form(candidates, counts=wanted, rng=rng), key=lambda candidate: candidate.seen)
    ]


def _weak_choices(learner: User, *, start: float) -> list[Choice]:
    """New questions, those of the weakest topics first, and of those the ones that are neither too easy nor too hard for this learner."""
    played: dict[str, list[Played]] = defaultdict(list)
    rows = Response.objects.filter(learner=learner, is_new=True).annotate(mark=effective_fraction()).exclude(mark=None)
    for topic, difficulty, options, fraction in rows.values_list(
        "question__topic_id", "question__difficulty", "question__option_count", "mark"
    ):
        played[topic].append(Played(DIFFICULTIES[difficulty], 1 / max(2, options), fraction >= 1))
    overall = skill_after(answer for answers in played.values() for answer in answers)
    skills = {topic: skill_after(answers, start=overall) for topic, answers in played.items()}
    pool = _pool(learner, topics=[], kind="unseen", start=start)
    weakest = sorted((topic for topic in skills if skills[topic] < overall), key=lambda topic: skills[topic])[:WEAKEST]

    def fit(choice: Choice) -> tuple[bool, float]:
        skill = skills.get(choice.topic, overall)
        guess = 1 / max(2, choice.options)
        return choice.topic not in weakest, abs(chance(skill, DIFFICULTIES[choice.difficulty], guess=guess) - SWEET)

    return [replace(choice, selection="targeted") for choice in sorted(pool, key=fit)]


@transaction.atomic
def start_readiness_check(*, learner: User, now: datetime, seed: int) -> Attempt:
    """A calibration check: 20 questions drawn like the longest exam, unseen ones first, without a clock. Resumes an open one.

    Raises NothingToAsk where there is no exam to draw like, or the bank cannot fill the check.
    """
    User.objects.select_for_update(no_key=True).filter(pk=learner.pk).first()  # two presses of the button make one check
    open_one = Attempt.objects.of(learner).filter(mode=Mode.READINESS).unfinished().first()
    if open_one:
        return open_one
    plan = readiness.longest_exam()
    if plan is None:
        raise NothingToAsk("There is no exam to prepare for yet, so nothing can be predicted. Practise; an instructor opens an exam.")
    rng = random.Random(seed)  # noqa: S311
    topics = dict(Objective.objects.filter(pk__in=list(plan.counts)).values_list("pk", "topic_id"))
    wanted = sample(plan.counts, topics=topics, size=CHECK_LENGTH, rng=rng)
    windows = {objective: max(WINDOW, 4 * count) for objective, count in wanted.items()}
    candidates = Question.objects.all().draw(windows=windows, start=rng.random(), learner_id=learner.pk)
    form = draw_form(candidates, counts=wanted, rng=rng)
    if len(form) < CHECK_LENGTH:
        raise NothingToAsk(f"This check needs {CHECK_LENGTH} questions and the bank has {len(form)} that fit. Practise instead.")
    return _open(learner, Mode.READINESS, form, now=now, seed=seed, rng=rng, plan={"title": "Calibration check"})


@transaction.atomic
def start_check(*, learner: User, lesson: Lesson, question: Question, now: datetime, seed: int) -> Attempt:
    """One question inside a lesson. Its page shows the key once it is answered, so the same check goes on, answered or not."""
    if question.state != Question.State.PUBLISHED or question.current_id is None:
        raise NothingToAsk("This check is not in use any more. Read on; the next one will work.")
    same = Slot.objects.filter(attempt__learner=learner, attempt__mode=Mode.CHECK, attempt__lesson=lesson, version_id=question.current_id)
    if slot := same.select_related("attempt").first():
        return slot.attempt
    rng = random.Random(seed)  # noqa: S311
    choice = Choice(question.pk, question.current_id, question.topic_id, question.family, question.pick, question.option_count)
    plan = {"title": lesson.short, "question": question.slug}
    return _open(learner, Mode.CHECK, [choice], now=now, seed=seed, rng=rng, plan=plan, lesson=lesson)


def start_exam(*, learner: User, blueprint: Blueprint, now: datetime, seed: int, assignment: Assignment | None = None) -> Attempt:
    """An exam by this plan; the one that is already open, if there is one. With an `assignment` it counts for that class.

    Raises NothingToAsk where the bank cannot fill the form; for an assignment also NotYours, OutsideWindow, AttemptsUsedUp, and
    RunningElsewhere where the same exam runs and does not count for it.
    """
    running = _running_exam(learner, blueprint)
    if running and not close_if_expired(attempt=running, now=now):
        return _go_on(running, assignment)
    try:
        with transaction.atomic():
            if assignment is not None:
                assignment = _hold_place(learner, assignment)
                if running := _running_exam(learner, blueprint):
                    return _go_on(running, assignment)
                _require_attempt_left(learner, assignment, now=now)
            return _draw_exam(learner, blueprint, now=now, seed=seed, assignment=assignment)
    except IntegrityError:
        running = _running_exam(learner, blueprint)
        if running is None:
            raise
        return _go_on(running, assignment)


def _running_exam(learner: User, blueprint: Blueprint) -> Attempt | None:
    return Attempt.objects.of(learner).exams().unfinished().filter(blueprint=blueprint).first()


def _go_on(running: Attempt, assignment: Assignment | None) -> Attempt:
    """The exam that runs, unless it was started for something else than what is asked for."""
    if assignment is not None and running.assignment_id != assignment.pk:
        raise RunningElsewhere(
            f"“{running.plan.get('title', 'This exam')}” is running already, and it was not started here, so it would not count for this class. "
            "No attempt was used. Hand it in under Exams, then start it here."
        )
    return running


def _hold_place(learner: User, assignment: Assignment) -> Assignment:
    """The assigned exam as it is now, while this learner's membership stays locked until the transaction ends.

    So two tabs come one after the other, and neither gets an attempt too many. Raises NotYours for who is not in the class.
    """
    stay = Membership.objects.current().filter(learner=learner, cohort=assignment.cohort_id).select_for_update().first()
    fresh = Assignment.objects.select_related("cohort").filter(pk=assignment.pk, blueprint=assignment.blueprint_id).first()
    if stay is None or fresh is None:
        raise NotYours("There is no such exam in your classes.")
    return fresh


def _require_attempt_left(learner: User, assignment: Assignment, *, now: datetime) -> None:
    if not assignment.cohort.is_open(now):
        raise OutsideWindow("This class is over or closed, so its exams cannot be started. What you sat before is kept under Exams.")
    stage = assignment.window.stage(now)
    if stage != "open":
        at = timezone.localtime(assignment.opens_at if stage == "ahead" else assignment.closes_at)
        when = f"{at.day} {at:%b %Y at %H:%M %Z}"
        raise OutsideWindow(
            f"This exam opens on {when}. Nothing was started; come back then."
            if stage == "ahead"
            else f"This exam closed on {when}. Nothing was started. Ask your instructor if you need another window."
        )
    if Attempt.objects.of(learner).filter(assignment=assignment).count() >= assignment.attempts_allowed:
        raise AttemptsUsedUp(
            f"You have used {'your one attempt' if assignment.attempts_allowed == 1 else f'all {assignment.attempts_allowed} attempts'} at this exam. "
            "Your results are kept under Exams; ask your instructor if you need another one."
        )


def _draw_exam(learner: User, blueprint: Blueprint, *, now: datetime, seed: int, assignment: Assignment | None) -> Attempt:
    if blueprint.length <= blueprint.pilots:
        raise NothingToAsk("This exam has no question that counts. Take another one; an instructor has to mend its plan.")
    rng = random.Random(seed)  # noqa: S311
    windows = {objective: max(WINDOW, 4 * count) for objective, count in blueprint.counts.items() if count}
    candidates = Question.objects.all().draw(
        windows=windows, start=rng.random(), learner_id=learner.pk, pilots=PILOTS if blueprint.pilots else 0
    )
    form = draw_form(candidates, counts=blueprint.counts, rng=rng, pilots=blueprint.pilots)
    if len(form) < blueprint.length:
        raise NothingToAsk(f"This exam needs {blueprint.length} questions and the bank has {len(form)} that fit. Take a shorter exam.")
    unscored = choose_unscored(form, pilots=blueprint.pilots, rng=rng)
    until = deadline(
        started_at=now, minutes=blueprint.minutes, factor=float(learner.time_factor),
        extra_minutes=learner.extra_minutes, untimed=learner.untimed, closes_at=assignment.closes_at if assignment else None,
    )  # fmt: skip
    plan = {"title": blueprint.title, "minutes": blueprint.minutes, "cut": blueprint.cut, "length": blueprint.length}
    return _open(
        learner, Mode.EXAM, form, now=now, seed=seed, rng=rng, plan=plan, blueprint=blueprint, deadline_at=until, unscored=unscored,
        assignment=assignment,
    )  # fmt: skip


@transaction.atomic
def replay_exam(*, attempt: Attempt, now: datetime) -> Attempt:
    """The same form again, untimed and with feedback at once; its answers are repeats and prove nothing new. An open replay goes on."""
    if running := attempt.replays.unfinished().first():
        return running
    slots = list(attempt.slots.order_by("position"))
    replay = Attempt.objects.create(
        learner_id=attempt.learner_id, mode=Mode.PRACTICE, replay_of=attempt, seed=attempt.seed, started_at=now,
        plan={"title": f"{attempt.plan.get('title', 'Exam')}, again", "kind": "replay"},
    )  # fmt: skip
    Slot.objects.bulk_create(
        Slot(attempt=replay, position=s.position, version_id=s.version_id, option_order=s.option_order, pick=s.pick, selection="targeted")
        for s in slots
    )
    return replay


def _open(
    learner: User, mode: Mode, chosen: Sequence[Choice | Candidate], *, now: datetime, seed: int, rng: random.Random,
    plan: Mapping[str, object], blueprint: Blueprint | None = None, lesson: Lesson | None = None,
    deadline_at: datetime | None = None, unscored: Iterable[int] = (), assignment: Assignment | None = None,
) -> Attempt:  # fmt: skip
    attempt = Attempt.objects.create(
        learner=learner, mode=mode, blueprint=blueprint, lesson=lesson, plan=plan, seed=seed, started_at=now, deadline_at=deadline_at,
        assignment=assignment,
    )  # fmt: skip
    unscored = set(unscored)
    Slot.objects.bulk_create(
        Slot(
            attempt=attempt, position=n, version_id=choice.version, option_order=option_order(choice.options, rng, pick=choice.pick),
            pick=choice.pick, is_scored=n - 1 not in unscored, selection=choice.selection or MODES[mode].selection,
        )
        for n, choice in enumerate(chosen, start=1)
    )  # fmt: skip
    return attempt


def _pool(
    learner: User, *, topics: Sequence[str], kind: str, start: float, only: Iterable[int] | None = None, section: str = ""
) -> list[Choice]:
    rows = _with_history(learner)
    if topics:
        rows = rows.filter(topic_id__in=topics)
    if section:
        rows = rows.filter(lesson=section)
    if only is not None:
        rows = rows.filter(pk__in=list(only))
    if kind == "unseen":
        rows = rows.filter(mine__isnull=True)
    elif kind == "missed":
        rows = rows.filter(mine__last_fraction__lt=1)
    elif kind == "computed":
        rows = rows.exclude(generator="")
    met = list(rows.filter(draw_key__gte=start).order_by("draw_key").values_list(*CHOICE)[:POOL])
    if len(met) < POOL:
        met += rows.filter(draw_key__lt=start).order_by("draw_key").values_list(*CHOICE)[: POOL - len(met)]
    return _choices(learner, met)


#: What a choice needs of a question and of the learner's history with it.
CHOICE = (
    "pk", "current_id", "topic_id", "family", "pick", "option_count", "difficulty", "mine__last_at", "mine__last_fraction", "mine__times", "stock",
)  # fmt: skip


def _with_history(learner: User) -> Any:
    return Question.objects.published().annotate(mine=FilteredRelation("seen", condition=Q(seen__learner_id=learner.pk)))


def _choices(learner: User, rows: Iterable[tuple[Any, ...]]) -> list[Choice]:
    choices = []
    for question, version, topic, family, pick, options, difficulty, last_at, fraction, times, stock in rows:
        if stock:
            version, options = variant_for(stock, learner=learner.pk, question=question, times=times or 0)
        right = None if last_at is None else fraction is None or fraction >= 1  # an answer to a dropped question is no miss
        choices.append(Choice(question, version, topic, family, pick, options, last_at, right, difficulty))
    return choices


# -- answering -------------------------------------------------------------------------------------------------------


def _locked_slot(learner: User, attempt: int, position: int) -> Slot:
    slot = Slot.objects.held(learner_id=learner.pk, attempt=attempt, position=position)
    if slot is None:
        raise NotYours("There is no such question among yours.")
    return slot


@transaction.atomic
def open_slot(*, slot: Slot, now: datetime) -> None:
    """Remember that this place was shown; the first time counts."""
    if slot.seen_at is None and slot.attempt.clock.is_open(now):
        Slot.objects.filter(pk=slot.pk, seen_at=None).update(seen_at=now)


def submit_response(
    *, learner: User, attempt: int, position: int, letters: Sequence[str], confidence: str, spent_ms: int, now: datetime
) -> Response:
    """Grade one answer of a mode with feedback at once, and add it to the history.

    The same answer sent twice gives the response of the first time. Raises AlreadyAnswered for another one,
    InvalidAnswer, AttemptClosed, NotYours.
    """
    slot = Slot.objects.place(learner_id=learner.pk, attempt=attempt, position=position)
    if slot is None:
        raise NotYours("There is no such question among yours.")
    return answer_slot(learner=learner, slot=slot, letters=letters, confidence=confidence, spent_ms=spent_ms, now=now)


@transaction.atomic
def answer_slot(*, learner: User, slot: Slot, letters: Sequence[str], confidence: str, spent_ms: int, now: datetime) -> Response:
    """The same for a place of the learner's that is at hand, as `Slot.objects.place` gives it."""
    attempt = slot.attempt
    if attempt.rules.feedback != "at once":
        raise Refusal("Answers of an exam are saved as you go and graded when you hand in.")
    item = slot.version.item
    answer = read_answer(
        item.type, letters, order=slot.option_order, pick=slot.pick, target_count=len(item.targets), unit=item.unit, complete=True
    )
    # What may have changed since the place was read: the end of the attempt, and the answers of another tab.
    held = Attempt.objects.held(attempt.pk, learner_id=attempt.learner_id)
    if held is None:
        raise NotYours("There is no such question among yours.")
    attempt.deadline_at, attempt.submitted_at = held.deadline_at, held.submitted_at
    places = Slot.objects.places(attempt.pk)
    if any(place.position == slot.position and place.response for place in places):
        given = slot.responses.get()
        if given.answer == answer:
            return given
        raise AlreadyAnswered("You answered this question already, perhaps in another tab. Your first answer stands; go on to the next.")
    attempt.clock.require_open(now)
    grade = item.grade(answer)
    response = Response(
        slot=slot, learner_id=attempt.learner_id, question_id=slot.version.question_id, answer=answer, fraction=grade.fraction,
        share=grade.share, confidence=confidence, spent_ms=visit_ms(spent_ms), selection=slot.selection, responded_at=now,
    )  # fmt: skip
    marked = _mark([response], learner=learner)
    _take_in([response], marked)
    Response.objects.append(response)
    _keep_marks([response], marked)
    _remember([response], marked, learner=learner, mode=attempt.mode)
    if attempt.rules.repeats_missed and marked.is_miss(response) and slot.repeat_of is None:
        _repeat(slot, at=places[-1].position + 1, now=now)
    elif sum(place.response is None for place in places) == 1:  # this one
        attempt.submitted_at, attempt.finish_reason = now, Attempt.Reason.COMPLETED
        attempt.save(update_fields=["submitted_at", "finish_reason"])
        if any(place.selection in COUNTING for place in places):
            readiness.take_in(attempt=attempt)
    return response


@dataclass(frozen=True, slots=True)
class _Marked:
    """What was read to take responses in: memory and effective fraction by question, and what is held of versions that were mended."""

    known: dict[int, Remembered]
    fractions: dict[int, float | None]
    held: dict[int, Held]

    def is_miss(self, response: Response) -> bool:
        """Wrong by the key that holds; an answer to a dropped question is none."""
        fraction = self.fractions[response.question_id]
        return fraction is not None and fraction < 1


def _mark(responses: Sequence[Response], *, learner: User) -> _Marked:
    """The effective marks of these responses, each of another question and still to be written.

    Memory is read first: that holds the questions, so that no key is mended meanwhile.
    """
    known = Card.objects.remembered(learner.pk, [response.question_id for response in responses])
    held = KeyMending.objects.held(response.slot.version for response in responses if known[response.question_id].mended)
    fractions = {
        response.question_id: held[response.slot.version_id].ruling.fraction(response.answer)
        if response.slot.version_id in held else response.fraction
        for response in responses
    }  # fmt: skip
    return _Marked(known, fractions, held)


def _take_in(responses: Sequence[Response], marked: _Marked) -> None:
    """Say of each response, still to be written, whether it is the first to its question.

    A generated question is new again with each variant, as long as there are variants left.
    """
    times = Seen.objects.remember(responses, marked.fractions)
    for response in responses:
        answers, variants = times[response.question_id], marked.known[response.question_id].stock
        response.is_new = response.slot.repeat_of is None and answers <= max(1, variants)


def _keep_marks(responses: Sequence[Response], marked: _Marked) -> None:
    """Keep the effective marks beside the responses, just written, where a mended key gives others than these were given."""
    if not marked.held:
        return
    Regrade.objects.bulk_create(
        Regrade(
            response=response, mending=marked.held[response.slot.version_id].mendings[-1], fraction=marked.fractions[response.question_id]
        )
        for response in responses if marked.fractions[response.question_id] != response.fraction
    )  # fmt: skip


def _remember(responses: Sequence[Response], marked: _Marked, *, learner: User, mode: str) -> None:
    events = []
    for response in responses:
        slot, fraction = response.slot, marked.fractions[response.question_id]
        if fraction is None or not counts(mode=mode, repeat=slot.repeat_of is not None, seen=slot.seen_at is not None):
            continue
        row, spent = marked.known[response.question_id], response.spent_ms
        rapid = 0 < spent < reviews.SLOW_MS and is_rapid(spent_ms=spent, words=slot.version.item.words)
        flagged = slot.flagged and mode == Mode.EXAM
        events.append(
            reviews.Event(
                row.question, row.family, row.topic, fraction >= 1, response.confidence, rapid, flagged,
                response.responded_at, response=response.pk,
            )
        )  # fmt: skip
    if events:
        reviews.remember(learner=learner, events=events, known=marked.known)


def _repeat(slot: Slot, *, at: int, now: datetime) -> None:
    rng = random.Random(f"{slot.attempt.seed}/{at}")  # noqa: S311
    Slot.objects.create(
        attempt_id=slot.attempt_id, position=at, version_id=slot.version_id, pick=slot.pick, selection="targeted",
        option_order=option_order(len(slot.option_order), rng, pick=slot.pick), repeat_of=slot.position,
    )  # fmt: skip


def save_draft(
    *, learner: User, attempt: int, position: int, letters: Sequence[str], revision: int, save_id: str,
    spent_ms: int = 0, now: datetime,
) -> Receipt:  # fmt: skip
    """Keep an answer of a running exam.

    `revision` is the one that the page was based on; `save_id` is the change's own, so that sending it twice counts once.
    Another answer under an old id is no repetition: it takes its chance by its revision.
    Raises StaleSave where another tab was first, LateAnswer or AttemptClosed where it is too late (the answer is then kept
    as late), InvalidAnswer, NotYours.
    """
    try:
        receipt = _save_draft(learner, attempt, position, letters, revision, save_id, spent_ms, now)
    except Refusal as refusal:
        meter.save(refusal.code)
        if isinstance(refusal, AttemptClosed):
            _keep_late(learner, attempt, position, letters, save_id, now=now)
        raise
    meter.save("saved")
    return receipt


@transaction.atomic
def _save_draft(
    learner: User, attempt: int, position: int, letters: Sequence[str], revision: int, save_id: str, spent_ms: int, now: datetime
) -> Receipt:
    slot = _locked_slot(learner, attempt, position)
    clock = slot.attempt.clock
    if not slot.attempt.rules.saves_drafts:
        raise Refusal("This session has no answers to save: press “Check answer”.")
    answer = check_answer(from_letters(letters, slot.option_order), order=slot.option_order, pick=slot.pick, complete=False)
    taken, at, kept = slot.save_ids.get(save_id, (0, "", None))
    if kept == answer:
        return _receipt(slot, clock, revision=taken, saved_at=datetime.fromisoformat(at), answer=answer, now=now)
    clock.require_open(now)
    if revision != slot.revision:
        if answer == slot.draft:
            return _receipt(slot, clock, revision=slot.revision, saved_at=slot.saved_at or now, answer=answer, now=now)
        raise StaleSave(
            mine=to_letters(answer, slot.option_order), theirs=to_letters(slot.draft, slot.option_order),
            revision=slot.revision, saved_at=slot.saved_at,
        )  # fmt: skip
    latest = sorted(slot.save_ids.items(), key=lambda entry: entry[1][0])  # PostgreSQL keeps no order of keys
    saves = dict(latest[-(SAVES_REMEMBERED - 1) :])
    saves[save_id] = [revision + 1, now.isoformat(), answer]
    slot.draft, slot.revision, slot.saved_at, slot.save_ids = answer, revision + 1, now, saves
    slot.spent_ms += visit_ms(spent_ms)
    slot.seen_at = slot.seen_at or now
    if slot.first_draft is None and len(answer) == slot.pick:
        slot.first_draft = answer
    slot.save(update_fields=["draft", "revision", "saved_at", "save_ids", "spent_ms", "seen_at", "first_draft"])
    return _receipt(slot, clock, revision=slot.revision, saved_at=now, answer=answer, now=now)


def _receipt(slot: Slot, clock: Clock, *, revision: int, saved_at: datetime, answer: list[str], now: datetime) -> Receipt:
    return Receipt(slot.position, revision, saved_at, to_letters(answer, slot.option_order), clock.remaining_s(now))


@transaction.atomic
def _keep_late(learner: User, attempt: int, position: int, letters: Sequence[str], save_id: str, *, now: datetime) -> None:
    slot = Slot.objects.filter(attempt__learner_id=learner.pk, attempt_id=attempt, position=position).first()
    if slot is None:
        return
    answer = from_letters(letters, slot.option_order)
    LateAnswer.objects.bulk_create([LateAnswer(slot=slot, save_id=save_id, answer=answer, arrived_at=now)], ignore_conflicts=True)


@transaction.atomic
def mark_slot(
    *, learner: User, attempt: int, position: int, now: datetime, flagged: bool | None = None,
    strike: str | None = None, struck: Sequence[str] | None = None, spent_ms: int = 0,
) -> Slot:  # fmt: skip
    """Flag a place, strike out options, or add the time of a visit. The last word counts; nothing here is graded.

    `strike` turns one letter over, `struck` sets all. Raises AttemptClosed, InvalidAnswer, NotYours.
    """
    slot = _locked_slot(learner, attempt, position)
    if not slot.attempt.rules.saves_drafts:
        raise Refusal("Flags belong to exams.")
    slot.attempt.clock.require_open(now)
    if flagged is not None:
        slot.flagged = flagged
    if struck is not None:
        slot.struck = from_letters(struck, slot.option_order)
    if strike is not None:
        [turned] = from_letters([strike], slot.option_order)
        slot.struck = [o for o in slot.struck if o != turned] if turned in slot.struck else sorted([*slot.struck, turned])
    slot.spent_ms += visit_ms(spent_ms)
    slot.seen_at = slot.seen_at or now
    slot.save(update_fields=["flagged", "struck", "spent_ms", "seen_at"])
    return slot


# -- finishing -------------------------------------------------------------------------------------------------------


def hand_in(*, learner: User, attempt: int, waiting: Sequence[Waiting] = (), now: datetime) -> HandIn:
    """Finish an attempt. Answers that the page still held are taken first, by the rules of every save.

    Handing in twice gives the same result. Raises NotYours.
    """
    row = Attempt.objects.of(learner).filter(pk=attempt).first()
    if row is None:
        raise NotYours("There is no such attempt among yours.")
    taken, stale, late = [], [], []
    for answer in waiting:
        try:
            save_draft(
                learner=learner, attempt=attempt, position=answer.position, letters=answer.letters,
                revision=answer.revision, save_id=answer.save_id, now=now,
            )  # fmt: skip
            taken.append(answer.position)
        except StaleAnswer:
            _keep_late(learner, attempt, answer.position, answer.letters, answer.save_id, now=now)
            stale.append(answer.position)
        except AttemptClosed:
            late.append(answer.position)
        except Refusal:
            continue
    if not close_if_expired(attempt=row, now=now):
        ended_early = row.mode == Mode.EXAM or row.slots.filter(responses=None).exists()
        _finish(row, reason=Attempt.Reason.HANDED_IN if ended_early else Attempt.Reason.COMPLETED, now=now)
    return HandIn(row, taken, stale, late)


def close_if_expired(*, attempt: Attempt, now: datetime) -> bool:
    """Close an attempt whose time is up. True if it is closed; the result is the same whoever closes it."""
    if attempt.clock.has_expired(now):
        _finish(attempt, reason=Attempt.Reason.EXPIRED, now=now)
    return attempt.is_finished


def close_expired(*, now: datetime, assignment: Assignment | None = None) -> int:
    """Close every attempt whose time is up, or those of one assigned exam, and say how many there were."""
    late = Attempt.objects.unfinished().filter(deadline_at__lt=now)
    if assignment is not None:
        late = late.filter(assignment=assignment)
    return sum(close_if_expired(attempt=attempt, now=now) for attempt in late.iterator())


@transaction.atomic
def _finish(attempt: Attempt, *, reason: str, now: datetime) -> None:
    """Grade what was saved and write the result, once."""
    locked = Attempt.objects.select_for_update().get(pk=attempt.pk)
    if not locked.is_finished:
        locked.submitted_at = locked.clock.finish_time(now)
        locked.finish_reason = reason
        if locked.mode == Mode.EXAM:
            _grade(locked)
        locked.save(update_fields=["submitted_at", "finish_reason", "right", "scored", "scaled"])
        if locked.rules.selection in COUNTING or locked.slots.filter(selection__in=COUNTING).exists():
            readiness.take_in(attempt=locked)
        if reason == Attempt.Reason.EXPIRED:
            transaction.on_commit(partial(meter.expiry, locked.mode))
    for name in ("submitted_at", "finish_reason", "right", "scored", "scaled"):
        setattr(attempt, name, getattr(locked, name))


def _grade(attempt: Attempt) -> None:
    assert attempt.submitted_at is not None
    slots = list(attempt.slots.select_related("version"))
    responses = []
    for slot in slots:
        grade = slot.version.item.grade(slot.draft)
        responses.append(
            Response(
                slot=slot, learner_id=attempt.learner_id, question_id=slot.version.question_id, answer=slot.draft,
                fraction=grade.fraction, share=grade.share, spent_ms=slot.spent_ms, selection=slot.selection,
                responded_at=attempt.submitted_at,
            )
        )  # fmt: skip
    marked = _mark(responses, learner=attempt.learner)
    met = [response for response in responses if response.slot.seen_at is not None]
    _take_in(met, marked)
    Response.objects.bulk_create(responses)
    _keep_marks(responses, marked)
    _remember(met, marked, learner=attempt.learner, mode=attempt.mode)
    counted = [response for response in responses if response.slot.is_scored]
    result = _score([marked.fractions[response.question_id] for response in counted], attempt)
    attempt.right, attempt.scored, attempt.scaled = result.right, result.scored, result.scaled
    if marked.held and result != _score([response.fraction for response in counted], attempt):
        last = {held.mendings[-1].question_id: held.mendings[-1] for held in marked.held.values()}
        MendedResult.objects.bulk_create(MendedResult.of(mending, attempt, before=None, after=result) for mending in last.values())


def _score(fractions: Iterable[float | None], attempt: Attempt) -> Score:
    counted = [fraction for fraction in fractions if fraction is not None]
    return score(round(sum(counted)), len(counted), cut=attempt.plan["cut"])


def practise_misses(*, attempt: Attempt, learner: User, now: datetime, seed: int) -> Attempt:
    """A practice session of what went wrong in a finished attempt, at most 25. Raises NothingToAsk where nothing did."""
    given = attempt.slots.annotate(mark=effective_fraction("responses__"))
    wrong = list(given.filter(mark__lt=1).values_list("version__question_id", flat=True))
    if not Question.objects.published().filter(pk__in=wrong).exists():
        raise NothingToAsk("Nothing of this went wrong that is still asked. Practise something else.")
    return start_practice(learner=learner, topics=[], kind="all", size=LARGEST, now=now, seed=seed, only=wrong)


# -- people ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def set_accommodation(*, learner: User, time_factor: str, extra_minutes: int, untimed: bool, by: User | None = None) -> int:
    """Give a learner their time; running exams get their new deadline at once. Returns how many did."""
    before: dict[str, Any] = dict(User.objects.values("time_factor", "extra_minutes", "untimed").get(pk=learner.pk))
    after = {"time_factor": time_factor, "extra_minutes": extra_minutes, "untimed": untimed}
    learner.time_factor, learner.extra_minutes, learner.untimed = time_factor, extra_minutes, untimed
    learner.save(update_fields=["time_factor", "extra_minutes", "untimed"])
    running = Attempt.objects.of(learner).exams().unfinished().select_related("assignment").select_for_update(of=("self",))
    changed = 0
    for attempt in running:
        until = _time_is_up(attempt, learner)
        if until != attempt.deadline_at:
            attempt.deadline_at = until
            attempt.save(update_fields=["deadline_at"])
            changed += 1
    if after != before:
        audit.record(
            Action.ACCOMMODATION, "time in exams", by=by, subject=learner, before=before, after={**after, "running_exams_moved": changed}
        )
    return changed


def _time_is_up(attempt: Attempt, learner: User) -> datetime | None:
    """When time is up in an exam by this person's accommodation, and by the window of the class it was started for."""
    return deadline(
        started_at=attempt.started_at, minutes=attempt.plan["minutes"], factor=float(learner.time_factor),
        extra_minutes=learner.extra_minutes, untimed=learner.untimed, closes_at=attempt.assignment.closes_at if attempt.assignment else None,
    )  # fmt: skip


@transaction.atomic
def move_deadlines(*, assignment: Assignment, now: datetime) -> int:
    """After the window of an assigned exam has changed, give exams that run under it their new end. Returns how many have one.

    None ends before `now`: whoever closes a window early ends what runs at that moment, with everything saved until then.
    """
    running = assignment.attempts.unfinished().select_related("learner", "assignment").select_for_update(of=("self",))
    changed = 0
    for attempt in running:
        if attempt.clock.has_expired(now):
            continue
        until = _time_is_up(attempt, attempt.learner)
        until = max(until, now) if until else None
        if until != attempt.deadline_at:
            attempt.deadline_at = until
            attempt.save(update_fields=["deadline_at"])
            changed += 1
    return changed


@dataclass(frozen=True, slots=True)
class Adoption:
    """What came along with a guest: how many sittings, and the titles of exams that had to be handed in."""

    attempts: int
    handed_in: list[str]


@transaction.atomic
def adopt_guest(*, guest: User, account: User, now: datetime) -> Adoption:
    """Move everything a guest did to the account they signed in to; the guest is gone afterwards.

    A running exam goes on, with the account's own time where that gives more. Where both have the same exam running, the guest's
    is handed in as it stands and kept. Doing it twice does nothing.
    """
    # The sittings first, as every answer does; an answer given at this moment is then either here already, or refused.
    list(Attempt.objects.of(guest).unfinished().order_by("pk").select_for_update().values_list("pk"))
    leaving = User.objects.select_for_update().filter(pk=guest.pk, is_guest=True).first()
    if leaving is None:
        return Adoption(0, [])
    if _open_review(account) and (theirs := _open_review(guest)):
        _finish(theirs, reason=Attempt.Reason.HANDED_IN, now=now)
    running = {a.blueprint_id for a in Attempt.objects.of(account).exams().unfinished() if not close_if_expired(attempt=a, now=now)}
    handed_in = []
    for attempt in Attempt.objects.of(guest).exams().unfinished():
        if close_if_expired(attempt=attempt, now=now):
            continue
        if attempt.blueprint_id in running:
            _finish(attempt, reason=Attempt.Reason.HANDED_IN, now=now)
            handed_in.append(attempt.plan.get("title", "Exam"))
        else:
            _give_time_of(account, attempt)
    families = set(Card.objects.of(guest).values_list("family", flat=True))
    Card.objects.of(guest).delete()
    shared = list(Seen.objects.filter(learner=guest, question__seen__learner=account).values_list("question_id", flat=True))
    proved = Response.objects.filter(learner=guest, is_new=True, selection__in=COUNTING).exists()
    Response.objects.filter(learner=guest).update(learner=account)
    _keep_first(account, shared)
    _merge_seen(guest, account)
    _merge_progress(guest, account)
    guest.reports.update(learner=account)
    # What the account predicted itself counts; of a case that both met, the guest's word goes with the guest.
    known = LabPrediction.objects.filter(learner=account).values("case")
    guest.lab_predictions.exclude(case__in=known).update(learner=account)
    Prediction.objects.of(guest).update(learner=account)
    moved = Attempt.objects.of(guest).update(learner=account)
    if account.exam_on is None and leaving.exam_on is not None:
        reviews.set_goal(learner=account, exam_on=leaving.exam_on, retention=leaving.retention, daily_reviews=leaving.daily_reviews)
    reviews.replay(learner=account, families=families)
    if proved:
        readiness.predict(learner=account, attempt=None, now=now)
    leaving.delete()
    return Adoption(moved, handed_in)


def _give_time_of(account: User, attempt: Attempt) -> None:
    """The deadline by this person's accommodation, where it is the later one; no deadline is the latest."""
    until = _time_is_up(attempt, account)
    if attempt.deadline_at is not None and (until is None or until > attempt.deadline_at):
        attempt.deadline_at = until
        attempt.save(update_fields=["deadline_at"])


def _keep_first(account: User, questions: Sequence[int]) -> None:
    """Of answers to the same wording that were each the first of their owner, only the earliest stays the first."""
    rows = Response.objects.filter(learner=account, is_new=True, question__in=questions).order_by("responded_at", "pk")
    met: set[tuple[int, int]] = set()
    later = []
    for pk, question, generator, version in rows.values_list("pk", "question_id", "question__generator", "slot__version_id"):
        wording = (question, version if generator else 0)
        if wording in met:
            later.append(pk)
        met.add(wording)
    Response.objects.filter(pk__in=later).update(is_new=False)


def _merge_seen(guest: User, account: User) -> None:
    """One row per question: the first answer of both, the last answer of both, and how many there were."""
    met = Seen.objects.filter(learner=guest).values("question")
    known = {row.question_id: row for row in Seen.objects.filter(learner=account, question__in=met)}
    both = []
    for row in Seen.objects.filter(learner=guest, question__in=list(known)):
        mine = known[row.question_id]
        mine.times += row.times
        if row.first_at < mine.first_at:
            mine.first_at, mine.first_fraction = row.first_at, row.first_fraction
        if row.last_at > mine.last_at:
            mine.last_at, mine.last_fraction, mine.last_confidence = row.last_at, row.last_fraction, row.last_confidence
        both.append(mine)
    Seen.objects.bulk_update(both, ["times", "first_at", "first_fraction", "last_at", "last_fraction", "last_confidence"], batch_size=100)
    Seen.objects.filter(learner=guest).exclude(question__in=list(known)).update(learner=account)


def _merge_progress(guest: User, account: User) -> None:
    """One row per lesson: the place reached last, and finished if either was."""
    known = {row.lesson_id: row for row in LessonProgress.objects.filter(learner=account)}
    both = []
    for row in LessonProgress.objects.filter(learner=guest, lesson__in=list(known)):
        mine = known[row.lesson_id]
        if row.visited_at > mine.visited_at:
            mine.visited_at, mine.anchor = row.visited_at, row.anchor or mine.anchor
        mine.finished_at = min(filter(None, (mine.finished_at, row.finished_at)), default=None)
        both.append(mine)
    LessonProgress.objects.bulk_update(both, ["visited_at", "anchor", "finished_at"], batch_size=100)
    LessonProgress.objects.filter(learner=guest).exclude(lesson__in=list(known)).update(learner=account)
