# The one door. `make help` lists what it opens.
#
# Long runs (simulate, load, fuzz, bench) stand apart from `make test`, so
# that the latter stays a matter of minutes.

SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

CARGO ?= cargo
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# A folder of trail files for `make demo` and the tests over real records.
CORPUS ?=
export CORPUS

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(VENV)/.ready ## Install the Python tools of the tests into .venv

$(VENV)/.ready: tests/requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	touch $@

.PHONY: demo
demo: ## Feed sample attacks (or CORPUS=dir) through the handlers; print alerts and report
	@$(CARGO) build --quiet -p trailward
	@target/debug/trailward scan $(or $(CORPUS),events) || [ $$? -eq 1 ]
	@target/debug/trailward report $(or $(CORPUS),events)

.PHONY: test
test: test-rust test-stack ## Run every test

.PHONY: test-rust
test-rust: ## Run the Rust tests: units, rules' cases, stories, contracts
	$(CARGO) test --workspace --quiet

.PHONY: test-stack
test-stack: setup ## Deploy to the emulator and run end to end
	$(MAKE) build PROFILE=dev
	$(BIN)/pytest -q tests/stack

.PHONY: check
check: setup ## Check format, lints, licences and the template
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --quiet -- -D warnings
	$(BIN)/cfn-lint template.yaml
	$(BIN)/sam validate --lint --template template.yaml

.PHONY: rules
rules: ## Check every rule and run its cases
	@$(CARGO) run --quiet -p trailward -- rules check
	@$(CARGO) run --quiet -p trailward -- rules test
