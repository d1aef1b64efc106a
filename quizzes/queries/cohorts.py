"""The reads of classes: a learner's own, and what their instructors see, within what joining agrees to (domain/cohort.py)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, F, Max, Q
from django.utils import timezone

from quizzes.domain.attempt import deadline
from quizzes.domain.cohort import Stage, standing
from quizzes.domain.exam import SCALE_PASS
from quizzes.domain.tables import Cell, Column, Row, Table, cell, moment
from quizzes.models import Assignment, Attempt, Cohort, Lesson, LessonProgress, Membership, Response, Topic, User
from quizzes.models.mendings import is_dropped, is_right
from quizzes.queries.attempts import ExamPage, plan_page

# -- a learner's own -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AssignedLine:
    """An exam that a class is to sit, with what this learner has of it."""

    url: str
    title: str
    class_title: str
    note: str
    opens_at: datetime
    closes_at: datetime
    stage: Stage
    class_open: bool
    allowed: int
    used: int
    best: int | None
    running: int | None

    @property
    def left(self) -> int:
        return max(0, self.allowed - self.used)

    @property
    def can_start(self) -> bool:
        return self.stage == "open" and self.left > 0 and self.running is None

    @property
    def passed(self) -> bool:
        return self.best is not None and self.best >= SCALE_PASS


@dataclass(frozen=True, slots=True)
class ClassPage:
    """A class as its learners see it."""

    pk: int
    title: str
    instructors: list[str]
    starts_on: date
    ends_on: date
    joined_at: datetime
    is_open: bool
    exams: list[AssignedLine]


@dataclass(frozen=True, slots=True)
class Found:
    """The class that a code opens, before one joins it."""

    title: str
    instructors: list[str]
    starts_on: date
    ends_on: date


def found_class(cohort: Cohort) -> Found:
    return Found(cohort.title, [person.display_name for person in cohort.instructors.all()], cohort.starts_on, cohort.ends_on)


def class_pages(learner: User | None, *, now: datetime) -> list[ClassPage]:
    """A learner's classes, those that go on first: four statements."""
    if learner is None:
        return []
    stays = list(
        Membership.objects.current().filter(learner=learner).select_related("cohort").prefetch_related("cohort__instructors")
        .order_by("-cohort__ends_on", "pk")
    )  # fmt: skip
    exams = defaultdict(list)
    for cohort, line in _assigned(learner, now=now):
        exams[cohort].append(line)
    pages = [
        ClassPage(
            stay.cohort_id, stay.cohort.title, [person.display_name for person in stay.cohort.instructors.all()], stay.cohort.starts_on,
            stay.cohort.ends_on, stay.joined_at, stay.cohort.is_open(now), exams[stay.cohort_id],
        )
        for stay in stays
    ]  # fmt: skip
    return sorted(pages, key=lambda page: not page.is_open)


def assigned_lines(learner: User | None, *, now: datetime) -> list[AssignedLine]:
    """What a learner's classes ask them to sit, now or later, for the list of exams: two statements."""
    return [line for _, line in _assigned(learner, now=now) if line.stage != "over" or line.running] if learner else []


def _assigned(learner: User, *, now: datetime) -> list[tuple[int, AssignedLine]]:
    rows = (
        Assignment.objects.filter(cohort__memberships__learner=learner, cohort__memberships__left_at=None)
        .select_related("cohort", "blueprint").order_by("closes_at", "pk")
    )  # fmt: skip
    sat: dict[int, list[Attempt]] = defaultdict(list)
    for attempt in Attempt.objects.of(learner).filter(assignment__isnull=False):
        sat[attempt.assignment_id or 0].append(attempt)
    return [(row.cohort_id, _line(row, sat[row.pk], now=now)) for row in rows]


