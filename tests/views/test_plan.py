"""The plan and the memory page over HTTP: for everybody, with and without htmx, honest about what does not fit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from quizzes.domain.memory import day_number
from quizzes.models import Card, Question, QuestionVersion, Response, User
from tests.factories import answer_slot, make_attempt, make_blueprint, make_card, make_learner, make_lesson, make_question, make_slot

pytestmark = pytest.mark.django_db

SignIn = Callable[..., User]
HTMX = {"hx-request": "true"}
GOOD = {"exam_on": "", "retention": "0.9", "daily_reviews": "20"}


def words(response: Any) -> str:
    return " ".join(response.text.split())


def in_days(days: int) -> date:
    return timezone.now().date() + timedelta(days=days)


def today() -> int:
    return day_number(timezone.now())


# -- the goal --------------------------------------------------------------------------------------------------------


def test_a_visitor_becomes_a_guest_by_saving_a_plan(client: Client):
    assert client.get("/plan/").status_code == 200
    assert not User.objects.exists()
    response = client.post("/plan/", {**GOOD, "exam_on": in_days(30).isoformat()}, follow=True)
    assert response.redirect_chain == [("/plan/", 302)]
    guest = User.objects.get()
    assert (guest.is_guest, guest.exam_on, guest.daily_reviews) == (True, in_days(30), 20)
    assert "30 days to your exam" in response.text
    assert "Saved." in response.text


def test_a_visitor_who_types_it_wrong_stays_a_visitor(client: Client):
    assert client.post("/plan/", {**GOOD, "exam_on": "soon"}).status_code == 422
    assert not User.objects.exists()


def test_a_new_goal_moves_the_cards_and_says_how_many(client: Client, sign_in: SignIn):
    learner = sign_in(client)
    make_card(learner=learner, day=today(), due_day=today() + 90, stability=90.0)
    response = client.post("/plan/", {**GOOD, "exam_on": in_days(20).isoformat()}, follow=True)
    assert "Saved. 1 card has a new day." in response.text
    assert Card.objects.get().due_day <= today() + 18


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["full page", "htmx"])
@pytest.mark.parametrize(
    ("typed", "sentence", "kept"),
    [
        ({"exam_on": "2020-01-01"}, "This day is over.", "2020-01-01"),
        ({"exam_on": "next spring"}, "Write the day as year-month-day", "next spring"),
        ({"exam_on": "2999-01-01"}, "more than two years away", "2999-01-01"),
        ({"retention": "0.99"}, "Choose one of the targets.", ""),
        ({"retention": ""}, "Choose how well to remember.", ""),
        ({"daily_reviews": "1000"}, "Choose one of the numbers.", ""),
        ({"daily_reviews": ""}, "Choose how many reviews a day.", ""),
    ],
)
def test_what_does_not_fit_is_told_beside_the_field(
    client: Client, sign_in: SignIn, headers: dict[str, str], typed: dict[str, str], sentence: str, kept: str
):
    learner = sign_in(client)
    response = client.post("/plan/", {**GOOD, **typed}, headers=headers)
    assert response.status_code == 422
    assert sentence in response.text
    assert kept in response.text
    assert ("<html" in response.text) == (headers == {})
    learner.refresh_from_db()
    assert (learner.exam_on, learner.retention, learner.daily_reviews) == (None, 0.9, 40)


def test_htmx_gets_the_part_with_the_word_that_it_is_saved(client: Client, sign_in: SignIn):
    sign_in(client)
    response = client.post("/plan/", GOOD, headers=HTMX)
    assert response.status_code == 302
    part = client.get("/plan/", headers=HTMX)
    assert "Saved." in part.text
    assert "<html" not in part.text
    assert part.text.count('id="plan"') == 1


@pytest.mark.parametrize(("days", "ok"), [(0, True), (-1, False), (730, True), (731, False)])
def test_an_exam_is_today_or_within_two_years(client: Client, sign_in: SignIn, days: int, ok: bool):
    sign_in(client)
    response = client.post("/plan/", {**GOOD, "exam_on": in_days(days).isoformat()})
    assert response.status_code == (302 if ok else 422)


# -- what the page says ----------------------------------------------------------------------------------------------


def test_who_has_no_day_is_told_what_one_would_do(client: Client, sign_in: SignIn):
    sign_in(client)
    text = words(client.get("/plan/"))
    assert "Plan up to your exam" in text
    assert "No day is set." in text


def test_the_weeks_name_what_is_left_and_when_to_measure(client: Client, sign_in: SignIn):
    learner = sign_in(client, exam_on=in_days(28))
    lesson = make_lesson()
    make_question(lesson=f"{lesson.slug}#part-1")
    full, short = make_blueprint(20, title="Full exam", minutes=40), make_blueprint(10, title="Short exam", minutes=20)
    make_card(learner=learner, due_day=today())
    text = words(client.get("/plan/"))
    assert "28 days to your exam" in text
    assert text.count("<h3>") == 4
    assert f'<a href="/lessons/{lesson.slug}/">Read “{lesson.short}”</a>' in text
    assert '<a href="/practice/?topic=invocation-async">Practise Asynchronous invocation</a>' in text
    assert text.count(f'<a href="/exams/{full.slug}/">Full exam, 40 min</a>') == 2
    assert text.count(f'<a href="/exams/{short.slug}/">Short exam, 20 min</a>') == 1
    assert '<a href="/readiness/">Calibration check, 20 questions</a>' in text
    assert "1 review of cards that you have now" in text


def test_a_plan_that_does_not_fit_says_so_with_the_pace_that_would(client: Client, sign_in: SignIn):
    learner = sign_in(client, exam_on=in_days(3), daily_reviews=10)
    for _ in range(45):
        make_card(learner=learner, due_day=today())
    text = words(client.get("/plan/"))
    assert "At 10 reviews a day 15 cards will not come up before the exam; 15 a day would do." in text


def test_a_plan_that_fits_says_nothing_of_the_kind(client: Client, sign_in: SignIn):
    learner = sign_in(client, exam_on=in_days(3), daily_reviews=10)
    make_card(learner=learner, due_day=today())
    assert "will not come up" not in client.get("/plan/").text


def test_after_the_exam_the_page_asks_how_it_went_and_for_the_next_day(client: Client, sign_in: SignIn):
    sign_in(client, exam_on=in_days(-2))
    text = words(client.get("/plan/"))
    assert "How did it go?" in text
    assert f'value="{in_days(-2).isoformat()}"' not in text
    assert client.post("/plan/", GOOD).status_code == 302


def test_on_the_day_nothing_is_planned(client: Client, sign_in: SignIn):
    sign_in(client, exam_on=in_days(0))
    text = words(client.get("/plan/"))
    assert "Today is your exam" in text
    assert "Week by week" not in text


def test_a_day_far_away_shows_some_months_and_says_so(client: Client, sign_in: SignIn):
    sign_in(client, exam_on=in_days(700))
    text = words(client.get("/plan/"))
    assert text.count("<h3>") == 16
    assert "would be guesswork" in text


# -- memory ----------------------------------------------------------------------------------------------------------


def answered(learner: User, *, right: bool = True) -> Question:
    attempt = make_attempt(learner=learner, mode="practice", slots=1, started_at=timezone.now())
    slot = attempt.slots.select_related("version__question").get()
    answer_slot(slot, right=right, now=timezone.now())
    return slot.version.question


def test_an_empty_memory_says_how_it_fills(client: Client, sign_in: SignIn):
    for _ in range(2):
        assert "No cards yet" in client.get("/progress/memory/").text
        sign_in(client)


def test_memory_shows_what_fades_what_comes_and_what_is_weakest(client: Client, sign_in: SignIn):
    learner = sign_in(client)
    question = answered(learner)
    text = words(client.get("/progress/memory/"))
    assert "You would recall 100 % of 1 card now." in text
    assert text.count('role="img"') == 2
    assert f'<a href="/questions/{question.pk}/">' in text
    assert client.get(f"/questions/{question.pk}/").status_code == 200
    assert "Forgotten five times" not in text


def test_a_card_from_the_lab_alone_leads_to_no_question(client: Client, sign_in: SignIn):
    learner = sign_in(client)
    card = make_card(learner=learner)
    text = client.get("/progress/memory/").text
    assert f"/questions/{card.question_id}/" not in text
    assert client.get(f"/questions/{card.question_id}/").status_code == 404


def test_a_leech_leads_to_its_section(client: Client, sign_in: SignIn):
    learner = sign_in(client)
    lesson = make_lesson()
    attempt = make_attempt(learner=learner, mode="practice", slots=1, item={"lesson": f"{lesson.slug}#part-1"}, started_at=timezone.now())
    answer_slot(attempt.slots.get(), right=False, now=timezone.now())
    Card.objects.update(lapses=4)
    assert "Forgotten five times" not in client.get("/progress/memory/").text
    Card.objects.update(lapses=5)
    text = words(client.get("/progress/memory/"))
    assert "forgotten 5 times" in text
    assert f'<a href="/lessons/{lesson.slug}/#part-1">Read: {lesson.short}</a>' in text


def test_nobody_sees_the_memory_of_another(client: Client, sign_in: SignIn):
    answered(make_learner())
    sign_in(client)
    assert "No cards yet" in client.get("/progress/memory/").text


# -- a leech in the feedback -----------------------------------------------------------------------------------------


def leech_slot(learner: User, *, lapses: int, mode: str = "practice") -> Any:
    lesson = make_lesson()
    attempt = make_attempt(learner=learner, mode=mode, slots=1, item={"lesson": f"{lesson.slug}#part-1"}, started_at=timezone.now())
    slot = attempt.slots.select_related("version__question").get()
    make_card(learner=learner, question=slot.version.question, lapses=lapses, day=today() - 20, due_day=today() - 10)
    return slot


@pytest.mark.parametrize("mode", ["practice", "review"])
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["full page", "htmx"])
def test_what_was_forgotten_five_times_is_to_be_read_again(client: Client, sign_in: SignIn, mode: str, headers: dict[str, str]):
    slot = leech_slot(sign_in(client), lapses=4, mode=mode)
    response = client.post(slot.get_absolute_url(), {"answer": "A", "confidence": "unsure"}, headers=headers, follow=True)
    assert "You have forgotten this 5 times:" in response.text
    assert "#part-1" in response.text


@pytest.mark.parametrize(("lapses", "letter"), [(3, "A"), (9, "B")], ids=["not a leech yet", "this time it was right"])
def test_nobody_else_is_told_so(client: Client, sign_in: SignIn, lapses: int, letter: str):
    slot = leech_slot(sign_in(client), lapses=lapses)
    assert "You have forgotten this" not in client.post(slot.get_absolute_url(), {"answer": letter}, headers=HTMX).text


def test_the_look_for_a_leech_costs_one_statement_and_only_after_a_miss(client: Client, sign_in: SignIn):
    learner = sign_in(client)
    attempt = make_attempt(learner=learner, mode="practice", slots=0, started_at=timezone.now())
    slots = [make_slot(attempt=attempt, position=n) for n in (1, 2, 3)]
    for slot, right in zip(slots, (True, False, True), strict=True):
        answer_slot(slot, right=right, now=timezone.now())
    costs = []
    for slot in slots[:2]:
        with CaptureQueriesContext(connection) as sent:
            client.get(slot.get_absolute_url())
        costs.append(len(sent))
    assert costs[1] == costs[0] + 1


# -- the number of queries -------------------------------------------------------------------------------------------


def give_cards(learner: User, count: int) -> None:
    """So many cards, each of a family of its own that is asked, one in five due. Copied inside the database, which takes a tenth of the time."""
    card = make_card(learner=learner, day=today() - 30, due_day=today())
    pk, numbers = (
        card.question_id,
        f"(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) SELECT i FROM n) AS n",
    )
    name = f"'copy-{learner.pk}-' || n.i"
    copy(
        Question,
        {"slug": name, "family": name, "state": "'draft'", "current_id": "NULL"},
        f"{numbers} JOIN quizzes_question q ON q.id = {pk}",
    )
    mine = f"quizzes_question c ON c.slug LIKE 'copy-{learner.pk}-%%'"
    copy(QuestionVersion, {"question_id": "c.id"}, f"quizzes_questionversion q JOIN {mine} WHERE q.question_id = {pk}")
    spread = {"question_id": "c.id", "family": "c.family", "due_day": f"{today()} - 4 + c.id %% 20", "stability": "10.0 + c.id %% 40"}
    copy(Card, spread, f"quizzes_card q JOIN {mine} WHERE q.id = {card.pk}")
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE quizzes_question SET state = 'published', current_id = (SELECT v.id FROM quizzes_questionversion v
            WHERE v.question_id = quizzes_question.id) WHERE state = 'draft'"""
        )
    card.delete()
    assert Card.objects.of(learner).asked().count() == count


