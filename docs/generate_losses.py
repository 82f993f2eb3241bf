"""Write docs/losses.md from docstrings and conf/loss: `python docs/generate_losses.py`."""

import inspect
import itertools
import json
import re
import sys
from collections import Counter
from functools import cache
from pathlib import Path

from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

import losses
from cells.configuration import resolvers, schema
from docs.loss_comments import commented
from docs.loss_properties import bounded, symmetric

CONF = ROOT / "conf" / "loss"

HEAD = """# Losses

<!-- Written by docs/generate_losses.py from the docstrings and conf/loss; do not edit. -->

Choose one of the {count} losses with `loss=<name>`. Every loss has as input the scores z [B, C],
already divided by the temperature, grades and a mask. In the formulas, p is the softmax over a list
of n candidates and y its positive. A query with several positives gives one list per positive,
without the other positives, and their losses are averaged. (`listnet`, `bixse` and
`kl_distillation` see the whole list once; `listmle` and `lambda_loss` sum over positives; `ranknet`
and `hinge` average over pairs.)

[Below the tables](#each-loss) each loss has its parameters, its papers and its properties: whether
it is bounded or symmetric (the sum over all possible labels is constant), measured on the loss
itself when this page is written, at the end of the training schedule; and what it needs besides
scores and labels. A teacher is a TREC run for the training queries:
`python run.py task=retrieve_bm25 evaluation.depth=1000` writes one with BM25, `task=retrieve` with
any model, and `teacher=<file>` names it.
[Losses, measured](losses-measured.md) shows what the losses do in real cells, and their cost.

All losses work on lists. For a re-ranker that scores each document independently, wrap any of them
in `losses.Pointwise`: the document becomes the two-candidate list (0, s), so that p = sigmoid(s).
`label_weakening_pointwise` does this with a confidence estimate that is robust to class imbalance.

"""

WEAKENING = """
## Label weakening and its options

Label weakening is a reconstruction from label relaxation (AAAI 2021) and robust data ambiguation
(AAAI 2024): only the abstract of "Learning to Retrieve with Weakened Labels" (arXiv 2512.13237) was
available. `label_weakening_literal` is the literal reading. The options A to H are ours: choices
and keys, see below. `label_weakening` is the [setting chosen](choosing-the-default.md).

Confidence is computed without gradient, and the gradient to the scores is p - q*, where q* is the
projection of p on the set of acceptable distributions. For each query, the `decisions` of the loss
tell whether the loss is active, whether the label is ambiguous, vacuous or already satisfied, how
many candidates are plausible, and the largest confidence.

With two candidates, an ambiguous label is a dropped one. If positives are rare, a model that has
only learnt their rate is confident that every document is "not relevant", so the literal pointwise
reading doubts every positive. Use `label_weakening_pointwise` instead.

"""

GROUPS = ("threshold", "confidence")
CHOICES = """
When a candidate is plausible, and in whose eyes, are choices of their own:
`loss=label_weakening_literal loss/threshold=margin` (for `label_weakening_pointwise`,
`loss/threshold@loss.loss.threshold=...`). A choice that is not the loss's own shows in the cell's
path.

| choice | what | parameters |
|---|---|---|
"""

TAIL = """
## What is verified

tests/losses/test_losses_golden.py checks all {cases} reference vectors (tests/fixtures/golden.json,
{ids} combinations of loss and parameters), in float64 (loss 1e-9, gradient 1e-7) and in float32
(1e-5). Early-learning regularisation is checked with a given past, and `pairwise_hinge` at a kink,
where the gradient is the middle of the subgradients. The number of vectors:

{counts}

Some defaults could not be checked against a paper or official code; do not quote them as published:

* the weights of `bootstrap_soft` (0.05) and `bootstrap_hard` (0.2), the order of `taylor_ce` (2);
* the bias of `bixse`, of whose paper only the abstract was available;
* in `noisy_pair_correction`: the weight (1), the decay (0.999), the threshold (0.5), the warm-up
  (1 epoch) and the logarithm of the perplexity;
* the warm-up of `mixture` (1 epoch; published: 10 of 300), the threshold of `mixture_drop`, and the
  ramp of `small_loss` (published: 10 of 200 epochs);
* `active_negative` and `epsilon_softmax` have the weights of image classification.

`gist`, `gist_teacher`, the losses that choose pairs, `epsilon_softmax` and `active_negative` are
checked against numpy in tests/losses/test_losses_selection.py; `bixse` has no reference. NCE-based
losses scale with n / 10 by default (our choice, since they would hardly train on long lists);
`reference_size: null` is the published loss.
"""


