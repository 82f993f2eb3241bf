"""What the study of docs/results.md consists of: its pieces, the most telling first.

A piece is one sweep: an experiment preset of conf/experiment, a collection, and what differs from
the preset. `study.grid` runs them.
"""

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from omegaconf import OmegaConf

ROOT = Path(__file__).parent.parent
DATA = "STUDY_DATA"
EMBEDDED = "demo"

SENSITIVE = ("scifact", "nl2bash", "tldr", "wikiqs")
"""Where 40 % semantic noise costs cross-entropy with the static model at least .03 nDCG@10."""

INSENSITIVE = ("scitldr", "nfcorpus", "medquad-liveqa", "argkp21", EMBEDDED)
COLLECTIONS = SENSITIVE + INSENSITIVE

QUICK = ("static", "adapter")
"""Models whose cells take seconds."""

LATE_INTERACTION, RERANKER = "colbert", "cross_encoder"
TRANSFORMERS = ("minilm_2layers", LATE_INTERACTION, RERANKER)
MODELS = QUICK + TRANSFORMERS

STUDY, TUNING, DEEP = "study", "study_tune", "study_transformers"
RATES: Mapping[str, tuple[float, ...]] = {
    "static": (1e-2, 2e-2, 5e-2),
    "adapter": (5e-4, 1e-3, 2e-3),
}
"""Learning rates that are tried first; the grid widens them until no choice is at an edge."""

FULL = {"trainer.precision": "32-true"}
OVERRIDES: Mapping[str, Mapping[str, str]] = {
    LATE_INTERACTION: {
        "model.network.num_hidden_layers": "2",
        "optimizer.lr": "1e-4",
        **FULL,
    },
    RERANKER: {"validation.pool": "null", **FULL},
}
"""What the transformers differ in from their presets.

Late interaction has the two layers and the learning rate of minilm_2layers. A re-ranker reads a
first stage's candidates only, and keeps all layers, since its head starts untrained and two layers
hardly learnt to rank (docs/models.md, "Measured"). Both compute in full precision: the first CPU
that reached them has no bfloat16, which it would emulate sixty times slower, and all machines are
to train alike. The cells of minilm_2layers had begun in bfloat16 by then.
"""

NATURAL = {
    "noise": "natural",
    "noise.qrels": f"${{oc.env:{DATA}}}/nfcorpus/graded/train.3-2-1.qrel.gz",
    "noise.clean_grade": "3",
    "noise.ratio": "0.0,null",
    "trainer.max_epochs": "2",
    "validation.labels": "clean",  # the file has training labels only
}


class Piece(NamedTuple):
    """One sweep of the study.

    Attributes:
        experiment: The preset.
        collection: The collection.
        overrides: What differs from the preset.
    """

    experiment: str
    collection: str
    overrides: Mapping[str, str] = {}

    def arguments(self) -> list[str]:
        """Return the sweep's command line, after `python run.py`."""
        given = [f"{key}={value}" for key, value in self.overrides.items()]
        return ["-m", f"experiment={self.experiment}", *dataset(self.collection), *given]

    def cells(self) -> list[str]:
        """Return the names of its cells."""
        keys = ("model", "loss", "noise", "noise.ratio", "seed")
        return [
            f"{self.collection}/{model}/{loss}/{noise}-{_share(ratio)}/seed-{seed}"
            for model, loss, noise, ratio, seed in itertools.product(*map(self._swept, keys))
        ]

    def losses(self) -> list[str]:
        """Return the names of its losses."""
        return self._swept("loss")

    def _swept(self, key: str) -> list[str]:
        preset = OmegaConf.load(ROOT / "conf" / "experiment" / f"{self.experiment}.yaml")
        params = {"noise": "semantic", **preset.hydra.sweeper.params, **self.overrides}
        return [choice.strip() for choice in str(params[key]).split(",")]

    def concerns(self, words: tuple[str, ...]) -> bool:
        """Whether its collection and its model are among the words; no words mean everything."""
        models = set(self.overrides.get("model", "static").split(","))
        collections, chosen = set(words) & set(COLLECTIONS), set(words) & set(MODELS)
        return (not collections or self.collection in collections) and (
            not chosen or bool(models & chosen)
        )


def _share(ratio: str) -> str:
    return "all" if ratio == "null" else f"{float(ratio):g}"


def dataset(collection: str) -> list[str]:
    """Return the overrides that choose a collection."""
    if collection == EMBEDDED:
        return [f"dataset={EMBEDDED}"]
    return [
        "dataset=folder",
        f"dataset.path=${{oc.env:{DATA}}}/{collection}",
        "dataset.on_problem=drop",
    ]


def tuning(collection: str, model: str, rates: tuple[float, ...]) -> Piece:
    """Return the sweep that tries learning rates on noisy validation, with a seed of its own."""
    tried = ",".join(f"{rate:g}" for rate in rates)
    return Piece(TUNING, collection, {"model": model, "optimizer.lr": tried})


def pieces() -> Iterator[Piece]:
    """Yield all pieces but the tuning, the most telling first."""
    yield from (_quick(place, seed) for seed in (1, 2, 3) for place in _places(SENSITIVE))
    yield from (_ceilings(*place) for place in _places(SENSITIVE))
    for seed in (1, 2, 3):
        yield from (_deep(*place, seed) for place in itertools.product(SENSITIVE, TRANSFORMERS))
    yield from (_other_noise(*place) for place in _places(SENSITIVE))
    yield from (_quick(place, seed) for seed in (1, 2) for place in _places(INSENSITIVE))
    yield from (Piece(STUDY, "nfcorpus", {"model": model, **NATURAL}) for model in QUICK)


def _places(collections: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    return itertools.product(collections, QUICK)


def _quick(place: tuple[str, str], seed: int) -> Piece:
    collection, model = place
    return Piece(STUDY, collection, {"model": model, "seed": str(seed)})


def _ceilings(collection: str, model: str) -> Piece:
    dropped = {"noise": "clean_pairs", "loss": "cross_entropy", "noise.ratio": "0.2,0.4,0.6"}
    return Piece(STUDY, collection, {"model": model, **dropped})


def _other_noise(collection: str, model: str) -> Piece:
    other = {"noise": "uniform,lexical", "noise.ratio": "0.4"}
    return Piece(STUDY, collection, {"model": model, **other})


def _deep(collection: str, model: str, seed: int) -> Piece:
    own = OVERRIDES.get(model, {})
    return Piece(DEEP, collection, {"model": model, "seed": str(seed), **own})
