"""Synthetic finished cells, to test and measure `report.py` without training."""

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cells.configuration.resolvers import shortest
from cells.record.coordinates import TRAIN
from evaluation import Scores, write_per_query
from keyed_random import keyed_random

WORD = 2.0**64
EPOCHS = 10


@dataclass(frozen=True)
class Grid:
    """The cells to write.

    Attributes:
        losses: loss -> what it adds to every query's expected value at full noise; 0: identical to
            any other loss of 0.
        datasets: names of collections.
        models: names of models.
        ratios: noise ratios.
        seeds: seeds.
        queries: test queries per collection, Q.
        measures: names of measures.
        seed_spread: how far the values of a query spread over seeds.
    """

    losses: Mapping[str, float]
    datasets: Sequence[str] = ("toy",)
    models: Sequence[str] = ("static",)
    ratios: Sequence[float] = (0.0, 0.2, 0.4)
    seeds: Sequence[int] = (1, 2, 3)
    queries: int = 50
    measures: Sequence[str] = ("nDCG@10", "RR@10")
    seed_spread: float = 0.02


def write_cells(output_dir: Path, grid: Grid) -> list[str]:
    """Write the cells and return their names."""
    names = []
    for dataset, model, loss, ratio, seed in itertools.product(
        grid.datasets, grid.models, grid.losses, grid.ratios, grid.seeds
    ):
        name = f"{dataset}/{model}/{loss}/semantic-{shortest(ratio)}/seed-{seed}"
        write_cell(
            output_dir,
            name,
            values_of(
                grid, f"{dataset}/{model}", gain=grid.losses[loss] * ratio, ratio=ratio, seed=seed
            ),
        )
        names.append(name)
    return names


def values_of(
    grid: Grid, place: str, *, gain: float, ratio: float, seed: int
) -> dict[str, NDArray[np.float64]]:
    """Return values in [0, 1] of each query, by measure.

    A value is the difficulty of the query, minus the cost of noise, plus the loss's gain, plus the
    seed's spread.
    """
    values = {}
    for measure in grid.measures:
        difficulty = uniform(_number(place), _number(measure), queries=grid.queries)
        spread = (
            uniform(
                _number(place),
                _number(measure),
                seed,
                _number(f"{ratio} {gain}"),
                queries=grid.queries,
            )
            - 0.5
        )
        values[measure] = np.clip(
            difficulty * (1 - 0.5 * ratio) + gain + grid.seed_spread * spread, 0.0, 1.0
        )
    return values


def uniform(*key: int, queries: int) -> NDArray[np.float64]:
    """Return uniform numbers in [0, 1), one per query."""
    return keyed_random(*key, np.arange(queries)) / WORD


def write_cell(
    output_dir: Path,
    name: str,
    values: Mapping[str, NDArray[np.float64]],
    fingerprint: str | None = None,
) -> Path:
    """Write the files of one cell that a report reads, and return its directory."""
    directory = output_dir / name
    directory.mkdir(parents=True, exist_ok=True)
    config = config_of(name)
    dataset, seed = config["collection"], config["seed"]
    (directory / "config.yaml").write_text(json.dumps(config), encoding="utf-8")  # JSON is YAML
    means = {measure: float(of_queries.mean()) for measure, of_queries in values.items()}
    columns = [of_queries.tolist() for of_queries in values.values()]
    per_query = {
        f"q{row}": dict(zip(values, of_query, strict=True))
        for row, of_query in enumerate(zip(*columns, strict=True))
    }
    (directory / "history.csv").write_text(_history(means), encoding="utf-8")
    write_per_query(Scores(means, per_query), directory / "per_query.tsv")
    scores = {
        "cell": name,
        "measures": means,
        "untrained": dict.fromkeys(means, 0.1),
        "bm25": dict.fromkeys(means, 0.3),
        "validation": means,
        "selected_epoch": 1,
        "seed": seed,
        "noise": {
            "realised": config["noise"]["ratio"],
            "audit_sha256": f"{_number(name):016x}",
        },
        "data": {"collection": dataset, "fingerprint": fingerprint or f"{_number(dataset):016x}"},
        "wall_seconds": {
            "prepare": 1.0,
            "evaluate_untrained": 0.5,
            "train": 10.0 + seed,
            "evaluate": 0.5,
        },
        "peak_memory_mib": 500.0,
        "versions": {"python": "3.11.2"},
        "git_commit": "0" * 40,
        "machine": "Linux x86_64",
    }
    (directory / "scores.json").write_text(json.dumps(scores), encoding="utf-8")
    return directory


def config_of(name: str) -> dict[str, Any]:
    """Return the coordinates in a cell's config.yaml."""
    dataset, model, loss, condition, last = name.split("/")
    noise, _, ratio = condition.rpartition("-")
    return {
        "task": {"_target_": TRAIN},
        "collection": dataset,
        "choices": {"model": model, "loss": loss, "noise": noise},
        "noise": {"ratio": None if ratio == "all" else float(ratio)},
        "seed": int(last.removeprefix("seed-")),
        "variant": None,
        "cell": name,
    }


def _history(means: Mapping[str, float]) -> str:
    """Return a training whose validation measures rise to the test's means."""
    lines = [
        ",".join(
            [
                "epoch",
                "step",
                "seconds",
                "train/loss",
                "train/memorisation",
                *(f"validation/{measure}" for measure in means),
            ]
        )
    ]
    for epoch in range(EPOCHS):
        done = (epoch + 1) / EPOCHS
        lines.append(
            ",".join(
                map(
                    repr,
                    [
                        epoch,
                        10 * (epoch + 1),
                        1.0,
                        2 - done,
                        0.4 * done,
                        *(mean * done for mean in means.values()),
                    ],
                )
            )
        )
    return "\n".join(lines) + "\n"


def _number(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=7).digest(), "big")