def main() -> None:
    """Write the comments and the page."""
    for path in sorted(CONF.rglob("*.yaml")):
        path.write_text(commented(path.read_text(encoding="utf-8")), encoding="utf-8")
    (ROOT / "docs" / "losses.md").write_text(page(), encoding="utf-8")


def page() -> str:
    """Return the whole page."""
    names = sorted(path.stem for path in CONF.glob("*.yaml"))
    plain = [name for name in names if not name.startswith("label_weakening_")]
    variants = [name for name in names if name.startswith("label_weakening")]
    table = "| name | what it does | paper |\n|---|---|---|\n"
    options = "| name | what |\n|---|---|\n"
    return (
        HEAD.format(count=len(names))
        + table
        + "".join(map(row, plain))
        + WEAKENING
        + options
        + "".join(map(option, variants))
        + CHOICES
        + "".join(choice(path) for group in GROUPS for path in sorted((CONF / group).iterdir()))
        + "\n## Each loss\n\n"
        + "".join(map(details, names))
        + tail()
    )


def row(name: str) -> str:
    """Return one line of the main table."""
    node = configuration(name)
    what = f"{purpose(node)}<br>{formula(node)}"
    cells = [linked(name), what, "; ".join(map(short, papers(node)))]
    return "| " + " | ".join(cells) + " |\n"


def option(name: str) -> str:
    """Return one line of the table of label weakening's presets."""
    return f"| {linked(name)} | {described(CONF / f'{name}.yaml')} |\n"


def linked(name: str) -> str:
    """Return the name of a loss as a link to its details."""
    return f"[`{name}`](#loss-{name})"


def details(name: str) -> str:
    """Return the block of a loss: its papers, properties, and its file with the parameters."""
    node, loss = configuration(name), load(name)
    text = (CONF / f"{name}.yaml").read_text(encoding="utf-8").rstrip()
    facts = [
        f"Bounded: {yes(bounded(loss))}. Symmetric: {yes(symmetric(loss))}. "
        f"Needs: {needs(loss) or 'nothing else'}.",
        " ".join(papers(node)),
        f"```yaml\n{text}\n```",
    ]
    body = "\n\n".join(filter(None, facts))
    indented = "".join(f"    {line}".rstrip() + "\n" for line in body.splitlines())
    return f'<a id="loss-{name}"></a>\n\n??? note "`loss={name}`"\n\n{indented}\n'


def choice(path: Path) -> str:
    """Return one line of the table of thresholds and confidences."""
    node = OmegaConf.load(path)
    target = node._target_.removeprefix("losses.")
    name = f"loss/{path.parent.name}={path.stem}"
    return f"| `{name}` | {described(path)} | {target}({parameters(node)}) |\n"


