"""The grid of the tests of tables."""

from benchmarks.sweeps.report_synthetic import Grid
from reporting.statistics.comparisons import Plan

PLAN = Plan("cross_entropy", "label_weakening", resamples=500)


LOSSES = {"cross_entropy": 0.0, "same_as_cross_entropy": 0.0, "label_weakening": 0.3, "elr": -0.3}


GRID = Grid(LOSSES, datasets=("toy_a", "b"), models=("static", "minilm"), queries=40)
