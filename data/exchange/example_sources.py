"""Where training examples are read from: JSON lines, and tables of the library `datasets`."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from data.ingest.lines import read_lines
from errors import InputError

SPLIT = "train"


def json_records(source: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the objects of a file of JSON lines.

    Raises:
        InputError: the file cannot be read, or a line is no JSON object.
    """
    for line in read_lines(Path(source)):
        try:
            record = json.loads(line.text)
        except ValueError as error:
            raise line.wrong(f"is no JSON ({error})") from error
        if not isinstance(record, dict):
            raise line.wrong("is no JSON object")
        yield f"line {line.number} of {source}", record


def table_records(source: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the rows of a table.

    Raises:
        InputError: `datasets` is not installed, or it cannot open the source.
    """
    try:
        import datasets
    except ImportError as error:
        raise InputError(
            f"{source}: reading it needs the library datasets: pip install datasets"
        ) from error
    try:
        table = _opened(datasets, source)
    except (OSError, ValueError, KeyError) as error:
        first = next(iter(str(error).splitlines()), type(error).__name__)
        raise InputError(f"{source} cannot be opened as a data set: {first}") from error
    for place, row in enumerate(table):
        yield f"row {place} of {source}", row


def _opened(datasets: Any, source: str) -> Any:
    """Return the rows: of a file, of a folder that was saved to disk, or of a name on the hub."""
    path = Path(source)
    if path.suffix == ".parquet":
        return datasets.Dataset.from_parquet(str(path))
    if path.is_dir():
        saved = datasets.load_from_disk(str(path))
        return saved[SPLIT] if isinstance(saved, datasets.DatasetDict) else saved
    name, *parts = source.split(":")
    split = parts[-1] if parts else SPLIT
    return datasets.load_dataset(name, *parts[:-1], split=split)
