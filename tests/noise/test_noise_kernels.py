"""The same audit whatever the number of threads and the processor that BLAS believes to run on."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from noise_collections import make_collection, model

ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys
sys.path[:0] = [{root!r}, {root!r} + "/tests/support", {root!r} + "/tests/noise"]
from pathlib import Path
from test_noise_kernels import corrupt
audit = corrupt(Path(sys.argv[1]))
sys.stdout.write(audit.sha256 + " " + audit.labels + " " + audit.header.encoder_fingerprint)
"""
MACHINES = (
    {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"},
    {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "OPENBLAS_CORETYPE": "Prescott"},
    {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2", "OPENBLAS_CORETYPE": "Nehalem"},
)
WORDS = [f"word{n}" for n in range(120)]
DOCUMENTS = {
    f"d{n:03}": " ".join(WORDS[(n * 7 + k * (n % 11 + 1)) % 120] for k in range(20))
    for n in range(400)
}
QUERIES = {f"q{n}": f"{WORDS[n * 7 % 120]} {WORDS[n * 3 % 120]}" for n in range(100)}
TRAIN = {f"q{n}": {f"d{n * 4 % 400:03}": 1, f"d{(n * 4 + 1) % 400:03}": 1} for n in range(100)}


def corrupt(folder):
    collection = make_collection(folder, DOCUMENTS, QUERIES, TRAIN)
    noise = model("semantic", ratio=0.9, **{"encoder.dimensions": 32})
    return noise.corrupt(collection).audit


def test_audits_are_the_same_on_every_machine(tmp_path):
    found = []
    for number, machine in enumerate(MACHINES):
        folder = tmp_path / str(number)
        folder.mkdir()
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM.format(root=str(ROOT)), str(folder)],
            env=os.environ | machine,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        found.append(done.stdout)
    assert len(set(found)) == 1
    assert len(found[0].split()) == 3


@pytest.mark.parametrize("change", [{"encoder.dimensions": 8}, {"encoder.terms": 50}])
def test_the_fingerprint_is_that_of_the_recipe(tmp_path, change):
    collection = make_collection(tmp_path, DOCUMENTS, QUERIES, TRAIN)
    one = model("semantic", ratio=0.1, **{"encoder.dimensions": 4}).corrupt(collection).audit
    other = model("semantic", ratio=0.1, **({"encoder.dimensions": 4} | change))
    assert (
        other.corrupt(collection).audit.header.encoder_fingerprint != one.header.encoder_fingerprint
    )
