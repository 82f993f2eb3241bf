"""The page on losses says what the code says."""

import ast
import inspect
import runpy
import textwrap
from collections.abc import Callable
from pathlib import Path

from loss_batches import configured
from omegaconf import OmegaConf

import losses
from losses import EarlyLearningRegularization, Loss, label_weakening
from losses.formula import FormulaLoss
from losses.stateful.elr import elr_regularizer

ROOT = Path(__file__).parents[2]


def test_page_is_up_to_date() -> None:
    script = runpy.run_path(str(ROOT / "docs" / "generate_losses.py"))
    written = (ROOT / "docs" / "losses.md").read_text(encoding="utf-8")
    assert script["page"]() == written, "run: python docs/generate_losses.py"


def test_comments_of_the_keys_say_what_is_declared() -> None:
    commented = runpy.run_path(str(ROOT / "docs" / "loss_comments.py"))["commented"]
    for path in (ROOT / "conf" / "loss").rglob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        assert commented(text) == text, f"{path}: run python docs/generate_losses.py"


def test_comments_follow_the_declaration() -> None:
    commented = runpy.run_path(str(ROOT / "docs" / "loss_comments.py"))["commented"]
    found = commented("# kept\n_target_: losses.Focal\ngamma: 2  # wrong\nother: 1  # kept\n")
    gamma = "gamma: 2  # focus, 0 is cross-entropy; in [0, inf)"
    assert found == f"# kept\n_target_: losses.Focal\n{gamma}\nother: 1  # kept\n"


def functions(loss: Loss) -> list[Callable[..., object]]:
    """The functions that hold the formulas of a loss and of what it is made of."""
    found = {losses.LabelWeakening: label_weakening, EarlyLearningRegularization: elr_regularizer}
    formulas = [part.formula.formula for part in loss.parts if isinstance(part, FormulaLoss)]
    return formulas + [found[type(part)] for part in loss.parts if type(part) in found]


def test_the_formulas_of_the_baselines_and_of_label_weakening_are_read_at_a_glance() -> None:
    paper = OmegaConf.load(ROOT / "conf" / "experiment" / "paper.yaml")
    names = [name.strip() for name in paper.hydra.sweeper.params.loss.split(",")]
    assert len(names) == 11
    for name in names:
        loss = configured(name)
        read = functions(loss) or [type(loss).judge]
        sizes = {each.__name__: lines_of_code(each) for each in read}
        assert max(sizes.values()) <= 15, sizes


def lines_of_code(function: Callable[..., object]) -> int:
    """Lines of a function, with its signature and without its docstring."""
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    assert isinstance(tree, ast.FunctionDef)
    docstring = tree.body[0]
    return tree.end_lineno - tree.lineno - (docstring.end_lineno - docstring.lineno)
