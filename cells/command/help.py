"""The text of `python run.py --help`.

Hydra's own help copies its configuration once for each group, which takes two seconds.
"""

from collections.abc import Iterator
from pathlib import Path

TEXT = """\
Train a retriever on corrupted labels and score it against clean ones.
One invocation runs one cell of the grid dataset x model x loss x noise ratio x seed.

Groups (choose with group=choice, sweep with -m group=a,b):

{groups}

Keys (override with key=value; `--cfg job --resolve` shows all, `--hydra-help` Hydra's own flags):

  noise.ratio=0.4        share of training positives that are corrupted
  seed=1,2,3             with -m: repeat over seeds
  optimizer.lr=.. trainer.max_epochs=.. batch.size=.. negatives.per_example=..
  measures=[nDCG@10,AP]  any names that ir-measures knows
  output_dir=outputs     one directory per cell below it; overwrite=true runs a finished one again
  keep=[runs]            finished cells keep their ranked lists, but not their weights
  variant=word           names cells that differ in other keys
  dry_run=true           says what would be run, how long it takes, and what cannot work

Quick settings, to see that everything works before it runs for hours:

  trainer.max_epochs=1 dataset.train_pairs=500 dataset.test_queries=50 variant=try
  experiment=smoke       a short cell that exercises everything
  task=noise             only corrupt the labels, and show them
  task=evaluate          only score the model as it is

python run.py                                                          the default cell
python run.py -m loss=cross_entropy,label_weakening noise.ratio=0,0.4  a sweep
"""


def help_text(configs: Path) -> str:
    """Return the help, with the groups below the folder of the configuration and their choices."""
    return TEXT.format(groups="\n".join(_groups(configs)))


def _groups(configs: Path) -> Iterator[str]:
    for folder in sorted(path for path in configs.rglob("*") if path.is_dir()):
        choices = sorted(path.stem for path in folder.glob("*.yaml"))
        if choices:
            yield f"{folder.relative_to(configs)}: {', '.join(choices)}"
