"""Synthetic learners: what is true of them must be true of people."""

import random

import pytest

from quizzes.domain.simulation import POLICIES, Trace, after_look, make_person, make_task, recall_when_due

DOMAINS = ["secure", "resilient"]


def person(seed: int = 1):
    return make_person(DOMAINS, rng=random.Random(seed))


def task(question: int = 1, **values):
    made = {"topic": "queues", "domain": "secure", "level": 2, "guess": 0.25, **values}
    return make_task(question, **made, rng=random.Random(question))


def test_nobody_is_right_less_often_than_a_guess():
    assert all(person(seed).chance(task(n, level=3), 0) >= 0.25 for seed in range(20) for n in range(20))


def test_practice_teaches_its_topic_and_nothing_else():
    anna, [one, same, other] = person(), [task(1), task(2), task(3, topic="streams")]
    before = [anna.chance(t, 0) for t in (same, other)]
    for _ in range(20):
        anna.study(one, 0, right=False)
    after = [anna.chance(t, 0) for t in (same, other)]
    assert after[0] > before[0]
    assert after[1] == pytest.approx(before[1])


def test_a_question_that_was_met_is_remembered_and_forgotten_again():
    anna, one = person(), task(1)
    fresh = anna.chance(one, 0)
    anna.study(one, 0, right=True)
    assert anna.chance(one, 0) > 0.99
    assert fresh < anna.chance(one, 40) < anna.chance(one, 5)


def test_what_is_said_follows_the_chance():
    easy, hard = (make_task(n, topic="t", domain="secure", level=level, guess=0.0, rng=random.Random(3)) for n, level in ((1, -6), (2, 12)))
    said = [[person(seed).answer(one, 0)[1] for seed in range(60)] for one in (easy, hard)]
    assert said[0].count("sure") > 50
    assert said[1].count("sure") < 5


def test_a_later_success_strengthens_more_and_a_lapse_weakens():
    trace = Trace(10.0, 0)
    soon, late = after_look(trace, day=1, right=True), after_look(trace, day=5, right=True)
    assert late.strength > soon.strength > 10
    assert after_look(trace, day=5, right=False).strength < 10


def test_the_same_seed_gives_the_same_people():
    assert person(5).skill == person(5).skill != person(6).skill


def test_guesses_that_count_as_known_are_forgotten_more_often():
    recalls = {policy: recall_when_due(policy, cards=120, days=120, rng=random.Random(4)) for policy in POLICIES}
    assert recalls["as the app rates"] > recalls["every right answer is good"]
    assert recalls["as the app rates"] > recalls["everybody says sure"]
    assert recalls["as the app rates"] == pytest.approx(0.9, abs=0.04)
