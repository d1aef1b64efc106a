"""Items for practice alone: steps in their order, pairs, a number. How each is graded, and read from what a page sends."""

import itertools
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.domain.errors import InvalidAnswer
from quizzes.domain.exam import fits_exams
from quizzes.domain.items import Grade, Item, as_dict, from_dict, number, plain_number, read_answer, show_answer
from tests.factories import make_item

ORDERING = make_item(type="ordering")  # a, b, c, d
MATCHING = make_item(type="matching")  # a and c belong to target 1, b to 3, d to 4; 2 fits nothing
NUMERIC = make_item(type="numeric")  # 0.25, give or take 0.005


# -- grading ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("item", "answer", "fraction", "share"),
    [
        pytest.param(ORDERING, ["a", "b", "c", "d"], 1, 1, id="ordering: right"),
        pytest.param(ORDERING, ["b", "a", "c", "d"], 0, 5 / 6, id="ordering: one pair turned"),
        pytest.param(ORDERING, ["b", "c", "d", "a"], 0, 3 / 6, id="ordering: the first put last"),
        pytest.param(ORDERING, ["d", "c", "b", "a"], 0, 0, id="ordering: backwards"),
        pytest.param(ORDERING, [], 0, 0, id="ordering: nothing"),
        pytest.param(ORDERING, ["a", "b"], 0, 0, id="ordering: some of the steps"),
        pytest.param(ORDERING, ["a", "b", "c", "z"], 0, 0, id="ordering: a step that is not there"),
        pytest.param(MATCHING, ["a:1", "b:3", "c:1", "d:4"], 1, 1, id="matching: right"),
        pytest.param(MATCHING, ["d:4", "c:1", "b:3", "a:1"], 1, 1, id="matching: in whatever order"),
        pytest.param(MATCHING, ["a:1", "b:1", "c:1", "d:4"], 0, 3 / 4, id="matching: three of four"),
        pytest.param(MATCHING, ["a:2", "b:2", "c:2", "d:2"], 0, 0, id="matching: none"),
        pytest.param(MATCHING, [], 0, 0, id="matching: nothing"),
        pytest.param(NUMERIC, ["0.25"], 1, 1, id="numeric: the key"),
        pytest.param(NUMERIC, ["0.2500"], 1, 1, id="numeric: the key with zeros"),
        pytest.param(NUMERIC, ["0.245"], 1, 1, id="numeric: just near enough below"),
        pytest.param(NUMERIC, ["0.255"], 1, 1, id="numeric: just near enough above"),
        pytest.param(NUMERIC, ["0.2551"], 0, 0, id="numeric: just too far"),
        pytest.param(NUMERIC, ["0.5"], 0, 0, id="numeric: a typical slip"),
        pytest.param(NUMERIC, ["-0.25"], 0, 0, id="numeric: the wrong sign"),
        pytest.param(NUMERIC, [], 0, 0, id="numeric: nothing"),
        pytest.param(NUMERIC, ["many"], 0, 0, id="numeric: no number"),
    ],
)
def test_the_mark_is_all_or_nothing_and_the_share_tells_how_much_held(item, answer, fraction, share):
    grade = item.grade(answer)
    assert grade.fraction == fraction
    assert grade.share == pytest.approx(share)


def test_the_share_of_an_order_counts_pairs():
    """Over all orders of four steps it is a half on average: blind sorting earns what a coin does."""
    shares = [ORDERING.grade(list(order)).share for order in itertools.permutations("abcd")]
    assert sum(shares) / len(shares) == pytest.approx(0.5)
    assert [ORDERING.grade(list(order)).right for order in itertools.permutations("abcd")].count(True) == 1


def test_a_tolerance_of_none_wants_the_very_number():
    exact = make_item(type="numeric", tolerance="0", texts=["0.3", "0.1", "0.2"])
    assert exact.grade(["0.30"]).right
    assert not exact.grade(["0.30000000000000004"]).right  # what a float makes of 0.1 + 0.2


@pytest.mark.parametrize(
    ("item", "key", "pick"),
    [(ORDERING, ["a", "b", "c", "d"], 4), (MATCHING, ["a:1", "b:3", "c:1", "d:4"], 4), (NUMERIC, ["0.25"], 1)],
)
def test_the_key_is_an_answer_that_grades_right(item, key, pick):
    assert (item.key, item.pick) == (key, pick)
    assert item.grade(item.key) == Grade(fraction=1, share=1)


