"""The verbs of memory: take an answer into it, plan it for another goal, and rebuild it from all that was ever answered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from quizzes.domain import items
from quizzes.domain.attempt import Mode
from quizzes.domain.generators import LAB_FAMILIES
from quizzes.domain.memory import ALGORITHMS, Goal, Memory, counts, day_number, due_day, is_rapid, learn, rate
from quizzes.models import Card, LabPrediction, Question, QuestionVersion, Response, Review, User
from quizzes.models.mendings import effective_fraction
from quizzes.models.reviews import Remembered

#: Nobody needs this long to read a question: slower answers need no look at its length.
SLOW_MS = 60_000
#: Rows of one statement in a rebuild; SQLite takes no statement with too many values.
BATCH = 60
#: Values of one statement that only reads.
MANY = 500


@dataclass(frozen=True, slots=True)
class Event:
    """One answer as memory sees it. `response` or `prediction` is the row it came from."""

    question: int
    family: str
    topic: str
    right: bool
    confidence: str
    rapid: bool
    flagged: bool
    at: datetime
    response: int | None = None
    prediction: int | None = None


def algorithm() -> str:
    """The algorithm that plans at present."""
    return str(settings.MEMORY_ALGORITHM)


# -- an answer -------------------------------------------------------------------------------------------------------


def remember(*, learner: User, events: Sequence[Event], known: dict[int, Remembered]) -> None:
    """Take these answers, each of another question, into the learner's memory. Belongs into the transaction that keeps them.

    `known` is what `Card.objects.remembered` gave in this transaction. An answer that comes late (an exam closed long after its end), or
    a card planned by another algorithm, is put in its place by a replay of that family.
    """
    by, goal = algorithm(), learner.goal
    cards: dict[str, Card] = {}
    entries: list[tuple[Card, Review]] = []
    anew: set[str] = set()
    for event in events:
        row = known[event.question]
        late = row.last_at is not None and row.last_at > event.at
        if late or (row.memory and row.algorithm != by) or event.family in cards:
            anew.add(event.family)
            continue
        card, review = _step(learner.pk, row.memory, event, goal=goal, by=by)
        cards[event.family] = card
        entries.append((card, review))
    Card.objects.keep([card for family, card in cards.items() if family not in anew])
    for card, review in entries:
        review.card_id = card.pk
    Review.objects.log(review for card, review in entries if card.family not in anew)
    if anew:
        replay(learner=learner, families=anew)


def _step(learner: int, before: Memory | None, event: Event, *, goal: Goal, by: str) -> tuple[Card, Review]:
    """The card after an event, and the entry of the log; both still to be written."""
    rating = rate(
        right=event.right, confidence=event.confidence, rapid=event.rapid, flagged=event.flagged,
        after_miss=before is not None and before.rating == 1,
    )  # fmt: skip
    day = max(day_number(event.at), before.day if before else 0)
    after = learn(before, rating, day=day, algorithm=by)
    due = due_day(after, goal, family=event.family, algorithm=by)
    card = Card(
        learner_id=learner, family=event.family, topic_id=event.topic, question_id=event.question, algorithm=by,
        stability=after.stability, difficulty=after.difficulty, day=day, due_day=due, reps=after.reps, lapses=after.lapses,
        rating=after.rating, last_at=event.at,
    )  # fmt: skip
    review = Review(
        number=after.reps, response_id=event.response, prediction_id=event.prediction, algorithm=by, rating=after.rating,
        stability_before=before.stability if before else None, difficulty_before=before.difficulty if before else None,
        stability=after.stability, difficulty=after.difficulty, day=day, due_day=due,
    )  # fmt: skip
    return card, review


# -- another goal ----------------------------------------------------------------------------------------------------


@transaction.atomic
def set_goal(*, learner: User, exam_on: date | None, retention: float, daily_reviews: int) -> int:
    """What this learner's reviews are planned for, from now on. Every card gets its new day. Returns how many moved."""
    learner.exam_on, learner.retention, learner.daily_reviews = exam_on, retention, daily_reviews
    learner.save(update_fields=["exam_on", "retention", "daily_reviews"])
    moved = []
    for card in Card.objects.of(learner).select_for_update():
        due = due_day(card.memory, learner.goal, family=card.family, algorithm=card.algorithm)
        if due != card.due_day:
            card.due_day = due
            moved.append(card)
    Card.objects.bulk_update(moved, ["due_day"], batch_size=100)
    return len(moved)


# -- from history ----------------------------------------------------------------------------------------------------


def replay(*, learner: User, families: Collection[str] | None = None, by: str | None = None) -> int:
    """Build this learner's cards and their log anew from every answer, of all families or of these. Returns how many answers there were.

    The same answers always give the same cards, to the last bit, in whatever order they once arrived.
    """
    return replay_each(learners=[learner], families=families, by=by)


