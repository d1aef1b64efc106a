"""Memory: one card per learner and family of questions, and the log of what each answer did to it. Both can be rebuilt from the answers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connections, models
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from quizzes.domain.memory import DEFAULT_ALGORITHM, LEECH_LAPSES, Memory, curve, date_of
from quizzes.models.attempts import Response
from quizzes.models.bank import Question
from quizzes.models.invocation import LabPrediction
from quizzes.models.lessons import Topic


@dataclass(frozen=True, slots=True)
class Remembered:
    """A question that is being answered, with the card of its family as it stands; `memory` is None before the first answer."""

    question: int
    family: str
    topic: str
    stock: int  # how many variants are asked; 0 for a question with one wording
    memory: Memory | None
    algorithm: str
    last_at: datetime | None
    mended: bool = False  # whether a mending of the question is in force


_REMEMBERED = """SELECT q.id, q.family, q.topic_id, q.generator, q.stock, c.stability, c.difficulty, c.day, c.reps, c.lapses, c.rating,
    c.algorithm, c.last_at, EXISTS (SELECT 1 FROM quizzes_keymending m WHERE m.question_id = q.id AND m.undone_at IS NULL) FROM quizzes_question q LEFT JOIN quizzes_card c ON c.learner_id = %s AND c.family = q.family WHERE q.id IN ({places})"""

_KEEP = """INSERT INTO quizzes_card AS mine
    (learner_id, family, topic_id, question_id, algorithm, stability, difficulty, day, due_day, reps, lapses, rating, last_at) VALUES {rows}
    ON CONFLICT (learner_id, family) DO UPDATE SET topic_id = excluded.topic_id, question_id = excluded.question_id,
        algorithm = excluded.algorithm, stability = excluded.stability, difficulty = excluded.difficulty, day = excluded.day,
        due_day = excluded.due_day, reps = excluded.reps, lapses = excluded.lapses, rating = excluded.rating, last_at = excluded.last_at
    RETURNING id, learner_id, family"""

_CARD = "({})".format(", ".join(["%s"] * 13))


@dataclass(frozen=True, slots=True)
class CardsOfTopic:
    """A learner's cards in a topic: how many, and the sum of the chances to recall them now (0 to 1 each)."""

    topic: str
    cards: int
    recall: float


@dataclass(frozen=True, slots=True)
class Counts:
    """Cards due and reviewed today, whether asked or not; answers `before` a number and `since`."""

    due: int
    done: int
    before: int
    since: int


@dataclass(frozen=True, slots=True)
class IdleCard:
    """A card that no question asks any more: it is taken off the figures."""

    number: int
    topic: str
    stability: float
    day: int
    due_day: int
    reps: int


@dataclass(frozen=True, slots=True)
class Stamp:
    """What changes whenever a learner's answers or cards do (`answers`, `predictions`, `cards`: their last numbers), or the bank.

    The same stamp means the same figures, on the same day: answers and predictions are only added, and a replay writes its cards anew;
    the desk logs what it does, and a question that is retired, restored or published is told by those that are not in use. A mending
    counts once when it is applied and once more when it is undone.
    """

    answers: int
    predictions: int
    cards: int
    bank: tuple[int, ...]


_LEECH = """SELECT c.lapses FROM quizzes_question q JOIN quizzes_card c ON c.learner_id = %s AND c.family = q.family AND c.lapses >= %s
    WHERE q.id = %s"""

# An index holds all that these two ask of thousands of cards.
_BY_TOPIC = """SELECT topic_id, COUNT(*), SUM(POWER(1 + %s * (CASE WHEN day < %s THEN %s - day ELSE 0 END) / stability, %s))
    FROM quizzes_card WHERE learner_id = %s GROUP BY topic_id"""
_COUNTS = """SELECT (SELECT COUNT(*) FROM quizzes_card WHERE learner_id = %s AND due_day <= %s),
    (SELECT COUNT(*) FROM quizzes_card WHERE reps > 1 AND id IN (SELECT id FROM quizzes_card WHERE learner_id = %s AND day = %s)),
    (SELECT COUNT(*) FROM quizzes_response WHERE learner_id = %s AND id <= %s),
    (SELECT COUNT(*) FROM quizzes_response WHERE learner_id = %s AND id > %s AND id <= %s)"""

_IDLE = """SELECT c.id, c.topic_id, c.stability, c.day, c.due_day, c.reps FROM quizzes_card c
    WHERE c.learner_id = %s AND (c.id > %s OR c.id IN ({known})) AND NOT EXISTS (SELECT 1 FROM quizzes_question q WHERE q.family = c.family AND COALESCE(q.state, '') = 'published')"""

_STAMP = """SELECT t.slug, t.title, (SELECT MAX(id) FROM quizzes_response WHERE learner_id = %s),
    (SELECT MAX(id) FROM quizzes_labprediction WHERE learner_id = %s), (SELECT MAX(id) FROM quizzes_card WHERE learner_id = %s),
    (SELECT MAX(id) FROM quizzes_questionversion), (SELECT MAX(id) FROM django_admin_log),
    (SELECT COUNT(*) + COUNT(undone_at) FROM quizzes_keymending), bank.idle, bank.total
    FROM quizzes_topic t CROSS JOIN (SELECT COUNT(*) AS idle, SUM(id) AS total FROM quizzes_question WHERE state IN ('draft', 'retired')) AS bank
    ORDER BY t.position"""


