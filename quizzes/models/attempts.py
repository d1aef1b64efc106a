"""Sittings: attempts, their places, and the answers given. What was answered is appended and never changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connections, models
from django.db.models import F, Q, Window
from django.db.models.functions import RowNumber
from django.urls import reverse

from quizzes.domain.attempt import MODES, Clock, Confidence, Mode, ModeRules
from quizzes.domain.mending import Score
from quizzes.domain.readiness import COUNTING
from quizzes.models.bank import Blueprint, Question, QuestionVersion
from quizzes.models.cohorts import Assignment
from quizzes.models.lessons import Lesson
from quizzes.models.rows import read_row, read_rows
from quizzes.models.user import User

# What Today reads: as SQL it costs a fifth of composed queries.
_WAITING = """SELECT {columns}, (SELECT COUNT(*) FROM quizzes_slot s WHERE s.attempt_id = a.id) AS total,
    CASE WHEN a.mode = 'exam' THEN (SELECT COUNT(*) FROM quizzes_slot s WHERE s.attempt_id = a.id AND s.draft = '[]')
    ELSE (SELECT COUNT(*) FROM quizzes_slot s LEFT JOIN quizzes_response r ON r.slot_id = s.id WHERE s.attempt_id = a.id AND r.id IS NULL)
    END AS waiting
    FROM quizzes_attempt a WHERE a.learner_id = %s AND a.submitted_at IS NULL AND a.mode <> 'check' ORDER BY a.started_at DESC LIMIT 6"""
_LAST_EXAMS = """SELECT {columns} FROM quizzes_attempt a WHERE a.learner_id = %s AND a.mode = 'exam' AND a.submitted_at IS NOT NULL
    ORDER BY a.started_at DESC, a.id DESC LIMIT %s"""


class AttemptQuerySet(models.QuerySet["Attempt"]):
    def of(self, learner: Any) -> AttemptQuerySet:
        """The attempts of this learner; a stranger finds none."""
        return self.filter(learner_id=learner.pk) if learner.pk else self.none()

    def unfinished(self) -> AttemptQuerySet:
        return self.filter(submitted_at__isnull=True)

    def exams(self) -> AttemptQuerySet:
        return self.filter(mode=Mode.EXAM)

    def waiting(self, learner_id: int) -> list[Attempt]:
        """This learner's unfinished sittings but checks, the latest first, each with its number of places and of those still to be answered."""
        return read_rows(Attempt, _WAITING, [learner_id], using=self.db)

    def last_exams(self, learner_id: int, limit: int) -> list[Attempt]:
        """This learner's finished exams, the latest first."""
        return read_rows(Attempt, _LAST_EXAMS, [learner_id, limit], using=self.db)

    def first_finished(self) -> AttemptQuerySet:
        """Of every learner and exam the sitting that was finished first: what statistics rest on."""
        nth = Window(RowNumber(), partition_by=[F("learner"), F("blueprint")], order_by=[F("submitted_at").asc(), F("pk").asc()])
        finished = self.exams().filter(submitted_at__isnull=False, blueprint__isnull=False)
        return finished.order_by().annotate(nth=nth).filter(nth=1)

    def held(self, pk: int, *, learner_id: int) -> Attempt | None:
        """This learner's attempt, locked until the transaction ends."""
        return read_row(Attempt, "id = %s AND learner_id = %s", pk, learner_id, using=self.db, lock=True)

    def rescore(self, scores: Mapping[int, Score]) -> None:
        """Write the results of these attempts in one statement."""
        rows = [value for pk, score in scores.items() for value in (pk, score.right, score.scored, score.scaled)]
        if rows:
            with connections[self.db].cursor() as cursor:
                cursor.execute(_RESCORE.format(rows=", ".join(["(%s, %s, %s, %s)"] * len(scores))), rows)


# Of a composed update of two hundred rows nine tenths is composing it; the casts name the type where every value is NULL.
_RESCORE = """UPDATE quizzes_attempt SET "right" = v.column2, scored = v.column3, scaled = CAST(v.column4 AS smallint)
    FROM (VALUES {rows}) AS v WHERE quizzes_attempt.id = v.column1"""


