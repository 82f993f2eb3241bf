"""Evidence, likely documents and folds, against numbers worked out by hand."""

import json

import numpy as np
import pytest
from small_collection import write_small_collection

from data import Cache, bm25_run, build_examples, first_copies, open_folder
from data.runs.ranked_lists import Run
from data.storage.ragged import Ragged
from errors import InputError
from suspects.bm25_judge import bm25_margins
from suspects.evidence import counted_epochs, evidence_against, likely_documents, probabilities
from suspects.folds import folds_of
from suspects.margins import Margins, rivals_of


def margins(labelled, rivals, scores):
    return Margins(
        np.arange(len(labelled[0])),
        np.array(labelled, dtype=np.float32),
        np.array(rivals),
        np.array(scores, dtype=np.float32),
    )


ODDS = np.log([1, 2, 5])  # of the label and two rivals: probabilities 1/8, 2/8, 5/8
TWO_EPOCHS = margins(
    [[ODDS[0]], [ODDS[2]]],
    [[[7, 8]], [[8, 9]]],
    [[[ODDS[2], ODDS[1]]], [[ODDS[1], ODDS[0]]]],
)


def test_margin_and_doubt_are_means_over_epochs():
    expected = (np.log(5 / 1) + np.log(2 / 5)) / 2
    assert evidence_against("margin", TWO_EPOCHS) == pytest.approx([expected])
    assert evidence_against("area", TWO_EPOCHS) == pytest.approx([expected])
    assert evidence_against("doubt", TWO_EPOCHS) == pytest.approx([(5 / 8 + 2 / 8) / 2])
    assert probabilities(TWO_EPOCHS)[:, 0] == pytest.approx(np.array([[1, 5, 2], [5, 2, 1]]) / 8)


def test_held_out_evidence_counts_the_second_half_of_the_epochs():
    scores = np.arange(3.0).reshape(3, 1)
    three = margins(scores, np.zeros((3, 1, 1), int), np.zeros((3, 1, 1)))
    assert counted_epochs("margin", three).labelled.tolist() == [[1], [2]]
    assert counted_epochs("area", three).labelled.tolist() == [[0], [1], [2]]


def test_the_likely_document_has_the_largest_mean_probability():
    assert likely_documents(TWO_EPOCHS).tolist() == [7]
    other = margins([[0.0, 0.0]], [[[3, 4], [-1, -1]]], [[[1.0, 2.0], [5.0, -np.inf]]])
    assert likely_documents(other).tolist() == [4, -1]


def test_rivals_are_neither_positives_nor_their_copies():
    rows = np.array([[4, 2, 5, 1], [0, 3, -1, -1], [2, 3, -1, -1]])
    scores = np.array([[9.0, 8, 7, 6], [5, 4, -np.inf, -np.inf], [3, 2, -np.inf, -np.inf]])
    run = Run(["a", "b", "c"], rows, scores)
    first_copies = np.array([0, 1, 2, 3, 2, 5])  # document 4 is a copy of 2
    positives = Ragged(np.array([2, 3, 2, 3]), np.array([0, 1, 2, 4]))
    found = rivals_of(run, positives, first_copies, 2)
    assert found.rows.tolist() == [[5, 1], [0, -1], [-1, -1]]
    # the third query's list has only positives: no rival scores more than the list's last
    assert found.scores.tolist() == [[7, 6], [5, -np.inf], [2, -np.inf]]


def test_bm25_gives_unlisted_documents_the_score_that_they_can_have_at_most(tmp_path):
    folder = write_small_collection(tmp_path / "tiny")
    corpus = folder / "corpus.jsonl"
    corpus.write_text(corpus.read_text() + '{"_id": "alone", "text": "zygote"}\n')
    collection = open_folder(str(folder), cache=Cache(tmp_path / "cache"))
    query_id = next(iter(collection.train.queries))
    doc_id = query_id.replace("q", "d")
    qrels = {query_id: {doc_id: 1, "alone": 1}}  # the second has no word of the query
    examples = build_examples(
        collection.documents,
        collection.train.queries,
        qrels,
        first_copies=first_copies(collection),
    )
    judged = bm25_margins(collection, examples, 2)
    run = bm25_run(collection, {query_id: collection.train.queries[query_id]}, 120)
    rows, scores = run.rows[0].tolist(), run.scores[0].tolist()
    own = collection.documents.row(doc_id)
    assert judged.labelled[0].tolist() == pytest.approx([scores[rows.index(own)], 0.0])
    others = [row for row in rows if row != own][:2]
    assert judged.rivals[0].tolist() == [others, others]


