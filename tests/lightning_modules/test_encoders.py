import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_models import ragged, random_batch, tiny_bert

from errors import InputError
from lightning_modules.layers.chunks import Chunks
from lightning_modules.layers.pooling import POOLINGS
from lightning_modules.layers.ragged_tensor import padded
from lightning_modules.networks.dense_retriever import DenseRetriever
from lightning_modules.networks.static_encoder import StaticEncoder, inverse_document_frequency
from lightning_modules.networks.transformer_encoder import TransformerEncoder

VOCABULARY = 28
TEXTS = st.lists(
    st.lists(st.integers(1, VOCABULARY - 1), min_size=1, max_size=9), min_size=1, max_size=7
)


def static(seed=0):
    generator = torch.Generator().manual_seed(seed)
    return StaticEncoder(
        torch.randn(VOCABULARY, 8, generator=generator), torch.rand(VOCABULARY, generator=generator)
    )


@given(TEXTS)
@settings(deadline=None, max_examples=30)
def test_static_encoder_is_the_weighted_sum_of_token_vectors(texts):
    encoder = static()
    expected = torch.stack(
        [
            (encoder.weights[text, None] * encoder.vectors[text]).sum(0)
            for text in map(torch.tensor, texts)
        ]
    )
    torch.testing.assert_close(encoder(ragged(texts)), expected)


def test_rarer_tokens_weigh_more():
    idf = inverse_document_frequency(torch.tensor([0, 1, 10]), 10)
    assert idf[0] > idf[1] > idf[2] == 1


@pytest.mark.parametrize("pooling", POOLINGS)
@given(texts=TEXTS)
@settings(deadline=None, max_examples=10)
def test_transformer_chunks_give_what_each_text_alone_gives(pooling, texts):
    encoder = TransformerEncoder(tiny_bert(), pooling=pooling, pad_id=0, chunk_tokens=12)
    with torch.inference_mode():
        together = encoder(ragged(texts))
        alone = torch.cat([encoder(ragged([text])) for text in texts])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(("device", "real", "most_chunks"), [("cpu", 0.98, 200), ("cuda", 0.85, 9)])
def test_sorted_chunks_waste_little_on_padding(device, real, most_chunks):
    """Of a batch of 256 queries and 512 documents of log-normal lengths; .3 if padded as one."""
    normal = torch.randn(768, generator=torch.Generator().manual_seed(0))
    longest = torch.tensor([64] * 256 + [256] * 512)
    lengths = (longest / 3 * (0.6 * normal).exp()).round().clamp(2).minimum(longest).long()
    falling = lengths.sort(descending=True).values.tolist()
    sizes = Chunks(None, recompute=False).sizes(falling, torch.device(device))
    firsts = [sum(sizes[:n]) for n in range(len(sizes))]
    padded_to = sum(size * falling[first] for size, first in zip(sizes, firsts, strict=True))
    assert sum(sizes) == len(falling)
    assert sum(falling) / padded_to > real
    assert len(sizes) <= most_chunks


def test_padding_is_only_where_the_mask_says_so():
    tokens = ragged([[1, 2, 3], [4], [5, 6]])
    ids, mask = padded(tokens.ids, tokens.offsets, torch.tensor([1, 2]), 9)
    assert ids.tolist() == [[4, 9], [5, 6]]
    assert mask.tolist() == [[True, False], [True, True]]


def test_cosine_scores_are_bounded_by_the_temperature():
    network = DenseRetriever(static(), similarity="cosine", temperature=0.1)
    vectors = network.encode_documents(ragged([[1, 2], [3]]))
    torch.testing.assert_close(vectors.norm(dim=1), torch.ones(2))


@pytest.mark.parametrize(
    "encoder",
    [static, lambda: TransformerEncoder(tiny_bert(), pooling="mean", pad_id=0, chunk_tokens=12)],
)
def test_a_step_in_one_pass_has_the_scores_and_gradients_of_two(encoder):
    network, batch = DenseRetriever(encoder(), similarity="cosine", temperature=0.5), random_batch()

    def step(encoded):
        network.zero_grad()
        scores = network.similarities(*encoded)
        scores.exp().sum().backward()
        return [scores, *(weight.grad for weight in network.parameters())]

    apart = step((network.encode_queries(batch.queries), network.encode_documents(batch.documents)))
    torch.testing.assert_close(
        step(network.encode_batch(batch.queries, batch.documents)), apart, atol=1e-5, rtol=1e-4
    )


def test_separate_towers_encode_apart():
    network = DenseRetriever(
        static(),
        document_encoder=static(5),
        similarity="dot",
        temperature=1,
    )
    tokens = ragged([[1, 2]])
    assert not torch.allclose(network.encode_queries(tokens), network.encode_documents(tokens))


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"similarity": "euclid"}, "similarity"),
        ({"temperature": 0}, "temperature"),
        ({"temperature": float("nan")}, "temperature"),
    ],
)
def test_parameters_out_of_range_are_refused_by_key(changes, key):
    with pytest.raises(InputError, match=rf"model\.network\.{key}="):
        DenseRetriever(static(), **({"similarity": "dot", "temperature": 1.0} | changes))


def test_an_unknown_pooling_is_refused_with_the_choices():
    with pytest.raises(InputError, match=r"model\.network\.pooling=sum.*cls, last, max, mean"):
        TransformerEncoder(tiny_bert(), pooling="sum", pad_id=0)


@given(lengths=st.lists(st.integers(0, 40), min_size=1, max_size=30), bound=st.integers(1, 60))
@settings(deadline=None)
def test_chunks_are_full_but_never_beyond_their_bound(lengths, bound):
    falling = sorted(lengths, reverse=True)
    sizes = Chunks(bound, recompute=False).sizes(falling, torch.device("cpu"))
    starts = [sum(sizes[:chunk]) for chunk in range(len(sizes))]
    assert sum(sizes) == len(falling)
    for start, size in zip(starts, sizes, strict=True):
        assert size * falling[start] <= bound or size == 1
        assert (size + 1) * max(1, falling[start]) > bound or start + size == len(falling)
    results = Chunks(bound, recompute=False)(
        lambda rows: torch.tensor(lengths)[rows] + 100 * rows, torch.tensor(lengths)
    )
    assert results.tolist() == [length + 100 * row for row, length in enumerate(lengths)]


def test_the_bound_of_recomputed_chunks_is_not_that_of_evaluation():
    chunks = Chunks(None, recompute=True)
    chunks.recomputed_tokens = 4
    lengths = torch.tensor([2] * 6)
    parts = chunks.parts(lambda rows: rows, lengths)
    assert [len(part) for part in parts] == [2, 2, 2]
    with torch.no_grad():
        (part,) = chunks.parts(lambda rows: rows, lengths)
    assert len(part) == 6
