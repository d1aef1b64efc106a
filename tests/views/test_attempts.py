"""Sittings over HTTP: both faces of each address, what is typed wrong, what is refused, and whose it is."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from quizzes.domain.memory import day_number
from quizzes.models import Attempt, Card, LateAnswer, Response, Slot, User
from tests.factories import (
    answer_slot,
    letters_for,
    make_attempt,
    make_bank,
    make_blueprint,
    make_history,
    make_item,
    make_lesson,
    make_question,
    make_slot,
    make_topic,
)

pytestmark = pytest.mark.django_db

FACES = pytest.mark.parametrize("headers", [{}, {"hx-request": "true"}], ids=["full page", "htmx"])
JSON = {"accept": "application/json"}
SignIn = Callable[..., User]


def is_page(response: Any) -> bool:
    return "<html" in response.text


def running(mode: str = "exam", **values: Any) -> Attempt:
    return make_attempt(mode=mode, started_at=timezone.now(), **values)


def place(attempt: Attempt, position: int = 1) -> Slot:
    return Slot.objects.select_related("attempt", "version").get(attempt=attempt, position=position)


def save(**values: Any) -> dict[str, Any]:
    """What the form of an exam's place sends."""
    return {"answer": ["A"], "revision": 0, "save_id": "a-save-of-its-own", **values}


# -- practice --------------------------------------------------------------------------------------------------------


def test_a_visitor_starts_practice_and_becomes_a_guest_whose_work_is_kept(client: Client):
    make_bank(6)
    response = client.post("/practice/", {"size": "5", "kind": "all"})
    attempt = Attempt.objects.get()
    assert response.status_code == 302
    assert response["Location"] == f"/attempts/{attempt.pk}/"
    assert attempt.learner.is_guest
    assert attempt.slots.count() == 5
    assert client.get(response["Location"]).status_code == 302


def test_an_empty_press_of_the_button_starts_ten_mixed_questions(client: Client):
    make_bank(12)
    client.post("/practice/", {})
    assert Attempt.objects.get().slots.count() == 10


def test_practice_keeps_to_the_topics_that_were_chosen(client: Client):
    make_bank(6)
    make_bank(6, topic="pricing", objective="price-a-function")
    client.post("/practice/", {"topics": ["pricing"], "size": "5"})
    assert set(Slot.objects.values_list("version__question__topic", flat=True)) == {"pricing"}


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"size": "4"}, "Choose 5 to 25 questions."),
        ({"size": "26"}, "Choose 5 to 25 questions."),
        ({"size": "ten"}, "Choose 5 to 25 questions."),
        ({"size": "9" * 40}, "Choose 5 to 25 questions."),
        ({"topics": ["no-such-topic"]}, "There is no such topic. Choose from the list."),
        ({"topics": ["' OR 1=1 --"]}, "There is no such topic. Choose from the list."),
        ({"kind": "easy ones"}, "Choose all questions, those not seen yet, those missed, or computed ones."),
    ],
)
def test_a_choice_that_does_not_exist_is_told_beside_the_field(client: Client, typed: dict[str, Any], sentence: str):
    make_bank(6)
    response = client.post("/practice/", typed)
    assert response.status_code == 422
    assert sentence in response.text
    assert not Attempt.objects.exists()
    assert not User.objects.exists()


def test_what_was_chosen_stays_when_something_else_was_wrong(client: Client):
    make_bank(6)
    make_topic("pricing", "Lambda pricing")
    text = client.post("/practice/", {"topics": ["pricing"], "kind": "unseen", "size": "99"}).text
    assert 'value="pricing" checked' in text
    assert 'value="unseen" checked' in text
    assert 'value="all" checked' not in text


def test_a_section_of_a_lesson_is_practised_alone(client: Client):
    lesson = make_lesson("basics")
    make_bank(3)
    mine = make_bank(2, lesson="basics#part-1")
    assert "/practice/?section=basics%23part-1" in client.get(lesson.get_absolute_url()).text
    text = client.get("/practice/?section=basics%23part-1").text
    assert "2 questions on this section of" in text
    assert 'name="section" value="basics#part-1"' in text
    client.post("/practice/", {"section": "basics#part-1", "size": "5"})
    attempt = Attempt.objects.get()
    assert set(attempt.slots.values_list("version__question", flat=True)) == {question.pk for question in mine}
    assert attempt.plan["section"] == "basics#part-1"


