import pytest
from page_cells import write_page_cells
from page_reading import Page, report


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    return write_page_cells(tmp_path_factory.mktemp("sweep"))


@pytest.fixture(scope="module")
def folder(outputs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("written") / "report"
    report(outputs, folder)
    return folder


@pytest.fixture(scope="module")
def page(folder):
    return Page(folder)
