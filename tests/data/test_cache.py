"""The folder cache: what is there is whole, whoever was killed or came at the same time."""

import errno
import json
import os
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from data.storage import cache as cache_module
from data.storage.cache import Cache
from errors import InputError

ROOT = Path(__file__).parents[2]


def write(folder):
    (folder / "part").mkdir()
    (folder / "part" / "file").write_text("content")


def refuse(folder):
    raise AssertionError(f"{folder} must not be built")


@pytest.fixture
def cache(tmp_path):
    return Cache(tmp_path / "cache")


def test_builds_once_and_says_from_what(cache):
    folder = cache.folder("kind", {"b": 1, "a": ["x", None]}, write)
    assert (folder / "part" / "file").read_text() == "content"
    assert json.loads((folder / "key.json").read_text())["key"] == {"a": ["x", None], "b": 1}
    assert cache.folder("kind", {"a": ["x", None], "b": 1}, refuse) == folder
    assert Cache(cache.root).folder("kind", {"a": ["x", None], "b": 1}, refuse) == folder


def test_keys_and_kinds_do_not_mix(cache):
    folders = {
        cache.folder(kind, key, write)
        for kind in ("one", "two")
        for key in ({"a": 1}, {"a": 2}, {"a": "1"}, {})
    }
    assert len(folders) == 8


def test_failed_build_leaves_nothing(cache):
    def fail(folder):
        write(folder)
        raise KeyError("a bug in build")

    with pytest.raises(KeyError):
        cache.folder("kind", {}, fail)
    assert [path.suffix for path in (cache.root / "kind").iterdir()] == [".lock"]
    assert (cache.folder("kind", {}, write) / "part" / "file").exists()


def test_killed_build_is_not_taken_for_whole_and_is_swept(cache):
    kill = f"""
import os, sys
sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from data.storage.cache import Cache
def build(folder):
    (folder / "half").write_text("ha")
    os.kill(os.getpid(), 9)
Cache(Path({str(cache.root)!r})).folder("kind", {{"a": 1}}, build)
"""
    assert subprocess.run([sys.executable, "-c", kill], check=False).returncode == -9
    orphans = list((cache.root / "kind").glob("*.building"))
    assert len(orphans) == 1
    cache.folder("kind", {"another": "key"}, write)
    assert not orphans[0].exists()
    assert not (cache.folder("kind", {"a": 1}, write) / "half").exists()


def test_living_builder_is_not_swept(cache):
    started, go_on = threading.Event(), threading.Event()

    def slow(folder):
        started.set()
        assert go_on.wait(20)
        write(folder)

    with ThreadPoolExecutor() as pool:
        first = pool.submit(cache.folder, "kind", {"a": 1}, slow)
        assert started.wait(20)
        cache.folder("kind", {"a": 2}, write)
        go_on.set()
        assert (first.result() / "part" / "file").exists()


def test_parallel_builders_build_once(cache):
    builds = []

    def count(folder):
        builds.append(folder)
        write(folder)

    with ThreadPoolExecutor(8) as pool:
        folders = list(pool.map(lambda _: Cache(cache.root).folder("kind", {}, count), range(8)))
    assert len(set(folders)) == len(builds) == 1


def test_two_processes_may_discard_the_same_folder(cache, monkeypatch):
    folder = cache.folder("kind", {}, write)
    locked = Cache._locked

    def second(self, target):
        monkeypatch.setattr(Cache, "_locked", locked)
        Cache(cache.root).discard("kind", {})  # the first to get the lock
        return locked(self, target)

    monkeypatch.setattr(Cache, "_locked", second)
    cache.discard("kind", {})
    assert not folder.exists()
    assert cache.folder("kind", {}, write) == folder


HARMS = {
    "deleted": lambda file: file.unlink(),
    "truncated": lambda file: file.write_text("cont"),
    "changed": lambda file: file.write_text("contEnt"),
}


@pytest.mark.parametrize("harm", HARMS.values(), ids=HARMS)
def test_damaged_folder_is_built_again(cache, harm, caplog):
    file = cache.folder("kind", {}, write) / "part" / "file"
    harm(file)
    cache.folder("kind", {}, write)
    assert file.read_text() == "content"
    assert "damaged" in caplog.text


@pytest.mark.parametrize("content", ["", "[]", '{"files": []}', '{"files": {"part/file": "x"}}'])
def test_a_damaged_list_of_files_is_made_again(cache, content):
    folder = cache.folder("kind", {}, write)
    (folder / "key.json").write_text(content)
    assert cache.folder("kind", {}, write) == folder
    assert (folder / "part" / "file").read_text() == "content"
    assert json.loads((folder / "key.json").read_text())["key"] == {}


def test_a_copied_folder_is_whole(cache, tmp_path, monkeypatch):
    folder = cache.folder("kind", {}, write)
    copy = tmp_path / "copy"
    shutil.copytree(cache.root, copy, copy_function=shutil.copyfile)  # with new times
    assert Cache(copy).folder("kind", {}, refuse).name == folder.name
    monkeypatch.setattr(cache_module, "hash_of", refuse)  # it is read once only
    assert Cache(copy).folder("kind", {}, refuse).name == folder.name


def test_a_folder_that_records_sizes_only_is_still_used(cache):
    key = cache.folder("kind", {}, write) / "key.json"
    content = json.loads(key.read_text())
    key.write_text(
        json.dumps(
            content | {"files": {name: file["size"] for name, file in content["files"].items()}}
        )
    )
    cache.folder("kind", {}, refuse)


def test_unusable_root_names_the_setting(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(InputError, match=r"cache_dir=.*file/cache cannot be written"):
        Cache(tmp_path / "file" / "cache")


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not bind root")
def test_read_only_root_serves_what_it_has(cache):
    folder = cache.folder("kind", {}, write)
    cache.root.chmod(0o500)
    (cache.root / "kind").chmod(0o500)
    try:
        assert Cache(cache.root).folder("kind", {}, refuse) == folder
        with pytest.raises(InputError, match="cache_dir"):
            cache.folder("kind", {"new": 1}, write)
    finally:
        cache.root.chmod(0o700)
        (cache.root / "kind").chmod(0o700)


def test_full_disk_names_the_setting_but_other_errors_stay(cache):
    def fail(code):
        def build(_folder):
            raise OSError(code, os.strerror(code))

        return build

    with pytest.raises(InputError, match=r"cache_dir=.*No space left"):
        cache.folder("kind", {}, fail(errno.ENOSPC))
    with pytest.raises(FileNotFoundError):
        cache.folder("kind", {}, fail(errno.ENOENT))
