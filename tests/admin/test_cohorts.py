"""Classes at the desk: who opens which page, what can be changed until when, tables that sort, filter and go out."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from quizzes.admin import desk
from quizzes.domain.tables import BOM
from quizzes.models import Assignment, Attempt, Cohort, Membership, User
from quizzes.services.accounts import make_instructor
from tests.factories import (
    T0,
    make_assignment,
    make_attempt,
    make_blueprint,
    make_cohort,
    make_guest,
    make_learner,
    make_lesson,
    make_member,
    make_topic,
)

pytestmark = pytest.mark.django_db

LIST = "/admin/quizzes/cohort/"
SignIn = Callable[..., User]


@pytest.fixture
def cohort(instructor: User) -> Cohort:
    """A class of the instructor who is signed in."""
    return make_cohort(title="Evening class", instructors=[instructor])


def page_of(cohort: Cohort, name: str = "members/") -> str:
    return f"{LIST}{cohort.pk}/{name}"


def typed(instructor: User, **values: Any) -> dict[str, Any]:
    today = timezone.localdate()
    return {
        "title": "Evening class",
        "starts_on": f"{today}",
        "ends_on": f"{today + timedelta(days=30)}",
        "instructors": [instructor.pk],
        **values,
    }


def window(plan: Any, **values: Any) -> dict[str, Any]:
    now = timezone.localtime()
    return {
        "blueprint": plan.pk, "opens_at": f"{now:%Y-%m-%dT%H:%M}", "closes_at": f"{now + timedelta(days=2):%Y-%m-%dT%H:%M}", "attempts_allowed": "2",
        "note": "", **values,
    }  # fmt: skip


# -- opening a class -------------------------------------------------------------------------------------------------


def test_an_instructor_opens_a_class_and_gets_its_code(client: Client, instructor: User):
    colleague = make_learner(username="colleague", is_staff=True)
    page = client.post(f"{LIST}add/", typed(instructor, instructors=[instructor.pk, colleague.pk]), follow=True)
    cohort = Cohort.objects.get()
    assert f"with the code {cohort.shown_code}." in page.text
    assert set(cohort.instructors.all()) == {instructor, colleague}
    assert page.redirect_chain[-1][0] == page_of(cohort)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"title": ""}, "Give the class a name."),
        ({"starts_on": "soon"}, "Write the day as 2026-11-24."),
        ({"ends_on": ""}, "Choose the last day."),
        ({"starts_on": "2098-01-02", "ends_on": "2098-01-01"}, "The last day lies before the first."),
        ({"starts_on": "2020-01-01", "ends_on": "2020-01-02"}, "This day has passed already"),
        ({"instructors": []}, "Choose at least one instructor."),
    ],
)
def test_what_is_wrong_is_told_at_its_field(client: Client, instructor: User, values: Any, sentence: str):
    response = client.post(f"{LIST}add/", typed(instructor, **values))
    assert (response.status_code, sentence in response.text) == (422, True)
    assert not Cohort.objects.exists()


def test_an_instructor_cannot_lock_themselves_out(client: Client, instructor: User, cohort: Cohort):
    other = make_learner(username="colleague", is_staff=True)
    response = client.post(page_of(cohort, "change/"), typed(instructor, instructors=[other.pk]))
    assert (response.status_code, "Keep yourself among them" in response.text) == (422, True)
    assert list(cohort.instructors.all()) == [instructor]


def test_a_learner_cannot_be_made_to_teach(client: Client, instructor: User):
    assert client.post(f"{LIST}add/", typed(instructor, instructors=[instructor.pk, make_learner().pk])).status_code == 422


def test_a_class_cannot_end_before_its_exams_do(client: Client, instructor: User, cohort: Cohort):
    today = timezone.localdate()
    end_of = timezone.make_aware(timezone.datetime.combine(today + timedelta(days=5), timezone.datetime.min.time()))
    make_assignment(cohort, closes_at=end_of)
    for days, status in ((3, 422), (4, 302)):
        assert client.post(page_of(cohort, "change/"), typed(instructor, ends_on=f"{today + timedelta(days=days)}")).status_code == status


# -- who opens which page --------------------------------------------------------------------------------------------

PAGES = [
    "change/", "history/", "delete/", "members/", "members/{member}/", "members/{member}/lessons/", "members/{member}/removal/", "progress/",
    "lessons/", "exams/", "exams/add/", "exams/{exam}/", "exams/{exam}/change/", "exams/{exam}/delete/", "code/", "closing/",
]  # fmt: skip


def test_the_pages_of_a_class_are_those_that_are_tried_here():
    model_admin = desk._registry[Cohort]
    known = {f"<int:pk>/{page}".replace("{member}", "<int:member>").replace("{exam}", "<int:exam>") for page in PAGES}
    own = {str(url.pattern) for url in model_admin.get_urls() if "<int:pk>" in str(url.pattern)}
    assert own <= known
    assert len(own) == 13


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("visitor", 302),
        ("guest", 302),
        ("learner", 403),
        ("member", 403),
        ("other instructor", 404),
        ("instructor", 200),
        ("superuser", 200),
    ],
)
def test_a_class_opens_to_those_who_teach_it_alone(client: Client, sign_in: SignIn, who: str, status: int):
    ines, other = make_learner(username="ines"), make_learner(username="other")
    for person in (ines, other):
        make_instructor(user=person)
    cohort = make_cohort(title="Evening class", instructors=[ines])
    stay, assignment = make_member(cohort), make_assignment(cohort)
    people = {
        "guest": make_guest, "learner": make_learner, "member": lambda: stay.learner, "other instructor": lambda: other, "instructor": lambda: ines,
        "superuser": lambda: make_learner(is_staff=True, is_superuser=True),
    }  # fmt: skip
    if who in people:
        sign_in(client, people[who]())
    for page in PAGES:
        address = page_of(cohort, page.format(member=stay.pk, exam=assignment.pk))
        expected = 403 if page == "delete/" and status == 200 else status  # it has a member
        assert client.get(address).status_code == expected, page
        assert client.get(f"{address}?format=csv").status_code == expected, page
        if status != 200:
            assert client.post(address, {"post": "yes", "title": "Mine"}).status_code == status, page
    if status != 200:
        cohort.refresh_from_db()
        assert (cohort.title, cohort.closed_at, Assignment.objects.count(), Membership.objects.current().count()) == (
            "Evening class",
            None,
            1,
            1,
        )
    names = client.get(LIST).text if status in (200, 404) else ""
    assert ("Evening class" in names) == (status == 200)


def test_a_member_or_an_exam_of_another_class_is_not_found_through_the_own_one(client: Client, cohort: Cohort):
    elsewhere = make_cohort()
    stay, assignment, gone = make_member(elsewhere), make_assignment(elsewhere), make_member(cohort, left_at=T0)
    for page in (
        f"members/{stay.pk}/", f"members/{stay.pk}/removal/", f"members/{stay.pk}/lessons/", f"members/{gone.pk}/", f"exams/{assignment.pk}/",
        f"exams/{assignment.pk}/change/", f"exams/{assignment.pk}/delete/",
    ):  # fmt: skip
        assert client.get(page_of(cohort, page)).status_code == 404, page
        assert client.post(page_of(cohort, page)).status_code == 404, page


@pytest.mark.parametrize("address", ["999999/members/", "99999999999999999999999/members/", "abc/change/", "999999/change/"])
def test_a_class_that_never_was_is_not_found(client: Client, instructor: User, address: str):
    assert client.get(LIST + address).status_code == 404


# -- tables ----------------------------------------------------------------------------------------------------------


def names(page: str) -> list[str]:
    return re.findall(r'<th scope="row"[^>]*>(?:<a[^>]*>)?([^<]+)', page)


@pytest.fixture
def people(cohort: Cohort) -> Cohort:
    for n, name in enumerate(("zoe", "anna", "ben")):
        stay = make_member(cohort, make_learner(username=name), joined_at=T0 + timedelta(days=n))
        if name != "ben":
            make_attempt(learner=stay.learner, mode="practice", slots=0, started_at=T0 + timedelta(days=5), submitted_at=T0 + timedelta(days=5), finish_reason="completed")  # fmt: skip
    return cohort


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["anna", "ben", "zoe"]),
        ("?sort=-name", ["zoe", "ben", "anna"]),
        ("?sort=joined", ["zoe", "anna", "ben"]),
        ("?q=AN", ["anna"]),
        ("?state=new", ["ben"]),
        ("?state=started&sort=-joined", ["anna", "zoe"]),
        ("?q=nobody", []),
        ("?sort=evil&state=evil", ["anna", "ben", "zoe"]),
    ],
)
def test_members_sort_and_filter_by_links_and_go_out_as_they_stand(client: Client, people: Cohort, query: str, expected: list[str]):
    assert names(client.get(page_of(people) + query).text) == expected
    file = client.get(f"{page_of(people)}{query or '?'}&format=csv")
    assert file["Content-Type"] == "text/csv; charset=utf-8"
    assert re.fullmatch(r'attachment; filename="evening-class-members-\d{4}-\d\d-\d\d\.csv"', file["Content-Disposition"])
    text = file.content.decode()
    assert text.startswith(BOM)
    rows = list(csv.DictReader(io.StringIO(text.removeprefix(BOM), newline="")))
    assert [row["Name"] for row in rows] == expected


def test_a_heading_says_how_the_table_is_sorted_and_keeps_the_filter(client: Client, people: Cohort):
    page = client.get(f"{page_of(people)}?q=a&sort=name").text
    assert re.search(r'<th scope="col" aria-sort="ascending"><a href="\?q=a&amp;sort=-name">Name', page)
    assert 'href="?q=a&amp;sort=joined"' in page
    assert "1 of 3 rows" in page


def test_a_name_that_would_be_a_formula_goes_out_as_a_name(client: Client, cohort: Cohort):
    make_member(cohort, make_learner(first_name='=HYPERLINK("https://evil.example")', username="mallory"))
    make_member(cohort, make_learner(username="+sum"))
    text = client.get(f"{page_of(cohort)}?format=csv").content.decode()
    rows = list(csv.reader(io.StringIO(text.removeprefix(BOM), newline="")))
    assert {row[0] for row in rows[1:]} == {'\'=HYPERLINK("https://evil.example")', "'+sum"}
    assert {row[1] for row in rows[1:]} == {"mallory", "'+sum"}


def test_a_name_with_markup_stays_a_name(client: Client, cohort: Cohort):
    make_member(cohort, make_learner(first_name="<script>alert(1)</script>"))
    page = client.get(page_of(cohort)).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


@pytest.mark.parametrize(
    "page", ["members/", "progress/", "lessons/", "exams/", "exams/{exam}/", "members/{member}/", "members/{member}/lessons/"]
)
def test_every_table_sorts_by_each_of_its_columns_and_goes_out(client: Client, people: Cohort, page: str):
    make_topic("a", "Alpha"), make_topic("b", "Beta"), make_lesson("one"), make_lesson("two")
    assignment = make_assignment(people)
    address = page_of(people, page.format(exam=assignment.pk, member=people.memberships.first().pk))  # type: ignore[union-attr]
    html = client.get(address).text
    links = re.findall(r'<th scope="col"[^>]*><a href="(\?sort=[^"]+)">', html)
    assert len(links) >= 4
    for link in links:
        assert client.get(address + link).status_code == 200
    assert "Export these rows as CSV" in html
    assert client.get(f"{address}?format=csv").content.count(b"\r\n") >= 2


def cost(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_every_page_costs_the_same_with_one_member_and_with_many(client: Client, cohort: Cohort):
    assignment, first = make_assignment(cohort), make_member(cohort)
    make_topic(), make_lesson()
    pages = [page_of(cohort, page.format(exam=assignment.pk, member=first.pk)) for page in PAGES if page not in ("delete/", "history/")] + [
        LIST
    ]
    client.get(pages[0])  # reads once per process which types of content there are
    one = {page: cost(client, page) for page in pages}
    for n in range(20):
        stay = make_member(cohort, User.objects.create(username=f"many-{n}"))
        make_attempt(
            learner=stay.learner, assignment=assignment, slots=0, submitted_at=T0, finish_reason="handed in", right=1, scored=1, scaled=700
        )
    make_cohort(instructors=cohort.instructors.all())
    assert {page: cost(client, page) for page in pages} == one
    assert max(one.values()) <= 12


# -- exams -----------------------------------------------------------------------------------------------------------


def test_an_exam_is_assigned_and_its_window_changed(client: Client, cohort: Cohort):
    plan = make_blueprint(title="Final rehearsal", is_open=False)
    page = client.post(page_of(cohort, "exams/add/"), window(plan, note="Bring tea."), follow=True)
    assignment = Assignment.objects.get()
    assert (assignment.cohort, assignment.attempts_allowed, assignment.note) == (cohort, 2, "Bring tea.")
    assert "Assigned." in page.text
    client.post(page_of(cohort, f"exams/{assignment.pk}/change/"), window(plan, attempts_allowed="3"))
    assignment.refresh_from_db()
    assert (assignment.attempts_allowed, assignment.note) == (3, "")


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"blueprint": ""}, "Choose an exam."),
        ({"blueprint": "999999"}, "Choose one of the exams."),
        ({"opens_at": ""}, "Say when it opens."),
        ({"closes_at": "tomorrow"}, "Write it as 2026-11-24 17:00."),
        ({"closes_at": "2020-01-01T00:00"}, "It closes before it opens."),
        ({"closes_at": "2100-01-01T00:01"}, "The class ends on 31 Dec 2099."),
        ({"attempts_allowed": "0"}, "Allow 1 to 20 attempts."),
        ({"attempts_allowed": "21"}, "Allow 1 to 20 attempts."),
        ({"note": "x" * 301}, "at most 300 characters"),
    ],
)
def test_a_window_that_cannot_be_is_told_at_its_field(client: Client, cohort: Cohort, values: Any, sentence: str):
    response = client.post(page_of(cohort, "exams/add/"), window(make_blueprint(), **values))
    assert (response.status_code, sentence in response.text) == (422, True)
    assert not Assignment.objects.exists()


def test_an_exam_that_was_begun_stays_this_exam_and_running_ones_follow_its_window(client: Client, cohort: Cohort):
    now = timezone.now()
    assignment = make_assignment(cohort, closes_at=now + timedelta(minutes=10))
    exam = make_attempt(
        learner=make_member(cohort).learner, assignment=assignment, blueprint=assignment.blueprint, slots=0, started_at=now, minutes=30
    )
    Attempt.objects.update(deadline_at=now + timedelta(minutes=10))
    page = client.post(page_of(cohort, f"exams/{assignment.pk}/change/"), window(make_blueprint()), follow=True).text
    assert "1 running exam has a new end." in page
    exam.refresh_from_db()
    assert exam.deadline_at == now + timedelta(minutes=30)
    assert Assignment.objects.get().blueprint == assignment.blueprint
    assert "stays, with its results" in client.get(page_of(cohort, f"exams/{assignment.pk}/delete/")).text
    assert client.post(page_of(cohort, f"exams/{assignment.pk}/delete/")).status_code == 409


def test_an_exam_that_nobody_began_is_taken_back_after_asking(client: Client, cohort: Cohort):
    address = page_of(cohort, f"exams/{make_assignment(cohort).pk}/delete/")
    assert "nothing is lost" in client.get(address).text
    assert Assignment.objects.exists()
    client.post(address)
    assert not Assignment.objects.exists()


def test_results_close_first_what_ran_out_of_time(client: Client, cohort: Cohort):
    assignment = make_assignment(cohort)
    make_attempt(
        learner=make_member(cohort).learner,
        assignment=assignment,
        blueprint=assignment.blueprint,
        slots=2,
        started_at=T0 - timedelta(days=900),
    )
    assert "Not passed" in client.get(page_of(cohort, f"exams/{assignment.pk}/")).text
    assert Attempt.objects.get().finish_reason == "expired"


def test_a_plan_that_a_class_is_to_sit_is_not_deleted(client: Client, cohort: Cohort):
    plan = make_assignment(cohort).blueprint
    assert client.post(f"/admin/quizzes/blueprint/{plan.pk}/delete/", {"post": "yes"}).status_code == 403


# -- what asks first, and can be taken back --------------------------------------------------------------------------


def test_the_code_is_renewed_after_asking(client: Client, cohort: Cohort):
    old = cohort.code
    assert "stops working at once" in client.get(page_of(cohort, "code/")).text
    cohort.refresh_from_db()
    assert cohort.code == old
    page = client.post(page_of(cohort, "code/"), follow=True).text
    cohort.refresh_from_db()
    assert cohort.code != old
    assert f"The code is {cohort.shown_code} now" in page


def test_a_member_is_taken_out_after_asking(client: Client, cohort: Cohort):
    stay = make_member(cohort, make_learner(username="anna"))
    address = page_of(cohort, f"members/{stay.pk}/removal/")
    assert "With the join code they can come back" in client.get(address).text
    assert Membership.objects.current().exists()
    client.post(address)
    assert not Membership.objects.current().exists()
    assert not LogEntry.objects.filter(change_message__contains="anna").exists()


def test_a_class_is_closed_after_asking_and_opened_again(client: Client, cohort: Cohort):
    address = page_of(cohort, "closing/")
    assert "until 31 Dec 2099 you can open it again" in client.get(address).text
    client.post(address)
    cohort.refresh_from_db()
    assert cohort.closed_at is not None
    assert "Closed on" in client.get(page_of(cohort)).text
    client.post(address)
    cohort.refresh_from_db()
    assert cohort.closed_at is None


def test_a_class_is_deleted_while_nobody_ever_joined_and_only_closed_afterwards(client: Client, cohort: Cohort):
    make_assignment(cohort)
    other = make_member(make_cohort(instructors=cohort.instructors.all()), left_at=T0).cohort
    assert "and the exams assigned to it" in client.get(page_of(cohort, "delete/")).text
    for one, status in ((cohort, 302), (other, 403)):
        assert client.post(page_of(one, "delete/"), {"post": "yes"}).status_code == status
    assert list(Cohort.objects.all()) == [other]


@pytest.mark.parametrize("values", [{"ends_on": date(2020, 12, 31)}, {"closed_at": T0}], ids=["over", "closed"])
def test_after_its_end_a_class_is_read_and_exported_and_nothing_changes(client: Client, cohort: Cohort, values: Any):
    stay, assignment, plan = make_member(cohort), make_assignment(cohort), make_blueprint()
    Cohort.objects.update(**values)
    before = [Cohort.objects.values().get(), Assignment.objects.values().get(), Membership.objects.values().get()]
    for page in ("members/", "progress/", "lessons/", "exams/", f"exams/{assignment.pk}/", f"members/{stay.pk}/", "change/"):
        assert client.get(page_of(cohort, page)).status_code == 200, page
    assert client.get(f"{page_of(cohort)}?format=csv").status_code == 200
    for page, sent, status in (
        ("code/", {}, 409), (f"members/{stay.pk}/removal/", {}, 409), ("exams/add/", window(plan), 409), (f"exams/{assignment.pk}/delete/", {}, 409),
        (f"exams/{assignment.pk}/change/", window(plan), 409), ("change/", typed(cohort.instructors.get()), 403),
    ):  # fmt: skip
        assert client.post(page_of(cohort, page), sent).status_code == status, page
    assert [Cohort.objects.values().get(), Assignment.objects.values().get(), Membership.objects.values().get()] == before


def test_a_class_that_is_over_is_not_opened_again(client: Client, cohort: Cohort):
    Cohort.objects.update(ends_on=date(2020, 12, 31), closed_at=T0)
    assert client.post(page_of(cohort, "closing/")).status_code == 409


# -- time in exams ---------------------------------------------------------------------------------------------------


def test_time_in_exams_is_set_from_the_class_and_leads_back_to_it(client: Client, cohort: Cohort):
    stay = make_member(cohort)
    link = re.search(r'href="(/admin/quizzes/learner/[^"]+)"', client.get(page_of(cohort, f"members/{stay.pk}/")).text)
    assert link
    response = client.post(link[1], {"time_factor": "1.5", "extra_minutes": "0", "_save": ""})
    assert response["Location"] == page_of(cohort)
    stay.learner.refresh_from_db()
    assert stay.learner.time_factor == "1.5"
    assert "1.5 ×" in client.get(page_of(cohort)).text


@pytest.mark.parametrize("cohort_asked", ["999999", "https://evil.example", "9" * 30])
def test_setting_time_leads_nowhere_else(client: Client, cohort: Cohort, cohort_asked: str):
    learner = make_member(cohort).learner
    response = client.post(
        f"/admin/quizzes/learner/{learner.pk}/change/?cohort={cohort_asked}", {"time_factor": "2", "extra_minutes": "0", "_save": ""}
    )
    assert response["Location"] == "/admin/quizzes/learner/"


# -- on a phone ------------------------------------------------------------------------------------------------------


def test_a_cell_names_its_column_and_a_list_offers_what_the_headings_do(client: Client, people: Cohort):
    page = client.get(page_of(people) + "?sort=name").text
    assert '<td class="num" data-label="Sessions">0</td>' in page
    sorts = page.partition('<details class="sorts">')[2].partition("</details>")[0]
    assert sorts.count("<li>") == page.count('<th scope="col"')
    assert 'aria-current="true">Name <span class="soft">upwards</span>' in sorts
    make_lesson()
    assert '<label for="q">Lesson</label>' in client.get(page_of(people, "lessons/")).text


def test_a_question_names_what_it_is_about(client: Client, instructor: User, cohort: Cohort):
    exam = make_assignment(cohort)
    assert f"Close “{cohort.title}”?" in client.get(page_of(cohort, "closing/")).text
    assert f"Change the window of {exam.blueprint.title}" in client.get(page_of(cohort, f"exams/{exam.pk}/change/")).text
    form = client.get(page_of(cohort, "change/")).text
    assert form.index('name="_save"') < form.index("Close the class …")
