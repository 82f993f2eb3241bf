"""Finished cells with hostile texts, for the tests of the report's page."""

import gzip
import itertools

import yaml
from folders import write_folder

from benchmarks.sweeps.report_synthetic import Grid, config_of, values_of, write_cell
from data import Cache, open_folder
from noise.audit.audit import FORMAT, Audit, AuditHeader
from noise.audit.row import AuditRow

HOSTILE = (
    "</script><script>window.harmed = true</script><img src=x onerror='window.harmed = "
    'true\'> & "quoted" \u2028 a red fruit'
)
TEXTS = {
    f"d{number}": f"{HOSTILE if number == 0 else 'a plain text'} number {number} "
    + "and so on " * 60
    for number in range(12)
}
TESTED = {f"q{number}": f"where is number {number} <b>?" for number in range(8)}
QUERIES = TESTED | {"t0": "a training query <i>", "v0": "a validation query"}
GRID = Grid(
    {"cross_entropy": 0.0, "label_weakening": 0.5, "elr": 0.2}, datasets=("toy", "other"), queries=8
)
HISTORY = (
    "epoch,step,train/detector_auroc,train/confidence_clean,train/confidence_corrupted,"
    "train/memorisation,train/recovery,validation/nDCG@10"
)
WEAKENING = "train/detector_recall,train/detector_precision"


def write_page_cells(folder, grid=GRID):
    """Writes a sweep below folder/outputs, with rankings rotated by the query's number."""
    collections = {name: _collection(folder, name) for name in grid.datasets}
    for dataset, loss, ratio, seed in itertools.product(
        grid.datasets, grid.losses, grid.ratios, grid.seeds
    ):
        name = f"{dataset}/static/{loss}/semantic-{ratio:g}/seed-{seed}"
        values = values_of(
            grid, f"{dataset}/static", gain=grid.losses[loss] * ratio, ratio=ratio, seed=seed
        )
        _fill(
            write_cell(folder / "outputs", name, values, collections[dataset].fingerprint),
            folder,
            name,
        )
    return folder / "outputs"


def _collection(folder, name):
    test = [(query_id, query_id.replace("q", "d"), 1) for query_id in TESTED]
    train, dev = [("t0", "d9", 1)], [("v0", "d1", 1)]
    path = write_folder(
        folder / "collections" / name, texts=TEXTS, queries=QUERIES, train=train, dev=dev, test=test
    )
    return open_folder(path=str(path), cache=Cache(folder / "cache"))


def _fill(directory, folder, name):
    dataset, _, loss, noise, last = name.split("/")
    ratio, seed = float(noise.removeprefix("semantic-")), int(last.removeprefix("seed-"))
    config = config_of(name) | {
        "dataset": {
            "_target_": "data.open_folder",
            "_partial_": True,
            "path": str(folder / "collections" / dataset),
        },
        "loss": {"_target_": f"losses.{loss}"},
        "noise": {"ratio": ratio, "seed": seed, "K": 100},
        "cache_dir": str(folder / "cache"),
    }
    (directory / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    shift = len(loss) + seed
    lines = [
        f"q{query} Q0 d{(query + shift + rank) % 12} {rank + 1} {12 - rank} {loss}\n"
        for query in range(8)
        for rank in range(10)
    ]
    (directory / "run.trec.gz").write_bytes(gzip.compress("".join(lines).encode()))
    _audit(dataset, ratio, seed).write(directory / "audit.tsv")
    weakens = loss.startswith("label_weakening")
    rows = [
        f"{e},{e},0.{9 - e},0.{5 + e},0.{1 + e},0.{e},0.{8 - e},0.{3 + e}"
        + (f",0.{e},0.{9 - e}" if weakens else "")
        for e in range(4)
    ]
    (directory / "history.csv").write_text(
        "\n".join([f"{HISTORY},{WEAKENING}" if weakens else HISTORY, *rows]) + "\n"
    )


def _audit(dataset, ratio, seed):
    row = AuditRow(
        "t0", "semantic", "d9", 1, 0, "d0", None, 1, 3, 0.5, 0.25, 0.1, "swap", "semswap-1"
    )
    counts = dict.fromkeys(
        ("units", "corrupted", "false_positives", "false_negatives"), 1
    ) | dict.fromkeys(("skipped", "dropped"), 0)
    rates = dict.fromkeys(("realised", "eps_plus", "eps_minus_judged", "eps_minus_corpus"), 0.5)
    queries = dict.fromkeys(("queries_without_positive", "queries_all_wrong"), 0)
    names = {
        "model": "semantic",
        "version": "semswap-1",
        "version_hash": "0",
        "parameters": {},
        "encoder": "",
        "encoder_fingerprint": "",
    }
    header = AuditHeader(
        format=FORMAT, collection=dataset, collection_fingerprint="0", similarity="", ratio=ratio,
        seed=seed, notes={},
        **names, **counts, **rates, **queries,
    )  # fmt: skip
    return Audit(header, (row,))
