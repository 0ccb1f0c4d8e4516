# What there is to do: `just`. Recipes need nothing but cargo, unless they say so.

_default:
    @just --list --unsorted

# Everything that CI runs (needs Go)
check:
    .ci/run

# The tests that need no cluster
test *ARGS:
    cargo test {{ ARGS }}

# The tests on a real control plane, which is built first (needs Go); ARGS can be part of their names
real *ARGS:
    tests/control-plane/build
    cargo test --test it -- --ignored {{ ARGS }}

# Compare with kube-scheduler's own framework on random clusters (needs Go); ARGS: FIRST..LAST, the seeds
parity *ARGS:
    cargo run --quiet --example parity -- --oracle "$(tests/control-plane/oracle/build)" fresh --coverage {{ ARGS }}

# The smallest cluster on which berth and upstream still differ: SEED NAMESPACE/POD [CELL], as `just parity` names them
parity-shrink *ARGS:
    cargo run --quiet --example parity -- --oracle "$(tests/control-plane/oracle/build)" shrink {{ ARGS }}

# Record upstream's answers anew, which is due where the generator learns something (needs Go)
parity-record:
    cargo run --quiet --example parity -- --oracle "$(tests/control-plane/oracle/build)" record

# Format all code
fmt:
    cargo fmt

# Lints; warnings are errors, as in CI
lint:
    cargo fmt --check
    cargo clippy --locked --all-targets -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps

# Licences, sources and unwanted crates (needs cargo-deny)
deny:
    cargo deny --offline check licenses bans sources

# How soon berth shows a large cluster, beside kubectl (needs Go); ARGS: --nodes 5000 --pods 50000
bench *ARGS:
    tests/control-plane/build
    cargo bench --bench startup -- {{ ARGS }}

# How soon a key is answered while the cluster changes a thousand times a second
bench-keys *ARGS:
    cargo bench --bench keys -- {{ ARGS }}

# How many pods a second `berth auto` places, beside kube-scheduler (needs Go); ARGS: --nodes 1000 --pods 2000
bench-auto *ARGS:
    tests/control-plane/build
    cargo bench --bench auto -- {{ ARGS }}

# A decision's time beside kube-scheduler's own framework (needs Go); ARGS: --nodes 5000 --evaluations 200
bench-scheduler *ARGS:
    tests/control-plane/build
    cargo bench --bench scheduler -- {{ ARGS }}

# Write what the docs list of the program's tables anew: keys, settings
docs:
    BERTH_WRITE_DOCS=1 cargo test --quiet --test it -- keys::

# Take the pictures in docs/gallery anew, from the real program
screens:
    cargo build --release
    cargo run --example gallery -- target/release/berth docs/gallery

# Make assets/api/schema.txt anew from upstream's types, which is due where the Kubernetes version moves (needs Go)
schema:
    cd tests/control-plane && VERSION=$(go list -m k8s.io/kubernetes | cut -d' ' -f2) GOWORK=off go run -mod=readonly ./schema > ../../assets/api/schema.txt

# Hold the conversations of tests/twins with a real API server, and record what it answers (needs a control plane)
twins-record:
    TWINS_RECORD=1 cargo test --quiet --test it -- --include-ignored twins::the_real twins::the_differences
