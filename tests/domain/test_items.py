"""Grading, and the way of an item into a row and back."""

from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.domain.items import OPTION_IDS, Grade, Item, Option, Source, as_dict, from_dict


def make(keys: str, count: int, kind: str = "multiple") -> Item:
    return Item(
        type=kind,  # type: ignore[arg-type]
        stem="What holds?",
        options=tuple(Option(id=i, text=f"Text {i}", why=f"Because {i}", key=i in keys) for i in OPTION_IDS[:count]),
        objective="async-behaviour", topic="invocation-async", domain="resilient", level="apply", difficulty=2,
        sources=(Source(title="Guide", url="https://docs.aws.amazon.com/", checked=date(2026, 11, 23)),),
    )  # fmt: skip


SINGLE = make("b", 4, "single")
TWO_OF_FIVE = make("ac", 5)
THREE_OF_SIX = make("ace", 6)


@pytest.mark.parametrize(
    ("item", "answer", "fraction", "share"),
    [
        pytest.param(SINGLE, "b", 1, 1, id="single: right"),
        pytest.param(SINGLE, "a", 0, 0, id="single: wrong"),
        pytest.param(SINGLE, "", 0, 0, id="single: nothing"),
        pytest.param(SINGLE, "ab", 0, 0, id="single: the key and another"),
        pytest.param(TWO_OF_FIVE, "ac", 1, 1, id="two of five: both"),
        pytest.param(TWO_OF_FIVE, "a", 0, 1 / 2, id="one hit, nothing else"),
        pytest.param(TWO_OF_FIVE, "ab", 0, 0, id="one hit, one miss: they cancel"),
        pytest.param(TWO_OF_FIVE, "bd", 0, 0, id="two misses: not below nothing"),
        pytest.param(TWO_OF_FIVE, "abc", 0, 1 / 2, id="both and one too many"),
        pytest.param(TWO_OF_FIVE, "abcde", 0, 0, id="all ticked earns nothing"),
        pytest.param(TWO_OF_FIVE, "", 0, 0, id="nothing"),
        pytest.param(THREE_OF_SIX, "ace", 1, 1, id="three of six: all"),
        pytest.param(THREE_OF_SIX, "ac", 0, 2 / 3, id="two hits"),
        pytest.param(THREE_OF_SIX, "acb", 0, 1 / 3, id="two hits, one miss"),
        pytest.param(THREE_OF_SIX, "abd", 0, 0, id="one hit, two misses"),
        pytest.param(THREE_OF_SIX, "z", 0, 0, id="an option that is not there"),
    ],
)
def test_the_mark_is_all_or_nothing_and_the_share_right_minus_wrong(item, answer, fraction, share):
    grade = item.grade(answer)
    assert grade.fraction == fraction
    assert grade.share == pytest.approx(share)
    assert grade.right is (fraction == 1)


def test_a_blind_picker_of_two_of_five_gets_what_the_rules_say():
    """learning.md, section 4: .10 under all-or-nothing and under plus/minus with a floor."""
    pairs = [a + b for n, a in enumerate("abcde") for b in "abcde"[n + 1 :]]
    grades = [TWO_OF_FIVE.grade(pair) for pair in pairs]
    assert sum(g.fraction for g in grades) / len(pairs) == pytest.approx(0.10)
    assert sum(g.share for g in grades) / len(pairs) == pytest.approx(0.10)


def test_an_item_without_a_key_grades_nothing_right():
    assert make("", 4).grade("") == Grade(fraction=0, share=0)
    assert make("", 4).grade("a") == Grade(fraction=0, share=0)


@given(st.sets(st.sampled_from("abcdef")), st.sets(st.sampled_from("abcdef"), min_size=1))
def test_every_grade_is_a_share(answer, keys):
    grade = make("".join(keys), 6).grade(answer)
    assert grade.fraction == (1 if answer == keys else 0)
    assert grade.fraction <= grade.share <= 1


@given(st.permutations("ac"))
def test_the_order_of_picking_does_not_matter(answer):
    assert TWO_OF_FIVE.grade(answer).right


def test_how_many_to_pick():
    assert (SINGLE.pick, TWO_OF_FIVE.pick, THREE_OF_SIX.pick) == (1, 2, 3)
    assert TWO_OF_FIVE.key == ["a", "c"]


def test_options_stand_in_the_order_of_the_place():
    assert [o.id for o in SINGLE.in_order("dbca")] == ["d", "b", "c", "a"]
    assert SINGLE.option("c").text == "Text c"


def test_an_item_comes_back_from_its_row():
    body = as_dict(THREE_OF_SIX)
    assert body["sources"][0]["checked"] == "2026-11-23"
    assert isinstance(body["options"], list)
    assert from_dict(body) == THREE_OF_SIX
    assert as_dict(from_dict(body)) == body


@pytest.mark.parametrize("spoilt", [{"type": "essay"}, {"stem": 7}, {"options": "none"}])
def test_a_row_that_is_no_item_is_a_mistake_of_ours(spoilt):
    with pytest.raises(msgspec.ValidationError):
        from_dict({**as_dict(SINGLE), **spoilt})
