"""The task that finds the training labels that look wrong, and writes cleaned ones."""

import logging
import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omegaconf import DictConfig
from rich import get_console

import checks
from cells.record.directory import Cell
from cells.record.environment import describe
from cells.record.lock import claimed
from cells.record.log import logged_to
from cells.record.made_from import KEY, begin, settle
from cells.record.written_scores import write_scores
from cells.sweep.signals import Interruption
from cells.tasks.train import check_fit
from cells.training.precision import settle_precision
from errors import InputError
from suspects.bm25_judge import bm25_margins
from suspects.cleaning import cleaned
from suspects.committee import evidence_in, mean_ranks
from suspects.decisions import Decision, decide, read_decisions
from suspects.evidence import HELD_OUT, KINDS, counted_epochs, evidence_against, likely_documents
from suspects.folds import check_folds, folds_of
from suspects.known_truth import detection
from suspects.review.page import write_review
from suspects.suspicion import labelled_pairs, ranked_suspects, write_suspects

if TYPE_CHECKING:
    from cells.inputs.training_inputs import TrainingInputs
    from cells.training.out_of_fold import FoldModel
    from suspects.margins import Margins
    from suspects.suspicion import Suspect

log = logging.getLogger(__name__)

QRELS = "qrels/train.tsv"
RULES = ("share", "threshold", "decisions")
AFTERWARDS = ("evidence", "finished", "beside", "review", "action", *RULES)
"""Keys below `task` that can be changed without training again."""


def suspects(cfg: DictConfig) -> float:
    """Judge every training pair by models that have not learnt it, and rank the pairs.

    The files are suspects.tsv, review.html and, if a rule or a reviewer decides, qrels/train.tsv
    with the cleaned labels. What the models said is kept: run again, only what follows is done.

    Returns:
        AUROC of the ranking where wrong labels are known, since noise was injected; else NaN.

    Raises:
        InputError: for configuration or data that cannot be used.
        BusyError: if another process runs the cell.
        Interrupted: if a signal asks it to stop; the same command continues it.
    """
    settle_precision(cfg)
    _check(cfg)
    whole = Cell.of(cfg)
    task = {key: value for key, value in whole.config["task"].items() if key not in AFTERWARDS}
    cell = replace(whole, config=whole.config | {"task": task})
    with claimed(cell, overwrite=cfg.overwrite):
        begin(cell)
        with logged_to(cell.file("run.log")), Interruption() as interruption:
            return _run(cfg, cell, interruption)


def _check(cfg: DictConfig) -> None:
    """Check the settings before any work.

    Raises:
        InputError: for a value that cannot be used.
    """
    task = cfg.task
    check_folds(task.folds)
    checks.choice("task.evidence", task.evidence, KINDS)
    if task.finished is not None and (not task.finished or task.evidence not in HELD_OUT):
        raise InputError(
            f"task.finished={task.finished} with task.evidence={task.evidence}: give one cell or "
            "more, and margin or doubt; no other evidence is theirs."
        )
    checks.integer("task.review", task.review, 0)
    checks.choice("task.action", task.action, ("drop", "replace"))
    checks.integer("task.rivals", task.rivals, 1)
    if task.rivals > cfg.evaluation.depth:
        raise InputError(
            f"task.rivals={task.rivals}: must be at most evaluation.depth={cfg.evaluation.depth}, "
            "the documents that are retrieved."
        )
    if task.share is not None:
        allowed = "a number above 0 and below 1, the share of the pairs to clean, or null"
        checks.real("task.share", task.share, allowed, 0.0, 1.0, open_low=True, open_high=True)
    if task.threshold is not None:
        checks.real("task.threshold", task.threshold, "a finite number, or null")
    given = [f"task.{rule}={task[rule]}" for rule in RULES if task[rule] is not None]
    if len(given) > 1:
        raise InputError(f"{' and '.join(given)}: only one of them can decide; set one to null.")
    _check_training(cfg)


def _check_training(cfg: DictConfig) -> None:
    if cfg.trainer.devices != 1:
        raise InputError(
            f"trainer.devices={cfg.trainer.devices}: task=suspects trains on one device; set it "
            "to 1."
        )
    if cfg.negatives.refresh_every is not None:
        raise InputError(
            f"negatives.refresh_every={cfg.negatives.refresh_every}: a model would mine negatives "
            "for the queries that it must not learn; set it to null."
        )
    check_fit(cfg)


