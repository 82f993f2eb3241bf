import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def real_collections() -> Path:
    """The folder of real collections, which most machines do not have."""
    folder = os.environ.get("REAL_COLLECTIONS")
    if not folder:
        pytest.skip("REAL_COLLECTIONS names no folder")
    return Path(folder)
