"""Groups over seeds, paired tests, ranks and robustness.

Reading order: `groups` (cells over seeds), `comparisons` (which losses are compared, in which
family), `significance` and `resampling` (the tests), `ranks`, `retention`; `analysis` puts them
together.
"""