def _line(row: Assignment, sat: list[Attempt], *, now: datetime) -> AssignedLine:
    return AssignedLine(
        row.get_absolute_url(), row.blueprint.title, row.cohort.title, row.note, row.opens_at, row.closes_at,
        row.window.stage(now) if row.cohort.is_open(now) else "over", row.cohort.is_open(now), row.attempts_allowed, len(sat),
        max((attempt.scaled for attempt in sat if attempt.scaled is not None), default=None),
        next((attempt.pk for attempt in sat if attempt.clock.is_open(now)), None),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class AssignedPage:
    """What awaits a learner in an assigned exam, if they start now."""

    class_pk: int
    exam: ExamPage
    line: AssignedLine
    ends_at: datetime | None  # None without a clock
    minutes: int | None  # until then
    runs_elsewhere: bool

    @property
    def is_cut_short(self) -> bool:
        return self.minutes is not None and self.exam.minutes is not None and self.minutes < self.exam.minutes


def assigned_page(assignment: Assignment, learner: User, *, now: datetime) -> AssignedPage:
    """The page before an assigned exam; the assignment comes with its class and its plan."""
    line = _line(assignment, list(Attempt.objects.of(learner).filter(assignment=assignment)), now=now)
    exam = plan_page(assignment.blueprint, learner, now=now)
    until = deadline(
        started_at=now, minutes=assignment.blueprint.minutes, factor=float(learner.time_factor),
        extra_minutes=learner.extra_minutes, untimed=learner.untimed, closes_at=assignment.closes_at,
    )  # fmt: skip
    minutes = max(0, int((until - now).total_seconds() // 60)) if until else None
    return AssignedPage(assignment.cohort_id, exam, line, until, minutes, exam.open_attempt is not None and line.running is None)


# -- what instructors see --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ClassHead:
    """A class at the head of its pages at the desk."""

    pk: int
    title: str
    code: str
    starts_on: date
    ends_on: date
    closed_at: datetime | None
    is_open: bool
    is_over: bool
    instructors: list[str]
    members: int


def class_head(cohort: Cohort, *, now: datetime) -> ClassHead:
    """Two statements."""
    return ClassHead(
        cohort.pk, cohort.title, cohort.shown_code, cohort.starts_on, cohort.ends_on, cohort.closed_at, cohort.is_open(now),
        cohort.is_over(now), [person.display_name for person in cohort.instructors.all()],
        Membership.objects.current().filter(cohort=cohort).count(),
    )  # fmt: skip


def members_of(cohort: Cohort) -> list[Membership]:
    """The stays of those who are in the class now, by name, with the learner at hand."""
    stays = Membership.objects.current().filter(cohort=cohort).select_related("learner")
    return sorted(stays, key=lambda stay: (stay.learner.display_name.casefold(), stay.learner.username))


def _seen(cohort: Cohort, moment: str) -> Q:
    """Rows of members that fall into what joining agrees to: since they joined, within the days of the class, while they stay."""
    stay = "learner__memberships__"
    since = Q(**{f"{stay}cohort": cohort, f"{stay}left_at": None, f"{moment}__gte": F(f"{stay}joined_at")})
    return since & Q(**{f"{moment}__gte": cohort.begins_at}) & Q(**{f"{moment}__lt": cohort.seen_until})


MEMBER = (Column("name", "Name"), Column("username", "Username"))

MEMBERS = (
    *MEMBER, Column("joined", "Joined"), Column("state", "State"), Column("sessions", "Sessions", is_number=True), Column("last", "Last answer"),
    Column("asked", "First answers", is_number=True), Column("right", "Right", is_number=True), Column("share", "Share right", is_number=True),
    Column("lessons", "Lessons read", is_number=True), Column("time", "Time in exams"),
)  # fmt: skip


def _who(learner: User, *, url: str = "") -> tuple[Cell, Cell]:
    return cell(learner.display_name, url=url), cell(learner.username)


def members_table(cohort: Cohort) -> Table:
    """Who is in the class and what they did since they joined: four statements."""
    sessions = dict(
        Attempt.objects.filter(_seen(cohort, "started_at")).order_by().values_list("learner").annotate(n=Count("pk"))
    )  # fmt: skip
    answers = {
        learner: (asked, right, last)
        for learner, asked, right, last in Response.objects.filter(_seen(cohort, "responded_at"))
        .order_by()
        .values_list("learner")
        .annotate(
            asked=Count("pk", filter=Q(is_new=True) & ~is_dropped()),
            right=Count("pk", filter=Q(is_new=True) & is_right()),
            last=Max("responded_at"),
        )
    }
    read = dict(LessonProgress.objects.filter(_seen(cohort, "finished_at")).order_by().values_list("learner").annotate(n=Count("pk")))
    rows = []
    for stay in members_of(cohort):
        learner = stay.learner
        began = sessions.get(learner.pk, 0)
        asked, right, last = answers.get(learner.pk, (0, 0, None))
        rows.append(
            Row(
                (
                    *_who(learner, url=f"/admin/quizzes/cohort/{cohort.pk}/members/{stay.pk}/"), _moment(stay.joined_at),
                    cell("started" if began else "not started"), cell(began), _moment(last),
                    cell(asked), cell(right), _share(right, asked), cell(read.get(learner.pk, 0)), cell(_exam_time(learner)),
                ),
                f"{learner.display_name} {learner.username}", "started" if began else "new",
            )
        )  # fmt: skip
    return Table("Members", MEMBERS, tuple(rows), (("started", "Started"), ("new", "Not started")))


def progress_table(cohort: Cohort, *, member: Membership | None = None) -> Table:
    """First answers by topic, of the class or of one member: two statements."""
    rows = Response.objects.filter(_seen(cohort, "responded_at"), ~is_dropped(), is_new=True)
    if member is not None:
        rows = rows.filter(learner=member.learner_id)
    found = {
        topic: (asked, right, people)
        for topic, asked, right, people in rows.order_by()
        .values_list("question__topic")
        .annotate(asked=Count("pk"), right=Count("pk", filter=is_right()), people=Count("learner", distinct=True))
    }
    columns = [
        Column("topic", "Topic"), Column("asked", "First answers", is_number=True), Column("right", "Right", is_number=True),
        Column("share", "Share right", is_number=True), Column("people", "Members", is_number=True),
    ]  # fmt: skip
    lines = []
    for slug, title in Topic.objects.order_by("position").values_list("slug", "title"):
        asked, right, people = found.get(slug, (0, 0, 0))
        cells = (cell(title), cell(asked), cell(right), _share(right, asked), cell(people))
        lines.append(Row(cells[: 4 if member else 5], title, "answered" if asked else "open"))
    states = (("answered", "Answered"), ("open", "No answer yet"))
    return Table("Progress by topic", tuple(columns[: 4 if member else 5]), tuple(lines), states)


def lessons_table(cohort: Cohort, *, member: Membership | None = None) -> Table:
    """Lessons marked as read, by the class or by one member: two statements."""
    rows = LessonProgress.objects.filter(_seen(cohort, "finished_at"))
    if member is not None:
        rows = rows.filter(learner=member.learner_id)
    read = {
        lesson: (people, last)
        for lesson, people, last in rows.order_by().values_list("lesson").annotate(people=Count("pk"), last=Max("finished_at"))
    }
    lines = []
    for pk, number, title in Lesson.objects.order_by("number").values_list("pk", "number", "title"):
        people, last = read.get(pk, (0, None))
        lines.append(Row((cell(number), cell(title), cell(people), _moment(last)), title, "read" if people else "open"))
    columns = (
        Column("number", "Number", is_number=True), Column("lesson", "Lesson"), Column("read", "Read by", is_number=True), Column("last", "Last read"),
    )  # fmt: skip
    return Table("Lessons read", columns, tuple(lines), (("read", "Read"), ("open", "Not read yet")))


EXAMS = (
    Column("exam", "Exam"), Column("opens", "Opens"), Column("closes", "Closes"), Column("allowed", "Attempts allowed", is_number=True),
    Column("sat", "Sat by", is_number=True), Column("passed", "Passed by", is_number=True), Column("members", "Members", is_number=True),
)  # fmt: skip

STAGES = {"ahead": "Not open yet", "open": "Open", "over": "Closed"}


def exams_table(cohort: Cohort, *, now: datetime) -> Table:
    """The exams assigned to a class: three statements."""
    sat = {
        assignment: (people, passed)
        for assignment, people, passed in Attempt.objects.filter(
            assignment__cohort=cohort, submitted_at__isnull=False, learner__memberships__cohort=cohort, learner__memberships__left_at=None
        ).order_by().values_list("assignment").annotate(
            people=Count("learner", distinct=True), passed=Count("learner", distinct=True, filter=Q(scaled__gte=SCALE_PASS))
        )
    }  # fmt: skip
    members = Membership.objects.current().filter(cohort=cohort).count()
    rows = []
    for row in Assignment.objects.filter(cohort=cohort).select_related("blueprint"):
        people, passed = sat.get(row.pk, (0, 0))
        rows.append(
            Row(
                (
                    cell(row.blueprint.title, url=f"/admin/quizzes/cohort/{cohort.pk}/exams/{row.pk}/"), _moment(row.opens_at), _moment(row.closes_at),
                    cell(row.attempts_allowed), cell(people), cell(passed), cell(members),
                ),
                row.blueprint.title, row.window.stage(now),
            )
        )  # fmt: skip
    return Table("Assigned exams", EXAMS, tuple(rows), tuple(STAGES.items()))


RESULTS = (
    *MEMBER, Column("state", "State"), Column("used", "Attempts used", is_number=True), Column("best", "Best score", is_number=True),
    Column("latest", "Latest score", is_number=True), Column("when", "Handed in"), Column("late", "After the window"),
)  # fmt: skip

STANDINGS = {
    "passed": "Passed", "not passed": "Not passed", "running": "Running", "no score": "No score", "not sat": "Not sat yet",
    "missed": "Not sat", "ahead": "Not open yet",
}  # fmt: skip


def results_table(assignment: Assignment, *, now: datetime) -> Table:
    """How each member stands with an assigned exam, by the attempts under it alone: two statements."""
    sat: dict[int, list[Attempt]] = defaultdict(list)
    for attempt in assignment.attempts.order_by("started_at", "pk"):
        sat[attempt.learner_id].append(attempt)
    stage = assignment.window.stage(now)
    rows = [_result(stay.learner, sat[stay.learner_id], assignment, stage) for stay in members_of(assignment.cohort)]
    met = {row.state for row in rows}
    return Table("Results", RESULTS, tuple(rows), tuple((key, label) for key, label in STANDINGS.items() if key in met))


def _result(learner: User, sat: list[Attempt], assignment: Assignment, stage: Stage) -> Row:
    scored = [attempt for attempt in sat if attempt.scaled is not None]
    best = max((attempt.scaled for attempt in scored), default=None)  # type: ignore[type-var]
    running, finished = any(not attempt.is_finished for attempt in sat), any(attempt.is_finished for attempt in sat)
    state = standing(stage=stage, running=running, finished=finished, best=best, passing=SCALE_PASS)
    latest = scored[-1] if scored else None
    late = any(attempt.submitted_at and attempt.submitted_at > assignment.closes_at for attempt in sat)
    return Row(
        (
            *_who(learner), cell(STANDINGS[state]), cell(len(sat)), cell(best), cell(latest.scaled if latest else None),
            _moment(latest.submitted_at if latest else None), Cell("late, in own time", "late") if late else Cell("", ""),
        ),
        f"{learner.display_name} {learner.username}", state,
    )  # fmt: skip


def _moment(at: datetime | None) -> Cell:
    """A moment by the site's clock."""
    return moment(timezone.localtime(at) if at else None)


def _share(right: int, asked: int) -> Cell:
    """A share never stands without the number it is of."""
    return Cell(f"{right / asked:.0%} of {asked}".replace("%", "\N{NO-BREAK SPACE}%"), round(right / asked, 3)) if asked else cell(None)


def _exam_time(learner: User) -> str:
    if learner.untimed:
        return "no clock"
    extra = f" and {learner.extra_minutes} minutes" if learner.extra_minutes else ""
    return f"{learner.time_factor} ×{extra}" if learner.time_factor != User.TimeFactor.NORMAL or extra else "usual"


def count_members(cohorts: Any) -> Any:
    """Classes with how many learners are in each, as `members`."""
    return cohorts.annotate(members=Count("memberships", filter=Q(memberships__left_at=None), distinct=True))
