"""What the study's tables say is what the cells say."""

import math
from types import SimpleNamespace

import pytest

from reporting.statistics.groups import Condition
from study import long_tables
from study.recovery import Recovery, detections, last_epoch, recoveries, spent


def group(loss, ratio, value, *, noise="semantic", cells=()):
    condition = Condition("toy", "static", noise, ratio)
    return SimpleNamespace(
        condition=condition,
        loss=loss,
        cells=cells,
        mean=lambda measure: {"nDCG@10": value}[measure],
    )


def test_the_share_won_back_lies_between_the_baseline_and_clean_labels():
    groups = [
        group("cross_entropy", 0.0, 0.8),
        group("cross_entropy", 0.4, 0.6),
        group("elr", 0.0, 0.9),
        group("elr", 0.4, 0.65),
        group("cross_entropy", 0.4, 0.7, noise="clean_pairs"),
        group("elr", 0.6, 0.5),
    ]
    (found,) = recoveries(groups, "nDCG@10")
    assert found == Recovery("toy", "static", 0.4, "elr", 0.8, 0.7, 0.6, 0.65)
    assert found.share(found.value) == pytest.approx(0.25)
    assert found.share(found.dropped) == pytest.approx(0.5)
    assert math.isnan(found.share(None))
    assert math.isnan(found._replace(clean=0.6).share(0.65))


def test_detection_is_that_of_the_last_epoch_averaged_over_seeds(tmp_path):
    cells = []
    for seed, auroc in enumerate((0.6, 0.8)):
        path = tmp_path / str(seed)
        path.mkdir()
        path.joinpath("history.csv").write_text(
            "epoch,train/detector_auroc,train/detector_precision\n"
            f"0,0.1,0.9\n1,{auroc},{'' if seed else 0.5}\n"
        )
        cells.append(SimpleNamespace(file=path.joinpath))
    (found,) = detections(
        [
            group("elr", 0.4, 0.5, cells=cells),
            group("elr", 0.0, 0.5, cells=[SimpleNamespace(file=tmp_path.joinpath)]),
        ]
    )
    assert found.values == pytest.approx({"detector_auroc": 0.7, "detector_precision": 0.5})
    assert last_epoch(SimpleNamespace(file=tmp_path.joinpath)) == {}


def test_rates_are_those_tried_for_any_loss_and_a_loss_may_be_missing():
    rates = {
        "toy/static/elr": {"learning_rate": 0.1, "tried": {"0.1": 0.5, "0.02": 0.4}},
        "toy/static/focal": {"learning_rate": 0.5, "tried": {"0.1": 0.5, "0.5": 0.6}},
        "toy/minilm/elr": {"learning_rate": 2e-5, "tried": {"2e-05": 0.5}},
    }
    _, _, *rows = long_tables._rates(rates).splitlines()
    assert rows == [
        "| toy | minilm | 2e-05 | 2e-05 |  |",
        "| toy | static | 0.02, 0.1, 0.5 | 0.1 | 0.5 |",
    ]


def test_time_is_counted():
    cells = [
        SimpleNamespace(
            dataset="toy",
            model="static",
            scores={"wall_seconds": {"train": 1700.0, "evaluate": 100.0}},
        )
    ] * 2
    assert spent(cells) == [("toy", "static", 2, 1.0)]
