"""Where the numbers come from: commits, versions, machines, data, and whether losses were trained on the same corrupted labels."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reporting.reading.cells import FinishedCell

AUDITS = 300
"""Audits that are listed at most."""


class Fact(NamedTuple):
    """Something that cells state, and how many state it."""

    name: str
    value: str
    cells: int


class AuditFact(NamedTuple):
    """The corrupted labels of a collection, noise, ratio and seed.

    Attributes:
        where: these four.
        realised: share of labels that were corrupted.
        hashes: SHA-256 of audit.tsv; one, if every loss and model was trained on the same labels.
    """

    where: str
    realised: str
    hashes: tuple[str, ...]


class Provenance(NamedTuple):
    """The provenance of a report.

    Attributes:
        facts: commit, machine, versions, fingerprints.
        audits: the first of them.
        audit_count: how many there are.
        agreement: whether cells of the same noise and seed were trained on the same labels, in
            words.
    """

    facts: list[Fact]
    audits: list[AuditFact]
    audit_count: int
    agreement: str


def provenance(cells: Sequence[FinishedCell]) -> Provenance:
    """Collect what the cells' scores.json say of their origin."""
    counted = Counter(fact for cell in cells for fact in _facts(cell))
    facts = [Fact(name, value, number) for (name, value), number in sorted(counted.items())]
    audits = list(_audits(cells))
    differing = [audit for audit in audits if len(audit.hashes) > 1]
    agreement = (
        f"Cells of {len(differing)} of {len(audits)} combinations of collection, noise, ratio and "
        "seed were NOT trained on the same corrupted labels (several hashes below): their losses "
        "are compared on different data."
        if differing
        else "Cells of the same collection, noise, ratio and seed were trained on the same corrupted labels, whatever their loss."
    )
    return Provenance(
        facts,
        [*differing, *(audit for audit in audits if len(audit.hashes) == 1)][:AUDITS],
        len(audits),
        agreement,
    )


def _facts(cell: FinishedCell) -> Iterator[tuple[str, str]]:
    scores = cell.scores
    yield "commit", str(scores.get("git_commit"))
    yield "machine", str(scores.get("machine"))
    yield f"fingerprint of {cell.dataset}", cell.fingerprint
    yield from (
        (f"version of {name}", str(version)) for name, version in scores.get("versions", {}).items()
    )


def _audits(cells: Iterable[FinishedCell]) -> Iterator[AuditFact]:
    hashes: defaultdict[tuple[str, str, float, int], dict[str, object]] = defaultdict(dict)
    for cell in cells:
        noise = cell.scores.get("noise") or {}
        if "audit_sha256" in noise:
            hashes[cell.dataset, cell.noise, cell.ratio, cell.seed][str(noise["audit_sha256"])] = (
                noise.get("realised")
            )
    for (dataset, noise, ratio, seed), found in sorted(hashes.items()):
        realised = next(iter(found.values()))
        share = f"{realised:.4f}" if isinstance(realised, int | float) else ""
        yield AuditFact(f"{dataset}, {noise} {ratio:g}, seed {seed}", share, tuple(sorted(found)))
