"""The fixed benchmark of noisy labels: its files are what its manifest says."""

import gzip
import hashlib
import json

import pytest
from cell_runs import ROOT

from data import Cache, open_folder
from data.exchange.qrels_file import write_qrels
from errors import InputError
from noise import Audit

FOLDER = ROOT / "benchmarks/noisy_labels"
MANIFEST = json.loads((FOLDER / "manifest.json").read_text(encoding="utf-8"))


def audit(name):
    return Audit.read(FOLDER / f"audits/{name}.tsv.gz")


@pytest.mark.parametrize("name", MANIFEST)
def test_an_audit_is_what_the_manifest_says(name):
    entry, found = MANIFEST[name], audit(name)
    assert found.sha256 == entry["audit_sha256"]
    header = found.header
    for key in ("seed", "ratio", "units", "corrupted", "collection_fingerprint"):
        assert getattr(header, key) == entry[key]
    assert (header.collection, header.model) == (entry["dataset"], entry["noise"])
    assert entry["corrupted"] == int(entry["ratio"] * entry["units"] + 0.5)


def test_the_benchmark_is_complete():
    expected = {
        f"{dataset}-{noise}-{ratio}-seed{seed}"
        for dataset in ("scifact", "nfcorpus")
        for noise, ratios in (("semantic", (0.2, 0.4, 0.6)), ("lexical", (0.4,)))
        for ratio in ratios
        for seed in (1, 2, 3)
    }
    assert set(MANIFEST) == expected
    assert {path.name.removesuffix(".tsv.gz") for path in (FOLDER / "audits").iterdir()} == expected


@pytest.mark.parametrize("dataset", ["scifact", "nfcorpus"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_lower_ratio_is_part_of_a_higher_one(dataset, seed):
    few, more, most = (audit(f"{dataset}-semantic-{r}-seed{seed}").rows for r in (0.2, 0.4, 0.6))
    assert few == more[: len(few)]
    assert more == most[: len(more)]


def test_a_compressed_audit_that_was_cut_short_is_refused(tmp_path):
    content = (FOLDER / "audits/scifact-semantic-0.2-seed1.tsv.gz").read_bytes()
    for bad in (content[:500], gzip.decompress(content), b""):
        (tmp_path / "audit.tsv.gz").write_bytes(bad)
        with pytest.raises(InputError, match=r"audit\.tsv\.gz"):
            Audit.read(tmp_path / "audit.tsv.gz")


@pytest.mark.collections
@pytest.mark.parametrize("name", [name for name in MANIFEST if name.startswith("scifact")])
def test_the_audits_make_the_published_labels(name, real_collections, tmp_path):
    cache = Cache(tmp_path / "cache")
    collection = open_folder(str(real_collections / "scifact"), cache=cache, on_problem="drop")
    write_qrels(audit(name).apply(collection.train.qrels), tmp_path / "train.tsv")
    content = (tmp_path / "train.tsv").read_bytes()
    assert hashlib.sha256(content).hexdigest() == MANIFEST[name]["qrels_sha256"]
