"""Reading finished cells, and grouping them over seeds."""

import json
import shutil

import numpy as np
import pytest

from benchmarks.sweeps.report_synthetic import Grid, config_of, write_cell, write_cells
from cells.record import failures
from cells.record.coordinates import coordinates_of
from cells.record.lock import lock_file, locked
from data.storage.file_hashes import hash_of
from errors import InputError
from evaluation import read_per_query
from reporting.reading.cells import read_cells
from reporting.reading.filters import parse_filters
from reporting.reading.per_query_values import read_values
from reporting.statistics.analysis import analyse
from reporting.statistics.comparisons import Plan
from reporting.statistics.groups import read_groups

GRID = Grid({"cross_entropy": 0.0, "label_weakening": 0.1}, datasets=("toy", "other"))
VALUES = {"nDCG@10": np.array([0.5, 0.25]), "RR@10": np.array([1.0, 0.0])}


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("outputs")
    write_cells(folder, GRID)
    return folder


@pytest.fixture
def sweep(swept, tmp_path):
    return shutil.copytree(swept, tmp_path / "outputs")


def group_of(groups, dataset, loss, ratio):
    return next(
        group
        for group in groups
        if (group.condition.dataset, group.loss, group.condition.ratio) == (dataset, loss, ratio)
    )


def test_all_finished_cells_are_found_by_name(swept):
    cells = read_cells(swept)
    assert [cell.name for cell in cells.finished] == sorted(cell.name for cell in cells.finished)
    assert len(cells.finished) == 36
    assert not cells.incomplete
    assert not cells.corrupt
    assert [cell.name for cell in read_cells(swept / "toy").finished] == [
        cell.name for cell in cells.finished if cell.dataset == "toy"
    ]


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        (["dataset=toy"], 18),
        (["loss=label_*", "noise.ratio=0.2,0.40"], 12),
        (["seed=1,2", "ratio=0"], 8),
        (["dataset=nowhere"], 0),
    ],
)
def test_filters(swept, filters, count):
    assert len(read_cells(swept, parse_filters(filters)).finished) == count


def test_a_filter_value_that_no_cell_has_is_told(swept):
    assert read_cells(swept, parse_filters(["loss=cross_entropy,elr"])).unmatched == ["loss=elr"]


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("los=a", "did you mean loss"),
        ("loss", "not a filter"),
        ("loss=", "not a filter"),
        ("seed=x", "not a number"),
        ("ratio=x", "not a number"),
    ],
)
def test_bad_filters_are_refused(argument, message):
    with pytest.raises(InputError, match=message):
        parse_filters([argument])


@pytest.mark.parametrize("content", ["", "- a", "a: b: c", "\x00"])
def test_a_damaged_configuration_costs_its_cell_only(sweep, content):
    name = "toy/static/cross_entropy/semantic-0/seed-1"
    (sweep / name / "config.yaml").write_text(content)
    cells = read_cells(sweep)
    assert len(cells.finished) == 35
    assert cells.corrupt[0].cell.endswith(name)
    assert "config.yaml" in cells.corrupt[0].reason


def test_cells_of_other_tasks_are_passed_over(tmp_path):
    assert coordinates_of({"dataset": {}, "model": {}, "seed": 1}) is None
    assert coordinates_of({"task": {"_target_": "cells.tasks.noise.noise"}}) is None


