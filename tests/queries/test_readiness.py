"""The reads of readiness: the line for other pages, the page, and how well predictions hold."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from quizzes.models import Response
from quizzes.queries.home import today_page
from quizzes.queries.readiness import ReadinessLine, hold_page, hold_rows, readiness_line, readiness_page
from tests.factories import (
    T0,
    answer_slot,
    judged,
    make_attempt,
    make_domain,
    make_evidence,
    make_learner,
    make_prediction,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


# -- the line --------------------------------------------------------------------------------------------------------


def test_a_visitor_has_twenty_answers_to_give(django_assert_num_queries: Any):
    with django_assert_num_queries(0):
        assert readiness_line(None) == ReadinessLine(enough=False, missing=20)


@pytest.mark.parametrize(("answers", "missing"), [(0, 20), (1, 19), (19, 1)])
def test_below_twenty_answers_there_is_no_number(answers, missing, django_assert_num_queries: Any):
    learner = make_learner()
    if answers:
        make_evidence(learner, answers, 1)
    make_evidence(learner, 30, 30, selection="review")
    make_prediction()
    with django_assert_num_queries(1):
        assert readiness_line(learner, found=answers) == ReadinessLine(enough=False, missing=missing, answers=answers)
    assert today_page(learner, now=T0 + DAY).readiness.missing == missing, "what was chosen, not drawn, does not count"


def test_the_latest_prediction_on_the_practice_scale(django_assert_num_queries: Any):
    learner = make_learner()
    make_prediction(learner, made_at=T0 + DAY, low90=15, low80=18, high80=36, chance=0.1, answers=44)
    make_prediction(learner, made_at=T0)
    with django_assert_num_queries(1):
        found = readiness_line(learner)
    assert found == ReadinessLine(True, 0, 410, 720, 0.1, 44)


# -- the page --------------------------------------------------------------------------------------------------------


def test_without_enough_answers_the_page_says_no_number():
    learner = make_learner()
    make_evidence(learner, 19, 12)
    page = readiness_page(learner)
    assert (page.latest, page.missing, page.answers, page.domains, page.history) == (None, 1, 19, [], [])


def test_the_page_tells_what_the_number_rests_on():
    learner = make_learner()
    make_domain("resilient")
    make_prediction(learner, answers=44, right=31, domains=[{"domain": "resilient", "right": 31, "answers": 44, "low": 0.6, "high": 0.8}])
    page = readiness_page(learner)
    assert (page.answers, page.right, page.effective) == (44, 31, 30.0)
    assert page.latest is not None
    assert (page.latest.low, page.latest.high, page.latest.low_right, page.latest.high_right) == (617, 800, 30, 40)
    [line] = page.domains
    assert (line.title, line.right, line.answers, line.low, line.high) == ("Resilient architectures", 31, 44, 0.6, 0.8)


def test_what_does_not_count_is_told_with_its_reason():
    learner = make_learner()
    make_evidence(learner, 20, 12)
    make_evidence(learner, 7, 5, selection="self_chosen")
    make_evidence(learner, 3, 1, selection="review")
    make_evidence(learner, 4, 1)
    Response.objects.filter(pk__in=list(Response.objects.order_by("-pk").values_list("pk", flat=True)[:4])).update(is_new=False)
    left = readiness_page(learner).left
    assert [(line.what, line.answers) for line in left] == [("Questions you had met before", 4), ("Practice", 7), ("Review", 3)]
    assert all(line.why for line in left)


def test_history_runs_from_the_newest_and_tells_what_came():
    learner = make_learner()
    for day in range(3):
        make_prediction(learner, made_at=T0 + day * DAY, answers=20 + day, **(judged(right=36) if day == 0 else {}))
    page = readiness_page(learner)
    assert [(said.answers, said.actual) for said in page.history] == [(22, None), (21, None), (20, 720)]
    assert page.history_chart is not None
    assert len(page.history_chart.series[0].dots) == 3
    assert len(page.history_chart.bands[0].dots) == 6
    assert "617 to 800" in page.history_chart.description


def test_one_prediction_and_one_exam_are_no_line():
    learner = make_learner()
    make_prediction(learner)
    make_attempt(learner=learner, submitted_at=T0, finish_reason="handed in", right=36, scored=50, scaled=720)
    page = readiness_page(learner)
    assert (page.history_chart, page.exams_chart, len(page.exams)) == (None, None, 1)


def test_exams_in_the_order_they_were_sat():
    learner = make_learner()
    for day, scaled in enumerate((500, 640, 730)):
        make_attempt(
            learner=learner,
            slots=0,
            started_at=T0 + day * DAY,
            submitted_at=T0 + day * DAY,
            finish_reason="handed in",
            right=9,
            scored=9,
            scaled=scaled,
        )
    chart = readiness_page(learner).exams_chart
    assert chart is not None
    heights = [y for _, y in chart.series[0].dots]
    assert heights == sorted(heights, reverse=True)


def test_own_judgement_by_what_was_said():
    session = make_attempt(mode="practice", slots=4)
    slots = list(session.slots.select_related("attempt__learner", "version"))
    for slot, (said, right) in zip(slots, (("sure", True), ("sure", True), ("sure", False), ("guess", True)), strict=True):
        answer_slot(slot, right=right, confidence=said)
    page = readiness_page(session.learner)
    assert [(line.label, line.answers, line.right) for line in page.own] == [("Sure", 3, 2), ("Not sure", 0, 0), ("Guess", 1, 1)]
    assert [line.stated for line in page.own] == [0.9, 0.6, 0.25]
    assert page.brier == pytest.approx((0.01 + 0.01 + 0.81 + 0.75**2) / 4)


def test_an_open_check_can_be_gone_on_with():
    check = make_attempt(mode="readiness", slots=0)
    assert readiness_page(check.learner).open_check == check.pk
    assert readiness_page(make_learner()).open_check is None


# -- how well predictions hold ---------------------------------------------------------------------------------------


def test_below_twenty_judged_predictions_nothing_is_claimed():
    for _ in range(19):
        make_prediction(**judged())
    make_prediction()
    page = hold_page()
    assert (page.judged, page.waiting, page.missing, page.found, page.chart) == (19, 1, 1, None, None)


def test_from_twenty_on_the_measures_are_told(django_assert_num_queries: Any):
    for n in range(20):
        make_prediction(**judged(right=36 if n < 10 else 45, judged_chance=0.55))
    with django_assert_num_queries(2):
        page = hold_page()
    assert page.found is not None
    assert (page.found.covered80, page.found.covered90, page.found.calibration_error) == (0.5, 0.5, pytest.approx(0.45))
    assert page.found.bias == pytest.approx(35 - 40.5)
    assert page.chart is not None


def test_the_export_names_nobody_and_leaves_out_what_waits():
    make_prediction(make_learner(username="anna"), **judged(right=33))
    make_prediction()
    head, row = hold_rows()
    assert head[0] == "made_at"
    assert dict(zip(head, row, strict=True))["right"] == 33
    assert "anna" not in str(row)
    assert not {"learner", "attempt"} & set(head)
