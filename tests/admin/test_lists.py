"""Every list of the desk sorts, filters, and goes out as CSV: the rows it shows, in its order, by who may see it, as no formula."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from quizzes.admin import desk
from quizzes.domain.statistics.report import item_as_dict
from quizzes.models import Attempt, Blueprint, Cohort, ItemStatistics, Prediction, Report, SourcePage, User
from quizzes.queries.desk import excerpt
from quizzes.services.workflow import change_several
from tests.domain.test_pilots import figures
from tests.factories import (
    T0,
    make_attempt,
    make_blueprint,
    make_card,
    make_cohort,
    make_item,
    make_learner,
    make_question,
    make_questions,
    make_version,
)

pytestmark = pytest.mark.django_db

#: The predictions are a page of measures with a file of its own.
LISTS = [model_admin for model, model_admin in desk._registry.items() if model is not Prediction]
NAMES = [model_admin.opts.model_name for model_admin in LISTS]
#: Columns that are links, not values.
LINKS = {("blueprint", "figures"), ("auditentry", "change")}


def address(name: str, query: str = "") -> str:
    return f"/admin/quizzes/{name}/rows.csv{query}"


def rows_of(client: Client, name: str, query: str = "") -> list[list[str]]:
    response = client.get(address(name, query))
    assert response.status_code == 200, response.headers
    text = response.getvalue().decode()  # type: ignore[attr-defined]
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def request_of(user: User) -> Any:
    request = RequestFactory().get("/")
    request.user = user
    return request


def listed(superuser: User, model_admin: Any) -> Any:
    return model_admin.get_changelist_instance(request_of(superuser))


@pytest.mark.parametrize("model_admin", LISTS, ids=NAMES)
def test_every_column_sorts_and_every_list_filters(superuser: User, model_admin: Any):
    shown = listed(superuser, model_admin)
    for name in shown.list_display:
        if name != "action_checkbox" and (model_admin.opts.model_name, name) not in LINKS:
            assert shown.get_ordering_field(name) is not None, name
    assert model_admin.list_filter


@pytest.mark.parametrize("model_admin", LISTS, ids=NAMES)
def test_every_list_sorts_by_every_column_in_the_database(client: Client, superuser: User, model_admin: Any):
    for n, name in enumerate(listed(superuser, model_admin).list_display):
        if name != "action_checkbox":
            for sign in ("", "-"):
                assert rows_of(client, model_admin.opts.model_name, f"?o={sign}{n}")


@pytest.mark.parametrize("name", NAMES)
def test_who_may_not_see_a_list_takes_nothing_along(client: Client, sign_in: Any, name: str):
    sign_in(client)
    assert client.get(address(name)).status_code == 403
    sign_in(client, make_learner(is_staff=True))
    assert client.get(address(name)).status_code == 403
    client.logout()
    assert client.get(address(name)).status_code == 302


# -- the rows that are shown, in the order in which they are shown -----------------------------------------------------


def test_the_file_has_the_rows_and_the_order_of_the_list(client: Client, instructor: User):
    make_question(slug="c-one", item=make_item(stem="Which of these keeps the event for longer?"))
    make_question(slug="a-one", state="draft")
    make_question(slug="b-one")
    head, *rows = rows_of(client, "question", "?o=1")
    assert (head[:3], [row[0] for row in rows]) == (["Slug", "Stem", "Topic"], ["a-one", "b-one", "c-one"])
    assert [row[0] for row in rows_of(client, "question", "?o=-1&state__exact=published")[1:]] == ["c-one", "b-one"]
    assert [row[0] for row in rows_of(client, "question", "?q=for+longer")[1:]] == ["c-one"]
    assert f'href="rows.csv?{"o=-1"}' in client.get("/admin/quizzes/question/?o=-1").text


#: Columns of the questions that are shown where any row of the bank has something in them.
SPARSE = {"reports", "facility", "discrimination", "flags", "tagged", "edited", "forgotten_by"}


def fill_all_columns(instructor: User) -> None:
    """Two questions; the second has something in every column."""
    make_question(slug="plain")
    full = make_question(slug="full", edited_here=True)
    assert full.current is not None
    change_several(kind="tag", value="spring", questions=[full], by=instructor, now=T0)
    full.current.reports.create(learner=instructor, kind="wrong", text="No.", created_at=T0)
    make_card(learner=make_learner(), question=full, lapses=6)
    found = figures(facility=0.9, r=0.05)
    ItemStatistics.objects.create(
        version=full.current, computed_on=T0.date(), computed_at=T0, n=found.n, figures=item_as_dict(found),
        facility=found.facility, discrimination=found.discrimination, flags="weak=confirmed",
    )  # fmt: skip


def shown_columns(client: Client) -> set[str]:
    return set(re.findall(r'class="(?:sortable )?column-(\w+)', client.get("/admin/quizzes/question/").text))


def test_a_column_that_no_row_fills_is_not_shown_and_goes_out_all_the_same(client: Client, instructor: User):
    make_question()
    few, [head, _] = shown_columns(client), rows_of(client, "question")
    assert not few & SPARSE
    assert {"slug", "short_stem", "stage", "version"} <= few
    fill_all_columns(instructor)
    assert shown_columns(client) == few | SPARSE
    assert rows_of(client, "question")[0] == head
    assert {"Open reports", "Facility", "Discrimination", "Figures say", "Tags", "Edited here", "Often forgotten by"} <= set(head)


def test_the_columns_that_come_and_go_sort_too(client: Client, superuser: User):
    fill_all_columns(superuser)
    model_admin = next(one for one in LISTS if one.opts.model_name == "question")
    columns = list(listed(superuser, model_admin).list_display)
    assert set(columns) >= SPARSE
    for name in SPARSE:
        n = columns.index(name)
        assert model_admin.get_changelist_instance(request_of(superuser)).get_ordering_field(name) is not None
        assert f"?o=-{n}" in client.get("/admin/quizzes/question/").text or f"?o={n}" in client.get("/admin/quizzes/question/").text
        assert [row[0] for row in rows_of(client, "question", f"?o=-{n}")[1:]] == ["full", "plain"], name


def test_the_file_sorts_by_the_column_that_the_list_shows(client: Client, superuser: User):
    """Without the empty columns the fifth is the type; with them it would be the open reports."""
    make_question(slug="b-single")
    make_question(slug="a-multiple", item=make_item(type="multiple"))
    found = rows_of(client, "question", "?o=5")
    assert [row[0] for row in found[1:]] == ["a-multiple", "b-single"]
    assert [row[0] for row in rows_of(client, "question", "?o=-5")[1:]] == ["b-single", "a-multiple"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("One two three.", "One two three."),
        ("One `two` three. Four", "One two three…"),
        ("One two three, – four", "One two three…"),
        ("", ""),
    ],
)
def test_the_first_words_of_a_text_end_in_one_mark(text: str, line: str):
    assert excerpt(text, 3) == line


def test_only_a_search_says_how_many_it_found(client: Client, instructor: User):
    make_question(slug="lone")
    assert "found." not in client.get("/admin/quizzes/question/").text
    assert "found." not in client.get("/admin/quizzes/question/?state__exact=published").text
    assert '1 found. <a href="?">Show all</a>' in client.get("/admin/quizzes/question/?q=lone").text


def test_all_pages_go_out_whichever_is_open(client: Client, instructor: User):
    make_questions([make_item()] * 60)
    assert len(rows_of(client, "question", "?p=2")) == 61
    assert len(rows_of(client, "question", "?p=99")) == 61


def test_values_go_out_as_values(client: Client, superuser: User):
    make_learner(username="anna", last_login=T0)
    head, *rows = rows_of(client, "user", "?q=anna")
    assert dict(zip(head, rows[0], strict=True)) | {"Email address": ""} == {
        "Username": "anna", "Email address": "", "Name": "", "Is guest": "no", "Instructor": "no", "Superuser status": "no",
        "Active": "yes", "Last login": "2026-11-23 09:00",
    }  # fmt: skip
    make_attempt(slots=1, scaled=640)
    head, row = rows_of(client, "attempt")
    assert (row[head.index("Scaled")], row[head.index("Mode")], row[head.index("Submitted at")]) == ("640", "exam", "")


def test_an_address_that_filters_by_nonsense_leads_back_to_the_list(client: Client, instructor: User):
    assert client.get(address("question", "?nonsense=1")).status_code == 302


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+1", "-1", "@x", "\t=1", " =1"])
def test_no_cell_is_a_formula(client: Client, instructor: User, text: str):
    SourcePage.objects.create(url="https://example.org/", title=text, note=text)
    for row in rows_of(client, "sourcepage")[1:]:
        assert [cell for cell in row if cell.strip()[:1] and cell.strip()[0] in "=+-@"] == []
    Report.objects.create(learner=make_learner(), version=make_question().current, kind="wrong", text=text, created_at=T0)
    assert rows_of(client, "report")[1][0].startswith("'")


def test_an_instructor_takes_only_their_own_classes_along(client: Client, instructor: User):
    make_cohort(title="Mine", instructors=[instructor])
    make_cohort(title="Theirs", instructors=[make_learner()])
    over = make_cohort(title="Over", instructors=[instructor])
    Cohort.objects.filter(pk=over.pk).update(starts_on="2020-01-01", ends_on="2020-02-01")
    assert [row[0] for row in rows_of(client, "cohort", "?o=0")[1:]] == ["Mine", "Over"]
    assert [(row[0], row[-1]) for row in rows_of(client, "cohort", "?o=-4")[1:]] == [("Over", "over"), ("Mine", "open")]
    assert [row[0] for row in rows_of(client, "cohort", "?state=over")[1:]] == ["Over"]


def test_exams_sort_by_how_long_they_are(client: Client, instructor: User):
    for n in (3, 12, 7):
        make_blueprint(n)
    assert [row[1] for row in rows_of(client, "blueprint", "?o=1")[1:]] == ["3", "7", "12"]


# -- cost ------------------------------------------------------------------------------------------------------------


def _more(name: str) -> None:
    if name == "question":
        make_questions([make_item()] * 9)
    elif name == "cohort":
        for _ in range(9):
            make_cohort(instructors=User.objects.filter(username="root"))
    elif name == "report":
        version = make_question().current
        learner = make_learner()
        Report.objects.bulk_create(
            Report(learner=learner, version=version, kind="other", text="Hm.", created_at=T0 + timedelta(hours=n)) for n in range(9)
        )
    elif name == "blueprint":
        Blueprint.objects.bulk_create(Blueprint(slug=f"plan-{n}", title="Plan", minutes=5, counts={"a": n}) for n in range(9))
    elif name == "attempt":
        Attempt.objects.bulk_create(Attempt(learner=make_learner(), mode="practice", seed=1, started_at=T0) for _ in range(9))
    else:
        User.objects.bulk_create(User(username=f"many{n}") for n in range(9))


@pytest.mark.parametrize("name", ["question", "cohort", "report", "blueprint", "attempt", "learner", "user"])
def test_a_file_costs_the_same_with_few_rows_and_with_many(client: Client, superuser: User, name: str):
    def cost() -> int:
        with CaptureQueriesContext(connection) as sent:
            rows_of(client, name)
        return len(sent)

    if name != "user":
        _more(name)
    first = cost()
    if name == "blueprint":
        Blueprint.objects.bulk_create(Blueprint(slug=f"more-{n}", title="Plan", minutes=5, counts={"a": n}) for n in range(9))
    elif name == "learner":
        User.objects.bulk_create(User(username=f"more{n}") for n in range(9))
    else:
        _more(name)
    assert cost() == first
    assert first <= 10


# -- tables that are no list of one model ------------------------------------------------------------------------------


def test_the_versions_of_a_question_sort_and_go_out(client: Client, instructor: User):
    question = make_question(slug="two-versions")
    make_version(question=question, item=make_item(stem="Which of these keeps the event for longer?"), number=2)
    path = f"/admin/quizzes/question/{question.pk}/history/"
    assert "Export these rows as CSV" in client.get(path).text
    rows = list(csv.reader(io.StringIO(client.get(f"{path}?format=csv&sort=version").text.removeprefix("\ufeff"))))
    assert [row[0] for row in rows] == ["Version", "1", "2"]


def test_what_was_done_to_several_sorts_filters_and_goes_out(client: Client, instructor: User):
    question = make_question()
    for value in ("b-tag", "a-tag"):
        change_several(kind="tag", value=value, questions=[question], by=instructor, now=T0)
    path = "/admin/quizzes/question/bulk/"
    assert 'aria-sort="ascending"' in client.get(f"{path}?sort=what").text
    rows = list(csv.reader(io.StringIO(client.get(f"{path}?format=csv&sort=what&q=tag").text.removeprefix("\ufeff"))))
    assert ["a-tag" in rows[1][0], "b-tag" in rows[2][0], len(rows)] == [True, True, 3]
    assert "No row fits" in client.get(f"{path}?state=undone").text
