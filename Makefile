# make results   every result, then the site: results/site/index.html
# make test      the tests, with a small run of the whole pipeline
# make bench     speed, each time against an alternative in the same run
# make lab       JupyterLab with the notebooks as notebooks
# make clean     remove results (the environment stays)

PYTHON ?= $(shell command -v python3.11 || command -v python3 || echo python3)
BIN := .venv/bin
TARGETS := results test bench lab clean
BENCHMARKS := $(patsubst %,results/benchmarks/%,summary.json retraining.json retraining_cost.html groups.json image_groups.json language_scoring_profile.json)

.DELETE_ON_ERROR:
.PHONY: $(TARGETS)

results: .venv/ready
	@$(BIN)/python -m influence_lab.unlock
	$(BIN)/snakemake --cores all
	@echo 'Open results/site/index.html'

test: .venv/ready
	$(BIN)/python -m pytest -n 2

bench: .venv/ready
	$(BIN)/snakemake --cores all $(BENCHMARKS)
	@$(BIN)/python -m json.tool results/benchmarks/summary.json
	@$(BIN)/python -m json.tool results/benchmarks/retraining.json
	@$(BIN)/python -m json.tool results/benchmarks/groups.json
	@$(BIN)/python -m json.tool results/benchmarks/image_groups.json
	@$(BIN)/python -m json.tool results/benchmarks/language_scoring_profile.json

lab: .venv/ready
	$(BIN)/jupyter lab notebooks

clean:
	find results -mindepth 1 -not -name README.md -delete

# torch's wheel for Linux comes with or without CUDA, by where pip is told to look. The one with CUDA needs libraries
# that the lock leaves out; where torch does not load, they are added from torch's own pinned list.
.venv/ready: envs/requirements.lock envs/jupyterlab.json pyproject.toml
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("make: $(PYTHON) is Python %d.%d; 3.11 or newer is needed: make PYTHON=/path/to/python3.11" % sys.version_info[:2])'
	@echo 'Making .venv: about three minutes, once'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -r envs/requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(BIN)/python -c 'import torch' 2>/dev/null || $(BIN)/python -m pip install --quiet 'torch==$(shell sed -n "s/^torch==//p" envs/requirements.lock)'
	mkdir -p .venv/etc/jupyter/labconfig
	cp envs/jupyterlab.json .venv/etc/jupyter/labconfig/default_setting_overrides.json
	touch $@

.DEFAULT:
	$(error no target '$@'; there are: $(TARGETS))
