"""The task that searches a collection for one query: task=search query="..."."""

import logging

from omegaconf import DictConfig
from rich import get_console
from rich.table import Table
from rich.text import Text

from data import Collection
from data.runs.ranked_lists import NO_DOCUMENT
from errors import InputError

log = logging.getLogger(__name__)

SHOWN = 300  # characters shown of a document


def search(cfg: DictConfig) -> None:
    """Print the best documents for a query, with their texts.

    The first search (or task=index) stores the vectors of a dense model; later searches read them.

    Raises:
        InputError: for an empty query, or configuration or data that cannot be used.
    """
    from hydra.utils import instantiate

    from cells.inputs.tokenised import build_network, tokenise
    from cells.inputs.training_inputs import open_collection
    from cells.tasks.index import indexed
    from cells.training.device import on_device

    question = cfg.query
    if not question or not question.strip():
        raise InputError("query is empty; give one, e.g. query='\"how does BM25 weigh terms?\"'.")
    collection = open_collection(cfg)
    tokenised = tokenise(cfg, collection)
    network = build_network(cfg, tokenised)
    asked = tokenised.asked({"query": question})
    with on_device(network, cfg.trainer):
        way = indexed(cfg, instantiate(cfg.model.search), network, tokenised)
        run = way.search(
            network,
            asked,
            tokenised.corpus,
            depth=cfg.task.depth,
            batch_tokens=cfg.evaluation.batch_tokens,
        ).run
    found = [
        (row, score)
        for row, score in zip(run.rows[0].tolist(), run.scores[0].tolist(), strict=True)
        if row != NO_DOCUMENT
    ]
    _show(collection, question, found)


def _show(collection: Collection, question: str, found: list[tuple[int, float]]) -> None:
    table = Table(title=Text(question), title_justify="left", show_lines=True)
    table.add_column("rank", justify="right")
    table.add_column("document")
    table.add_column("score", justify="right")
    table.add_column("text", ratio=1)
    for rank, (row, score) in enumerate(found, start=1):
        text = " ".join(collection.documents.text(row).split())
        shown = text if len(text) <= SHOWN else f"{text[:SHOWN]} ..."
        # as Text, in which brackets are not markup
        table.add_row(
            str(rank), Text(collection.documents.doc_id(row)), f"{score:.4f}", Text(shown)
        )
    console = get_console()
    console.print(table)
    if not found:
        console.print("No document shares a word with the query, so the first stage found nothing.")
