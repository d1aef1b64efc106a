"""make load: serves the app as it would run, lets learners sit an exam together, and compares what each was told with what is stored.

On PostgreSQL and Redis with several processes, then on SQLite. Everything runs on scratch data and servers of its own, which are gone afterwards.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import random
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench.house import ROOT, Browser, Server, cpu_of, environment, manage, scratch_folder, stolen_share
from bench.measure import SCRIPT, attempt_of, cpu_ms
from bench.player import EXAM, Crowd, Learner, Times, percentile
from bench.services import Postgres, Redis, postgres_programs, redis_program

#: The bar: so many milliseconds at most for 99 of 100 requests of a sitting.
BAR_MS = 300.0
#: What learners ask while they sit; starting and handing in come in bursts and have lines of their own.
SITTING = ("save", "part", "page", "flag", "clock")
KINDS = ("start", *SITTING, "review", "hand in", "result")


@dataclass
class House:
    """One way to run the app: a database, and so many processes."""

    name: str
    folder: Path
    workers: int
    extra: dict[str, str]
    postgres: Postgres | None = None

    @property
    def url(self) -> str:
        """Where PostgreSQL is asked; empty on SQLite."""
        return self.extra.get("DATABASE_URL", "").partition("?")[0]

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Read the database past the app. Placeholders are written as question marks."""
        if not self.url:
            with closing(sqlite3.connect(self.folder / "besa.sqlite3")) as file:
                return file.execute(sql, values).fetchall()
        import psycopg

        with psycopg.connect(self.url) as connection:
            return connection.execute(sql.replace("?", "%s"), values).fetchall()  # type: ignore[arg-type]

    def database_cpu_s(self) -> float:
        return sum(cpu_of(pid) for pid in self.postgres.processes()) if self.postgres else 0.0

    def run(self, module: str, *words: str) -> Any:
        env = {**environment(self.folder), **self.extra}
        done = subprocess.run([sys.executable, "-m", module, *words], cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE, text=True)
        return json.loads(done.stdout)


@dataclass
class Stage:
    """What so many learners did together, and what it took."""

    learners: int
    times: Times
    took_s: float
    server_cpu_s: float
    database_cpu_s: float
    player_cpu_s: float

    def ms(self, share: float, *kinds: str) -> float:
        return percentile(self.times.all_of(*kinds), share) * 1000

    @property
    def holds(self) -> bool:
        """Whether the bar holds for all of a sitting together and for saving alone, with no request gone wrong."""
        return self.ms(0.99, *SITTING) <= BAR_MS and self.ms(0.99, "save") <= BAR_MS and not self.times.troubles

    def line(self) -> dict[str, Any]:
        return {
            "learners": self.learners, "requests": self.times.requests, "per_s": round(self.times.requests / self.took_s, 1),
            "p50_ms": round(self.ms(0.5, *SITTING), 1), "p95_ms": round(self.ms(0.95, *SITTING), 1), "p99_ms": round(self.ms(0.99, *SITTING), 1),
            "save_p99_ms": round(self.ms(0.99, "save"), 1), "server_cpu_ms": round(self.server_cpu_s / max(1, self.times.requests) * 1000, 2),
            "database_cpu_ms": round(self.database_cpu_s / max(1, self.times.requests) * 1000, 2),
            "player_share": round(self.player_cpu_s / self.took_s, 2), "troubles": self.times.troubles, "holds": self.holds,
        }  # fmt: skip


@dataclass
class Verdict:
    """What clients were told against what is stored."""

    receipts: int = 0
    places: int = 0
    handed_in: int = 0
    repeated: int = 0
    lost: int = 0
    doubled: int = 0
    graded_twice: int = 0
    wrong_grades: int = 0

    @property
    def holds(self) -> bool:
        return not (self.lost or self.doubled or self.graded_twice or self.wrong_grades)


@dataclass
class Report:
    name: str
    workers: int
    together: Stage
    burst: Times
    end: Times
    search: list[Stage] = field(default_factory=list)
    largest: int = 0
    beyond: bool = False
    cut_short: bool = False
    #: Seconds before the search began.
    took_s: float = 0.0
    costs: dict[str, float] = field(default_factory=dict)
    database_costs: dict[str, float] = field(default_factory=dict)
    statements: dict[str, int] = field(default_factory=dict)
    verdict: Verdict = field(default_factory=Verdict)


