"""Reading a page as a program does."""

import json
from html.parser import HTMLParser

from reporting.page import write_page
from reporting.reading.cells import read_cells
from reporting.statistics.analysis import analyse
from reporting.statistics.comparisons import Plan
from reporting.tables.csv_files import write_csvs

PLAN = Plan("cross_entropy", "label_weakening", resamples=200)


class Page(HTMLParser):
    """The content of a page: elements, outside references, visible text, data of scripts."""

    def __init__(self, folder):
        super().__init__()
        self.tags, self.references, self.seen, self.scripts, self._inside = [], [], [], [], []
        self.feed((folder / "index.html").read_text(encoding="utf-8"))
        self.text = " ".join(" ".join(self.seen).split())
        self.content = json.loads(self.scripts[0])

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.references += [value for name, value in attrs if name in {"src", "href"} and value]
        self._inside.append(tag)
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag):
        if tag in self._inside:
            while self._inside.pop() != tag:
                pass

    def handle_data(self, data):
        if self._inside[-1:] == ["script"]:
            self.scripts[-1] += data
        elif self._inside[-1:] != ["style"]:
            self.seen.append(data)


def report(outputs, folder, plan=PLAN):
    folder.mkdir()
    analysis = analyse(read_cells(outputs), plan)
    write_csvs(analysis, folder)
    write_page(analysis, folder)
    return Page(folder)