def test_targets_stand_by_the_alphabet_each_once():
    assert MATCHING.targets == ["A dead-letter queue", "A layer", "The caller", "The service itself"]
    assert make_item().targets == []


@pytest.mark.parametrize("type", ["ordering", "matching", "numeric"])
@given(answer=st.lists(st.text(max_size=6), max_size=6))
def test_whatever_stands_in_a_row_is_graded(type, answer):
    grade = make_item(type=type).grade(answer)
    assert grade.fraction in (0, 1)
    assert 0 <= grade.fraction <= grade.share <= 1


# -- bodies ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("item", [ORDERING, MATCHING, NUMERIC], ids=lambda item: item.type)
def test_an_item_comes_back_from_its_row(item):
    assert from_dict(as_dict(item)) == item
    assert as_dict(from_dict(as_dict(item))) == as_dict(item)


@pytest.mark.parametrize("type", ["single", "multiple"])
def test_the_body_of_a_choice_is_what_it_was_before_there_were_other_types(type):
    """Another body would be a new version of every question in the bank."""
    body = as_dict(make_item(type=type))
    assert set(body) == {
        "type", "stem", "options", "objective", "topic", "domain", "level", "difficulty", "lesson", "facts", "sources",
    }  # fmt: skip
    assert {name for option in body["options"] for name in option} == {"id", "text", "why", "key"}


@pytest.mark.parametrize(
    ("item", "new_facts", "fits"),
    [
        (make_item(facts=("old",)), {"new"}, True),
        (make_item(type="multiple"), {"new"}, True),
        (make_item(facts=("old", "new")), {"new"}, False),
        *((item, set(), False) for item in (ORDERING, MATCHING, NUMERIC)),
    ],
)
def test_exams_ask_choices_that_rest_on_nothing_new(item: Item, new_facts, fits):
    assert fits_exams(item, new_facts=new_facts) is fits


# -- from the page and back ------------------------------------------------------------------------------------------

ORDER = ["c", "a", "d", "b"]  # what the page calls A, B, C, D


def read(item: Item, *sent: str) -> list[str]:
    return read_answer(item.type, sent, order=ORDER, pick=item.pick, target_count=len(item.targets), unit=item.unit, complete=True)


@pytest.mark.parametrize(
    ("item", "sent", "answer"),
    [
        (ORDERING, ["A:3", "B:1", "C:4", "D:2"], ["a", "b", "c", "d"]),
        (MATCHING, ["A:1", "B:1", "C:4", "D:3"], ["a:1", "b:3", "c:1", "d:4"]),
        (NUMERIC, ["0.25"], ["0.25"]),
        (make_item(), ["D"], ["b"]),
    ],
)
def test_what_a_page_sends_is_read_by_the_order_of_the_place(item, sent, answer):
    assert read(item, *sent) == answer
    assert sorted(show_answer(item.type, answer, ORDER)) == sent
    assert item.grade(answer).right


