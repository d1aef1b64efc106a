"""The icons of the installed app, drawn from static/img/mark.svg by a Chromium: `python -m bench.icons`. They are kept in the repository."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from bench.screenshots import FLAGS

FOLDER = Path(__file__).resolve().parent.parent / "static/img"
INK = "#1d232c"
#: Name, the mark's share of the width, the roundness of the tile. A maskable icon may be cut to a circle of 80 %.
SHAPES = (("icon", 0.62, "22%"), ("maskable", 0.5, "0"))


def main() -> None:
    from playwright.sync_api import sync_playwright

    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not chromium:
        sys.exit("No Chromium was found. Install one, or name it: CHROMIUM=/path/to/chromium")
    mark = (FOLDER / "mark.svg").read_text()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for name, share, radius in SHAPES:
            for size in (192, 512):
                page = browser.new_page(viewport={"width": size, "height": size})
                page.set_content(
                    f"<style>html{{background:transparent}}body{{margin:0;height:100vh;display:grid;place-items:center;background:{INK};"
                    f"border-radius:{radius}}}svg{{width:{share:.0%}}}</style>{mark}"
                )
                page.screenshot(path=FOLDER / f"{name}-{size}.png", omit_background=True)
                page.close()
        browser.close()


if __name__ == "__main__":
    main()
