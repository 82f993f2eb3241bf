"""What the command line says of an override that Hydra cannot use: one line, no traceback."""

import pytest
from typed_commands import answer


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["noise.ration=0.2"], "noise.ration: there is no such key. Did you mean noise.ratio?"),
        (["optimiser.lr=1"], "Did you mean optimizer.lr?"),
        (["sed=1"], "sed: there is no such key. Did you mean seed?"),
        (["loss.threshold.rh=3"], "Did you mean loss.threshold.rho?"),
        (["zzzz=1"], "zzzz: there is no such key. Keys at the top: batch, "),
        (["~zzzz"], "zzzz: there is no such key."),
        (["seed=one"], "seed=one: must be a whole number."),
        (["-m", "seed=1,one"], "seed=one: must be a whole number."),
        (["variant=é"], "quote it for Hydra and the shell: 'variant=\"é\"'"),
        (["variant=it's"], "variant=\"it'\"'\"'s\"'"),
        (["a b=1"], "'a b' is not a key"),
        (["nothing"], "Overrides have the form key=value"),
        (["task=0"], "task=0: there is no such task. Choices: "),
        (["loss=[cross_entropy,hing]"], "loss=hing: there is no such loss. Did you mean"),
        (["noise.ratio=${nothing}"], "noise.ratio: Interpolation key 'nothing' not found"),
        (["model.path=${oc.env:NO_SUCH_VARIABLE}"], "'NO_SUCH_VARIABLE' not found"),
        (["seed=1,2"], "seed=1,2: several values need -m, which runs a cell for each"),
        (["task=evaluate", "dataset=demo,scifact"], "run.py -m dataset=demo,scifact."),
        (["dataset=folder"], "dataset.path: no value, and there is no default."),
        (["trainer.devices="], "trainer.devices=: must be 1 or more"),
        (["trainer.devices=9", "trainer.accelerator=gpu"], "trainer.accelerator=gpu"),
        (["trainer.accelerator=abacus"], "trainer.accelerator=abacus"),
    ],
)  # fmt: skip
def test_a_mistake_is_said_in_one_line(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")  # put back after run.py has set it
    said = answer([*arguments, "logger=none"])
    assert said.status not in (0, None)
    lines = [line for line in said.said.splitlines() if "loading libraries" not in line]
    assert len(lines) == 1
    assert message in lines[0]
    assert list(tmp_path.iterdir()) == []
