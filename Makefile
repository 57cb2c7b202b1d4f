# Two commands are enough to start: `make demo` and `make test`.

.DEFAULT_GOAL := help
.PHONY: help setup build demo score evaluate evaluate-wire test test-pure chaos fuzz bench bench-density models models-wire models-ebike-lift models-second-look train-head head-back clean \
	lint lint-format lint-clippy lint-docs lint-dependencies
# The targets order each other; parallel work is cargo's.
.NOTPARALLEL:

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## fetch and check what building, testing and the demo need (about 270 MB, once)
	@.setup.d/run

build: setup ## build the gateway and the simulator for release
	SOURCE_DATE_EPOCH=$${SOURCE_DATE_EPOCH:-$$(git log -1 --format=%ct 2>/dev/null)} \
		cargo build --release --package gridwhistle --package hw-sim

# Built as for the tests, in half the time of a release build: `make test` then reuses it.
demo: ## play a recorded street to a gateway and judge its alerts (KEEP=1 stays up)
	@.setup.d/run --beside cargo build --package gridwhistle --package hw-sim
	@rm -rf .demo # an alert left open by the last demo would not be opened again
	target/debug/hw-sim play hw-sim/scenarios/street.toml --media .media \
		--gateway target/debug/gridwhistle --config hw-sim/scenarios/street \
		--work .demo $(if $(KEEP),--keep)

SCORED ?= street obstruction unknown gathering stall beside wire crossing prohibited absence view quiet day tailgating clocks
score: build ## play every scenario; precision and recall by incident type (40 minutes)
	target/release/hw-sim score $(SCORED:%=hw-sim/scenarios/%.toml) --media .media \
		--gateway target/release/gridwhistle --work .demo --json .demo/score.json

# In the time of the pictures, not in ours. Built as for the tests, which then need not build it again.
EVALUATE_SCALE ?= 1
evaluate: setup ## how well incidents are detected: figures, failures in pictures (50 minutes; EVALUATE_SCALE=0.1)
	cargo build --workspace --bin evaluate
	target/debug/evaluate --scale $(EVALUATE_SCALE) --out target/evaluate
	cargo test --workspace --test activity -- --include-ignored --nocapture

# Needs what models-wire needs.
evaluate-wire: ## the net for charging wires on tiles, beside a ridge filter and M-LSD (half an hour of a core)
	@models/charging-wire/figures

# Most of them wait for streams and brokers most of the time, so more run at once than there are cores.
test: export RUST_TEST_THREADS ?= $(shell expr 2 \* $$(nproc) + 2)
test: setup ## run all tests, those with real components too
	cargo test --workspace

# Most faults show in them. Together, so that no core waits.
# Cargo compiles their few dependencies a second time for that.
PURE = scene standing cable rule incident
test-pure: setup
	cargo test $(PURE:%=--package %)

# `--workspace` with one test's name, not `--package`: cargo would choose other features for the
# dependencies of one package, and compile them a second time.
CHAOS_SECS ?= 600
chaos: setup ## kill, cut, fill and spoil for long (CHAOS_SECS=600); nothing may be lost
	CHAOS_SECS=$(CHAOS_SECS) cargo test --workspace --test endurance chaos
	FLEET_ROUNDS=30 CLUSTER_KILLS=6 cargo test --workspace --test endurance -- fleet cluster
	EYE_DEATHS=40 cargo test --workspace --test system -- --nocapture eyes::
	cargo test --workspace --test system -- --nocapture --ignored \
		each_hostile_camera all_odd_cameras_stay clocks_that_differ who_crossed_before_a_kill
	FUZZED_SECS=300 cargo test --workspace --test system -- --nocapture fuzzed_cameras::
	POWER_CUT_CALLS=200 POWER_CUT_STATES=4 cargo test --workspace --test power_cut

# A profile of its own: optimised, with the checks of the tests. The first build takes long.
FUZZ_SECS ?= 3600
export FUZZ_SEED FUZZ_TARGET
fuzz: setup ## change what strangers send, millions of times (FUZZ_SECS=3600, FUZZ_TARGET, FUZZ_SEED)
	FUZZ_SECS=$(FUZZ_SECS) nice -n 19 cargo test --profile fuzz --package gridwhistle --lib -- \
		--nocapture fuzz::nothing

lint: lint-format lint-dependencies lint-clippy lint-docs ## all lints; their warnings are errors

lint-format:
	cargo fmt --all --check

lint-clippy: setup
	cargo clippy --workspace --all-targets -- --deny warnings

lint-docs: setup
	RUSTDOCFLAGS=-Dwarnings cargo doc --workspace --no-deps --document-private-items

# The advisory database lies on GitHub, which not every machine reaches.
lint-dependencies:
	@.setup.d/run --lint
	.setup/bin/cargo-deny --locked check bans licenses sources
	@if timeout 60 .setup/bin/cargo-deny fetch db 2>.setup/advisories.log; then \
		.setup/bin/cargo-deny check advisories; \
	else \
		echo "NOT CHECKED: advisories and yanked versions. The database is out of reach: .setup/advisories.log"; \
	fi
	.setup/bin/cargo-shear --locked --deny-warnings

bench: setup ## print what pictures, camera sessions, doors and a backlog cost on this machine
	cargo bench --workspace --bench analysed_picture
	cargo bench --workspace --bench camera_price
	cargo bench --workspace --bench door_load
	cargo bench --workspace --bench drain
	cargo bench --workspace --bench detect
	cargo bench --workspace --bench record
	cargo bench --workspace --bench camera_day
	cargo bench --workspace --bench import
	cargo bench --workspace --bench import_apply
	CLIP=$(CURDIR)/.media/street-h264.mp4 cargo bench --workspace --bench sessions

bench-density: setup ## how many cameras a core carries, beside the usual ways (DENSITY_PROFILES, DENSITY_COUNTS, DENSITY_SECS)
	gateway/benches/density/setup
	cargo bench --workspace --bench density

models: ## build the shipped detector again and compare it byte for byte
	@models/yolox-nano/rebuild

TASK ?= stall
HEADS ?= heads
train-head: ## train a head on FROM="exports of judged alerts", and install it if it is better (TASK=stall, HEADS=heads)
	@models/second-look-head/run train.py $(TASK) $(FROM) --heads $(HEADS)

head-back: ## go back to the head before the current one (TASK=stall, HEADS=heads)
	@models/second-look-head/run shelf.py back $(HEADS) $(TASK)

models-second-look: ## fetch the model that tells e-bikes from bicycles (17 MB)
	@models/efficientnet-lite0/fetch

# Needs more than `make setup` fetches, and fetches it itself: PyTorch, OpenCV, photographs (500 MB).
models-wire: ## train the net for charging wires again and measure it (up to 2 hours on two cores)
	@models/charging-wire/build

# Needs what models-wire needs, and 3-D models (120 MB).
models-ebike-lift: ## train the head that sees e-bikes in lifts again and measure it (1 to 2 hours on two cores)
	@models/ebike-lift/build

clean: ## remove what was built, fetched and recorded
	rm -rf target .ort .media .setup .demo
