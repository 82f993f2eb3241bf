"""Exact draws by text keys, which decide on corrupted labels and sampled pairs."""

from hashlib import blake2b

import numpy as np

from keyed_random import keyed_order, keyed_random, keyed_sample, keyed_uniform, keyed_uniforms

ITEMS = [(f"q{n}", f"d{n % 7}") for n in range(40)]


def test_draws_of_one_key_are_those_of_many():
    one_by_one = [keyed_uniform("v", 7, "pick", "q", each) for each in ("d", "e")]
    assert keyed_uniforms("v", 7, "pick", ("q",), ["d", "e"]) == one_by_one
    assert all(0 < draw < 1 for draw in one_by_one)


def test_a_sample_depends_on_the_key_alone_and_larger_ones_contain_smaller():
    sample = keyed_sample(ITEMS, 10, "train pairs 1")
    assert keyed_sample(reversed(ITEMS), 10, "train pairs 1") == sample
    assert keyed_sample(ITEMS, 20, "train pairs 1")[:10] == sample
    assert keyed_sample(ITEMS, 10, "train pairs 2") != sample
    assert set(keyed_sample(ITEMS, 100, "train pairs 1")) == set(ITEMS)


def test_a_sample_takes_the_smallest_hashes():
    def digest(item):
        return blake2b("\0".join(item).encode(), digest_size=16, key=b"holdout 3").digest()

    assert keyed_sample(ITEMS, 1, "holdout 3") == [min(ITEMS, key=digest)]


def test_keyed_random_numbers_look_uniform_and_depend_on_each_part_of_the_key():
    draws = keyed_random(1, 2, np.arange(100_000))
    shares = np.bincount((draws >> np.uint64(60)).astype(np.int64), minlength=16) / len(draws)
    assert abs(shares - 1 / 16).max() < 0.004
    assert len(np.unique(draws)) == len(draws)
    keys = [(1, 2, 3), (1, 3, 2), (2, 1, 3), (1, 2, -3), (0, 1, 2, 3)]
    assert len({int(keyed_random(*key)[0]) for key in keys}) == len(keys)


def test_keyed_order_is_a_permutation():
    assert sorted(keyed_order(100, 1, 2).tolist()) == list(range(100))
    assert keyed_order(100, 1, 2).tolist() != keyed_order(100, 1, 3).tolist()