def test_unfinished_cells_are_listed_openly(sweep):
    for seed in (1, 2):
        (sweep / f"toy/static/cross_entropy/semantic-0/seed-{seed}/scores.json").unlink()
    name = "toy/static/elr/semantic-0/seed-1"
    place = coordinates_of(config_of(name))._asdict()
    failures.record(sweep, name, ValueError("no such thing"), place)
    with locked(lock_file(sweep, "toy/static/cross_entropy/semantic-0/seed-2")):
        cells = read_cells(sweep, parse_filters(["dataset=toy"]))
    assert len(cells.finished) == 16
    assert [state.state for state in cells.incomplete] == ["interrupted", "running", "failed"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "cannot be read"),
        ("[]", "holds no measures"),
        ('{"measures": {"AP": NaN}}', "AP is nan"),
        ('{"measures": {"AP": "0.5"}}', "AP is 0.5, which is not"),
        ('{"measures": {"AP": 0.5}}', "which data"),
    ],
)
def test_a_corrupt_scores_file_is_named_and_passed_over(sweep, content, reason):
    name = "toy/static/cross_entropy/semantic-0/seed-1"
    (sweep / name / "scores.json").write_text(content)
    cells = read_cells(sweep)
    assert len(cells.finished) == 35
    assert cells.corrupt[0].cell == name
    assert reason in cells.corrupt[0].reason


def test_a_cell_that_is_there_twice_is_named(sweep):
    shutil.copytree(sweep / "toy", sweep / "machine-2" / "toy")
    cells = read_cells(sweep)
    assert len(cells.finished) == 36
    assert len(cells.corrupt) == 18
    assert "the same cell as" in cells.corrupt[0].reason


def test_a_folder_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(InputError, match="is not a folder"):
        read_cells(tmp_path / "nothing")


def test_groups_average_over_seeds(swept):
    groups, measures, corrupt = read_groups(read_cells(swept).finished)
    assert (len(groups), measures, corrupt) == (12, ("nDCG@10", "RR@10"), [])
    group = group_of(groups, "toy", "label_weakening", 0.4)
    files = [read_per_query(cell.file("per_query.tsv")) for cell in group.cells]
    assert group.seeds == (1, 2, 3)
    assert group.mean("RR@10") == pytest.approx(
        np.mean([cell.measures["RR@10"] for cell in group.cells])
    )
    assert group.sd("RR@10") == pytest.approx(
        np.std([cell.measures["RR@10"] for cell in group.cells], ddof=1)
    )
    for query_id, value in zip(group.query_ids, group.queries("RR@10"), strict=True):
        assert value == pytest.approx(np.mean([file[query_id]["RR@10"] for file in files]))
    alone = read_groups(read_cells(swept, parse_filters(["seed=2"])).finished).groups[0]
    assert alone.sd("RR@10") is None


def test_different_measures_are_refused_by_name_unless_common_ones_are_chosen(tmp_path):
    write_cell(tmp_path, "toy/m/a/none-0/seed-1", VALUES)
    write_cell(tmp_path, "toy/m/b/none-0/seed-1", VALUES | {"AP": np.array([0.1, 0.2])})
    cells = read_cells(tmp_path).finished
    with pytest.raises(
        InputError,
        match=r"toy/m/a/none-0/seed-1 has nDCG@10, RR@10; toy/m/b/none-0/seed-1 has .* "
        r"AP.*--measure",
    ):
        read_groups(cells)
    assert len(read_groups(cells, ["RR@10"]).groups) == 2
    with pytest.raises(InputError, match="a/none-0/seed-1 has no measure AP"):
        read_groups(cells, ["AP"])


