# All targets run in .venv, which the first of them creates. `make help` lists them.
# `make test AREA=mock` runs the tests of one area, `make test PART=browser` those that need more than Python.
# `make test PYTHON=python3.13` uses .venv-3.13 if .venv has another version of Python. `make test LATEST=1` installs the
# newest packages, not those of the lock, into .venv-latest.

ifneq ($(filter-out 0,$(LATEST)),)
VENV := .venv-latest
endif
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
LOCKS  := .ci/requirements
CROSS  := $(TOOLS)/cross-check
# The environment of a dependency group, without the package.
env     = $(TOOLS)/$(1)/$(notdir $(VENV))
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

DERIVED := generated/_buildkite_rest/openapi.json
# What checks need beyond the default target. The newest versions are installed together.
CHECKS := $(if $(filter .venv-latest,$(VENV)),,$(VENV)/.checks-installed)

.PHONY: setup
setup: $(STAMP) $(DERIVED) ## create .venv and install the package with the generator and the extras

# The arguments are the environment and the name of the lock.
define install
@echo "installing into $(1) …"
@$(1)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement $(LOCKS)/$(2).txt
endef
create = @$(PYTHON) -m venv $(if $(wildcard $(1)/pyvenv.cfg),--clear) $(1)
# That of Python may be old, and takes half as long again.
pip = @$(1)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $(LOCKS)/pip.txt
# The build backend is that of the lock.
editable = @$(1)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .

$(STAMP): $(VENV)/.locked pyproject.toml
	$(call editable,$(VENV))
	@touch $@

$(VENV)/.locked: $(if $(filter .venv-latest,$(VENV)),FORCE,$(LOCKS)/dev.txt)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON) is too old. Choose Python 3.11 or newer: make PYTHON=python3.12"; exit 1; }
	$(call create,$(VENV)) || \
		{ echo "$(PYTHON) cannot create a virtual environment. On Debian, install python3-venv."; exit 1; }
ifeq ($(VENV),.venv-latest)
	@echo "installing the newest packages into $(VENV) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --group dev --group checks '.[mock,conformance]'
else
	$(call pip,$(VENV))
	$(call install,$(VENV),dev)
endif
	@touch $@