@pytest.mark.parametrize("section", ["basics#part-2", "basics", "nowhere#at-all", "<b>#x", "' OR 1=1 --"])
def test_a_section_without_questions_leaves_the_choice_of_topics(client: Client, section: str):
    make_lesson("basics")
    make_bank(6, lesson="basics#part-1")
    text = client.get("/practice/", {"section": section}).text
    assert "on this section" not in text
    assert "Choose some, or none for a mix of all." in text
    response = client.post("/practice/", {"section": section})
    assert response.status_code in (409, 422)
    assert "There is no" in response.text
    assert not Attempt.objects.exists()


def test_links_choose_a_topic_and_a_kind_beforehand(client: Client):
    make_bank(6)
    text = client.get("/practice/?topic=invocation-async&kind=missed&topic=nowhere").text
    assert 'value="invocation-async" checked' in text
    assert 'value="missed" checked' in text


@pytest.mark.parametrize("address", ["/practice/", "/review/"])
def test_a_refused_start_says_why_and_leaves_no_empty_guest(client: Client, address: str):
    response = client.post(address, {"kind": "missed"})
    assert response.status_code == 409
    assert "no missed questions" in response.text or "no question to review yet" in response.text
    assert not User.objects.exists()
    assert "sessionid" not in client.cookies


def test_an_open_session_is_offered_again(client: Client, sign_in: SignIn):
    attempt = running("practice", learner=sign_in(client), slots=2)
    text = client.get("/practice/").text
    assert "Your session is still open" in text
    assert "2 questions left" in text
    assert f'href="/attempts/{attempt.pk}/"' in text


# -- review ----------------------------------------------------------------------------------------------------------


def test_review_says_how_it_fills_when_it_is_empty(client: Client, sign_in: SignIn):
    assert "Review keeps what you learn" in client.get("/review/").text
    sign_in(client)
    assert "Review keeps what you learn" in client.get("/review/").text


def test_review_asks_what_is_due_and_goes_on_where_it_stood(client: Client, sign_in: SignIn):
    attempt = running("practice", learner=sign_in(client), slots=2)
    answer_slot(place(attempt), right=False)
    answer_slot(place(attempt, 2))
    today = day_number(timezone.now())
    Card.objects.update(day=today, due_day=today + 1)
    assert "Nothing has to be reviewed today" in client.get("/review/").text
    Card.objects.filter(question=place(attempt).version.question).update(day=today - 3, due_day=today - 2)
    assert "1 question to review today" in client.get("/review/").text
    first = client.post("/review/", {"size": "10"})
    assert client.post("/review/")["Location"] == first["Location"]
    assert "Your review goes on" in client.get("/review/").text
    [slot] = Attempt.objects.get(mode="review").slots.all()
    assert slot.version == place(attempt).version


def test_what_is_too_much_for_today_is_named_with_its_days(client: Client, sign_in: SignIn):
    learner, today = sign_in(client, daily_reviews=10), day_number(timezone.now())
    for question in make_bank(23):
        Card.objects.create(
            learner=learner, family=question.family, topic=question.topic, question=question, stability=2, difficulty=5, day=today - 40,
            due_day=today - 30, reps=2, lapses=0, rating=3, last_at=timezone.now() - timedelta(days=40),
        )  # fmt: skip
    text = client.get("/review/").text
    assert "10 questions to review today" in text
    assert "23 are due in all. The other 13 are spread" in text
    assert re.findall(r'<td class="num">(\d+)</td>', text) == ["10", "10", "3", "0", "0", "0", "0"]


def test_a_review_of_another_length_is_refused(client: Client, sign_in: SignIn):
    sign_in(client)
    response = client.post("/review/", {"size": "400"})
    assert response.status_code == 422
    assert "A review has 10 or 25 questions. Choose one." in response.text


# -- exams: before the start -----------------------------------------------------------------------------------------


def test_starting_twice_gives_the_same_exam(client: Client, sign_in: SignIn):
    sign_in(client)
    make_bank(8)
    plan = make_blueprint(4)
    first = client.post(f"/exams/{plan.slug}/")
    assert first.status_code == 302
    assert client.post(f"/exams/{plan.slug}/")["Location"] == first["Location"]
    assert Attempt.objects.count() == 1


def test_a_visitor_sits_an_exam_as_a_guest(client: Client):
    make_bank(8)
    plan = make_blueprint(4)
    assert "Start the clock" in client.get(f"/exams/{plan.slug}/").text
    assert not User.objects.exists()
    client.post(f"/exams/{plan.slug}/")
    assert Attempt.objects.get().learner.is_guest


def test_a_bank_that_is_too_small_is_told_and_nobody_is_made_a_guest(client: Client):
    make_bank(2)
    response = client.post(f"/exams/{make_blueprint(4).slug}/")
    assert response.status_code == 409
    assert "This exam needs 4 questions and the bank has 2" in response.text
    assert not User.objects.exists()


