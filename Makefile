# Names of commands; what they do is written in Rust (infra/local) and in small scripts.

TARGET := $(or $(CARGO_TARGET_DIR),target)
LOCAL  := $(TARGET)/local/local
# The tests turn on features of shared dependencies: building for them from the start compiles nothing twice.
TESTS  := --workspace --features tests/emulator

# For arm64 on x86-64: make integration STATIC=aarch64-unknown-linux-musl
STATIC := $(shell uname -m)-unknown-linux-musl
# The standard library without its printer of backtraces is a third of the size; that needs cargo's -Z, which stable
# compilers have behind RUSTC_BOOTSTRAP.
SMALL  := --profile tiny --target $(STATIC) -p integration --bins --examples
# The standard library that is built here must not tell where its sources are: two machines shall give the same bytes.
PLACES  = --config 'target.$(STATIC).rustflags=["--remap-path-prefix=$(shell rustc --print sysroot)/lib/rustlib/src/rust=/rustc"]'
CALLED := $(TARGET)/$(STATIC)/tiny/custom-wazuh-triage

# Where the end-to-end tests run instead.
ELSEWHERE := $(if $(ENDPOINT),--endpoint "$(ENDPOINT)") $(if $(EMULATOR),--emulator "$(EMULATOR)")
ELSEWHERE := $(strip $(ELSEWHERE))
# Services without which the adapters are not tried; MiniStack has all of them.
NEEDED := $(or $(REQUIRE),$(if $(ENDPOINT),,sqs ses ssm scheduler dynamodb s3))

SUFFIXES := shared/domain/src/indicator/suffix/public_suffix_list.txt

# `local` builds in a minute, for a try of the package; what ships is `release`.
DEB_PROFILE ?= release

.DEFAULT_GOAL := help
.PHONY: help demo test adapters unit faults fmt lint audit supply fuzz bench load scale package cli reproduce shipped sbom integration deb suffixes clean nextest

help: ## List the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-11s %s\n", $$1, $$2 }'

demo: ## Run sample alerts through the pipeline on this machine (KEEP=1: leave it running, TROUBLE=key|quota|outage|model: a provider or the model fails)
	@cargo build --profile local --workspace
	@$(LOCAL) demo --built $(if $(KEEP),--keep) $(if $(ALERTS),--alerts "$(ALERTS)") $(if $(TROUBLE),--trouble "$(TROUBLE)")

test: nextest ## Check Terraform and run every test, the end-to-end tests against an emulator (EMULATOR=localstack or ENDPOINT=URL: only these, there)
	@$(if $(ELSEWHERE),,bash terraform/check.sh)
	@cargo build --profile local --bins --tests $(TESTS)
	@$(LOCAL) exec --built $(ELSEWHERE) -- cargo nextest run --cargo-profile local $(TESTS) $(if $(ELSEWHERE),-E 'binary_id(tests::emulator)')

adapters: ## Try what of ours talks to AWS against MiniStack (ENDPOINT=URL: against whatever answers there, REQUIRE="sqs ses": must be offered, DOCS=NAME: write its column of docs/portability.md)
	@cargo build --profile local --bins --tests $(TESTS)
	@$(if $(ENDPOINT),,$(LOCAL) exec --built --empty -- )$(TARGET)/local/adapters $(if $(ENDPOINT),--endpoint "$(ENDPOINT)") $(if $(DOCS),--docs "$(DOCS)") $(if $(NEEDED),--require $(NEEDED))

unit: nextest ## Run the tests that need nothing but cargo
	@cargo nextest run --cargo-profile local --workspace

faults: nextest ## Let everything go wrong that is known to, and write docs/reliability.md (WITHOUT_EMULATOR=1: what needs nothing but cargo)
	@cargo build --profile local --bins --tests $(TESTS)
	@$(TARGET)/local/faults $(if $(WITHOUT_EMULATOR),--without-emulator)

fmt: ## Format the Rust and Terraform sources
	@cargo fmt
	@terraform fmt -recursive terraform

lint: ## Check format, lints, licences and advisories
	@cargo fmt --check
	@cargo clippy --profile local --workspace --all-targets --features tests/emulator -- -D warnings
	@cargo deny --version >/dev/null 2>&1 || { echo "cargo-deny is missing; install it with: cargo install --locked cargo-deny" >&2; exit 1; }
	@cargo deny check bans licenses sources
	@if cargo deny fetch db >/dev/null 2>&1; then cargo deny check advisories; \
	else echo "advisories: not checked, the database cannot be reached from here"; fi

audit: ## Look at the workflows and the Terraform with an attacker's eyes
	@bash .ci/audit

supply: ## Check the oldest compiler, the lower bounds of Cargo.toml, and that every dependency is used
	@bash .ci/supply

