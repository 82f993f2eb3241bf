import os
import shutil
from pathlib import Path

import pytest

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
WIDTHS = (1400, 400)
PATIENCE = 180_000  # milliseconds, for machines with other work to do
CLIPPED = """
(scrolling) => [...document.querySelectorAll("main *")].filter((element) => {
  const box = element.getBoundingClientRect();
  const inside = element.closest(scrolling);
  const outside = box.right > window.innerWidth + 1 || box.left < -1;
  return box.width > 0 && outside && (!inside || inside === element);
}).map((element) => element.outerHTML.slice(0, 100))
"""


@pytest.fixture(scope="session")
def real_collections() -> Path:
    """The folder of real collections, which most machines do not have."""
    folder = os.environ.get("REAL_COLLECTIONS")
    if not folder:
        pytest.skip("REAL_COLLECTIONS names no folder")
    return Path(folder)


@pytest.fixture(scope="module")
def browser():
    """A real browser; not for a session, since it keeps an event loop running."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium here (Debian: apt install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        options = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium has no sandbox for root
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        yield browser
        browser.close()


@pytest.fixture(params=WIDTHS, ids=lambda width: f"{width} px")
def visit(browser, request):
    """Opens a page, which must never complain, use the network, or run a text's code."""
    problems = []
    page = browser.new_page(viewport={"width": request.param, "height": 900})
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

    def visit_it(url):
        page.goto(url)
        return page

    yield visit_it
    harmed = page.evaluate("window.harmed")
    page.close()
    assert not problems
    assert harmed is None


@pytest.fixture(scope="session")
def clipped():
    """What sticks out of the window on a page, except inside of what scrolls (a selector)."""

    def clipped_on(page, scrolling):
        wide = page.evaluate("document.documentElement.scrollWidth") > page.viewport_size["width"]
        return [*page.evaluate(CLIPPED, scrolling), *(["the page"] if wide else [])]

    return clipped_on
