"""The commands of docs/how-to, performed as printed on collections and encoders that are small.

The collection `scifact` and the places that the pages invent stand for small ones, and grids have
fewer cells. Overrides that cut a command down are added at its end. The commands that no test
performs as printed are in `printed_examples.NOT_PERFORMED`, with the reason.
"""

import csv
import json
import shutil

import numpy as np
import pytest
from printed_examples import (
    HOW_TO,
    NOT_PERFORMED,
    blocks,
    commands,
    fresh_copy,
    in_one_process,
    reasons,
    shell,
)
from small_collection import write_small_collection
from tiny_models import save_encoder_of

from data import Cache, open_folder

OWN_TESTS = {"extend", "first-hour", "python"}
PAGES = [page for page in sorted(HOW_TO.glob("*.md")) if page.stem not in OWN_TESTS]
FEWER = {"seed=1,2,3": "seed=1", "noise.ratio=0.2,0.4": "noise.ratio=0.4"}
CUT_DOWN = {
    "experiment=ablations": ["loss/threshold=cosine,margin", "noise.ratio=0.4", "seed=1"],
    "task.beside": ["task.share=0.1"],  # so that there are cleaned labels
    "task=suspects model=adapter": ["model.path=/my/encoder", "task.share=0.4"],
    "noise=natural": ["batch.size=32"],
}
VARIANTS = {
    "": {"semantic-0.2", "natural-all"},
    "-floor": {"semantic-0.2"},
    "-rho-0.05": {"semantic-0.4"},
    "-rho-0.2": {"semantic-0.4"},
    "_literal": {"semantic-0.2", "semantic-0.4"},
    "_literal-confidence-ema": {"semantic-0.2"},
    "_literal-confidence-pair_average": {"semantic-0.2"},
    "_literal-soft": {"semantic-0.2"},
    "_literal-threshold-margin": {"semantic-0.4"},
}


@pytest.fixture(scope="module")
def performed(tmp_path_factory):
    """A copy of the project in which the commands were performed."""
    base = tmp_path_factory.mktemp("how-to")
    mine = write_small_collection(base / "data" / "mine")
    encoder = save_encoder_of(mine, base / "words", base / "my" / "encoder", positions=512)
    copy = fresh_copy(base / "project")
    scifact = shutil.copytree(mine, base / "data" / "scifact")
    (copy / "conf/dataset/scifact.yaml").write_text(f"defaults: [folder]\npath: {scifact}\n")
    write_decision(open_folder(str(scifact), cache=Cache(base / "cache")), copy)
    write_examples(copy / "train.jsonl")
    write_vectors(mine, copy / "vectors")
    places = FEWER | {"/data/mine": str(mine), "/my/encoder": encoder}
    lines = [
        [placed(word, places) for word in [*words, *cut_down(words)]]
        for block in shell_blocks("")
        for words in commands(block.text)
        if not reasons(words)
    ]
    in_one_process(lines, copy)
    for block in shell_blocks("sh"):
        shell(placed(block.text, places), copy)
    return copy


def write_decision(collection, folder):
    """Drops the first label, as a reviewer would."""
    query_id, judged = next(iter(collection.train.qrels.items()))
    fields = ("query_id", "doc_id", "decision", "likely_doc_id")
    rows = [fields, (query_id, next(iter(judged)), "drop", "")]
    text = "".join("\t".join(row) + "\n" for row in rows)
    (folder / "decisions-scifact.tsv").write_text(text)


def write_examples(path):
    names = ("anchor", "positive", "negative", "scores")
    rows = [(f"query {n}", f"answer {n}", f"answer {n + 1}", [2, 1]) for n in range(100)]
    path.write_text("".join(json.dumps(dict(zip(names, row, strict=True))) + "\n" for row in rows))


def write_vectors(collection, folder):
    folder.mkdir()
    generator = np.random.default_rng(0)
    for side, file in (("documents", "corpus.jsonl"), ("queries", "queries.jsonl")):
        ids = [json.loads(line)["_id"] for line in (collection / file).read_text().splitlines()]
        np.save(folder / f"{side}.npy", generator.normal(size=(len(ids), 8)).astype(np.float32))
        (folder / f"{side}.ids").write_text("\n".join(ids))


def shell_blocks(language):
    return [block for page in PAGES for block in blocks(page) if block.language == language]


def cut_down(words):
    line = " ".join(words)
    added = [word for part, words in CUT_DOWN.items() if part in line for word in words]
    if words[1] == "run.py":
        added += [] if "dataset=" in line else ["dataset=scifact"]
        added += [] if "max_epochs=" in line else ["trainer.max_epochs=1"]
    return added


def placed(word, places):
    for printed, here in places.items():
        word = word.replace(printed, here)
    return word


def finished(copy, folder):
    """The finished cells below a folder of the outputs, by their directories there."""
    base = copy / "outputs" / folder
    return {str(file.parent.relative_to(base)) for file in base.rglob("scores.json")}


def pairs_in(path):
    with path.open(encoding="utf-8") as file:
        return {tuple(row)[:2] for row in csv.reader(file, delimiter="\t")}


def test_each_ablation_is_a_loss_of_its_own(performed):
    assert finished(performed, "scifact/static") == {
        f"label_weakening{variant}/{noise}/seed-1"
        for variant, noises in VARIANTS.items()
        for noise in noises
    }
    with (performed / "report" / "groups.csv").open(encoding="utf-8") as file:
        compared = {row["loss"] for row in csv.DictReader(file)}
    assert compared == {"label_weakening_literal", "label_weakening_literal-threshold-margin"}


def test_a_label_that_a_reviewer_dropped_is_gone(performed):
    suspects = performed / "outputs/suspects/scifact/static/label_weakening/none-0/seed-1"
    (dropped,) = pairs_in(performed / "decisions-scifact.tsv") - {("query_id", "doc_id")}
    assert dropped in pairs_in(suspects / "suspects.tsv")
    assert dropped not in pairs_in(suspects / "qrels" / "train.tsv")


def test_cleaned_labels_are_a_collection_for_other_trainers(performed):
    cleaned = open_folder(str(performed / "mine-cleaned"), cache=Cache(performed / "cache"))
    judged = pairs_in(performed / "mine-cleaned" / "qrels" / "train.tsv")
    assert set(cleaned.train.qrels) < {query_id for query_id, _ in judged}
    assert len(cleaned.test.queries) == 24


def test_own_data_and_own_models_train(performed):
    assert finished(performed, "mine") == {
        "adapter/label_weakening/semantic-0.2/seed-1",
        "static/cross_entropy/natural-all/seed-1",
        "static/cross_entropy/semantic-0.4/seed-1",
        "static/cross_entropy/semantic-0/seed-1",
        "static/kl_distillation/semantic-0.2/seed-1",
        "static/label_weakening/none-0/seed-1",
        "static/label_weakening/semantic-0.4/seed-1",
        "static/label_weakening/semantic-0/seed-1",
    }
    for model in ("minilm", "colbert", "cross_encoder"):
        assert "label_weakening/semantic-0.2/seed-1" in finished(performed, f"scifact/{model}")
    assert finished(performed, "evaluated/scifact") == {"minilm/seed-1"}


def test_no_command_is_left_out_without_need():
    printed = [
        " ".join(words)
        for page in HOW_TO.glob("*.md")
        for block in blocks(page)
        if not block.language
        for words in commands(block.text)
    ]
    assert [
        start for start in NOT_PERFORMED if not any(line.startswith(start) for line in printed)
    ] == []
