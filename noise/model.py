"""The interface of noise models: clean judgements in, noisy judgements and their audit out.

The contract, kept here and by the keyed hashes and tested for every model in conf/noise:

- exact: floor(ratio x N + 1/2) corruptions, or an error;
- nested: the rows of a smaller ratio are the first rows of a larger one, with identical
  replacements;
- stateless: independent of the order of the input, of threads and of processes;
- honest: no known positive is put in as a wrong label; what had to be skipped is listed and
  replaced by the next in the order;
- reversible: `audit.undo` gives the input back;
- contained: validation and test are never looked at, except to know which documents are relevant.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

import checks
from data.collections.collection import Collection
from data.collections.records import Qrels
from data.storage.cache import JsonValue
from errors import InputError
from noise.audit.apply_rows import drops, realised_rates
from noise.audit.audit import FORMAT, Audit, AuditHeader
from noise.audit.collection_content import content_hash, documents_hash
from noise.audit.consistency import ADVICE, check_rows
from noise.audit.row import DROP, SKIP, AuditRow
from terminal import track

AUDIT_FILE = "audit.tsv"
ABSENT = "nothing"


class Corruption(NamedTuple):
    """The noisy judgements for training, and the record for diagnostics only.

    Attributes:
        qrels: the noisy training judgements, sorted by query and document id; grade 0 is an
            explicit negative.
        audit: the changes.
    """

    qrels: Qrels
    audit: Audit


class Scorer(NamedTuple):
    """The source of the similarities in an audit.

    Attributes:
        name: encoder or scorer.
        fingerprint: hash of its weights.
        similarity: what the similarity columns hold, in words.
    """

    name: str = ""
    fingerprint: str = ""
    similarity: str = ""


def joined(scorers: Mapping[str, Scorer]) -> Scorer:
    """Return one scorer that names several, each field by role."""
    named = {role: scorer for role, scorer in scorers.items() if scorer.name}
    return Scorer(
        *(
            "; ".join(f"{role}: {scorer[field]}" for role, scorer in named.items())
            for field in range(len(Scorer._fields))
        )
    )


class Work(NamedTuple):
    """A prepared corruption.

    Attributes:
        rows: makes the rows, as many as the ratio requires.
        scorer: measures the similarities.
    """

    rows: Callable[[], Iterable[AuditRow]]
    scorer: Scorer = Scorer()


class Recipe(NamedTuple):
    """A noise model applied to a collection, not yet carried out.

    Attributes:
        clean: the judgements that the noise starts from.
        units: number N of judgements that the ratio is a share of.
        parameters: everything but ratio, seed and encoder that decides the rows.
        work: loads or fits what the corruption needs; not called where the labels come from an
            audit file.
        emptied: `keep` or `drop` queries that lose every positive.
        notes: counts for the header.
    """

    clean: Qrels
    units: int
    parameters: Mapping[str, JsonValue]
    work: Callable[[], Work]
    emptied: str = "keep"
    notes: Mapping[str, JsonValue] = {}


class NoiseModel(ABC):
    """Corrupts the training judgements of a collection.

    Args:
        ratio: share of the judgements to corrupt, in [0, 1).
        seed: seed of the keyed hashes.
        audit: an audit file with the labels; None: compute them.

    Raises:
        InputError: ratio or seed is not usable.
    """

    name: str
    version: str

    def __init__(self, ratio: float, seed: int, audit: str | Path | None) -> None:
        self.ratio: float | None = checks.ratio("noise.ratio", ratio)
        self.seed = checks.integer("noise.seed", seed)
        self.audit = None if audit is None else Path(audit).expanduser()

    @abstractmethod
    def recipe(self, collection: Collection) -> Recipe:
        """Return how the collection is corrupted.

        Raises:
            InputError: the collection does not have what the model needs.
        """

    def corrupt(self, collection: Collection) -> Corruption:
        """Return the noisy training judgements and the audit, which is cached with the collection.

        Raises:
            InputError: the collection cannot be corrupted in this way, or the given audit file
                belongs to another corruption.
        """
        recipe = self.recipe(collection)
        audit = (
            self._given(collection, recipe) if self.audit else self._computed(collection, recipe)
        )
        return Corruption(audit.apply(recipe.clean), audit)

    def _computed(self, collection: Collection, recipe: Recipe) -> Audit:
        work = recipe.work()
        content = content_hash(collection)
        key = {
            "format": FORMAT,
            "collection": content,
            "name": collection.name,
            "version": self._version_hash(collection, recipe, work.scorer),
            "ratio": self.ratio,
            "seed": self.seed,
        }

        def build(folder: Path) -> None:
            self._audit(collection, content, recipe, work).write(folder / AUDIT_FILE)

        folder = collection.cache.folder("noise", key, build)
        return Audit.read(folder / AUDIT_FILE)

    def _audit(self, collection: Collection, content: str, recipe: Recipe, work: Work) -> Audit:
        rows = list(track(work.rows(), f"Corrupting judgements ({self.name})"))
        if recipe.emptied == "drop":
            rows += drops(recipe.clean, rows, self.version)
        corrupted = sum(row.corrupts for row in rows)
        header = AuditHeader(
            format=FORMAT,
            collection=collection.name,
            collection_fingerprint=content,
            model=self.name,
            version=self.version,
            version_hash=self._version_hash(collection, recipe, work.scorer),
            parameters=recipe.parameters,
            encoder=work.scorer.name,
            encoder_fingerprint=work.scorer.fingerprint,
            similarity=work.scorer.similarity,
            ratio=self.ratio,
            seed=self.seed,
            units=recipe.units,
            corrupted=corrupted,
            realised=corrupted / recipe.units if recipe.units else 0.0,
            skipped=sum(row.kind == SKIP for row in rows),
            dropped=sum(row.kind == DROP for row in rows),
            **realised_rates(collection, recipe.clean, rows),
            notes=recipe.notes,
        )
        return Audit(header, tuple(rows))

    def _version_hash(self, collection: Collection, recipe: Recipe, scorer: Scorer) -> str:
        decisive = (
            self.version,
            recipe.parameters,
            scorer,
            recipe.emptied,
            documents_hash(collection),
            *(("skip_same_id",) if collection.skip_same_id else ()),  # it changes the candidates
        )
        return blake2b(json.dumps(decisive, sort_keys=True).encode(), digest_size=8).hexdigest()

    def _given(self, collection: Collection, recipe: Recipe) -> Audit:
        """Return the audit of the given file, whose encoder and seed may differ."""
        assert self.audit is not None
        audit = Audit.read(self.audit)
        header = audit.header
        there = {
            "collection": header.collection,
            "content of the collection": header.collection_fingerprint,
            "noise": header.model,
            "version": header.version,
            "noise.ratio": header.ratio,
            **_keys(header.parameters),
        }
        here = {
            "collection": collection.name,
            "content of the collection": content_hash(collection),
            "noise": self.name,
            "version": self.version,
            "noise.ratio": self.ratio,
            **_keys(json.loads(json.dumps(dict(recipe.parameters)))),
        }
        keys = [key for key in {**there, **here} if there.get(key, ABSENT) != here.get(key, ABSENT)]
        different = [
            f"{key} is {there.get(key, ABSENT)} in the file and {here.get(key, ABSENT)} in this run"
            for key in keys
        ]
        if different:
            raise InputError(
                f"noise.audit={self.audit} belongs to another corruption: {'; '.join(different)}. "
                "Set those keys to what the file says, or noise.audit=null"
            )
        check_rows(self.audit, audit, collection, recipe.clean)
        if not audit.intact:
            raise InputError(
                f"noise.audit={self.audit}: its checksum is not that of its lines. {ADVICE}"
            )
        return audit


def _keys(parameters: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return parameters under their keys, without the seeds of the models inside a model."""
    return {f"noise.{key}": _without_seeds(value) for key, value in parameters.items()}


def _without_seeds(value: JsonValue) -> JsonValue:
    if not isinstance(value, dict):
        return value
    return {key: _without_seeds(inner) for key, inner in value.items() if key != "seed"}


def check_seed(key: str, inner: int, seed: int) -> None:
    """Check the seed of a model inside another.

    Args:
        key: the key of the inner model.
        inner: its seed.
        seed: that of the outer model.

    Raises:
        InputError: they differ, so that one seed would not tell the labels.
    """
    if inner != seed:
        raise InputError(
            f"{key}.seed={inner}: must be noise.seed={seed}, as it is by itself; leave it out."
        )
