"""Ordering, matching and numeric questions on every page that shows one: asked, told off, revealed."""

import re

import pytest

from quizzes.domain.markdown import inline
from quizzes.models import Response, Slot
from tests.factories import answer_slot, letters_for, make_attempt, make_item, make_learner, make_lesson, make_question, make_slot

pytestmark = pytest.mark.django_db

TYPES = ["ordering", "matching", "numeric"]
FACES = [pytest.param({}, id="full page"), pytest.param({"hx-request": "true"}, id="htmx")]


@pytest.fixture
def learner(client):
    found = make_learner()
    client.force_login(found, backend="allauth.account.auth_backends.AuthenticationBackend")
    return found


def ask(learner, type: str, **values) -> Slot:
    """A place in an open practice session, its options in an order of their own."""
    attempt = make_attempt(learner=learner, mode="practice", slots=0)
    slot = make_slot(attempt=attempt, type=type, **values)
    Slot.objects.filter(pk=slot.pk).update(option_order=[*reversed(slot.option_order)])
    slot.refresh_from_db()
    make_slot(attempt=attempt, position=2)
    return slot


def texts(html: str) -> str:
    """What a person reads of it."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


@pytest.mark.parametrize("headers", FACES)
@pytest.mark.parametrize("type", TYPES)
def test_a_question_is_asked_in_the_order_of_its_place(client, learner, type, headers):
    slot = ask(learner, type)
    response = client.get(slot.get_absolute_url(), headers=headers)
    assert response.status_code == 200
    assert ("<html" in response.text) == (headers == {})
    options = slot.version.item.in_order(slot.option_order)
    shown = [response.text.find(inline(option.text)) for option in options]
    if type == "numeric":
        assert 'inputmode="decimal"' in response.text
        assert "seconds" in texts(response.text)
    else:
        assert -1 not in shown
        assert shown == sorted(shown)
        assert response.text.count("<select") == len(options)
    assert not any(option.why in response.text for option in options)


@pytest.mark.parametrize("headers", FACES)
@pytest.mark.parametrize("right", [True, False])
@pytest.mark.parametrize("type", TYPES)
def test_an_answer_is_graded_and_every_rationale_shown(client, learner, type, right, headers):
    slot = ask(learner, type)
    sent = {"answer": letters_for(slot, right=right), "confidence": "sure"}
    response = client.post(slot.get_absolute_url(), sent, headers=headers, follow=True)
    assert response.status_code == 200
    given = Response.objects.get()
    assert (given.fraction == 1) is right
    item = slot.version.item
    assert item.grade(given.answer).share == given.share
    assert all(option.why in response.text for option in item.options)
    assert ("Not so, although you were sure." in response.text) is not right
    assert slot.attempt.slots.count() == (2 if right else 3)  # a miss comes back


@pytest.mark.parametrize("headers", FACES)
@pytest.mark.parametrize(
    ("type", "sent", "sentence"),
    [
        ("ordering", [], "Give each of the 4 steps a place."),
        ("ordering", ["A:2", "B:2", "C:3", "D:4"], "Give every step a place of its own: 2 is used twice."),
        ("ordering", ["A:9", "B:2", "C:3", "D:4"], "does not belong to this question"),
        ("ordering", ["A:1"] * 9, "does not belong to this question"),
        ("matching", ["A:2", "B:2", "C:", "D:"], "Choose a partner for each of the 4; 2 have none yet."),
        ("numeric", ["  "], "Type a number, for example 0.25."),
        ("numeric", ["0,25"], "Write the decimal sign as a point, for example 0.25"),
        ("numeric", ["soon"], "This is not a number."),
        ("numeric", ['"><script>alert(1)</script>'], "This is not a number."),
    ],
)
def test_what_is_no_answer_is_told_beside_it_and_stays(client, learner, type, sent, sentence, headers):
    slot = ask(learner, type)
    response = client.post(slot.get_absolute_url(), {"answer": sent, "confidence": "guess"}, headers=headers)
    assert response.status_code == 422
    assert sentence in response.text
    assert "<script>alert" not in response.text
    for value in filter(str.strip, sent):
        if type == "numeric":
            assert value in response.context["typed"]
        elif len(sent) < 9 and value != "A:9" and not value.endswith(":"):
            assert f'value="{value}" selected' in response.text
    assert 'value="guess" checked' in response.text
    assert not Response.objects.exists()


def test_an_order_says_where_each_step_belongs_and_where_it_was_put(client, learner):
    slot = ask(learner, "ordering")
    client.post(slot.get_absolute_url(), {"answer": ["D:2", "C:1", "B:3", "A:4"]})  # D is step a, C is b, …
    said = texts(client.get(slot.get_absolute_url()).text)
    assert "You put it 2nd; it comes 1st." in said
    assert "You put it 1st; it comes 2nd." in said
    assert said.count("Your place, and right.") == 2
    assert "Of all pairs of steps, 83" in said
    first, second = (option.text for option in slot.version.item.options[:2])
    assert said.index(first) < said.index(second)  # in the right order now


def test_a_match_says_what_belongs_together_and_what_was_chosen(client, learner):
    slot = ask(learner, "matching")
    client.post(slot.get_absolute_url(), {"answer": ["D:1", "C:2", "B:1", "A:4"]})  # D is a, C is b, …
    said = texts(client.get(slot.get_absolute_url()).text)
    assert "An API Gateway request → The caller You chose: A layer." in said
    assert said.count("Your match, and right.") == 3
    assert "Of the matches, 75" in said


def test_a_typical_slip_is_explained_first(client, learner):
    slot = ask(learner, "numeric")
    client.post(slot.get_absolute_url(), {"answer": "4.00", "confidence": ""})
    said = texts(client.get(slot.get_absolute_url()).text)
    slip = "✗ 4 seconds Your answer. One gets there so:"
    assert "You typed 4 seconds" in said
    assert said.index(slip) < said.index("✓ 0.25 seconds Key.") < said.index("0.5 seconds")
    assert "partial credit" not in said


def test_another_wrong_number_sees_the_key_first(client, learner):
    slot = ask(learner, "numeric")
    client.post(slot.get_absolute_url(), {"answer": "1,250"})
    said = texts(client.get(slot.get_absolute_url()).text)
    assert "You typed 1,250 seconds" in said
    assert said.index("✓ 0.25 seconds Key.") < said.index("4 seconds Rationale")


def test_a_number_near_enough_is_the_key(client, learner):
    slot = ask(learner, "numeric")
    client.post(slot.get_absolute_url(), {"answer": "0.253"})
    assert "Your answer, and right." in client.get(slot.get_absolute_url()).text


@pytest.mark.parametrize("type", TYPES)
def test_an_answer_given_twice_counts_once_and_another_is_refused(client, learner, type):
    slot = ask(learner, type)
    for _ in range(2):
        assert client.post(slot.get_absolute_url(), {"answer": letters_for(slot)}).status_code == 302
    assert client.post(slot.get_absolute_url(), {"answer": letters_for(slot, right=False)}).status_code == 409
    assert Response.objects.count() == 1


@pytest.mark.parametrize("headers", FACES)
@pytest.mark.parametrize("type", TYPES)
def test_a_lesson_checks_with_it(client, learner, type, headers):
    question = make_question(item=make_item(type=type))
    lesson = make_lesson(checks=(question.slug,))
    item = question.current.item  # type: ignore[union-attr]
    page = client.get(lesson.get_absolute_url())
    assert not any(option.why in page.text for option in item.options)
    address = f"/lessons/{lesson.slug}/checks/{question.pk}/"
    told = client.post(address, {"version": question.current_id}, headers=headers)
    assert told.status_code == 422
    order = re.findall(r'data-step="(.)"><label><span class="text" data-step-text>([^<]+)', page.text)
    if type == "ordering":  # answer by what the page shows
        places = {option.text: n for n, option in enumerate(item.options, start=1)}
        sent = [f"{letter}:{places[text]}" for letter, text in order]
        assert [text for _, text in order] != [option.text for option in item.options]
    elif type == "matching":
        rows = re.findall(r'class="text">([^<]+)</span>\s*<select.*?value="(.):1"', page.text, re.S)
        sent = [f"{letter}:{item.targets.index(next(o.match for o in item.options if o.text == text)) + 1}" for text, letter in rows]
    else:
        sent = item.key
    done = client.post(address, {"version": question.current_id, "answer": sent, "confidence": "sure"}, headers=headers, follow=True)
    assert done.status_code == 200
    assert all(option.why in done.text for option in item.options)
    assert Response.objects.get().fraction == 1
    assert all(option.why in client.get(lesson.get_absolute_url()).text for option in item.options)


@pytest.mark.parametrize("type", TYPES)
def test_the_result_the_question_page_and_the_data_show_it(client, learner, type):
    slot = ask(learner, type)
    answer_slot(slot, right=False)
    client.post(f"/attempts/{slot.attempt_id}/submission/")
    item = slot.version.item
    for address in (f"/attempts/{slot.attempt_id}/result/", f"/questions/{slot.version.question_id}/"):
        page = client.get(address)
        assert page.status_code == 200
        assert all(option.why in page.text for option in item.options)
    data = client.get("/accounts/data/").json()
    [given] = data["attempts"][0]["questions"][0]["responses"]
    assert given["answer"] == letters_for(slot, right=False)


@pytest.mark.parametrize("type", ["single", *TYPES])
def test_a_question_page_costs_the_same_whatever_its_type(client, learner, type, django_assert_num_queries):
    slot = ask(learner, type)
    client.get(slot.get_absolute_url())
    with django_assert_num_queries(8):
        client.get(slot.get_absolute_url())


def test_a_numeric_question_says_how_exact_an_answer_must_be(client, learner):
    assert "An answer that is off by 0.005 at most counts." in texts(client.get(ask(learner, "numeric").get_absolute_url()).text)
    assert "off by" not in client.get(ask(learner, "numeric", tolerance="0").get_absolute_url()).text


@pytest.mark.parametrize("typed", ["0.25", ".25 s", "2.5e-1 seconds"])
def test_a_number_may_be_written_in_several_ways(client, learner, typed):
    slot = ask(learner, "numeric")
    client.post(slot.get_absolute_url(), {"answer": typed, "confidence": "sure"})
    assert Response.objects.get(slot=slot).answer == ["0.25"]
