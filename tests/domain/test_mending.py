"""What a mended key says of an answer, by kind and by type of item; and what becomes of a result."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.domain.exam import scaled_score
from quizzes.domain.items import wrong_answer
from quizzes.domain.mending import (
    ChangedResult,
    InvalidMending,
    Mending,
    Score,
    answer_in_words,
    check_mending,
    in_words,
    move,
    possible_answers,
    rescored,
    ruling,
    same_options,
    score,
    with_key,
)
from tests.factories import make_item

#: By type: the key, another answer that a mending may name, and one that stays wrong.
ANSWERS = {
    "single": (["b"], ["c"], ["a"]),
    "multiple": (["a", "c"], ["a", "d"], ["b", "d"]),
    "ordering": (["a", "b", "c", "d"], ["a", "c", "b", "d"], ["d", "c", "b", "a"]),
    "matching": (["a:1", "b:3", "c:1", "d:4"], ["a:1", "b:3", "c:3", "d:4"], ["a:2", "b:2", "c:2", "d:2"]),
    "numeric": (["0.25"], ["250"], ["4"]),
}
TYPES = list(ANSWERS)


def marks(item, *mendings):
    """The effective fraction of the key, of the other answer, of the wrong one, and of none at all."""
    held = ruling(item, [Mending(kind, tuple(tuple(answer) for answer in answers)) for kind, answers in mendings])
    return [held.fraction(answer) for answer in (*ANSWERS[item.type], [])]


@pytest.mark.parametrize("kind", TYPES)
def test_the_answers_of_this_table_are_what_they_say(kind):
    item = make_item(type=kind)
    assert item.key == ANSWERS[kind][0]
    assert marks(item) == [1, 0, 0, 0]


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize(
    ("says", "expected"),
    [
        pytest.param("drop", [None, None, None, None], id="a dropped question counts for nobody"),
        pytest.param("full", [1, 1, 1, 1], id="full marks are for everybody who was asked, answered or not"),
        pytest.param("accept", [1, 1, 0, 0], id="a further answer is right beside the key"),
        pytest.param("change", [0, 1, 0, 0], id="another key stands instead of the old one"),
    ],
)
def test_the_mark_by_kind_and_type(kind, says, expected):
    answers = [ANSWERS[kind][1]] if says in ("accept", "change") else []
    assert marks(make_item(type=kind), (says, answers)) == expected


@pytest.mark.parametrize(
    ("mendings", "expected"),
    [
        pytest.param([("accept", [["c"]]), ("accept", [["a"]])], [1, 1, 1, 0], id="accept adds to accept"),
        pytest.param([("accept", [["a"]]), ("change", [["c"]])], [0, 1, 0, 0], id="another key replaces all that was accepted"),
        pytest.param([("change", [["c"]]), ("accept", [["a"]])], [0, 1, 1, 0], id="accept adds to the changed key"),
        pytest.param([("drop", []), ("change", [["c"]])], [0, 1, 0, 0], id="another key makes a dropped question count again"),
        pytest.param([("full", []), ("drop", [])], [None, None, None, None], id="dropping is the last word"),
        pytest.param([("drop", []), ("full", [])], [1, 1, 1, 1], id="full marks are the last word"),
        pytest.param(
            [("accept", [["a"]]), ("drop", []), ("accept", [["c"]])], [1, 1, 1, 0], id="what was accepted before dropping stays so"
        ),
        pytest.param([("change", [["c"]]), ("change", [["b"]])], [1, 0, 0, 0], id="there and back is where it began"),
    ],
)
def test_of_several_mendings_the_last_word_holds(mendings, expected):
    assert marks(make_item(), *mendings) == expected


@pytest.mark.parametrize("kind", TYPES)
def test_another_key_leaves_everything_that_can_be_chosen_as_it_was(kind):
    item = make_item(type=kind)
    changed = with_key(item, ANSWERS[kind][1])
    assert changed.key == ANSWERS[kind][1]
    assert changed.targets == item.targets
    assert {option.id for option in changed.options} == {option.id for option in item.options}
    assert with_key(item, item.key) == item


def test_several_right_options_of_single_choice_are_all_shown_as_keys():
    shown = ruling(make_item(), [Mending("accept", (("d",),))]).shown
    assert [option.id for option in shown.options if option.key] == ["b", "d"]


def test_a_question_with_a_changed_key_is_shown_with_that_key():
    shown = ruling(make_item(type="multiple"), [Mending("change", (("a", "d"),))]).shown
    assert [option.id for option in shown.options if option.key] == ["a", "d"]


def test_partial_credit_follows_the_nearest_right_answer():
    held = ruling(make_item(type="multiple"), [Mending("accept", (("d", "e"),))])
    assert held.mark(["b", "e"]).share == 0
    assert held.mark(["d"]).share == 0.5


def test_a_number_within_the_tolerance_of_a_further_key_is_right_too():
    held = ruling(make_item(type="numeric"), [Mending("accept", (("250",),))])
    assert [held.fraction([text]) for text in ("250.004", "250.006", "0.252")] == [1, 0, 1]


# -- what may be said ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", TYPES)
def test_an_answer_that_a_person_can_give_can_become_the_key(kind):
    item = make_item(type=kind)
    answer = wrong_answer(item, rng=random.Random(3))
    assert check_mending(item, "change", [answer]).answers == (tuple(answer),)


@pytest.mark.parametrize(
    ("kind", "says", "answers", "sentence"),
    [
        ("single", "burn", [], "Choose what is to hold"),
        ("single", "change", [], "Say which answer is right."),
        ("single", "accept", [], "at least one answer"),
        ("single", "change", [["a"], ["c"]], "A key is one answer."),
        ("single", "change", [["a", "c"]], "is no answer to this wording"),
        ("single", "change", [["x"]], "is no answer to this wording"),
        ("multiple", "change", [["a"]], "has 2 options, as the question asks for"),
        ("multiple", "accept", [["a", "a"]], "has 2 options"),
        ("ordering", "change", [["a", "b"]], "is no answer"),
        ("matching", "change", [["a:1", "b:1", "c:1", "d:9"]], "is no answer"),
        ("matching", "change", [["a:1", "b:1", "c:1", "c:1"]], "is no answer"),
        ("numeric", "change", [["a lot"]], "is no answer"),
    ],
)
def test_what_a_wording_cannot_take_is_refused_with_a_sentence(kind, says, answers, sentence):
    with pytest.raises(InvalidMending, match=sentence):
        check_mending(make_item(type=kind), says, answers)


def test_answers_are_kept_as_responses_keep_them():
    assert check_mending(make_item(type="multiple"), "accept", [["d", "a"], ["a", "d"]]).answers == (("a", "d"),)
    assert check_mending(make_item(type="numeric"), "change", [["0.250"]]).answers == (("0.25",),)
    assert check_mending(make_item(), "drop", [["a"]]).answers == ()


def test_every_answer_to_a_choice_can_be_listed():
    assert possible_answers(make_item()) == [("a",), ("b",), ("c",), ("d",)]
    assert len(possible_answers(make_item(type="multiple"))) == 10
    assert possible_answers(make_item(type="numeric")) == []


def test_an_answer_means_the_same_only_in_wordings_with_the_same_options():
    one = make_item()
    assert same_options([one, make_item(stem="Another stem with the same options?")])
    assert not same_options([one, make_item(texts=["a", "b", "c", "d"])])
    assert not same_options([make_item(type="matching"), make_item(type="matching", targets_extra=("Another",))])


# -- in words --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("single", "“Give the function twice the memory it has now”"),
        ("multiple", "“Raise the visibility timeout of the queue” and “Send the event through a second topic first”"),
        ("ordering", "“Lambda queues the event”, then “Lambda waits and tries again”, then “The function runs”, then “The event goes to the destination”"),
        ("matching", "“An S3 notification” with “A dead-letter queue”, “An API Gateway request” with “The caller”, “An SNS message” with “The caller”, “A stream of changes” with “The service itself”"),
        ("numeric", "250 seconds"),
    ],
)  # fmt: skip
def test_an_answer_is_said_by_its_words_and_not_by_letters(kind, expected):
    assert answer_in_words(make_item(type=kind), ANSWERS[kind][1]) == expected


def test_every_kind_is_a_sentence():
    item = make_item(texts=["one", "two", "`three`", "four"])
    said = [in_words(item, Mending(kind, (("c",), ("d",)))) for kind in ("drop", "full", "accept", "change")]
    assert said == [
        "The question does not count for anybody.",
        "Everybody who was asked gets full marks.",
        "Right as well: “three”; or “four”.",
        "The key is now: “three”; or “four”.",
    ]


# -- results ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "changes", "expected", "moved"),
    [
        pytest.param(score(7, 10, cut=0.72), [(0, 1)], (8, 10), "to pass", id="a miss that becomes right passes"),
        pytest.param(score(8, 10, cut=0.72), [(1, 0)], (7, 10), "to fail", id="a right answer that becomes wrong fails"),
        pytest.param(score(7, 10, cut=0.72), [(0, None)], (7, 9), "to pass", id="dropping a miss lifts the share"),
        pytest.param(score(8, 10, cut=0.72), [(1, None)], (7, 9), "lower", id="dropping a right answer takes it from both"),
        pytest.param(score(5, 10, cut=0.72), [(1, None), (0, None)], (4, 8), "same", id="the same share is the same score"),
        pytest.param(score(1, 2, cut=0.72), [(1, None), (0, None)], (0, 0), "no score", id="nothing is left that counts"),
        pytest.param(Score(0, 0, None), [(None, 1)], (1, 1), "a score again", id="something counts again"),
        pytest.param(Score(0, 0, None), [], (0, 0), "same", id="no score stays none"),
        pytest.param(score(3, 4, cut=0.72), [(0, 0), (1, 1), (None, None)], (3, 4), "same", id="marks that stay change nothing"),
    ],
)
def test_what_becomes_of_a_result(before, changes, expected, moved):
    after = rescored(before, changes, cut=0.72)
    assert (after.right, after.scored) == expected
    assert move(before, after) == moved


@pytest.mark.parametrize(
    ("before", "after", "moved", "by"),
    [
        pytest.param(Score(2, 4, 531), Score(3, 4, 750), "to pass", 219, id="up"),
        pytest.param(Score(3, 4, 750), Score(2, 4, 531), "to fail", -219, id="down"),
        pytest.param(Score(2, 4, 531), Score(2, 4, 531), "same", 0, id="as it was"),
        pytest.param(Score(2, 4, 531), Score(0, 0, None), "no score", 0, id="nothing counts any more"),
        pytest.param(Score(0, 0, None), Score(2, 4, 531), "a score again", 0, id="something counts again"),
    ],
)
def test_a_changed_result_says_what_happened_and_by_how_much(before: Score, after: Score, moved: str, by: int):
    changed = ChangedResult(before=before, after=after)
    assert (changed.moved, changed.by) == (moved, by)


def test_without_a_question_that_counts_there_is_neither_pass_nor_fail():
    nothing = score(0, 0, cut=0.72)
    assert (nothing.scaled, nothing.passed) == (None, False)


fractions = st.sampled_from([0.0, 1.0])


@given(st.lists(fractions, min_size=1, max_size=65), st.sampled_from([0.5, 0.6, 0.72, 0.8]), st.data())
def test_no_rounding_lowers_a_result_whose_share_did_not_fall(given_marks, cut, data):
    dropped = data.draw(st.sets(st.integers(0, len(given_marks) - 1)))
    before = score(int(sum(given_marks)), len(given_marks), cut=cut)
    after = rescored(before, [(given_marks[n], None) for n in dropped], cut=cut)
    left = [mark for n, mark in enumerate(given_marks) if n not in dropped]
    assert (after.right, after.scored) == (sum(left), len(left))
    if left and sum(left) * len(given_marks) >= sum(given_marks) * len(left):
        assert after.scaled >= before.scaled
    if all(given_marks[n] == 0 for n in dropped) and left:
        assert after.scaled >= before.scaled, "dropping what was missed never costs anything"


@given(st.lists(st.tuples(fractions, st.sampled_from([0.0, 1.0, None])), min_size=1, max_size=30))
def test_there_and_back_gives_exactly_the_result_before(changes):
    before = score(int(sum(old for old, _ in changes)), len(changes), cut=0.72)
    there = rescored(before, changes, cut=0.72)
    assert rescored(there, [(new, old) for old, new in changes], cut=0.72) == before
    if there.scored:
        assert there.scaled == scaled_score(there.right, there.scored, cut=0.72)