fuzz: ## Look for bytes that break a promise of tests/fuzz (SECONDS=20 for each of TARGETS="mail feed")
	@bash tests/fuzz/run $(or $(SECONDS),20) $(TARGETS)

bench: ## Measure the release builds beside their peers (ONLY="hunting sizes": parts of it, DOCS=1: write docs/benchmarks.md)
	@cargo run --quiet --profile local -p tests --bin bench -- $(if $(DOCS),--docs) $(ONLY)

load: ## Send a realistic load to mail on the emulator, and see the ledger close (RATE= SECONDS= STORM= DISTINCT= SPREAD= SEED=, MEMORY=1: over an AWS in memory instead, for large numbers, SOAK=1: memory must be flat, DOCS=MARK: write docs/load.md)
	@$(if $(MEMORY),cargo build --release -p tests --bin load,cargo build --profile local --workspace)
	@$(if $(MEMORY),$(TARGET)/release/load --in-memory,$(LOCAL) exec --built --hold-back -- $(TARGET)/local/load) $(foreach name,RATE SECONDS STORM DISTINCT SPREAD SEED,$(if $($(name)),--$(shell echo $(name) | tr A-Z a-z) $($(name)))) $(if $(SOAK),--soak) $(if $(DOCS),--docs $(DOCS))

scale: ## Simulate 10^6 to 10^9 alerts a day and write docs/scale.md with its pictures
	@cargo build --quiet --profile local -p triage
	@$(TARGET)/local/triage simulate --scale --markdown --plot docs/scale > $(TARGET)/scale.md && mv $(TARGET)/scale.md docs/scale.md

package: ## Build the zips for AWS, optimised (ARCH=arm64|x86_64), and custom-wazuh-triage for managers of this machine's kind
	@cargo run --quiet --profile local -p local -- package $(if $(ARCH),--arch "$(ARCH)")
	@$(MAKE) --silent --no-print-directory integration
	@install -D -m 0755 $(CALLED) $(TARGET)/package/custom-wazuh-triage
	@echo $(TARGET)/package/custom-wazuh-triage

cli: ## Build triage, the command-line tool, optimised, for any Linux with a processor like this one (ARCH=arm64|x86_64)
	@cargo run --quiet --profile local -p local -- package --triage --arch "$(or $(ARCH),$(subst aarch64,arm64,$(shell uname -m)))"

reproduce: ## Build this commit in two folders and compare the bytes (ARCH=arm64|x86_64)
	@bash .ci/reproduce $(ARCH)

shipped: ## Run the demo with the programs of the zips in target/package (of another processor: by qemu)
	@cargo build --profile local --workspace
	@bash .ci/shipped

sbom: ## Write what each shipped program is made of into target/sbom (CycloneDX)
	@bash .ci/sbom

integration: ## Build custom-wazuh-triage, static and small
	@rustup target add $(STATIC) >/dev/null 2>&1 || { rustup target list --installed | grep -qx $(STATIC); } || { echo "rustup cannot get the target $(STATIC)" >&2; exit 1; }
	@if rustup component add rust-src >/dev/null 2>&1; then \
	RUSTC_BOOTSTRAP=1 cargo build -Z build-std=std,panic_abort -Z build-std-features= $(PLACES) $(SMALL); \
	else echo "without rust-src the program keeps the printer of backtraces: 300 kB more" >&2; cargo build $(SMALL); fi
	@ls -l $(CALLED)

deb: integration ## Build and try the publisher's Debian package (DEB_ROOT=DIR: on a clean Debian root as well)
	@cargo deb --version >/dev/null 2>&1 || { echo "cargo-deb is missing; install it with: cargo install --locked cargo-deb" >&2; exit 1; }
	@cargo build --quiet --locked --profile $(DEB_PROFILE) -p publisher
	@install -D -m 0755 $(CALLED) $(TARGET)/$(DEB_PROFILE)/static/custom-wazuh-triage
	@cargo deb --quiet --no-build --package publisher --locked --profile $(DEB_PROFILE) --output $(TARGET)/debian/wazuh-publisher.deb
	@bash infra/wazuh/debian/check.sh $(TARGET)/debian/wazuh-publisher.deb $(DEB_ROOT)

suffixes: ## Write the table of public suffixes anew, after `cargo update -p psl`
	@cargo run --quiet --profile local -p domain --example public_suffixes > $(SUFFIXES).new
	@mv $(SUFFIXES).new $(SUFFIXES)

clean: ## Remove everything that was built
	@cargo clean

nextest:
	@cargo nextest --version >/dev/null 2>&1 || { echo "cargo-nextest is missing; install it with: cargo install --locked cargo-nextest" >&2; exit 1; }
