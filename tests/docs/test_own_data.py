"""The examples of docs/how-to/own-data.md: a file that names a folder, and imported examples."""

import json

from cell_runs import composed
from printed_examples import ROOT, blocks, commands

from data import Cache, open_folder
from data.exchange.import_examples import main

PAGE = list(blocks(ROOT / "docs" / "how-to" / "own-data.md"))


def test_a_file_makes_a_folder_a_choice(tmp_path):
    (block,) = (block for block in PAGE if block.language == "yaml")
    assert block.file == "conf/dataset/mine.yaml"
    path = tmp_path / block.file
    path.parent.mkdir(parents=True)
    path.write_text(block.text)
    cfg = composed(f"hydra.searchpath=[{tmp_path / 'conf'}]", "dataset=mine")
    assert (cfg.dataset.path, cfg.dataset.relevance) == ("/data/mine", 1)
    assert cfg.dataset._target_ == "data.open_folder"
    assert cfg.collection == "mine"


def test_the_first_command_imports_examples(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (block, *_) = (block for block in PAGE if "import_examples" in block.text)
    (*_, source, _, out), *_ = commands(block.text)
    rows = [{"anchor": f"query {n}", "positive": f"answer {n}"} for n in range(9)]
    (tmp_path / source).write_text("".join(json.dumps(row) + "\n" for row in rows))
    main([source, "--out", out])
    collection = open_folder(out, cache=Cache(tmp_path / "cache"))
    assert len(collection.documents) == 9