class Attempt(models.Model):
    """One sitting."""

    class Reason(models.TextChoices):
        NONE = "", "not finished"
        HANDED_IN = "handed in", "handed in"
        EXPIRED = "expired", "time was up"
        COMPLETED = "completed", "every question answered"

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="attempts")
    mode = models.CharField(max_length=10, choices=[(mode.value, mode.value) for mode in Mode])
    blueprint = models.ForeignKey(Blueprint, models.PROTECT, null=True, blank=True, related_name="attempts")
    lesson = models.ForeignKey(Lesson, models.SET_NULL, null=True, blank=True, related_name="attempts")
    assignment = models.ForeignKey(
        Assignment,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="attempts",
        help_text="The class's exam that this sitting counts for.",
    )
    replay_of = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="replays")
    plan = models.JSONField(default=dict, help_text="Title, minutes, cut and choice as they were at the start.")
    seed = models.BigIntegerField()
    started_at = models.DateTimeField()
    deadline_at = models.DateTimeField(null=True, blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    finish_reason = models.CharField(max_length=12, choices=Reason.choices, default=Reason.NONE, blank=True)
    right = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Scored questions answered right.")
    scored = models.PositiveSmallIntegerField(null=True, blank=True)
    scaled = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="On our practice scale, 100 to 1000; null where mended keys left nothing that counts."
    )

    objects = AttemptQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at", "-pk"]
        indexes = [
            models.Index(fields=["learner", "mode", "-started_at"], name="attempt_of_learner"),
            models.Index(fields=["deadline_at"], condition=Q(submitted_at__isnull=True), name="attempt_to_close"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["learner", "blueprint"], condition=Q(mode="exam", submitted_at__isnull=True),
                name="one_open_exam_per_blueprint",
            ),
            models.UniqueConstraint(
                fields=["learner"], condition=Q(mode="review", submitted_at__isnull=True), name="one_open_review"
            ),
            models.CheckConstraint(
                condition=Q(submitted_at__isnull=True, finish_reason="")
                | (Q(submitted_at__isnull=False) & ~Q(finish_reason="")),
                name="finished_has_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(submitted_at__isnull=True)
                | Q(deadline_at__isnull=True)
                | Q(submitted_at__lte=models.F("deadline_at")),
                name="never_handed_in_after_the_deadline",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.mode} {self.pk}"

    @property
    def clock(self) -> Clock:
        return Clock(self.deadline_at, self.submitted_at)

    @property
    def rules(self) -> ModeRules:
        return MODES[self.mode]

    @property
    def is_finished(self) -> bool:
        return self.submitted_at is not None

    def get_absolute_url(self) -> str:
        return reverse("attempt", args=[self.pk])


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """What the order and the marks of an attempt need of a slot."""

    position: int
    repeat_of: int | None
    seen: bool
    drafted: bool
    flagged: bool
    mended: bool  # whether a mending of its wording is in force
    fraction: float | None  # the effective one: None before the answer, and where the question was dropped
    response: int | None
    selection: str


# The effective mark of `quizzes_response r LEFT JOIN quizzes_regrade g ON g.response_id = r.id`, as `effective_fraction` of models/mendings.py.
_MARK = "CASE WHEN g.id IS NULL THEN r.fraction ELSE g.fraction END"

_PLACES = f"""SELECT s.position, s.repeat_of, s.seen_at IS NOT NULL, s.draft <> '[]', s.flagged,
    EXISTS (SELECT 1 FROM quizzes_keymending_versions v JOIN quizzes_keymending m ON m.id = v.keymending_id AND m.undone_at IS NULL
        WHERE v.questionversion_id = s.version_id),
    {_MARK}, r.id, s.selection
    FROM quizzes_slot s LEFT JOIN quizzes_response r ON r.slot_id = s.id LEFT JOIN quizzes_regrade g ON g.response_id = r.id
    WHERE s.attempt_id = %s ORDER BY s.position"""  # noqa: S608


class SlotQuerySet(models.QuerySet["Slot"]):
    def places(self, attempt: int) -> list[PlaceRow]:
        """Every place of an attempt in order. Each answer and each question page reads this: as SQL it costs a tenth."""
        with connections[self.db].cursor() as cursor:
            cursor.execute(_PLACES, [attempt])
            return [PlaceRow(*row[:2], *map(bool, row[2:6]), *row[6:]) for row in cursor.fetchall()]

    def place(self, *, learner_id: int | None, attempt: int, position: int) -> Slot | None:
        """A place of this learner's attempt, with attempt and wording at hand; None for a stranger."""
        slot = self._place(learner_id, attempt, position, lock=False)
        if slot is not None:
            slot.version = read_row(QuestionVersion, "id = %s", slot.version_id, using=self.db)  # type: ignore[assignment]
        return slot

    def held(self, *, learner_id: int, attempt: int, position: int) -> Slot | None:
        """A place of this learner's attempt, both locked until the transaction ends.

        The attempt first: handing in locks it too, and whoever held a slot and waited for its attempt would block it for ever.
        """
        return self._place(learner_id, attempt, position, lock=True)

    def _place(self, learner_id: int | None, attempt: int, position: int, *, lock: bool) -> Slot | None:
        sitting = read_row(Attempt, "id = %s AND learner_id = %s", attempt, learner_id, using=self.db, lock=lock)
        slot = read_row(Slot, "attempt_id = %s AND position = %s", attempt, position, using=self.db, lock=lock) if sitting else None
        if slot is not None:
            slot.attempt = sitting  # type: ignore[assignment]
        return slot

    def of(self, learner: Any) -> SlotQuerySet:
        """The places of this learner's attempts, with attempt and version at hand."""
        if not learner.pk:
            return self.none()
        return self.filter(attempt__learner_id=learner.pk).select_related("attempt", "version")


class Slot(models.Model):
    """A numbered place in an attempt."""

    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="slots")
    position = models.PositiveSmallIntegerField()
    version = models.ForeignKey(QuestionVersion, models.PROTECT, related_name="slots")
    option_order = models.JSONField(help_text="Ids of the options as this learner sees them.")
    pick = models.PositiveSmallIntegerField(help_text="How many options a full answer has.")
    is_scored = models.BooleanField(default=True)
    repeat_of = models.PositiveSmallIntegerField(null=True, blank=True, help_text="The position of the first showing.")
    selection = models.CharField(max_length=20, help_text="How the question came here; tells what its answer may prove.")
    seen_at = models.DateTimeField(null=True, blank=True)
    flagged = models.BooleanField(default=False)
    struck = models.JSONField(default=list, help_text="Ids of options struck out.")
    draft = models.JSONField(default=list, help_text="Ids of options chosen so far.")
    first_draft = models.JSONField(null=True, blank=True, help_text="The first full answer, to tell what changing it did.")
    revision = models.PositiveIntegerField(default=0)
    saved_at = models.DateTimeField(null=True, blank=True)
    save_ids = models.JSONField(default=dict, help_text="Ids of saves taken, with revision and time: a save sent twice counts once.")
    spent_ms = models.PositiveIntegerField(default=0)

    objects = SlotQuerySet.as_manager()

    class Meta:
        ordering = ["attempt", "position"]
        constraints = [models.UniqueConstraint(fields=["attempt", "position"], name="one_slot_per_position")]

    def __str__(self) -> str:
        return f"{self.attempt_id}/{self.position}"

    def get_absolute_url(self) -> str:
        return reverse("slot", args=[self.attempt_id, self.position])


