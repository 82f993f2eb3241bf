"""The origin of the numbers: commits, versions, machines, data, and the corrupted labels.

Losses are comparable only if they were trained on the same corrupted labels.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

from reporting.words import ratio_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from reporting.reading.cells import FinishedCell

AUDITS = 300
"""The most audits that are listed."""


class Fact(NamedTuple):
    """Something that cells report, and how many report it."""

    name: str
    value: str
    cells: int


class AuditFact(NamedTuple):
    """The corrupted labels of a collection, noise, ratio and seed.

    Attributes:
        where: these four.
        realised: share of labels that were corrupted.
        hashes: SHA-256 of audit.tsv; a single one if all losses and models had the same labels.
    """

    where: str
    realised: str
    hashes: tuple[str, ...]


class Provenance(NamedTuple):
    """The provenance of a report.

    Attributes:
        facts: commit, machine, versions, fingerprints.
        audits: the first audits.
        audit_count: number of audits.
        agreement: a sentence: whether cells with the same noise and seed had the same labels.
    """

    facts: list[Fact]
    audits: list[AuditFact]
    audit_count: int
    agreement: str


def provenance(cells: Sequence[FinishedCell]) -> Provenance:
    """Collect what the cells' scores.json report about their origin."""
    counted = Counter(fact for cell in cells for fact in _facts(cell))
    facts = [Fact(name, value, number) for (name, value), number in sorted(counted.items())]
    audits = list(_audits(cells))
    differing = [audit for audit in audits if len(audit.hashes) > 1]
    agreement = (
        f"For {len(differing)} of {len(audits)} combinations of collection, noise, ratio and seed, "
        "cells were NOT trained on the same corrupted labels (several hashes below), so their "
        "losses are compared on different data."
        if differing
        else "Cells with the same collection, noise, ratio and seed were trained on the same "
        "corrupted labels, whatever their loss."
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
    found: defaultdict[tuple[str, str, float, int], list[Mapping[str, object]]] = defaultdict(list)
    for cell in cells:
        noise = cell.scores.get("noise")
        if isinstance(noise, dict) and "audit_sha256" in noise:
            found[cell.dataset, cell.noise, cell.ratio, cell.seed].append(noise)
    for (dataset, noise, ratio, seed), audits in sorted(found.items()):
        # the labels alone where all record them: the rest of an audit may differ
        key = "labels" if all("labels" in audit for audit in audits) else "audit_sha256"
        hashes = sorted({str(audit[key]) for audit in audits})
        realised = audits[0].get("realised")
        share = f"{realised:.4f}" if isinstance(realised, int | float) else ""
        yield AuditFact(
            f"{dataset}, {noise} {ratio_name(ratio)}, seed {seed}", share, tuple(hashes)
        )
