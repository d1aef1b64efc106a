"""Rows with good defaults; a test names only what it is about."""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib import import_module
from itertools import count
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models import Field, Model
from django.test import Client

from quizzes.domain.cohort import CONSENT_VERSION, code_of
from quizzes.domain.exam import fits_exams
from quizzes.domain.items import OPTION_IDS, Item, Option, Source, as_dict, show_answer, to_letters, wrong_answer
from quizzes.domain.memory import day_number
from quizzes.models import (
    Assignment,
    Attempt,
    Blueprint,
    Card,
    Cohort,
    Domain,
    DraftOption,
    DraftSource,
    ImportedQuestion,
    ImportRun,
    Lesson,
    LessonSection,
    Membership,
    Objective,
    Prediction,
    Question,
    QuestionVersion,
    Response,
    SearchEntry,
    Slot,
    Term,
    Topic,
    User,
)
from quizzes.services import attempts, lessons, reports, statistics
from quizzes.views.parts import BACKEND

#: A Monday morning; tests say T0 + timedelta(...).
T0 = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

Row = TypeVar("Row", bound=Model)

_numbers = count(1)
#: For columns of two bytes: drawn for new rows alone, so that a long run stays within them.
_places = count(1)


def make_learner(**values: Any) -> User:
    n = next(_numbers)
    password = values.pop("password", "correct horse battery")
    user = User(**{"username": f"learner{n}", "email": f"learner{n}@example.org", **values})
    user.set_password(password)
    user.save()
    return user


def let_in(client: Client, learner: User) -> None:
    """Sign somebody in past the door: the session alone, none of what the app does when somebody comes in.

    It takes 0.1 ms where force_login takes 1.9.
    """
    engine = import_module(settings.SESSION_ENGINE).SessionStore
    known = {SESSION_KEY: str(learner.pk), BACKEND_SESSION_KEY: BACKEND, HASH_SESSION_KEY: learner.get_session_auth_hash()}
    session = Session(session_key=f"{next(_numbers):032}", session_data=engine().encode(known), expire_date=LATER)
    session.save(force_insert=True)
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key


#: When sessions of tests end, whatever the day is.
LATER = datetime(2100, 1, 1, tzinfo=UTC)


