"""The built documentation in a browser, where mkdocs is installed (`make docs` does that)."""

import importlib.util
import json
import os
import re
import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from printed_examples import ROOT

pytestmark = [
    pytest.mark.skipif(not importlib.util.find_spec("mkdocs"), reason="mkdocs is not installed"),
    pytest.mark.xdist_group("site"),  # built once
]
OUTSIDE = """
() => [...document.querySelectorAll("td")].filter((cell) =>
  cell.closest("table").rows[0].cells.length < 4
  && cell.getBoundingClientRect().right > window.innerWidth + 1
).map((cell) => cell.innerText)
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    words = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "-d", str(folder)]
    subprocess.run(words, cwd=ROOT, env=os.environ | {"NO_MKDOCS_2_WARNING": "1"}, check=True)
    return folder


class Silent(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def address(site):
    """A server of the site: the search does not work from a file."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=str(site))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize(
    ("word", "place"),
    [
        ("temperature", "reference/configuration.html#model"),
        ("refresh", "reference/configuration.html#keys-outside-the-groups"),
        ("margin", "losses.html#each-loss"),
    ],
)
def test_the_index_has_the_parts_of_keys_as_words(site, word, place):
    index = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))
    texts = {entry["location"]: f"{entry['title']} {entry['text']}" for entry in index["docs"]}
    text = re.sub("<[^>]*>", " ", texts[place])
    assert word in re.split(index["config"]["separator"], text.lower())


def test_the_results_lead_to_a_report_of_the_study(browser, site):
    page = browser.new_page()
    page.goto(f"file://{site}/results.html")
    page.get_by_role("link", name="The report of nl2bash").click()
    assert "collection nl2bash" in page.locator("#summary").inner_text()
    page.close()


@pytest.mark.parametrize("name", ["losses.html", "reference/configuration.html"])
def test_names_and_their_meanings_are_read_without_scrolling_on_a_phone(browser, site, name):
    page = browser.new_page(viewport={"width": 400, "height": 900})
    page.goto(f"file://{site / name}")
    assert page.locator("td").count() > 100
    assert page.evaluate(OUTSIDE) == []
    page.close()


def test_a_reader_who_types_temperature_finds_the_key(browser, address):
    page = browser.new_page()
    page.goto(f"{address}/index.html")
    page.locator("input[name=query]").press_sequentially("temperature")  # it listens to keys
    found = page.locator(".md-search-result__link[href*='configuration.html#model']")
    found.wait_for(state="attached", timeout=60_000)
    page.close()
