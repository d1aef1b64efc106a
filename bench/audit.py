"""Known holes in what the app runs on: `make audit`. Where the database of them cannot be reached, it says so and lets the run go on."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
NOT_AUDITED = "not audited: the database of known holes cannot be reached"


def main() -> int:
    command = [
        str(Path(sys.executable).with_name("pip-audit")),
        "--disable-pip",
        "--require-hashes",
        "--progress-spinner",
        "off",
        "-f",
        "json",
    ]
    for name in ("run", "server"):
        command += ["-r", str(ROOT / f"requirements/{name}.txt")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    status, said = verdict(done.stdout, done.stderr)
    print(said)
    return status


def verdict(answer: str, complaint: str) -> tuple[int, str]:
    """The exit status and what to say, from what pip-audit printed and complained about."""
    try:
        packages: list[dict[str, Any]] = json.loads(answer)["dependencies"]
    except (ValueError, KeyError):
        if any(
            sign in complaint
            for sign in ("Could not connect", "Max retries", "ConnectionError", "not redirecting properly", "Tip: your network")
        ):
            return 0, NOT_AUDITED
        return 1, f"the audit itself failed:\n{complaint.strip()}"
    # A database that knows no package at all, not even Django, is not the one that is asked for.
    known = [package for package in packages if "skip_reason" not in package]
    if not known:
        return 0, NOT_AUDITED
    holes = [
        f"{package['name']} {package['version']}: {hole['id']}, mended in {', '.join(hole['fix_versions']) or 'no version yet'}"
        for package in known
        for hole in package["vulns"]
    ]
    unknown = sorted(package["name"] for package in packages if "skip_reason" in package)
    left_out = f"; not in the database: {', '.join(unknown)}" if unknown else ""
    if holes:
        return 1, "\n".join(["known holes:", *holes]) + left_out
    return 0, f"{len(known)} packages audited, no known hole{left_out}"


if __name__ == "__main__":
    sys.exit(main())
