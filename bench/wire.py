"""Counts the bytes of an exam over the wire: the first question with everything that comes with it, and each next one."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import CDPSession, sync_playwright

from bench.house import Browser, Server
from bench.measure import attempt_of

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run", "--disable-component-update", "--disable-sync",
]  # fmt: skip


@dataclass
class Load:
    """Requests of one step, with the bytes that came for each, headers included, as they were on the wire."""

    by: str
    sizes: dict[str, int] = field(default_factory=dict)

    @property
    def bytes(self) -> int:
        return sum(self.sizes.values())


def exam_bytes(server: Server) -> tuple[Load, list[Load]]:
    """The first visit to an exam's question in a fresh browser, and going on to the next questions. By links alone where there is no Chromium."""
    browser = Browser(server)
    exam = attempt_of(browser.post("/exams/full/", {}))
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        return by_links(server, browser, exam)
    return by_chromium(server, browser, exam, chromium)


def by_links(server: Server, browser: Browser, exam: int) -> tuple[Load, list[Load]]:
    """What the pages name, asked for one by one."""
    first = Load("following the links")
    page = _weigh(browser, first, f"/attempts/{exam}/slots/1/")
    for link in re.findall(r'<(?:link[^>]*rel="(?:stylesheet|icon)"[^>]*href|script[^>]*src)="(/[^"]+)"', page):
        _weigh(browser, first, link)
    following = []
    for position in (2, 3, 4):
        load = Load(first.by)
        _weigh(browser, load, f"/attempts/{exam}/slots/{position}/", HX_Request="true")
        following.append(load)
    return first, following


def _weigh(browser: Browser, load: Load, path: str, **headers: str) -> str:
    answer = browser.get(path, Accept_Encoding="gzip, br", **headers)
    load.sizes[path] = len(answer.body) + sum(len(name) + len(value) + 4 for name, value in answer.headers.items())
    return browser.get(path, Accept_Encoding="identity", **headers).body.decode() if path.startswith("/attempts") else ""


def by_chromium(server: Server, browser: Browser, exam: int, chromium: str) -> tuple[Load, list[Load]]:
    """What a real browser asks for, with all its scripts at work."""
    with sync_playwright() as playwright:
        window = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        try:
            context = window.new_context()
            context.add_cookies([{"name": name, "value": value, "url": server.address} for name, value in browser.cookies.items()])
            page = context.new_page()
            ear = Ear(context.new_cdp_session(page))
            page.goto(f"{server.address}/attempts/{exam}/slots/1/", wait_until="networkidle")
            loads = [ear.take()]
            for position in (2, 3, 4):
                page.check("input[name=answer] >> nth=1")  # an answer is given and saved before one goes on
                page.click("[data-go-next]")
                page.wait_for_selector(f'[data-position="{position}"]')
                page.wait_for_load_state("networkidle")
                loads.append(ear.take())
            return loads[0], loads[1:]
        finally:
            window.close()


class Ear:
    """Notes what arrives at a page, with the bytes it had on the wire. What the browser has in its cache does not arrive."""

    def __init__(self, session: CDPSession) -> None:
        self.load, self.asked = Load("Chromium"), dict[str, str]()
        session.on("Network.requestWillBeSent", self._sent)
        session.on("Network.loadingFinished", self._arrived)
        session.send("Network.enable")

    def take(self) -> Load:
        """What arrived since the last time."""
        taken, self.load = self.load, Load("Chromium")
        return taken

    def _sent(self, event: dict[str, Any]) -> None:
        number = event["requestId"]
        if redirect := event.get("redirectResponse"):
            self._note(f"{number} {self.asked[number]}", redirect["encodedDataLength"])
        self.asked[number] = event["request"]["url"]

    def _arrived(self, event: dict[str, Any]) -> None:
        self._note(f"{event['requestId']} {self.asked.get(event['requestId'], '')}", event["encodedDataLength"])

    def _note(self, what: str, size: float) -> None:
        if size:
            self.load.sizes[what] = int(size)
