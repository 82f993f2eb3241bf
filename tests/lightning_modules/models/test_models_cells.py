"""Every kind of model through a whole cell: corrupted labels, training, a scored run."""

import json

import pytest
from cell_runs import SMALL, composed, run_lines
from configured_models import SMALL as SMALL_MODELS

from cells.tasks.retrieve import retrieve
from cells.tasks.train import train
from errors import InputError
from losses.wrappers.views import VIEWS


@pytest.fixture
def config_of(collection, encoder, tmp_path):
    common = [key for key in SMALL if not key.startswith(("model.network", "model.tokenizer"))]

    def config(model, *overrides):
        lengths = [
            "model.tokens.query_length=16",
            "model.tokens.document_length=32",
            *SMALL_MODELS.get(model, []),
        ]
        where = [
            "dataset=folder",
            f"dataset.path={collection}",
            f"cache_dir={tmp_path / 'cache'}",
            f"output_dir={tmp_path}",
        ]
        short = ["trainer.max_epochs=1", "optimizer.lr=5e-3", "evaluation.depth=120"]
        return composed(
            f"model={model}", f"model.path={encoder}", *where, *common, *lengths, *short, *overrides
        )

    return config


@pytest.fixture
def run_cell(config_of, tmp_path):
    def run_it(model, *overrides):
        cfg = config_of(model, *overrides)
        return train(cfg), json.loads((tmp_path / cfg.cell / "scores.json").read_text())

    return run_it


@pytest.mark.parametrize(
    "loss", ["cross_entropy", "label_weakening", "generalized_cross_entropy", "elr"]
)
@pytest.mark.parametrize("model", ["minilm", "colbert", "cross_encoder"])
def test_every_model_trains_under_the_losses_of_the_grid(model, loss, run_cell):
    value, scores = run_cell(model, f"loss={loss}", "noise.ratio=0.4", "seed=2")
    assert scores["measures"]["nDCG@10"] == value > 0
    assert scores["measures"] != scores["untrained"]


@pytest.mark.parametrize("model", ["minilm", "colbert", "cross_encoder"])
def test_every_model_trains_in_half_precision(model, run_cell):
    full, half = (
        run_cell(
            model, f"trainer.precision={precision}", f"variant={precision}", "loss=label_weakening"
        )[1]
        for precision in ("32-true", "bf16-mixed")
    )
    assert half["untrained"] == full["untrained"]  # retrieval is in full precision
    assert half["measures"]["nDCG@10"] == pytest.approx(full["measures"]["nDCG@10"], abs=0.15)


def test_a_re_ranker_stands_beside_its_first_stage(run_cell, caplog, capsys):
    _, scores = run_cell("cross_encoder", "loss=cross_entropy", "model.candidates=10")
    assert "model.candidates=10: R@100 see no more than that many documents" in caplog.text
    search = scores["search"]
    assert (search["search"], search["first_stage"], search["candidates"]) == (
        "re-ranking",
        "BM25",
        10,
    )
    assert search["first_stage_measures"].keys() >= scores["measures"].keys()
    assert search["ceiling"] == {"R@10": search["first_stage_measures"]["R@10"]}
    assert scores["measures"]["R@100"] <= search["ceiling"]["R@10"]
    printed = capsys.readouterr().out
    assert "first stage" in printed
    assert f"BM25 has R@10 {search['ceiling']['R@10']:.4f}" in printed


def test_a_dense_model_of_this_project_is_a_first_stage_and_a_source_of_negatives(
    config_of, run_cell, tmp_path
):
    run_cell("minilm", "loss=cross_entropy", "export=true")
    export = next(tmp_path.rglob("export"))
    cfg = config_of("minilm", "task=retrieve", f"model.path={export}", "evaluation.depth=30")
    retrieve(cfg)
    found = tmp_path / cfg.cell / "run.trec.gz"
    # train, validation and test queries
    assert len({line.split()[0] for line in run_lines(found.parent)}) == 120
    first_stage = (
        f"model.first_stage={found}",
        "model.candidates=30",
        f"negatives.run={found}",
        "negatives.refresh_every=1",
    )
    scores = run_cell("cross_encoder", "loss=cross_entropy", "trainer.max_epochs=2", *first_stage)[
        1
    ]
    assert scores["search"]["first_stage"] == str(found)
    dense = json.loads((export.parent / "scores.json").read_text())["measures"]
    assert scores["search"]["first_stage_measures"]["nDCG@10"] == pytest.approx(
        dense["nDCG@10"], abs=1e-6
    )


def test_a_first_stage_that_leaves_validation_out_is_refused_before_training(run_cell, tmp_path):
    run_cell("minilm", "loss=cross_entropy")
    found = next(tmp_path.rglob("run.trec.gz"))  # of the test queries
    with pytest.raises(
        InputError,
        match=r"model\.first_stage=.*lacks \d+ of \d+ queries.*or null for BM25",
    ):
        run_cell(
            "cross_encoder",
            "loss=cross_entropy",
            f"model.first_stage={found}",
            "model.candidates=10",
        )
    assert not list(tmp_path.rglob("cross_encoder/**/history.csv"))


def test_separate_towers_are_not_trained_for_an_export_that_cannot_hold_them(run_cell, tmp_path):
    with pytest.raises(InputError, match=r"separate towers; set model\.network\.shared=true"):
        run_cell("minilm", "loss=cross_entropy", "model.network.shared=false", "export=true")
    assert not list(tmp_path.rglob("history.csv"))


@pytest.mark.parametrize(
    ("model", "search"),
    [("minilm", "exact, all documents"), ("colbert", "exact MaxSim, all documents")],
)
def test_scores_say_which_search_was_used(model, search, run_cell):
    assert run_cell(model, "loss=cross_entropy")[1]["search"] == {"search": search}


def test_late_interaction_says_that_a_first_stage_was_searched(run_cell):
    scores = run_cell(
        "colbert", "loss=cross_entropy", "model.search.exact_up_to=50", "model.candidates=20"
    )[1]
    assert scores["search"]["search"] == "MaxSim of candidates"
    assert scores["search"]["ceiling"].keys() == {"R@20"}


@pytest.mark.parametrize("model", ["minilm", "cross_encoder"])
def test_views_train_differently(model, run_cell):
    listwise, pointwise = (
        run_cell(model, "loss=cross_entropy", f"model.view={view}", f"variant={view}")[1]
        for view in VIEWS
    )
    assert listwise["untrained"] == pointwise["untrained"]
    assert listwise["measures"] != pointwise["measures"]
