# Everything runs in .venv, which is made from requirements.lock when it is missing or older than the lock.
# Paths are relative and tools are started as `python -m`, so that a folder with a space in its name works.

PYTHON ?= python3
UV_VERSION ?= 0.13.9
EIGHT := easy-reporting,snapshot-reporting-staff,email,phone,document,cooling-off,adults-apart-estimated,detection
RUN_ARGS ?= compare scenarios/coco.toml --policies $(EIGHT) --days 365 --doubt 12 --doubt-days 100 --workers 2 --out results/run
STUDY_ARGS := compare scenarios/coco.toml --doubt 12 --doubt-days 365 --workers 2 --out results/coco
HISTORY_ARGS := compare scenarios/coco_history.toml --workers 2 --out results/history

VENV := .venv/bin/python
DEPENDENCIES := .venv/.dependencies
STAMP := .venv/.installed

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup run study history results test test-all lint format bench faults kills baselines catalogue lock lock-check python-check clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | awk -F '\t' '{ printf "%-12s %s\n", $$1, $$2 }'

setup: $(STAMP) ## make .venv, the environment that every other target uses

run: $(STAMP) ## simulate the example: eight policies, a year of Coco, into results/run (RUN_ARGS="..." for another)
	$(VENV) -m sim $(RUN_ARGS)

study: $(STAMP) ## the whole study: every policy over all 40 months of Coco, into results/coco (an hour)
	$(VENV) -m sim $(STUDY_ARGS)

history: $(STAMP) ## Coco to its closure and a year beyond, and closures two years earlier, into results/history (a quarter of an hour)
	$(VENV) -m sim $(HISTORY_ARGS)

results: export LC_ALL := C
results: $(STAMP) ## renew all that results/ ships, two hours: Coco and its history, classroom, patterns, doubt about Coco
	$(VENV) -m sim $(STUDY_ARGS) --replace
	$(VENV) -m sim report results/coco --lang fr
	$(VENV) -m sim $(HISTORY_ARGS) --replace
	$(VENV) -m sim compare scenarios/classroom.toml --out results/classroom --replace
	$(VENV) -m sim validate --workers 2 --out results/patterns --replace
	$(VENV) -m sim doubt scenarios/coco.toml --draws 64 --days 150 --set warmup_days=37 --workers 2 --out results/doubt --replace
	cp results/patterns/patterns.csv sim/report/patterns_found.csv

test: lint ## the checks, and the tests that are not slow: all kinds, under ten minutes
	$(VENV) -m pytest -n 2 -q -m "not slow"

test-all: lint ## the checks and all tests, half an hour: also notebooks, README, kills, planted faults
	$(VENV) -m pytest -n 2 -q

lint: lock-check $(STAMP) ## the checks without pytest
	$(VENV) -m ruff check .
	$(VENV) -m ruff format --check .
	$(VENV) -m mypy

format: $(STAMP) ## let ruff format the code and fix what it can
	$(VENV) -m ruff format .
	$(VENV) -m ruff check --fix .

bench: $(STAMP) ## measure the speed, also beside other ways to write the model (ten minutes)
	$(VENV) -m tests.bench

faults: $(STAMP) ## plant faults in the model and see that the tests find them
	$(VENV) -m tests.faults

kills: $(STAMP) ## kill studies at random moments and see that nothing is lost
	$(VENV) -m tests.store.kills

baselines: $(STAMP) ## renew the stored outcomes, notebooks with their texts, and the schema that the tests compare with
	$(VENV) -m sim schema > scenarios/scenario.schema.json
	$(VENV) -m tests.baselines.renew
	$(VENV) -m tests.documents.test_notebooks
	$(VENV) -m tests.documents.test_readme

catalogue: $(STAMP) ## renew the catalogue of translations after what people read has changed
	$(VENV) -m tests.locale

lock: python-check ## renew requirements.lock after a change of dependencies in pyproject.toml
	"$(PYTHON)" -m venv --clear .venv-tools
	.venv-tools/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	.venv-tools/bin/python .ci/lock.py --renew

clean: ## remove the environments and the caches
	rm -rf .venv .venv-tools .hypothesis .mypy_cache .pytest_cache .ruff_cache *.egg-info build

lock-check: python-check
	@"$(PYTHON)" .ci/lock.py

python-check:
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo 'Python 3.11 or newer is needed, and "$(PYTHON)" is not one. Name one: make PYTHON=/path/to/python3 ...' >&2; exit 1; }

# --clear, so that nothing is left of an older lock, another Python or a broken-off installation.
$(DEPENDENCIES): requirements.lock | python-check
	"$(PYTHON)" -m venv --clear .venv
	$(VENV) -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.lock
	@touch $@

$(STAMP): $(DEPENDENCIES) pyproject.toml setup.py
	$(VENV) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
