"""Lighthouse over the main pages, on its mobile profile: `make lighthouse`. It needs Node's npx and a Chromium, and says so where one is missing.

Each page is measured several times, and the median counts: a busy machine makes a page look slower than it is, never quicker.
The server is the one that `make run` starts, with its bundled and compressed files, and the rows of the demonstration.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench import screenshots

VERSION = "12.8.2"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
BARS = {"performance": 98, "accessibility": 100, "best-practices": 100, "seo": 100}
#: Now and then a browser that has only just started gives no trace (NO_NAVSTART); that is no measurement, and is begun again.
TRIES = 3
#: What anybody may see, and pages of a learner by their name among the screenshots.
OPEN = {
    "Today": "/", "Lessons": "/lessons/", "A lesson": "/lessons/asynchronous-invocation/", "Practice": "/practice/", "Exams": "/exams/",
    "Glossary": "/glossary/", "Search": "/search/?q=dead-letter", "Labs": "/labs/", "Invocation": "/labs/invocation/", "Pricing": "/labs/pricing/",
    "Sign in": "/accounts/login/", "Sign up": "/accounts/signup/", "Readiness": "/readiness/", "Progress": "/progress/",
}  # fmt: skip
OWN = {
    "Today, signed in": "01-today", "A practice question, open": "learner-practice-open", "The same, answered": "05-answer", "An exam question": "07-exam",
    "A result": "08-result", "Progress, signed in": "09-progress", "Readiness, signed in": "17-readiness",
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="how often each page is measured; the median counts")
    parser.add_argument("--only", default="", help="only pages whose name holds this word")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    # A Lighthouse that is installed already can be named; otherwise npx fetches the version that the figures were made with.
    named = os.environ.get("LIGHTHOUSE")
    command = [named] if named else [shutil.which("npx") or "", "--yes", f"lighthouse@{VERSION}"]
    if not command[0]:
        sys.exit(
            "Lighthouse needs Node: no npx was found. Install Node 20 or newer, or name an installed one: LIGHTHOUSE=/path/to/lighthouse"
        )
    if not chromium:
        sys.exit("No Chromium was found. Install one, or name it: CHROMIUM=/path/to/chromium make lighthouse")
    with tempfile.TemporaryDirectory(prefix="besa-lighthouse-") as folder, screenshots.served(Path(folder), with_all=True) as site:
        base, pages, cookies = site
        wanted = [(name, path, "") for name, path in OPEN.items()] + [(name, pages[key][1], cookies["ana"]) for name, key in OWN.items()]
        rows = {}
        for name, path, cookie in wanted:
            if options.only.lower() in name.lower():
                rows[name] = [_run([*command, base + path], Path(folder), cookie, chromium) for _ in range(options.runs)]
                print(_line(name, rows[name]), file=sys.stderr if options.json else sys.stdout, flush=True)
    if options.json:
        print(json.dumps(rows, indent=1))
    if any(statistics.median(run[key] for run in runs) < bar for runs in rows.values() for key, bar in BARS.items()):
        sys.exit("A page is below its bar: 100 in accessibility, best practices and SEO, 98 in performance.")


def _run(command: list[str], folder: Path, cookie: str, chromium: str) -> dict[str, Any]:
    """The scores of one measurement, with what counts for them."""
    headers = folder / "headers.json"
    headers.write_text(json.dumps({"Cookie": f"sessionid={cookie}"} if cookie else {}))
    report = folder / "report.json"
    for _ in range(TRIES):
        done = subprocess.run(
            [
                *command, "--quiet", "--output=json", f"--output-path={report}", f"--only-categories={','.join(CATEGORIES)}",
                f"--extra-headers={headers}", "--chrome-flags=--headless=new --no-sandbox --disable-gpu",
            ],
            check=False, env={**os.environ, "CHROME_PATH": chromium}, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        if done.returncode == 0:
            break
    else:
        sys.exit(f"Lighthouse measured nothing at {command[-1]}, {TRIES} times in a row. It says: {done.stderr.strip()[-300:]}")
    found = json.loads(report.read_text())
    scores = {key: round(100 * found["categories"][key]["score"]) for key in CATEGORIES}
    audits = found["audits"]
    return {
        **scores,
        "largest_contentful_paint_ms": round(audits["largest-contentful-paint"]["numericValue"]),
        "total_blocking_time_ms": round(audits["total-blocking-time"]["numericValue"]),
        "cumulative_layout_shift": round(audits["cumulative-layout-shift"]["numericValue"], 3),
    }


def _line(name: str, runs: list[dict[str, Any]]) -> str:
    scores = "  ".join(f"{key} {statistics.median(run[key] for run in runs):.0f}" for key in CATEGORIES)
    slowest = statistics.median(run["largest_contentful_paint_ms"] for run in runs)
    shift = max(run["cumulative_layout_shift"] for run in runs)
    each = ", ".join(str(score) for score in sorted(run["performance"] for run in runs))
    return f"{name:26}  {scores}  largest paint {slowest / 1000:.1f} s  layout shift {shift:.3f}  performance of each run: {each}"


if __name__ == "__main__":
    main()
