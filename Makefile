# The two commands: `make up` and `make test`. Everything else is a part of them.
SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
.DEFAULT_GOAL := help

.PHONY: help
help: ## what can be made
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(VENV)/.slipway: requirements/slipway.txt pyproject.toml
	@requirements/check.sh $(PYTHON)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/slipway.txt
	@# The distribution's former name: two of them would own one command.
	@$(BIN)/pip uninstall -qqq --yes --disable-pip-version-check slipway
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.slipway
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

.PHONY: venv
venv: $(VENV)/.dev ## the virtual environment with everything for development

.PHONY: lock
lock: venv ## lock files anew from requirements/*.in and images/*/requirements.in
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	for f in requirements/*.in images/*/requirements.in; do $(BIN)/uv pip compile --quiet --no-header --generate-hashes --python-version 3.11 $$f -o $${f%.in}.txt; done

.PHONY: outdated
outdated: venv ## what is behind, and what has known vulnerabilities as far as that can be looked up
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@$(BIN)/python tests/support/outdated.py

# -- the main job ------------------------------------------------------------------------------------------------------

OVERLAY ?= embedded

.PHONY: up
up: $(VENV)/.slipway ## bare machine → cluster → platform → smoke test (OVERLAY=embedded|ci, SMOKE=0: without, UNTIL=phase)
	@$(BIN)/slipway up --overlay $(OVERLAY) $(if $(filter 0,$(SMOKE)),--skip-smoke) $(addprefix --until ,$(UNTIL))

.PHONY: down
down: $(VENV)/.slipway ## remove the cluster and all that Slipway put on the machine (DATA=1: the data too)
	@$(BIN)/slipway down $(if $(filter 1,$(DATA)),--data)

# -- checks ------------------------------------------------------------------------------------------------------------

# Our own files, tracked or new; not what is built, cached or installed.
OURS = git ls-files --cached --others --exclude-standard
# The packages under images/ have names of their own, so that one run of mypy sees all of them.
PACKAGED = $(wildcard images/*/slipway_* manifests/*/*/chart/files/slipway_*)
PACKAGES = slipway $(notdir $(PACKAGED))
SOURCES = $(dir $(PACKAGED))
# Tests import the modules beside them by their bare names; the conftest.py, all of one name, are checked by themselves.
HELPERS = $(sort $(dir $(shell find tests -name '*.py' ! -name 'test_*' ! -name conftest.py)))
CONFTESTS = $(shell find tests -name conftest.py)
paths = $(subst $(eval ) ,:,$(strip $(1)))

.PHONY: lint lint-python lint-types lint-yaml lint-shell lint-docker lint-playbooks lint-go format
lint: lint-python lint-types lint-yaml lint-shell lint-docker lint-playbooks lint-go ## every check that needs no cluster
lint-python: venv
	$(BIN)/ruff check
	$(BIN)/ruff format --check
lint-types: venv
	MYPYPATH=$(call paths,installer $(SOURCES)) $(BIN)/mypy $(addprefix -p ,$(PACKAGES))
	MYPYPATH=$(call paths,installer $(SOURCES) $(HELPERS)) $(BIN)/mypy tests --exclude 'conftest\.py$$'
	@for file in $(CONFTESTS); do \
	  MYPYPATH=$(call paths,installer $(SOURCES) tests/support):$$(dirname $$file) $(BIN)/mypy --no-error-summary $$file || exit 1; done
lint-yaml: venv
	$(OURS) '*.yaml' '*.yml' .yamllint | xargs $(BIN)/yamllint --strict
lint-shell: venv
	find $$($(OURS)) -maxdepth 0 -type f | xargs awk 'FNR == 1 && /^#!.*sh/ { print FILENAME } { nextfile }' | grep -v '\.j2$$' | xargs $(BIN)/shellcheck
lint-docker: venv
	$(OURS) '*Dockerfile' | xargs $(BIN)/hadolint
lint-playbooks: venv
	@if compgen -G 'playbooks/*.yml' >/dev/null; then cd playbooks && PATH="$(CURDIR)/$(BIN):$$PATH" ansible-lint --offline --strict; \
	else echo 'no playbooks'; fi
