# The two commands: `make up` and `make test`. Everything else is a part of them.
SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
.DEFAULT_GOAL := help

.PHONY: help
help: ## what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(VENV)/.slipway: requirements/slipway.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/slipway.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.slipway
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

.PHONY: venv
venv: $(VENV)/.dev ## the virtual environment with everything for development

.PHONY: lock
lock: venv ## lock files anew from requirements/*.in and images/*/requirements.in
	$(BIN)/pip install --quiet uv
	for f in requirements/*.in images/*/requirements.in; do $(BIN)/uv pip compile --quiet --no-header --generate-hashes --python-version 3.11 $$f -o $${f%.in}.txt; done
