"""The audit: every label that the noise changed, so that the change can be undone.

The file is the record of a corruption. The seed is not: another BLAS may order nearly equal
similarities differently. `docs/noise.md` describes the columns and the header.
"""

import gzip
import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from data.collections.records import Qrels
from data.storage.atomic_files import written_aside
from data.storage.cache import JsonValue
from errors import InputError
from noise.audit.apply_rows import apply_rows, undo_rows
from noise.audit.consistency import check_header
from noise.audit.row import COLUMNS, SPARED, AuditRow, from_line, label_line, to_line

FORMAT = "audit-1"
CHECKSUM = "checksum"
"""Key of the hash of all other lines; audits of earlier versions have none."""


@dataclass(frozen=True)
class AuditHeader:
    """What was corrupted, by which model, and how much of it.

    Attributes:
        format: version of the file format.
        collection: name of the collection.
        collection_fingerprint: hash of its content, whatever the order of its files
            (`noise.audit.collection_content`).
        model: name of the noise model.
        version: version of its algorithm.
        version_hash: hash over version, parameters, encoder and documents: equal hashes mean
            comparable, nested corruptions.
        parameters: every parameter but ratio and seed.
        encoder: name of the encoder or scorer behind the similarities, or "".
        encoder_fingerprint: hash of its weights, or "".
        similarity: what the similarity columns hold, or "".
        ratio: nominal rate; None if the data decide.
        seed: seed of the keyed hashes.
        units: number N of judgements that the ratio is a share of.
        corrupted: number M of corrupted ones.
        realised: M / N.
        skipped: judgements that could not be corrupted and were replaced by the next in the order.
        dropped: judgements that left with queries that had lost every positive.
        false_positives: documents made positive that are not known to be relevant.
        false_negatives: known positives that are no longer positive.
        eps_plus: P(not labelled positive | train positive).
        eps_minus_judged: P(labelled positive | judged not relevant); None where nothing was judged
            not relevant.
        eps_minus_corpus: P(labelled positive | not a known positive), over all pairs of a train
            query and a document.
        queries_without_positive: train queries that have no positive left.
        queries_all_wrong: train queries none of whose original positives is left.
        notes: counts that only one model has.
    """

    format: str
    collection: str
    collection_fingerprint: str
    model: str
    version: str
    version_hash: str
    parameters: Mapping[str, JsonValue]
    encoder: str
    encoder_fingerprint: str
    similarity: str
    ratio: float | None
    seed: int
    units: int
    corrupted: int
    realised: float
    skipped: int
    dropped: int
    false_positives: int
    false_negatives: int
    eps_plus: float
    eps_minus_judged: float | None
    eps_minus_corpus: float
    queries_without_positive: int
    queries_all_wrong: int
    notes: Mapping[str, JsonValue]


@dataclass(frozen=True)
class Audit:
    """A header, and the rows in the order of corruption, with drops last.

    Attributes:
        header: what was corrupted, by which model, and how much of it.
        rows: the changes.
        intact: whether the lines of the file are those that were written.
    """

    header: AuditHeader
    rows: tuple[AuditRow, ...]
    intact: bool = True

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the file that `write` writes (hex)."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    @cached_property
    def labels(self) -> str:
        """Hash of the changed labels alone (hex), whatever the similarities and the header say."""
        lines = "".join(f"{label_line(row)}\n" for row in self.rows)
        return hashlib.sha256(lines.encode()).hexdigest()

    @cached_property
    def replaced(self) -> Mapping[tuple[str, str], str | None]:
        """The replaced document, if any, by (query_id, inserted doc_id); only for diagnostics."""
        return {
            (row.query_id, row.inserted): row.removed or None
            for row in self.rows
            if row.corrupts and row.inserts_positive
        }

    @cached_property
    def spared(self) -> Qrels:
        """The judgements left out on purpose: right, but neither examples nor negatives."""
        left_out: Qrels = {}
        for row in self.rows:
            if row.mode == SPARED and row.removed_from is not None:
                left_out.setdefault(row.query_id, {})[row.removed] = row.removed_from
        return left_out

    def apply(self, qrels: Qrels) -> Qrels:
        """Return the noisy judgements of clean ones, sorted by id, without changing the input."""
        return apply_rows(self.rows, qrels)

    def undo(self, qrels: Qrels) -> Qrels:
        """Return the clean judgements of noisy ones, sorted by id, without changing the input."""
        return undo_rows(self.rows, qrels)

    def to_bytes(self) -> bytes:
        """Return the content of the file: `# key: value` lines (JSON), column names, rows."""
        head = [_head_line(key, value) for key, value in asdict(self.header).items()]
        body = ["\t".join(COLUMNS), *map(to_line, self.rows)]
        checksum = _head_line(CHECKSUM, _checksum([*head, *body]))
        return "".join(f"{line}\n" for line in (*head, checksum, *body)).encode()

    def write(self, path: Path) -> None:
        """Write the audit, completely or not at all."""
        with written_aside(path) as aside:
            aside.write_bytes(self.to_bytes())

    @classmethod
    def read(cls, path: Path) -> "Audit":
        """Read what `write` wrote, compressed or not (`.gz`).

        Raises:
            InputError: the file is missing, damaged or of another format.
        """
        try:
            content = path.read_bytes()
            if path.suffix == ".gz":
                content = gzip.decompress(content)
            lines = content.decode("utf-8").split("\n")
        except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
            raise InputError(
                f"noise.audit={path} cannot be read: {error}. Give an audit.tsv of a finished "
                "cell, or null"
            ) from error
        head = {key: value for key, value in map(_entry, lines) if key}
        body = lines[len(head) : -1]
        checksum = head.pop(CHECKSUM, None)
        rest = [line for line in lines[:-1] if not line.startswith(f"# {CHECKSUM}: ")]
        if (
            head.get("format") != FORMAT
            or head.keys() != AuditHeader.__dataclass_fields__.keys()
            or body[:1] != ["\t".join(COLUMNS)]
        ):
            raise InputError(
                f"noise.audit={path} is not an audit file of format {FORMAT}. Give an audit.tsv of "
                "a finished cell, or null"
            )
        check_header(path, head, {each.name: each.type for each in fields(AuditHeader)})
        audit = cls(
            AuditHeader(**head),
            tuple(
                _row(path, number, line)
                for number, line in enumerate(body[1:], len(lines) - len(body) + 1)
            ),
        )
        _check_whole(path, audit, ended=lines[-1] == "")
        return replace(audit, intact=checksum in {None, _checksum(rest)})


def _head_line(key: str, value: object) -> str:
    return f"# {key}: {json.dumps(value, sort_keys=True, ensure_ascii=False)}"


def _checksum(lines: Sequence[str]) -> str:
    """Hash of the other lines of the file."""
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _entry(line: str) -> tuple[str, Any]:
    if not line.startswith("# "):
        return "", None
    key, _, value = line[2:].partition(": ")
    try:
        return key, json.loads(value)
    except json.JSONDecodeError:
        return "", None


def _row(path: Path, number: int, line: str) -> AuditRow:
    try:
        return from_line(line)
    except InputError as error:
        raise InputError(
            f"noise.audit={path}, line {number}: {error}. The file is damaged; take another copy"
        ) from error


def _check_whole(path: Path, audit: Audit, *, ended: bool) -> None:
    header = audit.header
    expected = header.corrupted + header.skipped + header.dropped
    if not ended or len(audit.rows) != expected:
        raise InputError(
            f"noise.audit={path} holds {len(audit.rows)} rows, but its header announces "
            f"{expected}: the file is truncated. Take another copy"
        )