def test_a_label_that_bm25_alone_confirms_has_rivals_without_a_common_word(tmp_path):
    folder = write_small_collection(tmp_path / "tiny")
    for name, line in (
        ("corpus.jsonl", {"_id": "alone", "text": "zygote embryo"}),
        ("queries.jsonl", {"_id": "rare", "text": "zygote embryo"}),
    ):
        with (folder / name).open("a") as file:
            file.write(json.dumps(line) + "\n")
    with (folder / "qrels/train.tsv").open("a") as file:
        file.write("rare\talone\t1\n")
    collection = open_folder(str(folder), cache=Cache(tmp_path / "cache"), validation_share=0.02)
    examples = build_examples(
        collection.documents,
        collection.train.queries,
        collection.train.qrels,
        first_copies=first_copies(collection),
    )
    judged = bm25_margins(collection, examples, 2)
    rare = list(collection.train.queries).index("rare")
    (place,) = np.flatnonzero(examples.query_rows == rare)
    assert judged.labelled[0, place] > 3
    assert judged.rivals[0, place].tolist() == [-1, -1]
    assert judged.rival_scores[0, place].tolist() == [0.0, -np.inf]
    against = evidence_against("margin", judged)
    assert against[place] == pytest.approx(-judged.labelled[0, place])


def test_a_model_that_stopped_early_repeats_its_last_epoch():
    short = margins([[1.0]], [[[5]]], [[[3.0]]])._replace(pairs=np.array([1]))
    long = margins([[1.0], [2.0]], [[[5]], [[6]]], [[[4.0]], [[8.0]]])
    joined = Margins.joined([short, long])
    assert joined.pairs.tolist() == [0, 1]
    assert joined.labelled.tolist() == [[1, 1], [2, 1]]
    assert joined.rival_scores[..., 0].tolist() == [[4, 3], [8, 3]]


def test_damaged_files_are_not_taken_for_whole(tmp_path):
    path = tmp_path / "judged/fold.npz"
    TWO_EPOCHS.write(path)
    read = Margins.read(path)
    assert all(np.array_equal(*both) for both in zip(read, TWO_EPOCHS, strict=True))
    path.write_bytes(path.read_bytes()[:-9])
    assert Margins.read(path) is None


def test_the_pairs_of_a_query_share_a_fold_and_folds_are_even():
    query_rows = np.array([0, 0, 1, 3, 3, 3, 4, 5])  # query 2 has no positive
    queries = {letter: f"question {letter}" for letter in "abcdef"}
    folds = folds_of(query_rows, queries, 2, seed=1)
    assert folds[0] == folds[1]
    assert len(set(folds[3:6])) == 1
    by_query = dict(zip(query_rows.tolist(), folds.tolist(), strict=True))
    assert sorted(list(by_query.values()).count(fold) for fold in (0, 1)) == [2, 3]
    other = folds_of(query_rows, queries, 2, seed=1)
    assert folds.tolist() == other.tolist()


def test_queries_with_one_text_share_a_fold():
    """Or a model would judge a question that it has learnt under another id."""
    queries = {f"q{n}": f"question {n % 10}" for n in range(20)}
    folds = folds_of(np.arange(20), queries, 5, seed=1)
    assert folds[:10].tolist() == folds[10:].tolist()
    assert np.bincount(folds).tolist() == [4] * 5
    with pytest.raises(InputError, match=r"task\.folds=11: must be at most 10"):
        folds_of(np.arange(20), queries, 11, seed=1)


@pytest.mark.parametrize(
    ("rows", "folds", "message"),
    [
        ([0, 1], 3, r"^task\.folds=3: must be at most 2, the number of training queries with"),
        ([1, 1], 2, r"^task=suspects: only one training query has a positive label"),
    ],
)
def test_folds_that_cannot_be_are_refused(rows, folds, message):
    with pytest.raises(InputError, match=message):
        folds_of(np.array(rows), {"a": "one", "b": "two"}, folds, seed=1)
