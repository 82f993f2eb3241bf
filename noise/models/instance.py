"""Instance-dependent noise: some judgements are more likely to be wrong than others."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from statistics import NormalDist
from typing import TYPE_CHECKING, Protocol

import numpy as np

import checks
from data.collections.collection import Collection
from errors import InputError
from keyed_random import keyed_uniform
from noise.audit.row import AuditRow
from noise.encoders.embeddings import EncoderRecipe, SimilarityEncoder
from noise.model import NoiseModel, Recipe, Scorer, Work, check_seed, joined
from noise.models.semantic import Neighbourhood
from noise.selection.order import count, in_order, positives, until
from noise.selection.pair_noise import PairNoise
from noise.selection.substitution import Done
from terminal import track

if TYPE_CHECKING:
    from data.storage.cache import JsonValue

Judgements = Sequence[tuple[str, str, int]]
Rates = Mapping[tuple[str, str], float]


class PairRates(Protocol):
    """Relative rates of corruption of the pairs, the target of a `noise.rate` node."""

    def parameters(self) -> "Mapping[str, JsonValue]":
        """Return everything but an encoder that decides the rates."""
        ...

    def scorer(self, collection: Collection) -> Scorer:
        """Return the encoder behind the rates, if there is one."""
        ...

    def of(self, collection: Collection, judgements: Judgements, seed: int) -> Rates:
        """Return a relative rate of at least 0 for each (query_id, doc_id)."""
        ...


class GaussianRates:
    """Random rates q ~ N(1, spread^2), truncated to q > 0, scaled so that their mean is the ratio.

    The relative spread keeps a pair's rate the same at every ratio, which nesting needs. Xia et al.
    use N(ratio, 0.1^2) on [0, 1], which is a spread of 0.5 at ratio 0.2.

    Args:
        spread: standard deviation relative to the mean, above 0.

    Raises:
        InputError: spread is out of its range.

    Reference:
        Xia et al., "Part-dependent label noise: towards instance-dependent label noise", NeurIPS
        2020.
    """

    def __init__(self, spread: float = 0.5) -> None:
        self.spread = checks.real(
            "noise.rate.spread",
            spread,
            "a number above 0",
            0.0,
            float("inf"),
            open_low=True,
            open_high=True,
        )

    def parameters(self) -> "Mapping[str, JsonValue]":
        """Return the spread."""
        return {"rate": "gaussian-1", "spread": self.spread}

    # the rates know nothing of the texts
    def scorer(self, collection: Collection) -> Scorer:  # noqa: ARG002
        """Return that there is no encoder."""
        return Scorer()

    def of(
        self,
        collection: Collection,  # noqa: ARG002
        judgements: Judgements,
        seed: int,
    ) -> Rates:
        """Return the truncated normal rates, by the inverse distribution function."""
        normal = NormalDist(1.0, self.spread)
        below = normal.cdf(0.0)
        draws = {
            (query_id, doc_id): keyed_uniform("gaussian-1", seed, "rate", query_id, doc_id)
            for query_id, doc_id, _ in judgements
        }
        return {
            pair: max(0.0, normal.inv_cdf(below + draw * (1 - below)))
            for pair, draw in draws.items()
        }


class AmbiguityRates:
    """Rates proportional to the similarity of the best wrong document, as semswap-1 measures it.

    Negative similarities count as 0.

    Args:
        encoder: configuration of the encoder; not the trained model.
    """

    POOL, LAM, DUP = 10, 0.5, 0.95

    def __init__(self, encoder: EncoderRecipe) -> None:
        self.encoder = encoder

    def parameters(self) -> "Mapping[str, JsonValue]":
        """Return the name of the rates."""
        return {"rate": "ambiguity-1"}

    def scorer(self, collection: Collection) -> Scorer:
        """Return the encoder."""
        encoder = self.encoder.build(collection)
        return Scorer(encoder.name, encoder.fingerprint, "cosine")

    def of(
        self,
        collection: Collection,
        judgements: Judgements,
        seed: int,  # noqa: ARG002 - nothing is drawn
    ) -> Rates:
        """Return the similarities of all pairs, computed once and cached with the collection."""
        encoder = self.encoder.build(collection)
        key = {
            "collection": collection.fingerprint,
            "encoder": encoder.fingerprint,
            "version": "ambiguity-1",
        }
        pairs = sorted((query_id, doc_id) for query_id, doc_id, _ in judgements)
        folder = collection.cache.folder(
            "ambiguity", key, partial(self._write, collection, encoder, judgements)
        )
        return dict(zip(pairs, np.load(folder / "similarities.npy").tolist(), strict=True))

    def _write(
        self,
        collection: Collection,
        encoder: SimilarityEncoder,
        judgements: Judgements,
        folder: Path,
    ) -> None:
        neighbourhood = Neighbourhood(collection, encoder, self.POOL, self.LAM, self.DUP)
        pairs = track(in_order(judgements, 0), "Measuring ambiguity")
        best = {
            (pair.query_id, pair.doc_id): found.scores[:1].sum()
            for pair, found in neighbourhood.candidates(pairs)
        }
        np.save(
            folder / "similarities.npy", np.array([best[pair] for pair in sorted(best)]).clip(min=0)
        )


class InstanceDependent(NoiseModel):
    """Corrupts floor(ratio x N + 1/2) of N positives with unequal chances, like another model.

    Args:
        ratio: share of the training positives to corrupt, in [0, 1).
        seed: of the keyed hashes.
        rate: relative rates of the pairs.
        target: the model that corrupts the chosen pairs, with the same seed; its own ratio is not
            used.
        audit: an audit file to take the labels from; None to compute them.

    Raises:
        InputError: a parameter is out of its range.

    Reference:
        Xia et al., NeurIPS 2020; compare Chen et al., "Beyond class-conditional assumption", AAAI
        2021.
    """

    name = "instance"
    version = "instance-1"

    def __init__(
        self,
        *,
        ratio: float,
        seed: int,
        rate: PairRates,
        target: PairNoise,
        audit: str | None = None,
    ) -> None:
        super().__init__(ratio, seed, audit)
        if not isinstance(target, PairNoise):
            raise InputError(
                "noise.target does not treat single pairs. Allowed: semantic, uniform, lexical, "
                "false_negative, mixture"
            )
        check_seed("noise.target", target.seed, self.seed)
        self.rate = rate
        self.target = target

    def recipe(self, collection: Collection) -> Recipe:
        """Return the walk along the positives in the order of draw / rate."""
        judgements = positives(collection.train.qrels)
        wanted = count(self.ratio or 0.0, len(judgements))
        parameters: dict[str, JsonValue] = {
            **self.rate.parameters(),
            "target": {
                "model": self.target.name,
                "version": self.target.version,
                **self.target.parameters(),
            },
        }

        def work() -> Work:
            if not wanted:  # before an encoder is fitted for nothing
                return Work(tuple)
            process = self.target.process(collection)

            def rows() -> Iterator[AuditRow]:
                pairs = in_order(
                    judgements, self.seed, self.rate.of(collection, judgements, self.seed)
                )
                return until(process.outcomes(pairs, Done.nothing()), wanted, self.name, self.ratio)

            return Work(
                rows, joined({"target": process.scorer, "rate": self.rate.scorer(collection)})
            )

        return Recipe(
            collection.train.qrels, len(judgements), parameters, work, self.target.emptied
        )
