"""Pairs as the tokenizer itself makes them, and logits for the candidates only."""

import pytest
import torch
from configured_models import batch_of, built
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_models import WORDS, ragged, save_tiny, tiny_tokenizer
from tokenizers import processors

from errors import InputError
from lightning_modules.layers.pair_template import PairTemplate

TEXT = st.lists(st.sampled_from(WORDS), min_size=1, max_size=9).map(" ".join)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_tiny(tmp_path_factory.mktemp("tiny"))


def roberta_like():
    tokenizer = tiny_tokenizer()
    tokenizer.backend_tokenizer.post_processor = processors.RobertaProcessing(
        ("[SEP]", 3), ("[CLS]", 2)
    )
    return tokenizer


@pytest.mark.parametrize("tokenizer", [tiny_tokenizer(), roberta_like()], ids=["bert", "roberta"])
@given(pairs=st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=5), length=st.integers(14, 30))
@settings(deadline=None, max_examples=25)
def test_pairs_are_those_of_the_tokenizer(tokenizer, pairs, length):
    backend = tokenizer.backend_tokenizer
    queries, documents = (
        ragged([backend.encode(text, add_special_tokens=False).ids for text in side])
        for side in zip(*pairs, strict=True)
    )
    rows = torch.arange(len(pairs)).repeat(2, 1).T
    ids, types, mask = PairTemplate.of(tokenizer).join(
        queries, documents, rows, pad_id=0, length=length
    )
    for row, (query, document) in enumerate(pairs):
        backend.enable_truncation(length, strategy="only_second")
        expected = backend.encode(query, document)
        backend.no_truncation()
        assert ids[row][mask[row]].tolist() == expected.ids
        assert types[row][mask[row]].tolist() == expected.type_ids


def test_padding_and_truncation_of_the_tokenizers_file_do_not_matter():
    tokenizer = tiny_tokenizer()
    tokenizer.backend_tokenizer.enable_padding(length=20)
    tokenizer.backend_tokenizer.enable_truncation(3)
    assert PairTemplate.of(tokenizer) == PairTemplate.of(tiny_tokenizer())
    assert tokenizer.backend_tokenizer.padding["length"] == 20


def test_padding_is_at_the_end():
    ids, types, mask = PairTemplate.of(tiny_tokenizer()).join(
        ragged([[5], [6, 7, 8]]),
        ragged([[9], [10, 11]]),
        torch.tensor([[1, 1], [0, 0], [0, 1]]),
        pad_id=0,
        length=20,
    )
    assert ids.tolist() == [
        [2, 6, 7, 8, 3, 10, 11, 3],
        [2, 5, 3, 9, 3, 0, 0, 0],
        [2, 5, 3, 10, 11, 3, 0, 0],
    ]
    assert types.tolist() == [
        [0, 0, 0, 0, 0, 1, 1, 1],
        [0, 0, 0, 1, 1, 0, 0, 0],
        [0, 0, 0, 1, 1, 1, 0, 0],
    ]
    assert mask.sum(1).tolist() == [8, 5, 6]


def test_only_candidates_are_scored(folder):
    network, batch = built("cross_encoder", folder), batch_of("cross_encoder")
    scored = []
    network.classifier.register_forward_pre_hook(
        lambda _module, _args, kwargs: scored.append(len(kwargs["attention_mask"])),
        with_kwargs=True,
    )
    scores = network.scores(batch)
    assert sum(scored) == int(batch.mask.sum())
    assert (scores[~batch.mask] == 0).all()
    assert (scores[batch.mask] != 0).all()


def test_query_and_document_are_told_apart(folder):
    network = built("cross_encoder", folder)
    first, second, pair = ragged([[5, 6]]), ragged([[7, 8]]), torch.tensor([[0, 0]])
    assert not torch.allclose(
        network.pair_scores(first, second, pair), network.pair_scores(second, first, pair)
    )


def test_a_pair_has_room_for_a_document_after_the_longest_query(folder):
    network = built("cross_encoder", folder, "model.network.pair_length=20")
    network.check_query_length(16)  # [CLS] 16 [SEP] 1 [SEP]
    with pytest.raises(InputError, match=r"pair_length=20: .*query_length=17.* Raise the first to"):
        network.check_query_length(17)
