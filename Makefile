# Two commands do everything on a fresh Debian-like machine: `make demo` and `make test`.
# They make a virtual environment, and fetch Debian packages when they run as root; otherwise they say what is missing.

SHELL := /bin/sh
VENV  := .venv
BIN   := $(VENV)/bin
PORT  ?= 8000
# Tests of one file stay on one worker: a browser and a user pool serve them all.
PYTEST_WORKERS ?= 2
# How many histories `make record-jar` records.
HISTORIES ?= 200
LAYERS := src/hardtack/cookies/*,src/hardtack/tokens/*,src/hardtack/amplify/*,src/hardtack/cognito/*,src/hardtack/sessions/*

.DEFAULT_GOAL := help
.PHONY: help demo test test-next test-replay check bench bench-jar record-jar docs doctor-scores record-adapter record-script js fuzz screenshots clean explore

help:
	@echo "make demo         a running site with a real user pool: sign in, break your session, watch it heal"
	@echo "make test         linters, types, layers, every test (browser included), coverage"
	@echo "make test-next    the Next.js site of examples/ in real browsers: as it fails, behind the shield, with hardtack.js"
	@echo "make test-replay  200 walks through explored worlds, each step done in real Chromium with the real packages"
	@echo "make check        linters, types and layers only"
	@echo "make bench        figures, beside peers"
	@echo "make bench-jar    cookie jars of others beside recordings of real browsers, and how fast they are"
	@echo "make record-jar   a fresh random recording of the Chromium here, and whether the jar agrees with it"
	@echo "make explore      the worlds of the guarantees, explored to their end and written down"
	@echo "make doctor-scores  precision and recall of the doctor on every recording"
	@echo "make record-adapter  the real Next adapter, sixteen releases of it, beside the model of it: how often they agree"
	@echo "make record-script   the real aws-amplify in a page, seven releases of it, beside the explorer's model: the same"
	@echo "make js           build hardtack.js from its sources"
	@echo "make docs         write the generated parts of the documentation"
	@echo "make fuzz         one million hostile headers"
	@echo "make screenshots  every page, both languages, both colour schemes"

demo: $(VENV)/.demo
	@exec $(BIN)/hardtack demo --port $(PORT)

test: $(VENV)/.dev $(VENV)/.browser check
	@rm -f .coverage .coverage.*
	$(BIN)/pytest -n $(PYTEST_WORKERS) --dist loadfile --cov --cov-report= --durations=10
	$(BIN)/coverage report --include='$(LAYERS)' --skip-covered --fail-under=95 --precision=1

# Half an hour on two cores. HARDTACK_NEXT_BROWSERS=chromium leaves Firefox out; HARDTACK_NEXT_ROWS is how many run at once.
test-next: $(VENV)/.dev $(VENV)/.browser $(VENV)/.firefox
	HARDTACK_NEXT=1 $(BIN)/pytest -q -s tests/next

# HARDTACK_REPLAY_WALKS is how many. Each worker has a browser, a pool and a server of its own.
test-replay: $(VENV)/.dev $(VENV)/.browser
	HARDTACK_REPLAY=1 $(BIN)/pytest -q -n $(PYTEST_WORKERS) tests/replay

check: $(VENV)/.dev
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/pyright --warnings
	$(BIN)/lint-imports
	$(BIN)/python scripts/docs.py --check

bench: $(VENV)/.dev
	@$(BIN)/python bench

bench-jar: $(VENV)/.dev
	@$(BIN)/python bench/jars.py

# HISTORIES=1000 makes more of them; SEED=7 begins there again.
record-jar: $(VENV)/.dev $(VENV)/.browser
	@$(BIN)/python scripts/record_jar.py --histories $(HISTORIES) $(SEED:%=--seed %)

# The worlds of the guarantees, to their end: some minutes each on two cores. ROWS="library-sealed shield" names some.
explore: $(VENV)/.dev
	$(BIN)/python scripts/explore.py $(ROWS)

docs: $(VENV)/.dev
	$(BIN)/python scripts/docs.py
	$(BIN)/python scripts/rule_pages.py

doctor-scores: $(VENV)/.dev
	$(BIN)/python scripts/doctor_scores.py

# SEED=2 draws other situations. The packages stay in var/adapter.
record-adapter: $(VENV)/.dev
	$(BIN)/python scripts/record_adapter.py --seed $(or $(SEED),1)

record-script: $(VENV)/.dev
	$(BIN)/python scripts/record_script.py --first $(or $(SEED),1)

js: $(VENV)/.dev
	$(BIN)/python scripts/build_hardtack_js.py

fuzz: $(VENV)/.dev
	HARDTACK_FUZZ=1000000 $(BIN)/pytest -n $(PYTEST_WORKERS) -rP -q tests/cookies/test_fuzz_headers.py tests/web/test_fuzz_responses.py

screenshots: $(VENV)/.dev $(VENV)/.browser
	@fc-list :lang=zh 2>/dev/null | grep -q . || scripts/need-debian --always fontconfig fonts-noto-cjk
	$(BIN)/python scripts/screenshots.py

clean:
	rm -rf $(VENV) var screenshots .coverage .coverage.* .hypothesis .pytest_cache .ruff_cache

# -- what the targets stand on ------------------------------------------------------------------------------------------

$(BIN)/python:
	@scripts/make-venv $(VENV)

$(VENV)/.demo: $(BIN)/python pyproject.toml
	@echo "Installing what the demo needs ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[demo]'
	@touch $@

$(VENV)/.dev: $(BIN)/python pyproject.toml
	@echo "Installing what the tests need ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ $(VENV)/.demo

$(VENV)/.browser: $(BIN)/python
	@scripts/need-debian chromium:chromium certutil:libnss3-tools nginx:nginx-light njs:njs
	@touch $@

$(VENV)/.firefox: $(BIN)/python
	@scripts/need-debian firefox-esr:firefox-esr
	@touch $@
