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
# What becomes a Lambda function, each one `bootstrap` under build/.
FUNCTIONS := log-batch event-bus weekly-report
# `release` for AWS, `dev` for the emulator.
PROFILE ?= release
# Processor of the functions: this machine's, unless told arm64 or x86_64.
ARCH ?= $(subst aarch64,arm64,$(shell uname -m))
# Lambda's x86-64 machines have AVX2. Other machines may not, so that only what
# is built for Lambda asks for it; the command line runs everywhere.
FOR_LAMBDA = $(if $(filter release-x86_64,$(PROFILE)-$(ARCH)),RUSTFLAGS="-C target-cpu=haswell")
# The C library of provided.al2023; a newer one on this machine does not run there.
GLIBC := 2.34
# A folder of trail files for `make demo` and the tests over real records.
CORPUS ?=
ifneq ($(CORPUS),)
export CORPUS
endif
# A folder to which `make benign` writes its records.
BENIGN ?=
export BENIGN

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(VENV)/.ready ## Install the Python tools of the tests into .venv

$(VENV)/.ready: tests/requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	touch $@

# The linters of the template need other versions of the same libraries.
LINT := .venv-lint
$(LINT)/.ready: tests/lint-requirements.txt
	$(PYTHON) -m venv $(LINT)
	$(LINT)/bin/pip install --quiet --disable-pip-version-check -r tests/lint-requirements.txt
	touch $@

# The stories as records, not as the payloads made of them: a name changed in
# a record is a name changed in the alert.
DEMO_INPUT = $(or $(CORPUS),$(wildcard events/*/records*.jsonl events/*/event*.json))
TRAILWARD = "$${CARGO_TARGET_DIR:-target}/debug/trailward"

.PHONY: demo
demo: ## Feed sample attacks (or CORPUS=dir) through the handlers; print alerts and report
	@$(CARGO) build -p trailward
	@$(TRAILWARD) scan --min-level medium $(DEMO_INPUT)
	@$(TRAILWARD) report $(DEMO_INPUT)

.PHONY: test
test: test-rust test-stack ## Run every test

.PHONY: test-rust
test-rust: ## Run the Rust tests: units, rules' cases, stories, contracts
	$(CARGO) test --workspace --quiet

.PHONY: test-stack
test-stack: setup ## Deploy to the emulator and run end to end
	$(MAKE) build PROFILE=dev
	$(BIN)/pytest -q tests/stack

.PHONY: simulate
simulate: ## Run 10,000 histories of bad luck against a sequential reader (HISTORIES=, SEED=)
	HISTORIES=$(or $(HISTORIES),10000) $(CARGO) test --release --quiet -p trailward-tests --test simulation -- --nocapture

.PHONY: simulate-dynamodb
simulate-dynamodb: setup ## Run 100 of these histories over the emulator's DynamoDB (HISTORIES=, SEED=)
	HISTORIES=$(or $(HISTORIES),100) SEED=$(or $(SEED),0) $(BIN)/pytest -q -s tests/stack/test_state_contract.py -k histories

.PHONY: check
check: setup $(LINT)/.ready ## Check format, lints, licences and the template
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --quiet -- -D warnings
	@for apart in tests/fuzz tests/bench; do echo "clippy in $$apart"; ( \
		export CARGO_TARGET_DIR="$${CARGO_TARGET_DIR:-$$PWD/target}"; cd $$apart; \
		$(CARGO) fmt --all --check && $(CARGO) clippy --workspace --quiet --locked -- -D warnings ) || exit 1; done
	$(BIN)/cfn-lint template.yaml
	$(BIN)/sam validate --lint --template template.yaml
	$(LINT)/bin/checkov --file template.yaml --config-file tests/stack/checkov.yaml
	$(LINT)/bin/python tests/stack/policies.py

.PHONY: rules
rules: ## Check every rule and run its cases
	@$(CARGO) run --quiet -p trailward -- rules check
	@$(CARGO) run --quiet -p trailward -- rules test

.PHONY: benign
benign: ## Count alerts on three ordinary weeks; BENIGN=dir (a full path) keeps the records there
	@$(CARGO) test --quiet -p trailward-tests --test benign -- --nocapture

