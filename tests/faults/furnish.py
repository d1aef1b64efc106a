"""python -m tests.faults.furnish COUNT: tables, a bank, an exam, and so many learners that are signed in. Prints the keys of their sessions."""

from __future__ import annotations

import json
import sys

import django

django.setup()

from django.core.management import call_command

from bench.learners import seat
from bench.player import EXAM
from tests.factories import make_bank, make_blueprint, make_lesson

#: Questions of the exam that everybody sits.
LENGTH = 40

if __name__ == "__main__":
    call_command("migrate", verbosity=0)
    make_bank(30)
    make_bank(15, type="multiple")
    make_blueprint(LENGTH, slug=EXAM, minutes=60)
    make_lesson()
    call_command("rebuild_search", verbosity=0, stdout=sys.stderr)
    sys.stdout.write(json.dumps(seat(int(sys.argv[1]))))
