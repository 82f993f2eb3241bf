"""Work done in a thread before its results are asked for."""

import threading
from itertools import count

import pytest

from data.training.ahead import ahead


def test_results_come_in_the_order_of_the_items_from_one_other_thread():
    threads = set()

    def squared(number):
        threads.add(threading.get_ident())
        return number**2

    assert list(ahead(squared, range(50), 3)) == [number**2 for number in range(50)]
    assert len(threads) == 1
    assert threading.get_ident() not in threads


@pytest.mark.parametrize("waiting", [1, 3])
def test_only_so_many_items_are_taken_in_advance(waiting):
    taken = []
    results = ahead(lambda item: item, (taken.append(item) or item for item in count()), waiting)
    assert [next(results) for _ in range(4)] == [0, 1, 2, 3]
    assert taken == list(range(4 + waiting))
    results.close()
    assert len(taken) == 4 + waiting


def test_an_error_comes_where_its_result_would_have_come():
    results = ahead(lambda item: 6 // (3 - item), range(10), 2)
    assert [next(results) for _ in range(3)] == [2, 3, 6]
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_leaving_early_ends_the_thread():
    before = threading.active_count()
    results = ahead(str, count(), 2)
    assert next(results) == "0"
    assert threading.active_count() == before + 1
    results.close()
    assert threading.active_count() == before
