"""Reads what an offline W&B run recorded, from its transaction log.

The log is LevelDB's format behind a header of 7 bytes: blocks of 32 KiB, each record a crc32, a
length, a type (whole, first, middle, last) and the bytes of a protobuf `Record`. wandb 0.31 has no
reader of its own any more.
"""

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zlib import crc32

from wandb.proto.wandb_internal_pb2 import Record

HEADER, BLOCK, CHUNK_HEADER = 7, 32 * 1024, struct.Struct("<IHB")
WHOLE, FIRST, _MIDDLE, LAST = 1, 2, 3, 4


@dataclass
class OfflineRun:
    run_id: str = ""
    name: str = ""
    group: str = ""
    job_type: str = ""
    tags: list[str] = field(default_factory=list)
    config: dict[str, Any] = field(default_factory=dict)
    summary: dict[str, Any] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)
    axes: dict[str, str] = field(default_factory=dict)
    artifacts: list[str] = field(default_factory=list)
    exit_code: int | None = None


def read_offline_run(path: Path) -> OfflineRun:
    run = OfflineRun()
    for record in _records(path.read_bytes()):
        kind = record.WhichOneof("record_type")
        if kind == "run":
            run.run_id, run.name, run.group, run.job_type, run.tags = (
                record.run.run_id,
                record.run.display_name,
                record.run.run_group,
                record.run.job_type,
                list(record.run.tags),
            )
            _update(run.config, record.run.config.update)
        elif kind == "config":
            _update(run.config, record.config.update)
        elif kind == "summary":
            _update(run.summary, record.summary.update)
        elif kind == "history":
            run.history.append(
                {_key(item): json.loads(item.value_json) for item in record.history.item}
            )
        elif kind == "metric":
            run.axes[record.metric.name or record.metric.glob_name] = record.metric.step_metric
        elif kind == "artifact":
            run.artifacts.append(record.artifact.type)
        elif kind == "exit":
            run.exit_code = record.exit.exit_code
    return run


def _update(target: dict[str, Any], items: Any) -> None:
    target.update({_key(item): json.loads(item.value_json) for item in items})


def _key(item: Any) -> str:
    return item.key or "/".join(item.nested_key)


def _records(content: bytes) -> Iterator[Record]:
    assert content[1:4] == b"W&B"
    position, parts = HEADER, b""
    while position + CHUNK_HEADER.size <= len(content):
        left = BLOCK - position % BLOCK
        if left < CHUNK_HEADER.size:  # the rest of a block too short for a header is padding
            position += left
            continue
        checksum, length, kind = CHUNK_HEADER.unpack_from(content, position)
        position += CHUNK_HEADER.size
        data = content[position : position + length]
        position += length
        assert crc32(bytes([kind]) + data) == checksum
        parts = data if kind in (WHOLE, FIRST) else parts + data
        if kind in (WHOLE, LAST):
            yield Record.FromString(parts)
