# The two commands of the README are `make demo` and `make test`. Each sets up what it needs; a second call is quick.
PY := .venv/bin/python
# Where the environment forbids byte code, each program that a test starts would compile every module anew.
export PYTHONDONTWRITEBYTECODE :=
RUST := $(shell find crates -name '*.rs' -o -name Cargo.toml) Cargo.toml Cargo.lock
LANG_OPTION := $(if $(DEMO_LANG),--lang $(DEMO_LANG),)

.PHONY: all setup demo cloud phone test lint bench score soundness docs fuzz-smoke golden clean browser

all: test

setup: .venv/.core

.venv/.python: requirements.txt
	@tools/have_build_tools
	@echo "Setting up: Python packages, then the Rust core (five to ten minutes the first time)."
	test -x $(PY) || python3 -m venv .venv
	$(PY) -m pip install --quiet --disable-pip-version-check --requirement requirements.txt
	@touch $@

# The Rust core, in release mode, into the virtual environment.
.venv/.core: .venv/.python pyproject.toml $(RUST)
	. .venv/bin/activate && maturin develop --release --quiet >/dev/null
	@touch $@

# Debian's Chromium for the browser tests, where it may be installed; they skip with a reason where it may not.
browser:
	@tools/have_browser

demo: setup
	.venv/bin/wirewitness demo -o .demo --force $(LANG_OPTION)

# The honest system needs no Rust: the cloud in one terminal, the phone's agent with its page in another.
OPTIN := PYTHONPATH=src $(PY) -m optin

cloud: .venv/.python
	$(OPTIN) cloud

phone: .venv/.python
	test -e optin-phone/config.json || $(OPTIN) phone pair optin-cloud/pairing.json
	$(OPTIN) phone run --page 8480

test: setup browser
	cargo test --quiet --release --workspace
	$(PY) -m pytest --numprocesses 2 tests

lint: setup
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	$(PY) -m mypy.stubtest wirewitness._core --mypy-config-file tools/stubtest.ini
	.venv/bin/lint-imports
	cargo fmt --check
	cargo clippy --quiet --workspace --all-targets -- -D warnings
	$(PY) tools/check_licences.py

bench: setup
	$(PY) benchmarks/bench.py

# The figures of docs/method, made anew: all of them (some hours), or PARTS="pictures detectors"; `tools/score.py --list`
# says what parts there are. What needs the corpus in ../shared/corpus says so and is left out where that is not there.
score: setup .venv/.encodings
	$(PY) tools/score.py $(PARTS)

.venv/.encodings: tools/encodings.txt .venv/.python
	$(PY) -m pip install --quiet --disable-pip-version-check --requirement tools/encodings.txt
	@touch $@

# Null audits, power and the plot of docs/method/trials.md; a thousand small honest worlds, apps that refuse
# interception, and what judging costs: docs/method/judging.md.
soundness: setup
	$(PY) tools/trial_figures.py
	$(PY) tools/count_accusations.py
	$(PY) tools/count_refusals.py
	$(PY) benchmarks/judging.py

# A minute of the fuzzer for each parser, from the seeds in fuzz/seeds; the ordinary tests replay these. FUZZ_TARGETS names
# some of them, FUZZ_SECONDS another time. The core has no unsafe code of its own: no sanitizer.
FUZZ_SECONDS ?= 60
FUZZ_TARGETS ?= $(notdir $(wildcard fuzz/seeds/*))
fuzz-smoke:
	cargo +nightly fuzz --version >/dev/null 2>&1 || cargo install --quiet --locked cargo-fuzz@0.13.2
	@for target in $(FUZZ_TARGETS); do \
		mkdir -p fuzz/corpus/$$target; \
		echo "$$target: $(FUZZ_SECONDS) s"; \
		cargo +nightly fuzz run --sanitizer none $$target fuzz/corpus/$$target fuzz/seeds/$$target -- \
			-max_total_time=$(FUZZ_SECONDS) -timeout=20 -rss_limit_mb=1024 -print_final_stats=1 -verbosity=0 || exit 1; \
	done

docs: setup
	$(PY) tools/check_docs.py
	NO_MKDOCS_2_WARNING=1 .venv/bin/mkdocs build --quiet --strict

# Pages and tables that are made from code, anew; review the diff.
golden: setup
	WIREWITNESS_GOLDEN=write cargo test --quiet -p wirecore --test known
	$(PY) -m wirewitness.cli.reference > docs/reference/cli.md
	$(PY) tools/make_closed_lists.py
	$(PY) tools/make_tables_page.py

clean:
	rm -rf .demo .bench target .venv
