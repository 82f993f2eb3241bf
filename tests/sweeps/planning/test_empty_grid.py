"""A grid without cells is refused by the override that names nothing."""

from cell_runs import run


def test_a_range_without_numbers_is_named(tmp_path):
    swept = run("-m", "loss=elr,focal", "seed=range(3,1)", cwd=tmp_path)
    assert swept.returncode == 1
    assert swept.stderr.strip().endswith(
        "seed=range(3,1): no value, so the sweep has no cells. Give at least one value."
    )
