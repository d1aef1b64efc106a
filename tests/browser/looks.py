"""What every page is looked over for: what axe finds, and what is wider than the window. Both wait until the page stands."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

WIDTHS = {"light": 1280, "dark": 390}


def faults(page: Page) -> list[str]:
    """What axe finds on the page as it stands, and whether it is wider than its window; empty where all is well."""
    return found_by_axe(page) + wider(page)


def faults_in_both_dresses(page: Page) -> list[str]:
    """The same, light and wide, then dark and narrow."""
    found = []
    for scheme, width in WIDTHS.items():
        dress(page, scheme, width)
        found += [f"{scheme}, {width} px: {fault}" for fault in faults(page)]
    return found


def dress(page: Page, scheme: Any, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")


def found_by_axe(page: Page) -> list[str]:
    page.wait_for_load_state()
    found = Axe().run(page, options={"preload": False}).response["violations"]
    return [f"{page.url}: {finding['id']}: {node['html'][:120]}" for finding in found for node in finding["nodes"]]


def wider(page: Page) -> list[str]:
    """How far the page goes beyond its window. A press returns while the next page is on its way: first expect something of it."""
    page.wait_for_load_state()
    assert page.viewport_size is not None
    beyond = page.evaluate("document.scrollingElement.scrollWidth") - page.viewport_size["width"]
    return [f"{page.url}: {beyond} px wider than the window"] if beyond > 0 else []