@transaction.atomic
def replay_each(*, learners: Sequence[User], families: Collection[str] | None = None, by: str | None = None) -> int:
    """The same for several learners at once, in a number of statements that depends on how much there is to write, not on how many they are."""
    goals = {learner.pk: learner.goal for learner in learners}
    list(User.objects.select_for_update(no_key=True).filter(pk__in=goals).order_by("pk").values_list("pk"))
    old = Card.objects.filter(learner__in=goals)
    (old if families is None else old.filter(family__in=families)).delete()
    by = by or algorithm()
    last: dict[tuple[int, str], Card] = {}
    log: dict[tuple[int, str], list[Review]] = defaultdict(list)
    count = 0
    for learner, event in _events(goals, families):
        before = last.get((learner, event.family))
        last[learner, event.family], review = _step(learner, before.memory if before else None, event, goal=goals[learner], by=by)
        log[learner, event.family].append(review)
        count += 1
    cards = list(last.values())
    for n in range(0, len(cards), BATCH):
        Card.objects.keep(cards[n : n + BATCH])
    reviews = []
    for card in cards:
        for review in log[card.learner_id, card.family]:
            review.card_id = card.pk
            reviews.append(review)
    for n in range(0, len(reviews), BATCH):
        Review.objects.log(reviews[n : n + BATCH])
    return count


def rebuild(*, by: str) -> Iterator[tuple[User, int]]:
    """Replay every learner's history, one learner after the other; gives each with the number of answers. Safe to stop and to repeat."""
    if by not in ALGORITHMS:
        raise ValueError(f"there is no algorithm {by!r}; there are {', '.join(ALGORITHMS)}")
    for learner in User.objects.filter(Q(responses__isnull=False) | Q(lab_predictions__isnull=False) | Q(cards__isnull=False)).distinct():
        yield learner, replay(learner=learner, by=by)


def rebuild_if_missing() -> int:
    """Memory for a database whose answers were given before there was any. Returns how many answers were replayed; 0 where nothing is missing."""
    if Review.objects.exists() or not Response.objects.exists():
        return 0
    return sum(count for _, count in rebuild(by=algorithm()))


_FIELDS = (
    "pk", "learner_id", "question_id", "question__family", "question__topic_id", "mark", "confidence", "spent_ms", "responded_at",
    "slot__flagged", "slot__repeat_of", "slot__seen_at", "slot__attempt__mode", "slot__version_id",
)  # fmt: skip


def _events(learners: Collection[int], families: Collection[str] | None) -> list[tuple[int, Event]]:
    """Every answer of these learners that counts for memory, with its learner, in the order in which they were given.

    What counts is the effective mark; an answer to a dropped question says nothing.
    """
    rows = Response.objects.filter(learner__in=learners).annotate(mark=effective_fraction())
    if families is not None:
        rows = rows.filter(question__family__in=families)
    found = [row for row in rows.values_list(*_FIELDS) if row[5] is not None]
    words = _words(row[13] for row in found if 0 < row[7] < SLOW_MS)
    events = []
    for pk, learner, question, family, topic, mark, confidence, spent, at, flagged, repeat, seen, mode, version in found:
        if counts(mode=mode, repeat=repeat is not None, seen=seen is not None):
            rapid = 0 < spent < SLOW_MS and is_rapid(spent_ms=spent, words=words[version])
            exam_flag = flagged and mode == Mode.EXAM
            events.append((learner, Event(question, family, topic, mark >= 1, confidence, rapid, exam_flag, at, response=pk)))
    events += [(learner, event) for learner, event in _predictions(learners) if families is None or event.family in families]
    return sorted(events, key=lambda pair: (pair[1].at, pair[1].prediction or 0, pair[1].response or 0))


def _predictions(learners: Collection[int]) -> Iterable[tuple[int, Event]]:
    """What the learners predicted in the lab counts for the generated questions on the same rule."""
    rows = list(LabPrediction.objects.filter(learner__in=learners))
    if not rows:
        return
    asked = lab_questions()
    for row in rows:
        if question := asked.get(row.model):
            yield row.learner_id, prediction_event(row, question)


def prediction_event(row: LabPrediction, question: Question) -> Event:
    return Event(
        question.pk, question.family, question.topic_id, row.right, "", rapid=False, flagged=False, at=row.made_at, prediction=row.pk
    )


def lab_questions() -> dict[str, Question]:
    """By model of the invocation lab: the generated question that asks for the same rule."""
    found = {row.generator: row for row in Question.objects.filter(generator__in=LAB_FAMILIES.values())}
    return {model: found[slug] for model, slug in LAB_FAMILIES.items() if slug in found}


def _words(versions: Iterable[int]) -> dict[int, int]:
    """How many words there are to read in each of these versions."""
    wanted = sorted(set(versions))
    known: dict[int, int] = {}
    for n in range(0, len(wanted), MANY):
        bodies: Any = QuestionVersion.objects.filter(pk__in=wanted[n : n + MANY]).values_list("pk", "body")
        known |= {pk: items.from_dict(body).words for pk, body in bodies}
    return known
