"""Examples of other trainers become a collection, with the teacher's scores beside it."""

import json

import pytest

from cells.inputs.train_run import read_train_run
from data import Cache, open_folder
from data.exchange.example_records import Passage, example_of, records_of
from data.exchange.import_examples import main
from errors import InputError

N_TUPLES = [
    {"anchor": f"query {n}", "positive": f"answer {n}", "negative_1": f"wrong {n}",
     "negative_2": "wrong for all", "scores": [9.5 + n, 1.5, -2.0]}
    for n in range(12)
]  # fmt: skip


def saved(path, records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return str(path)


def opened(folder, tmp_path):
    return open_folder(str(folder), cache=Cache(tmp_path / "cache"))


def test_n_tuples_become_a_collection_with_judged_negatives(tmp_path):
    main([saved(tmp_path / "train.jsonl", N_TUPLES), "--out", str(tmp_path / "mine")])
    collection = opened(tmp_path / "mine", tmp_path)
    splits = (collection.train, collection.validation, collection.test)
    assert sorted(len(split.queries) for split in splits) == [1, 1, 10]
    assert len(collection.documents) == 25
    (query_id, judged), *_ = collection.train.qrels.items()
    number = collection.train.queries[query_id].split()[1]
    texts = {collection.documents.text(collection.documents.row(d)): g for d, g in judged.items()}
    assert texts == {f"answer {number}": 1, f"wrong {number}": 0, "wrong for all": 0}


def test_the_teacher_s_scores_are_a_run(tmp_path):
    main([saved(tmp_path / "train.jsonl", N_TUPLES), "--out", str(tmp_path / "mine")])
    collection = opened(tmp_path / "mine", tmp_path)
    run = read_train_run("teacher", str(tmp_path / "mine/teacher.trec"), collection, "")
    for query_id, rows, scores in zip(run.query_ids, run.rows, run.scores, strict=True):
        number = int(collection.train.queries[query_id].split()[1])
        assert scores.tolist() == [9.5 + number, 1.5, -2.0]
        assert collection.documents.text(int(rows[0])) == f"answer {number}"


def test_a_file_to_test_on_takes_its_queries_out_of_training(tmp_path):
    test = [{"query": "query 3", "positive": "answer 3"}, {"query": "new", "positive": "answer 1"}]
    sources = [saved(tmp_path / "a.jsonl", N_TUPLES), "--test", saved(tmp_path / "b.jsonl", test)]
    main([*sources, "--out", str(tmp_path / "mine")])
    collection = opened(tmp_path / "mine", tmp_path)
    assert set(collection.test.queries.values()) == {"query 3", "new"}
    assert "query 3" not in collection.train.queries.values()


@pytest.mark.parametrize(
    ("record", "passages"),
    [
        ({"question": "q", "answer": "a"}, [Passage("a", 1)]),
        ({"sentence1": "q", "sentence2": "a", "label": 0}, [Passage("a", 0)]),
        ({"sentence1": "q", "sentence2": "a", "label": 0.0}, [Passage("a", 0)]),
        ({"query": "q", "passage": "a", "score": 1.0}, [Passage("a", 1, None, 1.0)]),
        ({"query": "q", "passage": "a", "score": 0.25}, [Passage("a", 1, None, 0.25)]),
        (
            {"anchor": "q", "positive": "a", "negative": "b", "label": [3.0, 1]},
            [Passage("a", 1, None, 3.0), Passage("b", 0, None, 1.0)],
        ),
        (
            {"query": "q", "pos": ["a", "b"], "neg": ["c"]}
            | {"pos_scores": [2, 1], "neg_scores": [0]},
            [Passage("a", 1, None, 2.0), Passage("b", 1, None, 1.0), Passage("c", 0, None, 0.0)],
        ),
        (
            {
                "query_id": 7,
                "query": "q",
                "positive_passages": [{"docid": "x", "title": "t", "text": "a"}],
                "negative_passages": [{"docid": "y", "text": "b"}],
            },
            [Passage("t a", 1, "x"), Passage("b", 0, "y")],
        ),
    ],
)  # fmt: skip
def test_layouts_are_told_by_their_columns(record, passages):
    example = example_of(record, "line 1")
    assert (example.query, example.passages) == ("q", passages)


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"a": "q", "b": "a"}, "columns .a, b. are not those of training examples"),
        ({"query": "q"}, "none of positive, answer"),
        ({"query": "q", "positive": 3}, "3 is no text"),
        (
            {"query": "q", "positive": "a", "negative": "b", "label": 1.5},
            "1 scores for 2 documents",
        ),
    ],
)
def test_other_columns_and_margins_are_refused(record, message):
    with pytest.raises(InputError, match=f"^line 1: .*{message}"):
        example_of(record, "line 1")


def test_a_document_that_is_both_is_positive_and_said(tmp_path, caplog):
    both = [*N_TUPLES, {"anchor": "query 0", "positive": "wrong 0"}]
    with caplog.at_level("WARNING"):
        main([saved(tmp_path / "train.jsonl", both), "--out", str(tmp_path / "mine")])
    assert "1 documents are positive and negative for one query" in caplog.text


def test_a_folder_that_holds_files_is_left_alone(tmp_path):
    source = saved(tmp_path / "train.jsonl", N_TUPLES)
    with pytest.raises(InputError, match="holds files"):
        main([source, "--out", str(tmp_path)])


def test_a_file_in_the_place_of_the_folder_is_left_alone(tmp_path):
    source = saved(tmp_path / "train.jsonl", N_TUPLES)
    with pytest.raises(InputError, match="is a file"):
        main([source, "--out", source])


def test_one_id_has_one_text_in_all_files(tmp_path):
    """Ids that begin anew in each file would merge training with the test."""
    for number, name in enumerate(("train", "test")):
        passages = {"positive_passages": [{"docid": f"{name}-0", "text": f"answer {number}"}]}
        record = {"query_id": "0", "query": f"query {number}", "negative_passages": []} | passages
        saved(tmp_path / f"{name}.jsonl", [record, record | {"query_id": "1", "query": "other"}])
    sources = [str(tmp_path / "train.jsonl"), "--test", str(tmp_path / "test.jsonl")]
    with pytest.raises(InputError, match="the query id 0 has two texts, 'query 0' and 'query 1'"):
        main([*sources, "--out", str(tmp_path / "mine")])
    assert not (tmp_path / "mine").exists()


def test_an_empty_file_to_test_on_is_refused(tmp_path):
    source = saved(tmp_path / "train.jsonl", N_TUPLES)
    with pytest.raises(InputError, match="--test holds no examples"):
        main([source, "--test", saved(tmp_path / "b.jsonl", []), "--out", str(tmp_path / "mine")])


@pytest.mark.parametrize("form", ["folder", "parquet"])
def test_hugging_face_data_sets_are_read(tmp_path, form):
    datasets = pytest.importorskip("datasets")
    table, place = datasets.Dataset.from_list(N_TUPLES), tmp_path / f"saved.{form}"
    if form == "folder":
        table.save_to_disk(str(place))
    else:
        table.to_parquet(str(place))
    assert [row for _, row in records_of(str(place))] == N_TUPLES


def test_a_file_that_is_not_there_is_named(tmp_path):
    pytest.importorskip("datasets")
    with pytest.raises(InputError, match=r"nowhere\.parquet cannot be opened as a data set"):
        list(records_of(str(tmp_path / "nowhere.parquet")))
