"""Tables of a report: what is best, what is significant, how they are written; ranks and curves."""

import csv
import shutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from table_grid import LOSSES, PLAN

from benchmarks.sweeps.report_synthetic import write_cell
from reporting.reading.cells import read_cells
from reporting.reading.filters import parse_filters
from reporting.statistics.analysis import analyse
from reporting.statistics.comparisons import BASELINE, FOCUS, Plan
from reporting.statistics.ranks import critical_difference, rank
from reporting.tables.result_tables import measure_table, paper_table, rank_table, tables_of
from reporting.tables.table_files import markdown


def sheet(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def found(analysis, family, **wanted):
    return [
        c
        for c in analysis.comparisons
        if c.family == family and all(getattr(c, key) == value for key, value in wanted.items())
    ]


def test_a_planted_difference_is_found_and_the_same_system_is_not_different(analysis):
    for comparison in found(analysis, BASELINE, ratio=0.4):
        expected = {"label_weakening": 1, "elr": -1, "same_as_cross_entropy": 0}[comparison.loss]
        assert comparison.mark == expected
    for comparison in found(analysis, BASELINE, loss="same_as_cross_entropy"):
        assert (
            comparison.difference,
            comparison.p_t,
            comparison.p_randomisation,
            comparison.ties,
        ) == (0, 1, 1, 40)
    for comparison in found(analysis, FOCUS, ratio=0.4):
        assert comparison.mark == 1
        assert comparison.loss == "label_weakening"


def test_a_family_is_a_kind_of_comparison_by_a_measure_on_a_data_set(analysis):
    # families, measures, data sets; 3 others x 2 models x 3 ratios
    assert len(analysis.comparisons) == 2 * 2 * 2 * 18
    assert {comparison.tests for comparison in analysis.comparisons} == {18}
    family = found(analysis, BASELINE, measure="RR@10", dataset="b")
    p_values = sorted(comparison.p_t for comparison in family)
    smallest = min(family, key=lambda comparison: comparison.p_t)
    assert smallest.holm_t == pytest.approx(min(1, 18 * p_values[0]))


def test_comparisons_are_scipys_on_the_per_query_csv(report):
    comparison = sheet(report / "comparisons.csv")[7]
    with (report / "per_query" / f"{comparison['dataset']}.csv").open() as file:
        _, *lines = csv.reader(file)
    values = {tuple(line[:5]): np.array(line[5:], float) for line in lines}
    left, right = (
        values[
            comparison["measure"],
            comparison["model"],
            comparison["noise"],
            comparison["ratio"],
            comparison[name],
        ]
        for name in ("loss", "other")
    )
    expected = stats.ttest_rel(left, right)
    assert float(comparison["t"]) == pytest.approx(expected.statistic, abs=1e-9)
    assert float(comparison["p_t"]) == pytest.approx(expected.pvalue, abs=1e-9)
    assert float(comparison["difference"]) == pytest.approx((left - right).mean(), abs=1e-12)
    assert [int(comparison[name]) for name in ("wins", "losses")] == [
        (left > right).sum(),
        (left < right).sum(),
    ]


def test_groups_ranks_and_curves_can_be_computed_from_the_csv_beside_them(report):
    cells, groups = sheet(report / "cells.csv"), sheet(report / "groups.csv")
    key = ("dataset", "model", "noise", "ratio", "loss")
    for group in groups[::5]:
        values = [
            float(cell[group["measure"]])
            for cell in cells
            if all(cell[name] == group[name] for name in key)
        ]
        assert float(group["mean"]) == pytest.approx(np.mean(values), abs=1e-12)
        assert float(group["sd"]) == pytest.approx(np.std(values, ddof=1), abs=1e-12)
    means = {
        tuple(group[name] for name in (*key, "measure")): float(group["mean"]) for group in groups
    }
    for line in sheet(report / "curves.csv")[::7]:
        points = sorted(
            (float(k[3]), mean)
            for k, mean in means.items()
            if all(line[n] == v for n, v in zip(key, k, strict=False) if n != "ratio")
            and k[5] == line["measure"]
        )
        ratios, heights = zip(*points, strict=True)
        assert float(line["area"]) == pytest.approx(
            np.trapezoid(heights, ratios) / (ratios[-1] - ratios[0]), abs=1e-12
        )
        assert float(line["retention"]) == pytest.approx(
            float(line["mean"]) / heights[0], abs=1e-12
        )
    conditions = {k[:4] for k in means}
    for line in sheet(report / "ranks.csv"):
        ranks = [
            stats.rankdata([-means[*condition, loss, line["measure"]] for loss in sorted(LOSSES)])[
                sorted(LOSSES).index(line["loss"])
            ]
            for condition in conditions
        ]
        assert float(line["mean_rank"]) == pytest.approx(np.mean(ranks), abs=1e-12)


def test_tables_hold_the_numbers_of_the_csv_files(report):
    table = sheet(report / "tables" / "toy_a-RR-10-paper.csv")
    groups = {
        tuple(group[name] for name in ("dataset", "model", "ratio", "loss", "measure")): group
        for group in sheet(report / "groups.csv")
    }
    *losses, bm25, untrained = table
    assert (bm25["loss"], untrained["loss"]) == ("BM25", "untrained")
    assert bm25["static, semantic 0.4"] == bm25["static, semantic 0"]
    for row in losses:
        group = groups["toy_a", "static", "0.4", row["loss"], "RR@10"]
        assert row["static, semantic 0.4"] == group["mean"]
        assert row["static, semantic 0.4 sd"] == group["sd"]
    text = (report / "tables" / "toy_a-RR-10-paper.md").read_text()
    assert f"{float(groups['toy_a', 'static', '0.4', 'elr', 'RR@10']['mean']):.3f}‡ ± " in text


@given(st.data())
@settings(max_examples=15, deadline=None)
def test_the_order_of_cells_changes_nothing(swept, data):
    cells = read_cells(swept, parse_filters(["dataset=b", "model=static", "seed=1,2"]))
    in_order = analyse(cells, PLAN)
    again = analyse(cells._replace(finished=data.draw(st.permutations(cells.finished))), PLAN)
    assert again.comparisons == in_order.comparisons
    assert again.rankings == in_order.rankings
    assert again.curves == in_order.curves
    assert list(map(markdown, tables_of(again))) == list(map(markdown, tables_of(in_order)))


def test_captions_state_family_tests_and_seeds(analysis, swept):
    caption = paper_table(analysis, "b", "RR@10").caption
    for words in (
        "RR@10 on b (40 queries)",
        "seeds 1, 2, 3",
        "than cross_entropy",
        "paired t-test",
        "Holm",
        "(18 tests)",
        "level 0.05",
    ):
        assert words in caption
    assert "b 18 tests, toy_a 18 tests" in measure_table(analysis, "RR@10").caption
    alone = analyse(read_cells(swept, parse_filters(["seed=2"])), PLAN)
    assert "seed 2 only, hence no standard deviation" in paper_table(alone, "b", "RR@10").caption
    assert "16 of 16 groups have a single seed" not in " ".join(alone.notes)
    assert "48 of 48 groups have a single seed" in " ".join(alone.notes)


def test_missing_baselines_unequal_seeds_and_single_queries_are_told(tmp_path):
    two, one = {"AP": np.array([0.5, 0.2])}, {"AP": np.array([0.5])}
    for name in (
        "toy/m/ce/none-0/seed-1",
        "toy/m/ce/none-0/seed-2",
        "toy/m/lw/none-0/seed-1",
        "toy/m/lw/none-0.2/seed-1",
    ):
        write_cell(tmp_path, name, two)
    for loss in ("ce", "lw"):
        write_cell(tmp_path, f"single/m/{loss}/none-0/seed-1", one)
    result = analyse(read_cells(tmp_path), Plan("ce", None))
    notes = " ".join(result.notes)
    assert (
        "ce is not finished under 1 of 2 conditions of toy (toy/m/none-0.2): nothing is compared "
        "with it there." in notes
    )
    assert "single has 1 test query: differences on it cannot be tested." in notes
    assert "Groups have different numbers of seeds: 4 have fewer than 2." in notes
    assert [(c.dataset, c.seeds, c.other_seeds, c.significant) for c in result.comparisons] == [
        ("toy", 1, 2, False)
    ]
    assert "Nothing is tested." in paper_table(result, "single", "AP").caption


def test_ranks_by_hand_and_by_demsars_table(analysis):
    # Demsar 2006, section 3.2.3
    assert critical_difference(4, 14, 0.10) == pytest.approx(
        2.291 * np.sqrt(4 * 5 / (6 * 14)), abs=2e-3
    )
    # table 5a
    assert critical_difference(5, 30, 0.05) == pytest.approx(
        2.728 * np.sqrt(5 * 6 / (6 * 30)), abs=2e-3
    )
    ranking = analysis.rankings[0]
    assert ranking.losses == ("label_weakening", "cross_entropy", "same_as_cross_entropy", "elr")
    assert ranking.conditions == 12
    assert ranking.p < 0.05
    assert ranking.cliques == ((0, 2), (1, 3))
    text = markdown(rank_table(analysis))
    for loss, mean_rank, letters in zip(
        ranking.losses, ranking.mean_ranks, ("a", "ab", "ab", "b"), strict=True
    ):
        assert f"| {loss} | {mean_rank:.3f} {letters} |" in text


def test_ranks_leave_out_what_is_mostly_missing_and_survive_equality(swept, tmp_path):
    shutil.copytree(swept, tmp_path / "outputs")
    for path in (tmp_path / "outputs").glob("*/*/elr/semantic-*"):
        if path.parts[-4] != "b":
            shutil.rmtree(path)
    groups = analyse(read_cells(tmp_path / "outputs"), PLAN).groups
    assert rank(groups, "RR@10", alpha=0.05).conditions == 6
    few = [
        group
        for group in groups
        if group.loss != "elr" or (group.condition.ratio, group.condition.model) == (0.4, "static")
    ]
    few = [
        group for group in few if group.condition.dataset != "b" or group.loss != "cross_entropy"
    ]
    assert rank(few, "RR@10", alpha=0.05).left_out == ("elr",)
    same = [group for group in groups if "cross" in group.loss]
    assert rank(same, "RR@10", alpha=0.05).statistic is None
    flat = [group for group in groups if group.condition.ratio == 0 and group.loss != "elr"]
    assert rank(flat, "RR@10", alpha=0.05).p == 1.0


def test_a_clean_point_may_come_from_noise_none_and_areas_need_every_ratio(tmp_path):
    values = {"none-0": 0.8, "semantic-0.2": 0.6, "semantic-0.4": 0.4}
    for loss in ("a", "b"):
        for condition, value in values.items():
            if (loss, condition) != ("b", "semantic-0.4"):
                write_cell(
                    tmp_path, f"toy/m/{loss}/{condition}/seed-1", {"AP": np.array([value, value])}
                )
    a, b = analyse(read_cells(tmp_path), Plan("a", None)).curves
    assert [(point.ratio, point.retention) for point in a.points] == [
        (0, 1),
        (0.2, pytest.approx(0.75)),
        (0.4, pytest.approx(0.5)),
    ]
    assert a.area == pytest.approx(0.6)
    assert b.area is None
