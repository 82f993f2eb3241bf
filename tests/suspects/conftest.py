import pytest
from cell_runs import SMALL, composed
from small_collection import write_small_collection


@pytest.fixture(scope="module")
def configure(tmp_path_factory):
    """Composes `task=suspects` on the small collection, all files below one folder."""
    base = tmp_path_factory.mktemp("suspects")
    folder = write_small_collection(base / "tiny")

    task, suspects = ["task=train"], ["task=suspects", "task.folds=3"]

    def compose_it(*overrides, out=base / "outputs"):
        injected = not any(each.startswith("noise=") for each in overrides)
        small = [each for each in SMALL if injected or not each.startswith("noise.")]
        places = [f"dataset.path={folder}", f"cache_dir={base / 'cache'}", f"output_dir={out}"]
        return composed(
            *(task if "task=train" in overrides else suspects),
            "dataset=folder",
            *places,
            *small,
            *(["noise.ratio=0.2"] if injected else []),
            "logger=none",
            *overrides,
        )

    return compose_it
