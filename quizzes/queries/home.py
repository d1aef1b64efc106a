"""The Today page: the one thing to do next with its reason, and where everything stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from quizzes.domain.attempt import Mode
from quizzes.domain.cohort import SOON
from quizzes.domain.exam import SCALE_PASS
from quizzes.domain.mastery import ENOUGH_ANSWERS
from quizzes.domain.memory import day_number
from quizzes.domain.plan import CHECK_ANSWERS, Situation, next_step
from quizzes.models import Assignment, Attempt, Lesson, User
from quizzes.models.lessons import Place
from quizzes.queries.attempts import ExamLine, exam_line
from quizzes.queries.readiness import ReadinessLine, readiness_line
from quizzes.queries.standing import Standing, TopicHeat, standing

#: Seconds that a review of one card takes, question and rationales, for "about … minutes".
REVIEW_S = 40
#: The page of the calibration check, and of what it shows.
READINESS = "/readiness/"
REVIEW = "/review/"


@dataclass(frozen=True, slots=True)
class Step:
    """The one thing to do next, with its reason."""

    title: str
    why: str
    url: str
    button: str


@dataclass(frozen=True, slots=True)
class Running:
    """An attempt that waits to be gone on with."""

    attempt: int
    mode: str
    title: str
    left: int
    total: int
    remaining_s: float | None

    @property
    def url(self) -> str:
        return f"/attempts/{self.attempt}/"


@dataclass(frozen=True, slots=True)
class Assigned:
    """An exam of one's class that is open, or opens soon."""

    title: str
    cohort: str
    url: str
    is_open: bool
    opens_at: datetime
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class Reading:
    """The lesson to go on with, or to begin."""

    number: int
    title: str
    short: str
    url: str
    minutes: int
    minutes_left: int
    sections: int
    reached: int

    @property
    def started(self) -> bool:
        return self.reached > 0


@dataclass(frozen=True, slots=True)
class TodayPage:
    """`due` are the reviews meant for today, `later` those spread over the days to come; `days_left` is to the exam, None without one."""

    is_new: bool
    step: Step
    due: int
    later: int
    days_left: int | None
    running: list[Running]
    assigned: list[Assigned]
    topics: list[TopicHeat]
    reading: Reading | None
    exams: list[ExamLine]
    lessons_read: int
    lessons: int
    readiness: ReadinessLine

    @property
    def review_waits(self) -> bool:
        """Whether there is something to review that the next step does not say."""
        return self.due > 0 and self.step.url != REVIEW


def today_page(learner: User | None, *, now: datetime) -> TodayPage:
    """Six statements while nothing changed, and one more for an account, whose classes may have assigned an exam; two more after an answer,
    however many cards there are.
    """
    stands = standing(learner, now=now)
    places = Lesson.objects.all().places(learner.pk if learner else 0)
    sittings = Attempt.objects.all().waiting(learner.pk) if learner else []
    exams = [exam_line(row) for row in Attempt.objects.all().last_exams(learner.pk, 3)] if learner else []
    running = [_running(row, now=now) for row in sittings if row.clock.is_open(now)][:3]
    reading = _reading(places)
    is_new = not stands.answers and not stands.cards and not exams and not running and not (reading and reading.started)
    days_left = day_number(learner.exam_on) - day_number(now) if learner and learner.exam_on else None
    due = stands.planned(learner.daily_reviews) if learner else 0
    world = _World(learner, stands, running, reading, due, days_left)
    kind = next_step(
        Situation(
            exam_running=world.exam is not None, is_new=is_new, days_left=days_left, due=due,
            reading="" if reading is None else ("begun" if reading.started else "new"), topics=len(stands.topics),
            cold=len(world.of("cold")), warm=len(world.of("warm")), evidence=stands.evidence,
            evidence_age=_age(stands.evidence_at, now), exam_age=_age(exams[0].started_at if exams else None, now),
        )
    )  # fmt: skip
    return TodayPage(
        is_new, STEPS[kind](world), due, stands.due - due, days_left, running, _assigned(learner, now), stands.topics, reading, exams,
        sum(place.is_finished for place in places), len(places), readiness_line(learner, found=stands.evidence),
    )  # fmt: skip


def _assigned(learner: User | None, now: datetime) -> list[Assigned]:
    """A guest is in no class, so they cost nothing."""
    if learner is None or learner.is_guest:
        return []
    rows = Assignment.objects.all().awaiting(learner.pk, now=now, soon=now + SOON, limit=3)
    return [
        Assigned(row.exam, row.class_title, row.get_absolute_url(), row.opens_at <= now, row.opens_at, row.closes_at)  # type: ignore[attr-defined]
        for row in rows
    ]


def _age(moment: datetime | None, now: datetime) -> int | None:
    return None if moment is None else day_number(now) - day_number(moment)


def _running(row: Attempt, *, now: datetime) -> Running:
    return Running(
        row.pk, row.mode, str(row.plan.get("title", "")), row.waiting, row.total, row.clock.remaining_s(now)  # type: ignore[attr-defined]
    )  # fmt: skip