@dataclass(frozen=True, slots=True)
class FirstsOfTopic:
    """First answers to questions of a topic. `evidence` counts those that chance chose (exams, calibration checks); the last is its latest."""

    topic: str
    answers: int
    right: int
    recent: int
    recent_right: int
    evidence: int
    evidence_at: datetime | None

    def plus(self, other: FirstsOfTopic) -> FirstsOfTopic:
        """Both together."""
        return FirstsOfTopic(
            self.topic, self.answers + other.answers, self.right + other.right, self.recent + other.recent,
            self.recent_right + other.recent_right, self.evidence + other.evidence,
            max((at for at in (self.evidence_at, other.evidence_at) if at is not None), default=None),
        )  # fmt: skip


_FIRSTS = f"""SELECT q.topic_id, COUNT(*), SUM(r.mark), SUM(r.late), SUM(r.mark * r.late), SUM(r.evidence),
    MAX(CASE WHEN r.evidence = 1 THEN r.responded_at END)
    FROM (SELECT r.question_id, r.responded_at, CASE WHEN {_MARK} >= 1 THEN 1 ELSE 0 END AS mark,
        CASE WHEN r.responded_at >= %s THEN 1 ELSE 0 END AS late,
        CASE WHEN r.selection IN ('exam', 'random_blueprint') THEN 1 ELSE 0 END AS evidence
        FROM quizzes_response r LEFT JOIN quizzes_regrade g ON g.response_id = r.id
        WHERE r.learner_id = %s AND r.is_new AND r.id > %s AND {_MARK} IS NOT NULL) AS r JOIN quizzes_question q ON q.id = r.question_id
    GROUP BY q.topic_id"""  # noqa: S608

_RATES = f"""SELECT q.topic_id, SUM(CASE WHEN {_MARK} >= 1 THEN 1 ELSE 0 END), COUNT({_MARK})
    FROM quizzes_response r JOIN quizzes_question q ON q.id = r.question_id LEFT JOIN quizzes_regrade g ON g.response_id = r.id
    WHERE r.is_new GROUP BY q.topic_id"""  # noqa: S608