# The build hook makes it too, but a change of the spec builds nothing.
$(DERIVED): $(SPEC) $(wildcard spec/behaviour/*.yaml) | $(STAMP)
	@$(BIN)/python -m generator.derived

FORCE:

# Further groups of the same environment. Their locks have the versions of that of `dev`.
$(VENV)/.%-installed: $(VENV)/.locked $(LOCKS)/%.txt
	$(call install,$(VENV),$*)
	@touch $@

$(TOOLS)/%/$(notdir $(VENV))/.installed: $(LOCKS)/%.txt
	$(call create,$(@D))
	$(call pip,$(@D))
	$(call install,$(@D),$*)
	@touch $@

UV_COMPILE = $(call env,lock)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--custom-compile-command 'make lock' $(if $(PACKAGE),--upgrade-package $(PACKAGE),--upgrade)

.PHONY: lock
lock: $(call env,lock)/.installed ## lock the newest versions that pyproject.toml accepts; with PACKAGE=<name>, of this package only
	@$(UV_COMPILE) pyproject.toml --extra mock --extra conformance --group dev --output-file $(LOCKS)/dev.txt
	@$(UV_COMPILE) --group checks --constraint $(LOCKS)/dev.txt --output-file $(LOCKS)/checks.txt
	@$(UV_COMPILE) pyproject.toml --group bench --constraint $(LOCKS)/checks.txt --output-file $(LOCKS)/bench.txt
	@for group in browser cross-check docs lock peers pip; do \
		$(UV_COMPILE) --group $$group --constraint $(LOCKS)/dev.txt --constraint $(LOCKS)/checks.txt --output-file $(LOCKS)/$$group.txt || exit; done

.PHONY: generate
generate: setup ## rewrite generated/ from spec/, and docs/methods.md
	@$(BIN)/python -m generator generate
	@$(BIN)/python -m docs.generate.index

.PHONY: check-generated
check-generated: setup ## generate into another folder and compare with generated/
	@$(BIN)/python -m generator check

.PHONY: lint
lint: setup $(CHECKS) ## the house rules of the spec, ruff and import contracts
	@$(BIN)/python -m generator lint
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports

.PHONY: lint-spec
lint-spec: setup $(TOOLS)/lint/.installed ## check the spec with the house rules, openapi-spec-validator, Redocly and Spectral; needs Node.js
	@$(BIN)/python -m generator lint
	@$(BIN)/openapi-spec-validator $(SPEC)
	@$(TOOLS)/lint/node_modules/.bin/redocly lint $(SPEC) --config spec/lint/redocly.yaml
	@$(TOOLS)/lint/node_modules/.bin/spectral lint $(SPEC) --ruleset spec/lint/spectral.yaml --fail-severity hint

.PHONY: evidence
evidence: setup ## compare the spec with checkouts of its sources: DOCS= the documentation, GO= the Go client; needs Go
	@$(BIN)/python -m tests.evidence --docs "$(DOCS)" --go "$(GO)"

.PHONY: types
types: setup $(CHECKS) ## mypy --strict and pyright strict
	@$(BIN)/mypy
	@$(BIN)/mypy --config-file pyproject.toml -p generator -p docs.generate
	@$(BIN)/pyright --project pyproject.toml --pythonpath $(BIN)/python

# Images of Python set it, but tests start hundreds of processes, each of which would compile the package.
unexport PYTHONDONTWRITEBYTECODE

# The files in the order of the arguments and names: those that take long are few tests, which xdist would run last.
PYTEST := $(BIN)/python -m pytest
PARALLEL := $(PYTEST) --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder
CLIENT := tests/faults tests/unit/client
# A folder of tests/, of tests/unit/ or below: mock, client, generator, conformance, docs …
FOLDERS = $(foreach area,$(AREA),$(or $(wildcard tests/unit/$(area) tests/$(area)),$(error there are no tests of $(area))))

# Every test that needs Python alone. The client comes last, with its coverage.
define TEST_all
@$(PARALLEL) -m 'not installs' $(addprefix --ignore=,$(CLIENT))
$(TEST_coverage)
endef

# Fails if the tests of the client cover less than 95 % of its branches.
define TEST_coverage
@$(PARALLEL) --quiet $(CLIENT) --cov
endef

# Clients and tools of other projects against the mock server.
NEEDS_peers = $(call env,peers)/.installed
define TEST_peers
@$(call env,peers)/bin/python -m pytest --mock-python=$(BIN)/python --numprocesses 2 --dist loadfile --no-loadscope-reorder \
	tests/peers/check_schemathesis.py tests/peers/check_[!s]*.py
endef

# Scripts of other origins. Playwright could download a browser, but not every network reaches its host.
NEEDS_browser = $(VENV)/.browser-installed
define TEST_browser
@command -v chromium > /dev/null || { echo "chromium is missing. On Debian, run: apt-get install chromium"; exit 1; }
@$(PYTEST) tests/browser/check_*.py
endef

# Clients of other generators: compiled, and run against the mock server. Needs Node.js and Go.
NEEDS_cross-check = $(call env,cross-check)/.installed $(CROSS)/python/.generated $(CROSS)/program/compiled/program.js $(CROSS)/typescript-fetch/.compiled $(CROSS)/go/program.test
define TEST_cross-check
@$(call env,cross-check)/bin/python -m pytest --mock-python=$(BIN)/python tests/cross_check/check_*.py
endef

# The built package in clean environments: each Python and extra, the lowest versions, licences, sizes, types.
define TEST_packaging
@$(PYTEST) tests/packaging
endef

.PHONY: test
test: setup $(CHECKS) $(NEEDS_$(PART)) ## the tests without the exhaustive ones; AREA=mock: of one area; PART=all, coverage, peers, browser, cross-check or packaging
	$(if $(PART),$(or $(TEST_$(PART)),$(error PART is not all, coverage, peers, browser, cross-check or packaging)),@$(PARALLEL) -m 'not installs and not exhaustive' $(FOLDERS))

$(CROSS)/program/compiled/program.js: $(CROSS)/.installed tests/cross_check/program.ts tests/cross_check/tsconfig.json $(SPEC)
	@mkdir -p $(CROSS)/program && cp tests/cross_check/program.ts tests/cross_check/tsconfig.json $(CROSS)/program
	@$(CROSS)/node_modules/.bin/openapi-typescript $(SPEC) --output $(CROSS)/program/buildkite.d.ts
	@$(CROSS)/node_modules/.bin/tsc --project $(CROSS)/program/tsconfig.json

$(CROSS)/typescript-fetch/.compiled: $(CROSS)/typescript-fetch/.generated $(CROSS)/program/compiled/program.js tests/cross_check/tsconfig.fetch.json
	@cp tests/cross_check/tsconfig.fetch.json $(@D)/tsconfig.json
	@$(CROSS)/node_modules/.bin/tsc --project $(@D)/tsconfig.json
	@touch $@

# The client needs nothing but the standard library, so nothing is downloaded.
$(CROSS)/go/program.test: $(CROSS)/go/.generated tests/cross_check/program_test.go
	@cp tests/cross_check/program_test.go $(@D)
	@printf 'module crosscheck\n\ngo 1.23\n' > $(@D)/go.mod
	@command -v go > /dev/null || { echo "go is missing. On Debian, run: apt-get install golang-go"; exit 1; }
	@cd $(@D) && GOPROXY=off GOFLAGS=-mod=mod GOCACHE=$(abspath $(CROSS)/go-cache) go test -c -o program.test .

# docs/spec.md explains the forms of the document and the options.
$(CROSS)/typescript-fetch/.generated $(CROSS)/python/.generated $(CROSS)/go/.generated: $(call env,cross-check)/.installed $(SPEC) Makefile | $(STAMP)
$(CROSS)/typescript-fetch/.generated:
	$(call generate_client,typescript-fetch,--without-webhooks,$(@D))
$(CROSS)/python/.generated:
	$(call generate_client,python,--without-webhooks --open-enums,$(@D))
$(CROSS)/go/.generated:
	$(call generate_client,go,--openapi 3.0,$(@D)/buildkite --additional-properties=$(GO_OPTIONS))

GO_OPTIONS := enumClassPrefix=true,useOneOfDiscriminatorLookup=true,enumUnknownDefaultCase=true,disallowAdditionalPropertiesIfNotPresent=false,withGoMod=false,packageName=buildkite

# The arguments are the name of the generator, options of `buildkite-rest spec`, and the output folder with options.
define generate_client
@rm -rf $(@D) && mkdir -p $(@D)
@$(BIN)/python -m buildkite_rest spec --format json $(2) > $(CROSS)/$(1).json
@$(call env,cross-check)/bin/openapi-generator-cli generate --generator-name $(1) --input-spec $(CROSS)/$(1).json \
	--global-property apiTests=false,modelTests=false,apiDocs=false,modelDocs=false \
	--output $(3) > $(CROSS)/$(1).log 2>&1 || { tail -20 $(CROSS)/$(1).log; exit 1; }
@touch $@
endef

$(TOOLS)/lint/.installed: spec/lint/package.json
$(CROSS)/.installed: tests/cross_check/package.json

$(TOOLS)/lint/.installed $(CROSS)/.installed:
	@command -v npm > /dev/null || { echo "npm is missing. Install Node.js 20 or newer with npm."; exit 1; }
	@mkdir -p $(@D) && cp $^ $(@D)
	@npm install --prefix $(@D) --no-package-lock --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: mock
mock: setup ## serve the mock server until Ctrl-C
	@$(BIN)/python -m buildkite_rest.mock

.PHONY: bench
bench: setup $(call env,bench)/.package-installed ## compare the client with its performance targets and with other clients, and write BENCHMARKS.md; QUICK=1: only check that it runs
	@$(BIN)/python -m tests.benchmarks.prepare
	@$(call env,bench)/bin/python -m tests.benchmarks $(if $(filter-out 0,$(QUICK)),--quick)

$(call env,bench)/.package-installed: $(call env,bench)/.installed pyproject.toml
	$(call editable,$(@D))
	@touch $@

.PHONY: docs
docs: setup $(CHECKS) $(VENV)/.docs-installed ## build the documentation into site/ and check its links
	@$(BIN)/python -m docs.generate
	@$(BIN)/zensical build --clean --strict
	@$(PYTEST) --quiet tests/docs/check_site.py

.PHONY: api-diff
api-diff: setup $(CHECKS) ## list breaking changes of the Python package since BASE=<git revision>, by default the last version tag
	@$(BIN)/python -m tests.packaging.api_diff $(if $(BASE),-- '$(BASE)')

.PHONY: dist
dist: setup $(CHECKS) ## build sdist and wheel into dist/, and check that a second build has the same bytes
	@rm -rf dist
	@export SOURCE_DATE_EPOCH=$${SOURCE_DATE_EPOCH:-$$(git log -1 --format=%ct 2>/dev/null || echo 1580601600)}; \
		$(BIN)/python -m build --quiet && $(BIN)/twine check --strict dist/* && $(BIN)/python -m tests.packaging.rebuild dist

RELEASE_STEPS := lint types check-generated test-all docs test-browser test-peers lint-spec test-cross-check bench dist test-packaging

.PHONY: release-check
release-check: setup $(CHECKS) ## run every check that a release must pass; WITHOUT='<step> …' leaves some out; publishes nothing
	@$(BIN)/python -m tests.packaging.versions --release $(if $(filter urls,$(WITHOUT)),--without-urls)
	@$(BIN)/python -m tests.packaging.api_diff --check-version
	@for step in $(filter-out $(WITHOUT),$(RELEASE_STEPS)); do echo "release-check: $$step"; \
		case $$step in test-*) set -- test PART=$${step#test-};; *) set -- $$step;; esac; \
		$(MAKE) --no-print-directory "$$@" || { echo "release-check: $$step failed"; exit 1; }; done
	@echo "release-check: all passed$(if $(WITHOUT), but for those left out: $(WITHOUT). A release needs all of them)"

.PHONY: clean
clean: ## remove all output of the targets
	rm -rf $(VENV) .venv-* $(TOOLS) build dist site .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache .cache .coverage*
