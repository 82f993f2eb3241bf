"""Pages in a real browser, which must never complain, use the network, or run a text's code."""

import os
import shutil
from contextlib import contextmanager

import pytest

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
WIDTHS = (1400, 400)
PATIENCE = 180_000  # milliseconds, for machines with other work to do
needs_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="there is no Chromium here (Debian: apt install chromium)"
)
CLIPPED = """
(scrolling) => [...document.querySelectorAll("main *")].filter((element) => {
  const box = element.getBoundingClientRect();
  const inside = element.closest(scrolling);
  const outside = box.right > window.innerWidth + 1 || box.left < -1;
  return box.width > 0 && outside && (!inside || inside === element);
}).map((element) => element.outerHTML.slice(0, 100))
"""


@contextmanager
def launched():
    """Yields a browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        options = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium has no sandbox for root
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        yield browser
        browser.close()


@contextmanager
def opened(browser, url, width):
    """Yields the opened page; fails where it complains, or `harmed` is set by a text's code."""
    problems = []
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.set_default_timeout(PATIENCE)
    page.on(
        "console",
        lambda message: (
            problems.append(message.text) if message.type in {"error", "warning"} else None
        ),
    )
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on(
        "request",
        lambda asked: (
            problems.append(asked.url)
            if not asked.url.startswith(("file:", "data:", "blob:"))
            else None
        ),
    )
    page.goto(url)
    yield page
    harmed = page.evaluate("window.harmed")
    page.close()
    assert not problems
    assert harmed is None
