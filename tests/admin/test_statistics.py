"""Figures at the desk: the list, the panel of a question, the page of an exam, the button."""

from __future__ import annotations

import csv
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from quizzes.models import Blueprint, ItemStatistics, Question, User
from quizzes.queries import statistics as queries
from quizzes.services import statistics
from quizzes.services import statistics_runs as runs
from tests.factories import T0, compute_now, make_bank, make_blueprint, make_item, make_learner, make_question, make_sittings, make_version

pytestmark = pytest.mark.django_db

LIST = "/admin/quizzes/question/"
COMPUTE = "/admin/quizzes/question/statistics/"


def change(question: Question) -> str:
    return f"{LIST}{question.pk}/change/"


def page_of(plan: Blueprint) -> str:
    return f"/admin/quizzes/blueprint/{plan.pk}/statistics/"


#: Of four questions the first is turned upside down, the second tells well, the others are easy; a quarter of the people know.
STRONG, WEAK = ["a", "b", "b", "b"], ["b", "c", "b", "a"]


def make_world(people: int = 80) -> tuple[list[Question], Blueprint]:
    questions, plan = make_bank(4), make_blueprint(4)
    rows = [STRONG if n % 4 == 0 else ["b", "b", "b", "b"] if n % 4 == 1 else WEAK for n in range(people)]
    make_sittings(questions, rows, blueprint=plan)
    compute_now(now=T0)
    return questions, plan


# -- the list --------------------------------------------------------------------------------------------------------


def rows_of(text: str) -> list[str]:
    return re.findall(r'<th class="field-slug"><a [^>]*>([^<]+)</a>', text)


def test_the_list_shows_figures_with_their_answers_and_flags_with_their_state(client: Client, instructor: User):
    questions, _ = make_world()
    text = client.get(LIST).text
    assert "75\N{NO-BREAK SPACE}%" in text
    assert "of 80" in text
    assert "Check the key (confirmed)" in text
    assert "Moodle" not in re.search(r'<td class="field-flags">(.*?)</td>', text)[1]  # type: ignore[index]
    assert len(rows_of(text)) == len(questions)


def test_figures_of_few_answers_are_grey(client: Client, instructor: User):
    make_world(40)
    assert 'class="figure soft"' in client.get(LIST).text


def test_below_twenty_answers_the_list_says_nothing(client: Client, instructor: User):
    make_world(16)
    assert 'class="figure' not in client.get(LIST).text


@pytest.mark.parametrize("column", ["facility", "discrimination"])
def test_the_list_sorts_by_figures(client: Client, instructor: User, column: str):
    make_world()
    number = re.search(rf'class="sortable column-{column}[^"]*">.*?\?o=(-?\d+)', client.get(LIST).text, re.S)[1]  # type: ignore[index]
    figures = dict(ItemStatistics.objects.values_list("version__question__slug", column))
    known = sorted(value for value in figures.values() if value is not None)
    none = [None] * (len(figures) - len(known))
    assert [figures[slug] for slug in rows_of(client.get(f"{LIST}?o={number}").text)] == known + none
    assert [figures[slug] for slug in rows_of(client.get(f"{LIST}?o=-{number}").text)] == known[::-1] + none


def test_the_list_filters_by_flag(client: Client, instructor: User):
    questions, _ = make_world()
    assert rows_of(client.get(f"{LIST}?flag=miskey").text) == [questions[0].slug]
    assert rows_of(client.get(f"{LIST}?flag=slow").text) == []
    assert len(rows_of(client.get(f"{LIST}?flag=nonsense").text)) == 4


def test_the_list_shows_the_latest_snapshot_of_the_current_version(client: Client, instructor: User):
    questions, plan = make_world()
    make_sittings(questions, [["b"] * 4] * 240, blueprint=plan)
    compute_now(now=T0 + timedelta(days=1))
    assert "of 320" in client.get(LIST).text
    for question in questions:
        make_version(question=question, item=make_item(), number=2)
    assert 'class="figure' not in client.get(LIST).text


# -- a question ------------------------------------------------------------------------------------------------------


def test_the_panel_tells_figures_options_and_flags_in_words(client: Client, instructor: User):
    questions, _ = make_world()
    text = client.get(change(questions[0])).text
    assert "What answers say" in text
    assert "<b>Check the key</b> (confirmed)" in text
    assert "Hold the key against the source." in text
    assert "Version 1 · 80 answers" in text
    assert '<svg class="chart"' in text
    assert "B (key)" in text
    assert "Discriminative efficiency (Moodle)" in text