def main() -> int:
    options = arguments()
    began, ticks = time.monotonic(), stolen_share()
    reports = []
    for make in houses(options):
        with ExitStack() as stack:
            reports.append(play(options, make(stack)))
    stolen, all_ticks = (now - before for now, before in zip(stolen_share(), ticks, strict=True))
    machine = {
        "python": platform.python_version(), "processors": os.cpu_count(), "stolen_share": round(stolen / max(all_ticks, 1), 4),
        "load": [round(load, 1) for load in os.getloadavg()], "took_s": round(time.monotonic() - began),
    }  # fmt: skip
    sys.stdout.write(json.dumps(as_json(reports, machine), indent=2) + "\n" if options.json else "".join(text(reports, machine)))
    if not reports:
        return 1
    return 0 if all(report.verdict.holds for report in reports) else 1


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument("--quick", action="store_true", help="40 learners for some seconds and no search, within a minute")
    parser.add_argument("--only", choices=["postgres", "sqlite"], help="one of the two databases alone")
    parser.add_argument("--learners", type=int, default=200, help="how many sit together (default 200)")
    parser.add_argument("--seconds", type=float, default=20.0, help="how long they sit (default 20)")
    parser.add_argument(
        "--think", type=float, default=4.0, help="seconds between two answers of a learner, give or take a half (default 4)"
    )
    parser.add_argument("--most", type=int, default=1600, help="the search for the largest number ends here (default 1600)")
    parser.add_argument(
        "--minutes",
        type=float,
        default=8.0,
        help="no search begins another step after so many minutes, half of them for each database (default 8)",
    )
    parser.add_argument("--workers", type=int, default=2, help="processes on PostgreSQL (default 2)")
    parser.add_argument("--sqlite-workers", type=int, default=1, help="processes on SQLite (default 1, as make run)")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.quick:
        options.learners, options.seconds, options.most = 40, 5.0, 0
    return options


def say(options: argparse.Namespace, sentence: str) -> None:
    if not options.json:
        sys.stderr.write(sentence + "\n")


def houses(options: argparse.Namespace) -> Iterator[Callable[[ExitStack], House]]:
    if options.only != "sqlite":
        if postgres_programs() is None or redis_program() is None:
            say(options, "PostgreSQL or Redis is not installed here, so their part is left out: install postgresql and redis-server.")
        else:
            yield lambda stack: on_postgres(options, stack)
    if options.only != "postgres":
        yield lambda stack: House("SQLite", stack.enter_context(scratch_folder()), options.sqlite_workers, {})


def on_postgres(options: argparse.Namespace, stack: ExitStack) -> House:
    postgres, redis = stack.enter_context(Postgres()), stack.enter_context(Redis())
    extra = {"DATABASE_URL": postgres.url, "REDIS_URL": redis.url}
    return House("PostgreSQL and Redis", stack.enter_context(scratch_folder()), options.workers, extra, postgres)


# -- one house -------------------------------------------------------------------------------------------------------


def play(options: argparse.Namespace, house: House) -> Report:
    began = time.monotonic()
    say(options, f"{house.name}: making the data …")
    manage(house.folder, "serve", "--prepare-only", extra=house.extra)
    statements = house.run("bench.learners", "--statements")
    spare = 8  # those measure what each request costs alone
    sessions = house.run("bench.learners", str(max(options.learners, options.most) + spare))
    with Server(house.folder, workers=house.workers, extra=house.extra) as server:
        costs, database_costs = alone(house, server, sessions[-spare:])
        rng = random.Random(options.seed)
        learners = [Learner(server.port, session, random.Random(rng.random()), options.think, Times()) for session in sessions[:-spare]]
        report, crowd = asyncio.run(sit_together(options, house, server, learners, began))
    report.statements, report.costs, report.database_costs = statements, costs, database_costs
    say(
        options,
        f"{house.name}: comparing what {sum(1 for each in crowd.learners if each.attempt)} learners were told with what is stored …",
    )
    report.verdict = compare(house, crowd.learners)
    return report


async def sit_together(
    options: argparse.Namespace, house: House, server: Server, learners: list[Learner], began: float
) -> tuple[Report, Crowd]:
    crowd, count = Crowd(learners), options.learners
    say(options, f"{house.name}: {count} learners press Start within {count / 20:.0f} s …")
    burst = await crowd.start(0, count, within_s=count / 20)
    say(options, f"{house.name}: they sit for {options.seconds:.0f} s …")
    report = Report(house.name, house.workers, await stage(house, server, crowd, count, seconds=options.seconds), burst, Times())
    say(options, f"{house.name}: they hand in within {count / 10:.0f} s …")
    report.end = await crowd.finish(count, within_s=count / 10)
    crowd.leave()
    report.took_s = time.monotonic() - began
    if options.most > count:
        rest = Crowd(learners[count:])  # those who handed in have left the room
        await search(options, house, server, rest, report)
        rest.leave()
    return report, crowd


