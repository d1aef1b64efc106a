"""Long runs of statistics: the same figures in portions, in two tabs, and after being killed in the middle."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import count

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from quizzes.domain.statistics.parts import added, pack
from quizzes.models import ExamStatistics, ItemStatistics, KeyMending, Question, StatisticsPart, StatisticsRun
from quizzes.services import statistics
from quizzes.services import statistics_runs as runs
from quizzes.services.statistics_runs import NotRunning
from tests.factories import T0, compute_now, make_bank, make_blueprint, make_sittings

pytestmark = pytest.mark.django_db

ANSWERS = [["b", "b", "c"]] * 8 + [["b", "b", "b"]] * 4 + [["a", "b", "b"]] * 6 + [["c", "a", "b"]] * 4 + [["", "b", "b"]] * 2


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "CHUNK", 5)


@pytest.fixture
def questions() -> list[Question]:
    found = make_bank(3)
    make_sittings(found, ANSWERS)
    return found


def ticking() -> Callable[[], float]:
    """A clock that is over every budget at the second look."""
    ticks = count()
    return lambda: float(next(ticks) * 10)


def portion(run: StatisticsRun, **values: object) -> StatisticsRun:
    return runs.move_on(**{"run": run, "now": T0, "clock": ticking(), **values})  # type: ignore[arg-type]


def to_the_end(run: StatisticsRun) -> StatisticsRun:
    for _ in range(50):
        if not run.is_running:
            break
        run = portion(run)
    return run


def kept() -> list[object]:
    items = ItemStatistics.objects.order_by("version").values_list("n", "figures", "flags")
    exams = ExamStatistics.objects.order_by("blueprint").values_list("n", "figures")
    return rounded([list(row) for row in (*items, *exams)])  # type: ignore[return-value]


def test_portions_give_the_figures_of_one_go(questions: list[Question]):
    make_sittings(questions[:2], [["b", "a"]] * 7, blueprint=make_blueprint(2))
    compute_now(now=T0)
    whole = kept()
    ItemStatistics.objects.all().delete()
    ExamStatistics.objects.all().delete()
    seen, run = [], runs.start_run(by=None, now=T0)
    while run.is_running:
        run = portion(run)
        seen.append((run.state, run.done, run.of))
    assert seen == [*(("running", done, 31) for done in (5, 10, 15, 20, 25, 30, 31)), ("done", 31, 31)]
    assert (run.versions, run.finished_at) == (3, T0)
    assert kept() == whole
    assert not StatisticsPart.objects.exists()


def rounded(value: object) -> object:
    """Sums in another order differ in the last bits."""
    if isinstance(value, float):
        return round(value, 9)
    if isinstance(value, dict):
        return {key: rounded(inner) for key, inner in value.items()}
    return [rounded(inner) for inner in value] if isinstance(value, list) else value


def test_a_budget_that_lasts_does_it_all_at_once(questions: list[Question]):
    run = runs.go_on(run=runs.start_run(by=None, now=T0), now=T0, clock=lambda: 0.0)
    assert (run.state, run.done) == ("done", 24)


def test_nobody_sat_anything():
    run = to_the_end(runs.start_run(by=None, now=T0))
    assert (run.state, run.done, run.of, run.versions) == ("done", 0, 0, 0)


def test_a_second_start_is_the_run_that_goes_on(questions: list[Question]):
    first = portion(runs.start_run(by=None, now=T0))
    assert runs.start_run(by=None, now=T0).pk == first.pk
    assert to_the_end(first).state == "done"
    assert runs.start_run(by=None, now=T0).pk != first.pk


def test_another_tab_counts_nothing_while_one_is_at_it(questions: list[Question]):
    run = runs.start_run(by=None, now=T0)

    def meanwhile() -> float:
        assert portion(run).done == 0
        return 0.0

    runs.move_on(run=run, now=T0, clock=meanwhile, budget_s=-1)
    assert StatisticsRun.objects.get().done == 5


def test_whoever_comes_late_is_not_counted_twice(questions: list[Question]):
    """The first request hangs longer than anybody waits, another one does its portion, then the first one comes to its end."""
    run = runs.start_run(by=None, now=T0)
    calls = count()

    def slow() -> float:
        if next(calls) == 1:
            assert portion(run, now=T0 + runs.CLAIM * 2).done == 5
        return 0.0

    runs.move_on(run=run, now=T0, clock=slow, budget_s=0)
    assert (StatisticsRun.objects.get().done, StatisticsPart.objects.count()) == (5, 1)
    assert to_the_end(StatisticsRun.objects.get()).done == 24
    assert ItemStatistics.objects.filter(n=24).count() == 3


def test_a_run_that_was_killed_goes_on_where_it_stopped(questions: list[Question]):
    run = portion(runs.start_run(by=None, now=T0))
    StatisticsRun.objects.update(claimed_until=T0 + runs.CLAIM)  # the process died with its claim
    assert portion(run).done == 5
    assert portion(run, now=T0 + runs.CLAIM + timedelta(seconds=1)).done == 10


def test_a_fault_is_told_and_leaves_the_figures_from_before(questions: list[Question], monkeypatch: pytest.MonkeyPatch):
    compute_now(now=T0)
    run = portion(runs.start_run(by=None, now=T0))
    with monkeypatch.context() as broken:
        broken.setattr(statistics, "read", lambda rows, held: (_ for _ in ()).throw(RuntimeError("the disk is full")))
        with pytest.raises(RuntimeError):
            portion(run)
    failed = StatisticsRun.objects.get()
    assert (failed.state, failed.error) == ("failed", "RuntimeError: the disk is full")
    assert not StatisticsPart.objects.exists()
    assert ItemStatistics.objects.count() == 3
    assert runs.start_run(by=None, now=T0).pk != run.pk


def test_a_key_mended_in_the_middle_begins_the_count_again(questions: list[Question]):
    run = portion(runs.start_run(by=None, now=T0))
    mending = KeyMending.objects.create(question=questions[2], kind="change", answers=[["c"]], reason="c holds.", made_at=T0)
    mending.versions.add(questions[2].current)  # type: ignore[arg-type]
    assert (portion(run).done, StatisticsPart.objects.count()) == (0, 0)
    assert to_the_end(StatisticsRun.objects.get()).done == 24
    assert ItemStatistics.objects.get(version=questions[2].current).facility == pytest.approx(8 / 24)


def test_exams_finished_after_the_start_wait_for_the_next_run(questions: list[Question]):
    run = runs.start_run(by=None, now=T0)
    make_sittings(questions, ANSWERS[:3])
    assert to_the_end(run).done == 24


def test_a_stopped_run_is_over(questions: list[Question]):
    run = portion(runs.start_run(by=None, now=T0))
    assert runs.stop_run(run=run, now=T0).state == "stopped"
    assert portion(run).done == 5
    with pytest.raises(NotRunning):
        runs.stop_run(run=run, now=T0)


def test_a_portion_costs_the_same_with_one_question_and_with_many():
    def cost(size: int) -> int:
        StatisticsRun.objects.all().delete()
        make_sittings(make_bank(size), [["b"] * size] * 5)
        run = runs.start_run(by=None, now=T0)
        with CaptureQueriesContext(connection) as sent:
            portion(run)
        return len(sent)

    assert cost(1) == cost(9)


def test_counts_survive_being_packed(questions: list[Question]):
    counted = statistics.Count(statistics.held())
    for sitting in statistics.sittings():
        counted.add(sitting)
    (tally,) = counted.exams.values()
    (again,) = added([pack(counted.exams)]).values()
    assert again.items() == tally.items()
    assert again.scores() == tally.scores()
