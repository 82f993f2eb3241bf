"""Tokenizers and token stores."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data import (
    Cache,
    Collection,
    Ragged,
    Split,
    TextStore,
    TextTokenizer,
    build_token_store,
    load_tokenizer,
    text_fingerprint,
    train_wordpiece,
)
from data.collections.records import Document
from data.storage.ragged import offsets_of, ragged_by_owner
from data.storage.text_store_writer import write_text_store
from data.tokenizers.wordpiece import SPECIAL_TOKENS, learn_wordpiece
from errors import InputError

TEXTS = [
    f"def read_{name}(path): return open(path).{name}() # lit le {name}, für {i} Bytes"
    for i, name in enumerate(["lines", "words", "bytes"] * 40)
]


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Collection:
    folder = tmp_path_factory.mktemp("collection")
    (folder / "store").mkdir()
    write_text_store(
        folder / "store", (Document(str(i), text) for i, text in enumerate(TEXTS)), "toy"
    )
    documents = TextStore(folder / "store")
    empty = Split("train", {}, {})
    return Collection(
        "toy", documents, empty, empty, empty, "f", documents.fingerprint, Cache(folder / "cache")
    )


@pytest.fixture(scope="module")
def tokenizer(collection: Collection):
    return train_wordpiece(collection, vocabulary_size=200)


def test_wordpiece_is_a_bert_tokenizer(tokenizer):
    assert tokenizer.convert_tokens_to_ids(list(SPECIAL_TOKENS)) == list(range(5))
    assert len(tokenizer) <= 200
    ids = tokenizer("read_lines Für")["input_ids"]
    tokens = tokenizer.convert_ids_to_tokens(ids)
    assert (tokens[0], tokens[-1]) == ("[CLS]", "[SEP]")
    assert tokenizer.decode(ids, skip_special_tokens=True) == "read _ lines fur"


def test_wordpiece_is_learnt_once(collection, tokenizer, monkeypatch):
    monkeypatch.setattr(
        "data.tokenizers.wordpiece.learn_wordpiece", lambda *_, **__: pytest.fail("learnt again")
    )
    assert train_wordpiece(collection, vocabulary_size=200).get_vocab() == tokenizer.get_vocab()


def test_a_word_of_any_length_costs_nothing_and_changes_no_vocabulary():
    """The time that a word takes grows with its square: this one would take minutes."""
    texts = [f"some words here {number % 7}, again" for number in range(200)]
    endless = ["some " + "wordhere" * 40_000, "x" * 101 + " again", "again," + "o" * 100]
    learnt, with_endless = (
        learn_wordpiece(lambda texts=each: texts, vocabulary_size=90).get_vocab()
        for each in ([*texts, "again", "some again x " + "o" * 100], [*texts, *endless])
    )
    assert with_endless == learnt


def test_wordpiece_is_the_same_in_every_process():
    # the tokenizers library seeds its hash maps anew in each process; this text has many equally
    # frequent pairs
    program = (
        "from data.tokenizers.wordpiece import learn_wordpiece; from hashlib import "
        "md5;texts = [chr(97 + i % "
        "26) + chr(97 + j % 26) + chr(97 + (i * j) % 26) for i in range(60) for j in "
        "range(60)];print(md5(learn_wordpiece(lambda: texts, "
        "vocabulary_size=400).to_str().encode()).hexdigest())"
    )
    root = Path(__file__).parents[2]
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program], cwd=root, capture_output=True, check=True
        ).stdout
        for _ in range(3)
    }
    assert len(outputs) == 1


def test_rare_characters_are_unknown_but_never_crowd_out_words():
    texts = ["abc" * 3] * 50 + ["".join(map(chr, range(0x4E00, 0x4E00 + 3000)))]
    vocabulary = learn_wordpiece(lambda: texts, vocabulary_size=2100).get_vocab()
    assert {"a", "##b", "abcabcabc"} <= set(vocabulary)


def test_vocabulary_without_room_for_words():
    with pytest.raises(InputError, match=r"model.tokenizer.vocabulary_size=10 .* use more than 11"):
        learn_wordpiece(lambda: ["abc"], vocabulary_size=10)


@pytest.mark.parametrize("path", ["no/such/folder", "nobody/nothing", "."])
def test_load_tokenizer_names_the_key(collection, path, monkeypatch, tmp_path):
    monkeypatch.setattr("data.tokenizers.pretrained_tokenizer._hub_answers", lambda: False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"model.path=.*tokenizer.json"):
        load_tokenizer(collection, path=path)


def test_load_tokenizer_reads_what_was_saved(collection, tokenizer, tmp_path):
    tokenizer.save_pretrained(tmp_path)
    loaded = load_tokenizer(collection, path=str(tmp_path))
    assert (
        TextTokenizer(loaded, max_length=9).fingerprint
        == TextTokenizer(tokenizer, max_length=20).fingerprint
    )


def test_text_tokenizer_truncates_prefixes_and_leaves_the_original_alone(tokenizer):
    before = tokenizer.backend_tokenizer.to_str()
    plain = TextTokenizer(tokenizer, max_length=1000)
    cut = TextTokenizer(tokenizer, max_length=6, prefix="query: ")
    assert plain.encode(TEXTS) == [tokenizer(text)["input_ids"] for text in TEXTS]
    full = tokenizer("query: " + TEXTS[0])["input_ids"]
    assert cut.encode(TEXTS[:1]) == [[*full[:5], full[-1]]]
    assert tokenizer.backend_tokenizer.to_str() == before


def test_no_text_is_without_tokens(tokenizer):
    bare = TextTokenizer(tokenizer, max_length=8, special_tokens=False)
    assert bare.encode(["", "\u200b", "read"])[:2] == [[1], [1]]


def test_max_length_without_room_for_text(tokenizer):
    with pytest.raises(InputError, match="max_length=2 leaves no room"):
        TextTokenizer(tokenizer, max_length=2)


def test_token_store_holds_the_tokenizer_s_ids(tokenizer, tmp_path, monkeypatch):
    monkeypatch.setattr("data.storage.token_store.CHUNK", 7)
    text_tokenizer = TextTokenizer(tokenizer, max_length=16)
    cache = Cache(tmp_path)
    store = build_token_store(iter(TEXTS), fingerprint="a", tokenizer=text_tokenizer, cache=cache)
    expected = text_tokenizer.encode(TEXTS)
    assert len(store) == len(TEXTS)
    assert store.ragged.values.dtype == np.uint16
    assert store.lengths.tolist() == [len(ids) for ids in expected]
    tokens = store.tokens([5, 0, 5, 119])
    assert tokens.ids.tolist() == expected[5] + expected[0] + expected[5] + expected[119]
    assert tokens.lengths.tolist() == [len(expected[row]) for row in (5, 0, 5, 119)]
    assert tokens.ids.dtype == tokens.offsets.dtype
    assert not len(store.tokens([]).ids)


def test_token_store_is_built_once_for_each_tokenizer_and_length(tokenizer, tmp_path):
    cache = Cache(tmp_path)

    def build(texts, **settings):
        return build_token_store(
            texts, fingerprint="a", tokenizer=TextTokenizer(tokenizer, **settings), cache=cache
        )

    first = build(iter(TEXTS), max_length=16)
    unread = iter(TEXTS)
    again = build(unread, max_length=16)
    assert next(unread) == TEXTS[0]
    assert (again.ragged.values == first.ragged.values).all()
    assert build(iter(TEXTS), max_length=8).lengths.max() == 8
    assert (
        build(iter(TEXTS), max_length=16, prefix="query: ").tokens([0]).ids.tolist()
        != first.tokens([0]).ids.tolist()
    )


def test_text_fingerprint_sees_the_borders():
    assert text_fingerprint(["ab", "c"]) != text_fingerprint(["a", "bc"])
    assert text_fingerprint(["ab"]) == text_fingerprint(iter(["ab"]))


LISTS = st.lists(st.lists(st.integers(0, 99), max_size=5), min_size=1, max_size=8)


@given(LISTS, st.data())
def test_ragged_take_is_indexing(lists, data):
    rows = data.draw(st.lists(st.integers(0, len(lists) - 1), max_size=10))
    ragged = Ragged(
        np.array([value for part in lists for value in part], np.int64),
        offsets_of(np.array([len(part) for part in lists])),
    )
    taken = ragged.take(np.array(rows, np.int64))
    expected = [lists[row] for row in rows]
    assert [
        taken.values[a:b].tolist()
        for a, b in zip(taken.offsets[:-1], taken.offsets[1:], strict=True)
    ] == expected
    assert taken.owners.tolist() == [i for i, part in enumerate(expected) for _ in part]
    assert taken.places.tolist() == [j for part in expected for j in range(len(part))]


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 99)), max_size=20))
def test_ragged_by_owner_groups_in_order(pairs):
    owners, values = (np.array([pair[i] for pair in pairs], np.int64) for i in (0, 1))
    ragged = ragged_by_owner(owners, values, 5)
    for owner in range(5):
        group = ragged.take(np.array([owner])).values.tolist()
        assert group == [value for key, value in pairs if key == owner]