async def stage(house: House, server: Server, crowd: Crowd, count: int, *, seconds: float) -> Stage:
    """So many learners sit. The clocks of the processes run over the settling time too, and so do the requests: nearly, at an even rate."""
    began, cpu, database, player = time.monotonic(), server.cpu_s(), house.database_cpu_s(), time.process_time()
    times = await crowd.sit(count, seconds=seconds)
    took = time.monotonic() - began
    return Stage(count, times, took, server.cpu_s() - cpu, house.database_cpu_s() - database, time.process_time() - player)


async def search(options: argparse.Namespace, house: House, server: Server, crowd: Crowd, report: Report) -> None:
    """The largest number that holds the bar: half as many again until it breaks, then three halvings of what lies between."""
    most, started, until = len(crowd.learners), 0, time.monotonic() + options.minutes * 60 / 2 - report.took_s
    low, high, count = 0, 0, min(options.learners, most)
    halvings = 3
    while True:
        if count > started:
            await crowd.start(started, count - started, within_s=(count - started) / 20)
            started = count
        if time.monotonic() > until:
            say(options, f"{house.name}: the time for the search is over.")
            report.cut_short = True
            break
        one = await stage(house, server, crowd, count, seconds=8.0)
        report.search.append(one)
        told = one.line()
        say(
            options,
            f"{house.name}: {count} learners, {told['per_s']} requests/s, p99 {told['p99_ms']} ms: {'holds' if one.holds else 'too many'}",
        )
        if one.holds:
            low = count
        else:
            high = count
        if not high:
            if count == most:
                break
            count = min(most, count * 3 // 2)
        else:
            if not halvings or high - low <= 25:
                break
            halvings -= 1
            count = (low + high) // 2
    report.largest, report.beyond = low, not high and not report.cut_short


# -- each request alone ----------------------------------------------------------------------------------------------


def alone(house: House, server: Server, sessions: list[str], each: int = 30, rounds: int = 3) -> tuple[dict[str, float], dict[str, float]]:
    """Milliseconds of processor time by kind of request, one after the other: of the server, and of the database beside it."""
    browser = Browser(server)
    bare = {
        "lesson": house.rows("SELECT id FROM quizzes_lesson ORDER BY id LIMIT 1")[0][0],
        "topic": house.rows("SELECT slug FROM quizzes_topic ORDER BY slug LIMIT 1")[0][0],
    }
    browser.cookies["sessionid"] = sessions[0]
    attempt = attempt_of(browser.post(f"/exams/{EXAM}/", {}))
    singles = [
        row[0] for row in house.rows("SELECT position FROM quizzes_slot WHERE attempt_id = ? AND pick = 1 ORDER BY position", attempt)
    ]
    revisions, rng, sums, database = Counter[int](), random.Random(1), Counter[str](), Counter[str]()

    def save(position: int) -> None:
        fields = {
            "answer": rng.choice("ABCD"), "revision": revisions[position], "spent_ms": 900, "save_id": f"save-{rng.getrandbits(64):016x}",
        }  # fmt: skip
        receipt = browser.post(f"/attempts/{attempt}/slots/{position}/draft/", fields, **SCRIPT)
        assert receipt.status == 200, receipt.body[:300]
        revisions[position] = json.loads(receipt.body)["revision"]

    def look(path: str, **headers: str) -> None:
        assert browser.get(path, **headers).status == 200, path

    acts: dict[str, Callable[[int], object]] = {
        "bare": lambda _: browser.post("/bench/bare/", bare),
        "save": save,
        "part": lambda n: look(f"/attempts/{attempt}/slots/{n}/", HX_Request="true", Accept="*/*"),
        "page": lambda n: look(f"/attempts/{attempt}/slots/{n}/"),
        "flag": lambda n: browser.post(f"/attempts/{attempt}/slots/{n}/draft/", {"flagged": "1", "spent_ms": 900}, **SCRIPT),
        "clock": lambda _: look(f"/attempts/{attempt}/clock/", **SCRIPT),
    }
    for turn in range(rounds + 1):
        for name, act in acts.items():
            before = house.database_cpu_s()
            spent = cpu_ms(server, act, [rng.choice(singles) for _ in range(each)])
            if turn:  # the first round warms up
                sums[name] += spent / rounds
                database[name] += (house.database_cpu_s() - before) / each / rounds * 1000
    exams: list[int] = []

    def as_learner(n: int, act: Callable[[int], object]) -> None:
        browser.cookies["sessionid"] = sessions[n]
        act(exams[n] if exams[n:] else 0)

    once: dict[str, Callable[[int], object]] = {
        "start": lambda _: exams.append(attempt_of(browser.post(f"/exams/{EXAM}/", {}))),
        "review": lambda exam: look(f"/attempts/{exam}/review/", HX_Request="true", Accept="*/*"),
        "hand in": lambda exam: browser.post(f"/attempts/{exam}/submission/", {"waiting": "[]"}, **SCRIPT),
        "result": lambda exam: look(f"/attempts/{exam}/result/"),
    }
    exams.append(attempt)
    for name, act in once.items():
        before = house.database_cpu_s()
        sums[name] = cpu_ms(server, lambda n, act=act: as_learner(n, act), range(1, len(sessions)))
        database[name] = (house.database_cpu_s() - before) / (len(sessions) - 1) * 1000
    return dict(sums), dict(database)


# -- what was told, and what is stored -------------------------------------------------------------------------------


def compare(house: House, learners: list[Learner]) -> Verdict:
    """Every receipt is in the database, once, with its answer and its moment; every place of a handed-in exam has one grade, by the key."""
    verdict = Verdict()
    kept: dict[int, list[tuple[Any, ...]]] = {}
    sql = """SELECT s.attempt_id, s.position, s.option_order, s.draft, s.revision, s.saved_at, s.save_ids, s.is_scored, v.body, s.id
        FROM quizzes_slot s JOIN quizzes_questionversion v ON v.id = s.version_id"""
    for row in house.rows(sql):
        kept.setdefault(row[0], []).append(row)
    given: dict[int, list[tuple[Any, ...]]] = {}
    for row in house.rows("SELECT slot_id, answer, fraction FROM quizzes_response"):
        given.setdefault(row[0], []).append(row)
    results = {row[0]: row[1:] for row in house.rows('SELECT id, scaled, "right", scored, submitted_at FROM quizzes_attempt')}
    for learner in learners:
        if not learner.attempt:
            continue
        verdict.repeated += learner.repeated
        right = 0
        for _, position, order, draft, revision, saved_at, save_ids, is_scored, body, slot in kept[learner.attempt]:
            place = learner.places.get(position)
            order, draft, save_ids, body = (json.loads(v) if isinstance(v, str) else v for v in (order, draft, save_ids, body))
            saves = place.saves if place else 0
            told = sorted(order[ord(letter) - 65] for letter in place.answer) if place else []
            open_save = place.open_save if place else None
            landed = open_save is not None and open_save["save_id"] in save_ids  # it got no receipt, and may be there whole
            verdict.receipts, verdict.places = verdict.receipts + saves, verdict.places + 1
            if not landed and (sorted(draft) != told or (place and place.saved_at and not same_moment(place.saved_at, saved_at))):
                verdict.lost += 1
            if revision != saves + landed:
                verdict.doubled += revision > saves + landed
                verdict.lost += revision < saves + landed
            answers = given.get(slot, [])
            if learner.told:
                verdict.graded_twice += len(answers) > 1
                verdict.lost += not answers
                key = sorted(option["id"] for option in body["options"] if option.get("key"))
                is_right = told == key
                right += is_right and is_scored
                verdict.wrong_grades += any(as_list(answer) != draft or (fraction == 1) != is_right for _, answer, fraction in answers)
        if learner.told:
            verdict.handed_in += 1
            scaled, stored, scored, _ = results[learner.attempt]
            verdict.wrong_grades += (stored, stored, scaled, scored) != (
                right,
                learner.told["right"],
                learner.told["scaled"],
                learner.told["scored"],
            )
    return verdict


def as_list(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def same_moment(told: str, stored: Any) -> bool:
    from datetime import UTC, datetime

    kept = stored if isinstance(stored, datetime) else datetime.fromisoformat(str(stored))
    kept = kept if kept.tzinfo else kept.replace(tzinfo=UTC)
    return datetime.fromisoformat(told) == kept


# -- tables ----------------------------------------------------------------------------------------------------------


def as_json(reports: list[Report], machine: dict[str, Any]) -> dict[str, Any]:
    return {
        "machine": machine,
        "runs": [
            {
                "name": report.name, "processes": report.workers, "together": report.together.line(), "requests": lines_of(report),
                "search": [stage.line() for stage in report.search], "largest": report.largest, "largest_is_the_end_of_the_search": report.beyond,
                "verdict": asdict(report.verdict),
            }
            for report in reports
        ],
    }  # fmt: skip


def lines_of(report: Report) -> list[dict[str, Any]]:
    lines = []
    for kind in KINDS:
        taken = [seconds for times in (report.burst, report.together.times, report.end) for seconds in times.taken.get(kind, [])]
        cpu = report.costs.get(kind)
        lines.append(
            {
                "kind": kind, "count": len(taken), "p50_ms": round(percentile(taken, 0.5) * 1000, 1), "p95_ms": round(percentile(taken, 0.95) * 1000, 1),
                "p99_ms": round(percentile(taken, 0.99) * 1000, 1), "statements": report.statements[kind],
                "server_cpu_ms": cpu and round(cpu, 2), "to_bare": cpu and round(cpu / report.costs["bare"], 2),
                "database_cpu_ms": round(report.database_costs[kind], 2) if cpu and "PostgreSQL" in report.name else None,
            }
        )  # fmt: skip
    return lines


def text(reports: list[Report], machine: dict[str, Any]) -> Iterator[str]:
    for report in reports:
        one, verdict = report.together.line(), report.verdict
        yield f"\n{report.name}, {report.workers} {'process' if report.workers == 1 else 'processes'}: {one['learners']} learners at once\n\n"
        head = ["request", "count", "p50 ms", "p95 ms", "p99 ms", "statements", "server CPU ms", "x bare", "database CPU ms"]
        body = [["" if value is None else str(value) for value in line.values()] for line in lines_of(report)]
        yield from columns([head, *body])
        yield f"\nThe bare view: {report.costs['bare']:.2f} ms of the server's processor time. CPU figures are of requests sent one after the other.\n"
        yield (
            f"Sitting: {one['per_s']} requests/s, p50 {one['p50_ms']} ms, p99 {one['p99_ms']} ms (bar {BAR_MS:.0f}: {'holds' if one['holds'] else 'DOES NOT HOLD'}); "
            f"{one['server_cpu_ms']} ms of the server's and {one['database_cpu_ms']} ms of the database's processor time a request; "
            f"the player took {one['player_share']:.0%} of a processor.\n"
        )  # fmt: skip
        troubles = Counter(report.burst.troubles) + Counter(report.together.times.troubles) + Counter(report.end.troubles)
        yield f"Requests that went wrong: {', '.join(f'{what} ({n})' for what, n in troubles.items()) or 'none'}.\n"
        if report.search:
            yield "\n"
            yield from columns(
                [["learners", "requests/s", "p50 ms", "p95 ms", "p99 ms", "save p99 ms", "player", ""]]
                + [
                    [str(line[name]) for name in ("learners", "per_s", "p50_ms", "p95_ms", "p99_ms", "save_p99_ms")]
                    + [f"{line['player_share']:.0%}", "holds" if line["holds"] else f"too many {line['troubles'] or ''}"]
                    for line in (stage.line() for stage in report.search)
                ]
            )
            more = ", where the search ended" if report.beyond else ", when the time for the search was over" if report.cut_short else ""
            yield f"\nThe largest number that held p99 under {BAR_MS:.0f} ms: {report.largest} learners{more}.\n"
        yield (
            f"Told against stored: {verdict.receipts:,} receipts in {verdict.places:,} places, {verdict.handed_in} exams handed in, "
            f"{verdict.repeated} saves sent again. Lost {verdict.lost}, doubled {verdict.doubled}, graded twice {verdict.graded_twice}, "
            f"graded wrong {verdict.wrong_grades}: {'holds' if verdict.holds else 'DOES NOT HOLD'}.\n"
        )  # fmt: skip
    yield f"\nPython {machine['python']}, {machine['processors']} processors, load {machine['load'][0]}, took {machine['took_s']} s.\n"
    if machine["stolen_share"] > 0.02:
        yield f"The host took {machine['stolen_share']:.0%} of the processor time away: measure again at a quieter time.\n"


def columns(lines: list[list[str]]) -> Iterator[str]:
    widths = [max(len(line[n]) for line in lines) for n in range(len(lines[0]))]
    for line in lines:
        yield (
            "  ".join(
                cell.ljust(width) if not n else cell.rjust(width) for n, (cell, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            + "\n"
        )


if __name__ == "__main__":
    sys.exit(main())