def _reading(places: list[Place]) -> Reading | None:
    """The first lesson that was begun and not finished, otherwise the first that is new."""
    open_ones = [place for place in places if not place.is_finished]
    place = next((place for place in open_ones if place.reached), next((place for place in open_ones), None))
    if place is None:
        return None
    left = max(1, round(place.minutes * (1 - place.reached / place.sections))) if place.sections else place.minutes
    url = f"/lessons/{place.slug}/{'#' + place.anchor if place.anchor else ''}"
    return Reading(place.number, place.title, place.short, url, place.minutes, left, place.sections, place.reached)


# -- the words of a step ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _World:
    """What the words of a step are made of."""

    learner: User | None
    stands: Standing
    running: list[Running]
    reading: Reading | None
    due: int
    days_left: int | None

    @property
    def exam(self) -> Running | None:
        return next((row for row in self.running if row.mode == Mode.EXAM), None)

    def of(self, state: str) -> list[TopicHeat]:
        return [topic for topic in self.stands.topics if topic.heat.state == state]


def _exam_running(world: _World) -> Step:
    exam = world.exam
    assert exam is not None
    time = "" if exam.remaining_s is None else f", {max(1, int(exam.remaining_s // 60))} min left"
    return Step(
        "Go on with your exam", f"{exam.title}: {exam.left} of {exam.total} open{time}.", f"/attempts/{exam.attempt}/", "Back to the exam"
    )


def _begin(world: _World) -> Step:
    assert world.reading is not None
    minutes = world.reading.minutes
    return Step(
        "Begin with the first lesson", f"{minutes} minutes, with questions on the way that show what sticks.", world.reading.url, "Start reading",
    )  # fmt: skip


def _passed(world: _World) -> Step:
    assert world.learner is not None
    assert world.learner.exam_on is not None
    on = world.learner.exam_on
    return Step(
        "How did your exam go?",
        f"It was on {on.day} {on:%B}. Set the day of your next one, or study on without a day.",
        "/plan/",
        "Plan on",
    )


def _exam_day(world: _World) -> Step:
    return Step(
        "Today is your exam", "Nothing has to be learnt now. Eat, be early, read every stem to its end, and answer every question.", "/plan/", "Your plan",
    )  # fmt: skip


def _rest(world: _World) -> Step:
    when = "tomorrow" if world.days_left == 1 else f"in {world.days_left} days"
    return Step(
        "Rest, or read one page again", f"Your exam is {when} and no review is due. New things would push out what sits.", "/progress/memory/", "See what is weakest",
    )  # fmt: skip


def _review(world: _World) -> Step:
    minutes = max(1, round(world.due * REVIEW_S / 60))
    why = f"About {minutes} minute{'s' if minutes > 1 else ''}. You are about to forget them; another try now, and they stay."
    if later := world.stands.due - world.due:
        why += f" {later} more {'is' if later == 1 else 'are'} spread over the coming days."
    return Step(f"Review {world.due} question{'s' if world.due > 1 else ''}", why, REVIEW, "Start review")


def _read_on(world: _World) -> Step:
    assert world.reading is not None
    return Step(f"Finish “{world.reading.short}”", f"About {world.reading.minutes_left} min are left.", world.reading.url, "Read on")


def _read(world: _World) -> Step:
    assert world.reading is not None
    return Step(
        f"Read “{world.reading.short}”", "Most topics are still cold; the next lesson warms one up.", world.reading.url, "Start reading"
    )


def _check(world: _World) -> Step:
    if world.stands.evidence < CHECK_ANSWERS:
        why = f"{world.stands.evidence} of {CHECK_ANSWERS} random answers given; below that nothing can be said about your exam."
    else:
        why = "Your last random questions were two weeks ago or more. Twenty new ones say where you stand now."
    return Step("Check how ready you are", why, READINESS, "To the check")


def _sit(world: _World) -> Step:
    if world.days_left is not None and world.days_left >= 0:
        why = f"{world.days_left} days to your exam: enough to mend what one under time brings up."
    else:
        why = "An exam shows how your topics hold up against the clock."
    return Step("Sit a practice exam", why, "/exams/", "Choose an exam")


def _practise(world: _World) -> Step:
    """A cold topic first: it can warm up in a quarter of an hour. Then the weakest by its mean."""
    cold, warm = world.of("cold"), world.of("warm")
    if cold and not (world.days_left is not None and warm):
        topic = cold[0]
        why = f"{topic.heat.answers} of {ENOUGH_ANSWERS} first answers given; below that nothing can be said."
    else:
        topic = min(warm, key=lambda topic: topic.heat.mean or 0)
        why = f"It is the weakest of your topics: likely {topic.heat.low or 0:.0%} to {topic.heat.high or 0:.0%} right, from {topic.heat.answers} answers."
    return Step(f"Practise {topic.title}", why, f"/practice/?topic={topic.slug}", "Practise")


def _hot(world: _World) -> Step:
    return Step(
        "Sit a practice exam", f"No topic is cold or weak. See whether you pass {SCALE_PASS} under time.", "/exams/", "Choose an exam"
    )


STEPS: dict[str, Callable[[_World], Step]] = {
    "exam running": _exam_running, "begin": _begin, "exam passed": _passed, "exam today": _exam_day, "rest": _rest, "review": _review,
    "read on": _read_on, "read": _read, "check": _check, "exam": _sit, "practise": _practise, "hot": _hot,
}  # fmt: skip
