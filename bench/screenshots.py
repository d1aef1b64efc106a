"""Pictures of the pages, light and dark, 1280 and 390 px: `make screenshots` for the main ones, `ARGS=--all` for every page and the desk.

They go into var/screenshots, which git ignores. `ARGS="--all --only desk"` takes those whose name holds the word.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
#: An address, pages by name (who looks, where), and session keys by person.
Site = tuple[str, dict[str, tuple[str, str]], dict[str, str]]
WIDTHS = (1280, 390)
SCHEMES = ("light", "dark")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "var/screenshots")
    parser.add_argument("--all", action="store_true", help="every page, also in its less usual states, and the desk")
    parser.add_argument("--only", default="", help="only pages whose name holds this word")
    parser.add_argument("--readme", action="store_true", help="make the two pictures of the README anew")
    options = parser.parse_args()
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not chromium:
        sys.exit("No Chromium was found. Install one, or name it: CHROMIUM=/path/to/chromium make screenshots")
    with (
        tempfile.TemporaryDirectory(prefix="besa-pictures-") as folder,
        served(Path(folder), with_all=options.all) as (base, pages, cookies),
    ):
        if options.readme:
            _readme(chromium, base, pages, cookies)
        else:
            _all(chromium, base, {name: page for name, page in pages.items() if options.only in name}, cookies, options.out)


@contextmanager
def served(folder: Path, *, with_all: bool = False) -> Iterator[Site]:
    """The app as `make run` serves it, with its data in this folder and the rows of the demonstration: address, pages, session keys."""
    os.environ["DATA_DIR"] = str(folder)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "besa.settings")
    manage = [sys.executable, str(ROOT / "manage.py")]
    subprocess.run([*manage, "serve", "--prepare-only"], check=True, stdout=subprocess.DEVNULL)
    pages, cookies = _seed(with_all=with_all)
    port = _free_port()
    server = subprocess.Popen(
        [*manage, "serve", "--port", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT, start_new_session=True
    )
    try:
        base = f"http://127.0.0.1:{port}"
        _wait(base)
        yield base, pages, cookies
    finally:
        os.killpg(server.pid, 15)
        server.wait()


def _seed(*, with_all: bool = False) -> tuple[dict[str, tuple[str, str]], dict[str, str]]:
    """Rows to look at: page name to (who, address), and who to session key."""
    import django

    django.setup()
    from django.contrib.sessions.backends.db import SessionStore
    from django.utils import timezone

    from quizzes.domain.items import show_answer, wrong_answer
    from quizzes.models import Attempt, Question, User
    from quizzes.services import accounts, demo
    from quizzes.services.attempts import start_practice, submit_response

    now = timezone.now()
    ana = demo.seed_demo(now=now)
    teacher = User.objects.create(username="teacher", first_name="Tom", last_name="B.")
    accounts.make_instructor(user=teacher)
    session = start_practice(learner=ana, topics=["retries-and-dead-letters"], kind="all", size=10, now=now, seed=4)
    slot = session.slots.select_related("version").get(position=1)
    item = slot.version.item
    letters = show_answer(item.type, wrong_answer(item, rng=random.Random(4)), slot.option_order)
    submit_response(learner=ana, attempt=session.pk, position=1, letters=letters, confidence="unsure", spent_ms=41_000, now=now)
    done = Attempt.objects.filter(learner=ana, mode="exam", scaled__isnull=False, plan__length=65).get()
    running = Attempt.objects.filter(learner=ana, mode="exam", submitted_at=None).get()
    question = Question.objects.filter(topic="retries-and-dead-letters", type="single").first()
    cookies = {}
    for person in (ana, teacher):
        store = SessionStore()
        store.update(
            {
                "_auth_user_id": str(person.pk), "_auth_user_backend": "allauth.account.auth_backends.AuthenticationBackend",
                "_auth_user_hash": person.get_session_auth_hash(),
            }
        )  # fmt: skip
        store.create()
        cookies[person.username] = str(store.session_key)
    cookies["nobody"] = ""
    pages = {
        "01-today": ("ana", "/"),
        "02-lessons": ("ana", "/lessons/"),
        "03-lesson": ("ana", "/lessons/asynchronous-invocation/"),
        "04-practice": ("ana", "/practice/"),
        "05-answer": ("ana", f"/attempts/{session.pk}/slots/1/"),
        "06-exams": ("ana", "/exams/"),
        "07-exam": ("ana", f"/attempts/{running.pk}/slots/6/"),
        "08-result": ("ana", f"/attempts/{done.pk}/result/"),
        "09-progress": ("ana", "/progress/"),
        "10-glossary": ("ana", "/glossary/"),
        "11-pricing": ("ana", "/labs/pricing/?requests=10000000&duration_ms=149.2&memory_mb=1024&cold_starts=100000&init_ms=400.3"),
        "12-invocation": ("ana", "/labs/invocation/"),
        "13-drill": ("ana", "/labs/drills/month-bill/7/"),
        "14-desk": ("teacher", f"/admin/quizzes/question/{question.pk if question else 1}/change/"),
        "15-plan": ("ana", "/plan/"),
        "16-memory": ("ana", "/progress/memory/"),
        "17-readiness": ("ana", "/readiness/"),
        "18-review": ("ana", "/review/"),
        "19-statistics": ("teacher", "/admin/quizzes/blueprint/1/statistics/"),
        "20-classes": ("teacher", "/admin/quizzes/cohort/"),
    }
    if with_all:
        pages |= _more(ana, teacher)
    return pages, cookies


def _more(ana: Any, teacher: Any) -> dict[str, tuple[str, str]]:
    """The other pages, with rows that fill them: a class with an exam, a report, a question in review, an import, a mended key, a guest."""
    from datetime import timedelta

    from django.utils import timezone

    from quizzes.domain.cohort import CONSENT_VERSION
    from quizzes.models import Assignment, Attempt, Blueprint, Cohort, Membership, Question, Seen
    from quizzes.services import cohorts, exchange, mendings, reports, statistics, workflow

    now = timezone.now()
    today = timezone.localdate()
    cohort = cohorts.open_cohort(
        cohort=Cohort(title="Evening class", starts_on=today - timedelta(days=9), ends_on=today + timedelta(days=40)), instructors=[teacher]
    )
    cohorts.join_class(learner=ana, typed=cohort.code, consent=CONSENT_VERSION, now=now)
    window = Assignment(
        cohort=cohort,
        blueprint=Blueprint.objects.get(slug="short"),
        opens_at=now,
        closes_at=now + timedelta(days=5),
        note="Sit it before Wednesday’s class.",
    )
    cohorts.assign_exam(assignment=window, now=now)
    member = Membership.objects.get()
    done = Attempt.objects.filter(learner=ana, mode="exam", scaled__isnull=False, plan__length=65).get()
    running = Attempt.objects.filter(learner=ana, mode="exam", submitted_at=None).get()
    practised = Attempt.objects.filter(learner=ana, mode="practice").exclude(submitted_at=None).first()
    open_practice = Attempt.objects.filter(learner=ana, mode="practice", submitted_at=None).get()
    seen = Seen.objects.filter(learner=ana).select_related("question").first()
    assert practised is not None
    assert seen is not None
    assert seen.question.current is not None
    reports.file_report(
        learner=ana, version=seen.question.current, kind="wrong", text="The guide now names another limit than the rationale does.", now=now
    )
    reviewed, drafted = Question.objects.filter(topic="invocation-async", type="single")[:2]
    workflow.comment(question=reviewed, by=teacher, text="Could the stem be shorter?", now=now)
    text = "::Tea:: How long does it brew? {=Four minutes#That is it. ~An hour#Far too long. ~Never#It must.}\n\n::Broken:: What? {~a ~b}\n"
    run = exchange.start_import(data=text.encode(), format="gift", file_name="tea.gift", homes=exchange.first_homes(), by=teacher, now=now)
    mended = done.slots.select_related("version__question").get(position=3).version
    found = mendings.plan(question=mended.question, versions=[mended.pk], kind="full", answers=[])
    mending, _ = mendings.apply_mending(
        question=mended.question, versions=[mended.pk], kind="full", answers=[], reason="The guide bears out another option as well.", by=teacher,
        latest=found.latest, now=now,
    )  # fmt: skip
    statistics.store(statistics.compute(), now=now)
    desk = {
        "index": "", "questions": "question/", "question-new": "question/add/", "question": f"question/{reviewed.pk}/change/",
        "question-preview": f"question/{reviewed.pk}/preview/", "question-history": f"question/{reviewed.pk}/versions/1/",
        "attention": "question/attention/", "bulk": "question/bulk/", "blueprints": "blueprint/", "blueprint": "blueprint/1/change/", "blueprint-statistics": "blueprint/1/statistics/",
        "class": f"cohort/{cohort.pk}/change/", "class-new": "cohort/add/", "class-members": f"cohort/{cohort.pk}/members/",
        "class-member": f"cohort/{cohort.pk}/members/{member.pk}/", "class-progress": f"cohort/{cohort.pk}/progress/",
        "class-lessons": f"cohort/{cohort.pk}/lessons/", "class-exams": f"cohort/{cohort.pk}/exams/", "class-exam": f"cohort/{cohort.pk}/exams/{window.pk}/",
        "class-exam-change": f"cohort/{cohort.pk}/exams/{window.pk}/change/", "class-code": f"cohort/{cohort.pk}/code/",
        "class-closing": f"cohort/{cohort.pk}/closing/", "imports": "importrun/", "import-new": "importrun/add/", "import": f"importrun/{run.pk}/change/",
        "mendings": "keymending/", "mending": f"keymending/{mending.pk}/change/", "mending-wizard": f"keymending/of/{drafted.pk}/",
        "reports": "report/", "report": "report/1/change/", "people": "learner/", "person": f"learner/{ana.pk}/change/", "predictions": "prediction/",
        "sources": "sourcepage/", "pictures": "picture/", "picture-new": "picture/add/", "statistics-runs": "statisticsrun/", "deleted-drafts": "discardeddraft/",
    }  # fmt: skip
    learner = {
        "exam-start": "/exams/full/", "exam-review": f"/attempts/{running.pk}/review/", "session-result": f"/attempts/{practised.pk}/result/",
        "practice-open": f"/attempts/{open_practice.pk}/slots/2/", "question": f"/questions/{seen.question_id}/",
        "report": f"/versions/{seen.question.current_id}/reports/", "labs": "/labs/", "drills": "/labs/drills/", "workflows": "/labs/pricing/workflows/",
        "invocation-run": "/labs/invocation/?model=sqs&fault=poison&max_receive=3&run=1", "search": "/search/?q=dead-letter", "search-empty": "/search/?q=zebra",
        "classes": "/classes/", "class": cohort.get_absolute_url(), "class-exam": window.get_absolute_url(), "class-leaving": f"{cohort.get_absolute_url()}leaving/",
        "account": "/accounts/", "password": "/accounts/password/change/", "removal": "/accounts/removal/", "sign-out": "/accounts/logout/",
        "sessions": "/accounts/sessions/", "second-factor": "/accounts/second-factor/", "not-found": "/no/such/page/", "wrong-method": f"/attempts/{running.pk}/submission/", "offline": "/offline/",
        "lesson-copy": "/lessons/asynchronous-invocation/offline/", "lesson-pricing": "/lessons/lambda-pricing/",
    }  # fmt: skip
    visitor = {
        "today": "/", "lessons": "/lessons/", "practice": "/practice/", "review": "/review/", "exams": "/exams/", "progress": "/progress/", "plan": "/plan/",
        "memory": "/progress/memory/", "readiness": "/readiness/", "classes": "/classes/", "search": "/search/", "sign-in": "/accounts/login/",
        "sign-up": "/accounts/signup/", "reset": "/accounts/password/reset/", "privacy": "/privacy/",
    }  # fmt: skip
    return {
        **{f"learner-{name}": ("ana", path) for name, path in learner.items()},
        **{f"visitor-{name}": ("nobody", path) for name, path in visitor.items()},
        **{f"desk-{name}": ("teacher", f"/admin/quizzes/{path}" if path else "/admin/") for name, path in desk.items()},
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(base: str) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{base}/readyz", timeout=2)
            return
        except OSError:
            time.sleep(0.1)
    sys.exit("The server did not come up.")


def _all(chromium: str, base: str, pages: dict[str, tuple[str, str]], cookies: dict[str, str], out: Path) -> None:
    from playwright.sync_api import sync_playwright

    out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for scheme in SCHEMES:
            for width in WIDTHS:
                for name, (person, path) in pages.items():
                    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
                    if cookies[person]:
                        context.add_cookies([{"name": "sessionid", "value": cookies[person], "url": base}])
                    page = context.new_page()
                    page.goto(base + path, wait_until="networkidle")
                    wide = page.evaluate("document.scrollingElement.scrollWidth")
                    if wide > width:
                        print(f"{name} is {wide} px wide in a window of {width}")
                    page.screenshot(path=out / f"{name}-{scheme}-{width}.png", full_page=True)
                    context.close()
        browser.close()
    print(f"{len(pages) * len(SCHEMES) * len(WIDTHS)} pictures are in {out}")


def _readme(chromium: str, base: str, pages: dict[str, tuple[str, str]], cookies: dict[str, str]) -> None:
    """Two small pictures: a lesson in the light, an exam in the dark."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for name, scheme in (("03-lesson", "light"), ("07-exam", "dark")):
            context = browser.new_context(viewport={"width": 1100, "height": 720}, color_scheme=scheme, device_scale_factor=0.8)
            context.add_cookies([{"name": "sessionid", "value": cookies["ana"], "url": base}])
            page = context.new_page()
            page.goto(base + pages[name][1])
            target = ROOT / "docs/img" / f"{name[3:]}.png"
            page.screenshot(path=target)
            print(f"{target.relative_to(ROOT)}: {target.stat().st_size // 1024} KB")
        browser.close()


if __name__ == "__main__":
    main()