@pytest.mark.parametrize("method", ["get", "post"])
def test_an_exam_that_is_not_offered_is_not_there(client: Client, method: str):
    make_bank(4)
    plan = make_blueprint(2, is_open=False)
    assert getattr(client, method)(f"/exams/{plan.slug}/").status_code == 404
    assert getattr(client, method)("/exams/no-such-exam/").status_code == 404
    assert not Attempt.objects.exists()


def test_the_page_before_an_exam_shows_the_time_that_is_ones_own(client: Client, sign_in: SignIn):
    sign_in(client, time_factor="1.5", extra_minutes=30)
    text = client.get(f"/exams/{make_blueprint(2, minutes=40).slug}/").text
    assert "90 minutes (your own time)" in " ".join(text.split())


# -- a place of practice ---------------------------------------------------------------------------------------------


@FACES
def test_a_place_is_a_page_or_its_part(client: Client, sign_in: SignIn, headers: dict[str, str]):
    attempt = running("practice", learner=sign_in(client))
    response = client.get(place(attempt).get_absolute_url(), headers=headers)
    assert response.status_code == 200
    assert is_page(response) == (headers == {})
    assert "HX-Request" in response["Vary"]
    assert 'id="slot"' in response.text


@FACES
@pytest.mark.parametrize("typed", [{}, {"confidence": "sure"}], ids=["nothing at all", "only how sure"])
def test_an_empty_answer_is_told_what_to_do(client: Client, sign_in: SignIn, headers: dict[str, str], typed: dict[str, str]):
    slot = place(running("practice", learner=sign_in(client)))
    response = client.post(slot.get_absolute_url(), typed, headers=headers)
    assert response.status_code == 422
    assert "Choose at least one option." in response.text
    assert is_page(response) == (headers == {})
    assert ('value="sure" checked' in response.text) == bool(typed)
    assert not Response.objects.exists()


@FACES
@pytest.mark.parametrize(
    ("letters", "sentence"),
    [
        (["A"], "Choose 2 options; you chose 1."),
        (["A", "B", "C"], "Choose 2 options; you chose 3."),
        (["A", "F"], "One of the chosen options does not belong to this question."),
        (["A", "Z"], "One of the chosen options does not belong to this question."),
        (["A", "AB"], "One of the chosen options does not belong to this question."),
        (["A", "<script>"], "One of the chosen options does not belong to this question."),
        (["A"] * 9, "One of the chosen options does not belong to this question."),
    ],
)
def test_a_wrong_number_of_options_is_told_and_what_was_chosen_stays(
    client: Client, sign_in: SignIn, headers: dict[str, str], letters: list[str], sentence: str
):
    slot = place(running("practice", learner=sign_in(client), item={"type": "multiple"}))
    response = client.post(slot.get_absolute_url(), {"answer": letters, "confidence": "guess"}, headers=headers)
    assert response.status_code == 422
    assert sentence in response.text
    assert 'value="A" checked' in response.text
    assert 'value="guess" checked' in response.text
    assert "<script>" not in response.text.replace('<script src="', "")


def test_a_confidence_that_does_not_exist_is_told_beside_the_question(client: Client, sign_in: SignIn):
    slot = place(running("practice", learner=sign_in(client)))
    response = client.post(slot.get_absolute_url(), {"answer": ["B"], "confidence": "certain"})
    assert response.status_code == 422
    assert "Say “Sure”, “Not sure” or “Guess”, or leave it open." in response.text
    assert 'value="B" checked' in response.text


@pytest.mark.parametrize("spent", ["", "soon", "-5", "1e9", "9" * 50, "٣"])
def test_a_time_that_makes_no_sense_never_stands_in_the_way_of_an_answer(client: Client, sign_in: SignIn, spent: str):
    slot = place(running("practice", learner=sign_in(client)))
    assert client.post(slot.get_absolute_url(), {"answer": ["B"], "spent_ms": spent}).status_code == 302
    assert Response.objects.get().spent_ms == 0


@FACES
def test_an_answer_leads_to_its_verdict_with_every_rationale(client: Client, sign_in: SignIn, headers: dict[str, str]):
    slot = place(running("practice", learner=sign_in(client)))
    response = client.post(slot.get_absolute_url(), {"answer": ["B"], "confidence": "sure", "spent_ms": "42000"}, headers=headers)
    if headers:  # htmx has the part at once: it need not ask again
        assert response.status_code == 200
        assert "HX-Request" in response["Vary"]
        text = response.text
    else:
        assert (response.status_code, response["Location"]) == (302, slot.get_absolute_url())
        text = client.get(response["Location"]).text
    assert ("<html" in text) == (headers == {})
    assert all(option.why in text for option in slot.version.item.options)
    assert "Your answer, and right." in text
    assert "checked 23 Nov 2026" in text
    given = Response.objects.get()
    assert (given.fraction, given.confidence, given.spent_ms) == (1, "sure", 42000)


