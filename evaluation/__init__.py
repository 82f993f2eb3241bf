"""Search, re-ranking, and the scores of runs.

Reading order: `search_method` (the interface), `dense_search`, `maxsim` and `reranking` (its
implementations), `encode`, `exact_search` and `shard` (how they work), `measures` (scoring).

`evaluation.encode`, `evaluation.exact_search` and `evaluation.dense_search` need torch, whose
import takes seconds, so they are imported by name.
"""

from data.runs.ranked_lists import Run, below, ranked_run, without_self
from data.runs.trec import read_trec, write_trec
from evaluation.measure_names import check_depth, deepest_cutoff, parse_measures
from evaluation.measures import Scores, score_run
from evaluation.per_query import read_per_query, write_per_query

__all__ = [
    "Run",
    "Scores",
    "below",
    "check_depth",
    "deepest_cutoff",
    "parse_measures",
    "ranked_run",
    "read_per_query",
    "read_trec",
    "score_run",
    "without_self",
    "write_per_query",
    "write_trec",
]