_OF_SITTINGS = """SELECT s.attempt_id, s.version_id, s.is_scored, r.fraction, r.share, r.answer, r.spent_ms
    FROM quizzes_response r JOIN quizzes_slot s ON s.id = r.slot_id WHERE r.number = 1 AND s.attempt_id IN ({places})"""


_APPEND = """INSERT INTO quizzes_response (slot_id, number, learner_id, question_id, answer, fraction, share, confidence, spent_ms, selection,
    is_new, responded_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id"""


class ResponseQuerySet(models.QuerySet["Response"]):
    def append(self, response: Response) -> None:
        """Write one response; it gets its number. Every answer writes one: as SQL it costs a fifth of a composed statement."""
        connection = connections[self.db]
        answer = connection.ops.adapt_json_value(response.answer, None)
        at = connection.ops.adapt_datetimefield_value(response.responded_at)
        with connection.cursor() as cursor:
            cursor.execute(
                _APPEND,
                [
                    response.slot_id, response.number, response.learner_id, response.question_id, answer, response.fraction, response.share,
                    response.confidence, response.spent_ms, response.selection, response.is_new, at,
                ],
            )  # fmt: skip
            [response.pk] = cursor.fetchone()
        response._state.adding = False

    def firsts_by_topic(self, learner_id: int, *, since: datetime, after: int = 0) -> list[FirstsOfTopic]:
        """A learner's first answers by topic, but those to dropped questions; recent ones are those since that moment.

        `after` leaves out what was read before: by number.
        """
        connection = connections[self.db]
        with connection.cursor() as cursor:
            cursor.execute(_FIRSTS, [connection.ops.adapt_datetimefield_value(since), learner_id, after])
            rows = cursor.fetchall()
        convert = connection.ops.get_db_converters(Response._meta.get_field("responded_at").get_col("quizzes_response"))
        found = []
        for topic, answers, right, recent, recent_right, evidence, at in rows:
            for converter in convert if at is not None else ():
                at = converter(at, None, connection)
            found.append(FirstsOfTopic(topic, answers, right, recent, recent_right, evidence, at))
        return found

    def rates_by_topic(self) -> dict[str, tuple[int, int]]:
        """First answers of everybody by topic: how many were right, and how many there are."""
        with connections[self.db].cursor() as cursor:
            cursor.execute(_RATES)
            return {topic: (int(right), n) for topic, right, n in cursor.fetchall()}

    def of_sittings(self, attempts: Sequence[int]) -> list[tuple[int, int, bool, float, float, str, int]]:
        """Attempt, version, whether it counts, mark as it was given, share, answer as JSON, milliseconds of each first answer in these attempts.

        Statistics read every answer there is: as SQL, and with JSON left as text, it costs a third.
        """
        with connections[self.db].cursor() as cursor:
            cursor.execute(_OF_SITTINGS.format(places=", ".join(["%s"] * len(attempts))), attempts)
            return cursor.fetchall()


class Response(models.Model):
    """An answer given and graded. Appended, never changed."""

    slot = models.ForeignKey(Slot, models.CASCADE, related_name="responses")
    number = models.PositiveSmallIntegerField(default=1)
    learner = models.ForeignKey(User, models.CASCADE, related_name="responses")
    question = models.ForeignKey(Question, models.PROTECT, related_name="responses")
    answer = models.JSONField()
    fraction = models.FloatField(help_text="0 or 1: the mark.")
    share = models.FloatField(help_text="Partial credit for information, 0 to 1.")
    confidence = models.CharField(max_length=6, blank=True, choices=[(c.value, c.value) for c in Confidence])
    spent_ms = models.PositiveIntegerField(default=0)
    selection = models.CharField(max_length=20)
    is_new = models.BooleanField(
        default=False, help_text="The learner met this question, or this variant of a generated one, for the first time."
    )
    responded_at = models.DateTimeField()

    objects = ResponseQuerySet.as_manager()

    class Meta:
        ordering = ["responded_at", "pk"]
        indexes = [
            models.Index(fields=["learner", "question", "responded_at"], name="response_of_learner"),
            models.Index(fields=["learner", "responded_at"], condition=Q(is_new=True), name="first_exposure_of_learner"),
            models.Index(fields=["learner", "fraction"], condition=Q(is_new=True, selection__in=COUNTING), name="evidence_of_learner"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["slot", "number"], name="one_response_per_number"),
            models.CheckConstraint(condition=Q(fraction__gte=0, fraction__lte=1), name="fraction_is_a_share"),
        ]

    def __str__(self) -> str:
        return f"{self.slot_id}: {self.fraction}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError(f"{self} was given and graded; a response is never changed")
        super().save(*args, **kwargs)