def test_before_the_answer_a_place_shows_no_rationale(client: Client, sign_in: SignIn):
    slot = place(running("practice", learner=sign_in(client)))
    text = client.get(slot.get_absolute_url()).text
    assert not any(option.why in text for option in slot.version.item.options)


@pytest.mark.parametrize(
    ("headers", "kind"), [({}, "page"), ({"hx-request": "true"}, "part"), (JSON, "json")], ids=["page", "part", "JSON"]
)
def test_another_answer_to_an_answered_place_is_refused_as_page_part_and_json(
    client: Client, sign_in: SignIn, headers: dict[str, str], kind: str
):
    slot = place(running("practice", learner=sign_in(client)))
    client.post(slot.get_absolute_url(), {"answer": ["B"]})
    response = client.post(slot.get_absolute_url(), {"answer": ["A"]}, headers=headers)
    assert response.status_code == 409
    sentence = "You answered this question already"
    if kind == "json":
        assert response.json()["status"] == "stale"
        assert sentence in response.json()["message"]
    else:
        assert sentence in response.text
        assert is_page(response) == (kind == "page")
        assert (response.get("HX-Retarget") == "#refusal") == (kind == "part")
    assert "HX-Request" in response["Vary"]
    assert Response.objects.get().answer == ["b"]


def test_the_same_answer_sent_twice_counts_once(client: Client, sign_in: SignIn):
    slot = place(running("practice", learner=sign_in(client)))
    for _ in range(2):
        assert client.post(slot.get_absolute_url(), {"answer": ["B"]}).status_code == 302
    assert Response.objects.count() == 1


def test_an_attempt_leads_to_its_next_question_and_at_the_end_to_how_it_went(client: Client, sign_in: SignIn):
    attempt = running("practice", learner=sign_in(client), slots=2)
    address = f"/attempts/{attempt.pk}/"
    assert client.get(address)["Location"] == f"{address}slots/1/"
    client.post(f"{address}slots/1/", {"answer": ["B"]})
    assert client.get(address)["Location"] == f"{address}slots/2/"
    assert client.get(f"{address}result/")["Location"] == address
    client.post(f"{address}slots/2/", {"answer": ["B"]})
    assert client.get(address)["Location"] == f"{address}result/"
    assert "2 of 2 right the first time." in client.get(f"{address}result/").text


def test_a_session_without_an_answer_can_be_ended_and_looked_at(client: Client, sign_in: SignIn):
    attempt = running("practice", learner=sign_in(client), slots=2)
    client.post(f"/attempts/{attempt.pk}/submission/")
    response = client.get(f"/attempts/{attempt.pk}/result/")
    assert response.status_code == 200
    assert "Nothing was answered." in response.text


# -- a place of an exam, without JavaScript --------------------------------------------------------------------------


@FACES
def test_a_place_of_an_exam_is_a_page_or_its_part(client: Client, sign_in: SignIn, headers: dict[str, str]):
    attempt = running(learner=sign_in(client))
    response = client.get(place(attempt).get_absolute_url(), headers=headers)
    assert response.status_code == 200
    assert is_page(response) == (headers == {})
    assert "HX-Request" in response["Vary"]


@pytest.mark.parametrize(
    ("go", "leads_to"),
    [
        ("2", "slots/2/"),
        ("review", "review/"),
        ("", "slots/1/"),
        ("99", "slots/1/"),
        ("-1", "slots/1/"),
        ("9" * 30, "slots/1/"),
        ("https://evil.example/", "slots/1/"),
        ("//evil.example", "slots/1/"),
    ],
)
def test_every_button_saves_first_and_then_goes_where_it_says(client: Client, sign_in: SignIn, go: str, leads_to: str):
    attempt = running(learner=sign_in(client))
    response = client.post(place(attempt).get_absolute_url(), save(answer=["B"], go=go, spent_ms="9000"))
    assert response.status_code == 302
    assert response["Location"] == f"/attempts/{attempt.pk}/{leads_to}"
    slot = place(attempt)
    assert (slot.draft, slot.revision, slot.spent_ms) == (["b"], 1, 9000)


