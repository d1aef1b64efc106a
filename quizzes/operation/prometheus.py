"""Metrics with prometheus_client: every process of the server counts into files of its own, and one exporter adds them up.

Whatever goes wrong while counting is dropped: a number that is missing must not cost anybody an answer.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector

from quizzes import meter
from quizzes.operation.metrics import made
from quizzes.operation.processes import lives

#: Bounds of the histogram; docs/metrics.md says what every figure means.
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5, 5, 10)
#: What is asked of the database is kept so long, however often somebody scrapes.
KEPT_S = 10
#: The counts of processes that have ended lie in files of this name.
_GONE = "gone"

Reading = Callable[[], Mapping[str, float]]


# -- counting --------------------------------------------------------------------------------------------------------


class Counting(meter.Meter):
    """Counts with prometheus_client."""

    def __init__(self, registry: Any = None) -> None:
        registry = registry or CollectorRegistry()
        self._requests = Counter("besa_requests", "Requests answered.", ["route", "method", "status"], registry=registry)
        self._seconds = Histogram(
            "besa_request_seconds", "How long answers took, in seconds.", ["route", "method"], buckets=SECONDS, registry=registry
        )
        self._saves = Counter("besa_saves", "Saves of running exams, by what became of them.", ["outcome"], registry=registry)
        self._expiries = Counter("besa_expiries", "Attempts closed because their time was up.", ["mode"], registry=registry)
        self._refusals = Counter("besa_refusals", "Refusals told to people, by their code.", ["kind"], registry=registry)
        self._database = Counter("besa_database_errors", "Faults of the database under a request.", ["kind"], registry=registry)
        self._known: dict[tuple[Any, ...], Any] = {}

    def request(self, *, route: str, method: str, status: int, seconds: float) -> None:
        with suppress(OSError, ValueError):
            self._child(self._requests, route, method, status).inc()
            self._child(self._seconds, route, method).observe(seconds)

    def save(self, outcome: str) -> None:
        self._add(self._saves, outcome)

    def expiry(self, mode: str) -> None:
        self._add(self._expiries, mode)

    def refusal(self, kind: str) -> None:
        self._add(self._refusals, kind)

    def database_error(self, kind: str) -> None:
        self._add(self._database, kind)

    def _add(self, metric: Any, *labels: Any) -> None:
        with suppress(OSError, ValueError):
            self._child(metric, *labels).inc()

    def _child(self, metric: Any, *labels: Any) -> Any:
        """The counter behind these labels; finding it once costs as much as counting ten times."""
        key = (metric._name, *labels)
        child = self._known.get(key)
        if child is None:
            child = self._known[key] = metric.labels(*labels)
        return child


# -- telling ---------------------------------------------------------------------------------------------------------


def export(*, host: str, port: int, place: Path, queues: Reading) -> tuple[Any, threading.Thread]:
    """Answer scrapes from a thread of its own. Raises OSError where the port cannot be used."""
    made(place)
    registry = CollectorRegistry()
    registry.register(Everything(place, queues))
    return start_http_server(port, addr=host, registry=registry)


class Everything:
    """All that is told at a scrape: what processes counted, what the database says, what the processes use."""

    def __init__(self, place: Path, queues: Reading, clock: Callable[[], float] = time.monotonic) -> None:
        self.place, self.queues, self.clock = place, queues, clock
        self._lock = threading.Lock()
        self._read: Mapping[str, float] | None = None
        self._read_at: float | None = None

    def describe(self) -> list[Any]:
        return []

    def collect(self) -> Iterator[Any]:
        with self._lock:
            keep_the_counts_of_the_dead(self.place)
            yield from MultiProcessCollector(None, path=str(self.place)).collect()
            yield from self._of_the_database()
            yield from _of_processes(_alive(self.place))

    def _of_the_database(self) -> Iterator[Any]:
        now = self.clock()
        if self._read_at is None or now - self._read_at >= KEPT_S:
            self._read_at = now
            try:
                self._read = self.queues()
            except Exception:  # whatever it is, the other figures are needed most at this moment
                self._read = None
        yield GaugeMetricFamily("besa_database_up", "Whether the exporter could ask the database.", value=float(self._read is not None))
        if self._read is not None:
            waiting = GaugeMetricFamily("besa_waiting", "How many rows wait for somebody or something.", labels=["what"])
            for what, count in self._read.items():
                waiting.add_metric([what], count)
            yield waiting


def keep_the_counts_of_the_dead(place: Path) -> None:
    """Add the files of processes that have ended to one file of each kind, or commands by a timer would leave one each minute for ever."""
    for file in sorted(place.glob("*.db")):
        kind, _, owner = file.stem.rpartition("_")
        if owner == _GONE or not owner.isdecimal() or lives(int(owner)):
            continue
        kept = MmapedDict(str(place / f"{kind}_{_GONE}.db"))
        try:
            for key, value, timestamp, _ in MmapedDict.read_all_values_from_file(str(file)):
                before, _ = kept.read_value(key)
                kept.write_value(key, before + value, timestamp)
        finally:
            kept.close()
        file.unlink(missing_ok=True)


def _alive(place: Path) -> list[int]:
    owners = {file.stem.rpartition("_")[2] for file in place.glob("*.db")}
    return sorted(int(owner) for owner in owners if owner.isdecimal() and lives(int(owner)))


def _of_processes(pids: Iterable[int]) -> Iterator[Any]:
    """Memory, processor time, threads and open files of the processes that count. Linux alone tells them."""
    memory = GaugeMetricFamily("besa_process_resident_memory_bytes", "Memory in use.", labels=["pid"])
    cpu = CounterMetricFamily("besa_process_cpu_seconds", "Processor time, user and system.", labels=["pid"])
    threads = GaugeMetricFamily("besa_process_threads", "Threads.", labels=["pid"])
    files = GaugeMetricFamily("besa_process_open_fds", "Open files and connections.", labels=["pid"])
    count = 0
    for pid in pids:
        with suppress(OSError, IndexError, ValueError):
            facts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            label = [str(pid)]
            memory.add_metric(label, int(facts[21]) * os.sysconf("SC_PAGE_SIZE"))
            cpu.add_metric(label, (int(facts[11]) + int(facts[12])) / os.sysconf("SC_CLK_TCK"))
            threads.add_metric(label, int(facts[17]))
            files.add_metric(label, len(os.listdir(f"/proc/{pid}/fd")))
            count += 1
    yield GaugeMetricFamily("besa_processes", "Processes that have counted something and still run.", value=count)
    yield from (memory, cpu, threads, files)