class SeenQuerySet(models.QuerySet["Seen"]):
    def remember(self, responses: Iterable[Response], marks: Mapping[int, float | None]) -> dict[int, int]:
        """Bring the rows of these responses, each of another question, up to date. Gives the number of answers by question, these included.

        `marks` holds the effective fraction by question.
        One statement, so that two sittings at the same moment cannot lose each other; and in whatever order responses come in,
        the earliest counts as the first and the latest as the last (an exam may be closed long after its end).
        """
        rows = sorted(responses, key=lambda response: response.question_id)
        if not rows:
            return {}
        connection = connections[self.db]
        values: list[Any] = []
        for row in rows:
            at = connection.ops.adapt_datetimefield_value(row.responded_at)
            mark = marks[row.question_id]
            values += [row.learner_id, row.question_id, at, mark, at, mark, row.confidence]
        with connection.cursor() as cursor:
            cursor.execute(_REMEMBER.format(rows=", ".join(["(%s, %s, %s, %s, %s, %s, %s, 1)"] * len(rows))), values)
            return dict(cursor.fetchall())

    def remark(self, question: int, ends: Mapping[int, tuple[float | None, float | None]]) -> None:
        """Write the effective marks of the first and the last answer to a question, by learner, in one statement."""
        rows = [value for learner, marks in ends.items() for value in (learner, *marks)]
        if rows:
            with connections[self.db].cursor() as cursor:
                cursor.execute(_REMARK.format(rows=", ".join(["(%s, %s, %s)"] * len(ends))), [*rows, question])


_REMARK = """UPDATE quizzes_seen SET first_fraction = CAST(v.column2 AS double precision), last_fraction = CAST(v.column3 AS double precision)
    FROM (VALUES {rows}) AS v WHERE quizzes_seen.learner_id = v.column1 AND quizzes_seen.question_id = %s"""

_REMEMBER = """INSERT INTO quizzes_seen AS mine
    (learner_id, question_id, first_at, first_fraction, last_at, last_fraction, last_confidence, times) VALUES {rows}
    ON CONFLICT (learner_id, question_id) DO UPDATE SET
        times = mine.times + 1,
        first_at = CASE WHEN excluded.first_at < mine.first_at THEN excluded.first_at ELSE mine.first_at END,
        first_fraction = CASE WHEN excluded.first_at < mine.first_at THEN excluded.first_fraction ELSE mine.first_fraction END,
        last_at = CASE WHEN excluded.last_at >= mine.last_at THEN excluded.last_at ELSE mine.last_at END,
        last_fraction = CASE WHEN excluded.last_at >= mine.last_at THEN excluded.last_fraction ELSE mine.last_fraction END,
        last_confidence = CASE WHEN excluded.last_at >= mine.last_at THEN excluded.last_confidence ELSE mine.last_confidence END
    RETURNING question_id, times"""


class Seen(models.Model):
    """What a learner's responses say of one question; can be rebuilt from them."""

    learner = models.ForeignKey(User, models.CASCADE, related_name="seen")
    question = models.ForeignKey(Question, models.CASCADE, related_name="seen")
    first_at = models.DateTimeField()
    first_fraction = models.FloatField(null=True, help_text="The effective one; null where the question was dropped.")
    last_at = models.DateTimeField()
    last_fraction = models.FloatField(null=True)
    last_confidence = models.CharField(max_length=6, blank=True)
    times = models.PositiveIntegerField(default=1)

    objects = SeenQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["learner", "question"], name="one_row_per_question_seen")]
        indexes = [models.Index(fields=["learner", "last_at"], name="seen_last")]

    def __str__(self) -> str:
        return f"{self.learner_id} saw {self.question_id}"


class LateAnswer(models.Model):
    """An answer that arrived when the attempt was closed, or that another tab had outrun when it was handed in: kept, never graded."""

    slot = models.ForeignKey(Slot, models.CASCADE, related_name="late_answers")
    save_id = models.CharField(max_length=64)
    answer = models.JSONField()
    arrived_at = models.DateTimeField()

    class Meta:
        ordering = ["arrived_at"]
        constraints = [models.UniqueConstraint(fields=["slot", "save_id"], name="one_late_answer_per_save")]

    def __str__(self) -> str:
        return f"late for {self.slot_id}"