@pytest.mark.parametrize(
    ("item", "sent", "sentence"),
    [
        (ORDERING, [], "Give each of the 4 steps a place."),
        (ORDERING, ["A:1", "B:", "C:2", "D:3"], "Give each of the 4 steps a place; one has none yet."),
        (ORDERING, ["A:1", "B:2", "C:2", "D:4"], "Give every step a place of its own: 2 is used twice."),
        (ORDERING, ["A:1", "B:1", "C:3", "D:3"], "Give every step a place of its own: 1 and 3 are used twice."),
        (ORDERING, ["A:1", "B:2", "C:3", "D:5"], "does not belong to this question"),
        (ORDERING, ["A:1", "B:2", "C:3", "D:0"], "does not belong to this question"),
        (ORDERING, ["A:1", "A:2", "C:3", "D:4"], "does not belong to this question"),
        (ORDERING, ["A:1", "B:2", "C:3", "E:4"], "does not belong to this question"),
        (ORDERING, ["A:1", "B:2", "C:3", "D:²"], "does not belong to this question"),
        (ORDERING, ["A:1", "B:2", "C:3", "D:٤"], "does not belong to this question"),
        (MATCHING, ["A:1", "B:1"], "Choose a partner for each of the 4; 2 have none yet."),
        (MATCHING, ["A:1", "B:1", "C:4", "D:5"], "does not belong to this question"),
        (MATCHING, ["A:1", "B:1", "C:4", "d:3"], "does not belong to this question"),
        (NUMERIC, [], "Type a number, for example 0.25."),
        (NUMERIC, [" "], "Type a number, for example 0.25."),
        (NUMERIC, ["0.25", "0.5"], "Type a number, for example 0.25."),
        (NUMERIC, ["0,25"], "Write the decimal sign as a point"),
        (NUMERIC, ["0,250"], "Write the decimal sign as a point"),
        (NUMERIC, ["1,23,456"], "Write the decimal sign as a point"),
        (NUMERIC, ["1.234.567"], "This is not a number."),
        (NUMERIC, ["1e"], "Type the number alone|asked for in seconds"),
        (NUMERIC, ["1e400"], "This is not a number."),
        (NUMERIC, ["nan"], "This is not a number."),
        (NUMERIC, ["Infinity"], "This is not a number."),
        (NUMERIC, ["1/4"], "This is not a number."),
        (NUMERIC, ["5 minutes"], "The answer is asked for in seconds. Type the number alone."),
        (NUMERIC, ["5 $"], "The answer is asked for in seconds. Type the number alone."),
        (NUMERIC, ["0.25 s and more"], "The answer is asked for in seconds."),
        (NUMERIC, ["9" * 31], "This is not a number."),
    ],
)
def test_what_cannot_be_an_answer_is_told_in_a_sentence(item, sent, sentence):
    with pytest.raises(InvalidAnswer, match=sentence.replace(".", r"\.")):
        read(item, *sent)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("180", "180"),
        ("180 seconds", "180"),
        ("180 s", "180"),
        ("1 second", "1"),
        ("180 Sec.", "180"),
        ("1.8e2", "180"),
        ("18E+1 s", "180"),
        ("2.5e-1", "0.25"),
        (" 180 ", "180"),
        ("+180", "180"),
        ("007", "7"),
        ("1,250", "1250"),
        ("1,250,000.50", "1250000.5"),
        ("1 250 000", "1250000"),
        ("1\u00a0250", "1250"),
        (".5", "0.5"),
        ("5.", "5"),
        ("0.250", "0.25"),
        ("100", "100"),
        ("-0.50", "-0.5"),
        ("−3", "-3"),
        ("-0", "0"),
        ("0.00", "0"),
    ],
)
def test_a_number_is_kept_as_people_write_it(typed, kept):
    assert read(NUMERIC, typed) == [kept]


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=4))
def test_every_number_is_kept_as_it_is_worth(value: Decimal):
    [kept] = read(NUMERIC, f"{value:f}")
    assert number(kept) == value
    assert kept == plain_number(value)


@given(st.permutations("abcd"), st.permutations("abcd"))
def test_an_order_travels_there_and_back(order, answer):
    sent = show_answer("ordering", answer, order)
    assert read_answer("ordering", sent, order=order, pick=4, complete=True) == answer
    assert not set("".join(sent)) & set("abcd")


@given(st.permutations("abcd"), st.lists(st.integers(1, 5), min_size=4, max_size=4))
def test_pairs_travel_there_and_back(order, places):
    answer = [f"{option_id}:{place}" for option_id, place in zip("abcd", places, strict=True)]
    sent = show_answer("matching", answer, order)
    assert read_answer("matching", sent, order=order, pick=4, target_count=5, complete=True) == answer


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("$1,234.50", "1234.5"),
        ("$ 12", "12"),
        ("USD 12", "12"),
        ("12 USD", "12"),
        ("12 dollars", "12"),
        ("12 $", "12"),
        ("12 USD a month", "12"),
    ],
)
def test_dollars_may_stand_before_or_behind(typed: str, kept: str):
    assert read_answer("numeric", [typed], order=["a"], pick=1, unit="USD a month", complete=True) == [kept]


def test_a_unit_where_none_is_asked_for_is_told():
    with pytest.raises(InvalidAnswer, match="without a unit"):
        read_answer("numeric", ["12 units"], order=["a"], pick=1, complete=True)
