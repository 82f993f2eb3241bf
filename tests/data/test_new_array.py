"""Files of arrays take their room on the disk at once."""

import errno
import os

import numpy as np
import pytest

from data.storage.cache import Cache
from data.storage.new_array import new_array
from errors import InputError

needs_fallocate = pytest.mark.skipif(
    not hasattr(os, "posix_fallocate"), reason="the system cannot reserve room"
)


def refusing(code):
    def fallocate(*_):
        raise OSError(code, os.strerror(code))

    return fallocate


@needs_fallocate
def test_the_room_is_taken_before_anything_is_written(tmp_path):
    array = new_array(tmp_path / "array.npy", np.float32, (1 << 18,))
    assert not array.any()
    assert (tmp_path / "array.npy").stat().st_blocks * 512 >= array.nbytes


@needs_fallocate
def test_a_full_disk_is_said_instead_of_a_bus_error(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "posix_fallocate", refusing(errno.ENOSPC))
    cache = Cache(tmp_path)
    with pytest.raises(InputError, match=r"cache_dir=.*No space left on device\. Make room"):
        cache.folder("kind", {}, lambda folder: new_array(folder / "a.npy", np.int32, (9,)))
    assert [path.suffix for path in (tmp_path / "kind").iterdir()] == [".lock"]


@needs_fallocate
def test_a_file_system_that_reserves_nothing_is_written_all_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "posix_fallocate", refusing(errno.EOPNOTSUPP))
    new_array(tmp_path / "a.npy", np.int32, (3, 2))[:] = 7
    assert np.load(tmp_path / "a.npy").tolist() == [[7, 7]] * 3
