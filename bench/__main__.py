"""make bench: the figures of docs/figures.md in one run, as ratios, on scratch databases of its own."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.settings")

from bench.house import ROOT, Server, environment, manage, scratch_folder, stolen_share
from bench.measure import answering, looking, starting
from bench.wire import exam_bytes

SMALL, LARGE = 500, 100_000
#: Cards of the learner who looks at Today; their questions are in the large bank.
CARDS = 5_000
#: Answers that are replayed to see that memory comes out the same.
REPLAYED = 100_000
SITTINGS = 10_000


@dataclass(frozen=True)
class Figure:
    """One line of the table. `holds` is None where there is no bar: the line explains another."""

    what: str
    measured: str
    bar: str = ""
    holds: bool | None = None
    note: str = ""


def main() -> int:
    options = arguments()
    began, ticks = time.monotonic(), stolen_share()
    with scratch_folder() as shipped, scratch_folder() as small, scratch_folder() as large:
        say(options, "Making three scratch databases: the shipped content, 500 questions, 100,000 questions …")
        furnish(shipped, small, large)
        figures = [*sync_figures(options), *time_figures(options, shipped, small, large)]
        figures += [*count_figures(options, small, large), *wire_figures(options, shipped), *memory_figures(options, small)]
        figures += statistics_figures(options, shipped)
    if options.tests:
        figures += test_figures(options)
    stolen, all_ticks = (now - before for now, before in zip(stolen_share(), ticks, strict=True))
    machine = {
        "python": platform.python_version(), "processors": os.cpu_count(), "stolen_share": round(stolen / max(all_ticks, 1), 4),
        "load": [round(load, 1) for load in os.getloadavg()], "took_s": round(time.monotonic() - began),
    }  # fmt: skip
    if options.json:
        sys.stdout.write(json.dumps({"machine": machine, "figures": [asdict(figure) for figure in figures]}, indent=2) + "\n")
    else:
        sys.stdout.write(table(figures, machine))
    missed = [figure for figure in figures if figure.holds is False]
    return 1 if missed and options.strict else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--strict", action="store_true", help="exit 1 where a bar is missed")
    parser.add_argument("--tests", action="store_true", help="also time the tests (takes as long as they do)")
    parser.add_argument("--rounds", type=int, default=12, help="rounds of answering and saving (default 12)")
    parser.add_argument("--each", type=int, default=40, help="requests of each kind in a round (default 40)")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def say(options: argparse.Namespace, sentence: str) -> None:
    if not options.json:
        sys.stderr.write(sentence + "\n")


def furnish(shipped: Path, small: Path, large: Path) -> None:
    """The shipped content, prepared as `make run` does it, and two copies of it with more questions."""
    manage(shipped, "serve", "--prepare-only")
    for folder in (small, large):
        shutil.copytree(shipped, folder, dirs_exist_ok=True)
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda folder, size: run(folder, "bench.banks", str(size)), (small, large), (SMALL, LARGE)))


def run(folder: Path, module: str, *words: str) -> str:
    """A module of this package in a process of its own, on that folder's database."""
    done = subprocess.run(
        [sys.executable, "-m", module, *words],
        cwd=ROOT,
        env={**environment(folder), "LOG_LEVEL": "ERROR"},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout


def at_most(what: str, measured: float, bar: float, form: str, note: str = "") -> Figure:
    return Figure(what, form.format(measured), "≤ " + form.format(bar), measured <= bar, note)


def sync_figures(options: argparse.Namespace) -> Iterator[Figure]:
    """Wall time of the commands as they are typed, the start of Django included; of imports without it."""
    say(options, "Taking the content in, and again …")
    with scratch_folder() as empty:
        manage(empty, "migrate", "-v0")
        for what, bar in (("taking in the whole content", 5.0), ("the same again, when nothing changed", 1.0)):
            began = time.monotonic()
            manage(empty, "sync_content")
            yield at_most(f"{what}: seconds", time.monotonic() - began, bar, "{:.2f}")
        say(options, "Importing 1,000 questions in each format …")
        took: dict[str, float] = json.loads(run(empty, "bench.imports"))
        slowest = max(took, key=lambda name: took[name])
        note = ", ".join(f"{name} {seconds:.1f}" for name, seconds in took.items())
        yield at_most(f"importing 1,000 questions, slowest format ({slowest}): seconds", took[slowest], 10.0, "{:.1f}", note)


# -- time ------------------------------------------------------------------------------------------------------------


def time_figures(options: argparse.Namespace, shipped: Path, small: Path, large: Path) -> Iterator[Figure]:
    say(options, f"Answering and saving, {options.rounds} rounds …")
    with Server(shipped) as server:
        told = answering(server, count=options.rounds, each=options.each, seed=options.seed)
    yield Figure("a bare Django view (the yardstick)", f"{told.median('bare'):.2f} ms", note="processor time of the server per request")
    yield Figure("the same behind our middleware", f"{told.ratio('bare behind ours', to='bare'):.2f} ×")
    follows = any(told.ms["follow"])
    yield Figure(
        "answering: the POST alone",
        f"{told.ratio('post', to='bare'):.2f} ×",
        note="" if follows else "it brings the feedback: nothing follows it",
    )
    yield at_most(
        "answering a practice question, all included",
        told.ratio("post", "follow", to="bare"),
        3.0,
        "{:.2f} ×",
        f"{told.median('post') + told.median('follow'):.2f} ms",
    )
    yield at_most("saving an exam answer", told.ratio("save", to="bare"), 1.5, "{:.2f} ×", f"{told.median('save'):.2f} ms")
    yield from today_figures(options, large)
    say(options, "Starting exams …")
    with ExitStack() as stack:
        servers = [stack.enter_context(Server(folder)) for folder in (small, large)]
        told = starting(*servers, count=6)
    note = f"{told.median('large'):.1f} ms against {told.median('small'):.1f} ms"
    yield at_most("starting an exam: 100,000 questions against 500", told.ratio("large", to="small"), 1.2, "{:.2f} ×", note)


def today_figures(options: argparse.Namespace, large: Path) -> Iterator[Figure]:
    say(options, f"Looking at Today with {CARDS:,} cards …")
    session = run(large, "bench.cards", str(CARDS)).strip()
    with Server(large) as server:
        told = looking(server, session, count=options.rounds // 2, each=options.each, seed=options.seed)
    yield at_most(f"Today with {CARDS:,} cards", told.ratio("today", to="bare"), 3.0, "{:.2f} ×", f"{told.median('today'):.2f} ms")
    ratio, note = told.ratio("after an answer", to="bare"), f"{told.median('after an answer'):.2f} ms"
    yield at_most("the same, for the first time after an answer", ratio, 3.0, "{:.2f} ×", note)


# -- statements ------------------------------------------------------------------------------------------------------


def count_figures(options: argparse.Namespace, small: Path, large: Path) -> Iterator[Figure]:
    say(options, "Counting statements …")
    few = json.loads(run(small, "bench.counts"))["start"]
    told = json.loads(run(large, "bench.counts", "--pages"))
    start, pages = told["start"], told["pages"]
    note = f"of which {start['verb']} belong to the start itself; in the small bank {few['request']}"
    yield Figure("starting an exam of 65: statements", str(start["request"]), "≤ 8, the same", start["request"] <= 8 and start == few, note)
    steady = pages["few"] == pages["many"]
    files = {"my data"}
    worst = max((name for name in pages["many"] if name not in files), key=lambda name: pages["many"][name])
    note = f"{len(pages['many'])} addresses; most: {worst}"
    yield Figure("queries of any page", str(pages["many"][worst]), "≤ 12", pages["many"][worst] <= 12, note)
    grown = [f"{name} {pages['few'][name]} → {pages['many'][name]}" for name in pages["few"] if pages["few"][name] != pages["many"][name]]
    yield Figure("the same with 1 and with 1,000 rows of history", "yes" if steady else ", ".join(grown), "yes", steady)
    for name in sorted(pages["many"]):
        yield Figure(f"  {name}", str(pages["many"][name]), note="a file, not a page" if name in files else "")


# -- bytes -----------------------------------------------------------------------------------------------------------


def wire_figures(options: argparse.Namespace, shipped: Path) -> Iterator[Figure]:
    say(options, "Weighing an exam …")
    with Server(shipped) as server:
        first, following = exam_bytes(server)
    yield at_most("exam question, first visit: KB over the wire", first.bytes / 1000, 60, "{:.1f}", f"measured by {first.by}")
    yield Figure("exam question, first visit: requests", str(len(first.sizes)), "≤ 8", len(first.sizes) <= 8)
    heaviest = max(load.bytes for load in following)
    yield at_most(
        "each next question: KB, saving included",
        heaviest / 1000,
        6,
        "{:.1f}",
        f"the heaviest of {len(following)}, {max(len(load.sizes) for load in following)} requests",
    )


# -- memory ----------------------------------------------------------------------------------------------------------


def memory_figures(options: argparse.Namespace, small: Path) -> Iterator[Figure]:
    say(options, f"Replaying {REPLAYED:,} answers …")
    told = json.loads(run(small, "bench.memory", str(REPLAYED)))
    note = f"{told['cards']:,} cards, twice, and a fold without a database; one replay took {told['seconds']} s"
    yield Figure(
        f"a replay of {told['answers']:,} answers gives the same cards", "yes" if told["same"] else "no", "yes", told["same"], note
    )


# -- item statistics -------------------------------------------------------------------------------------------------


def statistics_figures(options: argparse.Namespace, shipped: Path) -> Iterator[Figure]:
    """Wall time of the command as it is typed, the start of Django included. Last: it fills the database with sittings."""
    say(options, f"Sitting {SITTINGS:,} exams, and computing statistics …")
    matrix = shipped / "matrix.csv"
    run(shipped, "bench.sittings", str(SITTINGS), str(matrix))
    for where, words in (("from the database", ["--store"]), ("from a file", ["--csv", str(matrix)])):
        began = time.monotonic()
        manage(shipped, "item_statistics", *words)
        yield at_most(f"item statistics over {SITTINGS:,} attempts x 65, {where}: seconds", time.monotonic() - began, 10.0, "{:.1f}")


# -- tests -----------------------------------------------------------------------------------------------------------


def test_figures(options: argparse.Namespace) -> Iterator[Figure]:
    rest = ["-n", "auto", "-m", "not browser and not faults"]
    for what, words, bar in (
        ("tests of the rules", ["-n", "auto", "tests/domain"], 5),
        ("all tests but the browser's and the faults", rest, 60),
    ):
        say(options, f"Running {what} …")
        began = time.monotonic()
        kept = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
        done = subprocess.run([sys.executable, "-m", "pytest", "-q", *words], cwd=ROOT, env=kept, stdout=subprocess.PIPE, text=True)
        took, last = time.monotonic() - began, (done.stdout.strip().splitlines() or ["nothing"])[-1]
        yield Figure(what, f"{took:.1f} s", f"< {bar} s", took < bar and done.returncode == 0, last)


# -- the table -------------------------------------------------------------------------------------------------------


def table(figures: list[Figure], machine: dict[str, Any]) -> str:
    marks = {None: "", True: "holds", False: "DOES NOT HOLD"}
    lines = [("what", "measured", "bar", "", ""), *((f.what, f.measured, f.bar, marks[f.holds], f.note) for f in figures)]
    widths = [max(len(line[n]) for line in lines) for n in range(4)]
    text = "\n".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(line, widths, strict=False)), line[4]]).rstrip() for line in lines
    )
    missed = [figure.what for figure in figures if figure.holds is False]
    end = f"\n\nPython {machine['python']}, {machine['processors']} processors, load {machine['load'][0]}, took {machine['took_s']} s."
    if machine["stolen_share"] > 0.02:
        end += f" The host took {machine['stolen_share']:.0%} of the processor time away: measure again at a quieter time."
    return f"{text}{end}\n" + (f"Missed: {'; '.join(missed)}.\n" if missed else "Every bar holds.\n")


if __name__ == "__main__":
    sys.exit(main())
