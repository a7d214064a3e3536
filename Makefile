# Everything a developer, CI and a first visitor type. Each target does its own set-up: what is
# installed, built and up to date already costs a second. docs/development.md tells more.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# Cargo and npm lock each other out anyway, and the order of the steps is part of what they say.
.NOTPARALLEL:

# The binary and the assets have one place each, whatever the caller's shell is set to.
unexport CARGO_TARGET_DIR CARGO_BUILD_TARGET_DIR
# Cargo shares out the cores itself; of make's own way to do so only a broken end would reach it.
unexport MAKEFLAGS MFLAGS

TOOL_PATH := $(shell deploy/setup/tool.sh --path)
export PATH := $(TOOL_PATH):$(PATH)
# By its path and not as `cargo leptos`: rustup would look into the user's own tools first.
CARGO_LEPTOS := $(firstword $(subst :, ,$(TOOL_PATH)))/cargo-leptos

BINARY := target/release/natter
SITE := target/site
SAY := @printf '\n==> %s\n'

# `frontend` asks for the browser's half of `app`, everything else for the server's. In one cargo
# call the two would be merged, so natively `frontend` is always left out. All native calls name
# the same crates: other crates would mean other features, and the dependencies built twice.
NATIVE := --workspace --exclude frontend
BROWSER := --package frontend --target wasm32-unknown-unknown --target-dir target/front

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: build ## build what is missing, then serve on http://127.0.0.1:3000
	@exec $(BINARY) serve

# cargo-leptos puts hashes into the names once, in its first build; what it builds again while it
# watches is written under the plain names, which then have to be the ones that pages name.
UNHASHED := LEPTOS_HASH_FILES=false

.PHONY: cluster
cluster: build test-tools ## three instances on a private PostgreSQL and Redis, behind nginx
	$(SAY) 'Starting three instances'
	@cargo build --quiet --package services && exec target/debug/cluster $(BINARY) $(SITE)

.PHONY: dev
dev: tools ## build without optimisation, serve, and again at every change
	$(SAY) 'Building for development (the first time about 8 minutes on two cores)'
	@$(UNHASHED) LEPTOS_SITE_ROOT=target/site-dev NATTER_SITE_ROOT=target/site-dev $(CARGO_LEPTOS) watch --split

.PHONY: test
test: test-tools test-rust test-planted test-doc test-site build test-journeys ## the whole suite

.PHONY: check
check: check-tools ## formatting, clippy for server and browser, dependencies
	$(SAY) 'Formatting'
	cargo fmt --all --check
	$(SAY) 'Clippy for the server (the first time about 4 minutes on two cores)'
	cargo clippy $(NATIVE) --all-targets --locked -- -D warnings
	$(SAY) 'Clippy for the browser (the first time about 2 minutes on two cores)'
	cargo clippy $(BROWSER) --locked -- -D warnings
	$(SAY) 'Licences, sources and versions of the dependencies'
	cargo deny --config deploy/setup/deny.toml check bans licenses sources
	@deploy/setup/advisories.sh

.PHONY: lint-deploy
lint-deploy: ## image, compose files, Kubernetes manifests, systemd units, scripts: what no test can run
	@deploy/lint.sh

# --- the release build -------------------------------------------------------------------------

STAMPS := target/stamps
# Folders are listed too: their time changes when a file in them disappears.
sources = $(shell find $(1) -name tests -prune -o -not -name '*.test.mjs' -print 2>/dev/null)
CODE := $(call sources,Cargo.toml Cargo.lock Leptos.toml rust-toolchain.toml package-lock.json \
	deploy/setup/versions.env app frontend server style public)
FINISH := $(call sources,end2end/site offline)
OUTPUT := $(BINARY) $(dir $(BINARY))hash.txt $(SITE)/pkg
LOST := $(filter-out $(wildcard $(OUTPUT)),$(OUTPUT))

.PHONY: build
build: tools $(STAMPS)/site ## the release: target/release/natter and target/site

# A stamp has the time at which its step began: what is edited meanwhile is newer.
$(STAMPS)/leptos: $(CODE) $(if $(LOST),FORCE) | tools
	$(SAY) 'Building the release: browser, then server (the first time about 10 minutes on two cores)'
	@mkdir -p $(STAMPS) && rm -f $@ && touch $@.begun
	$(CARGO_LEPTOS) build --release --split
	@mv $@.begun $@

$(STAMPS)/site: $(STAMPS)/leptos $(FINISH)
	$(SAY) 'Building the service worker, compressing and weighing the assets (a few seconds)'
	@touch $@.begun
	node end2end/site/finish.mjs $(SITE) $(dir $(BINARY))hash.txt
	@mv $@.begun $@

.PHONY: FORCE
FORCE:

# --- the parts of `make test` ------------------------------------------------------------------

.PHONY: test-rust
test-rust: test-tools ## Rust: unit, property, contract and server tests
	$(SAY) 'Rust tests (to build them the first time takes about 6 minutes on two cores)'
	cargo nextest run $(NATIVE)

# The same crates again, so that only those are built anew that the feature changes.
.PHONY: test-planted
test-planted: test-tools ## Rust: the checker of histories finds planted faults; what the fuzzer begins with breaks nothing
	$(SAY) 'Planted faults, and what the fuzzer begins with (two minutes)'
	cargo nextest run $(NATIVE) --features natter/planted,natter/fuzzed --test planted --test fuzzed

.PHONY: test-doc
test-doc: test-tools ## Rust: examples in the documentation
	$(SAY) 'Examples in the documentation (a minute)'
	cargo test --doc --quiet $(NATIVE)

.PHONY: test-site
test-site: test-tools ## the build step that compresses and weighs the assets, and what decides in the acceptance run
	$(SAY) 'Tests of the asset step and of the acceptance run (seconds)'
	npm run --silent test:site

.PHONY: test-journeys
test-journeys: test-tools build ## people in browsers, against the release
	$(SAY) 'Browser journeys against the release (a minute or two)'
	NATTER_BIN='$(CURDIR)/$(BINARY)' NATTER_SITE_ROOT='$(CURDIR)/$(SITE)' npm run --silent test:journeys

.PHONY: fuzz-api
fuzz-api: tools ## schemathesis against a server of its own: what the API's document promises holds
	$(SAY) 'Asking a server all that its document describes (to build it takes about 4 minutes on two cores, to ask about 2)'
	@cargo build --quiet --package natter && deploy/fuzz/run.sh target/debug/natter

# For how long each target is fuzzed.
SECONDS_EACH ?= 60
.PHONY: fuzz
fuzz: tools ## libFuzzer makes up what anybody may send: SECONDS_EACH=600, TARGETS='markdown search'
	@deploy/setup/tool.sh cargo-fuzz
	@deploy/fuzz/cargo.sh $(SECONDS_EACH) $(TARGETS)

.PHONY: lighthouse
lighthouse: test-tools build ## Lighthouse on three pages; let nothing else run meanwhile
	$(SAY) 'Lighthouse, the median of five runs a page (three minutes)'
	@[[ -e end2end/lighthouse/node_modules/.package-lock.json ]] || npm ci --prefix end2end/lighthouse --ignore-scripts --no-audit --no-fund --loglevel=error
	@NATTER_BIN='$(CURDIR)/$(BINARY)' NATTER_SITE_ROOT='$(CURDIR)/$(SITE)' node end2end/lighthouse/run.mjs

# --- figures -----------------------------------------------------------------------------------

.PHONY: bench
bench: test-tools ## figures of stores and caches: target/bench/figures.md
	$(SAY) 'Stores and caches (to build it takes about 4 minutes on two cores, to measure about 10)'
	cargo bench --package backend --bench figures

# Alone on a quiet machine, as everything that measures.
.PHONY: growth
growth: build ## how figures grow from 100 to 10,000 people, as pictures in docs/growth
	$(SAY) 'Five sizes, three runs each (about 15 minutes)'
	@cargo build --quiet --release --package natter-load
	@target/release/natter-load bench growth
	@node deploy/load/growth.mjs

# Alone on a quiet machine, or the times are not worth anything.
.PHONY: acceptance
acceptance: test-tools build ## walk the acceptance list and write docs/acceptance.md: ONLY=R,S8, FORM=short or full
	@deploy/setup/tool.sh cargo-fuzz
	@deploy/setup/k6.sh
	$(SAY) 'Building the load generator and the cluster (the first time about 3 minutes on two cores)'
	@cargo build --quiet --release --package natter-load && cargo build --quiet --package services
	$(SAY) 'The acceptance list (short: about 40 minutes for all of it; full: about 3 hours)'
	@ONLY='$(ONLY)' FORM='$(FORM)' node deploy/acceptance/run.mjs

# --- set-up ------------------------------------------------------------------------------------

.PHONY: tools
tools: ## what a build needs
	@deploy/setup/debian.sh build
	@deploy/setup/rust.sh
	@deploy/setup/node.sh
	@deploy/setup/tool.sh cargo-leptos wasm-bindgen

.PHONY: test-tools
test-tools: tools ## what the tests need besides
	@deploy/setup/debian.sh test
	@cargo nextest --version >/dev/null 2>&1 || deploy/setup/tool.sh cargo-nextest

.PHONY: check-tools
check-tools: tools ## what the checks need besides
	@cargo deny --version >/dev/null 2>&1 || deploy/setup/tool.sh cargo-deny