def test_flags_and_strikes_save_the_answer_as_well(client: Client, sign_in: SignIn):
    address = place(attempt := running(learner=sign_in(client))).get_absolute_url()
    assert client.post(address, save(flagged="1"))["Location"] == address
    assert client.post(address, save(revision=1, save_id="the-second-save", strike="C"))["Location"] == address
    slot = place(attempt)
    assert (slot.draft, slot.flagged, slot.struck) == (["a"], True, ["c"])
    text = client.get(address).text
    assert 'name="flagged" value="0" aria-pressed="true"' in text
    assert 'value="A" checked' in text
    client.post(address, save(revision=2, save_id="the-third-save", strike="C", flagged="0"))
    slot = place(attempt)
    assert (slot.flagged, slot.struck) == (False, [])


def test_an_answer_can_be_taken_back(client: Client, sign_in: SignIn):
    address = place(attempt := running(learner=sign_in(client))).get_absolute_url()
    client.post(address, save())
    client.post(address, {"revision": 1, "save_id": "nothing-chosen"})
    assert place(attempt).draft == []


@FACES
def test_too_many_options_are_told_at_the_answer_and_stay_chosen(client: Client, sign_in: SignIn, headers: dict[str, str]):
    attempt = running(learner=sign_in(client), item={"type": "multiple"})
    response = client.post(place(attempt).get_absolute_url(), save(answer=["A", "B", "D"], go="2"), headers=headers)
    assert response.status_code == 422
    assert "Choose 2 options; you chose 3." in response.text
    assert is_page(response) == (headers == {})
    for letter in "ABD":
        assert f'value="{letter}" checked' in response.text
    assert place(attempt).draft == []


def test_after_something_typed_wrong_the_page_still_knows_what_it_was_based_on(client: Client, sign_in: SignIn):
    attempt = running(learner=sign_in(client), item={"type": "multiple"})
    address = place(attempt).get_absolute_url()
    client.post(address, save(answer=["A", "C"], save_id="the-other-tab"))
    text = client.post(address, save(answer=["A", "B", "D"])).text
    assert 'name="revision" value="0"' in text
    assert client.post(address, save(answer=["B", "D"], save_id="the-next-try")).status_code == 409
    assert place(attempt).draft == ["a", "c"]


def test_a_save_without_a_revision_or_an_id_is_told_and_nothing_is_lost(client: Client, sign_in: SignIn):
    attempt = running(learner=sign_in(client))
    response = client.post(place(attempt).get_absolute_url(), {"answer": ["A"], "revision": "", "save_id": ""})
    assert response.status_code == 422
    assert "This save names no revision" in response.text


def test_a_stale_answer_shows_both_and_one_press_keeps_one(client: Client, sign_in: SignIn):
    address = place(attempt := running(learner=sign_in(client))).get_absolute_url()
    client.post(address, save(answer=["B"], save_id="the-first-tab"))
    response = client.post(address, save(answer=["C"], save_id="the-second-tab"))
    assert response.status_code == 409
    assert "On this page: <strong>C</strong>" in response.text
    assert "<strong>B</strong>" in response.text
    assert place(attempt).draft == ["b"]
    kept = client.post(address, {"answer": ["C"], "revision": "1", "save_id": "keep-1-C-of-tab-two"})
    assert kept.status_code == 302
    assert place(attempt).draft == ["c"]


def test_a_running_exam_shows_neither_key_nor_rationale_and_its_result_is_not_there_yet(client: Client, sign_in: SignIn):
    attempt = running(learner=sign_in(client))
    client.post(place(attempt).get_absolute_url(), save())
    pages = [client.get(f"/attempts/{attempt.pk}/{tail}") for tail in ("slots/1/", "review/", "clock/")]
    assert [page.status_code for page in pages] == [200, 200, 200]
    assert not any("Rationale" in page.text for page in pages)
    assert client.get(f"/attempts/{attempt.pk}/result/")["Location"] == f"/attempts/{attempt.pk}/"
    for tail in ("misses/", "replays/"):
        assert client.post(f"/attempts/{attempt.pk}/{tail}")["Location"] == f"/attempts/{attempt.pk}/"


def test_the_refusal_of_an_answer_that_came_too_late_says_that_it_is_kept(client: Client, sign_in: SignIn):
    attempt = make_attempt(learner=sign_in(client), started_at=timezone.now() - timedelta(hours=2))
    response = client.post(place(attempt).get_absolute_url(), save(answer=["B"]))
    assert response.status_code == 409
    assert "kept as late and is not graded" in response.text
    assert LateAnswer.objects.get().answer == ["b"]
    assert place(attempt).draft == []


# -- saving by a script ----------------------------------------------------------------------------------------------


def draft_address(attempt: Attempt, position: int = 1) -> str:
    return reverse("draft", args=[attempt.pk, position])