def copy(model: type[Model], changed: dict[str, str], source: str) -> None:
    """INSERT … SELECT of every column of rows named q, some of them changed."""
    names = [field.column for field in model._meta.concrete_fields if not field.primary_key]
    chosen = ", ".join(changed.get(name, f"q.{name}") for name in names)
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {model._meta.db_table} ({', '.join(names)}) SELECT {chosen} FROM {source}", [])


def costs(client: Client, address: str) -> tuple[int, int]:
    """Statements of the first look, when nothing is kept, and of the second."""
    found = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as sent:
            assert client.get(address).status_code == 200
        found.append(len(sent))
    return found[0], found[1]


def test_today_and_memory_cost_the_same_with_0_with_50_and_with_5000_cards(sign_in: SignIn):
    make_lesson()
    sign_in(warm := Client())
    warm.get("/")  # what is read once in an hour for everybody is read
    told: dict[str, list[tuple[int, int]]] = {"/": [], "/plan/": [], "/progress/": [], "/progress/memory/": []}
    for count in (0, 50, 5_000):
        client = Client()
        learner = sign_in(client, exam_on=in_days(40))
        if count:
            give_cards(learner, count)
        for address, found in told.items():
            found.append(costs(client, address))
        assert Response.objects.count() == 0
    assert told["/"] == [(12, 8)] * 3
    assert told["/plan/"] == [told["/plan/"][0]] * 3
    assert told["/progress/"] == [told["/progress/"][0]] * 3
    empty, *full = told["/progress/memory/"]
    assert full[0] == full[1]
    assert max(empty + full[0] + told["/plan/"][0] + told["/progress/"][0]) <= 12
