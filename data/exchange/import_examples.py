"""Make a collection of training examples that were made for another trainer.

Usage: python -m data.exchange.import_examples SOURCE --out FOLDER [--test SOURCE]
[--test-share 0.1] [--seed 0]

SOURCE is a file of JSON lines (.jsonl, .jsonl.gz), a .parquet file, a folder that `save_to_disk`
wrote, or a data set of the Hugging Face hub as name, name:split or name:config:split. FOLDER gets
BEIR's layout, for dataset=folder, and teacher.trec if the examples have a teacher's scores.
"""

import argparse
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

from data.exchange.example_records import ImportedExample, example_of, records_of
from data.exchange.examples_folder import TEACHER, write_examples_folder
from errors import InputError

log = logging.getLogger("import_examples")


def main(arguments: list[str]) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("source")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--test", help="examples to test on; else a share is held out")
    parser.add_argument("--test-share", type=float, default=0.1)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    gathered = write_examples_folder(
        _examples(chosen.source),
        chosen.out,
        test=_examples(chosen.test) if chosen.test else None,
        test_share=chosen.test_share,
        seed=chosen.seed,
    )
    sizes = f"{len(gathered.queries)} queries, {len(gathered.documents)} documents"
    teacher = f" teacher={chosen.out / TEACHER}" if gathered.scores else ""
    log.info("%s. To train on it: dataset=folder dataset.path=%s%s", sizes, chosen.out, teacher)


def _examples(source: str) -> Iterator[ImportedExample]:
    return (example_of(record, where) for where, record in records_of(source))


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except InputError as error:
        sys.exit(str(error))
