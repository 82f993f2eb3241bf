"""Training examples, their negatives and batches."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_judgements import MINED, QRELS, QUERIES, TEXTS, N

from data import (
    NegativeSampler,
    build_examples,
    collate,
    first_copies,
)
from errors import InputError


def pool(examples, query: int) -> list[int]:
    return examples.pools.documents.take(np.array([query])).values.tolist()


def test_first_copies(collection):
    assert first_copies(collection).tolist() == [0, 1, 2, 3, 4, 5, 6, 2, 8, 9, 10, 11]


def test_one_example_for_each_noisy_positive(examples):
    assert len(examples) == 4
    assert examples.query_rows.tolist() == [0, 0, 1, 2]
    assert examples.document_rows.tolist() == [0, 2, 1, 2]
    assert examples.grades.tolist() == [1, 2, 1, 1]


def test_examples_do_not_depend_on_the_order_of_the_judgements(collection, examples):
    turned = {query: dict(reversed(judged.items())) for query, judged in reversed(QRELS.items())}
    again = build_examples(
        collection.documents,
        QUERIES,
        turned,
        first_copies=examples.first_copies,
        mined=MINED,
        depth=3,
    )
    assert again.document_rows.tolist() == examples.document_rows.tolist()
    assert again.pools.documents.values.tolist() == examples.pools.documents.values.tolist()


def test_pools_hold_judged_negatives_then_mined_ones_and_no_copy_of_a_positive(examples):
    # q0: d5 is judged; of the mined ones d5 is judged already, d0 positive, d7 a copy of the
    # positive d2, d11 beyond the depth
    assert pool(examples, 0) == [5]
    # q1: d7 is no copy of q1's positive
    assert pool(examples, 1) == [6, 7, 8]
    # q2: d7 is a copy of d2, d2 itself is positive
    assert pool(examples, 2) == [9]
    assert examples.pools.judged.tolist() == [1, 3, 0, 1]


def test_spared_positives_are_neither_examples_nor_negatives(collection):
    spared = {"q2": {"d9": 1}, "q1": {"d6": 2}}
    examples = build_examples(
        collection.documents,
        QUERIES,
        QRELS,
        first_copies=first_copies(collection),
        mined=MINED,
        depth=4,
        spared=spared,
    )
    assert examples.document_rows.tolist() == [0, 2, 1, 2]
    assert pool(examples, 2) == [10]  # of the mined ones d7 copies d2, d2 is positive, d9 spared
    assert pool(examples, 1) == [7, 8]  # d6 is judged both ways: it may not be a negative
    assert examples.positives.take(np.array([2])).values.tolist() == [2, 9]


def test_diagnostics(examples):
    assert examples.corrupted.tolist() == [True, False, True, False]
    assert examples.true_documents.tolist() == [5, -1, -1, -1]


def test_no_positive_at_all(collection):
    with pytest.raises(InputError, match=r"no positive judgement.*noise.ratio"):
        build_examples(collection.documents, QUERIES, {"q0": {"d0": 0}}, first_copies=np.arange(N))


@given(seed=st.integers(0, 9), epoch=st.integers(0, 9), count=st.integers(0, 9))
@settings(max_examples=40)
def test_negatives_are_distinct_judged_first_and_never_positive(examples, seed, epoch, count):
    sampler = NegativeSampler(examples, per_example=count, seed=seed)
    index = np.arange(len(examples))
    negatives = sampler.sample(index, epoch)
    for example, drawn in zip(index, negatives.tolist(), strict=True):
        query = int(examples.query_rows[example])
        positives = {
            row
            for row in range(N)
            if examples.first_copies[row] in examples.positives.take(np.array([query])).values
        }
        judged = pool(examples, query)[: examples.pools.judged[query]]
        assert len(set(drawn)) == count
        assert not positives & set(drawn)
        assert len(set(judged) & set(drawn)) == min(len(judged), count)


def test_negatives_depend_on_the_example_not_on_its_batch(examples):
    sampler = NegativeSampler(examples, per_example=3, seed=1)
    whole = sampler.sample(np.arange(4), 2)
    parts = [sampler.sample(np.array([row]), 2)[0] for row in (3, 1, 0, 2)]
    assert [set(row) for row in whole[[3, 1, 0, 2]].tolist()] == [
        set(row.tolist()) for row in parts
    ]


def test_negatives_do_not_depend_on_the_order_that_a_partition_leaves(examples, monkeypatch):
    """It is not specified, and differs between processors."""
    index = np.arange(len(examples))
    sampler, partition = NegativeSampler(examples, per_example=6, seed=1), np.argpartition
    usual = sampler.sample(index, 2)

    def other(table, kth, axis):
        found = partition(table, kth, axis=axis)
        return np.concatenate([found[:, kth::-1], found[:, kth + 1 :]], axis=1)

    monkeypatch.setattr(np, "argpartition", other)
    again = sampler.sample(index, 2)
    assert list(map(set, again.tolist())) == list(map(set, usual.tolist()))


def test_negatives_are_drawn_anew_each_epoch(examples):
    sampler = NegativeSampler(examples, per_example=2, seed=1)
    drawn = {tuple(sorted(sampler.sample(np.array([2]), epoch)[0].tolist())) for epoch in range(30)}
    assert drawn == {(6, 7), (6, 8), (7, 8)}


def test_more_negatives_than_documents(collection, examples):
    # q0 has the positives d0 and d2, and d7 is a copy of d2
    NegativeSampler(examples, per_example=9, seed=0)
    with pytest.raises(InputError, match=r"negatives.per_example=10: .* at most 9"):
        NegativeSampler(examples, per_example=10, seed=0)
    # d7 as a second positive changes nothing: it was no negative before
    more = build_examples(
        collection.documents,
        QUERIES,
        QRELS | {"q0": QRELS["q0"] | {"d7": 1}},
        first_copies=first_copies(collection),
    )
    NegativeSampler(more, per_example=9, seed=0)
    with pytest.raises(InputError, match=r"negatives.per_example=-1"):
        NegativeSampler(examples, per_example=-1, seed=0)


def naive_mask(examples, index, lists, documents, *, in_batch: bool) -> list[list[bool]]:
    rows = []
    for example, listed in zip(index, lists, strict=True):
        query = list(QUERIES)[examples.query_rows[example]]
        positive_texts = {
            TEXTS[int(doc_id[1:])] for doc_id, grade in QRELS[query].items() if grade > 0
        }
        target = examples.document_rows[example]
        rows.append(
            [
                row == target or ((in_batch or row in listed) and TEXTS[row] not in positive_texts)
                for row in documents
            ]
        )
    return rows


@given(
    st.lists(st.integers(0, 3), min_size=1, max_size=6),
    st.tuples(st.integers(0, 3), st.integers(0, 5)),
    st.booleans(),
)
@settings(max_examples=60)
def test_batch_against_its_definition(examples, stores, index, drawing, in_batch):
    index, (count, epoch) = np.array(index), drawing
    negatives = NegativeSampler(examples, per_example=count, seed=0).sample(index, epoch)
    batch = collate(examples, index, negatives, stores, in_batch=in_batch)
    lists = np.column_stack([examples.document_rows[index], negatives])
    documents = sorted(set(lists.ravel().tolist()))
    assert batch.document_rows.tolist() == documents
    assert batch.query_rows.tolist() == examples.query_rows[index].tolist()
    assert batch.own.tolist() == [[row in listed for row in documents] for listed in lists]
    assert batch.mask.tolist() == naive_mask(examples, index, lists, documents, in_batch=in_batch)
    target = [
        [float(grade) if row == lists[i, 0] else 0.0 for row in documents]
        for i, grade in enumerate(examples.grades[index])
    ]
    assert batch.targets.tolist() == target
    assert batch.documents.lengths.tolist() == stores.documents.lengths[documents].tolist()
    assert (
        batch.queries.lengths.tolist() == stores.queries.lengths[batch.query_rows.numpy()].tolist()
    )


def test_batch_diagnostics(examples, stores):
    index = np.array([0, 2])
    negatives = np.array([[5], [8]])
    batch = collate(examples, index, negatives, stores, in_batch=True)
    assert batch.corrupted.tolist() == [True, True]
    assert batch.true_columns.tolist() == [batch.document_rows.tolist().index(5), -1]
    without = collate(examples, index, np.array([[9], [8]]), stores, in_batch=True)
    assert without.true_columns.tolist() == [-1, -1]


def test_batch_types(examples, stores):
    batch = collate(examples, np.array([0, 1]), np.zeros((2, 0), np.int64), stores, in_batch=True)
    assert (batch.targets.dtype, batch.mask.dtype, batch.own.dtype) == (
        torch.float32,
        torch.bool,
        torch.bool,
    )
    assert {
        batch.query_rows.dtype,
        batch.document_rows.dtype,
        batch.true_columns.dtype,
        batch.documents.ids.dtype,
    } == {torch.int64}


def test_a_run_may_be_shallower_than_the_depth(collection):
    examples = build_examples(
        collection.documents, QUERIES, QRELS, first_copies=np.arange(N), mined=MINED, depth=100
    )
    assert pool(examples, 0) == [5, 7, 11]


def test_mining_in_blocks_of_queries(collection, examples, monkeypatch):
    monkeypatch.setattr("data.training.negatives.QUERY_BLOCK", 1)
    again = build_examples(
        collection.documents,
        QUERIES,
        QRELS,
        first_copies=examples.first_copies,
        mined=MINED,
        depth=3,
    )
    assert [again.pools.documents.values.tolist(), again.pools.documents.offsets.tolist()] == [
        examples.pools.documents.values.tolist(),
        examples.pools.documents.offsets.tolist(),
    ]