def test_a_save_is_answered_by_a_receipt(client: Client, sign_in: SignIn):
    attempt = running(learner=sign_in(client), minutes=30)
    facts = client.post(draft_address(attempt), save(answer=["C"]), headers=JSON).json()
    slot = place(attempt)
    assert facts["status"] == "saved"
    assert facts["revision"] == slot.revision == 1
    assert facts["answer"] == ["C"]
    assert facts["saved_at"] == slot.saved_at.isoformat()
    assert 1790 < facts["remaining_s"] <= 1800


def test_a_mark_alone_is_answered_by_the_time_that_is_left(client: Client, sign_in: SignIn):
    attempt = running(learner=sign_in(client))
    facts = client.post(draft_address(attempt), {"flagged": "1"}, headers=JSON).json()
    assert facts["remaining_s"] > 0
    assert place(attempt).flagged


def test_a_stale_save_is_refused_with_both_answers(client: Client, sign_in: SignIn):
    attempt = running(learner=sign_in(client))
    client.post(draft_address(attempt), save(answer=["B"], save_id="the-first-tab"), headers=JSON)
    response = client.post(draft_address(attempt), save(answer=["C"], save_id="the-second-tab"), headers=JSON)
    assert response.status_code == 409
    facts = response.json()
    assert (facts["status"], facts["mine"], facts["theirs"], facts["revision"]) == ("stale", ["C"], ["B"], 1)


@pytest.mark.parametrize(
    "typed",
    [
        save(answer=["Z"]),
        save(answer=["F"]),
        save(answer=["A", "B"]),
        save(revision="-1"),
        save(revision="new"),
        save(save_id="short"),
        save(save_id="x" * 65),
        {"answer": ["A"], "revision": "0"},
        {"flagged": "maybe"},
        {"strike": "Q"},
        {"strike": "F"},
        {"struck": ["A", "H"]},
    ],
)
def test_a_save_that_makes_no_sense_is_told_as_a_sentence(client: Client, sign_in: SignIn, typed: dict[str, Any]):
    attempt = running(learner=sign_in(client))
    response = client.post(draft_address(attempt), typed, headers=JSON)
    assert response.status_code == 422
    assert response.json()["status"] == "invalid"
    assert response.json()["message"].endswith((".", "…"))
    slot = place(attempt)
    assert (slot.draft, slot.revision, slot.flagged, slot.struck) == ([], 0, False, [])


def test_a_practice_session_has_nothing_to_save(client: Client, sign_in: SignIn):
    attempt = running("practice", learner=sign_in(client))
    assert client.post(draft_address(attempt), save(), headers=JSON).status_code == 409
    assert client.post(draft_address(attempt), {"flagged": "1"}, headers=JSON).status_code == 409


def test_a_save_after_handing_in_is_refused_and_kept_as_late(client: Client, sign_in: SignIn):
    attempt = running(learner=sign_in(client))
    client.post(f"/attempts/{attempt.pk}/submission/")
    response = client.post(draft_address(attempt), save(answer=["B"]), headers=JSON)
    assert response.status_code == 409
    assert response.json()["status"] == "closed"
    assert LateAnswer.objects.get().answer == ["b"]


def test_signed_out_a_script_is_told_so_and_a_part_leads_to_the_door(client: Client):
    attempt = running()
    told = client.post(draft_address(attempt), save(), headers=JSON)
    assert told.status_code == 401
    assert told.json()["status"] == "signed-out"
    part = client.get(
        f"/attempts/{attempt.pk}/slots/1/", headers={"hx-request": "true", "referer": f"http://testserver/attempts/{attempt.pk}/"}
    )
    assert part.status_code == 200
    assert part["HX-Redirect"] == f"/accounts/login/?next=/attempts/{attempt.pk}/"


def test_after_signing_in_one_comes_to_a_page_and_never_to_the_address_of_a_button(client: Client):
    attempt = running()
    page = client.get(f"/attempts/{attempt.pk}/result/")
    assert page["Location"] == f"/accounts/login/?next=/attempts/{attempt.pk}/result/"
    button = client.post(f"/attempts/{attempt.pk}/submission/", headers={"referer": f"http://testserver/attempts/{attempt.pk}/review/"})
    assert button["Location"] == f"/accounts/login/?next=/attempts/{attempt.pk}/review/"
    from_afar = client.post(f"/attempts/{attempt.pk}/submission/", headers={"referer": "https://evil.example/x"})
    assert from_afar["Location"] == "/accounts/login/?next=/"


# -- clock, review, hand-in, result ----------------------------------------------------------------------------------


