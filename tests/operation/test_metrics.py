"""What is counted, where, and how the counts of several processes become one."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client, override_settings
from django.urls import path
from django.utils import timezone
from prometheus_client import CollectorRegistry, generate_latest

from besa import urls as besa_urls
from besa.urls import handler400, handler500  # noqa: F401 (Django finds them by their names)
from quizzes import meter
from quizzes.domain.errors import AttemptClosed
from quizzes.models import ImportRun, Question, User
from quizzes.operation import metrics
from quizzes.operation.prometheus import Counting, Everything, keep_the_counts_of_the_dead
from quizzes.queries.operation import waiting
from quizzes.services import attempts
from tests.factories import T0, make_attempt, make_bank, make_domain, make_history, make_objective

SignIn = Callable[..., User]


def _broken(request: Any) -> None:
    raise OperationalError("server closed the connection unexpectedly")


_broken.login_required = False  # type: ignore[attr-defined]
urlpatterns = [path("broken/", _broken), *besa_urls.urlpatterns]


@pytest.fixture
def told() -> Iterator[Callable[[], dict[str, float]]]:
    """told() gives every figure that counts something, by name and labels."""
    registry = CollectorRegistry()
    meter.use(Counting(registry))
    yield lambda: {
        name: float(value)
        for name, _, value in (line.rpartition(" ") for line in generate_latest(registry).decode().splitlines() if line[0] != "#")
        if "_created" not in name
    }
    meter.use(meter.Meter())


# -- requests --------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_requests_are_counted_by_the_pattern_of_their_address(client: Client, sign_in: SignIn, told: Any):
    learner = sign_in(client)
    for _ in range(2):
        attempt = make_attempt(learner=learner, mode="practice", minutes=None, started_at=timezone.now())
        client.get(f"/attempts/{attempt.pk}/slots/1/")
    client.get("/no/such/page/")
    client.get("/another/page/")
    client.generic("BREW", "/glossary/")
    counted = told()
    place = 'method="GET",route="/attempts/<number:pk>/slots/<number:position>/"'
    assert counted[f'besa_requests_total{{{place},status="200"}}'] == 2
    assert counted[f"besa_request_seconds_count{{{place}}}"] == 2
    assert counted['besa_requests_total{method="GET",route="none",status="404"}'] == 2
    assert counted['besa_requests_total{method="other",route="/glossary/",status="405"}'] == 1
    assert len([name for name in counted if name.startswith("besa_requests_total")]) == 3, "an attacker cannot make figures"


@pytest.mark.django_db
@override_settings(ROOT_URLCONF=__name__)
def test_faults_of_the_database_are_counted(told: Any):
    assert Client(raise_request_exception=False).get("/broken/").status_code == 503
    assert told()['besa_database_errors_total{kind="OperationalError"}'] == 1


# -- saves, refusals, expiries ---------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_saves_are_counted_by_what_became_of_them(client: Client, sign_in: SignIn, told: Any):
    now = timezone.now()
    attempt = make_attempt(learner=sign_in(client), started_at=now)

    def save(answer: str, revision: int) -> int:
        fields = {"answer": answer, "revision": revision, "save_id": f"save-{answer}-{revision}-00"}
        return client.post(f"/attempts/{attempt.pk}/slots/1/draft/", fields, headers={"accept": "application/json"}).status_code

    assert [save("A", 0), save("A", 0), save("B", 1), save("C", 0)] == [200, 200, 200, 409]
    attempt.started_at, attempt.deadline_at = now - timedelta(hours=2), now - timedelta(hours=1)
    attempt.save(update_fields=["started_at", "deadline_at"])
    assert save("D", 2) == 409
    counted = told()
    assert {name: value for name, value in counted.items() if name.startswith("besa_saves")} == {
        'besa_saves_total{outcome="saved"}': 3, 'besa_saves_total{outcome="stale"}': 1, 'besa_saves_total{outcome="late"}': 1,
    }  # fmt: skip
    assert counted['besa_refusals_total{kind="stale"}'] == counted['besa_refusals_total{kind="late"}'] == 1


@pytest.mark.django_db
def test_what_a_page_still_held_counts_as_saves_too(told: Any):
    attempt = make_attempt(started_at=T0)
    held = [attempts.Waiting(1, ["A"], 0, "save-one-00"), attempts.Waiting(2, ["B"], 7, "save-two-00")]
    attempts.hand_in(learner=attempt.learner, attempt=attempt.pk, waiting=held, now=T0)
    with pytest.raises(AttemptClosed):
        attempts.save_draft(
            learner=attempt.learner, attempt=attempt.pk, position=1, letters=["B"], revision=1, save_id="save-three-00", now=T0
        )
    counted = told()
    assert [counted[f'besa_saves_total{{outcome="{outcome}"}}'] for outcome in ("saved", "stale", "closed")] == [1, 1, 1]


@pytest.mark.django_db
def test_forged_forms_are_counted_as_refusals(told: Any):
    make_bank(6)
    Client(enforce_csrf_checks=True).post("/practice/", {})
    assert told()['besa_refusals_total{kind="csrf"}'] == 1


@pytest.mark.django_db
def test_an_expiry_is_counted_once_whoever_closes(told: Any, django_capture_on_commit_callbacks: Any):
    attempt, later = make_attempt(started_at=T0, minutes=30), T0 + timedelta(hours=1)
    handed_in = make_attempt(started_at=T0, minutes=30)
    with django_capture_on_commit_callbacks(execute=True):
        attempts.hand_in(learner=handed_in.learner, attempt=handed_in.pk, now=T0)
        assert attempts.close_expired(now=later) == 1
        assert attempts.close_expired(now=later) == 0
        assert attempts.close_if_expired(attempt=attempt, now=later)
    assert told()['besa_expiries_total{mode="exam"}'] == 1


@pytest.mark.django_db
def test_nobody_counts_where_metrics_are_off(client: Client):
    assert type(meter._meter) is meter.Meter
    assert client.get("/glossary/").status_code == 200


# -- what waits ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_what_waits_is_counted_in_a_few_statements(django_assert_num_queries: Any):
    history = make_history(User.objects.create(username="waits"), now=T0)
    question = make_bank(1)[0]
    Question.objects.filter(pk=question.pk).update(review=Question.Review.ASKED)
    ImportRun.objects.create(
        file_name="a.gift", format="gift", checksum="x", data=b"q", objective=make_objective(), domain=make_domain(), created_at=T0
    )
    with django_assert_num_queries(4):
        now = waiting(now=T0)
    later = waiting(now=T0 + timedelta(days=30))
    assert (now["questions_in_review"], now["imports_to_choose_from"]) == (1, 1)
    assert now["open_attempts"] == later["open_attempts"] > now["running_exams"] == later["expired_not_closed"] > 0
    assert (later["running_exams"], now["expired_not_closed"]) == (0, 0)
    assert now["open_reports"] == history.learner.reports.filter(state="open").count()


def test_the_database_is_asked_no_more_often_than_stated_and_may_be_gone(tmp_path: Path):
    asked: list[float] = []
    moment = [100.0]

    def queues() -> dict[str, float]:
        asked.append(moment[0])
        if moment[0] > 115:
            raise OperationalError("gone")
        return {"open_reports": 4}

    registry = CollectorRegistry()
    registry.register(Everything(tmp_path, queues, clock=lambda: moment[0]))  # type: ignore[arg-type]

    def scrape() -> str:
        return generate_latest(registry).decode()

    assert 'besa_waiting{what="open_reports"} 4.0' in scrape()
    moment[0] = 105
    assert "besa_database_up 1.0" in scrape()
    moment[0] = 111
    scrape()
    moment[0] = 122
    gone = scrape()
    assert "besa_database_up 0.0" in gone
    assert "open_reports" not in gone
    assert asked == [100, 111, 122]


# -- several processes -----------------------------------------------------------------------------------------------

COUNT = """
import sys
from pathlib import Path
from quizzes import meter
from quizzes.operation import metrics
metrics.count_in(Path(sys.argv[1]))
meter.expiry("exam"); meter.save("saved"); meter.save("saved")
"""


def test_the_counts_of_processes_that_have_ended_are_kept_in_one_place(tmp_path: Path):
    """As a timer leaves them that runs a command each minute."""
    for _ in range(2):
        subprocess.run([sys.executable, "-c", COUNT, str(tmp_path)], cwd=Path(__file__).parents[2], check=True)
    assert len(list(tmp_path.glob("*.db"))) == 2
    registry = CollectorRegistry()
    registry.register(Everything(tmp_path, dict))  # type: ignore[arg-type]
    for _ in range(2):
        text = generate_latest(registry).decode()
        assert 'besa_saves_total{outcome="saved"} 4.0' in text
        assert 'besa_expiries_total{mode="exam"} 2.0' in text
        assert "besa_processes 0.0" in text
    assert [file.name for file in tmp_path.glob("*.db")] == ["counter_gone.db"]
    (tmp_path / f"counter_{os.getpid()}.db").write_bytes((tmp_path / "counter_gone.db").read_bytes())
    keep_the_counts_of_the_dead(tmp_path)
    assert (tmp_path / f"counter_{os.getpid()}.db").exists(), "this process lives"
    text = generate_latest(registry).decode()
    assert 'besa_saves_total{outcome="saved"} 8.0' in text
    assert "besa_processes 1.0" in text
    metrics.empty(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_folder_of_somebody_else_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert not metrics.made(tmp_path / "link")
    assert metrics.made(tmp_path / "real")
    assert metrics.made(tmp_path / "new")
    assert (tmp_path / "new").stat().st_mode & 0o077 == 0
    (tmp_path / "file").write_text("")
    assert not metrics.made(tmp_path / "file" / "below")
    monkeypatch.setattr(os, "getuid", lambda: 4711)
    assert not metrics.made(tmp_path / "real")


# -- the document ----------------------------------------------------------------------------------------------------


def test_the_document_lists_every_figure(tmp_path: Path):
    registry = CollectorRegistry()
    counting = Counting(registry)
    counting.request(route="/", method="GET", status=200, seconds=0.01)
    for verb in (counting.save, counting.expiry, counting.refusal, counting.database_error):
        verb("x")
    registry.register(Everything(tmp_path, lambda: {"open_reports": 1}))  # type: ignore[arg-type]
    told = set(re.findall(r"^# TYPE (\w+)", generate_latest(registry).decode(), re.M))
    told = {name for name in told if not name.endswith("_created")}
    listed = set(re.findall(r"^\| `(\w+)` \|", Path("docs/metrics.md").read_text(), re.M))
    assert listed == told


@pytest.mark.django_db
def test_the_document_lists_all_that_waits():
    [row] = re.findall(r"^\| `besa_waiting` .*$", Path("docs/metrics.md").read_text(), re.M)
    assert set(waiting(now=T0)) <= set(re.findall(r"`(\w+)`", row))