def described(path: Path) -> str:
    """Return the comment at the head of a file."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return " ".join(line[2:] for line in itertools.takewhile(lambda x: x.startswith("# "), lines))


@cache
def configuration(name: str) -> DictConfig:
    """Return the loss node of a choice, as `loss=<name>` would give it to a cell."""
    schema.register()
    resolvers.register()
    with initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
        node: DictConfig = compose("config", overrides=[f"loss={name}"]).loss
    return node


def load(name: str) -> losses.Loss:
    """Return the configured loss, without keeping state."""
    loss: losses.Loss = instantiate(configuration(name)).eval()
    return loss


def documents(node: DictConfig) -> list[str]:
    """Return the docstrings with the formula of a node, one for each term of a sum."""
    if "terms" in node:
        return [text for term in node.terms for text in documents(term.loss)]
    kind = getattr(losses, node._target_.removeprefix("losses."))
    named = re.search(r"see `(\w+)`", kind.__doc__)
    return [inspect.cleandoc((getattr(losses, named[1]) if named else kind).__doc__)]


def formula(node: DictConfig) -> str:
    """Return the formula, a weighted sum for a combined loss."""
    if "terms" in node:
        names = [term.loss._target_.removeprefix("losses.") for term in node.terms]
        total = " + ".join(
            f"{term.weight:g} {name}" for term, name in zip(node.terms, names, strict=True)
        )
        parts = (
            f"{name}: {formula(term.loss)}"
            for term, name in zip(node.terms, names, strict=True)
            if name not in _with_rows()
        )
        return "<br>".join([total, *parts])
    found = re.search(r"(?:\.\. math:: |:math:`)(.+?)(?:`|\n\n|$)", documents(node)[0], re.DOTALL)
    text = re.sub(r"\s+", " ", found[1]) if found else "L = 0"
    safe = text.replace(r"\|", r"\Vert ").replace("|", r"\vert ")
    lines = re.split(r",\s*\\q?quad\s*", safe)  # a formula and where its parts come from
    return "<br>".join(f"${line}$" for line in lines)


@cache
def _with_rows() -> set[str]:
    """Return the classes that have a row of their own, with their formula."""
    nodes = map(configuration, (path.stem for path in CONF.glob("*.yaml")))
    return {node._target_.removeprefix("losses.") for node in nodes}


def purpose(node: DictConfig) -> str:
    """Return the first sentence of the docstring; of a sum, what it adds."""
    if "terms" in node:
        return "Weighted sum of two losses."
    return documents(node)[0].split("\n\n")[0].replace("\n", " ")


def papers(node: DictConfig) -> list[str]:
    """Return the papers, each once."""
    found = [re.search(r"Reference:\n(.+?)(?:\n\n|$)", text, re.DOTALL) for text in documents(node)]
    texts = (" ".join(match[1].split()) for match in found if match)
    parts = (part for text in texts for part in re.split(r"(?<=\d{4}\.) (?=[A-Z])", text))
    return list(dict.fromkeys(parts))


def short(paper: str) -> str:
    """Return a paper as `Surname et al. 2020`."""
    first = re.match(r"(?:[A-Z]\.[- ]?)+(.+?)(,| et al|\. )", paper)
    year = re.search(r"(\d{4}\.\d{5}|\d{4})\.?$", paper)
    if first is None or year is None:
        return paper
    others = "" if first[2] == ". " else " et al."
    return f"{first[1]}{others} {year[1]}"


def parameters(node: DictConfig) -> str:
    """Return the parameters and their defaults."""
    found = []
    for key, value in node.items():
        if key == "terms":
            found += [parameters(term.loss) for term in value]
        elif OmegaConf.is_config(value):
            found.append(f"{key} {value._target_.removeprefix('losses.')}({parameters(value)})")
        elif key != "_target_":
            found.append(f"{key} {'none' if value is None else value}")
    return ", ".join(filter(None, found))


def needs(loss: losses.Loss) -> str:
    """Return what the loss asks of the data."""
    teacher = "teacher" if loss.needs.teacher_decay is None else "averaged weights (state)"
    return ", ".join(["pair ids (state)"] * loss.needs.pair_ids + [teacher] * loss.needs.teacher)


def yes(answer: bool) -> str:  # noqa: FBT001 - a word for an answer
    """Return a word for an answer."""
    return "yes" if answer else "no"


def tail() -> str:
    """Return the section on verification."""
    cases = json.loads((ROOT / "tests" / "fixtures" / "golden.json").read_text(encoding="utf-8"))[
        "cases"
    ]
    counts = Counter(case["loss"] for case in cases)
    return TAIL.format(
        cases=len(cases),
        ids=len(counts),
        counts=", ".join(f"{name} {n}" for name, n in counts.items()) + ".",
    )


if __name__ == "__main__":
    main()