.PHONY: catalogue
catalogue: ## Write docs/rules from the rules
	@$(CARGO) run --quiet -p trailward -- rules catalogue --write docs/rules

.PHONY: peers
peers: setup ## Ask pySigma again for the verdicts in tests/peer and compare ours
	@$(BIN)/python tests/peer/judge.py
	$(CARGO) test --quiet -p trailward-tests --test peer

.PHONY: agree
agree: ## Compare verdicts on any rules with another engine's, record by record (RULES=dir, CORPUS=dir)
	@cd tests/bench && $(CARGO) build --quiet -p agree
	@RULES="$(or $(RULES),tests/peer/rules)" "$${CARGO_TARGET_DIR:-tests/bench/target}/debug/agree"

# The fuzzer needs a compiler flag of the nightly, which the pinned one takes
# when told so. What it found it writes under target/fuzz/artifacts.
FUZZ_TARGETS ?= payload file scanner rule
FUZZ_SECONDS ?= 900
CARGO_FUZZ := .tools/bin/cargo-fuzz
FUZZ_FOLDER = $${CARGO_TARGET_DIR:-target}/fuzz

.PHONY: fuzz
fuzz: $(CARGO_FUZZ) ## Fuzz what reads foreign bytes (FUZZ_SECONDS= per target, FUZZ_TARGETS=)
	@folder=$$(realpath -m $(FUZZ_FOLDER)); \
	$(PYTHON) tests/fuzz/seeds.py "$$folder/corpus"; \
	for target in $(FUZZ_TARGETS); do \
	    echo "== $$target"; mkdir -p "$$folder/artifacts/$$target"; \
	    RUSTC_BOOTSTRAP=1 $(CARGO_FUZZ) run --fuzz-dir tests/fuzz --target-dir "$$folder" $$target "$$folder/corpus/$$target" -- \
	        -max_total_time=$(FUZZ_SECONDS) -max_len=32768 -timeout=20 -print_final_stats=1 -verbosity=0 \
	        $$( [ ! -f tests/fuzz/$$target.dict ] || echo -dict=tests/fuzz/$$target.dict ) \
	        -artifact_prefix="$$folder/artifacts/$$target/"; \
	done

$(CARGO_FUZZ):
	$(CARGO) install cargo-fuzz --locked --root .tools

.PHONY: events
events: ## Make the payloads and expected alerts of events/ from their records
	@UPDATE_EVENTS=1 $(CARGO) test --quiet -p trailward-tests --test stories

