"""Long runs of statistics: a row that requests work off in portions. Safe in two tabs, and when killed in the middle."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Count, F, Max, Q

from quizzes.domain.errors import Refusal
from quizzes.domain.statistics.parts import added, pack
from quizzes.models import Attempt, KeyMending, StatisticsPart, StatisticsRun, User
from quizzes.services import statistics

#: Seconds that a portion takes, and how many sittings are looked up for it at most.
BUDGET_S, MOST_OF_ONE = 2.0, 20_000
#: How long a portion is waited for before somebody else may do it.
CLAIM = timedelta(seconds=60)

State = StatisticsRun.State


class NotRunning(Refusal):
    """A run that is over."""

    code = "not-running"


def start_run(*, by: User | None, now: datetime) -> StatisticsRun:
    """Begin to count what everybody answered up to now. The run that goes on already, where there is one."""
    running = StatisticsRun.objects.filter(state=State.RUNNING).first()
    if running is not None:
        return running
    first = Attempt.objects.filter(pk__in=Attempt.objects.first_finished().values("pk"))
    whole = first.aggregate(of=Count("pk"), last=Max("pk"))
    try:
        with transaction.atomic():
            return StatisticsRun.objects.create(
                started_by=by, started_at=now, moved_at=now, of=whole["of"], last=whole["last"] or 0, stamp=_stamp()
            )
    except IntegrityError:  # another tab was first
        return StatisticsRun.objects.get(state=State.RUNNING)


def move_on(*, run: StatisticsRun, now: datetime, clock: Callable[[], float], budget_s: float = BUDGET_S) -> StatisticsRun:
    """Count the next portion, for about `budget_s` seconds of `clock`; with the last one the figures are kept as the day's snapshot.

    Nothing is locked while it counts. Who comes while another request counts gets the run as it stands; a request that was given up by
    time, and comes back all the same, finds the place moved on and is not counted twice.
    """
    if not _claim(run, now):
        return StatisticsRun.objects.get(pk=run.pk)
    run = StatisticsRun.objects.get(pk=run.pk)
    try:
        if run.stamp != _stamp():
            _begin_again(run, now)
        elif run.upto < run.last:
            _count_portion(run, now, clock, budget_s)
        else:
            _finish(run, now)
    except Exception as fault:
        StatisticsRun.objects.filter(pk=run.pk, state=State.RUNNING).update(
            state=State.FAILED, finished_at=now, claimed_until=None, error=f"{type(fault).__name__}: {fault}"[:2_000]
        )
        StatisticsPart.objects.filter(run=run).delete()
        raise
    return StatisticsRun.objects.get(pk=run.pk)


def go_on(*, run: StatisticsRun, now: datetime, clock: Callable[[], float], budget_s: float = BUDGET_S) -> StatisticsRun:
    """Portions one after the other while the budget lasts; a small run is done in one go."""
    began = clock()
    while run.is_running and (left := budget_s - (clock() - began)) > 0:
        before = (run.stamp, run.upto)
        run = move_on(run=run, now=now, clock=clock, budget_s=left)
        if (run.stamp, run.upto) == before:  # another tab is at it
            break
    return run


def stop_run(*, run: StatisticsRun, now: datetime) -> StatisticsRun:
    """Give a run up. The figures that were there before stay. Raises NotRunning where it is over."""
    with transaction.atomic():
        stopped = StatisticsRun.objects.filter(pk=run.pk, state=State.RUNNING).update(
            state=State.STOPPED, finished_at=now, claimed_until=None
        )
        if not stopped:
            raise NotRunning(
                "This run is over already. Its figures, if it came to the end, are kept. Start another one if you need newer ones."
            )
        StatisticsPart.objects.filter(run=run).delete()
    return StatisticsRun.objects.get(pk=run.pk)


def _stamp() -> str:
    """Changes with every mending and every undoing: counts before and after one do not add up."""
    found = KeyMending.objects.aggregate(all=Count("pk"), undone=Count("pk", filter=Q(undone_at__isnull=False)))
    return f"{found['all']}:{found['undone']}"


def _claim(run: StatisticsRun, now: datetime) -> bool:
    free = Q(claimed_until=None) | Q(claimed_until__lt=now)
    return bool(StatisticsRun.objects.filter(free, pk=run.pk, state=State.RUNNING).update(claimed_until=now + CLAIM))


def _moved(run: StatisticsRun, **values: object) -> bool:
    """Write where the run stands, if nobody moved it meanwhile."""
    return bool(StatisticsRun.objects.filter(pk=run.pk, state=State.RUNNING, upto=run.upto).update(claimed_until=None, **values))


def _begin_again(run: StatisticsRun, now: datetime) -> None:
    """A key was mended in the middle."""
    with transaction.atomic():
        if _moved(run, upto=0, done=0, stamp=_stamp(), moved_at=now):
            StatisticsPart.objects.filter(run=run).delete()


def _count_portion(run: StatisticsRun, now: datetime, clock: Callable[[], float], budget_s: float) -> None:
    began = clock()
    first = Attempt.objects.first_finished().values("pk")
    rows = list(
        Attempt.objects.filter(pk__in=first, pk__gt=run.upto, pk__lte=run.last)
        .order_by("pk")
        .values_list("pk", "blueprint_id")[:MOST_OF_ONE]
    )
    held = statistics.held()
    count, done = statistics.Count(held), 0
    for chunk in statistics.read(rows, held):
        for sitting in chunk:
            count.add(sitting)
        done += len(chunk)
        if clock() - began >= budget_s:
            break
    upto = rows[done - 1][0] if done < len(rows) or len(rows) == MOST_OF_ONE else run.last
    data = pack(count.exams)
    with transaction.atomic():
        if _moved(run, upto=upto, done=F("done") + done, moved_at=now) and done:
            StatisticsPart.objects.create(run=run, upto=upto, data=data)


def _finish(run: StatisticsRun, now: datetime) -> None:
    parts = StatisticsPart.objects.filter(run=run).order_by("upto").values_list("data", flat=True)
    computed = statistics.told(added(bytes(data) for data in parts.iterator(chunk_size=1)))
    with transaction.atomic():
        if _moved(run, state=State.DONE, finished_at=now, moved_at=now, versions=len(computed.versions), of=F("done")):
            statistics.store(computed, now=now)
            StatisticsPart.objects.filter(run=run).delete()
