"""How a learner stands: temperatures from first answers and cards, what is due, and that nothing stale or foreign is shown."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from quizzes.domain.mastery import rate, temperature
from quizzes.domain.memory import day_number, retrievability
from quizzes.models import Card, Question, Response, Topic
from quizzes.queries.load import due_counts
from quizzes.queries.standing import TopicHeat, standing
from quizzes.services import bank, reviews
from tests.factories import T0, make_bank, make_card, make_first, make_item, make_learner, make_question, make_topic

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
TODAY = day_number(T0)


def topic(learner, slug="invocation-async", now=T0) -> TopicHeat:
    return next(topic for topic in standing(learner, now=now).topics if topic.slug == slug)


def answers(learner, right, wrong=0, **values) -> None:
    for n in range(right + wrong):
        make_first(learner=learner, right=n < right, **values)


@pytest.mark.parametrize(("right", "wrong", "state"), [(7, 0, "cold"), (4, 4, "warm"), (24, 0, "hot")])
def test_a_topic_warms_up_with_first_answers(right, wrong, state):
    learner = make_learner()
    answers(learner, right, wrong)
    found = topic(learner).heat
    assert (found.state, found.answers) == (state, right + wrong)


def test_a_hot_topic_cools_when_its_cards_fade():
    learner = make_learner()
    answers(learner, 24)
    make_card(learner=learner, stability=1.0, day=TODAY - 100)
    found = topic(learner)
    assert found.heat.state == "cooling"
    assert found.recall == pytest.approx(retrievability(1.0, 100))


def test_answers_of_the_last_sixty_days_count_where_there_are_enough():
    learner = make_learner()
    answers(learner, 0, 10, at=T0 - 61 * DAY)
    answers(learner, 7, at=T0 - 59 * DAY)
    assert topic(learner).heat.answers == 17
    answers(learner, 1, at=T0)
    assert topic(learner).heat.answers == 8


def test_repeats_and_other_peoples_answers_count_for_nothing():
    learner = make_learner()
    answers(make_learner(), 9)
    assert topic(learner).heat.answers == 0


def test_the_prior_is_the_mean_of_the_learners_rate_and_the_cohorts():
    learner = make_learner()
    answers(make_learner(), 2, 18)
    answers(learner, 6, 2)
    own, cohort = rate(right=6, answers=8), rate(right=8, answers=28)
    assert topic(learner).heat == temperature(right=6, answers=8, prior=round((own + cohort) / 2, 2), cut=0.72)


def test_recall_is_the_mean_over_the_cards_as_the_rules_compute_it():
    learner = make_learner()
    cards = [(3.2, 0), (10.0, 10), (55.5, 300)]
    for stability, past in cards:
        make_card(learner=learner, stability=stability, day=TODAY - past, due_day=TODAY + 1)
    found = topic(learner)
    assert found.recall == pytest.approx(sum(retrievability(s, past) for s, past in cards) / 3, abs=1e-12)
    assert (found.cards, standing(learner, now=T0).due) == (3, 0)


def test_cards_that_nothing_asks_any_more_are_not_counted():
    learner = make_learner()
    make_card(learner=learner)
    make_card(learner=learner, question=make_question(state="retired"))
    make_card(learner=learner, family="a-family-without-questions")
    sibling = make_question(family="siblings")
    make_card(learner=learner, question=make_question(state="retired", family=sibling.family))
    found = standing(learner, now=T0)
    assert (found.cards, found.due) == (2, 2)
    assert due_counts(learner) == {TODAY: 2}
    assert Card.objects.of(learner).asked().count() == 2


def test_what_is_due_is_cut_to_the_day():
    learner = make_learner()
    for n in range(6):
        make_card(learner=learner, due_day=TODAY - n if n < 5 else TODAY + 1)
    make_card(learner=learner, day=TODAY, due_day=TODAY + 3, reps=2)
    make_card(learner=learner, day=TODAY, due_day=TODAY + 1, reps=1)
    found = standing(learner, now=T0)
    assert (found.due, found.done_today) == (5, 1)
    assert [found.planned(daily) for daily in (0, 1, 3, 40)] == [0, 0, 2, 5]


def test_evidence_is_what_chance_chose():
    learner = make_learner()
    make_first(learner=learner, at=T0 - 9 * DAY, selection="exam")
    make_first(learner=learner, at=T0 - 3 * DAY, selection="random_blueprint")
    make_first(learner=learner, at=T0, selection="review")
    found = standing(learner, now=T0)
    assert (found.evidence, found.evidence_at, found.answers) == (2, T0 - 3 * DAY, 3)


# -- kept, and never stale -------------------------------------------------------------------------------------------


def statements(learner, now=T0) -> int:
    with CaptureQueriesContext(connection) as sent:
        standing(learner, now=now)
    return len(sent)


def test_the_second_look_reads_one_statement():
    learner = make_learner()
    make_card(learner=learner)
    assert (statements(learner), statements(learner)) == (6, 1)
    make_card(learner=learner)
    assert statements(learner) == 5


def test_every_change_is_seen_at_once():
    learner = make_learner()
    questions = make_bank(3)
    make_card(learner=learner, question=questions[0])
    make_card(learner=learner, question=questions[1])
    assert standing(learner, now=T0).due == 2
    bank.retire_question(question=questions[0], now=T0)
    assert standing(learner, now=T0).due == 1
    bank.retire_question(question=questions[1], now=T0)
    bank.restore_question(question=Question.objects.get(pk=questions[0].pk), now=T0)
    assert standing(learner, now=T0).due == 1
    make_first(learner=learner, question=questions[2])
    assert standing(learner, now=T0).answers == 1
    reviews.replay(learner=learner)
    assert standing(learner, now=T0).cards == 1
    Topic.objects.update(title="Under another name")
    assert topic(learner).title == "Under another name"


def test_what_is_added_is_added_to_what_was_read():
    learner = make_learner()
    retired = make_question(state="retired")
    for n in range(12):
        make_first(learner=learner, right=n % 3 > 0, at=T0 - n * 9 * DAY, selection="exam" if n % 2 else "review")
        make_card(learner=learner, stability=2.0 + n, due_day=TODAY - 5 + n, **({"question": retired} if n == 4 else {}))
        step_by_step = standing(learner, now=T0)
        rates = cache.get("cohort-rates")
        cache.clear()
        cache.set("cohort-rates", rates)
        at_once = standing(learner, now=T0)
        assert step_by_step == at_once
        standing(learner, now=T0)


def test_a_card_that_nothing_asks_stays_off_when_it_is_written_anew():
    learner = make_learner()
    make_card(learner=learner, question=make_question(state="retired"))
    make_card(learner=learner)
    assert standing(learner, now=T0).cards == 1
    Card.objects.filter(family=Card.objects.order_by("pk")[0].family).update(due_day=TODAY + 3)
    make_first(learner=learner)
    assert (standing(learner, now=T0).cards, standing(learner, now=T0).due) == (1, 1)
    reviews.replay(learner=learner)
    assert standing(learner, now=T0).cards == 1


def test_what_a_guest_brings_along_is_read_though_it_is_older():
    guest, learner = make_learner(is_guest=True), make_learner()
    make_first(learner=guest)
    make_first(learner=learner)
    make_card(learner=learner)
    assert standing(learner, now=T0).answers == 1
    Response.objects.filter(learner=guest).update(learner=learner)
    make_first(learner=learner)
    assert standing(learner, now=T0).answers == 3


def test_another_day_and_another_goal_are_other_figures():
    learner = make_learner()
    make_card(learner=learner, due_day=TODAY + 1)
    assert standing(learner, now=T0).due == 0
    assert standing(learner, now=T0 + DAY).due == 1
    reviews.set_goal(learner=learner, exam_on=(T0 + 3 * DAY).date(), retention=0.9, daily_reviews=40)
    assert Card.objects.get().due_day != TODAY + 1
    assert standing(learner, now=T0).due == sum(count for day, count in due_counts(learner).items() if day <= TODAY)


def test_nobody_sees_what_is_kept_of_another():
    learner, other = make_learner(), make_learner()
    make_card(learner=learner)
    assert standing(learner, now=T0).due == 1
    assert standing(other, now=T0).due == 0
    assert standing(None, now=T0).due == 0


def test_the_rates_of_all_are_read_once_in_an_hour():
    learner = make_learner()
    answers(learner, 8)
    standing(learner, now=T0)
    answers(make_learner(), 0, 30)
    answers(learner, 1)
    before = topic(learner).heat.mean
    cache.clear()
    assert topic(learner).heat.mean < before


def test_topics_stand_in_their_order_with_the_empty_ones():
    make_topic("first", "First")
    make_question(item=make_item(topic="second", objective="second-objective"))
    learner = make_learner()
    make_card(learner=learner, question=Question.objects.get())
    assert [(found.slug, found.cards) for found in standing(learner, now=T0).topics] == [("first", 0), ("second", 1)]
    assert [found.slug for found in standing(None, now=T0).topics] == ["first", "second"]