def _run(cfg: DictConfig, cell: Cell, interruption: Interruption) -> float:
    from cells.inputs.training_inputs import load_inputs
    from cells.training.setup import optimization_of

    optimization_of(cfg)  # refuses unusable settings before anything is read
    inputs = load_inputs(cfg)
    audit = inputs.corruption.audit
    made_from = settle(cell, inputs.collection.fingerprint, audit.labels)
    audit.write(cell.file("audit.tsv"))
    decisions = _decisions(cfg, inputs)
    kind = cfg.task.evidence
    pairs = labelled_pairs(inputs.collection, inputs.examples)
    beside = [evidence_in(Path(folder), pairs) for folder in cfg.task.beside or ()]
    margins = _margins(cfg, cell, inputs, interruption)
    against, likely = evidence_against(kind, margins), likely_documents(margins)
    if beside:
        against = mean_ranks([against, *beside])
    ranked = ranked_suspects(inputs.collection, pairs, against, likely)
    write_suspects(ranked, cell.file("suspects.tsv"))
    page = cell.file("review.html")
    if cfg.task.review:
        write_review(ranked[: cfg.task.review], inputs.collection, len(ranked), page)
    else:
        page.unlink(missing_ok=True)  # of an earlier run
    cleaning = _clean(cfg, cell, inputs, ranked, decisions)
    measures = detection(inputs.examples, against, likely, margins.rivals[-1])
    scores = {
        "cell": cell.name,
        "measures": measures | {"pairs": len(ranked)},
        "evidence": kind,
        "beside": list(cfg.task.beside or ()),
        "finished": list(cfg.task.finished or ()),
        "cleaning": cleaning,
        "seed": cfg.seed,
        "data": inputs.facts(),
        KEY: made_from,
    }
    write_scores(cell.directory, scores | describe())
    _show(cell, measures, cleaning)
    return measures.get("auroc", math.nan)


def _margins(
    cfg: DictConfig, cell: Cell, inputs: "TrainingInputs", interruption: Interruption
) -> "Margins":
    from cells.training.finished_judges import judged_by_cells
    from cells.training.out_of_fold import judged_pairs

    if cfg.task.evidence == "bm25":
        return bm25_margins(inputs.collection, inputs.examples, cfg.task.rivals)
    if cfg.task.finished is not None:
        return judged_by_cells(cfg, inputs, list(cfg.task.finished))
    judged = judged_pairs(cfg, cell, inputs, _models(cfg, inputs), interruption)
    return counted_epochs(cfg.task.evidence, judged)


def _models(cfg: DictConfig, inputs: "TrainingInputs") -> "list[FoldModel]":
    from cells.training.out_of_fold import fold_models, whole_model

    if cfg.task.evidence == "area":
        return [whole_model(len(inputs.examples))]
    queries = inputs.collection.train.queries
    return fold_models(folds_of(inputs.examples.query_rows, queries, cfg.task.folds, cfg.seed))


def _decisions(cfg: DictConfig, inputs: "TrainingInputs") -> list[Decision] | None:
    if cfg.task.decisions is None:
        return None
    path = Path(cfg.task.decisions).expanduser()
    return read_decisions(path, inputs.collection, inputs.corruption.qrels)


def _clean(
    cfg: DictConfig,
    cell: Cell,
    inputs: "TrainingInputs",
    ranked: "list[Suspect]",
    decisions: list[Decision] | None,
) -> dict[str, Any] | None:
    """Write the cleaned labels and return how they were made; None: nobody has decided."""
    from data.exchange.qrels_file import write_qrels

    rules = {rule: cfg.task[rule] for rule in RULES if cfg.task[rule] is not None}
    if not rules:
        cell.file(QRELS).unlink(missing_ok=True)  # of an earlier run, by other rules
        return None
    if decisions is None:
        share, threshold = cfg.task.share, cfg.task.threshold
        decisions = decide(ranked, cfg.task.action, share=share, threshold=threshold)
    qrels, counts = cleaned(inputs.corruption.qrels, decisions)
    write_qrels(qrels, cell.file(QRELS), relevance=inputs.collection.relevance)
    return {**rules, "action": cfg.task.action, **counts}


def _show(cell: Cell, measures: dict[str, float], cleaning: dict[str, Any] | None) -> None:
    console = get_console()
    for name, value in measures.items():
        console.print(f"{name}: {value:.4f}", markup=False)
    page = cell.file("review.html")
    review = f"; review them in {page}" if page.exists() else ""
    console.print(
        f"The most suspect labels are in {cell.file('suspects.tsv')}{review}",
        soft_wrap=True,
        markup=False,
    )
    if cleaning is not None:
        console.print(
            f"Cleaned labels ({cleaning['dropped']} dropped, {cleaning['replaced']} replaced): "
            f"noise=natural noise.qrels={cell.file(QRELS)}",
            soft_wrap=True,
            markup=False,
        )
