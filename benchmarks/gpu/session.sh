#!/usr/bin/env bash
# All that needs a GPU, in less than twelve minutes: tests, benchmark, cells of the study.
#
#   benchmarks/gpu/session.sh RESULTS [tests] [benchmark] [cells]
#
# Each part has a limit in seconds and writes as it goes; RESULTS/gpu.tar.gz holds what all of them
# left, also of a part that was cut off. Settings, from the environment:
#   PYTHON   the interpreter (default: python3)
#   BUNDLE   what `python -m benchmarks.gpu.bundle` gathered, for a machine without network
#   TESTS_SECONDS, BENCHMARK_SECONDS, CELLS_SECONDS   the limits
set -uo pipefail
cd "$(dirname "$0")/../.."
results="$(mkdir -p "${1:?a folder for the results}" && cd "$1" && pwd)"
shift
parts="${*:-tests benchmark cells}"
python="${PYTHON:-python3}"
bundle="${BUNDLE:+$(cd "$BUNDLE" && pwd)}"
work="$results/gpu"
status=0
mkdir -p "$work"
export HF_HUB_OFFLINE=1 TOKENIZERS_PARALLELISM=true PYTHONUNBUFFERED=1
export RETRIEVAL_CACHE="${RETRIEVAL_CACHE:-$(mktemp -d)}"

if [ -d "$bundle/wheels" ]; then
    site="$(mktemp -d)"
    "$python" -m pip install -q --no-index --no-deps --no-compile --target "$site" \
        "$bundle"/wheels/*.whl || exit 1
    export PYTHONPATH="$site${PYTHONPATH:+:$PYTHONPATH}"
fi
"$python" -c 'import torch, sys; sys.exit(not torch.cuda.is_available() and "there is no NVIDIA GPU here")' || exit 1
nvidia-smi >"$work/nvidia-smi.txt" 2>&1
"$python" -m pip freeze >"$work/packages.txt" 2>/dev/null

limited() {  # name, seconds, command: run it, keep what it says, and note how it ended
    local name="$1" seconds="$2" started=$SECONDS code
    shift 2
    echo "== $name (at most $seconds s)"
    timeout --signal=INT --kill-after=20 "$seconds" "$@" 2>&1 | tee "$work/$name.log"
    code=${PIPESTATUS[0]}
    echo "$name: status $code after $((SECONDS - started)) s" | tee -a "$work/parts.txt"
    [ "$code" = 0 ] || status=1
    pack
}

pack() {
    tar -czf "$results/gpu.tar.gz.part" -C "$results" --exclude='*.safetensors*' \
        --exclude='*.ckpt*' --exclude='run.trec*' gpu
    mv "$results/gpu.tar.gz.part" "$results/gpu.tar.gz"
}

for part in $parts; do
    case "$part" in
    tests)
        # four processes share the cores as well as the GPU
        together="$("$python" -c 'import xdist' 2>/dev/null && echo "-n 4")"
        OMP_NUM_THREADS="${OMP_NUM_THREADS:-4}" limited tests "${TESTS_SECONDS:-220}" \
            "$python" -m pytest -m gpu tests/gpu -q -rfEs -W default $together \
            --junitxml "$work/tests.xml"
        ;;
    benchmark)
        limited benchmark "${BENCHMARK_SECONDS:-260}" "$python" -m benchmarks.gpu \
            --out "$work/benchmark" --seconds 60
        ;;
    cells)
        collection="$(find "$bundle" -maxdepth 2 -name 'corpus.jsonl*' -printf '%h' -quit 2>/dev/null)"
        if [ -z "$bundle" ] || [ -z "$collection" ]; then
            echo "cells: left out, because BUNDLE names no folder with a collection" | tee -a "$work/parts.txt"
            continue
        fi
        limited cells "${CELLS_SECONDS:-200}" "$python" run.py -m experiment=study_transformers \
            hydra/launcher=local hydra.launcher.n_jobs=6 output_dir="$work/cells" \
            dataset=folder dataset.path="$collection" model.path="$bundle/minilm"
        ;;
    *)
        echo "there is no part $part: tests, benchmark or cells"
        exit 2
        ;;
    esac
done
exit $status