lint-go:
	@if command -v gofmt >/dev/null; then test -z "$$($(OURS) '*.go' | xargs gofmt -l | tee -a /dev/stderr)"; \
	else echo 'gofmt is not on PATH: Go files are not checked'; fi

format: venv ## put imports and layout in order
	$(BIN)/ruff check --fix --select I
	$(BIN)/ruff format

# -- tests: each layer alone, and all ----------------------------------------------------------------------------------

# JUNIT=file: the results, too.
PYTEST = $(BIN)/pytest -q $(if $(JUNIT),--junitxml=$(JUNIT))
# The layers without a cluster: modules side by side. Each worker of api has API servers of its own, and waits for them
# more than it computes: as many workers as the memory has room for (2 GB each), four at most.
API_JOBS = $(shell awk '/^MemAvailable/ { n = int($$2 / 2000000); print (n < 1 ? 1 : n > 4 ? 4 : n) }' /proc/meminfo)
PARALLEL = $(PYTEST) --dist loadfile -n
UPSTREAM ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/slipway/upstream

.PHONY: unit render artifacts api fresh airgap hosts hosts-ha upgrade upstream e2e conformance infra lifecycle test
unit: venv ## pure parts, no cluster (JOBS=n: workers, also for render and api)
	$(PARALLEL) $(or $(JOBS),2) tests/unit
render: venv ## every overlay renders and is sound
	$(PARALLEL) $(or $(JOBS),2) tests/render
artifacts: venv ## all that Slipway builds, so that no test waits for it; needs root
	@$(BIN)/slipway images build
api: venv ## against a real kube-apiserver and etcd, no kubelet
	$(PARALLEL) $(or $(JOBS),$(API_JOBS)) --no-loadscope-reorder tests/api
fresh: venv ## a bare Debian (in namespaces) and the README's first command; needs root, a network (FULL=1: all of it)
	SLIPWAY_FRESH_FULL=$(FULL) $(PYTEST) tests/fresh
airgap: venv ## a bundle, and a machine without a network (in namespaces) that has nothing else; needs root
	$(PYTEST) tests/airgap
hosts: venv ## the playbooks over ssh, on hosts in namespaces; needs root
	$(PYTEST) tests/infra/hosts --ignore=tests/infra/hosts/ha
hosts-ha: venv ## three control planes behind HAProxy, one of which is lost; needs root, not a part of test
	$(PYTEST) tests/infra/hosts/ha
upgrade: venv ## Kubernetes from the minor before to ours, on this machine; needs root and no cluster, not a part of test
	$(PYTEST) -s tests/upgrade
upstream: venv ## upstream's own programs on our manifests; needs root and a way to their images (UPSTREAM=directory)
	$(BIN)/python tests/support/upstream_images.py $(UPSTREAM)
	SLIPWAY_UPSTREAM=$(UPSTREAM) $(PYTEST) tests/api/test_*_upstream*.py
e2e: venv ## on the running platform
	$(PYTEST) tests/e2e
conformance: venv ## black box, through public clients, on the running platform
	$(PYTEST) tests/conformance
infra: venv ## the machine itself, by testinfra
	$(PYTEST) tests/infra --ignore=tests/infra/hosts
lifecycle: venv ## up again, kill, up, down: ends without a platform
	$(PYTEST) tests/lifecycle

test: venv ## every layer, lint too, that this machine can carry; ends with a table (ONLY="unit api", BESIDE=0: one at a time)
	@$(BIN)/python tests/layers/layers_run.py $(addprefix --only ,$(ONLY)) $(if $(filter 0,$(BESIDE)),--no-beside)

.PHONY: bench
bench: venv ## figures, printed and kept in out/bench.json (ONLY=name: just that; COLD=1: also with no caches)
	$(BIN)/python benchmarks/run.py $(addprefix --only ,$(ONLY)) $(if $(filter 1,$(COLD)),--cold)

.PHONY: crds
crds: $(VENV)/.slipway ## full schemas of custom resources, generated into manifests/*/*/crds-full (takes Go)
	PYTHONPATH=images/crds $(BIN)/python -m slipway_crds

.PHONY: docs
docs: $(VENV)/.slipway ## the reference pages, from the schema and the doctor's table
	$(BIN)/python -m slipway.config.reference > docs/configuration.md
	$(BIN)/python -m slipway.doctor.page > docs/doctor.md
