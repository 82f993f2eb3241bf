import pytest
from table_grid import GRID, PLAN

from benchmarks.sweeps.report_synthetic import write_cells
from reporting.output_folder import prepare_folder
from reporting.reading.cells import read_cells
from reporting.statistics.analysis import analyse
from reporting.tables.csv_files import write_csvs
from reporting.tables.result_tables import tables_of
from reporting.tables.table_files import write_table


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("outputs")
    write_cells(folder, GRID)
    return folder


@pytest.fixture(scope="module")
def analysis(swept):
    return analyse(read_cells(swept), PLAN)


@pytest.fixture(scope="module")
def report(analysis, tmp_path_factory):
    out = tmp_path_factory.mktemp("report")
    prepare_folder(analysis, out)
    write_csvs(analysis, out)
    for table in tables_of(analysis):
        write_table(table, out / "tables")
    return out
