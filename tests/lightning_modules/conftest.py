import pytest
from small_collection import write_small_collection
from tiny_models import save_encoder_of


@pytest.fixture(scope="module")
def collection(tmp_path_factory):
    """The folder of a small collection."""
    return write_small_collection(tmp_path_factory.mktemp("collections") / "tiny")


@pytest.fixture(scope="module")
def encoder(collection, tmp_path_factory):
    """The folder of a tiny encoder with a vocabulary of the collection's words."""
    return save_encoder_of(
        collection, tmp_path_factory.mktemp("cache"), tmp_path_factory.mktemp("encoder")
    )
