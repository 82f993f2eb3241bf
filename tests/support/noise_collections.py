"""Made-up collections with grades and judged negatives, and configured noise models."""

from functools import lru_cache
from pathlib import Path

from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from hypothesis import strategies as st

from data import Cache, Collection, Document, Split
from data.storage.text_store import TextStore
from data.storage.text_store_writer import write_text_store
from noise.audit.collection_content import content_hash

CONF = Path(__file__).parents[2] / "conf"
MODELS = sorted(path.stem for path in (CONF / "noise").glob("*.yaml"))
WORDS = (
    "amber",
    "basil",
    "cedar",
    "dune",
    "ember",
    "fjord",
    "grove",
    "heron",
    "islet",
    "jetty",
    "knoll",
    "larch",
    "maple",
    "nettle",
)


def make_collection(folder, documents, queries, train, *, test=None, validation=None, name="made"):
    """A collection in `folder`, with one mapping of queries, and query -> document -> grade."""
    store = folder / "store"
    store.mkdir(parents=True)
    write_text_store(store, (Document(*document) for document in documents.items()), "dataset")
    opened = TextStore(store)
    splits = [
        Split(split, {query_id: queries[query_id] for query_id in judged}, judged)
        for split, judged in (
            ("train", train),
            ("validation", validation or {}),
            ("test", test or {}),
        )
    ]
    return Collection(
        name, opened, *splits, f"rows of {folder}", opened.fingerprint, Cache(folder / "cache")
    )


def shuffled(collection, folder, order):
    """The same collection with documents, queries and judgements in another order."""

    def mixed(mapping):
        return dict(sorted(mapping.items(), key=lambda item: order(item[0])))

    store = collection.documents
    documents = mixed(dict(zip(store.doc_ids(), store.texts(), strict=True)))
    splits = [collection.train, collection.validation, collection.test]
    queries = {query_id: text for split in splits for query_id, text in split.queries.items()}
    judged = [
        mixed({query_id: mixed(grades) for query_id, grades in split.qrels.items()})
        for split in splits
    ]
    other = make_collection(
        folder,
        documents,
        queries,
        judged[0],
        test=judged[2],
        validation=judged[1],
        name=collection.name,
    )
    assert content_hash(other) == content_hash(collection)
    return other


def model(name, *overrides, seed=1, **keys):
    """The noise model of conf/noise/<name>.yaml; further overrides as on the command line."""
    given = [f"++noise.{key}={'null' if value is None else value}" for key, value in keys.items()]
    return instantiate(configuration(f"+seed={seed}", f"+noise={name}", *overrides, *given).noise)


@lru_cache
def configuration(*overrides):
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return compose(overrides=list(overrides))


def ratios(name):
    """A small and a large ratio that the model accepts."""
    return (0.0, 0.0) if name == "none" else (0.2, 0.5)


@st.composite
def contents(draw):
    """Documents, queries and judgements with positives, grades, negatives and two copies."""
    texts = st.lists(st.sampled_from(WORDS), min_size=2, max_size=6).map(" ".join)
    drawn = draw(st.lists(texts, min_size=28, max_size=36))
    documents = {f"d{number:02}": f"{text} d{number:02}" for number, text in enumerate(drawn)}
    documents |= {"d24": documents["d00"], "d25": documents["d01"]}
    grades = st.dictionaries(
        st.sampled_from(sorted(documents)[:20]), st.integers(0, 3), min_size=1, max_size=5
    )
    qrels = {
        f"q{number}": judged
        for number, judged in enumerate(draw(st.lists(grades, min_size=4, max_size=10)))
    }
    for query_id, judgements in qrels.items():
        judgements[f"d{int(query_id[1:]):02}"] = 1 + int(query_id[1:]) % 3
    qrels["q0"] |= {"d22": 0, "d23": 3}
    queries = {query_id: draw(texts) for query_id in [*qrels, "t0"]}
    return documents, queries, qrels, {"t0": {"d00": 1}}
