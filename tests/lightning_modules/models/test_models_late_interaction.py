"""MaxSim against a naive loop, query augmentation and the punctuation filter."""

import pytest
import torch
from configured_models import batch_of, built
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_models import ragged, save_tiny, tiny_tokenizer

from lightning_modules.layers.ragged_tensor import offsets_of
from lightning_modules.layers.token_vectors import TokenVectors, maxsim, maxsim_pairs

LENGTHS = st.lists(st.integers(1, 5), min_size=1, max_size=6)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_tiny(tmp_path_factory.mktemp("tiny"))


def vectors(lengths, seed):
    values = torch.randn(
        sum(lengths), 4, generator=torch.Generator().manual_seed(seed), dtype=torch.float64
    )
    return TokenVectors(values.requires_grad_(), offsets_of(torch.tensor(lengths)))


def texts(encoded):
    return [
        encoded.vectors[start:end]
        for start, end in zip(encoded.offsets[:-1], encoded.offsets[1:], strict=True)
    ]


def naive(queries, documents):
    return torch.stack(
        [
            torch.stack(
                [
                    sum(max((q * d).sum() for d in document) for q in query)
                    for document in texts(documents)
                ]
            )
            for query in texts(queries)
        ]
    )


@given(LENGTHS, LENGTHS, st.sampled_from([1, 20, 1 << 24]))
@settings(deadline=None, max_examples=25)
def test_maxsim_is_the_naive_loop_and_so_is_its_gradient(query_lengths, document_lengths, elements):
    queries, documents = vectors(query_lengths, 0), vectors(document_lengths, 1)
    fast, slow = maxsim(queries, documents, elements=elements), naive(queries, documents)
    torch.testing.assert_close(fast, slow)
    weights = torch.randn(
        slow.shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64
    )
    for ours, theirs in zip(
        *(
            torch.autograd.grad((s * weights).sum(), [queries.vectors, documents.vectors])
            for s in (fast, slow)
        ),
        strict=True,
    ):
        torch.testing.assert_close(ours, theirs)


@given(LENGTHS, LENGTHS, st.sampled_from([1, 200, 1 << 24]))
@settings(deadline=None, max_examples=15)
def test_maxsim_of_pairs_is_that_of_all(query_lengths, document_lengths, elements):
    queries, documents = vectors(query_lengths, 0), vectors(document_lengths, 1)
    pairs = torch.cartesian_prod(
        torch.arange(len(query_lengths)), torch.arange(len(document_lengths))
    )
    torch.testing.assert_close(
        maxsim_pairs(queries, documents, pairs, elements=elements),
        maxsim(queries, documents).flatten(),
    )


def test_queries_are_augmented_to_their_length(folder):
    encoded = built("colbert", folder).encode_queries(ragged([[2, 5, 3], [2, 6, 7, 8, 3]]))
    assert encoded.offsets.tolist() == [0, 12, 24]
    torch.testing.assert_close(encoded.vectors.norm(dim=1), torch.ones(24))


def test_augmenting_tokens_are_not_attended_to(folder):
    tokens = ragged([[2, 5, 3]])
    augmented, plain = (
        built("colbert", folder, f"model.network.augment_queries={on}").encode_queries(tokens)
        for on in ("true", "false")
    )
    assert plain.offsets.tolist() == [0, 3]
    torch.testing.assert_close(augmented.vectors[:3], plain.vectors)


def test_punctuation_of_documents_does_not_count_but_is_read(folder):
    tokenizer = tiny_tokenizer()
    comma, other = tokenizer.convert_tokens_to_ids(","), tokenizer.convert_tokens_to_ids("b")
    filtered, plain = (
        built("colbert", folder, f"model.network.skip_punctuation={on}") for on in ("true", "false")
    )
    tokens = ragged([[2, other, comma, other, 3]])
    kept = plain.encode_documents(tokens).vectors[[0, 1, 3, 4]]
    torch.testing.assert_close(filtered.encode_documents(tokens).vectors, kept)
    assert filtered.encode_queries(tokens).offsets.tolist() == [0, 12]


def test_a_document_of_punctuation_keeps_its_first_token(folder):
    comma = tiny_tokenizer().convert_tokens_to_ids(",")
    assert built("colbert", folder).encode_documents(ragged([[comma, comma]])).offsets.tolist() == [
        0,
        1,
    ]


def test_scores_are_maxsim_over_temperature(folder):
    network, batch = built("colbert", folder, "model.network.temperature=0.5"), batch_of("colbert")
    expected = (
        naive(network.encode_queries(batch.queries), network.encode_documents(batch.documents))
        / 0.5
    )
    torch.testing.assert_close(network.scores(batch), expected)
