"""Judgements and examples in files of other toolkits."""

import pytest

from data.collections.records import Judgement
from data.exchange.qrels_file import write_qrels
from data.ingest.lines import read_judgements
from errors import InputError

QRELS = {"q1": {"d2": 1, "d 1": 0}, "q 2": {"é": 3, "x'y": -1}}


def test_judgements_are_read_back_as_they_were(tmp_path):
    write_qrels(QRELS, tmp_path / "qrels/train.tsv")
    assert list(read_judgements(tmp_path / "qrels/train.tsv")) == [
        Judgement(query_id, doc_id, grade)
        for query_id, judged in QRELS.items()
        for doc_id, grade in judged.items()
    ]


def test_the_file_has_beir_s_columns(tmp_path):
    write_qrels({"q1": {"d2": 1}}, tmp_path / "train.tsv")
    assert (tmp_path / "train.tsv").read_bytes() == b"query-id\tcorpus-id\tscore\nq1\td2\t1\n"


@pytest.mark.parametrize("bad", ["a\tb", "a\nb", "", '"a"', " a", "a\u2028b"])
def test_ids_that_columns_cannot_carry_are_refused(tmp_path, bad):
    with pytest.raises(InputError, match="cannot be written to this file"):
        write_qrels({"q1": {bad: 1}}, tmp_path / "train.tsv")
    assert not (tmp_path / "train.tsv").exists()
