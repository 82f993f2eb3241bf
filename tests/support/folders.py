"""Small collections written as files, for tests of what reads them."""

import json

TEXTS = {
    "apple": "a red fruit that grows on trees",
    "banana": "a yellow fruit",
    "carrot": "a root that is eaten raw",
    "daikon": "a white root",
    "endive": "a bitter leaf",
}
QUERIES = {
    "q1": "red fruit",
    "q2": "yellow fruit",
    "q3": "raw root",
    "q4": "white root",
    "q5": "bitter leaf",
    "q6": "fruit on trees",
}
TRAIN = [("q1", "apple", 1), ("q2", "banana", 1), ("q3", "carrot", 1), ("q3", "apple", 0)]
DEV = [("q4", "daikon", 1)]
TEST = [("q5", "endive", 2), ("q6", "apple", 1), ("q6", "banana", 0)]


def write_folder(folder, *, texts=TEXTS, queries=QUERIES, train=TRAIN, dev=None, test=TEST):
    """Write a folder in BEIR layout; mappings or lists of pairs, and triples of judgements."""
    (folder / "qrels").mkdir(parents=True)
    write_jsonl(folder / "corpus.jsonl", texts)
    write_jsonl(folder / "queries.jsonl", queries)
    for name, judgements in (("train", train), ("dev", dev), ("test", test)):
        if judgements is not None:
            lines = [
                "\t".join(map(str, judgement))
                for judgement in [("query-id", "corpus-id", "score"), *judgements]
            ]
            (folder / "qrels" / f"{name}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def write_jsonl(path, texts):
    pairs = texts.items() if isinstance(texts, dict) else texts
    path.write_text(
        "".join(json.dumps({"_id": key, "text": text}) + "\n" for key, text in pairs),
        encoding="utf-8",
    )
