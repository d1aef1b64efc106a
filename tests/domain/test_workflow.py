"""Who may take which step with a question, and what a review holds for."""

from __future__ import annotations

import pytest

from quizzes.domain.workflow import Standing, Step, refusal, second_eyes, stage

ANA, BEN, EVA = 1, 2, 3


def standing(**values):
    return Standing(**{"state": "draft", "written_by": ANA, "asked_by": ANA, "wording": "now", **values})


APPROVED = {"review": "approved", "reviewed_by": BEN, "approved": "now"}


@pytest.mark.parametrize(
    ("state", "review", "expected"),
    [
        ("draft", "", "draft"),
        ("draft", "asked", "in review"),
        ("draft", "returned", "sent back"),
        ("draft", "approved", "approved"),
        ("published", "", "published"),
        ("published", "asked", "published, change in review"),
        ("retired", "", "retired"),
    ],
)
def test_where_a_question_stands_is_said_in_words(state, review, expected):
    assert stage(state, review) == expected


@pytest.mark.parametrize(
    ("step", "values", "by", "may"),
    [
        pytest.param(Step.ASK, {}, ANA, True, id="the author asks"),
        pytest.param(Step.ASK, {}, BEN, True, id="so may a colleague"),
        pytest.param(Step.ASK, {"state": "published"}, ANA, True, id="a change of a published one as well"),
        pytest.param(Step.ASK, {"review": "returned"}, ANA, True, id="once it is mended, again"),
        pytest.param(Step.ASK, {"review": "asked"}, ANA, False, id="not twice"),
        pytest.param(Step.ASK, {"state": "retired"}, ANA, False, id="not for a retired one"),
        pytest.param(Step.ASK, APPROVED, ANA, False, id="not for what is approved"),
        pytest.param(Step.ASK, {**APPROVED, "approved": "before"}, ANA, True, id="but for what was changed since"),
        pytest.param(Step.WITHDRAW, {"review": "asked"}, ANA, True, id="the author takes it back"),
        pytest.param(Step.WITHDRAW, {"review": "asked"}, BEN, False, id="nobody else does"),
        pytest.param(Step.WITHDRAW, {}, ANA, False, id="nothing to take back"),
        pytest.param(Step.APPROVE, {"review": "asked"}, BEN, True, id="another approves"),
        pytest.param(Step.APPROVE, {"review": "asked"}, ANA, False, id="the author does not"),
        pytest.param(Step.APPROVE, {"review": "asked", "asked_by": BEN}, BEN, True, id="whoever asked for what another wrote may"),
        pytest.param(Step.APPROVE, {"review": "asked", "asked_by": BEN}, ANA, False, id="the writer may not, whoever asked"),
        pytest.param(Step.APPROVE, {"review": "asked", "written_by": None}, ANA, False, id="of an unknown writer, not who asked"),
        pytest.param(Step.APPROVE, {"review": "asked", "written_by": None}, BEN, True, id="of an unknown writer, another one"),
        pytest.param(Step.APPROVE, {}, BEN, False, id="only what is in review"),
        pytest.param(Step.SEND_BACK, {"review": "asked"}, BEN, True, id="another sends back"),
        pytest.param(Step.SEND_BACK, {"review": "asked"}, ANA, False, id="not to oneself"),
        pytest.param(Step.SEND_BACK, APPROVED, BEN, False, id="not once it is approved"),
        pytest.param(Step.RETIRE, {"state": "published"}, ANA, True, id="retire"),
        pytest.param(Step.RETIRE, {"state": "retired"}, ANA, False, id="not twice retired"),
        pytest.param(Step.RESTORE, {"state": "retired"}, ANA, True, id="restore"),
        pytest.param(Step.RESTORE, {"state": "draft"}, ANA, False, id="nothing to restore"),
        pytest.param(Step.PUBLISH, {}, ANA, True, id="alone, where nobody asks for more"),
    ],
)
def test_who_may_do_what_from_where(step, values, by, may):
    assert (refusal(step, standing(**values), by=by) == "") == may


@pytest.mark.parametrize(
    ("values", "by", "why"),
    [
        pytest.param({}, ANA, "ask another instructor", id="never alone"),
        pytest.param({}, BEN, "ask another instructor", id="not without an approval, whoever publishes"),
        pytest.param({"review": "asked"}, ANA, "saved and in review", id="not while it waits"),
        pytest.param({"review": "returned"}, ANA, "ask another instructor", id="not what was sent back"),
        pytest.param(APPROVED, ANA, "", id="the author, once another approved it"),
        pytest.param(APPROVED, BEN, "", id="the reviewer too"),
        pytest.param(APPROVED, EVA, "", id="and a third"),
        pytest.param({**APPROVED, "approved": "before"}, ANA, "changed after it was approved", id="not other words"),
        pytest.param({**APPROVED, "reviewed_by": ANA}, ANA, "ask another instructor", id="an approval of one’s own is none"),
        pytest.param({}, None, "", id="the app itself"),
    ],
)
def test_where_a_second_pair_of_eyes_is_needed(values, by, why):
    said = refusal(Step.PUBLISH, standing(**values), by=by, required=True)
    assert why in said
    assert bool(why) == bool(said)


def test_whose_eyes_they_were():
    assert second_eyes(standing(**APPROVED)) == BEN
    assert second_eyes(standing(**{**APPROVED, "approved": "before"})) is None
    assert second_eyes(standing()) is None


@pytest.mark.parametrize("step", Step)
def test_a_computed_question_is_retired_and_restored_and_nothing_else(step):
    said = refusal(step, standing(state="retired" if step == Step.RESTORE else "published", is_generated=True), by=ANA)
    assert (said == "") == (step in (Step.RETIRE, Step.RESTORE))