def test_the_clock_is_the_servers(client: Client, sign_in: SignIn):
    attempt = running(learner=sign_in(client), minutes=30)
    facts = client.get(f"/attempts/{attempt.pk}/clock/").json()
    assert facts["status"] == "open"
    assert 1790 < facts["remaining_s"] <= 1800
    assert facts["deadline_at"] == attempt.deadline_at.isoformat()  # type: ignore[union-attr]


def test_whoever_looks_first_closes_an_exam_whose_time_is_up(client: Client, sign_in: SignIn):
    learner = sign_in(client)
    for tail, status in (("", 302), ("slots/1/", 302), ("review/", 302), ("result/", 200), ("clock/", 200)):
        attempt = make_attempt(learner=learner, started_at=timezone.now() - timedelta(hours=2))
        assert client.get(f"/attempts/{attempt.pk}/{tail}").status_code == status
        attempt.refresh_from_db()
        assert attempt.finish_reason == "expired"
        assert attempt.submitted_at == attempt.deadline_at
    assert client.get(f"/attempts/{attempt.pk}/clock/").json()["status"] == "closed"
    assert "time was up" in client.get(f"/attempts/{attempt.pk}/result/").text


def test_the_last_look_tells_blank_and_flagged_apart(client: Client, sign_in: SignIn):
    attempt = running(learner=sign_in(client))
    client.post(draft_address(attempt), save(), headers=JSON)
    client.post(draft_address(attempt, 2), {"flagged": "1"}, headers=JSON)
    text = client.get(f"/attempts/{attempt.pk}/review/").text
    assert "Not answered (2)" in text
    assert "Flagged (1)" in text
    practice = running("practice", learner=attempt.learner)
    assert client.get(f"/attempts/{practice.pk}/review/")["Location"] == f"/attempts/{practice.pk}/"


def test_what_the_page_still_held_is_taken_at_the_hand_in(client: Client, sign_in: SignIn):
    attempt = running(learner=sign_in(client))
    waiting = [{"position": 1, "answer": ["B"], "revision": 0, "save_id": "held-back-1"}]
    response = client.post(f"/attempts/{attempt.pk}/submission/", {"waiting": json.dumps(waiting)})
    assert response["Location"] == f"/attempts/{attempt.pk}/result/"
    assert place(attempt).draft == ["b"]
    attempt.refresh_from_db()
    assert attempt.right == 1


@pytest.mark.parametrize(
    "waiting",
    [
        "", "null", "17", '"words"', "{}", "{", "[" * 5000, "[" * 5000 + "]" * 5000, "[null, 3, []]", "\x00", "[NaN]",
        json.dumps([{"position": 1}]),
        json.dumps([{"position": "1", "answer": ["B"], "revision": 0, "save_id": "held-back-1"}]),
        json.dumps([{"position": 1, "answer": [1, None, {}], "revision": 0, "save_id": "held-back-1"}]),
        json.dumps([{"position": 1, "answer": {"A": 1}, "revision": 0, "save_id": "held-back-1"}]),
        json.dumps([{"position": 1, "answer": "AB", "revision": 0, "save_id": "held-back-1"}]),
        json.dumps([{"position": 1, "answer": ["B"], "revision": [], "save_id": {}}]),
        json.dumps([{"position": 10**40, "answer": ["B"], "revision": 0, "save_id": "held-back-1"}]),
        json.dumps([{"position": -1, "answer": ["B"], "revision": 10**40, "save_id": "held-back-1"}]),
        json.dumps([{"position": 1, "answer": ["B"], "revision": 7, "save_id": "held-back-1"}]),
        json.dumps([{"position": 1, "answer": ["E"], "revision": 0, "save_id": "held-back-1"}] * 201),
    ],
)  # fmt: skip
def test_a_broken_snapshot_never_stands_in_the_way_of_handing_in(client: Client, sign_in: SignIn, waiting: str):
    attempt = running(learner=sign_in(client))
    client.post(draft_address(attempt), save(answer=["B"]), headers=JSON)
    response = client.post(f"/attempts/{attempt.pk}/submission/", {"waiting": waiting})
    assert response["Location"] == f"/attempts/{attempt.pk}/result/"
    attempt.refresh_from_db()
    assert (attempt.finish_reason, attempt.right) == ("handed in", 1)
    assert place(attempt).draft == ["b"]


def test_a_good_answer_among_broken_ones_is_taken(client: Client, sign_in: SignIn):
    attempt = running(learner=sign_in(client))
    waiting = [{"position": 1, "answer": [2]}, None, {"position": 2, "answer": ["B"], "revision": 0, "save_id": "held-back-2"}]
    client.post(f"/attempts/{attempt.pk}/submission/", {"waiting": json.dumps(waiting)})
    assert place(attempt, 2).draft == ["b"]


