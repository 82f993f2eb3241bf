"""The table at the end of a sweep."""

import pytest

from cells.record.written_scores import write_scores
from cells.sweep.leaderboard import leaderboard


@pytest.fixture
def table(tmp_path):
    """Makes the table of finished cells: (loss, noise, seed) -> measure."""

    def of(cells, objective="test", **more):
        names = []
        for (loss, noise, seed), value in cells.items():
            names.append(f"demo/static/{loss}/{noise}/seed-{seed}")
            (tmp_path / names[-1]).mkdir(parents=True)
            scores = {"measures": {"AP": value}, "validation": {"AP": value / 2}} | more
            write_scores(tmp_path / names[-1], scores)
        names.append("demo/static/missing/none-0/seed-1")
        return list(leaderboard(tmp_path, names, "AP", objective))

    return of


CELLS = {
    ("elr", "none-0", 1): 0.2,
    ("elr", "none-0", 2): 0.4,
    ("elr", "semantic-0.4", 1): 0.1,
    ("focal", "none-0", 1): 0.25,
    ("focal", "none-0", 2): 0.25,
    ("focal", "semantic-0.4", 1): 0.2,
}


def test_means_over_seeds_with_the_best_marked_beside_untrained_and_bm25(table, tmp_path):
    lines = table(CELLS, untrained={"AP": 0.05}, bm25={"AP": 0.3})
    assert lines[1] == "static on demo: AP on test, mean over seeds; * is the best"
    assert lines[2].split() == ["none-0", "semantic-0.4"]
    assert lines[3].split() == ["elr", "0.3000", "*", "0.1000", "(1", "of", "2)"]
    assert lines[4].split() == ["focal", "0.2500", "0.2000", "(1", "of", "2)", "*"]
    assert lines[5].split() == ["untrained", "0.0500", "0.0500"]
    assert lines[6].split() == ["BM25", "0.3000", "0.3000"]
    assert lines[-1].endswith(f"python report.py {tmp_path}")


def test_a_reference_counts_once_for_each_seed_however_many_losses_have_it(tmp_path):
    names = []
    for loss, seed, before in (("a", 1, 0.1), ("a", 2, 0.3), ("a", 3, 0.5), ("b", 1, 0.1)):
        names.append(f"demo/static/{loss}/none-0/seed-{seed}")
        (tmp_path / names[-1]).mkdir(parents=True)
        references = {"untrained": {"AP": before}, "bm25": {"AP": seed if loss == "a" else 7}}
        write_scores(tmp_path / names[-1], {"measures": {"AP": 0.6}} | references)
    lines = list(leaderboard(tmp_path, names, "AP", "test"))
    assert [line.split() for line in lines[5:-2]] == [["untrained", "0.3000"]]  # BM25 disagrees


def test_a_sweep_that_tunes_does_not_show_the_test_split(table):
    lines = table(CELLS, objective="validation", untrained={"AP": 0.05}, bm25=None)
    assert lines[3].split()[:2] == ["elr", "0.1500"]
    assert len(lines) == 7


def test_one_cell_is_no_table(table):
    assert table({("elr", "none-0", 1): 0.2}) == []
