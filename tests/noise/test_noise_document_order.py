"""The order of documents by id, sorted as bytes and kept in files, is that of Python's strings."""

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from noise_collections import make_collection

from noise.selection.document_order import DocumentOrder

IDS = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=6)


@settings(deadline=None, max_examples=30)
@given(st.lists(IDS, min_size=1, max_size=30, unique=True))
def test_documents_are_in_the_order_of_their_ids(ids):
    with tempfile.TemporaryDirectory() as folder:
        order = DocumentOrder(
            make_collection(
                Path(folder), dict.fromkeys(ids, "text"), {"q": "text"}, {"q": {ids[0]: 1}}
            )
        )
        assert order.doc_ids(np.arange(len(order))) == sorted(ids)
        assert [order.position(doc_id) for doc_id in sorted(ids)] == list(range(len(ids)))
        assert order.positions(order.rows).tolist() == list(range(len(ids)))
