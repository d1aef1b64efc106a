"""python -m tests.on_postgres: the suite once more, on PostgreSQL, where one answers.

The server is that of DATABASE_URL, or the one on 127.0.0.1:5432. Databases of its own are made there and removed again.
Left out: the browser, and what knows no database (the rules, the documents, the files, the settings).
With ALL_SERVERS=1, as in CI, a server that does not answer is a failure.
"""

from __future__ import annotations

import getpass
import os
import subprocess
import sys
from urllib.parse import urlsplit, urlunsplit

import psycopg

#: What gives the same on every database, because it asks none.
WITHOUT_DATABASE = ("tests/domain", "tests/test_docs.py", "tests/test_repository.py", "tests/test_settings.py")


def candidates() -> list[str]:
    if given := os.environ.get("DATABASE_URL"):
        return [given]
    people = dict.fromkeys([getpass.getuser(), "postgres"])
    return [f"postgres://{person}@127.0.0.1:5432/postgres" for person in people]


def problem_with(address: str) -> str:
    """Why tests cannot run there; empty if they can."""
    try:
        with psycopg.connect(address, connect_timeout=5) as connection:
            row = connection.execute("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    except psycopg.Error as problem:
        return str(problem).strip().splitlines()[0]
    return "" if row and row[0] else "this user may not make databases (ALTER ROLE … CREATEDB)"


def main(arguments: list[str]) -> int:
    problems = {}
    for address in candidates():
        problem = problem_with(address)
        if not problem:
            return run(address, arguments)
        problems[urlsplit(address)._replace(netloc=urlsplit(address).netloc.rpartition("@")[2]).geturl()] = problem
    sys.stdout.write(
        "The tests were NOT run on PostgreSQL: none answers.\n"
        + "".join(f"  {address}: {problem}\n" for address, problem in problems.items())
        + "Start one on 127.0.0.1:5432, or say which: DATABASE_URL=postgres://user@127.0.0.1:5432/name make test-postgres\n"
    )
    return 1 if os.environ.get("ALL_SERVERS") or os.environ.get("DATABASE_URL") else 0


def run(address: str, arguments: list[str]) -> int:
    # A name of this run's own, so that two runs on one server do not meet.
    ours = urlunsplit(urlsplit(address)._replace(path=f"/besa_{os.getpid()}"))
    command = [sys.executable, "-m", "pytest", "-q", "-n", "auto", "-m", "not browser and not faults"]
    left_out = [f"--ignore={path}" for path in WITHOUT_DATABASE]
    sys.stdout.flush()
    return subprocess.run([*command, *left_out, *arguments], env={**os.environ, "DATABASE_URL": ours}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
