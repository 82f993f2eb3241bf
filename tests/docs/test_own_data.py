"""The examples of docs/how-to/own-data.md: a file that names a folder."""

from cell_runs import composed
from printed_examples import HOW_TO, blocks

PAGE = list(blocks(HOW_TO / "own-data.md"))


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