def test_the_table_says_what_the_drawing_says():
    questions, _ = make_world()
    panel = queries.item_panel(questions[1])
    assert panel is not None
    assert panel.chart is not None
    assert [line.name for line in panel.chart.series] == ["A", "B (key)", "C", "D"]
    found = {option.letter: option for option in panel.options}
    assert found["B"].role == "key"
    assert (found["B"].n, found["C"].n, found["A"].n) == (40, 40, 0)
    assert found["B"].thirds[0] == "0\N{NO-BREAK SPACE}%"


def test_a_question_that_nobody_met_says_where_figures_come_from(client: Client, instructor: User):
    assert "Nothing was computed for this question yet." in client.get(change(make_question())).text
    assert "What answers say" not in client.get(change(make_question(state="draft"))).text


def test_few_answers_prove_nothing(client: Client, instructor: User):
    questions, _ = make_world(16)
    text = client.get(change(questions[0])).text
    assert "16 answers prove nothing: figures are shown from 20 on." in text
    assert "Discriminative efficiency" not in text


def test_an_older_version_is_told_as_such(client: Client, instructor: User):
    questions, _ = make_world()
    make_version(question=questions[0], item=make_item(), number=2)
    assert "Version 1, not the current one" in client.get(change(questions[0])).text
    make_sittings([Question.objects.get(pk=questions[0].pk)], [["b"]] * 3)
    compute_now(now=T0)
    text = client.get(change(questions[0])).text
    assert "Version 2 · 3 answers" in text
    assert "Every version that was met" in text


# -- an exam ---------------------------------------------------------------------------------------------------------


def test_the_page_of_an_exam_tells_the_whole_and_its_questions(client: Client, instructor: User):
    questions, plan = make_world()
    text = client.get(page_of(plan)).text
    assert "80 people" in text
    assert "Error ratio (Moodle)" in text
    assert "Falls short" in text
    assert all(f"{question.slug} v1" in text for question in questions)
    assert page_of(plan) in client.get(f"/admin/quizzes/blueprint/{plan.pk}/change/").text
    assert page_of(plan) in client.get("/admin/quizzes/blueprint/").text


def test_an_exam_that_nobody_sat_says_so(client: Client, instructor: User):
    assert "Nothing was computed for this exam yet." in client.get(page_of(make_blueprint())).text


def test_an_exam_of_few_people_shows_no_figures(client: Client, instructor: User):
    _, plan = make_world(12)
    text = client.get(page_of(plan)).text
    assert "Figures appear once 20 people have finished this exam; so far 12 have." in text
    assert "Efficiency" not in text
    assert text.count(f"{page_of(plan)}csv/") == 2, "what is there goes out all the same"
    assert "Error ratio" not in text


def test_the_questions_of_an_exam_sort_both_ways():
    _, plan = make_world()
    for sort in queries.SORTS:
        up, down = (queries.exam_page(plan, sort=order) for order in (sort, f"-{sort}"))
        assert up is not None
        assert down is not None
        assert sorted(item.name for item in up.items) == sorted(item.name for item in down.items)
        assert [(column.order, column.sort) for column in up.columns if column.order] == [("ascending", f"-{sort}")]
        assert [(column.order, column.sort) for column in down.columns if column.order] == [("descending", sort)]
    names = [item.name for item in queries.exam_page(plan, sort="-name").items]  # type: ignore[union-attr]
    assert names == sorted(names, reverse=True)


def test_figures_sort_as_numbers_and_not_as_words():
    _, plan = make_world()
    page = queries.exam_page(plan, sort="facility")
    assert page is not None
    assert [item.facility.split("\N{NO-BREAK SPACE}")[0] for item in page.items] == ["50", "50", "75", "100"]


def test_the_worst_question_comes_first():
    questions, plan = make_world()
    for sort in ("", "nonsense"):
        page = queries.exam_page(plan, sort=sort)
        assert page is not None
        assert page.items[0].question == questions[0].pk


@pytest.mark.parametrize(("of", "head", "count"), [("", "name", 4), ("?of=exam", "figure", 14)])
def test_the_figures_of_an_exam_as_a_file(client: Client, instructor: User, of: str, head: str, count: int):
    _, plan = make_world()
    response = client.get(f"{page_of(plan)}csv/{of}")
    rows = list(csv.reader(response.text.splitlines()))
    assert response["Content-Disposition"].startswith(f'attachment; filename="{plan.slug}-')
    assert rows[0][0] == head
    assert len(rows) == 1 + count
    assert {len(row) for row in rows} == {len(rows[0])}