class CardQuerySet(models.QuerySet["Card"]):
    def remembered(self, learner_id: int, questions: Sequence[int]) -> dict[int, Remembered]:
        """By question: its family with this learner's card. Every answer reads this: as SQL it costs a fifth of a composed query.

        The learner is held until the transaction ends, so that two answers at the same moment cannot lose each other, and the questions
        before that, so that no key is mended between here and the mark; on SQLite nothing is needed for that, where a transaction that
        writes has the database to itself.
        """
        connection = connections[self.db]
        places = ", ".join(["%s"] * len(questions))
        with connection.cursor() as cursor:
            if connection.features.has_select_for_update:
                cursor.execute(f"SELECT 1 FROM quizzes_question WHERE id IN ({places}) ORDER BY id FOR KEY SHARE", questions)  # noqa: S608
                cursor.execute("SELECT 1 FROM quizzes_user WHERE id = %s FOR NO KEY UPDATE", [learner_id])
            cursor.execute(_REMEMBERED.format(places=places), [learner_id, *questions])
            rows = cursor.fetchall()
        convert = connection.ops.get_db_converters(Card._meta.get_field("last_at").get_col("quizzes_card"))
        found = {}
        for question, family, topic, generator, stock, *card, algorithm, at, mended in rows:
            for converter in convert if at is not None else ():
                at = converter(at, None, connection)
            memory = Memory(*card) if at is not None else None
            found[question] = Remembered(
                question, family, topic, len(_list(stock)) if generator else 0, memory, algorithm or "", at, bool(mended)
            )
        return found

    def keep(self, cards: Sequence[Card]) -> None:
        """Write these cards, new ones and known ones, in one statement; each gets its number."""
        if not cards:
            return
        connection = connections[self.db]
        values: list[Any] = []
        for card in cards:
            at = connection.ops.adapt_datetimefield_value(card.last_at)
            values += [
                card.learner_id, card.family, card.topic_id, card.question_id, card.algorithm, card.stability, card.difficulty,
                card.day, card.due_day, card.reps, card.lapses, card.rating, at,
            ]  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute(_KEEP.format(rows=", ".join([_CARD] * len(cards))), values)
            numbers = {(learner, family): pk for pk, learner, family in cursor.fetchall()}
        for card in cards:
            card.pk = numbers[card.learner_id, card.family]

    def of(self, learner: Any) -> CardQuerySet:
        """The cards of this learner; a stranger finds none."""
        return self.filter(learner_id=learner.pk) if learner.pk else self.none()

    def asked(self) -> CardQuerySet:
        """Cards of families that still have a question in use.

        The state hides in an expression: SQLite would otherwise walk its index, that is, all published questions for every card.
        """
        state = Coalesce("state", models.Value(""))
        in_use = Question.objects.alias(now=state).filter(family=models.OuterRef("family"), now=Question.State.PUBLISHED)
        return self.filter(models.Exists(in_use))

    def due(self, today: int) -> CardQuerySet:
        """What is due by that day and still asked, the weakest memory first: the chance to recall falls with days over stability."""
        faded = models.ExpressionWrapper((today - F("day")) / F("stability"), output_field=models.FloatField())
        return self.filter(due_day__lte=today).asked().annotate(faded=faded).order_by("-faded", "pk")

    def leeches(self) -> CardQuerySet:
        return self.filter(lapses__gte=LEECH_LAPSES)

    def lapses_of_leech(self, learner_id: int, question: int) -> int:
        """How often the family of this question was forgotten; 0 for what is no leech."""
        with connections[self.db].cursor() as cursor:
            cursor.execute(_LEECH, [learner_id, LEECH_LAPSES, question])
            row = cursor.fetchone()
        return row[0] if row else 0

    def by_topic(self, learner_id: int, *, today: int, algorithm: str) -> list[CardsOfTopic]:
        """All of a learner's cards by topic. Today reads this after every answer."""
        factor, exponent = curve(algorithm)
        with connections[self.db].cursor() as cursor:
            cursor.execute(_BY_TOPIC, [factor, today, today, exponent, learner_id])
            return [CardsOfTopic(*row) for row in cursor.fetchall()]

    def counts(self, learner_id: int, *, today: int, answers: int, last: int) -> Counts:
        """What is due and done of all cards; and answers up to a number and from there to the last, which tells whether some came from elsewhere."""
        with connections[self.db].cursor() as cursor:
            cursor.execute(_COUNTS, [learner_id, today, learner_id, today, learner_id, answers, learner_id, answers, last])
            return Counts(*cursor.fetchone())

    def idle(self, learner_id: int, *, after: int = 0, known: Sequence[int] = ()) -> list[IdleCard]:
        """A learner's cards that no question asks any more; of those after that number, and of the known ones, alone."""
        with connections[self.db].cursor() as cursor:
            cursor.execute(_IDLE.format(known=", ".join(["%s"] * len(known)) or "0"), [learner_id, after, *known])
            return [IdleCard(*row) for row in cursor.fetchall()]

    def stamp(self, learner_id: int) -> tuple[Stamp, list[tuple[str, str]]]:
        """The stamp of this learner's figures; and slug and title of every topic, in order."""
        with connections[self.db].cursor() as cursor:
            cursor.execute(_STAMP, [learner_id] * 3)
            rows = cursor.fetchall()
        answers, predictions, cards, *bank = (number or 0 for number in (rows[0][2:] if rows else [0] * 8))
        return Stamp(answers, predictions, cards, tuple(int(number) for number in bank)), [(slug, title) for slug, title, *_ in rows]


