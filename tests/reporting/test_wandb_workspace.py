"""The W&B workspace, as far as it can be seen without a server."""

import pytest

from errors import InputError
from reporting import wandb_workspace

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the package itself


@pytest.fixture
def laid_out():
    pytest.importorskip("wandb_workspaces", exc_type=ImportError)
    return wandb_workspace.workspace("team", "project", "RR@10")


def test_seeds_are_averaged_and_only_trained_cells_are_shown(laid_out):
    grouped = [key.name for key in laid_out.runset_settings.groupby]
    assert grouped == ["grid.dataset", "grid.model", "grid.loss", "grid.ratio"]
    assert "JobType" in str(laid_out.runset_settings.filters)


def test_epochs_and_steps_have_an_axis_each(laid_out):
    outcomes, training = laid_out.sections
    axes = {plot.title: str(plot.x) for plot in training.panels}
    assert "step" in axes.pop("Training loss")
    assert all("epoch" in axis for axis in axes.values())
    assert "Belief in right and wrong labels" in axes
    robustness, _ = outcomes.panels
    assert "grid.ratio" in str(robustness.x)
    assert "RR@10" in str(robustness.y)


def test_without_a_server_the_page_is_named(monkeypatch):
    pytest.importorskip("wandb_workspaces", exc_type=ImportError)
    monkeypatch.setattr(wandb_workspace, "usable_mode", lambda _: "offline")
    with pytest.raises(InputError, match=r"report\.py writes a page"):
        wandb_workspace.main(["--entity", "team"])
