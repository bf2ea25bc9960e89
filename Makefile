# Everything runs in .venv, which the first target that needs it creates. `make help` lists the targets.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

.DEFAULT_GOAL := tour
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

.PHONY: tour
tour: setup check-generated ## the main job: generated/ is current, a tour through the client, a short conformance run
	@$(BIN)/python examples/tour.py

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 18

.PHONY: setup
setup: $(STAMP) ## create .venv and install everything that Python alone needs

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON) is too old; name a Python 3.11 or newer: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
		{ echo "$(PYTHON) cannot make a virtual environment; on Debian install python3-venv"; exit 1; }
	@echo "installing into $(VENV) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --group dev --editable '.[mock,conformance]'
	@touch $@

.PHONY: generate
generate: setup ## rewrite generated/ from spec/
	@$(BIN)/python -m generator generate

.PHONY: check-generated
check-generated: setup ## regenerate elsewhere and compare with generated/
	@$(BIN)/python -m generator check

.PHONY: lint
lint: setup ## ruff, import contracts and the house rules of the description
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports
	@$(BIN)/python -m generator lint

.PHONY: types
types: setup ## mypy --strict and pyright strict
	@$(BIN)/mypy
	@$(BIN)/mypy --config-file pyproject.toml -p generator
	@$(BIN)/pyright --pythonpath $(BIN)/python

.PHONY: test
test: setup ## every test that needs Python alone
	@$(BIN)/python -m pytest

.PHONY: conformance
conformance: setup ## validate the description against the mock server
	@$(BIN)/python -m pytest tests/conformance

.PHONY: mock
mock: setup ## serve the mock server until Ctrl-C
	@$(BIN)/python -m buildkite_rest.mock

.PHONY: clean
clean: ## remove what the targets have made
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
