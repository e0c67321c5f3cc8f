# Jarvis: everything a developer types. `make` alone explains itself.
# Needs a Rust toolchain manager (rustup); the toolchain itself is pinned in rust-toolchain.toml and fetched by cargo.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo run test test-house test-rust test-ui test-supply check sbom gen fuzz ui ui-build ui-test setup basics need-cargo need-npm

CONFIG ?= jarvis.yaml
ARGS ?=
FUZZ_SECS ?= 60

# say(step, text): one line before each step: what, and roughly how long.
say = printf '\n==> [%s] %s\n' '$(1)' '$(2)'

# In ui/. Warnings are about development tools' wishes for a newer Node than Debian's, with which they work all the same.
NPM_PACKAGES = [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --no-audit --no-fund --loglevel=error

help:
	@printf '%s\n' \
	  'make demo    build Jarvis and run it against a simulated cluster (first build: about 8 minutes on 2 cores)' \
	  'make test    everything that must hold: formatting, lints, layers, house rules, generated files, all tests' \
	  'make check   the quick part of it: formatting, layers, house rules, generated files, compile, what comes from others' \
	  'make gen     write the generated files (schemas, API description, error pages)' \
	  'make sbom    write what the program is made of (CycloneDX) to target/jarvis.cdx.json' \
	  'make fuzz    run each fuzzing target for FUZZ_SECS=60 (needs a nightly toolchain and cargo-fuzz)' \
	  'make run     build Jarvis and run it with CONFIG=jarvis.yaml' \
	  'make ui      the dashboard with hot reload, against a running Jarvis (JARVIS_URL, else port 7474)' \
	  'make setup   install the system packages that the tests use (apt; asks for sudo when not root)' \
	  '' \
	  'ARGS="..." is passed on to jarvis by demo and run.'

demo: basics ui-build
	@$(call say,2/3,build the release binary (first time about 8 minutes on 2 cores$(comma) then seconds))
	@cargo build --release --locked -p jarvis
	@$(call say,3/3,start the demo; it prints its address and a one-time log-in; stop it with Ctrl-C)
	@exec target/release/jarvis demo $(ARGS)

run: basics ui-build
	@$(call say,2/3,build the release binary (first time about 8 minutes on 2 cores$(comma) then seconds))
	@cargo build --release --locked -p jarvis
	@$(call say,3/3,run with $(CONFIG))
	@exec target/release/jarvis run --config '$(CONFIG)' $(ARGS)

# Lints and tests share one build: clippy looks on while the compiler makes what is tested. `cargo clippy` would compile all of it,
# and what it depends on, a second time to look at it alone.
test test-house test-rust test-ui: export RUSTC_WORKSPACE_WRAPPER := $(CURDIR)/.ci/lint

# In this order. `make test --keep-going` tells in one run all that fails; as it stands it ends at the first step that does.
test: setup ui-build test-house test-rust test-ui test-supply
	@printf '\nAll good.\n'

test-house: need-cargo
	@$(call say,2/8,formatting (seconds))
	@cargo fmt --all --check
	@$(call say,3/8,build everything and lint every crate and test (first time about 16 minutes on 2 cores$(comma) then under one))
	@LINTS=deny cargo build --workspace --all-targets --locked --keep-going
	@$(call say,4/8,layers and house rules (seconds))
	@target/debug/xtask layers
	@target/debug/xtask tidy
	@$(call say,5/8,generated files are current (seconds))
	@target/debug/xtask gen --check

test-rust: need-cargo
	@$(call say,6/8,all tests (about 15 minutes on 2 cores))
	@JARVIS_REQUIRE_NODE=1 JARVIS_REQUIRE_PROXMOXER=1 JARVIS_REQUIRE_BWRAP=1 JARVIS_REQUIRE_FAKETIME=1 JARVIS_REQUIRE_HELM=1 JARVIS_REQUIRE_SYSTEMD=1 JARVIS_REQUIRE_SMTP=1 JARVIS_REQUIRE_AIOSMTPD=1 JARVIS_REQUIRE_TERMINAL_PROGRAMS=1 JARVIS_REQUIRE_MCP=1 JARVIS_REQUIRE_OIDC=1 \
	  RUST_TEST_THREADS=4 cargo test --workspace --locked --no-fail-fast

# The tests have built the program; built by itself it would be built anew.
test-ui: need-cargo
	@$(call say,7/8,the dashboard: lint$(comma) types$(comma) units$(comma) size$(comma) and in a real browser (about 9 minutes))
	@test -x target/debug/jarvis || cargo build --locked -p jarvis
	@$(MAKE) --no-print-directory ui-test

test-supply: need-cargo
	@$(call say,8/8,what comes from others: licences$(comma) banned crates$(comma) sources$(comma) advisories)
	@if [ -x target/tools/bin/cargo-deny ] || command -v cargo-deny >/dev/null; then cargo xtask supply; \
	  else echo 'left out: cargo-deny is not installed (make check installs it; about 10 minutes on 2 cores)'; fi

check: need-cargo
	@$(call say,1/4,formatting (seconds))
	@cargo fmt --all --check
	@$(call say,2/4,layers$(comma) house rules$(comma) generated files (seconds when warm))
	@cargo xtask layers
	@cargo xtask tidy
	@cargo xtask gen --check
	@$(call say,3/4,compile everything (under a minute when warm))
	@cargo check --workspace --all-targets --locked
	@$(call say,4/4,what comes from others: licences$(comma) banned crates$(comma) sources$(comma) advisories (the first time installs cargo-deny and cargo-audit below target/tools: about 10 minutes on 2 cores$(comma) then seconds))
	@cargo xtask supply

sbom: need-cargo
	@$(call say,1/1,write target/jarvis.cdx.json (seconds when warm))
	@cargo xtask sbom

gen: need-cargo
	@$(call say,1/1,write the generated files (builds what they are made from: about 3 minutes the first time))
	@cargo xtask gen

# The dashboard is built into the binary. Where npm is missing the binary shows the plain page instead.
ui-build:
	@if command -v npm >/dev/null; then \
	  printf '\n==> [ui] build the dashboard (first time about a minute for its packages, then seconds)\n'; \
	  cd ui; $(NPM_PACKAGES); npm run -s build; \
	else echo 'npm is not installed: the plain page is built in instead of the dashboard'; fi

ui: need-npm
	@cd ui; $(NPM_PACKAGES); npm run -s dev

ui-test: need-npm
	@cd ui; $(NPM_PACKAGES); npm test

# What the fuzzer finds interesting goes below target/; what it finds wrong, to fuzz/artifacts.
fuzz: need-cargo
	@command -v cargo-fuzz >/dev/null || { \
	  echo 'cargo-fuzz is not installed: cargo install cargo-fuzz' >&2; exit 1; }
	@cp Cargo.lock fuzz/Cargo.lock
	@for target in $$(cargo +nightly fuzz list); do \
	  printf '\n==> [fuzz] %s, $(FUZZ_SECS) s (the first build takes minutes)\n' "$$target"; \
	  mkdir -p "target/fuzz-corpus/$$target"; \
	  cargo +nightly fuzz run --sanitizer none "$$target" "target/fuzz-corpus/$$target" "fuzz/corpus/$$target" -- \
	    -max_total_time=$(FUZZ_SECS) -max_len=4096 -timeout=20; done

# Only what is missing is installed. What the tests need is there because they use the real programs.
NEED_BASICS = need build-essential command -v cc; need git command -v git
NEED_TESTS = $(NEED_BASICS); \
	need openssh-client command -v ssh-keygen; \
	need openssh-server test -x /usr/sbin/sshd; \
	need vim command -v vim; \
	need less command -v less; \
	need procps command -v top; \
	need ca-certificates test -e /etc/ssl/certs/ca-certificates.crt; \
	need bubblewrap command -v bwrap; \
	need faketime command -v faketime; \
	need systemd command -v systemd-analyze; \
	need python3-venv python3 -c 'import ensurepip, venv'; \
	need nodejs command -v node; \
	need npm command -v npm; \
	need chromium command -v chromium

# install(needs): finds out which packages are missing and installs those with apt.
define install
missing=(); \
need() { local package=$$1; shift; "$$@" >/dev/null 2>&1 || missing+=("$$package"); }; \
$(1); \
if [ $${#missing[@]} -eq 0 ]; then echo 'nothing is missing'; exit 0; fi; \
echo "missing: $${missing[*]}"; \
if ! command -v apt-get >/dev/null; then \
  echo 'This is no Debian or Ubuntu: install these, or what they are called there, and try again.' >&2; exit 1; fi; \
root=(); if [ "$$(id -u)" -ne 0 ]; then root=(sudo); fi; \
"$${root[@]}" apt-get update -q; \
"$${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$${missing[@]}"
endef

setup: need-cargo
	@$(call say,1/8,system packages for the tests (seconds; a minute or two when something must be installed))
	@$(call install,$(NEED_TESTS))

basics: need-cargo
	@$(call say,1/3,system packages: a C compiler and git (seconds; a minute when something must be installed))
	@$(call install,$(NEED_BASICS))

need-cargo:
	@command -v cargo >/dev/null || { \
	  echo 'Rust is not installed: install rustup (https://rustup.rs) and try again.' >&2; exit 1; }

need-npm:
	@command -v npm >/dev/null || { echo 'npm is not installed: make setup installs it.' >&2; exit 1; }

comma := ,
