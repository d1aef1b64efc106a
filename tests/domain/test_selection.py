"""Which questions a session asks, and in which order."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.domain.selection import Choice, choose, interleave, portions, variant_for

T0 = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def choice(n, *, topic="async", family=None, days=None, right=None):
    """A question; `days` ago it was answered last."""
    last_at = None if days is None else T0 - timedelta(days=days)
    return Choice(n, 1000 + n, topic, family or f"family-{n}", 1, 4, last_at, right)


def asked(choices, size, seed=1):
    return {c.question for c in choose(choices, size=size, rng=random.Random(seed))}


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        pytest.param(1, {5}, id="never seen comes first"),
        pytest.param(2, {5, 3}, id="then missed, the longest ago"),
        pytest.param(3, {5, 3, 4}, id="then missed lately"),
        pytest.param(4, {5, 3, 4, 1}, id="then right, the longest ago"),
        pytest.param(9, {1, 2, 3, 4, 5}, id="all where there are no more"),
        pytest.param(0, set(), id="none"),
    ],
)
def test_what_is_asked_first(size, expected):
    pool = [
        choice(1, days=9, right=True), choice(2, days=1, right=True), choice(3, days=5, right=False), choice(4, days=2, right=False), choice(5),
    ]  # fmt: skip
    for seed in range(10):
        assert asked(pool, size, seed) == expected


def test_one_of_a_family_is_asked():
    pool = [choice(n, family="same") for n in range(5)] + [choice(9)]
    for seed in range(10):
        found = asked(pool, 5, seed)
        assert len(found) == 2
        assert 9 in found


def test_among_equals_chance_decides_and_follows_the_seed():
    pool = [choice(n) for n in range(30)]
    assert len({frozenset(asked(pool, 5, seed)) for seed in range(20)}) > 15
    assert choose(pool, size=5, rng=random.Random(3)) == choose(pool, size=5, rng=random.Random(3))


def test_topics_alternate():
    pool = [choice(n, topic="async") for n in range(5)] + [choice(n, topic="security") for n in range(5, 10)]
    for seed in range(20):
        topics = [c.topic for c in interleave(pool, rng=random.Random(seed))]
        assert all(a != b for a, b in pairwise(topics))


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 6), st.sampled_from([None, 1, 4])), max_size=40),
    st.integers(0, 25),
    st.integers(),
)
def test_a_session_is_a_selection(rows, size, seed):
    pool = [choice(n, topic=topic, family=f"f{family}", days=days, right=False) for n, (topic, family, days) in enumerate(rows)]
    found = choose(pool, size=size, rng=random.Random(seed))
    assert len(found) == min(size, len({c.family for c in pool}))
    assert set(found) <= set(pool)
    assert max(Counter(c.family for c in found).values(), default=0) <= 1


@given(st.lists(st.sampled_from("abcd"), min_size=1, max_size=25), st.integers())
def test_no_topic_is_bunched_up(topics, seed):
    """In any first part of the session a topic has its share, within one question."""
    order = [c.topic for c in interleave([choice(n, topic=t) for n, t in enumerate(topics)], rng=random.Random(seed))]
    assert Counter(order) == Counter(topics)
    for topic, total in Counter(topics).items():
        places = [n for n, name in enumerate(order) if name == topic]
        gaps = [b - a for a, b in pairwise(places)]
        assert all(gap <= 2 * len(order) / total + len(set(topics)) for gap in gaps)


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        pytest.param({"due": 40, "weak": 9, "random": 9}, (19, 0, 6), id="much is due: a quarter stays random"),
        pytest.param({"due": 4, "weak": 40, "random": 25}, (4, 15, 6), id="little is due: weak topics fill"),
        pytest.param({"due": 0, "weak": 0, "random": 25}, (0, 0, 25), id="nothing else there: all at random"),
        pytest.param({"due": 3, "weak": 2, "random": 0}, (3, 2, 0), id="a small bank"),
        pytest.param({"due": 0, "weak": 0, "random": 0}, (0, 0, 0), id="nothing"),
    ],
)
def test_a_review_is_shared_out(there, expected):
    share = portions(size=25, **there)
    assert (share.due, share.weak, share.random) == expected


@pytest.mark.parametrize("size", [10, 25])
def test_the_random_part_is_a_fifth_to_three_tenths(size):
    assert 0.2 <= portions(size=size, due=99, weak=99, random=99).random / size <= 0.3


def test_a_learner_goes_through_the_whole_stock_before_a_variant_comes_again():
    stock = [[n, 4] for n in range(12)]
    met = [variant_for(stock, learner=3, question=9, times=n) for n in range(24)]
    assert sorted(met[:12]) == [(n, 4) for n in range(12)]
    assert met[12:] == met[:12]
    assert met[:12] != [variant_for(stock, learner=4, question=9, times=n) for n in range(12)]