# -- the button ------------------------------------------------------------------------------------------------------


def test_the_button_computes_and_leads_back(client: Client, instructor: User):
    questions, plan = make_bank(2), make_blueprint(2)
    make_sittings(questions, [["b", "a"]] * 3, blueprint=plan)
    back: list[tuple[dict[str, Any], str]] = [
        ({}, LIST), ({"question": questions[0].pk}, change(questions[0])), ({"exam": plan.pk}, page_of(plan)), ({"question": "x"}, LIST),
    ]  # fmt: skip
    for data, address in back:
        assert client.post(COMPUTE, data).headers["Location"] == address
    assert ItemStatistics.objects.count() == 2
    assert "Computed the figures of 2 versions from 3 exams." in client.get(LIST).text


def test_where_nobody_sat_an_exam_the_button_says_so(client: Client, instructor: User):
    assert "Nobody has finished an exam yet" in client.post(COMPUTE, follow=True).text


def test_a_reader_of_the_address_changes_nothing(client: Client, instructor: User):
    make_sittings(make_bank(1), [["b"]])
    assert client.get(COMPUTE).status_code == 302
    assert not ItemStatistics.objects.exists()


@pytest.mark.parametrize("values", [{}, {"is_staff": True}], ids=["a learner", "staff without rights"])
def test_nobody_else_computes(client: Client, sign_in: Any, values: dict[str, bool]):
    sign_in(client, make_learner(**values))
    make_sittings(make_bank(1), [["b"]])
    assert client.post(COMPUTE).status_code == 403
    assert not ItemStatistics.objects.exists()


def test_a_long_run_shows_how_far_it_is_and_goes_on(client: Client, instructor: User, monkeypatch: pytest.MonkeyPatch):
    """With a budget of nothing each request counts one chunk."""
    questions = make_bank(1)
    make_sittings(questions, [["b"]] * 5)
    monkeypatch.setattr(statistics, "CHUNK", 2)
    monkeypatch.setattr("quizzes.admin.statistics.runs.go_on", lambda **values: runs.move_on(**values, budget_s=0))
    response = client.post(COMPUTE, {"question": questions[0].pk}, follow=True)
    assert response.redirect_chain[0][0].endswith(f"/change/?question={questions[0].pk}")
    assert "2 of 5 exams are read" in response.text
    assert 'hx-trigger="load' in response.text
    address = response.redirect_chain[0][0]
    part = client.post(address, headers={"hx-request": "true"})
    assert "4 of 5 exams are read" in part.text
    assert "<html" not in part.text
    client.post(address)
    assert "kept as those of" in client.post(address, follow=True).text
    assert ItemStatistics.objects.get().n == 5
    assert f"/admin/quizzes/question/{questions[0].pk}/change/" in client.get(address).text


def test_a_run_is_stopped(client: Client, instructor: User):
    run = runs.start_run(by=instructor, now=T0)
    address = f"/admin/quizzes/statisticsrun/{run.pk}/change/"
    assert "The run is stopped" in client.post(address, {"_stop": "1"}, follow=True).text
    assert "Nothing of it is kept" in client.get(address).text
    assert client.post(address, {"_stop": "1"}).status_code == 409


# -- cost ------------------------------------------------------------------------------------------------------------


def cost(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as sent:
        assert client.get(address).status_code == 200
    return len(sent)


def test_pages_cost_the_same_with_one_question_and_with_many(client: Client, instructor: User):
    def world(size: int) -> tuple[Question, Blueprint]:
        questions, plan = make_bank(size), make_blueprint(size)
        make_sittings(questions, [["b"] * size] * 10 + [["a"] * size] * 12, blueprint=plan)
        return questions[0], plan

    one, plan = world(1)
    compute_now(now=T0)
    few = [cost(client, address) for address in (LIST, change(one), page_of(plan))]
    many, other = world(12)
    for days in range(3):
        compute_now(now=T0 + timedelta(days=days))
    make_version(question=many, item=make_item(), number=2)
    assert [cost(client, address) for address in (LIST, change(many), page_of(other))] == few
    assert few[0] <= 12
    assert few[2] <= 12


def test_reads_take_one_statement(django_assert_num_queries: Any):
    questions, plan = make_world()
    with django_assert_num_queries(1):
        assert queries.item_panel(questions[0])
    with django_assert_num_queries(1):
        assert queries.exam_page(plan)
    with django_assert_num_queries(1):
        [queries.list_figures(question) for question in queries.with_figures(Question.objects.all())]