.PHONY: build
build: ## Compile the functions once and lay out build/NAME/bootstrap (ARCH=, PROFILE=)
ifeq ($(ARCH)-$(shell uname -s),$(subst aarch64,arm64,$(shell uname -m))-Linux)
	$(FOR_LAMBDA) $(CARGO) build --profile $(PROFILE) $(WHAT_IS_BUILT)
	@$(BIN_OF_BUILD); for name in $(FUNCTIONS); do install -D "$$built/$$name" "build/$$name/bootstrap"; done
	@needed=$$(cat build/*/bootstrap | grep -ao 'GLIBC_2\.[0-9]*' | sed 's/GLIBC_//' | sort -V | tail -n 1 || true); \
	if [ "$(PROFILE)" = release ] && [ "$$(printf '%s\n' "$$needed" $(GLIBC) | sort -V | tail -n 1)" != $(GLIBC) ]; then \
	    echo "the binaries need glibc $$needed, provided.al2023 has $(GLIBC): build on an older system or with cargo lambda" >&2; exit 1; \
	fi
else
	@command -v cargo-lambda > /dev/null || { echo "building for $(ARCH) on this machine needs cargo-lambda: https://www.cargo-lambda.info" >&2; exit 1; }
	$(FOR_LAMBDA) $(CARGO) lambda build --profile $(PROFILE) --output-format binary $(if $(filter arm64,$(ARCH)),--arm64,--x86-64) $(addprefix -p ,$(FUNCTIONS))
	@$(BIN_OF_BUILD); for name in $(FUNCTIONS); do install -D "$${built%/*}/lambda/$$name/bootstrap" "build/$$name/bootstrap"; done
endif
	@echo $(ARCH) > build/architecture

# With the features that `make test-rust` built with: under others, cargo would
# compile the SDK a second time.
WHAT_IS_BUILT = $(if $(filter dev,$(PROFILE)),--workspace --all-targets,$(addprefix -p ,$(FUNCTIONS)))

# Cargo names the folder of the `dev` profile `debug`.
BIN_OF_BUILD = built="$${CARGO_TARGET_DIR:-target}/$(if $(filter dev,$(PROFILE)),debug,$(PROFILE))"

.PHONY: deploy
deploy: setup ## Deploy to your AWS account; asks for the parameters the first time
	@[ -f build/architecture ] || { echo "nothing is built: run make build" >&2; exit 1; }
	@if [ -f samconfig.toml ]; then \
	    grep -q "Architecture=.*$$(cat build/architecture)" samconfig.toml || { echo "samconfig.toml and build/ disagree on Architecture; build/ holds $$(cat build/architecture)" >&2; exit 1; }; \
	    $(BIN)/sam deploy --capabilities CAPABILITY_NAMED_IAM --no-fail-on-empty-changeset; \
	else \
	    $(BIN)/sam deploy --guided --stack-name trailward --capabilities CAPABILITY_NAMED_IAM \
	        --parameter-overrides "Architecture=$$(cat build/architecture)"; \
	fi

.PHONY: destroy
destroy: setup ## Delete the stack; buckets with evidence, a created trail and its key stay
	@[ -f samconfig.toml ] || { echo "samconfig.toml is missing: nothing was deployed from here" >&2; exit 1; }
	$(BIN)/sam delete

.PHONY: local
local: setup ## Deploy to the emulator, feed a sample attack, print the alerts
	@$(MAKE) --no-print-directory build PROFILE=dev
	@$(BIN)/python tests/stack/local.py

.PHONY: redrive
redrive: setup ## Feed failed batches and events again after mending their cause (STACK=, DRY=1)
	@$(BIN)/python tests/stack/redrive.py --stack $(or $(STACK),trailward) $(if $(DRY),--dry-run)

.PHONY: replay
replay: setup ## Feed quarantined records again, once a version that reads them is deployed (STACK=, DRY=1)
	@$(BIN)/python tests/stack/redrive.py --quarantine --stack $(or $(STACK),trailward) $(if $(DRY),--dry-run)

.PHONY: load
load: setup ## Drive the real log-batch with 200 payloads of 1 MB and 5,000 small ones
	@[ -x build/log-batch/bootstrap ] || $(MAKE) --no-print-directory build ARCH=$(shell uname -m)
	@$(BIN)/python tests/stack/load.py

.PHONY: bench
bench: ## Measure what a record costs, against other ways (CORPUS=dir, ROUNDS=15, NAMED=1)
	@cd tests/bench && $(CARGO) build --release --quiet -p bench && cp $(BENCH_LOCAL)/bench $(BENCH_LOCAL)/portable
	@cd tests/bench && $(FOR_LAMBDA) $(CARGO) build --release --quiet -p bench
	@PORTABLE=$(BENCH_BUILT)/portable $$(command -v taskset > /dev/null && echo taskset -c 0) $(BENCH_BUILT)/bench

.PHONY: bench-cold
bench-cold: ## Measure each function's start and memory, beside bare ones (STARTS=20)
	@$(FOR_LAMBDA) $(CARGO) build --release --quiet $(addprefix -p ,$(FUNCTIONS))
	@cd tests/bench && $(FOR_LAMBDA) $(CARGO) build --release --quiet -p cold --features clients
	@$(BENCH_BUILT)/cold $(addprefix $(BENCH_BUILT)/,bare clients) $(addprefix "$${CARGO_TARGET_DIR:-target}/release"/,$(FUNCTIONS))

# The bench is a workspace of its own, so its results lie in a folder of its own.
BENCH_BUILT = "$${CARGO_TARGET_DIR:-tests/bench/target}/release"
BENCH_LOCAL = "$${CARGO_TARGET_DIR:-target}/release"

.PHONY: deny
deny: ## Check licences, bans and sources of everything that is linked
	@[ -x .tools/bin/cargo-deny ] || $(CARGO) install cargo-deny --locked --quiet --root .tools
	.tools/bin/cargo-deny check licenses bans sources
