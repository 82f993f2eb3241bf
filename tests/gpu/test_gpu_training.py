"""Training on a GPU: the losses and scores of a CPU, and finite in half precision."""

import itertools

import pytest
import pytorch_lightning as pl
import torch
from devices import DEVICES, needs_gpu, on_gpu
from hydra.utils import instantiate
from lightning_fabric.utilities import move_data_to_device
from omegaconf import OmegaConf

from cells.inputs.tokenised import build_network
from cells.inputs.training_inputs import load_inputs
from cells.training.fit import ranking_module
from cells.training.lightning_trainer import lightning_trainer, without_known_warnings
from cells.training.loading import training_loader
from cells.training.setup import optimization_of
from lightning_modules.training.callbacks import read_history
from lightning_modules.training.ranking_module import positives_of
from losses import Candidates

MODELS = ("static", "adapter", "minilm", "colbert", "cross_encoder")
LOSSES = ("cross_entropy", "label_weakening", "elr")
STEPS = 5
GRID = list(itertools.product(MODELS, LOSSES))
# a CPU against itself shows that nothing but the device differs; one loss is enough for that
CASES = [
    *(on_gpu(model, loss, "gpu") for model, loss in GRID),
    *((model, "label_weakening", "cpu") for model in MODELS),
]


class Losses(pl.Callback):
    """Notes the loss of each step."""

    def __init__(self):
        self.values = []

    def on_train_batch_end(self, _trainer, _module, outputs, *_place):
        self.values.append(outputs["loss"].item())


def first_losses(cfg):
    inputs, losses = load_inputs(cfg), Losses()
    network = build_network(cfg, inputs.tokenised).train()
    with without_known_warnings():
        trainer = lightning_trainer(
            cfg.trainer,
            max_steps=STEPS,
            logger=False,
            callbacks=[losses],
            enable_checkpointing=False,
            enable_model_summary=False,
            enable_progress_bar=False,
            use_distributed_sampler=False,
        )
        module = ranking_module(cfg, inputs, network, instantiate(cfg.loss))
        trainer.fit(module, training_loader(cfg, inputs))
    return losses.values


@pytest.mark.parametrize(("model", "loss", "accelerator"), CASES)
def test_the_first_losses_are_those_of_a_cpu(model, loss, accelerator, config_of):
    there, here = (
        first_losses(
            config_of(
                model, f"loss={loss}", "trainer.precision=32-true", f"trainer.accelerator={device}"
            )
        )
        for device in (accelerator, "cpu")
    )
    assert len(there) == STEPS
    assert there == pytest.approx(here, rel=0 if accelerator == "cpu" else 2e-3)


@needs_gpu
@pytest.mark.parametrize(("model", "loss"), GRID)
def test_the_final_scores_are_those_of_a_cpu(model, loss, run_cell):
    there, here = (
        run_cell(
            model,
            f"loss={loss}",
            "trainer.precision=32-true",
            f"trainer.accelerator={device}",
            f"variant={device}",
        )[0]
        for device in ("gpu", "cpu")
    )
    for measures in ("untrained", "measures"):
        assert there[measures] == pytest.approx(here[measures], abs=0.005)


@pytest.mark.parametrize("accelerator", DEVICES)
def test_the_default_precision_is_named_in_the_cells_configuration(accelerator, run_cell):
    _, folder = run_cell("minilm", f"trainer.accelerator={accelerator}", "trainer.max_epochs=1")
    is_half = accelerator == "gpu" and torch.cuda.is_bf16_supported(including_emulation=False)
    stored = OmegaConf.load(folder / "config.yaml").trainer
    assert stored.precision == ("bf16-mixed" if is_half else "32-true")


@needs_gpu
@pytest.mark.parametrize("precision", ["bf16-mixed", "16-mixed"])
@pytest.mark.parametrize("model", MODELS)
def test_half_precision_is_finite_and_near(model, precision, run_cell):
    full, _ = run_cell(model, "trainer.precision=32-true")
    half, folder = run_cell(model, f"trainer.precision={precision}", f"variant={precision}")
    assert half["untrained"] == full["untrained"]  # retrieval is in full precision
    assert half["measures"]["nDCG@10"] == pytest.approx(full["measures"]["nDCG@10"], abs=0.15)
    rows = read_history(folder / "history.csv")
    assert all(torch.tensor(list(row.values())).isfinite().all() for row in rows)


@needs_gpu
@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor")
def test_a_compiled_encoder_gives_the_losses_of_another(run_cell):
    plain, folder = run_cell("minilm", "trainer.precision=32-true", "trainer.max_epochs=1")
    compiled, other = run_cell(
        "minilm",
        "trainer.precision=32-true",
        "trainer.max_epochs=1",
        "trainer.compile=true",
        "variant=compiled",
    )
    losses = [read_history(path / "history.csv")[0]["train/loss"] for path in (folder, other)]
    assert losses[1] == pytest.approx(losses[0], rel=2e-3)
    assert compiled["measures"] == pytest.approx(plain["measures"], abs=0.005)


@needs_gpu
def test_batches_are_pinned_and_arrive_whole(config_of):
    cfg = config_of("minilm", "trainer.accelerator=gpu")
    inputs = load_inputs(cfg)
    batch = next(iter(training_loader(cfg, inputs)))
    assert all(tensor.is_pinned() for tensor in (batch.documents.ids, batch.mask, batch.targets))
    cpu = config_of("minilm", "trainer.accelerator=cpu")
    expected = next(iter(training_loader(cpu, inputs)))
    copied = batch.documents.ids.to("cuda", non_blocking=True)
    assert torch.equal(copied.cpu(), expected.documents.ids)


@needs_gpu
@pytest.mark.parametrize("model", ["static", "adapter"])
def test_a_step_of_a_model_without_lengths_does_not_wait_for_the_gpu(model, config_of):
    cfg = config_of(model, "trainer.accelerator=gpu", "loss=label_weakening")
    inputs = load_inputs(cfg)
    network, loss = build_network(cfg, inputs.tokenised).cuda().train(), instantiate(cfg.loss)
    optimizer, _ = optimization_of(cfg).build(network, STEPS)
    device = torch.device("cuda")
    batches = [move_data_to_device(batch, device) for batch in training_loader(cfg, inputs)]

    def step(batch):
        scores = network.scores(batch)
        output = loss(Candidates(scores, batch.targets, batch.mask, positives_of(batch)))
        output.mean().backward()
        optimizer.step()
        optimizer.zero_grad()

    step(batches[0])  # libraries are initialised, which waits
    torch.cuda.set_sync_debug_mode("error")
    try:
        for batch in batches[1:]:
            step(batch)
    finally:
        torch.cuda.set_sync_debug_mode("default")