def test_handing_in_twice_gives_the_same_result(client: Client, sign_in: SignIn):
    attempt = running(learner=sign_in(client))
    for _ in range(2):
        assert client.post(f"/attempts/{attempt.pk}/submission/")["Location"] == f"/attempts/{attempt.pk}/result/"
    assert Response.objects.count() == 3


def test_the_result_shows_score_domains_topics_time_and_every_rationale(client: Client, sign_in: SignIn):
    history = make_history(sign_in(client), now=timezone.now())
    text = client.get(f"/attempts/{history.result.pk}/result/").text
    assert f"<h1>{history.result.scaled}." in text
    for slot in history.result.slots.select_related("version"):
        assert all(option.why in text for option in slot.version.item.options)
    for words in ("By domain", "By topic", "Where the time went", "Our", "1 more was unscored", "⚑ flagged"):
        assert words.lower() in " ".join(text.split()).lower()


def test_misses_become_a_session_and_a_replay_is_untimed(client: Client, sign_in: SignIn):
    attempt = running(learner=sign_in(client), slots=4)
    client.post(draft_address(attempt), save(answer=["B"]), headers=JSON)
    client.post(f"/attempts/{attempt.pk}/submission/")
    client.post(f"/attempts/{attempt.pk}/misses/")
    session = Attempt.objects.first()
    assert session is not None
    assert (session.mode, session.slots.count()) == ("practice", 3)
    client.post(f"/attempts/{attempt.pk}/replays/")
    replay = Attempt.objects.get(replay_of=attempt)
    assert (replay.mode, replay.slots.count(), replay.deadline_at) == ("practice", 4, None)


def test_where_nothing_went_wrong_there_is_nothing_to_practise(client: Client, sign_in: SignIn):
    attempt = running(learner=sign_in(client), slots=1)
    client.post(draft_address(attempt), save(answer=["B"]), headers=JSON)
    client.post(f"/attempts/{attempt.pk}/submission/")
    response = client.post(f"/attempts/{attempt.pk}/misses/")
    assert response.status_code == 409
    assert "Nothing of this went wrong" in response.text


def test_only_an_exam_can_be_sat_again_as_it_was(client: Client, sign_in: SignIn):
    attempt = running("practice", learner=sign_in(client))
    client.post(f"/attempts/{attempt.pk}/submission/")
    assert client.post(f"/attempts/{attempt.pk}/replays/").status_code == 404


# -- what never was --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["attempt", "clock", "attempt-review", "submission", "result", "misses", "replays", "slot", "draft"])
def test_an_attempt_or_a_place_that_never_was_is_not_there(client: Client, sign_in: SignIn, name: str):
    attempt = running(learner=sign_in(client))
    method = client.post if name in ("submission", "misses", "replays", "draft") else client.get
    address = reverse(name, args=[11, 22] if name in ("slot", "draft") else [11])
    for pk, position in ((attempt.pk + 1, 1), (10**14, 1), (10**30, 1), (attempt.pk, 4), (attempt.pk, 10**14), (attempt.pk, 10**30)):
        if pk != attempt.pk or name in ("slot", "draft"):
            assert method(address.replace("11", str(pk)).replace("22", str(position)), save()).status_code == 404


# -- the number of queries -------------------------------------------------------------------------------------------


def test_a_long_result_costs_no_more_than_a_short_one(client: Client, sign_in: SignIn, django_assert_num_queries: Any):
    learner = sign_in(client)
    counts = []
    for slots in (1, 30):
        attempt = running(learner=learner, slots=slots)
        client.post(draft_address(attempt), save(answer=letters_for(place(attempt))), headers=JSON)
        client.post(f"/attempts/{attempt.pk}/submission/")
        with django_assert_num_queries(counts[0]) if counts else django_assert_num_queries(10) as spent:
            client.get(f"/attempts/{attempt.pk}/result/")
        counts.append(len(spent))


def test_a_question_may_hold_what_a_browser_would_take_for_markup(client: Client, sign_in: SignIn):
    stem = "A page shows <script>alert(1)</script> and <img src=x onerror=alert(2)> to its reader. Which header stops the first?"
    question = make_question(item=make_item(stem=stem))
    attempt = running("practice", learner=sign_in(client), slots=0)
    slot = make_slot(attempt=attempt, question=question)
    text = client.get(slot.get_absolute_url()).text
    assert "<script>alert" not in text
    assert "onerror=alert" not in text.replace("&lt;img src=x onerror=alert", "")