def insert(rows: Iterable[Row]) -> list[Row]:
    """bulk_create at little more than half its price: the statement is put together once for each model. For rows without defaults of the database."""
    given = list(rows)
    if not given:
        return given
    begin, one, fields = _inserting(type(given[0]))
    for batch in batched(given, 30_000 // len(fields)):
        values = [field.get_db_prep_save(getattr(row, field.attname), connection) for row in batch for field in fields]
        with connection.cursor() as cursor:
            cursor.execute(f"{begin} VALUES {', '.join([one] * len(batch))} RETURNING id", values)
            for row, (pk,) in zip(batch, cursor.fetchall(), strict=True):
                row.pk, row._state.adding, row._state.db = pk, False, connection.alias
    return given


@cache
def _inserting(model: type[Model]) -> tuple[str, str, list[Field]]:
    """How its statement begins, the places of one row, and the fields that fill them."""
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    return f'INSERT INTO "{model._meta.db_table}" ({columns})', f"({', '.join(['%s'] * len(fields))})", fields


def batched(rows: Sequence[Row], size: int) -> Iterator[Sequence[Row]]:
    return (rows[start : start + size] for start in range(0, len(rows), size))


def make_guest() -> User:
    user = User(username=f"guest-{next(_numbers)}", is_guest=True)
    user.set_unusable_password()
    user.save()
    return user


def make_topic(slug: str = "invocation-async", title: str = "Asynchronous invocation") -> Topic:
    topic, _ = Topic.objects.get_or_create(slug=slug, defaults={"title": title, "position": lambda: next(_places)})
    return topic


def make_objective(key: str = "async-behaviour", topic: str = "invocation-async") -> Objective:
    objective = Objective.objects.select_related("topic").filter(key=key).first()
    return objective or Objective.objects.create(key=key, title=f"Explain {key}", topic=make_topic(topic), position=next(_places))


def make_domain(key: str = "resilient") -> Domain:
    domain, _ = Domain.objects.get_or_create(
        key=key, defaults={"title": f"{key.title()} architectures", "weight": 25, "position": lambda: next(_places)}
    )
    return domain


def make_item(**values: Any) -> Item:
    """A good item: single choice of four with key "b", or with `type="multiple"` two keys "a" and "c" of five.

    Of the types for practice alone: four steps in their order, four with a partner each ("a" and "c" share one), or 0.25 ± 0.005 seconds.
    """
    if values.get("type") in _PRACTICE:
        values = _practice_values(**values)
    multiple = values.get("type") == "multiple"
    keys = values.pop("keys", "ac" if multiple else "b")
    texts = (
        values.pop("texts", None)
        or [
            "Raise the visibility timeout of the queue",
            "Add an on-failure destination to the function",
            "Give the function twice the memory it has now",
            "Send the event through a second topic first",
            "Lower the batch size of the event source mapping",
        ][: 5 if multiple else 4]
    )
    n = next(_numbers)
    stem = f"Case {n}: an upload starts a function whose partner is down for an hour. What keeps every failed event {n}?"
    defaults: dict[str, Any] = {
        "type": "single",
        "stem": stem + (" (Select TWO.)" if multiple else ""),
        "options": tuple(
            Option(id=OPTION_IDS[i], text=text, key=OPTION_IDS[i] in keys, why=f"Rationale {n}-{i} says why this holds or not.")
            for i, text in enumerate(texts)
        ),
        "objective": "async-behaviour",
        "topic": "invocation-async",
        "domain": "resilient",
        "level": "apply",
        "difficulty": 2,
        "sources": (Source(title="Invoking a function", url="https://docs.aws.amazon.com/lambda/", checked=date(2026, 11, 23)),),
    }
    return Item(**{**defaults, **values})


_PRACTICE: dict[str, tuple[str, list[str], dict[str, Any]]] = {
    "ordering": (
        "Case {n}: an asynchronous call fails each time. Put what happens in order, the first at the top.",
        ["Lambda queues the event", "The function runs", "Lambda waits and tries again", "The event goes to the destination"],
        {},
    ),
    "matching": (
        "Case {n}: each of these calls fails for good. Match each source with the one that deals with the failure.",
        ["An S3 notification", "An API Gateway request", "An SNS message", "A stream of changes"],
        {"targets_extra": ("A layer",)},
    ),
    "numeric": (
        "Case {n}: 1,000 runs take 250 seconds in all. How many seconds does a run take on average?",
        ["0.25", "4", "0.5"],
        {"unit": "seconds", "tolerance": "0.005"},
    ),
}
_PARTNERS = ("A dead-letter queue", "The caller", "A dead-letter queue", "The service itself")


def _practice_values(**values: Any) -> dict[str, Any]:
    stem, texts, rest = _PRACTICE[values["type"]]
    n = next(_numbers)
    texts = values.pop("texts", texts)
    matches = values.pop("matches", _PARTNERS) if values["type"] == "matching" else [""] * len(texts)
    options = tuple(
        Option(
            id=OPTION_IDS[i], text=text, key=values["type"] == "numeric" and i == 0, match=match,
            why=f"Rationale {n}-{i} says why this holds or not.",
        )
        for i, (text, match) in enumerate(zip(texts, matches, strict=False))
    )  # fmt: skip
    return {"stem": stem.format(n=n), "options": options, **rest, **values}


def make_picture_bytes(shade: int = 16) -> bytes:
    """A grey PNG of three by two points."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    pixels = zlib.compress((b"\0" + bytes([shade]) * 3) * 2)
    header = struct.pack(">IIBBBBB", 3, 2, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def make_question(*, item: Item | None = None, state: str = "published", **values: Any) -> Question:
    """A question with its working copy and, when published, version 1."""
    [question] = make_questions([item or make_item()], state=state, **values)
    return question


def make_questions(items: Sequence[Item], *, state: str = "published", **values: Any) -> list[Question]:
    """A question of each item, in as many statements as one takes."""
    asked: dict[tuple[str, str, str], dict[str, Any]] = {}
    for about in {(item.objective, item.topic, item.domain): None for item in items}:
        objective = make_objective(about[0], about[1])
        topic = objective.topic if objective.topic_id == about[1] else make_topic(about[1])
        asked[about] = {"objective": objective, "topic": topic, "domain": make_domain(about[2])}
    numbers = [next(_numbers) for _ in items]
    questions = insert(
        Question(**{
            "slug": f"question-{n}", "family": f"family-{n}", "state": "draft", "type": item.type, "stem": item.stem,
            **asked[item.objective, item.topic, item.domain],
            "level": item.level, "difficulty": item.difficulty, "lesson": item.lesson, "facts": list(item.facts),
            "pick": item.pick, "option_count": len(item.options), "in_exams": fits_exams(item, new_facts=()),
            "targets_extra": list(item.targets_extra), "unit": item.unit, "tolerance": item.tolerance, "draw_key": (n * 0.618) % 1, "created_at": T0, "changed_at": T0,
            **values,
        })
        for n, item in zip(numbers, items, strict=True)
    )  # fmt: skip
    both = list(zip(questions, items, strict=True))
    insert(
        DraftOption(question=question, position=i, text=o.text, key=o.key, match=o.match, why=o.why)
        for question, item in both
        for i, o in enumerate(item.options)
    )
    insert(DraftSource(question=question, title=s.title, url=s.url, checked=s.checked) for question, item in both for s in item.sources)
    if state != "draft":
        versions = insert(_version(question, item, 1) for question, item in both)
        for question, version in zip(questions, versions, strict=True):
            question.current, question.state = version, state
        with connection.cursor() as cursor:
            rows = [(version.pk, state, version.question_id) for version in versions]
            cursor.executemany("UPDATE quizzes_question SET current_id = %s, state = %s WHERE id = %s", rows)
    return questions


def _version(question: Question, item: Item, number: int) -> QuestionVersion:
    return QuestionVersion(question=question, number=number, body=as_dict(item), checksum=f"{question.pk}-{number}", published_at=T0)


def make_version(*, question: Question, item: Item, number: int = 1) -> QuestionVersion:
    version = _version(question, item, number)
    version.save()
    question.current, question.state = version, Question.State.PUBLISHED
    question.save(update_fields=["current", "state"])
    return version


def make_import(*, question: Question) -> ImportedQuestion:
    """Where a question came from: the first line of a file that is not kept."""
    run = ImportRun.objects.create(
        file_name="questions.gift", format="gift", checksum="f", objective=question.objective, domain=question.domain, created_at=T0
    )
    return ImportedQuestion.objects.create(question=question, run=run, line=1, checksum="q")


def make_bank(size: int = 12, **values: Any) -> list[Question]:
    return make_questions([make_item(**values) for _ in range(size)])


def make_blueprint(length: int = 10, **values: Any) -> Blueprint:
    n = next(_numbers)
    return Blueprint.objects.create(
        **{
            "slug": f"exam-{n}", "title": f"Exam {n}", "summary": "An exam for tests.", "minutes": 30, "pilots": 0, "cut": 0.72,
            "counts": {"async-behaviour": length}, **values,
        }
    )  # fmt: skip


def make_attempt(*, learner: User | None = None, mode: str = "exam", slots: int = 3, minutes: int | None = 30, **values: Any) -> Attempt:
    """An attempt with slots; options stand in their written order, so A is option a."""
    started = values.pop("started_at", T0)
    item_values = values.pop("item", {})
    attempt = Attempt.objects.create(
        learner=learner or make_learner(), mode=mode, seed=1, started_at=started,
        deadline_at=started + timedelta(minutes=minutes) if minutes and mode == "exam" else None,
        **{"plan": {"title": "Exam for tests", "minutes": minutes or 0, "cut": 0.72}, **values},
    )  # fmt: skip
    make_slots(attempt, make_bank(slots, **item_values))
    return attempt


def make_slot(*, attempt: Attempt | None = None, position: int = 1, question: Question | None = None, **item_values: Any) -> Slot:
    [slot] = make_slots(attempt or make_attempt(slots=0), [question or make_question(item=make_item(**item_values))], first=position)
    return slot


def make_slots(attempt: Attempt, questions: Sequence[Question], *, first: int = 1) -> list[Slot]:
    """A place for each of these questions, in their order."""

    def slot(question: Question, position: int) -> Slot:
        assert question.current is not None
        item = question.current.item
        return Slot(
            attempt=attempt, position=position, version=question.current, pick=item.pick,
            option_order=[option.id for option in item.options], selection="exam" if attempt.mode == "exam" else "self_chosen",
        )  # fmt: skip

    return insert(slot(question, position) for position, question in enumerate(questions, start=first))


def make_sittings(
    questions: list[Question], answers: list[list[str]], *, blueprint: Blueprint | None = None, learners: list[User] | None = None,
    started_at: datetime = T0, spent_ms: int = 60_000, **values: Any,
) -> list[Attempt]:  # fmt: skip
    """Finished exams of these questions, one for each list of answers ("b", "ac", or "" for none), each by a learner of its own."""
    blueprint = blueprint or make_blueprint(len(questions))
    learners = learners or User.objects.bulk_create(User(username=f"sitter{next(_numbers)}", password="!") for _ in answers)
    attempts_made = Attempt.objects.bulk_create(
        Attempt(
            **{
                "learner": learner, "mode": "exam", "blueprint": blueprint, "seed": 1, "started_at": started_at, "submitted_at": started_at,
                "finish_reason": "handed in", "plan": {"title": "Exam", "minutes": 30, "cut": 0.72, "length": len(questions)}, **values,
            }
        )
        for learner in learners
    )  # fmt: skip
    versions = [question.current for question in questions]
    slots = insert(
        Slot(
            attempt=attempt, position=n, version=version, pick=version.item.pick, selection="exam",
            option_order=[option.id for option in version.item.options],
        )
        for attempt in attempts_made for n, version in enumerate(versions, start=1)
    )  # fmt: skip
    given = [list(answer) for row in answers for answer in row]
    insert(
        Response(
            slot=slot, learner=slot.attempt.learner, question_id=slot.version.question_id, answer=answer, spent_ms=spent_ms,
            fraction=slot.version.item.grade(answer).fraction, share=slot.version.item.grade(answer).share, selection="exam", responded_at=T0,
        )
        for slot, answer in zip(slots, given, strict=True)
    )  # fmt: skip
    return attempts_made


def compute_now(*, now: datetime) -> None:
    """The snapshot of the day, in one go."""
    statistics.store(statistics.compute(), now=now)


def make_evidence(
    learner: User, answers: int, right: int, *, selection: str = "exam", at: datetime = T0, domain: str = "resilient"
) -> Attempt:
    """A finished sitting whose answers were each the first to a question that chance chose; the right ones come first."""
    attempt = Attempt.objects.create(
        learner=learner, mode="practice", seed=1, started_at=at, submitted_at=at, finish_reason="completed", plan={"title": "Evidence"}
    )
    question = make_question(item=make_item(domain=domain))
    slots = insert(
        Slot(attempt=attempt, position=n, version=question.current, option_order=["a", "b", "c", "d"], pick=1, selection=selection)
        for n in range(1, answers + 1)
    )
    insert(
        Response(
            slot=slot, learner=learner, question=question, answer=["b" if slot.position <= right else "a"], fraction=float(slot.position <= right),
            share=float(slot.position <= right), is_new=True, selection=selection, responded_at=at,
        )
        for slot in slots
    )  # fmt: skip
    return attempt


def make_prediction(learner: User | None = None, **values: Any) -> Prediction:
    """What was said of the next exam: 30 to 40 of 50, as likely a pass as not."""
    return Prediction.objects.create(
        learner=learner or make_learner(),
        **{
            "made_at": T0, "algorithm": "beta-binomial-1", "answers": 40, "right": 28, "effective": 30.0, "prior_mean": 0.65, "prior_strength": 10.0,
            "drift": 0.0, "a": 28.0, "b": 12.0, "items": 50, "needed": 36, "cut": 0.72, "low80": 30, "high80": 40, "low90": 28, "high90": 42,
            "expected": 35.0, "chance": 0.5, **values,
        },
    )  # fmt: skip


def judged(right: int = 35, items: int = 50, **values: Any) -> dict[str, Any]:
    """What an exam writes beside a prediction."""
    return {
        "judged_at": T0, "actual_right": right, "actual_items": items, "judged_needed": 36, "judged_low80": 30, "judged_high80": 40,
        "judged_low90": 28, "judged_high90": 42, "judged_expected": 35.0, "judged_chance": 0.5, **values,
    }  # fmt: skip


def make_card(*, learner: User, question: Question | None = None, **values: Any) -> Card:
    """The memory of a question's family as it stands ten days after its last answer at T0: stability 10 days, so that 90 % is recalled."""
    question = question or make_question()
    today = day_number(T0)
    return Card.objects.create(
        **{
            "learner": learner, "question": question, "family": question.family, "topic_id": question.topic_id, "stability": 10.0,
            "difficulty": 5.0, "day": today - 10, "due_day": today, "reps": 1, "lapses": 0, "rating": 3, "last_at": T0 - timedelta(days=10),
            **values,
        }
    )  # fmt: skip


def make_first(
    *, learner: User, question: Question | None = None, right: bool = True, at: datetime = T0, selection: str = "self_chosen"
) -> None:
    """A first answer to a question, without what it does to memory."""
    attempt = make_attempt(learner=learner, mode="practice", slots=0, started_at=at, submitted_at=at, finish_reason="completed")
    slot = make_slot(attempt=attempt, question=question)
    Response.objects.create(
        slot=slot, learner=learner, question_id=slot.version.question_id, answer=["b" if right else "a"], fraction=float(right), share=float(right),
        selection=selection, is_new=True, responded_at=at,
    )  # fmt: skip


def make_lesson(slug: str = "asynchronous-invocation", *, sections: int = 3, checks: tuple[str, ...] = (), **values: Any) -> Lesson:
    n = next(_places)
    lesson = Lesson.objects.create(
        **{
            "number": n, "slug": slug, "title": f"Lesson {slug}", "short": slug[:30], "summary": "What happens when nobody waits.",
            "topic": make_topic(), "minutes": 8, "checked": date(2026, 11, 23), "source": f"{slug}.md", "checksum": str(n),
            "sources": [{"title": "Guide", "url": "https://docs.aws.amazon.com/lambda/", "checked": "2026-11-23"}], **values,
        }
    )  # fmt: skip
    for i in range(sections):
        blocks: list[dict[str, str]] = [{"kind": "html", "html": f"<p>Words of section {i} about dead-letter queues.</p>"}]
        if i < len(checks):
            blocks.append({"kind": "check", "question": checks[i]})
        LessonSection.objects.create(
            lesson=lesson, position=i, anchor=f"part-{i}" if i else "", title=f"Part {i}" if i else "", blocks=blocks,
            text=f"Words of section {i} about dead-letter queues.",
        )  # fmt: skip
    return lesson


def make_term(slug: str = "dead-letter-queue", term: str = "Dead-letter queue", **values: Any) -> Term:
    definition = values.pop("definition", "Where an event goes that failed every try.")
    return Term.objects.create(**{"slug": slug, "term": term, "aliases": ["DLQ"], "definition": definition, "html": definition, **values})


def make_cohort(*, instructors: Iterable[User] = (), **values: Any) -> Cohort:
    """A class that goes on, whatever the clock says."""
    n = next(_numbers)
    cohort = Cohort.objects.create(
        **{"title": f"Class {n}", "code": code_of(n * 7919), "starts_on": date(2020, 1, 1), "ends_on": date(2099, 12, 31), **values}
    )
    cohort.instructors.set(instructors)
    return cohort


def make_member(cohort: Cohort, learner: User | None = None, *, joined_at: datetime = T0, **values: Any) -> Membership:
    return Membership.objects.create(
        learner=learner or make_learner(), cohort=cohort, joined_at=joined_at, consent_version=CONSENT_VERSION, consented_at=joined_at, **values
    )  # fmt: skip


def make_assignment(cohort: Cohort, blueprint: Blueprint | None = None, **values: Any) -> Assignment:
    """An exam of a class whose window is open, whatever the clock says."""
    window = {"opens_at": datetime(2020, 1, 1, tzinfo=UTC), "closes_at": datetime(2099, 12, 1, tzinfo=UTC)}
    return Assignment.objects.create(cohort=cohort, blueprint=blueprint or make_blueprint(), **{**window, **values})


def letters_for(slot: Slot, *, right: bool = True) -> list[str]:
    """The letters of an answer to this place: the key, or as many options with one of them wrong."""
    item = slot.version.item
    if not item.is_choice:
        return show_answer(item.type, item.key if right else wrong_answer(item, rng=random.Random(1)), slot.option_order)
    keys = [option.id for option in item.options if option.key]
    wrong = next(option.id for option in item.options if not option.key)
    return to_letters(keys if right else [wrong, *keys[1:]], slot.option_order)


def answer_slot(slot: Slot, *, right: bool = True, confidence: str = "unsure", now: datetime = T0) -> None:
    attempts.submit_response(
        learner=slot.attempt.learner, attempt=slot.attempt_id, position=slot.position, letters=letters_for(slot, right=right),
        confidence=confidence, spent_ms=42_000, now=now,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class History:
    """What a learner has done who has been here for some days."""

    learner: User
    lesson: Lesson
    answered_check: Question
    open_check: Question
    practice: Attempt
    session: Attempt
    exam: Attempt
    result: Attempt
    blueprint: Blueprint
    cohort: Cohort
    assignment: Assignment

    @property
    def seen(self) -> Slot:
        """A place of the finished session: its question was answered and its key shown."""
        return self.session.slots.select_related("version__question").first()  # type: ignore[return-value]


def make_history(learner: User, *, now: datetime) -> History:
    """Lessons read and begun, a check answered, sessions and exams finished and open, reports answered and not."""
    kinds: list[dict[str, Any]] = [
        {},
        {"type": "multiple"},
        {"objective": "sync-behaviour", "topic": "invocation-sync", "domain": "secure"},
    ]
    make_topic("invocation-sync", "Synchronous invocation")
    make_questions([make_item(**kind) for kind in kinds for _ in range(4)])
    number = next(_numbers)
    slug = f"lesson-{number}"
    answered_check, open_check = make_bank(2, lesson=f"{slug}#part-1")
    lesson = make_lesson(slug, sections=4, checks=("", answered_check.slug, open_check.slug))
    make_lesson(f"lesson-{number}-next")
    make_term(f"term-{number}", f"Term {number}", lesson=f"{slug}#part-1")

    days = now - timedelta(days=3)
    check = attempts.start_check(learner=learner, lesson=lesson, question=answered_check, now=days, seed=answered_check.pk)
    answer_slot(check.slots.get(), now=days)
    lessons.keep_place(learner=learner, lesson=lesson, anchor="part-2", now=days)

    session = make_attempt(learner=learner, mode="practice", slots=1, started_at=days, plan={"title": "Practice"})
    make_slots(session, make_questions([make_item(**kind) for kind in kinds[1:]]), first=2)
    for slot in session.slots.select_related("attempt__learner", "version"):
        answer_slot(slot, right=slot.position != 2, confidence=("sure", "unsure", "guess")[slot.position - 1], now=days)
    answer_slot(session.slots.get(repeat_of=2), now=days)

    practice = make_attempt(learner=learner, mode="practice", slots=3, started_at=now, plan={"title": "Practice"})
    answer_slot(practice.slots.first(), now=now)  # type: ignore[arg-type]

    blueprint = make_blueprint(6, counts={"async-behaviour": 4, "sync-behaviour": 2}, pilots=1)
    result = attempts.start_exam(learner=learner, blueprint=blueprint, now=days, seed=1)
    exam = make_attempt(learner=learner, slots=0, started_at=now, blueprint=make_blueprint(4))
    make_slots(exam, make_questions([make_item(**kind) for kind in [*kinds, {}]]))
    for running, moment in ((result, days), (exam, now)):
        for slot in running.slots.select_related("version")[:3]:
            letters = letters_for(slot, right=slot.position != 2)
            attempts.save_draft(
                learner=learner, attempt=running.pk, position=slot.position, letters=letters, revision=0,
                save_id=f"history-{slot.pk}", spent_ms=30_000, now=moment,
            )  # fmt: skip
        attempts.mark_slot(learner=learner, attempt=running.pk, position=2, now=moment, flagged=True, strike="D")
    attempts.hand_in(learner=learner, attempt=result.pk, now=days + timedelta(minutes=8))

    for text in ("I read “at once” as synchronously.", "The source has moved."):
        report = reports.file_report(learner=learner, version=session.slots.all()[0].version, kind="unclear", text=text, now=days)
    reports.close_report(report=report, state="mended", reply="Thank you, it says so now.", by=learner, now=now)
    for attempt in (session, practice, exam, result):
        attempt.refresh_from_db()
    cohort = make_cohort(instructors=[make_learner(first_name="Ines", last_name="Ruiz", is_staff=True)])
    assignment = make_assignment(cohort, make_blueprint(4), attempts_allowed=2, note="The week’s rehearsal.")
    if not learner.is_guest:
        make_member(cohort, learner, joined_at=days)
    SearchEntry.objects.refresh()
    return History(learner, lesson, answered_check, open_check, practice, session, exam, result, blueprint, cohort, assignment)