class Card(models.Model):
    """The memory of one family of questions (FSRS). Days are numbers: days since 1970-01-01 by UTC."""

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="cards")
    family = models.CharField(max_length=100)
    topic = models.ForeignKey(Topic, models.PROTECT, related_name="+")
    question = models.ForeignKey(Question, models.PROTECT, related_name="+", help_text="The one of the family that was asked last.")
    algorithm = models.CharField(max_length=20, default=DEFAULT_ALGORITHM)
    stability = models.FloatField(help_text="Days until the chance to recall falls to 90 %.")
    difficulty = models.FloatField(help_text="1 to 10")
    day = models.PositiveIntegerField(help_text="The day of the last answer.")
    due_day = models.PositiveIntegerField()
    reps = models.PositiveIntegerField()
    lapses = models.PositiveIntegerField()
    rating = models.PositiveSmallIntegerField(help_text="Of the last answer: 1 again, 2 hard, 3 good.")
    last_at = models.DateTimeField()

    objects = CardQuerySet.as_manager()

    class Meta:
        ordering = ["due_day", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["learner", "family"], name="one_card_per_family"),
            models.CheckConstraint(condition=Q(stability__gt=0, due_day__gt=F("day")), name="a_card_is_due_after_its_answer"),
        ]
        indexes = [
            models.Index(fields=["learner", "due_day"], name="card_due"),
            models.Index(fields=["learner", "topic", "day", "stability"], name="card_of_topic"),
            models.Index(fields=["family"], condition=Q(lapses__gte=LEECH_LAPSES), name="leech_of_family"),
        ]

    def __str__(self) -> str:
        return f"{self.learner_id} remembers {self.family}"

    @property
    def memory(self) -> Memory:
        return Memory(self.stability, self.difficulty, self.day, self.reps, self.lapses, self.rating)

    @property
    def due_on(self) -> Any:
        """The day as a date."""
        return date_of(self.due_day)


def _list(value: Any) -> list[Any]:
    """A JSON column as a raw cursor gives it: text."""
    return list(json.loads(value)) if isinstance(value, str) else list(value)


_LOG = """INSERT INTO quizzes_review
    (card_id, number, response_id, prediction_id, algorithm, rating, stability_before, difficulty_before, stability, difficulty, day, due_day)
    VALUES {rows}"""
_ENTRY = "({})".format(", ".join(["%s"] * 12))


class ReviewQuerySet(models.QuerySet["Review"]):
    def log(self, reviews: Iterable[Review]) -> None:
        """Append these entries in one statement."""
        values: list[Any] = []
        for row in reviews:
            values += [
                row.card_id, row.number, row.response_id, row.prediction_id, row.algorithm, row.rating, row.stability_before,
                row.difficulty_before, row.stability, row.difficulty, row.day, row.due_day,
            ]  # fmt: skip
        if values:
            with connections[self.db].cursor() as cursor:
                cursor.execute(_LOG.format(rows=", ".join([_ENTRY] * (len(values) // 12))), values)


class Review(models.Model):
    """What one answer did to a card: the log of the scheduler, before and after. Written with the answer, or anew by a replay."""

    card = models.ForeignKey(Card, models.CASCADE, related_name="reviews")
    number = models.PositiveIntegerField(help_text="1 for the first answer of the card.")
    response = models.OneToOneField(Response, models.CASCADE, null=True, related_name="review")
    prediction = models.OneToOneField(LabPrediction, models.CASCADE, null=True, related_name="review")
    algorithm = models.CharField(max_length=20)
    rating = models.PositiveSmallIntegerField()
    stability_before = models.FloatField(null=True)
    difficulty_before = models.FloatField(null=True)
    stability = models.FloatField()
    difficulty = models.FloatField()
    day = models.PositiveIntegerField()
    due_day = models.PositiveIntegerField(help_text="As it was planned then; a new goal moves the card, not the log.")

    objects = ReviewQuerySet.as_manager()

    class Meta:
        ordering = ["card", "number"]
        constraints = [
            models.UniqueConstraint(fields=["card", "number"], name="one_review_per_number"),
            models.CheckConstraint(
                condition=Q(response__isnull=False, prediction__isnull=True) | Q(response__isnull=True, prediction__isnull=False),
                name="a_review_has_one_cause",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.card_id}: {self.rating}"
