"""A made-up collection in BEIR layout on which training takes a second."""

import json
from pathlib import Path

TOPICS = 24
DOCUMENTS_PER_TOPIC = 5


def write_small_collection(folder: Path) -> Path:
    """Writes 120 documents, 96 train queries and 24 test queries; there is no dev split."""
    (folder / "qrels").mkdir(parents=True)
    documents = [
        (f"d{topic}-{n}", text(topic, n))
        for topic in range(TOPICS)
        for n in range(DOCUMENTS_PER_TOPIC)
    ]
    queries = [
        (f"q{topic}-{n}", f"{word(topic, n)} {word(topic, n + 1)} about")
        for topic in range(TOPICS)
        for n in range(DOCUMENTS_PER_TOPIC)
    ]
    write_jsonl(folder / "corpus.jsonl", documents)
    write_jsonl(folder / "queries.jsonl", queries)
    pairs = [(query_id, query_id.replace("q", "d")) for query_id, _ in queries]
    for split, chosen in {"train": range(4), "test": range(4, 5)}.items():
        lines = [
            f"{query_id}\t{doc_id}\t1\n"
            for query_id, doc_id in pairs
            if int(query_id.split("-")[1]) in chosen
        ]
        (folder / "qrels" / f"{split}.tsv").write_text(
            "query-id\tcorpus-id\tscore\n" + "".join(lines)
        )
    return folder


def word(topic: int, n: int) -> str:
    syllables = ("ba", "ke", "li", "mo", "nu", "ra", "si", "to")
    number = topic * 7 + n % 7
    return (
        syllables[number % 8]
        + syllables[number // 8 % 8]
        + syllables[(number * 5 + 3) % 8]
        + syllables[number % 3]
    )


def text(topic: int, n: int) -> str:
    return " ".join(
        [
            word(topic, n),
            word(topic, n + 1),
            "is a thing about",
            word(topic, n + 2),
            word(topic + 1, n),
            "and more",
        ]
    )


def write_jsonl(path: Path, texts: list[tuple[str, str]]) -> None:
    path.write_text(
        "".join(
            json.dumps({"_id": text_id, "title": "", "text": text}) + "\n"
            for text_id, text in texts
        )
    )