def test_different_data_and_different_queries_are_refused_by_name(tmp_path):
    write_cell(tmp_path, "toy/m/a/none-0/seed-1", VALUES, fingerprint="one")
    write_cell(tmp_path, "toy/m/b/none-0/seed-1", VALUES, fingerprint="two")
    with pytest.raises(
        InputError, match=r"a/none-0/seed-1 and toy/m/b/none-0/seed-1 were scored on different data"
    ):
        read_groups(read_cells(tmp_path).finished)
    write_cell(
        tmp_path,
        "toy/m/b/none-0/seed-1",
        {name: np.append(values, 0.3) for name, values in VALUES.items()},
        fingerprint="one",
    )
    with pytest.raises(
        InputError, match=r"have different test queries: 1 are in one per_query.tsv only \(q2\)"
    ):
        read_groups(read_cells(tmp_path).finished)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "cannot be read"),
        ("", "not a table"),
        ("query_id\tAP\tRR@10\nq1\t0.5\n", "not a table"),
        ("query_id\tAP\nq1\t0.5\n", "RR@10"),
        ("query_id\tAP\tRR@10\nq1\t0.5\tx\n", "'x'"),
        ("query_id\tAP\tRR@10\nq1\t0.5\tnan\n", "RR@10 of query q1 is nan"),
        ("query_id\tAP\tRR@10\nq1\t0.5\t1\nq1\t0.5\t1\n", "lists a query twice"),
    ],
)
def test_a_damaged_per_query_file_costs_its_cell_only(tmp_path, content, reason):
    for seed in (1, 2):
        directory = write_cell(
            tmp_path,
            f"toy/m/a/none-0/seed-{seed}",
            {"AP": np.array([0.5, 0.5]), "RR@10": np.array([1.0, 0.0])},
        )
    (directory / "per_query.tsv").unlink()
    if content is not None:
        (directory / "per_query.tsv").write_text(content)
    groups, _, corrupt = read_groups(read_cells(tmp_path).finished)
    assert groups[0].seeds == (1,)
    assert corrupt[0].cell == "toy/m/a/none-0/seed-2"
    assert reason in corrupt[0].reason


def test_ids_that_need_quotes_are_read(tmp_path):
    path = tmp_path / "per_query.tsv"
    path.write_text('query_id\tAP\n"a ""b"""\t0.25\n_\t0.5\n')
    assert read_values(path, ["AP"]).query_ids == ("_", 'a "b"')
    assert read_values(path, ["AP"]).values.tolist() == [[0.5, 0.25]]


def test_scores_are_kept_whole(swept):
    cell = read_cells(swept).finished[0]
    assert cell.scores == json.loads(cell.file("scores.json").read_text())


@pytest.mark.parametrize("place", [".", "..", "toy", "toy/static"])
def test_states_are_the_same_from_a_folder_above_or_below(sweep, place):
    names = [f"toy/static/cross_entropy/semantic-0/seed-{seed}" for seed in (1, 2)]
    for name in names:
        (sweep / name / "scores.json").unlink()
    failures.record(sweep, names[0], ValueError("no such thing"), None)
    with locked(lock_file(sweep, names[1])):
        cells = read_cells(sweep / place)
    assert [state[:2] for state in cells.incomplete] == [
        (names[0], "failed"),
        (names[1], "running"),
    ]


def test_values_of_queries_that_were_changed_since_cost_their_cell_only(tmp_path):
    for seed in (1, 2):
        folder = write_cell(tmp_path, f"toy/static/elr/none-0/seed-{seed}", VALUES)
        scores = json.loads((folder / "scores.json").read_text())
        scores["written"] = {"per_query.tsv": hash_of(folder / "per_query.tsv")}
        (folder / "scores.json").write_text(json.dumps(scores))
    assert not read_groups(read_cells(tmp_path).finished).corrupt
    text = (folder / "per_query.tsv").read_text()
    (folder / "per_query.tsv").write_text(text.replace("0.25", "0.75"))
    groups = read_groups(read_cells(tmp_path).finished)
    assert groups.groups[0].seeds == (1,)
    assert "per_query.tsv was changed after scores.json was written" in groups.corrupt[0].reason


@pytest.mark.parametrize(
    ("seeds", "note"),
    [
        ({"a": (1, 2), "b": (1, 2)}, None),
        ({"a": (1, 2), "b": (1, 3)}, "Under 1 of 1 conditions the losses do not have the same"),
        ({"a": (1, 2), "b": (1,)}, "different numbers of seeds: 1 have fewer than 2"),
    ],
)
def test_losses_with_other_seeds_are_told(tmp_path, seeds, note):
    for loss, found in seeds.items():
        for seed in found:
            write_cell(tmp_path, f"toy/static/{loss}/semantic-0.4/seed-{seed}", VALUES)
    notes = analyse(read_cells(tmp_path), Plan("a", None, resamples=100)).notes
    assert any(note in each for each in notes) if note else not any("seeds" in e for e in notes)
